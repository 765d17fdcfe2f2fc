"""Replay a recorded book through a whole venue, and compare the two after every message.

LOBSTER files (see `lobster_files`) become commands of ordinary accounts: an addition is a PLACE, a
partial cancel a REPLACE to less, a deletion a CANCEL, and the execution of a visible order is an
IOC order from the other side, which must find that very order in front. So what is compared is
the venue's own matching, not a copy of the file.

A recording of N levels says nothing of what happens behind them. What it reveals later is adopted:
see `lobster_book` and docs/concepts/lobster.md.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from emporion.engine.clock import ManualClock
from emporion.errors import BadValue
from emporion.schema.codes import InstrumentStatus
from emporion.services.lobster_book import BUY, SELL, Level, Queues, View
from emporion.services.lobster_files import Kind, LobsterDay, Message
from emporion.venue.venue import Venue

INSTRUMENT = "STOCK/USD"
PRICE_DECIMALS = 4  # LOBSTER's prices are dollars times 10000: our tick.
SIDE_TEXTS = {BUY: "bid", SELL: "ask"}


@dataclass
class Result:
    """What the comparison found."""

    levels: int = 0
    rows: int = 0  # Messages replayed, the one that leads to the first book included.
    inconsistent_rows: int = 0
    levels_compared: int = 0  # Of those the data determines.
    mismatches_per_level: list[int] = field(default_factory=list)
    first_mismatch: dict[str, Any] | None = None
    executions: int = 0  # Of visible orders.
    executions_named: int = 0  # By the very order named.
    executions_adopted: int = 0  # The order named was never seen entering: an adopted level's quantity gave way.
    executions_mixed: int = 0  # The order named came first, but was smaller in our book than in the file.
    executions_wrong: int = 0  # Another order gave way, or none: a mismatch.
    executions_out_of_turn: int = 0  # Of those named: by the file itself, older orders at the price were passed over.
    hidden: int = 0  # Executions of hidden orders: the book stays as it is.
    adopted_levels: int = 0  # Levels that came into view with another size than we had.
    forgotten_orders: int = 0  # Orders of ours that had gone out of view and were found to be gone.
    requeued_orders: int = 0  # Adopted quantity found to stand behind an order, and moved there.
    commands: int = 0
    seconds: float = 0.0
    digest: str = ""

    @property
    def is_consistent(self) -> bool:
        return self.inconsistent_rows == 0

    def as_dict(self) -> dict[str, Any]:
        """For printing as JSON."""
        return asdict(self)


def replay(
    venue: Venue,
    day: LobsterDay,
    levels: int | None = None,
    progress: Callable[[int], None] | None = None,
    clock: ManualClock | None = None,
) -> Result:
    """Run the day through a venue that has no such instrument yet. `levels`: compare fewer than the file has.

    `clock`, if the venue was opened with it, is set to the time of each message (nanoseconds after
    midnight), so that the same files always give the same venue, to the byte.

    The first book row is taken as it is, so the first message is not applied; each later one is
    applied to the book that the messages before it led to.
    """
    depth = day.levels if levels is None else levels
    if not 1 <= depth <= day.levels:
        raise BadValue(f"levels: {depth} is not between 1 and the file's {day.levels}")
    started, first_seq = time.perf_counter(), venue.seq
    run = _Run(venue, day, Result(levels=depth, mismatches_per_level=[0] * depth))
    run.begin()
    for row in range(1, len(day.messages)):
        if clock is not None:
            clock.advance(max(0, day.messages[row].time_ns - clock.now_ns()))
        run.step(row)
        if progress is not None:
            progress(row + 1)
    result = run.result
    result.rows = len(day.messages)
    result.requeued_orders, result.forgotten_orders = run.book.requeued, run.book.forgotten
    result.adopted_levels, result.executions_out_of_turn = run.book.adopted, run.book.out_of_turn
    result.commands = venue.seq - first_seq
    result.seconds = round(time.perf_counter() - started, 3)
    result.digest = venue.digest()
    return result


class _Run:
    def __init__(self, venue: Venue, day: LobsterDay, result: Result) -> None:
        self.day, self.result = day, result
        self.view = View(day)
        self.book = Queues(venue, INSTRUMENT, self.view)

    def begin(self) -> None:
        """Adopt the first book."""
        for side in (BUY, SELL):
            self.book.adopt(side, self.view.row(side, 0), after=None)
        self.book.adopted = 0  # The beginning is no surprise.

    def step(self, row: int) -> None:
        """Apply one message, compare, adopt what has come into view."""
        self.book.row = row
        message = self.day.messages[row]
        problems = self._apply(message)
        levels = self.book.levels(self.day.levels + 1)
        for side in (BUY, SELL):
            published = self.view.row(side, row)
            problems += self._compare(side, row, published, levels[side])
            is_whole = self.view.worst(side, row) is None
            if levels[side][: len(published) + is_whole] != published:
                known = self.view.worst(side, row - 1)
                self.book.adopt(side, published, after=known)
        if problems:
            self.result.inconsistent_rows += 1
            if self.result.first_mismatch is None:
                self.result.first_mismatch = {
                    "row": row + 1,
                    "message": dict(zip(Message._fields, message, strict=True)),
                    "problems": problems,
                    "published_asks": self.view.row(SELL, row),
                    "published_bids": self.view.row(BUY, row),
                }

    def _apply(self, message: Message) -> list[str]:
        """Send what the message says. What goes against the book is told."""
        side, book = message.direction, self.book
        if message.kind == Kind.ADD:
            return book.add(side, message.price, message.size, message.order_id)
        if message.kind in (Kind.PARTIAL_CANCEL, Kind.DELETE):
            return book.take_away(side, message.price, message.size, message.order_id, message.kind == Kind.DELETE)
        if message.kind == Kind.EXECUTE:
            return self._execute(message)
        if message.kind == Kind.HALT:
            statuses = {-1: InstrumentStatus.HALTED, 0: InstrumentStatus.PRE_OPEN, 1: InstrumentStatus.OPEN}
            book.set_status(statuses.get(message.price, InstrumentStatus.OPEN))
        else:
            self.result.hidden += 1
        return []

    def _execute(self, message: Message) -> list[str]:
        result, book = self.result, self.book
        problems = book.bring_to_front(message.direction, message.price, message.size, message.order_id)
        order_id = book.order_of(message.order_id)
        is_doubtful = bool(order_id) and book.was_out_of_view(order_id)
        makers, refusal = book.execute(message.direction, message.price, message.size)
        result.executions += 1
        strangers = [maker for maker in makers if maker != order_id]
        if refusal is not None or not makers:
            problems.append(refusal or "nothing stood at the price")
        elif order_id and not strangers:
            result.executions_named += 1
        elif not order_id and all(map(book.is_adopted, makers)):
            result.executions_adopted += 1
        elif order_id and makers[0] == order_id and is_doubtful:
            result.executions_mixed += 1
        else:
            problems.append(f"order {message.order_id} was named, but orders {strangers} of the venue gave way")
        if problems:
            result.executions_wrong += 1
        return problems

    def _compare(self, side: int, row: int, published: list[Level], levels: list[Level]) -> list[str]:
        """Our levels against the published ones, as far as the rows before and after determine them."""
        limit = self.view.nearer(side, self.view.worst(side, row - 1), self.view.worst(side, row))
        depth = self.result.levels
        theirs = [level for level in published if self.view.within(side, level[0], limit)][:depth]
        ours = [level for level in levels if self.view.within(side, level[0], limit)][:depth]
        self.result.levels_compared += len(theirs)
        if ours == theirs:
            return []
        problems = []
        for place in range(max(len(ours), len(theirs))):
            mine = ours[place] if place < len(ours) else None
            other = theirs[place] if place < len(theirs) else None
            if mine != other:
                self.result.mismatches_per_level[place] += 1
                problems.append(f"{SIDE_TEXTS[side]} level {place + 1}: ours {mine}, published {other}")
        self.book.adopt(side, published, after=None)  # So that one mismatch is counted once.
        return problems
