"""The LPPLS curve in the plainest NumPy, to judge the compiled one by."""

import numpy as np


def columns(days, tc, m, omega):
    x = tc - np.asarray(days, dtype=float)
    power = x**m
    return np.column_stack(
        (np.ones_like(x), power, power * np.cos(omega * np.log(x)), power * np.sin(omega * np.log(x)))
    )


def curve(days, tc, m, omega, a, b, c1, c2):
    return columns(days, tc, m, omega) @ np.array([a, b, c1, c2])


def best_linear(days, logs, tc, m, omega):
    """(A, B, C1, C2) and the sum of squared residuals."""
    made = columns(days, tc, m, omega)
    scale = np.abs(made).max(axis=0)
    found = np.linalg.lstsq(made / scale, logs, rcond=None)[0] / scale
    rest = logs - made @ found
    return found, float(rest @ rest)


def walk(count, seed, drift=0.0005, volatility=0.012):
    """A price without a bubble."""
    chance = np.random.default_rng(seed)
    return 100.0 * np.exp(np.cumsum(drift + volatility * chance.standard_normal(count)))


def trading_days(count):
    """So many weekdays, as dates."""
    return np.busday_offset("2015-01-05", np.arange(count)).astype("datetime64[D]")
