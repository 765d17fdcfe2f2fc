"""The three commands that make up nearly all traffic, when nothing about them is special.

An order without an iceberg, a stop or an end, in an open book without a price band, that meets
nobody: nearly every command is about such a one. Here it is judged in a few comparisons and done
at once. What these functions are not sure of they leave untouched to the general code, which
decides alone what is refused and why; whatever they do, that code would have done alike (a test
runs both).
"""

import numpy as np

from emporion.kernel import bits, book, clients, emit, index, match, plain_margin, prices, trigger
from emporion.kernel.admit import BUY, FROZEN, POST_ONLY, SELL, SYSTEM
from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, seldom
from emporion.kernel.ledger import order_rate
from emporion.kernel.tables import ORDERS, SLOT_MASK, free_order, has_room, take_order
from emporion.schema.codes import Command, Event, InstrumentStatus, OrderStatus, Reject, Stp, Tif
from emporion.schema.limits import FEE_TIERS

REPLACE = Command.REPLACE.value
OPEN = InstrumentStatus.OPEN.value
GTC = Tif.GTC.value
IOC = Tif.IOC.value
DECREMENT = Stp.DECREMENT.value
ACCEPTED = Event.ACCEPTED.value
REPLACED = Event.REPLACED.value
CANCELED = Event.CANCELED.value
NONE = Reject.NONE.value
BY_OWNER = Reject.BY_OWNER.value


@hot
def own_order(state, command):
    """Slot of the sender's open order without extras that the command names; 0 to ask the general code."""
    order_id = command.order_id
    slot = order_id & SLOT_MASK
    if slot >= len(state.orders):
        return np.int64(0)
    order = state.orders[slot]
    if order.order_id != order_id or order.account_id != command.account_id or order.extra != 0:
        return np.int64(0)
    return slot  # Of row 0 nothing is asked: it is nobody's.


@hot
def named_order(state, command):
    """The same of the order that goes by the command's client id."""
    account_id = command.account_id
    entry = state.client_ids[index.find_client_id(state, account_id, command.cl_ord_id_hi, command.cl_ord_id_lo)]
    slot = entry.order_id & SLOT_MASK
    if entry.status != 0 or slot >= len(state.orders):
        return np.int64(0)
    order = state.orders[slot]
    if order.order_id != entry.order_id or order.account_id != account_id or order.extra != 0:
        return np.int64(0)
    return slot


@hot
def cancel(state, command, out):
    """Whether it was done."""
    return _cancel(state, own_order(state, command), out)


@seldom
def by_client_id(state, command, out):
    """CANCEL_BY_CL_ORD_ID, or REPLACE of the order that goes by the client id. Whether it was done."""
    if command.order_id != 0:
        return False
    slot = named_order(state, command)
    if command.kind == REPLACE:
        return _replace(state, slot, command, out)
    return _cancel(state, slot, out)


@hot
def _cancel(state, slot, out):
    if slot == 0 or state.instruments[state.orders[slot].instrument_id].trigger_low_ticks != 0:
        return False
    order = state.orders[slot]
    if order.margin != 0:
        return plain_margin.cancel(state, slot, out)
    instrument = state.instruments[order.instrument_id]
    price_ticks, leaves_lots, held, side = order.price_ticks, order.leaves_lots, order.hold_atoms, order.side
    is_buy = side == BUY
    asset_id = bits.either(is_buy, instrument.quote_asset_id, instrument.base_asset_id)
    balance = state.balances[bits.either(is_buy, order.quote_balance, order.base_balance)]
    emit.event(
        out, state.seq, CANCELED, order.order_id, price_ticks, leaves_lots, 0, held, order.account_id,
        order.instrument_id, asset_id, side, BY_OWNER, 0,
    )  # fmt: skip
    balance.free_atoms += held
    balance.order_held_atoms -= held
    book.leave(state, slot, order, instrument, price_ticks)
    book.delist(state, slot)
    if order.client_id != 0:
        clients.end(state, order.client_id, OrderStatus.CANCELED.value)
    free_order(state, slot)
    return True


@hot
def replace(state, command, out):
    """Whether it was done."""
    if (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0:
        return False  # It gives the order a new client id.
    return _replace(state, own_order(state, command), command, out)


@hot
def _replace(state, slot, command, out):
    if slot == 0:
        return False
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    # A frozen account has open orders only while the walk that cancels them is a task.
    if (
        instrument.trigger_low_ticks | instrument.band_ppm | (instrument.status - OPEN) | np.int64(state.task_count)
    ) != 0:
        return False
    if order.margin != 0:
        return plain_margin.replace(state, slot, command, out)
    price_ticks, qty_lots = command.price_ticks, command.qty_lots
    if qty_lots <= 0:
        return False
    leaves_lots = qty_lots - (order.qty_lots - order.leaves_lots)
    if (
        leaves_lots <= 0
        or qty_lots < instrument.qty_min_lots
        or qty_lots > instrument.qty_max_lots
        or price_ticks <= 0
        or price_ticks > instrument.price_max_ticks
        or price_ticks == order.price_ticks
    ):
        return False
    old_ticks = order.price_ticks
    side = order.side
    is_buy = side == BUY
    tick_atoms = price_ticks * instrument.atoms_per_tick_lot
    lot_atoms = instrument.base_atoms_per_lot
    notional = tick_atoms * qty_lots
    ask, bid = instrument.best_ask_ticks, instrument.best_bid_ticks
    quote_asset_id, base_asset_id = instrument.quote_asset_id, instrument.base_asset_id
    quote_balance, base_balance = order.quote_balance, order.base_balance
    rate = order_rate(order)
    # Both sides in one line of code: which side it is, is what a processor can least foresee.
    amount = leaves_lots * bits.either(is_buy, tick_atoms, lot_atoms)
    asset_id = bits.either(is_buy, quote_asset_id, base_asset_id)
    balance = state.balances[bits.either(is_buy, quote_balance, base_balance)]
    crosses = bits.either(is_buy, (ask != 0) & (price_ticks >= ask), price_ticks <= bid)
    if crosses | (notional < instrument.notional_min_atoms) | (notional > instrument.notional_max_atoms):
        return False
    held = amount + share_up(amount, bits.either(is_buy, rate, 0)) + (1 if is_buy else 0)
    difference = held - order.hold_atoms
    free_atoms = balance.free_atoms - difference
    if free_atoms < 0 or not prices.can_put(state):
        return False

    emit.event(
        out, state.seq, REPLACED, order.order_id, price_ticks, qty_lots, leaves_lots, held, order.account_id,
        order.instrument_id, asset_id, side, NONE, 0,
    )  # fmt: skip
    balance.free_atoms = free_atoms
    balance.order_held_atoms += difference
    order.hold_atoms = held
    order.price_ticks = price_ticks
    order.qty_lots = qty_lots
    order.leaves_lots = leaves_lots
    book.leave(state, slot, order, instrument, old_ticks)
    book.join(state, slot, order, instrument, side, price_ticks)
    return True


@hot
def place(state, command, out):
    """Whether it was done."""
    account_id, instrument_id = np.int64(command.account_id), np.int64(command.instrument_id)
    side, tif, flags = command.side, command.tif, command.flags
    is_immediate = tif == IOC
    terms = np.int64(tif) | np.int64(flags) << 8
    if (
        account_id <= 0
        or account_id >= len(state.accounts)
        or instrument_id <= 0
        or instrument_id >= len(state.instruments)
        or (side != BUY and side != SELL)
        or command.stp < 0
        or command.stp > DECREMENT
        or bits.unforeseen((terms & ~(POST_ONLY << 8) != GTC) & (terms != IOC))  # Which of the two, is not foreseen.
    ):
        return False
    account = state.accounts[account_id]
    instrument = state.instruments[instrument_id]
    if (
        instrument.trigger_low_ticks
        | instrument.band_ppm
        | (instrument.status - OPEN)
        | (account.flags & (FROZEN | SYSTEM))
        | (account.account_id - account_id)
    ) != 0:
        return False
    if (instrument.contract | account.margin) != 0:
        return plain_margin.place(state, command, out)
    price_ticks, qty_lots = command.price_ticks, command.qty_lots
    if (
        qty_lots <= 0
        or qty_lots < instrument.qty_min_lots
        or qty_lots > instrument.qty_max_lots
        or price_ticks <= 0
        or price_ticks > instrument.price_max_ticks
    ):
        return False
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    has_client_id = (hi | lo) != 0
    if has_client_id and (index.find_client_id(state, account_id, hi, lo) != 0 or not clients.room(state)):
        return False
    is_buy = side == BUY
    ask, bid = instrument.best_ask_ticks, instrument.best_bid_ticks
    base_asset_id, quote_asset_id = instrument.base_asset_id, instrument.quote_asset_id
    base = index.find_balance(state, account_id, base_asset_id)
    quote = index.find_balance(state, account_id, quote_asset_id)
    fees = state.fees[instrument.fee_schedule * FEE_TIERS + account.fee_tier]
    maker_ppm, taker_ppm = np.int64(fees.maker_ppm), np.int64(fees.taker_ppm)
    tick_atoms = price_ticks * instrument.atoms_per_tick_lot
    lot_atoms = instrument.base_atoms_per_lot
    notional = tick_atoms * qty_lots
    crosses = bits.either(is_buy, (ask != 0) & (price_ticks >= ask), price_ticks <= bid)
    if (
        (base == 0)
        | (quote == 0)
        | (notional < instrument.notional_min_atoms)
        | (notional > instrument.notional_max_atoms)
        | (crosses & (flags != 0))
    ):
        return False
    # Both sides in one line of code, as in `replace`.
    amount = qty_lots * bits.either(is_buy, tick_atoms, lot_atoms)
    asset_id = bits.either(is_buy, quote_asset_id, base_asset_id)
    balance = state.balances[bits.either(is_buy, quote, base)]
    rate = bits.either(is_buy, max(max(maker_ppm, taker_ppm), 0), 0)
    held = amount + share_up(amount, rate) + (1 if is_buy else 0)
    free_atoms = balance.free_atoms - held
    if free_atoms < 0 or not has_room(state, ORDERS, 1) or not prices.can_put(state):
        return False

    slot = take_order(state)
    order = state.orders[slot]
    order.price_ticks = price_ticks
    order.qty_lots = qty_lots
    order.leaves_lots = qty_lots
    order.account_id = account_id
    order.owner_id = account.master_id
    order.instrument_id = instrument_id
    order.side = side
    order.tif = tif
    order.flags = flags
    order.stp = command.stp
    order.entry_seq = state.seq
    order.maker_ppm = maker_ppm
    order.taker_ppm = taker_ppm
    order.base_balance = base
    order.quote_balance = quote
    if has_client_id:
        order.client_id = clients.record_new(state, account_id, hi, lo, order.order_id)
    emit.event(
        out, state.seq, ACCEPTED, order.order_id, price_ticks, qty_lots, qty_lots, held, account_id, instrument_id,
        asset_id, side, NONE, flags,
    )  # fmt: skip
    if bits.unforeseen(crosses | is_immediate):
        match.take(state, slot, held, out)
        trigger.fire(state, instrument_id, out)
        return True
    balance.free_atoms = free_atoms
    balance.order_held_atoms += held
    order.hold_atoms = held
    book.join(state, slot, order, instrument, side, price_ticks)
    book.enlist(state, slot)
    return True
