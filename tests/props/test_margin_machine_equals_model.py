"""Contracts, margin, loans and liquidation: the fast kernel judged by the slow model, on random commands.

A failing seed is the whole reproduction: `MarginWorkload(seed)` draws the same rows again.
"""

from collections import Counter

import numpy as np

from emporion.schema import build
from emporion.schema.codes import Event, Reject
from emporion.schema.limits import TINY
from emporion.sim.both import Both
from emporion.sim.model import Model
from emporion.sim.trouble import Trouble
from emporion.sim.workload_margin import MarginWorkload

STEPS, COMMANDS_PER_STEP_MAX = 20, 12
OF_CONTRACTS = (
    Event.POSITION, Event.FUNDING_SET, Event.FUNDING_PAID, Event.MARKED_TO_CASH, Event.DAILY_SETTLED,
    Event.EXPIRED_CONTRACT, Event.POSITION_SETTLED, Event.PRICE_SET, Event.GROUP_SET, Event.RISK_SET, Event.MARGIN_SET,
    Event.LENDING_SET, Event.LIQUIDATION_SET, Event.CONTRACT_AMENDED, Event.INTEREST_PAID, Event.SWEPT,
    Event.LIQUIDATION_BEGUN, Event.LIQUIDATION_STEP, Event.LIQUIDATION_ENDED, Event.BACKSTOP_TOOK, Event.DELEVERAGED,
    Event.INSURANCE_PAID,  # LOSS_LEFT is rare: rule Q-8 has its example.
)  # fmt: skip
OF_MARGIN = (
    Reject.NOT_A_MARGIN_ACCOUNT, Reject.REDUCE_ONLY, Reject.POSITION_LIMIT, Reject.OPEN_INTEREST_LIMIT,
    Reject.NOTHING_TO_LEND, Reject.LEVERAGE_LIMIT, Reject.INSUFFICIENT_MARGIN,
)  # fmt: skip


def test_every_event_and_every_table_is_the_same(seed):
    """Lock-step, in steps of random length, everything compared after each."""
    work, both = MarginWorkload(seed), Both()
    work.learn(both.apply(work.opening()))
    both.compare()
    for _ in range(STEPS):
        work.learn(both.apply(work.draw(int(work.rng.integers(1, COMMANDS_PER_STEP_MAX + 1)))))
        both.compare()


def test_with_room_for_all_and_nobody_hostile_it_goes_far_and_is_the_same(seed):
    """Where nothing is refused for want of room, accounts get into trouble and out of it."""
    work, both = MarginWorkload(50_000 + seed, limits=build.limits_of(TINY), hostile=0.0), Both()
    work.learn(both.apply(work.opening()))
    for _ in range(STEPS):
        work.learn(both.apply(work.draw(COMMANDS_PER_STEP_MAX)))
        both.compare()


def test_accounts_in_trouble_are_liquidated_alike(seed):
    work, both = Trouble(70_000 + seed, limits=build.limits_of(TINY), hostile=0.0), Both()
    work.learn(both.apply(work.opening()))
    for _ in range(STEPS // 2):
        work.learn(both.apply(work.draw(COMMANDS_PER_STEP_MAX)))
        both.compare()


def test_a_workload_goes_everywhere():
    """Else the agreement above would mean little: each kind of event and of refusal comes up."""
    kinds: Counter[int] = Counter()
    reasons: Counter[int] = Counter()
    for seed in range(18):
        kind_of_work = MarginWorkload if seed % 3 else Trouble
        work, model = kind_of_work(61_000 + seed, limits=build.limits_of(TINY), hostile=0.0), Model()
        rows = work.opening()
        for _ in range(25):
            events = model.apply(rows)
            work.learn(events)
            kinds.update(events["kind"].tolist())
            reasons.update(events["reason"].tolist())
            rows = work.draw(10)
    assert [event.name for event in OF_CONTRACTS if not kinds[event]] == []
    assert [reason.name for reason in OF_MARGIN if not reasons[reason]] == []


def test_the_same_seed_draws_the_same_rows():
    first, second = (MarginWorkload(5).draw(50) for _ in range(2))
    assert isinstance(first, np.ndarray) and first.tobytes() == second.tobytes()
