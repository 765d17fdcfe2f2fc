"""The tape says each match once, as the taker saw it, and keeps the latest."""

import numpy as np

from emporion.engine.node import Node
from emporion.feeds.trades import TRADE, TRADES_KEPT, Tape, trades_of
from emporion.schema import build
from emporion.schema.codes import Side
from tests.feeds.books import ALICE, BTC, buy, new_node, sell


def test_each_match_is_one_trade_told_from_the_takers_side():
    with new_node() as node:
        node.submit(build.join(sell(3, 1_000), sell(5, 1_001)))
        events = node.submit(build.join(buy(7, 1_001), sell(1, 999))).events
    trades = trades_of(events, 42)
    seq = int(events["seq"][0])
    assert trades[["seq", "match", "price_ticks", "qty_lots", "side", "ts_ns"]].tolist() == [
        (seq, 0, 1_000, 3, Side.BUY, 42),
        (seq, 1, 1_001, 4, Side.BUY, 42),
    ]


def test_times_may_be_given_for_each_event():
    with new_node() as node:
        node.submit(sell(3, 1_000))
        events = node.submit(build.join(buy(1, 1_000), buy(1, 1_000))).events
    times = trades_of(events, events["seq"] * 10)["ts_ns"]
    assert times.tolist() == [int(seq) * 10 for seq in np.unique(events["seq"])]


def test_the_tape_keeps_only_the_latest_and_takes_what_was_before():
    trades = np.zeros(TRADES_KEPT + 10, TRADE)
    trades["instrument_id"] = BTC
    trades["seq"] = np.arange(len(trades))
    tape = Tape()
    tape.add(trades[50:60])
    tape.put_before(BTC, trades[:50])
    assert tape.trades(BTC)["seq"].tolist() == list(range(60))
    before = tape.trades(BTC)
    tape.add(trades[60:])
    assert tape.trades(BTC)["seq"].tolist() == list(range(10, TRADES_KEPT + 10))
    assert before["seq"].tolist() == list(range(60)), "what was handed out stays as it was"
    assert len(tape.trades(BTC + 1)) == 0


def test_a_refused_order_is_no_trade():
    with Node.open(None) as node:
        assert len(trades_of(node.submit(build.cancel(ALICE, 1)).events, 1)) == 0
