"""Appending to the journal: groups of batches, one fdatasync each, never more than one under way.

The writer owns the tail: on opening it cuts what was torn, writes again what no frame says is
durable (after a failed fdatasync the system may show bytes, or a cut, that never reached the disk),
and syncs.
After any failed write or fdatasync it is dead: what reached the disk is unknown until it is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from emporion.errors import DiskFull, StorageFailed
from emporion.schema.limits import BATCH_ROWS, ROW_BYTES
from emporion.schema.messages import COMMAND
from emporion.storage import frames
from emporion.storage.disk import Files
from emporion.storage.group import Group
from emporion.storage.reader import JournalReader, Position
from emporion.storage.rows import as_bytes, find_heads, joined
from emporion.storage.segments import SEGMENT_BYTES, ZEROES, Spare, is_segment_size, segment_name

RESERVE_PARTS = 4  # Without a spare, order entry ends when this part of the last segment is left.
COMMAND_ROWS_MAX = 256  # A head and as many data rows as its count can say.
GROUP_ROWS = 65_536  # Rows of one fdatasync: 4 MiB, where its cost no longer shows.


class Journal:
    """The writing end. `reader` must have read to the end; it says where to go on."""

    def __init__(self, files: Files, reader: JournalReader, segment_bytes: int = SEGMENT_BYTES) -> None:
        if not is_segment_size(segment_bytes):
            raise ValueError(f"segment_bytes: {segment_bytes} is not a power of two, or too small")
        self.files = files
        self.segment_bytes = reader.segment_bytes or segment_bytes  # Of an existing journal: as it is.
        segment_rows = self.segment_bytes // ROW_BYTES
        self.frame_rows_max = min(BATCH_ROWS, max(COMMAND_ROWS_MAX, segment_rows // 16))
        self.group_rows_max = min(GROUP_ROWS, segment_rows // 4)  # With its frames below half a segment.
        self.group_bytes_max = Group.bytes_max(self.frame_rows_max, self.group_rows_max)
        self.failed: StorageFailed | None = None
        self._unsynced_bytes = 0  # Never more than two groups, so that recovery knows how far a torn tail may go.
        self._spare = Spare(files, self.segment_bytes)
        self._marks = Marks()
        self._fd = -1
        self._chain: bytes
        with self._or_dead("opening"):
            if reader.segments:
                self._resume(reader)
            else:
                self._begin()
        self.next_seq = reader.end.next_seq
        self.durable_seq = self.next_seq - 1
        self._covered_seq = reader.covered_seq

    # --- Appending ---------------------------------------------------------------------------------

    def append(self, group: Group, sync: bool = True) -> None:
        """Write the group's batches; with `sync`, durable when this returns.

        DiskFull before anything is written; StorageFailed when it is unknown what was.
        """
        self.check_room(group.size, entry=group.has_entry)
        batches, says_durable = group.batches, self.durable_seq
        chain, seq = self._chain, self.next_seq
        for batch in batches:
            chain = frames.seal(group.block(batch), seq, says_durable, chain)
            seq += batch.commands
        with self._or_dead("writing"):
            while batches:
                start, room = batches[0].start, self.segment_bytes - self._offset
                here = [batch for batch in batches if (batch.stop - start) * ROW_BYTES <= room]
                if here:
                    self._write(group.span(start, here[-1].stop), here[-1].start - start)
                    self.next_seq += sum(batch.commands for batch in here)
                    self._chain = group.chain_in(here[-1])
                batches = batches[len(here) :]
                if batches:
                    self._roll()
            self._covered_seq = says_durable
            if sync or self._unsynced_bytes >= self.group_bytes_max:
                self._sync()
            # Twice as fast as the segment fills, so that it is there by half-time.
            self._spare.fill(2 * group.size + ROW_BYTES * ROW_BYTES)

    def flush(self) -> None:
        """Make durable what was appended without `sync`."""
        self._alive()
        if self._unsynced_bytes:
            with self._or_dead("syncing"):
                self._sync()

    def cover(self) -> None:
        """An empty frame that says the last command durable, unless one says so already."""
        self.flush()
        if self._covered_seq >= self.durable_seq:
            return
        if self.segment_bytes - self._offset < ROW_BYTES:
            return  # The next segment's first frame will say it.
        block = memoryview(bytearray(ROW_BYTES))
        self._chain = frames.seal(block, self.next_seq, self.durable_seq, self._chain)
        with self._or_dead("writing"):
            self._write(block, 0)
            self._sync()
        self._covered_seq = self.durable_seq

    def check_room(self, size: int, entry: bool) -> None:
        """DiskFull unless `size` more bytes fit. Entry leaves a reserve, so that cancels always fit."""
        self._alive()
        if self._spare.ready:
            return
        with self._or_dead("preallocating"):
            if self._spare.reserve():
                return
        left = self.segment_bytes - self._offset - size
        if left < (self.segment_bytes // RESERVE_PARTS if entry else 0):
            what = "order entry is refused while cancels still fit" if entry and left >= 0 else "the reserve is used up"
            raise DiskFull(f"{self.files.path('')}: no room for more journal: {what}; make room on the disk")

    @property
    def position(self) -> Position:
        """Behind the last frame written."""
        return Position(self.next_seq, self._segment, self._offset, self._frame_offset, self._chain)

    def close(self) -> None:
        self._spare.close()
        if self._fd >= 0:
            self.files.close(self._fd)
            self._fd = -1

    # --- Reading -----------------------------------------------------------------------------------

    def commands(self, from_seq: int = 1) -> np.ndarray:
        """Rows of every command from `from_seq` on, without frames."""
        return commands_of(JournalReader(self.files), from_seq, self._marks, self.position)

    # --- Below -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        fd = self._spare.take(1, zeroed=False)
        if fd is None:
            raise DiskFull(f"{self.files.path('')}: no room for a segment of {self.segment_bytes} bytes")
        self._fd, self._segment, self._offset, self._frame_offset = fd, 1, 0, -1
        self._chain = frames.first_chain(self.segment_bytes)

    def _resume(self, reader: JournalReader) -> None:
        end, name = reader.end, segment_name(reader.end.segment)
        self._fd = self.files.open(name)
        self._segment, self._offset, self._frame_offset, self._chain = (
            end.segment, end.offset, end.frame_offset, end.chain,
        )  # fmt: skip
        # Also where it reads as zero: an earlier cut may have failed to reach the disk.
        stop = max(reader.torn_end, min(self.segment_bytes, end.offset + 2 * self.group_bytes_max + ROW_BYTES))
        for offset in range(end.offset, stop, len(ZEROES)):
            self.files.write_at(self._fd, ZEROES[: min(len(ZEROES), stop - offset)], offset)
        if reader.uncovered_offset < end.offset:
            again = bytes(self.files.read(name)[reader.uncovered_offset : end.offset])
            self.files.write_at(self._fd, again, reader.uncovered_offset)
        self.files.fdatasync(self._fd)
        self.files.sync_folder()

    def _roll(self) -> None:
        """Go on in the next segment. All of this one is durable before the next has its name."""
        self._sync()
        fd = self._spare.take(self.next_seq)
        if fd is None:  # check_room saw to it that there was one.
            raise OSError("the preallocated segment is gone")
        self.files.close(self._fd)
        self._fd, self._segment, self._offset, self._frame_offset = fd, self.next_seq, 0, -1
        self._spare.reserve()  # If there is no room now, check_room says so in time.

    def _write(self, data: memoryview, last_frame_row: int) -> None:
        self.files.write_at(self._fd, data, self._offset)
        self._frame_offset = self._offset + last_frame_row * ROW_BYTES
        self._offset += len(data)
        self._unsynced_bytes += len(data)

    def _sync(self) -> None:
        self.files.fdatasync(self._fd)
        self.durable_seq = self.next_seq - 1
        self._unsynced_bytes = 0

    def _alive(self) -> None:
        if self.failed is not None:
            raise self.failed

    @contextmanager
    def _or_dead(self, doing: str) -> Iterator[None]:
        """Any OSError inside ends this journal."""
        self._alive()
        try:
            yield
        except OSError as error:
            self.failed = StorageFailed(
                f"{self.files.path('')}: {doing} failed: {error.strerror or error}; nothing more is acknowledged. "
                "Mend the disk, then open the venue again: it recovers by reading"
            )
            raise self.failed from error


class MemoryJournal:
    """The same contract without a disk: nothing survives the process."""

    frame_rows_max, group_rows_max = BATCH_ROWS, GROUP_ROWS

    def __init__(self) -> None:
        self.next_seq, self.durable_seq = 1, 0
        self.failed: StorageFailed | None = None
        self._parts: list[np.ndarray] = []

    def append(self, group: Group, sync: bool = True) -> None:
        for batch in group.batches:
            self._parts.append(group.raw(batch).copy().reshape(-1).view(COMMAND))
            self.next_seq += batch.commands
        self.durable_seq = self.next_seq - 1

    def check_room(self, size: int, entry: bool) -> None: ...

    def flush(self) -> None: ...

    def cover(self) -> None: ...

    def close(self) -> None: ...

    def commands(self, from_seq: int = 1) -> np.ndarray:
        """Rows of every command from `from_seq` on."""
        rows = joined(self._parts, COMMAND)
        return rows[_row_of(rows, from_seq - 1) :]


class Marks:
    """Where passes over a journal have been, so that a later one for its end need not begin at its beginning.

    Of each segment the first place behind a frame and the last. A journal only grows behind such a place.
    """

    def __init__(self) -> None:
        self._places: dict[int, tuple[Position, Position]] = {}

    def note(self, place: Position) -> None:
        first, last = self._places.get(place.segment, (place, place))
        self._places[place.segment] = (first, max(last, place, key=_next_seq))

    def before(self, seq: int) -> Position | None:
        """The last place at or before a command; None when only the beginning is."""
        places = (place for pair in self._places.values() for place in pair if place.next_seq <= seq)
        return max(places, key=_next_seq, default=None)


def _next_seq(place: Position) -> int:
    return place.next_seq


def commands_of(
    reader: JournalReader, from_seq: int = 1, marks: Marks | None = None, until: Position | None = None
) -> np.ndarray:
    """Rows of every command from `from_seq` on, without frames; with `marks` by the shortest way."""
    marks = marks or Marks()
    parts = []
    mark = marks.before(from_seq)
    if mark is not None and not reader.holds(mark):
        mark = None  # A writer beside us has cut what it never promised, and written on.
    for batch in reader.batches(mark, until):
        marks.note(batch.after)
        if batch.after.next_seq > from_seq:
            parts.append(batch.rows[_row_of(batch.rows, max(0, from_seq - batch.first_seq)) :])
    return joined(parts, COMMAND)


def _row_of(rows: np.ndarray, command: int) -> int:
    """The row in which the `command`-th command (from 0) of a stream begins."""
    heads = find_heads(as_bytes(rows))
    if heads is None:
        return min(command, len(rows))
    return int(heads[command]) if command < len(heads) else len(rows)
