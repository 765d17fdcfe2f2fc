"""Questions, their answers, and what the outcomes do to margin: docs/rules/contracts.md, C-9 to C-14."""

from types import SimpleNamespace

from emporion.schema.codes import Event, GroupKind, Limit, QuestionStatus, Reject
from emporion.schema.limits import (
    CHALLENGE_MAX_NS,
    OUTCOME_SHIFT,
    OUTCOMES_MAX,
    PPM,
    PRICE_MAX,
    RISK_MAX,
    SCENARIOS,
    TASKS,
    VALUE_MAX,
)
from emporion.sim.model_contracts_state import Contract, Group, Load, Question
from emporion.sim.model_ends import end_contract
from emporion.sim.model_funding import largest
from emporion.sim.model_margin import risk_of_asset
from emporion.sim.model_state import Venue, ceil_div, require

Row = SimpleNamespace


def list_question(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-9."""
    terms = data[0]
    require(terms.name[0] != 0 and 1 <= row.mode <= OUTCOMES_MAX, Reject.BAD_VALUE)
    require(0 <= terms.challenge_ns <= CHALLENGE_MAX_NS and 2 <= terms.one_ticks <= PRICE_MAX, Reject.BAD_VALUE)
    require(len(venue.questions) < venue.limits[Limit.QUESTIONS], Reject.TABLE_FULL)
    require(len(venue.groups) < venue.limits[Limit.GROUPS], Reject.TABLE_FULL)

    group_id, question_id = len(venue.groups) + 1, len(venue.questions) + 1
    venue.groups[group_id] = Group(group_id, GroupKind.EVENT, PPM)
    question = Question(
        question_id, group_id, bytes(terms.name), max(row.mode, 2), terms.challenge_ns, terms.one_ticks
    )  # fmt: skip
    venue.questions[question_id] = question
    venue.emit(Event.QUESTION_LISTED, order_id=question_id, qty_lots=question.outcomes, amount_atoms=group_id)


# --- Answers -----------------------------------------------------------------------------------------


def propose_outcome(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-11."""
    payouts = read_payouts(venue, row, data)
    question = known_question(venue, row, {QuestionStatus.OPEN})
    require(venue.has_deadline_room(), Reject.TABLE_FULL)
    question.status, question.payouts = QuestionStatus.PROPOSED, payouts
    question.due_ns, question.due_seq = venue.now + question.challenge_ns, venue.seq
    venue.emit(Event.OUTCOME_PROPOSED, order_id=row.question_id, amount_atoms=question.due_ns)


def challenge_outcome(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-12."""
    question = known_question(venue, row, {QuestionStatus.PROPOSED})
    question.status, question.payouts, question.due_ns = QuestionStatus.OPEN, [0] * OUTCOMES_MAX, 0
    venue.emit(Event.OUTCOME_CHALLENGED, order_id=row.question_id)


def resolve_outcome(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-13."""
    payouts = read_payouts(venue, row, data)
    question = known_question(venue, row, {QuestionStatus.OPEN, QuestionStatus.PROPOSED})
    require(has_task_room(venue, question), Reject.BUSY)
    question.payouts = payouts
    resolve(venue, question)


def on_deadline(venue: Venue, question: Question) -> bool:
    """C-14. Whether it could be worked off."""
    if not has_task_room(venue, question):
        return False
    resolve(venue, question)
    return True


def resolve(venue: Venue, question: Question) -> None:
    """C-14."""
    question.status, question.due_ns = QuestionStatus.RESOLVED, 0
    venue.emit(Event.OUTCOME_RESOLVED, order_id=question.question_id, price_ticks=question.payouts[0])
    for contract in contracts_of(venue, question):
        end_contract(venue, contract, question.payouts[contract.outcome], Reject.BY_EXPIRY)


def contracts_of(venue: Venue, question: Question) -> list[Contract]:
    """Those that are listed, in the order of outcomes."""
    return [venue.contracts[number] for number in question.instrument_ids if number]


def has_task_room(venue: Venue, question: Question) -> bool:
    return len(venue.tasks) + len(contracts_of(venue, question)) <= TASKS


def read_payouts(venue: Venue, row: Row, data: list[Row]) -> list[int]:
    """What each outcome pays, as C-11 has it."""
    numbers = [number for each in data for number in each.values]
    payouts, rest = numbers[:OUTCOMES_MAX], numbers[OUTCOMES_MAX:]
    require(min(payouts) >= 0, Reject.BAD_VALUE)
    question = venue.questions.get(row.question_id)
    if question is not None:
        require(not any(payouts[question.outcomes :]) and sum(payouts) == question.one_ticks, Reject.BAD_VALUE)
    require(not any(rest), Reject.BAD_VALUE)
    return payouts


def known_question(venue: Venue, row: Row, allowed: set[QuestionStatus]) -> Question:
    question = venue.questions.get(row.question_id)
    require(question is None or question.status in allowed, Reject.BAD_STATUS)
    require(question is not None, Reject.UNKNOWN_QUESTION)
    assert question is not None
    return question


# --- C-10 ----------------------------------------------------------------------------------------------


def array_fits(venue: Venue, contract: Contract) -> bool:
    """Whether what the array of an outcome would hold fits; of a settle asset without a value nothing is judged."""
    instrument = venue.instruments[contract.instrument_id]
    asset = risk_of_asset(venue, instrument.quote)
    if not asset.value:
        return True
    one = contract.one_ticks * instrument.atoms_per_tick_lot << OUTCOME_SHIFT
    each = ceil_div(one * asset.value, 1 << asset.unit_shift)
    return one <= RISK_MAX and largest(contract) * each <= VALUE_MAX << OUTCOME_SHIFT


def make_array(venue: Venue, contract: Contract) -> None:
    instrument, question = venue.instruments[contract.instrument_id], venue.questions[contract.question_id]
    asset = risk_of_asset(venue, instrument.quote)
    array = []
    for scenario in range(SCENARIOS):
        comes_true = scenario if scenario < question.outcomes else 0
        pays = contract.one_ticks if comes_true == contract.outcome else 0
        gain = (pays - contract.mark) * instrument.atoms_per_tick_lot << OUTCOME_SHIFT
        array.append(gain * asset.value >> asset.unit_shift)
    risk = contract.risk
    risk.loads[0], risk.count = Load(question.group_id, array), 1
    risk.unit_shift, risk.cap = OUTCOME_SHIFT, largest(contract)
