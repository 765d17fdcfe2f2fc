"""Recovery: the newest good snapshot, then the journal behind it. A start after a crash and any other are the same."""

import warnings
from collections.abc import Iterator

import numpy as np

from emporion.engine.bounds import excess, excess_of_rows
from emporion.engine.failures import CapacityTooSmall, NodeStopped
from emporion.errors import JournalCorrupt, SnapshotCorrupt
from emporion.kernel.machine import Machine
from emporion.schema.limits import BATCH_ROWS, Capacity
from emporion.schema.messages import COMMAND
from emporion.storage.disk import Files
from emporion.storage.reader import JournalReader, Position
from emporion.storage.rows import joined
from emporion.storage.segments import segment_name
from emporion.storage.snapshot import read_header, read_snapshot, snapshot_name, snapshot_names

REPLAY_ROWS = 4 * BATCH_ROWS  # Short batches are gathered to this many rows before they are applied.


def recover(files: Files, reader: JournalReader, capacity: Capacity) -> tuple[Machine, int]:
    """The state at the end of the journal, and the sequence of the snapshot it began from (0: none).

    `reader` has then read to the end.

    Raises:
        JournalCorrupt: the journal is damaged, or ends before a snapshot that was taken of it.
        CapacityTooSmall: the venue's limits do not fit this build.
        NodeStopped: the kernel fails on a command.
    """
    names = snapshot_names(files)  # Before the journal is read: a writer may go on beside us.
    machine, position = _from_snapshot(files, names, reader, capacity)
    for rows in gathered(reader, position, set()):
        apply_rows(machine, rows)
    _check_end(files, names, reader)
    return machine, position.next_seq - 1


def apply_rows(machine: Machine, rows: np.ndarray) -> None:
    """Apply commands of a journal, whose events have long been told."""
    if problem := excess_of_rows(machine.capacity, rows):
        raise CapacityTooSmall(f"{problem}; open the venue with a larger capacity")
    try:
        machine.advance(rows)
    except Exception as error:
        raise NodeStopped(
            f"the kernel failed after command {int(machine.state.seq)} of the journal: {error!r}; "
            "the journal is sound and must be kept, the kernel needs mending"
        ) from error


def gathered(reader: JournalReader, position: Position | None, stops: set[int]) -> Iterator[np.ndarray]:
    """The rows of the journal in pieces of a good size; a piece ends where a sequence of `stops` does."""
    parts: list[np.ndarray] = []
    count = 0
    for batch in reader.batches(position):
        parts.append(batch.rows)
        count += len(batch.rows)
        if count >= REPLAY_ROWS or batch.after.next_seq - 1 in stops:
            yield joined(parts, COMMAND)
            parts, count = [], 0
    if parts:
        yield joined(parts, COMMAND)


def _from_snapshot(
    files: Files, names: list[str], reader: JournalReader, capacity: Capacity
) -> tuple[Machine, Position]:
    for name in names:
        try:
            header, parts = read_snapshot(files, name)
        except SnapshotCorrupt as error:
            _warn(str(error))
            continue
        if not reader.holds(header.position):
            _warn(f"{files.path(name)}: it is not of this journal, or the journal is damaged there")
            continue
        if problem := excess(capacity, header.limits):
            raise CapacityTooSmall(f"{files.path(name)}: {problem}; open the venue with a larger capacity")
        machine = Machine(capacity)
        machine.load(parts)
        if machine.digest().hex() != header.digest:
            _warn(f"{files.path(name)}: the state in it has not the digest that it says")
            continue
        return machine, header.position
    return Machine(capacity), reader.start


def _check_end(files: Files, names: list[str], reader: JournalReader) -> None:
    """A snapshot is only taken of what is durable, so the journal must reach every good one."""
    last = snapshot_name(reader.end.next_seq - 1)
    for name in names:
        if name <= last:
            continue
        try:
            seq = read_header(files, name).seq
        except SnapshotCorrupt:
            continue
        raise JournalCorrupt(
            files.path(segment_name(reader.end.segment)),
            reader.end.offset,
            f"the journal ends with command {reader.end.next_seq - 1}, but {name} was taken after {seq}",
        )


def _warn(problem: str) -> None:
    warnings.warn(f"{problem}; passing over it", RuntimeWarning, stacklevel=4)
