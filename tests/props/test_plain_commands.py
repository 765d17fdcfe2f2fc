"""The short way of plain commands against the general one: the same history, told to do without the short way.

And that commands do go the short way, or the comparison would compare nothing.
"""

import numba
import pytest

from emporion.kernel import plain
from emporion.kernel.machine import Machine
from emporion.schema.limits import SMALL, TINY
from emporion.sim.crowd import Crowd
from emporion.sim.workload import Workload

SHORT_WAYS = ("place", "replace", "cancel", "by_client_id")
pytestmark = pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="functions are exchanged: uncompiled only")


def history(seed: int) -> list:
    """A random stream with hostile rows, or one of many plain orders in few books."""
    machine = Machine(TINY)
    work = Workload(40_000 + seed) if seed % 2 else Crowd(40_000 + seed, hostile=0.02)
    parts = [work.opening()]
    work.learn(machine.apply(parts[0]))
    for _ in range(25):
        parts.append(work.draw(20))
        work.learn(machine.apply(parts[-1]))
    return parts


def test_the_general_code_ends_in_the_same_events_and_the_same_state(seed, monkeypatch):
    parts = history(seed)
    short, general = Machine(TINY), Machine(SMALL)
    told = [short.apply(rows).tobytes() for rows in parts]
    for name in SHORT_WAYS:
        monkeypatch.setattr(plain, name, lambda *_: False)
    assert [general.apply(rows).tobytes() for rows in parts] == told
    assert general.digest() == short.digest()


def test_commands_do_go_the_short_way(monkeypatch):
    """Over a few histories each short way is taken, and each is left to the general code at times."""
    verdicts = {name: {True: 0, False: 0} for name in SHORT_WAYS}

    def counting(name, function):
        def counted(*args):
            done = function(*args)
            verdicts[name][bool(done)] += 1
            return done

        return counted

    for name in SHORT_WAYS:
        monkeypatch.setattr(plain, name, counting(name, getattr(plain, name)))
    for seed in range(6):
        history(seed)
    assert all(count > 0 for by_name in verdicts.values() for count in by_name.values()), verdicts
