"""Where a margin account's holdings lie: pages of a few, side by side, chained in the order they were taken.

A holding is one asset the account has a balance in, or one contract it has a position or open orders in. It is known by
its `ref`, page * 8 + place, and never moves while it lives; an order may remember it, since open orders keep it alive.
Assets stay; a contract's holding is given back when nothing is left of it. Rule R-4.
"""

import numpy as np

from emporion.kernel import exposures, index
from emporion.kernel.jit import hot, kernel
from emporion.kernel.ledger import open_balance
from emporion.kernel.tables import BALANCES, HOLDING_PAGES, has_room
from emporion.schema.limits import PAGE_HOLDINGS, PAGES_PER_ACCOUNT

REF_BITS = 3  # Of the place in its page.
assert PAGE_HOLDINGS <= 1 << REF_BITS


@hot
def at(state, ref):
    """The holding's row. Of ref 0 it is nobody's, all zero."""
    return state.holding_pages[ref >> REF_BITS].holdings[ref & ((1 << REF_BITS) - 1)]


@kernel
def find_contract(state, m, instrument_id):
    """Ref of the account's holding of a contract; 0 when there is none."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].instrument_id == instrument_id:
                return page << REF_BITS | place
        page = np.int64(row.next_page)
    return np.int64(0)


@kernel
def find_asset(state, m, asset_id):
    """Ref of the account's holding of an asset; 0 when there is none."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].asset_id == asset_id:
                return page << REF_BITS | place
        page = np.int64(row.next_page)
    return np.int64(0)


@kernel
def have_room(state, m, more):
    """Whether so many more holdings (0 to 7) fit, in places that are free and at most one new page."""
    margin = state.margins[m]
    if more > places_free(state, m):
        return margin.pages < PAGES_PER_ACCOUNT and has_room(state, HOLDING_PAGES, 1)
    return True


@kernel
def places_free(state, m):
    """Free places in the pages it has."""
    free = np.int64(0)
    page = state.margins[m].first_page
    while page != 0:
        free += PAGE_HOLDINGS - state.holding_pages[page].used
        page = state.holding_pages[page].next_page
    return free


@kernel
def has_room_for_asset(state, m, asset_id):
    """Whether `open_asset` would succeed, or need do nothing: balance row, place and exposures."""
    margin = state.margins[m]
    if find_asset(state, m, asset_id) != 0:
        return True
    if index.find_balance(state, margin.account_id, asset_id) == 0 and not has_room(state, BALANCES, 1):
        return False
    return have_room(state, m, 1) and exposures.have_room(state, m, state.assets[asset_id].risk, 0)


@kernel
def has_room_for(state, m, instrument_id):
    """Whether the holdings that an order on this instrument needs are there or can be opened.

    Of a contract: what it settles in, and the contract. Of a delivery instrument: base and quote.
    """
    instrument = state.instruments[instrument_id]
    account_id = state.margins[m].account_id
    balances, holdings = 0, 0
    first_risk, second_risk = 0, 0
    if instrument.contract != 0:
        if find_contract(state, m, instrument_id) == 0:
            holdings += 1
            first_risk = np.int64(state.contracts[instrument.contract].risk)
    elif find_asset(state, m, instrument.base_asset_id) == 0:
        holdings += 1
        first_risk = np.int64(state.assets[instrument.base_asset_id].risk)
        balances += 1 if index.find_balance(state, account_id, instrument.base_asset_id) == 0 else 0
    if find_asset(state, m, instrument.quote_asset_id) == 0:
        holdings += 1
        second_risk = np.int64(state.assets[instrument.quote_asset_id].risk)
        balances += 1 if index.find_balance(state, account_id, instrument.quote_asset_id) == 0 else 0
    if not has_room(state, BALANCES, balances):
        return False
    return holdings == 0 or (have_room(state, m, holdings) and exposures.have_room(state, m, first_risk, second_risk))


@kernel
def open_asset(state, m, asset_id):
    """Ref of the account's holding of an asset; it, and the balance, are made when missing. Room was checked."""
    ref = find_asset(state, m, asset_id)
    if ref != 0:
        return ref
    balance = open_balance(state, state.margins[m].account_id, asset_id)
    ref = _take(state, m)
    holding = at(state, ref)
    holding.asset_id = asset_id
    holding.balance = balance
    holding.paid_index = state.assets[asset_id].interest_index_e12
    exposures.bind(state, m, holding, state.assets[asset_id].risk)
    return ref


@kernel
def open_contract(state, m, instrument_id):
    """Ref of the account's holding of a contract, made when missing, and before it the one of what it settles in."""
    instrument = state.instruments[instrument_id]
    settle = open_asset(state, m, instrument.quote_asset_id)
    ref = find_contract(state, m, instrument_id)
    if ref != 0:
        return ref
    contract = state.contracts[instrument.contract]
    ref = _take(state, m)
    holding = at(state, ref)
    holding.instrument_id = instrument_id
    holding.balance = at(state, settle).balance
    holding.paid_index = contract.funding_index
    exposures.bind(state, m, holding, contract.risk)
    return ref


@kernel
def close_if_empty(state, m, ref):
    """Gives back a contract's holding when neither a position, a cost, nor open orders are left. Whether it did.

    Its contributions are then all 0, so nothing need be lifted before.
    """
    holding = at(state, ref)
    if (
        holding.instrument_id == 0
        or (
            holding.pos_lots
            | holding.entry_atoms
            | holding.shown_entry_atoms
            | holding.buy_leaves
            | holding.sell_leaves
        )
        != 0
    ):
        return False
    exposures.unbind(state, m, holding)
    holding.instrument_id = 0
    holding.balance = 0
    holding.paid_index = 0
    holding.value_atoms = 0  # Of a stale account they may be anything.
    holding.gross_atoms = 0
    holding.addon_atoms = 0
    page = ref >> REF_BITS
    state.holding_pages[page].used -= 1
    if state.holding_pages[page].used == 0:
        _free_page(state, m, page)
    return True


@kernel
def _take(state, m):
    """The first free place of the account's pages, else the first of a new page behind them."""
    margin = state.margins[m]
    last, page = np.int64(0), np.int64(margin.first_page)
    while page != 0:
        row = state.holding_pages[page]
        if row.used < PAGE_HOLDINGS:
            row.used += 1
            place = 0
            while (row.holdings[place].instrument_id | row.holdings[place].asset_id) != 0:
                place += 1
            return page << REF_BITS | place
        last, page = page, np.int64(row.next_page)
    page = _take_page(state)
    row = state.holding_pages[page]
    row.account_id = margin.account_id
    row.used = 1
    margin.pages += 1
    if last != 0:
        state.holding_pages[last].next_page = page
    else:
        margin.first_page = page
    return page << REF_BITS


@kernel
def _take_page(state):
    book = state.tables[HOLDING_PAGES]
    page = np.int64(book.free_head)
    if page != 0:
        book.free_head = state.holding_pages[page].next_page
        state.holding_pages[page].next_page = 0
    else:
        book.high_water += 1
        page = np.int64(book.high_water)
    book.live += 1
    return page


@kernel
def _free_page(state, m, page):
    """Takes an empty page out of the account's chain."""
    margin = state.margins[m]
    row = state.holding_pages[page]
    if margin.first_page == page:
        margin.first_page = row.next_page
    else:
        before = np.int64(margin.first_page)
        while state.holding_pages[before].next_page != page:
            before = np.int64(state.holding_pages[before].next_page)
        state.holding_pages[before].next_page = row.next_page
    margin.pages -= 1
    row.account_id = 0
    book = state.tables[HOLDING_PAGES]
    row.next_page = book.free_head
    book.free_head = page
    book.live -= 1
