"""Every route answers, with a body that is exactly of the shape its table says."""

import base64
import time

import msgspec
import pytest

from emporion.access.totp import code_at, step_of
from emporion.gateway.routes import router
from tests.gateway import exchange
from tests.gateway.served import PASSWORD, Served, good, unique

ROUTES = {route.name: route for route in router().routes}


@pytest.fixture(scope="module")
def served():
    with Served(demo=True) as served:
        yield served


def order(served: Served, **more) -> dict:
    return good(served.api().place(**more), 201)


def signed_in(served: Served):
    """A new user's session, with the login."""
    login = unique("user")
    client = served.public()
    good(client.post("/v1/sign-up", {"login": login, "password": PASSWORD}), 201)
    return client, login


def trade(served: Served) -> dict:
    """Ann's filled order."""
    good(served.api("bob").place("sell", "1", "100000"), 201)
    return good(served.api().place("buy", "1", "100000"), 201)


def gauge(served: Served):
    """A listing's gauge is there moments after the venue is."""
    until = time.monotonic() + 20
    while (answer := served.public().get("/v1/gauge", instrument="BTC/USDC")).status_code == 404:
        assert time.monotonic() < until, answer.text
        time.sleep(0.02)
    return answer


def totp_code(served: Served, client) -> str:
    secret = base64.b32decode(good(client.post("/v1/totp", {"password": PASSWORD}))["secret"])
    return code_at(secret, step_of(time.time_ns()))


def freeze(served: Served) -> int:
    body = {"account": "cleo", "asset": "USDC", "amount": "5", "reference": 7}
    return good(served.operator().post("/v1/operator/freezes", body), 201)["hold_id"]


def withdrawal(served: Served) -> int:
    return good(served.api("cleo").post("/v1/withdrawals", {"asset": "USDC", "amount": "5"}), 201)["hold_id"]


def halted(served: Served) -> str:
    name = unique("H") + "/USDC"
    op = served.operator()
    listing = {"name": name, "base": "BTC", "quote": "USDC", "tick": "1", "lot": "1", "status": "halted"}
    good(op.post("/v1/operator/instruments", listing), 201)
    return name


def position(served: Served) -> None:
    """Ann is long, bob is short."""
    name = exchange.perpetual(served)
    exchange.on_margin(served, "ann"), exchange.on_margin(served, "bob")
    good(served.one("bob").place("sell", "1", "100000", instrument=name), 201)
    good(served.one("ann").place("buy", "1", "100000", instrument=name), 201)


def twap(served: Served):
    exchange.on_margin(served, "ann")
    order = {"instrument": exchange.perpetual(served), "side": "buy", "qty": "1", "seconds": 3_600}
    return served.one("ann").post("/v1/twaps", order)


def answer(served: Served, verb: str, body: dict):
    return served.one("olga").post(f"/v1/operator/questions/{exchange.question(served)}/{verb}", body)


def challenge(served: Served):
    number = answer(served, "propose", {"payouts": ["1", "0"]}).json()["question_id"]
    return served.one("olga").send("POST", f"/v1/operator/questions/{number}/challenge")


EXAMPLES = {
    "GET /v1/status": lambda s: s.public().get("/v1/status"),
    "GET /v1/assets": lambda s: s.public().get("/v1/assets"),
    "GET /v1/instruments": lambda s: s.public().get("/v1/instruments"),
    "GET /v1/instrument": lambda s: s.public().get("/v1/instrument", instrument="BTC/USDC"),
    "GET /v1/tickers": lambda s: (trade(s), s.public().get("/v1/tickers"))[1],
    "GET /v1/ticker": lambda s: (trade(s), s.public().get("/v1/ticker", instrument="BTC/USDC"))[1],
    "GET /v1/book": lambda s: (order(s), s.public().get("/v1/book", instrument="BTC/USDC", depth=5))[1],
    "GET /v1/trades": lambda s: (trade(s), s.public().get("/v1/trades", instrument="BTC/USDC"))[1],
    "GET /v1/gauges": lambda s: s.public().get("/v1/gauges"),
    "GET /v1/gauge": lambda s: gauge(s),
    "GET /v1/gauge-history": lambda s: s.public().get("/v1/gauge-history", instrument="BTC/USDC"),
    "GET /v1/candles": lambda s: (trade(s), s.public().get("/v1/candles", instrument="BTC/USDC", interval="1s"))[1],
    "POST /v1/sign-up": lambda s: s.public().post("/v1/sign-up", {"login": unique("new"), "password": PASSWORD}),
    "POST /v1/session": lambda s: s.public().post("/v1/session", {"login": signed_in(s)[1], "password": PASSWORD}),
    "GET /v1/session": lambda s: signed_in(s)[0].get("/v1/session"),
    "DELETE /v1/session": lambda s: signed_in(s)[0].send("DELETE", "/v1/session"),
    "POST /v1/session/demo": lambda s: s.public().post("/v1/session/demo", {"role": "operator"}),
    "POST /v1/password": lambda s: signed_in(s)[0].post("/v1/password", {"old": PASSWORD, "new": "quite another one"}),
    "POST /v1/totp": lambda s: signed_in(s)[0].post("/v1/totp", {"password": PASSWORD}),
    "PUT /v1/totp": lambda s: (
        lambda client: client.send("PUT", "/v1/totp", {"password": PASSWORD, "code": totp_code(s, client)})
    )(signed_in(s)[0]),
    "DELETE /v1/totp": None,  # A code counts once: see test_the_second_factor.
    "GET /v1/keys": lambda s: signed_in(s)[0].get("/v1/keys"),
    "POST /v1/keys": lambda s: signed_in(s)[0].post("/v1/keys", {"scopes": ["read"], "addresses": ["10.0.0.0/8"]}),
    "DELETE /v1/keys/{key_id}": lambda s: (
        lambda client: client.send(
            "DELETE", "/v1/keys/" + good(client.post("/v1/keys", {"scopes": ["read"]}), 201)["key"]["key_id"]
        )
    )(signed_in(s)[0]),
    "GET /v1/sessions": lambda s: signed_in(s)[0].get("/v1/sessions"),
    "DELETE /v1/sessions": lambda s: signed_in(s)[0].send("DELETE", "/v1/sessions"),
    "DELETE /v1/sessions/{session_id}": lambda s: (
        lambda client: client.send(
            "DELETE", "/v1/sessions/" + good(client.get("/v1/sessions"))["items"][0]["session_id"]
        )
    )(signed_in(s)[0]),
    "GET /v1/account": lambda s: s.api().get("/v1/account"),
    "GET /v1/accounts": lambda s: s.api().get("/v1/accounts"),
    "GET /v1/balances": lambda s: s.api().get("/v1/balances"),
    "GET /v1/orders": lambda s: (order(s), s.api().get("/v1/orders", instrument="BTC/USDC"))[1],
    "GET /v1/orders/{order_id}": lambda s: s.api().get(f"/v1/orders/{trade(s)['order_id']}"),
    "GET /v1/orders/by-client-id/{cl_ord_id}": lambda s: s.api().get(
        f"/v1/orders/by-client-id/{order(s, cl_ord_id=unique('look'))['cl_ord_id']}"
    ),
    "GET /v1/order-history": lambda s: (trade(s), s.api().get("/v1/order-history"))[1],
    "GET /v1/fills": lambda s: (trade(s), s.api().get("/v1/fills", instrument="BTC/USDC"))[1],
    "GET /v1/ledger": lambda s: s.api().get("/v1/ledger", asset="USDC"),
    "GET /v1/withdrawals": lambda s: (withdrawal(s), s.api("cleo").get("/v1/withdrawals"))[1],
    "POST /v1/orders": lambda s: s.api().place(),
    "POST /v1/orders/batch": lambda s: s.api().post(
        "/v1/orders/batch", {"orders": [{"instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "90000"}]}
    ),
    "POST /v1/orders/preview": lambda s: s.api().post(
        "/v1/orders/preview", {"instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "90000"}
    ),
    "PATCH /v1/orders/{order_id}": lambda s: s.api().send(
        "PATCH", f"/v1/orders/{order(s)['order_id']}", {"price": "91000"}
    ),
    "PATCH /v1/orders/by-client-id/{cl_ord_id}": lambda s: s.api().send(
        "PATCH", f"/v1/orders/by-client-id/{order(s, cl_ord_id=unique('chg'))['cl_ord_id']}", {"qty": "2"}
    ),
    "DELETE /v1/orders/{order_id}": lambda s: s.api().send("DELETE", f"/v1/orders/{order(s)['order_id']}"),
    "DELETE /v1/orders/by-client-id/{cl_ord_id}": lambda s: s.api().send(
        "DELETE", f"/v1/orders/by-client-id/{order(s, cl_ord_id=unique('end'))['cl_ord_id']}"
    ),
    "POST /v1/orders/cancel-batch": lambda s: s.api().post(
        "/v1/orders/cancel-batch", {"order_ids": [order(s)["order_id"], order(s)["order_id"]]}
    ),
    "DELETE /v1/orders": lambda s: (order(s), s.api().send("DELETE", "/v1/orders", side="buy"))[1],
    "PUT /v1/deadman": lambda s: s.api().send("PUT", "/v1/deadman", {"seconds": "0"}),
    "POST /v1/withdrawals": lambda s: s.api("cleo").post("/v1/withdrawals", {"asset": "USDC", "amount": "1"}),
    "POST /v1/transfers": lambda s: s.api().post("/v1/transfers", {"to": "ann.desk", "asset": "USDC", "amount": "1"}),
    "POST /v1/sub-accounts": lambda s: s.api("bob").post("/v1/sub-accounts", {"name": unique("bob.")}),
    "GET /v1/operator/state": lambda s: s.operator().get("/v1/operator/state"),
    "GET /v1/operator/accounts": lambda s: s.operator().get("/v1/operator/accounts"),
    "POST /v1/operator/accounts": lambda s: s.operator().post("/v1/operator/accounts", {"name": unique("acc")}),
    "PATCH /v1/operator/accounts/{account_id}": lambda s: s.operator().send(
        "PATCH", f"/v1/operator/accounts/{s.venue.account('cleo').account_id}", {"tier": 0}
    ),
    "PUT /v1/operator/accounts/{account_id}/freeze": lambda s: s.operator().send(
        "PUT", f"/v1/operator/accounts/{s.act('open_account', name=unique('cold'))['account_id']}/freeze"
    ),
    "DELETE /v1/operator/accounts/{account_id}/freeze": lambda s: s.operator().send(
        "DELETE", f"/v1/operator/accounts/{s.venue.account('cleo').account_id}/freeze"
    ),
    "POST /v1/operator/assets": lambda s: s.operator().post(
        "/v1/operator/assets", {"name": unique("A"), "decimals": 4, "asset_class": "gold"}
    ),
    "POST /v1/operator/instruments": lambda s: s.operator().post(
        "/v1/operator/instruments",
        {"name": unique("I"), "base": "BTC", "quote": "USDC", "template": "coin", "reference": "99000"},
    ),
    "PATCH /v1/operator/instrument": lambda s: s.operator().send(
        "PATCH", "/v1/operator/instrument", {"qty_max": "1000"}, instrument=halted(s)
    ),
    "PUT /v1/operator/instrument/status": lambda s: s.operator().send(
        "PUT", "/v1/operator/instrument/status", {"status": "open"}, instrument=halted(s)
    ),
    "DELETE /v1/operator/instrument/orders": lambda s: s.operator().send(
        "DELETE", "/v1/operator/instrument/orders", instrument=halted(s)
    ),
    "GET /v1/operator/fees": lambda s: s.operator().get("/v1/operator/fees"),
    "PUT /v1/operator/fees": lambda s: s.operator().send(
        "PUT", "/v1/operator/fees", {"maker": "-0.0001", "taker": "0.0002", "schedule": 3, "tier": 2}
    ),
    "POST /v1/operator/deposits": lambda s: s.operator().post(
        "/v1/operator/deposits", {"account": "cleo", "asset": "USDC", "amount": "0.000001"}
    ),
    "GET /v1/operator/freezes": lambda s: (freeze(s), s.operator().get("/v1/operator/freezes"))[1],
    "POST /v1/operator/freezes": lambda s: s.operator().post(
        "/v1/operator/freezes", {"account": "cleo", "asset": "USDC", "amount": "1"}
    ),
    "DELETE /v1/operator/freezes/{hold_id}": lambda s: s.operator().send("DELETE", f"/v1/operator/freezes/{freeze(s)}"),
    "GET /v1/operator/withdrawals": lambda s: (withdrawal(s), s.operator().get("/v1/operator/withdrawals"))[1],
    "POST /v1/operator/withdrawals/{hold_id}/settle": lambda s: s.operator().send(
        "POST", f"/v1/operator/withdrawals/{withdrawal(s)}/settle"
    ),
    "POST /v1/operator/withdrawals/{hold_id}/refuse": lambda s: s.operator().send(
        "POST", f"/v1/operator/withdrawals/{withdrawal(s)}/refuse"
    ),
    "PUT /v1/operator/limits": lambda s: s.operator().send(
        "PUT", "/v1/operator/limits", {"name": "client_ids_per_account", "value": 1024}
    ),
    "GET /v1/contracts": lambda s: (exchange.perpetual(s), s.public().get("/v1/contracts"))[1],
    "GET /v1/contract": lambda s: s.public().get("/v1/contract", instrument=exchange.perpetual(s)),
    "GET /v1/funding": lambda s: s.public().get("/v1/funding", instrument=exchange.perpetual(s)),
    "GET /v1/option-chains": lambda s: (exchange.option_pair(s), s.public().get("/v1/option-chains"))[1],
    "GET /v1/questions": lambda s: (exchange.question(s), s.public().get("/v1/questions"))[1],
    "GET /v1/positions": lambda s: (position(s), s.one("ann").get("/v1/positions"))[1],
    "GET /v1/margin": lambda s: s.one("ann").get("/v1/margin"),
    "PUT /v1/margin": lambda s: s.one("cleo").send("PUT", "/v1/margin", {"leverage_max": 7}),
    "GET /v1/margin/explain": lambda s: (position(s), s.one("ann").get("/v1/margin/explain"))[1],
    "GET /v1/twaps": lambda s: (twap(s), s.one("ann").get("/v1/twaps"))[1],
    "POST /v1/twaps": lambda s: twap(s),
    "DELETE /v1/twaps/{twap_id}": lambda s: s.one("ann").send("DELETE", f"/v1/twaps/{twap(s).json()['twap_id']}"),
    "POST /v1/operator/contracts": lambda s: s.one("olga").post(
        "/v1/operator/contracts",
        {
            "name": unique("C"),
            "kind": "call",
            "settle": "USDC",
            "reference": "9",
            "strike": "10",
            "expiry_ns": str(exchange.YEAR_2100_NS),
        },
    ),
    "PATCH /v1/operator/contract": lambda s: s.one("olga").send(
        "PATCH", "/v1/operator/contract", {"open_interest_max": "5"}, instrument=exchange.perpetual(s)
    ),
    "POST /v1/operator/questions": lambda s: s.one("olga").post("/v1/operator/questions", {"name": unique("why")}),
    "POST /v1/operator/questions/{question_id}/propose": lambda s: answer(s, "propose", {"payouts": ["0", "1"]}),
    "POST /v1/operator/questions/{question_id}/challenge": lambda s: challenge(s),
    "POST /v1/operator/questions/{question_id}/resolve": lambda s: answer(s, "resolve", {"payouts": ["1", "0"]}),
    "PUT /v1/operator/price": lambda s: s.one("olga").send(
        "PUT", "/v1/operator/price", {"instrument": exchange.perpetual(s), "mark": "100500"}
    ),
    "POST /v1/operator/groups": lambda s: s.one("olga").post("/v1/operator/groups", {"kind": "rates"}),
    "PUT /v1/operator/risk": lambda s: s.one("olga").send(
        "PUT",
        "/v1/operator/risk",
        {"name": exchange.perpetual(s), "group_id": s.act("set_group")["number"], "array": [-5, 5], "load": 1},
    ),
    "PUT /v1/operator/lending": lambda s: s.one("olga").send(
        "PUT", "/v1/operator/lending", {"asset": "USDC", "cap": "1000"}
    ),
    "PUT /v1/operator/liquidation": lambda s: s.one("olga").send("PUT", "/v1/operator/liquidation", {"fee": "0.01"}),
    "POST /v1/operator/sweeps": lambda s: s.one("olga").post("/v1/operator/sweeps", {"accounts": 10}),
    "GET /healthz": lambda s: s.public().get("/healthz"),
    "GET /readyz": lambda s: s.public().get("/readyz"),
    "GET /metrics": lambda s: s.public().get("/metrics"),
    "GET /openapi.json": lambda s: s.public().get("/openapi.json"),
    "GET /docs": lambda s: s.public().get("/docs"),
    "GET /docs.css": lambda s: s.public().get("/docs.css"),
}


def test_there_is_an_example_of_every_route():
    assert EXAMPLES.keys() == ROUTES.keys()


@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example is not None])
def test_a_route_answers_in_its_shape(served, name):
    route, response = ROUTES[name], EXAMPLES[name](served)
    assert response.status_code == route.status, response.text
    assert response.headers["x-request-id"] and response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers
    if route.result is None:
        assert route.status == 204 or response.headers["content-type"].startswith(route.content_type)
        return
    assert response.headers["content-type"] == "application/json"
    decoded = msgspec.json.decode(response.content, type=route.result, strict=True)
    assert msgspec.json.decode(msgspec.json.encode(decoded)) == response.json()  # Nothing more than the shape says.
    listed = getattr(decoded, "items", None)
    may_be_empty = name in ("GET /v1/keys", "GET /v1/gauge-history", "GET /v1/funding")
    assert listed is None or may_be_empty or len(listed), "an example with an empty list shows little"


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.scope or route.people])
def test_a_route_that_needs_somebody_is_closed_to_everybody_else(served, name):
    route = ROUTES[name]
    path = route.path.replace("{order_id}", "1").replace("{hold_id}", "1").replace("{account_id}", "3")
    path = path.replace("{key_id}", "k").replace("{cl_ord_id}", "c").replace("{session_id}", "s")
    path = path.replace("{twap_id}", "1").replace("{question_id}", "1")
    body = {} if route.body is not None else None
    response = served.public().send(route.method, path, body)
    assert (response.status_code, response.json()["code"]) == (401, "NOT_SIGNED_IN")
    scopes = ("read", "trade", "withdraw", "operate")
    if route.scope is not None:
        others = tuple(scope for scope in scopes if scope != route.scope)
        response = scoped(served, others).send(route.method, path, body)
        assert (response.status_code, response.json()["code"]) == (403, "SCOPE_MISSING")
    else:
        response = scoped(served, scopes).send(route.method, path, body)
        assert (response.status_code, response.json()["code"]) == (401, "NOT_SIGNED_IN")  # A key is nobody's session.


def scoped(served: Served, scopes: tuple[str, ...], kept: dict = {}):  # noqa: B006
    """The operator with these scopes, the same key each time: a user may have a hundred."""
    if scopes not in kept:
        kept[scopes] = served.api("olga", scopes)
    return kept[scopes]


def test_the_second_factor(served):
    client, login = signed_in(served)
    secret = base64.b32decode(good(client.post("/v1/totp", {"password": PASSWORD}))["secret"])
    step = step_of(time.time_ns())
    good(client.send("PUT", "/v1/totp", {"password": PASSWORD, "code": code_at(secret, step)}), 204)
    assert good(client.get("/v1/session"))["totp"] is True
    problem = served.public().post("/v1/session", {"login": login, "password": PASSWORD})
    assert (problem.status_code, problem.json()["code"], problem.json()["field"]) == (401, "TOTP_REQUIRED", "code")
    body = {"password": PASSWORD, "code": code_at(secret, step + 1)}  # The next one counts already.
    good(client.send("DELETE", "/v1/totp", body), 204)
    good(served.public().post("/v1/session", {"login": login, "password": PASSWORD}))
