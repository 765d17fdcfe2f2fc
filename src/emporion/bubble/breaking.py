"""When would it break, in one result: LPPLS confidence, how often chance gives as much, and the fan of critical times.

The fan has the critical time of each window whose fit passes the filter; where none passes there is no critical time
to speak of. Windows are those of the literature where the series is long enough, else as many shorter ones.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.lppls import LEAST_LENGTH, days_of, to_date, usual_step
from emporion.bubble.lppls_filters import Filter, Preset
from emporion.bubble.lppls_nested import WINDOWS, Windows, nested
from emporion.bubble.lppls_null import calibrated
from emporion.bubble.lppls_polish import OUT_B, OUT_LEAD
from emporion.bubble.series import Floats, Missing, Series, series
from emporion.bubble.threads import Progress

Direction: TypeAlias = Literal["up", "down"]
RANGE = (0.05, 0.95)  # Quantiles of the fan that are called its range.
WINDOWS_MAX = 126
SHORTEST = 30  # Observations; fewer say little of seven parameters.
REPLICATIONS = 99
SEED = 20_130_501


@dataclass(frozen=True, eq=False)
class Breaking:
    """direction: "up" for a rise that speeds up towards its end, "down" for such a fall; the more confident of both.

    confidence: share of the windows that pass. p: of paths without a bubble that reach it; 1 where nothing passes.
    times: critical times of those windows, in days as `lppls.days_of` counts them, rising. windows: how many there are.
    """

    series: Series
    direction: Direction
    confidence: float
    p: float
    times: Floats
    windows: int
    filter: str

    @property
    def range(self) -> tuple[float, float, float] | None:
        """(low, median, high) of the fan in days; None where no window passes."""
        if not self.times.size:
            return None
        low, median, high = np.quantile(self.times, (RANGE[0], 0.5, RANGE[1]))
        return float(low), float(median), float(high)

    @property
    def dates(self) -> NDArray[np.datetime64] | None:
        """The critical times as dates; None for a series without."""
        return None if self.series.dates is None else np.array([to_date(day) for day in self.times], "datetime64[s]")

    def at(self, day: float) -> str:
        """A critical time for people."""
        if self.series.dates is None:
            return f"place {day:.0f}"
        is_daily = usual_step(days_of(self.series)) >= 1.0
        return str(to_date(day).astype("datetime64[D]" if is_daily else "datetime64[s]"))


def usual_windows(length: int, count_max: int = WINDOWS_MAX) -> Windows:
    """750 down to 125 observations by 5 where there are as many, else from the length down to a sixth of it."""
    longest = min(length, WINDOWS.longest)
    shortest = min(max(longest // 6, SHORTEST), longest)
    step = max(-(-(longest - shortest) // max(count_max - 1, 1)), 1)
    return Windows(longest, shortest, step)


def breaking(
    values: "ArrayLike | Series",
    dates: object = None,
    *,
    windows: Windows | None = None,
    filter: "Preset | Filter" = "fco",
    replications: int = REPLICATIONS,
    seed: int = SEED,
    missing: Missing = "error",
    threads: int | None = None,
    progress: Progress | None = None,
    name: str = "series",
) -> Breaking:
    """Fit the nested windows that end at the last observation, and calibrate their confidence.

    Prices, not logarithms; at least 30. Default of `windows`: `usual_windows`. Same seed, same result, on any number
    of threads. Raises BadValue.
    """
    made = series(values, dates, name=name, missing=missing, positive=True, length_min=max(SHORTEST, LEAST_LENGTH))
    taken = usual_windows(len(made)) if windows is None else windows
    found = calibrated(
        made, windows=taken, filter=filter, replications=replications, seed=seed, threads=threads, progress=progress
    )
    is_up = found.positive >= found.negative
    confidence, p = (found.positive, found.p_positive) if is_up else (found.negative, found.p_negative)
    fits = nested(made, windows=taken, threads=1)
    table, passes = fits.table[0], fits.passing(filter)[0]
    passes &= (table[:, OUT_B] < 0.0) if is_up else (table[:, OUT_B] > 0.0)
    times = np.sort(days_of(made)[-1] + table[passes, OUT_LEAD])
    name_of = filter if isinstance(filter, str) else filter.name
    return Breaking(made, "up" if is_up else "down", confidence, p, times, int(fits.counts.size), name_of)


def sentence(of: Breaking) -> str:
    """What was found, in one sentence."""
    kind = "a rise that speeds up" if of.direction == "up" else "a fall that speeds up"
    if not of.times.size:
        return f"None of {of.windows} windows has the shape of a bubble, so there is no critical time."
    low, median, high = (of.at(day) for day in of.range or ())
    return (
        f"{of.confidence:.0%} of {of.windows} windows have the shape of {kind} (of paths without a bubble, a share "
        f"{of.p:.2f} reach as much); their critical times: {low} to {high}, half before {median}."
    )
