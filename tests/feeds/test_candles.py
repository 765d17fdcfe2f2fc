"""Candles of every interval are what going through the trades one by one gives, however they arrive."""

from datetime import UTC, datetime
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.feeds.candles import BASES, KEPT, LENGTHS, SECOND_NS, Candles, bars, candles_of, coarser, interval_start
from emporion.feeds.trades import TRADE
from emporion.schema.limits import QTY_MAX
from emporion.wire.values import Interval

START_NS = int(datetime(2024, 2, 28, 22, 58, 30, tzinfo=UTC).timestamp()) * SECOND_NS
STEPS_NS = [0, 1, *(seconds * SECOND_NS for seconds in (1, 7, 61, 2_400, 39_600, 20 * 86_400))]
steps = st.lists(
    st.tuples(st.sampled_from(STEPS_NS), st.integers(1, 9), st.sampled_from([1, 5, QTY_MAX]), st.integers(1, 2)),
    max_size=40,
)


def trades_from(drawn) -> np.ndarray:
    trades = np.zeros(len(drawn), TRADE)
    now = START_NS
    for trade, (later_ns, price, qty, instrument_id) in zip(trades, drawn, strict=True):
        now += later_ns
        trade.ts_ns, trade.price_ticks, trade.qty_lots, trade.instrument_id = now, price, qty, instrument_id
    return trades


def slow_start(interval: str, ts_ns: int) -> int:
    """By the calendar of the standard library."""
    at = datetime.fromtimestamp(ts_ns // SECOND_NS, UTC)
    if interval == "1M":
        at = datetime(at.year, at.month, 1, tzinfo=UTC)
    elif interval == "1w":
        days = at.toordinal() - at.weekday()
        at = datetime.combine(datetime.fromordinal(days), datetime.min.time(), UTC)
    else:
        return ts_ns - ts_ns % LENGTHS[interval]
    return int(at.timestamp()) * SECOND_NS


def slow_candles(trades: np.ndarray, interval: str) -> list[tuple]:
    found: dict[int, list[int]] = {}
    for trade in trades:
        start, price, qty = slow_start(interval, int(trade.ts_ns)), int(trade.price_ticks), int(trade.qty_lots)
        bar = found.setdefault(start, [start, price, price, price, price, 0, 0, 0])
        bar[2:] = [max(bar[2], price), min(bar[3], price), price, bar[5] + qty, bar[6] + price * qty, bar[7] + 1]
    return [tuple(bar) for bar in found.values()]


def test_every_interval_of_the_wire_is_there():
    assert tuple(LENGTHS) == get_args(Interval)


@given(steps, st.lists(st.integers(0, 40), max_size=5), st.integers(0, 40))
def test_candles_do_not_depend_on_how_trades_arrive(drawn, cuts, before):
    trades = trades_from(drawn)
    past, trades = trades[:before], trades[before:]
    candles = Candles()
    for part in np.split(trades, sorted(min(cut, len(trades)) for cut in cuts)):
        candles.add(part)
    for instrument_id in (1, 2):
        earlier = past[past["instrument_id"] == instrument_id]
        for base in BASES:
            candles.put_before(instrument_id, base, candles_of(earlier, base))
        own = np.concatenate([earlier, trades[trades["instrument_id"] == instrument_id]])
        for interval in LENGTHS:
            assert bars(candles.latest(instrument_id, interval, 1_000)) == slow_candles(own, interval)


@given(steps)
def test_what_may_have_changed_since_a_time_begins_with_the_candle_around_it(drawn):
    trades = trades_from([(later, price, qty, 1) for later, price, qty, _ in drawn])
    candles = Candles()
    candles.add(trades)
    for interval in LENGTHS:
        for ts_ns in trades["ts_ns"][-3:].tolist():
            expected = [bar for bar in slow_candles(trades, interval) if bar[0] >= slow_start(interval, ts_ns)]
            assert bars(candles.since(1, interval, ts_ns)) == expected


def test_only_so_many_are_kept():
    trades = np.zeros(3 * KEPT["1s"], TRADE)
    trades["instrument_id"], trades["price_ticks"], trades["qty_lots"] = 1, 5, 1
    trades["ts_ns"] = np.arange(len(trades)) * SECOND_NS
    candles = Candles()
    for part in np.split(trades, 30):
        candles.add(part)
    latest = candles.latest(1, "1s", 10_000)
    assert KEPT["1s"] <= len(latest) <= 2 * KEPT["1s"] + 1
    assert latest["start_ns"].tolist() == trades["ts_ns"][-len(latest) :].tolist()


@pytest.mark.parametrize("interval", LENGTHS)
def test_an_interval_begins_where_the_calendar_says(interval):
    rng = np.random.default_rng(1)
    for ts_ns in rng.integers(0, 4_000_000_000, 200).tolist():
        assert interval_start(interval, ts_ns * SECOND_NS + 5) == slow_start(interval, ts_ns * SECOND_NS + 5)


def test_nothing_gives_nothing():
    assert len(coarser(candles_of(np.zeros(0, TRADE), "1s"), "1M")) == 0
    assert len(Candles().latest(1, "1m", 5)) == len(Candles().since(1, "1m", 0)) == 0
