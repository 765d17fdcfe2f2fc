"""Ledger lines of fills: what was bought or sold, what was paid for it, the fee, and the fee account's side of that.

They are made when asked for: kept, they would take three times the room of the fills.
"""

import numpy as np

from emporion.history.rows import ENTRIES_PER_EVENT, ENTRY, Rows, concat
from emporion.schema.codes import Side
from emporion.schema.limits import FEE_ACCOUNT
from emporion.schema.postings import BUY, FEE, SELL


def entries_of(fills: Rows, listed: Rows) -> Rows:
    """Every line that these fills make, by place. `listed`: rows of INSTRUMENT by number."""
    of = listed[fills["instrument_id"]]
    is_buy = fills["side"] == Side.BUY
    sign = np.where(is_buy, 1, -1)
    base, quote, fee = (_lines(fills, n) for n in range(3))
    base["kind"] = quote["kind"] = np.where(is_buy, BUY, SELL)
    base["asset_id"], quote["asset_id"] = of["base_asset_id"], of["quote_asset_id"]
    base["amount_atoms"] = sign * fills["qty_lots"] * of["base_atoms_per_lot"]
    quote["amount_atoms"] = -sign * fills["price_ticks"] * fills["qty_lots"] * of["atoms_per_tick_lot"]
    is_delivered = of["base_atoms_per_lot"] != 0  # Of a contract a fill moves nothing but the fee.
    base, quote = base[is_delivered], quote[is_delivered]
    fee["kind"], fee["asset_id"], fee["amount_atoms"] = FEE, of["quote_asset_id"], -fills["fee_atoms"]
    fee = fee[fills["fee_atoms"] != 0]
    taken = fee.copy()
    taken["n"] += 1
    taken["account_id"] = FEE_ACCOUNT
    taken["amount_atoms"] *= -1
    return in_order(concat([base, quote, fee, taken], ENTRY))


def in_order(entries: Rows) -> Rows:
    """By place."""
    return entries[np.lexsort((entries["n"], entries["seq"]))]


def _lines(fills: Rows, n: int) -> Rows:
    lines = np.zeros(len(fills), ENTRY)
    for name in ("seq", "ts_ns", "order_id", "account_id"):
        lines[name] = fills[name]
    lines["n"] = ENTRIES_PER_EVENT * fills["n"] + n
    return lines
