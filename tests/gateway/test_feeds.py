"""The tape says each match once, and its bars are what a slow reading of the trades gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emporion.feeds.depth import changed_books, image
from emporion.feeds.trades import BAR_NS, BARS_KEPT, TRADE, TRADES_KEPT, Tape, trades_of
from emporion.schema import build
from emporion.schema.codes import Side, Tif
from tests.gateway.venue_for_tests import ALICE, BTC, EURC, buy, sell


def test_each_match_is_one_trade_told_from_the_takers_side(venue):
    venue.do(sell(3, 1_000_000), sell(5, 1_000_010))
    events = venue.do(buy(7, 1_000_010), sell(1, 999_990)).events
    trades = trades_of(events, 42)
    seq = int(events["seq"][0])
    assert trades[["seq", "match", "price_ticks", "qty_lots", "side", "ts_ns"]].tolist() == [
        (seq, 0, 1_000_000, 3, Side.BUY, 42),
        (seq, 1, 1_000_010, 4, Side.BUY, 42),
    ]


def test_times_may_be_given_for_each_event(venue):
    venue.do(sell(3, 1_000_000))
    events = venue.do(buy(1, 1_000_000), buy(1, 1_000_000)).events
    times = events["seq"] * 10
    assert trades_of(events, times)["ts_ns"].tolist() == [int(seq) * 10 for seq in np.unique(events["seq"])]


def test_a_book_changes_with_entry_trade_and_cancel_and_with_nothing_else(venue):
    answer = venue.do(buy(1, 100), build.deposit(ALICE, 1, 5))
    assert changed_books(answer.events) == {BTC}
    order_id = int(answer.events["order_id"][0])
    assert changed_books(venue.do(build.deposit(ALICE, 1, 5)).events) == set()
    assert changed_books(venue.do(buy(1, 100_000, instrument=EURC)).events) == {EURC}
    assert changed_books(venue.do(build.cancel(ALICE, order_id)).events) == {BTC}


def test_an_image_shows_what_an_iceberg_shows_and_stays_as_it_was(venue):
    venue.do(build.place(ALICE, BTC, Side.BUY, 50, 100, Tif.GTC, display_lots=5), buy(2, 100), buy(1, 90))
    before = image(venue.node.machine, BTC, 20)
    venue.do(sell(4, 90))
    assert before.bids.tolist() == [(100, 7, 2), (90, 1, 1)]
    assert image(venue.node.machine, BTC, 1).bids.tolist() == [(100, 3, 2)]
    assert before.asks.tolist() == []


@given(
    st.lists(
        st.tuples(st.integers(0, 3 * BAR_NS), st.integers(1, 9), st.integers(1, 9), st.integers(1, 2)), max_size=40
    ),
    st.lists(st.integers(0, 40), max_size=5),
)
def test_bars_do_not_depend_on_how_trades_arrive(steps, cuts):
    trades = np.zeros(len(steps), TRADE)
    now = 0
    for trade, (later_ns, price, qty, instrument_id) in zip(trades, steps, strict=True):
        now += later_ns
        trade.ts_ns, trade.price_ticks, trade.qty_lots, trade.instrument_id = now, price, qty, instrument_id
    tape = Tape()
    for part in np.split(trades, sorted(min(cut, len(trades)) for cut in cuts)):
        tape.add(part)
    for instrument_id in (1, 2):
        own = trades[trades["instrument_id"] == instrument_id]
        assert tape.trades(instrument_id).tobytes() == own.tobytes()
        assert tape.bars(instrument_id).tolist() == slow_bars(own)


def slow_bars(trades):
    """Start, open, high, low, close, quantity of each stretch, by going through the trades one by one."""
    bars: dict[int, list[int]] = {}
    for trade in trades:
        start, price = int(trade.ts_ns) // BAR_NS * BAR_NS, int(trade.price_ticks)
        bar = bars.setdefault(start, [start, price, price, price, price, 0])
        bar[2:] = [max(bar[2], price), min(bar[3], price), price, bar[5] + int(trade.qty_lots)]
    return [tuple(bar) for bar in bars.values()]


def test_the_tape_keeps_only_the_latest():
    trades = np.zeros(BARS_KEPT + 10, TRADE)
    trades["instrument_id"] = 1
    trades["ts_ns"] = np.arange(len(trades)) * BAR_NS
    tape = Tape()
    tape.add(trades)
    assert len(tape.trades(1)) == TRADES_KEPT and tape.trades(1)[-1] == trades[-1]
    assert len(tape.bars(1)) == BARS_KEPT and tape.bars(1)["start_ns"][0] == 10 * BAR_NS
