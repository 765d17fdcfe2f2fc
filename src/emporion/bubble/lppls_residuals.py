"""Is the curve more than a line through noise? What the residuals of a fit say.

A fit means something only if what it leaves returns to zero (Lin, Ren and Sornette 2014, volatility-confined LPPL):
residuals that wander like a random walk show that the curve was laid over one. And the wave it claims should be visible
in the series without the wave's help: in a periodogram over ln x of what the power law alone leaves (Lomb; Zhou and
Sornette 2002).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.lppls import Lppls, days_of, prices
from emporion.bubble.series import Floats, Missing, Series
from emporion.errors import BadValue

UNIT_ROOT_5 = -1.95  # Dickey and Fuller's 5% for a series without a constant.


@dataclass(frozen=True, eq=False)
class Residuals:
    """rest: ln p less the curve. ar1: correlation of neighbours. half_life: observations until half of a deviation
    is gone; infinite at ar1 = 1. durbin_watson: 2 for independent ones, near 0 for a walk.

    unit_root_t: Dickey and Fuller's t with one lag and no constant. `returns` compares it with -1.95, which holds for
    given series; residuals of seven fitted parameters pass more often, so it can refute, not prove.

    lomb_omega: the strongest frequency of the detrended series in ln x, lomb_power its normalised power, and
    lomb_p the chance of such power in independent noise: again a lower bound, since residuals hang together.
    """

    rest: Floats
    ar1: float
    half_life: float
    durbin_watson: float
    unit_root_t: float
    lomb_omega: float
    lomb_power: float
    lomb_p: float

    @property
    def returns(self) -> bool:
        """Whether a unit root in the residuals is refused at 5%."""
        return self.unit_root_t < UNIT_ROOT_5

    def agrees(self, fit: Lppls, tolerance: float = 0.2) -> bool:
        """Whether the strongest frequency is that of the fit, within this share of it."""
        return abs(self.lomb_omega - fit.omega) <= tolerance * fit.omega


def residuals(
    fit: Lppls,
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    omega_max: float = 50.0,
    frequencies: int = 500,
    missing: Missing = "error",
) -> Residuals:
    """Of the series that was fitted, or a longer one that contains its window. Raises BadValue."""
    if not omega_max > 0.0 or frequencies < 10:
        raise BadValue(f"omega_max={omega_max}, frequencies={frequencies}: above 0, and at least 10")
    made = prices(values, dates, fit.name, missing)
    days = days_of(made)
    inside = (days >= fit.first) & (days <= fit.last)
    if inside.sum() != fit.count:
        raise BadValue(f"{fit.name}: {inside.sum()} observations lie in the fit's window, which has {fit.count}")
    days, logs = days[inside], np.log(made.values[inside])
    rest = logs - fit.curve(days)
    if not np.any(rest):
        raise BadValue(f"{fit.name}: the fit is exact, so there are no residuals to look at")
    squares = float(rest @ rest)
    ar1 = float(rest[1:] @ rest[:-1]) / squares
    half = 0.0 if ar1 <= 0.0 else math.inf if ar1 >= 1.0 else math.log(0.5) / math.log(ar1)
    changes = np.diff(rest)
    omega, power, chance = _lomb(fit, days, logs, omega_max, frequencies)
    return Residuals(rest, ar1, half, float(changes @ changes) / squares, _unit_root(rest), omega, power, chance)


def _unit_root(rest: Floats) -> float:
    changes = np.diff(rest)
    columns = np.column_stack((rest[1:-1], changes[:-1]))
    inverse = np.linalg.pinv(columns.T @ columns)
    slopes = inverse @ columns.T @ changes[1:]
    left = changes[1:] - columns @ slopes
    variance = float(left @ left) / (left.size - 2)
    error = math.sqrt(variance * float(inverse[0, 0]))
    return float(slopes[0]) / error if error > 0.0 else -math.inf


def _lomb(fit: Lppls, days: Floats, logs: Floats, omega_max: float, frequencies: int) -> tuple[float, float, float]:
    """(omega, normalised power, chance) of the strongest frequency of ln p, less its best power law, over x^m."""
    x = np.log(fit.tc - days)
    power = np.exp(fit.m * x)
    columns = np.column_stack((np.ones_like(power), power))
    left = (logs - columns @ np.linalg.lstsq(columns, logs, rcond=None)[0]) / power
    left -= left.mean()
    least = 2.0 * math.pi / float(np.ptp(x))  # One turn in the window.
    omegas = np.linspace(min(least, 0.5 * omega_max), omega_max, frequencies)
    phase = omegas[:, None] * x
    shift = 0.5 * np.arctan2(np.sin(2 * phase).sum(axis=1), np.cos(2 * phase).sum(axis=1))
    cosine, sine = np.cos(phase - shift[:, None]), np.sin(phase - shift[:, None])
    powers = (cosine @ left) ** 2 / (cosine**2).sum(axis=1) + (sine @ left) ** 2 / np.maximum(
        (sine**2).sum(axis=1), 1e-300
    )
    powers /= 2.0 * float(left @ left) / left.size
    at = int(np.argmax(powers))
    trials = max(1.0, (omegas[-1] - omegas[0]) / least)  # Independent frequencies, about.
    chance = -math.expm1(trials * math.log1p(-math.exp(-min(float(powers[at]), 700.0))))
    return float(omegas[at]), float(powers[at]), chance
