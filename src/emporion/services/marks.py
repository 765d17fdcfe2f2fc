"""Mark prices: what margin is computed from, hard to move by whoever has a position.

A mark stands on several legs, and the middle one counts, so that moving one of them moves little: the index with the
distance that this market usually has from it, the book and last trade here, the books of other venues. The rule for
perpetuals is Hyperliquid's:

    mark = median of   index + EMA(150 s) of (mid - index)
                       median of best bid, best ask, last trade
                       weighted median of other venues' mids, where there are any
    and when exactly two of these are known, of them and the EMA(30 s) of the second

A future's mark is made likewise and becomes, within the window before its expiry, what it will settle at: the average
of the index that has passed, and the mark for what remains. An outcome has no index; its mark is the median of the book
now and of two averages of it. Of options see `smiles`.

All classes here are told the time with each number and read no clock; times may not go back.
"""

import math
from collections.abc import Sequence
from statistics import median

from emporion.errors import BadValue

SECOND_NS = 1_000_000_000
DISTANCE_NS = 150 * SECOND_NS  # How long the usual distance from the index is remembered.
BOOK_NS = 30 * SECOND_NS


class Ema:
    """An average of numbers in time, the older the less: each weighs as long as it stood, fading with `tau_ns`."""

    def __init__(self, tau_ns: int) -> None:
        if tau_ns <= 0:
            raise BadValue(f"tau_ns: {tau_ns} is not positive")
        self._tau_ns = tau_ns
        self._last_ns: int | None = None
        self._sum = self._weight = 0.0

    @property
    def value(self) -> float | None:
        """None before the first number."""
        return None if self._last_ns is None else self._sum / self._weight

    def add(self, ts_ns: int, number: float) -> float:
        """The average with one more number."""
        if self._last_ns is None:
            self._sum, self._weight = number, 1.0  # A nanosecond's: what follows soon outweighs it.
        else:
            elapsed = _elapsed(self._last_ns, ts_ns)
            kept = math.exp(-elapsed / self._tau_ns)
            self._sum = self._sum * kept + number * elapsed
            self._weight = self._weight * kept + elapsed
        self._last_ns = ts_ns
        return self._sum / self._weight


class PerpetualMark:
    """The mark of one perpetual."""

    def __init__(self, distance_ns: int = DISTANCE_NS, book_ns: int = BOOK_NS) -> None:
        self._distance = Ema(distance_ns)
        self._book = Ema(book_ns)

    def update(
        self,
        ts_ns: int,
        index: float,
        bid: float | None = None,
        ask: float | None = None,
        last: float | None = None,
        outside: Sequence[tuple[float, float]] = (),
    ) -> float:
        """The mark now.

        Args:
            ts_ns: now.
            index: the outside reference.
            bid, ask: best prices of this venue's book; None where a side is empty. Both sides make a book.
            last: the last trade here, None before the first.
            outside: mids of other venues' perpetuals with their weights.
        Returns:
            A price. Of nothing but an index, the index.
        """
        _positive("index", index)
        legs = []
        book = None
        if bid is not None and ask is not None:
            _positive("bid", bid)
            _positive("ask", ask)
            book = median([bid, ask] if last is None else [bid, ask, last])
            self._distance.add(ts_ns, 0.5 * (bid + ask) - index)
            self._book.add(ts_ns, book)
        distance = self._distance.value
        legs.append(index if distance is None else index + distance)
        if book is not None:
            legs.append(book)
        if outside:
            legs.append(weighted_median(outside))
        slow = self._book.value
        if len(legs) == 2 and slow is not None:
            legs.append(slow)
        return median(legs)


class FutureMark:
    """The mark of one dated future."""

    def __init__(self, expiry_ns: int, window_ns: int) -> None:
        self._fair = PerpetualMark()
        self._average = WindowAverage(expiry_ns, window_ns)

    def update(
        self, ts_ns: int, index: float, bid: float | None = None, ask: float | None = None, last: float | None = None
    ) -> float:
        """The mark now; from the expiry on the average that it settles at."""
        fair = self._fair.update(ts_ns, index, bid, ask, last)
        self._average.add(ts_ns, index)
        return self._average.blended(fair)


class OutcomeMark:
    """The mark of one outcome, a price between 0 and 1: the median of the book now and its EMAs of 30 and 150 s.

    What an account needs for outcomes does not depend on their marks, since equity and margin move alike; who looks at
    them are people and trigger orders.
    """

    def __init__(self) -> None:
        self._fast, self._slow = Ema(BOOK_NS), Ema(DISTANCE_NS)

    def update(
        self, ts_ns: int, bid: float | None = None, ask: float | None = None, last: float | None = None
    ) -> float | None:
        """The mark now; None before anything is known.

        A side without orders stands at 0 or 1 when the other has some.
        """
        if bid is None and ask is None:
            if last is None:
                return self._slow.value
            book = last
        else:
            sides = [0.0 if bid is None else bid, 1.0 if ask is None else ask]
            book = median(sides if last is None else [*sides, last])
        if not 0.0 <= book <= 1.0:
            raise BadValue(f"outcome: {book} is not within 0 and 1")
        return median([book, self._fast.add(ts_ns, book), self._slow.add(ts_ns, book)])


class WindowAverage:
    """The average of an index over the window before an expiry, as far as it has passed.

    Each number stands until the next.
    """

    def __init__(self, expiry_ns: int, window_ns: int) -> None:
        if window_ns <= 0:
            raise BadValue(f"window_ns: {window_ns} is not positive")
        self._expiry_ns, self._begin_ns = expiry_ns, expiry_ns - window_ns
        self._last: tuple[int, float] | None = None
        self._sum = 0.0
        self._known_ns = 0

    def add(self, ts_ns: int, index: float) -> None:
        """The index from now on. The first number within the window counts from the window's begin."""
        _positive("index", index)
        begin = self._begin_ns if self._last is None else max(self._last[0], self._begin_ns)
        held = index if self._last is None else self._last[1]
        if self._last is not None:
            _elapsed(self._last[0], ts_ns)
        until = min(ts_ns, self._expiry_ns)
        if until > begin:
            self._sum += held * (until - begin)
            self._known_ns += until - begin
        self._last = (ts_ns, index)

    @property
    def passed(self) -> float:
        """The part of the window that has passed, 0 to 1."""
        return self._known_ns / (self._expiry_ns - self._begin_ns)

    def blended(self, fair: float) -> float:
        """What is expected of the whole window when what remains of it averages `fair`."""
        passed = self.passed
        return fair if passed == 0.0 else passed * (self._sum / self._known_ns) + (1.0 - passed) * fair


def weighted_median(numbers: Sequence[tuple[float, float]]) -> float:
    """The number at which half of the weight is reached, from below; between two when it is reached to the digit.

    Args:
        numbers: each with its weight, above 0.
    """
    ordered = sorted(numbers)
    for number, weight in ordered:
        _positive("a price", number)
        _positive("a weight", weight)
    half = math.fsum(weight for _, weight in ordered) / 2.0
    reached = 0.0
    for place, (number, weight) in enumerate(ordered):
        reached += weight
        if reached == half and place + 1 < len(ordered):
            return 0.5 * (number + ordered[place + 1][0])
        if reached >= half:
            return number
    raise BadValue("a median needs at least one number")


def _elapsed(before_ns: int, now_ns: int) -> int:
    if now_ns < before_ns:
        raise BadValue(f"ts_ns: {now_ns} is before {before_ns}; times may not go back")
    return now_ns - before_ns


def _positive(what: str, number: float) -> None:
    if not (math.isfinite(number) and number > 0.0):
        raise BadValue(f"{what}: {number} is not a positive number")
