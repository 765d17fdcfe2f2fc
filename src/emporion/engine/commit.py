"""Taking commands: gather them into groups, journal a group, apply it when it is durable.

With more than one group, the next is on its way to the disk while the kernel works on the one
before. Never are two under way, and never is one applied before it is durable.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from emporion.engine.failures import NodeStopped
from emporion.engine.request import Request
from emporion.kernel.machine import Machine
from emporion.storage.group import Group
from emporion.storage.journal import Journal, MemoryJournal

Listener = Callable[[np.ndarray], None]
Follower = Callable[[np.ndarray, np.ndarray], None]  # The rows of a batch, which are used again, and its events.


class Committer:
    """Moves the machine on, by way of the journal. `seq` is the last command applied."""

    def __init__(self, machine: Machine, journal: Journal | MemoryJournal, sync: bool) -> None:
        self.machine, self.journal, self.sync = machine, journal, sync
        self.seq = int(machine.array["seq"][0])
        self.listeners: list[Listener] = []
        self.followers: list[Follower] = []
        self._group, self._other = (Group(journal.frame_rows_max, journal.group_rows_max) for _ in range(2))
        self._pool: ThreadPoolExecutor | None = None

    def take(self, requests: list[Request], ts_ns: int, events: list[np.ndarray]) -> None:
        """Journal and apply the requests in order, stamped `ts_ns`; their events are added to `events`.

        Raises:
            DiskFull, StorageFailed: of the journal; groups before have been taken, `seq` says how far.
            NodeStopped: the kernel failed.
        """
        group = self._group
        group.clear()
        waiting: Group | None = None  # Durable, and not yet applied.
        for request in requests:
            start = 0
            while start < len(request.raw):
                taken = group.add(request.raw, request.heads, start, ts_ns)
                group.has_entry |= taken > 0 and request.is_entry
                start += taken
                if taken == 0:
                    self._journal_while_applying(group, waiting, events)
                    waiting, group = group, self._other if group is self._group else self._group
                    group.clear()
        if waiting is None:
            if group.size:
                self.journal.append(group, self.sync)
                self._apply(group, events)
            return
        if group.size:
            self._journal_while_applying(group, waiting, events)
            waiting = group
        self._apply(waiting, events)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _journal_while_applying(self, group: Group, waiting: Group | None, events: list[np.ndarray]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "emporion-journal")
        journalled = self._pool.submit(self.journal.append, group, self.sync)
        try:
            if waiting is not None:
                self._apply(waiting, events)
        finally:
            journalled.result()

    def _apply(self, group: Group, events: list[np.ndarray]) -> None:
        try:
            for batch in group.batches:
                rows = group.rows(batch)
                events.append(self.machine.apply(rows))
                self.seq += batch.commands
                for listener in self.listeners:
                    listener(events[-1])
                for follower in self.followers:
                    follower(rows, events[-1])
            if self.machine.array["seq"][0] != self.seq:
                raise AssertionError(f"the kernel is at {self.machine.array['seq'][0]}, the journal at {self.seq}")
        except Exception as error:
            raise NodeStopped(
                f"the kernel failed near command {self.seq + 1}: {error!r}; the journal is sound and must be kept"
            ) from error
