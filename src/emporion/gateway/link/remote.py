"""The link of a gateway process: to the node's hub, over its Unix socket."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from emporion.access.tickets import Pass, Ticket
from emporion.errors import EmporionError
from emporion.gateway.link import frames
from emporion.gateway.link.failures import Failure, error_of
from emporion.gateway.link.frames import BadFrame, Frame, FrameReader, Kind, frame, pass_of, ticket_bytes
from emporion.gateway.link.link import LinkBusy, LinkLost, Listener, Reply, safely
from emporion.gateway.link.order_views import ORDER_VIEW
from emporion.gateway.link.questions import ANSWERS, Hello, Question
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import EVENT
from emporion.version import VERSION

CONNECT_SECONDS = 10.0  # For the node to answer a connection.
RETRY_SECONDS = (0.05, 1.0)  # Between attempts to connect again: doubled from the first to the second.
UNDER_WAY_MAX = 65_536  # Requests not yet answered.
UNSENT_BYTES_MAX = 64 << 20  # Not yet read by the node.
log = logging.getLogger(__name__)
_encoder = msgspec.msgpack.Encoder()
_Decoder = msgspec.msgpack.Decoder
_answers: dict[type, _Decoder[Any]] = {question: _Decoder(answer) for question, answer in ANSWERS.items()}


class RemoteLink:
    """A Link whose node is another process. Connects again by itself until it is closed."""

    def __init__(self, path: Path) -> None:
        """`path`: of the hub's socket."""
        self.path = path
        self.seq = self.ts_ns = 0
        self.connected = False
        self._was_connected = False
        self._listeners: list[Listener] = []
        self._gap_callbacks: list[Callable[[], None]] = []
        self._connection: _Connection | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._last_request = 0

    async def start(self) -> None:
        """Connect; LinkLost when the node is not there."""
        await self._connect()
        self._keeping = asyncio.create_task(self._keep(), name="link")

    async def close(self) -> None:
        """Disconnect. What is under way fails with LinkLost."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        if self._connection is not None:
            self._connection.abort()

    def listen(self, callback: Listener) -> None:
        self._listeners.append(callback)

    def on_gap(self, callback: Callable[[], None]) -> None:
        self._gap_callbacks.append(callback)

    async def submit(self, rows: bytes, ticket: Ticket | None = None, tag: int = 0) -> Reply:
        reply: Reply = await self._request(Kind.SUBMIT, ticket_bytes(ticket), frames.TAG.pack(tag), rows)
        return reply

    async def ask(self, question: Question[Any], ticket: Ticket | None = None) -> Any:
        raw = await self._request(Kind.ASK, ticket_bytes(ticket), _encoder.encode(question))
        return _answers[type(question)].decode(raw)

    async def admit(self, ticket: Ticket) -> Pass:
        passed: Pass = await self._request(Kind.ADMIT, ticket_bytes(ticket))
        return passed

    def _request(self, kind: Kind, *parts: bytes) -> "asyncio.Future[Any]":
        connection = self._connection
        if connection is None or not self.connected:
            raise LinkLost("the venue's node is away; nothing was sent")
        self._last_request = (self._last_request + 1) & 0xFFFF_FFFF
        return connection.request(self._last_request, frame(kind, self._last_request, *parts))

    # --- The connection ------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Whenever the connection ends, make a new one."""
        wait = RETRY_SECONDS[0]
        while True:
            if self._connection is not None:
                await self._connection.ended
                log.warning("link: the node is away; connecting again until it is back")
                self._connection = None
            try:
                await self._connect()
            except EmporionError:
                await asyncio.sleep(wait)
                wait = min(2 * wait, RETRY_SECONDS[1])
            else:
                wait = RETRY_SECONDS[0]
                log.warning("link: the node is back, at command %d", self.seq)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        connection = _Connection(self)
        hello = _encoder.encode(Hello(frames.PROTOCOL, VERSION))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_unix_connection(lambda: connection, str(self.path))
                await connection.request(0, frame(Kind.HELLO, 0, hello))
        except (OSError, TimeoutError) as error:
            connection.abort()
            raise LinkLost(f"{self.path}: the venue's node cannot be reached: {error or 'no answer'}") from None
        except BaseException:
            connection.abort()
            raise
        self._connection = connection

    def welcomed(self, seq: int, ts_ns: int) -> None:
        """Connected; events follow those up to `seq`."""
        missed = self._was_connected and seq != self.seq
        self._was_connected = True
        self.seq, self.ts_ns, self.connected = seq, ts_ns, True
        if missed:
            for callback in self._gap_callbacks:
                safely(callback)

    def heard(self, events: np.ndarray, ts_ns: int, seq: int) -> None:
        self.seq, self.ts_ns = seq, ts_ns
        for listener in self._listeners:
            safely(listener, events, ts_ns)


class _Connection(asyncio.Protocol):
    def __init__(self, link: RemoteLink) -> None:
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(frames.ANSWER_BYTES_MAX)
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._unsent = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def request(self, number: int, message: bytes) -> "asyncio.Future[Any]":
        """Send a frame, together with others of this tick; the future has its answer."""
        if self._transport is None:
            raise LinkLost("the venue's node is away; nothing was sent")
        if len(self._waiting) >= UNDER_WAY_MAX or self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            raise LinkBusy("too many requests wait for the venue's node; nothing was sent, try again")
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(message)
        future = self._waiting[number] = self._loop.create_future()
        return future

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it.

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._link.connected = False
        self._out.clear()
        lost = "the venue's node went away; whether this was done is unknown: a client id makes a retry safe"
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkLost(lost))
        self._waiting.clear()
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for each in self._reader.feed(data):
                self._take(each)
        except (BadFrame, msgspec.DecodeError, ValueError) as error:
            log.error("link: the node broke the protocol: %s", error)
            self.abort()

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and out:
            self._transport.write(b"".join(out))

    def _take(self, answer: Frame) -> None:
        kind, request, body = answer
        if kind == Kind.EVENTS:
            seq, ts_ns = frames.EVENTS_BODY.unpack_from(body)
            self._link.heard(np.frombuffer(body, EVENT, offset=frames.EVENTS_BODY.size), ts_ns, seq)
            return
        future = self._waiting.pop(request, None)
        if future is None:
            raise BadFrame(f"an answer to request {request}, which is not under way")
        if future.done():
            return  # Its caller has given up.
        if kind == Kind.REPLY:
            future.set_result(_reply(body))
        elif kind == Kind.ANSWER:
            future.set_result(memoryview(body)[frames.PASS_BYTES :])
        elif kind == Kind.PASSED:
            future.set_result(pass_of(body))
        elif kind == Kind.FAILED:
            future.set_exception(error_of(msgspec.msgpack.decode(body, type=Failure)))
        elif kind == Kind.WELCOME:
            self._link.welcomed(*frames.WELCOME_BODY.unpack(body))
            future.set_result(None)
        else:
            raise BadFrame(f"a frame of kind {kind} is no answer")


def _reply(body: bytes) -> Reply:
    first_seq, ts_ns, events = frames.REPLY_BODY.unpack_from(body, frames.PASS_BYTES)
    at = frames.PASS_BYTES + frames.REPLY_BODY.size
    end = at + events * ROW_BYTES
    return Reply(
        first_seq,
        ts_ns,
        np.frombuffer(body, EVENT, events, at),
        np.frombuffer(body, ORDER_VIEW, offset=end) if end < len(body) else NO_ORDERS,
        pass_of(body),
    )


NO_ORDERS = np.zeros(0, ORDER_VIEW)
NO_ORDERS.flags.writeable = False
