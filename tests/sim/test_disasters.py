"""Whole worlds of disasters. EMPORION_SEEDS says how many; a seed that fails is the bug report."""

import os

import pytest

from emporion.sim.world import run

SEEDS = int(os.environ.get("EMPORION_SEEDS", "30"))
OFFSET = int(os.environ.get("EMPORION_FIRST_SEED", "0"))


@pytest.mark.filterwarnings("ignore:.*passing over it:RuntimeWarning")  # Snapshots are damaged on purpose.
@pytest.mark.parametrize("seed", range(OFFSET, OFFSET + SEEDS))
def test_acknowledged_commands_survive(seed):
    run(seed, steps=80)


@pytest.mark.filterwarnings("ignore:.*passing over it:RuntimeWarning")
def test_the_seed_is_the_whole_reproduction():
    assert run(3, steps=60) == run(3, steps=60)


@pytest.mark.filterwarnings("ignore:.*passing over it:RuntimeWarning")
def test_disasters_do_happen():
    outcomes = [run(seed, steps=60) for seed in range(8)]
    assert sum(outcome.power_losses for outcome in outcomes) > 20
    assert sum(outcome.disk_errors for outcome in outcomes) > 10
    assert sum(outcome.recoveries for outcome in outcomes) > 30
    assert all(outcome.answers > 10 for outcome in outcomes)
