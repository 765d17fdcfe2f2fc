"""What clients do with orders: place, replace, cancel. Rules O.

Each refuses before it touches anything; after that, nothing may fail.
"""

import numpy as np

from emporion.kernel import (
    admit,
    admit_margin,
    book,
    clients,
    emit,
    incoming,
    links,
    match,
    order_margin,
    sweep,
    trailing,
    trigger,
)
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.ledger import open_balance
from emporion.kernel.tables import open_slot, take_extra
from emporion.schema.codes import Event, InstrumentStatus, Link, OrderFlag, OrderStatus, Reject, Side
from emporion.schema.limits import FEE_TIERS

STOP = OrderFlag.STOP.value
CHILD = Link.CHILD.value
STOP_MARKET = OrderFlag.STOP.value | OrderFlag.MARKET.value


@kernel
def place(state, command, extra, out):
    """Rule O-1, with the ORDER_EXTRA row or one of zeros."""
    reason, limit_ticks, held, base, quote = admit.place(state, command, extra, out)
    if reason != Reject.NONE:
        reject(state, command, reason, out)
    else:
        enter(state, command, extra, limit_ticks, held, base, quote, 0, out)


@kernel
def enter(state, command, extra, limit_ticks, held, base, quote, twap_id, out):
    """An order that `admit.place` has taken, with what it found. From here on the command must succeed.

    Args:
        twap_id: whose slice it is; 0 for an order that is its client's own.
    """
    instrument = state.instruments[command.instrument_id]
    account = state.accounts[command.account_id]
    fees = state.fees[instrument.fee_schedule * FEE_TIERS + account.fee_tier]
    if account.margin != 0:
        order_margin.open_holdings(state, account.margin, command.instrument_id, command.flags)
        base, quote = order_margin.balances(state, command.account_id, instrument)
    if base == 0 and instrument.contract == 0:
        base = open_balance(state, command.account_id, instrument.base_asset_id)
    if quote == 0:
        quote = open_balance(state, command.account_id, instrument.quote_asset_id)
    slot = incoming.take(state, command, account, fees, base if instrument.contract == 0 else 0, quote)
    order = state.orders[slot]
    order.price_ticks = limit_ticks
    if admit.has_extra(extra):
        _add_extra(state, slot, extra)
    if (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0:
        order.client_id = clients.record(
            state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo, order.order_id
        )
    shown_atoms = held
    if account.margin != 0:
        shown_atoms = order_margin.enter(state, slot, np.int64(account.margin), held)
    if extra.link != 0:
        links.enter(state, slot, extra.related_id)
    if twap_id == 0:
        emit.of_order(
            state, out, Event.ACCEPTED.value, order, limit_ticks, order.qty_lots, shown_atoms,
            emit.held_asset(instrument, order.side), Reject.NONE.value, order.flags,
        )  # fmt: skip
    else:
        emit.of_order(
            state, out, Event.TWAP_SLICED.value, order, limit_ticks, order.qty_lots, twap_id, 0, Reject.NONE.value, 0
        )
    if order.flags & STOP != 0:
        _wait(state, slot, order, held, out)
    else:
        match.run(state, slot, held, instrument.status == InstrumentStatus.OPEN, False, out)


@kernel
def replace(state, command, out):
    """Rule O-7. A refused replace leaves the order as it was."""
    slot, reason = _replaced_order(state, command)
    if reason != Reject.NONE:
        reject(state, command, reason, out)
        return
    order = state.orders[slot]
    if command.qty_lots <= order.qty_lots - order.leaves_lots:
        book.cancel(state, slot, Event.CANCELED.value, Reject.BY_REPLACE.value, out)
        return
    price_ticks = command.price_ticks if command.price_ticks != 0 else order.price_ticks
    reason, entry_hold_atoms = admit.replace(state, command, slot, price_ticks, out)
    if reason != Reject.NONE:
        reject(state, command, reason, out)
        return

    # From here on the command must succeed.
    instrument = state.instruments[order.instrument_id]
    if command.order_id != 0 and (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0:
        if order.client_id != 0:
            clients.end(state, order.client_id, OrderStatus.REPLACED.value)
        order.client_id = clients.record(
            state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo, order.order_id
        )
    asset_id = emit.held_asset(instrument, order.side)
    leaves_lots = command.qty_lots - (order.qty_lots - order.leaves_lots)
    keeps_place = price_ticks == order.price_ticks and leaves_lots <= order.leaves_lots
    if keeps_place:
        leaves_before = order.leaves_lots
        order.qty_lots = command.qty_lots
        order.leaves_lots = leaves_lots
        match.shrink_hold(state, order, leaves_before)
        held = order.hold_atoms
    else:
        book.unqueue(state, slot)
        book.release(state, order)
        held = entry_hold_atoms
        if order.margin != 0:
            order_margin.withdraw(state, order)
        order.price_ticks = price_ticks
        order.qty_lots = command.qty_lots
        order.leaves_lots = leaves_lots
        if order.margin != 0:
            held = order_margin.enter_again(state, slot, entry_hold_atoms)
    emit.of_order(
        state, out, Event.REPLACED.value, order, price_ticks, order.qty_lots, held, asset_id, Reject.NONE.value, 0
    )
    if keeps_place:
        return
    if order.flags & STOP != 0:
        match.hold(state, order, entry_hold_atoms)
        book.queue(state, slot)
    else:
        match.run(state, slot, entry_hold_atoms, instrument.status == InstrumentStatus.OPEN, True, out)


@kernel
def cancel(state, command, out):
    reason = admit.sender(state, command.account_id)
    if reason != Reject.NONE:
        reject(state, command, reason, out)
        return
    _cancel(state, command, admit.own_order(state, command.account_id, command.order_id), out)


@kernel
def cancel_by_cl_ord_id(state, command, out):
    reason = admit.sender(state, command.account_id)
    if reason != Reject.NONE:
        reject(state, command, reason, out)
        return
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    _cancel(state, command, admit.named_order(state, command.account_id, hi, lo), out)


@kernel
def mass_cancel(state, command, out):
    """Rule W-8."""
    reason = _mass_cancel_reason(state, command)
    if reason != Reject.NONE:
        reject(state, command, reason, out)
        return
    emit.of_operator(
        state, out, Event.MASS_CANCELED.value, command.account_id, command.instrument_id, 0, 0, command.side, 0
    )
    sweep.begin(
        state, command.account_id, command.instrument_id, command.side, Reject.BY_MASS_CANCEL.value, out
    )  # fmt: skip


@kernel
def fire_stops(state, command, out):
    """Stops of the instrument that are due, before a new order and after it: rule T-4."""
    if admit.is_instrument(state, command.instrument_id):
        trigger.fire(state, command.instrument_id, out)


@kernel
def drain_for_order(state, slot, out):
    """The same before an order of the instrument is replaced or cancelled."""
    if slot != 0:
        trigger.fire(state, state.orders[slot].instrument_id, out)


@kernel
def target(state, command):
    """The open order that a REPLACE or CANCEL speaks of, whoever sends it; NOBODY for none."""
    if command.order_id != 0:
        return open_slot(state, command.order_id)
    return client_target(state, command)


@kernel
def client_target(state, command):
    """The sender's open order that goes by the command's client id; NOBODY for none."""
    if admit.sender(state, command.account_id) != Reject.NONE:
        return open_slot(state, 0)
    return admit.named_order(state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo)


@kernel
def _replaced_order(state, command):
    """The order to replace and NONE, or the reason why there is none to be had."""
    account_id = command.account_id
    reason = admit.sender(state, account_id)
    if reason != Reject.NONE:
        return 0, reason
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    if command.order_id != 0 and (hi | lo) != 0 and clients.taken(state, account_id, hi, lo) != 0:
        return 0, Reject.DUPLICATE
    account = state.accounts[account_id]
    if account.flags & admit.FROZEN != 0 or admit_margin.is_liquidated(state, account):
        return 0, Reject.ACCOUNT_FROZEN
    if command.order_id != 0:
        slot = admit.own_order(state, account_id, command.order_id)
    else:
        slot = admit.named_order(state, account_id, hi, lo)
    if slot == 0:
        return 0, Reject.UNKNOWN_ORDER
    order = state.orders[slot]
    reason = admit.replace_status(state.instruments[order.instrument_id], order.flags)
    if reason != Reject.NONE:
        return 0, reason
    if order.flags & STOP != 0 and state.extras[order.extra].link >= CHILD:
        return 0, Reject.BAD_COMBINATION
    if command.price_ticks != 0 and order.flags & STOP_MARKET == STOP_MARKET:
        return 0, Reject.BAD_COMBINATION
    if command.qty_lots <= 0:
        return 0, Reject.BAD_QTY
    return slot, Reject.NONE


@kernel
def _cancel(state, command, slot, out):
    if slot == 0:
        reject(state, command, Reject.UNKNOWN_ORDER, out)
    else:
        book.cancel(state, slot, Event.CANCELED.value, Reject.BY_OWNER.value, out)


@kernel
def _mass_cancel_reason(state, command):
    if command.side < 0 or command.side > Side.SELL:
        return Reject.BAD_SIDE
    if command.account_id != 0:
        reason = admit.sender(state, command.account_id)
        if reason != Reject.NONE:
            return reason
    has_instrument = admit.is_instrument(state, command.instrument_id)
    if not has_instrument and (command.instrument_id != 0 or command.account_id == 0):
        return Reject.UNKNOWN_INSTRUMENT
    if command.account_id == 0:
        status = state.instruments[command.instrument_id].status
        if status != InstrumentStatus.HALTED and status != InstrumentStatus.CLOSED:
            return Reject.BAD_STATUS
    return Reject.NONE if sweep.has_place(state) else Reject.BUSY


@kernel
def _add_extra(state, slot, asked):
    """The row of what only some orders have, from an ORDER_EXTRA row."""
    order = state.orders[slot]
    row = take_extra(state)
    extra = state.extras[row]
    extra.display_lots = asked.display_lots
    extra.trigger_price_ticks = asked.trigger_price_ticks
    extra.expire_ns = asked.expire_ns
    extra.trail_ticks = asked.trail_ticks
    extra.link = asked.link
    extra.order_slot = slot
    order.extra = row
    if asked.trail_ticks != 0:
        trailing.enter(state, state.instruments[order.instrument_id].contract, row)


@kernel
def _wait(state, slot, order, held, out):
    """A stop takes its hold and its place among those that wait for a price, or sleeps."""
    match.hold(state, order, held)
    if state.extras[order.extra].is_asleep == 0:
        book.queue(state, slot)
    book.enlist(state, slot)
    book.set_end(state, order)
    if state.extras[order.extra].is_asleep != 0:
        links.wake_new(state, slot, out)


@seldom
def reject(state, command, reason, out):
    """Rule O-11; a duplicate is answered with the first order and how it stands."""
    order_id = command.order_id
    flags = 0
    if reason == Reject.DUPLICATE:
        entry = clients.taken(state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo)
        order_id = state.client_ids[entry].order_id
        flags = clients.status(state, entry)
    emit.rejected(state, out, reason, order_id, command.account_id, command.instrument_id, 0, flags)
