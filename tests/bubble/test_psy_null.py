"""Null distributions: what is drawn, what the conventions mean, and that a test at 5% rejects in 5% of cases."""

import math

import numpy as np
import pytest

from emporion.bubble import montecarlo
from emporion.bubble.bootstrap import bootstrap, fit, histories, signs
from emporion.bubble.critical import Null, quantile, trailing_largest
from emporion.bubble.explosive import explosive, statistics
from emporion.bubble.jit import COMPILED
from emporion.bubble.montecarlo import monte_carlo
from emporion.bubble.tables import EMPORION, LEVELS, PSY, tabulated
from emporion.bubble.windows import design
from emporion.errors import BadValue

needs_compiler = pytest.mark.skipif(not COMPILED, reason="millions of windows take too long uncompiled")
FEW = 99 if COMPILED else 19


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """What is drawn here is kept here. Compiled code stays where it is: its folder was fixed on import."""
    monkeypatch.setattr(montecarlo, "cache_root", lambda: tmp_path)
    return tmp_path


def walk(seed=0, length=60):
    return np.cumsum(np.random.default_rng(seed).normal(size=length))


def test_a_history_keeps_each_dates_volatility():
    result = explosive(walk(), lags=0)
    memory = fit(result.series.values, result.design)
    drawn = signs(1, 0, 50, 59)
    assert set(np.unique(drawn)) == {-1.0, 1.0} and abs(drawn.mean()) < 0.1
    changes = np.diff(histories(memory, drawn), axis=1)
    assert np.abs(changes) == pytest.approx(np.broadcast_to(np.abs(memory.residuals), changes.shape))
    assert np.array_equal(memory.residuals, np.diff(result.series.values))
    without = fit(result.series.values, result.design, "mean").residuals
    assert without.mean() == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(BadValue, match="drift='some': it is 'zero' or 'mean'"):
        bootstrap(result, drift="some")


def test_a_history_keeps_the_short_memory():
    rng = np.random.default_rng(2)
    changes = np.zeros(3000)
    for at in range(1, 3000):
        changes[at] = 0.5 * changes[at - 1] + rng.normal()
    levels = np.cumsum(changes)
    memory = fit(levels, design(3000, lags=1))
    assert memory.coefficients == pytest.approx([0.5], abs=0.05)
    again = np.diff(histories(memory, signs(0, 0, 1, 2999))[0])
    assert np.corrcoef(again[1:], again[:-1])[0, 1] == pytest.approx(0.5, abs=0.05)
    assert fit(levels, design(3000, lags=6, criterion="bic")).coefficients.size == 1
    assert fit(np.cumsum(rng.normal(size=3000)), design(3000, lags=6, criterion="bic")).coefficients.size == 0


def test_an_explosive_memory_is_shortened():
    """Changes that themselves explode are what is tested for; the null may not have them."""
    memory = fit(1.1 ** np.arange(60.0) + 0.01 * walk(), design(60, lags=1))
    assert 0.9 < memory.coefficients[0] <= 0.98


@pytest.mark.parametrize("lags", [0, 1, 2])
def test_same_seed_same_numbers_on_any_number_of_threads(lags):
    result = explosive(walk(), lags=lags)
    one = bootstrap(result, replications=FEW, threads=1)
    for threads in (2, 5):
        other = bootstrap(result, replications=FEW, threads=threads)
        assert np.array_equal(one.bsadf, other.bsadf) and np.array_equal(one.badf, other.badf)
    assert not np.array_equal(one.bsadf, bootstrap(result, replications=FEW, seed=1).bsadf)
    assert np.isfinite(one.bsadf).all()


def test_progress_is_told():
    heard = []
    bootstrap(explosive(walk()), replications=40, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_random_walks_are_kept_on_disk(own_cache):
    plan = design(40)
    heard = []
    first = monte_carlo(plan, replications=FEW, progress=lambda *counts: heard.append(counts))
    (file,) = own_cache.iterdir()
    drawn = len(heard)
    second = monte_carlo(plan, replications=FEW, progress=lambda *counts: heard.append(counts), threads=2)
    assert drawn > 0 and len(heard) == drawn, "read, not drawn"
    assert np.array_equal(first.bsadf, second.bsadf) and np.array_equal(first.badf, second.badf)
    file.write_bytes(file.read_bytes()[:200])
    assert np.array_equal(monte_carlo(plan, replications=FEW).bsadf, first.bsadf), "damage is drawn again"
    assert np.array_equal(monte_carlo(plan, replications=FEW, keep=False, threads=3).bsadf, first.bsadf)
    assert len(list(own_cache.iterdir())) == 1


def drawn_null(replications=199):
    plan = design(60)
    rng = np.random.default_rng(0)
    badf = rng.normal(size=(replications, plan.ends))
    return Null(plan, badf, badf + np.abs(rng.normal(size=badf.shape)), "test", 0)


def test_conventions_are_what_they_say():
    null = drawn_null()
    family = null.critical(0.9)
    assert np.ptp(family) == 0.0
    assert (null.gsadf > family[0]).sum() == 19, "of 199 histories and the series, a tenth"
    pointwise = null.critical(0.9, convention="pointwise")
    assert ((null.bsadf > pointwise).sum(axis=0) == 19).all()
    by_sadf = null.critical(0.9, convention="sadf_quantile")
    sadf_so_far = np.stack([null.badf[:, : k + 1].max(axis=1) for k in range(null.design.ends)], axis=1)
    assert ((sadf_so_far > by_sadf).sum(axis=0) == 19).all()
    watched = null.critical(0.9, horizon=5)
    for end in (0, 3, 4, 20, null.design.ends - 1):
        trailing = null.bsadf[:, max(0, end - 4) : end + 1].max(axis=1)
        assert (trailing > watched[end]).sum() == 19
    assert null.critical(0.9, horizon=1) == pytest.approx(pointwise)
    assert null.critical(0.9, horizon=1000)[-1] == pytest.approx(family[-1])
    assert (pointwise <= watched).all() and (watched <= family).all()


def test_p_values_and_lines_agree():
    result = explosive(walk(3))
    null = bootstrap(result, replications=FEW)
    for convention in ("family_wise", "pointwise", "sadf_quantile"):
        line = null.critical(0.8, convention=convention)
        p = null.p_path(result, convention=convention)
        assert np.array_equal(p <= 0.2 + 1e-12, result.bsadf > line)
    p = null.p_values(result)
    assert p.gsadf == pytest.approx((1 + (null.gsadf >= result.gsadf).sum()) / (1 + FEW))
    assert p.sadf == pytest.approx((1 + (null.sadf >= result.sadf).sum()) / (1 + FEW))
    assert p.adf == pytest.approx((1 + (null.adf >= result.adf).sum()) / (1 + FEW))
    assert p.gsadf == pytest.approx(null.p_path(result).min())


def test_a_trailing_largest_is_one():
    paths = np.random.default_rng(0).normal(size=(3, 17))
    for horizon in (1, 2, 3, 7, 16, 17, 40):
        expected = [[row[max(0, k - horizon + 1) : k + 1].max() for k in range(17)] for row in paths]
        assert np.array_equal(trailing_largest(paths, horizon), expected)


def test_what_cannot_be_done_is_said():
    null = drawn_null(19)
    with pytest.raises(BadValue, match="19 replications are too few"):
        null.critical(0.99)
    with pytest.raises(BadValue, match="convention='monthly': it is one of family_wise, pointwise, sadf_quantile"):
        null.critical(0.9, convention="monthly")
    with pytest.raises(BadValue, match="horizon goes with convention='family_wise'"):
        null.critical(0.9, convention="pointwise", horizon=3)
    with pytest.raises(BadValue, match="at least 1"):
        null.critical(0.9, horizon=0)
    with pytest.raises(BadValue, match="level=1.5"):
        null.critical(1.5)
    with pytest.raises(BadValue, match="make one for this series"):
        null.p_values(explosive(walk(), lags=1))
    with pytest.raises(BadValue, match="replications=5"):
        bootstrap(explosive(walk()), replications=5)
    with pytest.raises(BadValue, match="level=0.8: the tables have 0.9, 0.95, 0.99"):
        tabulated(100, 0.8)
    with pytest.raises(BadValue, match="length=20: the table runs from 50 to"):
        tabulated(20)
    with pytest.raises(BadValue, match="source='exuber'"):
        tabulated(100, source="exuber")


def test_tables_are_looked_up_between_lengths():
    assert tabulated(400, source="psy").gsadf == 2.20 and math.isnan(tabulated(400, source="psy").adf)
    assert tabulated(100).gsadf < tabulated(140).gsadf < tabulated(150).gsadf
    for length, (sadf, gsadf) in PSY.items():
        assert EMPORION[length][1][:2] == pytest.approx(sadf[:2], abs=0.08)
        assert EMPORION[length][2][:2] == pytest.approx(gsadf[:2], abs=0.05)


@needs_compiler
@pytest.mark.parametrize("length", [100, 200, 400])
def test_the_papers_table_within_three_standard_errors(length):
    """Ours and the paper's are both drawn with 2,000 replications: the error of the difference is that of both."""
    null = monte_carlo(design(length), replications=2000)
    for drawn, published in zip((null.sadf, null.gsadf), PSY[length], strict=True):
        for level, value in zip(LEVELS, published, strict=True):
            error = standard_error(drawn, level) * math.sqrt(2.0)
            assert np.quantile(drawn, level) == pytest.approx(value, abs=3 * error + 0.005)  # It is printed rounded.


def standard_error(drawn, level):
    """Of a quantile: between the order statistics one deviation of a binomial count to both sides."""
    spread = math.sqrt(level * (1 - level) / drawn.size)
    low, high = np.quantile(drawn, [level - spread, min(level + spread, 1.0)])
    return (high - low) / 2


def test_an_order_statistic_is_not_between_two():
    null = np.arange(99.0)[:, None]
    assert quantile(null, 0.95)[0] == 94.0 and quantile(null, 0.90)[0] == 89.0


@needs_compiler
def test_a_rise_of_volatility_is_no_bubble():
    """A smaller version of scripts/check_bubble_size.py: T = 100 here, five times the volatility in the second half."""
    trials, length = 300, 100
    plan = design(length)
    rng = np.random.default_rng(11)
    sizes = np.where(np.arange(length) < length // 2, 1.0, 5.0)
    levels = np.cumsum(rng.normal(size=(trials, length)) * sizes, axis=1)
    by_table = (statistics(levels, plan)[1].max(axis=1) > tabulated(length).gsadf).mean()
    rejected = 0
    for trial in range(trials):
        result = explosive(levels[trial])
        null = bootstrap(result, replications=199, seed=trial)
        rejected += null.p_values(result).gsadf <= 0.05
    assert by_table > 0.3
    assert rejected / trials == pytest.approx(0.05, abs=0.038), "three standard errors of 300 trials"
