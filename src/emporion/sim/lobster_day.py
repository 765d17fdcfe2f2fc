"""An artificial day in the LOBSTER format, from a small book of its own in plain Python.

Random orders are entered, cut, deleted and executed in strict price-time order, some executions are
hidden, and trading halts now and then. The files show what an N-level recorder shows: only messages
that change one of the best N levels, and the N levels after each. So orders come into view that
nobody saw entered, and change while out of view, as in the real files.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

ADD, PARTIAL_CANCEL, DELETE, EXECUTE, EXECUTE_HIDDEN, HALT = 1, 2, 3, 4, 5, 7  # Types of message.
BUY, SELL = 1, -1
NO_PRICE = 9_999_999_999  # Of an ask level that does not exist; negative for a bid.
MID = 1_000_000  # A hundred dollars.
TICK = 100  # A cent.
DEPTH = 40  # Orders come at most so many ticks from the other side's best.
OPEN_NS = 34_200 * 1_000_000_000  # Half past nine.


@dataclass(frozen=True)
class Day:
    """Rows of both files."""

    messages: list[tuple[int, int, int, int, int, int]]  # Nanoseconds, type, order id, size, price, direction.
    books: list[list[int]]  # Ask price, ask size, bid price, bid size, for each level.

    def write(self, messages: str | Path, orderbook: str | Path) -> None:
        """Write both files."""
        with open(messages, "w", encoding="ascii") as file:
            for time_ns, *rest in self.messages:
                seconds, fraction = divmod(time_ns, 1_000_000_000)
                file.write(f"{seconds}.{fraction:09d},{','.join(map(str, rest))}\n")
        with open(orderbook, "w", encoding="ascii") as file:
            for row in self.books:
                file.write(",".join(map(str, row)) + "\n")


class _Book:
    """Queues of [order id, size] by price, oldest first."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, list[list[int]]]] = {BUY: {}, SELL: {}}

    def prices(self, side: int) -> list[int]:
        """Occupied prices, best first."""
        return sorted(self.sides[side], reverse=side == BUY)

    def best(self, side: int) -> int:
        """The best price; far away from it when the side is empty."""
        prices = self.prices(side)
        return prices[0] if prices else MID - side * DEPTH * TICK

    def levels(self, side: int, count: int) -> list[list[int]]:
        """Price and size of the best `count` levels, filled up with dummies."""
        found = [[price, sum(size for _, size in self.sides[side][price])] for price in self.prices(side)[:count]]
        return found + [[-side * NO_PRICE, 0]] * (count - len(found))

    def take(self, side: int, price: int, place: int, size: int) -> None:
        """Take size off the order at a place of a queue; it leaves when nothing is left."""
        queue = self.sides[side][price]
        queue[place][1] -= size
        assert queue[place][1] >= 0
        if queue[place][1] == 0:
            del queue[place]
        if not queue:
            del self.sides[side][price]


class _Recorder:
    """Writes down what is visible in the best levels."""

    def __init__(self, book: _Book, levels: int) -> None:
        self.book, self.levels = book, levels
        self.time_ns = OPEN_NS
        self.messages: list[tuple[int, int, int, int, int, int]] = []
        self.books: list[list[int]] = []

    def visible(self) -> list[int]:
        asks, bids = self.book.levels(SELL, self.levels), self.book.levels(BUY, self.levels)
        return [number for ask, bid in zip(asks, bids, strict=True) for number in (*ask, *bid)]

    def tell(self, before: list[int], kind: int, order_id: int, size: int, price: int, side: int) -> None:
        """Record a message if it changed what is visible, or is about no level at all."""
        after = self.visible()
        if kind < EXECUTE_HIDDEN and after == before:
            return
        self.messages.append((self.time_ns, kind, order_id, size, price, side))
        self.books.append(after)


def lobster_day(seed: int, rows: int = 1_000, levels: int = 5, halts: bool = True) -> Day:
    """A day of about `rows` messages at `levels` levels; the seed is the whole of its chance."""
    rng = Random(seed)
    book = _Book()
    next_id = 1
    for _ in range(60):  # Orders from before the recording: their ids are known to no message.
        side = rng.choice((BUY, SELL))
        price = MID - side * TICK * rng.randrange(1, DEPTH)
        book.sides[side].setdefault(price, []).append([next_id, rng.randrange(1, 5) * 100])
        next_id += 1
    recorder = _Recorder(book, levels)
    while len(recorder.messages) < rows:
        recorder.time_ns += rng.randrange(1, 50_000_000)
        if halts and rng.random() < 0.002:
            next_id = _halt(rng, recorder, next_id)
        elif rng.random() < 0.5:
            next_id = _add(rng, recorder, next_id)
        else:
            _change(rng, recorder)
    return Day(recorder.messages[:rows], recorder.books[:rows])


def _add(rng: Random, recorder: _Recorder, order_id: int) -> int:
    """A limit order that does not cross, most often near the best price."""
    side = rng.choice((BUY, SELL))
    away = min(int(rng.expovariate(0.25)) + 1, DEPTH)
    price = recorder.book.best(-side) - side * TICK * away
    size = rng.choice((1, 50, 100, 100, 100, 200, 300))
    before = recorder.visible()
    recorder.book.sides[side].setdefault(price, []).append([order_id, size])
    recorder.tell(before, ADD, order_id, size, price, side)
    return order_id + 1


def _change(rng: Random, recorder: _Recorder, may_trade: bool = True) -> None:
    """A cancel, whole or in part, or an arriving order that executes what rests."""
    side = rng.choice((BUY, SELL))
    prices = recorder.book.prices(side)
    if len(prices) < 3:
        return
    chance = rng.random()
    if chance < 0.6 or not may_trade:
        price = prices[min(int(rng.expovariate(0.4)), len(prices) - 1)]
        queue = recorder.book.sides[side][price]
        place = rng.randrange(len(queue))
        order_id, size = queue[place]
        is_part = size > 1 and rng.random() < 0.2
        gone = rng.randrange(1, size) if is_part else size
        before = recorder.visible()
        recorder.book.take(side, price, place, gone)
        recorder.tell(before, PARTIAL_CANCEL if is_part else DELETE, order_id, gone, price, side)
    elif chance < 0.7:
        inside = recorder.book.best(side) + side * TICK // 2
        recorder.tell(recorder.visible(), EXECUTE_HIDDEN, 0, rng.randrange(1, 300), inside, side)
    else:
        wanted = rng.choice((1, 100, 100, 150, 300, 700))
        while wanted and len(recorder.book.prices(side)) > 2:
            price = recorder.book.best(side)
            order_id, size = recorder.book.sides[side][price][0]
            done = min(wanted, size)
            wanted -= done
            before = recorder.visible()
            recorder.book.take(side, price, 0, done)
            recorder.tell(before, EXECUTE, order_id, done, price, side)


def _halt(rng: Random, recorder: _Recorder, next_id: int) -> int:
    """Halted, with cancels only; then quoting, with entries; then trading again."""
    recorder.tell([], HALT, 0, 0, -1, -1)
    for _ in range(rng.randrange(4)):
        _change(rng, recorder, may_trade=False)
    recorder.tell([], HALT, 0, 0, 0, -1)
    for _ in range(rng.randrange(4)):
        next_id = _add(rng, recorder, next_id)
    recorder.tell([], HALT, 0, 0, 1, -1)
    return next_id
