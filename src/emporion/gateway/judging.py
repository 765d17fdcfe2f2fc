"""What the kernel would say to an order, as far as a door can know, by the numbers of docs/rules.

A door sees what the public sees and what is the caller's own: levels, not the orders in them. So
hidden quantity is not counted, orders whose time is over and that nobody has met yet are, and where
the caller's own orders stand at the price where an order ends, they are taken to stand in front.
Nothing is refused or promised by this; it is for previews.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from emporion.gateway.entry import Terms
from emporion.schema.codes import InstrumentStatus, OrderFlag, Reject, Side, Stp, Tif
from emporion.schema.limits import CONTACTS_MAX, DISPLAY_PARTS_MAX, NOTIONAL_MAX, PPM, TS_MAX

Level = tuple[int, int, int]  # Price in ticks, lots on show, orders.
PLAIN_FLAGS = range((OrderFlag.POST_ONLY | OrderFlag.MARKET | OrderFlag.STOP) + 1)  # What is judged here.


class Fate(NamedTuple):
    """What would trade at once."""

    lots: int
    tick_lots: int  # Sum of price x quantity.


def reason_and_limit(terms: Terms, row: Any, best_opposite: int, now_ns: int) -> tuple[Reject, int]:
    """Rule O-1 from the instrument's status to WOULD_MATCH; and rule O-4, 0 where there is no limit.

    Args:
        row: of the instrument. best_opposite: ticks, 0 for an empty side.
    """
    is_stop, is_market = terms.flags & OrderFlag.STOP, terms.flags & OrderFlag.MARKET
    reason = _status(terms, int(row["status"]), bool(is_stop)) or _combination(terms) or _bounds(terms, row)
    if reason:
        return reason, 0 if is_market else terms.price_ticks
    if terms.display_lots and not terms.display_lots <= terms.qty_lots <= terms.display_lots * DISPLAY_PARTS_MAX:
        return Reject.BAD_DISPLAY, terms.price_ticks
    price_max, band_ppm, last = int(row["price_max_ticks"]), int(row["band_ppm"]), int(row["last_price_ticks"])
    if is_stop and not 0 < terms.trigger_ticks <= price_max:
        return Reject.BAD_TRIGGER, 0
    if terms.tif == Tif.GTD and not now_ns < terms.expire_ns <= TS_MAX:
        return Reject.BAD_EXPIRY, terms.price_ticks
    if is_stop and row["trigger_low_ticks"]:
        return Reject.TRIGGERS_PENDING, terms.price_ticks
    limit = terms.price_ticks
    if is_market:
        if not is_stop and not best_opposite:
            return Reject.NO_LIQUIDITY, 0
        if not terms.price_ticks and not band_ppm:
            return Reject.PRICE_REQUIRED, 0
        limit = protection(terms, row, terms.trigger_ticks if is_stop else best_opposite)
    elif band_ppm:
        around = terms.trigger_ticks if is_stop else last or int(row["reference_price_ticks"])
        width = around * band_ppm // PPM
        if around and not around - width <= limit <= around + width:
            return Reject.OUTSIDE_BAND, limit
    if is_stop and last and (last >= terms.trigger_ticks if terms.side == Side.BUY else last <= terms.trigger_ticks):
        return Reject.WOULD_TRIGGER, limit
    notional = limit * terms.qty_lots * terms.listed.atoms_per_tick_lot
    if notional < row["notional_min_atoms"]:
        return Reject.NOTIONAL_TOO_SMALL, limit
    if notional > (int(row["notional_max_atoms"]) or NOTIONAL_MAX):
        return Reject.NOTIONAL_TOO_LARGE, limit
    must_rest = terms.flags & OrderFlag.POST_ONLY or row["status"] == InstrumentStatus.PRE_OPEN
    if must_rest and not is_stop and crosses(terms.side, limit, best_opposite):
        return Reject.WOULD_MATCH, limit
    return Reject.NONE, limit


def protection(terms: Terms, row: Any, start_ticks: int) -> int:
    """The limit of a market order: rule O-4."""
    band_ppm = int(row["band_ppm"])
    if not band_ppm:
        return terms.price_ticks
    width = start_ticks * band_ppm // PPM
    if terms.side == Side.BUY:
        limit = min(start_ticks + width, int(row["price_max_ticks"]))
        return min(limit, terms.price_ticks) if terms.price_ticks else limit
    return max(start_ticks - width, 1, terms.price_ticks)


def crosses(side: int, limit_ticks: int, opposite_ticks: int) -> bool:
    """Whether a limit meets the best price of the other side; 0 for none."""
    if not opposite_ticks:
        return False
    return limit_ticks >= opposite_ticks if side == Side.BUY else limit_ticks <= opposite_ticks


def sweep(terms: Terms, limit_ticks: int, levels: Iterable[Level], own: Mapping[int, Level]) -> Fate:
    """Rules M-1 to M-5 over levels of the other side, best first; `own` are the same owner's by price."""
    left, lots, tick_lots, contacts = terms.qty_lots, 0, 0, 0
    for price, shown, orders in levels:
        if not left or not crosses(terms.side, limit_ticks, price) or contacts >= CONTACTS_MAX:
            break
        _, own_lots, own_orders = own.get(price, (price, 0, 0))
        if own_orders and terms.stp in (Stp.CANCEL_TAKER, Stp.CANCEL_BOTH):
            break
        if own_orders and terms.stp == Stp.DECREMENT:
            left -= min(left, own_lots)
        done = min(left, max(0, shown - own_lots))
        left, lots, tick_lots, contacts = left - done, lots + done, tick_lots + done * price, contacts + orders
    return Fate(lots, tick_lots)


def fee_due(ppm: int, notional_atoms: int) -> int:
    """Rule M-6: what is owed in all on a notional; rebates are rounded down."""
    return -(-ppm * notional_atoms // PPM) if ppm >= 0 else -(-ppm * notional_atoms // PPM)


def entry_hold(terms: Terms, limit_ticks: int, rate_ppm: int) -> int:
    """Rule O-6: quote atoms for BUY, base atoms for SELL."""
    if terms.side == Side.SELL:
        return terms.qty_lots * terms.listed.base_atoms_per_lot
    notional = limit_ticks * terms.qty_lots * terms.listed.atoms_per_tick_lot
    return notional + fee_due(rate_ppm, notional) + 1


def _status(terms: Terms, status: int, is_stop: bool) -> Reject:
    if status in (InstrumentStatus.HALTED, InstrumentStatus.CLOSED):
        return Reject.BAD_STATUS
    if status == InstrumentStatus.PRE_OPEN and not is_stop and terms.tif in (Tif.IOC, Tif.FOK):
        return Reject.BAD_STATUS
    if status == InstrumentStatus.POST_ONLY and not terms.flags & OrderFlag.POST_ONLY:
        return Reject.POST_ONLY_STATUS
    return Reject.NONE


def _combination(terms: Terms) -> Reject:
    post_only, market, stop = (
        bool(terms.flags & flag) for flag in (OrderFlag.POST_ONLY, OrderFlag.MARKET, OrderFlag.STOP)
    )
    is_immediate = terms.tif in (Tif.IOC, Tif.FOK)
    excluded = (
        (post_only and (market or stop or is_immediate)),
        (market and not stop and not is_immediate),
        (market and stop and terms.tif != Tif.IOC),
        (stop and terms.tif == Tif.FOK),
        (bool(terms.display_lots) and (stop or is_immediate)),
        (terms.tif == Tif.FOK and terms.stp == Stp.DECREMENT),
        (bool(terms.trigger_ticks) and not stop),
        (bool(terms.expire_ns) and terms.tif != Tif.GTD),
    )
    return Reject.BAD_COMBINATION if any(excluded) else Reject.NONE


def _bounds(terms: Terms, row: Any) -> Reject:
    if terms.qty_lots <= 0:
        return Reject.BAD_QTY
    if terms.qty_lots < row["qty_min_lots"]:
        return Reject.QTY_TOO_SMALL
    if terms.qty_lots > row["qty_max_lots"]:
        return Reject.QTY_TOO_LARGE
    if not terms.price_ticks and not terms.flags & OrderFlag.MARKET:
        return Reject.BAD_PRICE
    return Reject.PRICE_TOO_HIGH if terms.price_ticks > row["price_max_ticks"] else Reject.NONE
