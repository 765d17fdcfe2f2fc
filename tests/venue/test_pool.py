"""Margin reckoned in Python from the rows is the kernel's, to the atom, and its parts add up to it."""

import numpy as np
import pytest

from emporion.kernel.machine import Machine
from emporion.schema import build, build_margin
from emporion.schema.codes import Event, Limit
from emporion.schema.limits import TINY
from emporion.sim.workload_margin import MarginWorkload
from emporion.venue.catalog import Catalog
from emporion.venue.explain import explain
from emporion.venue.pool import gather
from emporion.venue.reckon import Pool, reckon

STEPS = 60


def live(seed: int) -> Machine:
    """A venue in which traders on margin have been busy."""
    work, machine = MarginWorkload(seed), Machine(TINY)
    work.learn(machine.apply(work.opening()))
    for _ in range(STEPS):
        work.learn(machine.apply(work.draw(10)))
    return machine


def pools(machine: Machine) -> list[tuple[np.void, Pool]]:
    """Each margin row with what is reckoned of its account."""
    catalog = Catalog(machine)
    rows = catalog.rows(Limit.MARGINS)[1:]
    return [(row, reckon(gather(catalog, int(row["account_id"])))) for row in rows]


@pytest.mark.parametrize("seed", range(4))
def test_sums_are_the_kernels_of_every_account_whose_sums_are_fresh(seed):
    work, machine, seen = MarginWorkload(seed), Machine(TINY), 0
    work.learn(machine.apply(work.opening()))
    for _ in range(STEPS):
        work.learn(machine.apply(work.draw(10)))
        epoch = int(machine.array["epoch"][0])
        for row, pool in pools(machine):
            if row["epoch"] == epoch:
                seen += 1
                assert pool.equity_atoms == row["equity_atoms"]
                assert pool.initial_atoms == row["initial_atoms"]
                assert pool.maintenance_atoms == row["maintenance_atoms"]
                assert pool.gross_atoms == row["gross_atoms"]
                assert pool.rows.order_risk_atoms == row["order_risk_atoms"]
    assert seen > 5


@pytest.mark.parametrize("seed", range(4))
def test_what_is_due_is_foreseen(seed):
    """Reckoned before a sweep settles funding, interest and marking to cash, and the same after it.

    But for what liquidations do, and for interest, which raises what is lent and so is bounded by the supply."""
    machine = live(seed)
    before = [(int(row["account_id"]), pool.equity_atoms) for row, pool in pools(machine)]
    events = machine.apply(build_margin.sweep(len(before)))
    orders = {int(each) for each in events["account_id"][events["kind"] == Event.CANCELED]}
    after = {int(row["account_id"]): pool.equity_atoms for row, pool in pools(machine)}
    assert before
    for account_id, equity in before:
        if account_id not in orders:
            assert after[account_id] == equity


@pytest.mark.parametrize("seed", range(4))
def test_parts_add_up(seed):
    explained = [explain(pool) for _, pool in pools(live(seed))]
    losses = 0
    for one in explained:
        pool = one.pool
        assert sum(part.value_atoms for part in one.collateral) == pool.equity_atoms
        total = sum(value for _, value in one.addons)
        for group in one.groups:
            loss = group.exposure.loss_atoms
            total += loss
            parts = sum(part.value_atoms for part in group.parts)
            assert parts == -loss if loss else parts >= 0
            losses += loss > 0
        assert total == pool.initial_atoms
    assert losses


def test_preview_and_reckoning_agree():
    """What the kernel says an order needs before it is sent is what reckoning finds."""
    machine = live(1)
    catalog, asked = Catalog(machine), 0
    contracts = np.flatnonzero(catalog.rows(Limit.INSTRUMENTS)["contract"])
    for row, pool in pools(machine):
        for number in contracts.tolist():
            answer = machine.preview(build.place(int(row["account_id"]), number, 1, 1, 100))
            if answer["required_atoms"] and answer["is_settled"]:
                assert answer["required_atoms"] == pool.required_atoms
                asked += 1
    assert asked
