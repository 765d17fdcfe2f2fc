"""What of an account that is being liquidated is reduced next. Rule Q-4.

The holding that loses most in the worst case of what costs the account most: closing it frees most, and a
hedge, which gains there, is never taken from under what it hedges.
"""

import numpy as np

from emporion.kernel import holdings, measure
from emporion.kernel.arith import share_up
from emporion.kernel.jit import kernel
from emporion.kernel.risk import value_up
from emporion.schema.codes import InstrumentStatus, Side
from emporion.schema.limits import LOADS, NOBODY, PAGE_HOLDINGS, SCENARIOS

BUY = Side.BUY.value
SELL = Side.SELL.value
OPEN = InstrumentStatus.OPEN.value
REF_BITS = holdings.REF_BITS


@kernel
def has_position(state, m):
    return first_position(state, m) != 0


@kernel
def first_position(state, m):
    """Ref of the account's first position; 0 for none."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].pos_lots != 0:
                return page << REF_BITS | place
        page = np.int64(row.next_page)
    return np.int64(0)


@kernel
def has_debt(state, m):
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].asset_id != 0 and free_of(state, row.holdings[place]) < 0:
                return True
        page = np.int64(row.next_page)
    return False


@kernel
def has_sale(state, m):
    """Whether an asset can be sold for a debt, or a debt be bought."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].asset_id != 0 and sale_side(state, m, row.holdings[place]) != 0:
                return True
        page = np.int64(row.next_page)
    return False


@kernel
def free_of(state, holding):
    """Free balance of an asset's holding."""
    return np.int64(state.balances[holding.balance].free_atoms)


@kernel
def side_of(state, m, holding):
    """On which side a holding would be reduced; 0 when it is no candidate."""
    if holding.pos_lots != 0:
        if state.instruments[holding.instrument_id].status != OPEN:
            return np.int64(0)
        return np.int64(SELL) if holding.pos_lots > 0 else np.int64(BUY)
    if holding.asset_id != 0:
        return sale_side(state, m, holding)
    return np.int64(0)


@kernel
def lots_of(state, holding):
    """How much of a candidate there is to reduce, in lots of what it is traded on."""
    if holding.instrument_id != 0:
        return abs(holding.pos_lots)
    free = free_of(state, holding)
    asset = state.assets[holding.asset_id]
    lot = state.instruments[asset.sale_instrument_id].base_atoms_per_lot
    atoms = min(abs(free), np.int64(state.risks[asset.risk].cap))
    return atoms // lot if free > 0 else (atoms + lot - 1) // lot


@kernel
def size_of(state, holding):
    """What a candidate is worth: micro-dollars, rounded up."""
    if holding.instrument_id != 0:
        return measure.gross_of(state, state.instruments[holding.instrument_id], abs(holding.pos_lots))
    return value_up(state, holding.asset_id, abs(free_of(state, holding)))


@kernel
def sale_side(state, m, holding):
    """The same of an asset: SELL what helps to pay a debt, BUY a debt with what it is quoted in."""
    asset_id = np.int64(holding.asset_id)
    free = free_of(state, holding)
    if free == 0 or not is_for_sale(state, asset_id):
        return np.int64(0)
    asset = state.assets[asset_id]
    instrument = state.instruments[asset.sale_instrument_id]
    quote_id = np.int64(instrument.quote_asset_id)
    if state.risks[asset.risk].value_atoms == 0 or state.risks[state.assets[quote_id].risk].value_atoms == 0:
        return np.int64(0)
    if free < 0:
        quote = holdings.find_asset(state, m, quote_id)
        if quote == 0 or free_of(state, holdings.at(state, quote)) <= 0:
            return np.int64(0)
        return np.int64(BUY)
    if lots_of(state, holding) == 0 or not _pays_debt(state, m, quote_id):
        return np.int64(0)
    return np.int64(SELL)


@kernel
def is_for_sale(state, asset_id):
    """Whether an asset has a sale instrument that is open."""
    instrument_id = state.assets[asset_id].sale_instrument_id
    return instrument_id != 0 and state.instruments[instrument_id].status == OPEN


@kernel
def _pays_debt(state, m, quote_id):
    """Whether the account owes this asset, or one that can be bought with it."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            asset_id = np.int64(row.holdings[place].asset_id)
            if asset_id != 0 and free_of(state, row.holdings[place]) < 0:
                sale = state.instruments[state.assets[asset_id].sale_instrument_id]
                if asset_id == quote_id or (is_for_sale(state, asset_id) and sale.quote_asset_id == quote_id):
                    return True
        page = np.int64(row.next_page)
    return False


# --- The choice --------------------------------------------------------------------------------------


@kernel
def choice(state, m, out):
    """Ref of the candidate to reduce; 0 when there is none."""
    first_group = _weigh_groups(state, m, out)
    group_id = _costliest(state, out, first_group)
    scenario = _worst(out.weights[group_id]) if group_id != 0 else np.int64(0)
    _clear(out, first_group)
    loser, largest = np.int64(0), np.int64(0)
    lowest, most = np.int64(0), np.int64(-1)
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if side_of(state, m, holding) == 0:
                continue
            gain = _gain(state, holding, group_id, scenario)
            if gain < lowest:
                loser, lowest = page << REF_BITS | place, gain
            size = size_of(state, holding)
            if size > most:
                largest, most = page << REF_BITS | place, size
        page = np.int64(row.next_page)
    return loser if loser != 0 else largest


@kernel
def _weigh_groups(state, m, out):
    """Sums up what the account's holdings gain, by group, in `out.weights`; returns the first group in use."""
    first = np.int64(NOBODY)
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if (holding.instrument_id | holding.asset_id) == 0:
                continue
            risk = state.risks[measure.risk_row(state, holding)]
            held = measure.quantity(state, holding, risk.cap)
            for load in range(risk.loads):
                group_id = np.int64(risk.group_ids[load])
                weight = out.weights[group_id]
                if weight.is_used == 0:
                    weight.is_used = 1
                    weight.next_group = first
                    first = group_id
                for scenario in range(SCENARIOS):
                    weight.held[scenario] += (held * risk.arrays[load * SCENARIOS + scenario]) >> risk.unit_shift
                if load == 0:
                    weight.short_atoms += measure.short_loss(risk, held)
        page = np.int64(row.next_page)
    return first


@kernel
def _costliest(state, out, first_group):
    """The group whose maintenance is largest; of equals the lowest number; 0 when nothing costs anything."""
    best, most = np.int64(0), np.int64(0)
    group_id = first_group
    while group_id != 0:
        weight = out.weights[group_id]
        loss = max(weight.short_atoms, -weight.held[_worst(weight)])
        cost = share_up(max(loss, 0), state.groups[group_id].maintenance_ppm)
        if cost > most or (cost == most and cost > 0 and group_id < best):
            best, most = group_id, cost
        group_id = np.int64(weight.next_group)
    return best


@kernel
def _worst(weight):
    """The first scenario with the lowest sum."""
    worst = np.int64(0)
    for scenario in range(1, SCENARIOS):
        if weight.held[scenario] < weight.held[worst]:
            worst = np.int64(scenario)
    return worst


@kernel
def _clear(out, first_group):
    group_id = first_group
    while group_id != 0:
        weight = out.weights[group_id]
        group_id = np.int64(weight.next_group)
        for scenario in range(SCENARIOS):
            weight.held[scenario] = 0
        weight.short_atoms = 0
        weight.is_used = 0
        weight.next_group = 0


@kernel
def _gain(state, holding, group_id, scenario):
    """What a holding adds to a group's sum in a scenario."""
    risk = state.risks[measure.risk_row(state, holding)]
    held = measure.quantity(state, holding, risk.cap)
    for load in range(LOADS):
        if load < risk.loads and risk.group_ids[load] == group_id:
            return (held * risk.arrays[load * SCENARIOS + scenario]) >> risk.unit_shift
    return np.int64(0)
