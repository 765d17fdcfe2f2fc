"""The fit without bounds: its own arithmetic, the limits that it may run to, and never above the package lppls."""

import math
import random
import warnings

import numpy as np
import pytest

from emporion.bubble.jit import COMPILED
from emporion.bubble.lppls import Lppls, Series, days_of, fit, linear_part, series
from emporion.bubble.lppls_anywhere import fit_anywhere
from emporion.errors import BadValue
from tests.bubble import lppls_model as model
from tests.bubble.test_lppls_judges import FILE, nasdaq_series

pytestmark = pytest.mark.skipif(not COMPILED, reason="it takes a hundred boxes, too many to scan uncompiled")


def walk(count: int, seed: int) -> Series:
    return series(model.walk(count, seed), model.trading_days(count), name=f"walk {seed}")


def made(count: int, seed: int) -> Series:
    """A bubble, its parameters and its noise drawn."""
    chance = np.random.default_rng(seed)
    days = np.arange(count, dtype=float)
    tc, m, omega = days[-1] + chance.uniform(1.0, 150.0), chance.uniform(0.1, 0.9), chance.uniform(4.0, 15.0)
    logs = model.curve(days, tc, m, omega, 7.0, -0.03, *(0.003 * chance.standard_normal(2)))
    logs += np.cumsum(0.006 * chance.standard_normal(count)) + 0.004 * chance.standard_normal(count)
    return series(np.exp(logs), model.trading_days(count), name=f"made {seed}")


def recorded() -> list[Series]:
    if not FILE.is_file():
        return []
    whole = nasdaq_series()
    return [whole.since(begin) for begin in (0, 360, 840, 1080, 1320)]


def residual(found: Lppls, of: Series) -> float:
    rest = np.log(of.values) - found.curve(days_of(of))
    return float(rest @ rest)


@pytest.mark.parametrize(
    "prices", [*(walk(n, n) for n in (60, 150, 400, 750)), *(made(n, n) for n in (100, 300, 650))], ids=lambda s: s.name
)
def test_the_peer_never_fits_better_on_made_prices(prices):
    _not_above(prices)


@pytest.mark.skipif(not FILE.is_file(), reason=f"no data: {FILE} is not there; set EMPORION_DATA")
@pytest.mark.parametrize("prices", recorded(), ids=lambda s: f"{len(s)} of Nasdaq")
def test_the_peer_never_fits_better_on_the_nasdaq(prices):
    _not_above(prices)


def _not_above(prices: Series) -> None:
    peer = pytest.importorskip("lppls.lppls", reason="the package lppls is not installed")
    found = fit_anywhere(prices)
    assert found.sse <= fit(prices).sse * (1.0 + 1e-12)
    assert residual(found, prices) == pytest.approx(found.sse, rel=1e-4)  # Its B may be huge: digits are lost.
    observed = np.array([days_of(prices), np.log(prices.values)])
    for seed in (1, 2, 3):
        model_of_peer = peer.LPPLS(observed)
        random.seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tc, m, omega, a, b, _, c1, c2, _, _ = model_of_peer.fit(25)
        theirs = model_of_peer.lppls(observed[0], tc, m, omega, a, b, c1, c2) - observed[1]
        assert found.sse <= float(theirs @ theirs) * (1.0 + 1e-9), (seed, tc, m, omega)


def test_it_is_the_same_every_time():
    one, other = fit_anywhere(walk(120, 3)), fit_anywhere(walk(120, 3))
    assert (one.sse, one.lead, one.m, one.omega, one.b) == (other.sse, other.lead, other.m, other.omega, other.b)


def test_a_curve_that_slows_down_has_its_critical_time_before_it():
    days = np.arange(200.0)
    x = days + 12.0
    logs = 5.0 + 0.2 * x**0.4 * (1.0 + 0.1 * np.cos(7.0 * np.log(x)))
    found = fit_anywhere(np.exp(logs))
    assert found.tc == pytest.approx(-12.0, rel=1e-3) and found.lead < 0.0
    assert (found.m, found.omega) == pytest.approx((0.4, 7.0), rel=1e-3)
    assert found.curve(days) == pytest.approx(logs, abs=1e-5) and np.isnan(found.curve([found.tc - 1.0])).all()
    assert found.oscillations == pytest.approx(7.0 / (2.0 * math.pi) * math.log(211.0 / 12.0), rel=1e-3)


def test_an_exponential_wave_has_its_critical_time_far_away():
    days = np.arange(150.0)
    logs = 3.0 + 0.3 * np.exp(0.01 * days) + 0.05 * np.exp(0.01 * days) * np.sin(0.13 * days)
    found = fit_anywhere(np.exp(logs))
    assert abs(found.lead) > 10.0 * 149.0
    assert found.sse < 1e-2 * fit(np.exp(logs)).sse


@pytest.mark.parametrize("is_behind", [False, True])
def test_its_linear_part_is_the_judges(is_behind):
    logs = np.log(made(300, 300).values)[:: 1 if is_behind else -1]  # Slows down; backwards, it speeds up.
    days, found = np.arange(300.0), fit_anywhere(np.exp(logs))
    assert (found.lead < 0.0) == is_behind
    turned = (-days[::-1], logs[::-1], -found.tc) if is_behind else (days, logs, found.tc)
    assert linear_part(*turned, found.m, found.omega).sse == pytest.approx(found.sse, rel=1e-7)


def test_bad_prices_are_refused():
    with pytest.raises(BadValue, match="above zero"):
        fit_anywhere(np.r_[model.walk(40, 1), 0.0])
