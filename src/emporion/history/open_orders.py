"""Orders that are open, each changed by its events until one ends it.

Whole stretches at a time: the events are sorted by order, and what a run of them makes of an order is
a sum over its fills and a look at its last events.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emporion.history.rows import ORDER, Rows
from emporion.schema.codes import WAITING_FLAGS, Command, Event, OrderStatus, Tif
from emporion.schema.limits import SLOT_BITS
from emporion.schema.messages import ORDER_EXTRA

ORDER_EVENTS = np.zeros(256, np.bool_)  # Hold ids are numbered like order ids, so the kind must be asked, too.
ORDER_EVENTS[Event.ACCEPTED : Event.DECREMENTED + 1] = True
ORDER_EVENTS[Event.TWAP_SLICED] = True  # In place of ACCEPTED, unless there was no slice: then of order 0.
BEGINS = np.zeros(256, np.bool_)
BEGINS[[Event.ACCEPTED, Event.TWAP_SLICED]] = True
SLOT_MASK = (1 << SLOT_BITS) - 1
PLAIN_EXTRA = np.dtype((np.void, ORDER_EXTRA))


class Stretch(Protocol):
    """See tables.Stretch."""

    rows: Rows
    events: Rows
    kind: NDArray[np.uint8]
    seq: NDArray[np.int64]
    ts_ns: NDArray[np.int64]
    n: NDArray[np.int64]

    def row_of(self, at: NDArray[np.int64]) -> NDArray[np.int64]: ...


class OpenOrders:
    """Rows of ORDER by slot, which is part of an order's id; a row of an order that has ended is zero."""

    def __init__(self, rows: Rows | None = None) -> None:
        self._slots = np.zeros(1_024, ORDER)
        if rows is not None and len(rows):
            slots = rows["order_id"] & SLOT_MASK
            self._grow(int(slots.max()))
            self._slots[slots] = rows

    @property
    def count(self) -> int:
        return int(np.count_nonzero(self._slots["order_id"]))

    def rows(self) -> Rows:
        """All open orders, oldest first: a copy."""
        rows = self._slots[self._slots["order_id"] != 0]
        return rows[np.lexsort((rows["order_id"], rows["entry_seq"]))]

    def find(self, order_id: int) -> Rows:
        """The open order of that number, or no row."""
        slot = order_id & SLOT_MASK
        rows = self._slots[slot : slot + 1]
        return rows[rows["order_id"] == order_id]

    def named(self, account_id: int, hi: int, lo: int) -> Rows:
        """The account's open order that goes by a client id, or no row."""
        rows = self._slots
        found = (rows["account_id"] == account_id) & (rows["cl_ord_id_lo"] == lo) & (rows["cl_ord_id_hi"] == hi)
        return rows[found]

    def take(self, stretch: Stretch, atoms_per_tick_lot: NDArray[np.int64]) -> Rows:
        """Let the orders live through a stretch; those that ended, in the order they did."""
        at = np.flatnonzero(ORDER_EVENTS[stretch.kind] & (stretch.events["order_id"] != 0))
        if not len(at):
            return np.zeros(0, ORDER)
        at = at[np.argsort(stretch.events["order_id"][at], kind="stable")]
        events, kind = stretch.events[at], stretch.kind[at]
        first = np.flatnonzero(np.diff(events["order_id"], prepend=-1))
        last = np.append(first[1:], len(at)) - 1
        slots = events["order_id"][first] & SLOT_MASK
        self._grow(int(slots.max()))
        orders = self._slots[slots]
        _enter(orders, BEGINS[kind[first]], stretch, at[first])
        _count(orders, first, events, kind, atoms_per_tick_lot)
        _replace(orders, first, stretch, at, kind)
        triggered = np.logical_or.reduceat(kind == Event.TRIGGERED, first)
        orders["flags"][triggered] &= ~np.uint8(WAITING_FLAGS)
        ended = _settle(orders, events[last], kind[last])
        for name, values in (("seq", stretch.seq), ("ts_ns", stretch.ts_ns), ("n", stretch.n)):
            orders[name][ended] = values[at[last[ended]]]
        self._slots[slots[ended]] = np.zeros(1, ORDER)  # First: a slot may have been taken again.
        self._slots[slots[~ended]] = orders[~ended]
        done = orders[ended]
        return done[np.lexsort((done["n"], done["seq"]))]

    def _grow(self, slot: int) -> None:
        if slot >= len(self._slots):
            grown = np.zeros(max(slot + 1, 2 * len(self._slots)), ORDER)
            grown[: len(self._slots)] = self._slots
            self._slots = grown


def _enter(orders: Rows, is_new: NDArray[np.bool_], stretch: Stretch, at: NDArray[np.int64]) -> None:
    """Orders as their PLACE rows (head, perhaps extra) and their ACCEPTED events begin them.

    Slices that the venue sends itself, of a TWAP or a liquidation, have no PLACE: they are immediate.
    """
    at = at[is_new]
    events, places = stretch.events[at], stretch.row_of(at)
    heads = stretch.rows[places]
    new = np.zeros(len(at), ORDER)
    for name in ("order_id", "account_id", "instrument_id", "side"):
        new[name] = events[name]
    is_own = (heads["kind"] == Command.PLACE) & (stretch.kind[at] == Event.ACCEPTED)
    for name in ("tif", "flags", "stp", "cl_ord_id_hi", "cl_ord_id_lo"):
        new[name] = np.where(is_own, heads[name], Tif.IOC if name == "tif" else 0)
    new["entry_seq"], new["entry_ns"] = stretch.seq[at], stretch.ts_ns[at]
    more = is_own & (heads["data_rows"] > 0)
    extra = stretch.rows[places[more] + 1].view(PLAIN_EXTRA)
    new["display_lots"][more], new["expire_ns"][more] = extra["display_lots"], extra["expire_ns"]
    new["trigger_ticks"][more], new["trail_ticks"][more] = extra["trigger_price_ticks"], extra["trail_ticks"]
    new["related_id"][more], new["link"][more] = extra["related_id"], extra["link"]
    orders[is_new] = new


def _count(
    orders: Rows, first: NDArray[np.int64], events: Rows, kind: NDArray[np.uint8], atoms_per_tick_lot: NDArray[np.int64]
) -> None:
    """Add up the fills."""
    is_fill = kind == Event.FILLED
    lots = np.where(is_fill, events["qty_lots"], 0)
    notional = events["price_ticks"] * lots * atoms_per_tick_lot[events["instrument_id"]]
    orders["cum_lots"] += np.add.reduceat(lots, first)
    orders["notional_atoms"] += np.add.reduceat(notional, first)
    orders["fee_atoms"] += np.add.reduceat(np.where(is_fill, events["amount_atoms"], 0), first)


def _replace(
    orders: Rows, first: NDArray[np.int64], stretch: Stretch, at: NDArray[np.int64], kind: NDArray[np.uint8]
) -> None:
    """The limit is that of the last event with one; so is the client id, where the replace gave one."""
    is_replace = kind == Event.REPLACED
    group, place = _last(is_replace | BEGINS[kind] | (kind == Event.TRIGGERED), first)
    orders["price_ticks"][group] = stretch.events["price_ticks"][at[place]]
    commands = stretch.rows[stretch.row_of(at[is_replace])]
    renamed = is_replace.copy()
    # A parent's fill replaces its children: then the command may be of another order, or no REPLACE at all.
    is_own = (commands["kind"] == Command.REPLACE) & (
        commands["order_id"] == stretch.events["order_id"][at[is_replace]]
    )
    renamed[is_replace] = is_own & ((commands["cl_ord_id_hi"] | commands["cl_ord_id_lo"]) != 0)
    group, place = _last(renamed, first)
    heads = stretch.rows[stretch.row_of(at[place])]
    orders["cl_ord_id_hi"][group], orders["cl_ord_id_lo"][group] = heads["cl_ord_id_hi"], heads["cl_ord_id_lo"]


def _settle(orders: Rows, last: Rows, kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """How the orders stand after their last events; which of them ended."""
    is_canceled, is_expired = kind == Event.CANCELED, kind == Event.EXPIRED
    cut = is_canceled | is_expired
    orders["leaves_lots"] = np.where(cut, 0, last["leaves_lots"])
    orders["qty_lots"] = orders["cum_lots"] + np.where(cut, last["qty_lots"], last["leaves_lots"])
    orders["reason"] = np.where(cut, last["reason"], 0)
    done = orders["leaves_lots"] == 0
    open_status = np.where(orders["cum_lots"] > 0, OrderStatus.PARTIALLY_FILLED, OrderStatus.NEW)
    status = np.where(done, OrderStatus.FILLED, open_status)
    status = np.where(is_canceled, OrderStatus.CANCELED, status)
    orders["status"] = np.where(is_expired, OrderStatus.EXPIRED, status)
    return done


def _last(mask: NDArray[np.bool_], first: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each run that has one, its number and its last place where `mask` is true."""
    place = np.maximum.reduceat(np.where(mask, np.arange(len(mask)), -1), first)
    group = np.flatnonzero(place >= 0)
    return group, place[group]
