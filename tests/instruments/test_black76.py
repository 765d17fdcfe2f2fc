"""Black-76 against what can be said without a library: parity, limits, slopes, and its own inverse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.instruments.black76 import greeks, implied_vol, price
from emporion.instruments.normal import cdf, pdf

FORWARD = st.floats(1e-3, 1e6)
MONEYNESS = st.floats(0.2, 5.0)
YEARS = st.floats(1 / 8760, 5.0)
VOL = st.floats(0.01, 3.0)


@pytest.mark.parametrize("x", [-37.0, -20.0, -8.0, -5.6, -1.0, -1e-9, 0.0, 1e-9, 0.3, 2.5, 8.0, 40.0])
def test_the_normal_distribution_is_right_in_the_tail_as_well(x):
    assert cdf(np.array(x)) == pytest.approx(math.erfc(-x / math.sqrt(2)) / 2, rel=4e-13, abs=1e-305)


def test_the_normal_distribution_at_its_ends():
    assert cdf(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]
    assert np.isnan(cdf(np.array(np.nan)))
    assert pdf(np.array(0.0)) == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-15)


def test_a_price_computed_by_hand():
    # d1 = 0.1, d2 = -0.1: 100 (N(0.1) - N(-0.1)) = 100 x 0.0796556745540579.
    assert price(100.0, 100.0, 1.0, 0.2, True) == pytest.approx(7.96556745540579, rel=1e-13)
    assert price(100.0, 100.0, 1.0, 0.2, True, 0.9) == pytest.approx(0.9 * 7.96556745540579, rel=1e-13)


@given(FORWARD, MONEYNESS, YEARS, VOL, st.floats(0.3, 1.0))
def test_a_call_less_a_put_is_the_forward_less_the_strike(forward, moneyness, years, vol, discount):
    strike = forward * moneyness
    call, put = price(forward, strike, years, vol, [True, False], discount)
    assert call - put == pytest.approx(discount * (forward - strike), abs=4e-16 * (call + put + forward))
    ours = greeks(forward, strike, years, vol, [True, False], discount)
    assert ours.delta[0] - ours.delta[1] == pytest.approx(discount, rel=1e-14)
    assert ours.gamma[0] == ours.gamma[1] and ours.vega[0] == ours.vega[1]


@given(FORWARD, MONEYNESS, YEARS, VOL, st.booleans())
def test_a_price_lies_between_its_bounds(forward, moneyness, years, vol, is_call):
    strike = forward * moneyness
    worth = price(forward, strike, years, vol, is_call)
    intrinsic = max(forward - strike if is_call else strike - forward, 0.0)
    assert intrinsic <= worth <= (forward if is_call else strike) * (1 + 1e-15)


@given(MONEYNESS, st.floats(0.02, 3.0), st.floats(0.05, 2.0), st.booleans())
def test_greeks_are_the_slopes_of_the_price(moneyness, years, vol, is_call):
    forward, strike, discount = 100.0, 100.0 * moneyness, 0.95
    ours = greeks(forward, strike, years, vol, is_call, discount)
    rate = -math.log(discount) / years

    def at(forward=forward, years=years, vol=vol, rate=rate):
        return float(price(forward, strike, years, vol, is_call, math.exp(-rate * years)))

    step = 1e-4
    assert ours.delta == pytest.approx((at(forward + step) - at(forward - step)) / (2 * step), abs=1e-6)
    up, down = (greeks(forward + move, strike, years, vol, is_call, discount).delta for move in (step, -step))
    assert ours.gamma == pytest.approx((up - down) / (2 * step), abs=1e-6)
    assert ours.vega == pytest.approx((at(vol=vol + step) - at(vol=vol - step)) / (2 * step), abs=2e-3)
    tiny = 1e-5 * years
    assert ours.theta == pytest.approx(-(at(years=years + tiny) - at(years=years - tiny)) / (2 * tiny), abs=2e-3)
    assert ours.rho == pytest.approx((at(rate=rate + step) - at(rate=rate - step)) / (2 * step), abs=2e-3)


def test_nothing_left_to_happen_is_intrinsic_value():
    strikes = [90.0, 100.0, 110.0]
    for years, vol in ((0.0, 0.5), (1.0, 0.0)):
        ours = greeks(100.0, strikes, years, vol, True)
        assert ours.price.tolist() == [10.0, 0.0, 0.0]
        assert ours.delta.tolist() == [1.0, pytest.approx(0.5, rel=1e-15), 0.0]
        assert ours.gamma.tolist() == ours.theta.tolist() == [0.0, 0.0, 0.0]
    assert price([0.0, 100.0, 0.0], [100.0, 0.0, 0.0], 1.0, 0.2, True).tolist() == [0.0, 100.0, 0.0]
    assert price(0.0, 100.0, 1.0, 0.2, False) == 100.0


def test_what_means_nothing_is_not_a_number():
    assert np.isnan(
        price([-1.0, np.nan, 100.0, 100.0], 100.0, [1.0, 1.0, -1.0, 1.0], [0.2, 0.2, 0.2, -0.2], True)
    ).all()


@given(MONEYNESS, st.floats(1 / 365, 5.0), st.floats(0.05, 2.0), st.floats(0.3, 1.0))
def test_the_volatility_of_a_price_is_the_one_it_was_made_with(moneyness, years, vol, discount):
    strike, is_call = 100.0 * moneyness, moneyness >= 1.0  # Out of the money: there the price knows it.
    worth = price(100.0, strike, years, vol, is_call, discount)
    if 1e-280 < worth < 95.0 * discount:
        assert implied_vol(worth, 100.0, strike, years, is_call, discount) == pytest.approx(vol, rel=1e-9)


def test_the_volatility_in_the_money_is_known_as_far_as_the_price_is():
    worth = price(100.0, [60.0, 80.0], 0.25, 0.6, True)
    assert implied_vol(worth, 100.0, [60.0, 80.0], 0.25, True) == pytest.approx([0.6, 0.6], rel=1e-10)


def test_prices_that_no_volatility_gives():
    prices = [9.99, 10.0, 100.0, 120.0, np.nan, 10.5]
    found = implied_vol(prices, 100.0, 90.0, [1.0, 1.0, 1.0, 1.0, 1.0, 0.0], True)
    assert np.isnan(found).tolist() == [True, False, True, True, True, True]
    assert found[1] == 0.0
    assert np.isnan(implied_vol(90.0, 100.0, 90.0, 1.0, False)), "a put is worth less than its strike"


def test_a_whole_chain_at_once():
    strikes = np.linspace(30_000.0, 120_000.0, 500)
    vols = 0.4 + 0.3 * (np.log(strikes / 60_000.0)) ** 2
    is_call = strikes > 60_000.0
    worth = price(60_000.0, strikes, 0.2, vols, is_call)
    assert np.max(np.abs(implied_vol(worth, 60_000.0, strikes, 0.2, is_call) / vols - 1.0)) < 1e-10
