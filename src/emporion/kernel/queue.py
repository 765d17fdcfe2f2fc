"""Margin accounts that are being liquidated: the queue of those to go on with, and who waits for a time. Rule Q-3.

An account with a stage is either in the queue or has a deadline, never both and never neither.
"""

import numpy as np

from emporion.kernel import deadlines, emit
from emporion.kernel.jit import kernel
from emporion.kernel.tables import DEADLINES, has_room
from emporion.schema.codes import Event, LiquidationStage

NONE = LiquidationStage.NONE.value
QUEUED = LiquidationStage.QUEUED.value


@kernel
def begin(state, m, out):
    """Liquidation of an account begins: it joins the queue."""
    state.margins[m].stage = QUEUED
    _tell(state, m, Event.LIQUIDATION_BEGUN.value, state.margins[m].equity_atoms, out)
    join(state, m)


@kernel
def end(state, equity_atoms, out):
    """That of the first in the queue ends."""
    m = leave(state)
    state.margins[m].stage = NONE
    _tell(state, m, Event.LIQUIDATION_ENDED.value, equity_atoms, out)


@kernel
def wait(state, span_ns, equity_atoms, out):
    """The first leaves the queue for a time. Without room for a deadline its liquidation ends, until a sweep."""
    if not has_room(state, DEADLINES, 1):
        end(state, equity_atoms, out)
        return
    m = leave(state)
    deadlines.put(state, state.ts_ns + span_ns, deadlines.LIQUIDATION, m)


@kernel
def join(state, m):
    """Enters an account at the end."""
    if state.first_liquidation == 0:
        state.first_liquidation = m
    else:
        state.margins[state.last_liquidation].next_liquidation = m
    state.last_liquidation = m


@kernel
def leave(state):
    """Takes out the first, and returns its row in margins."""
    m = np.int64(state.first_liquidation)
    state.first_liquidation = state.margins[m].next_liquidation
    state.margins[m].next_liquidation = 0
    if state.first_liquidation == 0:
        state.last_liquidation = 0
    return m


@kernel
def _tell(state, m, kind, equity_atoms, out):
    """An event of an account with what it has and what it needs to keep its positions."""
    account = state.margins[m]
    emit.event(
        out, state.seq, kind, 0, 0, account.maintenance_atoms, 0, equity_atoms, account.account_id, 0, 0, 0, 0, 0
    )  # fmt: skip
