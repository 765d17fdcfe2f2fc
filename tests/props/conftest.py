"""How many seeds: EMPORION_SEEDS, else as many as the mode of the run has time for."""

import os

from hypothesis import settings

SEEDS_PER_EXAMPLE = 0.1  # Compiled: 100 examples and 10 seeds of a few hundred commands each.
SEEDS = int(os.environ.get("EMPORION_SEEDS", max(2, int(settings().max_examples * SEEDS_PER_EXAMPLE))))


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(SEEDS))
