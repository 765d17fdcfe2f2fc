"""Confidence, trust, their chance distribution, the critical time and the residuals."""

import math

import numpy as np
import pytest

from emporion.bubble import lppls_nested, lppls_null
from emporion.bubble.jit import COMPILED
from emporion.bubble.lppls import Search, fit
from emporion.bubble.lppls_filters import PRESETS, Filter, damping, named, oscillations
from emporion.bubble.lppls_nested import Windows, nested, trust
from emporion.bubble.lppls_null import calibrated, simulate
from emporion.bubble.lppls_polish import (
    OUT,
    OUT_B,
    OUT_C1,
    OUT_C2,
    OUT_ERROR,
    OUT_ERROR_MAX,
    OUT_LEAD,
    OUT_M,
    OUT_OMEGA,
)
from emporion.bubble.lppls_profile import critical_time
from emporion.bubble.lppls_residuals import residuals
from emporion.errors import BadValue
from tests.bubble import lppls_model as model

SMALL = Search(leads=4, powers=2, omegas=8, starts=1)
WINDOWS = Windows(longest=60, shortest=30, step=10)
needs_compiler = pytest.mark.skipif(not COMPILED, reason="a thousand fits take too long uncompiled")


def bubble(count, lead=30.0, noise=0.002, seed=3):
    days = np.arange(count, dtype=float)
    logs = model.curve(days, count - 1 + lead, 0.5, 8.0, 7.0, -0.05, 0.003, -0.003)
    return np.exp(logs + noise * np.random.default_rng(seed).standard_normal(count))


def test_windows_are_the_published_ones():
    assert Windows().counts(10_000).size == 126
    assert Windows().counts(10_000)[[0, 1, -1]].tolist() == [125, 130, 750]
    assert WINDOWS.counts(45).tolist() == [30, 40] and WINDOWS.counts(29).size == 0
    for wrong in ((10, 5, 1), (50, 60, 1), (60, 50, 0)):
        with pytest.raises(BadValue):
            Windows(*wrong)


def test_every_end_is_fitted_as_if_it_were_the_last():
    prices, dates = model.walk(75, 4), model.trading_days(75)
    found = nested(prices, dates, windows=WINDOWS, ends=50, every=20, search=SMALL)
    assert found.places.tolist() == [34, 54, 74] and found.counts.tolist() == [30, 40, 50, 60]
    assert found.dates.astype("datetime64[D]").tolist() == dates[[34, 54, 74]].tolist()
    assert np.isnan(found.table[0, 1:]).all() and np.isfinite(found.table[0, 0]).all()
    earlier = nested(prices[:55], dates[:55], windows=WINDOWS, search=SMALL)
    assert np.array_equal(found.table[1, :3], earlier.table[0])  # To the bit: nothing of the future is used.
    one = found.at(1, 2)
    assert one.count == 50 and (one.first, one.last) == (dates[5].item().toordinal(), dates[54].item().toordinal())
    assert found.lengths[1, 2] == one.last - one.first
    with pytest.raises(BadValue, match="no window"):
        found.at(0, 2)


def test_threads_and_runs_change_nothing():
    prices = model.walk(70, 5)
    tables = [nested(prices, windows=WINDOWS, ends=6, search=SMALL, threads=n).table for n in (1, 2, 3, 2)]
    assert all(np.array_equal(tables[0], other) for other in tables[1:])
    few = Windows(30, 30, 1)
    assert len({trust(prices, windows=few, draws=4, search=SMALL, threads=n, seed=2) for n in (1, 2)}) == 1
    nulls = [calibrated(prices, windows=few, replications=19, search=SMALL, threads=n) for n in (1, 3)]
    assert np.array_equal(nulls[0].null_positive, nulls[1].null_positive)


def row(**changes):
    """A fit that all presets let pass, in a window of 100 days, but for `changes`."""
    made = np.zeros(OUT)
    values = {
        "lead": 5.0,
        "m": 0.5,
        "omega": 8.0,
        "b": -1.0,
        "c1": 0.03,
        "c2": 0.04,
        "mean": 0.01,
        "largest": 0.3,
    } | changes
    for name, place in (
        ("lead", OUT_LEAD), ("m", OUT_M), ("omega", OUT_OMEGA), ("b", OUT_B), ("c1", OUT_C1), ("c2", OUT_C2),
        ("mean", OUT_ERROR), ("largest", OUT_ERROR_MAX),
    ):  # fmt: skip
        made[place] = values[name]
    return made


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({}, {"fco", "trust", "filimonov", "lppls"}),
        ({"m": 1.1}, {"fco"}),
        ({"m": 0.95}, {"fco", "trust", "lppls"}),
        ({"m": 0.05, "c1": 0.0, "c2": 0.001}, {"fco", "trust", "lppls"}),
        ({"omega": 20.0, "c1": 0.0, "c2": 0.02}, {"fco", "trust"}),
        ({"omega": 5.2}, {"fco", "trust", "lppls"}),
        ({"omega": 4.0}, set()),  # Turns less than two and a half times, too.
        ({"lead": 11.0}, {"filimonov", "lppls"}),
        ({"lead": 60.0}, {"filimonov"}),
        ({"c1": 0.0, "c2": 0.07}, {"fco", "filimonov", "lppls"}),
        ({"c1": 0.0, "c2": 0.12}, {"filimonov", "lppls"}),
        ({"c1": 0.0, "c2": 0.13}, {"filimonov"}),
        ({"mean": 0.06}, {"trust", "filimonov", "lppls"}),
        ({"mean": 0.21}, {"filimonov", "lppls"}),
    ],
)
def test_presets_let_pass_what_they_should(changes, passed):
    table, lengths = row(**changes)[None], np.array([100.0])
    assert {name for name, one in PRESETS.items() if one.passes(table, lengths)[0]} == passed


def test_shares_are_of_all_windows_or_of_those_of_one_sign():
    table = np.stack([row(), row(m=1.5), row(b=1.0), row(b=1.0, m=1.5), np.full(OUT, np.nan)])
    lengths = np.full(5, 100.0)
    assert PRESETS["fco"].shares(table, lengths) == (0.25, 0.25)  # The window that is missing does not count.
    assert PRESETS["lppls"].shares(table, lengths) == (0.5, 0.5)
    strict = Filter("mine", m=(0.1, 0.9), omega=(6.0, 13.0), error_max=0.05, error_of="largest")
    assert strict.shares(table, lengths) == (0.0, 0.0)
    assert damping(table)[0] == pytest.approx(0.5 / (8.0 * 0.05))
    assert oscillations(table, lengths)[0] == pytest.approx(8.0 / (2 * math.pi) * math.log(21.0))
    assert named(strict) is strict
    with pytest.raises(BadValue, match="one of fco, trust"):
        named("strict")


@needs_compiler
def test_a_bubble_has_confidence_and_trust_and_a_walk_has_little():
    windows = Windows(300, 120, 20)
    for prices, low, high in ((bubble(300), 0.5, 1.0), (1.0 / bubble(300), 0.0, 0.0), (model.walk(300, 6), 0.0, 0.2)):
        found = nested(prices, windows=windows)
        assert low <= found.confidence("lppls")[0][0] <= high
        assert found.passing("lppls").shape == (1, 10)
    assert nested(1.0 / bubble(300), windows=windows).confidence("lppls")[1][0] >= 0.5  # The negative one.
    assert trust(bubble(300), windows=windows, filter="lppls", draws=10)[0] > 0.5


@needs_compiler
def test_a_trend_raises_the_confidence_and_the_null_knows():
    windows = Windows(400, 100, 20)
    rising = calibrated(model.walk(400, 7, drift=0.002), windows=windows, replications=99)
    flat = calibrated(model.walk(400, 7, drift=0.002), windows=windows, replications=99, model="no_drift")
    assert rising.critical()[0] > flat.critical()[0]
    assert rising.p_positive >= flat.p_positive
    sharp = calibrated(bubble(400), windows=windows, filter="lppls", replications=99, volatility="wild")
    assert sharp.p_positive <= 0.1 < sharp.positive


def test_p_values_count_the_series_itself():
    null = np.array([0.0, 0.1, 0.2, 0.2])
    made = lppls_null.Calibrated(0.2, 0.5, null, null, "drift", "constant", 0)
    assert (made.p_positive, made.p_negative) == (0.6, 0.2) and made.critical(0.5) == (0.2, 0.2)
    with pytest.raises(BadValue):
        made.critical(1.0)


def test_simulated_paths_have_the_drift_and_volatility_of_the_series():
    chance = np.random.default_rng(8)
    returns = 0.001 + 0.01 * np.repeat((1.0, 4.0), 200) * chance.standard_normal(400)
    returns[1:] += 0.3 * (returns[:-1] - 0.001)
    paths = {
        (kind, volatility): np.diff(simulate(returns, 300, chance, model=kind, volatility=volatility))
        for kind in ("drift", "no_drift", "ar") for volatility in ("constant", "wild")
    }  # fmt: skip
    for (kind, volatility), steps in paths.items():
        assert steps.std() == pytest.approx(returns.std(), rel=0.1)
        assert steps.mean() == pytest.approx(0.0 if kind == "no_drift" else returns.mean(), abs=5e-4)
        late, early = steps[:, 200:].std(), steps[:, :200].std()
        assert late / early == pytest.approx(1.0 if volatility == "constant" else 4.0, rel=0.25)
        neighbours = np.corrcoef(steps[:, 250:-1].ravel(), steps[:, 251:].ravel())[0, 1]
        assert neighbours == pytest.approx(0.3 if kind == "ar" else 0.0, abs=0.12)


def test_a_kept_null_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(lppls_null, "cache_root", lambda: tmp_path)
    prices, settings = (
        model.walk(40, 9),
        {"windows": Windows(30, 30, 1), "replications": 19, "search": SMALL, "keep": True},
    )
    drawn = calibrated(prices, **settings)
    files = list(tmp_path.rglob("*"))
    monkeypatch.setattr(lppls_null, "simulate", None)  # Would fail if it were called.
    kept = calibrated(prices, **settings)
    assert np.array_equal(kept.null_positive, drawn.null_positive) and len(files) == 2
    files[-1].write_bytes(b"torn")
    monkeypatch.undo()
    monkeypatch.setattr(lppls_null, "cache_root", lambda: tmp_path)
    assert np.array_equal(calibrated(prices, **settings).null_positive, drawn.null_positive)


def test_progress_is_told():
    told = []
    calibrated(
        model.walk(40, 9), windows=Windows(30, 30, 1), replications=20, search=SMALL,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_bad_requests_are_refused():
    prices = model.walk(60, 1)
    for call, message in (
        (lambda: nested(prices), "shortest window"), (lambda: nested(prices, windows=WINDOWS, ends=0), "at least 1"),
        (lambda: trust(prices, windows=WINDOWS, draws=0), "draws"),
        (lambda: calibrated(prices, windows=WINDOWS, model="garch"), "garch"),
        (lambda: calibrated(prices, windows=WINDOWS, volatility="none"), "none"),
        (lambda: calibrated(prices, windows=WINDOWS, replications=5), "no p-value"),
        (lambda: critical_time(prices, method="guess"), "guess"),
        (lambda: critical_time(prices, times=3), "at least 8"),
    ):  # fmt: skip
        with pytest.raises(BadValue, match=message):
            call()


@needs_compiler
@pytest.mark.parametrize("method", ["profile", "modified"])
def test_the_critical_time_of_a_clear_bubble_is_found_with_its_range(method):
    prices, dates = bubble(400), np.datetime64("2020-01-01") + np.arange(400)
    found = critical_time(prices, dates, method=method)
    low, high = found.range(0.9)
    truth = found.last + 30.0
    assert found.last < low < found.median < high and low - 2.0 <= truth <= high + 2.0
    assert found.median == pytest.approx(truth, abs=8.0) and not found.is_open
    assert np.trapezoid(found.density, found.tc) == pytest.approx(1.0)
    assert found.log_likelihood.max() == 0.0 and found.best in found.tc
    assert low - 20.0 <= found.likely()[0] <= found.likely()[-1] <= high + 20.0
    assert found.date(found.best) == fit(prices, dates).tc_date
    assert found.quantile(0.25) < found.median
    with pytest.raises(BadValue):
        found.range(1.0)
    with pytest.raises(BadValue):
        found.quantile(0.0)


@needs_compiler
def test_neighbours_that_agree_widen_the_range():
    """Residuals that hang together are worth fewer observations."""
    prices = model.walk(400, 10)
    dependent, independent = critical_time(prices), critical_time(prices, independent=True)
    assert dependent.rows < 100 < independent.rows == 400
    width = np.diff(dependent.range())[0]
    assert width > np.diff(independent.range())[0]
    with pytest.raises(BadValue, match="without dates"):
        dependent.date(dependent.median)


def test_the_profile_touches_the_fit():
    prices = model.walk(40, 10)
    found, best = critical_time(prices, search=SMALL, times=8), fit(prices, search=SMALL)
    assert found.sse.min() <= best.sse * (1 + 1e-6) and len(found.tc) in (8, 9)
    assert (found.sse > 0.0).all() and (np.diff(found.tc) > 0.0).all()


@needs_compiler
def test_residuals_of_a_bubble_return_and_its_wave_is_seen():
    prices = bubble(400)
    found = fit(prices)
    seen = residuals(found, prices)
    assert seen.returns and abs(seen.ar1) < 0.2 and seen.durbin_watson == pytest.approx(2.0, abs=0.4)
    assert seen.rest @ seen.rest == pytest.approx(found.sse, rel=1e-6)
    assert seen.agrees(found, 0.3) and seen.lomb_p < 1e-6
    longer = residuals(fit(prices[100:]), prices[100:])
    assert longer.rest.size == 300
    walk = model.walk(400, 12)
    wandering = residuals(fit(walk), walk)
    assert wandering.ar1 > 0.8 and wandering.half_life > 3.0 and wandering.durbin_watson < 0.5


def test_residuals_need_the_series_that_was_fitted():
    prices = model.walk(40, 10)
    found = fit(prices, search=SMALL)
    assert residuals(found, prices).rest.size == 40
    with pytest.raises(BadValue, match="lie in the fit's window"):
        residuals(found, prices[:-3])
    with pytest.raises(BadValue, match="omega_max"):
        residuals(found, prices, omega_max=0.0)


def test_nothing_is_left_out_of_the_module():
    assert set(PRESETS) == {"fco", "trust", "filimonov", "lppls"} and Windows() == lppls_nested.WINDOWS
