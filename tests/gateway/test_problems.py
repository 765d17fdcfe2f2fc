"""Whatever is wrong with a request, the answer says what and where, and nobody else notices."""

import json

import pytest

from emporion.schema.codes import Reject
from emporion.venue.refusals import SENTENCES
from tests.gateway.served import bad, good, unique

ORDER = {"instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "90000"}


def refused(served, code, status=422, field=None, **changes):
    body = {key: value for key, value in (ORDER | changes).items() if value is not None}
    return bad(served.api().post("/v1/orders", body), status, code, field)


# --- Shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code", "field"),
    [
        (b"{", "MALFORMED", None),
        (b"nonsense", "MALFORMED", None),
        (b"[]", "BAD_FIELD", None),
        (b"null", "BAD_FIELD", None),
        (b'{"instrument":"\xff\xfe"}', "MALFORMED", None),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"1","price":"1"} trailing', "MALFORMED", None),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"1","price":"1","price":"2"}', "MALFORMED", None),
        (b'{"instrument":1,"side":"buy","qty":"1"}', "BAD_FIELD", "instrument"),
        (b'{"instrument":"BTC/USDC","side":"up","qty":"1"}', "BAD_FIELD", "side"),
        (b'{"instrument":"BTC/USDC","side":"buy"}', "BAD_FIELD", "qty"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":1}', "BAD_FIELD", "qty"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"1e5"}', "BAD_FIELD", "qty"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"-1"}', "BAD_FIELD", "qty"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"NaN"}', "BAD_FIELD", "qty"),
        ('{"instrument":"BTC/USDC","side":"buy","qty":"١"}'.encode(), "BAD_FIELD", "qty"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"1","more":1}', "BAD_FIELD", "more"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"1","market":"yes"}', "BAD_FIELD", "market"),
        (b'{"instrument":"BTC/USDC","side":"buy","qty":"1","expire_ns":5}', "BAD_FIELD", "expire_ns"),
        (b'{"instrument":' + b"[" * 20_000, "BAD_FIELD", "instrument"),
        (b"[" * 20_000, "BAD_FIELD", None),
        (b'{"a":' * 20_000, "BAD_FIELD", "a"),
    ],
)
def test_a_body_that_is_no_order(served, raw, code, field):
    bad(served.api().post("/v1/orders", raw=raw), 400, code, field)


def test_an_item_of_a_batch_is_named_by_its_place(served):
    orders = [ORDER, ORDER, ORDER | {"price": 5}]
    bad(served.api().post("/v1/orders/batch", {"orders": orders}), 400, "BAD_FIELD", "orders[2].price")


def test_a_word_that_is_none_of_those_there_are_is_answered_with_those(served):
    answer = served.public().get("/v1/candles", instrument="BTC/USDC", interval="7m")
    problem = bad(answer, 400, "BAD_FIELD", "interval")
    assert all(word in problem["detail"] for word in ("'7m'", "1s", "15m", "1M"))
    order = {"instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "90000", "tif": "day"}
    problem = bad(served.api().post("/v1/orders/batch", {"orders": [order]}), 400, "BAD_FIELD", "orders[0].tif")
    assert all(word in problem["detail"] for word in ("gtc", "ioc", "fok", "gtd"))


@pytest.mark.parametrize("number", [2**53, 2**63 - 1, 2**63, 2**64, 10**400, -1, 0, 1.5, "7"])
def test_ids_beyond_what_a_number_may_be(served, number):
    response = served.api().post("/v1/orders/cancel-batch", {"order_ids": [number]})
    assert response.status_code == 400 and response.json()["code"] in ("BAD_FIELD", "MALFORMED")


@pytest.mark.parametrize("order_id", ["0", "-1", "x", "1.5", "9007199254740992", "9" * 400, "%00", "１"])
def test_a_path_that_names_no_order(served, order_id):
    for method in ("GET", "DELETE"):
        response = served.api().send(method, f"/v1/orders/{order_id}")
        assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_batches_are_bounded_in_number_and_in_size(served):
    small = {"instrument": "X", "side": "buy", "qty": "1"}
    problem = served.api().post("/v1/orders/batch", {"orders": [small] * 1_001})
    assert bad(problem, 400, "BAD_FIELD", "orders")["detail"].startswith("orders: Expected `array` of length <= 1000")
    problem = bad(served.api().post("/v1/orders/batch", {"orders": [ORDER] * 10_000}), 413, "TOO_LARGE")
    assert "256 KiB" in problem["reason"]
    assert len(good(served.api().post("/v1/orders/batch", {"orders": [small] * 1_000}))["results"]) == 1_000


def test_queries(served):
    public = served.public()
    bad(public.get("/v1/book", instrument="BTC/USDC", depth="0"), 400, "BAD_FIELD", "depth")
    bad(public.get("/v1/book", instrument="BTC/USDC", depth="1001"), 400, "BAD_FIELD", "depth")
    bad(public.get("/v1/book", instrument="BTC/USDC", depth="ten"), 400, "BAD_FIELD", "depth")
    bad(public.get("/v1/book"), 400, "BAD_FIELD", "instrument")
    bad(public.get("/v1/book", instrument="BTC/USDC", more="1"), 400, "BAD_FIELD", "more")
    bad(public.get("/v1/book?instrument=BTC/USDC&instrument=X"), 400, "BAD_FIELD")
    bad(public.get("/v1/book?instrument=%ff"), 400, "MALFORMED")
    bad(public.get("/v1/status", more="1"), 400, "BAD_FIELD", "more")
    bad(public.get("/v1/candles", instrument="BTC/USDC", interval="7m"), 400, "BAD_FIELD", "interval")
    bad(public.get("/v1/candles", instrument="BTC/USDC", start_ns="9" * 19), 400, "BAD_FIELD", "start_ns")
    bad(public.get("/v1/trades", instrument="BTC/USDC", cursor="abc"), 400, "BAD_FIELD", "cursor")
    bad(public.get("/v1/trades", instrument="BTC/USDC", cursor="x" * 65), 400, "BAD_FIELD", "cursor")
    bad(public.get("/v1/book", instrument="NO/SUCH"), 404, "UNKNOWN_INSTRUMENT", "instrument")
    bad(served.api().get("/v1/ledger", asset="NONE"), 404, "UNKNOWN_ASSET", "asset")


# --- Paths and methods -------------------------------------------------------------------------------


def test_what_is_not_there(served):
    for path in ("/nothing", "/v1", "/v1/", "/v1/orders/", "/v1/orders/1/2/3", "/v1/operator", "/v1/%2e%2e/x"):
        bad(served.public().get(path), 404, "NOT_FOUND")


def test_a_method_that_a_path_does_not_take(served):
    public = served.public()
    response = public.send("DELETE", "/v1/status")
    bad(response, 405, "NOT_ALLOWED")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    response = public.send("OPTIONS", "/v1/orders")
    assert (response.status_code, response.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, POST")
    assert not [name for name in response.headers if name.startswith("access-control")]
    response = public.send("HEAD", "/v1/status")
    assert response.status_code == 200 and response.content == b"" and int(response.headers["content-length"]) > 50
    bad(public.send("PATCH", "/v1/status"), 405, "NOT_ALLOWED")


def test_a_body_that_is_no_json_by_its_own_word(served):
    api = served.api()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        response = api.post("/v1/orders", raw=json.dumps(ORDER).encode(), headers={"content-type": kind})
        bad(response, 415, "NOT_JSON")
    response = api.post("/v1/orders", ORDER, headers={"content-type": "Application/JSON; charset=utf-8"})
    good(response, 201)
    bad(api.send("DELETE", "/v1/orders", {"all": True}), 400, "BAD_FIELD")


def test_foreign_names_and_pages(served):
    public = served.public()
    bad(public.get("/v1/status", headers={"host": "evil.example"}), 421, "BAD_HOST")
    bad(public.get("/v1/status", headers={"origin": "https://evil.example"}), 403, "BAD_ORIGIN")
    bad(public.get("/v1/status", headers={"origin": "null"}), 403, "BAD_ORIGIN")
    good(public.get("/v1/status", headers={"origin": served.url}))
    good(public.get("/v1/status", headers={"host": f"localhost:{served.port}"}))


# --- Units and rules ---------------------------------------------------------------------------------


def test_what_lies_between_two_units_names_the_nearest(served):
    problem = refused(served, "OFF_GRID", field="price", price="90000.3")
    assert "90000" in problem["detail"] and "90000.5" in problem["detail"] and "tick" in problem["detail"]
    problem = refused(served, "OFF_GRID", field="qty", qty="0.0015")
    assert "0.001" in problem["detail"] and "0.002" in problem["detail"]
    refused(served, "OFF_GRID", field="display", display="0.0001")
    refused(served, "OFF_GRID", field="trigger", trigger="0.1")
    refused(served, "OFF_GRID", field="qty", qty="9" * 20)  # Beyond 64 bits.
    refused(served, "BAD_FIELD", status=400, field="expire_ns", expire_ns="9" * 19)
    problem = bad(
        served.api().post("/v1/withdrawals", {"asset": "USDC", "amount": "0.0000001"}), 422, "BAD_VALUE", "amount"
    )
    assert "0.000001" in problem["detail"]


def test_numbers_at_the_edge_of_64_bits_are_the_kernels_to_refuse(served):
    refused(served, "QTY_TOO_LARGE", field="qty", qty=str((1 << 63) - 1)[:-3] + ".807")
    refused(served, "PRICE_TOO_HIGH", field="price", price="4611686018427387903.5")


@pytest.mark.parametrize(
    ("code", "field", "changes"),
    [
        ("UNKNOWN_INSTRUMENT", "instrument", {"instrument": "NO/SUCH"}),
        ("BAD_COMBINATION", None, {"post_only": True, "market": True}),
        ("BAD_QTY", "qty", {"qty": "0"}),
        ("BAD_PRICE", "price", {"price": None}),
        ("BAD_PRICE", "price", {"price": "0"}),
        ("BAD_DISPLAY", "display", {"qty": "1", "display": "0.001"}),
        ("BAD_TRIGGER", "trigger", {"trigger": "0"}),
        ("BAD_EXPIRY", "expire_ns", {"expire_ns": "1"}),
        ("PRICE_REQUIRED", "price", {"instrument": "EURC/USDC", "market": True, "price": None, "tif": "ioc"}),
        ("OUTSIDE_BAND", "price", {"price": "1"}),
        ("INSUFFICIENT_FUNDS", None, {"qty": "4000"}),
        ("FOK_UNFILLABLE", "qty", {"tif": "fok"}),
    ],
)
def test_each_refusal_says_what_the_venue_says(served, code, field, changes):
    if code == "PRICE_REQUIRED":  # Something must rest there to meet.
        body = {"instrument": "EURC/USDC", "side": "sell", "qty": "5", "price": "1.1"}
        good(served.api("bob").post("/v1/orders", body), 201)
    status = 404 if code.startswith("UNKNOWN") else 422
    problem = refused(served, code, status, field, **changes)
    if code != "UNKNOWN_INSTRUMENT":
        assert problem["reason"] == SENTENCES[Reject[code]][0]
        assert f": {code}: " in problem["detail"] and problem["title"] == "Unprocessable Content"


def test_orders_of_others_and_of_nobody_are_unknown_alike(served):
    theirs = good(served.api("bob").place("sell", "1", "120000"), 201)["order_id"]
    for order_id in (theirs, 12345):
        bad(served.api().get(f"/v1/orders/{order_id}"), 404, "UNKNOWN_ORDER", "order_id")
        bad(served.api().send("DELETE", f"/v1/orders/{order_id}"), 404, "UNKNOWN_ORDER", "order_id")
        bad(served.api().send("PATCH", f"/v1/orders/{order_id}", {"qty": "1"}), 404, "UNKNOWN_ORDER", "order_id")
        results = good(served.api().post("/v1/orders/cancel-batch", {"order_ids": [order_id]}))["results"]
        assert results[0]["problem"]["code"] == "UNKNOWN_ORDER" and results[0]["problem"]["field"] == "order_ids[0]"
    for method in ("GET", "DELETE"):
        bad(served.api().send(method, "/v1/orders/by-client-id/none"), 404, "UNKNOWN_ORDER", "order_id")


def test_a_batch_tells_each_orders_fate(served):
    name = unique("batch")
    orders = [
        ORDER | {"cl_ord_id": name}, ORDER | {"price": "90000.1"}, ORDER | {"price": "1"},
        ORDER | {"instrument": "X"}, ORDER | {"cl_ord_id": name}, ORDER | {"cl_ord_id": "0x" + "0" * 32},
    ]  # fmt: skip
    results = good(served.api().post("/v1/orders/batch", {"orders": orders}))["results"]
    told = [(each["problem"] or {}).get("code") for each in results]
    assert told == [None, "OFF_GRID", "OUTSIDE_BAND", "UNKNOWN_INSTRUMENT", None, "BAD_FIELD"]
    fields = [(each["problem"] or {}).get("field") for each in results]
    assert fields == [None, "orders[1].price", "orders[2].price", "orders[3].instrument", None, "orders[5].cl_ord_id"]
    assert results[4]["order"]["repeated"] and results[4]["order"]["order_id"] == results[0]["order"]["order_id"]


def test_operators_are_told_what_they_got_wrong(served):
    op = served.operator()
    bad(op.post("/v1/operator/assets", {"name": "USDC", "decimals": 6}), 409, "NAME_TAKEN", "name")
    bad(op.post("/v1/operator/assets", {"name": "Z", "decimals": 19}), 400, "BAD_FIELD", "decimals")
    listing = {"name": "X/Y", "base": "BTC", "quote": "NO", "tick": "1", "lot": "1"}
    assert op.post("/v1/operator/instruments", listing).status_code in (404, 422)
    listing = {"name": "T/U", "base": "BTC", "quote": "USDC", "tick": "0.0000001", "lot": "0.00000001"}
    bad(op.post("/v1/operator/instruments", listing), 422, "BAD_VALUE")
    bad(op.send("PUT", "/v1/operator/fees", {"maker": "-0.2", "taker": "0.1"}), 422, "BAD_VALUE")
    bad(op.send("PUT", "/v1/operator/limits", {"name": "nonsense", "value": 5}), 422, "BAD_VALUE", "limit")
    bad(op.send("PUT", "/v1/operator/limits", {"name": "orders", "value": 5}), 422, "BAD_VALUE")
    assert op.send("PUT", "/v1/operator/accounts/999999/freeze").json()["code"] == "UNKNOWN_ACCOUNT"
    assert op.send("PUT", "/v1/operator/accounts/1/freeze").json()["code"] == "SYSTEM_ACCOUNT"
    bad(op.send("POST", "/v1/operator/withdrawals/77/settle"), 404, "UNKNOWN_HOLD", "hold_id")
    bad(op.send("DELETE", "/v1/operator/freezes/77"), 404, "UNKNOWN_HOLD", "hold_id")
    bad(op.post("/v1/operator/accounts", {"name": "ann"}), 409, "NAME_TAKEN", "name")
    bad(op.post("/v1/operator/accounts", {"name": "#999"}), 422, "BAD_VALUE")
    bad(
        op.post("/v1/operator/deposits", {"account": "ann", "asset": "USDC", "amount": "0"}),
        422,
        "BAD_AMOUNT",
        "amount",
    )
    bad(
        op.post("/v1/operator/deposits", {"account": "x", "asset": "USDC", "amount": "1"}),
        404,
        "UNKNOWN_ACCOUNT",
        "account",
    )
    bad(op.send("DELETE", "/v1/operator/instrument/orders", instrument="BTC/USDC"), 422, "BAD_STATUS", "instrument")


def test_money_goes_only_where_it_may(served):
    body = {"asset": "USDC", "amount": "1"}
    bad(served.api().post("/v1/transfers", body | {"to": "bob"}), 404, "UNKNOWN_ACCOUNT", "to")
    bad(served.api().post("/v1/transfers", body | {"to": "nobody"}), 404, "UNKNOWN_ACCOUNT", "to")
    bad(served.api().post("/v1/transfers", body | {"to": "ann"}), 422, "BAD_VALUE")
    good(served.api().post("/v1/transfers", body | {"to": "ann.desk"}))
    once = {"asset": "USDC", "amount": "1", "cl_ord_id": unique("w")}
    hold = good(served.api().post("/v1/withdrawals", once), 201)["hold_id"]
    problem = bad(served.api().post("/v1/withdrawals", once), 409, "DUPLICATE", "cl_ord_id")
    assert str(hold) in problem["detail"]
    order = ORDER | {"cl_ord_id": once["cl_ord_id"]}  # Client ids of orders and of money are one space.
    bad(served.api().post("/v1/orders", order), 409, "DUPLICATE", "cl_ord_id")
