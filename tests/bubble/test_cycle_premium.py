"""What a treasury company's share costs above its coins."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.jit import COMPILED
from emporion.bubble.premium import premium
from emporion.bubble.series import series
from emporion.bubble.study import study
from emporion.bubble.table import as_of
from emporion.errors import BadValue

FIRST = date(2024, 1, 1)
AMOUNT = st.floats(0.01, 1e6)


def dates(count):
    return [FIRST + timedelta(days=k) for k in range(count)]


def test_a_company_by_hand():
    """1,000 shares at 30 and a debt of 6,000, less 1,000 in cash, cost 35,000; 200 coins at 100 are worth 20,000."""
    made = premium(dates(1), 30.0, 1000, 200, 100.0, debt=4000, preferred=2000, cash=1000, name="HOLD")
    assert made.market_value[0] == 30_000 and made.coin_value[0] == 20_000 and made.enterprise_value[0] == 35_000
    assert made.mnav.values[0] == 1.75 and made.mnav_basic.values[0] == 1.5
    assert made.on_equity[0] == 30_000 / (20_000 - 5_000), "what is left to the shares costs twice its worth"
    assert made.coins_per_share[0] == 0.2
    assert made.mnav.name == "HOLD mNAV" and made.mnav.dates[0] == np.datetime64("2024-01-01")


def test_where_debt_eats_the_coins_nothing_is_left_to_compare_with():
    made = premium(dates(2), [1.0, 1.0], 10, 1, [50.0, 5.0], debt=20)
    assert made.on_equity[0] == pytest.approx(10 / 30) and np.isnan(made.on_equity[1])


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT, st.floats(0, 1e6), st.sampled_from([0.25, 2.0, 1024.0]))
def test_neither_a_split_nor_the_currency_changes_the_premium(price, shares, coins, coin_price, debt, scale):
    one = premium(dates(1), price, shares, coins, coin_price, debt=debt)
    split = premium(dates(1), price / scale, shares * scale, coins, coin_price, debt=debt)
    money = premium(dates(1), price * scale, shares, coins, coin_price * scale, debt=debt * scale)
    for other in (split, money):
        assert other.mnav.values == pytest.approx(one.mnav.values, rel=1e-12)
        assert other.on_equity == pytest.approx(one.on_equity, rel=1e-9, nan_ok=True)
    assert one.mnav.values[0] >= one.mnav_basic.values[0]
    more = premium(dates(1), price, shares * 2, coins + shares * price / coin_price, coin_price)
    if price * shares > coins * coin_price * 1.001:
        assert more.coins_per_share[0] > one.coins_per_share[0], "shares sold above their coins add coins to each share"


def test_what_was_announced_counts_from_its_announcement():
    held = series([100.0, 150.0], ["2024-01-02", "2024-01-04"], name="coins", varied=False, length_min=1)
    days = dates(5)
    coins = as_of(held, days)
    assert np.array_equal(coins, [np.nan, 100.0, 100.0, 150.0, 150.0], equal_nan=True)
    assert np.isnan(as_of(held, days, days_max=0.5)[2])
    made = premium(days, [1.0, 2.0, 3.0, 4.0, 5.0], 100, coins, 1.0)
    assert made.dates.size == 4 and made.mnav.values == pytest.approx([2.0, 3.0, 4.0 / 1.5, 5.0 / 1.5])
    later = series([100.0, 900.0], ["2024-01-02", "2024-01-05"], name="coins", varied=False, length_min=1)
    assert as_of(later, days)[:3] == pytest.approx(coins[:3], nan_ok=True), "no later purchase is known before"


@pytest.mark.skipif(not COMPILED, reason="a million windows take too long uncompiled")
def test_a_premium_is_a_series_like_any_other():
    chance = np.random.default_rng(5)
    coin = np.exp(np.cumsum(chance.normal(0.0, 0.03, 150)))
    run = np.zeros(150)
    run[90:130] = 0.03 * 1.1 ** np.arange(40)
    made = premium(dates(150), coin * np.exp(run + np.cumsum(chance.normal(0.0, 0.01, 150))), 100, 100, coin)
    tested = study(made.mnav.log(), replications=199)
    assert tested.p.gsadf <= 0.01 and tested.episodes[0].direction == "up"
    assert 90 <= tested.episodes[0].start < 130


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: premium(dates(1), -1.0, 1, 1, 1), "price at 2024-01-01 is -1; it must be above zero"),
        (lambda: premium(dates(1), 1.0, 0, 1, 1), "shares at 2024-01-01 is 0"),
        (lambda: premium(dates(1), 1.0, 1, 1, 1, debt=-5), "debt at 2024-01-01 is -5; it must be at least zero"),
        (lambda: premium(dates(2), [1.0], 1, 1, 1), r"price has shape \(1,\) for 2 dates"),
        (lambda: premium(dates(1), "x", 1, 1, 1), "price is not numbers"),
        (lambda: premium(dates(1), np.inf, 1, 1, 1), "price is infinite"),
        (lambda: premium(dates(1), np.nan, 1, 1, 1), "no date at which all"),
        (lambda: premium(dates(3), [1.0, np.nan, 1.0], 1, 1, 1), "price is missing at 2024-01-02, after it was known"),
        (lambda: premium(dates(2)[::-1], [1.0, 1.0], 1, 1, 1), "the dates run backwards"),
        (lambda: as_of(series([1.0], varied=False, length_min=1), dates(1)), "it has no dates"),
    ],
)
def test_bad_input_is_refused_with_a_reason(act, message):
    with pytest.raises(BadValue, match=message):
        act()
