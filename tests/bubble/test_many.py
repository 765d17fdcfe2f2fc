"""Sweeps: the same answers from any number of processes, in the order asked for, and what ends one."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from emporion.bubble.jit import COMPILED
from emporion.bubble.many import Setting, Studied, Unstudied, seed_of, studies
from emporion.bubble.series import series
from emporion.bubble.study import study
from emporion.bubble.workers import in_processes
from emporion.errors import BadValue, EmporionError

FEW = Setting(replications=19, level=0.9)
DAYS = np.datetime64("2001-01-01") + np.arange(60)


def walk(seed, count=60):
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.02, count)))


PRICES = {
    "first": walk(1),
    "dated": series(walk(2), DAYS, name="another name"),
    "constant": np.full(60, 5.0),
    "list": list(walk(3)),
    "gap": np.append(walk(4), np.nan),
}


def flat(value):
    """Everything a result is made of, arrays as their type and bytes."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, float):
        return np.float64(value).tobytes()
    if hasattr(value, "__dataclass_fields__"):
        return type(value).__name__, [(each.name, flat(getattr(value, each.name))) for each in fields(value)]
    if isinstance(value, list | tuple):
        return [flat(each) for each in value]
    return repr(value)


def test_the_number_of_processes_changes_no_byte_and_answers_come_in_order():
    settings = (FEW, Setting(lags=1, is_log=True, missing="drop", replications=19, level=0.9))
    seen = []
    here = studies(PRICES, settings, processes=1)
    there = studies(PRICES, settings, processes=2, progress=lambda *counts: seen.append(counts))
    assert flat(here) == flat(there)
    assert [(each.name, each.setting) for each in here] == [(name, how) for name in PRICES for how in settings]
    assert seen == [(done, 10) for done in range(1, 11)]


@pytest.mark.skipif(not COMPILED, reason="thousands of fits take too long uncompiled")
def test_critical_times_are_the_same_too():
    how = Setting(replications=19, level=0.9, lppls=True, lppls_replications=19)
    prices = {name: walk(seed, 36) for name, seed in (("a", 5), ("b", 6))}
    prices["short"] = walk(7, 29)
    here, there = studies(prices, how, processes=1), studies(prices, how, processes=2)
    assert flat(here) == flat(there)
    assert [each.curve is not None for each in here] == [True, True, False]


def test_a_series_that_cannot_be_tested_is_an_answer_beside_the_others():
    answers = dict(zip(PRICES, studies(PRICES, FEW, processes=2), strict=True))
    wrong = {name: str(each.problem) for name, each in answers.items() if isinstance(each, Unstudied)}
    assert wrong.keys() == {"constant", "gap"}
    assert wrong["constant"] == "constant: all values are 5; a constant cannot be tested"
    assert "place 60 is missing" in wrong["gap"]
    assert all(isinstance(each.problem, BadValue) for each in answers.values() if isinstance(each, Unstudied))
    assert all(isinstance(answers[name], Studied) for name in ("first", "dated", "list"))


def test_an_answer_depends_on_the_name_and_not_on_the_company():
    (alone,) = studies({"list": PRICES["list"]}, FEW, processes=1)
    among = studies(PRICES, FEW, processes=1)[3]
    other, reseeded = studies({"other": PRICES["list"]}, FEW, processes=1), studies([walk(3)], FEW, seed=1, processes=1)
    assert flat(alone) == flat(among)
    assert len({alone.seed, other[0].seed, reseeded[0].seed, seed_of("list", 1)}) == 4
    whole = study(PRICES["list"], replications=19, level=0.9, seed=alone.seed)
    assert flat([whole.line, whole.p]) == flat([alone.line, alone.p]), "its seed gives the whole study again"


def test_names_of_a_sequence():
    unnamed = studies([walk(1), series(walk(2), name="own"), series(walk(3))], FEW, processes=1)
    assert [each.name for each in unnamed] == ["series 0", "own", "series 2"]
    assert studies({}, FEW) == []


@pytest.mark.parametrize(
    "prices, words, says",
    [
        ([series(walk(1), name="a"), series(walk(2), name="a")], {}, "2 series are called 'a'"),
        ([walk(1)], {"settings": ()}, "at least one is needed"),
        ([walk(1)], {"processes": 0}, "processes=0: a whole number from 1"),
    ],
)
def test_what_is_wrong_with_the_question_ends_it(prices, words, says):
    with pytest.raises(BadValue, match=says):
        studies(prices, **words)


def test_without_ray_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EmporionError, match="needs Ray: pip install ray"):
        studies(PRICES, FEW, address="auto")


def test_a_worker_that_dies_is_told():
    with pytest.raises(EmporionError, match="a worker process ended by itself"):
        list(in_processes(os._exit, [1, 1], 2))


def test_an_error_of_the_caller_stops_work_that_would_last():
    began = time.monotonic()

    def tired(done, total):
        raise RuntimeError("seen enough")

    answers = in_processes(time.sleep, [0.0, 600.0, 600.0], 2)
    assert next(answers) == (0, None)
    answers.close()
    with pytest.raises(RuntimeError, match="seen enough"):
        studies(PRICES, FEW, processes=2, progress=tired)
    assert time.monotonic() - began < 60.0


SCRIPT = """
import os, time
from emporion.bubble.workers import in_processes

def work(seconds):
    os.write(1, b"%d\\n" % os.getpid())  # In one piece: print may take two, and the other worker's come between.
    time.sleep(seconds)

if __name__ == "__main__":
    list(in_processes(work, [600.0, 600.0], 2))
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(tmp_path, how):
    """Ctrl-C ends all; so does a parent that is killed."""
    script = tmp_path / "sweep.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(how)
        parent.wait(timeout=30)
        deadline = time.monotonic() + 10.0
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
