"""Contracts and margin as people use them: listing, trading, looking, and what the venue says of it."""

from decimal import Decimal

import pytest

import emporion
from emporion.errors import BadValue, Refused
from emporion.schema.codes import Reject

D = Decimal
DOWN_UP = [-160, -160, -80, -80, 0, 0, 80, 80, 160, 160, -160, 160, -15, 15, 0, 0]  # Thousandths of the price.
LOT_DOLLARS = 60_000  # Micro-dollars of a lot of a millionth at 60,000.


@pytest.fixture
def venue():
    with emporion.open(capacity="tiny") as opened:
        opened.list_asset("USDC", decimals=6, asset_class="stablecoin")
        opened.list_perpetual("BTC-PERP", "USDC", reference=60_000, price_max=1_000_000)
        group, dollars = opened.set_group(), opened.set_group(maintenance="0.6")
        opened.set_risk("USDC", dollars, [0] * 16, unit_shift=20, cap=10_000_000)
        opened.set_value("USDC", 1)
        opened.set_risk("BTC-PERP", group, [LOT_DOLLARS * 1024 * each // 1_000 for each in DOWN_UP], unit_shift=10)
        opened.set_price("BTC-PERP", index=60_000, mark=60_000)
        for name, amount in (("alice", 10_000), ("bob", 100_000), ("carol", 1_000)):
            opened.open_account(name)
            opened.deposit(name, "USDC", amount)
            if name != "carol":
                opened.set_margin(name)
        yield opened


def trade(venue, qty="0.5", price=60_000):
    venue.place("bob", "BTC-PERP", "sell", qty=qty, price=price)
    return venue.place("alice", "BTC-PERP", "buy", qty=qty, price=price)


def test_a_perpetual_as_it_is_listed(venue):
    contract, listed = venue.contract("BTC-PERP"), venue.instrument("BTC-PERP")
    assert (contract.kind, contract.settle, contract.mark, contract.index) == ("perpetual", "USDC", 60_000, 60_000)
    assert (listed.asset_class, listed.tick, listed.lot, listed.base) == ("perpetual", 1, D("0.000001"), "BTC")
    assert contract.funding_next == D("0.0000125"), "interest of 0.01% in eight hours, no premium"
    assert venue.contracts == ("BTC-PERP",)
    with pytest.raises(BadValue, match="is listed already"):
        venue.list_perpetual("BTC-PERP", "USDC", reference=1)


def test_a_position_is_told_with_its_cost_and_its_gain(venue):
    filled = trade(venue)
    assert filled.status == "filled" and filled.fills[0].fee == 0
    venue.set_price("BTC-PERP", mark=61_000)
    long, short = venue.positions()
    assert (long.account, long.qty, long.entry, long.mark) == ("alice", D("0.5"), 60_000, 61_000)
    assert (long.value, long.unrealized, long.unposted) == (30_500, 500, 500)
    assert (short.account, short.qty, short.unrealized) == ("bob", D("-0.5"), -500)
    assert venue.positions("alice")[0] == long


def test_health_and_why(venue):
    trade(venue)
    venue.place("alice", "BTC-PERP", "buy", qty="0.1", price=59_000)
    summary, why = venue.margin("alice"), venue.explain("alice")
    assert (summary.mode, summary.stage, summary.equity) == ("margin", "none", 10_000)
    assert summary.initial == D("0.6") * 60_000 * D("0.16"), "the open order counts"
    assert summary.maintenance == D("0.5") * 60_000 * D("0.16") / 2
    assert summary.available == summary.equity - summary.required and summary.leverage == D("3.6")
    (group,) = [each for each in why.groups if each.loss]
    assert (group.name, group.title, group.scenario) == ("BTC", "price down, volatility up", 0)
    assert [(part.name, part.is_order, part.value) for part in group.parts] == [
        ("BTC-PERP", False, -4_800), ("BTC-PERP", True, -960),
    ]  # fmt: skip
    assert sum(each.loss for each in why.groups) == summary.initial
    assert sum(part.value for part in why.collateral) == summary.equity


@pytest.mark.parametrize("side", ["long", "short"])
def test_the_liquidation_price_is_the_first_at_which_a_sweep_begins(venue, side):
    account = "alice" if side == "long" else "bob"
    if side == "short":
        venue.withdraw("bob", "USDC", 90_000)
    trade(venue)
    (position,) = venue.positions(account)
    tick, step = venue.instrument("BTC-PERP").tick, 1 if side == "long" else -1
    assert position.liquidation is not None
    venue.set_price("BTC-PERP", mark=position.liquidation + step * tick)
    assert venue.sweep(10) == 0 and venue.margin(account).equity >= venue.margin(account).maintenance
    venue.set_price("BTC-PERP", mark=position.liquidation)
    assert venue.margin(account).equity < venue.margin(account).maintenance
    assert venue.sweep(10) == 1


def test_a_preview_says_what_the_order_would_do(venue):
    seen = venue.preview("alice", "BTC-PERP", "buy", qty="0.5", price=60_000)
    assert seen.accepted and (seen.hold, seen.equity, seen.required) == (0, 10_000, 0)
    venue.place("alice", "BTC-PERP", "buy", qty="0.5", price=60_000)
    assert venue.margin("alice").required == seen.required_after
    too_much = venue.preview("alice", "BTC-PERP", "buy", qty=5, price=60_000)
    assert (too_much.accepted, too_much.reason) == (False, "insufficient_margin")
    with pytest.raises(Refused, match="INSUFFICIENT_MARGIN.*see margin"):
        venue.place("alice", "BTC-PERP", "buy", qty=5, price=60_000)


def test_a_cash_account_trades_no_contracts(venue):
    with pytest.raises(Refused, match="NOT_A_MARGIN_ACCOUNT.*set_margin"):
        venue.place("carol", "BTC-PERP", "buy", qty="0.01", price=60_000)
    summary = venue.margin("carol")
    assert (summary.mode, summary.equity, summary.required) == ("cash", 1_000, 0)


def test_triggers_and_ties_are_told(venue):
    entry = venue.place("alice", "BTC-PERP", "buy", qty="0.1", price=59_000)
    stop = venue.place(
        "alice", "BTC-PERP", "sell", qty="0.1", price=50_000, trigger=55_000, trigger_by="mark", reduce_only=True,
        child_of=entry,
    )  # fmt: skip
    assert stop.flags == ("stop", "reduce_only") and stop.trigger_by == "mark"
    assert (stop.link, stop.related_id) == ("child", entry.order_id)
    assert {each.order_id: each for each in venue.orders("alice")}[stop.order_id] == stop
    assert venue.order(stop).link == "child"
    with pytest.raises(BadValue, match="one of oco_with, child_of"):
        venue.place("alice", "BTC-PERP", "sell", qty=1, price=1, oco_with=entry, tied_to_position=True)
    with pytest.raises(BadValue, match="trigger_by: 'best' is not one of"):
        venue.place("alice", "BTC-PERP", "sell", qty=1, price=1, trigger=1, trigger_by="best")


def test_a_twap_runs_and_ends(venue):
    venue.place("bob", "BTC-PERP", "sell", qty=1, price=60_000)
    twap = venue.place_twap("alice", "BTC-PERP", "buy", qty="0.4", seconds=3_600, every=900, slippage="0.01")
    assert (twap.account, twap.qty, twap.end_ns - twap.start_ns) == ("alice", D("0.4"), 3_600 * 10**9)
    venue.mass_cancel("alice")  # Any next command: the first slice is due.
    assert venue.twap(twap.twap_id).done == D("0.1") and venue.positions("alice")[0].qty == D("0.1")
    venue.cancel_twap(twap)
    assert venue.twaps() == ()


def test_a_question_from_listing_to_its_end(venue):
    question = venue.list_question("NVDA HALF", challenge=60)
    venue.list_outcome("NVDA-YES", "USDC", "NVDA HALF")
    venue.set_price("NVDA-YES", mark="0.3")
    assert (question.status, question.outcomes, venue.question("NVDA HALF").instruments[0]) == ("open", 2, "NVDA-YES")
    venue.place("bob", "NVDA-YES", "sell", qty=100, price="0.31")
    venue.place("alice", "NVDA-YES", "buy", qty=100, price="0.31")
    (group,) = [each for each in venue.explain("alice").groups if each.kind == "event"]
    assert group.name == "NVDA HALF" and group.loss == 30 and group.title == "outcome 1 comes true"
    assert venue.positions("alice")[-1].liquidation is None, "its margin is what it can lose"
    assert venue.propose("NVDA HALF", [1, 0]).payouts == (1, 0)
    assert venue.challenge(question.question_id).status == "open"
    assert venue.resolve("NVDA HALF", ["0.5", "0.5"]).status == "resolved"
    venue.sweep(10)
    assert venue.contract("NVDA-YES").final_price == D("0.5")
    assert [each.amount for each in venue.ledger("alice") if each.kind == "settled"] == [19]


def test_the_ledger_adds_up_to_balances(venue):
    trade(venue)
    venue.set_price("BTC-PERP", mark=62_000)
    venue.place("bob", "BTC-PERP", "buy", qty="0.2", price=62_000)
    venue.place("alice", "BTC-PERP", "sell", qty="0.2", price=62_000)
    entries, sums = list(venue.ledger()), {}
    for each in entries:
        sums[each.account] = sums.get(each.account, 0) + each.amount
    assert {each.kind for each in entries} >= {"deposit", "realized"}
    assert sums | {"fees": 0} == {each.account: each.total for each in venue.balances()}
    assert sum(sums.values()) == 0 and sums["clearing"] == 0


def test_futures_and_options(venue):
    expiry = venue.now_ns + 30 * 86_400 * 10**9
    future = venue.list_future("BTC-30D", "USDC", reference=61_000, expiry=expiry)
    assert (future.kind, future.expiry_ns) == ("future", expiry) and future.next_due_ns is not None
    call = venue.list_option(
        "BTC-30D-65000-C", "USDC", strike=65_000, expiry=expiry, call=True, underlying=60_000, reference=1_500
    )
    assert (call.kind, call.strike) == ("call", 65_000)
    assert venue.instrument("BTC-30D-65000-C").price_max >= 65_000
    changed = venue.amend_contract("BTC-30D", position_max=10)
    assert changed.position_max == 10
    with pytest.raises(BadValue, match="cannot be changed"):
        venue.amend_contract("BTC-30D", colour="red")


def test_loans_are_told(venue):
    venue.list_asset("BTC", decimals=8)
    venue.list_instrument("BTC/USDC", template="coin", reference=60_000)
    venue.set_lending("USDC", 50_000, base="0.00001", kink="0.00002", full="0.0001")
    venue.set_risk("BTC", 1, [60_000 * each // 1_000 for each in DOWN_UP], unit_shift=7, cap=100, sold_on="BTC/USDC")
    venue.set_value("BTC", 60_000)
    venue.deposit("bob", "BTC", 1)
    venue.transfer("bob", "lending", "USDC", 50_000)
    venue.place("bob", "BTC/USDC", "sell", qty="0.2", price=60_000)
    seen = venue.preview("alice", "BTC/USDC", "buy", qty="0.2", price=60_000)
    assert seen.hold == 10_000 and seen.borrow > 2_000 and seen.hold_asset == "USDC"
    venue.place("alice", "BTC/USDC", "buy", qty="0.2", price=60_000)
    (loan,) = venue.margin("alice").loans
    assert (loan.asset, loan.amount) == ("USDC", 2_000)
    assert loan.rate == D("0.0000105"), "2,000 of 50,000 are lent: a twentieth of the way to the kink"


def test_reasons_of_the_new_kinds_reach_the_caller(venue):
    with pytest.raises(Refused) as caught:
        venue.place("alice", "BTC-PERP", "sell", qty="0.1", price=60_000, reduce_only=True)
    assert caught.value.reason == Reject.REDUCE_ONLY


@pytest.mark.parametrize(
    ("ask", "bounds"),
    [
        (lambda venue: venue.set_margin("carol", leverage_max=5_000), "leverage_max is 0 .* to 1,000"),
        (lambda venue: venue.list_question("Q", outcomes=99), "outcomes is 1 to 16"),
        (lambda venue: venue.sweep(-1), "accounts is 1 to 4,096"),
        (lambda venue: venue.set_risk("USDC", 77, [0] * 16), "group_id is one that set_group made"),
        (lambda venue: venue.set_risk("USDC", 1, [1, 2]), "array has 16 whole numbers"),
        (lambda venue: venue.set_lending("USDC", cap=-5), "cap is not negative"),
        (lambda venue: venue.place_twap("alice", "BTC-PERP", "buy", qty=1, seconds=-5), "seconds is above 0"),
        (lambda venue: venue.propose(venue.list_question("Q").question_id, ["0.4", "0.4"]), "add up to 1"),
    ],
)
def test_a_value_out_of_range_is_told_with_its_range(venue, ask, bounds):
    with pytest.raises(Refused, match=f"BAD_VALUE.*{bounds}"):
        ask(venue)


def test_a_twap_is_named_by_its_number(venue):
    with pytest.raises(BadValue, match="give a Twap or its number"):
        venue.cancel_twap("the first one")


def test_commands_of_contracts_are_told_by_their_own_fields(venue):
    lines = {each["kind"]: each["fields"] for each in venue.journal()}
    assert lines["list_contract"]["contract_kind"] == "perpetual" and lines["list_contract"]["lot_exponent"] == -6
    assert lines["set_price"] == {"instrument_id": 1, "index_price_ticks": 60_000, "mark_price_ticks": 60_000}
    assert lines["set_risk"]["values"][:2] == [-9_830_400, -9_830_400] and len(lines["set_risk"]["values"]) == 21
    venue.list_question("Q", 3)
    venue.resolve("Q", [0, 1, 0])
    assert venue.journal()[-1]["fields"]["values"][:4] == [0, 1_000, 0, 0]
