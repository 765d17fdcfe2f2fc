"""What the node answers to questions: run on the sequencer's thread between two batches, so copies are consistent."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from emporion.engine.node import Node
from emporion.errors import BadValue
from emporion.gateway.link import questions as q
from emporion.gateway.link.look_ups import LookUps
from emporion.gateway.link.order_views import OrderViews
from emporion.gateway.link.pool_questions import POOLING
from emporion.gateway.link.pooling import Pooling
from emporion.schema.codes import AccountFlag, Limit
from emporion.schema.messages import DEPTH_LEVELS
from emporion.venue.catalog import Catalog
from emporion.venue.names import Names


class Answers:
    """Answers from one node's tables. Not Acts, VenueState or the past: see local.py."""

    def __init__(
        self, node: Node, names: Names, views: OrderViews, titles: Mapping[str, str], simulation: bool
    ) -> None:
        self._node, self._names, self._views = node, names, views
        self._titles, self._simulation = dict(titles), simulation
        self._tables = Catalog(node.machine)
        self._look_ups = LookUps(node.machine)
        self._pooling = Pooling(node, self._tables, self._look_ups)
        self._by_type: dict[Any, Callable[[Any], Any]] = {
            q.Listings: self._listings, q.Fees: self._fees, q.Books: self._books, q.OpenOrders: self._open_orders,
            q.FindOrder: self._find_order, q.Balances: self._balances, q.Accounts: self._accounts, q.Holds: self._holds,
        }  # fmt: skip

    def __call__(self, question: Any) -> Any:
        """The answer; what stopped the node when it has stopped, since its tables may be half changed."""
        if self._node.stopped is not None:
            raise self._node.stopped
        if isinstance(question, POOLING):
            return self._pooling(question, self.stamp)
        answer = self._by_type.get(type(question))
        if answer is None:
            raise BadValue(f"{type(question).__name__} is no question to the node")
        return answer(question)

    @property
    def stamp(self) -> dict[str, int]:
        array = self._node.machine.array
        return {"seq": int(array["seq"][0]), "ts_ns": int(array["ts_ns"][0])}

    def _listings(self, asked: q.Listings) -> q.ListingsAnswer:
        accounts = self._tables.rows(Limit.ACCOUNTS)
        first = max(1, asked.after_account + 1)
        masters = accounts["master_id"][first : first + q.NAMES_PAGE].tolist()
        names = [
            q.AccountName(number, self._names.name_of(number), master)
            for number, master in enumerate(masters, start=first)
        ]
        return q.ListingsAnswer(
            assets_raw=self._tables.rows(Limit.ASSETS).tobytes(),
            instruments_raw=self._tables.rows(Limit.INSTRUMENTS).tobytes(),
            fees_raw=self._node.machine.array["fees"][0].tobytes(),
            accounts=names,
            titles=self._titles,
            simulation=self._simulation,
            **self.stamp,
        )

    def _fees(self, asked: q.Fees) -> q.FeesAnswer:
        return q.FeesAnswer(fees_raw=self._node.machine.array["fees"][0].tobytes(), **self.stamp)

    def _books(self, asked: q.Books) -> q.BooksAnswer:
        if not 0 < asked.levels <= DEPTH_LEVELS:
            raise BadValue(f"levels: {asked.levels} is not between 1 and {DEPTH_LEVELS}")
        listed = len(self._tables.rows(Limit.INSTRUMENTS))
        books = []
        for number in asked.instrument_ids:
            if not 0 < number < listed:
                raise BadValue(f"instrument_ids: there is no instrument {number}")
            bids, asks = self._node.machine.depth(number, asked.levels)
            books.append(q.BookRows(number, bids.tobytes(), asks.tobytes()))
        return q.BooksAnswer(books=books, **self.stamp)

    def _open_orders(self, asked: q.OpenOrders) -> q.OpenOrdersAnswer:
        rows = self._tables.rows(Limit.ORDERS)
        wanted = rows["order_id"] != 0
        if asked.account_id:
            wanted &= rows["account_id"] == asked.account_id
        if asked.instrument_id:
            wanted &= rows["instrument_id"] == asked.instrument_id
        slots = np.flatnonzero(wanted)
        entered = rows["entry_seq"][slots]
        if asked.after_entry_seq:
            slots, entered = slots[entered > asked.after_entry_seq], entered[entered > asked.after_entry_seq]
        slots = slots[np.argsort(entered)][: _limited(asked.limit)]
        return q.OpenOrdersAnswer(orders_raw=self._views.of(slots).tobytes(), **self.stamp)

    def _find_order(self, asked: q.FindOrder) -> q.FindOrderAnswer:
        status, order_id = -1, asked.order_id
        if not order_id:
            found = self._look_ups.client_id(asked.account_id, asked.cl_ord_id_hi, asked.cl_ord_id_lo)
            if found:
                entry = self._tables.rows(Limit.CLIENT_IDS)[found]
                order_id = int(entry["order_id"])
                status = int(entry["status"]) if entry["ended_ns"] else -1
        slot = self._views.slot(order_id) if status == -1 else 0  # A hold's number may be an order's, too.
        views = self._views.of([slot] if slot else [])
        if slot and asked.account_id and views["account_id"][0] != asked.account_id:
            return q.FindOrderAnswer(order_raw=b"", **self.stamp)
        known = order_id if slot or not asked.order_id else 0
        return q.FindOrderAnswer(order_raw=views.tobytes(), order_id=known, status=status, **self.stamp)

    def _balances(self, asked: q.Balances) -> q.BalancesAnswer:
        rows = self._tables.rows(Limit.BALANCES)[self._look_ups.balances(asked.account_id)]
        return q.BalancesAnswer(balances_raw=rows.tobytes(), **self.stamp)

    def _accounts(self, asked: q.Accounts) -> q.AccountsAnswer:
        rows = self._tables.rows(Limit.ACCOUNTS)
        wanted = rows["account_id"] > asked.after
        if asked.account_id:
            wanted &= rows["account_id"] == asked.account_id
        if asked.master_id:
            wanted &= rows["master_id"] == asked.master_id
        due_ns = self._tables.rows(Limit.DEADLINES)["due_ns"]
        views = [
            q.AccountView(
                account_id=number,
                name=self._names.name_of(number),
                master_id=int(rows["master_id"][number]),
                fee_tier=int(rows["fee_tier"][number]),
                frozen=bool(rows["flags"][number] & AccountFlag.FROZEN),
                deadman_ns=int(due_ns[place]) if (place := int(rows["deadline"][number])) else 0,
                is_margin=bool(rows["flags"][number] & AccountFlag.MARGIN),
            )
            for number in np.flatnonzero(wanted)[: min(q.ACCOUNTS_PAGE_MAX, _limited(asked.limit))].tolist()
        ]
        return q.AccountsAnswer(accounts=views, **self.stamp)

    def _holds(self, asked: q.Holds) -> q.HoldsAnswer:
        rows = self._tables.rows(Limit.HOLDS)
        wanted = rows["hold_id"] != 0
        if asked.account_id:
            wanted &= rows["account_id"] == asked.account_id
        if asked.kind:
            wanted &= rows["kind"] == asked.kind
        if asked.after_ts_ns:
            same = rows["ts_ns"] == asked.after_ts_ns
            wanted &= (rows["ts_ns"] > asked.after_ts_ns) | (same & (rows["hold_id"] > asked.after_hold_id))
        slots = np.flatnonzero(wanted)
        slots = slots[np.lexsort((rows["hold_id"][slots], rows["ts_ns"][slots]))][: _limited(asked.limit)]
        return q.HoldsAnswer(holds_raw=rows[slots].tobytes(), **self.stamp)


def _limited(limit: int) -> int:
    if limit < 1:
        raise BadValue(f"limit: {limit}; ask for 1 row or more")
    return min(limit, q.PAGE_MAX)
