"""The kernel judged by the model on lives of contracts: listings, funding, expiries, answers, stops, ties and TWAPs.

A failing seed is the whole reproduction: `ContractsWorkload(seed)` draws the same rows again.
"""

import pytest

from emporion.schema import build
from emporion.schema.codes import Event, Reject
from emporion.schema.limits import TINY
from emporion.sim.both import Both
from emporion.sim.crowd_contracts import ContractsCrowd
from emporion.sim.model import Model
from emporion.sim.workload_contracts import ContractsWorkload

STEPS, COMMANDS_PER_STEP_MAX = 20, 12
TOLD = {
    Event.QUESTION_LISTED, Event.OUTCOME_PROPOSED, Event.OUTCOME_RESOLVED, Event.FUNDING_SET, Event.FUNDING_PAID,
    Event.DAILY_SETTLED, Event.EXPIRED_CONTRACT, Event.MARKED_TO_CASH, Event.POSITION_SETTLED, Event.TRIGGERED,
    Event.TWAP_STARTED, Event.TWAP_SLICED, Event.TWAP_ENDED, Event.CONTRACT_AMENDED, Event.REPLACED,
}  # fmt: skip
ENDS = {Reject.BY_OTHER, Reject.BY_PARENT, Reject.BY_POSITION, Reject.BY_EXPIRY, Reject.BY_CLOSE, Reject.REDUCED}


def test_every_event_and_every_table_is_the_same(seed):
    """Lock-step, in steps of random length, everything compared after each."""
    work, both = ContractsWorkload(seed), Both()
    work.learn(both.apply(work.opening()))
    both.compare()
    for _ in range(STEPS):
        work.learn(both.apply(work.draw(int(work.rng.integers(1, COMMANDS_PER_STEP_MAX + 1)))))
        both.compare()
    go_on(both)


@pytest.mark.parametrize("number", range(2))
def test_a_crowd_that_waits_and_is_tied_is_the_same(number):
    """So many stops, brackets and pairs that walks over them and firing go beyond one command."""
    work, both = ContractsCrowd(number, limits=build.limits_of(TINY), hostile=0.0), Both()
    for rows in (work.opening(), work.prepare()):
        work.learn(both.apply(rows))
    for draw in (lambda: work.crowd(350), lambda: work.tie(60), *[work.draw_drastic] * 7):
        work.learn(both.apply(draw()))
        both.compare()
    go_on(both)


def go_on(both: Both) -> None:
    """Whatever is not finished is finished; it does not take for ever."""
    for _ in range(1_000):
        if not both.model.pending():
            break
        both.apply(build.continue_work())
    both.compare()
    assert not both.machine.pending()


def test_the_workload_goes_everywhere():
    """Else the agreement above would mean little."""
    kinds, reasons = set(), set()
    for seed in range(20):
        work, model = ContractsWorkload(70_000 + seed, hostile=0.0), Model()
        work.learn(model.apply(work.opening()))
        for _ in range(20):
            events = model.apply(work.draw(12))
            work.learn(events)
            kinds |= set(events["kind"].tolist())
            reasons |= set(events["reason"].tolist())
    assert {kind.name for kind in TOLD if kind not in kinds} == set()
    assert {reason.name for reason in ENDS if reason not in reasons} == set()
