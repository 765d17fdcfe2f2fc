"""Rows of the history's tables: whole ticks, lots and atoms, and numbers for names.

Every row of a table has its place: `seq`, the command that caused it, and `n`, which counts within
that command. The place orders the table and never changes, so it serves as a cursor.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emporion.schema.codes import OrderStatus

Rows = NDArray[np.void]


class Place(NamedTuple):
    """Where a row stands in its table. A page "before" a place holds what is older."""

    seq: int
    n: int


TRADE = np.dtype([  # One match as the public sees it.
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("price_ticks", "i8"),
    ("qty_lots", "i8"),
    ("instrument_id", "i4"),
    ("n", "i4"),  # 0 for the first trade of its command: what feeds call `match`.
    ("side", "i1"),  # Of the taker: codes.Side
])  # fmt: skip
FILL = np.dtype([  # One side of a match.
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("order_id", "i8"),
    ("price_ticks", "i8"),
    ("qty_lots", "i8"),
    ("leaves_lots", "i8"),  # Open in the order afterwards.
    ("fee_atoms", "i8"),  # Of the quote asset; negative for a rebate.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("n", "i4"),  # Of the event among those of its command.
    ("side", "i1"),
    ("role", "i1"),  # codes.FillFlag: MAKER or TAKER.
])  # fmt: skip
ENTRY = np.dtype([  # One change of an account's total of one asset.
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("order_id", "i8"),  # Of the order or the hold; 0 for none.
    ("amount_atoms", "i8"),
    ("account_id", "i4"),
    ("asset_id", "i4"),
    ("n", "i4"),  # ENTRIES_PER_EVENT x the event's place among those of its command, and its own among the event's.
    ("kind", "i1"),  # See schema/postings.py.
])  # fmt: skip
ENTRIES_PER_EVENT = 4
ORDER = np.dtype([  # An order as it stands, or stood at its end.
    ("seq", "i8"),  # Of the command that ended it; 0 while it is open.
    ("ts_ns", "i8"),  # When it ended; 0 while it is open.
    ("order_id", "i8"),
    ("entry_seq", "i8"),
    ("entry_ns", "i8"),
    ("cl_ord_id_hi", "i8"),  # The client's own id, as it was last.
    ("cl_ord_id_lo", "i8"),
    ("price_ticks", "i8"),  # Limit; of a market order its protection price.
    ("qty_lots", "i8"),  # Total, less what self-trade prevention took.
    ("cum_lots", "i8"),  # Done.
    ("leaves_lots", "i8"),  # Open; 0 at the end.
    ("display_lots", "i8"),  # 0: all of it.
    ("trigger_ticks", "i8"),  # 0: no stop, and never was one.
    ("expire_ns", "i8"),  # 0: none.
    ("trail_ticks", "i8"),  # 0: the trigger stays where it is.
    ("related_id", "i8"),  # The order it was tied to at entry; 0 for none.
    ("notional_atoms", "i8"),  # What its fills came to, in quote.
    ("fee_atoms", "i8"),  # What they cost, in quote.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("n", "i4"),  # Of the event that ended it, among those of its command.
    ("side", "i1"),
    ("tif", "i1"),
    ("flags", "u1"),  # codes.OrderFlag; a stop that was triggered is none any more.
    ("stp", "i1"),
    ("link", "i1"),  # codes.Link
    ("status", "i1"),  # codes.OrderStatus
    ("reason", "u1"),  # Why it was cancelled: codes.Reject
])  # fmt: skip
FUNDING = np.dtype([  # The rate of one interval of a perpetual.
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("price_ticks", "i8"),  # Index it was taken on.
    ("rate_e12", "i8"),
    ("instrument_id", "i4"),
    ("n", "i4"),
])  # fmt: skip
CANDLE = np.dtype([  # What traded in one interval. Intervals without a trade have none.
    ("start_ns", "i8"),
    ("open_ticks", "i8"),
    ("high_ticks", "i8"),
    ("low_ticks", "i8"),
    ("close_ticks", "i8"),
    ("qty_lots", "i8"),
    ("turnover_hi", "i8"),  # Quote atoms: turnover_hi x 2^32 + turnover_lo, which may pass 2^63. See `turnover_atoms`.
    ("turnover_lo", "i8"),  # 0 to 2^32 - 1.
    ("trades", "i8"),
    ("first_seq", "i8"),  # Commands of its first trade and its last.
    ("last_seq", "i8"),
    ("first_n", "i4"),  # Of the first trade, so that parts of one candle can be put in order.
])  # fmt: skip
ASSET = np.dtype([
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("asset_id", "i4"),
    ("decimals", "i4"),
    ("asset_class", "i4"),
    ("n", "i4"),
    ("name", "S16"),
])  # fmt: skip
INSTRUMENT = np.dtype([
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("base_atoms_per_lot", "i8"),
    ("atoms_per_tick_lot", "i8"),
    ("instrument_id", "i4"),
    ("base_asset_id", "i4"),
    ("quote_asset_id", "i4"),
    ("asset_class", "i4"),
    ("lot_exponent", "i4"),  # Of a contract, which has no base: a lot is 10^this of what it is on.
    ("n", "i4"),
    ("name", "S16"),
])  # fmt: skip
ACCOUNT = np.dtype([
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("account_id", "i4"),
    ("master_id", "i4"),  # Itself for a master.
    ("n", "i4"),
])  # fmt: skip

OPEN_STATUSES = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


def turnover_atoms(candles: Rows) -> list[int]:
    """Turnover of each candle in quote atoms, exact."""
    pairs = zip(candles["turnover_hi"].tolist(), candles["turnover_lo"].tolist(), strict=True)
    return [(hi << 32) + lo for hi, lo in pairs]


def before(rows: Rows, place: tuple[int, int] | None) -> NDArray[np.bool_]:
    """Which rows are older than a place; all, for None."""
    if place is None:
        return np.ones(len(rows), np.bool_)
    seq, n = place
    return (rows["seq"] < seq) | ((rows["seq"] == seq) & (rows["n"] < n))


def concat(parts: Iterable[Rows], dtype: np.dtype) -> Rows:
    """The parts as one new array. As plain bytes: NumPy copies structured rows a field at a time."""
    plain = np.dtype((np.void, dtype.itemsize))
    return np.concatenate([np.zeros(0, plain), *(np.ascontiguousarray(part).view(plain) for part in parts)]).view(dtype)


def take(rows: Rows, at: NDArray) -> Rows:
    """The rows at these places, or where this mask is true, in the same way."""
    return np.ascontiguousarray(rows).view(np.dtype((np.void, rows.dtype.itemsize)))[at].view(rows.dtype)
