"""The real disk and the faulty one do the same as long as nothing fails."""

import os
import subprocess
import sys

import numpy as np
import pytest

from emporion.errors import VenueLocked
from emporion.storage.disk import Disk
from tests.storage.journals import append, draw_rows, new_disk, open_journal, stamped


@pytest.fixture(params=["real", "faulty"])
def disk(request, tmp_path):
    return Disk(tmp_path / "venue") if request.param == "real" else new_disk()


def test_files(disk):
    fd = disk.open("a", create=True)
    disk.preallocate(fd, 1000)
    disk.write_at(fd, b"hello", 500)
    disk.write_at(fd, memoryview(b"you"), 1100)
    disk.fdatasync(fd)
    disk.close(fd)
    disk.sync_folder()
    assert disk.size("a") == 1103
    data = disk.read("a").tobytes()
    assert data == bytes(500) + b"hello" + bytes(595) + b"you"
    disk.close(disk.open("b", create=True))
    assert disk.list() == ["a", "b"]
    assert len(disk.read("b")) == 0
    disk.rename("a", "c")
    disk.remove("b")
    assert disk.list() == ["c"]
    with pytest.raises(FileExistsError):
        disk.open("c", create=True)
    with pytest.raises(FileNotFoundError):
        disk.open("a")
    with pytest.raises(FileNotFoundError):
        disk.read("a")


def test_a_journal_on_it(disk):
    rng = np.random.default_rng(1)
    journal, _ = open_journal(disk)
    written = []
    for _ in range(60):
        append(journal, rows := draw_rows(rng, int(rng.integers(1, 60))))
        written.append(stamped(rows))
    journal.close()
    journal, found = open_journal(disk)
    assert np.array_equal(found, np.concatenate(written))
    journal.close()


def test_one_writer(disk):
    disk.lock()
    with pytest.raises(VenueLocked):
        (Disk(disk.folder) if isinstance(disk, Disk) else disk).lock()
    disk.unlock()
    disk.lock()
    disk.unlock()


def test_a_disk_that_is_only_looked_at_makes_no_folder(tmp_path):
    Disk(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_what_is_written_later_shows_in_what_was_read(tmp_path):
    """A reader beside a writer looks twice at the same map."""
    disk = Disk(tmp_path)
    fd = disk.open("a", create=True)
    disk.preallocate(fd, 4096)
    data = disk.read("a")
    disk.write_at(fd, b"x", 100)
    assert data[100] == ord("x")
    disk.close(fd)


HOLDER = """
import sys, time
from emporion.storage.disk import Disk
Disk(sys.argv[1]).lock()
print("locked", flush=True)
time.sleep(60)
"""


def test_the_lock_is_seen_by_other_processes_and_dies_with_its_holder(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, env=environment)
    with child:
        assert child.stdout.readline() == b"locked\n"
        with pytest.raises(VenueLocked, match=f"{tmp_path}: already open .* process {child.pid}; .*read_only=True"):
            Disk(tmp_path).lock()
        child.kill()
    disk = Disk(tmp_path)
    disk.lock()
    disk.unlock()
