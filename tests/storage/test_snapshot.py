"""A snapshot is read back whole or not at all."""

import numpy as np
import pytest

from emporion.errors import DiskFull, SnapshotCorrupt, StorageFailed
from emporion.sim.faults import UNLIMITED
from emporion.storage import snapshot
from emporion.storage.reader import Position
from tests.storage.journals import new_disk

PARTS = {
    "head": np.arange(100, dtype="u1"),
    "orders": np.arange(1000, dtype="i8").view("u1"),
    "none": np.zeros(0, "u1"),
}


def write(disk, seq):
    position = Position(seq + 1, 1, 640, 320, bytes(range(32)))
    return snapshot.write_snapshot(disk, position, b"d" * 32, "tiny", [1, 2, 3], PARTS.items())


def test_it_comes_back_as_it_was():
    disk = new_disk()
    name = write(disk, 7)
    header, parts = snapshot.read_snapshot(disk, name)
    assert name == "snapshot-00000000000000000007.state"
    assert header.position == Position(8, 1, 640, 320, bytes(range(32)))
    assert (header.seq, header.capacity, header.limits, header.digest) == (7, "tiny", [1, 2, 3], (b"d" * 32).hex())
    assert list(parts) == list(PARTS)
    assert all(np.array_equal(parts[name], PARTS[name]) for name in PARTS)


def test_any_flipped_byte_is_found():
    disk = new_disk()
    name = write(disk, 7)
    rng = np.random.default_rng(1)
    for offset in rng.integers(0, disk.size(name), 200).tolist():
        disk.flip(name, offset, mask := 1 << int(rng.integers(8)))
        with pytest.raises(SnapshotCorrupt):
            snapshot.read_header(disk, name)
        disk.flip(name, offset, mask)
    snapshot.read_header(disk, name)


@pytest.mark.parametrize("size", [0, 10, 32, 64, 500, 8_000])
def test_a_short_one_is_found(size):
    disk = new_disk()
    name = write(disk, 7)
    disk.cut(name, size)
    with pytest.raises(SnapshotCorrupt):
        snapshot.read_snapshot(disk, name)


def test_one_under_another_name_is_found():
    disk = new_disk()
    disk.rename(write(disk, 7), snapshot.snapshot_name(8))
    with pytest.raises(SnapshotCorrupt, match="not what its name says"):
        snapshot.read_header(disk, snapshot.snapshot_name(8))


def test_the_newest_few_are_kept():
    disk = new_disk()
    for seq in (5, 10, 15, 20, 25):
        write(disk, seq)
    assert snapshot.snapshot_names(disk) == [snapshot.snapshot_name(seq) for seq in (25, 20, 15)]


@pytest.mark.parametrize("seed", range(30))
def test_power_lost_at_any_moment_leaves_whole_ones(seed):
    """The name appears with the rename, after the bytes are durable."""
    disk = new_disk(seed)
    write(disk, 5)
    disk.power_for = seed % 15
    try:
        write(disk, 10)
    except StorageFailed:
        written = False
    else:
        written = True
    disk.lose_power()
    names = snapshot.snapshot_names(disk)
    for name in names:
        snapshot.read_snapshot(disk, name)
    assert snapshot.snapshot_name(5) in names
    assert snapshot.snapshot_name(10) in names or not written
    write(disk, 15)  # What lay aside is no hindrance.


def test_a_full_disk_leaves_the_older_ones():
    disk = new_disk()
    name = write(disk, 5)
    disk.space = 200
    with pytest.raises(DiskFull, match="the older ones serve"):
        write(disk, 10)
    disk.space = UNLIMITED
    assert snapshot.snapshot_names(disk) == [name]
    snapshot.read_snapshot(disk, name)
