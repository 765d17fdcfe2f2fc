"""LOBSTER files: what happened to a book, message by message, and the book after each.

Format (lobsterdata.com, "Output structure"). Message file, no header: time in seconds after
midnight, type, order id, size, price in dollars times 10000, direction of the *resting* order (1
buy, -1 sell). Order-book file, one row a message: ask price, ask size, bid price, bid size, for each
level; levels that do not exist have price 9999999999 or -9999999999 and size 0. Files may be
gzipped.
"""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue

NO_ASK = 9_999_999_999
NO_BID = -9_999_999_999
NUMBER_MAX = 1 << 40


class Kind(IntEnum):
    """Types of message."""

    ADD = 1
    PARTIAL_CANCEL = 2
    DELETE = 3
    EXECUTE = 4  # Of a visible order.
    EXECUTE_HIDDEN = 5
    CROSS = 6  # An auction's trade.
    HALT = 7


class Message(NamedTuple):
    time_ns: int  # After midnight.
    kind: int
    order_id: int
    size: int
    price: int  # Dollars x 10000. Of a HALT: -1 halted, 0 quoting again, 1 trading again.
    direction: int  # Of the resting order: 1 buy, -1 sell.


@dataclass(frozen=True)
class LobsterDay:
    """Messages and the book after each."""

    messages: list[Message]
    asks: NDArray[np.int64]  # (rows, levels, 2): price and size; size 0 where there is no level.
    bids: NDArray[np.int64]

    @property
    def levels(self) -> int:
        return int(self.asks.shape[1])


def read(messages: str | Path, orderbook: str | Path, rows: int | None = None) -> LobsterDay:
    """Read both files, the first `rows` of them.

    A last row that is cut short (a sample's end) is dropped, and the longer file to the length of
    the shorter; any other row that cannot be read is a BadValue that names file and line.
    """
    told = list(_lines(Path(messages), rows, _message))
    seen = list(_lines(Path(orderbook), rows, _book_row))
    if not told or not seen:
        raise BadValue(f"{messages if not told else orderbook}: there are no rows")
    width = len(seen[0])
    if seen and len(seen[-1]) < width:
        seen.pop()
    for number, row in enumerate(seen, start=1):
        if len(row) != width:
            raise BadValue(f"{orderbook}: line {number}: {len(row)} numbers, but the first row has {width}")
    length = min(len(told), len(seen))
    book = np.array(seen[:length], np.int64).reshape(length, width // 4, 2, 2)
    return LobsterDay(told[:length], np.ascontiguousarray(book[:, :, 0]), np.ascontiguousarray(book[:, :, 1]))


def _lines(path: Path, rows: int | None, parse: Callable[[list[str]], Any]) -> Iterator[Any]:
    try:
        with open(path, "rb") as probe:
            is_gzip = probe.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt", encoding="ascii") if is_gzip else open(path, encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                if rows is not None and number > rows:
                    return
                try:
                    yield parse(line.strip().split(","))
                except (ValueError, TypeError) as error:
                    raise BadValue(f"{path}: line {number}: {error}") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadValue(
            f"{path}: {error.strerror if isinstance(error, OSError) and error.strerror else error}"
        ) from None


def _message(cells: list[str]) -> Message:
    if len(cells) != 6:
        raise ValueError(f"{len(cells)} columns, but a message has 6")
    seconds, _, fraction = cells[0].partition(".")
    if not (seconds.isdecimal() and (not fraction or fraction.isdecimal())):
        raise ValueError(f"time {cells[0]!r} is not seconds after midnight")
    time_ns = int(seconds) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
    message = Message(time_ns, *(int(cell) for cell in cells[1:]))
    if message.kind not in Kind.__members__.values():
        raise ValueError(f"type {message.kind} is unknown")
    if message.kind < Kind.EXECUTE_HIDDEN and not (
        message.direction in (1, -1) and 0 < message.size < NUMBER_MAX and 0 < message.price < NUMBER_MAX
    ):
        raise ValueError(f"size {message.size}, price {message.price}, direction {message.direction} make no order")
    return message


def _book_row(cells: list[str]) -> list[int]:
    row = [int(cell) for cell in cells if cell]
    if any(abs(number) > NUMBER_MAX for number in row):
        raise ValueError("a number is beyond any price or size")
    return row
