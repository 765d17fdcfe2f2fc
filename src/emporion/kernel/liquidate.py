"""Liquidation in steps: orders, slices, backstop, deleveraging, insurance. Rules Q.

One account and one step a command; what is decided depends on nothing but the state, and every step tells.
"""

import numpy as np

from emporion.kernel import admit, choose, emit, insurance, margin, queue, rings, slices, sweep, takeover
from emporion.kernel.arith import mul_div_down
from emporion.kernel.jit import kernel, rare
from emporion.schema.codes import Event, LiquidationStage, Reject
from emporion.schema.limits import DAY_NS, FEE_PPM_MAX, LIQUIDATION_WAIT_NS, PPM, VALUE_MAX

QUEUED = LiquidationStage.QUEUED.value
REDUCING = LiquidationStage.REDUCING.value
BACKSTOP = LiquidationStage.BACKSTOP.value
DELEVERAGING = LiquidationStage.DELEVERAGING.value
BY_LIQUIDATION = Reject.BY_LIQUIDATION.value
EASE_SHIFT = 3  # An account that has begun to be sold is left alone with an eighth more than it needs.


# --- The operator's terms ------------------------------------------------------------------------------


@kernel
def set_liquidation(state, command, values, out):
    """Rule Q-1."""
    account_id = command.account_id
    reason = _terms_reason(values)
    if reason == Reject.NONE and account_id != 0:
        reason = admit.sender(state, account_id)
        if reason == Reject.NONE and state.accounts[account_id].margin == 0:
            reason = Reject.NOT_A_MARGIN_ACCOUNT
    if reason != Reject.NONE:
        emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
        return
    state.backstop_account_id = account_id
    state.slice_ppm = values.values[0]
    state.slice_min_atoms = values.values[1]
    state.slice_interval_ns = values.values[2]
    state.backstop_ppm = values.values[3]
    state.liquidation_fee_ppm = values.values[4]
    state.slice_slippage_ppm = values.values[5]
    emit.of_operator(state, out, Event.LIQUIDATION_SET.value, account_id, 0, 0, 0, 0, 0)


@kernel
def _terms_reason(values):
    if (
        not _is_within(values.values[0], PPM)
        or not _is_within(values.values[1], VALUE_MAX)
        or not _is_within(values.values[2], DAY_NS)
        or not _is_within(values.values[3], PPM)
        or not _is_within(values.values[4], FEE_PPM_MAX)
        or not _is_within(values.values[5], PPM)
        or values.values[6] != 0
    ):
        return Reject.BAD_VALUE
    return Reject.NONE


@kernel
def _is_within(number, most):
    return number >= 0 and number <= most


# --- Steps -------------------------------------------------------------------------------------------


@kernel
def go_on(state, out):
    """The next step of the first account in the queue; nothing when there is none. Rule Q-3."""
    if state.first_liquidation != 0:
        _step(state, np.int64(state.first_liquidation), out)


@kernel
def on_deadline(state, m, out):
    """The time an account waited for has come: it goes back into the queue."""
    queue.join(state, m)


@rare
def _step(state, m, out):
    account = state.margins[m]
    margin.swept(state, m, out)
    equity = np.int64(account.equity_atoms)
    if not _cancel_orders(state, account, out):
        return
    if equity >= _goal(account) or not (choose.has_position(state, m) or choose.has_debt(state, m)):
        queue.end(state, equity, out)
        return
    _sharpen(state, account, equity, out)
    if account.stage >= BACKSTOP and equity < 0:
        equity = insurance.pay(state, m, equity, out)
    if account.stage == REDUCING or not choose.has_position(state, m):
        if _reduce(state, m, equity, out):
            return
        _set_stage(state, account, BACKSTOP, out)
    if account.stage == BACKSTOP:
        if equity >= 0 and takeover.to_backstop(state, m, out):
            return
        _set_stage(state, account, DELEVERAGING, out)
    if not takeover.deleverage(state, m, equity, out):
        queue.wait(state, _pause(state), equity, out)


@kernel
def _cancel_orders(state, account, out):
    """Cancels open orders, newest first, as many as one command may look at. Whether none are left."""
    slot = rings.newest_in_list(state, account.account_id)
    while slot != 0 and out.looks_left > 0:
        out.looks_left -= 1
        sweep.cancel(state, slot, BY_LIQUIDATION, out)
        slot = rings.newest_in_list(state, account.account_id)
    return slot == 0


@kernel
def _goal(account):
    """Equity at which a liquidation ends: more once something has been sold, lest the next price begin it again."""
    if account.stage == QUEUED:
        return np.int64(account.maintenance_atoms)
    return account.maintenance_atoms + (account.maintenance_atoms >> EASE_SHIFT)


@kernel
def _sharpen(state, account, equity_atoms, out):
    """Orders are gone and it did not help: slices are next, or for an account with too little left, the backstop."""
    if account.stage == QUEUED:
        account.stage = REDUCING
    if account.stage == REDUCING and equity_atoms < mul_div_down(
        account.maintenance_atoms, np.int64(state.backstop_ppm), PPM
    ):
        _set_stage(state, account, BACKSTOP, out)


@kernel
def _set_stage(state, account, stage, out):
    account.stage = stage
    emit.event(
        out, state.seq, Event.LIQUIDATION_STEP.value, 0, 0, 0, 0, 0, account.account_id, 0, 0, 0, Reject.NONE.value,
        stage,
    )  # fmt: skip


@kernel
def _pause(state):
    """How long an account waits for which nothing could be done."""
    return max(np.int64(state.slice_interval_ns), LIQUIDATION_WAIT_NS)


@kernel
def _reduce(state, m, equity_atoms, out):
    """A slice of what is chosen, or the end of what can be done without positions. False when the backstop is next."""
    account = state.margins[m]
    has_position = choose.has_position(state, m)
    ref = choose.choice(state, m, out)
    if ref == 0:
        if has_position:
            return False
        _finish(state, m, equity_atoms, out)
    elif slices.reduce(state, m, ref, out) > 0:
        if state.slice_interval_ns != 0:
            queue.wait(state, np.int64(state.slice_interval_ns), np.int64(account.equity_atoms), out)
    elif has_position and account.stage == REDUCING:
        _set_stage(state, account, BACKSTOP, out)
    else:
        queue.wait(state, _pause(state), equity_atoms, out)
    return True


@kernel
def _finish(state, m, equity_atoms, out):
    """There is nothing left to sell: what insurance could not pay is left as the account's debt."""
    account = state.margins[m]
    if equity_atoms >= 0:
        queue.wait(state, _pause(state), equity_atoms, out)
        return
    account.is_spent = 1
    emit.event(
        out, state.seq, Event.LOSS_LEFT.value, 0, 0, 0, 0, -equity_atoms, account.account_id, 0, 0, 0,
        Reject.NONE.value, 0,
    )  # fmt: skip
    queue.end(state, equity_atoms, out)
