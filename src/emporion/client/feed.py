"""What a blocking and an awaited stream share: who is told what, and what a failed connection means."""

import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Any, get_args

from websockets.exceptions import InvalidStatus, WebSocketException

from emporion.client.conversation import Conversation, Heard
from emporion.client.errors import BadAnswer, ConnectionFailed, Cut
from emporion.client.local_book import LocalBook
from emporion.client.messages import Message
from emporion.client.signer import Signer
from emporion.client.values import AccountLike, account_name
from emporion.errors import BadValue
from emporion.wire.stream import Channel, Depth, Subscription

FIRST_PAUSE = 0.05  # Seconds before connecting again; doubled each time, up to LONGEST_PAUSE.
LONGEST_PAUSE = 2.0
DEAD_S = 5.0  # The venue beats each second: after so long without a frame the connection is dead.
FRAME_BYTES_MAX = 64 << 20
PRIVATE = ("orders", "fills", "balances", "margin")
PASSING = frozenset({429, 502, 503, 504})  # Statuses of an opening handshake that go away by themselves.
Callback = Callable[[Any], None]
# For both libraries' `connect`. A proxy of the environment is not used: requests do not use one either.
OPTIONS: dict[str, Any] = {"max_size": FRAME_BYTES_MAX, "proxy": None, "close_timeout": 0.5, "compression": None}


class Feed:
    """Messages waiting for their reader, callbacks, followed books."""

    def __init__(self, signer: Signer, account: str, url: str, patience: float) -> None:
        self.talk = Conversation(signer, account)
        self.waiting: deque[Message] = deque()
        self.url = url
        self._account = account
        self._patience = patience
        self._callbacks: dict[Subscription, Callback] = {}
        self._books: dict[Subscription, LocalBook] = {}
        self._began = time.monotonic()
        self._pause = FIRST_PAUSE
        self._was_open = False

    # --- Subscriptions ---

    def subscription(
        self, channel: str, instrument: str | None, interval: str | None, account: AccountLike | None
    ) -> Subscription:
        """A subscription in the words of the wire; BadValue where something is missing."""
        if channel not in get_args(Channel):
            raise BadValue(f"channel: {channel!r} is not one of {', '.join(get_args(Channel))}")
        if channel in ("trades", "candles", "top", "depth") and instrument is None:
            raise BadValue(f"{channel}: give instrument=")
        if channel == "candles" and interval is None:
            raise BadValue("candles: give interval=, such as '1m'")
        of: str | None = None
        if channel in PRIVATE:
            instrument, of = None, (account_name(account) or self._account) or None
        if channel == "gauges":
            instrument = None
        return Subscription(channel, instrument, interval if channel == "candles" else None, of)  # type: ignore[arg-type]

    def subscribe(self, wanted: Subscription, after_seq: int | None, callback: Callback | None) -> None:
        self.forget(wanted)
        if callback is not None:
            self._callbacks[wanted] = callback
        self.talk.subscribe(wanted, after_seq)

    def forget(self, subscription: Subscription) -> None:
        self._callbacks.pop(subscription, None)
        self._books.pop(subscription, None)

    def unsubscribe(self, subscription: Subscription) -> None:
        self.forget(subscription)
        self.talk.unsubscribe(subscription)

    def follow(self, book: LocalBook) -> Subscription:
        """Keep a book up to date."""
        wanted = Subscription("depth", book.instrument)
        self._books[wanted] = book
        self.talk.subscribe(wanted)
        return wanted

    def is_settled(self, subscription: Subscription) -> bool:
        """Whether the venue has said what becomes of a subscription; raises what it said when it is no."""
        error = self.talk.failed.pop(subscription, None)
        if error is not None:
            self.forget(subscription)
            raise error
        return self.talk.is_accepted(subscription)

    # --- Connections ---

    def opened(self) -> None:
        self._was_open = True
        self.talk.opened()

    def take(self, frame: str | bytes) -> None:
        """One frame. What has a callback goes there, books take their own, the rest waits for its reader."""
        for heard in self.talk.receive(frame):
            self._hand_out(heard)
        if self.talk.is_ready:
            self._pause = FIRST_PAUSE

    def lost(self, why: str) -> None:
        """The connection has ended, or there is none yet. What books show is not known to be so from here on."""
        for book in self._books.values():
            book.is_known = False
        if self._was_open:
            self.waiting.extend(self.talk.lost(why))

    def pause_after(self, error: Exception) -> float:
        """How long to wait after a connection could not be opened; raises when that is no use."""
        if isinstance(error, InvalidStatus) and error.response.status_code not in PASSING:
            status = error.response.status_code
            raise BadAnswer(f"{self.url}: status {status} instead of a stream") from None
        if isinstance(error, ssl.SSLCertVerificationError):
            raise BadAnswer(f"{self.url}: its certificate is not trusted: {error.verify_message}") from None
        if not isinstance(error, OSError | WebSocketException | TimeoutError | Cut):
            raise error
        if not self._was_open and time.monotonic() - self._began > self._patience:
            raise ConnectionFailed(f"{self.url}: no stream: {error}") from None
        self.lost(f"no connection: {error}")
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        return pause

    def _hand_out(self, heard: Heard) -> None:
        book = self._books.get(heard.subscription) if heard.subscription is not None else None
        if book is not None:
            if isinstance(heard.said, Depth) and not book.apply(heard.said):
                self.talk.restart(heard.subscription)  # type: ignore[arg-type]
            return
        callback = self._callbacks.get(heard.subscription) if heard.subscription is not None else None
        if callback is not None:
            callback(heard.message)
        else:
            self.waiting.append(heard.message)
