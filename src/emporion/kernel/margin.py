"""Margin accounts: their sums by addition, and their health. Rules R.

Whoever changes what a holding is (its position, its cost, its balance) lifts it off the account's sums, changes it, and
lays it back on; open orders come and go through `add_leaves`. Each of these adds what a recomputation would add, so
that the two agree by construction. A stale account's sums are not kept: its next `touch` makes them anew.

What an order would do to them, before it does, and whether that is allowed: kernel/health.py. A look at an account
that leaves no trace: kernel/weigh.py.
"""

import numpy as np

from emporion.kernel import admit, emit, exposures, holdings, index, loans, rings, settle
from emporion.kernel.arith import share_up
from emporion.kernel.jit import hot, kernel, seldom
from emporion.kernel.risk import addon, clamped, unit_up, value_down, value_up
from emporion.kernel.tables import ASSETS, HOLDING_PAGES, HOLDS, MARGINS, has_room, take_fresh
from emporion.schema.codes import AccountFlag, Event, HoldKind, MarginMode, Reject, Side
from emporion.schema.limits import HOLDINGS_MAX, LEVERAGE_MAX, PAGE_HOLDINGS, SCENARIOS

BUY = Side.BUY.value
MARGIN = AccountFlag.MARGIN.value
WITHDRAWAL = HoldKind.WITHDRAWAL.value
CASH_MODE = MarginMode.CASH.value
MARGIN_MODE = MarginMode.MARGIN.value
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

    Returns whether it is fresh now: not so when its exposures find no room.
    """
    if is_fresh(state, m):
        return True
    settle_all(state, m, out)
    return rebuild(state, m)


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
                if holding.pos_lots != 0:
                    settle.due(state, m, page, place, out)
                holdings.close_if_empty(state, m, page << REF_BITS | place)
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
    if holding.pos_lots != 0:
        settle.due(state, m, ref >> REF_BITS, ref & ((1 << REF_BITS) - 1), out)


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


@hot
def risk_row(state, holding):
    """Row in risks of a holding; 0 for an asset that has none."""
    if holding.instrument_id != 0:
        return np.int64(state.contracts[state.instruments[holding.instrument_id].contract].risk)
    return np.int64(state.assets[holding.asset_id].risk)


@hot
def quantity(state, holding, cap):
    """What it has, as far as it counts: lots; of an asset the balance in total, less what is being withdrawn."""
    if holding.instrument_id != 0:
        return clamped(holding.pos_lots, cap)
    balance = state.balances[holding.balance]
    return clamped(balance.free_atoms + balance.order_held_atoms + balance.other_held_atoms - holding.entry_atoms, cap)


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
def value_of(state, holding, held):
    """What it adds to equity: micro-dollars."""
    if holding.instrument_id == 0:
        return value_down(state, holding.asset_id, held)
    instrument = state.instruments[holding.instrument_id]
    mark = state.contracts[instrument.contract].mark_ticks
    gain = holding.pos_lots * mark * instrument.atoms_per_tick_lot - holding.entry_atoms
    return value_down(state, instrument.quote_asset_id, gain)


@hot
def gross_of(state, instrument, lots):
    """What so many lots of a contract are worth at its mark: micro-dollars, rounded up."""
    mark = state.contracts[instrument.contract].mark_ticks
    return value_up(state, instrument.quote_asset_id, lots * mark * instrument.atoms_per_tick_lot)


@hot
def largest(held, buy_leaves, sell_leaves):
    """The most that a quantity may come to, in either direction, with what is on order."""
    return max(abs(held + buy_leaves), abs(held - sell_leaves))


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
def short_loss(risk, held):
    """The least loss of a quantity for being short."""
    return unit_up(max(-held, 0), risk.short_min_atoms, risk.unit_shift)


@hot
def _add_held(exposure, risk, base, held, sign):
    if held != 0:
        shift = risk.unit_shift
        for scenario in range(SCENARIOS):
            exposure.held[scenario] += sign * ((held * risk.arrays[base + scenario]) >> shift)


@hot
def ordered_loss(gain, buys, sells, shift):
    """What orders may lose in a scenario at worst: not above 0."""
    return ((buys * min(gain, 0)) >> shift) + ((sells * min(-gain, 0)) >> shift)


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
    if held_loss != exposure.held_loss_atoms:
        ppm = state.groups[exposure.group_id].maintenance_ppm
        margin.maintenance_atoms += share_up(held_loss, ppm) - share_up(exposure.held_loss_atoms, ppm)
        exposure.held_loss_atoms = held_loss
    margin.initial_atoms += loss - exposure.loss_atoms
    exposure.loss_atoms = loss


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


# --- Becoming one ------------------------------------------------------------------------------------


@kernel
def set_margin(state, command, out):
    """Rule R-3."""
    account_id, leverage_max = command.account_id, command.number
    reason = _set_margin_reason(state, command)
    if reason != Reject.NONE:
        emit.rejected(state, out, reason, 0, account_id, 0, 0, 0)
        return
    account = state.accounts[account_id]
    if account.margin == 0:
        _begin(state, account)
    state.margins[account.margin].leverage_max = leverage_max
    emit.of_operator(state, out, Event.MARGIN_SET.value, account_id, 0, 0, leverage_max, 0, command.mode)


@seldom
def _begin(state, account):
    m = take_fresh(state, MARGINS)
    account.margin = m
    account.flags |= MARGIN
    row = state.margins[m]
    row.account_id = account.account_id
    row.hour = state.hour
    for asset_id in range(1, state.tables[ASSETS].high_water + 1):
        balance = index.find_balance(state, account.account_id, asset_id)
        if balance != 0:
            holding = holdings.at(state, holdings.open_asset(state, m, asset_id))
            if state.balances[balance].other_held_atoms != 0:
                holding.entry_atoms = _being_withdrawn(state, balance)


@seldom
def _being_withdrawn(state, balance):
    total = np.int64(0)
    for slot in range(1, state.tables[HOLDS].high_water + 1):
        hold = state.holds[slot]
        if hold.balance == balance and hold.kind == WITHDRAWAL:
            total += hold.amount_atoms
    return total


@kernel
def _set_margin_reason(state, command):
    account_id = command.account_id
    if command.mode < CASH_MODE or command.mode > MARGIN_MODE or command.number < 0 or command.number > LEVERAGE_MAX:
        return Reject.BAD_VALUE
    reason = admit.sender(state, account_id)
    if reason != Reject.NONE:
        return reason
    if command.mode == CASH_MODE:
        return Reject.BAD_COMBINATION  # Once margin, always margin.
    if state.accounts[account_id].margin != 0:
        return Reject.NONE
    balances = np.int64(0)
    for asset_id in range(1, state.tables[ASSETS].high_water + 1):
        balances += 1 if index.find_balance(state, account_id, asset_id) != 0 else 0
    pages = (balances + PAGE_HOLDINGS - 1) // PAGE_HOLDINGS
    if balances > HOLDINGS_MAX or not has_room(state, MARGINS, 1) or not has_room(state, HOLDING_PAGES, pages):
        return Reject.TABLE_FULL
    if rings.newest_in_list(state, account_id) != 0:
        return Reject.WORK_LIMIT  # Its open orders hold in full, as a cash account's do: they are cancelled first.
    return Reject.NONE
