"""R: risk groups and arrays."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, GroupKind, Limit, Reject
from emporion.schema.limits import (
    OUTCOME_SHIFT,
    PPM,
    RISK_MAX,
    SUPPLY_MAX,
    UNIT_SHIFT_MAX,
    VALUE_MAX,
)
from tests.rules.floor import BUY, CASH, FLAT, Floor, told

GAINS = [10, -10] * 8  # Of one lot of the floor's perpetual.


@pytest.fixture
def floor() -> Floor:
    return Floor()


def sums(floor: Floor, name: str) -> tuple[int, int, int]:
    """Equity, initial and maintenance margin."""
    state = floor.machine.state
    found = state.margins[state.accounts[floor.account(name)].margin]
    return int(found.equity_atoms), int(found.initial_atoms), int(found.maintenance_atoms)


def test_a_group_has_a_kind_and_a_ratio(floor):
    """R-1"""
    made = floor.do(build_margin.set_group(kind=GroupKind.RATES, maintenance_ppm=700_000))
    assert told(made, Event.GROUP_SET) == [{"amount_atoms": 2, "flags": GroupKind.RATES}]
    epoch = floor.machine.state.epoch
    floor.do(build_margin.set_group(2, GroupKind.RATES, 1))
    assert floor.machine.state.groups[2].maintenance_ppm == 1 and floor.machine.state.epoch == epoch + 1
    for group, kind, ppm in (
        (0, 0, 1),
        (0, 4, 1),
        (0, 1, 0),
        (0, 1, PPM + 1),
        (0, GroupKind.EVENT, PPM - 1),
        (9, 0, 1),
    ):
        assert floor.refusal(build_margin.set_group(group, kind, ppm)) == Reject.BAD_VALUE
    assert floor.refusal(build_margin.set_group(3)) == Reject.UNKNOWN_GROUP
    assert floor.refusal(build_margin.set_group(-1)) == Reject.UNKNOWN_GROUP
    assert floor.refusal(build_margin.set_group(2, GroupKind.PRICE)) == Reject.BAD_COMBINATION
    while floor.machine.state.tables[int(Limit.GROUPS)].live < 31:
        floor.do(build_margin.set_group(kind=GroupKind.EVENT, maintenance_ppm=PPM))
    assert floor.refusal(build_margin.set_group()) == Reject.TABLE_FULL


def test_an_array_is_set_a_load_at_a_time(floor):
    """R-2"""
    perpetual = floor.perpetual()
    other = floor.do(build_margin.set_group())[0]["amount_atoms"]
    risk = floor.machine.state.risks[floor.contract(perpetual).risk]
    made = floor.do(build_margin.set_risk(other, [3] * 16, instrument_id=perpetual, load=1, short_min_atoms=5))
    assert told(made, Event.RISK_SET) == [{"instrument_id": perpetual, "qty_lots": 1, "amount_atoms": other}]
    assert (risk.loads, risk.short_min_atoms) == (2, 5)
    assert risk.arrays[:32].tolist() == GAINS + [3] * 16
    floor.do(build_margin.set_risk(other, [4] * 16, instrument_id=perpetual, load=1))
    assert risk.arrays[16:].tolist() == [4] * 16 + FLAT and risk.short_min_atoms == 0
    floor.do(build_margin.set_risk(0, FLAT, instrument_id=perpetual, load=1))
    assert risk.loads == 1 and not risk.arrays[16:].any() and risk.group_ids.tolist() == [floor.group, 0, 0]
    floor.do(build_margin.set_risk(0, FLAT, instrument_id=perpetual))
    assert (risk.loads, risk.cap) == (0, 0) and not risk.arrays.any()
    assert floor.refusal(build.place(floor.account("A"), perpetual, BUY, 1, 100)) == Reject.NO_MARK
    floor.do(build_margin.set_risk(floor.group, GAINS, instrument_id=perpetual, unit_shift=3))  # Now of another unit.


def test_a_value_follows_the_unit_and_goes_with_the_array(floor):
    """R-2, R-7"""
    floor.account("A", 3_000)
    assert floor.refusal(build_margin.set_risk(floor.group, FLAT, asset_id=CASH, unit_shift=1)) == Reject.BAD_VALUE
    floor.do(build_margin.set_risk(0, FLAT, asset_id=CASH))
    floor.touch()
    assert sums(floor, "A") == (0, 0, 0)
    assert floor.refusal(build_margin.set_value(CASH, 1)) == Reject.NO_MARK
    floor.do(build_margin.set_risk(floor.group, FLAT, asset_id=CASH, unit_shift=4, cap=2_900))
    floor.do(build_margin.set_value(CASH, 15))
    floor.touch()
    assert sums(floor, "A") == (2_900 * 15 // 16, 0, 0)  # What is above the cap does not count.


def test_a_cap_is_worth_no_more_than_an_account_may_have(floor):
    """R-2"""
    floor.do(build.list_asset("gold", 0), build_margin.set_risk(floor.group, FLAT, asset_id=2, cap=4))
    floor.do(build_margin.set_value(2, VALUE_MAX // 4))
    floor.do(build_margin.set_risk(floor.group, FLAT, asset_id=2, cap=3))
    for cap in (5, SUPPLY_MAX):
        assert floor.refusal(build_margin.set_risk(floor.group, FLAT, asset_id=2, cap=cap)) == Reject.BAD_VALUE


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"load": 3}, Reject.BAD_VALUE),
        ({"load": -1}, Reject.BAD_VALUE),
        ({"load": 2}, Reject.BAD_VALUE),  # Loads have no gaps.
        ({"group_id": 0, "load": 1}, Reject.BAD_VALUE),
        ({"group_id": -1}, Reject.BAD_VALUE),
        ({"asset_id": -1}, Reject.BAD_VALUE),
        ({"instrument_id": 0}, Reject.BAD_VALUE),
        ({"unit_shift": -1}, Reject.BAD_VALUE),
        ({"unit_shift": UNIT_SHIFT_MAX + 1}, Reject.BAD_VALUE),
        ({"unit_shift": 1}, Reject.BAD_VALUE),  # It has another.
        ({"cap": 0}, Reject.BAD_VALUE),
        ({"cap": SUPPLY_MAX + 1}, Reject.BAD_VALUE),
        ({"short_min_atoms": -1}, Reject.BAD_VALUE),
        ({"addon_from": -1}, Reject.BAD_VALUE),
        ({"addon_from": SUPPLY_MAX + 1}, Reject.BAD_VALUE),
        ({"addon_atoms": -1}, Reject.BAD_VALUE),
        ({"array": [-(VALUE_MAX // 10**6) - 1]}, Reject.BAD_VALUE),
        ({"array": [RISK_MAX // 10**6 + 1]}, Reject.BAD_VALUE),
        ({"array": [-(1 << 63)]}, Reject.BAD_VALUE),
        ({"short_min_atoms": VALUE_MAX // 10**6 + 1}, Reject.BAD_VALUE),
        ({"addon_atoms": VALUE_MAX // 10**6 + 1}, Reject.BAD_VALUE),
        ({"cap": VALUE_MAX // 10 + 1, "array": FLAT, "load": 1, "group_id": 2}, Reject.BAD_VALUE),  # The other load.
        ({"instrument_id": 9}, Reject.UNKNOWN_INSTRUMENT),
        ({"instrument_id": -9}, Reject.UNKNOWN_INSTRUMENT),
        ({"asset_id": 9, "instrument_id": 0}, Reject.UNKNOWN_ASSET),
        ({"asset_id": CASH}, Reject.BAD_COMBINATION),  # Not what is sold there.
        ({"group_id": 3}, Reject.UNKNOWN_GROUP),
        ({"load": 1}, Reject.BAD_COMBINATION),  # Of the same group.
        ({"cap": 999_999}, Reject.POSITION_LIMIT),
    ],
)
def test_no_product_with_an_array_may_wrap(floor, changed, reason):
    """R-2"""
    perpetual = floor.perpetual()
    floor.do(build_margin.set_group())
    terms = {"group_id": floor.group, "array": GAINS, "instrument_id": perpetual, "cap": 10**6}
    floor.do(build_margin.set_risk(**terms))
    assert floor.refusal(build_margin.set_risk(**terms | changed)) == reason


def test_arrays_are_of_contracts_and_assets_alone(floor):
    """R-2"""
    floor.do(build.list_asset("gold", 0), build.list_instrument("GOLD/USD", 2, CASH))
    assert floor.refusal(build_margin.set_risk(1, FLAT, instrument_id=1)) == Reject.NOT_A_CONTRACT
    floor.do(build_margin.set_risk(1, FLAT, asset_id=2, instrument_id=1))  # Where it is sold.
    assert floor.machine.state.assets[2].sale_instrument_id == 1
    perpetual = floor.perpetual()
    floor.close(perpetual)
    assert floor.refusal(build_margin.set_risk(1, FLAT, instrument_id=perpetual)) == Reject.BAD_STATUS
    floor.do(build_margin.list_question("rain", 2))
    rain = floor.outcome(1, mark=300)
    own_unit = build_margin.set_risk(1, FLAT, instrument_id=rain, unit_shift=OUTCOME_SHIFT)
    assert floor.refusal(own_unit) == Reject.BAD_COMBINATION
    floor.do(build.list_asset("silver", 0))
    risks = floor.machine.state.tables[int(Limit.RISKS)]
    risks.limit = risks.live
    assert floor.refusal(build_margin.set_risk(1, FLAT, asset_id=3)) == Reject.TABLE_FULL
