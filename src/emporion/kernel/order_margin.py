"""Open orders of margin accounts: what they add to its holdings, what they hold and borrow, what their fills do.

Each change of an order's open quantity goes through here, so that the leaves of the holdings, and the sums that margin
is judged by, are always those of the open orders. Rules P-4, P-6 and P-9.
"""

import numpy as np

from emporion.kernel import emit, holdings, index, loans, margin, measure, position, ranks, risk
from emporion.kernel.arith import buy_hold, mul_div_up, share_up
from emporion.kernel.jit import hot, kernel, rare, seldom
from emporion.kernel.ledger import order_rate
from emporion.kernel.measure import quantity
from emporion.kernel.tables import take_extra
from emporion.schema.codes import Event, FillFlag, LiquidationStage, OrderFlag, Side
from emporion.schema.limits import SUPPLY_MAX

BUY = Side.BUY.value
SELL = Side.SELL.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
LIQUIDATION = FillFlag.LIQUIDATION.value
NONE = LiquidationStage.NONE.value


@kernel
def open_holdings(state, m, instrument_id, flags):
    """Makes the holdings an order will add to, and balances with them. Admission has seen to the room."""
    m = np.int64(m)
    instrument = state.instruments[instrument_id]
    if flags & REDUCE_ONLY != 0:
        holdings.open_asset(state, m, instrument.quote_asset_id)
    elif instrument.contract != 0:
        holdings.open_contract(state, m, np.int64(instrument_id))
    else:
        holdings.open_asset(state, m, instrument.base_asset_id)
        holdings.open_asset(state, m, instrument.quote_asset_id)


@kernel
def balances(state, account_id, instrument):
    """Rows of the balances an order moves; of a contract only what it settles in."""
    quote = index.find_balance(state, account_id, instrument.quote_asset_id)
    if instrument.contract != 0:
        return np.int64(0), quote
    return index.find_balance(state, account_id, instrument.base_asset_id), quote


@kernel
def enter(state, slot, m, need_atoms):
    """A new order enters its account's sums. Returns what it could hold now: the rest of its need is promised to it."""
    order = state.orders[slot]
    order.margin = m
    if order.flags & REDUCE_ONLY == 0:
        state.margins[m].orders += 1
        if state.instruments[order.instrument_id].contract != 0:
            order.base_balance = holdings.find_contract(state, m, np.int64(order.instrument_id))
    return enter_again(state, slot, need_atoms)


@kernel
def enter_again(state, slot, need_atoms):
    """The same of a replaced order, which was withdrawn."""
    order = state.orders[slot]
    m = np.int64(order.margin)
    instrument = state.instruments[order.instrument_id]
    side = np.int64(order.side)
    risk_atoms = risk_of(state, instrument, m, side, order.price_ticks, order.leaves_lots, order_rate(order), 0)
    set_risk(state, order, risk_atoms)
    add(state, order, order.leaves_lots)
    if instrument.contract != 0:
        return np.int64(0)
    free_atoms = state.balances[order.quote_balance if side == BUY else order.base_balance].free_atoms
    held = min(need_atoms, max(free_atoms, 0))
    if held < need_atoms and order.extra == 0:
        order.extra = take_extra(state)
        state.extras[order.extra].order_slot = slot
    if order.extra != 0:
        promise(state, order, need_atoms - held)
    return held


@kernel
def withdraw(state, order):
    """Takes an order out of its account's sums before its price or quantity changes. It holds nothing."""
    add(state, order, -order.leaves_lots)
    set_risk(state, order, 0)
    if order.extra != 0:
        promise(state, order, 0)


@kernel
def risk_of(state, instrument, m, side, price_ticks, lots, rate_ppm, own_atoms):
    """Micro-dollars an order loses if it fills at its limit, and its fee: rule P-4, and P-9 for what is delivered.

    Args:
        own_atoms: what an order that is replaced adds to the leaves of the asset it would get.
    """
    notional = price_ticks * lots * instrument.atoms_per_tick_lot
    fee = share_up(notional, rate_ppm) + 1
    quote_asset_id = np.int64(instrument.quote_asset_id)
    if instrument.contract != 0:
        mark_ticks = state.contracts[instrument.contract].mark_ticks
        beyond = max(price_ticks - mark_ticks if side == BUY else mark_ticks - price_ticks, 0)
        return risk.value_up(state, quote_asset_id, beyond * lots * instrument.atoms_per_tick_lot + fee)
    base_asset_id = np.int64(instrument.base_asset_id)
    base = lots * instrument.base_atoms_per_lot
    if side == BUY:
        given = risk.value_up(state, quote_asset_id, notional)
        got = _added_value(state, m, base_asset_id, base, own_atoms)
    else:
        given = risk.value_up(state, base_asset_id, base)
        got = _added_value(state, m, quote_asset_id, notional, own_atoms)
    return max(given - got, 0) + risk.value_up(state, quote_asset_id, fee)


@kernel
def _added_value(state, m, asset_id, atoms, own_atoms):
    """What more of an asset adds to an account's value, behind what it has and has on order."""
    holding = holdings.at(state, holdings.find_asset(state, m, asset_id))
    there = measure.quantity(state, holding, SUPPLY_MAX) + holding.buy_leaves - own_atoms
    return risk.value_down(state, asset_id, there + atoms) - risk.value_down(state, asset_id, there)


@hot
def contract_ref(state, order):
    """Its account's holding of the contract; 0 for none. An order that adds to it, remembers it."""
    ref = np.int64(order.base_balance)
    if ref != 0 and holdings.at(state, ref).instrument_id == order.instrument_id:
        return ref
    return holdings.find_contract(state, np.int64(order.margin), np.int64(order.instrument_id))


@kernel
def closable(state, order):
    """Lots of its account's position that a contract order may close."""
    return closable_by(state, order.margin, order.instrument_id, order.side)


@kernel
def closable_by(state, m, instrument_id, side):
    """The same of any order of this side."""
    ref = holdings.find_contract(state, m, instrument_id)
    return position.closable(holdings.at(state, ref).pos_lots, side)


@kernel
def add(state, order, lots):
    """Adds an order's lots to the leaves of its holdings, which are there; takes them off when negative."""
    if order.flags & REDUCE_ONLY != 0 or lots == 0:
        return
    instrument = state.instruments[order.instrument_id]
    m = np.int64(order.margin)
    side = np.int64(order.side)
    if instrument.contract != 0:
        margin.add_leaves(state, m, contract_ref(state, order), side, lots)
        return
    notional = order.price_ticks * lots * instrument.atoms_per_tick_lot
    base = holdings.find_asset(state, m, instrument.base_asset_id)
    quote = holdings.find_asset(state, m, instrument.quote_asset_id)
    margin.add_leaves(state, m, base, side, lots * instrument.base_atoms_per_lot)
    margin.add_leaves(state, m, quote, BUY + SELL - side, notional)


@kernel
def shrink(state, order, leaves_before):
    """After an order lost quantity other than by a fill of a contract: its leaves and its risk go with it."""
    add(state, order, order.leaves_lots - leaves_before)
    scale_risk(state, order, leaves_before)


@kernel
def scale_risk(state, order, leaves_before):
    """The part of an order's risk that its leaves still have: rule P-4."""
    if order.risk_atoms != 0:
        set_risk(state, order, mul_div_up(order.risk_atoms, order.leaves_lots, leaves_before))


@hot
def set_risk(state, order, risk_atoms):
    state.margins[order.margin].order_risk_atoms += risk_atoms - order.risk_atoms
    order.risk_atoms = risk_atoms


@rare
def leave(state, order):
    """An order that ends: nothing of it is left in its account's sums, and what it was promised is free again."""
    m = np.int64(order.margin)
    add(state, order, -order.leaves_lots)
    set_risk(state, order, 0)
    if order.flags & REDUCE_ONLY == 0:
        state.margins[m].orders -= 1
    if order.extra != 0 and state.extras[order.extra].borrow_atoms != 0:
        promise(state, order, 0)
    if state.instruments[order.instrument_id].contract != 0:
        ref = contract_ref(state, order)
        if ref != 0:
            holdings.close_if_empty(state, m, ref)


@kernel
def promise(state, order, borrow_atoms):
    """Sets what the lending account keeps ready for a BUY order of a delivery instrument, which has an extra row."""
    extra = state.extras[order.extra]
    asset = state.assets[state.instruments[order.instrument_id].quote_asset_id]
    asset.promised_atoms += borrow_atoms - extra.borrow_atoms
    extra.borrow_atoms = borrow_atoms


@kernel
def borrowed(state, order):
    """What is promised to an order now."""
    return state.extras[order.extra].borrow_atoms  # Of row 0, which is nobody's, 0.


@rare
def hold(state, order, need_atoms):
    """An order that holds nothing comes to rest: it holds what is free of its need, the rest is promised to it."""
    if state.instruments[order.instrument_id].contract != 0:
        return
    balance = state.balances[order.quote_balance if order.side == BUY else order.base_balance]
    held = min(need_atoms, max(balance.free_atoms, 0))
    _set_hold(state, order, held)
    if order.extra != 0:
        promise(state, order, need_atoms - held)
    else:
        assert held == need_atoms


@kernel
def lessen(state, order, leaves_before):
    """After a resting order lost quantity other than by a fill: its hold, loan, leaves and risk."""
    shrink(state, order, leaves_before)
    instrument = state.instruments[order.instrument_id]
    if instrument.contract != 0:
        return
    if order.side != BUY:
        _set_hold(state, order, order.leaves_lots * instrument.base_atoms_per_lot)
        return
    notional = order.price_ticks * order.leaves_lots * instrument.atoms_per_tick_lot
    need = min(buy_hold(notional, order_rate(order)), order.hold_atoms + borrowed(state, order))
    held = min(order.hold_atoms, need)
    _set_hold(state, order, held)
    if order.extra != 0:
        promise(state, order, need - held)


@rare
def release(state, order):
    """What an order holds becomes free; what it was promised stays so until it rests or ends. Returns both together."""
    need = order.hold_atoms + borrowed(state, order)
    if order.hold_atoms != 0:
        _set_hold(state, order, 0)
    return need


@kernel
def _set_hold(state, order, held_atoms):
    """As hold_for_order, of an account whose free balance may be below zero: what it owes moves with it."""
    slot = order.quote_balance if order.side == BUY else order.base_balance
    state.balances[slot].order_held_atoms += held_atoms - order.hold_atoms
    loans.shift(state, slot, order.hold_atoms - held_atoms)
    order.hold_atoms = held_atoms


@kernel
def settle_due(state, order, out):
    """What is due on the holdings that a trade is about to change: rule P-6, 1. Of a fresh account nothing is."""
    m = np.int64(order.margin)
    if m == 0 or margin.is_fresh(state, m):
        return
    instrument = state.instruments[order.instrument_id]
    if instrument.contract != 0:
        margin.settle_one(state, m, contract_ref(state, order), out)
    else:
        margin.settle_one(state, m, holdings.find_asset(state, m, instrument.base_asset_id), out)
        margin.settle_one(state, m, holdings.find_asset(state, m, instrument.quote_asset_id), out)


@kernel
def fill(state, order, instrument, lots, tick_atoms, fee_atoms):
    """Takes a fill of a contract into the account: position, gain and fee. The order's leaves have fallen already.

    Returns:
        The gain in atoms.
    """
    m = np.int64(order.margin)
    contract = state.contracts[instrument.contract]
    ref = contract_ref(state, order)
    cash = holdings.find_asset(state, m, instrument.quote_asset_id)
    holding, money = holdings.at(state, ref), holdings.at(state, cash)
    before, buys, sells = holding.pos_lots, holding.buy_leaves, holding.sell_leaves
    held = quantity(state, holding, state.risks[contract.risk].cap)
    money_held = quantity(state, money, state.risks[state.assets[instrument.quote_asset_id].risk].cap)
    if before == 0:
        holding.paid_index = contract.funding_index
    gain = position.change(holding, order.side, lots, tick_atoms)
    if order.flags & REDUCE_ONLY == 0:
        if order.side == BUY:
            holding.buy_leaves -= lots
        else:
            holding.sell_leaves -= lots
    contract.open_interest_lots += max(holding.pos_lots, 0) - max(before, 0)
    ranks.after_change(state, m, order.instrument_id, before, holding.pos_lots)
    contract.clearing_atoms -= gain
    state.balances[contract.clearing_balance].free_atoms -= gain
    loans.shift(state, order.quote_balance, gain - fee_atoms)
    if margin.is_fresh(state, m):
        margin.renew(state, m, cash, money_held, money.buy_leaves, money.sell_leaves)
        margin.renew(state, m, ref, held, buys, sells)
    scale_risk(state, order, order.leaves_lots + lots)
    return gain


@kernel
def deliver_taker(state, order, instrument, lots, notional, fee_atoms):
    """The incoming order of a delivery trade: it pays from free. Returns what it spent, if it buys."""
    base = lots * instrument.base_atoms_per_lot
    sign = 1 if order.side == BUY else -1
    if order.margin == 0:
        delivered = state.balances[order.base_balance]
        quote = state.balances[order.quote_balance]
        delivered.free_atoms += sign * base
        quote.free_atoms -= sign * notional + fee_atoms
        assert delivered.free_atoms >= 0 and quote.free_atoms >= 0
    else:
        loans.shift(state, order.base_balance, sign * base)
        loans.shift(state, order.quote_balance, -sign * notional - fee_atoms)
        _after_delivery(state, order, lots)
    return notional + fee_atoms if order.side == BUY else 0


@kernel
def deliver_maker(state, order, instrument, lots, notional, fee_atoms):
    """The resting order of a delivery trade: it pays from its hold first. Rule P-9."""
    base = lots * instrument.base_atoms_per_lot
    if order.side != BUY:
        state.balances[order.base_balance].order_held_atoms -= base
        order.hold_atoms -= base
        _receive(state, order, order.quote_balance, notional - fee_atoms)
    else:
        _receive(state, order, order.base_balance, base)
        borrow = borrowed(state, order) if order.margin != 0 else np.int64(0)
        cost = notional + fee_atoms
        rest = order.price_ticks * order.leaves_lots * instrument.atoms_per_tick_lot
        need = min(buy_hold(rest, order_rate(order)), order.hold_atoms + borrow - cost) if order.leaves_lots > 0 else 0
        assert order.hold_atoms + borrow >= cost
        held = max(min(order.hold_atoms - cost, need), 0)
        state.balances[order.quote_balance].order_held_atoms -= order.hold_atoms - held
        _receive(state, order, order.quote_balance, order.hold_atoms - held - cost)
        order.hold_atoms = held
        if order.margin != 0 and order.extra != 0:
            promise(state, order, need - held)
    if order.margin != 0:
        _after_delivery(state, order, lots)


@kernel
def _receive(state, order, balance, amount_atoms):
    if order.margin == 0:
        state.balances[balance].free_atoms += amount_atoms
    else:
        loans.shift(state, balance, amount_atoms)


@kernel
def _after_delivery(state, order, lots):
    """Balances have changed under the account's sums: they are made anew at its next touch."""
    margin.make_stale(state, order.margin)
    shrink(state, order, order.leaves_lots + lots)


@seldom
def liquidation_flag(state, maker, taker):
    """FillFlag.LIQUIDATION when either account is being liquidated."""
    if state.margins[maker.margin].stage != NONE or state.margins[taker.margin].stage != NONE:
        return LIQUIDATION
    return 0


@kernel
def emit_position(state, out, order, instrument, price_ticks, gain_atoms):
    """POSITION: what the account's position is now, and the gain that became cash."""
    holding = holdings.at(state, contract_ref(state, order))
    emit.event(
        out, state.seq, Event.POSITION.value, order.order_id, price_ticks, holding.pos_lots, holding.shown_entry_atoms,
        gain_atoms, order.account_id, order.instrument_id, instrument.quote_asset_id, order.side, 0, 0,
    )  # fmt: skip
