"""Builders of contract and margin commands: each field comes to stand where the kernel looks for it."""

from typing import Any

import pytest

from emporion.errors import BadValue
from emporion.schema import build, build_margin, messages
from emporion.schema.codes import (
    AssetClass,
    Command,
    ContractKind,
    FeeForm,
    GroupKind,
    Link,
    MarginMode,
    OrderFlag,
    Tif,
)
from emporion.schema.limits import HOUR_NS, SCENARIOS


def head_of(rows, family=messages.MARGIN_COMMAND):
    """The head row, after seeing that it announces the rows behind it and that all of those are data."""
    assert rows["data_rows"][0] == len(rows) - 1
    assert (rows["kind"][1:] == Command.DATA).all()
    return rows[:1].view(family)[0]


def values_of(rows):
    return rows[1:].view(messages.VALUES)["values"].reshape(-1).tolist()


def test_a_perpetual_is_listed_in_four_data_rows():
    rows = build_margin.list_contract(
        "BTC-PERP", quote_asset_id=2, atoms_per_tick_lot=10, lot_exponent=-6, impact_notional_atoms=5_000,
        price_max_ticks=99, caps={"position_max_lots": 7, "cap_e12": 8, "divisor": 9},
    )  # fmt: skip
    assert head_of(rows)["kind"] == Command.LIST_CONTRACT
    terms = rows[1:2].view(messages.INSTRUMENT_TERMS)[0]
    assert build.name_text(terms["name"]) == "BTC-PERP"
    assert (terms["quote_asset_id"], terms["base_asset_id"], terms["base_atoms_per_lot"]) == (2, 0, 0)
    assert [terms[name] for name in ("atoms_per_tick_lot", "lot_exponent", "asset_class")] == [10, -6, 9]
    assert rows[2:3].view(messages.INSTRUMENT_BOUNDS)[0]["price_max_ticks"] == 99
    contract = rows[3:4].view(messages.CONTRACT_TERMS)[0]
    assert (contract["contract_kind"], contract["funding_interval_ns"]) == (ContractKind.PERPETUAL, HOUR_NS)
    assert (contract["impact_notional_atoms"], contract["expiry_ns"]) == (5_000, 0)
    caps = rows[4:5].view(messages.CONTRACT_BOUNDS)[0]
    assert (caps["position_max_lots"], caps["cap_e12"], caps["divisor"]) == (7, 8, 9)


@pytest.mark.parametrize(
    ("kind", "asset_class"),
    [
        (ContractKind.FUTURE, AssetClass.FUTURE),
        (ContractKind.CALL, AssetClass.OPTION),
        (ContractKind.PUT, AssetClass.OPTION),
        (ContractKind.OUTCOME, AssetClass.EVENT),
    ],
)
def test_other_contracts_have_their_class_and_no_funding(kind, asset_class):
    rows = build_margin.list_contract(
        "X", 2, kind, expiry_ns=5, window_ns=4, strike_ticks=3, one_ticks=1_000, question_id=6, outcome=2,
        fee_form=FeeForm.BINARY,
    )  # fmt: skip
    assert rows[1:2].view(messages.INSTRUMENT_TERMS)[0]["asset_class"] == asset_class
    contract = rows[3:4].view(messages.CONTRACT_TERMS)[0]
    assert [contract[name] for name in ("contract_kind", "expiry_ns", "window_ns", "strike_ticks")] == [kind, 5, 4, 3]
    assert [contract[name] for name in ("one_ticks", "question_id", "outcome", "fee_form")] == [1_000, 6, 2, 1]
    assert contract["funding_interval_ns"] == 0


def test_a_question_says_how_many_outcomes_it_has():
    rows = build_margin.list_question("NVDA half", 3, challenge_ns=9, one_ticks=100)
    assert (head_of(rows)["kind"], head_of(rows)["mode"]) == (Command.LIST_QUESTION, 3)
    terms = rows[1:2].view(messages.QUESTION_TERMS)[0]
    assert (build.name_text(terms["name"]), terms["challenge_ns"], terms["one_ticks"]) == ("NVDA half", 9, 100)


def test_an_array_and_what_holds_for_all_loads_stand_in_the_order_of_their_names():
    array = list(range(-8, 8))
    rows = build_margin.set_risk(
        4, array, instrument_id=5, load=1, unit_shift=6, cap=7, short_min_atoms=8, addon_from=9, addon_atoms=10
    )
    head = head_of(rows)
    assert [head[name] for name in ("kind", "group_id", "instrument_id", "asset_id", "number")] == [75, 4, 5, 0, 1]
    named = dict(zip(build_margin.RISK_VALUES, values_of(rows), strict=True))
    assert [named[f"scenario_{number}"] for number in range(SCENARIOS)] == array
    names = ("unit_shift", "cap", "short_min_atoms", "addon_from", "addon_atoms")
    assert [named[name] for name in names] == [6, 7, 8, 9, 10]


def test_an_array_of_too_many_scenarios_does_not_fit():
    with pytest.raises(BadValue, match="22 numbers do not fit 3 data rows of 7"):
        build_margin.set_risk(1, [0] * 17, instrument_id=1)


@pytest.mark.parametrize(
    ("rows", "kind", "fields"),
    [
        (build_margin.set_price(3, 50, 51), Command.SET_PRICE,
         {"instrument_id": 3, "index_price_ticks": 50, "mark_price_ticks": 51, "asset_id": 0}),
        (build_margin.set_value(2, 77), Command.SET_PRICE, {"asset_id": 2, "value_atoms": 77, "instrument_id": 0}),
        (build_margin.set_group(0, GroupKind.RATES, 600_000), Command.SET_GROUP,
         {"group_id": 0, "mode": GroupKind.RATES, "number": 600_000}),
        (build_margin.set_margin(9, 20), Command.SET_MARGIN,
         {"account_id": 9, "number": 20, "mode": MarginMode.MARGIN}),
        (build_margin.sweep(100), Command.SWEEP, {"number": 100}),
        (build_margin.amend_contract(3, divisor=2), Command.AMEND_CONTRACT, {"instrument_id": 3}),
        (build_margin.challenge_outcome(8), Command.CHALLENGE_OUTCOME, {"question_id": 8}),
        (build_margin.propose_outcome(8, [1, 2]), Command.PROPOSE_OUTCOME, {"question_id": 8}),
        (build_margin.resolve_outcome(8, [1, 2]), Command.RESOLVE_OUTCOME, {"question_id": 8}),
    ],
)  # fmt: skip
def test_heads_carry_what_was_asked(rows, kind, fields):
    head = head_of(rows)
    assert head["kind"] == kind
    assert {name: head[name].item() for name in fields} == fields


def test_payouts_lending_and_liquidation_are_numbers_in_order():
    assert values_of(build_margin.resolve_outcome(1, range(1, 17)))[:18] == [*range(1, 17), 0, 0]
    lending = build_margin.set_lending(2, 10, 11, 12, 13, 14)
    assert dict(zip(build_margin.LENDING_VALUES, values_of(lending), strict=False)) == {
        "lending_cap_atoms": 10, "base_rate_e12": 11, "kink_rate_e12": 12, "full_rate_e12": 13, "kink_ppm": 14,
    }  # fmt: skip
    liquidation = build_margin.set_liquidation(6, 1, 2, 3, 4, 5, 6)
    assert head_of(liquidation)["account_id"] == 6
    assert dict(zip(build_margin.LIQUIDATION_VALUES, values_of(liquidation), strict=False)) == {
        "slice_ppm": 1, "slice_min_atoms": 2, "slice_interval_ns": 3, "backstop_ppm": 4, "liquidation_fee_ppm": 5,
        "slice_slippage_ppm": 6,
    }  # fmt: skip


def test_a_twap_is_an_order_with_its_times():
    rows = build_margin.place_twap(6, 3, 1, 40, duration_ns=100, interval_ns=10, slippage_ppm=5, cl_ord_id=b"t")
    head = head_of(rows, messages.ORDER_COMMAND)
    assert [head[name] for name in ("kind", "account_id", "instrument_id", "side", "qty_lots")] == [16, 6, 3, 1, 40]
    assert (head["tif"], build.cl_ord_id_of(head["cl_ord_id_hi"], head["cl_ord_id_lo"])) == (Tif.IOC, b"t")
    terms = rows[1:2].view(messages.TWAP_TERMS)[0]
    assert [terms[name] for name in ("duration_ns", "interval_ns", "slippage_ppm")] == [100, 10, 5]
    cancel = head_of(build_margin.cancel_twap(6, 12), messages.ORDER_COMMAND)
    assert [cancel[name] for name in ("kind", "account_id", "order_id")] == [Command.CANCEL_TWAP, 6, 12]


@pytest.mark.parametrize("field", ["trail_ticks", "related_id", "link"])
def test_an_order_that_is_tied_or_trails_has_a_data_row(field):
    given = {"trail_ticks": 3, "related_id": 4, "link": Link.CHILD.value}[field]
    fields: dict[str, Any] = {field: given}
    rows = build.place(6, 1, 2, 5, flags=OrderFlag.STOP, **fields)
    head_of(rows, messages.ORDER_COMMAND)
    extra = rows[1:2].view(messages.ORDER_EXTRA)[0]
    assert {name: extra[name] for name in ("trail_ticks", "related_id", "link")} == {
        "trail_ticks": 0, "related_id": 0, "link": 0,
    } | {field: given}  # fmt: skip
