"""The same plain cases for contracts: a fresh margin account, an order without extras that meets nobody.

As in plain.py, what these functions are not sure of they leave untouched to the general code. A move at an unchanged
quantity changes nothing of an account's sums but the risk of the order, so no holding is looked at for it.

They are marked as rare so that the way of cash accounts is laid out first; measured, this costs them nothing.
"""

import numpy as np

from emporion.kernel import (
    bits,
    book,
    clients,
    emit,
    health,
    holdings,
    incoming,
    index,
    margin,
    match,
    order_margin,
    prices,
    risk,
    trigger,
)  # fmt: skip
from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, rare
from emporion.kernel.ledger import order_rate
from emporion.kernel.tables import ORDERS, free_order, has_room
from emporion.schema.codes import AccountFlag, InstrumentStatus, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import FEE_TIERS

BUY = Side.BUY.value
SELL = Side.SELL.value
OPEN = InstrumentStatus.OPEN.value
GTC = Tif.GTC.value
IOC = Tif.IOC.value
DECREMENT = Stp.DECREMENT.value
POST_ONLY = OrderFlag.POST_ONLY.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
UNFIT = AccountFlag.FROZEN.value | AccountFlag.SYSTEM.value
CANCELED_STATUS = OrderStatus.CANCELED.value
BY_OWNER = Reject.BY_OWNER.value


@rare
def cancel(state, slot, out):
    """Whether it was done. The instrument has no stops to fire and the order no extra row: plain.py has looked."""
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    if instrument.contract == 0 or order.flags & REDUCE_ONLY != 0:
        return False
    m = np.int64(order.margin)
    price_ticks, leaves_lots, side = order.price_ticks, order.leaves_lots, np.int64(order.side)
    emit.canceled(out, state.seq, order, 0, instrument.quote_asset_id, side, BY_OWNER)
    book.leave(state, slot, order, instrument, price_ticks)
    book.delist(state, slot)
    ref = order_margin.contract_ref(state, order)
    margin.add_leaves(state, m, ref, side, -leaves_lots)
    row = state.margins[m]
    row.order_risk_atoms -= order.risk_atoms
    row.orders -= 1
    holdings.close_if_empty(state, m, ref)
    if order.client_id != 0:
        clients.end(state, order.client_id, CANCELED_STATUS)
    free_order(state, slot)
    return True


@rare
def replace(state, slot, command, out):
    """Whether it was done: a move at an unchanged quantity. Instrument and tasks are as plain.py wants them."""
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    m = np.int64(order.margin)
    price_ticks, qty_lots = command.price_ticks, command.qty_lots
    if (
        instrument.contract == 0
        or order.flags & REDUCE_ONLY != 0
        or qty_lots != order.qty_lots
        or qty_lots < instrument.qty_min_lots
        or qty_lots > instrument.qty_max_lots
        or price_ticks <= 0
        or price_ticks > instrument.price_max_ticks
        or price_ticks == order.price_ticks
        or state.margins[m].stage != 0
        or not margin.is_fresh(state, m)
        or not risk.is_contract_priced(state, instrument)
    ):
        return False
    is_buy = order.side == BUY
    notional = price_ticks * instrument.atoms_per_tick_lot * qty_lots
    crosses = book.meets(instrument, is_buy, price_ticks)
    if crosses | (notional < instrument.notional_min_atoms) | (notional > instrument.notional_max_atoms):
        return False
    leaves_lots, old_ticks = order.leaves_lots, order.price_ticks
    risk_atoms = _risk(state, instrument, is_buy, price_ticks, leaves_lots, order_rate(order))
    row = state.margins[m]
    at_risk = row.order_risk_atoms + risk_atoms - order.risk_atoms
    if row.equity_atoms < row.maintenance_atoms + at_risk or not prices.can_put(state):
        return False

    emit.replaced(out, state.seq, order, command, leaves_lots, 0, instrument.quote_asset_id, np.int64(order.side))
    row.order_risk_atoms = at_risk
    order.risk_atoms = risk_atoms
    order.price_ticks = price_ticks
    book.leave(state, slot, order, instrument, old_ticks)
    book.join(state, slot, order, instrument, order.side, price_ticks)
    return True


@hot
def _risk(state, instrument, is_buy, price_ticks, lots, rate_ppm):
    """As `order_margin.risk_of`, of a contract."""
    mark_ticks = state.contracts[instrument.contract].mark_ticks
    beyond = max(bits.either(is_buy, price_ticks - mark_ticks, mark_ticks - price_ticks), 0)
    lot_ticks = lots * instrument.atoms_per_tick_lot
    fee = share_up(price_ticks * lot_ticks, rate_ppm) + 1
    return risk.value_up(state, np.int64(instrument.quote_asset_id), beyond * lot_ticks + fee)


@rare
def place(state, command, out):
    """Whether it was done. Account and instrument are there, open and without stops to fire: plain.py has looked."""
    account_id, instrument_id = np.int64(command.account_id), np.int64(command.instrument_id)
    account = state.accounts[account_id]
    instrument = state.instruments[instrument_id]
    m = np.int64(account.margin)
    side, tif, flags = np.int64(command.side), command.tif, command.flags
    price_ticks, qty_lots = command.price_ticks, command.qty_lots
    if (
        instrument.contract == 0
        or m == 0
        or qty_lots < max(instrument.qty_min_lots, 1)
        or qty_lots > instrument.qty_max_lots
        or price_ticks <= 0
        or price_ticks > instrument.price_max_ticks
        or state.margins[m].stage != 0
        or not margin.is_fresh(state, m)
        or not risk.is_contract_priced(state, instrument)
    ):
        return False
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    has_client_id = (hi | lo) != 0
    if has_client_id and not clients.can_record_new(state, account_id, hi, lo):
        return False
    is_buy = side == BUY
    notional = price_ticks * instrument.atoms_per_tick_lot * qty_lots
    crosses = book.meets(instrument, is_buy, price_ticks)
    quote = index.find_balance(state, account_id, instrument.quote_asset_id)
    ref = holdings.find_contract(state, m, instrument_id)
    if (
        (quote == 0)
        | (ref == 0)
        | (notional < instrument.notional_min_atoms)
        | (notional > instrument.notional_max_atoms)
        | (crosses & (flags != 0))
    ):
        return False
    if not _is_within_limits(state, instrument, holdings.at(state, ref), is_buy, qty_lots):
        return False
    if not has_room(state, ORDERS, 1) or not prices.can_put(state):
        return False
    fees = state.fees[instrument.fee_schedule * FEE_TIERS + account.fee_tier]
    risk_atoms = _risk(state, instrument, is_buy, price_ticks, qty_lots, max(fees.maker_ppm, fees.taker_ppm))
    if not _takes_on(state, m, ref, side, qty_lots, risk_atoms):
        return False

    slot = incoming.take(state, command, account, fees, ref, quote)
    order = state.orders[slot]
    order.margin = m
    order.risk_atoms = risk_atoms
    if has_client_id:
        order.client_id = clients.record_new(state, account_id, hi, lo, order.order_id)
    emit.accepted(out, state.seq, command, order.order_id, qty_lots, 0, instrument.quote_asset_id, side, flags)
    if bits.unforeseen(crosses | (tif == IOC)):
        match.take(state, slot, 0, out)
        trigger.fire(state, instrument_id, out)
        return True
    book.join(state, slot, order, instrument, side, price_ticks)
    book.enlist(state, slot)
    return True


@hot
def _is_within_limits(state, instrument, holding, is_buy, qty_lots):
    """Position and open interest; only sure of an order that opens all of itself, or where that fits too."""
    contract = state.contracts[instrument.contract]
    leaves = bits.either(is_buy, holding.buy_leaves, holding.sell_leaves)
    pos_lots = bits.either(is_buy, holding.pos_lots, -holding.pos_lots)
    return (pos_lots + leaves + qty_lots <= contract.position_max_lots) & (
        contract.open_interest_lots + qty_lots <= contract.open_interest_max_lots
    )


@hot
def _takes_on(state, m, ref, side, qty_lots, risk_atoms):
    """Puts an order into its account's sums when rule P-3 allows it; else they are as they were. Whether it did."""
    row = state.margins[m]
    initial_before, gross_before = row.initial_atoms, row.gross_atoms
    margin.add_leaves(state, m, ref, side, qty_lots)
    at_risk = row.order_risk_atoms + risk_atoms
    if row.initial_atoms <= initial_before and row.gross_atoms <= gross_before:
        is_taken = row.equity_atoms >= row.maintenance_atoms + at_risk
    else:
        needed = max(row.initial_atoms, health.by_leverage(row, row.gross_atoms))
        is_taken = row.equity_atoms >= needed + at_risk
    if not is_taken:
        margin.add_leaves(state, m, ref, side, -qty_lots)
        return False
    row.order_risk_atoms = at_risk
    row.orders += 1
    return True
