"""What is said over a stream, without sockets: subscriptions that outlive any connection.

A reader tells it when a connection has been made (`opened`) or has ended (`lost`), feeds it frames
(`receive`) and sends what it puts into `outbox`. It signs in, subscribes to all that is wanted, after a lost
connection from where each subscription stood, and sees by the chain of `prev` and `seq` when something is
missing: then it asks for that subscription from there again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import msgspec

from emporion.client.errors import BadAnswer, Cut, NotAllowed
from emporion.client.messages import Disconnected, Message, Reconnected, message_of
from emporion.client.signer import Signer, account_header
from emporion.errors import BadValue, EmporionError
from emporion.wire import stream
from emporion.wire.stream import Subscription

NEWEST_COUNTS = frozenset({"ticker", "top", "depth"})  # Begin anew with what is, rather than with what was missed.
PASSING = frozenset({"AWAY", "BUSY", "STALE_TIME", "REPLAYED", "RATE_LIMITED", "TOO_MANY_REQUESTS"})  # Try again later.
OF_THE_REQUEST = frozenset({"BAD_VALUE", "BAD_FIELD", "MALFORMED", "NOT_FOUND"})


class Heard(NamedTuple):
    """One message: of which subscription, as the wire has it, and as people have it."""

    subscription: Subscription | None
    said: Any
    message: Message


@dataclass
class Thread:
    """One subscription, and how far it is."""

    subscription: Subscription
    seq: int | None = None  # Of the last message; None before the first, and when an image is wanted.
    asked: int = 0  # The request for it that has not been answered; what comes before its answer is of before.
    accepted: bool = False  # By some connection, at some time.


class Conversation:
    """One stream's state."""

    def __init__(self, signer: Signer, account: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.outbox: list[bytes] = []
        self.is_ready = False  # Signed in where there is a key: requests may be sent.
        self.seq = 0  # On this connection all that is followed has been told up to this command.
        self.failed: dict[Subscription, EmporionError] = {}  # Subscriptions that were refused, and why.
        self._signer, self._account, self._clock = signer, account, clock
        self._threads: dict[Subscription, Thread] = {}
        self._by_name: dict[Subscription, Thread] = {}  # As the venue names them: with the account filled in.
        self._ids = count(1)
        self._lost_at: float | None = None
        self._pinged = 0  # The ping that was not answered yet.

    # --- What is wanted ---

    def subscribe(self, subscription: Subscription, after_seq: int | None = None) -> None:
        """Follow, from now on or from after a sequence; `accepted` or `failed` say what became of it."""
        thread = Thread(subscription, seq=after_seq)
        self._threads[subscription] = thread
        if self.is_ready:
            self._ask_for(thread)

    def unsubscribe(self, subscription: Subscription, silently: bool = False) -> None:
        """Follow no more; `silently` where the venue knows."""
        thread = self._threads.pop(subscription, None)
        self._by_name = {name: each for name, each in self._by_name.items() if each is not thread}
        if thread is not None and self.is_ready and not silently:
            self._say(stream.Unsubscribe(subscription, next(self._ids)))

    def restart(self, subscription: Subscription) -> None:
        """Begin this one again with an image."""
        thread = self._threads.get(subscription)
        if thread is not None:
            thread.seq = None
            if self.is_ready:
                self._ask_for(thread)

    def ping(self) -> None:
        """Ask how far the stream is, unless that is being asked: the answer raises `seq`."""
        if self.is_ready and not self._pinged:
            self._pinged = next(self._ids)
            self._say(stream.Ping(self._pinged))

    def is_accepted(self, subscription: Subscription) -> bool:
        thread = self._threads.get(subscription)
        return thread is not None and thread.accepted

    # --- Connections ---

    def opened(self) -> None:
        """A connection has been made; nothing has been said on it."""
        self.outbox.clear()
        self.is_ready = False
        self._by_name.clear()
        self.seq = self._pinged = 0

    def lost(self, why: str) -> list[Message]:
        """The connection has ended. The first of several failures in a row is told."""
        self.is_ready = False
        if self._lost_at is not None:
            return []
        self._lost_at = self._clock()
        return [Disconnected(why)]

    def receive(self, frame: str | bytes) -> list[Heard]:
        """What one frame tells.

        Raises:
            BadAnswer: it is not of this protocol.
            NotAllowed, BadValue: the key, or a subscription that ran before, is refused now.
            Cut: the venue cannot serve this connection just now; another, a little later, may do.
        """
        try:
            all_said = _decoder.decode(frame)
        except msgspec.DecodeError as error:
            raise BadAnswer(f"a frame that this version does not know: {error}") from None
        heard: list[Heard] = []
        for said in all_said:
            if isinstance(said, stream.Hello):
                self._greet(heard)
            elif isinstance(said, stream.Authenticated):
                self._begin(heard)
            elif isinstance(said, stream.Subscribed):
                self._accept(said)
            elif isinstance(said, stream.Error):
                self._refuse(said)
            elif isinstance(said, stream.Pong):
                self.seq = max(self.seq, said.seq)
                self._pinged = 0 if said.id == self._pinged else self._pinged
            elif isinstance(said, stream.Relisted | stream.Beat):
                heard.append(Heard(None, said, message_of(said)))
            elif isinstance(said, stream.Missed):
                thread = self._thread_of(said.subscription)
                if thread is not None:
                    heard.append(Heard(thread.subscription, said, message_of(said)))
            elif not isinstance(said, stream.Unsubscribed):
                self._follow(said, heard)
        return heard

    # --- Inside ---

    def _greet(self, heard: list[Heard]) -> None:
        if self._signer.key is None:
            self._begin(heard)
            return
        acting = account_header(self._account)
        time_ns, nonce, signature = self._signer.sign("GET", "/v1/stream", acting, b"")
        self._say(stream.Authenticate(self._signer.key, str(time_ns), nonce, signature, acting, next(self._ids)))

    def _begin(self, heard: list[Heard]) -> None:
        self.is_ready = True
        self._tell_back(heard)
        for thread in self._threads.values():
            if thread.subscription.channel in NEWEST_COUNTS:
                thread.seq = None
            self._ask_for(thread)

    def _tell_back(self, heard: list[Heard]) -> None:
        if self._lost_at is not None:
            back = Reconnected(self._clock() - self._lost_at)
            heard.append(Heard(None, back, back))
            self._lost_at = None

    def _ask_for(self, thread: Thread) -> None:
        thread.asked = next(self._ids)
        self._say(stream.Subscribe(thread.subscription, thread.seq or None, thread.asked))

    def _accept(self, said: stream.Subscribed) -> None:
        for thread in self._threads.values():
            if thread.asked == said.id:
                thread.asked, thread.accepted = 0, True
                self._by_name[said.subscription] = thread

    def _refuse(self, said: stream.Error) -> None:
        error = _exception_of(said)
        if not said.id:  # Of no request: the key or the session has ended.
            raise error
        thread = next((each for each in self._threads.values() if each.asked == said.id), None)
        if thread is None and self.is_ready:
            return
        if said.code in PASSING:
            raise Cut(said.detail)
        if thread is None:
            raise NotAllowed(said.code, said.detail)  # Signing in.
        self.unsubscribe(thread.subscription, silently=True)
        self.failed[thread.subscription] = error
        if thread.accepted:  # Nobody waits for it: it ran, and does not any more.
            raise error

    def _thread_of(self, named: Subscription) -> Thread | None:
        """The subscription that the venue names so, unless it has been asked for again."""
        thread = self._by_name.get(named)
        return None if thread is None or thread.asked else thread

    def _follow(self, said: Any, heard: list[Heard]) -> None:
        """Take a message of a subscription, when it is the next one."""
        channel = said.__struct_config__.tag
        subscription = Subscription(
            channel, getattr(said, "instrument", None), getattr(said, "interval", None), getattr(said, "account", None)
        )
        thread = self._thread_of(subscription)
        if thread is None:  # Not wanted any more, or of before it was asked for again.
            return
        if said.prev and thread.seq is not None and said.prev != thread.seq:
            self._ask_for(thread)
            return
        thread.seq = said.seq
        heard.append(Heard(thread.subscription, said, message_of(said)))

    def _say(self, request: stream.Request) -> None:
        self.outbox.append(_encode(request))


def _exception_of(said: stream.Error) -> EmporionError:
    if said.code in OF_THE_REQUEST or said.code.startswith("UNKNOWN_"):
        return BadValue(said.detail)
    return NotAllowed(said.code, said.detail)


_decoder = msgspec.json.Decoder(list[stream.Message])
_encode = msgspec.json.Encoder().encode
