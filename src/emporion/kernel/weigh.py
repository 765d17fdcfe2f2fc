"""A look at a margin account without its exposures, for those that do not trade. Rule R-9.

What a sweep over a million accounts does for each: straight loops of sixteen, sums in scratch rows by group, nothing
written to the account. Open orders are left out, so it is for accounts whose row counts none.
"""

import numpy as np

from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, kernel
from emporion.kernel.measure import quantity, risk_row, short_loss, value_of
from emporion.kernel.risk import addon
from emporion.schema.limits import PAGE_HOLDINGS, SCENARIOS


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
    initial, maintenance = addons, addons
    while used != 0:
        weight = out.weights[used]
        loss = max(weight.short_atoms, 0)
        for scenario in range(SCENARIOS):
            loss = max(loss, -weight.held[scenario])
            weight.held[scenario] = 0
        initial += loss
        maintenance += share_up(loss, state.groups[used].maintenance_ppm)
        used = weight.next_group
        weight.short_atoms = 0
        weight.is_used = 0
        weight.next_group = 0
    return equity, initial, maintenance


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
