"""The history of one venue: what is on disk and what is not yet, as one.

    store = HistoryStore.open(folder)     # None: for a venue in memory
    store.attach(node)                    # From now on it follows the node
    store.fills(account_id, limit=100)    # Up to the last event handed in, newest first
    store.close()

Methods may be called from any thread and may take milliseconds: not for an event loop. Rows are those of
history.rows. Pages are newest first; `before` is the (seq, n) of the last row of the page before.
While what the node did before is made up for (`is_behind`), answers go as far as that has come.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from emporion.errors import BadValue
from emporion.history.candles import candles_of, joined
from emporion.history.entries import entries_of, in_order
from emporion.history.feed import Feed, Node, View
from emporion.history.intervals import INTERVALS, LENGTHS_NS, base_of, end_of, start_of
from emporion.history.rows import CANDLE, ENTRIES_PER_EVENT, ENTRY, FILL, ORDER, Rows, before, concat
from emporion.history.shelf import Shelf
from emporion.history.tables import DTYPES
from emporion.history.tail import NotZero, Wanted, newest
from emporion.schema.limits import FEE_ACCOUNT, NOBODY, TS_MAX

Cursor = tuple[int, int]
PAGE_MAX = 10_000
OF_ONE_ORDER = 1 << 40  # More fills than an order can have.
WIDER = 4  # How much further back candles are looked for each time.


class HistoryStore:
    """Use `open`."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._shelf = Shelf()

    @classmethod
    def open(cls, folder: Path | str | None, progress: Callable[[int], None] | None = None) -> "HistoryStore":
        """The history of the venue in a folder, kept in its subfolder `history`; None for a venue in memory.

        Args:
            progress: hears which sequence has been reached while the past is made up for.
        """
        return cls(Feed(Path(folder) if folder is not None else None, progress=progress))

    def attach(self, node: Node) -> None:
        """Follow a node from here on; what it did before is read from its journal, in the background."""
        self._feed.attach(node)

    def close(self) -> None:
        """Write what is not on disk, and end. Before the node is closed."""
        self._feed.close()
        self._shelf.close()

    def __enter__(self) -> "HistoryStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def seq(self) -> int:
        """The last command whose events are in the answers."""
        return self._feed.view().seq

    @property
    def is_behind(self) -> bool:
        """Whether the past is still being made up for, so that `seq` is behind the node's."""
        return self._feed.is_behind

    # --- Questions -----------------------------------------------------------------------------------

    def trades(self, instrument_id: int, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of TRADE, newest first."""
        view = self._feed.view()
        return self._page(view, "trades", {"instrument_id": instrument_id}, before, _checked(limit))

    def fills(self, account_id: int, instrument_id: int = 0, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of FILL of an account, newest first; instrument 0: of all."""
        view = self._feed.view()
        return self._page(view, "fills", _equal(account_id, instrument_id), before, _checked(limit))

    def orders(self, account_id: int, instrument_id: int = 0, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of ORDER of an account that have ended, by their ends, newest first; instrument 0: of all."""
        view = self._feed.view()
        return self._page(view, "orders", _equal(account_id, instrument_id), before, _checked(limit))

    def ledger(self, account_id: int, asset_id: int = 0, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of ENTRY of an account, newest first; asset 0: of all. All of them together are its balances."""
        view = self._feed.view()
        wanted = {"account_id": account_id} | ({"asset_id": asset_id} if asset_id else {})
        movements = self._page(view, "movements", wanted, before, _checked(limit))
        lines = self._lines_of_fills(view, account_id, asset_id, before, limit)
        return in_order(concat([movements, lines], ENTRY))[::-1][:limit]

    def fundings(self, instrument_id: int, before: Cursor | None = None, limit: int = 100) -> Rows:
        """Rows of FUNDING of a perpetual, newest first."""
        return self._page(
            self._feed.view(), "fundings", {"instrument_id": instrument_id}, before, _checked(limit)
        )  # fmt: skip

    def order(self, order_id: int, account_id: int = 0) -> tuple[Rows, Rows]:
        """One row of ORDER, open or ended, or none, and its fills as rows of FILL, oldest first.

        With an account, that account's only: quick, where a number alone is looked for in every part.
        """
        view, found = self._feed.look(lambda open_orders: open_orders.find(order_id))
        if not len(found):
            of = {"account_id": account_id} if account_id else {}
            found = self._page(view, "orders", {"order_id": order_id} | of, None, 1)
        if not len(found) or account_id not in (NOBODY, int(found["account_id"][0])):
            return np.zeros(0, ORDER), np.zeros(0, FILL)
        row = found[0]
        place = (int(row["seq"]) + 1, 0) if row["seq"] else None
        equal = {"account_id": int(row["account_id"]), "order_id": order_id}
        fills = self._page(view, "fills", equal, place, OF_ONE_ORDER, int(row["entry_seq"]))
        return found, fills[::-1]

    def order_by_client_id(self, account_id: int, hi: int, lo: int) -> Rows:
        """The account's newest order that goes by that client id, as one row of ORDER, or none."""
        view, found = self._feed.look(lambda open_orders: open_orders.named(account_id, hi, lo))
        if len(found):
            return found
        equal = {"account_id": account_id, "cl_ord_id_hi": hi, "cl_ord_id_lo": lo}
        return self._page(view, "orders", equal, None, 1)

    def candles(
        self, instrument_id: int, interval: str, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 1_000
    ) -> Rows:
        """Rows of CANDLE that begin at or after `start_ns` and before `end_ns`: the last `limit`, oldest first.

        The one of now grows until its time is over.
        """
        if interval not in INTERVALS:
            raise BadValue(f"interval: {interval!r} is not one of {', '.join(INTERVALS)}")
        _checked(limit)
        view = self._feed.view()
        listed_ns = int(view.listed["ts_ns"][instrument_id]) if 0 < instrument_id < len(view.listed) else TS_MAX
        first_ns, stop_ns = max(start_ns, start_of(listed_ns, interval)), min(end_ns, view.ts_ns + 1)
        if first_ns >= stop_ns:
            return np.zeros(0, CANDLE)
        stop_ns = end_of(start_of(stop_ns - 1, interval), interval)
        length_ns = limit * LENGTHS_NS[interval]
        while True:
            begin_ns = start_of(max(first_ns, stop_ns - length_ns), interval)
            found = self._candles(view, instrument_id, interval, begin_ns, stop_ns)
            found = found[(found["start_ns"] >= start_ns) & (found["start_ns"] < end_ns)]
            if len(found) >= limit or begin_ns <= first_ns:
                return found[-limit:]
            length_ns *= WIDER

    # --- Below ---------------------------------------------------------------------------------------

    def _page(
        self, view: View, table: str, wanted: Wanted, place: Cursor | None, limit: int, since_seq: int = 0
    ) -> Rows:
        """From memory first, since it is the younger; then from disk."""
        young = newest(view.chunks(table), wanted, place, limit, DTYPES[table])
        if len(young) == limit:
            return young
        old = self._shelf.newest(table, view.parts(table), wanted, place, limit - len(young), since_seq)
        return concat([young, old], DTYPES[table])

    def _lines_of_fills(self, view: View, account_id: int, asset_id: int, place: Cursor | None, limit: int) -> Rows:
        """Enough of the newest lines before a place, of an account and perhaps an asset, by place."""
        listed = view.listed
        # Only fills that make a line are asked for, so there are few questions.
        wanted: dict = {"fee_atoms": NotZero} if account_id == FEE_ACCOUNT else {"account_id": account_id}
        if asset_id:
            of_asset = (listed["base_asset_id"] == asset_id) | (listed["quote_asset_id"] == asset_id)
            if account_id == FEE_ACCOUNT:
                of_asset = listed["quote_asset_id"] == asset_id
            wanted["instrument_id"] = np.flatnonzero(of_asset).tolist()
            if not wanted["instrument_id"]:
                return np.zeros(0, ENTRY)
        # A place among lines lies within the lines of one event: its fill is wanted, too.
        at = None if place is None else (place[0], place[1] // ENTRIES_PER_EVENT + 1)
        lines: list[Rows] = []
        count = 0
        while count < limit:
            fills = self._page(view, "fills", wanted, at, limit)
            made = entries_of(fills[::-1], listed)
            own = (made["account_id"] == account_id) & before(made, place)
            if asset_id:
                own &= made["asset_id"] == asset_id
            lines.append(made[own])
            count += len(lines[-1])
            if len(fills) < limit:
                break
            at = (int(fills["seq"][-1]), int(fills["n"][-1]))
        return concat(lines, ENTRY)

    def _candles(self, view: View, instrument_id: int, interval: str, begin_ns: int, end_ns: int) -> Rows:
        unit = int(view.listed["atoms_per_tick_lot"][instrument_id])
        base = base_of(interval)
        old: Rows
        if base is None:
            trades = self._shelf.trades(view.parts("trades"), instrument_id, begin_ns, end_ns)
            old = candles_of(trades, interval, unit)
        else:
            old = self._shelf.candles(view.parts("candles"), instrument_id, base, begin_ns, end_ns)
        young = [old]
        for trades in view.chunks("trades"):
            own = trades[(trades["ts_ns"] >= begin_ns) & (trades["ts_ns"] < end_ns)]
            young.append(candles_of(own[own["instrument_id"] == instrument_id], base or interval, unit))
        return joined(concat(young, CANDLE), interval)


def _equal(account_id: int, instrument_id: int) -> dict[str, int]:
    equal = {"account_id": account_id}
    return equal | {"instrument_id": instrument_id} if instrument_id != NOBODY else equal


def _checked(limit: int) -> int:
    if not 0 < limit <= PAGE_MAX:
        raise BadValue(f"limit: {limit} is not between 1 and {PAGE_MAX}")
    return limit
