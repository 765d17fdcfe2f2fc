"""Mark prices: each leg by hand, what one leg alone can do, and the way to the settlement."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.errors import BadValue
from emporion.instruments.black76 import price
from emporion.services.marks import Ema, FutureMark, OutcomeMark, PerpetualMark, WindowAverage, weighted_median
from emporion.services.smiles import Curve, Smile, marks

S = 1_000_000_000
PRICES = st.floats(1.0, 1e6)


def test_an_average_in_time_by_hand():
    average = Ema(150 * S)
    assert average.value is None
    assert average.add(0, 10.0) == 10.0
    # A second of 4 against a nanosecond of 10.
    assert average.add(1 * S, 4.0) == pytest.approx(4.0, abs=1e-7)
    kept = math.exp(-150 / 150)
    assert average.add(151 * S, 7.0) == pytest.approx((1 * 4.0 * kept + 150 * 7.0) / (1 * kept + 150), rel=1e-7)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.floats(-100, 100)), min_size=1, max_size=20))
def test_an_average_stays_within_its_numbers(steps):
    average, now = Ema(30 * S), 0
    for elapsed, number in steps:
        now += elapsed
        average.add(now, number)
    numbers = [number for _, number in steps]
    assert min(numbers) - 1e-9 <= average.value <= max(numbers) + 1e-9


def test_nothing_but_an_index_is_the_index():
    assert PerpetualMark().update(0, 100.0) == 100.0
    assert PerpetualMark().update(0, 100.0, bid=99.0, last=50.0) == 100.0, "one side is no book"


def test_two_legs_take_the_slow_book_as_a_third():
    mark = PerpetualMark()
    for second in range(600):  # The book stands 2 above the index.
        mark.update(second * S, 100.0, 101.9, 102.1, 102.0)
    # Then it is pushed to 130, for a second.
    pushed = mark.update(600 * S, 100.0, 129.0, 131.0, 130.0)
    slow = 102.0 + 28.0 * (1 / 30) / (1 + 1 / 30)  # Roughly a second of thirty.
    assert pushed == pytest.approx(slow, rel=0.01)
    distance = 2.0 + 28.0 / 150
    assert pushed == pytest.approx(100 + distance, rel=0.01)


def test_three_legs_are_a_median():
    mark = PerpetualMark()
    assert mark.update(0, 100.0, 103.0, 105.0, 104.0, outside=[(90.0, 1.0)]) == 104.0
    assert mark.update(0, 110.0, 103.0, 105.0, 104.5, outside=[(104.0, 1.0)]) == 104.5


@given(PRICES, PRICES, PRICES, PRICES)
def test_the_last_trade_alone_moves_nothing_beyond_bid_and_ask(index, one, other, last):
    bid, ask = sorted((one, other))
    mark = PerpetualMark().update(0, index, bid, ask, last)
    low, high = min(bid, 0.5 * (bid + ask)), max(ask, 0.5 * (bid + ask))
    assert low * (1 - 1e-9) <= mark <= high * (1 + 1e-9)


def test_an_outcome_is_marked_by_its_book_alone():
    mark = OutcomeMark()
    assert mark.update(0) is None
    assert mark.update(0, bid=0.3, ask=0.4) == 0.35
    for second in range(1, 300):
        mark.update(second * S, 0.3, 0.4, 0.35)
    pushed = mark.update(300 * S, 0.88, 0.92, 0.9)  # For a second: a thirtieth of the way.
    assert pushed == pytest.approx(0.35 + 0.55 / 31, abs=2e-3)
    for second in range(301, 1_200):
        pushed = mark.update(second * S, 0.88, 0.92, 0.9)
    assert pushed == pytest.approx(0.9, abs=1e-3)


def test_an_empty_side_of_an_outcome_stands_at_its_end():
    assert OutcomeMark().update(0, bid=0.9) == 0.95
    assert OutcomeMark().update(0, ask=0.1, last=0.08) == 0.08
    assert OutcomeMark().update(0, last=0.6) == 0.6
    with pytest.raises(BadValue, match="outcome: 1.5 is not within 0 and 1"):
        OutcomeMark().update(0, last=1.5)


def test_a_weighted_median():
    assert weighted_median([(100.0, 3.0), (101.0, 2.0), (99.0, 2.0), (140.0, 1.0)]) == 100.0
    assert weighted_median([(1.0, 1.0), (3.0, 1.0)]) == 2.0
    assert weighted_median([(7.0, 0.5)]) == 7.0


def test_a_window_knows_what_has_passed():
    average = WindowAverage(expiry_ns=1_000 * S, window_ns=100 * S)
    average.add(800 * S, 50.0)
    assert average.passed == 0.0 and average.blended(70.0) == 70.0
    average.add(910 * S, 60.0)  # 50 stood for the first 10 seconds of the window.
    average.add(950 * S, 80.0)  # 60 for 40.
    assert average.passed == 0.5
    assert average.blended(100.0) == pytest.approx(0.5 * (10 * 50 + 40 * 60) / 50 + 0.5 * 100)
    average.add(2_000 * S, 1.0)
    assert average.passed == 1.0
    assert average.blended(1e9) == pytest.approx((10 * 50 + 40 * 60 + 50 * 80) / 100)


def test_a_future_ends_at_the_average_of_the_index():
    mark = FutureMark(expiry_ns=1_000 * S, window_ns=100 * S)
    assert mark.update(100 * S, 100.0, 104.0, 106.0, 105.0) == pytest.approx(105.0, abs=0.01)
    path = []
    for second in range(900, 1_001):
        path.append(mark.update(second * S, 100.0, 104.0, 106.0, 105.0))
    assert path[0] > 104.9 and path[50] == pytest.approx(102.5, abs=0.1) and path[-1] == pytest.approx(100.0)
    assert all(later <= before for before, later in zip(path, path[1:], strict=False))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Ema(0), "tau_ns: 0 is not positive"),
        (lambda: WindowAverage(10, 0), "window_ns: 0 is not positive"),
        (lambda: PerpetualMark().update(0, 0.0), "index: 0.0 is not a positive number"),
        (lambda: PerpetualMark().update(0, 1.0, float("nan"), 2.0), "bid: nan"),
        (lambda: weighted_median([]), "at least one number"),
        (lambda: weighted_median([(1.0, 0.0)]), "a weight: 0.0"),
        (lambda: back(Ema(1).add, 5.0), "times may not go back"),
        (lambda: back(WindowAverage(100, 10).add, 5.0), "times may not go back"),
        (lambda: Smile(0.0), "vol: 0.0 is not within"),
    ],
)
def test_what_makes_no_sense_is_said(call, said):
    with pytest.raises(BadValue, match=said):
        call()


def back(add, number):
    add(10, number)
    add(9, number)


STRIKES = np.linspace(40_000.0, 90_000.0, 21)
FORWARD, YEARS = 60_000.0, 0.25
TRUE = Curve(0.55, -0.1, 0.2)
CALLS = STRIKES >= FORWARD


def quotes(curve, width):
    vols = curve.vols(FORWARD, STRIKES, YEARS)
    return (price(FORWARD, STRIKES, YEARS, vols + side * width / 2, CALLS) for side in (-1, 1))


def test_a_smile_is_found_in_its_quotes():
    smile = Smile(0.8)
    for minute in range(10):
        bids, asks = quotes(TRUE, 0.01)
        smile.update(minute * 60 * S, FORWARD, YEARS, STRIKES, bids, asks, CALLS)
    found = smile.curve.vols(FORWARD, STRIKES, YEARS)
    assert np.max(np.abs(found - TRUE.vols(FORWARD, STRIKES, YEARS))) < 1e-3


def test_one_quote_moves_the_level_and_hardly_the_shape():
    smile = Smile(0.5)
    bids, asks = (np.where(STRIKES == 75_000.0, side, np.nan) for side in quotes(Curve(0.7), 0.02))
    curve = smile.update(0, FORWARD, YEARS, STRIKES, bids, asks, CALLS)
    assert curve.vols(FORWARD, [75_000.0], YEARS)[0] == pytest.approx(0.7, abs=0.02)
    assert curve.vols(FORWARD, [FORWARD], YEARS)[0] > 0.6


def test_an_order_of_a_second_moves_a_smile_by_a_sixtieth():
    smile = Smile(0.5)
    bids, asks = quotes(Curve(0.5), 0.02)
    smile.update(0, FORWARD, YEARS, STRIKES, bids, asks, CALLS)
    before = smile.curve.level
    bids, asks = quotes(Curve(1.1), 0.02)
    smile.update(S, FORWARD, YEARS, STRIKES, bids, asks, CALLS)
    assert smile.curve.level - before == pytest.approx(0.6 * (1 - math.exp(-1 / 60)), rel=0.02)


def test_what_says_nothing_moves_nothing():
    smile = Smile(0.5)
    nothing = np.full_like(STRIKES, np.nan)
    bids, asks = quotes(TRUE, 0.01)
    before = smile.curve
    assert smile.update(0, FORWARD, YEARS, STRIKES, nothing, asks, CALLS) == before
    assert smile.update(0, FORWARD, YEARS, STRIKES, asks, bids, CALLS) == before, "crossed"
    assert smile.update(0, FORWARD, YEARS, STRIKES, 0 * bids, asks, CALLS) == before, "nothing bid"
    assert smile.update(0, FORWARD, YEARS, STRIKES, bids, asks, ~CALLS) == before, "in the money, or beyond intrinsic"
    smile.update(5, FORWARD, YEARS, STRIKES, bids, asks, CALLS)
    with pytest.raises(BadValue, match="times may not go back"):
        smile.update(4, FORWARD, YEARS, STRIKES, bids, asks, CALLS)


def test_a_smile_never_frowns():
    smile = Smile(0.5)
    bids, asks = quotes(Curve(0.6, 0.0, -0.2), 0.01)
    assert smile.update(0, FORWARD, YEARS, STRIKES, bids, asks, CALLS).bend == 0.0


def test_marks_of_a_chain_keep_parity():
    call, put = (marks(TRUE, FORWARD, YEARS, STRIKES, is_call) for is_call in (True, False))
    assert call - put == pytest.approx(FORWARD - STRIKES)
    assert TRUE.vols(FORWARD, [1e-3, 1e9], YEARS).tolist() == pytest.approx([0.55 + 0.3 + 1.8, 0.55 - 0.3 + 1.8])
