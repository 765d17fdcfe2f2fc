"""The kernel's rate of funding against what a venue has paid: 1,038 hours and eight-hours of its perpetual on bitcoin.

The file is not ours to ship. It is looked for in the folder that EMPORION_DATA names, or in `shared/data` beside
the checkout; where it is not, this judge is skipped and says so. Each row has the average premium of its interval and
the rate that was paid. The venue changed its formula three times, and each is the kernel's with other numbers.
"""

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emporion.kernel import jit
from emporion.kernel.funding import rate_e12
from emporion.schema.limits import E12

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("EMPORION_DATA") or CHECKOUT.parent / "shared" / "data") / "margin" / "hyperliquid"
FILE = FOLDER / "funding_btc_2023-05-12_2023-07-17.csv"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the recorded rates are not there: {FILE}")

INTEREST = E12 // 10_000  # 0.01% in eight hours.
FORMULAS = (  # Until when; interest, clamp, divisor. What the venue paid each hour is an eighth, but at first.
    (datetime(2023, 6, 8, 0, 30, tzinfo=UTC), INTEREST, 3 * E12 // 10_000, 1),
    (datetime(2023, 6, 16, 20, 30, tzinfo=UTC), INTEREST, 3 * E12 // 10_000, 8),
    (datetime(2023, 7, 15, 2, 30, tzinfo=UTC), 0, 0, 8),
    (datetime(9999, 1, 1, tzinfo=UTC), INTEREST, 5 * E12 // 10_000, 8),
)


def of_e12(text: str) -> int:
    """A rate as written, times 10^12: exact, since it has eight decimals."""
    return round(float(text) * E12)


@jit.entry
def rate(premium: int, interest: int, clamp: int, cap: int, divisor: int) -> int:
    return rate_e12(premium, interest, clamp, cap, divisor)


def test_the_formula_pays_what_was_paid():
    """F-2. All but one of the rows to their last digit, 10^-8; that one was paid by the formula before its time."""
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    apart = []
    for row in rows:
        moment = datetime.fromtimestamp(int(row["time"]) / 1_000, tz=UTC)
        terms = next(terms for until, *terms in FORMULAS if moment < until)
        found = rate(of_e12(row["premium"]), terms[0], terms[1], E12, terms[2])
        if abs(found - of_e12(row["fundingRate"])) > E12 // 10**8:
            apart.append((moment, row, found))
    assert len(rows) == 1_038
    assert len(apart) <= 1, apart
