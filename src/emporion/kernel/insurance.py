"""The insurance account pays what a liquidated account lacks, as far as it has it. Rule Q-8."""

import numpy as np

from emporion.kernel import emit, index, loans
from emporion.kernel.arith import mul_div_up
from emporion.kernel.jit import kernel
from emporion.kernel.risk import value_down
from emporion.schema.codes import Event
from emporion.schema.limits import INSURANCE_ACCOUNT, PAGE_HOLDINGS


@kernel
def pay(state, m, equity_atoms, out):
    """Pays towards a shortfall, in the assets that the account lacks or its positions settle in.

    Args:
        equity_atoms: of the account, below 0: micro-dollars.
    Returns:
        What its equity is then.
    """
    page = np.int64(state.margins[m].first_page)
    while page != 0 and equity_atoms < 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if equity_atoms < 0 and holding.asset_id != 0 and _is_wanted(state, m, holding):
                equity_atoms += _pay_in(state, m, holding, -equity_atoms, out)
        page = np.int64(row.next_page)
    return equity_atoms


@kernel
def _is_wanted(state, m, holding):
    """Whether the account is in debt in an asset, or has a position that settles in it."""
    if state.balances[holding.balance].free_atoms < 0:
        return True
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        for place in range(PAGE_HOLDINGS):
            other = row.holdings[place]
            if other.pos_lots != 0 and other.balance == holding.balance:
                return True
        page = np.int64(row.next_page)
    return False


@kernel
def _pay_in(state, m, holding, lacking_atoms, out):
    """Pays in one asset; returns what that is worth."""
    asset_id = np.int64(holding.asset_id)
    source = index.find_balance(state, INSURANCE_ACCOUNT, asset_id)
    risk = state.risks[state.assets[asset_id].risk]
    amount = min(np.int64(state.balances[source].free_atoms), np.int64(risk.cap))
    if amount <= 0 or risk.value_atoms == 0:
        return np.int64(0)
    if value_down(state, asset_id, amount) > lacking_atoms:
        amount = mul_div_up(lacking_atoms, np.int64(1) << risk.unit_shift, risk.value_atoms)
    state.balances[source].free_atoms -= amount
    loans.shift(state, holding.balance, amount)
    state.margins[m].epoch = 0
    emit.of_ledger(
        state, out, Event.INSURANCE_PAID.value, 0, state.margins[m].account_id, asset_id, amount
    )  # fmt: skip
    return value_down(state, asset_id, amount)
