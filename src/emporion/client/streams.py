"""Streams that block. No thread of ours reads: what has come is taken in when the program asks."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from types import TracebackType

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from emporion.client.errors import ConnectionFailed, Cut
from emporion.client.feed import DEAD_S, OPTIONS, Callback, Feed
from emporion.client.followed import Followed
from emporion.client.local_book import LocalBook
from emporion.client.messages import Message
from emporion.client.values import AccountLike


class Stream:
    """Made by `client.stream()`: subscribe, then iterate.

        with client.stream() as stream:
            stream.subscribe("trades", "BTC/USDC")
            for message in stream:
                ...

    It connects when first used, and again by itself: then Disconnected and Reconnected are among the
    messages, and each subscription goes on from where it was, or Missed says from where it cannot.
    """

    def __init__(self, feed: Feed, timeout: float, tls: ssl.SSLContext | None) -> None:
        self._feed, self._timeout, self._tls = feed, timeout, tls
        self._socket: ClientConnection | None = None
        self._held = ExitStack()
        self._heard_at = 0.0
        self._is_closed = False

    def subscribe(
        self,
        channel: str,
        instrument: str | None = None,
        *,
        interval: str | None = None,
        account: AccountLike | None = None,
        after_seq: int | None = None,
        callback: Callback | None = None,
    ) -> None:
        """Follow an instrument (trades, ticker, candles, top, depth, contracts), an account (orders, fills, balances,
        margin), or gauges.

        Args:
            interval: of candles, "1s" to "1M".
            account: by default that of `connect`, or else the key's own.
            after_seq: go on from there: what came since is sent first, or Missed says that it cannot be.
            callback: is given this subscription's messages, which are then not among those iterated; it is
                called from `receive`, `run` and the like, in the thread that calls them.

        Raises:
            BadValue, NotAllowed: the venue has no such thing, or not for this key.
        """
        wanted = self._feed.subscription(channel, instrument, interval, account)
        self._feed.subscribe(wanted, after_seq, callback)
        self._until(lambda: self._feed.is_settled(wanted), "subscribe")

    def unsubscribe(
        self,
        channel: str,
        instrument: str | None = None,
        *,
        interval: str | None = None,
        account: AccountLike | None = None,
    ) -> None:
        """Follow no more."""
        self._feed.unsubscribe(self._feed.subscription(channel, instrument, interval, account))
        self._flush()

    def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; None when there was none for `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._feed.waiting:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0 and timeout:
                return None
            if not self._pump(left if left is None else max(0.0, left)) and timeout == 0:
                return None
        return self._feed.waiting.popleft()

    def run(self, seconds: float | None = None) -> None:
        """Let callbacks be called, for so long or for good. Messages without one are let go."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            self._pump(None if deadline is None else max(0.0, deadline - time.monotonic()))
            self._feed.waiting.clear()

    def __iter__(self) -> Iterator[Message]:
        while True:
            message = self.receive()
            if message is not None:
                yield message

    def close(self) -> None:
        self._is_closed = True
        self._hang_up()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- Inside ---

    def _pump(self, timeout: float | None) -> bool:
        """Take in one frame, or connect; False when nothing came in time."""
        if self._is_closed:
            raise ConnectionFailed("the stream was closed by this program")
        socket = self._socket
        if socket is None:
            self._open(timeout)
            return True
        self._flush()
        patience = max(0.0, DEAD_S - (time.monotonic() - self._heard_at))
        wait = patience if timeout is None else min(timeout, patience)
        try:
            frame = socket.recv(wait)
        except TimeoutError:
            if time.monotonic() - self._heard_at >= DEAD_S:
                self._drop(f"nothing was heard for {DEAD_S:g} s")
                return True
            return False
        except ConnectionClosed as error:
            self._drop(str(error))
            return True
        self._heard_at = time.monotonic()
        try:
            self._feed.take(frame)
        except Cut as error:
            self._hang_up()
            self._rest(error, timeout)
            return True
        self._flush()
        return True

    def _open(self, timeout: float | None) -> None:
        try:
            opening = connect(self._feed.url, ssl=self._tls, open_timeout=self._timeout, **OPTIONS)
            self._socket = self._held.enter_context(opening)
        except Exception as error:
            self._rest(error, timeout)
            return
        self._heard_at = time.monotonic()
        self._feed.opened()

    def _rest(self, error: Exception, timeout: float | None) -> None:
        """Wait before connecting again."""
        pause = self._feed.pause_after(error)
        time.sleep(pause if timeout is None else min(pause, timeout))

    def _flush(self) -> None:
        try:
            while self._socket is not None and self._feed.talk.outbox:
                self._socket.send(self._feed.talk.outbox.pop(0), text=True)
        except ConnectionClosed as error:
            self._drop(str(error))

    def _drop(self, why: str) -> None:
        self._hang_up()
        self._feed.lost(why)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket = None
            self._held.close()

    def _until(self, is_done: Callable[[], bool], what: str) -> None:
        """Take in what comes until something is so."""
        deadline = time.monotonic() + self._timeout
        while not is_done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConnectionFailed(f"{what}: no answer within {self._timeout:g} s")
            self._pump(left)


class FollowedBook(Followed):
    """Made by `client.follow_book(instrument)`: a book kept here, the venue's to the checksum.

    What it shows is as it was when this was last used: `refresh()` makes sure that it is of now, and
    iterating waits for each change.
    """

    def __init__(
        self,
        stream: Stream,
        feed: Feed,
        local: LocalBook,
        units: tuple[Decimal, Decimal],
        latest: Callable[[], int],
    ) -> None:
        super().__init__(local, *units)
        self._stream, self._feed, self._latest = stream, feed, latest
        feed.follow(local)

    def start(self) -> "FollowedBook":
        """Wait for the book as it is now: of all that this program did before, or later."""
        seq = self._latest()
        self._stream._until(
            lambda: self._feed.is_settled(self._subscription) and self._is_at(self._feed.talk, seq),
            f"follow the book of {self.instrument}",
        )
        self._feed.waiting.clear()
        return self

    def refresh(self) -> "FollowedBook":
        """Take in all that has become of the book up to now. It takes one or two intervals of the stream, 50 ms each.

        A look at a few levels is quicker with `client.book`.
        """
        seq = self._latest()
        self._stream._until(lambda: self._is_at(self._feed.talk, seq), f"refresh the book of {self.instrument}")
        self._feed.waiting.clear()
        return self

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the next change; False when there was none for `timeout` seconds."""
        before, deadline = self.seq, None if timeout is None else time.monotonic() + timeout
        while self.seq == before or not self._local.is_known:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            self._stream._pump(left)
            self._feed.waiting.clear()
        return True

    def __iter__(self) -> Iterator["FollowedBook"]:
        """Itself, after each change."""
        while True:
            self.wait()
            yield self

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> "FollowedBook":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
