"""The history of one venue: what is on disk and what is not yet, as one.

    store = HistoryStore.open(folder)     # None: nothing is kept
    store.attach(node)                    # From now on it follows the node
    store.fills(account_id, limit=100)    # Up to the last event handed in, newest first
    store.close()

Methods may be called from any thread and may take milliseconds: not for an event loop. Rows are those of
history.rows. Pages are newest first; `before` is the (seq, n) of the last row of the page before.
"""

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from emporion.errors import BadValue
from emporion.history.candles import candles_of, joined
from emporion.history.entries import entries_of, in_order
from emporion.history.intervals import INTERVALS, starts
from emporion.history.rows import CANDLE, FILL, ORDER, Rows
from emporion.history.tables import Tables
from emporion.history.tail import Tail, newest
from emporion.kernel.machine import Machine
from emporion.schema.limits import FEE_ACCOUNT, TS_MAX

Cursor = tuple[int, int]
PAGE_MAX = 10_000


class Node(Protocol):
    """What the history needs of a node: engine.node.Node."""

    machine: Machine

    def follow(self, follower: Callable[[np.ndarray, np.ndarray], None]) -> int: ...
    def commands(self, from_seq: int = 1) -> np.ndarray: ...


class HistoryStore:
    """Use `open`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._queue: deque[tuple[np.ndarray, np.ndarray]] = deque()
        self._tables = Tables()
        self._tail = Tail()

    @classmethod
    def open(cls, folder: Path | str | None, progress: Callable[[int], None] | None = None) -> "HistoryStore":
        """The history of the venue in a folder; None for a venue in memory.

        Args:
            progress: hears which sequence has been reached while the past is made up for.
        """
        return cls()

    def attach(self, node: Node) -> None:
        """Follow a node from here on; what it did before is read from its journal, in the background."""
        seq = node.follow(self.hand_in)
        rows = node.commands(1)
        machine = Machine(node.machine.capacity)
        with self._lock:
            self._tail.add(self._tables.take(rows, machine.apply(rows)))
            assert self._tables.seq == seq

    def hand_in(self, rows: np.ndarray, events: np.ndarray) -> None:
        """One batch, behind the last: its rows (copied here) and its events. Never waits."""
        self._queue.append((rows.copy(), events))

    def close(self) -> None:
        """Write what is not on disk, and end."""

    @property
    def seq(self) -> int:
        """The last command whose events are in the answers."""
        with self._lock:
            self._drain()
            return self._tables.seq

    # --- Questions -----------------------------------------------------------------------------------

    def trades(self, instrument_id: int, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of TRADE, newest first."""
        rows = self._rows("trades")
        return newest(rows, rows["instrument_id"] == instrument_id, before, _checked(limit))

    def fills(self, account_id: int, instrument_id: int = 0, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of FILL of an account, newest first; instrument 0: of all."""
        rows = self._rows("fills")
        wanted = rows["account_id"] == account_id
        if instrument_id:
            wanted &= rows["instrument_id"] == instrument_id
        return newest(rows, wanted, before, _checked(limit))

    def ledger(self, account_id: int, asset_id: int = 0, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of ENTRY of an account, newest first; asset 0: of all. All of them together are its balances."""
        fills, movements = self._rows("fills"), self._rows("movements")
        own = np.ones(len(fills), np.bool_) if account_id == FEE_ACCOUNT else fills["account_id"] == account_id
        rows = in_order(np.concatenate([movements, entries_of(fills[own], self._tables.listed)]))
        wanted = rows["account_id"] == account_id
        if asset_id:
            wanted &= rows["asset_id"] == asset_id
        return newest(rows, wanted, before, _checked(limit))

    def orders(self, account_id: int, instrument_id: int = 0, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of ORDER of an account that have ended, by their ends, newest first; instrument 0: of all."""
        rows = self._rows("orders")
        wanted = rows["account_id"] == account_id
        if instrument_id:
            wanted &= rows["instrument_id"] == instrument_id
        return newest(rows, wanted, before, _checked(limit))

    def order(self, order_id: int) -> tuple[Rows, Rows]:
        """One row of ORDER, open or ended, or none, and its fills as rows of FILL, oldest first."""
        with self._lock:
            self._drain()
            found = self._tables.open_orders.find(order_id)
        if not len(found):
            rows = self._rows("orders")
            found = rows[rows["order_id"] == order_id]
        if not len(found):
            return np.zeros(0, ORDER), np.zeros(0, FILL)
        fills = self._rows("fills")
        return found[:1], fills[fills["order_id"] == order_id]

    def order_by_client_id(self, account_id: int, hi: int, lo: int) -> Rows:
        """The account's newest order that goes by that client id, as one row of ORDER, or none."""
        with self._lock:
            self._drain()
            found = self._tables.open_orders.named(account_id, hi, lo)
        if len(found):
            return found
        rows = self._rows("orders")
        wanted = (rows["account_id"] == account_id) & (rows["cl_ord_id_hi"] == hi) & (rows["cl_ord_id_lo"] == lo)
        return newest(rows, wanted, None, 1)

    def candles(
        self, instrument_id: int, interval: str, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 1_000
    ) -> Rows:
        """Rows of CANDLE that begin at or after `start_ns` and before `end_ns`: the last `limit` of them, oldest first.

        The one of now grows until its time is over.
        """
        if interval not in INTERVALS:
            raise BadValue(f"interval: {interval!r} is not one of {', '.join(INTERVALS)}")
        trades = self._rows("trades")
        own = trades[trades["instrument_id"] == instrument_id]
        if not len(own):
            return np.zeros(0, CANDLE)
        unit = int(self._tables.listed["atoms_per_tick_lot"][instrument_id])
        begin = starts(own["ts_ns"], interval)
        own = own[(begin >= start_ns) & (begin < end_ns)]
        return joined(candles_of(own, interval, unit), interval)[-_checked(limit) :]

    # --- Below ---------------------------------------------------------------------------------------

    def _rows(self, table: str) -> Rows:
        with self._lock:
            self._drain()
            return self._tail.rows(table)

    def _drain(self) -> None:
        while self._queue:
            rows, events = self._queue.popleft()
            self._tail.add(self._tables.take(rows, events))


def _checked(limit: int) -> int:
    if not 0 < limit <= PAGE_MAX:
        raise BadValue(f"limit: {limit} is not between 1 and {PAGE_MAX}")
    return limit
