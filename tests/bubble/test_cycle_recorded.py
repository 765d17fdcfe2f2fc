"""The cycle on recorded prices: Shiller's S&P 500 since 1871, coins, and a treasury company.

The files are not ours to ship. They are looked for in the folder that EMPORION_DATA names, or in `shared/data`
beside the checkout; without them these tests are skipped.
"""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from emporion.bubble.alt_season import alt_season
from emporion.bubble.basket import basket
from emporion.bubble.calendar import at_frequency, between
from emporion.bubble.files import read_csv
from emporion.bubble.fundamentals import industrial_or_financial
from emporion.bubble.jit import COMPILED
from emporion.bubble.premium import premium
from emporion.bubble.ratio_test import ratio_test
from emporion.bubble.series import Series
from emporion.bubble.study import study
from emporion.bubble.table import as_of, join
from emporion.bubble.tables import tabulated
from emporion.bubble.universe import universe

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("EMPORION_DATA") or CHECKOUT.parent / "shared" / "data") / "prices"
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no data: {FOLDER} is not there; set EMPORION_DATA"),
    pytest.mark.skipif(not COMPILED, reason="a million windows take too long uncompiled"),
]


def columns(path):
    """{column: numbers}, the dates as days; an empty cell is NaN."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        rows = list(csv.DictReader(file))
    made = {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0] if name != "Date"}
    return made | {"Date": np.array([row["Date"] for row in rows], dtype="datetime64[ns]")}


def shiller(frequency, begin=None, end=None):
    """Real price, dividends and earnings, on the dates that have all of them."""
    raw = columns(FOLDER / "index" / "shiller_sp500_monthly_1871-2026.csv.gz")
    known = np.all([raw[name] > 0.0 for name in ("Dividend", "Earnings", "Consumer Price Index")], axis=0)
    for name in ("SP500", "Dividend", "Earnings"):
        real = Series(raw[name][known] / raw["Consumer Price Index"][known], raw["Date"][known], name)
        yield at_frequency(between(real, begin and np.datetime64(begin), end and np.datetime64(end)), frequency)


def years(episodes):
    return [(str(one.start_date)[:4], str(one.end_date)[:4]) for one in episodes]


def test_the_years_to_2000_were_financial():
    """Years do not overlap, so nothing is counted twice. The price over dividends passes the strictest line."""
    price, dividends, earnings = shiller("year", end="2022-12-31")
    parts = {"dividends": dividends, "earnings": earnings}
    found = industrial_or_financial(price, parts, lags=1, rows_min=2, convention="pointwise")
    assert len(price) == 152 and [verdict.kind for verdict in found.verdicts] == ["financial"]
    assert years(found.price.episodes) == [("1995", "2000")]
    assert found.fundamentals["dividends"].episodes == found.fundamentals["earnings"].episodes == ()
    assert not found.is_significant and 0.04 < found.price.study.p.gsadf < 0.09, "the price alone does not pass 5%"
    strict = industrial_or_financial(price, parts, lags=1, rows_min=2)
    assert strict.verdicts == () and years(strict.ratios["dividends"].episodes) == [("1998", "1999")]
    assert strict.ratios["dividends"].study.p.gsadf < 0.03


def test_smooth_dividends_look_explosive_without_lags():
    """Dividends of twelve months, interpolated: at lag 0 they run through the nineties, at four lags they do not."""
    price, dividends, earnings = shiller("quarter", "1973-01-01", "2005-12-31")
    found = [
        industrial_or_financial(
            price,
            {"dividends": dividends, "earnings": earnings},
            lags=lags,
            rows_min=2,
            convention="pointwise",
            replications=499,
            explained_min=0.0,
        )  # fmt: skip
        for lags in (0, 4)
    ]
    explosive = [one.fundamentals["dividends"].explosive.mean() for one in found]
    assert explosive[0] > 0.3 and explosive[1] < 0.1
    assert "mixed" in {verdict.kind for verdict in found[0].verdicts}
    assert {verdict.kind for verdict in found[1].verdicts} == {"financial"}


COINS = ("BTC", "ADA", "AVAX", "DOGE", "ETH", "LINK", "SOL", "TRX", "XLM", "XRP", "BNB", "LTC")


def coins():
    for name in COINS:
        path = FOLDER / "moneyflow" / f"{name}-USD.csv"
        one = read_csv(path if path.exists() else FOLDER / "crypto" / f"{name}-USD_1d.csv.gz")
        yield Series(one.values, one.dates, name)


def test_a_dozen_survivors_are_not_the_fifty_largest():
    """Published: 47, 76 and 52. Without the other forty and the values of the day they cannot be had, and are not."""
    prices = join(*coins())
    known = universe(np.ones((1, len(COINS)), dtype=bool), prices.dates[:1], COINS)
    made = alt_season(prices, known, universe_days_max=36_500)
    at = [int(np.searchsorted(made.dates, np.datetime64(day))) for day in ("2023-12-09", "2024-01-14", "2025-07-21")]
    assert [(int(made.beat[k]), int(made.compared[k])) for k in at] == [(4, 11), (5, 11), (8, 9)]
    grew = {name: prices.column(name)[at[0]] / prices.column(name)[at[0] - 90] for name in COINS}
    assert sum(grew[name] > grew["BTC"] for name in COINS) == 4 and made.season[at[0]] == "neither"


def test_eth_was_not_explosive_in_btc():
    named = {one.name: one for one in coins()}
    tested = ratio_test(named["ETH"], named["BTC"], frequency="week")
    assert 400 < len(tested.series) < 430 and tested.p.gsadf > 0.1 and tested.episodes == ()


def test_a_treasury_company():
    """The file's ratio of coins to market value is the inverse of our basic mNAV, to its four decimals."""
    raw = columns(FOLDER / "mstr" / "mstr_btc_metrics_daily.csv.gz")
    bought = columns(FOLDER / "mstr" / "btcholdings.csv")
    since = (raw["Date"] >= np.datetime64("2020-08-11")) & ~np.isnan(raw["MSTR_Close"])
    dates, price, value, coin, told, owed = (
        raw[name][since]
        for name in (
            "Date",
            "MSTR_Close",
            "MSTR_Market_Cap_USD",
            "BTC-USD_Close",
            "BTC_to_Market_Cap_Ratio",
            "Total_Liabilities",
        )
    )
    held = as_of(Series(bought["Total_BTC"], bought["Date"], "coins"), dates)
    made = premium(dates, price, value / price, held, coin, debt=owed, name="MSTR")
    assert 1.0 / made.mnav_basic.values == pytest.approx(told, abs=5e-4)
    at = int(np.searchsorted(dates, np.datetime64("2024-09-30")))
    assert made.mnav_basic.values[at] == pytest.approx(1.93, abs=0.01) and made.mnav.values[at] > 2.1
    low = int(np.nanargmin(made.mnav_basic.values))
    assert str(dates[low])[:4] in ("2022", "2023") and made.mnav.values[low] > made.mnav_basic.values[low]


WEEKLY = [  # The table of docs/concepts/bubble.md: file, first day, last day, weeks, p of logarithms.
    ("index/qrm_NASDAQ.csv.gz", "1990-01-01", "2000-12-31", 574, 0.067),
    ("index/NIKKEI.csv", "1984-01-01", "1990-12-31", 363, 0.059),
    ("index/SSEC.csv", "2010-01-01", "2015-12-31", 308, 0.050),
    ("moneyflow/BTC-USD.csv", "2014-09-01", "2018-06-30", 197, 0.031),
]


@pytest.mark.parametrize(("name", "begin", "end", "weeks", "p"), WEEKLY)
def test_the_largest_bubbles_are_hardly_beyond_chance(name, begin, end, weeks, p):
    price = "^NDX" if "NASDAQ" in name else None
    line = between(at_frequency(read_csv(FOLDER / name, price=price), "week"), np.datetime64(begin), np.datetime64(end))
    found = study(line.log())
    assert len(line) == weeks and found.p.gsadf == pytest.approx(p, abs=0.004)
    assert found.result.gsadf > tabulated(weeks, 0.99).gsadf, "by the tables it is beyond doubt"


def test_the_premium_of_a_treasury_company_was_not_explosive():
    raw = columns(FOLDER / "mstr" / "mstr_btc_metrics_daily.csv.gz")
    known = (raw["Date"] >= np.datetime64("2020-08-11")) & ~np.isnan(raw["BTC_to_Market_Cap_Ratio"])
    basic = Series(1.0 / raw["BTC_to_Market_Cap_Ratio"][known], raw["Date"][known], "basic mNAV")
    found = study(at_frequency(basic, "week").log())
    assert found.result.gsadf == pytest.approx(0.75, abs=0.02) and found.p.gsadf > 0.5


def test_real_assets_fell_explosively_in_bitcoin():
    """Funds of gold, bonds and land stand in for tokens of such, of which no prices are at hand."""
    funds = [read_csv(FOLDER / "moneyflow" / f"{name}.csv") for name in ("GLD", "IEF", "VNQ")]
    prices = join(*(Series(one.values, one.dates, one.name) for one in funds))
    bitcoin = read_csv(FOLDER / "moneyflow" / "BTC-USD.csv")
    tested = ratio_test(basket(prices, prices.names), bitcoin, frequency="week", convention="pointwise")
    assert len(tested.series) == 577 and tested.p.gsadf <= 0.012
    told = [(str(e.start_date)[:7], str(e.end_date)[:7], e.direction) for e in tested.episodes]
    assert told == [("2017-05", "2018-01", "down"), ("2021-03", "2021-04", "down")]
