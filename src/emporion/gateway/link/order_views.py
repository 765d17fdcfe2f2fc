"""Open orders as doors show them: one row with what the state keeps in four tables."""

import struct

import numpy as np

from emporion.engine.entry_times import EntryTimes
from emporion.gateway.link.look_ups import LookUps
from emporion.kernel.machine import Machine
from emporion.schema.codes import Link
from emporion.schema.limits import SLOT_BITS
from emporion.schema.messages import row

ORDER_VIEW = row(
    ("order_id", "i8"),
    ("price_ticks", "i8"),  # Limit; of a waiting stop-market, its protection.
    ("qty_lots", "i8"),  # Total as entered or replaced, less what self-trade prevention took.
    ("leaves_lots", "i8"),  # Open, so qty_lots - leaves_lots is done.
    ("display_lots", "i8"),  # 0: all of it.
    ("trigger_price_ticks", "i8"),  # 0 for no stop.
    ("expire_ns", "i8"),  # 0: until it is cancelled.
    ("cl_ord_id_hi", "i8"),  # Both 0 for none.
    ("cl_ord_id_lo", "i8"),
    ("entry_seq", "i8"),
    ("entry_ns", "i8"),  # 0 where it is not known (yet): see engine/entry_times.py.
    ("hold_atoms", "i8"),  # Held for it now: quote atoms for BUY, base atoms for SELL.
    ("trail_ticks", "i8"),  # The trigger follows the price at this distance; 0: it stays.
    ("related_id", "i8"),  # The order it is tied to; 0 for none.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("maker_ppm", "i4"),
    ("taker_ppm", "i4"),
    ("side", "i1"),
    ("tif", "i1"),
    ("flags", "i1"),
    ("stp", "i1"),
    ("link", "i1"),  # codes.Link
    ("reserved", "u1", (3,)),
)
ORDER_VIEW_STRUCT = struct.Struct("<14q4i5b3x")  # The same row for who reads one at a time: faster than NumPy.
EVENT_STRUCT = struct.Struct("<6q3iBbBB")  # An EVENT row, in the order of its fields.
assert ORDER_VIEW.itemsize == ORDER_VIEW_STRUCT.size == 136 and EVENT_STRUCT.size == 64

_FROM_ORDER = (
    "order_id", "price_ticks", "qty_lots", "leaves_lots", "entry_seq", "hold_atoms", "account_id", "instrument_id",
    "maker_ppm", "taker_ppm", "side", "tif", "flags", "stp",
)  # fmt: skip
_FROM_EXTRA = ("display_lots", "trigger_price_ticks", "expire_ns", "trail_ticks", "link")
_FROM_CLIENT_ID = ("cl_ord_id_hi", "cl_ord_id_lo")
SLOT_MASK = (1 << SLOT_BITS) - 1


class OrderViews:
    """Makes ORDER_VIEW rows of one machine's orders: copies, to be asked for between batches."""

    def __init__(self, machine: Machine, entry_times: EntryTimes) -> None:
        self._orders, self._extras, self._client_ids = (
            _plain(machine.array[name][0]) for name in ("orders", "extras", "client_ids")
        )
        self._order_ids = self._orders["order_id"]
        self._entry_ns = entry_times.by_slot
        self._look_ups = LookUps(machine)

    def of(self, slots: list[int] | np.ndarray) -> np.ndarray:
        """The orders in these slots, in this order."""
        views = np.zeros(len(slots), ORDER_VIEW)
        if not len(slots):
            return views
        plain = _plain(views)
        orders = self._orders[slots]
        for name in _FROM_ORDER:
            plain[name] = orders[name]
        plain["entry_ns"] = self._entry_ns[slots]
        extras = self._extras[orders["extra"]]
        for name in _FROM_EXTRA:
            plain[name] = extras[name]
        other = np.where(extras["link"] == Link.CHILD, extras["kin"], 0)
        other = np.where(extras["link"] == Link.CANCELS_OTHER, extras["partner"], other)
        plain["related_id"] = self._order_ids[other]
        client_ids = self._client_ids[orders["client_id"]]
        for name in _FROM_CLIENT_ID:
            plain[name] = client_ids[name]
        return views

    def slot(self, order_id: int) -> int:
        """Where an open order stands; 0 when it is not open."""
        slot = order_id & SLOT_MASK
        return slot if 0 < slot < len(self._order_ids) and self._order_ids[slot] == order_id else 0

    def slot_by_client_id(self, account_id: int, hi: int, lo: int) -> int:
        """Where the open order stands that goes by an account's client id; 0 when there is none."""
        found = self._look_ups.client_id(account_id, hi, lo)
        return self.slot(int(self._client_ids["order_id"][found])) if found else 0


def _plain(table: np.ndarray) -> np.ndarray:
    """The same rows without attributes: fields of records are read many times slower."""
    return table.view(np.dtype((np.void, table.dtype)))
