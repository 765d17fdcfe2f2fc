"""A disk that misbehaves, in memory: what a loss of power, a bad sector or a full volume leave behind.

What is written and not synced may survive a loss of power whole, in part or not at all, whatever
was written after it; names not synced with their folder may be lost. That is what POSIX allows,
and somewhat more than any one file system does.
"""

import errno
from dataclasses import dataclass, field

import numpy as np

from emporion.errors import VenueLocked

SECTOR_BYTES = 512
UNLIMITED = 1 << 62


@dataclass
class _File:
    seen: bytearray = field(default_factory=bytearray)  # What reading shows.
    safe: bytearray = field(default_factory=bytearray)  # What is on the platter for certain.
    waiting: list[tuple[int, bytes]] = field(default_factory=list)  # Writes not synced: (offset, data).
    lengths: list[int] = field(default_factory=list)  # Allocations not synced.
    allocated: int = 0


class FaultyDisk:
    """One folder, the methods of storage.disk.Disk, and ways to fail.

    Attributes:
        error_rate: chance that a write, sync or allocation fails with EIO, half of it done.
        sync_errors: how many of the next syncs fail with EIO, whatever the rate.
        space: bytes still free; allocating or growing beyond fails with ENOSPC.
        power_for: how many more operations there is power for; None: no end. The one after it is done
            in part, and none succeeds until `lose_power` has settled what is left.
    """

    def __init__(self, rng: np.random.Generator, space: int = UNLIMITED) -> None:
        self.rng = rng
        self.error_rate = 0.0
        self.sync_errors = 0
        self.space = space
        self.power_for: int | None = None
        self.syncs = 0
        self._names: dict[str, _File] = {}
        self._safe_names: dict[str, _File] = {}
        self._name_changes: list[tuple[str, str]] = []  # (old or "", new or ""), not synced.
        self._made: dict[int, _File] = {}  # Which file a creation in _name_changes made, by its place.
        self._open: dict[int, _File] = {}
        self._next_fd = 3
        self._locked = False

    # --- The disk ----------------------------------------------------------------------------------

    def path(self, name: str) -> str:
        return f"faulty/{name}"

    def list(self) -> list[str]:
        return sorted(self._names)

    def size(self, name: str) -> int:
        return len(self._file(name).seen)

    def read(self, name: str) -> np.ndarray:
        return np.frombuffer(bytes(self._file(name).seen), np.uint8)

    def open(self, name: str, create: bool = False) -> int:
        self._use_power()
        if create:
            if name in self._names:
                raise FileExistsError(errno.EEXIST, "file exists", name)
            self._names[name] = _File()
            self._made[len(self._name_changes)] = self._names[name]
            self._name_changes.append(("", name))
        fd, self._next_fd = self._next_fd, self._next_fd + 1
        self._open[fd] = self._file(name)
        return fd

    def close(self, fd: int) -> None:
        del self._open[fd]

    def write_at(self, fd: int, data: bytes | memoryview, offset: int) -> None:
        file, data = self._of(fd), bytes(data)
        if (self.power_for is not None and self.power_for <= 0) or self._fails():
            self._write(file, data[: int(self.rng.integers(0, len(data) + 1))], offset)
            self._use_power()
            raise OSError(errno.EIO, "injected write error")
        self._use_power()
        self._take_space(file, offset + len(data))
        self._write(file, data, offset)

    def preallocate(self, fd: int, size: int) -> None:
        self._use_power()
        file = self._of(fd)
        if self._fails():
            raise OSError(errno.EIO, "injected allocation error")
        self._take_space(file, size)
        _grow(file.seen, size)
        file.lengths.append(size)

    def fdatasync(self, fd: int) -> None:
        file = self._of(fd)
        self._use_power()
        if self.sync_errors > 0 or self._fails():
            self.sync_errors = max(0, self.sync_errors - 1)
            # As Linux does it: the error is told once, the pages count as clean, and reading still shows them.
            self._keep_some(file)
            raise OSError(errno.EIO, "injected sync error")
        self.syncs += 1
        for size in file.lengths:
            _grow(file.safe, size)
        for offset, data in file.waiting:
            _put(file.safe, data, offset)
        file.waiting, file.lengths = [], []

    def rename(self, old: str, new: str) -> None:
        self._use_power()
        self._names[new] = self._names.pop(old)
        self._name_changes.append((old, new))

    def remove(self, name: str) -> None:
        self._use_power()
        self.space += self._file(name).allocated
        del self._names[name]
        self._name_changes.append((name, ""))

    def sync_folder(self) -> None:
        self._use_power()
        if self._fails():
            raise OSError(errno.EIO, "injected folder sync error")
        self._keep_names(len(self._name_changes))

    def lock(self) -> None:
        if self._locked:
            raise VenueLocked("faulty/: already open for writing")
        self._locked = True

    def unlock(self) -> None:
        self._locked = False

    # --- Disaster ----------------------------------------------------------------------------------

    def lose_power(self) -> None:
        """Everything not synced meets its fate; what is read from now on is what survived."""
        self._keep_names(int(self.rng.integers(0, len(self._name_changes) + 1)))
        self.space += sum(
            file.allocated for name, file in self._names.items() if self._safe_names.get(name) is not file
        )
        self._names = dict(self._safe_names)
        for file in {id(file): file for file in self._names.values()}.values():
            self._keep_some(file)
            file.seen = bytearray(file.safe)
        self.power_for = None
        self._open.clear()
        self._locked = False

    def kill(self) -> None:
        """The process ends: nothing is lost, but nobody holds the files or the lock any more."""
        self._open.clear()
        self._locked = False

    def flip(self, name: str, offset: int, mask: int = 1) -> None:
        """Damage: bits of one byte change on the platter."""
        file = self._file(name)
        file.seen[offset] ^= mask
        if offset < len(file.safe):
            file.safe[offset] ^= mask

    def cut(self, name: str, size: int) -> None:
        """Damage: the file ends early."""
        file = self._file(name)
        del file.seen[size:], file.safe[size:]

    # --- Below -------------------------------------------------------------------------------------

    def _use_power(self) -> None:
        if self.power_for is not None:
            self.power_for -= 1
            if self.power_for < 0:
                raise OSError(errno.EIO, "the power is gone")

    def _fails(self) -> bool:
        return self.error_rate > 0 and self.rng.random() < self.error_rate

    def _file(self, name: str) -> _File:
        if name not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        return self._names[name]

    def _of(self, fd: int) -> _File:
        if fd not in self._open:
            raise OSError(errno.EBADF, "the file is not open: the process that opened it is gone")
        return self._open[fd]

    def _take_space(self, file: _File, size: int) -> None:
        more = max(0, size - file.allocated)
        if more > self.space:
            raise OSError(errno.ENOSPC, "no space left on device")
        self.space -= more
        file.allocated += more

    def _write(self, file: _File, data: bytes, offset: int) -> None:
        _put(file.seen, data, offset)
        file.waiting.append((offset, data))

    def _keep_some(self, file: _File) -> None:
        """Each write that was not synced survives whole, as a prefix, as some of its sectors, or not at all."""
        for size in file.lengths:
            if self.rng.random() < 0.5:
                _grow(file.safe, size)
        for offset, data in file.waiting:
            fate = self.rng.integers(4)
            if fate == 0:
                _put(file.safe, data, offset)
            elif fate == 1:
                _put(file.safe, data[: int(self.rng.integers(0, len(data) + 1))], offset)
            elif fate == 2:
                first = offset // SECTOR_BYTES * SECTOR_BYTES
                for start in range(first, offset + len(data), SECTOR_BYTES):
                    if self.rng.random() < 0.5:
                        low, high = max(start, offset), min(start + SECTOR_BYTES, offset + len(data))
                        _put(file.safe, data[low - offset : high - offset], low)
        file.waiting, file.lengths = [], []

    def _keep_names(self, count: int) -> None:
        """The first `count` changes of names become safe. File systems keep these in order."""
        for place, (old, new) in enumerate(self._name_changes[:count]):
            if not old:
                self._safe_names[new] = self._made[place]
            elif not new:
                self._safe_names.pop(old, None)
            else:
                self._safe_names[new] = self._safe_names.pop(old)
        self._name_changes, self._made = [], {}


def _grow(data: bytearray, size: int) -> None:
    if len(data) < size:
        data.extend(bytes(size - len(data)))


def _put(data: bytearray, piece: bytes, offset: int) -> None:
    if piece:
        _grow(data, offset)
        data[offset : offset + len(piece)] = piece
