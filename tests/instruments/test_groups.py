"""Groups from a file: what comes with the package, and what is said about a file that is wrong."""

import dataclasses

import numpy as np
import pytest

from emporion.errors import BadValue
from emporion.instruments.groups import load_groups
from emporion.instruments.scenarios import EventGroup, PriceGroup, RatesGroup
from emporion.schema.codes import GroupKind

FIELDS = {
    "price_range": 0.16, "vol_up": 0.4, "vol_down": 0.22, "far_down": 0.66, "far_down_fraction": 0.24, "far_up": 1.0,
    "far_up_fraction": 0.16, "basis": 0.015, "maintenance": 0.5,
}  # fmt: skip
RATES = {
    "shift_large": 0.004, "shift_small": 0.002, "short_end": 0.005, "long_end": 0.0035, "butterfly": 0.0015,
    "maintenance": 0.5,
}  # fmt: skip


def write(path, name="BTC", kind="price", **fields):
    lines = [f"{field} = {value}" for field, value in fields.items()]
    path.write_text("\n".join([f'["{name}"]', f'kind = "{kind}"', *lines]), encoding="utf-8")
    return path


def test_the_package_brings_groups():
    groups = load_groups()
    assert list(groups) == ["BTC", "ETH", "SOL", "NVDA", "AAPL", "SPY", "EUR", "GOLD", "USD-RATES", "STABLE"]
    assert all(group.name == name for name, group in groups.items())
    assert groups["USD-RATES"].kind == GroupKind.RATES
    assert {groups[name].hours for name in ("BTC", "NVDA", "EUR", "GOLD")} == {"always", "us-shares", "fx", "metals"}


@pytest.mark.parametrize(
    "group", [g for g in load_groups().values() if isinstance(g, PriceGroup)], ids=lambda g: g.name
)
def test_a_far_move_costs_what_moves_straight_no_more_than_the_range(group):
    moves = group.moves()
    straight = np.abs(moves.price * moves.weight)
    assert straight.max() == pytest.approx(group.price_range, rel=0.04)  # So only what bends loses more there.


def test_a_file_of_ones_own(tmp_path):
    path = write(tmp_path / "groups.toml", **FIELDS)
    assert load_groups(path) == {"BTC": PriceGroup("BTC", **FIELDS)}
    path.write_text(path.read_text() + '\n[ELECTION]\nkind = "event"\noutcomes = 4\n')
    assert load_groups(path)["ELECTION"] == EventGroup("ELECTION", 4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price_range": 1.2}, "group BTC: price_range: 1.2 is not within 0 and 1"),
        ({"price_range": "nan"}, "group BTC: price_range: nan is not within 0 and 1"),
        ({"price_range": '"wide"'}, "group BTC: price_range: 'wide' is not a number"),
        ({"price_range": "true"}, "group BTC: price_range: True is not a number"),
        ({"far_down": 0.1}, "group BTC: far_down: 0.1 is not within 0.16 and 1"),
        ({"far_up_fraction": 3}, "group BTC: far_up_fraction: 3 is not within 0 and 1"),
        ({"vol_down": -0.2}, "group BTC: vol_down: -0.2 is not within 0 and 1"),
        ({"maintenance": 0}, "group BTC: maintenance: 0 is not above 0"),
        ({"closed_range": 0.5}, "group BTC: closed_range: 0.5 is not within 1 and 10"),
        ({"closed_range": 8}, "price_range x closed_range is 1.28"),
        ({"large_addon": 2}, "large_addon: 2 is not within 0 and 1"),
        ({"hours": '"nyse"'}, "group BTC: hours: 'nyse' is not one of always, us-shares, fx, metals, rates"),
        ({"skew": 0.1}, "group BTC: skew: is no field of a price group; there are price_range"),
        ({"name": "btc"}, "group 'btc': a name has 1 to 16 capital letters"),
        ({"kind": "options"}, "group BTC: kind: 'options' is not one of price, rates, event"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, changes, said):
    with pytest.raises(BadValue, match="groups.toml: ") as caught:
        load_groups(write(tmp_path / "groups.toml", **(FIELDS | changes)))
    assert said in str(caught.value)


def test_what_is_missing_is_named(tmp_path):
    fields = {name: value for name, value in FIELDS.items() if name != "basis"}
    with pytest.raises(BadValue, match="group BTC: basis: is missing; a price group needs it"):
        load_groups(write(tmp_path / "groups.toml", **fields))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[BTC", "is not TOML"),
        ("", "has no group"),
        ("price_range = 0.1", "price_range: is outside of a table"),
        ("[BTC]\nprice_range = 0.1", "kind: None is not one of"),
    ],
)
def test_a_file_that_is_no_file_of_groups(tmp_path, text, said):
    path = tmp_path / "groups.toml"
    path.write_text(text)
    with pytest.raises(BadValue, match=said):
        load_groups(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadValue, match="cannot be read"):
        load_groups(tmp_path / "nowhere.toml")


def test_the_scenarios_of_a_price():
    moves = PriceGroup("X", **FIELDS).moves()
    assert (
        moves.price.tolist() == [-0.16] * 2 + [-0.08] * 2 + [0.0] * 2 + [0.08] * 2 + [0.16] * 2 + [-0.66, 1.0] + [0] * 4
    )
    assert moves.vol.tolist() == [0.4, -0.22] * 5 + [0.4, 0.4] + [0.0] * 4
    assert moves.basis.tolist() == [0.0] * 12 + [-0.015, 0.015, 0.0, 0.0]
    assert moves.weight.tolist() == [1.0] * 10 + [0.24, 0.16, 1.0, 1.0, 0.0, 0.0]


def test_a_closed_market_has_wider_scenarios():
    group = PriceGroup("X", **FIELDS, closed_range=1.5)
    moves = group.moves(is_closed=True)
    assert moves.price[[0, 2, 8]].tolist() == pytest.approx([-0.24, -0.12, 0.24])
    assert moves.price[10] == -0.66 and moves.weight[10] == pytest.approx(0.36)
    assert moves.basis[12] == pytest.approx(-0.0225)
    open_ = group.moves()
    assert np.all(np.abs(moves.price * moves.weight) >= np.abs(open_.price * open_.weight))
    widest = dataclasses.replace(group, closed_range=5.0, far_up_fraction=0.5).moves(is_closed=True)
    assert widest.weight.max() == 1.0
    assert widest.price[10] == widest.price[0] == pytest.approx(-0.8), "a far move is no nearer than the range"


def test_the_shapes_of_rates():
    group = RatesGroup("R", **RATES, closed_range=2.0)
    shifts = group.shifts(np.array([0.0, 8 * np.log(2), 1e6]))
    assert shifts.shape == (16, 3)
    assert shifts[0].tolist() == [0.004] * 3 and shifts[3].tolist() == [-0.002] * 3
    assert shifts[6] == pytest.approx([0.005, 0.005 / 4, 0.0])  # exp(-2 ln 2) = 1/4.
    assert shifts[8] == pytest.approx([0.0, 0.0035 * 3 / 4, 0.0035])
    assert shifts[4] == pytest.approx(0.9 * shifts[8] - 0.65 * shifts[6])
    assert shifts[5] == pytest.approx(0.8 * shifts[6] - 0.6 * shifts[8])
    assert shifts[10] == pytest.approx([-0.0015, 0.0015, -0.0015])
    assert not shifts[12:].any()
    assert np.array_equal(group.shifts(np.array([3.0]), is_closed=True), 2 * group.shifts(np.array([3.0])))


@pytest.mark.parametrize("outcomes", [1, 17, 2.0, True])
def test_a_question_has_two_to_sixteen_outcomes(outcomes):
    with pytest.raises(BadValue, match="outcomes"):
        EventGroup("Q", outcomes)
