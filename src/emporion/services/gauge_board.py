"""The gauges' arithmetic: prices in, readings out. Knows no venue, no clock and no process.

A closed candle moves a gauge at once, by one pass over the windows that end there. The line that it is held against and
the critical time come from a study, which is made now and then, of one instrument at a time.
"""

from bisect import bisect_left
from collections.abc import Mapping

import numpy as np

from emporion.bubble.breaking import SHORTEST, breaking, usual_windows
from emporion.bubble.follow import Followers
from emporion.bubble.lppls import DAY_NS, EPOCH
from emporion.bubble.series import Series
from emporion.bubble.study import study
from emporion.errors import BadValue
from emporion.services.gauge_readings import Curve, Reading, Stretch, Studied

KEEP = 500  # Observations of each instrument.
REPLICATIONS = 399
PATHS = 49  # For the confidence of the critical time.
WINDOWS = 24
STUDY_SHARE = 50  # A new study once so large a part of the observations kept is new: 10 of 500.
CAPACITY = 16  # Instruments at first; doubled when they are more.


class Board:
    """Gauges by the instrument's number."""

    def __init__(
        self, *, keep: int = KEEP, replications: int = REPLICATIONS, paths: int = PATHS, seed: int = 1
    ) -> None:
        self.keep, self._replications, self._paths, self._seed = keep, replications, paths, seed
        self._followers = self._made(CAPACITY)
        self._places: dict[int, int] = {}  # Of each instrument among the followers.
        self._times: dict[int, list[int]] = {}
        self._bsadf: dict[int, float] = {}
        self._since: dict[int, int | None] = {}
        self._fresh: dict[int, int] = {}  # Observations since the last study.
        self._tried: set[int] = set()  # Whose study was made, or found impossible.
        self.studied: dict[int, Studied] = {}

    @property
    def least(self) -> int:
        """Observations before there is anything to say."""
        return max(self._followers.design.levels_min + 1, SHORTEST)

    def append(self, new: Mapping[int, tuple[list[int], list[float]]]) -> list[Reading]:
        """Take the new observations of some instruments, in order: times and prices. The readings that moved."""
        longest = max((len(times) for times, _ in new.values()), default=0)
        for number, (times, values) in new.items():
            if number not in self._places:
                self._join(number)
            if longest > 1:  # After a pause, or at the beginning: no need to test what is past.
                place = self._places[number]
                known = np.concatenate((self._followers.values(place), values[:-1]))
                if known.size:
                    self._followers.load(place, known)
            self._times[number] = (self._times[number] + times)[-self.keep :]
            self._fresh[number] += len(times)
        row = np.full(self._followers.lengths.size, np.nan)
        for number, (_, values) in new.items():
            row[self._places[number]] = values[-1]
        tick = self._followers.append(row)
        for number in new:
            self._bsadf[number] = float(tick.bsadf[self._places[number]])
            self._keep_since(number)
        return [self.reading(number) for number in new]

    def reading(self, number: int) -> Reading:
        """How an instrument stands."""
        times, bsadf, studied = self._times[number], self._bsadf[number], self.studied.get(number)
        if np.isnan(bsadf) or len(times) < self.least:
            return Reading(number, times[-1], len(times), None, None, None, None)
        if studied is None:
            return Reading(number, times[-1], len(times), bsadf, None, None, None)
        reached = len(studied.null) - bisect_left(studied.null, bsadf)
        p = (1 + reached) / (1 + len(studied.null))
        return Reading(number, times[-1], len(times), bsadf, studied.line[-1], p, self._since[number])

    def due(self) -> int | None:
        """Whose study is the most out of date; None when no one's is."""
        enough = [number for number in self._fresh if len(self._times[number]) >= self.least]
        waiting = [number for number in enough if number not in self._tried]
        if waiting:
            return waiting[0]
        late = [number for number in enough if self._fresh[number] >= self.keep // STUDY_SHARE]
        return max(late, key=lambda number: self._fresh[number], default=None)

    def study(self, number: int) -> Studied | None:
        """Bootstrap and critical time of one instrument, on one thread; None where its prices cannot be tested."""
        self._fresh[number] = 0
        self._tried.add(number)
        times, values = self._times[number], self._followers.values(self._places[number])
        series = Series(values, np.array(times, dtype="datetime64[ns]"), f"instrument {number}")
        try:
            found = study(
                series, min_window=self._followers.design.levels_min, replications=self._replications, seed=self._seed,
                threads=1,
            )  # fmt: skip
        except BadValue:  # Prices that stood still.
            return None
        self.studied[number] = Studied(
            list(times), values.tolist(), found.result.bsadf.tolist(), found.line.tolist(),
            [
                Stretch(each.start, each.peak, each.end, each.is_ongoing, each.direction, each.change, each.bsadf)
                for each in found.episodes
            ],
            np.sort(found.null.gsadf).tolist(), found.p.gsadf, found.result.design.levels_min,
            self._curve(series),
        )  # fmt: skip
        self._bsadf[number] = float(found.result.bsadf[-1])
        self._since[number] = times[found.now.start] if found.now is not None else None
        return self.studied[number]

    def _curve(self, series: Series) -> Curve | None:
        try:
            windows = usual_windows(len(series), WINDOWS)
            found = breaking(series, windows=windows, replications=self._paths, seed=self._seed, threads=1)
        except BadValue:  # Too short a stretch of time.
            return None
        middle = None if found.range is None else tuple(_ns(day) for day in found.range)
        return Curve(
            found.direction, found.confidence, found.p, found.windows, [_ns(day) for day in found.times.tolist()],
            middle,
        )  # fmt: skip

    def _keep_since(self, number: int) -> None:
        studied = self.studied.get(number)
        if studied is None or not self._bsadf[number] > studied.line[-1]:
            self._since[number] = None
        elif self._since[number] is None:
            self._since[number] = self._times[number][-1]

    def _join(self, number: int) -> None:
        place = self._places[number] = len(self._places)
        self._times[number], self._since[number], self._fresh[number] = [], None, 0
        self._bsadf[number] = float("nan")
        if place == self._followers.lengths.size:
            wider = self._made(2 * place)
            for each in range(place):
                wider.load(each, self._followers.values(each))
            self._followers = wider

    def _made(self, count: int) -> Followers:
        return Followers(count, keep=self.keep, threads=1)


def _ns(day: float) -> int:
    return round((day - EPOCH) * DAY_NS)
