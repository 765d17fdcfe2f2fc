"""Streams to await. What has come is taken in when the program awaits the next."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from types import TracebackType

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from emporion.client.errors import ConnectionFailed, Cut
from emporion.client.feed import DEAD_S, OPTIONS, Callback, Feed
from emporion.client.followed import Followed
from emporion.client.local_book import LocalBook
from emporion.client.messages import Message
from emporion.client.values import AccountLike


class AsyncStream:
    """Made by `client.stream()` of an AsyncClient: as `Stream`, with methods to await and `async for`."""

    def __init__(self, feed: Feed, timeout: float, tls: ssl.SSLContext | None) -> None:
        self._feed, self._timeout, self._tls = feed, timeout, tls
        self._socket: ClientConnection | None = None
        self._heard_at = 0.0
        self._is_closed = False

    async def subscribe(
        self,
        channel: str,
        instrument: str | None = None,
        *,
        interval: str | None = None,
        account: AccountLike | None = None,
        after_seq: int | None = None,
        callback: Callback | None = None,
    ) -> None:
        """Follow a channel: see `Stream.subscribe`."""
        wanted = self._feed.subscription(channel, instrument, interval, account)
        self._feed.subscribe(wanted, after_seq, callback)
        await self._until(lambda: self._feed.is_settled(wanted), "subscribe")

    async def unsubscribe(
        self,
        channel: str,
        instrument: str | None = None,
        *,
        interval: str | None = None,
        account: AccountLike | None = None,
    ) -> None:
        """Follow no more."""
        self._feed.unsubscribe(self._feed.subscription(channel, instrument, interval, account))
        await self._flush()

    async def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; None when there was none for `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._feed.waiting:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0 and timeout:
                return None
            if not await self._pump(left if left is None else max(0.0, left)) and timeout == 0:
                return None
        return self._feed.waiting.popleft()

    async def run(self, seconds: float | None = None) -> None:
        """Let callbacks be called, for so long or for good. Messages without one are let go."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            await self._pump(None if deadline is None else max(0.0, deadline - time.monotonic()))
            self._feed.waiting.clear()

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            message = await self.receive()
            if message is not None:
                yield message

    async def close(self) -> None:
        self._is_closed = True
        await self._hang_up()

    async def __aenter__(self) -> "AsyncStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- Inside ---

    async def _pump(self, timeout: float | None) -> bool:
        """Take in one frame, or connect; False when nothing came in time."""
        if self._is_closed:
            raise ConnectionFailed("the stream was closed by this program")
        socket = self._socket
        if socket is None:
            await self._open(timeout)
            return True
        await self._flush()
        patience = max(0.0, DEAD_S - (time.monotonic() - self._heard_at))
        wait = patience if timeout is None else min(timeout, patience)
        try:
            async with asyncio.timeout(wait):
                frame = await socket.recv()
        except TimeoutError:
            if time.monotonic() - self._heard_at >= DEAD_S:
                await self._drop(f"nothing was heard for {DEAD_S:g} s")
                return True
            return False
        except ConnectionClosed as error:
            await self._drop(str(error))
            return True
        self._heard_at = time.monotonic()
        try:
            self._feed.take(frame)
        except Cut as error:
            await self._hang_up()
            await self._rest(error, timeout)
            return True
        await self._flush()
        return True

    async def _open(self, timeout: float | None) -> None:
        try:
            self._socket = await connect(self._feed.url, ssl=self._tls, open_timeout=self._timeout, **OPTIONS)
        except Exception as error:
            await self._rest(error, timeout)
            return
        self._heard_at = time.monotonic()
        self._feed.opened()

    async def _rest(self, error: Exception, timeout: float | None) -> None:
        """Wait before connecting again."""
        pause = self._feed.pause_after(error)
        await asyncio.sleep(pause if timeout is None else min(pause, timeout))

    async def _flush(self) -> None:
        try:
            while self._socket is not None and self._feed.talk.outbox:
                await self._socket.send(self._feed.talk.outbox.pop(0), text=True)
        except ConnectionClosed as error:
            await self._drop(str(error))

    async def _drop(self, why: str) -> None:
        await self._hang_up()
        self._feed.lost(why)

    async def _hang_up(self) -> None:
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close()

    async def _until(self, is_done: Callable[[], bool], what: str) -> None:
        """Take in what comes until something is so."""
        deadline = time.monotonic() + self._timeout
        while not is_done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConnectionFailed(f"{what}: no answer within {self._timeout:g} s")
            await self._pump(left)


class AsyncFollowedBook(Followed):
    """Made by `await client.follow_book(instrument)`: as `FollowedBook`, with methods to await."""

    def __init__(
        self,
        stream: AsyncStream,
        feed: Feed,
        local: LocalBook,
        units: tuple[Decimal, Decimal],
        latest: Callable[[], Awaitable[int]],
    ) -> None:
        super().__init__(local, *units)
        self._stream, self._feed, self._latest = stream, feed, latest
        feed.follow(local)

    async def start(self) -> "AsyncFollowedBook":
        """Wait for the book as it is now: of all that this program did before, or later."""
        seq = await self._latest()
        await self._stream._until(
            lambda: self._feed.is_settled(self._subscription) and self._is_at(self._feed.talk, seq),
            f"follow the book of {self.instrument}",
        )
        self._feed.waiting.clear()
        return self

    async def refresh(self) -> "AsyncFollowedBook":
        """Take in all that has become of the book up to now. It takes one or two intervals of the stream, 50 ms each.

        A look at a few levels is quicker with `client.book`.
        """
        seq = await self._latest()
        await self._stream._until(lambda: self._is_at(self._feed.talk, seq), f"refresh the book of {self.instrument}")
        self._feed.waiting.clear()
        return self

    async def wait(self, timeout: float | None = None) -> bool:
        """Wait for the next change; False when there was none for `timeout` seconds."""
        before, deadline = self.seq, None if timeout is None else time.monotonic() + timeout
        while self.seq == before or not self._local.is_known:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            await self._stream._pump(left)
            self._feed.waiting.clear()
        return True

    async def __aiter__(self) -> AsyncIterator["AsyncFollowedBook"]:
        """Itself, after each change."""
        while True:
            await self.wait()
            yield self

    async def close(self) -> None:
        await self._stream.close()

    async def __aenter__(self) -> "AsyncFollowedBook":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
