"""Kept connections on an event loop: each carries one request at a time, and there are at most so many."""

import asyncio
import ssl
from typing import cast

from emporion.client.errors import BadAnswer, Cut, NotSent
from emporion.client.http1 import Answer, Origin


class Pool:
    """Opens a connection when all are busy, up to a limit; then requests wait their turn, in order."""

    def __init__(self, origin: Origin, timeout: float, tls: ssl.SSLContext | None, connections: int) -> None:
        self._origin, self._timeout = origin, timeout
        self._tls = (tls or ssl.create_default_context()) if origin.secure else None
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[_Lane] = []
        self._closed = False

    async def do(self, data: bytes) -> Answer:
        """Send one request and await its answer; NotSent or Cut when there is none."""
        async with self._turns:
            lane: _Lane | None = None
            try:
                async with asyncio.timeout(self._timeout):
                    lane = await self._ready()
                    answer = await lane.do(data)
            except TimeoutError:
                if lane is None:
                    raise NotSent(f"no connection within {self._timeout:g} s") from None
                lane.close()
                raise Cut(f"no answer within {self._timeout:g} s") from None
            except BaseException:  # Cancelled among them: half an answer must not stay in front of the next.
                if lane is not None:
                    lane.close()
                raise
            if answer.keeps and not self._closed:
                self._idle.append(lane)
            else:
                lane.close()
            return answer

    async def close(self) -> None:
        self._closed = True
        lanes, self._idle = self._idle, []
        for lane in lanes:
            lane.close()
        for lane in lanes:
            await lane.gone

    async def _ready(self) -> "_Lane":
        while self._idle:
            lane = self._idle.pop()
            if not lane.gone.done():
                return lane
        loop = asyncio.get_running_loop()
        try:
            _, lane = await loop.create_connection(
                lambda: _Lane(loop), self._origin.host, self._origin.port, ssl=self._tls,
                server_hostname=self._origin.host if self._tls else None,
            )  # fmt: skip
        except ssl.SSLCertVerificationError as error:
            raise BadAnswer(f"{self._origin.url}: its certificate is not trusted: {error.verify_message}") from None
        except OSError as error:
            raise NotSent(f"no connection: {error}") from None
        return lane


class _Lane(asyncio.Protocol):
    """One connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.gone: asyncio.Future[None] = loop.create_future()  # When the connection has ended.
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._answer = Answer()
        self._waiter: asyncio.Future[Answer] | None = None

    async def do(self, data: bytes) -> Answer:
        assert self._transport is not None
        self._answer, self._waiter = Answer(), self._loop.create_future()
        self._transport.write(data)
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # --- Called by the loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass of it.

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():  # Nothing was asked: whatever it says, it is not for us.
            self.close()
            return
        try:
            if self._answer.feed(data):
                self._waiter.set_result(self._answer)
        except BadAnswer as error:
            self._waiter.set_exception(error)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)
        if self._waiter is not None and not self._waiter.done():
            why = f"the connection broke: {error}" if error else "the connection ended before the answer was whole"
            self._waiter.set_exception(Cut(why))
