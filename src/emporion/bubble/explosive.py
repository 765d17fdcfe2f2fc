"""The PSY family of right-tailed unit-root tests: is a price explosive, and at which dates?

A random walk neither returns to a mean nor runs away from one; a price that grows because it grows does
run away. Each window of the series is regressed as in Dickey and Fuller (`regression` has the formula);
a large positive t ratio of the level speaks for explosive growth.

    ADF     the t ratio of the whole series
    BADF    at each date, of the window from the first observation to it
    SADF    the largest BADF                                     Phillips, Wu and Yu (2011)
    BSADF   at each date, the largest over all windows ending there
    GSADF   the largest BSADF                                    Phillips, Shi and Yu (2015)

How large is large is the question of `critical`; these statistics are of no use without it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.series import Dates, Floats, Missing, Series, series
from emporion.bubble.sweep import sweep
from emporion.bubble.sweep_lags import sweep_with_lags
from emporion.bubble.threads import in_threads, slices
from emporion.bubble.windows import Count, Criterion, Design, design
from emporion.errors import BadValue

SERIES_AT_A_TIME = 8  # Of many: a piece of work for one thread.


@dataclass(frozen=True, eq=False)
class Explosive:
    """The statistics of one series. Entry k of a path belongs to the observation `places[k]`.

    An entry is NaN where no window ending there has a statistic (prices stood still in all of them).
    """

    series: Series
    design: Design
    badf: Floats
    bsadf: Floats

    @property
    def adf(self) -> float:
        """Of the whole series."""
        return float(self.badf[-1])

    @cached_property
    def sadf(self) -> float:
        """The largest BADF."""
        return largest(self.badf)

    @cached_property
    def gsadf(self) -> float:
        """The largest BSADF."""
        return largest(self.bsadf)

    @property
    def places(self) -> NDArray[np.int64]:
        """Places in the series that the paths' entries belong to."""
        return np.arange(self.design.first_end, self.design.length)

    @property
    def dates(self) -> Dates | None:
        """Dates that the paths' entries belong to."""
        return None if self.series.dates is None else self.series.dates[self.design.first_end :]


def explosive(
    values: "ArrayLike | Series",
    dates: object = None,
    *,
    lags: int = 0,
    criterion: Criterion | None = None,
    min_window: int | None = None,
    count: Count = "levels",
    missing: Missing = "error",
    positive: bool = False,
    name: str = "series",
) -> Explosive:
    """All five statistics of a series of at least some 20 observations.

    Multiplying the series by any number changes nothing, with a criterion neither. `lags`, `criterion`, `min_window`
    and `count` are explained at `windows.design`; `missing` and `positive` (refuse prices at or below zero, where
    logarithms and spreads may be) at `series.series`. The papers take prices or their ratio to dividends as they are;
    take `series(...).log()` for logarithms. Raises BadValue.
    """
    made = series(values, dates, name=name, missing=missing, positive=positive)
    plan = design(len(made), lags=lags, criterion=criterion, min_window=min_window, count=count)
    badf, bsadf = statistics(made.values[None], plan, threads=1)
    if np.isnan(bsadf).all():
        raise BadValue(f"{made.name}: no window has a statistic: the values follow a rule exactly, without chance")
    return Explosive(made, plan, badf[0], bsadf[0])


def statistics(levels: Floats, plan: Design, *, threads: int | None = None) -> tuple[Floats, Floats]:
    """(BADF, BSADF) of many series of the same length at once: rows of `levels` in, rows of two arrays out.

    For sweeps and simulations: finite numbers are expected and not checked. The number of threads (default: one
    a core) does not change the result.
    """
    levels = np.ascontiguousarray(levels, dtype=np.float64)
    if levels.ndim != 2 or levels.shape[1] != plan.length:
        raise BadValue(f"levels of shape {levels.shape}: rows of {plan.length} observations are needed")
    badf = np.empty((levels.shape[0], plan.ends))
    bsadf = np.empty_like(badf)

    def work(part: slice) -> None:
        if plan.criterion is None and plan.lags <= 1:
            sweep(levels[part], plan.lags, plan.rows_min, badf[part], bsadf[part])
        else:
            sweep_with_lags(levels[part], plan.lags, plan.rows_min, plan.penalty, badf[part], bsadf[part])

    in_threads(work, slices(levels.shape[0], SERIES_AT_A_TIME), threads)
    return badf, bsadf


def largest(path: Floats) -> float:
    """The largest entry that exists; NaN when none does."""
    return float("nan") if np.isnan(path).all() else float(np.nanmax(path))
