"""The LPPLS fit against plain NumPy, against curves of which one knows the parameters, and against itself."""

import math
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.jit import COMPILED
from emporion.bubble.lppls import Search, fit, linear_part
from emporion.bubble.lppls_curve import ROWS, lay_out, project, slopes, unscaled
from emporion.bubble.lppls_elementary import cosines_sines, exponentials, logarithms
from emporion.bubble.lppls_scan import scan, valleys
from emporion.errors import BadValue
from tests.bubble import lppls_model as model

SEARCH = Search() if COMPILED else Search(leads=4, powers=2, omegas=12, starts=2)
COUNT = 400 if COMPILED else 60
SHAPES = st.tuples(st.floats(0.3, 5.0), st.floats(0.05, 1.2), st.floats(2.0, 25.0))


def test_elementary_functions_are_those_of_numpy():
    chance = np.random.default_rng(1)
    x = np.exp(chance.uniform(-20.0, 12.0, 2_000 if COMPILED else 200))
    out, other, spare = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    logarithms(x, out, spare)
    logs = np.log(x)
    assert out == pytest.approx(logs, rel=4e-16, abs=4e-16)
    exponentials(logs, 0.7, out, spare)
    assert out == pytest.approx(np.exp(0.7 * logs), rel=1e-14)
    cosines_sines(logs, 20.0, out, other, spare)
    assert out == pytest.approx(np.cos(20.0 * logs), abs=1e-13)  # The argument itself is rounded.
    assert other == pytest.approx(np.sin(20.0 * logs), abs=1e-13)
    cosines_sines(np.array([0.0, 0.5, 1.0, -1.0]), math.pi, out[:4], other[:4], spare[:4])
    assert out[:4] == pytest.approx([1.0, 0.0, -1.0, -1.0], abs=1e-15)


@given(SHAPES, st.integers(12, 90), st.integers(0, 2**32 - 1))
def test_the_projection_is_least_squares(shape, count, seed):
    chance = np.random.default_rng(seed)
    days = np.cumsum(chance.integers(1, 5, count)).astype(float)
    logs = np.log(model.walk(count, seed))
    lead, m, omega = shape
    work, solved, out = np.zeros((ROWS, count)), np.zeros((7, 3)), np.empty(4)
    span = days[-1] - days[0]
    mean, squares = lay_out(days[-1] - days, logs, work)
    point = np.array([math.log(lead), m, omega])
    sse = project(work, squares, span, point, solved)
    expected, expected_sse = model.best_linear(days, logs, days[-1] + lead, m, omega)
    assert sse == pytest.approx(expected_sse, rel=1e-6, abs=1e-12)
    unscaled(mean, span, point, solved, out)
    fitted = model.curve(days, days[-1] + lead, m, omega, *out)
    assert fitted == pytest.approx(model.curve(days, days[-1] + lead, m, omega, *expected), abs=1e-7)
    exact = linear_part(days, logs, days[-1] + lead, m, omega)
    assert exact.sse == pytest.approx(expected_sse, rel=1e-9, abs=1e-14)


@given(SHAPES, st.integers(0, 2**32 - 1))
def test_the_gradient_is_that_of_finite_differences(shape, seed):
    count = 60
    days = np.arange(count, dtype=float)
    work, solved = np.zeros((ROWS, count)), np.zeros((7, 3))
    _, squares = lay_out(days[-1] - days, np.log(model.walk(count, seed)), work)
    point = np.array([math.log(shape[0]), shape[1], shape[2]])
    value = project(work, squares, days[-1], point, solved)
    gradient, curvature = np.empty(3), np.empty((3, 3))
    assert slopes(work, days[-1], point, solved, gradient, curvature) == pytest.approx(value, rel=1e-7, abs=1e-12)
    assert np.linalg.eigvalsh(curvature).min() >= -1e-9 * np.abs(curvature).max()
    for axis in range(3):
        reached = []
        for step in (1e-5, -1e-5):
            moved = point.copy()
            moved[axis] += step
            reached.append(project(work, squares, days[-1], moved, solved))
        slope = (reached[0] - reached[1]) / 2e-5
        assert -2.0 * gradient[axis] == pytest.approx(slope, rel=2e-4, abs=2e-6 * value + 1e-9)


def test_the_scan_sees_every_window_at_every_node():
    counts = np.array([30, 41, 60])
    days = np.cumsum(np.random.default_rng(2).integers(1, 4, 60)).astype(float)
    logs = np.stack([np.log(model.walk(60, seed)) for seed in (3, 4)])
    leads, powers, omegas = np.array([1.0, 6.0]), np.array([0.3, 0.8]), np.linspace(2.0, 16.0, 8)
    lead_max = np.array([5.0, 10.0, 10.0])  # The second lead is beyond the first window's reach.
    best, node = np.empty((2, 3, 2, 8)), np.empty((2, 3, 2, 8))
    deltas = (days[-1] - days)[::-1].copy()
    values = (logs - logs[:, -1:])[:, ::-1].copy()
    scan(deltas, values, counts, leads, powers, omegas, lead_max, best, node)
    assert np.isinf(best[:, 0, 1]).all() and np.isfinite(best[:, 0, 0]).all() and np.isfinite(best[:, 1:]).all()
    for one in range(2):
        for window, count in enumerate(counts):
            for lead in range(1 if window == 0 else 2):
                for at, omega in enumerate(omegas):
                    part = days[-count:], logs[one, -count:], days[-1] + leads[lead]
                    by_m = [model.best_linear(*part, m, omega)[1] for m in powers]
                    assert best[one, window, lead, at] == pytest.approx(min(by_m), rel=1e-6)
                    assert node[one, window, lead, at] == np.argmin(by_m)


def test_valleys_are_local_minima_lowest_first():
    grid = np.array([[5.0, 4.0, 6.0, 1.0], [9.0, 8.0, 7.0, 8.0], [2.0, 3.0, 9.0, 3.0]])
    chosen = np.empty(3, np.int64)
    assert valleys(grid, chosen) == 3 and chosen.tolist() == [3, 8, 11]
    assert valleys(grid, chosen[:2]) == 2 and chosen[:2].tolist() == [3, 8]
    assert valleys(np.full((2, 4), np.inf), chosen) == 0


@pytest.mark.parametrize(
    ("lead", "m", "omega", "b"), [(30.0, 0.5, 8.0, -0.05), (5.0, 0.3, 11.0, -0.1), (60.0, 0.8, 6.5, 0.01)]
)
def test_known_parameters_are_recovered(lead, m, omega, b):
    days = np.arange(COUNT, dtype=float)
    logs = model.curve(days, COUNT - 1 + lead, m, omega, 7.0, b, 0.06 * b, -0.08 * b)
    search = Search() if COMPILED else Search(leads=6, powers=3, omegas=24, starts=3)
    found = fit(np.exp(logs), search=search)
    assert found.sse < 1e-9 * ((logs - logs.mean()) ** 2).sum()
    if COMPILED:  # Sixty observations leave much open.
        assert (found.lead, found.m, found.omega) == pytest.approx((lead, m, omega), rel=1e-3)
        assert found.b == pytest.approx(b, rel=1e-2) and found.c == pytest.approx(0.1 * abs(b), rel=1e-2)
        assert found.damping == pytest.approx(m / (0.1 * omega), rel=1e-2)
    assert found.is_positive == (b < 0.0)
    assert found.curve(days) == pytest.approx(logs, abs=1e-4 * np.ptp(logs))
    assert np.isnan(found.curve([found.tc + 0.1, found.tc + 1.0])).all()


def test_noise_moves_the_parameters_a_little():
    days = np.arange(COUNT, dtype=float)
    truth = model.curve(days, COUNT + 24.0, 0.5, 8.0, 7.0, -0.05, 0.004, -0.003)
    noise = 0.003 * np.random.default_rng(5).standard_normal(COUNT)
    found = fit(np.exp(truth + noise), search=SEARCH)
    assert found.sse <= noise @ noise  # At the least squares, never above the truth.
    if COMPILED:
        assert found.omega == pytest.approx(8.0, rel=0.1) and found.lead == pytest.approx(25.0, rel=0.4)


def test_units_and_dates_change_only_what_they_should():
    prices, dates = model.walk(COUNT, 11), model.trading_days(COUNT)
    plain = fit(prices, dates, search=SEARCH)
    dearer = fit(100.0 * prices, dates, search=SEARCH)
    assert dearer.a - plain.a == pytest.approx(math.log(100.0), abs=1e-9)
    assert astuple(replace(dearer, a=0.0))[1:] == pytest.approx(astuple(replace(plain, a=0.0))[1:], rel=1e-5)
    later = fit(prices, dates + np.timedelta64(7 * 1_000, "D"), search=SEARCH)
    assert astuple(replace(later, first=0, last=0)) == astuple(replace(plain, first=0, last=0))  # To the bit.
    assert later.lead == plain.lead and later.tc_date - plain.tc_date == np.timedelta64(7_000 * 86_400, "s")
    assert fit(prices, dates, search=SEARCH).tc == plain.tc


def test_places_stand_for_days_without_dates():
    prices = model.walk(COUNT, 12)
    found = fit(prices, search=SEARCH)
    assert (found.first, found.last) == (0.0, COUNT - 1.0) and found.lead >= 1.0
    dated = fit(prices, np.datetime64("2020-01-01") + np.arange(COUNT), search=SEARCH)
    assert (dated.lead, dated.m, dated.sse) == (found.lead, found.m, found.sse)
    with pytest.raises(BadValue, match="without dates"):
        _ = found.tc_date


def test_the_critical_time_is_never_closer_than_a_step():
    prices = model.walk(COUNT, 13)
    weekly = np.datetime64("2010-01-01") + 7 * np.arange(COUNT)
    assert fit(prices, weekly, search=SEARCH).lead >= 7.0 * (1 - 1e-12)
    assert fit(prices, weekly, search=replace(SEARCH, lead_min=2.0)).lead >= 2.0 * (1 - 1e-12)
    hourly = np.datetime64("2024-01-01T00") + np.arange(COUNT)
    assert fit(prices, hourly, search=SEARCH).lead >= (1.0 - 1e-8) / 24.0


@given(st.integers(0, 2**32 - 1))
def test_a_fit_is_what_it_says(seed):
    prices, dates = model.walk(50, seed), model.trading_days(50)
    found = fit(prices, dates, search=Search(leads=4, powers=2, omegas=8, starts=2))
    assert 0.01 <= found.m <= 1.2 and 2.0 <= found.omega <= 25.0
    assert found.last + 1.0 <= found.tc <= found.last + (found.last - found.first) + 1e-6
    days = np.array([day.toordinal() for day in dates.tolist()], float)
    assert (days[0], days[-1]) == (found.first, found.last)
    rest = np.log(prices) - found.curve(days)
    assert rest @ rest == pytest.approx(found.sse, rel=1e-6)
    assert found.sse == pytest.approx(
        model.best_linear(days, np.log(prices), found.tc, found.m, found.omega)[1], rel=1e-6
    )
    errors = np.abs(np.exp(-rest) - 1.0)
    assert (found.relative_error, found.relative_error_max) == pytest.approx((errors.mean(), errors.max()), rel=1e-5)
    spread = found.omega / (2 * math.pi) * math.log((found.tc - found.first) / found.lead)
    assert found.oscillations == pytest.approx(spread)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.r_[model.walk(40, 1), np.nan], "missing"),
        (np.r_[model.walk(40, 1), 0.0], "above zero"),
        (np.r_[model.walk(40, 1), -3.0], "above zero"),
        (np.r_[model.walk(40, 1), np.inf], "infinite"),
        (np.full(40, 5.0), "constant"),
        (model.walk(19, 1), "too few"),
        (model.walk(40, 1).reshape(2, 20), "dimensions"),
        (["a"] * 40, "not numbers"),
    ],
)
def test_bad_prices_are_refused(values, message):
    with pytest.raises(BadValue, match=message):
        fit(values)


def test_bad_dates_and_searches_are_refused():
    prices, dates = model.walk(40, 1), model.trading_days(40)
    for wrong, message in (
        (dates[::-1], "backwards"), (dates[[0, 0, *range(2, 40)]], "twice"), (dates[:-1], "must pair"),
        (dates[[1, 0, *range(2, 40)]], "not in order"),
    ):  # fmt: skip
        with pytest.raises(BadValue, match=message):
            fit(prices, wrong)
    for wrong in (
        {"m": (0.5, 0.1)}, {"m": (0.0, 11.0)}, {"m": (math.nan, 1.0)}, {"omega": (0.0, 9.0)},
        {"omega": (2.0, math.inf)}, {"omega": (2.0, 5000.0)}, {"lead_min": 0.0},
        {"lead_min": math.nan}, {"lead_share": 0.0}, {"omegas": 10}, {"starts": 0},
    ):  # fmt: skip
        with pytest.raises(BadValue):
            Search(**wrong)
    with pytest.raises(BadValue, match="too short"):
        fit(prices, search=Search(lead_min=100.0))


def test_a_linear_part_needs_times_before_the_critical_one():
    days, logs = np.arange(30.0), np.log(model.walk(30, 1))
    for arguments, message in (
        ((days, logs, 29.0, 0.5, 8.0), "after the last"), ((days[:4], logs[:4], 40.0, 0.5, 8.0), "at least 5"),
        ((days, logs[:-1], 40.0, 0.5, 8.0), "same length"), ((days, logs, 40.0, math.nan, 8.0), "finite"),
        ((days, logs, 40.0, 0.0, 8.0), "not independent"),
    ):  # fmt: skip
        with pytest.raises(BadValue, match=message):
            linear_part(*arguments)
