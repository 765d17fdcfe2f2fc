"""Continuous matching: price, then time. Rules M.

The incoming order holds nothing while it matches and pays from free; admission has made sure
that its hold at entry would cover the worst.
"""

import numpy as np

from emporion.kernel import ahead, book, emit, links, order_margin, position, prices, rings, ties, waiting
from emporion.kernel.arith import buy_hold, fee_due
from emporion.kernel.jit import hot, kernel, rare, seldom
from emporion.kernel.ledger import hold_for_order, order_rate
from emporion.kernel.tables import SLOT_MASK
from emporion.schema.codes import Event, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import CONTACTS_MAX
from emporion.schema.state import BOOK, FALLS, RISES

BUY = Side.BUY.value
SELL = Side.SELL.value
CANCELED = Event.CANCELED.value
EXPIRED = Event.EXPIRED.value
FILLED = OrderStatus.FILLED.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
REDUCED = Reject.REDUCED.value


@hot
def run(state, slot, entry_hold_atoms, is_open, is_listed, out):
    """Matches an order that is in no queue, then rests it or cancels what is left.

    Args:
        slot: the order; its hold is 0.
        entry_hold_atoms: what it could spend at most, its hold at entry.
        is_open: whether the instrument matches at all (status OPEN).
        is_listed: whether it is among its account's open orders already (a replaced order, a stop).
    """
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    spent, reason = 0, 0
    if is_open and order.flags & REDUCE_ONLY != 0 and order_margin.closable(state, order) == 0:
        reason = REDUCED
    elif is_open and book.crosses(instrument, order.side, order.price_ticks):
        spent, reason = _sweep(state, slot, order, instrument, out)
        if order.extra != 0:
            links.grow(state, slot, out)
        if order.leaves_lots == 0:
            if is_listed:
                book.delist(state, slot)
            book.finish(state, slot, FILLED)
            return
    if reason == 0:
        if order.tif == Tif.IOC or order.tif == Tif.FOK:
            reason = Reject.IOC_REMAINDER.value
        elif not prices.can_put(state):
            reason = Reject.NO_ROOM.value  # Only a stop gets here: others were refused at entry.
    if reason != 0:
        if is_listed:
            book.delist(state, slot)
        book.cancel_incoming(state, slot, CANCELED, reason, out)
        return
    if order.side == BUY and instrument.contract == 0:
        notional = order.price_ticks * order.leaves_lots * instrument.atoms_per_tick_lot
        held = min(buy_hold(notional, order_rate(order)), entry_hold_atoms - spent)
    else:
        held = order.leaves_lots * instrument.base_atoms_per_lot  # Of a contract nothing.
    hold(state, order, held)
    book.queue(state, slot)
    if not is_listed:
        book.enlist(state, slot)
        if order.extra != 0:
            book.set_end(state, order)


@hot
def hold(state, order, need_atoms):
    """An order that comes to rest holds this much: of a margin account what it has, and the rest is promised to it."""
    if order.margin == 0:
        hold_for_order(state, order, need_atoms)
    else:
        order_margin.hold(state, order, need_atoms)


@seldom
def take(state, slot, entry_hold_atoms, out):
    """`run` for a new order in an open book."""
    run(state, slot, entry_hold_atoms, True, False, out)


@seldom
def _sweep(state, slot, order, instrument, out):
    """Meets resting orders until the limit, the quantity or the bound is reached.

    Returns what a BUY order spent, and the reason to cancel the rest (0: none yet).
    """
    spent = 0
    contacts = 0
    other_side = SELL if order.side == BUY else BUY
    while order.leaves_lots > 0 and book.crosses(instrument, order.side, order.price_ticks):
        if contacts == CONTACTS_MAX:
            return spent, Reject.FILL_LIMIT.value
        contacts += 1
        resting_slot = book.front(state, instrument, other_side)
        resting = state.orders[resting_slot]
        ahead.fetch_next(state, resting_slot)
        if resting.extra != 0 and _is_expired(state, resting):
            book.cancel(state, resting_slot, EXPIRED, Reject.NONE.value, out)
        elif resting.owner_id == order.owner_id:
            if _prevent_self_trade(state, slot, order, resting_slot, resting, out):
                return spent, Reject.SELF_TRADE.value
        elif (order.margin | resting.margin) == 0:
            spent += _trade(state, order, resting_slot, resting, instrument, out)
        elif resting.flags & REDUCE_ONLY != 0 and order_margin.closable(state, resting) == 0:
            book.cancel(state, resting_slot, CANCELED, REDUCED, out)
        else:
            spent += _trade_of_margin(state, order, resting_slot, resting, instrument, out)
            if order.flags & REDUCE_ONLY != 0 and order.leaves_lots > 0 and order_margin.closable(state, order) == 0:
                return spent, REDUCED
    return spent, 0


@kernel
def _is_expired(state, order):
    expire_ns = state.extras[order.extra].expire_ns
    return expire_ns != 0 and expire_ns <= state.ts_ns


@kernel
def _trade(state, taker, maker_slot, maker, instrument, out):
    """One match at the maker's price; returns what the taker paid, if it buys."""
    lots = min(taker.leaves_lots, maker.leaves_lots)
    shown = 0
    if maker.extra != 0 and state.extras[maker.extra].display_lots != 0:
        shown = state.extras[maker.extra].shown_lots
        lots = min(taker.leaves_lots, shown)
    price_ticks = maker.price_ticks
    notional = price_ticks * lots * instrument.atoms_per_tick_lot
    base = lots * instrument.base_atoms_per_lot

    maker_done = maker.maker_notional_atoms
    maker_fee = fee_due(maker.maker_ppm, maker_done + notional) - fee_due(maker.maker_ppm, maker_done)
    maker.maker_notional_atoms = maker_done + notional
    taker_done = taker.taker_notional_atoms
    taker_fee = fee_due(taker.taker_ppm, taker_done + notional) - fee_due(taker.taker_ppm, taker_done)
    taker.taker_notional_atoms = taker_done + notional
    maker.leaves_lots -= lots
    taker.leaves_lots -= lots

    spent = 0
    if taker.side == BUY:
        spent = notional + taker_fee
        state.balances[taker.base_balance].free_atoms += base
        quote = state.balances[taker.quote_balance]
        quote.free_atoms -= spent
        assert quote.free_atoms >= 0
        state.balances[maker.quote_balance].free_atoms += notional - maker_fee
        state.balances[maker.base_balance].order_held_atoms -= base
        maker.hold_atoms -= base
    else:
        delivered = state.balances[taker.base_balance]
        delivered.free_atoms -= base
        assert delivered.free_atoms >= 0
        state.balances[taker.quote_balance].free_atoms += notional - taker_fee
        state.balances[maker.base_balance].free_atoms += base
        left = maker.hold_atoms - notional - maker_fee
        held = 0
        if maker.leaves_lots > 0:
            rest = price_ticks * maker.leaves_lots * instrument.atoms_per_tick_lot
            held = min(buy_hold(rest, order_rate(maker)), left)
        paid_from = state.balances[maker.quote_balance]
        paid_from.order_held_atoms -= maker.hold_atoms - held
        paid_from.free_atoms += left - held
        maker.hold_atoms = held
        assert left >= 0
    state.balances[instrument.fee_balance].free_atoms += maker_fee + taker_fee

    _record(state, instrument, price_ticks, lots)
    emit.filled(state, out, maker, price_ticks, lots, maker_fee, instrument.quote_asset_id, emit.MAKER)
    emit.filled(state, out, taker, price_ticks, lots, taker_fee, instrument.quote_asset_id, emit.TAKER)
    if (maker.extra | taker.extra) != 0:
        _tell_ties(state, taker, maker_slot, maker, out)
    _after_trade(state, maker_slot, maker, shown, lots, out)
    return spent


@rare
def _trade_of_margin(state, taker, maker_slot, maker, instrument, out):
    """The same of a contract, or of a delivery instrument where either is a margin account. Rules P-6 and P-9."""
    lots = min(taker.leaves_lots, maker.leaves_lots)
    shown = 0
    if maker.extra != 0 and state.extras[maker.extra].display_lots != 0:
        shown = state.extras[maker.extra].shown_lots
        lots = min(taker.leaves_lots, shown)
    if maker.flags & REDUCE_ONLY != 0:
        lots = min(lots, order_margin.closable(state, maker))
    if taker.flags & REDUCE_ONLY != 0:
        lots = min(lots, order_margin.closable(state, taker))
    price_ticks = maker.price_ticks
    notional = price_ticks * lots * instrument.atoms_per_tick_lot
    is_contract = instrument.contract != 0
    basis = notional
    order_margin.settle_due(state, maker, out)
    order_margin.settle_due(state, taker, out)
    if is_contract:
        basis = position.fee_base(state.contracts[instrument.contract], price_ticks, notional)

    maker_done = maker.maker_notional_atoms
    maker_fee = fee_due(maker.maker_ppm, maker_done + basis) - fee_due(maker.maker_ppm, maker_done)
    maker.maker_notional_atoms = maker_done + basis
    taker_done = taker.taker_notional_atoms
    taker_fee = fee_due(taker.taker_ppm, taker_done + basis) - fee_due(taker.taker_ppm, taker_done)
    taker.taker_notional_atoms = taker_done + basis
    maker.leaves_lots -= lots
    taker.leaves_lots -= lots

    spent, maker_gain, taker_gain = 0, 0, 0
    if is_contract:
        tick_atoms = price_ticks * instrument.atoms_per_tick_lot
        maker_gain = order_margin.fill(state, maker, instrument, lots, tick_atoms, maker_fee)
        taker_gain = order_margin.fill(state, taker, instrument, lots, tick_atoms, taker_fee)
    else:
        order_margin.deliver_maker(state, maker, instrument, lots, notional, maker_fee)
        spent = order_margin.deliver_taker(state, taker, instrument, lots, notional, taker_fee)
    state.balances[instrument.fee_balance].free_atoms += maker_fee + taker_fee

    _record(state, instrument, price_ticks, lots)
    flag = order_margin.liquidation_flag(state, maker, taker)
    emit.filled(state, out, maker, price_ticks, lots, maker_fee, instrument.quote_asset_id, emit.MAKER | flag)
    emit.filled(state, out, taker, price_ticks, lots, taker_fee, instrument.quote_asset_id, emit.TAKER | flag)
    if is_contract:
        order_margin.emit_position(state, out, maker, instrument, price_ticks, maker_gain)
        order_margin.emit_position(state, out, taker, instrument, price_ticks, taker_gain)
    if (maker.extra | taker.extra) != 0:
        _tell_ties(state, taker, maker_slot, maker, out)
    if is_contract:
        links.position_changed(state, np.int64(maker.margin), np.int64(maker.instrument_id), out)
        links.position_changed(state, np.int64(taker.margin), np.int64(taker.instrument_id), out)
        if maker.flags & REDUCE_ONLY != 0 and maker.leaves_lots > 0 and order_margin.closable(state, maker) == 0:
            book.cancel(state, maker_slot, CANCELED, REDUCED, out)
            return spent
    _after_trade(state, maker_slot, maker, shown, lots, out)
    return spent


@rare
def _tell_ties(state, taker, maker_slot, maker, out):
    """What the trade means for orders that are tied to those that traded: rules K-1 and K-2."""
    if maker.extra != 0 and ties.are_any(state, maker.extra):
        links.resting_traded(state, maker_slot, out)
    if taker.extra != 0 and ties.are_any(state, taker.extra):
        links.incoming_traded(state, taker.order_id & SLOT_MASK, out)


@hot
def _record(state, instrument, price_ticks, lots):
    """What an instrument remembers of a trade."""
    instrument.last_price_ticks = price_ticks
    instrument.trades += 1
    instrument.traded_lots += lots
    if instrument.tries[RISES].root != 0 or instrument.tries[FALLS].root != 0:
        waiting.widen(state, instrument, waiting.TRADES, price_ticks)


@hot
def _after_trade(state, maker_slot, maker, shown, lots, out):
    """The resting order ends when it is done; an iceberg's slice goes on."""
    if maker.leaves_lots == 0:
        book.unqueue(state, maker_slot)
        book.delist(state, maker_slot)
        book.finish(state, maker_slot, FILLED)
    elif shown != 0:
        _after_slice(state, maker_slot, maker, shown - lots, out)


@kernel
def _after_slice(state, slot, order, shown_lots, out):
    """An iceberg that traded: when its slice is used up, the next shows behind the others."""
    extra = state.extras[order.extra]
    extra.shown_lots = shown_lots
    if shown_lots > 0:
        return
    extra.shown_lots = min(extra.display_lots, order.leaves_lots)
    book.to_tail(state, slot)
    emit.of_order(
        state, out, Event.REFRESHED.value, order, order.price_ticks, extra.shown_lots, 0, 0, Reject.NONE.value, 0
    )


@kernel
def _prevent_self_trade(state, slot, order, resting_slot, resting, out):
    """Rule M-5. Returns whether the incoming order is done for."""
    reason = Reject.SELF_TRADE.value
    if order.stp == Stp.CANCEL_RESTING:
        book.cancel(state, resting_slot, CANCELED, reason, out)
        return False
    if order.stp == Stp.CANCEL_TAKER:
        return True
    if order.stp == Stp.CANCEL_BOTH:
        book.cancel(state, resting_slot, CANCELED, reason, out)
        return True
    lots = min(order.leaves_lots, resting.leaves_lots)
    if resting.leaves_lots == lots:
        book.cancel(state, resting_slot, CANCELED, reason, out)
    else:
        _decrement_resting(state, resting, lots, out)
    if order.leaves_lots == lots:
        return True
    before = order.leaves_lots
    order.leaves_lots -= lots
    order.qty_lots -= lots
    if order.margin != 0:
        order_margin.shrink(state, order, before)
    emit.of_order(state, out, Event.DECREMENTED.value, order, order.price_ticks, lots, 0, 0, reason, 0)
    return False


@kernel
def _decrement_resting(state, order, lots, out):
    before = order.leaves_lots
    order.leaves_lots -= lots
    order.qty_lots -= lots
    shrink_hold(state, order, before)
    emit.of_order(state, out, Event.DECREMENTED.value, order, order.price_ticks, lots, 0, 0, Reject.SELF_TRADE.value, 0)


@kernel
def shrink_hold(state, order, leaves_before):
    """After a resting order lost quantity: it holds, and shows, no more than what is left needs."""
    instrument = state.instruments[order.instrument_id]
    if order.margin != 0:
        order_margin.lessen(state, order, leaves_before)
    elif order.side == BUY:
        notional = order.price_ticks * order.leaves_lots * instrument.atoms_per_tick_lot
        hold_for_order(state, order, min(buy_hold(notional, order_rate(order)), order.hold_atoms))
    else:
        hold_for_order(state, order, order.leaves_lots * instrument.base_atoms_per_lot)
    if order.extra != 0:
        extra = state.extras[order.extra]
        extra.shown_lots = min(extra.shown_lots, order.leaves_lots)


@seldom
def can_fill(state, instrument, side, price_ticks, lots, stp, owner_id):
    """Whether a FOK order would fill whole: rule M-7. Changes nothing.

    At each price what is on show comes first, then the hidden quantity of its icebergs, since a
    slice refreshes behind everybody else at the price.
    """
    contacts = 0
    trie = instrument.tries[BOOK]
    level_price = book.best_opposite(instrument, side)
    while level_price != 0 and (price_ticks >= level_price if side == BUY else price_ticks <= level_price):
        hidden, hidden_contacts = 0, 0
        slot = book.head(state, trie, level_price)
        while slot != 0:
            resting = state.orders[slot]
            expired = resting.extra != 0 and _is_expired(state, resting)
            is_own = resting.owner_id == owner_id
            if is_own and not expired and stp != Stp.CANCEL_RESTING:
                return False
            contacts += 1
            if contacts > CONTACTS_MAX:
                return False
            if not (expired or is_own or resting.flags & REDUCE_ONLY != 0):  # What those may close, is not foreseen.
                shown = resting.leaves_lots
                if resting.extra != 0 and state.extras[resting.extra].display_lots != 0:
                    extra = state.extras[resting.extra]
                    shown = extra.shown_lots
                    hidden += resting.leaves_lots - shown
                    hidden_contacts += (resting.leaves_lots - shown + extra.display_lots - 1) // extra.display_lots
                lots -= shown
                if lots <= 0:
                    return True
            slot = rings.next_in_queue(state, slot)
        contacts += hidden_contacts
        if contacts > CONTACTS_MAX:
            return False
        lots -= hidden
        if lots <= 0:
            return True
        level_price = prices.above(state, trie, level_price) if side == BUY else prices.below(state, trie, level_price)
    return False
