"""The alt-season index against a model of loops, and without a look ahead."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.alt_season import alt_season
from emporion.bubble.series import series
from emporion.bubble.table import Table, join, table
from emporion.bubble.universe import EXCLUDED, Universe, largest_by_value, universe
from emporion.errors import BadValue
from tests.bubble import cycle_model as model

FIRST = date(2024, 1, 1)
NAMES = ("ADA", "BTC", "ETH", "USDT", "XRP")
PRICES = st.one_of(st.none(), st.integers(1, 9).map(float))


def day(count):
    return FIRST + timedelta(days=count)


def table_of(rows, dates, names=NAMES):
    return table([[np.nan if cell is None else cell for cell in row] for row in rows], dates, names, holes="absent")


@st.composite
def worlds(draw):
    """Prices and market values with holes, on days with gaps, and a window that fits."""
    steps = draw(st.lists(st.integers(1, 4), min_size=4, max_size=14))
    dates = [day(count) for count in np.cumsum(steps).tolist()]
    rows = st.lists(PRICES, min_size=5, max_size=5)
    prices, values = (draw(st.lists(rows, min_size=len(dates), max_size=len(dates))) for _ in range(2))
    options = {
        "window_days": draw(st.integers(1, 12)), "stale_days": draw(st.integers(0, 5)),
        "chosen": draw(st.sampled_from(["end", "start"])), "coverage_min": draw(st.sampled_from([0.0, 0.5, 0.8, 1.0])),
        "universe_days_max": draw(st.integers(0, 9)),
    }  # fmt: skip
    return dates, prices, values, draw(st.integers(1, 4)), options


def told(result):
    index = [None if np.isnan(value) else value for value in result.index]
    return list(
        zip(index, *(counts.tolist() for counts in (result.beat, result.compared, result.members)), strict=True)
    )


@given(worlds())
def test_the_index_is_that_of_the_model(world):
    dates, prices, values, top, options = world
    members = largest_by_value(table_of(values, dates), top=top, excluded={"USDT"})
    result = alt_season(table_of(prices, dates), members, **options)
    by_name = {
        name: {when: row[k] for when, row in zip(dates, prices, strict=True) if row[k] is not None}
        for k, name in enumerate(NAMES)
    }
    chosen = {
        when: model.top(dict(zip(NAMES, row, strict=True)), top, {"USDT", "BTC"})
        for when, row in zip(dates, values, strict=True)
    }
    assert told(result) == model.alt_season(by_name, chosen, dates, "BTC", **options)


@given(worlds(), st.data())
def test_what_comes_later_changes_nothing_earlier(world, data):
    dates, prices, values, top, options = world
    cut = data.draw(st.integers(1, len(dates)))
    other = data.draw(st.lists(st.lists(PRICES, min_size=5, max_size=5), min_size=len(dates), max_size=len(dates)))

    def index(prices, values, dates):
        return told(alt_season(table_of(prices, dates), largest_by_value(table_of(values, dates), top=top), **options))

    whole = index(prices, values, dates)
    changed = index(prices[:cut] + other[cut:], values[:cut] + other[::-1][cut:], dates)
    assert whole[:cut] == changed[:cut] == index(prices[:cut], values[:cut], dates[:cut])


@given(worlds(), st.permutations(range(5)), st.lists(st.sampled_from([0.25, 1.0, 8.0]), min_size=5, max_size=5))
def test_neither_the_order_of_columns_nor_the_unit_of_a_price_matters(world, order, scales):
    dates, prices, values, top, options = world
    names = [NAMES[k] for k in order]
    members = largest_by_value(table_of(values, dates), top=top)
    moved = largest_by_value(table_of([[row[k] for k in order] for row in values], dates, names), top=top)
    scaled = [[row[k] and row[k] * scales[k] for k in order] for row in prices]
    one = alt_season(table_of(prices, dates), members, **options)
    other = alt_season(table_of(scaled, dates, names), moved, **options)
    assert told(one) == told(other)


def made(returns, days=100):
    """One price a day, 100 at first; each coin gets its return on the last day."""
    dates = [day(count) for count in range(days)]
    prices = np.full((days, len(returns)), 100.0)
    prices[-1] *= 1.0 + np.array(list(returns.values()))
    return table(prices, dates, list(returns))


def test_a_day_by_hand():
    """Of fifty coins 38 beat bitcoin's 10%: 76, an alt season. One with exactly 10% has not beaten it."""
    returns = {
        "BTC": 0.10,
        "USDT": 0.0,
        **{f"C{k:02}": 0.25 if k < 38 else 0.10 if k == 38 else -0.5 for k in range(50)},
    }
    prices = made(returns)
    result = alt_season(prices, largest_by_value(prices, top=50))
    assert (result.beat[-1], result.compared[-1], result.members[-1]) == (38, 50, 50)
    assert result.index[-1] == 76.0 and result.season[-1] == "alt"
    assert result.index[-2] == 0.0 and result.season[-2] == "bitcoin", "all stood still, and equal is not better"
    assert np.isnan(result.index[:90]).all() and result.season[0] is None


@pytest.mark.parametrize(("winners", "season"), [(75, "alt"), (74, "neither"), (26, "neither"), (25, "bitcoin")])
def test_the_borders_belong_to_the_seasons(winners, season):
    prices = made({"BTC": 0.0, **{f"C{k}": 0.1 if k < winners else -0.1 for k in range(100)}})
    result = alt_season(prices, largest_by_value(prices, top=100))
    assert result.index[-1] == winners and result.season[-1] == season


def test_members_of_the_end_were_chosen_for_having_risen():
    """Ten coins double and push out ten that stood: chosen at the end the index is 100, at the start it is 0."""
    days = 100
    dates = [day(count) for count in range(days)]
    names = ["BTC", *(f"UP{k}" for k in range(10)), *(f"FLAT{k}" for k in range(10))]
    prices = np.full((days, 21), 100.0)
    prices[50:, 1:11] = 200.0
    values = prices * np.array([1000.0, *[1.0] * 10, *[1.5] * 10])
    members = largest_by_value(table(values, dates, names), top=10)
    whole = table(prices, dates, names)
    assert alt_season(whole, members).index[-1] == 100.0
    assert alt_season(whole, members, chosen="start").index[-1] == 0.0


def test_a_coin_that_died_has_not_beaten_anything():
    days = 100
    prices = np.full((days, 3), 100.0)
    prices[-1, 1] = 110.0
    prices[60:, 2] = np.nan
    whole = table(prices, [day(count) for count in range(days)], ["BTC", "ALIVE", "DEAD"])
    members = universe(np.array([[True, True]]), [FIRST], ["ALIVE", "DEAD"])
    options = {"universe_days_max": 100}
    assert alt_season(whole, members, chosen="start", **options).index[-1] == 50.0
    at_end = alt_season(whole, members, **options)
    assert np.isnan(at_end.index[-1]) and (at_end.compared[-1], at_end.members[-1]) == (1, 2), "half of them is too few"


def test_a_member_without_any_price_counts_against_coverage():
    prices = made({"BTC": 0.0, "A": 0.1})
    members = universe([[True, True, True]], [FIRST], ["A", "B", "C"])
    thin = alt_season(prices, members, universe_days_max=365, coverage_min=0.3)
    assert (thin.index[-1], thin.compared[-1], thin.members[-1]) == (100.0, 1, 3)
    assert np.isnan(alt_season(prices, members, universe_days_max=365).index[-1])


def test_bitcoin_does_not_compete_with_itself():
    prices = made({"BTC": 0.0, "A": 0.1})
    members = universe([[True, True]], [FIRST], ["A", "BTC"])
    result = alt_season(prices, members, universe_days_max=365)
    assert (result.index[-1], result.compared[-1], result.members[-1]) == (100.0, 1, 1)


def test_of_equal_values_the_alphabet_decides():
    values = table([[1.0, 1.0, 1.0]], [FIRST], ["C", "A", "B"])
    assert largest_by_value(values, top=2).members.tolist() == [[False, True, True]]


def test_an_old_universe_is_none():
    prices = made({"BTC": 0.0, "A": 0.1}, days=140)
    members = universe([[True]], [day(100)], ["A"])
    result = alt_season(prices, members)
    assert not result.members[:100].any() and result.members[100:132].all() and not result.members[132:].any()


def test_stable_and_wrapped_coins_are_left_out():
    assert {"USDT", "USDC", "DAI", "WBTC", "STETH"} <= EXCLUDED and not {"BTC", "ETH", "XRP"} & EXCLUDED
    values = table([[5.0, 4.0, 3.0, 2.0, 1.0]], [FIRST], ["BTC", "USDT", "WBTC", "ETH", "ADA"])
    assert largest_by_value(values, top=2).members.tolist() == [[False, False, False, True, True]]
    assert largest_by_value(values, top=2, excluded=()).members.tolist() == [[False, True, True, False, False]]


def test_join_takes_every_date():
    one = series([1.0, 2.0], ["2024-01-01", "2024-01-03"], name="A", varied=False, length_min=1)
    other = series([5.0, 6.0], ["2024-01-02", "2024-01-03"], name="B", varied=False, length_min=1)
    both = join(one, other)
    assert isinstance(both, Table) and both.names == ("A", "B") and both.values.shape == (3, 2)
    assert np.array_equal(both.values, [[1.0, np.nan], [np.nan, 5.0], [2.0, 6.0]], equal_nan=True)
    assert both.series("A").values.tolist() == [1.0, 2.0]


def test_a_hole_is_carried_for_some_rows_only():
    dates = [day(count) for count in range(6)]
    rows = [[1.0], [np.nan], [np.nan], [np.nan], [2.0], [np.nan]]
    carried = table(rows, dates, ["A"], holes="carry", carry_rows=2).values[:, 0]
    assert np.array_equal(carried, [1.0, 1.0, 1.0, np.nan, 2.0, 2.0], equal_nan=True)
    with pytest.raises(BadValue, match="A has a hole at 2024-01-02; mend it"):
        table(rows, dates, ["A"])


GOOD = table([[1.0, 1.0], [2.0, 2.0]], [day(0), day(1)], ["BTC", "A"])
ANY = Universe(np.array([[True]]), GOOD.dates[:1], ("A",))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: table([[1.0, -1.0]], [FIRST], ["A", "B"]), "prices: B at 2024-01-01 is -1; it must be above zero"),
        (lambda: table([[0.0]], [FIRST], ["A"]), "A at 2024-01-01 is 0"),
        (lambda: table([[np.inf]], [FIRST], ["A"]), "is inf"),
        (lambda: table([1.0], [FIRST], ["A"]), "1 dimensions"),
        (lambda: table([[1.0]], None, ["A"]), "dates are missing"),
        (lambda: table([["x"]], [FIRST], ["A"]), "not numbers"),
        (lambda: table([[1.0, 1.0]], [FIRST], ["A", "A"]), "'A' stands twice"),
        (lambda: table([[1.0, 1.0]], [FIRST], ["A"]), "2 columns but 1 names"),
        (lambda: table([[1.0, 1.0]], [FIRST], "AB"), "give a list of texts"),
        (lambda: table([[1.0], [1.0]], [day(1), day(0)], ["A"]), "the dates run backwards"),
        (lambda: table([[1.0], [1.0]], [day(1), day(1)], ["A"]), "stands twice"),
        (lambda: table([[1.0]], [FIRST], ["A"], holes="fill"), "holes='fill'"),
        (lambda: join(), "nothing to join"),
        (lambda: join(series([1.0], varied=False, length_min=1, name="A")), "A: it has no dates"),
        (lambda: largest_by_value(GOOD, top=0), "top=0"),
        (lambda: largest_by_value(GOOD, excluded="USDT"), "not one text"),
        (lambda: universe([[1]], [FIRST], ["A"]), "rows of True and False"),
        (lambda: universe([[True]], [FIRST], ["A", "B"]), "1 columns but 2"),
        (lambda: alt_season(GOOD, ANY, against="BCH"), "'BCH' is not among"),
        (lambda: alt_season(GOOD, ANY, chosen="middle"), "chosen='middle'"),
        (lambda: alt_season(GOOD, ANY, window_days=0), "window_days=0"),
        (lambda: alt_season(GOOD, ANY, coverage_min=80), "coverage_min=80"),
    ],
)
def test_bad_input_is_refused_with_a_reason(act, message):
    with pytest.raises(BadValue, match=message.replace("(", r"\(")):
        act()
