"""An account's exposures: one row for each risk group its holdings load on, while the account is active.

They can be made anew from the holdings at any time, so memory for them is only needed by accounts that trade: a look
at the others (`margin.weigh`) does without, and gives back what they had. Rule R-5.
"""

import numpy as np

from emporion.kernel.jit import hot, kernel
from emporion.kernel.tables import EXPOSURES, has_room
from emporion.schema.limits import LOADS, SCENARIOS


@hot
def is_fresh(margin, epoch):
    """Whether a margin row's sums and exposures are right for prices and arrays of this epoch."""
    return margin.epoch == epoch and epoch != 0


@kernel
def find(state, m, group_id):
    """Row of the account's exposure to a group; 0 when there is none."""
    row = np.int64(state.margins[m].first_exposure)
    while row != 0 and state.exposures[row].group_id != group_id:
        row = np.int64(state.exposures[row].next_exposure)
    return row


@kernel
def have_room(state, m, first_risk, second_risk):
    """Whether exposures for two more holdings with these rows in risks (0 for none) are there or can be taken.

    Always so of a stale account: its exposures are made when it is next touched.
    """
    if not is_fresh(state.margins[m], state.epoch):
        return True
    missing = np.int64(0)
    first, second = state.risks[first_risk], state.risks[second_risk]
    for load in range(first.loads):
        if find(state, m, first.group_ids[load]) == 0:
            missing += 1
    for load in range(second.loads):
        group_id = second.group_ids[load]
        is_counted = False
        for other in range(first.loads):
            is_counted = is_counted or first.group_ids[other] == group_id
        if not is_counted and find(state, m, group_id) == 0:
            missing += 1
    return has_room(state, EXPOSURES, missing)


@kernel
def bind(state, m, holding, risk):
    """Ties a new holding of a fresh account to its exposures, made when missing. Room was checked."""
    if not is_fresh(state.margins[m], state.epoch):
        return
    row = state.risks[risk]
    if row.loads > 0:
        holding.exposures[0] = _join(state, m, row.group_ids[0])
    if row.loads > 1:
        holding.exposures[1] = _join(state, m, row.group_ids[1])
    if row.loads > 2:
        holding.exposures[2] = _join(state, m, row.group_ids[2])


@kernel
def unbind(state, m, holding):
    """The opposite, of a holding that adds nothing any more. An exposure that nobody adds to is given back."""
    is_tied = is_fresh(state.margins[m], state.epoch)
    for load in range(LOADS):
        row = holding.exposures[load]
        holding.exposures[load] = 0
        if is_tied and row != 0:
            exposure = state.exposures[row]
            exposure.holdings -= 1
            if exposure.holdings == 0:
                _leave(state, m, row)


@kernel
def release(state, m):
    """Gives back all of them; the account is stale from here on."""
    margin = state.margins[m]
    margin.epoch = 0
    while margin.first_exposure != 0:
        _leave(state, m, margin.first_exposure)


@kernel
def empty(state, m):
    """Sets all sums to 0, before they are made anew."""
    row = state.margins[m].first_exposure
    while row != 0:
        exposure = state.exposures[row]
        _clear(exposure)
        row = exposure.next_exposure


@kernel
def tie(state, m, holding, risk):
    """Ties a holding while all are made anew. Whether there was room for the exposures it adds to."""
    row = state.risks[risk]
    for load in range(LOADS):
        holding.exposures[load] = 0
    for load in range(row.loads):
        group_id = row.group_ids[load]
        if find(state, m, group_id) == 0 and not has_room(state, EXPOSURES, 1):
            return False
        holding.exposures[load] = _join(state, m, group_id)
    return True


@kernel
def drop_unused(state, m):
    """Gives back those that no holding adds to any more."""
    row = state.margins[m].first_exposure
    while row != 0:
        after = state.exposures[row].next_exposure
        if state.exposures[row].holdings == 0:
            _leave(state, m, row)
        row = after


@kernel
def _join(state, m, group_id):
    margin = state.margins[m]
    row = find(state, m, group_id)
    if row == 0:
        row = _take(state)
        exposure = state.exposures[row]
        exposure.account_id = margin.account_id
        exposure.group_id = group_id
        exposure.next_exposure = margin.first_exposure
        margin.first_exposure = row
    state.exposures[row].holdings += 1
    return row


@kernel
def _leave(state, m, row):
    margin = state.margins[m]
    exposure = state.exposures[row]
    if margin.first_exposure == row:
        margin.first_exposure = exposure.next_exposure
    else:
        before = np.int64(margin.first_exposure)
        while state.exposures[before].next_exposure != row:
            before = np.int64(state.exposures[before].next_exposure)
        state.exposures[before].next_exposure = exposure.next_exposure
    _clear(exposure)
    exposure.account_id = 0
    exposure.group_id = 0
    book = state.tables[EXPOSURES]
    exposure.next_exposure = book.free_head
    book.free_head = row
    book.live -= 1


@kernel
def _take(state):
    book = state.tables[EXPOSURES]
    row = np.int64(book.free_head)
    if row != 0:
        book.free_head = state.exposures[row].next_exposure
        state.exposures[row].next_exposure = 0
    else:
        book.high_water += 1
        row = np.int64(book.high_water)
    book.live += 1
    return row


@kernel
def _clear(exposure):
    for scenario in range(SCENARIOS):
        exposure.held[scenario] = 0
        exposure.ordered[scenario] = 0
    exposure.held_loss_atoms = 0
    exposure.loss_atoms = 0
    exposure.held_short_atoms = 0
    exposure.short_atoms = 0
    exposure.holdings = 0
