"""The short way of plain commands against the general one: the same history, told to do without the short way.

And that commands do go the short way, or the comparison would compare nothing.
"""

import numba
import pytest

from emporion.kernel import plain, plain_margin
from emporion.kernel.machine import Machine
from emporion.schema.limits import SMALL, TINY
from emporion.sim.crowd import Crowd
from emporion.sim.workload import Workload
from emporion.sim.workload_margin import MarginWorkload

SHORT_WAYS = [(plain, name) for name in ("place", "replace", "cancel", "by_client_id")]
SHORT_WAYS_OF_MARGIN = [(plain_margin, name) for name in ("place", "replace", "cancel")]  # The former lead to them.
pytestmark = pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="functions are exchanged: uncompiled only")


def history(seed: int, has_margin: bool) -> list:
    """A random stream with hostile rows, or one of many plain orders in few books; or one of traders on margin."""
    machine = Machine(TINY)
    if has_margin:
        work = MarginWorkload(40_000 + seed, hostile=0.02)
    else:
        work = Workload(40_000 + seed) if seed % 2 else Crowd(40_000 + seed, hostile=0.02)
    parts = [work.opening()]
    work.learn(machine.apply(parts[0]))
    for _ in range(25):
        parts.append(work.draw(20))
        work.learn(machine.apply(parts[-1]))
    return parts


@pytest.mark.parametrize("has_margin", [False, True], ids=["cash", "margin"])
def test_the_general_code_ends_in_the_same_events_and_the_same_state(seed, has_margin, monkeypatch):
    parts = history(seed, has_margin)
    short, general = Machine(TINY), Machine(SMALL)
    told = [short.apply(rows).tobytes() for rows in parts]
    for module, name in SHORT_WAYS:
        monkeypatch.setattr(module, name, lambda *_: False)
    assert [general.apply(rows).tobytes() for rows in parts] == told
    assert general.digest() == short.digest()


def test_commands_do_go_the_short_way(monkeypatch):
    """Over a few histories each short way is taken, and each is left to the general code at times."""
    ways = SHORT_WAYS + SHORT_WAYS_OF_MARGIN
    verdicts = {f"{module.__name__} {name}": {True: 0, False: 0} for module, name in ways}

    def counting(way, function):
        def counted(*args):
            done = function(*args)
            verdicts[way][bool(done)] += 1
            return done

        return counted

    for module, name in ways:
        monkeypatch.setattr(module, name, counting(f"{module.__name__} {name}", getattr(module, name)))
    for seed in range(6):
        history(seed, False)
    for seed in range(2):
        history(seed, True)
    assert all(count > 0 for by_way in verdicts.values() for count in by_way.values()), verdicts
