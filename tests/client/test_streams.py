"""Streams of a real venue, blocking and awaited, through connections that break."""

import asyncio
import random
import time
from decimal import Decimal

import pytest
import uvloop

from emporion.client import ConnectionFailed, NotAllowed, connect, connect_async
from emporion.client.messages import (
    Balances,
    Beat,
    Candles,
    Depth,
    Disconnected,
    Fills,
    Missed,
    Orders,
    Reconnected,
    Relisted,
    Tickers,
    Top,
    Trades,
)
from emporion.errors import BadValue
from tests.client.proxy import Proxy
from tests.client.serving import set_up

BTC = "BTC/USDC"


@pytest.fixture(scope="module")
def market(served):
    """A venue, and a client that trades on it directly."""
    with served.operator() as venue:
        set_up(venue)
        venue.trader = venue
        served.trader = venue
        yield served


@pytest.fixture
def proxy(market):
    with Proxy(market.port) as proxy:
        yield proxy


@pytest.fixture
def venue(market, proxy):
    with connect(proxy.url, **market.operator_key(), account="alice") as venue:
        yield venue


def trade(market, qty="0.01", price="60000"):
    """Alice buys of bob."""
    market.trader.place("bob", BTC, "sell", qty=qty, price=price)
    return market.trader.place("alice", BTC, "buy", qty=qty, price=price)


def hear(stream, kind, wanted=lambda message: True):
    """The first message of a kind that is wanted; others are passed over."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        message = stream.receive(1.0)
        if isinstance(message, kind) and wanted(message):
            return message
    raise AssertionError(f"no {kind.__name__} in 10 s")


def test_every_channel_speaks(market, venue):
    with venue.stream() as stream:
        stream.subscribe("trades", BTC)
        stream.subscribe("ticker")
        stream.subscribe("candles", BTC, interval="1m")
        stream.subscribe("top", BTC)
        stream.subscribe("depth", BTC)
        stream.subscribe("orders")
        stream.subscribe("fills")
        stream.subscribe("balances", account="alice")
        order = trade(market)
        heard = {}
        while len(heard) < 9 or not any(isinstance(message, Beat) for message in heard.values()):
            message = stream.receive(5.0)
            assert message is not None, f"silent after {set(heard)}"
            items = getattr(message, "items", (None,))
            if (
                items
                and not getattr(message, "first", False)
                and not (isinstance(message, Orders | Balances) and message.image)
            ):
                heard[type(message)] = message
        assert heard[Trades].items[-1].price == 60000
        assert heard[Fills].items[-1].order_id == order.order_id and heard[Fills].account == "alice"
        assert heard[Orders].items[-1].status == "filled"
        assert isinstance(heard[Balances].items[0].total, Decimal)
        assert heard[Tickers].items[0].last == 60000 and heard[Candles].items[-1].close == 60000
        assert {Top, Depth, Beat} <= heard.keys()


def test_callbacks_get_their_own_and_the_rest_is_iterated(market, venue):
    trades, rest = [], []
    with venue.stream() as stream:
        stream.subscribe("trades", BTC, callback=trades.append)
        stream.subscribe("fills", account="bob")
        trade(market)
        for message in stream:
            rest.append(message)
            if isinstance(message, Fills) and trades and not trades[-1].first:
                break
    assert all(isinstance(message, Trades) for message in trades)
    assert not any(isinstance(message, Trades) for message in rest)


def test_run_calls_back_for_so_long(market, venue):
    beats = []
    with venue.stream() as stream:
        stream.subscribe("top", BTC, callback=beats.append)
        trade(market)
        began = time.monotonic()
        stream.run(0.5)
        assert 0.4 < time.monotonic() - began < 2 and beats


def test_what_is_not_there_is_said_at_once(venue):
    with venue.stream() as stream:
        with pytest.raises(BadValue, match="NO"):
            stream.subscribe("trades", "NO")
        with pytest.raises(BadValue, match="nobody"):
            stream.subscribe("orders", account="nobody")
        with pytest.raises(BadValue, match="channel: 'news' is not one of trades"):
            stream.subscribe("news")
        with pytest.raises(BadValue, match="give interval="):
            stream.subscribe("candles", BTC)
        stream.subscribe("trades", BTC)
        assert hear(stream, Trades).first


def test_nobody_hears_what_is_private(market):
    with connect(market.url) as stranger, stranger.stream() as stream:
        with pytest.raises(NotAllowed):
            stream.subscribe("orders")
        stream.subscribe("trades", BTC)


def test_a_key_that_is_none_is_refused(market):
    key = {**market.operator_key(), "key": "abcdefghijklmnop"}
    with connect(market.url, **key) as venue, venue.stream() as stream, pytest.raises(NotAllowed):
        stream.subscribe("orders")


def test_nothing_is_missed_by_a_connection_that_breaks(market, venue, proxy):
    trade(market)
    with venue.stream() as stream:
        stream.subscribe("fills")
        stream.subscribe("trades", BTC)
        seen = hear(stream, Trades)
        expected = []
        for round_ in range(3):
            expected.append(trade(market).order_id)
            if round_ < 2:
                hear(stream, Fills, lambda message: message.items and message.items[-1].order_id == expected[-1])
            proxy.cut()
            expected.append(trade(market).order_id)
            assert hear(stream, Disconnected).why
            assert hear(stream, Reconnected).seconds >= 0
            hear(stream, Fills, lambda message: message.items and message.items[-1].order_id == expected[-1])
        assert seen.first


def test_every_fill_comes_once_over_broken_connections(market, venue, proxy):
    rng = random.Random(4)
    fills, expected = [], []
    with venue.stream() as stream:
        stream.subscribe("fills")
        for _ in range(40):
            expected.append(trade(market, qty="0.001").order_id)
            if rng.random() < 0.2:
                proxy.cut()
            if rng.random() < 0.5:
                message = stream.receive(0.05)
                assert not isinstance(message, Missed)
                fills += message.items if isinstance(message, Fills) else ()
        while not fills or fills[-1].order_id != expected[-1]:
            message = stream.receive(10)
            assert message is not None and not isinstance(message, Missed)
            fills += message.items if isinstance(message, Fills) else ()
    assert [each.order_id for each in fills if each.order_id in expected] == expected


def test_what_was_too_long_ago_is_told_as_missed(market, venue):
    with venue.stream() as stream:
        stream.subscribe("trades", BTC, after_seq=2)
        missed = hear(stream, Missed)
        assert missed.after_seq == 2 and missed.subscription.channel == "trades" and missed.seq > 2
        assert hear(stream, Trades).first  # An image in the place of what is missing.


def test_a_subscription_goes_on_from_a_sequence(market, venue):
    after_seq = market.trader.seq
    expected = [trade(market).order_id for _ in range(3)]
    with venue.stream() as stream:
        stream.subscribe("fills", after_seq=after_seq)
        fills = hear(stream, Fills, lambda message: message.items).items
        assert [each.order_id for each in fills] == expected


def test_a_listing_is_told_to_everybody(market, venue):
    with venue.stream() as stream:
        stream.subscribe("top", BTC)
        market.trader.list_asset(f"X{time.monotonic_ns() % 10**9}", 2)
        assert hear(stream, Relisted).seq > 1


def test_a_venue_that_restarts_is_found_again(market, venue):
    with venue.stream() as stream:
        stream.subscribe("trades", BTC)
        hear(stream, Trades)
        market.stop_door()
        hear(stream, Disconnected)
        assert stream.receive(0.3) is None
        market.start_door()
        hear(stream, Reconnected)
        trade(market)
        assert hear(stream, Trades, lambda message: message.items).items[-1].price == 60000


def test_a_stream_of_nothing_fails_in_time():
    with connect("http://127.0.0.1:9", patience=0.3) as venue, venue.stream() as stream:
        began = time.monotonic()
        with pytest.raises(ConnectionFailed, match="no stream"):
            stream.subscribe("trades", BTC)
        assert time.monotonic() - began < 3


def test_a_closed_stream_says_so(venue):
    stream = venue.stream()
    stream.close()
    with pytest.raises(ConnectionFailed, match="closed by this program"):
        stream.receive(1)


# --- Followed books ---------------------------------------------------------------------------------


def crowd(market, rng, orders):
    """Random resting orders, cancels and trades around 60,000."""
    mine = []
    for _ in range(orders):
        if mine and rng.random() < 0.3:
            market.trader.cancel(mine.pop(rng.randrange(len(mine))))
            continue
        is_buy = rng.random() < 0.5
        price = 60_000 + rng.randrange(-40, 0) if is_buy else 60_000 + rng.randrange(0, 40)
        account, side = ("alice", "buy") if is_buy else ("bob", "sell")
        order = market.trader.place(account, BTC, side, qty="0.001", price=price)
        if order.is_open:
            mine.append(order)
    for order in mine:
        if market.trader.order(order).is_open:
            market.trader.cancel(order)


def test_a_followed_book_is_the_venues_book(market, venue, proxy):
    rng = random.Random(7)
    with venue.follow_book(BTC) as book:
        for round_ in range(6):
            crowd(market, rng, 12)
            market.trader.place("alice", BTC, "buy", qty="0.001", price=59_000 + round_)
            if round_ % 3 == 1:
                proxy.cut()
            now, then = book.refresh().book(50), market.trader.book(BTC, 50)
            assert (now.bids, now.asks) == (then.bids, then.asks)
            assert repr(now).split("\n")[1:] == repr(then).split("\n")[1:]
            assert now.frame.raw("price").tolist() == then.frame.raw("price").tolist()
            assert book.best_bid == then.bids[0] and book.bids(3) == then.bids[:3]
            assert book.best_ask == (then.asks[0] if then.asks else None)
        assert book.is_known
    market.trader.mass_cancel("alice")


def test_a_followed_book_tells_of_each_change(market, venue):
    with venue.follow_book(BTC) as book:
        assert not book.wait(0.15)
        order = market.trader.place("alice", BTC, "buy", qty="0.002", price="59500")
        assert book.wait(5.0) and book.best_bid.price == 59500
        market.trader.cancel(order)
        for changed in book:
            assert changed.best_bid is None
            break


def test_a_followed_book_begins_as_it_is_now(market, venue):
    for number in range(5):
        order = market.trader.place("alice", BTC, "buy", qty="0.001", price=58_000 + number)
        with venue.follow_book(BTC) as book:
            assert book.best_bid.price == order.price
        market.trader.cancel(order)


def test_a_book_of_nothing_is_not_followed(venue):
    with pytest.raises(BadValue, match="no instrument is named 'NO'"):
        venue.follow_book("NO")


# --- Awaited ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("run_loop", [asyncio.run, uvloop.run])
def test_streams_can_be_awaited(market, proxy, run_loop):
    async def run():
        async with connect_async(proxy.url, **market.operator_key(), account="alice") as venue:
            async with venue.stream() as stream:
                heard = []
                await stream.subscribe("fills", callback=heard.append)
                await stream.subscribe("trades", BTC)
                with pytest.raises(BadValue):
                    await stream.subscribe("trades", "NO")
                order = await asyncio.to_thread(trade, market)
                proxy.cut()
                kinds = set()
                async for message in stream:
                    kinds.add(type(message))
                    if Reconnected in kinds and heard[-1].items:
                        break
                assert Disconnected in kinds
                assert heard[-1].items[-1].order_id == order.order_id
                await stream.unsubscribe("trades", BTC)
                await stream.run(0.1)
            async with await venue.follow_book(BTC) as book:
                order = await venue.place("alice", BTC, "buy", qty="0.002", price="59500")
                await book.refresh()
                assert book.best_bid.price == 59500
                proxy.cut()
                await venue.cancel(order)
                await book.refresh()
                assert book.best_bid is None and not await book.wait(0.1)

    run_loop(run())
