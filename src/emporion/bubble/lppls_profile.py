"""How well is the critical time known? Its distribution from the profile of tc.

tc is held at each of many times ahead and the rest is fitted anew. The sum of squares as a function of tc is usually
flat, with several valleys: a single best tc says little. It becomes a likelihood in one of two ways:

    profile   -(n / 2) ln sse
    modified  the same less what the nuisance parameters make of it: Severini's modified profile likelihood as
              Filimonov, Demos and Sornette (2017, doi 10.1080/14697688.2016.1276298) write it,
              -(n - p - 2) / 2 ln sse + 1/2 ln |X'X - H| - ln |X0'X|, p = 6. X: derivatives of the curve by m, omega,
              A, B, C1, C2; X0 the same at the best tc; H: residuals times second derivatives.

Both take residuals for independent, and those of a fitted price are far from it. So n is what is left of it when
neighbours correlate by rho, n (1 - rho) / (1 + rho), unless `independent`. A few years of days are then worth some 20
observations, for which the correction of the modified one is as large as the likelihood itself: it is the default
of the paper, under independence, and not of this function.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.lppls import SEARCH, Search, days_of, fit_windows, from_row, prices, to_date, usual_step
from emporion.bubble.lppls_polish import (
    OUT_A,
    OUT_B,
    OUT_C1,
    OUT_C2,
    OUT_LEAD,
    OUT_M,
    OUT_OMEGA,
    OUT_SSE,
)  # fmt: skip
from emporion.bubble.series import Floats, Missing, Series
from emporion.bubble.threads import in_threads
from emporion.errors import BadValue

Method: TypeAlias = Literal["modified", "profile"]
METHODS = ("modified", "profile")
NUISANCE = 6
LEAST_ROWS = 12.0  # Effective observations are never counted as fewer: the modified likelihood takes off eight.
EDGE = 0.05  # More than this share of the density's height at the last time looked at: tc may as well lie beyond.


@dataclass(frozen=True, eq=False)
class CriticalTime:
    """The distribution of tc over the times looked at. Times are days, as of `lppls.Lppls`.

    tc, sse, log_likelihood (0 at its highest), density (per day; its integral is 1): one entry a time. best: of the
    least sse. rows: effective observations. is_open: the density has not fallen off at the latest time looked at, so
    the true range reaches further.
    """

    name: str
    last: float
    has_dates: bool
    tc: Floats
    sse: Floats
    m: Floats
    omega: Floats
    log_likelihood: Floats
    density: Floats
    best: float
    rows: float
    is_open: bool

    @property
    def median(self) -> float:
        return self.quantile(0.5)

    def quantile(self, share: float) -> float:
        """The time before which tc lies with this probability."""
        if not 0.0 < share < 1.0:
            raise BadValue(f"share={share!r}: between 0 and 1")
        heights = 0.5 * (self.density[1:] + self.density[:-1]) * np.diff(self.tc)
        reached = np.concatenate(([0.0], np.cumsum(heights)))
        return float(np.interp(share * reached[-1], reached, self.tc))

    def range(self, level: float = 0.9) -> tuple[float, float]:
        """The middle part that holds tc with probability `level`."""
        if not 0.0 < level < 1.0:
            raise BadValue(f"level={level!r}: between 0 and 1")
        return self.quantile(0.5 - level / 2), self.quantile(0.5 + level / 2)

    def likely(self, relative: float = 0.05) -> Floats:
        """The times whose likelihood is at least this share of the highest: an interval, maybe in pieces."""
        return self.tc[self.log_likelihood >= math.log(relative)]

    def date(self, day: float) -> np.datetime64:
        """A time as a date; BadValue for a series without dates."""
        if not self.has_dates:
            raise BadValue(f"{self.name}: was given without dates, so {day:.1f} is a place")
        return to_date(day)


def critical_time(
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    method: Method = "profile",
    independent: bool = False,
    times: int = 64,
    search: Search = SEARCH,
    missing: Missing = "error",
    name: str = "series",
    threads: int | None = None,
) -> CriticalTime:
    """Profile tc over `times` times from the least lead of `search` to its largest, closer together near the data.

    The number of threads changes nothing. Raises BadValue.
    """
    if method not in METHODS:
        raise BadValue(f"method={method!r}: it is one of {', '.join(METHODS)}")
    if times < 8:
        raise BadValue(f"times={times}: at least 8")
    made = prices(values, dates, name, missing)
    days, logs = days_of(made), np.log(made.values)
    count = np.array([len(made)])
    best = fit_windows(days, logs[None], count, search, made.name)[0, 0]
    from_row(best, made, days[0], days[-1], len(made))  # Refuses what has no fit.
    low = usual_step(days) if search.lead_min is None else search.lead_min
    leads = np.exp(np.linspace(math.log(low), math.log(search.lead_share * (days[-1] - days[0])), times))
    leads = np.unique(np.append(leads, best[OUT_LEAD]))
    table = np.empty((leads.size, best.size))

    def work(k: int) -> None:
        table[k] = fit_windows(days, logs[None], count, search, made.name, lead=float(leads[k]))[0, 0]

    in_threads(work, range(leads.size), threads)
    table, leads = table[np.isfinite(table[:, OUT_SSE])], leads[np.isfinite(table[:, OUT_SSE])]
    at = int(np.argmin(table[:, OUT_SSE]))
    rest = logs - _curve(table[at], days)[0]
    rows = float(len(made))
    if not independent:
        rho = max(float(rest[1:] @ rest[:-1] / (rest @ rest)), 0.0)
        rows = max(rows * (1.0 - rho) / (1.0 + rho), LEAST_ROWS)
    log_likelihood = _log_likelihood(table, days, logs, at, rows, method)
    log_likelihood -= log_likelihood.max()
    tc = days[-1] + leads
    density = np.exp(log_likelihood)
    area = float((0.5 * (density[1:] + density[:-1]) * np.diff(tc)).sum())
    return CriticalTime(
        made.name, float(days[-1]), made.dates is not None, tc, table[:, OUT_SSE], table[:, OUT_M], table[:, OUT_OMEGA],
        log_likelihood, density / area, float(tc[at]), rows, bool(density[-1] > EDGE),
    )  # fmt: skip


def _log_likelihood(table: Floats, days: Floats, logs: Floats, at: int, rows: float, method: Method) -> Floats:
    # An exact fit has no residuals; a floor of rounding's size keeps its logarithm finite.
    sse = np.maximum(table[:, OUT_SSE], 1e-28 * logs.size)
    if method == "profile":
        return -0.5 * rows * np.log(sse)
    result = -0.5 * (rows - NUISANCE - 2) * np.log(sse)
    foremost = _derivatives(table[at], days)[0]
    for k in range(table.shape[0]):
        first, second = _derivatives(table[k], days)
        rest = logs - _curve(table[k], days)[0]
        information = first.T @ first - np.einsum("abi,i->ab", second, rest)
        sign, size = np.linalg.slogdet(information)
        if sign <= 0.0:  # Not at an inner minimum (m or omega at the edge of the search): without second derivatives.
            size = np.linalg.slogdet(first.T @ first)[1]
        result[k] += 0.5 * size - np.linalg.slogdet(foremost.T @ first)[1]
    return np.where(np.isfinite(result), result, -np.inf)


def _curve(row: Floats, days: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """(curve, ln x, x^m, and it times cosine and sine); x in windows, so that numbers stay near 1."""
    span = days[-1] - days[0]
    logs = np.log((row[OUT_LEAD] + days[-1] - days) / span)
    power, turn = np.exp(row[OUT_M] * logs), row[OUT_OMEGA] * (logs + math.log(span))
    cosine, sine = power * np.cos(turn), power * np.sin(turn)
    scale = math.exp(row[OUT_M] * math.log(span))
    curve = row[OUT_A] + scale * (row[OUT_B] * power + row[OUT_C1] * cosine + row[OUT_C2] * sine)
    return curve, logs, power, cosine, sine


def _derivatives(row: Floats, days: Floats) -> tuple[Floats, Floats]:
    """First (n, 6) and second (6, 6, n) derivatives of the curve by m, omega, A, B, C1, C2, in the scaled units."""
    curve, logs, power, cosine, sine = _curve(row, days)
    span = days[-1] - days[0]
    turn = math.log(span) * row[OUT_OMEGA]  # The phase moves along, so that omega turns about the far end.
    cosine, sine = cosine * math.cos(turn) + sine * math.sin(turn), sine * math.cos(turn) - cosine * math.sin(turn)
    scale = math.exp(row[OUT_M] * math.log(span))
    c1 = scale * (row[OUT_C1] * math.cos(turn) + row[OUT_C2] * math.sin(turn))
    c2 = scale * (row[OUT_C2] * math.cos(turn) - row[OUT_C1] * math.sin(turn))
    part, turned = curve - row[OUT_A], c2 * cosine - c1 * sine
    waves = c1 * cosine + c2 * sine
    first = np.column_stack((logs * part, logs * turned, np.ones_like(logs), power, cosine, sine))
    second = np.zeros((NUISANCE, NUISANCE, days.size))
    second[0, 0], second[0, 1], second[1, 1] = logs**2 * part, logs**2 * turned, -(logs**2) * waves
    second[0, 3], second[0, 4], second[0, 5] = logs * power, logs * cosine, logs * sine
    second[1, 4], second[1, 5] = -logs * sine, logs * cosine
    for a in range(NUISANCE):
        for b in range(a):
            second[a, b] = second[b, a]
    return first, second
