"""Gauges: what a candle moves at once is what a study says anew, and a venue's own trades make them."""

import os
import signal
import time
from itertools import pairwise

import numpy as np
import pytest

import emporion
from emporion.engine.clock import ManualClock
from emporion.engine.sequencer import Sequencer
from emporion.history.store import HistoryStore
from emporion.services import gauges as service
from emporion.services.gauge_board import Board
from emporion.services.gauge_points import Point, Points
from emporion.services.gauges import LEAST, Gauges

SECOND_NS = 1_000_000_000
SMALL = {"keep": 120, "replications": 39, "paths": 19}


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile here, at usual priority: the worker then finds what it needs on disk."""
    board = Board(**SMALL)
    board.append({1: ([at * SECOND_NS for at in range(1, 61)], prices(60))})
    board.append({1: ([61 * SECOND_NS], [10_000.0])})
    board.study(1)


def prices(count: int, growth: float = 0.0, calm: int = 90) -> list[float]:
    """Ticks of a walk that runs away after a calm beginning."""
    chance, made = np.random.default_rng(5), [10_000.0]
    for at in range(1, count):
        run = growth * (made[-1] - 9_000.0) if at >= calm else 0.0
        made.append(round(made[-1] + run + float(chance.normal(0.0, 20.0))))
    return made


def test_a_reading_is_that_of_the_batch_and_moves_with_each_candle():
    values, times = prices(130, 0.08), [at * SECOND_NS for at in range(1, 131)]
    board = Board(**SMALL)
    board.append({7: (times[:100], values[:100])})
    assert board.due() == 7 and board.reading(7).line is None
    calm = board.study(7)
    assert calm is not None and board.due() is None
    assert board.reading(7).bsadf == pytest.approx(calm.bsadf[-1], rel=1e-9)
    moved = [board.append({7: ([times[at]], [values[at]])})[0] for at in range(100, 130)]
    since = {reading.since_ns for reading in moved if reading.since_ns is not None}
    assert moved[-1].bsadf > moved[-1].line and moved[-1].p <= 0.05 and len(since) == 1
    assert [reading.observations for reading in moved][-3:] == [120, 120, 120], "the oldest go"
    streamed = moved[-1].bsadf
    again = board.study(7)
    assert again is not None and again.bsadf[-1] == pytest.approx(streamed, rel=1e-9)
    assert again.times_ns == times[-120:] and again.values == values[-120:]
    assert again.episodes[-1].is_ongoing and again.episodes[-1].direction == "up"
    assert len(again.bsadf) == len(again.line) == 120 - again.window_min + 1


def test_a_price_that_stands_still_has_no_study_and_spoils_none():
    board = Board(**SMALL)
    times = [at * SECOND_NS for at in range(1, 101)]
    board.append({1: (times, [5.0] * 100), 2: (times, prices(100))})
    assert board.due() == 1 and board.study(1) is None
    assert board.due() == 2 and board.study(2) is not None
    assert board.due() is None
    assert board.reading(1).p is None and board.reading(2).p is not None
    board.append({number: ([101 * SECOND_NS, 102 * SECOND_NS], [5.0, 5.0]) for number in (1, 2)})
    assert board.due() in (1, 2), "as much is new as a study is made for"


class Lived:
    """A venue whose trades lie in the past, with gauges of one-second candles."""

    def __init__(self, values: list[float], folder=None, **settings) -> None:
        count = len(values)
        clock = ManualClock((time.time_ns() // SECOND_NS - count - 2) * SECOND_NS)
        self.venue = emporion.open(folder, capacity="tiny", sync="async", clock=clock)
        self.history = HistoryStore.open(folder)
        self.history.attach(self.venue.node)
        venue = self.venue
        venue.list_asset("USDC", decimals=6)
        venue.list_asset("BTC", decimals=8)
        venue.list_instrument("BTC/USDC", tick="0.01", lot="0.01")
        for name in ("ann", "bob"):
            venue.open_account(name)
            venue.deposit(name, "BTC", "1000")
            venue.deposit(name, "USDC", "1000000")
        for value in values:
            clock.advance(SECOND_NS)
            price = f"{value / 100:.2f}"
            venue.place("ann", "BTC/USDC", "sell", qty="0.01", price=price)
            venue.place("bob", "BTC/USDC", "buy", qty="0.01", price=price)
        clock.advance(SECOND_NS)
        self.sequencer = Sequencer(venue.node)
        self.gauges = Gauges(self.sequencer, self.history, folder, interval="1s", settings=SMALL | settings)

    def __enter__(self) -> Gauges:
        self.gauges.start()
        return self.gauges

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.gauges.stop()
        self.sequencer.close()
        self.history.close()
        self.venue.close()


def until(ask, seconds: float = 200.0):
    """What `ask` says once it says something."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, "this takes too long"
        time.sleep(0.02)
    return answer


def test_trades_of_a_venue_make_a_gauge_and_its_study(tmp_path):
    values = prices(120, 0.08)
    with Lived(values, tmp_path) as gauges:
        until(lambda: [each for each in gauges.gauges() if each.p is not None])
        study = gauges.study(1)
        gauge = study.gauge
        assert (gauge.instrument, gauge.observations, gauge.is_explosive) == ("BTC/USDC", 120, True)
        assert (
            gauge.p <= 0.05 and gauge.strength in ("strong", "fair") and gauge.since_ns == study.episodes[-1].start_ns
        )
        assert [float(price) for price in study.prices] == [value / 100 for value in values]
        assert all(int(after) - int(before) == SECOND_NS for before, after in pairwise(study.times_ns))
        assert len(study.bsadf) == len(study.line) == 120 - study.window_min + 1
        assert gauge.critical_time.windows > 1
        first = gauges.worker_pid
        os.kill(first, signal.SIGKILL)
        assert gauges.study(1) == study, "what is known stays known"
    assert (tmp_path / "gauges.db").is_file()


def test_a_worker_that_dies_is_replaced(monkeypatch):
    monkeypatch.setattr(service, "RESTART_SECONDS", 0.05)
    with Lived(prices(100), paths=19) as gauges:
        first = until(lambda: gauges.worker_pid)
        os.kill(first, signal.SIGKILL)
        until(lambda: gauges.worker_pid not in (None, first))
        assert until(lambda: [each for each in gauges.gauges() if each.p is not None])


def test_where_little_happened_there_is_no_worker():
    with Lived(prices(LEAST - 2)) as gauges:
        (gauge,) = until(lambda: [each for each in gauges.gauges() if each.observations])
        assert gauge.observations == LEAST - 2 and gauge.is_explosive is None and gauges.worker_pid is None
        assert gauges.study(1).prices == [] and gauges.study(2) is None and gauges.points(1) == []


def test_points_are_kept_of_each_interval_and_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr("emporion.services.gauge_points.KEPT", 5)
    monkeypatch.setattr("emporion.services.gauge_points.PRUNE_EVERY", 1)
    made = [Point(3, at, at % 2 == 0, at / 2, 1.0, 0.5, None, None, None) for at in range(1, 10)]
    points = Points(tmp_path, "1h")
    for each in made:
        points.add([each])
    assert points.last(3) == made[-5:] and points.last(3, start_ns=7, end_ns=9) == made[6:8]
    assert points.last(3, limit=2) == made[-2:] and points.last(4) == []
    points.close()
    again, other = Points(tmp_path, "1h"), Points(tmp_path, "1m")
    assert again.last(3) == made[-5:] and other.last(3) == []
    again.close()
    other.close()
