"""Segment files: their names, and the spare that is kept ready.

A segment has one constant size, all of it allocated before the first row is written. So
appending never changes a file's length or needs the file system's metadata (an fdatasync is then
one write of data), a full disk shows before it hurts, and a file of another length has been
damaged. The bytes not yet written are zero, which ends the journal.
"""

import errno
from typing import NamedTuple

from emporion.errors import JournalCorrupt
from emporion.storage.disk import Files

PREFIX, SUFFIX = "journal-", ".rows"
SPARE_NAME = "spare.rows"
SEGMENT_BYTES = 64 << 20  # A million rows: seldom changed, and still quick to copy or to send.
SEGMENT_BYTES_MIN = 64 << 10  # Of tests. A quarter of it must hold a head with all its data rows.
ZEROES = memoryview(bytes(1 << 20))
SYNC_BYTES = 4 << 20  # The spare is synced in slices, so that no append waits for all of it.


class Segment(NamedTuple):
    name: str
    first_seq: int
    size: int


def segment_name(first_seq: int) -> str:
    return f"{PREFIX}{first_seq:020d}{SUFFIX}"


def is_segment_size(size: int) -> bool:
    """Powers of two, so that a file cut short is noticed even when it is the only one."""
    return size >= SEGMENT_BYTES_MIN and size & (size - 1) == 0


def segments_of(files: Files) -> list[Segment]:
    """The folder's segments in order, their names and sizes checked; JournalCorrupt if one is not ours."""
    found = []
    for name in files.list():
        if not (name.startswith(PREFIX) and name.endswith(SUFFIX)):
            continue
        digits = name[len(PREFIX) : -len(SUFFIX)]
        if len(digits) != 20 or not (digits.isascii() and digits.isdigit()):
            raise JournalCorrupt(files.path(name), 0, "no segment of a journal has such a name")
        found.append(Segment(name, int(digits), files.size(name)))
    found.sort(key=lambda segment: segment.first_seq)
    for segment in found:
        path = files.path(segment.name)
        if not is_segment_size(segment.size):
            raise JournalCorrupt(path, segment.size, "no segment has this size: the file was cut short, or is foreign")
        if segment.size != found[0].size:
            raise JournalCorrupt(path, segment.size, f"segments differ in size; {found[0].name} has {found[0].size}")
    if found and found[0].first_seq != 1:
        raise JournalCorrupt(files.path(segment_name(1)), 0, f"is missing: the first segment is {found[0].name}")
    return found


class Spare:
    """The next segment, allocated ahead under a name of its own.

    It is the reserve: while there is a spare, a full disk refuses nothing. Its zeroes are written
    a little with each append, so that no append waits for a whole segment.
    """

    def __init__(self, files: Files, size: int) -> None:
        self.files, self.size = files, size
        self._fd: int | None = None
        self._zeroed = 0

    @property
    def ready(self) -> bool:
        return self._fd is not None

    def reserve(self) -> bool:
        """Take the room now. False when the disk is full; other failures are OSError."""
        if self._fd is not None:
            return True
        try:
            if SPARE_NAME in self.files.list():
                self.files.remove(SPARE_NAME)  # Of an earlier process, who knows how far.
            self._fd = self.files.open(SPARE_NAME, create=True)
            self._zeroed = 0
            self.files.preallocate(self._fd, self.size)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self._give_up()
        return self.ready

    def fill(self, count: int) -> None:
        """Write the next `count` bytes of zeroes, up to the end."""
        if self._fd is None or self._zeroed == self.size:
            return
        end = min(self.size, self._zeroed + count)
        try:
            while self._zeroed < end:
                stop = min(end, self._zeroed + len(ZEROES))
                self.files.write_at(self._fd, ZEROES[: stop - self._zeroed], self._zeroed)
                if stop == self.size or stop // SYNC_BYTES > self._zeroed // SYNC_BYTES:
                    self.files.fdatasync(self._fd)
                self._zeroed = stop
        except OSError as error:
            if error.errno != errno.ENOSPC:  # On a copy-on-write file system allocating may promise too much.
                raise
            self._give_up()

    def take(self, first_seq: int, zeroed: bool = True) -> int | None:
        """Make it the segment that begins with `first_seq`: its fd, the name durable. None when there is no room.

        Without `zeroed` it is only allocated: opening a new venue then takes no time.
        """
        if self.reserve() and zeroed:
            self.fill(self.size)
        if self._fd is None:
            return None
        if not zeroed:
            self.files.fdatasync(self._fd)
        self.files.rename(SPARE_NAME, segment_name(first_seq))
        self.files.sync_folder()
        fd, self._fd = self._fd, None
        return fd

    def close(self) -> None:
        if self._fd is not None:
            self.files.close(self._fd)
            self._fd = None

    def _give_up(self) -> None:
        self.close()
        if SPARE_NAME in self.files.list():
            self.files.remove(SPARE_NAME)
