"""Who meets whom, at what price, for what fee (docs/rules/matching.md), and stops that fire (stops.md)."""

from emporion.schema.codes import Event, FillFlag, InstrumentStatus, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import CONTACTS_MAX, PPM
from emporion.sim import model_delivery as delivery
from emporion.sim import model_positions as positions
from emporion.sim.model_loans import pay_interest
from emporion.sim.model_margin import make_stale
from emporion.sim.model_records import Instrument, Order
from emporion.sim.model_settle import settle_position
from emporion.sim.model_state import Venue, ceil_div


def opposite(side: int) -> int:
    return Side.SELL if side == Side.BUY else Side.BUY


def meets(side: int, limit: int, price: int) -> bool:
    """Whether an order with this limit may trade at an opposite price; 0 is no price. M-1."""
    if price == 0:
        return False
    return limit >= price if side == Side.BUY else limit <= price


def front(instrument: Instrument, side: int, limit: int) -> Order | None:
    """The order that one of this side and limit would meet next. M-1."""
    price = instrument.best(opposite(side))
    return instrument.book[opposite(side)][price][0] if meets(side, limit, price) else None


# --- An incoming order -------------------------------------------------------------------------------


def match(venue: Venue, order: Order) -> int:
    """Let an order that holds nothing meet the book. Returns what it paid, in quote atoms.

    Afterwards it is gone (filled or cancelled) or has leaves that meet nobody.
    """
    instrument = venue.instruments[order.instrument_id]
    spent = 0
    contacts = 0
    while order.order_id in venue.orders and instrument.status == InstrumentStatus.OPEN:
        if positions.reduces_nothing(venue, order):  # P-8
            venue.cancel(order, Reject.REDUCED)
            break
        resting = front(instrument, order.side, order.price)
        if resting is None:
            break
        if contacts == CONTACTS_MAX:  # M-3
            venue.cancel(order, Reject.FILL_LIMIT)
            break
        contacts += 1
        if is_expired(venue, resting):  # M-2 (a)
            venue.expire(resting)
        elif resting.owner_id == order.owner_id:  # M-2 (b)
            prevent_self_trade(venue, order, resting)
        elif positions.reduces_nothing(venue, resting):  # P-8
            venue.cancel(resting, Reject.REDUCED)
        else:  # M-2 (c)
            spent += trade(venue, order, resting)
    return spent


def is_expired(venue: Venue, order: Order) -> bool:
    return order.tif == Tif.GTD and order.expire_ns <= venue.now  # O-10


def prevent_self_trade(venue: Venue, order: Order, resting: Order) -> None:
    """M-5, by the incoming order's mode."""
    if order.stp == Stp.DECREMENT:
        lots = min(order.leaves, resting.leaves)
        for each in (resting, order):
            if each.leaves == lots:
                venue.cancel(each, Reject.SELF_TRADE)
            else:
                decrement(venue, each, lots)
        return
    if order.stp in (Stp.CANCEL_RESTING, Stp.CANCEL_BOTH):
        venue.cancel(resting, Reject.SELF_TRADE)
    if order.stp in (Stp.CANCEL_TAKER, Stp.CANCEL_BOTH):
        venue.cancel(order, Reject.SELF_TRADE)


def decrement(venue: Venue, order: Order, lots: int) -> None:
    order.qty -= lots
    venue.set_leaves(order, order.leaves - lots)
    delivery.shrink_in_place(venue, order)
    venue.emit(
        Event.DECREMENTED, order_id=order.order_id, price_ticks=order.price, qty_lots=lots, leaves_lots=order.leaves,
        account_id=order.account_id, instrument_id=order.instrument_id, side=order.side, reason=Reject.SELF_TRADE,
    )  # fmt: skip


def trade(venue: Venue, order: Order, resting: Order) -> int:
    """M-4: one match at the resting order's price. Returns what the incoming order paid."""
    instrument = venue.instruments[order.instrument_id]
    is_contract = order.instrument_id in venue.contracts
    price = resting.price
    lots = positions.lots_of_match(venue, order, resting)
    notional = price * lots * instrument.atoms_per_tick_lot
    for each in (resting, order):  # P-6, 1 and P-9
        settle_before(venue, each)

    base = positions.fee_base(venue, order.instrument_id, price, notional)
    maker_fee = due(resting.maker_ppm, resting.maker_notional + base) - due(
        resting.maker_ppm, resting.maker_notional
    )  # M-6
    taker_fee = due(order.taker_ppm, order.taker_notional + base) - due(order.taker_ppm, order.taker_notional)
    resting.maker_notional += base
    order.taker_notional += base
    for each in (resting, order):
        venue.set_leaves(each, each.leaves - lots)
    if resting.display:
        resting.shown -= lots

    changes = []
    paid = 0
    if is_contract:
        changes.append(positions.change_position(venue, resting, price, lots, maker_fee))
        changes.append(positions.change_position(venue, order, price, lots, taker_fee))
    else:
        paid = delivery.deliver(venue, order, resting, notional, lots, (taker_fee, maker_fee))
        for each in (resting, order):  # P-9
            if each.account_id in venue.margins:
                make_stale(venue, venue.margins[each.account_id])

    liquidation = positions.liquidation_flag(venue, order, resting)
    report_fill(venue, resting, price, lots, maker_fee, FillFlag.MAKER | liquidation)
    report_fill(venue, order, price, lots, taker_fee, FillFlag.TAKER | liquidation)
    for change in changes:
        venue.emit(Event.POSITION, **change)
    if resting.leaves == 0:
        venue.dequeue(resting)
        venue.forget(resting, OrderStatus.FILLED)
    elif resting.display and resting.shown == 0:
        refresh(venue, resting)
    elif positions.reduces_nothing(venue, resting):
        venue.cancel(resting, Reject.REDUCED)
    if order.leaves == 0:
        venue.forget(order, OrderStatus.FILLED)

    instrument.last_price = price
    instrument.trades += 1
    instrument.traded_lots += lots
    if any(instrument.stops.values()):  # T-3
        low, high = instrument.pending or (price, price)
        instrument.pending = (min(low, price), max(high, price))
    return paid


def settle_before(venue: Venue, order: Order) -> None:
    """P-6, 1 and P-9: what is due on what a trade changes."""
    if order.account_id not in venue.margins:
        return
    instrument = venue.instruments[order.instrument_id]
    if order.instrument_id in venue.contracts:
        pay_interest(venue, order.account_id, instrument.quote)
        settle_position(venue, order.account_id, order.instrument_id)
        return
    pay_interest(venue, order.account_id, instrument.base)
    pay_interest(venue, order.account_id, instrument.quote)


def report_fill(venue: Venue, order: Order, price: int, lots: int, fee: int, flags: int) -> None:
    venue.emit(
        Event.FILLED, order_id=order.order_id, price_ticks=price, qty_lots=lots, leaves_lots=order.leaves,
        amount_atoms=fee, account_id=order.account_id, instrument_id=order.instrument_id,
        asset_id=venue.instruments[order.instrument_id].quote, side=order.side, flags=flags,
    )  # fmt: skip


def refresh(venue: Venue, order: Order) -> None:
    """M-4: the next slice of an iceberg, at the tail of its price."""
    order.shown = min(order.display, order.leaves)
    queue = venue.queues(order)[order.price]
    queue.remove(order)
    queue.append(order)
    venue.emit(
        Event.REFRESHED, order_id=order.order_id, price_ticks=order.price, qty_lots=order.shown,
        leaves_lots=order.leaves, account_id=order.account_id, instrument_id=order.instrument_id, side=order.side,
    )  # fmt: skip


def due(rate_ppm: int, notional: int) -> int:
    """M-6: the fee on so much, rounded up; a rebate is negative and rounded down in size."""
    if rate_ppm >= 0:
        return ceil_div(rate_ppm * notional, PPM)
    return -(-rate_ppm * notional // PPM)


def finish(venue: Venue, order: Order, entry_need: int, spent: int) -> None:
    """What is left of an order that has met everybody it could: it rests or is cancelled. O-1, O-6."""
    if order.order_id not in venue.orders:
        return
    if order.tif in (Tif.IOC, Tif.FOK):
        venue.cancel(order, Reject.IOC_REMAINDER)
        return
    need = venue.entry_hold(order, order.leaves)
    delivery.hold_and_borrow(venue, order, min(need, entry_need - spent) if order.side == Side.BUY else need)
    order.shown = min(order.display, order.leaves)
    venue.enqueue(order)


# --- Fill or kill --------------------------------------------------------------------------------------


def can_fill(venue: Venue, instrument: Instrument, side: int, limit: int, lots: int, owner_id: int, stp: int) -> bool:
    """M-7: whether other owners' orders within the limit suffice, in at most CONTACTS_MAX contacts."""
    queues = instrument.book[opposite(side)]
    cost = found = 0
    for price in sorted(queues, reverse=side == Side.SELL):
        if not meets(side, limit, price):
            return False
        hidden = []
        for resting in queues[price]:
            is_own = resting.owner_id == owner_id
            is_gone = is_expired(venue, resting)
            if is_own and not is_gone and stp in (Stp.CANCEL_TAKER, Stp.CANCEL_BOTH):
                return False
            cost += 1
            if cost > CONTACTS_MAX:
                return False
            if is_own or is_gone:
                continue
            if resting.flags & OrderFlag.REDUCE_ONLY:  # P-8
                continue
            found += resting.shown if resting.display else resting.leaves
            if found >= lots:
                return True
            if resting.display:
                hidden.append((resting.leaves - resting.shown, resting.display))
        cost += sum(ceil_div(rest, display) for rest, display in hidden)
        found += sum(rest for rest, _ in hidden)
        if cost > CONTACTS_MAX:
            return False
        if found >= lots:
            return True
    return False


# --- Stops ---------------------------------------------------------------------------------------------


def next_due(instrument: Instrument) -> Order | None:
    """The stop that fires next. T-3, T-4."""
    if instrument.pending is None:
        return None
    low, high = instrument.pending
    heads = [queue[0] for trigger, queue in instrument.stops[Side.BUY].items() if trigger <= high]
    heads += [queue[0] for trigger, queue in instrument.stops[Side.SELL].items() if trigger >= low]
    return min(heads, key=lambda stop: (stop.trigger, stop.entry_seq), default=None)


def fire_stops(venue: Venue, instrument: Instrument, most: int) -> None:
    """T-4: at most so many of the stops that are due, if the instrument is OPEN."""
    if instrument.pending is None or instrument.status != InstrumentStatus.OPEN:
        return
    for _ in range(most):
        stop = next_due(instrument)
        if stop is None:
            break
        fire(venue, stop)
    if next_due(instrument) is None:  # T-3
        instrument.pending = None
    line_up(venue, instrument)


def line_up(venue: Venue, instrument: Instrument) -> None:
    """T-4: an OPEN instrument with stops still to fire stands in the queue for CONTINUE, others do not."""
    is_waiting = instrument.status == InstrumentStatus.OPEN and instrument.pending is not None
    number = instrument.instrument_id
    if is_waiting and number not in venue.stop_queue:
        venue.stop_queue.append(number)
    elif not is_waiting and number in venue.stop_queue:
        venue.stop_queue.remove(number)


def fire(venue: Venue, stop: Order) -> None:
    """T-5."""
    if is_expired(venue, stop):
        venue.expire(stop)
        return
    venue.dequeue(stop)
    stop.is_waiting = False
    venue.emit(
        Event.TRIGGERED, order_id=stop.order_id, price_ticks=stop.price, qty_lots=stop.qty, leaves_lots=stop.leaves,
        account_id=stop.account_id, instrument_id=stop.instrument_id, side=stop.side,
    )  # fmt: skip
    held = stop.hold + stop.borrow
    venue.set_hold(stop, 0)
    spent = match(venue, stop)
    still_there = stop.order_id in venue.orders
    if still_there and stop.tif in (Tif.GTC, Tif.GTD) and not venue.has_index_room():
        venue.cancel(stop, Reject.NO_ROOM)
    finish(venue, stop, held, spent)
