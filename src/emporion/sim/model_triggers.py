"""Orders that wait for a price, and what fires them: docs/rules/stops.md."""

from emporion.schema.codes import Event, InstrumentStatus, OrderFlag, Reject, Tif
from emporion.sim.model_links import present_price, tied_to, widen
from emporion.sim.model_match import finish, is_expired, match, protection
from emporion.sim.model_positions import position
from emporion.sim.model_records import Instrument, Order, Source
from emporion.sim.model_state import Venue

GONE = (
    OrderFlag.STOP | OrderFlag.MARKET | OrderFlag.TAKE_PROFIT | OrderFlag.ON_MARK | OrderFlag.ON_INDEX
)  # T-5: with firing.
SHUT = (InstrumentStatus.HALTED, InstrumentStatus.CLOSED)


def is_due(instrument: Instrument, order: Order) -> bool:
    """T-3: whether the range of its source has met its trigger."""
    if order.source not in instrument.ranges:
        return False
    low, high = instrument.ranges[order.source]
    return order.is_met_by(high if order.waits_for_rise else low)


def next_due(instrument: Instrument) -> Order | None:
    """The stop that fires next. T-4."""
    for source in Source:
        heads = [
            queue[0]
            for rises in (True, False)
            for queue in instrument.waits[source, rises].values()
            if is_due(instrument, queue[0])
        ]
        if heads:
            return min(heads, key=lambda stop: (stop.trigger, stop.entry_seq, not stop.waits_for_rise))
    return None


def fire_stops(venue: Venue, instrument: Instrument, most: int) -> None:
    """T-4: at most so many of the stops that are due, if the instrument is OPEN."""
    if not instrument.ranges or instrument.status != InstrumentStatus.OPEN:
        return
    for _ in range(most):
        stop = next_due_or_clear(venue, instrument)
        if stop is None:
            break
        fire(venue, stop)
    next_due_or_clear(venue, instrument)
    line_up(venue, instrument)


def next_due_or_clear(venue: Venue, instrument: Instrument) -> Order | None:
    """T-3: when none is due trailing orders follow, and unless that makes one due there is no range any more."""
    stop = next_due(instrument)
    if stop is None and instrument.ranges:
        instrument.ranges = follow(venue, instrument)
        stop = next_due(instrument)
    return stop


def line_up(venue: Venue, instrument: Instrument) -> None:
    """T-4: an OPEN instrument with stops still to fire stands in the queue for CONTINUE, others do not."""
    is_waiting = instrument.status == InstrumentStatus.OPEN and bool(instrument.ranges)
    number = instrument.instrument_id
    if is_waiting and number not in venue.stop_queue:
        venue.stop_queue.append(number)
    elif not is_waiting and number in venue.stop_queue:
        venue.stop_queue.remove(number)


def look_at(venue: Venue, instrument: Instrument) -> None:
    """T-7: after a price has come from elsewhere. Nothing fires."""
    if instrument.ranges:
        next_due_or_clear(venue, instrument)
        line_up(venue, instrument)


def on_price(venue: Venue, instrument: Instrument, source: Source, price: int) -> None:
    """T-7: SET_PRICE has given a mark, or an index."""
    if instrument.waiting(source):
        widen(instrument, source, price)
        look_at(venue, instrument)


def fire(venue: Venue, stop: Order) -> None:
    """T-5."""
    if is_expired(venue, stop):
        venue.expire(stop)
        return
    is_sized = tied_to(stop)
    venue.dequeue(stop)
    stop.is_waiting = False
    if is_sized:
        stop.qty = abs(position(venue, stop.account_id, stop.instrument_id).pos)
        venue.set_leaves(stop, stop.qty)
        stop.link = 0
    if stop.trail and stop.flags & OrderFlag.MARKET:
        instrument = venue.instruments[stop.instrument_id]
        stop.price = protection(instrument, stop.side, stop.trigger, stop.price)
    stop.is_waiting = False
    stop.is_tied |= stop.has_extra  # Its row stays.
    stop.flags &= ~GONE
    stop.trail = 0
    venue.emit(
        Event.TRIGGERED, order_id=stop.order_id, price_ticks=stop.price, qty_lots=stop.qty, leaves_lots=stop.leaves,
        account_id=stop.account_id, instrument_id=stop.instrument_id, side=stop.side,
    )  # fmt: skip
    end_ties_of_fired(venue, stop)
    held = stop.hold + stop.borrow
    venue.set_hold(stop, 0)
    spent = match(venue, stop)
    still_there = stop.order_id in venue.orders
    if still_there and stop.tif in (Tif.GTC, Tif.GTD) and not venue.has_index_room():
        venue.cancel(stop, Reject.NO_ROOM)
    finish(venue, stop, held, spent)


def end_ties_of_fired(venue: Venue, stop: Order) -> None:
    """K-1 and K-2: its partner, then its parent."""
    venue.end_partner(stop)
    parent = stop.parent
    if parent is not None:
        parent.children.remove(stop)
        stop.parent, stop.link = None, 0
        venue.cancel(parent, Reject.BY_OTHER)


# --- Trailing: T-6 -----------------------------------------------------------------------------------


def follow(venue: Venue, instrument: Instrument) -> dict[Source, tuple[int, int]]:
    """All trailing orders of an instrument, the first entered first. Returns the ranges there are then."""
    found: dict[Source, tuple[int, int]] = {}
    trailing = [
        order for order in venue.orders.values() if order.trail and order.instrument_id == instrument.instrument_id
    ]
    for order in sorted(trailing, key=lambda each: each.entry_seq):
        trigger = followed(instrument, order)
        if trigger == order.trigger or order.is_asleep or instrument.status in SHUT or not venue.has_index_room():
            continue
        venue.dequeue(order)
        order.trigger = trigger
        venue.enqueue(order)
        price = present_price(venue, instrument, order.source)
        if order.is_met_by(price):
            found[order.source] = (price, price)
    return found


def followed(instrument: Instrument, order: Order) -> int:
    """Where its trigger goes."""
    if order.source not in instrument.ranges:
        return order.trigger
    low, high = instrument.ranges[order.source]
    if order.waits_for_rise:
        return min(order.trigger, low + order.trail)
    return max(order.trigger, high - order.trail)
