"""What traded in the last 24 hours, exactly, to the minute.

The window is the minute of now and the 1,439 before it. An instrument has a bucket for each minute in
which it traded; sums are whole numbers that a bucket is added to and taken off, so they never drift.
Time going on touches only instruments that have a bucket in the minute that falls out.
"""

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from emporion.feeds.candles import MINUTE_NS, Bar, bars, coarser

WINDOW_NS = 1_440 * MINUTE_NS


@dataclass
class Day:
    """One instrument's last 24 hours, in ticks and lots; turnover counts ticks x lots."""

    minutes: deque[Bar] = field(default_factory=deque)  # Those in the window, oldest first.
    qty_lots: int = 0
    turnover: int = 0
    high_ticks: int = 0
    low_ticks: int = 0
    last_ticks: int = 0  # 0: no trade is known.
    before_ticks: int = 0  # Last price before the window; 0: none is known.

    def add(self, bar: Bar) -> bool:
        """Take in what traded in one minute or in a part of it. Says whether this minute is new here."""
        is_new = not self.minutes or self.minutes[-1].start_ns != bar.start_ns
        if is_new:
            self.minutes.append(bar)
        else:
            self.minutes[-1] = _joined(self.minutes[-1], bar)
        self.qty_lots += bar.qty_lots
        self.turnover += bar.turnover
        self.high_ticks = max(self.high_ticks, bar.high_ticks)
        self.low_ticks = min(self.low_ticks or bar.low_ticks, bar.low_ticks)
        self.last_ticks = bar.close_ticks
        return is_new

    def drop_before(self, from_ns: int) -> bool:
        """Leave out minutes older than `from_ns`; says whether there were any."""
        gone = []
        while self.minutes and self.minutes[0].start_ns < from_ns:
            gone.append(self.minutes.popleft())
        if not gone:
            return False
        self.before_ticks = gone[-1].close_ticks
        self.qty_lots -= sum(bar.qty_lots for bar in gone)
        self.turnover -= sum(bar.turnover for bar in gone)
        if max(bar.high_ticks for bar in gone) == self.high_ticks:
            self.high_ticks = max((bar.high_ticks for bar in self.minutes), default=0)
        if min(bar.low_ticks for bar in gone) == self.low_ticks:
            self.low_ticks = min((bar.low_ticks for bar in self.minutes), default=0)
        return True


class Days:
    """The last 24 hours of every instrument that traded."""

    def __init__(self) -> None:
        self._days: dict[int, Day] = {}
        self._due: list[tuple[int, int]] = []  # Heap of (minute, instrument): when a bucket falls out.
        self._from_ns = 0

    def day(self, instrument_id: int) -> Day:
        """What is known; not to be changed."""
        return self._days.get(instrument_id, _NOTHING)

    def add(self, seconds: dict[int, NDArray[np.void]]) -> None:
        """Take in younger candles of any shorter interval, by instrument: what Candles.add returns."""
        for instrument_id, candles in seconds.items():
            day = self._days.setdefault(instrument_id, Day())
            for bar in bars(coarser(candles, "1m")):
                if day.add(bar):
                    heappush(self._due, (bar.start_ns, instrument_id))

    def put_before(self, instrument_id: int, minutes: NDArray[np.void], before_ticks: int) -> None:
        """Take in candles of a minute from before all here, and the last price before those."""
        known = self._days.get(instrument_id, _NOTHING)
        day = self._days[instrument_id] = Day(before_ticks=before_ticks, last_ticks=before_ticks)
        for bar in [*bars(minutes), *known.minutes]:
            if day.add(bar):
                heappush(self._due, (bar.start_ns, instrument_id))
        day.drop_before(self._from_ns)
        if known.before_ticks:  # Something of here fell out already, and it was younger than all of that.
            day.before_ticks = known.before_ticks
            day.last_ticks = known.last_ticks

    def advance(self, now_ns: int) -> set[int]:
        """Move the window on to `now_ns`; the instruments for which something fell out of it."""
        self._from_ns = max(self._from_ns, now_ns // MINUTE_NS * MINUTE_NS + MINUTE_NS - WINDOW_NS)
        changed = set()
        while self._due and self._due[0][0] < self._from_ns:
            instrument_id = heappop(self._due)[1]
            if self._days[instrument_id].drop_before(self._from_ns):
                changed.add(instrument_id)
        return changed


_NOTHING = Day()


def _joined(old: Bar, new: Bar) -> Bar:
    return Bar(
        old.start_ns, old.open_ticks, max(old.high_ticks, new.high_ticks), min(old.low_ticks, new.low_ticks),
        new.close_ticks, old.qty_lots + new.qty_lots, old.turnover + new.turnover, old.trades + new.trades,
    )  # fmt: skip
