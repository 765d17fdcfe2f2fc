"""Margin accounts: their sums by addition, and their health. Rules R.

Whoever changes what a holding is (its position, its cost, its balance) lifts it off the account's sums, changes it, and
lays it back on; open orders come and go through `add_leaves`. Each of these adds what a recomputation would add, so
that the two agree by construction. A stale account's sums are not kept: its next `touch` makes them anew.

What an order would do to them, before it does, and whether that is allowed: kernel/health.py. A look at an account
that leaves no trace: kernel/weigh.py.
"""

import numpy as np

from emporion.kernel import exposures, holdings, loans, settle, weigh
from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, kernel, seldom
from emporion.kernel.measure import gross_of, largest, ordered_loss, quantity, risk_row, short_loss, value_of
from emporion.kernel.risk import addon
from emporion.schema.codes import Side
from emporion.schema.limits import PAGE_HOLDINGS, SCENARIOS

BUY = Side.BUY.value
REF_BITS = holdings.REF_BITS


# --- Freshness ---------------------------------------------------------------------------------------


@hot
def is_fresh(state, m):
    """Whether the account's sums and exposures are right as they stand."""
    return exposures.is_fresh(state.margins[m], state.epoch)


@hot
def make_stale(state, m):
    """Its sums need not be kept from here on: the next touch makes them anew."""
    state.margins[m].epoch = 0


@kernel
def touch(state, m, out):
    """Settles all that is due on an account and makes its sums anew, unless they are fresh. Rule R-5.

    Returns whether it is fresh now: not so when its exposures find no room. A preview goes on as if it were.
    """
    if is_fresh(state, m) or out.is_preview != 0:
        return True
    settle_all(state, m, out)
    return rebuild(state, m)


@kernel
def swept(state, m, out):
    """What a sweep does to an account: its equity, initial and maintenance margin stand in its row then. Rule R-9.

    One without open orders gives back its exposures if it was stale, and stays so.
    """
    if is_fresh(state, m):
        return
    settle_all(state, m, out)
    row = state.margins[m]
    if row.orders != 0 and rebuild(state, m):
        return
    exposures.release(state, m)
    row.equity_atoms, row.initial_atoms, row.maintenance_atoms = weigh.weigh(state, m, out)


@seldom
def settle_all(state, m, out):
    """What is due on each holding: interest on all loans first, then contracts, both in page order."""
    loans.settle_all(state, m, out)
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        after = np.int64(row.next_page)
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if holding.instrument_id != 0:
                ref = page << REF_BITS | place
                settle.due(state, m, ref, out)
                holdings.close_if_empty(state, m, ref)
        page = after
    state.margins[m].hour = state.hour


@kernel
def settle_one(state, m, ref, out):
    """What is due on one holding, before a trade changes it: nothing when the account is fresh.

    Of a contract, the interest on a loan of what it settles in goes first.
    """
    if is_fresh(state, m):
        return
    holding = holdings.at(state, ref)
    if holding.instrument_id == 0:
        loans.interest_due(state, m, ref, out)
        return
    loans.interest_due(state, m, holdings.find_asset(state, m, state.balances[holding.balance].asset_id), out)
    settle.due(state, m, ref, out)


@seldom
def rebuild(state, m):
    """All sums and exposures from the account's rows, which owe nothing. Whether there was room for the exposures."""
    margin = state.margins[m]
    margin.epoch = 0
    margin.equity_atoms = 0
    margin.initial_atoms = 0
    margin.maintenance_atoms = 0
    margin.gross_atoms = 0
    margin.addon_atoms = 0
    exposures.empty(state, m)
    if not _tie_all(state, m):
        exposures.release(state, m)
        return False
    exposures.drop_unused(state, m)
    page = np.int64(margin.first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if (holding.instrument_id | holding.asset_id) != 0:
                _add(state, margin, holding)
        page = np.int64(row.next_page)
    row = margin.first_exposure
    while row != 0:
        _renew(state, margin, state.exposures[row])
        row = state.exposures[row].next_exposure
    margin.epoch = state.epoch
    return True


@kernel
def _tie_all(state, m):
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if (holding.instrument_id | holding.asset_id) != 0 and not exposures.tie(
                state, m, holding, risk_row(state, holding)
            ):
                return False
        page = np.int64(row.next_page)
    return True


# --- One holding -------------------------------------------------------------------------------------


@kernel
def lift(state, m, ref):
    """Takes a holding off the account's sums, before it changes. Nothing when they are stale."""
    if not is_fresh(state, m):
        return
    margin = state.margins[m]
    holding = holdings.at(state, ref)
    risk = state.risks[risk_row(state, holding)]
    held = quantity(state, holding, risk.cap)
    margin.equity_atoms -= holding.value_atoms
    margin.gross_atoms -= holding.gross_atoms
    margin.addon_atoms -= holding.addon_atoms
    margin.initial_atoms -= holding.addon_atoms
    margin.maintenance_atoms -= addon(risk, abs(held))
    _add_to_exposures(state, holding, risk, held, -1)


@kernel
def lay(state, m, ref):
    """Puts a holding back on the account's sums, as it is now, and renews losses. Nothing when they are stale."""
    if not is_fresh(state, m):
        return
    margin = state.margins[m]
    holding = holdings.at(state, ref)
    _add(state, margin, holding)
    loads = state.risks[risk_row(state, holding)].loads
    if loads > 0:
        _renew(state, margin, state.exposures[holding.exposures[0]])
    if loads > 1:
        _renew(state, margin, state.exposures[holding.exposures[1]])
    if loads > 2:
        _renew(state, margin, state.exposures[holding.exposures[2]])


@kernel
def _add(state, margin, holding):
    risk = state.risks[risk_row(state, holding)]
    held = quantity(state, holding, risk.cap)
    holding.value_atoms = value_of(state, holding, held)
    _measure_orders(state, margin, holding, risk, held)
    margin.equity_atoms += holding.value_atoms
    margin.maintenance_atoms += addon(risk, abs(held))
    _add_to_exposures(state, holding, risk, held, 1)


@hot
def _measure_orders(state, margin, holding, risk, held):
    """Gross and add-on, which count what is on order, set anew and added."""
    most = largest(held, min(holding.buy_leaves, 2 * risk.cap), min(holding.sell_leaves, 2 * risk.cap))
    holding.addon_atoms = addon(risk, most)
    if holding.instrument_id != 0:
        instrument = state.instruments[holding.instrument_id]
        lots = largest(holding.pos_lots, holding.buy_leaves, holding.sell_leaves)
        holding.gross_atoms = gross_of(state, instrument, lots)
    margin.gross_atoms += holding.gross_atoms
    margin.addon_atoms += holding.addon_atoms
    margin.initial_atoms += holding.addon_atoms


@kernel
def _add_to_exposures(state, holding, risk, held, sign):
    """Adds a holding's contributions to its exposures, or with sign -1 takes them away. Rule R-6."""
    buys, sells = min(holding.buy_leaves, 2 * risk.cap), min(holding.sell_leaves, 2 * risk.cap)
    if risk.loads > 0:
        exposure = state.exposures[holding.exposures[0]]
        _add_held(exposure, risk, 0, held, sign)
        _add_ordered(exposure, risk, 0, buys, sells, sign)
        if risk.short_min_atoms != 0:
            exposure.held_short_atoms += sign * short_loss(risk, held)
            exposure.short_atoms += sign * short_loss(risk, held - sells)
    if risk.loads > 1:
        exposure = state.exposures[holding.exposures[1]]
        _add_held(exposure, risk, SCENARIOS, held, sign)
        _add_ordered(exposure, risk, SCENARIOS, buys, sells, sign)
    if risk.loads > 2:
        exposure = state.exposures[holding.exposures[2]]
        _add_held(exposure, risk, 2 * SCENARIOS, held, sign)
        _add_ordered(exposure, risk, 2 * SCENARIOS, buys, sells, sign)


@hot
def _add_held(exposure, risk, base, held, sign):
    if held != 0:
        shift = risk.unit_shift
        for scenario in range(SCENARIOS):
            exposure.held[scenario] += sign * ((held * risk.arrays[base + scenario]) >> shift)


@hot
def _add_ordered(exposure, risk, base, buys, sells, sign):
    if (buys | sells) != 0:
        shift = risk.unit_shift
        for scenario in range(SCENARIOS):
            exposure.ordered[scenario] += sign * ordered_loss(risk.arrays[base + scenario], buys, sells, shift)


@kernel
def _renew(state, margin, exposure):
    """The losses of an exposure whose sums have changed."""
    held_loss = max(exposure.held_short_atoms, 0)
    loss = max(exposure.short_atoms, 0)
    for scenario in range(SCENARIOS):
        held = exposure.held[scenario]
        held_loss = max(held_loss, -held)
        loss = max(loss, -(held + exposure.ordered[scenario]))
    _set_losses(state, margin, exposure, held_loss, loss)


@hot
def _set_losses(state, margin, exposure, held_loss, loss):
    if held_loss != exposure.held_loss_atoms:
        ppm = state.groups[exposure.group_id].maintenance_ppm
        margin.maintenance_atoms += share_up(held_loss, ppm) - share_up(exposure.held_loss_atoms, ppm)
        exposure.held_loss_atoms = held_loss
    margin.initial_atoms += loss - exposure.loss_atoms
    exposure.loss_atoms = loss


@kernel
def renew(state, m, ref, held, buys, sells):
    """What `lift`, a change and `lay` would do to a fresh account, in one walk over its scenarios: after the change.

    Args:
        held: what counted of the holding before (`quantity`).
        buys, sells: what was on order of it before.
    """
    margin = state.margins[m]
    holding = holdings.at(state, ref)
    risk = state.risks[risk_row(state, holding)]
    now = quantity(state, holding, risk.cap)
    value_atoms = value_of(state, holding, now)
    margin.equity_atoms += value_atoms - holding.value_atoms
    holding.value_atoms = value_atoms
    margin.maintenance_atoms += addon(risk, abs(now)) - addon(risk, abs(held))
    margin.gross_atoms -= holding.gross_atoms
    margin.addon_atoms -= holding.addon_atoms
    margin.initial_atoms -= holding.addon_atoms
    _measure_orders(state, margin, holding, risk, now)
    if risk.loads > 0:
        exposure = state.exposures[holding.exposures[0]]
        if risk.short_min_atoms != 0:
            exposure.held_short_atoms += short_loss(risk, now) - short_loss(risk, held)
            exposure.short_atoms += short_loss(risk, now - min(holding.sell_leaves, 2 * risk.cap))
            exposure.short_atoms -= short_loss(risk, held - min(sells, 2 * risk.cap))
        _change(state, margin, exposure, risk, 0, holding, now, held, buys, sells)
    if risk.loads > 1:
        exposure = state.exposures[holding.exposures[1]]
        _change(state, margin, exposure, risk, SCENARIOS, holding, now, held, buys, sells)
    if risk.loads > 2:
        exposure = state.exposures[holding.exposures[2]]
        _change(state, margin, exposure, risk, 2 * SCENARIOS, holding, now, held, buys, sells)


@hot
def _change(state, margin, exposure, risk, base, holding, now, held, old_buys, old_sells):
    bound, shift = 2 * risk.cap, risk.unit_shift
    buys, sells = min(holding.buy_leaves, bound), min(holding.sell_leaves, bound)
    old_buys, old_sells = min(old_buys, bound), min(old_sells, bound)
    held_loss = max(exposure.held_short_atoms, 0)
    loss = max(exposure.short_atoms, 0)
    has_orders = (buys | sells | old_buys | old_sells) != 0
    for scenario in range(SCENARIOS):
        gain = risk.arrays[base + scenario]
        total = exposure.held[scenario] + ((now * gain) >> shift) - ((held * gain) >> shift)
        exposure.held[scenario] = total
        ordered = exposure.ordered[scenario]
        if has_orders:
            ordered += ordered_loss(gain, buys, sells, shift) - ordered_loss(gain, old_buys, old_sells, shift)
            exposure.ordered[scenario] = ordered
        held_loss = max(held_loss, -total)
        loss = max(loss, -(total + ordered))
    _set_losses(state, margin, exposure, held_loss, loss)


# --- Open orders -------------------------------------------------------------------------------------


@kernel
def add_leaves(state, m, ref, side, delta):
    """More (or with a negative delta, less) of a holding is on order: lots of a contract, atoms of an asset.

    For an order of an instrument that is delivered: the base asset on its side, the quote asset on the other.
    Of a stale account only the leaves change.
    """
    holding = holdings.at(state, ref)
    old_buys, old_sells = holding.buy_leaves, holding.sell_leaves
    if side == BUY:
        holding.buy_leaves += delta
    else:
        holding.sell_leaves += delta
    if not is_fresh(state, m):
        return
    margin = state.margins[m]
    risk = state.risks[risk_row(state, holding)]
    held = quantity(state, holding, risk.cap)
    margin.gross_atoms -= holding.gross_atoms
    margin.addon_atoms -= holding.addon_atoms
    margin.initial_atoms -= holding.addon_atoms
    _measure_orders(state, margin, holding, risk, held)
    if risk.loads > 0:
        exposure = state.exposures[holding.exposures[0]]
        if risk.short_min_atoms != 0:
            exposure.short_atoms += short_loss(risk, held - min(holding.sell_leaves, 2 * risk.cap))
            exposure.short_atoms -= short_loss(risk, held - min(old_sells, 2 * risk.cap))
        _change_ordered(margin, exposure, risk, 0, holding, old_buys, old_sells)
    if risk.loads > 1:
        exposure = state.exposures[holding.exposures[1]]
        _change_ordered(margin, exposure, risk, SCENARIOS, holding, old_buys, old_sells)
    if risk.loads > 2:
        exposure = state.exposures[holding.exposures[2]]
        _change_ordered(margin, exposure, risk, 2 * SCENARIOS, holding, old_buys, old_sells)


@hot
def _change_ordered(margin, exposure, risk, base, holding, old_buys, old_sells):
    bound, shift = 2 * risk.cap, risk.unit_shift
    buys, sells = min(holding.buy_leaves, bound), min(holding.sell_leaves, bound)
    old_buys, old_sells = min(old_buys, bound), min(old_sells, bound)
    loss = max(exposure.short_atoms, 0)
    for scenario in range(SCENARIOS):
        gain = risk.arrays[base + scenario]
        ordered = exposure.ordered[scenario]
        ordered += ordered_loss(gain, buys, sells, shift) - ordered_loss(gain, old_buys, old_sells, shift)
        exposure.ordered[scenario] = ordered
        loss = max(loss, -(exposure.held[scenario] + ordered))
    margin.initial_atoms += loss - exposure.loss_atoms
    exposure.loss_atoms = loss
