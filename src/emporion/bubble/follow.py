"""Prices as they come: the statistics of the newest observation, for one series or for thousands.

A new observation costs one pass over the windows that end at it (`newest`), so time proportional to those kept,
and no state is carried from one to the next that errors could gather in: the result is that of the batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.jit import entry
from emporion.bubble.newest import newest
from emporion.bubble.regression import root, rows_of
from emporion.bubble.series import Floats, series
from emporion.bubble.threads import in_threads, slices
from emporion.bubble.windows import Count, Criterion, design
from emporion.errors import BadValue

SERIES_AT_A_TIME = 32  # A piece of work for one thread.


@dataclass(frozen=True, eq=False)
class Tick:
    """Statistics of the newest observation of each series; NaN while a series has not enough of them."""

    badf: Floats
    bsadf: Floats


class Followers:
    """Many series that grow by one observation at a time, each at its own pace.

    `keep`: observations kept of each; the oldest goes when a new one comes, and the statistics are those of
    `explosive` on what is kept. The least window stays that of `keep` observations.
    Not for several threads at once: one caller at a time; inside, work is shared over cores.
    """

    def __init__(
        self,
        count: int,
        *,
        keep: int = 1000,
        lags: int = 0,
        criterion: Criterion | None = None,
        min_window: int | None = None,
        count_by: Count = "levels",
        threads: int | None = None,
    ) -> None:
        if not isinstance(count, int) or count < 1:
            raise BadValue(f"count={count!r}: at least one series")
        self.design = design(keep, lags=lags, criterion=criterion, min_window=min_window, count=count_by)
        self._threads = threads
        self._levels = np.zeros((count, 2 * keep))  # A row moves to its beginning when it has reached the end.
        self._begin = np.zeros(count, dtype=np.int64)
        self._length = np.zeros(count, dtype=np.int64)

    @property
    def lengths(self) -> np.ndarray:
        """Observations kept of each series."""
        return self._length.copy()

    def values(self, which: int) -> Floats:
        """The observations kept of one series."""
        begin = self._begin[which]
        return self._levels[which, begin : begin + self._length[which]].copy()

    def load(self, which: int, values: ArrayLike) -> None:
        """Set one series to these observations (the newest `keep` of them). Raises BadValue."""
        numbers = series(values, name=f"series {which}", length_min=1, varied=False).values[-self.design.length :]
        self._levels[which, : numbers.size] = numbers
        self._begin[which], self._length[which] = 0, numbers.size

    def append(self, values: ArrayLike) -> Tick:
        """Take the next observation of every series; NaN: that series has none this time, and keeps its statistics."""
        numbers = np.ascontiguousarray(values, dtype=np.float64)
        if numbers.shape != self._length.shape:
            raise BadValue(f"{numbers.shape} values for {self._length.size} series: one for each, NaN for none")
        if np.isinf(numbers).any():
            raise BadValue(f"series {int(np.argmax(np.isinf(numbers)))}: the value is infinite; leave it out (NaN)")
        badf, bsadf = np.full(numbers.size, np.nan), np.full(numbers.size, np.nan)
        plan = self.design

        def work(part: slice) -> None:
            append_and_test(
                self._levels[part], self._begin[part], self._length[part], numbers[part],
                plan.length, plan.lags, plan.rows_min, plan.penalty, badf[part], bsadf[part],
            )  # fmt: skip

        in_threads(work, slices(numbers.size, SERIES_AT_A_TIME), self._threads)
        return Tick(badf, bsadf)


class Follower:
    """One series that grows: `append` gives the statistics of the newest observation, in time linear in those kept.

    `values`: what is known so far (may be empty). The rest as for `Followers`.
    """

    def __init__(
        self,
        values: ArrayLike = (),
        *,
        keep: int = 1000,
        lags: int = 0,
        criterion: Criterion | None = None,
        min_window: int | None = None,
        count: Count = "levels",
    ) -> None:
        self._all = Followers(
            1, keep=keep, lags=lags, criterion=criterion, min_window=min_window, count_by=count, threads=1
        )
        self.design = self._all.design
        if np.size(values):
            self._all.load(0, values)

    @property
    def values(self) -> Floats:
        """The observations kept."""
        return self._all.values(0)

    def append(self, value: float) -> tuple[float, float]:
        """(BADF, BSADF) at this new observation; NaN while there are too few. Raises BadValue for NaN and infinity."""
        if not np.isfinite(value):
            raise BadValue(f"the new value is {value}; only a finite number can follow")
        tick = self._all.append([value])
        return float(tick.badf[0]), float(tick.bsadf[0])


@entry()
def append_and_test(levels, begins, lengths, values, keep, lags, rows_min, penalty, badf, bsadf):
    """Append a value to each row that has one, then test the windows ending at each row's last observation."""
    for one in range(values.size):
        begin, length = begins[one], lengths[one]
        if not np.isnan(values[one]):
            if length == keep:
                begin, length = begin + 1, length - 1
            if begin + length == levels.shape[1]:
                for k in range(length):
                    levels[one, k] = levels[one, begin + k]
                begin = 0
            levels[one, begin + length] = values[one]
            length += 1
            begins[one], lengths[one] = begin, length
        if length - 1 - lags >= rows_min:
            columns = rows_of(levels[one, begin : begin + length], lags)
            whole, best = newest(columns, columns.shape[1] - 1, rows_min, penalty)
            badf[one], bsadf[one] = root(whole), root(best)
