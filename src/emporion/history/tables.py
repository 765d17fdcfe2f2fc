"""From commands and their events to rows of tables. How a journal is cut into batches changes nothing."""

import numpy as np
from numpy.typing import NDArray

from emporion.history.open_orders import OpenOrders
from emporion.history.rows import (
    ACCOUNT,
    ASSET,
    ENTRIES_PER_EVENT,
    ENTRY,
    FILL,
    FUNDING,
    INSTRUMENT,
    ORDER,
    TRADE,
    Rows,
)
from emporion.schema.codes import Event, FillFlag
from emporion.schema.limits import TS_MAX
from emporion.schema.messages import ADMIN_COMMAND, ASSET_TERMS, COMMAND, EVENT, INSTRUMENT_TERMS
from emporion.schema.postings import NO_OTHER, postings_of
from emporion.storage.rows import as_bytes, find_heads

# The tables that grow by rows. Ledger lines of fills are not kept: fills say them. See entries.py.
DTYPES = {
    "trades": TRADE, "fills": FILL, "movements": ENTRY, "orders": ORDER, "assets": ASSET, "instruments": INSTRUMENT,
    "accounts": ACCOUNT, "fundings": FUNDING,
}  # fmt: skip
Made = dict[str, Rows]  # By name of table: the rows that a stretch of commands adds, in order.

# Fields of a record are read many times slower than those of a plain row.
PLAIN_EVENT, PLAIN_COMMAND, PLAIN_ADMIN = (np.dtype((np.void, dtype)) for dtype in (EVENT, COMMAND, ADMIN_COMMAND))


class Stretch:
    """Commands with their events, and what each event does not say itself: its time and its place."""

    def __init__(self, rows: Rows, events: Rows, first_seq: int, before_ns: int) -> None:
        """`before_ns` is the venue's time before the first command: time never goes back (rule W-1)."""
        raw = as_bytes(rows)
        heads = find_heads(raw)
        self.rows = raw.reshape(-1).view(PLAIN_COMMAND)
        self.heads = np.arange(len(raw)) if heads is None else heads
        self.first_seq = first_seq
        own = self.rows["ts_ns"][self.heads]
        times = np.concatenate([[before_ns], np.where(own <= TS_MAX, own, 0)])
        self.times = np.maximum.accumulate(times)[1:]
        self.events = events.view(PLAIN_EVENT)
        self.kind = self.events["kind"]
        self.seq = self.events["seq"]
        self.ts_ns = self.times[self.seq - first_seq]
        # Events of one command stand together, so a place is the distance from the first of its sequence.
        self.n = np.arange(len(events)) - np.searchsorted(self.seq, self.seq)

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.heads) - 1

    @property
    def last_ns(self) -> int:
        return int(self.times[-1])

    def row_of(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the head rows stand of the commands that caused these events."""
        return self.heads[self.seq[at] - self.first_seq]


class Tables:
    """Takes in commands one stretch after the other. Not for several threads at once.

    Attributes:
        seq: the last command taken in.
        ts_ns: the venue's time then.
        listed: rows of INSTRUMENT by number, row 0 zero.
    """

    def __init__(self, seq: int = 0, ts_ns: int = 0) -> None:
        self.seq, self.ts_ns = seq, ts_ns
        self.listed = np.zeros(1, INSTRUMENT)
        self.open_orders = OpenOrders()

    def take(self, rows: Rows, events: Rows) -> Made:
        """Take in whole commands, which begin behind `seq`, and all their events."""
        if not len(rows):
            return {}
        stretch = Stretch(rows, events, self.seq + 1, self.ts_ns)
        assets, instruments, accounts = _assets(stretch), _instruments(stretch), _accounts(stretch)
        self.add_instruments(instruments)
        fills = _fills(stretch)
        made = {
            "trades": _trades(fills),
            "fills": fills,
            "movements": _movements(stretch),
            "orders": self.open_orders.take(stretch, self.listed["atoms_per_tick_lot"]),
            "assets": assets,
            "instruments": instruments,
            "accounts": accounts,
            "fundings": _fundings(stretch),
        }
        self.seq, self.ts_ns = stretch.last_seq, stretch.last_ns
        return made

    def add_instruments(self, rows: Rows) -> None:
        """Learn of listings, in the order of their numbers."""
        if len(rows):
            self.listed = np.concatenate([self.listed, rows])
            assert (self.listed["instrument_id"] == np.arange(len(self.listed))).all()


def _fills(stretch: Stretch) -> Rows:
    at = np.flatnonzero(stretch.kind == Event.FILLED)
    events = stretch.events[at]
    fills = np.zeros(len(at), FILL)
    for name in ("seq", "order_id", "price_ticks", "qty_lots", "leaves_lots", "account_id", "instrument_id", "side"):
        fills[name] = events[name]
    fills["fee_atoms"], fills["role"] = events["amount_atoms"], events["flags"] & (FillFlag.MAKER | FillFlag.TAKER)
    fills["ts_ns"], fills["n"] = stretch.ts_ns[at], stretch.n[at]
    return fills


def _trades(fills: Rows) -> Rows:
    taken = fills[fills["role"] == FillFlag.TAKER]
    trades = np.zeros(len(taken), TRADE)
    for name in ("seq", "ts_ns", "price_ticks", "qty_lots", "instrument_id", "side"):
        trades[name] = taken[name]
    trades["n"] = np.arange(len(taken)) - np.searchsorted(taken["seq"], taken["seq"])
    return trades


def _movements(stretch: Stretch) -> Rows:
    """Ledger lines that are no fills: money in, out and between accounts, with the other side of each."""
    found = postings_of(stretch.events)
    at = found.at
    entries = np.zeros(len(at), ENTRY)
    for name in ("seq", "order_id", "account_id", "asset_id"):
        entries[name] = stretch.events[name][at]
    entries["amount_atoms"], entries["kind"] = found.amount_atoms, found.kind
    entries["ts_ns"], entries["n"] = stretch.ts_ns[at], ENTRIES_PER_EVENT * stretch.n[at]
    others = entries[found.other_id != NO_OTHER]
    others["account_id"] = found.other_id[found.other_id != NO_OTHER]
    others["amount_atoms"] *= -1
    others["n"] += 1
    both = np.concatenate([entries, others])
    return both[np.lexsort((both["n"], both["seq"]))]


def _fundings(stretch: Stretch) -> Rows:
    at = np.flatnonzero(stretch.kind == Event.FUNDING_SET)
    fundings = np.zeros(len(at), FUNDING)
    if len(at):
        events = stretch.events[at]
        for name in ("seq", "price_ticks", "instrument_id"):
            fundings[name] = events[name]
        fundings["rate_e12"] = events["amount_atoms"]
        fundings["ts_ns"], fundings["n"] = stretch.ts_ns[at], stretch.n[at]
    return fundings


def _assets(stretch: Stretch) -> Rows:
    at = np.flatnonzero(stretch.kind == Event.ASSET_LISTED)
    assets = np.zeros(len(at), ASSET)
    if len(at):
        terms = stretch.rows[stretch.row_of(at) + 1].view(ASSET_TERMS)
        _copy(assets, stretch, at, terms, ("decimals", "asset_class"))
        assets["asset_id"] = stretch.events["asset_id"][at]
    return assets


def _instruments(stretch: Stretch) -> Rows:
    at = np.flatnonzero(stretch.kind == Event.INSTRUMENT_LISTED)
    instruments = np.zeros(len(at), INSTRUMENT)
    if len(at):
        terms = stretch.rows[stretch.row_of(at) + 1].view(INSTRUMENT_TERMS)
        _copy(
            instruments, stretch, at, terms,
            (
                "base_atoms_per_lot", "atoms_per_tick_lot", "base_asset_id", "quote_asset_id", "asset_class",
                "lot_exponent",
            ),
        )  # fmt: skip
        instruments["instrument_id"] = stretch.events["instrument_id"][at]
    return instruments


def _accounts(stretch: Stretch) -> Rows:
    at = np.flatnonzero(stretch.kind == Event.ACCOUNT_OPENED)
    accounts = np.zeros(len(at), ACCOUNT)
    if len(at):
        numbers = stretch.events["account_id"][at]
        master = stretch.rows[stretch.row_of(at)].view(PLAIN_ADMIN)["master_id"]
        accounts["account_id"], accounts["master_id"] = numbers, np.where(master == 0, numbers, master)
        accounts["seq"], accounts["ts_ns"], accounts["n"] = stretch.seq[at], stretch.ts_ns[at], stretch.n[at]
    return accounts


def _copy(rows: Rows, stretch: Stretch, at: NDArray[np.int64], terms: Rows, names: tuple[str, ...]) -> None:
    for name in names:
        rows[name] = terms[name]
    rows["name"] = np.ascontiguousarray(terms["name"]).reshape(-1).view("S16")
    rows["seq"], rows["ts_ns"], rows["n"] = stretch.seq[at], stretch.ts_ns[at], stretch.n[at]
