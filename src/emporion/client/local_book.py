"""A book kept here: an image, then deltas, each checked against the venue's checksum."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from emporion.client import records, tables
from emporion.venue.book import Book
from emporion.venue.things import Level
from emporion.wire import market, stream
from emporion.wire.checksum import LEVELS, checksum


class Side:
    """The levels of one side, by price; the text of the wire is kept, since the checksum is of text."""

    def __init__(self, is_bids: bool) -> None:
        self._is_bids = is_bids
        self._prices: list[Decimal] = []  # Ascending.
        self._levels: dict[Decimal, market.Level] = {}

    def __len__(self) -> int:
        return len(self._prices)

    def clear(self) -> None:
        self._prices.clear()
        self._levels.clear()

    def set(self, level: market.Level) -> None:
        """A level as it is now; quantity "0" when it went."""
        price = Decimal(level[0])
        if Decimal(level[1]):
            if price not in self._levels:
                insort(self._prices, price)
            self._levels[price] = level
        elif self._levels.pop(price, None) is not None:
            del self._prices[bisect_left(self._prices, price)]

    def best(self, depth: int) -> Iterator[market.Level]:
        """The best levels, as the wire has them."""
        prices = self._prices[: -depth - 1 : -1] if self._is_bids else self._prices[:depth]
        return (self._levels[price] for price in prices)


class LocalBook:
    """Not known until the first image, nor after a delta that does not fit."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.seq = 0
        self.is_known = False
        self._bids, self._asks = Side(True), Side(False)

    def apply(self, said: stream.Depth) -> bool:
        """Take an image or a delta in; False when the book is not the venue's any more and an image is needed."""
        if said.image:
            self._bids.clear()
            self._asks.clear()
        elif not self.is_known:
            return False
        for side, levels in ((self._bids, said.bids), (self._asks, said.asks)):
            for level in levels:
                side.set(level)
        self.seq = said.seq
        self.is_known = checksum(self._bids.best(LEVELS), self._asks.best(LEVELS)) == said.checksum
        return self.is_known

    def bids(self, depth: int) -> tuple[Level, ...]:
        """The best bids, best first."""
        return tuple(map(records.level, self._bids.best(depth)))

    def asks(self, depth: int) -> tuple[Level, ...]:
        """The best asks, best first."""
        return tuple(map(records.level, self._asks.best(depth)))

    def book(self, depth: int, tick: Decimal, lot: Decimal) -> Book:
        """The record that `client.book` returns, without asking."""
        bids, asks = list(self._bids.best(depth)), list(self._asks.best(depth))
        return tables.book(market.Book(self.instrument, self.seq, bids, asks, 0), tick, lot)
