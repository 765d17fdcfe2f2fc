"""Events of the past, rebuilt: they are not stored, because the journal says them.

The kernel is a pure function of the journal, so a second machine that reads the journal from the
start writes the same events, byte for byte. That machine follows the live one: asking again only
applies what is new. Events seen are kept up to EVENTS_KEPT rows; asking for older ones replays
from the start, in batches, without keeping.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emporion.engine.node import Node
from emporion.kernel.machine import Machine
from emporion.schema.limits import TS_MAX
from emporion.schema.messages import COMMAND, EVENT
from emporion.storage.rows import as_bytes, find_heads

EVENTS_KEPT = 1 << 20  # 64 MiB.
STEP_ROWS = 1 << 14  # Journal rows applied at a time, give or take a command's data rows.

Rows = NDArray[np.void]


class Chunk(NamedTuple):
    """Events of a stretch of commands, and the venue's time at each."""

    events: Rows  # EVENT
    ts_ns: NDArray[np.int64]  # Of the event's command, as the kernel took it.


class History:
    """The events of one node, on demand."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._follower: _Follower | None = None
        self._kept: list[Chunk] = []
        self._kept_rows = 0
        self._kept_from = 1  # First sequence whose events are kept.

    def chunks(self, from_seq: int = 1) -> Iterator[Chunk]:
        """Events of commands from `from_seq` on, oldest first, in chunks of whole commands."""
        if self._follower is None:
            self._follower = _Follower(self._new_machine())
        for chunk in self._follower.follow(self._node):
            self._keep(chunk)
        if from_seq >= self._kept_from:
            source: Iterator[Chunk] = iter(list(self._kept))
        else:
            source = _Follower(self._new_machine()).follow(self._node)
        for chunk in source:
            at = int(np.searchsorted(chunk.events["seq"], from_seq))
            if at < len(chunk.events):
                yield Chunk(chunk.events[at:], chunk.ts_ns[at:])

    def select(self, wanted: Callable[[Rows], NDArray[np.bool_]], from_seq: int = 1) -> Chunk:
        """All events for which `wanted` is true, as one chunk."""
        parts = []
        for chunk in self.chunks(from_seq):
            mask = wanted(chunk.events)
            parts.append(Chunk(chunk.events[mask], chunk.ts_ns[mask]))
        if not parts:
            return Chunk(np.zeros(0, EVENT), np.zeros(0, np.int64))
        return Chunk(np.concatenate([part.events for part in parts]), np.concatenate([part.ts_ns for part in parts]))

    def _new_machine(self) -> Machine:
        return Machine(self._node.machine.capacity)

    def _keep(self, chunk: Chunk) -> None:
        self._kept.append(chunk)
        self._kept_rows += len(chunk.events)
        while self._kept_rows > EVENTS_KEPT and len(self._kept) > 1:
            oldest = self._kept.pop(0)
            self._kept_rows -= len(oldest.events)
            self._kept_from = int(oldest.events["seq"][-1]) + 1 if len(oldest.events) else self._kept_from


class _Follower:
    """A machine that reads a journal and stays where it stopped."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ts_ns = 0

    def follow(self, node: Node) -> Iterator[Chunk]:
        """Apply what the journal has beyond this machine, a step at a time."""
        rows = commands(node, int(self._machine.state.seq) + 1)
        heads = heads_of(rows)
        start = 0
        while start < len(rows):
            at = int(np.searchsorted(heads, start + STEP_ROWS))
            stop = int(heads[at]) if at < len(heads) else len(rows)
            yield self._apply(rows[start:stop])
            start = stop

    def _apply(self, rows: Rows) -> Chunk:
        first_seq = int(self._machine.state.seq) + 1
        ts_ns = command_times(rows, self._ts_ns)
        events = self._machine.apply(rows)
        self._ts_ns = int(self._machine.state.ts_ns)
        return Chunk(events, ts_ns[events["seq"] - first_seq])


def commands(node: Node, from_seq: int) -> Rows:
    """The journal from `from_seq` to where the node stands: opened to look at, its writer may have gone on."""
    if from_seq > node.seq:
        return np.zeros(0, COMMAND)
    rows = node.commands(from_seq=from_seq)
    heads = heads_of(rows)
    count = node.seq + 1 - from_seq
    return rows[: heads[count]] if len(heads) > count else rows


def command_times(rows: Rows, before_ns: int) -> NDArray[np.int64]:
    """The venue's time at each head row: its own, unless that would go back or lies beyond TS_MAX (rule W-1)."""
    own = rows["ts_ns"][heads_of(rows)]
    return np.maximum.accumulate(np.concatenate([[before_ns], np.where(own <= TS_MAX, own, 0)]))[1:]


def heads_of(rows: Rows) -> NDArray[np.int64]:
    """Where each command begins."""
    heads = find_heads(as_bytes(rows))
    return np.arange(len(rows)) if heads is None else heads
