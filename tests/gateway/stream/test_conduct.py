"""Readers who make mistakes, do not read or flood are told, or sent away with a reason; others notice nothing."""

import asyncio
import json
import socket
from typing import get_args

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from emporion.gateway.stream import hub as hub_module
from emporion.gateway.stream.requests import SUBSCRIPTIONS_MAX
from emporion.gateway.stream.stream import REQUESTS_BURST
from emporion.wire.values import Interval
from tests.gateway.stream.serving import BTC, Venue, buy, reading, sell, serving


@pytest.fixture
def venue():
    venue = Venue()
    yield venue
    venue.close()


@pytest.mark.parametrize(
    ("text", "code", "request_id"),
    [
        ("{", "MALFORMED", 0),
        ("[" * 4_000, "BAD_FIELD", 0),
        ("[]", "BAD_FIELD", 0),
        ('"ping"', "BAD_FIELD", 0),
        ('{"op":"place","id":3}', "BAD_FIELD", 3),
        ('{"op":"ping","id":3,"more":1}', "BAD_FIELD", 3),
        ('{"op":"ping","id":-1}', "BAD_FIELD", 0),
        ('{"op":"ping","id":99999999999999999999999}', "BAD_FIELD", 0),
        ('{"op":"subscribe","id":4,"subscription":{"channel":"secrets"}}', "BAD_FIELD", 4),
        ('{"op":"subscribe","id":4,"subscription":{"channel":"depth"}}', "BAD_FIELD", 4),
        ('{"op":"subscribe","id":4,"subscription":{"channel":"top","instrument":"NO/SUCH"}}', "UNKNOWN_INSTRUMENT", 4),
        ('{"op":"subscribe","id":4,"subscription":{"channel":"candles","instrument":"BTC/USDC"}}', "BAD_FIELD", 4),
        (
            '{"op":"subscribe","id":4,"subscription":{"channel":"depth","instrument":"BTC/USDC","interval":"1m"}}',
            "BAD_FIELD", 4,
        ),
        ('{"op":"subscribe","id":4,"subscription":{"channel":"ticker"},"after_seq":-5}', "BAD_FIELD", 4),
        ('{"op":"subscribe","id":4,"subscription":{"channel":"fills"}}', "NOT_SIGNED_IN", 4),
        ('{"op":"unsubscribe","id":4,"subscription":{"channel":"ticker"}}', "NOT_SUBSCRIBED", 4),
        ('{"op":"authenticate","id":4,"key":"k","time_ns":"1","nonce":"n","signature":"s"}', "BAD_NONCE", 4),
    ],
)  # fmt: skip
def test_a_request_that_is_wrong_is_answered_with_what_is_wrong(venue, text, code, request_id):
    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            await reader.socket.send(text)
            error = await reader.hear("error")
            await reader.ask("ping", id=77)
            assert (await reader.hear("pong"))["id"] == 77, "and the connection goes on"
            return error

    error = asyncio.run(scenario())
    assert (error["code"], error["id"]) == (code, request_id)
    assert error["detail"]


@pytest.mark.parametrize(
    ("frames", "code", "reason"),
    [
        ([b"binary"], 1003, "requests are text"),
        (["x" * 5_000], 1009, ""),
        ([["{", *[" "] * 70, "}"]], 1008, "fragments"),
        ([json.dumps({"op": "ping"})] * (int(REQUESTS_BURST) + 40), 1008, "requests a second"),
    ],
)
def test_who_breaks_a_bound_is_sent_away_with_a_reason_and_others_stay(venue, frames, code, reason):
    async def scenario():
        async with serving(venue) as served, reading(served) as other, reading(served) as reader:
            await other.subscribe("depth", instrument="BTC/USDC")
            await other.hear("depth")
            with pytest.raises(ConnectionClosedError) as closed:
                for frame in frames:
                    await reader.socket.send(frame)
                while True:
                    await reader.frame()
            venue.do(buy(1, 900_000))
            assert (await other.hear("depth"))["bids"] == [["90000.0", "0.0001", 1]]
            return closed.value.rcvd

    goodbye = asyncio.run(scenario())
    assert goodbye.code == code and reason in goodbye.reason


def raw_socket(port: int, receive_bytes: int = 4_096) -> socket.socket:
    """A WebSocket by hand, to send what no library would, and not to read."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    raw.settimeout(10)
    raw.connect(("127.0.0.1", port))
    raw.sendall(
        b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += raw.recv(1)
    assert b" 101 " in head[:20]
    return raw


def frame(opcode: int, payload: bytes) -> bytes:
    assert len(payload) < 126
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


async def read_all(raw: socket.socket) -> bytes:
    def read() -> bytes:
        data = b""
        try:
            while piece := raw.recv(65_536):
                data += piece
        except ConnectionResetError:
            pass
        return data

    return await asyncio.to_thread(read)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"\xff\xfe"), 1007),
        (frame(3, b""), 1002),  # An opcode that is none.
        (b"\x81\x05hello", 1002),  # Not masked.
        (b"\x81\xff" + b"\xff" * 8 + bytes(4), None),  # 2^64 bytes are to come.
    ],
)
def test_what_is_no_websocket_ends_the_connection(venue, sent, code):
    async def scenario():
        async with serving(venue) as served:
            raw = await asyncio.to_thread(raw_socket, served.port)
            await asyncio.to_thread(raw.sendall, sent)
            data = await read_all(raw)
            raw.close()
            return data

    data = asyncio.run(scenario())
    closes = [data[at + 2 : at + 4] for at in range(len(data) - 3) if data[at] == 0x88]
    assert closes, "a close frame"
    if code is not None:
        assert code.to_bytes(2, "big") in closes


def test_who_pings_and_does_not_read_is_cut_off(venue):
    async def scenario():
        async with serving(venue) as served:
            raw = await asyncio.to_thread(raw_socket, served.port)
            ping = frame(9, b"p" * 125) * 500

            def flood() -> None:
                for _ in range(2_000):
                    raw.sendall(ping)

            with pytest.raises(OSError):
                await asyncio.to_thread(flood)
            raw.close()
            async with asyncio.timeout(5):
                while served.stream.subscribers:
                    await asyncio.sleep(0.02)

    asyncio.run(scenario())


def test_a_reader_who_does_not_read_skips_and_is_cut_off_in_the_end_while_others_go_on(venue, monkeypatch):
    monkeypatch.setattr(hub_module, "LAG_BYTES", 1 << 14)
    monkeypatch.setattr(hub_module, "LAG_SECONDS", 0.5)
    monkeypatch.setattr("emporion.gateway.stream.stream.SEND_BUFFER_BYTES", 4_096)

    async def scenario():
        async with serving(venue) as served, reading(served) as quick:
            raw = await asyncio.to_thread(raw_socket, served.port)
            request = {"op": "subscribe", "subscription": {"channel": "depth", "instrument": "BTC/USDC"}}
            await asyncio.to_thread(raw.sendall, frame(1, json.dumps(request).encode()))
            await quick.subscribe("depth", instrument="BTC/USDC")
            await quick.hear("depth")
            hub = served.stream.hub
            round_ = most = 0
            async with asyncio.timeout(30):
                while not hub.cut_off:
                    round_ += 1
                    venue.do(*(buy(1 + round_ % 2, 900_000 + ticks) for ticks in range(40)))
                    await quick.hear("depth")
                    most = max(most, *(each.peer.unsent() for each in hub.connections))
            assert hub.lagged >= 1
            assert most < (1 << 14) + 20_000, "what is held for it is bounded"
            async with asyncio.timeout(5):
                while served.stream.subscribers > 1:
                    await asyncio.sleep(0.02)
            venue.do(sell(1, 2_000_000))
            while not (await quick.hear("depth"))["asks"]:
                pass
            raw.close()

    asyncio.run(scenario())


def test_connections_are_counted_by_address_and_in_total(venue):
    async def scenario(**limits):
        async with serving(venue, **limits) as served:
            url = f"ws://127.0.0.1:{served.port}/v1/stream"
            async with connect(url) as first, connect(url):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(url)
                await first.close()
                async with asyncio.timeout(5):
                    while served.stream.subscribers > 1:
                        await asyncio.sleep(0.01)
                async with connect(url):
                    pass
            return refused.value.response

    response = asyncio.run(scenario(per_address_max=2))
    assert response.status_code == 429 and json.loads(response.body)["code"] == "TOO_MANY"
    assert asyncio.run(scenario(connections_max=2)).status_code == 503


def test_a_connection_has_so_many_subscriptions_and_no_more(venue):
    intervals = get_args(Interval)

    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            count = 0
            for name in ("BTC/USDC", "EURC/USDC"):
                for interval in intervals:
                    await reader.subscribe("candles", instrument=name, interval=interval)
                    count += 1
                for channel in ("trades", "depth", "top", "ticker"):
                    await reader.subscribe(channel, instrument=name)
                    count += 1
            while sum(message["type"] == "subscribed" for message in reader.messages) < count:
                await reader.frame()
            return count

    monkey = pytest.MonkeyPatch()
    assert asyncio.run(scenario()) == 42 < SUBSCRIPTIONS_MAX
    monkey.setattr("emporion.gateway.stream.requests.SUBSCRIPTIONS_MAX", 10)

    async def beyond():
        async with serving(venue) as served, reading(served) as reader:
            for interval in intervals[:10]:
                await reader.subscribe("candles", instrument="BTC/USDC", interval=interval)
            await reader.subscribe("depth", instrument="BTC/USDC", id=9)
            error = await reader.hear("error")
            await reader.subscribe("candles", instrument="BTC/USDC", interval=intervals[0], id=10)
            while (await reader.hear("subscribed"))["id"] != 10:
                pass
            return error

    error = asyncio.run(beyond())
    monkey.undo()
    assert (error["code"], error["id"]) == ("TOO_MANY", 9)


def test_who_leaves_in_the_middle_of_anything_leaves_nothing_behind(venue):
    async def scenario():
        async with serving(venue) as served:
            for step in range(30):
                raw = await asyncio.to_thread(raw_socket, served.port)
                if step % 3:
                    request = {"op": "subscribe", "subscription": {"channel": "depth", "instrument": "BTC/USDC"}}
                    raw.sendall(frame(1, json.dumps(request).encode())[: 40 if step % 2 else None])
                if step % 5 == 0:
                    await asyncio.sleep(0.03)
                raw.close()
                venue.do(buy(1, 900_000 + step))
            async with asyncio.timeout(5):
                while served.stream.subscribers or served.state.connections:
                    await asyncio.sleep(0.02)
            hub = served.stream.hub
            assert not hub.connections and not hub._busy and not hub._groups
            assert all(chain.watchers == 0 for chain in hub._chains.values())
            assert BTC in hub.views.books

    asyncio.run(scenario())


def test_a_venue_that_stopped_gives_no_sign_of_life_and_lets_nobody_in(venue):
    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            await reader.hear("beat")
            venue.node.close()
            async with asyncio.timeout(5):
                while served.stream.hub.is_live:
                    await asyncio.sleep(0.05)
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{served.port}/v1/stream")
            before = len(reader.messages)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    while True:
                        await reader.frame()
            assert all(message["type"] != "beat" for message in reader.messages[before + 1 :])
            return refused.value.response

    response = asyncio.run(scenario())
    assert response.status_code == 503 and json.loads(response.body)["code"] == "AWAY"


def test_readers_hear_goodbye_when_the_venue_stops(venue):
    async def scenario():
        async with serving(venue) as served, reading(served) as reader:
            await reader.hear("hello")
            await served.stream.stop()
            with pytest.raises(Exception) as closed:
                while True:
                    await reader.frame()
            return closed.value.rcvd

    goodbye = asyncio.run(scenario())
    assert (goodbye.code, goodbye.reason) == (1001, "the venue is stopping")
