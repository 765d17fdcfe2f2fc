"""Who of a contract's holders is deleveraged first: a short list for each side, renewed by sweeps. Rule Q-7.

Every entry is an account that holds a position on the list's side: whoever changes a position
calls `after_change`. So nobody need check a list before using it, and what people see of it is so.
A margin account counts the entries it has, and nearly all have none and a low score: they cost a comparison.
"""

import numpy as np

from emporion.kernel.jit import kernel, seldom
from emporion.kernel.risk import value_down
from emporion.schema.limits import PAGE_HOLDINGS, RANKS, SUM_MAX

LOWEST = -SUM_MAX  # Of accounts that are themselves in need.
SCALE = 1_024


@kernel
def renew(state, m):
    """Renews the entries of an account whose sums are those of now."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].pos_lots != 0:
                _renew(state, m, row.holdings[place])
        page = np.int64(row.next_page)


@kernel
def after_change(state, m, instrument_id, before_lots, now_lots):
    """A position was changed: if it ended or turned, its entry goes."""
    if state.margins[m].ranked != 0:
        contract = state.contracts[state.instruments[instrument_id].contract]
        if before_lots > 0 and now_lots <= 0:
            _take_out(state, m, contract, True)
        elif before_lots < 0 and now_lots >= 0:
            _take_out(state, m, contract, False)


@kernel
def first(contract, is_long):
    """Row in margins of who is deleveraged first; NOBODY when no one is ranked."""
    return np.int64(_entry(contract, is_long, 0).margin)


@kernel
def sink(state, m, contract, is_long):
    """Moves an entry behind all others, as one of an account in need. Returns whether it was another kind before."""
    for place in range(RANKS):
        entry = _entry(contract, is_long, place)
        if entry.margin == m:
            if entry.score == LOWEST:
                return False
            _take_out(state, m, contract, is_long)
            _enter(state, m, contract, is_long, np.int64(LOWEST))
            return True
    return False


@kernel
def _entry(contract, is_long, place):
    return contract.long_ranks[place] if is_long else contract.short_ranks[place]


@kernel
def _renew(state, m, holding):
    margin = state.margins[m]
    contract = state.contracts[state.instruments[holding.instrument_id].contract]
    is_long = holding.pos_lots > 0
    score = _score(state, margin, contract, holding)
    last = _entry(contract, is_long, RANKS - 1)
    if margin.ranked == 0 and last.margin != 0 and score <= last.score:
        return
    if margin.ranked != 0:
        _take_out(state, m, contract, is_long)
    _enter(state, m, contract, is_long, score)


@kernel
def _score(state, margin, contract, holding):
    """The gain since the position was opened, in parts of what the account has: gain by leverage, in one quotient."""
    equity = np.int64(margin.equity_atoms)
    if equity <= 0 or equity < margin.maintenance_atoms:
        return np.int64(LOWEST)
    instrument = state.instruments[holding.instrument_id]
    worth = holding.pos_lots * contract.mark_ticks * instrument.atoms_per_tick_lot
    gain = value_down(state, instrument.quote_asset_id, worth - holding.shown_entry_atoms)
    return gain * SCALE // equity


@seldom
def _enter(state, m, contract, is_long, score):
    """Behind all with an equal or higher score; what falls off the end is out."""
    place = RANKS
    while place > 0:
        ahead = _entry(contract, is_long, place - 1)
        if ahead.margin != 0 and ahead.score >= score:
            break
        place -= 1
    if place == RANKS:
        return
    off = _entry(contract, is_long, RANKS - 1)
    if off.margin != 0:
        state.margins[off.margin].ranked -= 1
    for other in range(RANKS - 1, place, -1):
        _copy(_entry(contract, is_long, other - 1), _entry(contract, is_long, other))
    entry = _entry(contract, is_long, place)
    entry.score = score
    entry.margin = m
    state.margins[m].ranked += 1


@seldom
def _take_out(state, m, contract, is_long):
    place = 0
    while place < RANKS and _entry(contract, is_long, place).margin != m:
        place += 1
    if place == RANKS:
        return
    for other in range(place, RANKS - 1):
        _copy(_entry(contract, is_long, other + 1), _entry(contract, is_long, other))
    end = _entry(contract, is_long, RANKS - 1)
    end.score = 0
    end.margin = 0
    state.margins[m].ranked -= 1


@kernel
def _copy(source, target):
    target.score = source.score
    target.margin = source.margin
