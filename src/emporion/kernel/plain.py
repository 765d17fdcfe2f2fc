"""The three commands that make up nearly all traffic, when nothing about them is special.

An order without an iceberg, a stop or an end, in an open book without a price band, that meets
nobody: nearly every command is about such a one. Here it is judged in a few comparisons and done
at once. What these functions are not sure of they leave untouched to the general code, which
decides alone what is refused and why; whatever they do, that code would have done alike (a test
runs both).
"""

import numpy as np

from emporion.kernel import bits, book, clients, emit, incoming, index, match, plain_margin, prices, trigger, words
from emporion.kernel.admit import BUY, FROZEN, POST_ONLY, SELL, SYSTEM
from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, rare, seldom
from emporion.kernel.ledger import order_rate
from emporion.kernel.tables import ORDERS, SLOT_MASK, free_order, has_room
from emporion.schema.codes import Command, InstrumentStatus, OrderStatus, Reject, Stp, Tif
from emporion.schema.limits import FEE_TIERS

REPLACE = Command.REPLACE.value
OPEN = InstrumentStatus.OPEN.value
GTC = Tif.GTC.value
IOC = Tif.IOC.value
DECREMENT = Stp.DECREMENT.value
BY_OWNER = Reject.BY_OWNER.value

# Side, tif, flags and stp as one number, the side the lowest byte.
IMMEDIATE = (IOC ^ GTC) << 8  # The bit by which the two differ; and so the two that are plain:
PLAIN = (IOC & GTC) << 8
POSTED = POST_ONLY << 16
UNLIKE_PLAIN = 0xFFFFFF00 & ~(IMMEDIATE | POSTED | DECREMENT << 24)
assert bin(IMMEDIATE).count("1") == 1 and all(stp & ~DECREMENT == 0 for stp in Stp) and (BUY, SELL) == (1, 2)

_terms_of = words.reader("side tif flags stp")


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
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    if slot == 0 or (np.int64(order.margin) | instrument.trigger_low_ticks) != 0:
        return _cancel_of_margin(state, slot, out)
    price_ticks, held, side = order.price_ticks, order.hold_atoms, order.side
    is_buy = side == BUY
    asset_id = bits.either(is_buy, instrument.quote_asset_id, instrument.base_asset_id)
    balance = state.balances[bits.either(is_buy, order.quote_balance, order.base_balance)]
    emit.canceled(out, state.seq, order, held, asset_id, side, BY_OWNER)
    balance.free_atoms += held
    balance.order_held_atoms -= held
    book.leave(state, slot, order, instrument, price_ticks)
    book.delist(state, slot)
    if order.client_id != 0:
        clients.end(state, order.client_id, OrderStatus.CANCELED.value)
    free_order(state, slot)
    return True


@rare
def _cancel_of_margin(state, slot, out):
    if slot == 0 or state.instruments[state.orders[slot].instrument_id].trigger_low_ticks != 0:
        return False
    return plain_margin.cancel(state, slot, out)


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
    quote_asset_id, base_asset_id = instrument.quote_asset_id, instrument.base_asset_id
    quote_balance, base_balance = order.quote_balance, order.base_balance
    rate = order_rate(order)
    # Both sides in one line of code: which side it is, is what a processor can least foresee.
    amount = leaves_lots * bits.either(is_buy, tick_atoms, lot_atoms)
    asset_id = bits.either(is_buy, quote_asset_id, base_asset_id)
    balance = state.balances[bits.either(is_buy, quote_balance, base_balance)]
    crosses = book.meets(instrument, is_buy, price_ticks)
    if crosses | (notional < instrument.notional_min_atoms) | (notional > instrument.notional_max_atoms):
        return False
    held = amount + share_up(amount, bits.either(is_buy, rate, 0)) + (1 if is_buy else 0)
    difference = held - order.hold_atoms
    free_atoms = balance.free_atoms - difference
    if free_atoms < 0 or not prices.can_put(state):
        return False

    emit.replaced(out, state.seq, order, command, leaves_lots, held, asset_id, side)
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
    terms = _terms_of(command)
    side = terms & 255
    if (
        account_id == 0
        or instrument_id == 0
        or not bits.is_below(account_id, len(state.accounts))
        or not bits.is_below(instrument_id, len(state.instruments))
        or (terms & UNLIKE_PLAIN) != PLAIN
        or not bits.is_below(side - BUY, 2)
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
        qty_lots < instrument.qty_min_lots  # Which is above 0.
        or qty_lots > instrument.qty_max_lots
        or not bits.is_below(price_ticks - 1, instrument.price_max_ticks)
    ):
        return False
    has_client_id = (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0
    if has_client_id and not clients.can_record_new(state, account_id, command.cl_ord_id_hi, command.cl_ord_id_lo):
        return False
    is_buy = side == BUY
    base = index.find_balance(state, account_id, instrument.base_asset_id)
    quote = index.find_balance(state, account_id, instrument.quote_asset_id)
    fees = state.fees[instrument.fee_schedule * FEE_TIERS + account.fee_tier]
    tick_atoms = price_ticks * instrument.atoms_per_tick_lot
    notional = tick_atoms * qty_lots
    meets = book.meets(instrument, is_buy, price_ticks) | (terms & IMMEDIATE != 0)
    if (
        (base == 0)
        | (quote == 0)
        | (notional < instrument.notional_min_atoms)
        | (notional > instrument.notional_max_atoms)
        | (meets & (terms & POSTED != 0))
    ):
        return False
    # Both sides in one line of code, as in `replace`.
    amount = qty_lots * bits.either(is_buy, tick_atoms, instrument.base_atoms_per_lot)
    balance = state.balances[bits.either(is_buy, quote, base)]
    rate = bits.either(is_buy, max(fees.maker_ppm, fees.taker_ppm), 0)
    held = amount + share_up(amount, rate) + (1 if is_buy else 0)
    if balance.free_atoms < held or not has_room(state, ORDERS, 1) or not prices.can_put(state):
        return False

    slot = incoming.take(state, command, account, fees, base, quote)
    order = state.orders[slot]
    if has_client_id:
        order.client_id = clients.record_new(
            state, account_id, command.cl_ord_id_hi, command.cl_ord_id_lo, order.order_id
        )
    asset_id = bits.either(is_buy, instrument.quote_asset_id, instrument.base_asset_id)
    emit.accepted(out, state.seq, command, order.order_id, qty_lots, held, asset_id, side, terms >> 16 & 255)
    if bits.unforeseen(meets):
        match.take(state, slot, held, out)
        trigger.fire(state, instrument_id, out)
        return True
    balance.free_atoms -= held
    balance.order_held_atoms += held
    order.hold_atoms = held
    book.join(state, slot, order, instrument, side, price_ticks)
    book.enlist(state, slot)
    return True
