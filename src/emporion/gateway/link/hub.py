"""Where gateway processes reach the node: a Unix socket that only its own user may open.

One connection a gateway. What comes in with one read goes to the node as one group, and what is
answered in one tick goes out with one write. A gateway that does not read is cut off: what it has
missed it must ask for again anyway.
"""

import asyncio
import logging
import os
import socket
import struct
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from emporion.access.tickets import Pass
from emporion.errors import EmporionError
from emporion.gateway.link import frames
from emporion.gateway.link.failures import failure_of
from emporion.gateway.link.frames import BadFrame, Frame, FrameReader, Kind, frame, pass_bytes, ticket_of
from emporion.gateway.link.gather import Committed
from emporion.gateway.link.link import LinkBusy
from emporion.gateway.link.local import LocalLink
from emporion.gateway.link.questions import AnyQuestion, Hello
from emporion.version import VERSION

UNREAD_BYTES_MAX = 32 << 20  # Waiting for a gateway to read: half a million events.
QUESTIONS_MAX = 1_024  # Of one gateway at a time.
BACKLOG = 64
log = logging.getLogger(__name__)
_encoder = msgspec.msgpack.Encoder()
_questions: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(AnyQuestion)


class Hub:
    """Serves the link of this process to others."""

    def __init__(self, link: LocalLink, path: Path, unread_bytes_max: int = UNREAD_BYTES_MAX) -> None:
        """`path`: of the socket; a stale one there is replaced: the venue's lock keeps others out."""
        self.link, self.path, self.unread_bytes_max = link, path, unread_bytes_max
        self.connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        link.listen(self._hear)

    async def start(self) -> None:
        """Begin to take gateways in."""
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            before = os.umask(0o177)  # Nobody else may open it, from the moment it is there.
            try:
                listener.bind(str(self.path))
            finally:
                os.umask(before)
            listener.setblocking(False)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(lambda: Connection(self), sock=listener, backlog=BACKLOG)
        except BaseException:
            listener.close()
            raise

    async def close(self) -> None:
        """Let every gateway go."""
        for connection in list(self.connections):
            connection.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self.path.unlink(missing_ok=True)

    def joined(self, connection: "Connection") -> None:
        self.connections.add(connection)
        self.link.gateways = len(self.connections)

    def left(self, connection: "Connection") -> None:
        self.connections.discard(connection)
        self.link.gateways = len(self.connections)

    def _hear(self, events: np.ndarray, ts_ns: int) -> None:
        if not self.connections:
            return
        told = frame(Kind.EVENTS, 0, frames.EVENTS_BODY.pack(self.link.seq, ts_ns), events.tobytes())
        for connection in list(self.connections):
            connection.send(told)


class Connection(asyncio.Protocol):
    """One gateway."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._link = hub, hub.link
        self._reader = FrameReader(frames.REQUEST_BYTES_MAX)
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._is_known = False
        self._asking: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    # --- The socket ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it.
        if not _is_our_user(transport.get_extra_info("socket")):
            log.warning("hub: refused a connection of another user")
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._hub.left(self)
        for task in self._asking:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            for each in self._reader.feed(data):
                self._serve(each)
        except BadFrame as error:
            log.warning("hub: a gateway broke the protocol and was cut off: %s", error)
            self.abort()

    def send(self, message: bytes) -> None:
        """Write at the end of this tick, together with what else there is."""
        if self._transport is None:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(message)

    def close(self) -> None:
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is None or not out:
            return
        self._transport.write(b"".join(out))
        if self._transport.get_write_buffer_size() > self._hub.unread_bytes_max:
            log.warning("hub: a gateway does not read its events and was cut off")
            self._transport.abort()

    # --- Requests ------------------------------------------------------------------------------------

    def _serve(self, asked: Frame) -> None:
        kind, request, body = asked
        if not self._is_known:
            self._welcome(asked)
            return
        if kind not in (Kind.SUBMIT, Kind.ASK, Kind.ADMIT):
            raise BadFrame(f"a frame of kind {kind} is no request")
        ticket, at = ticket_of(body)
        try:
            passed = self._link.check(ticket) if ticket is not None else None
            if kind == Kind.SUBMIT:
                self._submit(request, body, at, passed)
            elif kind == Kind.ASK:
                self._ask(request, body[at:], passed)
            else:
                self.send(frame(Kind.PASSED, request, pass_bytes(passed)))
        except EmporionError as error:
            if isinstance(error, BadFrame):
                raise
            self.fail(request, error)

    def _welcome(self, asked: Frame) -> None:
        if asked.kind != Kind.HELLO:
            raise BadFrame("the first frame is not HELLO")
        try:
            hello = msgspec.msgpack.decode(asked.body, type=Hello)
        except msgspec.DecodeError as error:
            raise BadFrame(f"HELLO cannot be read: {error}") from None
        if (hello.protocol, hello.version) != (frames.PROTOCOL, VERSION):
            problem = f"the node is of version {VERSION}, the gateway of {hello.version}: restart both"
            self.fail(asked.request, EmporionError(problem))
            self.close()
            return
        self._is_known = True
        body = frames.WELCOME_BODY.pack(self._link.seq, self._link.ts_ns)
        self.send(frame(Kind.WELCOME, asked.request, body))
        self._hub.joined(self)

    def _submit(self, request: int, body: bytes, at: int, passed: Pass | None) -> None:
        rows = at + frames.TAG.size
        if rows > len(body):
            raise BadFrame("a submission is cut short")
        self._link.hand_in(body[rows:], frames.TAG.unpack_from(body, at)[0], _Submission(self, request, passed))

    def _ask(self, request: int, body: bytes, passed: Pass | None) -> None:
        if len(self._asking) >= QUESTIONS_MAX:
            raise LinkBusy(f"{QUESTIONS_MAX} questions are under way; ask again in a moment")
        try:
            question = _questions.decode(body)
        except msgspec.DecodeError as error:
            raise BadFrame(f"a question cannot be read: {error}") from None
        task = self._loop.create_task(self._answer(request, question, passed))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _answer(self, request: int, question: Any, passed: Pass | None) -> None:
        try:
            answer = await self._link.answer(question)
        except EmporionError as error:
            self.fail(request, error)
        except Exception as error:
            log.exception("hub: %s failed", type(question).__name__)
            self.fail(request, error)
        else:
            self.send(frame(Kind.ANSWER, request, pass_bytes(passed), _encoder.encode(answer)))

    def fail(self, request: int, error: Exception) -> None:
        self.send(frame(Kind.FAILED, request, _encoder.encode(failure_of(error))))


class _Submission:
    """Takes one submission's answer to the gateway it came from."""

    __slots__ = ("connection", "request", "passed")

    def __init__(self, connection: Connection, request: int, passed: Pass | None) -> None:
        self.connection, self.request, self.passed = connection, request, passed

    def reply(self, group: Committed, place: int) -> None:
        start, stop = group.event_cuts[place : place + 2]
        first, last = group.order_cuts[place : place + 2]
        events = group.events[start:stop].tobytes()
        if place in group.tails:
            events += group.tails[place].tobytes()
        orders = group.orders[first:last].tobytes() if last > first else b""
        body = frames.REPLY_BODY.pack(group.first_seqs[place], group.ts_ns, len(events) // 64)
        self.connection.send(frame(Kind.REPLY, self.request, pass_bytes(self.passed), body, events, orders))

    def fail(self, error: Exception) -> None:
        self.connection.fail(self.request, error)


def _is_our_user(peer: socket.socket) -> bool:
    """Whether a process of this user is at the other end. Where the system does not say, the file's mode must do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return bool(uid == os.getuid())
