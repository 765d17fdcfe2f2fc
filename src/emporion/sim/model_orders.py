"""Entry, replacement and cancellation of orders: docs/rules/orders.md."""

from collections.abc import Callable
from types import SimpleNamespace

from emporion.schema.codes import Event, InstrumentStatus, Limit, Link, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import DISPLAY_PARTS_MAX, PPM, STOPS_PER_COMMAND, TIED_MAX, TRAILING_MAX, TS_MAX
from emporion.sim import model_margin_orders as money
from emporion.sim.model_delivery import hold_and_borrow, shrink_in_place, split
from emporion.sim.model_links import check_tie, present_price, tell_children, tie, tied_orders
from emporion.sim.model_match import can_fill, finish, match, meets, opposite, protection
from emporion.sim.model_positions import is_being_liquidated
from emporion.sim.model_records import Account, ClientKey, Instrument, Order
from emporion.sim.model_state import Refusal, Venue, require
from emporion.sim.model_triggers import fire_stops

Row = SimpleNamespace
NO_EXTRA = Row(display_lots=0, trigger_price_ticks=0, expire_ns=0, trail_ticks=0, related_id=0, link=0)
ALL_FLAGS = sum(OrderFlag)


# --- PLACE -------------------------------------------------------------------------------------------


def place(venue: Venue, row: Row, data: list[Row]) -> None:
    """O-1."""
    extra = data[0] if data else NO_EXTRA
    with_stops(venue, row.instrument_id, lambda: enter(venue, row, extra))


def with_stops(venue: Venue, instrument_id: int, act: Callable[[], None]) -> None:
    """T-4: stops still to fire on a known instrument go before the act and after it, refused or not."""
    instrument = venue.instruments.get(instrument_id)
    if instrument is None:
        act()
        return
    fire_stops(venue, instrument, STOPS_PER_COMMAND)
    try:
        act()
    except Refusal as refusal:
        venue.refuse(refusal)
    fire_stops(venue, instrument, STOPS_PER_COMMAND)


def enter(venue: Venue, row: Row, extra: Row) -> None:
    enter_order(venue, *admit(venue, row, extra))


def enter_order(venue: Venue, order: Order, related: Order | None = None, twap_id: int = 0) -> None:
    """Of an order that is admitted; as a slice of a TWAP it tells so."""
    instrument = venue.instruments[order.instrument_id]

    # Nothing can fail from here on.
    order.order_id = venue.order_slots.take()
    venue.orders[order.order_id] = order
    if order.account_id in venue.margins:
        money.open_holdings(venue, order)
    if instrument.base:
        venue.balance(order.account_id, instrument.base)
    venue.balance(order.account_id, instrument.quote)
    if order.expire_ns:
        venue.order_deadlines[order.order_id] = (order.expire_ns, venue.seq)
    if order.client_key is not None:
        venue.record_client_id(order.client_key, order.order_id)
    tie(venue, order, related)
    need = venue.entry_hold(order, order.qty)
    report_entered(venue, order, split(venue, order, need)[0], twap_id)
    if order.is_waiting:  # T-1
        hold_and_borrow(venue, order, need)
        if not order.is_asleep:
            venue.enqueue(order)
        elif order.parent is not None:
            tell_children(venue, order.parent)
    else:
        spent = match(venue, order)
        finish(venue, order, need, spent)


def report_entered(venue: Venue, order: Order, amount: int, twap_id: int) -> None:
    fields = {
        "order_id": order.order_id, "price_ticks": order.price, "qty_lots": order.qty, "leaves_lots": order.qty,
        "side": order.side, "account_id": order.account_id, "instrument_id": order.instrument_id,
    }  # fmt: skip
    if twap_id:
        venue.emit(Event.TWAP_SLICED, **fields, amount_atoms=twap_id)
        return
    asset_id = venue.instruments[order.instrument_id].held_asset(order.side)
    venue.emit(Event.ACCEPTED, **fields, amount_atoms=amount, asset_id=asset_id, flags=order.flags)


def admit(venue: Venue, row: Row, extra: Row) -> tuple[Order, Order | None]:
    """Every reason to refuse a PLACE, in order; else the order, without an id, and the other one of its tie. O-1."""
    is_stop, is_market = bool(row.flags & OrderFlag.STOP), bool(row.flags & OrderFlag.MARKET)
    is_post_only = bool(row.flags & OrderFlag.POST_ONLY)

    require(row.side in (Side.BUY, Side.SELL), Reject.BAD_SIDE)
    require(row.tif in tuple(Tif), Reject.BAD_TIF)
    require(row.stp in tuple(Stp), Reject.BAD_STP)
    require(row.flags & ~ALL_FLAGS == 0, Reject.BAD_FLAGS)
    numbers = (extra.display_lots, extra.trigger_price_ticks, extra.expire_ns, extra.trail_ticks, extra.related_id)
    require(min(numbers) >= 0 and extra.link in tuple(Link), Reject.BAD_VALUE)

    account = known_trader(venue, row.account_id)
    key = (row.account_id, row.cl_ord_id_hi, row.cl_ord_id_lo)
    has_client_id = key[1:] != (0, 0)
    venue.refuse_duplicate(key)
    require(not account.is_frozen and not is_being_liquidated(venue, row.account_id), Reject.ACCOUNT_FROZEN)

    require(row.instrument_id in venue.instruments, Reject.UNKNOWN_INSTRUMENT)
    instrument = venue.instruments[row.instrument_id]
    is_immediate = row.tif in (Tif.IOC, Tif.FOK)
    status = instrument.status
    require(status not in (InstrumentStatus.HALTED, InstrumentStatus.CLOSED), Reject.BAD_STATUS)
    require(not (status == InstrumentStatus.PRE_OPEN and not is_stop and is_immediate), Reject.BAD_STATUS)
    require(status != InstrumentStatus.POST_ONLY or is_post_only, Reject.POST_ONLY_STATUS)
    is_contract = row.instrument_id in venue.contracts
    require(not is_contract or row.account_id in venue.margins, Reject.NOT_A_MARGIN_ACCOUNT)

    require(not (is_post_only and (is_market or is_stop or is_immediate)), Reject.BAD_COMBINATION)
    require(not (is_market and not is_stop and not is_immediate), Reject.BAD_COMBINATION)
    require(not (is_market and is_stop and row.tif != Tif.IOC), Reject.BAD_COMBINATION)
    require(not (is_stop and row.tif == Tif.FOK), Reject.BAD_COMBINATION)
    require(not (extra.display_lots and (is_stop or is_immediate)), Reject.BAD_COMBINATION)
    require(not (row.tif == Tif.FOK and row.stp == Stp.DECREMENT), Reject.BAD_COMBINATION)
    require(not (extra.trigger_price_ticks and not is_stop), Reject.BAD_COMBINATION)
    require(not (extra.expire_ns and row.tif != Tif.GTD), Reject.BAD_COMBINATION)
    only_reduces = bool(row.flags & OrderFlag.REDUCE_ONLY)
    require(not (only_reduces and (not is_contract or extra.display_lots)), Reject.BAD_COMBINATION)
    require(wait_is_sound(row, extra, is_contract), Reject.BAD_COMBINATION)

    require(row.qty_lots > 0, Reject.BAD_QTY)
    require(row.qty_lots >= instrument.qty_min, Reject.QTY_TOO_SMALL)
    require(row.qty_lots <= instrument.qty_max, Reject.QTY_TOO_LARGE)
    require(row.price_ticks > 0 or (row.price_ticks == 0 and is_market), Reject.BAD_PRICE)
    require(row.price_ticks <= instrument.price_max, Reject.PRICE_TOO_HIGH)
    if extra.display_lots:
        require(extra.display_lots <= row.qty_lots, Reject.BAD_DISPLAY)
        require(extra.display_lots * DISPLAY_PARTS_MAX >= row.qty_lots, Reject.BAD_DISPLAY)
    if is_stop:
        require(1 <= extra.trigger_price_ticks <= instrument.price_max, Reject.BAD_TRIGGER)
        require(extra.trail_ticks <= instrument.price_max, Reject.BAD_TRIGGER)
    if row.tif == Tif.GTD:
        require(venue.now < extra.expire_ns <= TS_MAX, Reject.BAD_EXPIRY)

    if is_stop:
        require(not instrument.ranges, Reject.TRIGGERS_PENDING)
    start = extra.trigger_price_ticks if is_stop else instrument.best(opposite(row.side))
    if is_market:
        require(start != 0, Reject.NO_LIQUIDITY)
        require(row.price_ticks != 0 or instrument.band_ppm != 0, Reject.PRICE_REQUIRED)
        limit = protection(instrument, row.side, start, row.price_ticks)
    else:
        limit = row.price_ticks
        require(in_band(instrument, limit, extra.trigger_price_ticks), Reject.OUTSIDE_BAND)
    maker_ppm, taker_ppm = venue.fees.get((instrument.fee_schedule, account.fee_tier), (0, 0))
    order = Order(
        order_id=0, account_id=row.account_id, owner_id=account.master_id, instrument_id=row.instrument_id,
        side=row.side, tif=row.tif, flags=row.flags, stp=row.stp, price=limit, qty=row.qty_lots, leaves=row.qty_lots,
        display=extra.display_lots, trigger=extra.trigger_price_ticks, expire_ns=extra.expire_ns,
        entry_seq=venue.seq, maker_ppm=maker_ppm, taker_ppm=taker_ppm, is_waiting=is_stop,
        client_key=key if has_client_id else None, trail=extra.trail_ticks, link=extra.link,
        is_tied=extra.link != Link.NONE,
    )  # fmt: skip
    if is_stop and extra.link != Link.CHILD:  # T-2
        require(not order.is_met_by(present_price(venue, instrument, order.source)), Reject.WOULD_TRIGGER)

    require_notional(instrument, limit * row.qty_lots)
    if not is_stop:
        require_no_match(instrument, row.side, limit, is_post_only)
    if row.tif == Tif.FOK:
        fills = can_fill(venue, instrument, row.side, limit, row.qty_lots, account.master_id, row.stp)
        require(fills, Reject.FOK_UNFILLABLE)

    money.check_limits(venue, order, order.price, order.leaves, is_new=True)
    related = check_tie(venue, order, extra.related_id)
    if row.account_id in venue.margins:
        money.check_new(venue, order)
    else:
        free = venue.free(row.account_id, instrument.held_asset(row.side))
        require(free >= venue.entry_hold(order, order.qty), Reject.INSUFFICIENT_FUNDS)

    require(venue.order_slots.has_room(venue.limits[Limit.ORDERS]), Reject.TABLE_FULL)
    needs_second = related is not None and not related.has_extra
    require(money.has_extra_room(venue, order.has_extra + needs_second), Reject.TABLE_FULL)
    if order.trail:
        others = [each for each in venue.orders.values() if each.trail and each.instrument_id == row.instrument_id]
        require(len(others) < TRAILING_MAX, Reject.TABLE_FULL)
    if order.link == Link.POSITION:
        require(len(tied_orders(venue, row.account_id)) < TIED_MAX, Reject.TABLE_FULL)
    require(row.tif != Tif.GTD or venue.has_deadline_room(), Reject.TABLE_FULL)
    require(not has_client_id or venue.has_client_id_room(), Reject.TABLE_FULL)
    rows = [(row.account_id, asset_id) for asset_id in (instrument.base, instrument.quote) if asset_id]
    require(venue.has_balance_room(*rows), Reject.TABLE_FULL)
    require((is_immediate and not is_stop) or venue.has_index_room(), Reject.TABLE_FULL)
    return order, related


def wait_is_sound(row: Row, extra: Row, is_contract: bool) -> bool:
    """O-1, 5: what is said of the price it waits for, and of what it is tied to."""
    is_stop = bool(row.flags & OrderFlag.STOP)
    by_mark, by_index = bool(row.flags & OrderFlag.ON_MARK), bool(row.flags & OrderFlag.ON_INDEX)
    takes_profit = bool(row.flags & OrderFlag.TAKE_PROFIT)
    only_reduces = bool(row.flags & OrderFlag.REDUCE_ONLY)
    ends_with_other = extra.link in (Link.CHILD, Link.POSITION)
    is_bad = (
        (not is_stop and (takes_profit or by_mark or by_index or extra.trail_ticks > 0))
        or (by_mark and by_index)
        or (not is_contract and (by_mark or by_index or extra.trail_ticks > 0 or ends_with_other))
        or (takes_profit and extra.trail_ticks > 0)
        or (extra.related_id != 0 and extra.link in (Link.NONE, Link.POSITION))
        or (extra.link == Link.CANCELS_OTHER and row.tif in (Tif.IOC, Tif.FOK) and not is_stop)
        or (ends_with_other and not (is_stop and only_reduces))
    )
    return not is_bad


def known_trader(venue: Venue, account_id: int) -> Account:
    require(account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
    account = venue.accounts[account_id]
    require(not account.is_system, Reject.SYSTEM_ACCOUNT)
    return account


def in_band(instrument: Instrument, price: int, trigger: int) -> bool:
    """O-5; the trigger is 0 for an order that is no stop."""
    middle = trigger or instrument.last_price or instrument.reference
    if instrument.band_ppm == 0 or middle == 0:
        return True
    width = middle * instrument.band_ppm // PPM
    return middle - width <= price <= middle + width


def require_notional(instrument: Instrument, tick_lots: int) -> None:
    notional = tick_lots * instrument.atoms_per_tick_lot
    require(notional >= instrument.notional_min, Reject.NOTIONAL_TOO_SMALL)
    require(notional <= instrument.notional_max, Reject.NOTIONAL_TOO_LARGE)


def require_no_match(instrument: Instrument, side: int, limit: int, is_post_only: bool) -> None:
    if is_post_only or instrument.status == InstrumentStatus.PRE_OPEN:
        require(not meets(side, limit, instrument.best(opposite(side))), Reject.WOULD_MATCH)


# --- REPLACE -------------------------------------------------------------------------------------------


def replace(venue: Venue, row: Row, data: list[Row]) -> None:
    """O-7."""
    key = (row.account_id, row.cl_ord_id_hi, row.cl_ord_id_lo)
    target = find(venue, row, key)
    with_stops(venue, target.instrument_id if target else 0, lambda: change(venue, row, key))


def change(venue: Venue, row: Row, key: ClientKey) -> None:
    account = known_trader(venue, row.account_id)
    if row.order_id != 0:
        venue.refuse_duplicate(key)
    require(not account.is_frozen and not is_being_liquidated(venue, row.account_id), Reject.ACCOUNT_FROZEN)
    order = require_order(venue, row, key)
    instrument = venue.instruments[order.instrument_id]
    require(instrument.status not in (InstrumentStatus.HALTED, InstrumentStatus.CLOSED), Reject.BAD_STATUS)
    is_post_only = bool(order.flags & OrderFlag.POST_ONLY)
    require(instrument.status != InstrumentStatus.POST_ONLY or is_post_only, Reject.POST_ONLY_STATUS)
    require(not (row.price_ticks and order.flags & OrderFlag.MARKET), Reject.BAD_COMBINATION)
    is_tied = order.is_waiting and order.link in (Link.CHILD, Link.POSITION)
    require(not is_tied, Reject.BAD_COMBINATION)  # K-4
    require(row.qty_lots > 0, Reject.BAD_QTY)
    if row.qty_lots <= order.done:
        venue.cancel(order, Reject.BY_REPLACE)
        return

    price = row.price_ticks or order.price
    is_new_price = price != order.price
    leaves = row.qty_lots - order.done
    keeps_place = not is_new_price and row.qty_lots <= order.qty
    new_key = key if row.order_id != 0 and key[1:] != (0, 0) else None
    require(row.qty_lots >= instrument.qty_min, Reject.QTY_TOO_SMALL)
    require(row.qty_lots <= instrument.qty_max, Reject.QTY_TOO_LARGE)
    require(price > 0, Reject.BAD_PRICE)
    require(price <= instrument.price_max, Reject.PRICE_TOO_HIGH)
    if order.display:
        require(order.display * DISPLAY_PARTS_MAX >= row.qty_lots, Reject.BAD_DISPLAY)
    if is_new_price:
        require(in_band(instrument, price, order.trigger if order.is_waiting else 0), Reject.OUTSIDE_BAND)
    require_notional(instrument, price * row.qty_lots)
    if is_new_price and not order.is_waiting:
        require_no_match(instrument, order.side, price, is_post_only)
    is_margin = order.account_id in venue.margins
    risk, has_borrowed = order.risk, order.has_borrowed
    if is_margin and not keeps_place:  # P-5
        money.check_limits(venue, order, price, leaves, is_new=False)
        risk, will_borrow = money.check_changed(venue, order, price, leaves)
        has_borrowed |= will_borrow
    elif not is_margin:
        old_price, order.price = order.price, price
        need = venue.entry_hold(order, leaves)
        order.price = old_price
        free = venue.free(order.account_id, instrument.held_asset(order.side))
        require(free + order.hold >= need, Reject.INSUFFICIENT_FUNDS)
    require(new_key is None or venue.has_client_id_room(), Reject.TABLE_FULL)
    require(order.has_extra or money.has_extra_room(venue, has_borrowed), Reject.TABLE_FULL)
    require(keeps_place or venue.has_index_room(), Reject.TABLE_FULL)

    # Nothing can fail from here on.
    if new_key is not None:
        venue.record_client_id(new_key, order.order_id)
        if order.client_key is not None:
            venue.end_client_id(order.client_key, OrderStatus.REPLACED)
        order.client_key = new_key
    if keeps_place:
        order.qty = row.qty_lots
        venue.set_leaves(order, leaves)
        shrink_in_place(venue, order)
        report_replaced(venue, order, order.hold)
        return
    venue.dequeue(order)
    venue.set_hold(order, 0)
    order.price, order.qty, order.leaves, order.risk = price, row.qty_lots, leaves, risk
    order.has_borrowed = has_borrowed
    need = venue.entry_hold(order, leaves)
    report_replaced(venue, order, split(venue, order, need)[0])
    if order.is_waiting:
        hold_and_borrow(venue, order, need)
        venue.enqueue(order)
    else:
        spent = match(venue, order)
        finish(venue, order, need, spent)


def report_replaced(venue: Venue, order: Order, amount: int) -> None:
    instrument = venue.instruments[order.instrument_id]
    venue.emit(
        Event.REPLACED, order_id=order.order_id, price_ticks=order.price, qty_lots=order.qty,
        leaves_lots=order.leaves, amount_atoms=amount, asset_id=instrument.held_asset(order.side), side=order.side,
        account_id=order.account_id, instrument_id=order.instrument_id,
    )  # fmt: skip


# --- CANCEL ----------------------------------------------------------------------------------------------


def cancel(venue: Venue, row: Row, data: list[Row]) -> None:
    """O-8."""
    cancel_found(venue, row, None)


def cancel_by_cl_ord_id(venue: Venue, row: Row, data: list[Row]) -> None:
    """O-9."""
    cancel_found(venue, row, (row.account_id, row.cl_ord_id_hi, row.cl_ord_id_lo))


def cancel_found(venue: Venue, row: Row, key: ClientKey | None) -> None:
    target = venue.orders.get(row.order_id) if key is None else venue.open_by_client_id(key)
    if target is not None:
        fire_stops(venue, venue.instruments[target.instrument_id], STOPS_PER_COMMAND)  # T-4
    known_trader(venue, row.account_id)
    order = venue.orders.get(row.order_id) if key is None else venue.open_by_client_id(key)
    if order is None or order.account_id != row.account_id:
        raise Refusal(Reject.UNKNOWN_ORDER)
    venue.cancel(order, Reject.BY_OWNER)


def find(venue: Venue, row: Row, key: ClientKey) -> Order | None:
    """The open order a REPLACE names: by its number, or with number 0 by the client id."""
    return venue.orders.get(row.order_id) if row.order_id else venue.open_by_client_id(key)


def require_order(venue: Venue, row: Row, key: ClientKey) -> Order:
    order = find(venue, row, key)
    if order is None or order.account_id != row.account_id:
        raise Refusal(Reject.UNKNOWN_ORDER)
    return order
