"""Funding: the formula by hand, other venues' parameters, and what Hyperliquid has published.

The published rows are not ours to ship. They are looked for in the folder that EMPORION_DATA names, or in
`shared/data` beside the checkout.
"""

import csv
import os
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest

from emporion.errors import BadValue
from emporion.instruments.funding import BINANCE, HYPERLIQUID, Funding, dydx, of_terms, payment, premium
from emporion.instruments.listing import FundingTerms

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("EMPORION_DATA") or CHECKOUT.parent / "shared" / "data")
PUBLISHED = DATA / "margin" / "hyperliquid" / "funding_btc_2023-05-12_2023-07-17.csv"
# Until when, UTC, and with which parameters the venue of 2023 paid.
REGIMES = [
    ("2023-06-08 00:30", Funding(D("0.0001"), D("0.0003"), 1)),
    ("2023-06-16 20:30", Funding(D("0.0001"), D("0.0003"), 8)),
    ("2023-07-15 02:30", Funding(D(0), D(0), 8)),
    ("2100-01-01 00:00", HYPERLIQUID),
]


def test_the_parameters_of_a_listing():
    assert HYPERLIQUID == Funding(D("0.0001"), D("0.0005"), 8, D("0.04")) == of_terms(FundingTerms())


@pytest.mark.parametrize(
    ("average", "eight_hours"),
    [
        ("0", "0.0001"),  # The interest alone.
        ("0.0005", "0.0001"),  # Within the clamp the interest wins.
        ("-0.0004", "0.0001"),
        ("0.0006", "0.0001"),  # Its edge.
        ("0.0010", "0.0005"),  # Outside, the premium less the clamp.
        ("-0.0010", "-0.0005"),
    ],
)
def test_hyperliquid_by_hand(average, eight_hours):
    assert HYPERLIQUID.rate(D(average)) == D(eight_hours) / 8
    assert BINANCE.rate(D(average)) == D(eight_hours)


def test_an_hour_is_capped():
    assert HYPERLIQUID.rate(D("0.5")) == D("0.04")
    assert HYPERLIQUID.rate(D("-0.5")) == D("-0.04")
    assert BINANCE.rate(D("0.02")) == D("0.003")


def test_dydx_pays_the_premium():
    market = dydx(initial=D("0.05"), maintenance=D("0.03"))
    assert market.rate(D("0.0008")) == D("0.0001")
    assert market.rate(D(1)) == D("0.015")  # 600% of 2%, an eighth.


def test_the_premium_is_what_lies_outside_the_book():
    assert premium(D(99), D(101), D(100)) == 0
    assert premium(D(102), D(104), D(100)) == D("0.02")
    assert premium(D(95), D(97), D(100)) == D("-0.03")
    with pytest.raises(BadValue, match="index 0"):
        premium(D(1), D(2), D(0))


def test_longs_pay_a_positive_rate():
    assert payment(D("0.5"), D(60_000), D("0.0001")) == 3
    assert payment(D("-0.5"), D(60_000), D("0.0001")) == -3


@pytest.mark.parametrize("bad", [(D(0), D(-1), 8, None), (D(0), D(1), 0, None), (D(0), D(1), 8, D(-1))])
def test_parameters_that_make_no_sense(bad):
    with pytest.raises(BadValue, match="funding: clamp"):
        Funding(*bad)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason=f"no published rates: {PUBLISHED} is not there; set EMPORION_DATA")
def test_the_published_rates_follow_from_the_published_premia():
    with PUBLISHED.open() as file:
        rows = list(csv.DictReader(file))
    until = [(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000, rule) for at, rule in REGIMES]
    used, wrong = set(), []
    for row in rows:
        at = int(row["time"])
        which = next(number for number, (end, _) in enumerate(until) if at < end)
        used.add(which)
        if abs(until[which][1].rate(D(row["premium"])) - D(row["fundingRate"])) > D("1e-8"):
            wrong.append((at, row))
    assert len(rows) == 1_038 and used == {0, 1, 2, 3}
    assert len(wrong) == 1, wrong
