"""What happens at a time: a heap of ends, switches, fundings, slices, earliest first.

Of those due at one time the one set first comes first; of those that one command set, the order of kinds and then of
rows, so that the heap's shape decides nothing. Each entry knows whom it is for, and that row knows its place in the
heap, so that one can be taken out when its order ends first.
"""

import numpy as np

from emporion.kernel.jit import kernel
from emporion.kernel.tables import DEADLINES
from emporion.schema.codes import DeadlineKind

ORDER = DeadlineKind.ORDER.value
DEADMAN = DeadlineKind.DEADMAN.value
CONTRACT = DeadlineKind.CONTRACT.value
QUESTION = DeadlineKind.QUESTION.value
TWAP = DeadlineKind.TWAP.value
LIQUIDATION = DeadlineKind.LIQUIDATION.value


@kernel
def is_due(state):
    return state.tables[DEADLINES].live > 0 and state.deadlines[1].due_ns <= state.ts_ns


@kernel
def put(state, due_ns, kind, target):
    book = state.tables[DEADLINES]
    book.live += 1
    if book.live > book.high_water:
        book.high_water = book.live
    place = _rise(state, book.live, due_ns, state.seq, _tie(kind, target))
    _write(state, place, due_ns, state.seq, kind, target)


@kernel
def remove(state, place):
    """Takes out the entry at a place; the last one fills the hole."""
    book = state.tables[DEADLINES]
    _note_place(state, state.deadlines[place].kind, state.deadlines[place].target, 0)
    last = state.deadlines[book.live]
    due_ns, seq, kind, target = last.due_ns, last.seq, last.kind, last.target
    last.due_ns = 0
    last.seq = 0
    last.kind = 0
    last.target = 0
    end = book.live
    book.live -= 1
    if place == end:
        return
    tie = _tie(kind, target)
    risen = _rise(state, place, due_ns, seq, tie)
    if risen == place:
        risen = _sink(state, place, due_ns, seq, tie)
    _write(state, risen, due_ns, seq, kind, target)


@kernel
def _rise(state, place, due_ns, seq, tie):
    """Moves later parents down until the entry may stand; returns where."""
    while place > 1:
        parent = place >> 1
        above = state.deadlines[parent]
        if not _is_before(due_ns, seq, tie, above):
            break
        _write(state, place, above.due_ns, above.seq, above.kind, above.target)
        place = parent
    return place


@kernel
def _sink(state, place, due_ns, seq, tie):
    """Moves earlier children up until the entry may stand; returns where."""
    live = state.tables[DEADLINES].live
    while 2 * place <= live:
        child = 2 * place
        row = state.deadlines[child]
        if child < live:
            other = state.deadlines[child + 1]
            if _is_before(other.due_ns, other.seq, _tie(other.kind, other.target), row):
                child += 1
        row = state.deadlines[child]
        if _is_before(due_ns, seq, tie, row):
            break
        _write(state, place, row.due_ns, row.seq, row.kind, row.target)
        place = child
    return place


@kernel
def _is_before(due_ns, seq, tie, row):
    if due_ns != row.due_ns:
        return due_ns < row.due_ns
    if seq != row.seq:
        return seq < row.seq
    return tie < _tie(row.kind, row.target)


@kernel
def _tie(kind, target):
    return np.int64(kind) << 32 | np.int64(target)


@kernel
def _write(state, place, due_ns, seq, kind, target):
    row = state.deadlines[place]
    row.due_ns = due_ns
    row.seq = seq
    row.kind = kind
    row.target = target
    _note_place(state, kind, target, place)


@kernel
def _note_place(state, kind, target, place):
    if kind == ORDER:
        state.extras[target].deadline = place
    elif kind == DEADMAN:
        state.accounts[target].deadline = place
    elif kind == CONTRACT:
        state.contracts[target].deadline = place
    elif kind == QUESTION:
        state.questions[target].deadline = place
    elif kind == TWAP:
        state.twaps[target].deadline = place
    else:
        state.margins[target].deadline = place
