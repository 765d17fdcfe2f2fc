"""The read-only HTTP door: answers, refusals, and what a browser is told."""

import asyncio
import re
import socket
from html.parser import HTMLParser

import pytest

from emporion.gateway.server import AddressInUse, Server
from emporion.schema import build
from tests.gateway.venue_for_tests import ALICE, BTC, buy, halt, sell, serving


def get(venue, path: str, method: str = "GET", headers: dict | None = None, **options):
    """Status, headers and body of one request."""

    async def ask():
        async with (
            serving(venue, **options) as (_, client),
            client.request(method, path, headers=headers) as response,
        ):
            is_json = "json" in response.content_type
            return response.status, response.headers, await (response.json() if is_json else response.text())

    return asyncio.run(ask())


def test_instruments_say_what_they_are_in_decimal_text(venue):
    status, _, body = get(venue, "/v1/instruments", titles={"BTC/USDC": "Bitcoin"})
    assert status == 200
    assert body[0] == {
        "name": "BTC/USDC", "title": "Bitcoin", "asset_class": "COIN", "base": "BTC", "quote": "USDC",
        "status": "OPEN", "tick": "0.1", "lot": "0.0001", "qty_min": "0.0001", "qty_max": "1000.0000",
        "price_max": "10000000.0", "reference_price": "100000.0",
    }  # fmt: skip
    assert body[1]["tick"] == "0.00001" and body[1]["lot"] == "1" and body[1]["reference_price"] is None


def test_a_book_is_as_it_is_at_the_moment_of_the_question(venue):
    venue.do(buy(5, 999_990), buy(7, 999_990), buy(1, 999_000), sell(3, 1_000_020))
    for name in ("BTC/USDC", "BTC%2FUSDC"):
        status, _, body = get(venue, f"/v1/book/{name}")
        assert status == 200
        assert body == {
            "instrument": "BTC/USDC",
            "seq": venue.node.seq,
            "bids": [["99999.0", "0.0012", 2], ["99900.0", "0.0001", 1]],
            "asks": [["100002.0", "0.0003", 1]],
        }


def test_listings_and_trades_follow_the_events(venue):
    async def ask():
        async with serving(venue) as (_, client):
            venue.do(sell(3, 1_010_000), sell(3, 1_010_100), buy(4, 1_010_100), buy(1, 1_000_000))
            await asyncio.sleep(0.4)
            listings = await (await client.get("/v1/listings")).json()
            return listings[0], await (await client.get("/v1/trades/BTC/USDC")).json()

    listing, trades = asyncio.run(ask())
    assert listing == {
        "name": "BTC/USDC", "status": "OPEN", "last": "101010.0", "change_percent": "1.01", "bid": "100000.0",
        "ask": "101010.0", "spread": "1010.0", "spread_bps": "100.49", "trades": 2, "volume": "0.0004",
    }  # fmt: skip
    seq = venue.node.seq - 1
    now = str(venue.clock.now_ns())
    assert trades == [
        {"id": f"{seq}-0", "ts_ns": now, "price": "101000.0", "qty": "0.0003", "side": "BUY"},
        {"id": f"{seq}-1", "ts_ns": now, "price": "101010.0", "qty": "0.0001", "side": "BUY"},
    ]


def test_an_instrument_that_never_traded_shows_nothing_invented(venue):
    _, _, body = get(venue, "/v1/listings")
    nothing = {"last": None, "change_percent": None, "bid": None, "ask": None, "spread": None, "spread_bps": None}
    assert body[1] == {"name": "EURC/USDC", "status": "OPEN", **nothing, "trades": 0, "volume": "0"}


def test_health_says_how_far_the_venue_is(venue):
    assert get(venue, "/healthz", simulation=True)[2] == {"status": "ok", "seq": venue.node.seq, "simulation": True}


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/v1/book/NO/SUCH", 404, "No instrument is named 'NO/SUCH'"),
        ("GET", "/v1/trades/BTC", 404, "No instrument is named 'BTC'"),
        ("GET", "/nowhere", 404, "nothing at /nowhere"),
        ("POST", "/v1/book/BTC/USDC", 405, "read-only"),
        ("DELETE", "/", 405, "read-only"),
        ("GET", "/v1/stream", 426, "speaks WebSocket"),
    ],
)
def test_errors_are_problem_details(venue, method, path, status, words):
    answered, headers, problem = get(venue, path, method)
    assert answered == status == problem["status"]
    assert headers["Content-Type"].startswith("application/problem+json")
    assert words in problem["detail"] and problem["type"] == "about:blank" and problem["title"]


@pytest.mark.parametrize("path", ["/", "/page.js", "/v1/instruments", "/nowhere"])
def test_every_answer_carries_the_security_headers(venue, path):
    _, headers, _ = get(venue, path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Server" not in headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:9", "Origin": "http://localhost:9"}, 200),
        ({"Host": "localhost:9", "Origin": "http://localhost:10"}, 403),
    ],
)
def test_only_our_own_page_may_read_us(venue, headers, status):
    assert get(venue, "/healthz", headers=headers)[0] == status


class References(HTMLParser):
    """What a page loads and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.inline: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.inline += [name for name in named if name.startswith("on") or name == "style"]
        self._in_script = tag in ("script", "style")
        if tag in ("script", "img", "link"):
            self.urls.append(named.get("src") or named["href"])

    def handle_data(self, data):
        if self._in_script and data.strip():
            self.inline.append(data)


def test_the_page_runs_nothing_inline_and_loads_only_from_here(venue):
    async def read():
        async with serving(venue) as (_, client):
            page = References()
            page.feed(await (await client.get("/")).text())
            todo, seen = list(page.urls), {}
            while todo:
                url = todo.pop()
                assert url.startswith("/") and not url.startswith("//"), url
                response = await client.get(url)
                assert response.status == 200, url
                seen[url] = await response.text()
                if url.endswith(".js"):
                    imported = re.findall(r'from "\./([^"]+)"', seen[url])
                    todo += [f"/{name}" for name in imported if f"/{name}" not in seen]
            return page, seen

    page, seen = asyncio.run(read())
    assert page.inline == []
    assert {"/page.js", "/page.css", "/icon.svg", "/chart.js", "/stream.js"} <= seen.keys()
    for url, text in seen.items():
        elsewhere = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not elsewhere, (url, elsewhere)


def test_a_page_that_did_not_change_is_not_sent_again(venue):
    _, headers, _ = get(venue, "/page.js")
    status, again, body = get(venue, "/page.js", headers={"If-None-Match": headers["ETag"]})
    assert (status, body, again["ETag"]) == (304, "", headers["ETag"])
    assert get(venue, "/page.js", headers={"If-None-Match": '"other"'})[0] == 200


def test_a_port_in_use_is_refused_by_name(venue):
    async def start(port):
        await Server(venue.sequencer, port=port).start()

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AddressInUse, match=rf"127\.0\.0\.1:{taken.getsockname()[1]} is in use"):
            asyncio.run(start(taken.getsockname()[1]))


def test_a_halt_and_a_new_listing_are_seen(venue):
    async def ask():
        async with serving(venue) as (_, client):
            venue.do(halt(BTC), build.list_instrument("BTC/EURC", 2, 3, qty_max_lots=1_000, price_max_ticks=1_000))
            venue.do(build.deposit(ALICE, 1, 1))
            await asyncio.sleep(0.4)
            return await (await client.get("/v1/instruments")).json()

    assert [(each["name"], each["status"]) for each in asyncio.run(ask())] == [
        ("BTC/USDC", "HALTED"),
        ("EURC/USDC", "OPEN"),
        ("BTC/EURC", "PRE_OPEN"),
    ]
