"""What a followed book shows, blocking or awaited."""

from decimal import Decimal

from emporion.client.conversation import Conversation
from emporion.client.local_book import LocalBook
from emporion.venue.book import Book
from emporion.venue.things import Level
from emporion.wire.stream import Subscription


class Followed:
    """A book kept here, by an image and the changes since, each checked against the venue's checksum."""

    def __init__(self, local: LocalBook, tick: Decimal, lot: Decimal) -> None:
        self._local, self._tick, self._lot = local, tick, lot
        self._subscription = Subscription("depth", local.instrument)

    @property
    def instrument(self) -> str:
        return self._local.instrument

    @property
    def seq(self) -> int:
        """Of the command after which the book is as shown."""
        return self._local.seq

    @property
    def is_known(self) -> bool:
        """False from when a change did not fit until the next image."""
        return self._local.is_known

    @property
    def best_bid(self) -> Level | None:
        return next(iter(self._local.bids(1)), None)

    @property
    def best_ask(self) -> Level | None:
        return next(iter(self._local.asks(1)), None)

    def bids(self, depth: int = 10) -> tuple[Level, ...]:
        """The best bids, best first."""
        return self._local.bids(depth)

    def asks(self, depth: int = 10) -> tuple[Level, ...]:
        """The best asks, best first."""
        return self._local.asks(depth)

    def book(self, depth: int = 10) -> Book:
        """The record that `client.book` returns, without asking the venue."""
        return self._local.book(depth, self._tick, self._lot)

    def _is_at(self, talk: Conversation, seq: int) -> bool:
        """Whether the book is as of a command, or later; asks the stream how far it is."""
        if self._local.is_known and talk.is_ready and max(talk.seq, self._local.seq) >= seq:
            return True
        talk.ping()
        return False

    def __repr__(self) -> str:
        return repr(self.book())
