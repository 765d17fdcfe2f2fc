"""What everybody may see, over real sockets: each channel's first message and what follows it."""

import asyncio
import json

import pytest

from emporion.engine.clock import ManualClock
from emporion.schema import build
from emporion.schema.codes import InstrumentStatus
from emporion.wire.checksum import checksum
from tests.gateway.stream.serving import BTC, EURC, Venue, buy, reading, sell, serving


@pytest.fixture
def venue():
    venue = Venue()
    yield venue
    venue.close()


def test_each_channel_begins_with_all_there_is_and_goes_on_in_a_chain(venue):
    venue.do(sell(5, 1_000_100), sell(5, 1_000_200), buy(3, 1_000_000), buy(2, 1_000_100))

    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            hello = await reader.hear("hello")
            assert hello["seq"] == venue.node.seq and hello["interval_ms"] == 50
            for channel in ("trades", "ticker", "top", "depth"):
                await reader.subscribe(channel, instrument="BTC/USDC")
            await reader.subscribe("candles", instrument="BTC/USDC", interval="1h")
            firsts = {kind: await reader.hear(kind) for kind in ("ticker", "top", "depth", "trades", "candles")}
            venue.do(buy(1, 1_000_100))
            seq = venue.node.seq
            nexts = {kind: await reader.hear(kind) for kind in ("trades", "ticker", "top", "depth", "candles")}
            return firsts, nexts, seq

    firsts, nexts, seq = asyncio.run(scenario())
    for kind, first in firsts.items():
        assert first["prev"] == 0 and nexts[kind]["prev"] == first["seq"] and nexts[kind]["seq"] == seq, kind
    assert [item["qty"] for item in firsts["trades"]["items"]] == ["0.0002"]
    assert [(item["qty"], item["side"]) for item in nexts["trades"]["items"]] == [("0.0001", "buy")]
    (ticker,) = nexts["ticker"]["items"]
    assert (ticker["last"], ticker["qty"], ticker["trades"], ticker["ask_qty"]) == ("100010.0", "0.0003", 2, "0.0002")
    assert ticker["turnover"] == "30.003" and ticker["change"] == "0.01" and ticker["high"] == "100010.0"
    assert nexts["top"]["ask"] == ["100010.0", "0.0002", 1] and nexts["top"]["bid"] == ["100000.0", "0.0003", 1]
    assert nexts["depth"]["asks"] == [["100010.0", "0.0002", 1]] and nexts["depth"]["bids"] == []
    book = ([("100000.0", "0.0003", 1)], [("100010.0", "0.0002", 1), ("100020.0", "0.0005", 1)])
    assert nexts["depth"]["checksum"] == checksum(*book)
    (candle,) = nexts["candles"]["items"]
    assert (candle["qty"], candle["trades"], candle["turnover"]) == ("0.0003", 2, "30.003")


def test_an_iceberg_shows_its_slice_only(venue):
    venue.do(buy(50, 900_000, display_lots=5))

    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            await reader.subscribe("depth", instrument="BTC/USDC")
            return await reader.hear("depth")

    assert asyncio.run(scenario())["bids"] == [["90000.0", "0.0005", 1]]


def test_one_frame_an_interval_carries_all_and_is_the_same_for_all(venue):
    async def scenario():
        async with serving(venue) as served, reading(served) as one, reading(served) as other:
            for reader in (one, other):
                for name in ("BTC/USDC", "EURC/USDC"):
                    await reader.subscribe("depth", instrument=name)
                    await reader.hear("depth")
            await asyncio.sleep(0.1)
            for ticks in range(5):
                venue.do(buy(1, 900_000 + ticks), buy(7, 90_000 + ticks, instrument=EURC))
            frames = []
            for reader in (one, other):
                while True:
                    frame = await asyncio.wait_for(reader.socket.recv(), 5)
                    if '"depth"' in frame:
                        frames.append(frame)
                        break
            return frames

    first, second = asyncio.run(scenario())
    assert first == second
    messages = [message for message in json.loads(first) if message["type"] == "depth"]
    assert [message["instrument"] for message in messages] == ["BTC/USDC", "EURC/USDC"]
    assert len(messages[0]["bids"]) == 5, "five changes, one message"


def test_a_beat_comes_each_second_of_quiet(venue):
    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            await reader.hear("beat")
            began = asyncio.get_running_loop().time()
            beats = [await reader.hear("beat") for _ in range(2)]
            return beats, asyncio.get_running_loop().time() - began

    beats, took = asyncio.run(scenario())
    assert {beat["seq"] for beat in beats} == {venue.node.seq} and beats[0]["ts_ns"] == str(venue.venue.now_ns)
    assert 1.5 < took < 4


def test_everybody_hears_of_a_halt_and_of_a_new_listing_and_can_watch_it(venue):
    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            await reader.subscribe("ticker")
            assert len((await reader.hear("ticker"))["items"]) == 2
            venue.do(build.set_status(BTC, InstrumentStatus.HALTED))
            await reader.hear("relisted")
            while not (change := await reader.hear("ticker"))["prev"]:
                pass
            assert [(item["instrument"], item["status"]) for item in change["items"]] == [("BTC/USDC", "halted")]
            venue.do(build.list_instrument("BTC/EURC", 2, 3, qty_max_lots=1_000, price_max_ticks=1_000))
            while (await reader.hear("relisted"))["seq"] < venue.node.seq:
                pass
            await reader.subscribe("top", instrument="BTC/EURC")
            top = await reader.hear("top")
            assert top["bid"] is None and top["ask"] is None
            names = [
                item["instrument"]
                for message in reader.messages
                if message["type"] == "ticker"
                for item in message["items"]
            ]
            assert "BTC/EURC" in names

    asyncio.run(scenario())


def test_a_door_that_comes_later_knows_the_day_and_the_candles_from_the_history(venue):
    clock = ManualClock()
    venue.close()
    later = Venue(clock=clock)
    minute = 60_000_000_000
    for step in range(5):
        later.do(sell(1, 1_000_000 + step), buy(1, 1_000_000 + step))
        clock.advance(600 * minute)
    now_ns = clock.now_ns()

    async def scenario():
        async with serving(later, clock=clock) as served, reading(served) as reader:
            await reader.subscribe("ticker", instrument="BTC/USDC")
            await reader.subscribe("candles", instrument="BTC/USDC", interval="1d")
            (ticker,) = (await reader.hear("ticker"))["items"]
            first = await reader.hear("candles")
            later.do(sell(1, 999_000), buy(1, 999_000))
            (after,) = (await reader.hear("candles"))["items"]
            listed = {ticker.instrument: ticker for ticker in await served.stream.tickers()}
            return ticker, first["items"], after, listed["BTC/USDC"]

    ticker, candles, after, listed = asyncio.run(scenario())
    later.close()
    day = 1_440 * minute
    traded = [now_ns - 600 * minute * (5 - step) for step in range(5)]
    inside = [
        1_000_000 + step for step, ts_ns in enumerate(traded) if ts_ns >= now_ns // minute * minute + minute - day
    ]
    assert 0 < len(inside) < 5
    assert ticker["qty"] == f"0.{len(inside):04d}" and ticker["last"] == "100000.4"
    assert (ticker["low"], ticker["high"]) == (f"{inside[0] / 10:.1f}", "100000.4")
    assert sum(candle["trades"] for candle in candles) == 5
    assert {int(candle["start_ns"]) for candle in candles} == {ts_ns // day * day for ts_ns in traded}
    assert after["close"] == "99900.0" and listed.last == "99900.0" and listed.trades == 6
