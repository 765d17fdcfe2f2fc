"""SWEEP: looks at margin accounts one after the other, so that none stays unwatched. Rule Q-2.

What each look costs is what a million accounts cost a million times: sums are told from the account's
own rows, and all else is only asked of accounts that are in need.
"""

import numpy as np

from emporion.kernel import choose, emit, margin, queue, ranks
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.relieve import relieve
from emporion.kernel.tables import MARGINS
from emporion.schema.codes import Event, LiquidationStage, Reject
from emporion.schema.limits import SWEEP_EVENTS, SWEEP_MAX

NONE = LiquidationStage.NONE.value


@kernel
def sweep(state, command, out):
    """Rule Q-2."""
    number = np.int64(command.number)
    if number < 1 or number > SWEEP_MAX:
        emit.rejected(state, out, Reject.BAD_VALUE, 0, 0, 0, 0, 0)
        return
    rows = np.int64(state.tables[MARGINS].high_water)
    first_event = out.count
    cursor = np.int64(max(state.sweep_cursor, 1))
    looked, begun = np.int64(0), np.int64(0)
    while looked < number and looked < rows and (looked == 0 or out.count - first_event <= SWEEP_EVENTS):
        if _look(state, cursor, out):
            begun += 1
        looked += 1
        cursor = cursor + 1 if cursor < rows else 1
    if rows != 0:
        state.sweep_cursor = cursor
    next_account = state.margins[state.sweep_cursor].account_id
    emit.event(
        out, state.seq, Event.SWEPT.value, 0, 0, looked, begun, next_account, 0, 0, 0, 0, 0, 0
    )  # fmt: skip


@kernel
def _look(state, m, out):
    """Looks at one account; whether its liquidation begins."""
    margin.swept(state, m, out)
    relieve(state, m, out)
    ranks.renew(state, m)
    account = state.margins[m]
    if account.equity_atoms >= account.maintenance_atoms:
        account.is_spent = 0
        return False
    if account.stage != NONE or not _is_to_liquidate(state, m):
        return False
    queue.begin(state, m, out)
    return True


@seldom
def _is_to_liquidate(state, m):
    """Whether there is anything to do about an account that is below maintenance."""
    if choose.has_position(state, m):
        return True
    return choose.has_debt(state, m) and (state.margins[m].is_spent == 0 or choose.has_sale(state, m))
