"""What people look at: books, orders, fills, balances, the ledger, the journal.

Views of the present read the state. Views of the past are rebuilt from the journal, which is all
that is stored: see `history`. Each returns a `Frame` (or, for one thing, its record).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue
from emporion.schema.codes import Command, Event, FillFlag, Limit, Reject
from emporion.schema.postings import ENTRY_TEXTS
from emporion.schema.state import TABLE_NAMES
from emporion.venue import orders
from emporion.venue.book import Book, book_of
from emporion.venue.core import AccountLike, Core, Rows
from emporion.venue.decode import decode
from emporion.venue.entries import entries_of
from emporion.venue.frames import Frame, decimals, integers, labels, objects, record, times
from emporion.venue.history import commands, heads_of
from emporion.venue.things import Balance, Entry, Fill, Order, Trade
from emporion.venue.ties import LINK_TEXTS, flag_texts, source_text
from emporion.venue.values import client_id_text, text_of

EVENT_TEXTS = text_of(Event)
COMMAND_TEXTS = text_of(Command)
REASON_TEXTS = text_of(Reject)
LEVELS = 10


class Views(Core):
    """Everything that reads and changes nothing."""

    # --- The present ---

    def book(self, instrument: str, depth: int = LEVELS) -> Book:
        """The best `depth` levels of each side, as the public may see them: icebergs with their slice only."""
        number = self._catalog.instrument_id(instrument)
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise BadValue(f"depth: {depth!r} is not a number of levels")
        bids, asks = self._node.machine.depth(number, depth)
        tick, lot = self._catalog.ticks[number], self._catalog.lots[number]
        return book_of(instrument, self._node.seq, np.concatenate([bids, asks]), len(bids), tick, lot)

    def orders(self, account: AccountLike | None = None, instrument: str | None = None) -> Frame:
        """Open orders, in order of entry: of one account or all, on one instrument or all."""
        rows = self._catalog.rows(Limit.ORDERS)
        wanted = rows["order_id"] != 0
        if account is not None:
            wanted &= rows["account_id"] == self._account_id(account)
        if instrument is not None:
            wanted &= rows["instrument_id"] == self._catalog.instrument_id(instrument)
        rows = rows[wanted]
        rows = rows[np.lexsort((rows["order_id"], rows["entry_seq"]))]
        extras = self._catalog.rows(Limit.EXTRAS)[rows["extra"]]
        related = orders.related_ids(self._catalog, extras)
        ids = self._catalog.rows(Limit.CLIENT_IDS)[rows["client_id"]]
        named = [client_id_text(row["cl_ord_id_hi"], row["cl_ord_id_lo"]) for row in ids]
        of = rows["instrument_id"]
        cum = rows["qty_lots"] - rows["leaves_lots"]
        ticks, lots = self._catalog.ticks, self._catalog.lots
        columns = [
            integers("order_id", rows["order_id"]),
            labels("account", rows["account_id"], self._account_names()),
            labels("instrument", of, self._catalog.instrument_names),
            labels("side", rows["side"], orders.SIDE_TEXTS),
            labels("tif", rows["tif"], orders.TIF_TEXTS),
            decimals("price", rows["price_ticks"], ticks, of),
            decimals("qty", rows["qty_lots"], lots, of),
            decimals("cum", cum, lots, of),
            decimals("leaves", rows["leaves_lots"], lots, of),
            labels("status", cum > 0, orders.STATUS_TEXTS),
            objects("flags", [flag_texts(int(flags)) for flags in rows["flags"]]),
            labels("stp", rows["stp"], orders.STP_TEXTS),
            decimals("display", extras["display_lots"], lots, of, zero_is_none=True),
            decimals("trigger", extras["trigger_price_ticks"], ticks, of, zero_is_none=True),
            objects("trigger_by", [source_text(int(flags)) for flags in rows["flags"]]),
            decimals("trail", extras["trail_ticks"], ticks, of, zero_is_none=True),
            labels("link", extras["link"], LINK_TEXTS, zero_is_none=True),
            integers("related_id", related, zero_is_none=True),
            integers("expire_ns", extras["expire_ns"], zero_is_none=True),
            objects("cl_ord_id", named),
        ]
        return Frame(columns, Order)

    def order(self, order_id: int | Order) -> Order:
        """One order, open or ended, with all its fills. An ended one is looked up in the history."""
        number = order_id.order_id if isinstance(order_id, Order) else int(order_id)
        chunk = self._history.select(lambda rows: (rows["order_id"] == number) & orders.ORDER_EVENTS[rows["kind"]])
        if not len(chunk.events) or chunk.events["kind"][0] != Event.ACCEPTED:
            raise BadValue(f"there never was an order {number}")
        rows = commands(self._node, int(chunk.events["seq"][0]))[:2]
        story = orders.from_command(rows, chunk.events[0])
        orders.tell(story, chunk.events[1:], chunk.ts_ns[1:].tolist(), self._catalog, self._names)
        slot = self._slot(number)
        if slot:
            now = orders.from_state(self._catalog, slot)
            now.fills = story.fills
            story = now
        return story.order(self._catalog, self._names)

    def balances(self, account: AccountLike | None = None) -> Frame:
        """What accounts have: total = free + in_orders + held. Over all accounts each asset sums to zero."""
        rows = self._catalog.rows(Limit.BALANCES)
        wanted = rows["account_id"] != 0
        if account is not None:
            wanted &= rows["account_id"] == self._account_id(account)
        rows = rows[wanted]
        rows = rows[np.lexsort((rows["asset_id"], rows["account_id"]))]
        free, in_orders, held = rows["free_atoms"], rows["order_held_atoms"], rows["other_held_atoms"]
        atoms, of = self._catalog.atoms, rows["asset_id"]
        columns = [
            labels("account", rows["account_id"], self._account_names()),
            labels("asset", of, self._catalog.asset_names),
            decimals("total", free + in_orders + held, atoms, of),
            decimals("free", free, atoms, of),
            decimals("in_orders", in_orders, atoms, of),
            decimals("held", held, atoms, of),
        ]
        return Frame(columns, Balance)

    def table(self, name: str) -> Frame:
        """The live rows of a table of the state, as they are: whole numbers, no names. See `schema.state`."""
        if name not in TABLE_NAMES:
            raise BadValue(f"table: {name!r} is not one of {', '.join(TABLE_NAMES)}")
        rows = self._catalog.rows(Limit[name.upper()])
        key = {"client_ids": "account_id", "extras": "order_slot", "nodes": "bits", "leaves": "bits"}.get(name)
        key = key or {"balances": "account_id", "deadlines": "due_ns"}.get(name, f"{name[:-1]}_id")
        slots = np.flatnonzero(rows[key] != 0)
        rows = rows[slots]
        columns = [integers("slot", slots)]
        for field in [name for name in rows.dtype.names or () if not name.startswith("reserved")]:
            if rows.dtype[field].shape or rows.dtype[field].names:
                columns.append(objects(field, [row.tolist() for row in rows[field]]))
            else:
                columns.append(integers(field, rows[field]))
        return Frame(columns, record)

    # --- The past ---

    def fills(self, account: AccountLike | None = None, instrument: str | None = None) -> Frame:
        """Every fill, oldest first: two rows a match, the maker's then the taker's.

        Rebuilt by replaying the journal through a second machine; asked again, only what is new is
        replayed.
        """
        number = self._account_id(account) if account is not None else 0
        instrument_id = self._catalog.instrument_id(instrument) if instrument is not None else 0

        def wanted(events: Rows) -> NDArray[np.bool_]:
            mask = events["kind"] == Event.FILLED
            if number:
                mask &= events["account_id"] == number
            return mask & (events["instrument_id"] == instrument_id) if instrument_id else mask

        rows, ts_ns = self._history.select(wanted)
        of = rows["instrument_id"]
        columns = [
            integers("seq", rows["seq"]),
            times("ts_ns", ts_ns),
            integers("order_id", rows["order_id"]),
            labels("account", rows["account_id"], self._account_names()),
            labels("instrument", of, self._catalog.instrument_names),
            labels("side", rows["side"], orders.SIDE_TEXTS),
            labels("role", rows["flags"] & orders.ROLE_BITS, orders.ROLE_TEXTS),
            decimals("price", rows["price_ticks"], self._catalog.ticks, of),
            decimals("qty", rows["qty_lots"], self._catalog.lots, of),
            decimals("leaves", rows["leaves_lots"], self._catalog.lots, of),
            decimals("fee", rows["amount_atoms"], self._catalog.atoms, rows["asset_id"]),
        ]
        return Frame(columns, Fill)

    def trades(self, instrument: str | None = None) -> Frame:
        """Every match as the public sees it, oldest first; `side` is the taker's."""
        number = self._catalog.instrument_id(instrument) if instrument is not None else 0

        def wanted(events: Rows) -> NDArray[np.bool_]:
            mask = (events["kind"] == Event.FILLED) & (events["flags"] & FillFlag.TAKER != 0)
            return mask & (events["instrument_id"] == number) if number else mask

        rows, ts_ns = self._history.select(wanted)
        of = rows["instrument_id"]
        columns = [
            integers("seq", rows["seq"]),
            times("ts_ns", ts_ns),
            labels("instrument", of, self._catalog.instrument_names),
            labels("side", rows["side"], orders.SIDE_TEXTS),
            decimals("price", rows["price_ticks"], self._catalog.ticks, of),
            decimals("qty", rows["qty_lots"], self._catalog.lots, of),
        ]
        return Frame(columns, Trade)

    def ledger(self, account: AccountLike | None = None) -> Frame:
        """Every change of an account's totals, oldest first; the amounts of an asset add up to its balance.

        A fill is up to three entries: what was bought or sold, what was paid for it, and the fee. Holds
        do not appear: what is held is still the account's.
        """
        number = self._account_id(account) if account is not None else 0
        parts = [entries_of(chunk, self._catalog.rows(Limit.INSTRUMENTS)) for chunk in self._history.chunks()]
        rows = np.concatenate(parts) if parts else entries_of(None, None)
        if number:
            rows = rows[rows["account_id"] == number]
        columns = [
            integers("seq", rows["seq"]),
            times("ts_ns", rows["ts_ns"]),
            labels("account", rows["account_id"], self._account_names()),
            labels("asset", rows["asset_id"], self._catalog.asset_names),
            labels("kind", rows["kind"], ENTRY_TEXTS),
            decimals("amount", rows["amount_atoms"], self._catalog.atoms, rows["asset_id"]),
            integers("order_id", rows["order_id"]),
        ]
        return Frame(columns, Entry)

    def events(self, from_seq: int = 1) -> Frame:
        """Every event of commands from `from_seq` on, in whole ticks, lots and atoms, as the kernel wrote it.

        Events are not stored. They are rebuilt by replaying the journal from the start through a
        second machine, in batches; the last million or so are kept in memory. For more than fits,
        read `iter_events`.
        """
        rows, ts_ns = self._history.select(lambda events: np.ones(len(events), np.bool_), from_seq)
        plain = ("order_id", "price_ticks", "qty_lots", "leaves_lots", "amount_atoms")
        columns = [
            integers("seq", rows["seq"]),
            times("ts_ns", ts_ns),
            labels("kind", rows["kind"], EVENT_TEXTS),
            labels("account", rows["account_id"], self._account_names()),
            labels("instrument", rows["instrument_id"], self._catalog.instrument_names),
            labels("asset", rows["asset_id"], self._catalog.asset_names),
            labels("side", rows["side"], orders.SIDE_TEXTS),
            labels("reason", rows["reason"], REASON_TEXTS),
            *(integers(name, rows[name]) for name in plain),
            integers("flags", rows["flags"]),
        ]
        return Frame(columns, record)

    def iter_events(self, from_seq: int = 1) -> Any:
        """The same events as raw EVENT arrays with the time of each, in chunks: (events, ts_ns)."""
        return self._history.chunks(from_seq)

    def journal(self, from_seq: int = 1) -> Frame:
        """Every command, in order: its sequence, time, kind, and its fields by the names of its family."""
        rows = commands(self._node, from_seq)
        lines = list(decode(rows, from_seq))
        columns = [
            integers("seq", np.array([line["seq"] for line in lines], np.int64)),
            times("ts_ns", np.array([line["ts_ns"] for line in lines], np.int64)),
            labels("kind", rows["kind"][heads_of(rows)], COMMAND_TEXTS),
            objects("fields", [_rest(line) for line in lines]),
        ]
        return Frame(columns, record)


def _rest(line: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in line.items() if key not in ("seq", "ts_ns", "kind")}
