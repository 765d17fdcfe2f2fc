"""C: questions, the arrays of their outcomes, and what they pay."""

from itertools import product

import numpy as np
import pytest

from emporion.schema import build, build_margin
from emporion.schema.build_margin import challenge_outcome, list_question, propose_outcome, resolve_outcome
from emporion.schema.codes import Event, GroupKind, InstrumentStatus, Limit, QuestionStatus, Reject
from emporion.schema.limits import CHALLENGE_MAX_NS, OUTCOME_SHIFT, PPM, PRICE_MAX, VALUE_MAX
from tests.rules.floor import BUY, FLAT, HOUR, SELL, Floor, told

ONE = 1_000


@pytest.fixture
def floor() -> Floor:
    return Floor()


def question(floor: Floor, outcomes: int = 2, challenge_ns: int = HOUR) -> int:
    return floor.do(list_question("Who?", outcomes, challenge_ns))[0]["order_id"]


def margin_of(floor: Floor, name: str) -> np.record:
    return floor.machine.state.margins[floor.machine.state.accounts[floor.accounts[name]].margin]


def test_a_question_has_a_group_of_its_own(floor):
    """C-9"""
    events = floor.do(list_question("Who?", 3, HOUR))
    group = floor.machine.state.tables[Limit.GROUPS].live
    assert told(events, Event.QUESTION_LISTED) == [{"order_id": 1, "qty_lots": 3, "amount_atoms": group}]
    row = floor.machine.state.groups[group]
    assert (row.group_id, row.kind, row.maintenance_ppm) == (group, GroupKind.EVENT, PPM)
    assert told(floor.do(list_question("Rain?", 1)), Event.QUESTION_LISTED)[0]["qty_lots"] == 2


def test_what_is_no_question_is_refused(floor):
    """C-9"""
    for rows in (
        list_question("", 2), list_question("X", 0), list_question("X", 17), list_question("X", -1),
        list_question("X", 2, -1), list_question("X", 2, CHALLENGE_MAX_NS + 1), list_question("X", 2, 0, 1),
        list_question("X", 2, 0, PRICE_MAX + 1),
    ):  # fmt: skip
        assert floor.refusal(rows) == Reject.BAD_VALUE
    for limit in (Limit.QUESTIONS, Limit.GROUPS):
        full = Floor()
        full.machine.state.tables[limit].limit = full.machine.state.tables[limit].live
        assert full.refusal(list_question("X", 2)) == Reject.TABLE_FULL


# --- C-10 ----------------------------------------------------------------------------------------------


def test_the_array_is_payoff_less_mark_and_repeats_the_first_outcome(floor):
    """C-10"""
    who = question(floor, 3)
    numbers = [floor.outcome(who, outcome, mark=200 + outcome) for outcome in range(3)]
    for outcome, number in enumerate(numbers):
        risk = floor.machine.state.risks[floor.contract(number).risk]
        pays = [ONE if scenario == outcome or (scenario > 2 and outcome == 0) else 0 for scenario in range(16)]
        assert risk.arrays[:16].tolist() == [(paid - 200 - outcome) << OUTCOME_SHIFT for paid in pays]
        assert not risk.arrays[16:].any() and risk.loads == 1 and risk.unit_shift == OUTCOME_SHIFT
        assert risk.group_ids[0] == floor.machine.state.questions[who].group_id and risk.cap == 10**9


def test_the_array_is_in_micro_dollars_rounded_down(floor):
    """C-10"""
    floor.do(build.list_asset("eur", 6))
    floor.do(build_margin.set_risk(floor.group, FLAT, asset_id=2, unit_shift=10, cap=10**12))
    floor.do(build_margin.set_value(2, 1_000))  # An atom is 1000/1024 of a micro-dollar.
    rain = floor.outcome(question(floor), mark=333, quote_asset_id=2)
    risk = floor.machine.state.risks[floor.contract(rain).risk]
    assert risk.arrays[:2].tolist() == [(667 << 6) * 1_000 // 1_024, -(333 << 6) * 1_000 // 1_024]
    floor.do(build_margin.set_price(rain, 0, 334))
    assert risk.arrays[1] == -(334 << 6) * 1_000 // 1_024


def test_no_array_without_a_value_and_none_that_does_not_fit(floor):
    """C-4, C-10"""
    who = question(floor)
    floor.do(build.list_asset("gold", 0))
    floor.do(
        build_margin.list_contract(
            "GOLD-OUT", 2, 5, question_id=who, one_ticks=ONE, price_max_ticks=999, atoms_per_tick_lot=1
        )
    )
    assert floor.refusal(build_margin.set_price(1, 0, 5)) == Reject.NO_MARK
    floor.do(build_margin.set_risk(floor.group, FLAT, asset_id=2, cap=10**6))
    assert floor.refusal(build_margin.set_price(1, 0, 5)) == Reject.NO_MARK
    most = VALUE_MAX // (10**9 * ONE)
    floor.do(build_margin.set_value(2, most), build_margin.set_price(1, 0, 5))
    floor.do(build_margin.set_value(2, most + 1))
    assert floor.refusal(build_margin.set_price(1, 0, 5)) == Reject.BAD_VALUE
    floor.do(build_margin.set_value(2, 10**9))
    assert floor.refusal(build_margin.set_price(1, 0, 5)) == Reject.BAD_VALUE


def test_the_margin_of_a_position_is_all_that_it_can_lose(floor):
    """C-10, R: long loses its price, short one less its price."""
    rain = floor.outcome(question(floor), mark=300)
    floor.account("A", 3_001), floor.account("B", 7_001)  # An atom for the fee's rounding: P-4.
    floor.trade("A", "B", rain, 10, 300)
    for name in "AB":
        assert floor.refusal(build.place(floor.accounts[name], rain, BUY if name == "A" else SELL, 1, 300)) in (
            Reject.INSUFFICIENT_MARGIN,
        )
    margins = floor.machine.state.margins
    assert [int(margins[m].initial_atoms) for m in (1, 2)] in ([3_000, 7_000], [7_000, 3_000])


def test_yes_and_no_together_need_no_margin(floor):
    """C-10: of a question of three, all three; and each two outcomes their worst case."""
    who = question(floor, 3)
    numbers = [floor.outcome(who, outcome, mark=mark) for outcome, mark in enumerate((500, 300, 200))]
    for number, mark in zip(numbers, (500, 300, 200), strict=True):
        floor.trade("A", "B", number, 10, mark)
    floor.touch()
    row = margin_of(floor, "A")
    assert (row.initial_atoms, row.maintenance_atoms) == (0, 0)
    # A set of NO on two outcomes: the worst is that one of them comes true.
    for number, mark in zip(numbers[:2], (500, 300), strict=True):
        floor.trade("D", "C", number, 10, mark)
    worst = max(sum((mark if not hit else mark - ONE) * -10 for mark, hit in zip((500, 300), hits, strict=True))
                for hits in ((1, 0), (0, 1), (0, 0)))  # fmt: skip
    assert worst == 2_000
    floor.touch()
    assert margin_of(floor, "C").initial_atoms == worst


# --- C-11 to C-14 ----------------------------------------------------------------------------------------


def test_a_proposal_is_final_when_nobody_challenges_it_in_time(floor):
    """C-11, C-14"""
    who = question(floor, 3)
    first, last = floor.outcome(who, 0, 400), floor.outcome(who, 2, 100)
    floor.trade("A", "B", first, 5, 400)
    floor.trade("B", "A", last, 5, 100)
    floor.order("A", last, BUY, 1, 90)
    events = floor.do(propose_outcome(who, [700, 0, 300]))
    assert told(events, Event.OUTCOME_PROPOSED) == [{"order_id": who, "amount_atoms": floor.now_ns + HOUR}]
    assert floor.wait(HOUR - 1) == []
    events = floor.wait(1)
    assert told(events, Event.OUTCOME_RESOLVED) == [{"order_id": who, "price_ticks": 700}]
    assert told(events, Event.EXPIRED_CONTRACT) == [
        {"instrument_id": first, "price_ticks": 700},
        {"instrument_id": last, "price_ticks": 300},
    ]
    assert [event["flags"] for event in told(events, Event.STATUS_CHANGED)] == [InstrumentStatus.CLOSED] * 2
    assert [event["reason"] for event in told(events, Event.CANCELED)] == [Reject.BY_EXPIRY]
    floor.touch()
    gain = 5 * (700 - 400) - 5 * (300 - 100)
    assert (floor.cash("A"), floor.cash("B"), floor.cash("clearing")) == (10**9 + gain, 10**9 - gain, 0)
    assert floor.machine.state.questions[who].status == QuestionStatus.RESOLVED


def test_a_challenged_proposal_is_dropped(floor):
    """C-12"""
    who = question(floor)
    floor.outcome(who, 0, 400)
    assert floor.refusal(challenge_outcome(who)) == Reject.BAD_STATUS
    floor.do(propose_outcome(who, [ONE, 0]))
    assert floor.refusal(propose_outcome(who, [0, ONE])) == Reject.BAD_STATUS
    assert told(floor.do(challenge_outcome(who)), Event.OUTCOME_CHALLENGED) == [{"order_id": who}]
    row = floor.machine.state.questions[who]
    assert (row.status, row.due_ns, row.deadline, row.payout_ticks.any()) == (QuestionStatus.OPEN, 0, 0, False)
    assert floor.wait(2 * HOUR) == []
    assert floor.refusal(challenge_outcome(2)) == Reject.UNKNOWN_QUESTION
    floor.do(propose_outcome(who, [0, ONE]))
    assert told(floor.wait(HOUR), Event.EXPIRED_CONTRACT) == [{"instrument_id": 1}]


def test_a_resolver_may_answer_at_once_also_what_was_proposed(floor):
    """C-13"""
    who = question(floor)
    rain = floor.outcome(who, 0, 400)
    floor.do(propose_outcome(who, [0, ONE]))
    events = floor.do(resolve_outcome(who, [ONE, 0]))
    assert told(events, Event.OUTCOME_RESOLVED) == [{"order_id": who, "price_ticks": ONE}]
    assert told(events, Event.EXPIRED_CONTRACT) == [{"instrument_id": rain, "price_ticks": ONE}]
    assert floor.wait(2 * HOUR) == []
    for rows in (resolve_outcome(who, [ONE, 0]), propose_outcome(who, [ONE, 0]), challenge_outcome(who)):
        assert floor.refusal(rows) == Reject.BAD_STATUS
    assert floor.refusal(resolve_outcome(2, [ONE, 0])) == Reject.UNKNOWN_QUESTION


@pytest.mark.parametrize(
    "payouts",
    [[], [ONE], [500, 500, 1], [500, 499], [500, 501], [ONE + 1, -1], [ONE, 0, 0, -1], [0] * 15 + [ONE],
     [ONE] + [0] * 15 + [1]],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("ask", [propose_outcome, resolve_outcome], ids=lambda ask: ask.__name__)
def test_payouts_are_not_negative_and_add_up_to_one(floor, ask, payouts):
    """C-11, C-13"""
    who = question(floor, 3)
    if payouts == [ONE]:
        floor.do(ask(who, payouts))
    else:
        assert floor.refusal(ask(who, payouts)) == Reject.BAD_VALUE
        expected = Reject.BAD_VALUE if min(payouts, default=0) < 0 or len(payouts) > 16 else Reject.UNKNOWN_QUESTION
        assert floor.refusal(ask(9, payouts)) == expected


def test_a_void_pays_each_side_a_part(floor):
    """C-14"""
    rain = floor.outcome(question(floor), mark=400)
    floor.trade("A", "B", rain, 5, 400)
    floor.do(resolve_outcome(1, [500, 500]))
    floor.touch()
    assert (floor.cash("A"), floor.cash("B")) == (10**9 + 500, 10**9 - 500)


def test_an_answer_waits_for_places_in_the_task_queue(floor):
    """C-13, C-14"""
    who = question(floor, 3)
    for outcome in range(3):
        floor.outcome(who, outcome)
    floor.do(propose_outcome(who, [0, 0, ONE]))
    floor.machine.state.task_count = 62
    floor.now_ns += HOUR
    rows = build.stamp(resolve_outcome(who, [ONE, 0, 0]), floor.now_ns)
    assert [event["reason"] for event in floor.machine.apply(rows)] == [Reject.BUSY]
    floor.machine.state.task_count = 0
    assert len(told(floor.wait(0), Event.EXPIRED_CONTRACT)) == 3


def test_a_proposal_needs_a_deadline(floor):
    """C-11"""
    who = question(floor)
    table = floor.machine.state.tables[Limit.DEADLINES]
    table.limit = table.live
    assert floor.refusal(propose_outcome(who, [ONE, 0])) == Reject.TABLE_FULL


@pytest.mark.parametrize("sizes", [*product((-3, 2), repeat=3), (0, 2, 2), (-3, 0, -3), (-3, 2, 0)], ids=str)
def test_no_answer_costs_more_than_the_margin_and_one_costs_as_much(floor, sizes):
    """C-10, C-14"""
    marks = (500, 300, 200)
    who = question(floor, 3)
    numbers = [floor.outcome(who, outcome, mark=mark) for outcome, mark in enumerate(marks)]
    for number, size, mark in zip(numbers, sizes, marks, strict=True):
        if size:
            floor.trade(*("AB" if size > 0 else "BA"), number, abs(size), mark)
    floor.touch()
    held = list(enumerate(zip(sizes, marks, strict=True)))
    gains = [sum(size * (ONE * (outcome == hit) - mark) for outcome, (size, mark) in held) for hit in range(3)]
    assert margin_of(floor, "A").initial_atoms == max(0, -min(gains))
    worst = min(range(3), key=lambda hit: gains[hit])
    floor.do(resolve_outcome(who, [ONE * (outcome == worst) for outcome in range(3)]))
    floor.touch()
    assert floor.cash("A") == 10**9 + gains[worst]
