"""The HTTP connection: uvicorn's protocol with bounds on what a peer may send, and how long it may take.

A connection costs memory and a file descriptor before it has said anything, so each is counted by
the gate, its head and body are bounded in bytes and in time, and the gate sweeps once a second over
those that take too long: no timer is set per request. Who breaks a bound is told why, as problem
details, and hung up on; nobody else waits for that.
"""

import asyncio
import secrets
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from emporion.gateway import problems
from emporion.gateway.security import EVERYWHERE

HEAD_BYTES_MAX = 32 * 1024  # Request line and headers.
HEADERS_MAX = 100
BODY_BYTES_MAX = 256 * 1024
DRAIN_BYTES_MAX = 4 * 1024 * 1024  # Read and thrown away after the answer, so that the peer gets to read it.
HEAD_SECONDS = 10.0
BODY_SECONDS = 15.0
KEEP_ALIVE_SECONDS = 75
CONNECTIONS_MAX = 8_192
CONNECTIONS_PER_ADDRESS_MAX = 2_048  # Behind a proxy all come from one.


class Gate:
    """Counts connections, in total and by address, and finds those that take too long."""

    def __init__(
        self,
        connections_max: int = CONNECTIONS_MAX,
        per_address_max: int = CONNECTIONS_PER_ADDRESS_MAX,
        head_seconds: float = HEAD_SECONDS,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.connections_max, self.per_address_max = connections_max, per_address_max
        self.head_seconds, self.body_seconds = head_seconds, body_seconds
        self.connections = 0
        self.turned_away = 0
        self.reading: set[DoorProtocol] = set()  # HTTP connections, for the sweep.
        self._by_address: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count one more; False when there are too many, and it is not counted."""
        of_address = self._by_address.get(address, 0)
        if self.connections >= self.connections_max or of_address >= self.per_address_max:
            self.turned_away += 1
            return False
        self.connections += 1
        self._by_address[address] = of_address + 1
        return True

    def leave(self, address: str) -> None:
        """One that was counted has gone."""
        self.connections -= 1
        left = self._by_address[address] - 1
        if left:
            self._by_address[address] = left
        else:
            del self._by_address[address]

    def sweep(self, now: float) -> None:
        """Hang up on whoever has been sending a head or a body for too long; `now` is the loop's time."""
        for connection in list(self.reading):
            if connection.head_since and now - connection.head_since > self.head_seconds:
                connection.refuse(408, "TOO_SLOW", f"The request's head did not come in {self.head_seconds:g} s.")
            elif connection.body_since and now - connection.body_since > self.body_seconds:
                connection.refuse(408, "TOO_SLOW", f"The request's body did not come in {self.body_seconds:g} s.")


class DoorState(ServerState):
    """What all connections of one server share."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate


class DoorProtocol(HttpToolsProtocol):
    """One HTTP connection."""

    def __init__(
        self, config: Config, server_state: DoorState, app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:  # fmt: skip
        super().__init__(config, server_state, app_state, _loop)
        self.gate = server_state.gate
        self.address = ""
        self.entered = False
        self.head_since = 0.0  # When it began to send a head; 0 while it does not.
        self.body_since = 0.0
        self._in_head = True
        self._head_bytes = 0  # Of what came while the head was not complete.
        self._drained_bytes = 0
        self._refused = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self.entered = self.gate.enter(self.address)
        if not self.entered:
            self.refuse(503, "TOO_MANY_CONNECTIONS", "Too many connections; close some, or come back later.")
            return
        self.gate.reading.add(self)
        self.head_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._leave()  # The WebSocket's protocol enters on its own account.
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            elif not self._refused:
                self.refuse(400, "MALFORMED", "The connection cannot be upgraded to anything but a WebSocket.")
            return
        except httptools.HttpParserError as error:
            if not self._refused:
                cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
                self.refuse(400, "MALFORMED", "What came is not an HTTP/1.1 request.", f"{cause}"[:200])
            return
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            self.refuse(431, "TOO_LARGE", f"Request line and headers are larger than {HEAD_BYTES_MAX // 1024} KiB.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self.head_since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self.head_since, self.body_since = 0.0, self.loop.time()
        self._drained_bytes = 0
        size = len(self.url) + sum([len(name) + len(value) + 4 for name, value in self.headers])
        if size > HEAD_BYTES_MAX or len(self.headers) > HEADERS_MAX:
            self.refuse(
                431, "TOO_LARGE",
                f"Request line and headers are larger than {HEAD_BYTES_MAX // 1024} KiB or more than {HEADERS_MAX}.",
            )  # fmt: skip
        elif [name for name, _ in self.headers].count(b"host") != 1:
            self.refuse(400, "MALFORMED", "A request has one Host header.")
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        if self.cycle is not None and self.cycle.response_complete:
            self._drained_bytes += len(body)
            if self._drained_bytes > DRAIN_BYTES_MAX:
                self._refused = True
                self.transport.close()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.body_since = 0.0
        if not self._refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self.refuse(400, "MALFORMED", "What came is not an HTTP/1.1 request.", msg)

    def refuse(self, status: int, code: str, reason: str, detail: str = "") -> None:
        """Say why, if no answer is under way, and hang up."""
        self._refused = True
        self.head_since = self.body_since = 0.0
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            request_id = f"{secrets.randbits(64):016x}"
            body = problems.body_of(problems.problem(status, code, reason, detail), request_id)
            head = [
                *EVERYWHERE,
                (b"content-type", problems.CONTENT_TYPE),
                (b"content-length", b"%d" % len(body)),
                (b"connection", b"close"),
                (b"x-request-id", request_id.encode()),
            ]
            lines = [STATUS_LINE[status], *(b"%b: %b\r\n" % pair for pair in head), b"\r\n", body]
            self.transport.write(b"".join(lines))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # Whoever works on the request stops, and its answer goes nowhere.
            self.cycle.message_event.set()
        self.transport.close()

    def _leave(self) -> None:
        self.gate.reading.discard(self)
        if self.entered:
            self.entered = False
            self.gate.leave(self.address)


class DoorWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket, counted like any connection."""

    def __init__(
        self, config: Config, server_state: DoorState, app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:  # fmt: skip
        super().__init__(config, server_state, app_state, _loop)
        self.gate = server_state.gate
        self.address: str | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self.gate.enter(address):
            self.address = address
        else:  # It left as HTTP a moment ago, and somebody else took its place.
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.address is not None:
            self.gate.leave(self.address)
            self.address = None
        super().connection_lost(exc)
