"""Published numbers: R's exuber on its own example, Phillips, Shi and Yu on the S&P 500, and pyexuber beside.

The files are not ours to ship. They are looked for in the folder that EMPORION_DATA names, or in `shared/data`
beside the checkout; without them these tests are skipped.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from emporion.bubble.explosive import explosive
from emporion.bubble.jit import COMPILED
from emporion.bubble.montecarlo import monte_carlo
from emporion.bubble.stamps import episodes

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("EMPORION_DATA") or CHECKOUT.parent / "shared" / "data") / "bubble"
needs_data = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no data: {FOLDER} is not there; set EMPORION_DATA")
needs_compiler = pytest.mark.skipif(not COMPILED, reason="a million windows take too long uncompiled")
NAMES = ("psy1", "psy2", "evans", "div", "blan")
GSADF = {
    0: (5.19047238957, 7.87968951185, 5.98505014045, 1.33542388365, 10.9511878948),
    1: (4.67085502519, 5.45346199137, 4.19510768516, 1.26714409506, 8.49648732306),
}
SADF = (1.94576884644, 7.87968951185, 5.28337308891, 1.11344904041, 3.93001302475)


def columns(name):
    return np.genfromtxt(FOLDER / name, delimiter=",", names=True)


@needs_data
@pytest.mark.parametrize("name", NAMES)
def test_exuber_on_its_own_example(name):
    values = columns("exuber_sim_data.csv")[name]
    at = NAMES.index(name)
    plain = explosive(values, min_window=19, count="rows")
    assert plain.badf == pytest.approx(columns("gt_exuber_sim_badf_lag0.csv")[name], abs=1e-10)
    assert plain.bsadf == pytest.approx(columns("gt_exuber_sim_bsadf_lag0.csv")[name], abs=1e-10)
    assert plain.gsadf == pytest.approx(GSADF[0][at], rel=1e-11) and plain.sadf == pytest.approx(SADF[at], rel=1e-11)
    lagged = explosive(values, lags=1, min_window=19, count="rows")
    assert lagged.bsadf == pytest.approx(columns("gt_exuber_sim_bsadf_lag1.csv")[name], abs=1e-10)
    assert lagged.gsadf == pytest.approx(GSADF[1][at], rel=1e-11)


@needs_data
@needs_compiler
def test_two_hundred_years_of_the_sp500():
    """The paper's 4.21, and the ends of six of its seven episodes, by the pointwise line that it drew."""
    ratio = np.genfromtxt(FOLDER / "psy_sp500_pd_1871_2010.csv", skip_header=1)[:1680]
    months = np.datetime64("1871-01") + np.arange(1680)
    result = explosive(ratio, months)
    assert result.gsadf == pytest.approx(4.2068738937, abs=1e-10)
    assert result.sadf == pytest.approx(3.4432431, abs=1e-7)
    null = monte_carlo(result.design, replications=1999)
    assert null.p_values(result).gsadf == 1 / 2000
    found = episodes(result, null.critical(0.95, convention="pointwise"))
    ends = [str(episode.end_date)[:7] for episode in found]
    assert [end for end in ends if end in PAPER_ENDS] == PAPER_ENDS
    assert not any(episode.is_ongoing for episode in found)


PAPER_ENDS = ["1880-04", "1918-04", "1929-10", "1956-04", "1987-09", "2001-08"]


@pytest.mark.parametrize("lags", [0, 1, 3])
def test_pyexuber_agrees_where_it_is_right(lags):
    """On ordinary series: it does not centre its moments, see `test_where_zero_is_does_not_matter`."""
    exuber = pytest.importorskip("exuber", reason="pyexuber is not installed: pip install 'emporion[bench]'")
    values = np.cumsum(np.random.default_rng(3).normal(size=(120, 3)), axis=0)
    theirs = exuber.radf(values, minw=25, lag=lags)
    for at in range(3):
        ours = explosive(values[:, at], lags=lags, min_window=25, count="rows")
        assert ours.badf == pytest.approx(theirs.badf[:, at], abs=1e-9)
        assert ours.bsadf == pytest.approx(theirs.bsadf[:, at], abs=1e-9)
