"""The last 24 hours, rolling by the minute, are what adding up the trades of the window gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emporion.feeds.candles import MINUTE_NS, Candles, candles_of
from emporion.feeds.tickers import WINDOW_NS, Days
from emporion.feeds.trades import TRADE

HOUR_NS = 60 * MINUTE_NS
moves = st.lists(
    st.tuples(
        st.sampled_from([0, 1, MINUTE_NS // 2, MINUTE_NS, 7 * HOUR_NS, 25 * HOUR_NS]),
        st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 2)), max_size=3),
    ),
    max_size=30,
)


def slow_day(trades: list[tuple[int, int, int]], now_ns: int) -> tuple:
    from_ns = now_ns // MINUTE_NS * MINUTE_NS + MINUTE_NS - WINDOW_NS
    inside = [trade for trade in trades if trade[0] >= from_ns]
    older = [trade for trade in trades if trade[0] < from_ns]
    prices = [price for _, price, _ in inside]
    return (
        sum(qty for _, _, qty in inside), sum(price * qty for _, price, qty in inside), max(prices, default=0),
        min(prices, default=0), trades[-1][1] if trades else 0, older[-1][1] if older else 0,
    )  # fmt: skip


@given(moves, st.integers(0, 10))
def test_a_day_rolls_by_the_minute(drawn, before):
    candles, days, now_ns = Candles(), Days(), 10 * WINDOW_NS
    seen: dict[int, list[tuple[int, int, int]]] = {1: [], 2: []}
    past: dict[int, list[tuple[int, int, int]]] = {1: [], 2: []}
    for step, (later_ns, deals) in enumerate(drawn):
        now_ns += later_ns
        rows = np.zeros(len(deals), TRADE)
        for row, (price, qty, number) in zip(rows, deals, strict=True):
            row.ts_ns, row.price_ticks, row.qty_lots, row.instrument_id = now_ns, price, qty, number
            seen[number].append((now_ns, price, qty))
            if step < before:
                past[number].append((now_ns, price, qty))
        if step >= before:  # Those before come by way of the history, at the end.
            days.add(candles.add(rows))
        days.advance(now_ns)
    for number, trades in seen.items():
        rows = np.zeros(len(past[number]), TRADE)
        for row, (ts_ns, price, qty) in zip(rows, past[number], strict=True):
            row.ts_ns, row.price_ticks, row.qty_lots, row.instrument_id = ts_ns, price, qty, number
        days.put_before(number, candles_of(rows, "1m"), 0)
        day = days.day(number)
        found = (day.qty_lots, day.turnover, day.high_ticks, day.low_ticks, day.last_ticks, day.before_ticks)
        assert found == slow_day(trades, now_ns)


def test_time_alone_changes_only_what_falls_out():
    candles, days = Candles(), Days()
    rows = np.zeros(2, TRADE)
    rows["instrument_id"], rows["ts_ns"], rows["price_ticks"], rows["qty_lots"] = [1, 2], [0, MINUTE_NS], 5, 1
    days.add(candles.add(rows))
    assert days.advance(WINDOW_NS - 1) == set()
    assert days.advance(WINDOW_NS) == {1}
    assert (days.day(1).qty_lots, days.day(1).before_ticks, days.day(1).last_ticks) == (0, 5, 5)
    assert days.day(2).qty_lots == 1
    assert days.advance(WINDOW_NS + MINUTE_NS) == {2}
