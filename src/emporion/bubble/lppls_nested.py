"""How many windows agree: confidence and trust, from fits of many windows that end at the same observation.

Confidence: the share of windows whose fit passes a filter (Sornette and others 2015, Shanghai). Trust: each window's
fit is disturbed by its own residuals, drawn again, and fitted again; the median over windows of the share of redrawn
series that pass. A raw confidence means nothing for a price that trends: see `lppls_null`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.lppls import SEARCH, Lppls, Search, days_of, fit_windows, from_row, prices
from emporion.bubble.lppls_filters import Filter, Preset, named
from emporion.bubble.lppls_polish import OUT, OUT_SSE
from emporion.bubble.series import Dates, Floats, Missing, Series
from emporion.bubble.threads import Progress, in_threads, slices
from emporion.errors import BadValue

DRAWS_AT_A_TIME = 25


@dataclass(frozen=True)
class Windows:
    """Lengths in observations, from the longest down to the shortest. The default has the 126 windows of the FCO."""

    longest: int = 750
    shortest: int = 125
    step: int = 5

    def __post_init__(self) -> None:
        if not (20 <= self.shortest <= self.longest and self.step >= 1):
            raise BadValue(
                f"windows of {self.longest} down to {self.shortest} by {self.step}: at least 20 observations, "
                "the longest not below the shortest, and a step of at least 1"
            )

    def counts(self, available: int) -> NDArray[np.int64]:
        """Rising lengths of those windows that fit into so many observations."""
        every = np.arange(self.longest, self.shortest - 1, -self.step, dtype=np.int64)[::-1]
        return every[every <= available]


WINDOWS = Windows()


@dataclass(frozen=True, eq=False)
class Nested:
    """Fits of all windows (columns, rising in length) that end at each of some places (rows); NaN where too early."""

    series: Series
    search: Search
    places: NDArray[np.int64]
    counts: NDArray[np.int64]
    table: Floats
    lengths: Floats  # Days, of each window at each place.

    @property
    def dates(self) -> Dates | None:
        """Dates of the rows."""
        return None if self.series.dates is None else self.series.dates[self.places]

    def at(self, row: int, column: int) -> Lppls:
        """One of the fits."""
        days, place, count = days_of(self.series), self.places[row], int(self.counts[column])
        if count > place + 1:
            raise BadValue(f"{self.series.name}: place {place} has no window of {count} observations")
        return from_row(self.table[row, column], self.series, days[place + 1 - count], days[place], count)

    def confidence(self, filter: "Preset | Filter" = "fco") -> tuple[Floats, Floats]:
        """(positive, negative) share of the windows that pass, at each place."""
        return named(filter).shares(self.table, self.lengths)

    def passing(self, filter: "Preset | Filter" = "fco") -> NDArray[np.bool_]:
        """Which fits pass."""
        return named(filter).passes(self.table, self.lengths)


def nested(
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    windows: Windows = WINDOWS,
    ends: int = 1,
    every: int = 1,
    search: Search = SEARCH,
    missing: Missing = "error",
    name: str = "series",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Nested:
    """Fit all nested windows that end at the last `ends` observations, taking every `every`-th, the last included.

    Places so early that only some windows fit have those only; a place before the shortest window is left out. The
    number of threads (default: one a core) changes nothing. Raises BadValue.
    """
    made = prices(values, dates, name, missing)
    if ends < 1 or every < 1:
        raise BadValue(f"ends={ends}, every={every}: at least 1")
    if len(made) < windows.shortest:
        raise BadValue(f"{made.name}: {len(made)} observations; the shortest window takes {windows.shortest}")
    last = len(made) - 1
    places = np.arange(last, max(last - ends, windows.shortest - 2), -every)[::-1]
    counts = windows.counts(len(made))
    days, logs = days_of(made), np.log(made.values)
    table = np.full((places.size, counts.size, OUT), np.nan)
    lengths = np.full((places.size, counts.size), np.nan)

    def work(row: int) -> None:
        until = int(places[row]) + 1
        some = windows.counts(until)
        columns = slice(0, some.size)
        table[row, columns] = fit_windows(days[:until], logs[None, :until], some, search, made.name)[0]
        lengths[row, columns] = days[until - 1] - days[until - some]

    in_threads(work, range(places.size), threads, progress)
    return Nested(made, search, places, counts, table, lengths)


def trust(
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    windows: Windows = WINDOWS,
    filter: "Preset | Filter" = "trust",
    draws: int = 100,
    seed: int = 0,
    search: Search = SEARCH,
    missing: Missing = "error",
    name: str = "series",
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[float, float]:
    """(positive, negative) trust at the last observation, each from 0 to 1.

    For each window, `draws` series are made of the fitted curve and residuals drawn with replacement, and fitted. The
    same seed gives the same result for any number of threads. Raises BadValue.
    """
    if draws < 1:
        raise BadValue(f"draws={draws}: at least 1")
    chosen = named(filter)
    base = nested(values, dates, windows=windows, search=search, missing=missing, name=name, threads=1)
    days, logs = days_of(base.series), np.log(base.series.values)
    parts = slices(draws, DRAWS_AT_A_TIME)
    tables = np.full((base.counts.size, draws, OUT), np.nan)

    def work(piece: tuple[int, int]) -> None:
        column, number = piece
        count, part = int(base.counts[column]), parts[number]
        if not np.isfinite(base.table[0, column, OUT_SSE]):
            return
        curve = base.at(0, column).curve(days[-count:])
        rest = logs[-count:] - curve
        chance = np.random.default_rng([seed, count, number])
        drawn = curve + chance.choice(rest, size=(part.stop - part.start, count))
        tables[column, part] = fit_windows(days[-count:], drawn, base.counts[column : column + 1], search, name)[:, 0]

    in_threads(work, [(c, k) for c in range(base.counts.size) for k in range(len(parts))], threads, progress)
    shares = [chosen.shares(tables[c], np.broadcast_to(base.lengths[0, c], (draws,))) for c in range(base.counts.size)]
    return float(np.median([up for up, _ in shares])), float(np.median([down for _, down in shares]))
