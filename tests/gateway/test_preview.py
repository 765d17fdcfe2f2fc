"""A preview says what then happens: hold as ACCEPTED has it, fills and fee as they come, refusals by their reason."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emporion.schema.codes import Event
from tests.gateway.served import Served, bad, good, unique

RESTING = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]), st.sampled_from(["buy", "sell"]), st.integers(-8, 8), st.integers(1, 40)
    ),
    max_size=10,
)
ORDERS = st.fixed_dictionaries(
    {"side": st.sampled_from(["buy", "sell"]), "qty": st.integers(0, 60).map(lambda lots: f"{lots / 10:.1f}")},
    optional={
        "price": st.integers(-10, 10).map(lambda ticks: f"{100_000 + ticks / 2:.1f}")
        | st.just("1")
        | st.just("250000"),
        "tif": st.sampled_from(["gtc", "ioc", "fok", "gtd"]),
        "market": st.booleans(),
        "post_only": st.booleans(),
        "trigger": st.sampled_from(["0", "99999", "100001", "150000"]),
        "display": st.sampled_from(["0.01", "0.1", "3"]),
        "expire_ns": st.sampled_from(["5", "2000000000000000000"]),
        "stp": st.sampled_from(["cancel_resting", "decrement"]),
    },
)


def fresh_book(served: Served) -> str:
    """A new instrument, so that no example meets another's orders."""
    name = unique("P")
    served.act(
        "list_instrument", name=name, base="BTC", quote="USDC", tick="0.5", lot="0.001", qty_min="0.1",
        reference="100000", band="0.5", notional_min="15000",
    )  # fmt: skip
    return name


@given(RESTING, ORDERS, st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_previewed_happens(served, resting, order, is_own):
    name = fresh_book(served)
    for account, side, ticks, lots in resting:
        # Own orders stand in front at their price, where a preview takes them to stand.
        price = f"{100_000 + ticks / 2:.1f}"
        body = {"instrument": name, "side": side, "qty": f"{lots / 10:.1f}", "price": price, "post_only": True}
        served.one("cleo" if is_own and account == "ann" and ticks % 2 else "bob").post("/v1/orders", body)
    order = {"instrument": name} | order
    api = served.one("cleo")
    seen = good(api.post("/v1/orders/preview", order))
    response = api.post("/v1/orders", order)
    if not seen["accepted"]:
        assert response.status_code >= 400, (seen, response.text)
        assert response.json()["code"] == seen["problem"]["code"]
        return
    placed = good(response, 201)
    assert seen["price"] == placed["price"]
    fills = placed["fills"]
    assert Decimal(seen["fills_qty"]) == sum((Decimal(fill["qty"]) for fill in fills), Decimal(0))
    cost = sum((Decimal(fill["qty"]) * Decimal(fill["price"]) for fill in fills), Decimal(0))
    assert Decimal(seen["fills_cost"]) == cost
    assert Decimal(seen["fills_fee"]) == sum((Decimal(fill["fee"]) for fill in fills), Decimal(0))
    if fills:
        average = cost / Decimal(seen["fills_qty"])
        assert abs(Decimal(seen["average"]) - average) <= Decimal("0.25")
    else:
        assert seen["average"] is None
    assert Decimal(seen["hold"]) == hold_at_entry(served, placed)


def hold_at_entry(served: Served, placed: dict) -> Decimal:
    """What the kernel said was held when it took the order, from its ACCEPTED event."""
    chunk = next(iter(served.sequencer.call(lambda node: list(served.venue.iter_events(placed["seq"]))).result()))
    events = chunk.events
    accepted = events[(events["seq"] == placed["seq"]) & (events["kind"] == Event.ACCEPTED)]
    decimals = 6 if placed["side"] == "buy" else 8
    return Decimal(int(accepted["amount_atoms"][0])).scaleb(-decimals)


def test_a_preview_knows_the_account(served):
    name, api = fresh_book(served), served.api("ann")
    order = {"instrument": name, "side": "buy", "qty": "1", "price": "90000"}
    seen = good(api.post("/v1/orders/preview", order))
    assert seen["accepted"] and seen["hold_asset"] == "USDC" and seen["notional"] == "90000"
    assert (seen["maker_ppm"], seen["taker_ppm"]) == (-100, 1000)
    assert Decimal(seen["hold"]) == Decimal(90_000) + Decimal(seen["fee_max"]) + Decimal("0.000001")
    balance = next(each for each in good(api.get("/v1/balances"))["items"] if each["asset"] == "USDC")
    assert seen["free"] == balance["free"]
    poor = served.act("open_account", name=unique("poor"))["name"]
    seen = good(served.api(poor).post("/v1/orders/preview", order))
    assert (seen["accepted"], seen["problem"]["code"], seen["free"]) == (False, "INSUFFICIENT_FUNDS", "0")
    cl_ord_id = unique("seen")
    good(api.post("/v1/orders", order | {"cl_ord_id": cl_ord_id}), 201)
    seen = good(api.post("/v1/orders/preview", order | {"cl_ord_id": cl_ord_id}))
    assert seen["problem"]["code"] == "DUPLICATE"
    served.act("freeze_account", account=poor)
    assert good(served.api(poor).post("/v1/orders/preview", order))["problem"]["code"] == "ACCOUNT_FROZEN"
    served.act("set_status", name=name, status="halted")
    assert good(api.post("/v1/orders/preview", order))["problem"]["code"] == "BAD_STATUS"


def test_a_preview_stops_at_ones_own_order_where_that_stops_the_rest(served):
    name = fresh_book(served)
    for account, price in (("bob", "100000"), ("ann", "100001"), ("bob", "100002")):
        body = {"instrument": name, "side": "sell", "qty": "1", "price": price}
        good(served.api(account).post("/v1/orders", body), 201)
    order = {"instrument": name, "side": "buy", "qty": "3", "price": "100005"}
    for stp, fills in (("cancel_resting", "2.000"), ("cancel_taker", "1.000"), ("decrement", "2.000")):
        seen = good(served.api("ann").post("/v1/orders/preview", order | {"stp": stp}))
        assert (seen["accepted"], seen["fills_qty"]) == (True, fills)
    assert good(served.api("cleo").post("/v1/orders/preview", order))["fills_qty"] == "3.000"


def test_a_preview_sends_nothing(served):
    before = served.venue.seq
    order = {"instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "90000"}
    good(served.api().post("/v1/orders/preview", order))
    bad(served.api().post("/v1/orders/preview", order | {"price": "1.3"}), 422, "OFF_GRID", "price")
    bad(served.api().post("/v1/orders/preview", order | {"instrument": "X"}), 404, "UNKNOWN_INSTRUMENT", "instrument")
    assert served.venue.seq == before
