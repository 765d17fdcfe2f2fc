"""From events to the entries of a ledger: each change of one account's total of one asset.

A balanced book: the entries of each command sum to zero for every asset, the venue's own accounts
(outside world, fees) included.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.schema.codes import Event, Side
from emporion.schema.limits import FEE_ACCOUNT
from emporion.schema.messages import row
from emporion.schema.postings import BUY, FEE, NO_OTHER, SELL, postings_of

ENTRY = row(
    ("seq", "i8"),
    ("ts_ns", "i8"),
    ("order_id", "i8"),
    ("amount_atoms", "i8"),
    ("account_id", "i4"),
    ("asset_id", "i4"),
    ("kind", "i4"),  # See schema/postings.py.
    ("event", "i4"),  # Place among the events of its chunk, for the order.
)


def entries_of(chunk: Any, instruments: NDArray[np.void] | None) -> NDArray[np.void]:
    """The entries that a chunk of events (with times) makes, in order. None makes none."""
    if chunk is None or instruments is None or not len(chunk.events):
        return np.zeros(0, ENTRY)
    parts = [*_movements(chunk), *_fills(chunk, chunk.events["kind"] == Event.FILLED, instruments)]
    entries = np.concatenate(parts)
    return entries[np.argsort(entries["event"], kind="stable")]


def _rows(chunk: Any, at: NDArray[np.int64], kind: Any) -> NDArray[np.void]:
    events = chunk.events[at]
    entries = np.zeros(len(at), ENTRY)
    for name in ("seq", "order_id", "account_id", "asset_id", "amount_atoms"):
        entries[name] = events[name]
    entries["ts_ns"] = chunk.ts_ns[at]
    entries["kind"] = kind
    entries["event"] = at
    return entries


def _movements(chunk: Any) -> list[NDArray[np.void]]:
    """What is no fill: see schema/postings.py. The other side follows where the event has one row only."""
    found = postings_of(chunk.events)
    own = _rows(chunk, found.at, found.kind)
    own["amount_atoms"] = found.amount_atoms
    other = own[found.other_id != NO_OTHER]
    other["account_id"] = found.other_id[found.other_id != NO_OTHER]
    other["amount_atoms"] *= -1
    return [own, other]


def _fills(chunk: Any, mask: NDArray[np.bool_], instruments: NDArray[np.void]) -> list[NDArray[np.void]]:
    """Base and quote of each side of a match, its fee, and the fee account's side of that."""
    at = np.flatnonzero(mask)
    events = chunk.events[at]
    listed = instruments[events["instrument_id"]]
    sign = np.where(events["side"] == Side.BUY, 1, -1)
    kind = np.where(events["side"] == Side.BUY, BUY, SELL)
    base, quote, fee = _rows(chunk, at, kind), _rows(chunk, at, kind), _rows(chunk, at, FEE)
    base["asset_id"] = listed["base_asset_id"]
    base["amount_atoms"] = sign * events["qty_lots"] * listed["base_atoms_per_lot"]
    quote["amount_atoms"] = -sign * events["price_ticks"] * events["qty_lots"] * listed["atoms_per_tick_lot"]
    is_delivered = listed["base_atoms_per_lot"] != 0  # Of a contract a fill moves nothing but the fee.
    base, quote = base[is_delivered], quote[is_delivered]
    fee = fee[events["amount_atoms"] != 0]
    fee["amount_atoms"] *= -1
    taken = fee.copy()
    taken["account_id"] = FEE_ACCOUNT
    taken["amount_atoms"] *= -1
    return [base, quote, fee, taken]
