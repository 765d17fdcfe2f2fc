"""Published numbers on the Nasdaq of 1994 to 2000. `test_lppls_anywhere` has the Python package lppls beside.

The file is not ours to ship. It is looked for in the folder that EMPORION_DATA names, or in `shared/data` beside
the checkout; without it these tests are skipped.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from emporion.bubble.jit import COMPILED
from emporion.bubble.lppls import Search, Series, days_of, fit, linear_part, series
from emporion.bubble.lppls_nested import nested
from emporion.bubble.lppls_null import calibrated

CHECKOUT = Path(__file__).resolve().parents[2]
FILE = (
    Path(os.environ.get("EMPORION_DATA") or CHECKOUT.parent / "shared" / "data") / "bubble" / "lppls_nasdaq_dotcom.csv"
)
needs_compiler = pytest.mark.skipif(not COMPILED, reason="a thousand fits take too long uncompiled")
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"no data: {FILE} is not there; set EMPORION_DATA")

POINT = (730189.1175850349, 0.4845937407985108, 9.790705080681953)
LINEAR = (8.563156531033727, -0.046528585189827554, -0.00045131367733639, 0.00181973391152793)
SSE = 6.315247


def nasdaq_series() -> Series:
    table = np.genfromtxt(FILE, delimiter=",", names=True, dtype=None, encoding="utf-8")
    return series(table["Adj_Close"].astype(float), table["Date"], name="Nasdaq")


@pytest.fixture(scope="module")
def nasdaq():
    return nasdaq_series()


def test_the_linear_part_at_the_published_point(nasdaq):
    found = linear_part(days_of(nasdaq), nasdaq.log().values, *POINT)
    assert (found.a, found.b, found.c1, found.c2) == pytest.approx(LINEAR, rel=1e-8)
    assert found.sse == pytest.approx(SSE, abs=5e-7)


@needs_compiler
def test_no_published_fit_is_better(nasdaq):
    """The published point lies 0.12 days after the last price; given that much freedom, the fit is below it."""
    free = fit(nasdaq, search=Search(lead_min=0.1))
    assert free.sse <= 6.311164 and free.omega == pytest.approx(14.178, abs=0.01)  # The second basin.
    held = fit(nasdaq)
    assert held.lead == pytest.approx(1.0) and free.sse < held.sse < 6.3197
    again = linear_part(days_of(nasdaq), nasdaq.log().values, held.tc, held.m, held.omega)
    assert (held.a, held.b, held.c1, held.c2) == pytest.approx((again.a, again.b, again.c1, again.c2), rel=1e-9)
    assert held.sse == pytest.approx(again.sse, rel=1e-12)


@needs_compiler
def test_a_hundred_windows_at_once_are_as_good_as_one_by_one(nasdaq):
    together = nested(nasdaq)
    assert together.counts.size == 126 and together.counts[[0, -1]].tolist() == [125, 750]
    worse = []
    for column in range(0, 126, 6):
        count = int(together.counts[column])
        alone = fit(nasdaq.since(len(nasdaq) - count))
        worse.append(together.at(0, column).sse / alone.sse)
    assert np.median(worse) == pytest.approx(1.0, abs=1e-9) and max(worse) < 1.02


@needs_compiler
def test_the_confidence_of_march_2000_is_what_its_trend_gives(nasdaq):
    """More than half of the windows see a bubble; with that drift, one path in twenty without a bubble has as much."""
    found = calibrated(nasdaq, replications=99, filter="fco")
    assert found.positive > 0.5 and found.negative == 0.0
    assert 0.01 <= found.p_positive <= 0.15
    flat = calibrated(nasdaq, replications=99, filter="fco", model="no_drift")
    assert flat.p_positive == pytest.approx(0.01) and flat.critical()[0] < 0.2 < found.critical()[0]
