"""The faulty disk keeps what it promised to keep, and loses the rest in every way it should."""

import numpy as np
import pytest

from tests.storage.journals import new_disk


def written(disk, name, data, sync):
    fd = disk.open(name, create=True)
    disk.write_at(fd, data, 0)
    if sync:
        disk.fdatasync(fd)
    return fd


@pytest.mark.parametrize("seed", range(20))
def test_what_was_synced_stays(seed):
    disk = new_disk(seed)
    written(disk, "a", b"x" * 5000, sync=True)
    disk.sync_folder()
    disk.lose_power()
    assert disk.read("a").tobytes() == b"x" * 5000


def test_what_was_not_may_be_whole_torn_holed_or_gone():
    fates = set()
    for seed in range(60):
        disk = new_disk(seed)
        fd = written(disk, "a", bytes(2048), sync=True)
        disk.sync_folder()
        disk.write_at(fd, b"x" * 2048, 0)
        disk.lose_power()
        kept = disk.read("a") == ord("x")
        whole_sectors = all(len(set(kept[start : start + 512])) == 1 for start in range(0, 2048, 512))
        if kept.all() or not kept.any():
            fates.add("whole" if kept.all() else "gone")
        elif whole_sectors and not kept[: int(kept.sum())].all():
            fates.add("holed")
        else:
            fates.add("torn")
            assert kept[: int(kept.sum())].all()
    assert fates == {"whole", "gone", "holed", "torn"}


def test_a_later_write_may_survive_an_earlier_one():
    outcomes = set()
    for seed in range(60):
        disk = new_disk(seed)
        fd = written(disk, "a", bytes(1024), sync=True)
        disk.sync_folder()
        disk.write_at(fd, b"1", 0)
        disk.write_at(fd, b"2", 512)
        disk.lose_power()
        data = disk.read("a")
        outcomes.add((bool(data[0]), bool(data[512])))
    assert outcomes == {(False, False), (True, False), (False, True), (True, True)}


def test_names_not_synced_may_be_lost_in_order():
    outcomes = set()
    for seed in range(40):
        disk = new_disk(seed)
        written(disk, "a", b"1", sync=True)
        disk.sync_folder()
        disk.rename("a", "b")
        written(disk, "c", b"2", sync=True)
        disk.lose_power()
        outcomes.add(tuple(disk.list()))
    assert outcomes == {("a",), ("b",), ("b", "c")}


def test_a_failed_sync_is_told_once_and_reading_still_shows_what_was_lost():
    lost = 0
    for seed in range(40):
        disk = new_disk(seed)
        fd = written(disk, "a", bytes(512), sync=True)
        disk.sync_folder()
        disk.write_at(fd, b"x" * 512, 0)
        disk.error_rate = 1.0
        with pytest.raises(OSError, match="sync error"):
            disk.fdatasync(fd)
        disk.error_rate = 0.0
        disk.fdatasync(fd)  # Says nothing.
        assert disk.read("a").tobytes() == b"x" * 512
        disk.lose_power()
        lost += disk.read("a").tobytes() != b"x" * 512
    assert lost > 10


def test_room_is_taken_when_allocated_and_given_back():
    disk = new_disk()
    disk.space = 1000
    fd = disk.open("a", create=True)
    disk.preallocate(fd, 800)
    disk.write_at(fd, b"x" * 800, 0)  # Allocated already.
    with pytest.raises(OSError, match="no space"):
        disk.write_at(fd, b"x" * 300, 800)
    disk.close(fd)
    disk.remove("a")
    assert disk.space == 1000


def test_power_that_goes_out_leaves_part_of_one_operation():
    disk = new_disk(3)
    fd = written(disk, "a", bytes(100), sync=True)
    disk.sync_folder()
    disk.power_for = 1
    disk.write_at(fd, b"x" * 100, 0)
    for act in (lambda: disk.fdatasync(fd), lambda: disk.write_at(fd, b"y", 0), lambda: disk.rename("a", "b")):
        with pytest.raises(OSError, match="power|write error"):
            act()
    disk.lose_power()
    assert disk.list() == ["a"]
    with pytest.raises(OSError, match="not open"):
        disk.write_at(fd, b"y", 0)
    assert np.isin(disk.read("a"), [0, ord("x"), ord("y")]).all()
