"""The statistics against a least-squares fit of every window, and against what must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.explosive import explosive, statistics
from emporion.bubble.jit import COMPILED
from emporion.bubble.windows import design, least_levels
from emporion.errors import BadValue
from tests.bubble import psy_model

LONG = 60 if COMPILED else 34


def walk(seed, length, shape="walk"):
    rng = np.random.default_rng(seed)
    changes = rng.normal(size=length)
    values = 100.0 + np.cumsum(changes)
    if shape == "bubble":
        values[length // 2 :] += 1.15 ** np.arange(length - length // 2) * (1 + 0.05 * changes[length // 2 :])
    if shape == "collapse":
        values[length // 2 :] = 1e-4 * np.exp(0.05 * np.cumsum(changes[length // 2 :]))
    if shape == "recovery":
        values[: length // 2] = 1e-4 * np.exp(0.05 * np.cumsum(changes[: length // 2]))
    if shape == "stale":
        values[length // 3 : length // 3 + 6] = values[length // 3]
    if shape == "far":
        values += 1e6
    return values


@given(
    seed=st.integers(0, 2**32),
    length=st.integers(26, LONG),
    lags=st.integers(0, 3),
    criterion=st.sampled_from([None, "aic", "bic"]),
    shape=st.sampled_from(["walk", "bubble", "collapse", "recovery", "stale", "far"]),
    extra=st.integers(0, 6),
)
def test_every_window_is_a_least_squares_fit(seed, length, lags, criterion, shape, extra):
    values = walk(seed, length, shape)
    levels_min = 2 * lags + 12 + extra
    result = explosive(values, lags=lags, criterion=criterion, min_window=levels_min)
    badf, bsadf = psy_model.paths(values, levels_min, lags, criterion)
    assert result.badf == pytest.approx(badf, rel=1e-9, abs=1e-9)
    assert result.bsadf == pytest.approx(bsadf, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("lags", [0, 1, 4])
def test_the_model_is_least_squares(lags):
    values = walk(2, 60)
    badf = explosive(values, lags=lags, min_window=25).badf
    assert badf == pytest.approx([psy_model.by_lstsq(values[:end], lags) for end in range(25, 61)], rel=1e-9)


@pytest.mark.parametrize("lags", [0, 1, 2])
@pytest.mark.parametrize("turned", [False, True])
def test_a_collapse_costs_no_digits(lags, turned):
    """From 100 to 0.0001: running sums over the whole series err by 1e8 here."""
    rng = np.random.default_rng(8)
    half = 75 if COMPILED else 20
    high = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, half)))
    low = 1e-4 * np.exp(np.cumsum(rng.normal(0, 0.05, half)))
    values = np.concatenate((low, high) if turned else (high, low))
    result = explosive(values, lags=lags, min_window=20)
    badf, bsadf = psy_model.paths(values, 20, lags)
    assert result.badf == pytest.approx(badf, rel=1e-9)
    assert result.bsadf == pytest.approx(bsadf, rel=1e-9)


@given(st.integers(0, 2**32), st.sampled_from([100.0, 0.01, -1.0, 1e-9, 3.7e11]), st.sampled_from([None, "aic", "bic"]))
def test_units_do_not_matter(seed, factor, criterion):
    """With a criterion either: it is the estimated variance that it looks at."""
    values = walk(seed, 50, "bubble")
    one = explosive(values, lags=3, criterion=criterion)
    other = explosive(values * factor, lags=3, criterion=criterion)
    assert other.badf == pytest.approx(one.badf, rel=1e-9, abs=1e-9)
    assert other.bsadf == pytest.approx(one.bsadf, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("lags", [0, 1, 2])
def test_where_zero_is_does_not_matter(lags):
    """Whole numbers, so that the sum with 1e8 is exact. Moments that are not centred lose all digits here."""
    values = np.cumsum(np.random.default_rng(4).integers(-3, 4, 80)).astype(float)
    far, near = explosive(values + 1e8, lags=lags), explosive(values, lags=lags)
    assert far.bsadf == pytest.approx(near.bsadf, rel=1e-11) and far.badf == pytest.approx(near.badf, rel=1e-11)


def test_powers_of_two_change_no_bit():
    values = walk(1, 60)
    assert np.array_equal(explosive(values).bsadf, explosive(values * 1024).bsadf)


def test_what_the_letters_mean():
    result = explosive(walk(3, 120))
    assert result.adf == result.badf[-1] and result.sadf == result.badf.max() and result.gsadf == result.bsadf.max()
    assert (result.bsadf >= result.badf).all() and result.gsadf >= result.sadf >= result.adf
    assert result.places[0] == result.design.first_end and result.places[-1] == 119


def test_rows_and_levels_name_the_same_windows():
    values = walk(4, 80)
    for lags in (0, 1, 2):
        by_levels = explosive(values, lags=lags, min_window=25)
        by_rows = explosive(values, lags=lags, min_window=25 - 1 - lags, count="rows")
        assert np.array_equal(by_levels.bsadf, by_rows.bsadf)
        assert by_levels.design == by_rows.design and by_levels.design.levels_min == 25


def test_the_least_window_is_that_of_the_paper():
    assert [least_levels(length) for length in (100, 200, 400, 800, 1600)] == [19, 27, 40, 58, 88]
    assert design(100).levels_min == 19 and design(100).rows_min == 18 and design(100).ends == 82


def test_standing_prices_have_no_statistic_and_do_no_harm():
    values = walk(5, 90)
    values[20:60] = values[20]
    result = explosive(values, min_window=15)
    at = np.flatnonzero(np.isnan(result.badf))
    assert at.size == 0
    values[:40] = values[0]
    result = explosive(values, min_window=15)
    assert np.isnan(result.bsadf[:25]).all() and np.isfinite(result.bsadf[30:]).all()
    assert np.isfinite(result.gsadf)


def test_many_at_once_are_each_alone_on_any_number_of_threads():
    levels = np.stack([walk(seed, 70) for seed in range(20 if COMPILED else 9)])
    plan = design(70)
    badf, bsadf = statistics(levels, plan, threads=1)
    for threads in (2, 3):
        assert all(map(np.array_equal, statistics(levels, plan, threads=threads), (badf, bsadf)))
    assert np.array_equal(bsadf[7], explosive(levels[7]).bsadf)
    with pytest.raises(BadValue, match="rows of 70 observations"):
        statistics(levels[:, 1:], plan)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"lags": -1}, "lags=-1: a whole number from 0 to 20"),
        ({"lags": 1.5}, "lags=1.5"),
        ({"criterion": "hqc"}, "criterion='hqc': it is 'aic', 'bic' or None"),
        ({"count": "days"}, "count='days': it is 'levels'"),
        ({"min_window": 4}, "min_window=4: with 0 lags a window needs at least 5 levels"),
        ({"min_window": 4, "count": "rows", "lags": 1}, "with 1 lags a window needs at least 5 rows"),
        ({"min_window": 51}, "50 observations are too few: the least window takes 51"),
        ({"min_window": 19.5}, "a whole number of levels"),
    ],
)
def test_what_cannot_be_done_is_said(asked, text):
    with pytest.raises(BadValue, match=text):
        explosive(walk(0, 50), **asked)


def test_a_rule_without_chance_is_refused():
    with pytest.raises(BadValue, match="without chance"):
        explosive(1.05 ** np.arange(60))
