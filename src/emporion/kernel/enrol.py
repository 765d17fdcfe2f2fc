"""How an account becomes a margin account. Rule R-3."""

import numpy as np

from emporion.kernel import admit, emit, holdings, index, rings
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.tables import ASSETS, HOLDING_PAGES, HOLDS, MARGINS, has_room, take_fresh
from emporion.schema.codes import AccountFlag, Event, HoldKind, MarginMode, Reject
from emporion.schema.limits import HOLDINGS_MAX, LEVERAGE_MAX, PAGE_HOLDINGS

MARGIN = AccountFlag.MARGIN.value
WITHDRAWAL = HoldKind.WITHDRAWAL.value
CASH_MODE = MarginMode.CASH.value
MARGIN_MODE = MarginMode.MARGIN.value


@kernel
def set_margin(state, command, out):
    """Rule R-3."""
    account_id, leverage_max = command.account_id, command.number
    reason = _set_margin_reason(state, command)
    if reason != Reject.NONE:
        emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
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
