"""A slice of what a liquidated account has goes to the book, as an order of the account that the venue sends. Rule Q-5.

It is an ordinary order to everybody it meets. Nothing of admission is asked: it can only close a position, sell what
the account has free, or buy what it owes with what it has free.
"""

import numpy as np

from emporion.kernel import choose, emit, holdings, index, loans, margin, match, order_margin, trigger
from emporion.kernel.arith import buy_hold, mul_div_down, share_down, share_up
from emporion.kernel.jit import kernel
from emporion.kernel.ledger import open_balance
from emporion.kernel.risk import value_down, value_up
from emporion.kernel.tables import BALANCES, ORDERS, has_room, take_order
from emporion.schema.codes import Event, OrderFlag, Reject, Side, Tif
from emporion.schema.limits import INSURANCE_ACCOUNT

BUY = Side.BUY.value
SELL = Side.SELL.value
ACCEPTED = Event.ACCEPTED.value
FILLED = Event.FILLED.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
IOC = Tif.IOC.value


@kernel
def reduce(state, m, ref, out):
    """Sends a slice of the chosen holding; returns the lots that traded.

    The holding may be gone afterwards, and the account's sums be stale.
    """
    holding = holdings.at(state, ref)
    is_contract = holding.instrument_id != 0
    side = choose.side_of(state, m, holding)
    instrument_id = np.int64(
        holding.instrument_id if is_contract else state.assets[holding.asset_id].sale_instrument_id
    )
    instrument = state.instruments[instrument_id]
    quote_id = np.int64(instrument.quote_asset_id)
    lots = _lots(state, holding)
    limit = _limit(state, instrument, holding, side, lots)
    if not is_contract and side == BUY:
        quote = holdings.at(state, holdings.find_asset(state, m, quote_id))
        lots = min(lots, (choose.free_of(state, quote) - 1) // (limit * instrument.atoms_per_tick_lot))
    order_id, traded, fee = np.int64(0), np.int64(0), np.int64(0)
    if lots > 0 and has_room(state, ORDERS, 1) and holdings.has_room_for_asset(state, m, quote_id):
        first_event = out.count
        quote_balance = np.int64(holdings.at(state, holdings.open_asset(state, m, quote_id)).balance)
        order_id = _trade(state, m, instrument_id, side, lots, limit, out)
        trigger.look(state, instrument_id, out)
        traded, notional = _traded(state, order_id, instrument, first_event, out)
        if notional > 0:
            margin.swept(state, m, out)
            fee = fee_of(state, m, quote_id, notional)
            fee = _pay_fee(state, m, quote_id, quote_balance, fee)
    emit.event(
        out, state.seq, Event.LIQUIDATION_STEP.value, order_id, limit, traded, lots - traded, fee,
        state.margins[m].account_id, instrument_id, quote_id, side, Reject.NONE.value, state.margins[m].stage,
    )  # fmt: skip
    return traded


@kernel
def fee_of(state, m, asset_id, notional_atoms):
    """The liquidation fee on a notional, at most what the account has, whose equity is that of now."""
    equity = np.int64(state.margins[m].equity_atoms)
    risk = state.risks[state.assets[asset_id].risk]
    if risk.value_atoms == 0 or equity <= 0:
        return np.int64(0)
    fee = share_up(notional_atoms, np.int64(state.liquidation_fee_ppm))
    if value_up(state, asset_id, fee) > equity:
        fee = mul_div_down(equity, np.int64(1) << risk.unit_shift, risk.value_atoms)
    return fee


@kernel
def _lots(state, holding):
    """How many lots the slice has. Rule Q-5."""
    lots = choose.lots_of(state, holding)
    if state.slice_ppm == 0 or choose.size_of(state, holding) < state.slice_min_atoms:
        return lots
    return max(share_up(lots, np.int64(state.slice_ppm)), 1)


@kernel
def _limit(state, instrument, holding, side, lots):
    """The worst price the slice may have: so far from the mark, or from what an asset is worth."""
    if holding.instrument_id != 0:
        reference = np.int64(state.contracts[instrument.contract].mark_ticks)
    else:
        risk = state.risks[state.assets[instrument.quote_asset_id].risk]
        worth = min(
            value_down(state, holding.asset_id, lots * instrument.base_atoms_per_lot),
            value_down(state, instrument.quote_asset_id, risk.cap),
        )
        atoms = mul_div_down(worth, np.int64(1) << risk.unit_shift, risk.value_atoms)
        reference = max(atoms // (lots * instrument.atoms_per_tick_lot), np.int64(1))
    away = share_down(reference, np.int64(state.slice_slippage_ppm))
    if side == BUY:
        return min(reference + away, np.int64(instrument.price_max_ticks))
    return min(max(reference - away, 1), np.int64(instrument.price_max_ticks))


@kernel
def _trade(state, m, instrument_id, side, lots, limit, out):
    """Enters the order and matches it; returns its id. Nothing of it is left."""
    instrument = state.instruments[instrument_id]
    account_id = np.int64(state.margins[m].account_id)
    slot = take_order(state)
    order = state.orders[slot]
    order_id = np.int64(order.order_id)
    order.price_ticks = limit
    order.qty_lots = lots
    order.leaves_lots = lots
    order.account_id = account_id
    order.owner_id = state.accounts[account_id].master_id
    order.instrument_id = instrument_id
    order.side = side
    order.tif = IOC
    order.entry_seq = state.seq
    order.quote_balance = open_balance(state, account_id, instrument.quote_asset_id)
    need = np.int64(0)
    if instrument.contract != 0:
        order.flags = REDUCE_ONLY
    else:
        order.base_balance = open_balance(state, account_id, instrument.base_asset_id)
        notional = limit * lots * instrument.atoms_per_tick_lot
        need = buy_hold(notional, 0) if side == BUY else lots * instrument.base_atoms_per_lot
    held = order_margin.enter(state, slot, m, need)
    asset_id = emit.held_asset(instrument, order.side)
    emit.of_order(state, out, ACCEPTED, order, limit, lots, held, asset_id, Reject.NONE.value, order.flags)
    match.run(state, slot, need, True, False, out)
    return order_id


@kernel
def _traded(state, order_id, instrument, first_event, out):
    """Lots and notional of an order that has just matched, from what was told of it."""
    lots, notional = np.int64(0), np.int64(0)
    for place in range(first_event, out.count):
        event = out.rows[place]
        if event.kind == FILLED and event.order_id == order_id:
            lots += event.qty_lots
            notional += event.price_ticks * event.qty_lots * instrument.atoms_per_tick_lot
    return lots, notional


@kernel
def _pay_fee(state, m, asset_id, balance, fee_atoms):
    """From the account to the insurance account; returns what was paid."""
    if fee_atoms <= 0:
        return np.int64(0)
    if index.find_balance(state, INSURANCE_ACCOUNT, asset_id) == 0 and not has_room(state, BALANCES, 1):
        return np.int64(0)
    state.balances[open_balance(state, INSURANCE_ACCOUNT, asset_id)].free_atoms += fee_atoms
    loans.shift(state, balance, -fee_atoms)
    margin.make_stale(state, m)
    return fee_atoms
