"""Orders through the door: exact both ways, safe to send again, the same as through the Python API."""

import asyncio
import threading
from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import emporion
from tests.gateway.served import Api, Served, bad, good, unique


def test_numbers_are_exact_both_ways(served):
    api = served.api()
    for qty, price in (("0.001", "99999.5"), ("0.010", "100000"), ("12", "0100000.50"), ("0.123000", "50000.0")):
        order = good(api.place(qty=qty, price=price), 201)
        assert Decimal(order["qty"]) == Decimal(qty) and Decimal(order["price"]) == Decimal(price)
        assert (len(order["qty"].partition(".")[2]), len(order["price"].partition(".")[2])) == (3, 1)
        held = order["order_id"]
        assert good(api.get(f"/v1/orders/{held}"))["qty"] == order["qty"]
        good(api.send("DELETE", f"/v1/orders/{held}"))


def test_every_kind_of_order(served):
    api, bob = served.api(), served.api("bob")
    far = str(2_000_000_000_000_000_000)
    gtd = good(api.place(expire_ns=far), 201)
    assert (gtd["tif"], gtd["expire_ns"], gtd["status"]) == ("gtd", far, "new")
    iceberg = good(api.place(qty="10", display="0.1", post_only=True), 201)
    assert (iceberg["display"], iceberg["flags"]) == ("0.100", ["post_only"])
    stop = good(api.place(price="110000", trigger="105000"), 201)
    assert (stop["trigger"], stop["flags"]) == ("105000.0", ["stop"])
    ioc = good(api.place(tif="ioc"), 201)
    assert (ioc["status"], ioc["reason"], ioc["leaves"], ioc["cum"]) == ("canceled", "ioc_remainder", "0.000", "0.000")
    good(bob.place("sell", "2", "100000", stp="cancel_taker"), 201)
    market = good(api.place(qty="0.5", price=None, market=True), 201)
    assert (market["status"], market["tif"], market["flags"]) == ("filled", "ioc", ["market"])
    assert [(fill["role"], fill["qty"], fill["price"]) for fill in market["fills"]] == [("taker", "0.500", "100000.0")]
    fee = Decimal(market["fills"][0]["fee"])
    assert fee == Decimal("50000") * Decimal("0.001")
    partly = good(api.place(qty="2", price="100000"), 201)
    assert (partly["status"], partly["cum"], partly["leaves"]) == ("partially_filled", "1.500", "0.500")
    looked = good(api.get(f"/v1/orders/{partly['order_id']}"))
    assert looked["fills"] == partly["fills"] and looked["cum"] == "1.500"
    good(api.send("DELETE", "/v1/orders"))
    assert good(api.get("/v1/orders"))["items"] == []


def test_replacing(served):
    api, bob = served.api(), served.api("bob")
    name = unique("r")
    placed = good(api.place(qty="4", cl_ord_id=name), 201)
    path = f"/v1/orders/{placed['order_id']}"
    less = good(api.send("PATCH", path, {"qty": "3"}))
    assert (less["qty"], less["price"], less["order_id"]) == ("3.000", "90000.0", placed["order_id"])
    assert less["entry_ns"] == placed["entry_ns"] and less["cl_ord_id"] == name
    good(bob.place("sell", "1", "95000"), 201)
    crossed = good(api.send("PATCH", path, {"price": "95000", "new_cl_ord_id": name + "b"}))
    assert (crossed["cum"], crossed["leaves"], crossed["cl_ord_id"]) == ("1.000", "2.000", name + "b")
    assert len(crossed["fills"]) == 1
    by_name = f"/v1/orders/by-client-id/{name}b"
    assert good(api.send("PATCH", by_name, {"qty": "2.5"}))["leaves"] == "1.500"
    bad(api.send("PATCH", by_name, {"new_cl_ord_id": "x"}), 400, "BAD_FIELD", "new_cl_ord_id")
    bad(api.send("PATCH", path, {"price": "0"}), 422, "BAD_PRICE", "price")
    bad(api.send("PATCH", path, {"price": "0.2"}), 422, "OFF_GRID", "price")
    bad(api.send("PATCH", path, {"new_cl_ord_id": name}), 409, "DUPLICATE", "cl_ord_id")
    done = good(api.send("PATCH", path, {"qty": "1"}))
    assert (done["status"], done["reason"]) == ("canceled", "by_replace")
    bad(api.send("PATCH", path, {"qty": "1"}), 404, "UNKNOWN_ORDER", "order_id")
    assert good(api.get(path))["reason"] == "by_replace"


@pytest.mark.parametrize("name", ["plain-1", "ünïcödé-1", "a/b?c#d %25", "0x" + "ff" * 16, " blank "])
def test_client_ids_of_any_bytes(served, name):
    api = served.api()
    placed = good(api.place(cl_ord_id=name), 201)
    assert placed["cl_ord_id"] == name
    path = f"/v1/orders/by-client-id/{quote(name, safe='')}"
    assert good(api.get(path))["order_id"] == placed["order_id"]
    again = good(api.place(cl_ord_id=name), 200)
    assert again["repeated"] and again["order_id"] == placed["order_id"]
    assert good(api.send("DELETE", path))["status"] == "canceled"
    assert good(api.place(cl_ord_id=name), 200)["status"] == "canceled"  # Remembered beyond the end.


def test_a_retry_is_answered_with_the_first_order_whatever_became_of_it(served):
    api, bob = served.api(), served.api("bob")
    name = unique("retry")
    good(bob.place("sell", "1", "100000"), 201)
    first = good(api.place(qty="1", price="100000", cl_ord_id=name), 201)
    again = good(api.place(qty="1", price="100000", cl_ord_id=name), 200)
    assert again["repeated"] and (again["order_id"], again["status"]) == (first["order_id"], "filled")
    assert again["fills"] == first["fills"]
    renamed = unique("ren")
    placed = good(api.place(cl_ord_id=renamed), 201)
    good(api.send("PATCH", f"/v1/orders/{placed['order_id']}", {"qty": "0.5", "new_cl_ord_id": renamed + "b"}))
    again = good(api.place(cl_ord_id=renamed), 200)
    assert (again["order_id"], again["cl_ord_id"]) == (placed["order_id"], renamed + "b")


def test_many_retries_at_once_place_one_order(served):
    name, answers = unique("race"), []
    apis = [served.api() for _ in range(8)]
    threads = [threading.Thread(target=lambda api=api: answers.append(api.place(cl_ord_id=name))) for api in apis]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.status_code for each in answers) == [200] * 7 + [201]
    assert len({each.json()["order_id"] for each in answers}) == 1


def test_retries_during_restarts_place_each_order_once(tmp_path):
    """A client that sends until it is answered, while the venue ends and comes back, has placed each order once."""
    with Served(tmp_path) as served:
        signer, stop, orders, again = served.api().signer, threading.Event(), {}, []

        def trade() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                name = f"order-{number}"
                while True:
                    try:
                        with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=10) as client:
                            response = Api(client, signer).place(qty="0.001", cl_ord_id=name)
                    except httpx.TransportError:
                        continue
                    if response.status_code in (200, 201):
                        break
                    assert response.status_code == 503 or response.json()["code"] == "STALE_TIME", response.text
                orders[name] = response.json()["order_id"]
                if response.status_code == 200:
                    again.append(name)
                    assert response.json()["repeated"]
                if number % 3 == 0:  # Answered, and sent again all the same.
                    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=10) as client:
                        try:
                            response = Api(client, signer).place(qty="0.001", cl_ord_id=name)
                        except httpx.TransportError:
                            continue
                    if response.status_code == 200:
                        assert response.json()["order_id"] == orders[name]

        trading = threading.Thread(target=trade)
        trading.start()
        for _ in range(3):
            before = len(orders)
            while len(orders) < before + 10:
                assert trading.is_alive()
            served.restart()
        stop.set()
        trading.join()
        open_orders = good(served.api().get("/v1/orders", limit="1000"))["items"]
        assert {each["cl_ord_id"]: each["order_id"] for each in open_orders} == orders
        assert len(orders) == len(set(orders.values())) > 30


def test_an_order_cancelled_by_a_guessed_number_in_the_same_group(served):
    """The slot of an order that ended is taken next, with a generation more: numbers can be guessed."""
    api = served.api()
    first = good(api.place(), 201)["order_id"]
    good(api.send("DELETE", f"/v1/orders/{first}"))
    guess = first + (1 << 24)

    async def both(method: str, path: str, body: bytes) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=served.server.app)
        async with httpx.AsyncClient(transport=transport, base_url=served.url) as client:

            def send(method: str, path: str, body: bytes):
                headers = dict(api.signer.headers(method, path, "", body))
                return client.request(
                    method, path, content=body or None, headers=headers | {"content-type": "application/json"}
                )

            order = b'{"instrument":"BTC/USDC","side":"buy","qty":"1","price":"90000"}'
            return await asyncio.gather(send("POST", "/v1/orders", order), send(method, path, body))

    for method, path, body in (
        ("DELETE", "/v1/orders/{}", b""),
        ("POST", "/v1/orders/cancel-batch", b'{"order_ids":[%d]}'),
    ):
        target, content = path.format(guess), body % guess if b"%d" in body else body
        placed, canceled = served.run(both(method, target, content))
        assert good(placed, 201)["order_id"] == guess
        if canceled.status_code == 404 or "UNKNOWN_ORDER" in canceled.text:  # It came first.
            good(api.send("DELETE", f"/v1/orders/{guess}"))
        else:
            order = good(canceled) if "results" not in canceled.json() else canceled.json()["results"][0]["order"]
            assert (order["order_id"], order["status"], order["reason"]) == (guess, "canceled", "by_owner")
        guess += 1 << 24


def test_the_commands_tag_is_that_of_the_request(served):
    response = served.api().place()
    order, tag = good(response, 201), int(response.headers["x-request-id"][-4:], 16)
    rows = served.venue.node.commands(order["seq"])
    assert rows["request_tag"][0] == tag != 0
    response = served.operator().post("/v1/operator/deposits", {"account": "ann", "asset": "USDC", "amount": "1"})
    rows = served.venue.node.commands(good(response)["seq"])
    assert rows["request_tag"][0] == int(response.headers["x-request-id"][-4:], 16)


COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cleo"]),
        st.fixed_dictionaries(
            {
                "side": st.sampled_from(["buy", "sell"]),
                "qty": st.integers(1, 50).map(lambda lots: f"{lots / 10:.1f}"),
                "price": st.integers(-6, 6).map(lambda ticks: f"{100_000 + ticks / 2:.1f}"),
            },
            optional={
                "tif": st.sampled_from(["gtc", "ioc", "fok"]),
                "post_only": st.booleans(),
                "display": st.just("0.1"),
                "stp": st.sampled_from(["cancel_resting", "cancel_taker", "cancel_both", "decrement"]),
            },
        ),
    ),
    min_size=1,
    max_size=12,
)


@given(COMMANDS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_orders_do_the_same_through_the_door_and_in_process(served, commands):
    """Equal orders, fills and refusals; the twin is a fork of the venue, made before."""
    for method, path, body in (
        ("PUT", "/v1/operator/instrument/status", {"status": "halted"}),
        ("DELETE", "/v1/operator/instrument/orders", None),
        ("PUT", "/v1/operator/instrument/status", {"status": "open"}),
    ):
        good(served.one("olga").send(method, path, body, instrument="BTC/USDC"))
    twin = served.sequencer.call(lambda node: served.venue.fork()).result()
    for name, order in commands:
        response = served.one(name).post("/v1/orders", {"instrument": "BTC/USDC", **order})
        try:
            same = twin.place(name, "BTC/USDC", **order)
        except emporion.Refused as error:
            assert (response.status_code, response.json()["code"]) == (422, error.reason.name)
            continue
        answer = good(response, 201)
        assert answer["order_id"] == same.order_id and answer["status"] == same.status
        for field in ("price", "qty", "cum", "leaves"):
            assert Decimal(answer[field]) == getattr(same, field)
        assert (answer["tif"], answer["stp"], tuple(answer["flags"]), answer["reason"]) == (
            same.tif, same.stp, same.flags, same.reason,
        )  # fmt: skip
        assert [(Decimal(fill["price"]), Decimal(fill["qty"]), Decimal(fill["fee"])) for fill in answer["fills"]] == [
            (fill.price, fill.qty, fill.fee) for fill in same.fills
        ]
    twin.close()
