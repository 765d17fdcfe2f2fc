"""Who meets whom, at what price, for what fee: docs/rules/matching.md."""

from emporion.schema.codes import Event, FillFlag, InstrumentStatus, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import CONTACTS_MAX, PPM
from emporion.sim import model_delivery as delivery
from emporion.sim import model_links as links
from emporion.sim import model_positions as positions
from emporion.sim.model_loans import pay_interest
from emporion.sim.model_margin import make_stale
from emporion.sim.model_records import Instrument, Order, Source
from emporion.sim.model_settle import settle_position
from emporion.sim.model_state import Venue, ceil_div


def opposite(side: int) -> int:
    return Side.SELL if side == Side.BUY else Side.BUY


def meets(side: int, limit: int, price: int) -> bool:
    """Whether an order with this limit may trade at an opposite price; 0 is no price. M-1."""
    if price == 0:
        return False
    return limit >= price if side == Side.BUY else limit <= price


def protection(instrument: Instrument, side: int, start: int, own: int) -> int:
    """O-4: the limit of a market order that starts from this price."""
    width = start * instrument.band_ppm // PPM
    if instrument.band_ppm == 0:
        return own
    if side == Side.BUY:
        limit = min(start + width, instrument.price_max)
        return own if own and own < limit else limit
    limit = max(start - width, 1)
    return own if own and own > limit else limit


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
    venue.matching = order
    spent = 0
    contacts = 0
    while order.order_id in venue.orders and instrument.status == InstrumentStatus.OPEN:
        if positions.reduces_nothing(venue, order):  # P-8
            end_incoming(venue, order, Reject.REDUCED)
            break
        resting = front(instrument, order.side, order.price)
        if resting is None:
            break
        if contacts == CONTACTS_MAX:  # M-3
            end_incoming(venue, order, Reject.FILL_LIMIT)
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
    if order.order_id in venue.orders:
        links.tell_children(venue, order)
    return spent


def end_incoming(venue: Venue, order: Order, reason: Reject) -> None:
    """It stops matching, and ends. K-2."""
    links.tell_children(venue, order)
    venue.cancel(order, reason)


def is_expired(venue: Venue, order: Order) -> bool:
    return order.tif == Tif.GTD and order.expire_ns <= venue.now  # O-10


def prevent_self_trade(venue: Venue, order: Order, resting: Order) -> None:
    """M-5, by the incoming order's mode."""
    if order.stp == Stp.DECREMENT:
        lots = min(order.leaves, resting.leaves)
        for each in (resting, order):
            if each.leaves == lots and each is order:
                end_incoming(venue, order, Reject.SELF_TRADE)
            elif each.leaves == lots:
                venue.cancel(each, Reject.SELF_TRADE)
            else:
                decrement(venue, each, lots)
        return
    if order.stp in (Stp.CANCEL_RESTING, Stp.CANCEL_BOTH):
        venue.cancel(resting, Reject.SELF_TRADE)
    if order.stp in (Stp.CANCEL_TAKER, Stp.CANCEL_BOTH):
        end_incoming(venue, order, Reject.SELF_TRADE)


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
    shown = resting.shown - lots
    for each in (resting, order):
        venue.set_leaves(each, each.leaves - lots)
    if resting.display:
        resting.shown = shown

    changes = []
    before: dict[int, int] = {}
    paid = 0
    if is_contract:
        before = {
            each.account_id: positions.position(venue, each.account_id, each.instrument_id).pos
            for each in (resting, order)
        }
        changes.append(positions.change_position(venue, resting, price, lots, maker_fee))
        changes.append(positions.change_position(venue, order, price, lots, taker_fee))
    else:
        paid = delivery.deliver(venue, order, resting, notional, lots, (taker_fee, maker_fee))
        for each in (resting, order):  # P-9
            if each.account_id in venue.margins:
                make_stale(venue, venue.margins[each.account_id])

    instrument.last_price = price
    instrument.trades += 1
    instrument.traded_lots += lots
    if instrument.waiting(Source.LAST):  # T-3
        links.widen(instrument, Source.LAST, price)
    liquidation = positions.liquidation_flag(venue, order, resting)
    report_fill(venue, resting, price, lots, maker_fee, FillFlag.MAKER | liquidation)
    report_fill(venue, order, price, lots, taker_fee, FillFlag.TAKER | liquidation)
    for change in changes:
        venue.emit(Event.POSITION, **change)
    links.after_trade(venue, order, resting, before)
    if resting.leaves == 0:
        venue.dequeue(resting)
        venue.forget(resting, OrderStatus.FILLED)
    elif resting.display and resting.shown == 0:
        refresh(venue, resting)
    elif positions.reduces_nothing(venue, resting):
        venue.cancel(resting, Reject.REDUCED)
    if order.leaves == 0:
        links.tell_children(venue, order)
        venue.forget(order, OrderStatus.FILLED)
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
    if order.order_id in venue.orders:
        rest_or_cancel(venue, order, entry_need, spent)
    venue.matching = None


def rest_or_cancel(venue: Venue, order: Order, entry_need: int, spent: int) -> None:
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
