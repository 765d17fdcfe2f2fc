"""Cancelling many orders, a bounded number at a time. Rule W-5.

A walk that one command cannot finish stays as a task in the state, and CONTINUE goes on with
it. The cursor of an account's walk is an order: whoever takes that order out of the account's
list moves the cursor on (`book.delist`). What one command may look at is counted in `out.looks_left`,
for all the walks it starts or goes on with.
"""

from emporion.kernel import book, rings, waiting
from emporion.kernel.jit import kernel
from emporion.schema.codes import Event, InstrumentStatus, Side
from emporion.schema.limits import TASKS

CANCELED = Event.CANCELED.value
BUY = Side.BUY.value
SELL = Side.SELL.value


@kernel
def has_place(state):
    return state.task_count < TASKS


@kernel
def begin(state, account_id, instrument_id, side, reason, out):
    """Cancels what one command may; the rest becomes a task. The caller has seen that there is a place.

    Args:
        account_id: whose orders; 0 for everybody's on the instrument.
        instrument_id, side: 0 for all.
        reason: codes.Reject of the CANCELED events, as a plain number.
    """
    task = state.tasks[state.task_count]
    state.task_count += 1
    task.account_id = account_id
    task.instrument_id = instrument_id
    task.side = side
    task.reason = reason
    if account_id != 0:
        task.cursor = rings.newest_in_list(state, account_id)
    if not _walk(state, task, out):
        state.task_count -= 1
        _clear(task)


@kernel
def go_on(state, out):
    """Goes on with the oldest task, if there is one."""
    if state.task_count != 0 and not _walk(state, state.tasks[0], out):
        _drop_first(state)


@kernel
def _walk(state, task, out):
    """Returns whether orders are left to look at."""
    if task.account_id == 0:
        return _walk_instrument(state, task, out)
    task.cursor = _walk_account(state, task.cursor, task.instrument_id, task.side, task.reason, out)
    return task.cursor != 0


@kernel
def _walk_account(state, cursor, instrument_id, side, reason, out):
    """Returns the order to look at next; NOBODY when the walk is over."""
    while cursor != 0 and out.looks_left > 0:
        out.looks_left -= 1
        order = state.orders[cursor]
        if (instrument_id == 0 or order.instrument_id == instrument_id) and (side == 0 or order.side == side):
            older = book.older_that_stays(state, cursor)
            cancel(state, cursor, reason, out)
            cursor = older
        else:
            cursor = rings.next_in_list(state, cursor)
    return cursor


@kernel
def cancel(state, slot, reason, out):
    """Ends an order that a walk has looked at. What goes with it has been looked at too."""
    before = out.count
    book.cancel(state, slot, CANCELED, reason, out)
    out.looks_left -= out.count - before - 1


@kernel
def _walk_instrument(state, task, out):
    """Returns whether orders are left to look at. The cursor is the next of those that wait, 0 before them."""
    instrument = state.instruments[task.instrument_id]
    if instrument.status != InstrumentStatus.HALTED and instrument.status != InstrumentStatus.CLOSED:
        return False  # It trades again: orders entered since are none of ours.
    slot = _front(state, instrument, task.side)
    while slot != 0 and out.looks_left > 0:
        out.looks_left -= 1
        cancel(state, slot, task.reason, out)
        slot = _front(state, instrument, task.side)
    if slot != 0:
        return True
    if task.cursor == 0:
        task.cursor = waiting.first(state, instrument, 0)
    while task.cursor != 0 and out.looks_left > 0:
        out.looks_left -= 1
        slot = task.cursor
        if task.side != 0 and state.orders[slot].side != task.side:
            task.cursor = waiting.behind(state, slot)
        else:
            cancel(state, slot, task.reason, out)  # Whoever leaves its queue moves the cursor on.
    return task.cursor != 0


@kernel
def _front(state, instrument, side):
    """The next order of the book that an instrument's walk takes; NOBODY when it has none any more."""
    if side != SELL and instrument.best_bid_ticks != 0:
        return book.front(state, instrument, BUY)
    if side != BUY and instrument.best_ask_ticks != 0:
        return book.front(state, instrument, SELL)
    return 0


@kernel
def _drop_first(state):
    for place in range(1, state.task_count):
        _copy(state.tasks[place], state.tasks[place - 1])
    state.task_count -= 1
    _clear(state.tasks[state.task_count])


@kernel
def _copy(source, target):
    target.account_id = source.account_id
    target.instrument_id = source.instrument_id
    target.cursor = source.cursor
    target.side = source.side
    target.reason = source.reason


@kernel
def _clear(task):
    task.account_id = 0
    task.instrument_id = 0
    task.cursor = 0
    task.side = 0
    task.reason = 0
