"""What must stand behind an account, and what an order would change about it. Rules R-8 and P-3.

Nothing here changes the account: `after` adds up what an order would in scratch rows of `out`, which it leaves as it
found them, zero.
"""

import numpy as np

from emporion.kernel import exposures, holdings, weigh
from emporion.kernel.jit import hot, kernel, seldom
from emporion.kernel.measure import gross_of, largest, ordered_loss, quantity, short_loss
from emporion.kernel.risk import addon
from emporion.schema.codes import Reject, Side
from emporion.schema.limits import SCENARIOS

BUY = Side.BUY.value
SELL = Side.SELL.value
NONE = Reject.NONE.value
LEVERAGE_LIMIT = Reject.LEVERAGE_LIMIT.value
INSUFFICIENT_MARGIN = Reject.INSUFFICIENT_MARGIN.value


@hot
def required(state, m):
    """Equity that a fresh account needs to take on risk: micro-dollars."""
    row = state.margins[m]
    return max(row.initial_atoms, by_leverage(row, row.gross_atoms)) + row.order_risk_atoms


@hot
def by_leverage(row, gross_atoms):
    """What the account's own cap of leverage asks for; 0 without one."""
    if row.leverage_max == 0:
        return np.int64(0)
    return (gross_atoms + (row.leverage_max - 1)) // row.leverage_max


@hot
def is_healthy(state, m):
    return state.margins[m].equity_atoms >= required(state, m)


@kernel
def order_reason(state, m, instrument_id, side, first, second, risk_atoms, out):
    """Whether a fresh account may have so much more on order. Rule P-3.

    Args:
        first: more leaves of the contract in lots, or of the base asset in atoms; negative for less.
        second: more leaves of the quote asset in atoms; 0 of a contract.
        risk_atoms: what is added to the sum of its orders' risk.
    Returns:
        NONE, LEVERAGE_LIMIT or INSUFFICIENT_MARGIN.
    """
    row = state.margins[m]
    if not exposures.is_fresh(row, state.epoch):
        return _reason_unsettled(state, m, instrument_id, side, first, second, risk_atoms, out)
    initial, gross = after(state, m, instrument_id, side, first, second, out)
    is_easing = initial <= row.initial_atoms and gross <= row.gross_atoms
    equity = row.equity_atoms - row.order_risk_atoms - risk_atoms
    return _verdict(row, is_easing, equity, row.maintenance_atoms, initial, gross)


@seldom
def _reason_unsettled(state, m, instrument_id, side, first, second, risk_atoms, out):
    """The same of an account that may owe something: only asked when nothing may change, by a preview."""
    row = state.margins[m]
    equity, _, maintenance = weigh.weigh(state, m, out)
    before, gross_before = weigh.with_orders(state, m, instrument_id, side, 0, 0, out)
    initial, gross = weigh.with_orders(state, m, instrument_id, side, first, second, out)
    is_easing = initial <= before and gross <= gross_before
    return _verdict(row, is_easing, equity - row.order_risk_atoms - risk_atoms, maintenance, initial, gross)


@hot
def _verdict(row, is_easing, equity, maintenance, initial, gross):
    """Rule P-3. The risk of orders is taken off equity already."""
    if is_easing:
        return INSUFFICIENT_MARGIN if equity < maintenance else NONE
    if row.leverage_max != 0 and equity < by_leverage(row, gross):
        return LEVERAGE_LIMIT
    return INSUFFICIENT_MARGIN if equity < initial else NONE


@kernel
def after(state, m, instrument_id, side, first, second, out):
    """Initial margin and gross of a fresh account if so much more were on order: arguments as of `order_reason`.

    Holdings and exposures that the order would open need not be there.
    """
    instrument = state.instruments[instrument_id]
    if instrument.contract != 0:
        holding = holdings.at(state, holdings.find_contract(state, m, instrument_id))
        risk = state.risks[state.contracts[instrument.contract].risk]
        used = _mark(state, holding, risk, side, first, 0, out)
        buys, sells = holding.buy_leaves, holding.sell_leaves
        if side == BUY:
            buys += first
        else:
            sells += first
        lots = largest(holding.pos_lots, buys, sells)
        gross = gross_of(state, instrument, lots) - holding.gross_atoms
        more = _addon(state, holding, risk, side, first)
    else:
        base = holdings.at(state, holdings.find_asset(state, m, instrument.base_asset_id))
        quote = holdings.at(state, holdings.find_asset(state, m, instrument.quote_asset_id))
        base_risk = state.risks[state.assets[instrument.base_asset_id].risk]
        quote_risk = state.risks[state.assets[instrument.quote_asset_id].risk]
        other = SELL if side == BUY else BUY
        used = _mark(state, base, base_risk, side, first, 0, out)
        used = _mark(state, quote, quote_risk, other, second, used, out)
        gross = np.int64(0)
        more = _addon(state, base, base_risk, side, first) + _addon(state, quote, quote_risk, other, second)
    row = state.margins[m]
    return row.initial_atoms + more + _losses(state, m, used, out), row.gross_atoms + gross


@kernel
def _mark(state, holding, risk, side, delta, used, out):
    """Adds what more leaves of a holding change to the scratch rows of its groups. Returns the first of those used."""
    buys, sells = holding.buy_leaves, holding.sell_leaves
    if side == BUY:
        buys += delta
    else:
        sells += delta
    bound, shift = 2 * risk.cap, risk.unit_shift
    buys, sells = min(buys, bound), min(sells, bound)
    old_buys, old_sells = min(holding.buy_leaves, bound), min(holding.sell_leaves, bound)
    for load in range(risk.loads):
        group_id = np.int64(risk.group_ids[load])
        weight = out.weights[group_id]
        if weight.is_used == 0:
            weight.is_used = 1
            weight.next_group = used
            used = group_id
        for scenario in range(SCENARIOS):
            gain = risk.arrays[load * SCENARIOS + scenario]
            weight.held[scenario] += ordered_loss(gain, buys, sells, shift)
            weight.held[scenario] -= ordered_loss(gain, old_buys, old_sells, shift)
        if load == 0 and risk.short_min_atoms != 0:
            held = quantity(state, holding, risk.cap)
            weight.short_atoms += short_loss(risk, held - sells) - short_loss(risk, held - old_sells)
    return np.int64(used)


@kernel
def _losses(state, m, used, out):
    """By how much the losses of the marked groups would change, and the scratch rows cleared."""
    change = np.int64(0)
    while used != 0:
        weight = out.weights[used]
        exposure = state.exposures[exposures.find(state, m, used)]
        loss = max(exposure.short_atoms + weight.short_atoms, 0)
        for scenario in range(SCENARIOS):
            loss = max(loss, -(exposure.held[scenario] + exposure.ordered[scenario] + weight.held[scenario]))
            weight.held[scenario] = 0
        change += loss - exposure.loss_atoms
        weight.short_atoms = 0
        weight.is_used = 0
        used = weight.next_group
        weight.next_group = 0
    return change


@kernel
def _addon(state, holding, risk, side, delta):
    """By how much the charge for size would change."""
    bound = 2 * risk.cap
    buys, sells = holding.buy_leaves, holding.sell_leaves
    if side == BUY:
        buys += delta
    else:
        sells += delta
    held = quantity(state, holding, risk.cap)
    return addon(risk, largest(held, min(buys, bound), min(sells, bound))) - holding.addon_atoms
