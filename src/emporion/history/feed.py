"""How the history gets what it is made of: batches handed in while the node works, the journal for what went before.

A thread of its own makes rows and brings them to disk. Handing in never waits for it: batches are queued, and
when the queue is full they are let go; the thread then reads them from the journal, through a machine of its
own, until it has caught up.
"""

import logging
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from emporion.errors import EmporionError
from emporion.history.folder import Folder, Manifest, Parts
from emporion.history.open_orders import OpenOrders
from emporion.history.parts import BLOCK_ROWS
from emporion.history.replay import DiskJournal, Journal, MemoryJournal, Replay, digest_of, heads_of, row_of
from emporion.history.rows import Rows
from emporion.history.tables import DTYPES
from emporion.history.tail import Chunks, Tail
from emporion.history.writer import Frozen, Writer, tables_at
from emporion.kernel.machine import Machine
from emporion.schema.limits import Capacity
from emporion.schema.messages import COMMAND, EVENT
from emporion.storage.disk import Files
from emporion.storage.rows import as_bytes, count_heads, joined

FOLDER_NAME = "history"
QUEUE_ROWS = 1 << 20  # Of commands and events: 64 MiB.
TAIL_ROWS = 1 << 20  # As many new rows are written at once: some 100 MB,
TAIL_S = 10.0  # or what there is after so long.
TAIL_ROWS_MAX = 1 << 22  # When the disk does not take them: then batches are let go.
RETRY_S = 5.0
RETAIN_S = 600.0  # How long a file is left that others may still be reading.
NAP_S = 0.25
DRAIN_ROWS = 1 << 16  # Taken in at a time.

log = logging.getLogger(__name__)


class Node(Protocol):
    """What the history needs of a node: see engine.node.Node."""

    @property
    def machine(self) -> Machine: ...
    @property
    def files(self) -> Files | None: ...
    def follow(self, follower: Callable[[np.ndarray, np.ndarray], None]) -> int: ...
    def commands(self, from_seq: int = 1) -> np.ndarray: ...


class HistoryStopped(EmporionError):
    """The history met what it cannot go on from; trading goes on without it. Open the venue again."""


@dataclass(frozen=True)
class View:
    """The tables at one moment."""

    manifest: Manifest
    young: Mapping[str, Chunks]  # What is not on disk.
    listed: Rows  # INSTRUMENT by number.
    seq: int
    ts_ns: int

    def parts(self, table: str) -> Parts:
        return self.manifest.parts.get(table, ())

    def chunks(self, table: str) -> Chunks:
        return self.young[table]


@dataclass(frozen=True)
class Batch:
    first_seq: int
    rows: Rows
    events: Rows


class Feed:
    """The tables of one venue, as far as they have come.

    Two locks: `_queue_lock` for what `hand_in` touches, held for microseconds; `_lock` for the tables, held while
    rows are made. The second may be held when the first is taken, never the other way round.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        read_only: bool = False,
        progress: Callable[[int], None] | None = None,
        block_rows: int = BLOCK_ROWS,
        tail_rows: int = TAIL_ROWS,
    ) -> None:
        """`read_only`: go on from what is in the folder, in files of our own that go when this is closed."""
        self._progress = progress or (lambda seq: None)
        self._tail_rows = tail_rows
        own = Folder(folder / FOLDER_NAME) if folder is not None else None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if own is None or read_only:
            self._scratch = tempfile.TemporaryDirectory(prefix="emporion-history-")
        target = own if self._scratch is None else Folder(Path(self._scratch.name))
        assert target is not None
        self._lock, self._queue_lock = threading.RLock(), threading.Lock()
        self._queue: deque[Batch] = deque()
        self._queued_rows = 0
        self._lets_go = True  # What is handed in is not queued: it will be read from the journal.
        self._handed = 0  # Commands handed in since `_followed_seq`.
        self._followed_seq = 0
        self._is_behind = True
        self._failed: Exception | None = None
        self._retired: list[tuple[float, set[str]]] = []
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._written_s = self._retry_s = time.monotonic()
        self._writer = Writer(target, own.manifest() if own is not None else Manifest(), block_rows)
        self._adopt()

    # --- Handing in ----------------------------------------------------------------------------------

    def attach(self, node: Node) -> None:
        """Follow a node from here on, in a thread of our own."""
        journal = DiskJournal(node.files) if node.files is not None else MemoryJournal(node)
        self._begin(journal, node.machine.capacity)
        self._followed_seq = node.follow(self.hand_in)
        self._thread = threading.Thread(target=self._run, name="emporion-history", daemon=True)
        self._thread.start()

    def hand_in(self, rows: np.ndarray, events: np.ndarray) -> None:
        """One batch, behind the last: its rows (copied here) and its events. Never waits."""
        raw = as_bytes(rows)
        count = count_heads(raw)
        with self._queue_lock:
            self._handed += count
            if not self._lets_go:
                first_seq = self._followed_seq + self._handed - count + 1
                self._queue.append(Batch(first_seq, raw.copy().reshape(-1).view(COMMAND), events))
                self._queued_rows += len(rows) + len(events)
                self._lets_go = self._queued_rows > QUEUE_ROWS

    def catch_up(self, files: Files, capacity: Capacity) -> None:
        """Take in what the journal in a folder holds now, and bring it to disk: for those who follow no node."""
        journal = DiskJournal(files)
        self._begin(journal, capacity)
        self._replay(Replay(journal, capacity, self._tables.seq), None)
        journal.make_durable()
        self._is_behind = False
        self._write(finish=True)

    def close(self) -> None:
        """Write what is not on disk, and end."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._remove_retired(at_once=True)
        if self._scratch is not None:
            self._scratch.cleanup()

    # --- Looking -------------------------------------------------------------------------------------

    @property
    def is_behind(self) -> bool:
        """Whether the past is still being made up for."""
        return self._is_behind

    def view(self) -> View:
        """The tables now, with all that has been handed in."""
        with self._lock:
            if self._failed is not None:
                raise HistoryStopped(f"the history has stopped: {self._failed}") from self._failed
            self._drain()
            tails = [self._tail] if self._frozen is None else [self._frozen, self._tail]
            young = {name: [rows for tail in tails for rows in tail.chunks(name)] for name in DTYPES}
            tables, manifest = self._tables, self._writer.manifest
            seq, ts_ns = max(tables.seq, manifest.seq), max(tables.ts_ns, manifest.ts_ns)
            return View(manifest, young, tables.listed, seq, ts_ns)

    def look(self, find: Callable[[OpenOrders], Rows]) -> tuple[View, Rows]:
        """The tables now, and what `find` finds among the orders that are open then.

        It finds none while the open orders have not come as far as the tables on disk: soon after a crash.
        """
        with self._lock:
            view = self.view()
            return view, find(self._tables.open_orders if self._tables.seq == view.seq else OpenOrders())

    def settle(self) -> None:
        """Bring all to disk, each table's last block as one part: what is then there depends on the journal alone.

        Not beside `attach`'s thread: for those who catch up, and for tests.
        """
        assert self._thread is None
        self._write(finish=True, whole=True)
        self._remove_retired(at_once=True)

    # --- The thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if self._lets_go and self._room():
                    self._catch_up()
                with self._lock:
                    self._drain()
                self._write_if_due()
                self._remove_retired()
                self._closing.wait(NAP_S)
            with self._lock:
                self._drain()
            self._write(finish=True)
        except Exception as error:
            log.exception("the history has stopped; trading goes on without it")
            with self._lock, self._queue_lock:
                self._failed = error
                self._lets_go = True
                self._queue.clear()

    def _catch_up(self) -> None:
        """Read from the journal what was let go, then let batches be queued again."""
        self._is_behind = True
        with self._lock:
            self._drain()
        replay: Replay | None = None
        for last in (False, True):
            with self._queue_lock:
                # What is in the journal beyond this may not be durable yet, so nobody may see it.
                until_seq = self._followed_seq + self._handed
                if last:
                    self._lets_go = False
            if self._tables.seq < until_seq:
                replay = replay or Replay(self._journal, self._capacity, self._tables.seq)
                self._replay(replay, until_seq)
            if self._tables.seq < until_seq:
                return  # Closing, or there is no room.
        self._is_behind = False

    def _replay(self, replay: Replay, until_seq: int | None) -> None:
        for rows, events in replay.pieces(until_seq):
            with self._lock:
                self._take(rows, events)
            self._progress(self._tables.seq)
            self._write_if_due()
            if self._closing.is_set() or not self._room():
                return

    def _drain(self) -> None:
        """Take in what is queued, if it is what comes next. With the lock."""
        while True:
            taken: list[Batch] = []
            count = 0
            with self._queue_lock:
                next_seq = self._tables.seq + 1
                if not self._queue or self._queue[0].first_seq != next_seq:
                    return
                while self._queue and count < DRAIN_ROWS:
                    taken.append(self._queue.popleft())
                    count += len(taken[-1].rows) + len(taken[-1].events)
                self._queued_rows -= count
            self._take(joined([one.rows for one in taken], COMMAND), joined([one.events for one in taken], EVENT))

    def _take(self, rows: Rows, events: Rows) -> None:
        """Take in whole commands. What is on disk already is only taken in for the orders that are open."""
        known = self._writer.manifest.seq - self._tables.seq
        if known > 0:
            cut, at = row_of(rows, known), int(np.searchsorted(events["seq"], self._writer.manifest.seq, "right"))
            self._tables.take(rows[:cut], events[:at])
            rows, events = rows[cut:], events[at:]
        if len(rows):
            self._tail.add(self._tables.take(rows, events))
            self._head = as_bytes(rows)[heads_of(rows)[-1]].tobytes()

    # --- The disk ------------------------------------------------------------------------------------

    def _adopt(self) -> None:
        """Begin where the manifest ends."""
        self._tables = tables_at(self._writer.manifest)
        self._tail, self._frozen = Tail(), None
        self._head = b""

    _tail: Tail
    _frozen: Tail | None  # Being written.

    def _begin(self, journal: Journal, capacity: Capacity) -> None:
        """Begin anew if what is on disk is not of this journal, or of a part of it that a power failure took."""
        self._journal, self._capacity = journal, capacity
        manifest = self._writer.manifest
        if manifest.seq and digest_of(journal.head(manifest.seq)) != manifest.command:
            log.warning("%s: it is not of this journal: making it again", self._writer.folder.path)
            self._writer.manifest = Manifest()
            self._adopt()
        if self._scratch is None:
            self._writer.folder.remove(self._writer.folder.strays(self._writer.manifest))

    def _write_if_due(self) -> None:
        now_s = time.monotonic()
        is_due = self._tail.count >= self._tail_rows or now_s - self._written_s >= TAIL_S
        if is_due and now_s >= self._retry_s:
            self._write()

    def _write(self, finish: bool = False, whole: bool = False) -> None:
        """Bring the tail to disk. `finish`: and the open orders, so that the next start need not read the journal."""
        writer = self._writer
        before = writer.manifest
        with self._lock:
            tables = self._tables
            is_new = tables.seq > before.seq or (finish and tables.seq > before.open_seq)
            if tables.seq < before.seq or not (is_new or whole):
                return
            wants = finish or writer.wants_open_orders(tables.open_orders.count, self._tail)
            open_orders = tables.open_orders.rows() if wants else None
            command = digest_of(self._head) if self._head else before.command
            frozen = Frozen(self._tail, tables.seq, tables.ts_ns, command, open_orders, tables.listed)
            self._frozen, self._tail = self._tail, Tail()
        try:
            after = writer.write(frozen, whole)
        except OSError as error:
            log.warning("%s: not written: %s; it is tried again", writer.folder.path, error.strerror or error)
            with self._lock:
                frozen.tail.extend(self._tail)
                self._tail, self._frozen = frozen.tail, None
            self._retry_s = time.monotonic() + RETRY_S
            return
        with self._lock:  # Both at once, or a view would have the rows twice.
            writer.manifest, self._frozen = after, None
        self._written_s = time.monotonic()
        gone = {path for path in before.files() - after.files() if Path(path).is_relative_to(writer.folder.path)}
        if gone:
            self._retired.append((self._written_s, gone))

    def _room(self) -> bool:
        """Whether more rows may be kept in memory: not without end when the disk does not take them."""
        if self._tail.count < TAIL_ROWS_MAX:
            return True
        with self._queue_lock:
            self._lets_go = True
        return False

    def _remove_retired(self, at_once: bool = False) -> None:
        now_s = time.monotonic()
        while self._retired and (at_once or now_s - self._retired[0][0] >= RETAIN_S):
            self._writer.folder.remove(self._retired.pop(0)[1])
