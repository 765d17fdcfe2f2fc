"""Orders that are tied to another, or to a position: docs/rules/links.md.

What ends with an order that ends is in `model_state`, since orders end everywhere.
"""

from emporion.schema.codes import Event, Link, Reject
from emporion.schema.limits import TIED_PER_POSITION
from emporion.sim.model_positions import closable, position
from emporion.sim.model_records import Instrument, Order, Source
from emporion.sim.model_state import Venue, require

CHILDREN_MAX = 2  # Of one parent.


def tied_to(order: Order) -> bool:
    """K-3: whether it ends with a position."""
    return order.link == Link.POSITION and order.is_waiting


def widen(instrument: Instrument, source: Source, price: int) -> None:
    """T-3"""
    low, high = instrument.ranges.get(source, (price, price))
    instrument.ranges[source] = (min(low, price), max(high, price))


# --- Entry -------------------------------------------------------------------------------------------


def check_tie(venue: Venue, order: Order, related_id: int) -> Order | None:
    """O-1, 15: refuses an order that cannot be tied as it asks; returns the other one."""
    if order.link == Link.NONE:
        return None
    if order.link == Link.POSITION:
        closes = closable(venue, order.account_id, order.instrument_id, order.side)
        others = tied_orders(venue, order.account_id, order.instrument_id)
        require(closes > 0 and len(others) < TIED_PER_POSITION, Reject.UNKNOWN_RELATED)
        return None
    related = venue.orders.get(related_id)
    is_there = related is not None and (related.account_id, related.instrument_id) == (
        order.account_id, order.instrument_id,
    )  # fmt: skip
    require(is_there, Reject.UNKNOWN_RELATED)
    assert related is not None
    require(related.link != Link.CHILD, Reject.UNKNOWN_RELATED)
    is_same_side = related.side == order.side
    if order.link == Link.CANCELS_OTHER:
        waits = related.is_waiting or order.is_waiting
        require(related.partner is None and (waits or not is_same_side), Reject.UNKNOWN_RELATED)
    else:
        require(not is_same_side and len(related.children) < CHILDREN_MAX, Reject.UNKNOWN_RELATED)
    return related


def tie(venue: Venue, order: Order, related: Order | None) -> None:
    """Of an order that is entered; the other may have ended meanwhile."""
    if related is None or related.order_id not in venue.orders:
        if order.link in (Link.CANCELS_OTHER, Link.CHILD):
            order.link = Link.NONE
        return
    related.is_tied = order.is_tied = True
    if order.link == Link.CANCELS_OTHER:
        related.partner, order.partner = order, related
        return
    order.parent, order.is_asleep = related, True
    related.children.append(order)
    if len(related.children) == CHILDREN_MAX:
        first, second = related.children
        first.partner, second.partner = second, first


# --- Trades ------------------------------------------------------------------------------------------


def after_trade(venue: Venue, order: Order, resting: Order, before: dict[int, int]) -> None:
    """K-1 to K-3, `before` the positions of both accounts: the resting order's ties first."""
    venue.end_partner(resting)
    tell_children(venue, resting)
    venue.end_partner(order)
    for each in (resting, order):
        if each.account_id in before:
            end_tied(venue, each.account_id, each.instrument_id, before[each.account_id])


def end_tied(venue: Venue, account_id: int, instrument_id: int, before: int) -> None:
    """K-3: the position was so large; if it has ended or turned, so do the orders that are tied to it."""
    now = position(venue, account_id, instrument_id).pos
    if before == 0 or now * before > 0:
        return
    for order in tied_orders(venue, account_id, instrument_id):
        if order.order_id in venue.orders:
            venue.cancel(order, Reject.BY_POSITION)


def tied_orders(venue: Venue, account_id: int, instrument_id: int = 0) -> list[Order]:
    """To a position, or to all of an account; in the order they were entered."""
    found = [
        order
        for order in venue.orders.values()
        if order.account_id == account_id and tied_to(order) and instrument_id in (0, order.instrument_id)
    ]
    return sorted(found, key=lambda each: each.entry_seq)


def tell_children(venue: Venue, parent: Order) -> None:
    """K-2: they become as large as what their parent has done."""
    for child in list(parent.children):
        if child.parent is parent and parent.done > child.told:
            tell_child(venue, parent, child)


def tell_child(venue: Venue, parent: Order, child: Order) -> None:
    instrument = venue.instruments[child.instrument_id]
    if child.is_asleep and not venue.has_index_room():
        venue.cancel(child, Reject.NO_ROOM)
        return
    child.qty = child.told = parent.done
    venue.set_leaves(child, parent.done)
    venue.emit(
        Event.REPLACED, order_id=child.order_id, price_ticks=child.price, qty_lots=child.qty,
        leaves_lots=child.leaves, asset_id=instrument.held_asset(child.side), side=child.side,
        reason=Reject.BY_PARENT, account_id=child.account_id, instrument_id=child.instrument_id,
    )  # fmt: skip
    if not child.is_asleep:
        return
    child.is_asleep = False
    venue.enqueue(child)
    price = present_price(venue, instrument, child.source)
    if child.is_met_by(price):
        widen(instrument, child.source, price)


def present_price(venue: Venue, instrument: Instrument, source: Source) -> int:
    """T-1: 0 for none yet."""
    if source == Source.LAST:
        return instrument.last_price
    contract = venue.contracts[instrument.instrument_id]
    return contract.mark if source == Source.MARK else contract.index
