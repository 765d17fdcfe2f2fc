"""The store's answers, from memory and from files of any size, against the plainest Python and the venue's frames."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

import emporion
from emporion.engine.clock import ManualClock
from emporion.engine.node import Node
from emporion.errors import BadValue
from emporion.history import feed as feeding
from emporion.history.feed import Feed
from emporion.history.intervals import INTERVALS, end_of, start_of
from emporion.history.store import HistoryStore
from emporion.schema.codes import Command
from emporion.schema.limits import FEE_ACCOUNT, TINY
from tests.history.obvious import ENTRY, FILL, ORDER, TRADE, Obvious, array, candle_dicts
from tests.history.stage import GENESIS_ROWS, draw, feed, live
from tests.venue.conftest import set_up


def attached(node, folder=None, block_rows=64, tail_rows=50) -> HistoryStore:
    """A store over a node, with so small parts that there are many."""
    store = HistoryStore(Feed(folder, block_rows=block_rows, tail_rows=tail_rows))
    store.attach(node)
    return store


def caught_up(store: HistoryStore, node) -> HistoryStore:
    while store.is_behind or store.seq < node.seq:
        pass
    return store


def pages(ask, limit: int) -> list[tuple]:
    """Every row, page by page."""
    rows, place = [], None
    while len(page := ask(before=place, limit=limit)):
        assert len(page) <= limit
        rows += page.tolist()
        place = int(page["seq"][-1]), int(page["n"][-1])
    return rows


def newest_first(rows: list[dict], dtype, **equal) -> list[tuple]:
    return array([row for row in rows if all(row[name] == value for name, value in equal.items())], dtype)[
        ::-1
    ].tolist()


@pytest.mark.parametrize("kept", ["memory", "files", "both"])
@pytest.mark.parametrize("seed", [0, 2])
def test_pages_hold_every_row_once_newest_first(seed, kept, tmp_path):
    stretches = draw(seed)
    with live(stretches, tmp_path) as node:
        obvious = Obvious(node.commands())
        store = caught_up(attached(node, tmp_path, tail_rows=1 << 20 if kept == "memory" else 50), node)
        if kept == "files":
            store.close()
            store = attached(node, tmp_path)
        for limit in (1_000, 7):
            for number in obvious.listed:
                have = pages(partial(store.trades, number), limit)
                assert have == newest_first(obvious.trades, TRADE, instrument_id=number)
            for account_id in range(1, 12):
                have = pages(partial(store.fills, account_id), limit)
                assert have == newest_first(obvious.fills, FILL, account_id=account_id)
                have = pages(partial(store.fills, account_id, 2), limit)
                assert have == newest_first(obvious.fills, FILL, account_id=account_id, instrument_id=2)
                have = pages(partial(store.orders, account_id), limit)
                assert have == newest_first(obvious.ended, ORDER, account_id=account_id)
                have = pages(partial(store.ledger, account_id), limit)
                assert have == newest_first(obvious.entries, ENTRY, account_id=account_id)
                have = pages(partial(store.ledger, account_id, 2), limit)
                assert have == newest_first(obvious.entries, ENTRY, account_id=account_id, asset_id=2)
        store.close()


@pytest.mark.parametrize("kept", ["memory", "files"])
@pytest.mark.parametrize("seed", [2, 5, 8])
def test_every_candle_of_every_interval(seed, kept, tmp_path):
    with live(spread(draw(seed), seed), tmp_path) as node:
        obvious = Obvious(node.commands())
        store = caught_up(attached(node, tmp_path, tail_rows=1 << 20 if kept == "memory" else 50), node)
        for number in obvious.listed:
            for interval in INTERVALS:
                want = obvious.candles(number, interval)
                have = candle_dicts(store.candles(number, interval, limit=10_000))
                assert [candle | {"first_n": 0} for candle in have] == [candle | {"first_n": 0} for candle in want]
                assert candle_dicts(store.candles(number, interval, limit=3)) == have[-3:]
                if len(want) > 2:  # Neither bound needs to lie where a candle begins.
                    low, high = want[0]["start_ns"] + 1, want[-1]["start_ns"]
                    assert candle_dicts(store.candles(number, interval, low, high)) == have[1:-1]
                    assert candle_dicts(store.candles(number, interval, low - 1, high + 1)) == have
        assert any(len(obvious.candles(number, "1d")) > 5 for number in obvious.listed)
        assert any(len(obvious.candles(number, "1M")) > 1 for number in obvious.listed)
        assert not len(store.candles(9_999, "1m")) and not len(store.candles(1, "1m", 5, 5))
        store.close()


def spread(stretches: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """The same commands over two months, so that there are days, weeks and months to tell apart."""
    rng = np.random.default_rng(seed)
    later = 0
    for rows in stretches[1:]:
        later += int(rng.choice([0, 10**9, 10**12, 3 * 86_400 * 10**9], p=[0.2, 0.1, 0.1, 0.6]))
        heads = rows["kind"] != Command.DATA
        rows["ts_ns"][heads] += later * (rows["ts_ns"][heads] < 1 << 61)
    return stretches


def test_edges_of_weeks_and_months():
    times = {
        "2024-02-29T23:59:59.999999999": ("2024-02-26", "2024-02-01"),
        "2024-03-01T00:00:00": ("2024-02-26", "2024-03-01"),
        "2024-03-03T23:59:59": ("2024-02-26", "2024-03-01"),  # A Sunday.
        "2024-03-04T00:00:00": ("2024-03-04", "2024-03-01"),
        "2023-12-31T23:00:00": ("2023-12-25", "2023-12-01"),
        "1970-01-01T00:00:00": ("1969-12-29", "1970-01-01"),
    }
    for text, (week, month) in times.items():
        ts_ns = int(np.datetime64(text, "ns").astype(np.int64))
        for interval, begin in (("1w", week), ("1M", month)):
            assert np.datetime64(start_of(ts_ns, interval), "ns") == np.datetime64(begin, "ns")
    for month in range(12 * 150):
        start_ns = int(np.datetime64(month, "M").astype("datetime64[ns]").astype(np.int64))
        assert end_of(start_ns, "1M") == int(np.datetime64(month + 1, "M").astype("datetime64[ns]").astype(np.int64))


@pytest.mark.parametrize("seed", [0, 1])
def test_an_order_is_found_by_number_and_by_the_clients_id(seed, tmp_path):
    with live(draw(seed), tmp_path) as node:
        obvious = Obvious(node.commands())
        store = caught_up(attached(node, tmp_path), node)
        for want in [*obvious.ended, *obvious.open.values()]:
            order, fills = store.order(want["order_id"])
            assert order.tolist() == array([want], ORDER).tolist()
            assert store.order(want["order_id"], want["account_id"])[0].tolist() == order.tolist()
            assert not len(store.order(want["order_id"], want["account_id"] + 1)[0])
            own = [fill for fill in obvious.fills if fill["order_id"] == want["order_id"]]
            assert fills.tolist() == array(own, FILL).tolist()
        latest = {}
        for order in [*obvious.ended, *obvious.open.values()]:
            latest[order["account_id"], order["cl_ord_id_hi"], order["cl_ord_id_lo"]] = order
        named = [key for key in latest if key[1] or key[2]]
        for key in named:
            assert store.order_by_client_id(*key).tolist() == array([latest[key]], ORDER).tolist()
        assert named
        assert not len(store.order(12_345 << 24 | 1)[0]) and not len(store.order_by_client_id(6, 1, 2))
        store.close()


def test_open_and_ended_orders_are_as_the_venue_shows_them():
    with emporion.open(capacity="tiny") as venue, HistoryStore.open(None) as store:
        set_up(venue)
        store.attach(venue.node)
        venue.set_status("BTC/USDC", "open")
        resting = venue.place("alice", "BTC/USDC", "buy", qty="0.01", price="60000", cl_ord_id="a")
        venue.place("bob", "BTC/USDC", "sell", qty="0.004", price="60000", tif="ioc")
        assert caught_up(store, venue.node).order(resting.order_id)[0]["status"] == [1]
        venue.cancel(resting)
        order, fills = store.order(resting.order_id)
        shown = venue.order(resting)
        assert (shown.status, len(shown.fills)) == ("canceled", 1)
        assert order["status"].tolist() == [4] and len(fills) == 1
        assert (int(order["cum_lots"][0]), int(order["leaves_lots"][0])) == (40, 0)
        assert int(fills["price_ticks"][0]) == venue.fills("alice").raw("price")[0]
        lines = store.ledger(venue.account("alice").account_id, limit=100)[::-1]
        shown = venue.ledger("alice")
        assert lines["amount_atoms"].tolist() == shown.raw("amount").tolist()
        assert lines["asset_id"].tolist() == shown.raw("asset").tolist()
        assert lines["kind"].tolist() == shown.raw("kind").tolist()


def test_a_question_sees_what_was_just_done(tmp_path):
    """From memory at once, and no row twice or never while files are written and taken together."""
    stretches = draw(0)
    clock = ManualClock(int(stretches[0]["ts_ns"][0]))
    with Node.open(tmp_path, capacity=TINY, clock=clock) as node:
        store = attached(node, tmp_path, tail_rows=20)
        caught_up(store, node)
        for rows in [stretches[0][GENESIS_ROWS:], *stretches[1:]]:
            feed(node, clock, [rows])
            assert store.seq == node.seq
            total = sum(len(pages(partial(store.trades, number), 1_000)) for number in range(1, 8))
            assert total == int(node.machine.array["instruments"]["trades"][0].sum())
        store.close()


def test_what_does_not_fit_the_queue_is_read_from_the_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(feeding, "QUEUE_ROWS", 30)
    stretches = draw(1)
    with live(stretches[:5], tmp_path) as node:
        store = attached(node, tmp_path)
        clock = node.clock
        for rows in stretches[5:]:
            feed(node, clock, [rows])
        caught_up(store, node)
        obvious = Obvious(node.commands())
        for account_id in range(1, 12):
            want = newest_first(obvious.entries, ENTRY, account_id=account_id)
            assert pages(partial(store.ledger, account_id), 100) == want
        store.close()


def test_a_venue_in_memory_has_a_history_too():
    stretches = draw(4)
    node = live(stretches[:9])
    with node, HistoryStore.open(None) as store:
        store.attach(node)
        feed(node, node.clock, stretches[9:])
        caught_up(store, node)
        obvious = Obvious(node.commands())
        assert pages(partial(store.ledger, FEE_ACCOUNT), 50) == newest_first(
            obvious.entries, ENTRY, account_id=FEE_ACCOUNT
        )


def test_questions_that_make_no_sense():
    with HistoryStore.open(None) as store:
        for limit in (0, -1, 10_001):
            with pytest.raises(BadValue, match="limit"):
                store.fills(6, limit=limit)
        with pytest.raises(BadValue, match="'2m' is not one of 1s, 5s"):
            store.candles(1, "2m")


def test_a_page_of_the_ledger_is_a_few_questions(tmp_path, monkeypatch):
    """Of an asset that is not traded, and of fees that nobody pays, nothing is looked for among the fills."""
    with emporion.open(tmp_path, capacity="tiny") as venue, attached(venue.node, tmp_path) as store:
        set_up(venue)
        venue.list_asset("GOLD", decimals=2)
        venue.deposit("alice", "GOLD", "1")
        venue.set_status("BTC/USDC", "open")
        for _ in range(120):
            venue.place("alice", "BTC/USDC", "buy", qty="0.0001", price="60000")
            venue.place("bob", "BTC/USDC", "sell", qty="0.0001", price="60000")
        caught_up(store, venue.node)
        asked = []
        page = HistoryStore._page
        monkeypatch.setattr(HistoryStore, "_page", lambda self, *words: asked.append(words[1]) or page(self, *words))
        assert len(store.ledger(6, 3, limit=5)) == 1 and asked == ["movements"]
        assert len(store.ledger(FEE_ACCOUNT, limit=5)) == 0 and asked[1:] == ["movements", "fills"]
        assert len(store.ledger(6, 2, limit=5)) == 5 and asked[3:] == ["movements", "fills"]


def test_many_ask_while_files_are_written_and_taken_together(tmp_path, monkeypatch):
    """Each page is what the journal had at some moment: in order, without gaps, and never older than the one before."""
    monkeypatch.setattr(feeding, "NAP_S", 0.001)
    stretches = draw(5, 800)
    clock = ManualClock(int(stretches[0]["ts_ns"][0]))
    with Node.open(tmp_path, capacity=TINY, clock=clock) as node:
        store = caught_up(attached(node, tmp_path, tail_rows=20), node)
        done = threading.Event()

        def ask(account_id: int) -> list[list[tuple]]:
            seen = []
            while not done.is_set():
                seen.append(store.ledger(account_id, limit=10_000)[["seq", "n"]][::-1].tolist())
            return seen

        with ThreadPoolExecutor(3) as askers:
            answers = {account_id: askers.submit(ask, account_id) for account_id in (FEE_ACCOUNT, 6, 7)}
            for rows in [stretches[0][GENESIS_ROWS:], *stretches[1:]]:
                feed(node, clock, [rows])
                time.sleep(0.02)
            done.set()
            obvious = Obvious(node.commands())
            for account_id, answer in answers.items():
                want = [(row["seq"], row["n"]) for row in obvious.entries if row["account_id"] == account_id]
                seen = [rows for rows in answer.result() if rows]
                assert len(seen) > 3
                for rows, after in pairwise([*seen, want]):
                    assert rows == want[: len(rows)] and len(rows) <= len(after)
        store.close()
