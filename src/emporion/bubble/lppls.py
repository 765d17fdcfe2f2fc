"""When would this bubble break? The log-periodic power law singularity (LPPLS) of Johansen, Ledoit and Sornette.

    ln p(t) = A + B x^m + C1 x^m cos(omega ln x) + C2 x^m sin(omega ln x),      x = tc - t in days

A price that grows because it grows reaches a singular time tc, its critical time, at which growth changes: B < 0 is a
positive bubble (a rise that speeds up), B > 0 a negative one (a fall that does). The fit is deterministic: a grid
over (tc, m, omega), then Levenberg and Marquardt from its deepest valleys, the linear part projected out. The same
input gives the same bits in every run and for any number of threads.

A curve with seven parameters fits nearly anything: use `lppls_nested` for the share of windows that agree, `lppls_null`
for how often that much agreement comes by chance, `lppls_profile` for how little the critical time is known.
Sources: Johansen, Ledoit, Sornette (2000); Filimonov and Sornette (2013), doi 10.1016/j.physa.2013.04.012.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.lppls_curve import LEAD, OMEGA, M
from emporion.bubble.lppls_polish import (
    OUT,
    OUT_A,
    OUT_B,
    OUT_C1,
    OUT_C2,
    OUT_ERROR,
    OUT_ERROR_MAX,
    OUT_LEAD,
    OUT_M,
    OUT_OMEGA,
    OUT_SSE,
    fit_nested,
)  # fmt: skip
from emporion.bubble.series import Floats, Missing, Series, series
from emporion.errors import BadValue

DAY_NS = 86_400_000_000_000
EPOCH = 719_163  # 1970-01-01 as days count from 0001-01-01, which is day 1 (date.toordinal).
LEAST_LENGTH = 20  # Observations: seven parameters and something to be wrong about.


@dataclass(frozen=True)
class Search:
    """Where a fit is looked for, and how finely at first.

    m, omega: least and largest; theory wants m from 0 to 1, and a negative one has an infinite price at tc.
    lead_min: least days from the last observation to tc; None is one usual step of the series (1 for daily data),
    without which the best fit is a spike at the last price. lead_share: largest lead, in lengths of the window. leads,
    powers, omegas: nodes of the grid (omegas a multiple of 4). starts: how many valleys are followed.
    """

    m: tuple[float, float] = (0.01, 1.2)
    omega: tuple[float, float] = (2.0, 25.0)
    lead_min: float | None = None
    lead_share: float = 1.0
    leads: int = 8
    powers: int = 4
    omegas: int = 24
    starts: int = 4

    def __post_init__(self) -> None:
        for name, (low, high), (least, most) in (("m", self.m, (-10, 10)), ("omega", self.omega, (0.01, 1000))):
            if not least <= low < high <= most:
                raise BadValue(f"{name}=({low}, {high}): the least, then the largest, from {least} to {most}")
        if self.lead_min is not None and not 0.0 < self.lead_min < math.inf:
            raise BadValue(f"lead_min={self.lead_min}: days, above 0")
        if not 0.0 < self.lead_share <= 100.0:
            raise BadValue(f"lead_share={self.lead_share}: lengths of the window, above 0, at most 100")
        if min(self.leads, self.powers, self.starts) < 1 or self.omegas < 4 or self.omegas % 4:
            raise BadValue("leads, powers and starts: at least 1; omegas: a multiple of 4")


SEARCH = Search()


@dataclass(frozen=True, eq=False)
class Lppls:
    """One fitted curve. Times are days; with dates, as `datetime.date.toordinal` counts them, else places.

    first, last: of the window. count: observations. lead: from the last observation to tc; negative only from
    `lppls_anywhere`, where tc may lie before the first. sse: sum of squared residuals of ln p. relative_error,
    relative_error_max: mean and largest |fitted price / price - 1|.
    """

    name: str
    first: float
    last: float
    count: int
    has_dates: bool
    lead: float
    m: float
    omega: float
    a: float
    b: float
    c1: float
    c2: float
    sse: float
    relative_error: float
    relative_error_max: float

    @property
    def tc(self) -> float:
        """The critical time."""
        return self.last + self.lead

    @property
    def is_positive(self) -> bool:
        """Whether the price rises towards tc (B < 0); else it falls."""
        return self.b < 0.0

    @property
    def c(self) -> float:
        """Amplitude of the oscillation, in units of B."""
        return math.hypot(self.c1, self.c2)

    @property
    def damping(self) -> float:
        """m |B| / (omega |C|): at least 1 where the hazard of a crash never turns negative. Infinite without waves."""
        return self.m * abs(self.b) / (self.omega * self.c) if self.c > 0.0 else math.inf

    @property
    def oscillations(self) -> float:
        """Full turns of the wave inside the window: omega / (2 pi) ln((tc - first) / (tc - last))."""
        return self.omega / (2.0 * math.pi) * abs(math.log((self.last - self.first + self.lead) / self.lead))

    @property
    def tc_date(self) -> np.datetime64:
        """The critical time as a date; BadValue for a series without dates."""
        if not self.has_dates:
            raise BadValue(f"{self.name}: was given without dates, so its critical time {self.tc:.1f} is a place")
        return to_date(self.tc)

    def curve(self, days: ArrayLike) -> Floats:
        """The fitted ln p at these times; NaN from tc on, or before a tc that lies before the window."""
        x = self.last - np.asarray(days, dtype=np.float64) + self.lead
        x = x if self.lead > 0.0 else -x
        with np.errstate(invalid="ignore", divide="ignore"):
            logs = np.log(np.where(x > 0.0, x, np.nan))
            waves = self.c1 * np.cos(self.omega * logs) + self.c2 * np.sin(self.omega * logs)
            return self.a + np.exp(self.m * logs) * (self.b + waves)


@dataclass(frozen=True, eq=False)
class Linear:
    """The linear part of a curve of given shape, and its sum of squared residuals."""

    a: float
    b: float
    c1: float
    c2: float
    sse: float


def fit(
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    search: Search = SEARCH,
    missing: Missing = "error",
    name: str = "series",
) -> Lppls:
    """Fit the curve to all of a price series of at least 20 observations.

    Multiplying prices by a number changes A only; shifting dates changes tc only. Without dates, places stand for
    days. Raises BadValue for what is no such series (see `series.series`).
    """
    made = prices(values, dates, name, missing)
    days = days_of(made)
    table = fit_windows(days, np.log(made.values)[None], np.array([len(made)]), search, made.name)
    return from_row(table[0, 0], made, days[0], days[-1], len(made))


def linear_part(days: ArrayLike, log_prices: ArrayLike, tc: float, m: float, omega: float) -> Linear:
    """A, B, C1, C2 that fit best when the shape is given: by an orthogonal decomposition, for judging.

    Raises BadValue when an observation is not before tc, or the four columns are not independent.
    """
    t, y = np.asarray(days, dtype=np.float64), np.asarray(log_prices, dtype=np.float64)
    if t.ndim != 1 or t.shape != y.shape or t.size < 5:
        raise BadValue(f"days of shape {t.shape}, log prices of {y.shape}: two arrays of the same length, at least 5")
    if not (np.isfinite(t).all() and np.isfinite(y).all() and math.isfinite(m) and math.isfinite(omega)):
        raise BadValue("days, log prices, m and omega must be finite numbers")
    if not tc > t.max():
        raise BadValue(f"tc={tc}: must lie after the last observation ({t.max()})")
    logs = np.log(tc - t)
    power = np.exp(m * (logs - logs.max()))
    columns = np.column_stack((power, power * np.cos(omega * logs), power * np.sin(omega * logs)))
    means = columns.mean(axis=0)
    q, r = np.linalg.qr(columns - means)
    if np.abs(np.diag(r)).min() <= 1e-13 * np.abs(np.diag(r)).max():
        raise BadValue(f"tc={tc}, m={m}, omega={omega}: the columns of the curve are not independent on these days")
    mean = float(y.mean())
    slopes = np.linalg.solve(r, q.T @ (y - mean))
    rest = y - mean - (columns - means) @ slopes
    b, c1, c2 = slopes * math.exp(-m * float(logs.max()))
    return Linear(mean - float(means @ slopes), float(b), float(c1), float(c2), float(rest @ rest))


def prices(values: "ArrayLike | Series", dates: Any, name: str, missing: Missing) -> Series:
    """The checked series of prices."""
    return series(values, dates, name=name, missing=missing, positive=True, length_min=LEAST_LENGTH)


def days_of(made: Series) -> Floats:
    """Times of the observations in days: ordinals of their dates, or places."""
    if made.dates is None:
        return np.arange(len(made), dtype=np.float64)
    whole, rest = np.divmod(made.dates.view(np.int64), DAY_NS)
    return whole + (rest / DAY_NS + EPOCH) if rest.any() else whole + float(EPOCH)


def to_date(day: float) -> np.datetime64:
    """A date from an ordinal day, to the second."""
    return np.datetime64(round((day - EPOCH) * 86_400), "s")


def usual_step(days: Floats) -> float:
    """Median days from one observation to the next."""
    steps = days[1:] - days[:-1]
    steps.sort()
    return float(steps[(steps.size - 1) // 2] + steps[steps.size // 2]) / 2.0


def fit_windows(
    days: Floats, logs: Floats, counts: NDArray[np.int64], search: Search, name: str, lead: float | None = None
) -> Floats:
    """Fit the last `counts` (rising) observations of each row of `logs`; a table (rows, counts, OUT).

    With `lead`, tc is held there. For sweeps: input is not checked.
    """
    size = int(counts[-1])
    deltas = np.ascontiguousarray((days[-1] - days[-size:])[::-1])
    lengths = deltas[counts - 1]
    lead_min = usual_step(days[-size:]) if search.lead_min is None else search.lead_min
    if lead is None and search.lead_share * lengths[0] <= lead_min:
        raise BadValue(
            f"{name}: the window of {lengths[0]:g} days is too short: its critical time would lie between {lead_min:g} "
            f"and {search.lead_share * lengths[0]:g} days ahead; take longer windows or a larger lead_share"
        )
    if lead is None:
        lead_max = search.lead_share * lengths
        step = math.log(lead_max[-1] / lead_min) / max(search.leads - 1, 1)
        grid_lead = np.array([lead_min * math.exp(k * step) for k in range(search.leads)])
    else:
        lead_max, grid_lead, lead_min = np.full(counts.size, lead), np.array([lead]), lead
    grid_m, grid_omega = _grids(search)
    box = np.empty((2, 3))
    box[:, LEAD] = math.log(lead_min), math.log(lead_max[-1])
    box[:, M], box[:, OMEGA] = search.m, search.omega
    free = np.array([lead is None, 1, 1], dtype=np.int64)
    out = np.empty((logs.shape[0], counts.size, OUT))
    values = np.ascontiguousarray(logs[:, -size:][:, ::-1])
    fit_nested(
        deltas, values, counts.astype(np.int64), grid_lead, grid_m, grid_omega, box, lead_max, search.starts, free, out
    )
    return out


@cache
def _grids(search: Search) -> tuple[Floats, Floats]:
    """Nodes of m, in the middles of equal parts, and of omega."""
    half = (search.m[1] - search.m[0]) / (2 * search.powers)
    powers = np.linspace(search.m[0] + half, search.m[1] - half, search.powers)
    return powers, np.linspace(*search.omega, search.omegas)


def from_row(row: Floats, made: Series, first: float, last: float, count: int) -> Lppls:
    """A fit from its row of the table."""
    if not math.isfinite(row[OUT_SSE]):
        raise BadValue(f"{made.name}: no curve can be fitted to these {count} observations; look for repeated values")
    return Lppls(
        made.name, float(first), float(last), count, made.dates is not None, float(row[OUT_LEAD]),
        *(float(row[k]) for k in (OUT_M, OUT_OMEGA, OUT_A, OUT_B, OUT_C1, OUT_C2, OUT_SSE, OUT_ERROR, OUT_ERROR_MAX)),
    )  # fmt: skip
