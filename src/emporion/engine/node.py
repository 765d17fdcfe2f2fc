"""One node: stamp, journal, make durable, apply, answer; in this order and never another.

A node whose disk or kernel fails stops: it acknowledges nothing more, and what it holds in memory
is not to be trusted. Opening the folder again recovers by reading.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from emporion.engine.bounds import excess
from emporion.engine.clock import Clock, SystemClock
from emporion.engine.commit import Committer, Follower, Listener
from emporion.engine.failures import NodeClosed, NodeStopped, PartlyTaken, ReadOnly
from emporion.engine.flusher import FLUSH_NS, Flusher
from emporion.engine.recover import recover
from emporion.engine.request import Request, request_of
from emporion.errors import BadValue, DiskFull, EmporionError, StorageFailed
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Event, Limit
from emporion.schema.limits import ROW_BYTES, SMALL, TS_MAX, Capacity
from emporion.schema.messages import EVENT
from emporion.storage.disk import Disk, Files
from emporion.storage.journal import Journal, Marks, MemoryJournal, commands_of
from emporion.storage.reader import JournalReader
from emporion.storage.rows import joined
from emporion.storage.segments import SEGMENT_BYTES, segment_name
from emporion.storage.snapshot import write_snapshot

SYNC_MODES = ("sync", "async", "memory")
CONTINUES_MAX = 64  # In one batch: as many as it takes, doubling from one.
SNAPSHOT_COMMANDS = 50_000  # Closing writes a snapshot when a replay would be longer than this.


class Answer(NamedTuple):
    """What became of one submission.

    Its commands are `first_seq` and on. After their events may stand those of CONTINUE and TICK
    commands, which finished what these began: each event names the command that caused it.
    """

    first_seq: int
    events: np.ndarray
    durable: bool = True  # False in "async" and "memory" mode.
    ts_ns: int = 0  # When it was taken: the time of its commands.
    together: np.ndarray | None = None  # All events of what was committed with it, `events` among them.


class Node:
    """Use `Node.open`. Methods may be called from several threads; one is served at a time."""

    def __init__(
        self, files: Files | None, machine: Machine, journal: Journal | MemoryJournal | None, clock: Clock, sync: str
    ) -> None:
        self.files, self.machine, self.journal, self.clock, self.sync = files, machine, journal, clock, sync
        self.stopped: EmporionError | None = None
        self._ts_ns = int(machine.array["ts_ns"][0])
        self._lock = threading.RLock()
        self._committer = None if journal is None else Committer(machine, journal, sync == "sync")
        self._marks = Marks()
        self._snapshot_seq = 0
        self._flusher: Flusher | None = None
        self._flushed_ns = 0
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        capacity: Capacity = SMALL,
        limits: Mapping[Limit, int] | None = None,
        sync: str = "sync",
        read_only: bool = False,
        disk: Files | None = None,
        clock: Clock | None = None,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> "Node":
        """Open the venue in a folder, or make one there; None keeps it in memory.

        Args:
            capacity: the size of this build; it must hold the venue's limits.
            limits: logical limits of a new venue; those of an existing one stay.
            sync: "sync": an answer is durable. "async": it is within 50 ms; a power failure (not the end
                of the process alone) may lose what was answered in that time. "memory": for None only.
            read_only: look at it, beside a writer if there is one, as it is now.
            disk: the folder's files, if they are not those of the system.
            clock: what time it is; the system's by default.
            segment_bytes: size of the files of a new journal, a power of two.
        Raises:
            VenueLocked, JournalCorrupt, CapacityTooSmall, StorageFailed, DiskFull, NodeStopped.
        """
        if sync not in SYNC_MODES:
            raise BadValue(f"sync: {sync!r} is none of {', '.join(SYNC_MODES)}")
        clock = clock or SystemClock()
        genesis = _genesis(limits, capacity)
        if folder is None and disk is None:
            if read_only:
                raise BadValue("read_only: a venue in memory begins empty")
            node = cls(None, Machine(capacity), MemoryJournal(), clock, "memory")
            node._begin(genesis)
            return node
        if sync == "memory":
            raise BadValue("sync: 'memory' keeps nothing; give no folder")
        if disk is None:
            assert folder is not None
            if read_only and not Path(folder).is_dir():
                raise BadValue(f"{folder}: there is no venue here")
            disk = Disk(folder, create=not read_only)
        if read_only:
            return cls._look(disk, capacity, clock)
        disk.lock()
        try:
            reader = JournalReader(disk)
            machine, snapshot_seq = recover(disk, reader, capacity)
            node = cls(disk, machine, Journal(disk, reader, segment_bytes), clock, sync)
            node._snapshot_seq = snapshot_seq
            node._begin(genesis)
        except OSError as error:
            disk.unlock()
            raise StorageFailed(f"{disk.path('')}: cannot be read: {error.strerror or error}") from error
        except BaseException:
            disk.unlock()
            raise
        if sync == "async" and isinstance(clock, SystemClock):
            node._flusher = Flusher(node.flush)
        return node

    # --- Commands ----------------------------------------------------------------------------------

    def submit(self, rows: np.ndarray) -> Answer:
        """Take commands: head rows, each followed by its data rows, of any 64-byte dtype.

        Returns when they are durable and applied. Many are cut into batches; should the disk fail
        between two of them, those before are taken, as after a crash.

        Raises:
            BadValue: the rows cannot be commands; nothing was taken.
            DiskFull: entry is refused for want of room; cancels are still taken.
            StorageFailed, NodeStopped: the node has stopped.
        """
        return self._take([request_of(rows, self.machine.capacity)])[0]

    def submit_many(self, submissions: Sequence[np.ndarray]) -> list[Answer]:
        """Several at once, made durable together: one answer each. If one is no command, none is taken."""
        return self._take([request_of(rows, self.machine.capacity) for rows in submissions])

    def idle(self) -> int:
        """Nothing is to be done just now: do what is due, and let the journal say what is durable.

        Returns when to call again at the latest, as next_deadline_ns does; 0 for no need to.
        """
        with self._lock:
            self._alive()
            with self._or_stop(), suppress(DiskFull):  # Neither is urgent: it is tried again.
                self._house_keep([])
                self._journal.cover()
            return self.machine.next_deadline_ns()

    def listen(self, listener: Listener) -> None:
        """Have every further event, TICK's and CONTINUE's included, handed to `listener` in order.

        It is called when they are durable, before the answer. It must not raise, nor submit.
        """
        self._alive()
        assert self._committer is not None
        self._committer.listeners.append(listener)

    def follow(self, follower: Follower) -> int:
        """Like `listen`, with the rows of each batch beside its events; returns the last sequence before.

        The rows are as the journal holds them, and only until the call returns: copy what is kept.
        """
        with self._lock:
            self._alive()
            assert self._committer is not None
            self._committer.followers.append(follower)
            return self.seq

    # --- State -------------------------------------------------------------------------------------

    @property
    def seq(self) -> int:
        """The last command applied."""
        return int(self.machine.array["seq"][0])

    def digest(self) -> bytes:
        """Hash of the state after command `seq`."""
        with self._lock:
            if isinstance(self.stopped, NodeStopped):
                raise self.stopped  # What it holds may be half a command.
            return self.machine.digest()

    def commands(self, from_seq: int = 1) -> np.ndarray:
        """Every command from `from_seq` on, with its data rows, as the journal holds it."""
        with self._lock:
            if self.journal is not None:
                return self.journal.commands(from_seq)
            assert self.files is not None
            return commands_of(JournalReader(self.files), from_seq, self._marks)

    def snapshot(self) -> str | None:
        """Write the state to disk, so that the next start is quick. Returns the file's name; None in memory."""
        with self._lock:
            self._alive()
            if not isinstance(self.journal, Journal) or self.files is None:
                return None
            self.flush()
            machine = self.machine
            limits = machine.array["tables"]["limit"][0].tolist()
            with self._or_stop():  # It would do for the journal, but a disk that fails once is not to be trusted.
                name = write_snapshot(
                    self.files, self.journal.position, machine.digest(), machine.capacity.name, limits, machine.used()
                )
            self._snapshot_seq = self.seq
            return name

    def flush(self) -> None:
        """Make everything answered durable: for "async" mode."""
        with self._lock:
            self._alive()
            with self._or_stop():
                self._journal.flush()

    def close(self) -> None:
        """Cover the last answer, leave a snapshot if the next start would be long, give up the lock."""
        if self._flusher is not None:
            self._flusher.close()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                if self.stopped is None:
                    with self._or_stop(), suppress(DiskFull):  # A snapshot only saves time.
                        self._journal.cover()
                        if self.seq - self._snapshot_seq > SNAPSHOT_COMMANDS:
                            self.snapshot()
            finally:
                self.stopped = self.stopped or NodeClosed("the venue has been closed")
                if self._committer is not None:
                    self._committer.close()
                if self.journal is not None:
                    self.journal.close()
                    if self.files is not None:
                        self.files.unlock()

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- Below -------------------------------------------------------------------------------------

    @classmethod
    def _look(cls, disk: Files, capacity: Capacity, clock: Clock) -> "Node":
        """What is in the folder now. Its writer may go on; this does not follow."""
        try:
            reader = JournalReader(disk)
            if not reader.segments:
                raise BadValue(f"{disk.path('')}: there is no venue here")
            machine, _ = recover(disk, reader, capacity)
            _make_durable(disk, reader)
        except OSError as error:
            raise StorageFailed(f"{disk.path('')}: cannot be read: {error.strerror or error}") from error
        node = cls(disk, machine, None, clock, "sync")
        node.stopped = ReadOnly(f"{disk.path('')}: opened with read_only=True")
        return node

    def _begin(self, genesis: np.ndarray) -> None:
        """First thing after recovery: GENESIS if there is none, and what has come due meanwhile."""
        if self.seq == 0:
            event = self.submit(genesis).events[0]
            assert event.kind == Event.GENESIS_DONE, event
        else:
            self.idle()

    def _take(self, requests: list[Request]) -> list[Answer]:
        with self._lock:
            self._alive()
            first_seqs, seq, before = [], self.seq + 1, self.seq
            for request in requests:
                first_seqs.append(seq)
                seq += request.commands
            rows, ts_ns = sum(len(request.raw) for request in requests), self._now_ns()
            self._journal.check_room(  # Later groups are checked as they come.
                min(rows, self._journal.group_rows_max) * ROW_BYTES, any(request.is_entry for request in requests)
            )
            events: list[np.ndarray] = []
            with self._or_stop():
                try:
                    self._commit(requests, ts_ns, events)
                except DiskFull as error:
                    if self.seq == before:
                        raise
                    raise PartlyTaken(f"{error}; commands up to {self.seq} were taken, those after were not") from None
                with suppress(DiskFull):  # The submission is taken whether or not there is room for this.
                    self._house_keep(events)
            everything = events[0] if len(events) == 1 else joined(events, EVENT)
            durable = self.sync == "sync"
            if len(requests) == 1:
                return [Answer(first_seqs[0], everything, durable, ts_ns, everything)]
            cuts = [0, *np.searchsorted(everything["seq"], first_seqs[1:]).tolist(), len(everything)]
            return [
                Answer(seq, everything[cuts[i] : cuts[i + 1]], durable, ts_ns, everything)
                for i, seq in enumerate(first_seqs)
            ]

    def _commit(self, requests: list[Request], ts_ns: int, events: list[np.ndarray]) -> None:
        assert self._committer is not None
        self._committer.take(requests, ts_ns, events)
        if self.sync == "async" and ts_ns - self._flushed_ns >= FLUSH_NS:
            self._journal.flush()
            self._flushed_ns = ts_ns

    def _house_keep(self, events: list[np.ndarray]) -> None:
        """CONTINUE while work is pending, TICK while something is due."""
        count = 1
        while True:
            if self.machine.pending():
                rows = np.repeat(build.continue_work(), count)
                count = min(2 * count, CONTINUES_MAX)
            elif 0 < self.machine.next_deadline_ns() <= self._now_ns():
                rows = build.tick()
            else:
                return
            self._commit([request_of(rows, self.machine.capacity)], self._now_ns(), events)

    @contextmanager
    def _or_stop(self) -> Iterator[None]:
        """A failure of the disk or the kernel ends this node."""
        try:
            yield
        except (StorageFailed, NodeStopped) as error:
            self.stopped = error
            raise

    def _now_ns(self) -> int:
        self._ts_ns = min(max(self._ts_ns, self.clock.now_ns()), TS_MAX)
        return self._ts_ns

    @property
    def _journal(self) -> Journal | MemoryJournal:
        assert self.journal is not None  # A node opened read-only is stopped from the start.
        return self.journal

    def _alive(self) -> None:
        if self.stopped is not None:
            raise self.stopped


def _genesis(limits: Mapping[Limit, int] | None, capacity: Capacity) -> np.ndarray:
    """The first command of a new venue; BadValue when its limits are none, or beyond the build."""
    values = build.limits_of(capacity) | dict(limits or {})
    for limit, value in values.items():
        if value < (2 if limit == Limit.ACCOUNTS else 1):
            raise BadValue(f"limits: {Limit(limit).name} cannot be {value}")
    if problem := excess(capacity, [values[limit] for limit in Limit]):
        raise BadValue(f"limits: {problem}")
    return build.genesis(values, capacity)


def _make_durable(disk: Files, reader: JournalReader) -> None:
    """What was read may still be on its way to the disk, and nothing may be shown that a crash could lose."""
    fd = disk.open(segment_name(reader.end.segment))
    try:
        disk.fdatasync(fd)
    finally:
        disk.close(fd)
