"""What each class gains in the scenarios: numbers computed by hand, and what must net when held together."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.errors import BadValue
from emporion.instruments.black76 import price as black76_price
from emporion.instruments.bond import Payments, convexity, dv01, payments, price_at, yield_of
from emporion.instruments.bond import risk_arrays as of_bond
from emporion.instruments.coin import risk_arrays as of_coin
from emporion.instruments.currency import risk_arrays as of_currency
from emporion.instruments.event import risk_arrays as of_event
from emporion.instruments.future import risk_arrays as of_future
from emporion.instruments.groups import load_groups
from emporion.instruments.loads import linear, to_entries, unit_shift_for
from emporion.instruments.option import averaged_years, gains, shocked_vol
from emporion.instruments.option import risk_arrays as of_option
from emporion.instruments.perpetual import risk_arrays as of_perpetual
from emporion.instruments.scenarios import EventGroup, PriceGroup
from emporion.instruments.share import beta_arrays
from emporion.instruments.terms import risk_terms
from emporion.schema.limits import RISK_MAX, UNIT_SHIFT_MAX

GROUPS = load_groups()
BTC, NVDA, RATES, STABLE = (GROUPS[name] for name in ("BTC", "NVDA", "USD-RATES", "STABLE"))
# Binary fractions, so that every product below is exact.
PLAIN = PriceGroup("PLAIN", 0.25, 0.5, 0.25, 0.5, 0.5, 1.0, 0.25, 0.03125, 0.5, closed_range=2.0)
FORWARD = st.floats(100.0, 1e5)


def contribution(array, qty, unit_shift):
    """As the kernel computes it."""
    return np.array([(int(qty) * int(entry)) >> unit_shift for entry in array])


def worst(array):
    return max(0, -int(array.min()))


def test_a_perpetual_by_hand():
    (load,) = of_perpetual(64.0, 0.5, 3, PLAIN)  # A lot is worth 32 dollars, the unit of 8 lots 256.
    assert load.group == "PLAIN"
    dollars = [-64, -64, -32, -32, 0, 0, 32, 32, 64, 64, -64, 64, -8, 8, 0, 0]
    assert load.array.tolist() == [one * 1_000_000 for one in dollars]
    assert of_future(64.0, 0.5, 3, PLAIN)[0].array.tolist() == load.array.tolist()


def test_a_coin_stands_still_when_the_basis_moves():
    (load,) = of_coin(64.0, 0.5, 3, PLAIN)
    dollars = [-64, -64, -32, -32, 0, 0, 32, 32, 64, 64, -64, 64, 0, 0, 0, 0]
    assert load.array.tolist() == [one * 1_000_000 for one in dollars]


def test_the_quote_asset_is_worth_what_it_is_worth():
    half = of_perpetual(64.0, 0.5, 3, PLAIN, quote_dollars=0.5)[0].array
    assert np.array_equal(2 * half, of_perpetual(64.0, 0.5, 3, PLAIN)[0].array)


def test_a_closed_market_widens_the_array():
    wide = of_perpetual(64.0, 0.5, 3, PLAIN, is_closed=True)[0].array
    assert wide.tolist()[:4] == [-128_000_000, -128_000_000, -64_000_000, -64_000_000]
    assert wide.tolist()[12:14] == [-16_000_000, 16_000_000]


@given(st.floats(1.0, 1e6), st.floats(1e-6, 1.0))
def test_rounding_is_down_by_less_than_one(mark, lot):
    (load,) = of_perpetual(mark, lot, 5, BTC)
    moves = BTC.moves()
    exact = mark * lot * (moves.price + moves.basis) * moves.weight * 32e6
    assert np.all(load.array <= exact + 1e-9 * np.abs(exact)) and np.all(load.array > exact - 1 - 1e-9 * np.abs(exact))


@given(st.floats(1.0, 1e6), st.integers(1, 10**6))
def test_spot_against_a_perpetual_of_equal_size_leaves_the_basis_alone(mark, lots):
    perpetual_shift, coin_shift = 10, 17  # A lot of 0.001 coins, atoms of 1e-8: 100,000 atoms a lot.
    held = contribution(of_coin(mark, 1e-8, coin_shift, BTC)[0].array, lots * 100_000, coin_shift)
    short = contribution(of_perpetual(mark, 0.001, perpetual_shift, BTC)[0].array, -lots, perpetual_shift)
    value = mark * 0.001 * lots * 1e6
    rounding = 2 + lots / 2**perpetual_shift + lots * 100_000 / 2**coin_shift
    assert worst(held + short) == pytest.approx(BTC.basis * value, abs=rounding + 1e-9 * value)
    assert np.all(np.abs((held + short)[:12]) <= rounding + 1e-9 * value)


@given(st.sampled_from(["BTC", "NVDA", "EUR", "STABLE"]), st.floats(1.0, 1e6), st.booleans())
def test_what_moves_straight_gains_above_what_it_loses_below(name, mark, is_closed):
    array = of_perpetual(mark, 0.001, 10, GROUPS[name], is_closed=is_closed)[0].array
    for down, up in ((0, 8), (1, 9), (2, 6), (3, 7), (12, 13)):
        assert -1 <= array[down] + array[up] <= 0, "rounding alone, and down"
    assert array[4] == array[5] == array[14] == array[15] == 0


@given(FORWARD, st.floats(0.6, 1.6), st.floats(0.01, 2.0), st.floats(0.1, 1.5))
def test_a_long_option_loses_its_premium_at_most(forward, moneyness, years, vol):
    strike = forward * moneyness
    for is_call in (True, False):
        lost = -gains(forward, strike, years, vol, is_call, BTC).min()
        assert -1e-9 * forward <= lost <= black76_price(forward, strike, years, vol, is_call) * (1 + 1e-12)


@given(FORWARD, st.floats(0.6, 1.6), st.floats(0.01, 2.0), st.floats(0.1, 1.5))
def test_a_call_less_a_put_is_a_future(forward, moneyness, years, vol):
    both = gains(forward, forward * moneyness, years, vol, [True, False], BTC)
    moves = BTC.moves()
    straight = forward * (moves.price + moves.basis) * moves.weight
    assert both[0] - both[1] == pytest.approx(straight, abs=1e-9 * forward)


@given(FORWARD, st.floats(0.6, 1.0), st.floats(1.01, 1.6), st.floats(0.01, 2.0), st.floats(0.1, 1.5))
def test_a_box_spread_needs_nothing(forward, low, high, years, vol):
    strikes = [forward * low, forward * high]
    calls, puts = (gains(forward, strikes, years, [vol, vol * 1.1], is_call, BTC) for is_call in (True, False))
    entries = to_entries(np.stack([calls[0], -calls[1], puts[1], -puts[0]]) * 1e-3, 7)
    assert np.all(np.abs(entries.sum(axis=0)) <= 4 + 1e-6 * forward)


@given(FORWARD, st.floats(1.0, 1.6), st.floats(0.02, 1.0), st.floats(0.2, 1.2))
def test_a_covered_call_needs_less_than_its_parts(forward, moneyness, years, vol):
    held = of_coin(forward, 1e-3, 12, BTC)[0].array
    call = of_option(forward, forward * moneyness, years, vol, True, 1e-3, 12, BTC)[0].array
    assert worst(held - call) < worst(held) + worst(-call)
    # While volatility stands still, what is sold only cushions the fall, and what it loses above the coin has gained.
    still = dataclasses.replace(BTC, vol_up=0.0, vol_down=0.0, basis=0.0)
    held = of_coin(forward, 1e-3, 12, still)[0].array
    call = of_option(forward, forward * moneyness, years, vol, True, 1e-3, 12, still)[0].array
    assert worst(held - call) <= worst(held) and np.all((held - call)[6:10] >= -1)


def test_a_far_move_is_for_who_sells_what_is_far_away():
    short = -gains(60_000.0, [45_000.0, 90_000.0], 0.05, 0.5, [False, True], BTC)
    assert short[0].argmin() == 10 and short[1].argmin() == 11
    assert short[0].min() < -0.24 * (45_000 - 60_000 * 0.34) * 0.99


def test_volatility_moves_more_near_the_expiry():
    years = np.array([0.1, 1, 10, 30, 365]) / 365
    assert shocked_vol(0.5, years, 0.4, BTC) == pytest.approx(
        0.5 * (1 + 0.4 * np.array([30**0.3, 30**0.3, 3**0.3, 1.0, (30 / 365) ** 0.13]))
    )
    steep = dataclasses.replace(BTC, vol_down=0.9)
    assert shocked_vol(0.5, 1 / 365, -0.9, steep) == 0.0


def test_an_average_moves_less_than_its_last_price():
    window = 48.0
    for left in (1_440.0, 100.0, 48.0, 24.0, 6.0):
        # What happens a time before the end is in the share of the window that comes after it.
        before_end = (np.arange(100_000) + 0.5) / 100_000 * left
        variance = np.square(np.minimum(1.0, before_end / window)).mean() * left
        assert float(averaged_years(left, window)) == pytest.approx(variance, rel=1e-6)
    assert averaged_years([5.0, 0.0, -1.0], 0.0).tolist() == [5.0, 0.0, 0.0]


def test_an_option_at_its_end_is_worth_what_is_in_it():
    array = gains(100.0, [90.0, 110.0], 0.0, 0.5, True, PLAIN)
    assert array[0, [0, 2, 6, 8]].tolist() == [-10.0, -10.0, 12.5, 25.0]
    assert array[1, [0, 2, 6, 8]].tolist() == [0.0, 0.0, 2.5, 15.0]


@pytest.mark.parametrize("bad", [{"vol": -0.1}, {"years": float("nan")}, {"forward": float("inf")}, {"strike": -1.0}])
def test_an_option_that_makes_no_sense_is_named(bad):
    numbers = {"forward": 100.0, "strike": 100.0, "years": 1.0, "vol": 0.5} | bad
    with pytest.raises(BadValue, match="option 1 of group BTC: forward"):
        gains(*([100.0 if name in ("forward", "strike") else 0.5, value] for name, value in numbers.items()), True, BTC)


def test_a_treasury_company_follows_its_coin_and_itself():
    own, of_its_coin = beta_arrays(64.0, 0.5, 3, NVDA, PLAIN, 1.5)
    assert (own.group, of_its_coin.group) == ("NVDA", "PLAIN")
    dollars = [-96, -96, -48, -48, 0, 0, 48, 48, 96, 96, -96, 96, 0, 0, 0, 0]
    assert of_its_coin.array.tolist() == [one * 1_000_000 for one in dollars]
    assert own.array.tolist() == linear(NVDA, 32.0, 3, is_derivative=False).array.tolist()
    deep = beta_arrays(64.0, 0.5, 3, NVDA, PLAIN, 5.0)[1].array
    assert deep[0] == -256_000_000, "a share falls to nothing and no further"
    assert len(of_perpetual(64.0, 0.5, 3, NVDA, coin=PLAIN, beta=1.5)) == 2


def test_a_stablecoin_may_lose_its_peg():
    (load,) = of_currency(1.0, 1e-6, 17, STABLE)
    haircut = worst(load.array) / 2**17
    assert haircut == pytest.approx(0.03, rel=1e-3)
    assert load.array[10] / 2**17 == pytest.approx(-0.12 * 0.25, rel=1e-3)


def test_a_bond_by_hand():
    paid = payments(0.0, 1, 2.0)  # One payment of 1 in two years.
    price = float(np.exp(-0.05 * 2))
    assert yield_of(paid, price) == pytest.approx(0.05, rel=1e-12)
    (load,) = of_bond(price, paid, 1.0, 20, RATES)
    assert load.array[0] == np.floor(price * (np.exp(-0.004 * 2) - 1) * 2**20 * 1e6)
    assert load.array[1] > -load.array[0], "convex: it gains more than it loses"
    assert load.array[12:].tolist() == [0, 0, 0, 0]


@given(st.floats(0.0, 0.15), st.sampled_from([1, 2, 4]), st.floats(0.1, 30.0), st.floats(-0.05, 0.3))
def test_yield_and_price_of_a_bond_are_each_others_inverse(coupon, frequency, years, yield_):
    paid = payments(coupon, frequency, years)
    assert paid.amounts.sum() == pytest.approx(1 + coupon / frequency * len(paid.years))
    assert 0 < paid.years[0] <= 1 / frequency + 1e-9 and paid.years[-1] == years
    price = float(price_at(paid, yield_))
    assert yield_of(paid, price) == pytest.approx(yield_, abs=1e-10)
    step = 1e-5
    slope = (price_at(paid, yield_ + step) - price_at(paid, yield_ - step)) / (2 * step)
    assert dv01(paid, yield_) == pytest.approx(-slope * 1e-4, rel=1e-5)
    bend = (price_at(paid, yield_ + 1e-4) - 2 * price + price_at(paid, yield_ - 1e-4)) / 1e-8
    assert convexity(paid, yield_) == pytest.approx(bend / price, rel=1e-2, abs=1e-4)


@given(st.floats(0.5, 30.0), st.floats(0.5, 1.5))
def test_dv01_and_convexity_explain_a_bonds_array(years, price):
    paid = payments(0.04, 2, years)
    found = yield_of(paid, price)
    (load,) = of_bond(price, paid, 1.0, 30, RATES)
    shift = 0.004
    explained = -dv01(paid, found) * shift * 1e4 + 0.5 * convexity(paid, found) * price * shift**2
    assert load.array[0] / 2**30 / 1e6 == pytest.approx(explained, rel=5e-3)
    assert not load.array[12:].any(), "nor does rounding move what does not move"


def test_a_companys_bond_has_a_second_load():
    loads = of_bond(0.9, payments(0.06, 2, 5.0), 1.0, 20, RATES, issuer=NVDA)
    assert [load.group for load in loads] == ["USD-RATES", "NVDA"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: payments(0.05, 0, 3.0), "frequency 0 at least 1"),
        (lambda: payments(0.05, 2, 0.0), "years 0.0 above 0"),
        (lambda: bond_of([2.0, 1.0], [0.1, 1.0]), "ascending"),
        (lambda: bond_of([1.0], [0.1, 1.0]), "1 times for 2 amounts"),
        (lambda: bond_of([1.0], [-1.0]), "not negative"),
        (lambda: yield_of(payments(0.05, 2, 3.0), -1.0), "not a positive number"),
        (lambda: yield_of(payments(0.05, 2, 3.0), 1e40), "no yield within"),
        (lambda: of_perpetual(float("nan"), 1.0, 3, BTC), "value nan"),
        (lambda: of_perpetual(1.0, 1.0, 41, BTC), "unit_shift: 41 is not within 0 and 40"),
        (lambda: of_perpetual(1e9, 1e9, 20, BTC), "choose a smaller unit_shift"),
        (lambda: of_event([0.5, 0.6], 1.0, 10, EventGroup("Q", 3)), "2 marks for 3 contracts"),
        (lambda: of_event([1.5], 1.0, 10, EventGroup("Q", 2)), "within 0 and 1"),
        (lambda: unit_shift_for(0.0, 10), "not a positive amount"),
        (lambda: unit_shift_for(1.0, 0), "at least 1"),
        (lambda: unit_shift_for(1e-8, 2**55), "a cap of"),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(BadValue, match=said):
        call()


def bond_of(years, amounts):
    return Payments(np.array(years), np.array(amounts))


def test_yes_and_no_of_a_question_need_nothing():
    (yes,) = of_event([0.375], 1.0, 10, EventGroup("Q", 2))
    assert yes.array[:2].tolist() == [640_000_000, -384_000_000]
    assert set(yes.array[2:].tolist()) == {640_000_000}, "scenarios without an outcome repeat the first"
    assert worst(yes.array - yes.array) == 0


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=16), st.data())
def test_a_set_of_no_needs_exactly_its_worst_case(marks, data):
    group = EventGroup("Q", len(marks))
    loads = of_event(marks, 1.0, 20, group)
    chosen = data.draw(st.sets(st.sampled_from(range(len(marks))), min_size=1))
    held = -sum(loads[k].array for k in chosen)
    # Sold at the marks: paid their sum, owing 1 if any of the chosen comes true.
    outcomes = [sum(marks[k] for k in chosen) - (outcome in chosen) for outcome in range(len(marks))]
    assert worst(held) / 2**20 / 1e6 == pytest.approx(max(0.0, -min(outcomes)), abs=1e-9)


@given(st.floats(1e-12, 1e6), st.integers(1, 10**12))
def test_the_unit_keeps_products_within_bounds_and_rounding_small(loss, cap):
    try:
        shift = unit_shift_for(loss, cap)
    except BadValue as problem:
        fitting = int(str(problem).rsplit("a cap of ", 1)[1].split()[0])
        assert fitting < cap and (fitting == 0 or unit_shift_for(loss, fitting) >= 0)
        return
    entry = int(to_entries(np.array([loss]), shift)[0])
    assert 0 <= shift <= UNIT_SHIFT_MAX and entry * cap * 16 <= RISK_MAX
    assert entry >= 99
    full = entry >= 999_999 or shift == UNIT_SHIFT_MAX or entry * 2 * cap * 16 > RISK_MAX * 0.99
    assert full, "a finer unit would have fitted"


def test_what_a_risk_command_says_beside_the_array():
    terms = risk_terms(BTC, 60.0, 9.6, 10**9, is_option=True)
    assert terms.unit_shift == 0 and terms.cap == 10**9
    assert terms.short_min_atoms == 600_000  # 1% of 60 dollars.
    assert terms.addon_from == 833_333 and terms.addon_atoms == 4_800_000  # 50 million at 60; 8% of 60.
    odd = risk_terms(BTC, 0.0000333, 0.00001, 10**9, is_option=True, unit_shift=0)
    assert odd.short_min_atoms == 1, "a part of a micro-dollar is asked for in full"
    small = risk_terms(BTC, 60.0, 9.6, 1_000, unit_shift=4)
    assert (small.unit_shift, small.short_min_atoms, small.addon_from, small.addon_atoms) == (4, 0, 1_000, 0)
