"""Positions that the book does not take: to the backstop account, or closed against the other side. Rules Q-6 and Q-7.

Nothing is traded: two positions change at one price, and each gains or loses by it what it would in a trade.
"""

import numpy as np

from emporion.kernel import choose, emit, health, holdings, links, loans, margin, measure, position, ranks, slices
from emporion.kernel.arith import mul_div_up
from emporion.kernel.jit import kernel
from emporion.schema.codes import AccountFlag, Event, LiquidationStage, Reject, Side
from emporion.schema.limits import DELEVERAGES, PAGE_HOLDINGS

BUY = Side.BUY.value
SELL = Side.SELL.value
NONE = LiquidationStage.NONE.value
FROZEN = AccountFlag.FROZEN.value
NO_REASON = Reject.NONE.value
REF_BITS = holdings.REF_BITS


# --- Backstop ----------------------------------------------------------------------------------------


@kernel
def to_backstop(state, m, out):
    """The backstop account takes the account's first position at the mark, if its own margin allows. Whether it did."""
    taker = _backstop(state, m)
    if taker == 0:
        return False
    holding = holdings.at(state, choose.first_position(state, m))
    lots = abs(np.int64(holding.pos_lots))
    side = BUY if holding.pos_lots > 0 else SELL
    instrument_id = np.int64(holding.instrument_id)
    instrument = state.instruments[instrument_id]
    mark = np.int64(state.contracts[instrument.contract].mark_ticks)
    fee = slices.fee_of(state, m, np.int64(instrument.quote_asset_id), lots * mark * instrument.atoms_per_tick_lot)
    if not margin.touch(state, taker, out) or not _may_take(state, taker, instrument_id, side, lots, out):
        return False
    holdings.open_contract(state, taker, instrument_id)
    _change(state, m, instrument_id, BUY + SELL - side, lots, mark, -fee, out)
    _change(state, taker, instrument_id, side, lots, mark, fee, out)
    _give_back(state, m, instrument_id)
    _give_back(state, taker, instrument_id)
    emit.event(
        out, state.seq, Event.BACKSTOP_TOOK.value, 0, mark, lots, 0, fee, state.margins[m].account_id, instrument_id,
        instrument.quote_asset_id, side, NO_REASON, 0,
    )  # fmt: skip
    links.position_changed(state, taker, instrument_id, out)
    return True


@kernel
def _backstop(state, m):
    """Row in margins of a backstop account that may take from another; NOBODY when there is none."""
    account = state.accounts[state.backstop_account_id]
    taker = np.int64(account.margin)
    if taker == m or account.flags & FROZEN != 0 or state.margins[taker].stage != NONE:
        return np.int64(0)
    return taker


@kernel
def _may_take(state, taker, instrument_id, side, lots, out):
    """Whether a touched account may hold so many lots more: as an order for them at the mark would be judged."""
    if not holdings.has_room_for(state, taker, instrument_id):
        return False
    contract = state.contracts[state.instruments[instrument_id].contract]
    holding = holdings.at(state, holdings.find_contract(state, taker, instrument_id))
    most = holding.pos_lots + holding.buy_leaves if side == BUY else holding.sell_leaves - holding.pos_lots
    if most + lots > contract.position_max_lots:
        return False
    return health.order_reason(state, taker, instrument_id, side, lots, 0, 0, out) == Reject.NONE


# --- Deleveraging ------------------------------------------------------------------------------------


@kernel
def deleverage(state, m, equity_atoms, out):
    """Closes the first position for which someone on the other side is ranked, against those. Whether there was one."""
    ref = _first_with_others(state, m)
    if ref == 0:
        return False
    holding = holdings.at(state, ref)
    instrument_id = np.int64(holding.instrument_id)
    instrument = state.instruments[instrument_id]
    contract = state.contracts[instrument.contract]
    is_long = holding.pos_lots > 0
    left = abs(np.int64(holding.pos_lots))
    mark = np.int64(contract.mark_ticks)
    wanted = _price(state, m, holding, instrument, mark, equity_atoms)
    for _ in range(DELEVERAGES):
        other = ranks.first(contract, not is_long)
        if left == 0 or other == 0:
            break
        margin.swept(state, other, out)
        if state.margins[other].equity_atoms < state.margins[other].maintenance_atoms and ranks.sink(
            state, other, contract, not is_long
        ):
            continue
        theirs = holdings.at(state, holdings.find_contract(state, other, instrument_id))
        lots = min(left, abs(np.int64(theirs.pos_lots)))
        price = _bounded(theirs, instrument, mark, wanted)
        _close(state, m, other, instrument_id, is_long, lots, price, abs(price - mark), out)
        left -= lots
    return True


@kernel
def _first_with_others(state, m):
    """Ref of the account's first position whose other side is ranked; 0 for none."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if holding.pos_lots != 0:
                contract = state.contracts[state.instruments[holding.instrument_id].contract]
                if ranks.first(contract, holding.pos_lots < 0) != 0:
                    return page << REF_BITS | place
        page = np.int64(row.next_page)
    return np.int64(0)


@kernel
def _price(state, m, holding, instrument, mark, equity_atoms):
    """The mark, or where the position must close so that its part of what the account lacks is covered."""
    lacking = max(-equity_atoms, 0)
    gross = measure.gross_of(state, instrument, abs(holding.pos_lots))
    risk = state.risks[state.assets[instrument.quote_asset_id].risk]
    if lacking == 0 or gross == 0 or risk.value_atoms == 0:
        return mark
    part = mul_div_up(lacking, gross, _all_gross(state, m))
    atoms = mul_div_up(part, np.int64(1) << risk.unit_shift, risk.value_atoms)
    per_tick = abs(holding.pos_lots) * instrument.atoms_per_tick_lot
    away = (atoms + per_tick - 1) // per_tick
    if holding.pos_lots > 0:
        return min(mark + away, np.int64(instrument.price_max_ticks))
    return max(mark - away, 1)


@kernel
def _bounded(theirs, instrument, mark, price):
    """Whoever is deleveraged gives up what the position has gained since it was opened, and no more."""
    per_tick = abs(theirs.pos_lots) * instrument.atoms_per_tick_lot
    if theirs.pos_lots < 0:
        return min(price, max(mark, -theirs.shown_entry_atoms // per_tick))
    return max(price, min(mark, (theirs.shown_entry_atoms + per_tick - 1) // per_tick))


@kernel
def _all_gross(state, m):
    """What all positions of an account are worth at their marks: micro-dollars."""
    total = np.int64(0)
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if holding.pos_lots != 0:
                instrument = state.instruments[holding.instrument_id]
                total += measure.gross_of(state, instrument, abs(holding.pos_lots))
        page = np.int64(row.next_page)
    return total


@kernel
def _close(state, m, other, instrument_id, is_long, lots, price, away_ticks, out):
    """Two positions of opposite sides become smaller by so many lots."""
    side = BUY if is_long else SELL  # Of the other account.
    _change(state, m, instrument_id, BUY + SELL - side, lots, price, 0, out)
    _change(state, other, instrument_id, side, lots, price, 0, out)
    _give_back(state, m, instrument_id)
    _give_back(state, other, instrument_id)
    instrument = state.instruments[instrument_id]
    emit.event(
        out, state.seq, Event.DELEVERAGED.value, 0, price, lots, 0, lots * away_ticks * instrument.atoms_per_tick_lot,
        state.margins[other].account_id, instrument_id, instrument.quote_asset_id, side, NO_REASON, 0,
    )  # fmt: skip
    links.position_changed(state, other, instrument_id, out)


# --- Either ------------------------------------------------------------------------------------------


@kernel
def _change(state, m, instrument_id, side, lots, price, extra_atoms, out):
    """A position changes as by a fill; the gain, and so many atoms more, become cash."""
    instrument = state.instruments[instrument_id]
    contract = state.contracts[instrument.contract]
    ref = holdings.find_contract(state, m, instrument_id)
    cash = holdings.find_asset(state, m, instrument.quote_asset_id)
    margin.lift(state, m, ref)
    margin.lift(state, m, cash)
    holding = holdings.at(state, ref)
    before = np.int64(holding.pos_lots)
    if before == 0:
        holding.paid_index = contract.funding_index
    gain = position.change(holding, side, lots, price * instrument.atoms_per_tick_lot)
    contract.open_interest_lots += max(holding.pos_lots, 0) - max(before, 0)
    contract.clearing_atoms -= gain
    state.balances[contract.clearing_balance].free_atoms -= gain
    loans.shift(state, holding.balance, gain + extra_atoms)
    margin.lay(state, m, cash)
    margin.lay(state, m, ref)
    ranks.after_change(state, m, instrument_id, before, holding.pos_lots)
    emit.event(
        out, state.seq, Event.POSITION.value, 0, price, holding.pos_lots, holding.shown_entry_atoms, gain,
        state.margins[m].account_id, instrument_id, instrument.quote_asset_id, side, NO_REASON, 0,
    )  # fmt: skip


@kernel
def _give_back(state, m, instrument_id):
    ref = holdings.find_contract(state, m, instrument_id)
    if ref != 0:
        holdings.close_if_empty(state, m, ref)
