"""Marks of options: Black-76 at a volatility that is a smooth curve of the strike, one for each expiry.

Quotes of single options are wide, stale or absent, so an option is not marked at its own quote but on the curve that
all quotes of its expiry say together:

    vol(K) = level + slope x + bend x^2,   x = ln(K/F) / sqrt(years), held at -3 and 3 beyond

It is fitted by least squares to the volatilities half-way between bid and ask of the options out of the money, each
counting by the square of how narrow it is. A weak pull to what the curve was keeps slope and bend where few strikes
are quoted, and the fit moves the curve over a minute or so, not at once: an order that is there for a second moves
nothing. The bend is never negative. Such a curve is simple and may, where quotes are strange, allow what no market
should (a butterfly below nothing); it is for marks, not for trading against.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from emporion.errors import BadValue
from emporion.instruments import black76
from emporion.instruments.normal import Floats

TAU_NS = 60 * 1_000_000_000  # In which two thirds of a change are taken over.
FAR = 3.0  # Deviations from the forward, of a volatility of 1.
YEARS_MIN = 1 / 365  # Nearer the expiry x would run away.
VOL_MIN, VOL_MAX = 0.01, 5.0
WIDTH_MIN = 0.005  # Half a point: no quote counts more than one this narrow.
PULL = np.array([1.0, 400.0, 400.0])  # To level, slope and bend as they were: a quote 5 points wide weighs some 330.


@dataclass(frozen=True)
class Curve:
    """Volatility by strike at one expiry."""

    level: float
    slope: float = 0.0
    bend: float = 0.0

    def vols(self, forward: float, strikes: ArrayLike, years: float) -> Floats:
        """At each strike, within 1 and 500 points."""
        x = _distance(forward, strikes, years)
        return np.clip(self.level + self.slope * x + self.bend * x * x, VOL_MIN, VOL_MAX)


class Smile:
    """The curve of one expiry, as quotes move it."""

    def __init__(self, vol: float, tau_ns: int = TAU_NS) -> None:
        """`vol`: what is believed before the first quotes, at every strike."""
        if not VOL_MIN <= vol <= VOL_MAX:
            raise BadValue(f"vol: {vol} is not within {VOL_MIN} and {VOL_MAX}")
        self.curve = Curve(vol)
        self._tau_ns = tau_ns
        self._last_ns: int | None = None

    def update(
        self,
        ts_ns: int,
        forward: float,
        years: float,
        strikes: ArrayLike,
        bids: ArrayLike,
        asks: ArrayLike,
        is_call: ArrayLike,
    ) -> Curve:
        """The curve after a look at the book of each option.

        Args:
            years: until the expiry, as the options are priced: see `option.averaged_years`.
            bids, asks: premiums; NaN where a side is empty. What is in the money, crossed, or has no volatility is
                passed over, and without any quote the curve stays.
        """
        if self._last_ns is not None and ts_ns < self._last_ns:
            raise BadValue(f"ts_ns: {ts_ns} is before {self._last_ns}; times may not go back")
        strike, bid, ask = (np.asarray(one, np.float64) for one in (strikes, bids, asks))
        call = np.asarray(is_call, np.bool_)
        low, high = (black76.implied_vol(one, forward, strike, years, call) for one in (bid, ask))
        usable = np.isfinite(low) & np.isfinite(high) & (high >= low) & (call == (strike >= forward))
        usable &= (low > 0.0) & (high <= VOL_MAX)
        if not usable.any():
            return self.curve
        target = self._fit(_distance(forward, strike[usable], years), low[usable], high[usable])
        share = 1.0 if self._last_ns is None else -math.expm1(-(ts_ns - self._last_ns) / self._tau_ns)
        self._last_ns = ts_ns
        before = np.array([self.curve.level, self.curve.slope, self.curve.bend])
        self.curve = Curve(*(before + share * (target - before)).tolist())
        return self.curve

    def _fit(self, x: Floats, low: Floats, high: Floats) -> Floats:
        weight = 1.0 / np.square(np.maximum(high - low, WIDTH_MIN))
        before = np.array([self.curve.level, self.curve.slope, self.curve.bend])
        columns = np.stack([np.ones_like(x), x, x * x])
        weighted = columns * weight
        fitted = np.linalg.solve(weighted @ columns.T + np.diag(PULL), weighted @ (0.5 * (low + high)) + PULL * before)
        if fitted[2] < 0.0:  # Without a bend, then.
            matrix = (weighted @ columns.T + np.diag(PULL))[:2, :2]
            line = np.linalg.solve(matrix, (weighted @ (0.5 * (low + high)) + PULL * before)[:2])
            fitted = np.array([line[0], line[1], 0.0])
        return fitted


def marks(curve: Curve, forward: float, years: float, strikes: ArrayLike, is_call: ArrayLike) -> Floats:
    """The mark of each option of one expiry."""
    return black76.price(forward, strikes, years, curve.vols(forward, strikes, years), is_call)


def _distance(forward: float, strikes: ArrayLike, years: float) -> Floats:
    with np.errstate(divide="ignore"):
        x = np.log(np.asarray(strikes, np.float64) / forward) / math.sqrt(max(years, YEARS_MIN))
    return np.clip(x, -FAR, FAR)
