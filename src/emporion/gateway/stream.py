"""Live markets over WebSockets: each change is encoded once and sent to all who watch.

A watcher gets Hello, then Listings that changed, and of the one instrument it watches an Image
and Updates. Pushes are coalesced: several changes of a book within one interval are one
message. A watcher who reads too slowly is cut off, never waited for; it may connect again and
gets a fresh image, which is what it needs after missing so much.
"""

import asyncio
import logging
from dataclasses import dataclass

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from emporion.gateway import messages
from emporion.gateway.market import Changes, Market
from emporion.gateway.problems import ProblemError

PUSH_SECONDS = 0.1
QUIET_SECONDS = 1.0  # With nothing new an empty Listings is sent this often, so a reader can tell quiet from dead.
WATCHERS_MAX = 1_000
SLOW_BYTES = 1 << 20  # Unsent bytes at which a watcher is cut off.
REQUEST_BYTES_MAX = 1_024
GOODBYE_SECONDS = 0.5  # For the peer to answer a close.
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Watcher:
    """One connection and what it looks at."""

    socket: web.WebSocketResponse
    transport: asyncio.WriteTransport
    instrument_id: int = 0

    async def send(self, message: bytes) -> None:
        """Hand the message to the transport, or cut the connection: never wait."""
        if self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > SLOW_BYTES:
            log.warning("cut off a watcher who reads too slowly")
            self.transport.abort()
            return
        await self.socket.send_frame(message, WSMsgType.TEXT)


class Stream:
    """All watchers, and the task that pushes to them."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.watchers: set[Watcher] = set()
        self._quiet_since = 0.0

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/stream", self.serve)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its upgrade until either side leaves."""
        if len(self.watchers) >= WATCHERS_MAX:
            raise ProblemError(503, "Service Unavailable", f"{WATCHERS_MAX} watchers are connected; try again later.")
        # One message is shared by all, so it is not compressed for each.
        socket = web.WebSocketResponse(
            heartbeat=20, max_msg_size=REQUEST_BYTES_MAX, compress=False, timeout=GOODBYE_SECONDS
        )
        if not socket.can_prepare(request).ok:
            raise ProblemError(426, "Upgrade Required", "/v1/stream speaks WebSocket.")
        await socket.prepare(request)
        transport = request.transport
        if transport is None:  # It left during the handshake.
            return socket
        # Above this aiohttp waits for the reader; `send` cuts it off long before.
        transport.set_write_buffer_limits(high=64 * SLOW_BYTES)
        watcher = Watcher(socket, transport)
        await watcher.send(self._hello())
        self.watchers.add(watcher)
        try:
            await self._listen(watcher)
        finally:
            self.watchers.discard(watcher)
        return socket

    async def push(self) -> None:
        """Send every watcher what became new since the last push."""
        changes = await self.market.pull({watcher.instrument_id for watcher in self.watchers} - {0})
        shared = self._shared(changes)
        own = {key: messages.encode(update) for key, update in changes.updates.items()}
        for watcher in list(self.watchers):
            for message in shared:
                await watcher.send(message)
            if watcher.instrument_id in own:
                await watcher.send(own[watcher.instrument_id])

    async def close(self) -> None:
        """Say goodbye to everybody; who does not answer is cut off."""
        watchers = list(self.watchers)
        await asyncio.gather(*(_leave(each, WSCloseCode.GOING_AWAY, "the venue is stopping") for each in watchers))

    def _hello(self) -> bytes:
        market = self.market
        instruments = [entry.message for entry in market.instruments.values()]
        listings = list(market.listings.values())
        return messages.encode(messages.Hello(market.seq, market.simulation, instruments, listings))

    def _shared(self, changes: Changes) -> list[bytes]:
        """The messages that go to everybody."""
        now = asyncio.get_running_loop().time()
        shared = []
        if changes.relisted:
            entries = self.market.instruments.values()
            shared.append(messages.encode(messages.Instruments([entry.message for entry in entries])))
        if changes.listings or now - self._quiet_since >= QUIET_SECONDS:
            self._quiet_since = now
            shared.append(messages.encode(messages.Listings(changes.seq, changes.listings)))
        return shared

    async def _listen(self, watcher: Watcher) -> None:
        async for request in watcher.socket:
            if request.type != WSMsgType.TEXT:
                break
            try:
                name = msgspec.json.decode(request.data, type=messages.Watch).instrument
            except msgspec.DecodeError as error:
                await _leave(watcher, WSCloseCode.POLICY_VIOLATION, str(error))
                return
            instrument_id = self.market.find(name)
            if not instrument_id:
                await _leave(watcher, WSCloseCode.POLICY_VIOLATION, f"no instrument is named {name!r}")
                return
            image = await self.market.image(instrument_id)
            # Nothing is awaited between these: the image is the start of the updates that follow.
            watcher.instrument_id = instrument_id
            await watcher.send(messages.encode(image))


async def _leave(watcher: Watcher, code: WSCloseCode, why: str) -> None:
    """Close a connection, saying why in the 123 bytes there are."""
    await watcher.socket.close(code=code, message=why.encode()[:123])
    watcher.transport.abort()
