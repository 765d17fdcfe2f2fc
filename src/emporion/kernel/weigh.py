"""A look at a margin account without its exposures, for those that do not trade. Rule R-9.

What a sweep over a million accounts does for each: straight loops of sixteen, sums in scratch rows by group, nothing
written to the account. Open orders are left out, so it is for accounts whose row counts none.
"""

import numpy as np

from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, kernel, seldom
from emporion.kernel.measure import gross_of, largest, ordered_loss, quantity, risk_row, short_loss, value_of
from emporion.kernel.risk import addon
from emporion.schema.codes import Side
from emporion.schema.limits import PAGE_HOLDINGS, SCENARIOS

BUY = Side.BUY.value


@kernel
def weigh(state, m, out):
    """Equity, initial margin and maintenance margin of an account that owes nothing and has no open orders.

    What is due on its holdings must have been settled: see `margin.settle_all`. The same three numbers that a touch
    would find.
    """
    equity, addons, used = np.int64(0), np.int64(0), np.int64(0)
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if (holding.instrument_id | holding.asset_id) == 0:
                continue
            risk = state.risks[risk_row(state, holding)]
            held = quantity(state, holding, risk.cap)
            if (held | holding.entry_atoms) == 0:
                continue
            equity += value_of(state, holding, held)
            addons += addon(risk, abs(held))
            if risk.loads > 0:
                used = _add(out, risk, 0, held, used)
                if risk.short_min_atoms != 0:
                    out.weights[risk.group_ids[0]].short_atoms += short_loss(risk, held)
            if risk.loads > 1:
                used = _add(out, risk, 1, held, used)
            if risk.loads > 2:
                used = _add(out, risk, 2, held, used)
        page = np.int64(row.next_page)
    loss, kept = _losses(state, used, out)
    return equity, addons + loss, addons + kept


@seldom
def with_orders(state, m, instrument_id, side, first, second, out):
    """Initial margin and gross of an account with its open orders, and so much more on order.

    What `health.after` answers of a fresh account, of any: arguments are the same.
    """
    instrument = state.instruments[instrument_id]
    addons, gross, used = np.int64(0), np.int64(0), np.int64(0)
    is_contract = instrument.contract != 0
    has_first, has_second = False, is_contract
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if (holding.instrument_id | holding.asset_id) == 0:
                continue
            more = np.int64(0)
            is_first = (
                holding.instrument_id == instrument_id if is_contract else holding.asset_id == instrument.base_asset_id
            )
            if is_first:
                has_first, more = True, np.int64(first)
            elif not is_contract and holding.asset_id == instrument.quote_asset_id:
                has_second, more = True, np.int64(-second)
            buys, sells = _leaves(holding, side, more)
            risk = state.risks[risk_row(state, holding)]
            held = quantity(state, holding, risk.cap)
            if holding.instrument_id != 0:
                listed = state.instruments[holding.instrument_id]
                gross += gross_of(state, listed, largest(holding.pos_lots, buys, sells))
            addons += addon(risk, largest(held, min(buys, 2 * risk.cap), min(sells, 2 * risk.cap)))
            used = _add_with_orders(out, risk, held, buys, sells, used)
        page = np.int64(row.next_page)
    nobody = state.holding_pages[0].holdings[0]
    if not has_first:
        buys, sells = _leaves(nobody, side, first)
        if is_contract:
            gross += gross_of(state, instrument, largest(0, buys, sells))
            risk = state.risks[state.contracts[instrument.contract].risk]
        else:
            risk = state.risks[state.assets[instrument.base_asset_id].risk]
        addons += addon(risk, largest(0, buys, sells))
        used = _add_with_orders(out, risk, 0, buys, sells, used)
    if not has_second:
        buys, sells = _leaves(nobody, side, -second)
        risk = state.risks[state.assets[instrument.quote_asset_id].risk]
        addons += addon(risk, largest(0, buys, sells))
        used = _add_with_orders(out, risk, 0, buys, sells, used)
    loss, _ = _losses(state, used, out)
    return addons + loss, gross


@kernel
def _leaves(holding, side, more):
    """Leaves of a holding with so much more on this side, or when negative on the other."""
    buys, sells = np.int64(holding.buy_leaves), np.int64(holding.sell_leaves)
    if (side == BUY) == (more >= 0):
        return buys + abs(more), sells
    return buys, sells + abs(more)


@kernel
def _add_with_orders(out, risk, held, buys, sells, used):
    """Adds a holding and the worst of its orders to the scratch rows of its groups."""
    buys, sells = min(buys, 2 * risk.cap), min(sells, 2 * risk.cap)
    for load in range(risk.loads):
        used = _add(out, risk, load, held, used)
        weight = out.weights[risk.group_ids[load]]
        for scenario in range(SCENARIOS):
            gain = risk.arrays[load * SCENARIOS + scenario]
            weight.held[scenario] += ordered_loss(gain, buys, sells, risk.unit_shift)
        if load == 0:
            weight.short_atoms += short_loss(risk, held - sells)
    return np.int64(used)


@kernel
def _losses(state, used, out):
    """Sum of the losses of the groups used, and of the part of each that must stay covered; scratch rows cleared."""
    losses, kept = np.int64(0), np.int64(0)
    while used != 0:
        weight = out.weights[used]
        loss = max(weight.short_atoms, 0)
        for scenario in range(SCENARIOS):
            loss = max(loss, -weight.held[scenario])
            weight.held[scenario] = 0
        losses += loss
        kept += share_up(loss, state.groups[used].maintenance_ppm)
        used = weight.next_group
        weight.short_atoms = 0
        weight.is_used = 0
        weight.next_group = 0
    return losses, kept


@hot
def _add(out, risk, load, held, used):
    """Adds a holding to the scratch row of one of its groups. Returns the first of those used."""
    group_id = np.int64(risk.group_ids[load])
    weight = out.weights[group_id]
    if weight.is_used == 0:
        weight.is_used = 1
        weight.next_group = used
        used = group_id
    shift = risk.unit_shift
    for scenario in range(SCENARIOS):
        weight.held[scenario] += (held * risk.arrays[load * SCENARIOS + scenario]) >> shift
    return used
