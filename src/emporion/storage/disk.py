"""The file operations that journal and snapshots need, over one folder. Nothing else touches the OS.

Kept this small so that `sim/faults.py` can offer the same in memory, with every way a disk fails.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol

import numpy as np

from emporion.errors import VenueLocked

LOCK_NAME = "venue.lock"


class Files(Protocol):
    """One folder of files. `fd` is a number from `open`; every method may raise OSError."""

    def path(self, name: str) -> str: ...
    def list(self) -> list[str]: ...
    def size(self, name: str) -> int: ...
    def read(self, name: str) -> np.ndarray: ...
    def open(self, name: str, create: bool = False) -> int: ...
    def close(self, fd: int) -> None: ...
    def write_at(self, fd: int, data: bytes | memoryview, offset: int) -> None: ...
    def preallocate(self, fd: int, size: int) -> None: ...
    def fdatasync(self, fd: int) -> None: ...
    def rename(self, old: str, new: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def sync_folder(self) -> None: ...
    def lock(self) -> None: ...
    def unlock(self) -> None: ...


class Disk:
    """A real folder. With `create` it is made when missing."""

    def __init__(self, folder: str | Path, create: bool = True) -> None:
        self.folder = Path(folder)
        self._lock_fd = -1
        if create:
            self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> str:
        """The full name, for messages."""
        return str(self.folder / name)

    def list(self) -> list[str]:
        return sorted(entry.name for entry in os.scandir(self.folder) if entry.is_file())

    def size(self, name: str) -> int:
        return os.stat(self.folder / name).st_size

    def read(self, name: str) -> np.ndarray:
        """The file's bytes as a read-only map: uint8, and what is written later shows through."""
        if self.size(name) == 0:
            return np.zeros(0, np.uint8)
        return np.memmap(self.folder / name, np.uint8, "r")

    def open(self, name: str, create: bool = False) -> int:
        """For reading and writing; with `create` it must be new."""
        flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if create else 0)
        return os.open(self.folder / name, flags, 0o644)

    def close(self, fd: int) -> None:
        os.close(fd)

    def write_at(self, fd: int, data: bytes | memoryview, offset: int) -> None:
        """All of `data`, or OSError; part of it may then have been written."""
        left = memoryview(data)
        while left:
            done = os.pwrite(fd, left, offset)
            left, offset = left[done:], offset + done

    def preallocate(self, fd: int, size: int) -> None:
        """Room on the disk for `size` bytes that read as zero, or ENOSPC."""
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, size)
        else:  # macOS
            os.ftruncate(fd, size)

    def fdatasync(self, fd: int) -> None:
        (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(fd)

    def rename(self, old: str, new: str) -> None:
        os.rename(self.folder / old, self.folder / new)

    def remove(self, name: str) -> None:
        os.unlink(self.folder / name)

    def sync_folder(self) -> None:
        """Makes names durable: creations, renames and removals."""
        fd = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def lock(self) -> None:
        """Become the one writer. The lock goes with the process, however it ends."""
        fd = os.open(self.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 20, 0).decode(errors="replace").strip()
            os.close(fd)
            by = f" by process {holder}" if holder else ""
            raise VenueLocked(
                f"{self.folder}: already open for writing{by}; open it with read_only=True, or close the other first"
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._lock_fd = fd

    def unlock(self) -> None:
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1
