"""The risk service: what it says, when, and in which commands."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from emporion.errors import BadValue
from emporion.instruments.bond import payments
from emporion.instruments.bond import risk_arrays as of_bond
from emporion.instruments.groups import load_groups
from emporion.instruments.option import averaged_years
from emporion.instruments.option import risk_arrays as of_option
from emporion.instruments.perpetual import risk_arrays as of_perpetual
from emporion.instruments.share import beta_arrays
from emporion.schema.build_margin import set_risk
from emporion.schema.codes import Command, GroupKind
from emporion.schema.limits import HOUR_NS, RISK_MAX
from emporion.schema.messages import MARGIN_COMMAND
from emporion.services.risk_arrays import Bond, Change, Linear, Option, RiskArrays, Target, commands, group_command

GROUPS = load_groups()
NOW = int(datetime(2026, 11, 24, 15, tzinfo=UTC).timestamp()) * 10**9  # A Tuesday, everything open.
FRIDAY = int(datetime(2026, 11, 27, 22, tzinfo=UTC).timestamp()) * 10**9  # Three hours before shares close.
DAY_NS = 24 * HOUR_NS
PERP, SHARE, OPTION, USDC = Target(1), Target(2), Target(3), Target(asset_id=7, sold_on=9)


def service(**options):
    risk = RiskArrays(**options)
    risk.add(PERP, Linear("BTC", 1e-6, 10**9, is_derivative=True))
    risk.add(SHARE, Linear("NVDA", 1e-3, 10**9, is_derivative=False, coin="BTC", beta=1.5))
    risk.add(OPTION, Option("BTC", 70_000.0, NOW + 30 * DAY_NS, True, 1e-3, 10**8, HOUR_NS // 2))
    risk.add(USDC, Linear("STABLE", 1e-6, 2**50, is_derivative=False, headroom=1))
    return risk


def priced(risk):
    risk.price(PERP, 60_000.0)
    risk.price(SHARE, 200.0)
    risk.price(USDC, 0.999)
    risk.options([OPTION.instrument_id], 60_500.0, 0.6)
    return risk


def by_target(changes):
    return {change.target: change for change in changes}


def test_nothing_is_said_before_there_is_a_price():
    assert service().changed(NOW) == []


def test_arrays_are_those_of_the_classes():
    changes = by_target(priced(service()).changed(NOW))
    assert set(changes) == {PERP, SHARE, Target(3), USDC}

    def same(change, loads):
        assert [load.group for load in change.loads] == [load.group for load in loads]
        for ours, theirs in zip(change.loads, loads, strict=True):
            assert ours.array.tolist() == theirs.array.tolist()

    shift = {target: change.terms.unit_shift for target, change in changes.items()}
    same(changes[PERP], of_perpetual(60_000.0, 1e-6, shift[PERP], GROUPS["BTC"]))
    same(changes[SHARE], beta_arrays(200.0, 1e-3, shift[SHARE], GROUPS["NVDA"], GROUPS["BTC"], 1.5))
    years = float(averaged_years(30 / 365, 0.5 / 24 / 365))
    option = changes[Target(3)]
    expected = of_option(60_500.0, 70_000.0, years, 0.6, True, 1e-3, option.terms.unit_shift, GROUPS["BTC"])
    assert np.abs(option.loads[0].array - expected[0].array).max() <= 1
    assert option.terms.short_min_atoms == np.ceil(60.5 * 0.01 * 1e6 * 2**option.terms.unit_shift)
    for change in changes.values():
        assert max(np.abs(load.array).max() for load in change.loads) * change.terms.cap <= RISK_MAX


def test_what_stands_still_is_said_once():
    risk = priced(service())
    assert len(risk.changed(NOW)) == 4
    assert risk.changed(NOW) == []
    risk.price(PERP, 60_001.0)
    assert [change.target for change in risk.changed(NOW)] == [PERP]
    assert [change.target for change in risk.changed(NOW + DAY_NS)] == [OPTION], "time passes for options"


def test_small_changes_may_be_left_out():
    risk = priced(service(tolerance=0.01))
    risk.changed(NOW)
    risk.price(PERP, 60_500.0)
    assert risk.changed(NOW) == []
    risk.price(PERP, 60_700.0)  # From what was said, not from the last price.
    assert [change.target for change in risk.changed(NOW)] == [PERP]


def test_values_of_assets_follow_each_price():
    risk = priced(service(tolerance=0.01))
    shift = by_target(risk.changed(NOW))[USDC].terms.unit_shift
    assert list(risk.values()) == [(7, int(0.999e-6 * 1e6 * 2**shift))]
    assert list(risk.values()) == []
    risk.price(USDC, 0.998)
    assert risk.changed(NOW) == []
    assert list(risk.values()) == [(7, int(0.998e-6 * 1e6 * 2**shift))]


def test_wider_arrays_go_out_before_the_close():
    risk = priced(service(lead_ns=2 * HOUR_NS))
    open_ = by_target(risk.changed(FRIDAY))[SHARE]
    assert SHARE not in by_target(risk.changed(FRIDAY + HOUR_NS - 1))
    before = by_target(risk.changed(FRIDAY + HOUR_NS))
    assert SHARE in before and PERP not in before
    own = before[SHARE].loads[0].array
    assert own[0] == pytest.approx(open_.loads[0].array[0] * GROUPS["NVDA"].closed_range, rel=1e-5)
    assert np.array_equal(before[SHARE].loads[1].array, open_.loads[1].array), "the coin's market is open"


def test_an_option_has_no_array_from_its_expiry_on():
    risk = priced(service())
    risk.changed(NOW)
    assert OPTION in by_target(risk.changed(NOW + 30 * DAY_NS - 1))
    assert OPTION not in by_target(priced(service()).changed(NOW + 30 * DAY_NS))


def test_a_bond_moves_with_its_rates():
    risk = RiskArrays()
    bond = Target(asset_id=3)
    risk.add(bond, Bond("USD-RATES", 0.01, 10**10, 0.04, 2, NOW + 365 * 5 * DAY_NS, issuer="NVDA"))
    risk.price(bond, 0.98)
    (change,) = risk.changed(NOW)
    loads = of_bond(
        0.98, payments(0.04, 2, 5.0), 0.01, change.terms.unit_shift, GROUPS["USD-RATES"], issuer=GROUPS["NVDA"]
    )
    assert [load.array.tolist() for load in change.loads] == [load.array.tolist() for load in loads]
    assert risk.changed(NOW + 365 * 5 * DAY_NS) == []


def test_what_outgrows_its_unit_gets_another():
    risk = RiskArrays()
    for target, what in (
        (Target(1), Linear("SOL", 1e-3, 10**9, is_derivative=True)),
        (Target(2), Option("SOL", 100.0, NOW + 30 * DAY_NS, True, 1e-3, 10**9)),
    ):
        risk.add(target, what)
    for price in (1.0, 100_000.0):
        risk.price(Target(1), price)
        risk.options([2], price, 0.8)
        changes = by_target(risk.changed(NOW))
        assert set(changes) == {Target(1), Target(2)}
        assert all(int(np.abs(one.loads[0].array).max()) * 10**9 <= RISK_MAX for one in changes.values())
        shifts = [one.terms.unit_shift for one in changes.values()]
        assert (min(shifts) > 5) == (price == 1.0)


def test_what_has_no_room_is_a_problem_of_its_own():
    risk = priced(service())
    absurd = Target(20), Target(21)
    risk.add(absurd[0], Linear("SOL", 1.0, 10**13, is_derivative=True))
    risk.add(absurd[1], Option("SOL", 100.0, NOW + 30 * DAY_NS, True, 1.0, 10**13))
    risk.price(absurd[0], 1_000.0)
    risk.options([21], 1_000.0, 0.8)
    assert set(by_target(risk.changed(NOW))) == {PERP, SHARE, OPTION, USDC}
    assert set(risk.problems) == set(absurd)
    assert all("a cap of" in problem for problem in risk.problems.values())
    assert risk.changed(NOW) == [] and set(risk.problems) == set(absurd)
    risk.price(absurd[0], 1e-3)
    risk.options([21], 1e-3, 0.8)
    assert set(by_target(risk.changed(NOW))) == set(absurd) and risk.problems == {}


def test_a_group_becomes_a_command():
    head = group_command(GROUPS["USD-RATES"], 3).view(MARGIN_COMMAND)[0]
    assert (head["kind"], head["group_id"], head["mode"], head["number"]) == (
        Command.SET_GROUP, 3, GroupKind.RATES, 500_000,
    )  # fmt: skip


def test_changes_become_commands():
    changes = [change for change in priced(service()).changed(NOW) if change.target in (SHARE, USDC)]
    rows = commands(changes, {"NVDA": 4, "BTC": 1, "STABLE": 2})
    one_by_one = [
        set_risk(
            {"NVDA": 4, "BTC": 1, "STABLE": 2}[load.group],
            load.array.tolist(),
            instrument_id=change.target.instrument_id or 9,
            asset_id=change.target.asset_id,
            load=number,
            **dataclasses.asdict(change.terms),
        )
        for change in changes
        for number, load in enumerate(change.loads)
    ]
    assert len(one_by_one) == 3
    assert rows.tobytes() == np.concatenate(one_by_one).tobytes()
    assert len(commands([], {})) == 0
    with pytest.raises(BadValue, match="group STABLE: the venue has no such group"):
        commands(changes, {"NVDA": 4, "BTC": 1})


def test_ten_thousand_options_at_once():
    risk = RiskArrays()
    strikes = np.linspace(20_000.0, 150_000.0, 500)
    expiries = [NOW + days * DAY_NS for days in range(1, 11)]
    ids = range(1, 10_001)
    chain = [(strike, expiry, call) for strike in strikes for expiry in expiries for call in (True, False)]
    for number, (strike, expiry, call) in zip(ids, chain, strict=True):
        risk.add(Target(number), Option("BTC", float(strike), expiry, call, 1e-3, 10**8))
    risk.options(ids, 60_000.0, 0.5)
    changes = risk.changed(NOW)
    assert len(changes) == 10_000 and all(isinstance(change, Change) for change in changes)
    at = 4_321
    strike, expiry, call = chain[at]
    shift = changes[at].terms.unit_shift
    alone = of_option(60_000.0, float(strike), (expiry - NOW) / 365 / DAY_NS, 0.5, call, 1e-3, shift, GROUPS["BTC"])
    assert changes[at].target == Target(at + 1)
    assert np.abs(changes[at].loads[0].array - alone[0].array).max() <= 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda risk: risk.add(Target(), Linear("BTC", 1.0, 1, is_derivative=True)),
            "either an instrument or an asset",
        ),
        (lambda risk: risk.add(PERP, Linear("BTC", 1.0, 1, is_derivative=True)), "is here already"),
        (lambda risk: risk.add(OPTION, Option("BTC", 1.0, 1, True, 1.0, 1)), "is here already"),
        (
            lambda risk: risk.add(Target(20), Linear("DOGE", 1.0, 1, is_derivative=True)),
            "group DOGE: is no price group",
        ),
        (lambda risk: risk.add(Target(20), Linear("USD-RATES", 1.0, 1, is_derivative=True)), "no price group"),
        (lambda risk: risk.add(Target(20), Bond("BTC", 1.0, 1, 0.0, 1, NOW)), "group BTC: is no rates group"),
        (lambda risk: risk.add(Target(20), Option("BTC", -1.0, NOW, True, 1.0, 1)), "option 20: strike -1.0"),
        (lambda risk: risk.price(Target(20), 1.0), "add it first"),
        (lambda risk: risk.price(PERP, -1.0), "price -1.0"),
        (lambda risk: risk.options([99], 1.0, 1.0), "instrument 99: is no option here"),
        (lambda risk: risk.options([3], 1.0, float("nan")), "vol nan is not negative"),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(BadValue, match=said):
        call(service())
