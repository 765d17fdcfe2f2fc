"""The WebSocket at /v1/stream, as an ASGI application: who comes in, what they ask, and how they leave.

Whoever mounts it has looked at Host, Origin and path already, and gives uvicorn StreamProtocol for its
WebSockets.
"""

import asyncio
import logging
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from emporion.access.access import Access
from emporion.engine.clock import Clock, SystemClock
from emporion.gateway import problems
from emporion.gateway.catalog import Catalog
from emporion.gateway.door import token_of
from emporion.gateway.link.link import Link
from emporion.gateway.stream.connection import Connection
from emporion.gateway.stream.hub import INTERVAL_S, Hub
from emporion.gateway.stream.identity import Identities
from emporion.gateway.stream.protocol import EXTENSION, StreamProtocol
from emporion.gateway.stream.requests import SUBSCRIPTIONS_MAX, Requests
from emporion.wire.market import Ticker
from emporion.wire.stream import Hello

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CONNECTIONS_MAX = 5_000
PER_ADDRESS_MAX = 2_048  # Behind a proxy all come from one.
REQUESTS_PER_SECOND = 20.0
REQUESTS_BURST = SUBSCRIPTIONS_MAX + 50.0  # All of a connection's subscriptions at once, and some more.
CHECK_SECONDS = 2.0  # Revoked keys and ended sessions lose their private subscriptions within this time.
SEND_BUFFER_BYTES = 256 * 1024  # Of the kernel: what a slow reader has not taken would be old by then.
log = logging.getLogger(__name__)


class Stream:
    """All readers of one gateway."""

    def __init__(
        self,
        link: Link,
        catalog: Catalog,
        access: Access,
        clock: Clock | None = None,
        connections_max: int = CONNECTIONS_MAX,
        per_address_max: int = PER_ADDRESS_MAX,
    ) -> None:
        """`clock` says when 24 hours are over and sessions end; it should be the venue's."""
        clock = clock or SystemClock()
        self.hub = Hub(link, catalog, clock)
        self._catalog = catalog
        self._identities = Identities(access, catalog, link, clock)
        self._requests = Requests(self.hub, catalog, self._identities)
        self._connections_max, self._per_address_max = connections_max, per_address_max
        self._by_address: dict[str, int] = {}
        self._checking: asyncio.Task[None] | None = None
        self._version = version("emporion")

    @property
    def subscribers(self) -> int:
        """Readers connected now."""
        return len(self.hub.connections)

    async def start(self) -> None:
        """Begin; the link and the catalogue have been started."""
        self.hub.listen()
        await self.hub.tick()  # What is known of the venue is known before anybody comes.
        self.hub.start()
        self._checking = asyncio.ensure_future(self._check())

    async def stop(self) -> None:
        """Say goodbye to everybody."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait([self._checking])
        await self.hub.close()

    async def tickers(self) -> list[Ticker]:
        """How everything trades, for a question beside the stream."""
        return await self.hub.views.tickers(self.hub.views.known_ids())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from its handshake until either side leaves."""
        protocol: StreamProtocol = scope["extensions"][EXTENSION]["protocol"]
        address = scope["client"][0] if scope["client"] else ""
        if not self.hub.is_live:
            await _refuse(receive, send, 503, "AWAY", "The venue is away; come back in a moment.")
            return
        if len(self.hub.connections) >= self._connections_max:
            reason = f"{self._connections_max} readers are connected; come back later."
            await _refuse(receive, send, 503, "TOO_MANY", reason)
            return
        if self._by_address.get(address, 0) >= self._per_address_max:
            reason = f"{self._per_address_max} readers come from your address; close some."
            await _refuse(receive, send, 429, "TOO_MANY", reason)
            return
        self._by_address[address] = self._by_address.get(address, 0) + 1
        try:
            await receive()
            await send({"type": "websocket.accept"})
            await self._serve(protocol, address, dict(scope["headers"]), receive)
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    async def _serve(
        self, protocol: StreamProtocol, address: str, headers: dict[bytes, bytes], receive: Receive
    ) -> None:
        transport: Any = protocol.transport
        with suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        connection = Connection(protocol, address)
        connection.identity = self._identities.of_session(token_of(headers.get(b"cookie", b"")), address)
        account = connection.identity.account if connection.identity is not None else None
        hub = self.hub
        connection.tell(Hello(hub.seq, self._version, self._catalog.simulation, int(INTERVAL_S * 1_000), account))
        hub.enter(connection)
        loop = asyncio.get_running_loop()
        tokens, tokens_at = REQUESTS_BURST, loop.time()
        try:
            while (message := await receive())["type"] == "websocket.receive":
                now = loop.time()
                tokens, tokens_at = min(REQUESTS_BURST, tokens + (now - tokens_at) * REQUESTS_PER_SECOND) - 1, now
                if tokens < 0:
                    protocol.hang_up(1008, f"more than {REQUESTS_PER_SECOND:g} requests a second")
                    break
                await self._requests.do(connection, message["text"])
        finally:
            hub.leave(connection)

    async def _check(self) -> None:
        """Now and then see whether readers still are who they were."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for connection in [each for each in self.hub.connections if each.identity is not None]:
                try:
                    self._requests.check_again(connection)
                except Exception:  # The access database cannot be read: nobody is let in, and nobody stays.
                    log.exception("a reader's key could not be checked")
                    connection.peer.hang_up(1011, "it could not be checked who you are")


async def _refuse(receive: Receive, send: Send, status: int, code: str, reason: str) -> None:
    body = problems.body_of(problems.problem(status, code, reason), f"{secrets.randbits(64):016x}")
    head = [(b"content-type", problems.CONTENT_TYPE), (b"content-length", b"%d" % len(body))]
    await receive()
    await send({"type": "websocket.http.response.start", "status": status, "headers": head})
    await send({"type": "websocket.http.response.body", "body": body})
