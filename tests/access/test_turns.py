"""Turns at what takes long: few at once, a short queue, the rest refused at once, and behind everything else."""

import asyncio
import os
import sys
import threading

import pytest

from emporion.access.denied import AccessDenied
from emporion.access.passwords import Cost, Passwords
from emporion.access.turns import NICE, Turns

from .conftest import PASSWORD


@pytest.fixture
def turns():
    made = Turns(at_once=2, waiting_max=3)
    yield made
    made.close()


async def flood(turns, act, times):
    """What became of each."""
    return await asyncio.gather(*(turns.take(act) for _ in range(times)), return_exceptions=True)


def test_what_does_not_fit_is_refused_and_the_rest_takes_turns(turns):
    running, most, lock, go_on = 0, 0, threading.Lock(), threading.Event()

    def act():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go_on.wait()
        with lock:
            running -= 1
        return "done"

    async def run():
        asyncio.get_running_loop().call_later(0.1, go_on.set)
        outcomes = await flood(turns, act, 12)
        assert outcomes.count("done") == 5 and most == 2
        refused = [outcome for outcome in outcomes if outcome != "done"]
        assert {type(error) for error in refused} == {AccessDenied}
        assert {(error.code, error.retry_after_ms) for error in refused} == {("RATE_LIMITED", 1000)}
        assert await flood(turns, act, 5) == ["done"] * 5  # All places are free again.

    asyncio.run(run())


def test_what_was_raised_is_raised(turns):
    def act(number, *, divisor):
        return number / divisor

    async def run():
        assert await turns.take(act, 6, divisor=2) == 3
        for _ in range(10):
            with pytest.raises(ZeroDivisionError):
                await turns.take(act, 6, divisor=0)

    asyncio.run(run())


def test_whoever_leaves_gives_the_place_back(turns):
    go_on = threading.Event()

    async def run():
        leaving = [asyncio.create_task(turns.take(go_on.wait)) for _ in range(5)]
        await asyncio.sleep(0.05)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        go_on.set()
        assert await turns.take(lambda: "done") == "done"

    asyncio.run(run())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
def test_hashing_stands_behind_everything_else(turns):
    def priority():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    assert asyncio.run(turns.take(priority)) == min(19, max(before, NICE))
    assert priority() == before


def test_the_loop_goes_on_while_passwords_are_hashed(turns):
    passwords = Passwords(Cost(passes=3, bytes=64 << 20))

    async def run():
        hashing = asyncio.create_task(turns.take(passwords.hash, PASSWORD))
        beats = 0
        while not hashing.done():
            await asyncio.sleep(0.001)
            beats += 1
        assert beats > 10
        assert passwords.verify(await hashing, PASSWORD)

    asyncio.run(run())
