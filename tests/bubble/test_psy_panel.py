"""Panels: what the mean is over, unequal lengths, gaps, and dependence that the bootstrap keeps."""

import numpy as np
import pytest

from emporion.bubble.explosive import explosive
from emporion.bubble.jit import COMPILED
from emporion.bubble.panel import panel, panel_bootstrap
from emporion.errors import BadValue

DRAWS = 99 if COMPILED else 19


def table(seed=0, length=70, count=4):
    return np.cumsum(np.random.default_rng(seed).normal(size=(length, count)), axis=0)


def test_the_panel_is_the_mean_of_its_members():
    values = table()
    of = panel(values, np.datetime64("2020-01-01") + np.arange(70))
    alone = [explosive(values[:, k]).bsadf for k in range(4)]
    assert of.bsadf == pytest.approx(np.mean(alone, axis=0), abs=1e-12)
    assert of.gsadf == of.bsadf.max() and of.places[-1] == 69
    assert str(of.dates[-1])[:10] == "2020-03-10"


def test_series_begin_and_end_when_they_do():
    values = table()
    values[:20, 1] = np.nan
    values[55:, 2] = np.nan
    of = panel(values)
    window = of.members[0].design.levels_min
    alone = {0: (0, 70), 1: (20, 70), 2: (0, 55), 3: (0, 70)}
    rows = np.full((4, 70), np.nan)
    for k, (first, after) in alone.items():
        rows[k, first + window - 1 : after] = explosive(values[first:after, k], min_window=window).bsadf
    expected = np.nanmean(rows[:, window - 1 :], axis=0)
    assert of.bsadf == pytest.approx(expected, abs=1e-12)
    whole = panel(values, series_min=4)
    assert whole.places[0] == 20 + window - 1 and whole.places[-1] == 54


def test_gaps_inside_are_named_carried_or_left_out():
    values = table()
    values[30, 2] = np.nan
    with pytest.raises(BadValue, match="gold: the value at place 30 is missing"):
        panel(values, names=["a", "b", "gold", "c"])
    carried = values.copy()
    carried[30, 2] = carried[29, 2]
    assert np.array_equal(panel(values, missing="carry").bsadf, panel(carried).bsadf)
    left_out = panel(values, missing="drop")
    assert left_out.length == 69
    assert np.array_equal(left_out.bsadf, panel(np.delete(values, 30, axis=0)).bsadf)


def test_a_panel_of_equal_series_is_as_uncertain_as_one():
    """The bootstrap draws one sign a date for all: then the null of the mean is that of each."""
    one = table(count=1)
    equal = panel_bootstrap(panel(np.repeat(one, 5, axis=1)), replications=DRAWS)
    single = panel_bootstrap(panel(one), replications=DRAWS)
    assert equal.gsadf == pytest.approx(single.gsadf, abs=1e-9)
    apart = panel_bootstrap(panel(table(count=5)), replications=DRAWS)
    assert apart.gsadf.mean() < single.gsadf.mean() - 0.5, "a mean of strangers is steadier"


@pytest.mark.parametrize("lags", [0, 1])
def test_same_seed_same_numbers(lags):
    values = table()
    values[:10, 3] = np.nan
    of = panel(values, lags=lags)
    null = panel_bootstrap(of, replications=DRAWS, threads=1)
    assert np.array_equal(null.bsadf, panel_bootstrap(of, replications=DRAWS, threads=3).bsadf)
    assert 0.0 < null.p_value(of) <= 1.0
    family, pointwise = null.critical(0.9), null.critical(0.9, convention="pointwise")
    assert (pointwise <= null.critical(0.9, horizon=4)).all() and (null.critical(0.9, horizon=4) <= family).all()
    assert (null.p_value(of) <= 0.1) == (of.gsadf > family[0])
    with pytest.raises(BadValue, match="is of single series"):
        null.critical(convention="sadf_quantile")


def test_a_common_bubble_is_found():
    values = table(3, 80, 4)
    values[50:] += (1.3 ** np.arange(30))[:, None]
    of = panel(values)
    assert panel_bootstrap(of, replications=DRAWS).p_value(of) <= 0.05


@pytest.mark.parametrize(
    ("values", "asked", "text"),
    [
        (np.zeros(5), {}, "a table of dates by series"),
        (table(), {"names": ["a"]}, "1 names for 4 series"),
        (table(), {"dates": ["2024-01-01"]}, "70 rows but 1 dates"),
        (table(), {"missing": "guess"}, "missing='guess'"),
        (table(), {"series_min": 9}, "no date has statistics of 9 series"),
        (np.column_stack((table()[:, 0], np.full(70, np.nan))), {}, "series 1: every value is missing"),
    ],
)
def test_what_cannot_be_done_is_said(values, asked, text):
    with pytest.raises(BadValue, match=text):
        panel(values, **asked)
