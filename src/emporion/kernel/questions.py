"""Questions and what their outcomes pay. Rules C-9 and C-11 to C-14."""

import numpy as np

from emporion.kernel import contracts, deadlines, emit
from emporion.kernel.jit import kernel
from emporion.kernel.tables import DEADLINES, GROUPS, QUESTIONS, has_room, take_fresh
from emporion.schema.codes import Event, GroupKind, QuestionStatus, Reject
from emporion.schema.limits import CHALLENGE_MAX_NS, OUTCOMES_MAX, PPM, PRICE_MAX, TASKS
from emporion.schema.messages import VALUES_PER_ROW

OPEN = QuestionStatus.OPEN.value
PROPOSED = QuestionStatus.PROPOSED.value
RESOLVED = QuestionStatus.RESOLVED.value
PAYOUT_ROWS = 3

assert OUTCOMES_MAX <= PAYOUT_ROWS * VALUES_PER_ROW


@kernel
def list_question(state, command, terms, out):
    """Rule C-9."""
    outcomes = np.int64(command.mode)
    reason = Reject.NONE
    if (
        terms.name[0] == 0
        or outcomes < 1
        or outcomes > OUTCOMES_MAX
        or terms.challenge_ns < 0
        or terms.challenge_ns > CHALLENGE_MAX_NS
        or terms.one_ticks < 2
        or terms.one_ticks > PRICE_MAX
    ):
        reason = Reject.BAD_VALUE
    elif not has_room(state, QUESTIONS, 1) or not has_room(state, GROUPS, 1):
        reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    question_id = take_fresh(state, QUESTIONS)
    group_id = take_fresh(state, GROUPS)
    group = state.groups[group_id]
    group.group_id = group_id
    group.kind = GroupKind.EVENT
    group.maintenance_ppm = PPM  # The scenarios are all that can be: initial margin is the exact worst case.
    question = state.questions[question_id]
    for place in range(16):
        question.name[place] = terms.name[place]
    question.question_id = question_id
    question.group_id = group_id
    question.outcomes = max(outcomes, 2)
    question.status = OPEN
    question.challenge_ns = terms.challenge_ns
    question.one_ticks = terms.one_ticks
    _tell(state, Event.QUESTION_LISTED.value, question_id, 0, max(outcomes, 2), group_id, out)


@kernel
def propose(state, command, values, first_row, out):
    """Rule C-11."""
    question_id = command.question_id
    is_known = _is_question(state, question_id)
    question = state.questions[question_id if is_known else 0]
    reason = Reject.NONE
    if not _are_payouts(question, values, first_row):
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_QUESTION
    elif question.status != OPEN:
        reason = Reject.BAD_STATUS
    elif not has_room(state, DEADLINES, 1):
        reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    _write_payouts(question, values, first_row)
    question.status = PROPOSED
    question.due_ns = state.ts_ns + question.challenge_ns
    deadlines.put(state, question.due_ns, deadlines.QUESTION, question_id)
    _tell(state, Event.OUTCOME_PROPOSED.value, question_id, 0, 0, question.due_ns, out)


@kernel
def challenge(state, command, out):
    """Rule C-12."""
    question_id = command.question_id
    is_known = _is_question(state, question_id)
    question = state.questions[question_id if is_known else 0]
    if not is_known or question.status != PROPOSED:
        _reject(state, Reject.BAD_STATUS if is_known else Reject.UNKNOWN_QUESTION, out)
        return
    deadlines.remove(state, question.deadline)
    question.status = OPEN
    question.due_ns = 0
    for outcome in range(OUTCOMES_MAX):
        question.payout_ticks[outcome] = 0
    _tell(state, Event.OUTCOME_CHALLENGED.value, question_id, 0, 0, 0, out)


@kernel
def resolve(state, command, values, first_row, out):
    """Rule C-13."""
    question_id = command.question_id
    is_known = _is_question(state, question_id)
    question = state.questions[question_id if is_known else 0]
    reason = Reject.NONE
    if not _are_payouts(question, values, first_row):
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_QUESTION
    elif question.status == RESOLVED:
        reason = Reject.BAD_STATUS
    elif not may_end(state, question_id):
        reason = Reject.BUSY
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    if question.deadline != 0:
        deadlines.remove(state, question.deadline)
    _write_payouts(question, values, first_row)
    _end(state, question_id, out)


@kernel
def may_end(state, question_id):
    """Whether there is a place in the task queue for the orders of each of its contracts."""
    return state.task_count + state.questions[question_id].listed <= TASKS


@kernel
def on_deadline(state, question_id, out):
    """The challenge window of a proposal ends."""
    _end(state, question_id, out)


@kernel
def _end(state, question_id, out):
    """Rule C-14: the payouts are final, and each contract ends at its own."""
    question = state.questions[question_id]
    question.status = RESOLVED
    question.due_ns = 0
    _tell(state, Event.OUTCOME_RESOLVED.value, question_id, question.payout_ticks[0], 0, 0, out)
    for outcome in range(OUTCOMES_MAX):
        instrument_id = question.instrument_ids[outcome]
        if instrument_id != 0:
            slot = state.instruments[instrument_id].contract
            contracts.end(state, slot, question.payout_ticks[outcome], 0, 0, Reject.BY_EXPIRY.value, out)


@kernel
def _is_question(state, question_id):
    return question_id >= 1 and question_id <= state.tables[QUESTIONS].high_water


@kernel
def _are_payouts(question, values, first_row):
    """Whether none is negative, and together they are one; of a question that is not known only the first."""
    left = question.one_ticks
    for place in range(PAYOUT_ROWS * VALUES_PER_ROW):
        value = _given(values, first_row, place)
        if value < 0 or (place >= OUTCOMES_MAX and value != 0):
            return False
        if question.question_id != 0:
            if (place >= question.outcomes and value != 0) or value > left:
                return False
            left -= value
    return left == 0


@kernel
def _given(values, first_row, place):
    return values.rows[first_row + place // VALUES_PER_ROW].values[place % VALUES_PER_ROW]


@kernel
def _write_payouts(question, values, first_row):
    for outcome in range(OUTCOMES_MAX):
        question.payout_ticks[outcome] = _given(values, first_row, outcome)


@kernel
def _tell(state, kind, question_id, price_ticks, outcomes, amount, out):
    emit.event(out, state.seq, kind, question_id, price_ticks, outcomes, 0, amount, 0, 0, 0, 0, 0, 0)


@kernel
def _reject(state, reason, out):
    emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
