"""How short a window may be, and what a shortest window counts: levels of the series or rows of the regression."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from emporion.errors import BadValue

Count: TypeAlias = Literal["levels", "rows"]
Criterion: TypeAlias = Literal["aic", "bic"]
PENALTIES = {None: 0.0, "aic": 2.0, "bic": -1.0}  # What the compiled code knows them by.
LAGS_MAX = 20


@dataclass(frozen=True)
class Design:
    """What is regressed in which windows. Build it with `design`; two results compare only under equal designs.

    length: observations of the series. lags: of the change; with a criterion, the most that it may choose.
    rows_min: rows of the regression in the least window.
    """

    length: int
    lags: int
    criterion: Criterion | None
    rows_min: int

    @property
    def penalty(self) -> float:
        return PENALTIES[self.criterion]

    @property
    def levels_min(self) -> int:
        """Observations that the least window takes, lags included."""
        return self.rows_min + self.lags + 1

    @property
    def first_end(self) -> int:
        """Place in the series of the first observation that has a statistic."""
        return self.levels_min - 1

    @property
    def ends(self) -> int:
        """How many observations have a statistic."""
        return self.length - self.first_end


def least_levels(length: int) -> int:
    """Phillips, Shi and Yu's rule for the least window: the fraction 0.01 + 1.8 / sqrt(T) of the T observations."""
    return math.floor((0.01 + 1.8 / math.sqrt(length)) * length)


def design(
    length: int,
    *,
    lags: int = 0,
    criterion: Criterion | None = None,
    min_window: int | None = None,
    count: Count = "levels",
) -> Design:
    """Check and complete what a caller asks for.

    `lags`: lagged changes in each regression; with `criterion` ("aic" or "bic") each window takes as many of them,
    from none to `lags`, as the criterion says, on the rows that the most of them leave. `min_window` counts
    observations (`count="levels"`, as the papers do) or rows of the regression ("rows", as R's exuber does);
    default: `least_levels(length)` observations, whatever `count` says. The two differ by one row and the lags, which
    moves critical values by 0.035 at T = 100. Raises BadValue.
    """
    if not isinstance(lags, int) or not 0 <= lags <= LAGS_MAX:
        raise BadValue(f"lags={lags!r}: a whole number from 0 to {LAGS_MAX}")
    if criterion not in PENALTIES:
        raise BadValue(f"criterion={criterion!r}: it is 'aic', 'bic' or None for all lags always")
    if count not in ("levels", "rows"):
        raise BadValue(f"count={count!r}: it is 'levels' (observations) or 'rows' (of the regression)")
    if criterion is not None and lags == 0:
        criterion = None  # Nothing to choose.
    rows_needed = lags + 4  # Constant, level, lags, and two more to estimate a variance.
    if min_window is None:
        rows = max(least_levels(max(length, 1)) - 1 - lags, rows_needed)
    else:
        if not isinstance(min_window, int):
            raise BadValue(f"min_window={min_window!r}: a whole number of {count}")
        rows = min_window if count == "rows" else min_window - 1 - lags
        if rows < rows_needed:
            least = rows_needed if count == "rows" else rows_needed + 1 + lags
            raise BadValue(f"min_window={min_window}: with {lags} lags a window needs at least {least} {count}")
    made = Design(length, lags, criterion, rows)
    if made.ends < 1:
        raise BadValue(f"{length} observations are too few: the least window takes {made.levels_min}")
    return made
