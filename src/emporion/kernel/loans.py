"""Balances below zero: loans from the lending account, their limit and interest. Rules N.

A margin account's balance moves through `shift` alone, so that what is lent of an asset is always the sum of what its
margin accounts are below zero. Nothing is posted when a loan is drawn: whoever was paid has it, and the lending account
only has so much less to lend.
"""

import numpy as np

from emporion.kernel import emit, holdings, index
from emporion.kernel.arith import mul_div_down, mul_div_up
from emporion.kernel.jit import kernel, rare, seldom
from emporion.kernel.ledger import open_balance, transfer
from emporion.kernel.tables import ASSETS, BALANCES, has_room
from emporion.schema.codes import Event, Reject
from emporion.schema.limits import E12, LENDING_ACCOUNT, PAGE_HOLDINGS, PPM, SUPPLY_MAX

RATE_MAX_E12 = E12 // 100  # Of an hour.


@kernel
def shift(state, balance_slot, delta_atoms):
    """Adds to (or takes from) the free balance of a margin account, and keeps count of what is lent.

    Interest due on the balance must have been paid before: of a fresh account it has been, of a stale one see
    `margin.settle_one`. The other end of the posting is the caller's.
    """
    balance = state.balances[balance_slot]
    before = balance.free_atoms
    after = before + delta_atoms
    balance.free_atoms = after
    if before < 0 or after < 0:
        _note_loan(state, balance, before, after)


@rare
def _note_loan(state, balance, before, after):
    asset = state.assets[balance.asset_id]
    asset.lent_atoms += max(-after, 0) - max(-before, 0)
    if before >= 0:
        m = state.accounts[balance.account_id].margin
        holding = holdings.at(state, holdings.find_asset(state, m, balance.asset_id))
        holding.paid_index = asset.interest_index_e12


@kernel
def lendable(state, asset_id):
    """What may still be lent of an asset by one's own will: atoms, never below 0. Rule N-2."""
    asset = state.assets[asset_id]
    balance = state.balances[index.find_balance(state, LENDING_ACCOUNT, asset_id)]
    return max(min(balance.free_atoms, asset.lending_cap_atoms) - asset.lent_atoms - asset.promised_atoms, 0)


@kernel
def payable(state, asset_id):
    """What the lending account may pay away: what is not lent, and not promised."""
    asset = state.assets[asset_id]
    balance = state.balances[index.find_balance(state, LENDING_ACCOUNT, asset_id)]
    return balance.free_atoms - asset.lent_atoms - asset.promised_atoms


@kernel
def interest_due(state, m, ref, out):
    """Pays the interest due on one asset holding, if it is a loan. Rule N-4."""
    holding = holdings.at(state, ref)
    asset = state.assets[holding.asset_id]
    if holding.paid_index == asset.interest_index_e12:
        return
    balance = state.balances[holding.balance]
    if balance.free_atoms < 0:
        _pay_interest(state, m, holding, asset, balance, out)
    holding.paid_index = asset.interest_index_e12


@seldom
def _pay_interest(state, m, holding, asset, balance, out):
    rate = min(asset.interest_index_e12 - holding.paid_index, E12)
    amount = min(mul_div_up(-balance.free_atoms, rate, E12), SUPPLY_MAX - asset.lent_atoms)
    if amount <= 0:
        return
    transfer(state, holding.balance, index.find_balance(state, LENDING_ACCOUNT, holding.asset_id), amount)
    asset.lent_atoms += amount
    emit.of_ledger(
        state, out, Event.INTEREST_PAID.value, 0, state.margins[m].account_id, holding.asset_id, -amount
    )  # fmt: skip


@kernel
def settle_all(state, m, out):
    """The same for all asset holdings of an account, in the order of its pages."""
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            if row.holdings[place].asset_id != 0:
                interest_due(state, m, page << holdings.REF_BITS | place, out)
        page = np.int64(row.next_page)


@kernel
def hourly_rate_e12(state, asset):
    """An hour's interest at the present use of what there is to lend: a line from base to kink to full. Rule N-3."""
    if asset.lent_atoms <= 0:
        return asset.base_rate_e12
    there_is = state.balances[index.find_balance(state, LENDING_ACCOUNT, asset.asset_id)].free_atoms
    use = np.int64(PPM)
    if asset.lent_atoms < there_is:
        use = mul_div_down(asset.lent_atoms, PPM, there_is)
    if use <= asset.kink_ppm:
        if asset.kink_ppm == 0:
            return asset.kink_rate_e12
        return asset.base_rate_e12 + (asset.kink_rate_e12 - asset.base_rate_e12) * use // asset.kink_ppm
    beyond = (asset.full_rate_e12 - asset.kink_rate_e12) * (use - asset.kink_ppm)
    return asset.kink_rate_e12 + beyond // (PPM - asset.kink_ppm)


@rare
def accrue(state):
    """At the first command of an hour: interest of the hours that have passed since the last. Rule N-3."""
    for asset_id in range(1, state.tables[ASSETS].high_water + 1):
        asset = state.assets[asset_id]
        if asset.full_rate_e12 != 0:
            asset.interest_index_e12 += (state.hour - asset.interest_hour) * hourly_rate_e12(state, asset)
            asset.interest_hour = state.hour


@kernel
def set_lending(state, command, values, out):
    """Rule N-1."""
    asset_id = command.asset_id
    cap, base, kink, full, kink_ppm = (
        values.values[0], values.values[1], values.values[2], values.values[3], values.values[4],
    )  # fmt: skip
    is_known = asset_id > 0 and asset_id <= state.tables[ASSETS].high_water
    reason = Reject.NONE
    if (
        cap < 0
        or cap > SUPPLY_MAX
        or base < 0
        or base > kink
        or kink > full
        or full > RATE_MAX_E12
        or kink_ppm < 0
        or kink_ppm >= PPM
        or (values.values[5] | values.values[6]) != 0
    ):
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_ASSET
    elif index.find_balance(state, LENDING_ACCOUNT, asset_id) == 0 and not has_room(state, BALANCES, 1):
        reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
        return
    open_balance(state, LENDING_ACCOUNT, asset_id)
    asset = state.assets[asset_id]
    asset.lending_cap_atoms = cap
    asset.base_rate_e12 = base
    asset.kink_rate_e12 = kink
    asset.full_rate_e12 = full
    asset.kink_ppm = kink_ppm
    asset.interest_hour = state.hour
    emit.of_operator(state, out, Event.LENDING_SET.value, 0, 0, asset_id, cap, 0, 0)
