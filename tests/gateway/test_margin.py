"""Contracts and margin over HTTP: what everybody sees, what an account sees, what operators do."""

from decimal import Decimal

import pytest

from tests.gateway import exchange
from tests.gateway.served import bad, good

D = Decimal


@pytest.fixture(scope="module")
def perp(served):
    return exchange.perpetual(served)


@pytest.fixture(scope="module")
def ann(served, perp):
    return exchange.on_margin(served, "ann")


@pytest.fixture(scope="module")
def dora(served, perp):
    """Somebody with little."""
    served.act("open_account", name="dora")
    served.act("deposit", account="dora", asset="USDC", amount="100")
    return exchange.on_margin(served, "dora")


@pytest.fixture(scope="module")
def bob(served, perp):
    return exchange.on_margin(served, "bob")


def test_a_contract_as_everybody_sees_it(served, perp):
    seen = good(served.public().get("/v1/contract", instrument=perp))
    assert (seen["kind"], seen["settle"], seen["mark"], seen["index"]) == ("perpetual", "USDC", "100000", "100000")
    assert seen["funding_next"] == "0.0000125" and int(seen["next_funding_ns"]) > 0
    listed = good(served.public().get("/v1/instrument", instrument=perp))
    assert listed["contract"] == seen and listed["base"] == perp
    assert perp in {each["instrument"] for each in good(served.public().get("/v1/contracts"))["items"]}
    spot = good(served.public().get("/v1/instrument", instrument="BTC/USDC"))
    assert spot["contract"] is None
    bad(served.public().get("/v1/contract", instrument="BTC/USDC"), 404, "NOT_A_CONTRACT", "instrument")


def test_positions_health_and_why(served, perp, ann, bob):
    good(bob.place("sell", "1", "100000", instrument=perp), 201)
    filled = good(ann.place("buy", "1", "100000", instrument=perp), 201)
    assert filled["status"] == "filled"
    served.act("set_price", instrument=perp, mark="101000")
    (position,) = [each for each in good(ann.get("/v1/positions"))["items"] if each["instrument"] == perp]
    assert (position["qty"], position["entry"], position["unrealized"]) == ("1.000", "100000", "1000")
    summary, why = good(ann.get("/v1/margin")), good(ann.get("/v1/margin/explain"))
    assert (summary["mode"], summary["stage"], summary["borrowed"]) == ("margin", "none", [])
    assert why["summary"] == summary
    losses = sum(D(each["loss"]) for each in why["groups"]) + sum(D(each["value"]) for each in why["addons"])
    assert losses == D(summary["initial"])
    assert sum(D(each["value"]) for each in why["collateral"]) == D(summary["equity"])
    for group in why["groups"]:
        if D(group["loss"]):
            assert sum(D(part["value"]) for part in group["parts"]) == -D(group["loss"])
    kinds = {each["kind"] for each in good(ann.get("/v1/ledger", limit=1000))["items"]}
    assert "fee" in kinds


def test_a_preview_has_margin_in_it(served, perp, ann, dora):
    order = {"instrument": perp, "side": "buy", "qty": "1", "price": "100000"}
    seen = good(ann.post("/v1/orders/preview", order))
    before = good(ann.get("/v1/margin"))
    assert seen["accepted"] and seen["hold"] == "0" and seen["margin"]["required"] == before["required"]
    resting = good(ann.post("/v1/orders", order), 201)
    assert good(ann.get("/v1/margin"))["required"] == seen["margin"]["required_after"]
    good(ann.send("DELETE", f"/v1/orders/{resting['order_id']}"))
    too_much = good(dora.post("/v1/orders/preview", order))
    assert (too_much["accepted"], too_much["problem"]["code"]) == (False, "INSUFFICIENT_MARGIN")
    bad(dora.post("/v1/orders", order), 422, "INSUFFICIENT_MARGIN", "qty")
    too_large = good(ann.post("/v1/orders/preview", order | {"qty": "1000"}))
    assert (too_large["accepted"], too_large["problem"]["code"]) == (False, "POSITION_LIMIT")


def test_triggers_and_ties(served, perp, ann):
    entry = good(ann.place("buy", "1", "96000", instrument=perp), 201)
    stop = good(
        ann.place(
            "sell", "1", "94000", instrument=perp, trigger="95000", trigger_by="mark", reduce_only=True, link="child",
            related_id=entry["order_id"], trail="1000",
        ),
        201,
    )  # fmt: skip
    assert (stop["flags"], stop["trigger_by"], stop["trail"]) == (["stop", "reduce_only"], "mark", "1000")
    assert (stop["link"], stop["related_id"]) == ("child", entry["order_id"])
    assert good(ann.get(f"/v1/orders/{stop['order_id']}")) | {"seq": 0} == stop | {"seq": 0}
    good(ann.send("DELETE", f"/v1/orders/{entry['order_id']}"))
    ended = good(ann.get(f"/v1/orders/{stop['order_id']}"))
    assert (ended["status"], ended["reason"], ended["link"]) == ("canceled", "by_parent", "child")


def test_twaps(served, perp, ann, bob):
    good(bob.place("sell", "4", "101000", instrument=perp), 201)
    order = {"instrument": perp, "side": "buy", "qty": "0.4", "seconds": 3600, "interval_seconds": 900}
    twap = good(ann.post("/v1/twaps", order), 201)
    assert (twap["qty"], twap["status"]) == ("0.400", "running")
    assert [each["twap_id"] for each in good(ann.get("/v1/twaps"))["items"]] == [twap["twap_id"]]
    ended = good(ann.send("DELETE", f"/v1/twaps/{twap['twap_id']}"))
    assert (ended["status"], ended["done"], ended["reason"]) == ("ended", "0.100", "by_owner")
    bad(ann.send("DELETE", f"/v1/twaps/{twap['twap_id']}"), 404, "UNKNOWN_ORDER", "order_id")
    bad(ann.post("/v1/twaps", order | {"qty": "0.4001"}), 422, "OFF_GRID", "qty")
    good(bob.send("DELETE", "/v1/orders"))


def test_an_account_goes_on_margin(served):
    api = served.one("cleo")
    assert good(api.get("/v1/margin"))["mode"] == "cash"
    assert good(api.send("PUT", "/v1/margin", {"leverage_max": 5}))["leverage_max"] == 5
    assert good(api.get("/v1/positions"))["items"] == []


def test_option_chains(served):
    call, put = exchange.option_pair(served)
    chains = good(served.public().get("/v1/option-chains"))["items"]
    (chain,) = [each for each in chains if each["underlying"] == call.split("-")[0]]
    (strike,) = chain["strikes"]
    assert (chain["forward"], strike["strike"]) == ("102000", "100000")  # Strike, and call less put.
    quotes = strike["call"], strike["put"]
    assert [each["instrument"] for each in quotes] == [call, put]
    assert quotes[0]["iv"] > 0 and abs(quotes[0]["theoretical"] - 12_000) < 1e-3
    assert 0 < quotes[0]["delta"] < 1 and -1 < quotes[1]["delta"] < 0 and quotes[0]["bid_iv"] is None


def test_questions(served):
    number = exchange.question(served)
    op = served.one("olga")

    def seen():
        (found,) = [e for e in good(served.public().get("/v1/questions"))["items"] if e["question_id"] == number]
        return found

    (outcome,) = seen()["outcomes"]
    assert (outcome["name"], outcome["price"], outcome["payout"]) == ("yes", "0.300", None)
    path = f"/v1/operator/questions/{number}"
    proposed = good(op.post(f"{path}/propose", {"payouts": ["1", "0"]}))
    assert (proposed["status"], proposed["outcomes"][0]["payout"]) == ("proposed", "1") and proposed["due_ns"]
    assert good(op.send("POST", f"{path}/challenge"))["status"] == "open"
    assert good(op.post(f"{path}/resolve", {"payouts": ["0.5", "0.5"]}))["status"] == "resolved"
    bad(op.post(f"{path}/resolve", {"payouts": ["1", "0"]}), 422, "BAD_STATUS", "instrument")
    contract = good(served.public().get("/v1/contract", instrument=outcome["instrument"]))
    assert (contract["final_price"], contract["outcome"]) == ("0.500", "yes")


def test_what_a_listing_needs_is_named(served):
    op = served.one("olga")
    listing = {"name": "X-F", "kind": "future", "settle": "USDC", "reference": "5"}
    bad(op.post("/v1/operator/contracts", listing), 400, "BAD_FIELD", "expiry_ns")
    bad(op.post("/v1/operator/contracts", listing | {"kind": "outcome"}), 400, "BAD_FIELD", "question")
    bad(op.send("PUT", "/v1/operator/price", {}), 400, "BAD_FIELD", "instrument")
    bad(served.one("bob").post("/v1/operator/contracts", listing), 403, "SCOPE_MISSING")
