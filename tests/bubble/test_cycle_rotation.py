"""Dominance, baskets, flows and ratios, against hand-made cases and a model of loops."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.basket import basket
from emporion.bubble.calendar import at_frequency
from emporion.bubble.dominance import dominance
from emporion.bubble.explosive import explosive
from emporion.bubble.jit import COMPILED
from emporion.bubble.ratio_test import ratio_test
from emporion.bubble.rotation import net_flows, ratio, relative_strength, rotation
from emporion.bubble.series import series
from emporion.bubble.stamps import episodes
from emporion.bubble.table import table
from emporion.errors import BadValue
from tests.bubble import cycle_model as model

needs_compiler = pytest.mark.skipif(not COMPILED, reason="a million windows take too long uncompiled")
FIRST = date(2024, 1, 1)
CELL = st.one_of(st.none(), st.floats(0.01, 100.0))


def dates(count):
    return [FIRST + timedelta(days=k) for k in range(count)]


def table_of(rows, names=None):
    names = names or [f"A{k}" for k in range(len(rows[0]))]
    filled = [[np.nan if cell is None else cell for cell in row] for row in rows]
    return table(filled, dates(len(rows)), names, holes="absent")


def line(values, name="series", start=0):
    return series(values, dates(start + len(values))[start:], name=name, varied=False, length_min=1)


@st.composite
def grids(draw, *more):
    """Some rows of three numbers or none, as often as asked for, all of one shape."""
    count = draw(st.integers(2, 8))
    return [draw(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=count, max_size=count)) for _ in range(2)]


def test_dominance_by_hand():
    values = table_of([[60.0, None, 30.0], [60.0, 20.0, 20.0], [None, 5.0, 15.0]], ["BTC", "ETH", "USDT"])
    assert dominance(values).values == pytest.approx([60 / 90, 0.6, 0.0])
    assert dominance(values, ["BTC", "ETH"]).values == pytest.approx([60 / 90, 0.8, 0.25])
    assert dominance(values, "BTC", excluded=["USDT"]).values == pytest.approx([1.0, 0.75, 0.0])
    assert dominance(values, "ETH").name == "dominance of ETH"


@given(grids())
def test_dominances_sum_to_one(both):
    values = table_of(both[0])
    if all(cell is None for row in both[0] for cell in row):
        return
    parts = [dominance(values, name).values for name in values.names]
    assert sum(parts) == pytest.approx(np.ones(parts[0].size))
    assert dominance(values, values.names[:2]).values == pytest.approx(parts[0] + parts[1])


def test_a_date_on_which_nobody_is_there_has_no_dominance():
    shares = dominance(table_of([[None], [5.0]], ["BTC"]))
    assert shares.values.tolist() == [1.0] and shares.filled == 1 and shares.dates == np.datetime64("2024-01-02")


def test_a_basket_by_hand():
    """Equal parts: +100% and 0% make +50%; then 0% and -50% make -25%."""
    prices = table_of([[1.0, 10.0], [2.0, 10.0], [2.0, 5.0]], ["A", "B"])
    assert basket(prices, ["A", "B"]).values == pytest.approx([1.0, 1.5, 1.125])
    values = table_of([[30.0, 10.0], [60.0, 10.0], [60.0, 5.0]], ["A", "B"])
    held = basket(prices, ["A", "B"], weights="value", market_values=values)
    assert held.values == pytest.approx([1.0, 70 / 40, 65 / 40]), "what no units came into moves as its market value"


@given(grids(), st.booleans())
def test_a_basket_is_that_of_the_model(both, by_value):
    prices, values = both
    if all(cell is None for row in prices for cell in row):
        return
    first = next(k for k, row in enumerate(prices) if any(cell is not None for cell in row))
    options = {"weights": "value", "market_values": table_of(values)} if by_value else {}
    made = basket(table_of(prices), ["A0", "A1", "A2"], **options)
    weights = values if by_value else [[1.0] * 3] * len(prices)
    assert made.values == pytest.approx(model.basket(prices[first:], weights[first:]), rel=1e-9)
    for cut in range(first + 1, len(prices) + 1):
        short = {"weights": "value", "market_values": table_of(values[:cut])} if by_value else {}
        part = basket(table_of(prices[:cut]), ["A0", "A1", "A2"], **short)
        assert part.values.tolist() == made.values[: cut - first].tolist(), "later rows change nothing earlier"


def test_flows_by_hand():
    """100 units at 2 become 150 at 3: of a change of 250, 150 came in and 100 is price."""
    prices, values = table_of([[2.0], [3.0]], ["A"]), table_of([[200.0], [450.0]], ["A"])
    flows = net_flows(values, prices, ["A"])
    assert (flows.net[1], flows.by_price[1], flows.entered[1], flows.left[1]) == pytest.approx((150.0, 100.0, 0.0, 0.0))
    assert np.isnan([flows.net[0], flows.by_price[0], flows.entered[0], flows.left[0]]).all()


@given(grids())
def test_flows_are_those_of_the_model_and_explain_every_change(both):
    prices, units = both
    units = [[None if p is None else u for p, u in zip(*rows, strict=True)] for rows in zip(prices, units, strict=True)]
    priced = [
        [p if u is not None else None for p, u in zip(*rows, strict=True)] for rows in zip(prices, units, strict=True)
    ]
    values = [
        [None if u is None else u * p for p, u in zip(*rows, strict=True)] for rows in zip(priced, units, strict=True)
    ]
    flows = net_flows(table_of(values), table_of(prices), ["A0", "A1", "A2"])
    parts = np.array([flows.net, flows.by_price, flows.entered, flows.left])[:, 1:]
    found = parts.T
    assert found == pytest.approx(np.array(model.flows(units, priced)), rel=1e-9, abs=1e-6)
    assert np.diff(flows.value) == pytest.approx(parts[0] + parts[1] + parts[2] - parts[3], abs=1e-6)


def test_a_ratio_takes_common_dates():
    above, below = line([2.0, 4.0, 6.0], "ETH"), line([2.0, 3.0, 5.0], "BTC", start=1)
    made = ratio(above, below)
    assert made.name == "ETH / BTC" and made.values.tolist() == [2.0, 2.0]
    assert made.dates.tolist() == above.dates[1:].tolist()
    assert ratio([1.0, 4.0], [2.0, 2.0]).values.tolist() == [0.5, 2.0]


def test_relative_strength_by_hand():
    strength = relative_strength(line([1.0, 2.0, 3.0, 1.0]), 2)
    assert np.isnan(strength[:2]).all() and strength[2:] == pytest.approx([2.0, -0.5])


def rotating(asset_growth, asset_issue, rows=40):
    """A coin that stands still, and a real-world asset whose price and units grow by so much a row."""
    steps = np.arange(rows)
    asset_price, units = (1.0 + asset_growth) ** steps, (1.0 + asset_issue) ** steps
    prices = np.stack((np.full(rows, 50.0), asset_price), axis=1)
    values = prices * np.stack((np.full(rows, 10.0), 100.0 * units), axis=1)
    return (table(part, dates(rows), ["COIN", "BOND"]) for part in (prices, values))


@pytest.mark.parametrize(
    ("growth", "issue", "toward"), [(0.01, 0.02, 1), (-0.01, -0.02, -1), (0.01, -0.02, 0), (-0.01, 0.02, 0)]
)
def test_a_rotation_needs_price_and_quantity(growth, issue, toward):
    made = rotation(*rotating(growth, issue), coins=["COIN"], assets=["BOND"], window_rows=10)
    assert (made.toward[:10] == 0).all() and (made.toward[10:] == toward).all()
    assert made.strength[-1] == pytest.approx((1.0 + growth) ** 10 - 1.0)
    assert made.coin_flow[-1] == pytest.approx(0.0, abs=1e-12)
    rate = (1 + growth) * (1 + issue)
    flow = sum(rate**k * (1 + growth) * issue for k in range(10))
    assert made.asset_flow[-1] == pytest.approx(flow), "units issued at each row's price, over the value before"
    assert made.asset_share[0] == pytest.approx(100 / 600)


def test_a_rotation_begins_when_both_are_there():
    prices, values = rotating(0.01, 0.02)
    late = [np.where(np.arange(40)[:, None] < [0, 15], np.nan, part.values) for part in (prices, values)]
    made = rotation(
        *(table(part, prices.dates, prices.names) for part in late), coins=["COIN"], assets=["BOND"], window_rows=10
    )
    assert made.dates.size == 25 and made.ratio.values[0] == 1.0
    assert (made.toward[10:] == 1).all() and made.asset_flow[-1] > 0.2


def growing(rows=120, seed=4):
    """Two random walks; the first one grows on itself for some rows, then loses it."""
    chance = np.random.default_rng(seed)
    walks = np.cumsum(chance.normal(0.0, 0.01, (2, rows)), axis=1)
    run = np.zeros(rows)
    run[60:100] = 0.02 * 1.1 ** np.arange(40)
    return line(np.exp(walks[0] + walks[1] + run), "ETH"), line(np.exp(walks[1]), "BTC")


@needs_compiler
def test_a_ratio_test_finds_what_both_do_not_share():
    above, below = growing()
    tested = ratio_test(above, below, replications=199)
    assert tested.p.gsadf <= 0.01 and tested.series.name == "ETH / BTC"
    assert [episode.direction for episode in tested.episodes][0] == "up"
    same = explosive(np.log(above.values / below.values))
    assert tested.result.bsadf.tolist() == same.bsadf.tolist()
    assert tested.episodes == episodes(tested.result, tested.line)


@needs_compiler
def test_the_inverse_of_a_ratio_is_its_mirror():
    above, below = growing()
    one, other = ratio_test(above, below, replications=99), ratio_test(below, above, replications=99)
    assert other.result.bsadf == pytest.approx(one.result.bsadf, abs=1e-9)
    turned = {"up": "down", "down": "up"}
    assert [turned[e.direction] for e in one.episodes] == [e.direction for e in other.episodes] != []


def test_a_ratio_can_be_tested_by_the_week():
    above, below = growing(rows=400)
    tested = ratio_test(above, below, frequency="week", logs=False, replications=19, level=0.9)
    assert tested.series.values.tolist() == at_frequency(ratio(above, below), "week").values.tolist()


TWO = table_of([[1.0, 2.0], [3.0, 4.0]], ["A", "B"])
OTHER = table_of([[1.0, 2.0], [3.0, 4.0]], ["B", "A"])
LONGER = table_of([[1.0, 2.0]] * 3, ["A", "B"])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: dominance(TWO, "BTC"), "'BTC' is not among"),
        (lambda: dominance(TWO, []), "at least one"),
        (lambda: dominance(TWO, "A", excluded="A"), "not one text"),
        (lambda: dominance(TWO, "A", excluded=["A"]), "A is among the excluded"),
        (lambda: basket(TWO, []), "at least one name"),
        (lambda: basket(TWO, "AB"), "at least one name"),
        (lambda: basket(TWO, ["A", "A"]), "one stands twice"),
        (lambda: basket(TWO, ["A"], weights="cap"), "weights='cap'"),
        (lambda: basket(TWO, ["A"], weights="value"), "pass market_values"),
        (lambda: basket(TWO, ["A"], weights="value", market_values=OTHER), "different assets, or in another order"),
        (lambda: basket(table_of([[None, 1.0]], ["A", "B"]), ["A"]), "no member has a price"),
        (lambda: net_flows(TWO, LONGER, ["A"]), "different dates"),
        (lambda: net_flows(TWO, TWO, "A"), "at least one name"),
        (lambda: rotation(TWO, TWO, coins=["A"], assets=["A", "B"]), "A: among the coins and among the assets"),
        (lambda: rotation(TWO, TWO, coins=["A"], assets=["B"]), "window_rows=30: a whole number from 1 to 1"),
        (lambda: ratio(line([1.0]), [1.0]), "one series has dates and the other has none"),
        (lambda: ratio([1.0], [1.0, 2.0]), "1 and 2 values"),
        (lambda: ratio(line([1.0]), line([1.0], start=3)), "no date in common"),
        (lambda: ratio([1.0, 0.0], [1.0, 1.0]), "prices must be above zero"),
        (lambda: relative_strength(line([1.0, 2.0]), 0), "window_rows=0"),
    ],
)
def test_bad_input_is_refused_with_a_reason(act, message):
    with pytest.raises(BadValue, match=message):
        act()


@needs_compiler
def test_a_basket_can_be_tested_against_bitcoin():
    """Two real-world assets of which one runs away: half of the basket does, and the test sees it."""
    above, below = growing()
    steady = np.exp(np.random.default_rng(8).normal(0.0, 0.001, len(above)).cumsum()) * below.values
    prices = table(np.stack((above.values, steady, below.values), axis=1), above.dates, ["LAND", "BOND", "BTC"])
    tested = ratio_test(
        basket(prices, ["LAND", "BOND"], name="real-world assets"), prices.series("BTC"), replications=199
    )
    assert tested.series.name == "real-world assets / BTC" and len(tested.series) == 120
    assert tested.p.gsadf <= 0.02 and tested.episodes[0].direction == "up"
