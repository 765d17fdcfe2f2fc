"""The WebSocket: an image, then updates that add up to what the venue has; the slow are cut off."""

import asyncio
import contextlib
import json
import socket

import aiohttp
import pytest

from emporion.errors import EmporionError
from emporion.gateway import stream as stream_module
from emporion.schema import build
from tests.gateway.venue_for_tests import ALICE, BOB, BTC, EURC, buy, hear, hear_update, sell, serving

WATCH_BTC = json.dumps({"op": "watch", "instrument": "BTC/USDC"})


def test_hello_then_an_image_then_updates(venue):
    venue.do(sell(3, 1_000_000), buy(1, 1_000_000))

    async def watch():
        options = {"simulation": True, "titles": {"BTC/USDC": "Bitcoin"}}
        async with serving(venue, **options) as (_, client), client.ws_connect("/v1/stream") as ws:
            hello = json.loads(await ws.receive_str(timeout=10))
            await ws.send_str(WATCH_BTC)
            image = await hear(ws, "image")
            venue.do(buy(2, 1_000_000), buy(4, 999_000))
            return hello, image, await hear_update(ws, venue.node.seq)

    hello, image, update = asyncio.run(watch())
    assert hello["type"] == "hello" and hello["simulation"] is True
    assert [each["name"] for each in hello["instruments"]] == ["BTC/USDC", "EURC/USDC"]
    assert hello["instruments"][0]["title"] == "Bitcoin"
    assert hello["listings"][0]["last"] == "100000.0"
    assert image["book"]["asks"] == [["100000.0", "0.0002", 1]] and image["trades"] == []  # Traded before it listened.
    assert (update["book"]["bids"], update["book"]["asks"]) == ([["99900.0", "0.0004", 1]], [])
    assert [(each["price"], each["qty"], each["side"]) for each in update["trades"]] == [("100000.0", "0.0002", "BUY")]
    assert update["bars"][-1]["close"] == "100000.0"


def test_changes_within_one_interval_are_one_message_and_the_same_for_all(venue):
    async def watch():
        async with serving(venue) as (_, client), contextlib.AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(client.ws_connect("/v1/stream")) for _ in range(3)]
            for ws in sockets:
                await ws.send_str(WATCH_BTC)
                await hear(ws, "image")
            venue.do(*(buy(1, 1_000 + n) for n in range(50)))
            return [await hear_update(ws, venue.node.seq) for ws in sockets]

    first, second, third = asyncio.run(watch())
    assert first == second == third
    assert first["book"]["bids"][0] == ["104.9", "0.0001", 1]


def test_an_image_and_its_updates_add_up_to_the_venue(venue):
    """A watcher who joins while orders fly ends with every trade once, in order, and the book as it is."""

    async def trade(rounds):
        for n in range(rounds):
            price = 1_000_000 + n % 7
            futures = [
                venue.sequencer.submit(build.join(sell(3, price), buy(2, price), sell(1, 1_000_000 - n, ALICE)))
                for _ in range(3)
            ]
            for future in futures:
                await asyncio.wrap_future(future)

    async def watch():
        async with serving(venue) as (server, client):
            trading = asyncio.create_task(trade(150))
            await asyncio.sleep(0.05)
            async with client.ws_connect("/v1/stream") as ws:
                await ws.send_str(WATCH_BTC)
                image = await hear(ws, "image")
                trades, book = image["trades"], image["book"]
                while not trading.done() or book["seq"] < venue.node.seq:
                    update = await hear(ws, "update")
                    trades, book = trades + update["trades"], update["book"]
            return trades, book, server.market.trades(BTC), await server.market.book(BTC)

    trades, book, kept, now = asyncio.run(watch())
    ids = [each["id"] for each in trades]
    assert len(ids) == len(set(ids)) and len(ids) > 100
    assert ids == sorted(ids, key=lambda each: [int(part) for part in each.split("-")])
    tail = [each.id for each in kept]
    assert ids[-len(tail) :] == tail[-len(ids) :]
    assert (book["bids"], book["asks"]) == ([list(level) for level in now.bids], [list(level) for level in now.asks])


def test_watching_another_instrument_ends_the_first(venue):
    async def watch():
        async with serving(venue) as (_, client), client.ws_connect("/v1/stream") as ws:
            await ws.send_str(WATCH_BTC)
            await hear(ws, "image")
            await ws.send_json({"op": "watch", "instrument": "EURC/USDC"})
            assert (await hear(ws, "image"))["instrument"] == "EURC/USDC"
            venue.do(buy(1, 1_000), buy(1, 100_000, instrument=EURC))
            await hear_update(ws, venue.node.seq)
            venue.do(buy(1, 1_001), buy(1, 100_001, instrument=EURC))
            return await hear(ws, "update")

    update = asyncio.run(watch())
    assert update["instrument"] == "EURC/USDC" and update["book"]["bids"][0] == ["1.00001", "1", 1]


def test_a_new_listing_reaches_watchers(venue):
    async def watch():
        async with serving(venue) as (_, client), client.ws_connect("/v1/stream") as ws:
            await hear(ws, "hello")
            venue.do(build.list_instrument("BTC/EURC", 2, 3, qty_max_lots=1_000, price_max_ticks=1_000))
            message = await hear(ws, "instruments")
            return [each["name"] for each in message["instruments"]]

    assert asyncio.run(watch()) == ["BTC/USDC", "EURC/USDC", "BTC/EURC"]


def test_a_quiet_venue_still_gives_a_sign_of_life(venue):
    async def watch():
        async with serving(venue) as (_, client), client.ws_connect("/v1/stream") as ws:
            await hear(ws, "hello")
            return [await hear(ws, "listings") for _ in range(2)]

    assert asyncio.run(watch())[1] == {"type": "listings", "seq": venue.node.seq, "listings": []}


def test_who_breaks_the_protocol_is_told_and_hung_up_on(venue):
    async def send(text):
        async with serving(venue) as (_, client), client.ws_connect("/v1/stream") as ws:
            await ws.send_str(text)
            while (message := await ws.receive(timeout=10)).type == aiohttp.WSMsgType.TEXT:
                pass
            return message.type, message.data, message.extra

    for text, why in (
        ('{"op":"watch","instrument":"NO/SUCH"}', "no instrument is named 'NO/SUCH'"),
        ('{"op":"place"}', "Invalid value"),
        ('{"op":"watch","instrument":"BTC/USDC","more":1}', "unknown field"),
        ("{", "truncated"),
    ):
        kind, code, reason = asyncio.run(send(text))
        assert (kind, code) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.POLICY_VIOLATION)
        assert why in reason


def test_a_foreign_page_gets_no_socket(venue):
    async def connect():
        async with serving(venue) as (_, client):
            try:
                await client.ws_connect("/v1/stream", origin="https://evil.example")
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    assert asyncio.run(connect()) == 403


def test_a_slow_reader_is_cut_off_and_the_others_go_on(venue, monkeypatch):
    monkeypatch.setattr(stream_module, "SLOW_BYTES", 1 << 14)
    upgrade = (
        "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )

    async def watch():
        async with serving(venue) as (server, client), client.ws_connect("/v1/stream") as quick:
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((server.host, server.port))
            slow.send(upgrade.encode())
            async with asyncio.timeout(5):
                while len(server.stream.watchers) < 2:
                    await asyncio.sleep(0.01)
            for watcher in server.stream.watchers:
                watcher.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            seen = 0
            async with asyncio.timeout(30):
                while len(server.stream.watchers) > 1:
                    # Pushed as fast as they come, by hand, so that a slow reader has much to miss.
                    venue.do(sell(1, 1_000_000, BOB), buy(1, 1_000_000))
                    await server.stream.push()
                    await hear(quick, "listings")
                    seen += 1
            slow.close()
            venue.do(buy(1, 5))
            async with asyncio.timeout(30):  # The server's own pushes may still stand before this one.
                while (await hear(quick, "listings"))["listings"][0]["bid"] != "0.5":
                    pass
            return seen

    assert asyncio.run(watch()) > 10


def test_a_venue_that_stopped_is_not_shown_any_more(venue):
    async def watch():
        async with serving(venue) as (server, client), client.ws_connect("/v1/stream") as ws:
            await hear(ws, "hello")
            venue.node.close()
            with pytest.raises(EmporionError, match="closed"):
                await asyncio.wait_for(server.pushing, 10)
            assert (await client.get("/v1/book/BTC/USDC")).status == 500

    asyncio.run(watch())
