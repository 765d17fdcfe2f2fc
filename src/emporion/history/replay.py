"""The journal again, through a machine of the history's own: for what the node did before it was followed."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from emporion.errors import BadValue, SnapshotCorrupt
from emporion.history.rows import Rows
from emporion.kernel.machine import Machine
from emporion.schema.limits import BATCH_ROWS, ROW_BYTES, Capacity
from emporion.schema.messages import COMMAND
from emporion.storage import frames
from emporion.storage.disk import Files
from emporion.storage.reader import JournalReader, Position
from emporion.storage.rows import as_bytes, find_heads, joined
from emporion.storage.segments import segment_name, segments_of
from emporion.storage.snapshot import read_header, read_snapshot, snapshot_names

PIECE_ROWS = 2 * BATCH_ROWS  # Short batches are gathered to this many rows before they are applied.


class Journal(Protocol):
    """Where commands can be read again. `pieces` may be asked again for what has come since."""

    def machine(self, capacity: Capacity, seq: int) -> Machine: ...
    def pieces(self, from_seq: int, until_seq: int | None) -> Iterator[Rows]: ...
    def head(self, seq: int) -> bytes: ...


class Replay:
    """A machine that follows a journal; each piece it takes is handed out with its events."""

    def __init__(self, journal: Journal, capacity: Capacity, seq: int) -> None:
        """Events are wanted of the commands behind `seq`."""
        self._journal, self._seq = journal, seq
        self._machine = journal.machine(capacity, seq)

    def pieces(self, until_seq: int | None = None) -> Iterator[tuple[Rows, Rows]]:
        """Rows and events of all commands there are, or of those up to `until_seq`, which ends a batch."""
        for piece in self._journal.pieces(int(self._machine.state.seq) + 1, until_seq):
            rows, before = piece, self._seq - int(self._machine.state.seq)
            if before > 0:
                cut = row_of(rows, before)
                self._machine.advance(rows[:cut])
                rows = rows[cut:]
            if len(rows):
                yield rows, self._machine.apply(rows)


class DiskJournal:
    """The journal in a venue's folder, which may be written to meanwhile."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._place: Position | None = None  # Behind the last piece.

    def machine(self, capacity: Capacity, seq: int) -> Machine:
        """A machine at the newest good snapshot at or before `seq`, or before the first command."""
        reader = JournalReader(self._files)
        machine = Machine(capacity)
        for name in snapshot_names(self._files):
            try:
                if read_header(self._files, name).seq > seq:
                    continue
                header, parts = read_snapshot(self._files, name)
                if not reader.holds(header.position):
                    continue
                machine.load(parts)
            except (SnapshotCorrupt, BadValue):
                continue  # Recovery has said what is wrong with it.
            if machine.digest().hex() == header.digest:
                self._place = header.position
                return machine
            machine = Machine(capacity)
        self._place = None
        return machine

    def pieces(self, from_seq: int, until_seq: int | None) -> Iterator[Rows]:
        """Rows of commands from `from_seq` on, which is where the last piece ended, or the machine stands."""
        reader = JournalReader(self._files)
        place = self._place or reader.start
        assert place.next_seq == from_seq, (place, from_seq)
        parts: list[Rows] = []
        count = 0
        for batch in reader.batches(place):
            if until_seq is not None and batch.after.next_seq - 1 > until_seq:
                break
            parts.append(batch.rows)
            count += len(batch.rows)
            place = batch.after
            if count >= PIECE_ROWS:
                self._place = place
                yield joined(parts, COMMAND)
                parts, count = [], 0
        self._place = place
        if parts:
            yield joined(parts, COMMAND)

    def make_durable(self) -> None:
        """What was read may still be on its way to the disk, and nothing may be shown that a crash could lose."""
        if self._place is not None:
            fd = self._files.open(segment_name(self._place.segment))
            try:
                self._files.fdatasync(fd)
            finally:
                self._files.close(fd)

    def head(self, seq: int) -> bytes:
        """The head row of a command; b"" when the journal does not reach it. Only its segment is looked at."""
        segments = [segment for segment in segments_of(self._files) if segment.first_seq <= seq]
        if not segments:
            return b""
        segment = segments[-1]
        block = memoryview(np.asarray(self._files.read(segment.name))).cast("B")
        at = 0
        while at < segment.size:
            frame = frames.parse(block[at:])
            if not isinstance(frame, frames.Frame):
                break
            rows = np.frombuffer(block, np.uint8).reshape(-1, ROW_BYTES)[at // ROW_BYTES + 1 :][: frame.rows]
            if frame.rows:
                heads = heads_of(rows.reshape(-1).view(COMMAND))
                if frame.first_seq <= seq < frame.first_seq + len(heads):
                    return rows[heads[seq - frame.first_seq]].tobytes()
            at += (1 + frame.rows) * ROW_BYTES
        return b""


class Commands(Protocol):
    """A node that can be asked for its commands."""

    def commands(self, from_seq: int = 1) -> np.ndarray: ...


class MemoryJournal:
    """The journal of a venue in memory."""

    def __init__(self, node: Commands) -> None:
        self._node = node

    def machine(self, capacity: Capacity, seq: int) -> Machine:
        """One before the first command."""
        return Machine(capacity)

    def pieces(self, from_seq: int, until_seq: int | None) -> Iterator[Rows]:
        """Rows of commands from `from_seq` on."""
        rows = self._node.commands(from_seq)
        if until_seq is not None:
            rows = rows[: row_of(rows, until_seq - from_seq + 1)]
        heads = heads_of(rows)
        start = 0
        while start < len(rows):
            at = int(np.searchsorted(heads, start + PIECE_ROWS))
            stop = int(heads[at]) if at < len(heads) else len(rows)
            yield rows[start:stop]
            start = stop

    def head(self, seq: int) -> bytes:
        """The head row of a command."""
        return self._node.commands(seq)[:1].tobytes()


def digest_of(head: bytes) -> str:
    """What stands for a command in a manifest: its row has its time in it, so no other will do."""
    return hashlib.blake2b(head, digest_size=16).hexdigest() if head else ""


def heads_of(rows: Rows) -> np.ndarray:
    """Where each command begins."""
    heads = find_heads(as_bytes(rows))
    return np.arange(len(rows)) if heads is None else heads


def row_of(rows: Rows, command: int) -> int:
    """Where the `command`-th command begins, from 0; behind the last row for those beyond."""
    heads = heads_of(rows)
    return int(heads[command]) if command < len(heads) else len(rows)
