"""A real venue behind a real server on a free port, with people and keys, for the tests of this folder.

The server runs on an event loop of its own in another thread, as it does beside a node; tests speak
HTTP to it and know nothing of what is inside, but that `act` does things as the operator would.
"""

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import uvloop

import emporion
from emporion.access.access import Access
from emporion.access.buckets import Rate
from emporion.access.limits import Doorman, Limits
from emporion.access.passwords import Cost, Passwords
from emporion.client.signer import Signer
from emporion.engine.sequencer import Sequencer
from emporion.gateway.link import LocalLink
from emporion.gateway.link.questions import Act
from emporion.gateway.protocol import Gate
from emporion.gateway.server import Server
from emporion.history.store import HistoryStore
from emporion.services.gauges import Gauges

PLENTY = Limits(key=Rate(100_000, 1_000_000), address=Rate(100_000, 1_000_000))
QUICK = Cost(passes=1, bytes=1 << 13)
PASSWORD = "correct horse battery"
TRADER = ("read", "trade", "withdraw")
_numbers = itertools.count()


def unique(text: str) -> str:
    """A name that no other test of this process uses."""
    return f"{text}{next(_numbers)}"


class Served:
    """Use as a context; `folder` None keeps nothing. `restart` ends all of it and opens the folder again."""

    def __init__(
        self, folder: Path | None = None, limits: Limits = PLENTY, gate: Gate | None = None, **options: Any
    ) -> None:
        self.folder, self.limits, self.gate = folder, limits, gate
        self.options = {"sign_up": True, "demo": False} | options
        self.port = 0
        self.clients: list[httpx.Client] = []
        self._kept: dict[str, Api] = {}

    def __enter__(self) -> "Served":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()
        self.stop()

    # --- Life ---

    def start(self) -> None:
        self.venue = emporion.open(self.folder)
        if self.venue.seq == 1:
            self._found()
        self.sequencer = Sequencer(self.venue.node)
        self.history = HistoryStore.open(self.folder)
        self.history.attach(self.venue.node)
        self.access = Access.open(self.folder, demo=True, passwords=Passwords(QUICK))
        self.loop = uvloop.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="served", daemon=True)
        self.thread.start()
        self.run(self._start())

    def stop(self) -> None:
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        self.access.close()
        self.gauges.stop()
        self.history.close()
        self.sequencer.close()
        self.venue.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    async def _start(self) -> None:
        self.problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.problems.append(context))
        doorman = Doorman(self.limits, self.access.keys.rate_of)
        titles = {"BTC/USDC": "Bitcoin"}
        self.gauges = Gauges(self.sequencer, self.history, interval="1s")
        self.gauges.start()
        self.link = LocalLink(self.venue, self.sequencer, doorman, self.history, titles, gauges=self.gauges)
        await self.link.start()
        self.server = Server(self.link, self.access, port=self.port, limits=self.limits, gate=self.gate, **self.options)
        await self.server.start()
        self.port = self.server.port

    async def _stop(self) -> None:
        await self.server.stop()
        await self.link.close()
        assert not self.problems, self.problems

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def _found(self) -> None:
        """Three assets, two instruments, three people with an account each."""
        venue = self.venue
        venue.list_asset("USDC", 6, "stablecoin")
        venue.list_asset("BTC", 8)
        venue.list_asset("EURC", 6, "currency")
        venue.set_fees("-0.0001", "0.001")
        venue.list_instrument("BTC/USDC", tick="0.5", lot="0.001", reference="100000", band="0.5")
        venue.list_instrument("EURC/USDC", tick="0.0001", lot="1", asset_class="currency")
        for name in ("ann", "bob", "cleo"):
            venue.open_account(name)
            for asset in ("USDC", "BTC", "EURC"):
                venue.deposit(name, asset, "100000000")
        venue.open_account("ann.desk", master="ann")

    # --- People ---

    @property
    def url(self) -> str:
        return self.server.url

    def api(self, name: str = "ann", scopes: tuple[str, ...] = TRADER, **key: Any) -> "Api":
        """A client that signs with a new key of the user of an account; "olga" is the operator."""
        user = self.access.users.find(name)
        if user is None:
            is_operator = name == "olga"
            account = None if is_operator else (self.venue.account(name).account_id, name)
            user = self.access.users.add(name, None, time.time_ns(), is_operator=is_operator, account=account)
        record, secret = self.access.keys.make(user.user_id, time.time_ns(), scopes=scopes, **key)
        assert secret is not None
        return self._client(Signer(record.key_id, secret))

    def operator(self) -> "Api":
        return self.api("olga", ("read", "trade", "withdraw", "operate"))

    def one(self, name: str) -> "Api":
        """The same client each time: for tests that would make more keys than a user may have."""
        if name not in self._kept:
            self._kept[name] = self.operator() if name == "olga" else self.api(name)
        return self._kept[name]

    def public(self) -> "Api":
        """A client without a key; it keeps cookies."""
        return self._client(Signer(None, None))

    def act(self, method: str, **args: Any) -> dict[str, Any]:
        """What an operator does at another door: this one need not have heard of it when this returns."""
        return dict(self.run(self.link.ask(Act(method, args))).result)

    def _client(self, signer: Signer) -> "Api":
        client = httpx.Client(base_url=self.url, timeout=30)
        self.clients.append(client)
        return Api(client, signer)

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))


class Api:
    """Requests of one caller."""

    def __init__(self, client: httpx.Client, signer: Signer) -> None:
        self.client, self.signer = client, signer

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        account: str = "",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx.Response:
        """One request; `body` becomes JSON, `raw` is sent as it is."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        request = self.client.build_request(
            method, path, params=query or None, content=content or None,
            headers={"content-type": "application/json"} if content else None,
        )  # fmt: skip
        target = request.url.raw_path.decode()
        request.headers.update(self.signer.headers(method, target, account, content))
        if account and self.signer.key is None:
            request.headers["emporion-account"] = account
        request.headers.update(headers or {})
        return self.client.send(request)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.send("GET", path, **query)

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.send("POST", path, {} if body is None else body, **more)

    def place(self, side: str = "buy", qty: str = "1", price: str | None = "90000", **more: Any) -> httpx.Response:
        """An order on BTC/USDC."""
        order = {"instrument": "BTC/USDC", "side": side, "qty": qty, **more}
        return self.post("/v1/orders", order | ({"price": price} if price is not None else {}))


def good(response: httpx.Response, status: int = 200) -> Any:
    """The body of an answer that must be good."""
    assert response.status_code == status, (response.status_code, response.text)
    return response.json() if response.content else None


def bad(response: httpx.Response, status: int, code: str, field: str | None = None) -> Any:
    """The problem in an answer that must be one."""
    problem = response.json()
    assert (response.status_code, problem["code"], problem.get("field")) == (status, code, field), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["reason"] and problem["detail"]
    return problem
