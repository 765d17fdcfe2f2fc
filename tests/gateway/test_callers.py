"""Who may do what for whom: signatures, replays, keys and their bounds, sessions, accounts acted for."""

import time

import httpx
import pytest
from nacl.bindings import crypto_sign_seed_keypair

from emporion.client.signer import Signer
from emporion.wire import signing
from tests.gateway.served import PASSWORD, Api, Served, bad, good, unique

ORDER = {"instrument": "BTC/USDC", "side": "buy", "qty": "0.001", "price": "90000"}


def signed(api: Api, method: str = "GET", target: str = "/v1/account", body: bytes = b"", account: str = "") -> dict:
    return dict(api.signer.headers(method, target, account, body))


def denied(response: httpx.Response, status: int, code: str) -> dict:
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    return response.json()


# --- Signed requests ---------------------------------------------------------------------------------


def test_a_request_counts_once(served):
    api = served.api()
    headers = signed(api)
    good(api.client.get("/v1/account", headers=headers))
    denied(api.client.get("/v1/account", headers=headers), 401, "REPLAYED")


def test_an_order_that_is_replayed_is_placed_once(served):
    api = served.api()
    name = unique("once")
    body = b'{"instrument":"BTC/USDC","side":"buy","qty":"0.001","price":"90000"}'
    headers = signed(api, "POST", "/v1/orders", body) | {"content-type": "application/json"}
    before = len(good(api.get("/v1/orders", limit="1000"))["items"])
    good(api.client.post("/v1/orders", content=body, headers=headers), 201)
    for _ in range(5):
        denied(api.client.post("/v1/orders", content=body, headers=headers), 401, "REPLAYED")
    assert len(good(api.get("/v1/orders", limit="1000"))["items"]) == before + 1
    good(api.place(cl_ord_id=name), 201)


def test_what_is_signed_is_what_counts(served):
    api = served.api()
    body = b'{"instrument":"BTC/USDC","side":"buy","qty":"0.001","price":"90000"}'

    def send(method="POST", target="/v1/orders", content=body, **changed):
        headers = signed(api, "POST", "/v1/orders", body) | {"content-type": "application/json"} | changed
        return api.client.request(method, target, content=content, headers=headers)

    denied(send(content=body.replace(b"0.001", b"0.002")), 401, "BAD_SIGNATURE")
    denied(send(target="/v1/orders?x=1"), 401, "BAD_SIGNATURE")
    denied(send(target="/v1/orders/preview"), 401, "BAD_SIGNATURE")
    denied(send(**{signing.ACCOUNT_HEADER: "ann.desk"}), 401, "BAD_SIGNATURE")
    denied(send(**{signing.NONCE_HEADER: "another-nonce-0001"}), 401, "BAD_SIGNATURE")
    denied(send(**{signing.NONCE_HEADER: "short"}), 401, "BAD_NONCE")
    denied(send(**{signing.KEY_HEADER: "nokey"}), 401, "UNKNOWN_KEY")
    denied(send(**{signing.SIGNATURE_HEADER: "00" * 64}), 401, "BAD_SIGNATURE")
    denied(send(**{signing.SIGNATURE_HEADER: "zz" * 64}), 401, "UNSIGNED")
    denied(send(**{signing.SIGNATURE_HEADER: ""}), 401, "UNSIGNED")
    denied(send(**{signing.TIME_HEADER: "now"}), 401, "UNSIGNED")
    other = served.api("bob")
    denied(send(**{signing.KEY_HEADER: other.signer.key or ""}), 401, "BAD_SIGNATURE")
    assert send().status_code == 201


def test_a_request_from_another_time_is_refused(served):
    api = served.api()
    for offset_ns in (-signing.WINDOW_NS - 10**9, signing.AHEAD_NS + 10**9):
        api.signer.offset_ns = offset_ns
        problem = denied(api.get("/v1/account"), 401, "STALE_TIME")
        assert "clock" in problem["detail"]
    api.signer.offset_ns = 0
    good(api.get("/v1/account"))


def test_a_key_is_bounded_by_scope_address_and_time(served):
    reader = served.api(scopes=("read",))
    good(reader.get("/v1/balances"))
    denied(reader.place(), 403, "SCOPE_MISSING")
    denied(reader.post("/v1/withdrawals", {"asset": "USDC", "amount": "1"}), 403, "SCOPE_MISSING")
    denied(served.api(scopes=("trade",)).get("/v1/balances"), 403, "SCOPE_MISSING")
    denied(served.api().get("/v1/operator/state"), 403, "SCOPE_MISSING")

    elsewhere = served.api(addresses=["10.0.0.0/8", "192.0.2.7"])
    denied(elsewhere.get("/v1/account"), 403, "ADDRESS_NOT_ALLOWED")
    good(served.api(addresses=["127.0.0.0/8"]).get("/v1/account"))

    short = served.api(expires_ns=time.time_ns() + 300_000_000)
    good(short.get("/v1/account"))
    time.sleep(0.4)
    denied(short.get("/v1/account"), 403, "KEY_EXPIRED")


def test_a_revoked_key_is_no_key(served):
    login, client = sign_up(served)
    made = good(client.post("/v1/keys", {"scopes": ["read"], "label": "one"}), 201)
    api = Api(client.client, Signer(made["key"]["key_id"], made["secret"]))
    anonymous = served.public()
    api.client = anonymous.client
    assert good(api.get("/v1/account"))["name"] == login
    good(client.send("DELETE", f"/v1/keys/{made['key']['key_id']}"), 204)
    time.sleep(0.05)
    denied(api.get("/v1/account"), 401, "UNKNOWN_KEY")
    bad(client.send("DELETE", f"/v1/keys/{made['key']['key_id']}"), 404, "NOT_FOUND", "key_id")
    assert good(client.get("/v1/keys"))["items"] == []


def test_the_secret_may_stay_at_home(served):
    _, client = sign_up(served)
    public_key, _ = crypto_sign_seed_keypair(b"s" * 31 + bytes([len(client.client.cookies)]))
    body = {"scopes": ["read", "trade"], "public_key": public_key.hex(), "label": "mine"}
    made = good(client.post("/v1/keys", body), 201)
    assert made["secret"] is None and made["key"]["public_key"] == public_key.hex()
    bad(client.post("/v1/keys", body), 409, "PUBLIC_KEY_TAKEN", "public_key")
    bad(client.post("/v1/keys", {"scopes": ["operate"]}), 403, "SCOPE_MISSING", "scopes")
    bad(client.post("/v1/keys", {"scopes": ["read"], "addresses": ["here"]}), 422, "BAD_VALUE")
    bad(client.post("/v1/keys", {"scopes": ["read"], "expires_ns": "5"}), 422, "BAD_VALUE", "expires")
    bad(client.post("/v1/keys", {"scopes": ["read"], "account": "bob"}), 404, "UNKNOWN_ACCOUNT", "account")


# --- Accounts acted for ------------------------------------------------------------------------------


def test_a_master_acts_for_its_sub_accounts_and_for_nobody_else(served):
    api = served.api()
    assert good(api.get("/v1/account", account="ann.desk"))["name"] == "ann.desk"
    assert good(api.get("/v1/account", account=""))["name"] == "ann"
    denied(api.get("/v1/account", account="bob"), 404, "UNKNOWN_ACCOUNT")
    denied(api.get("/v1/account", account="nobody"), 404, "UNKNOWN_ACCOUNT")
    denied(api.post("/v1/orders", ORDER, account="bob"), 404, "UNKNOWN_ACCOUNT")
    assert good(served.operator().get("/v1/account", account="bob"))["name"] == "bob"
    assert [each["name"] for each in good(api.get("/v1/accounts"))["items"]][:2] == ["ann", "ann.desk"]


def test_a_bound_key_acts_for_one_account(served):
    number = served.venue.account("ann.desk").account_id
    bound = served.api(account=(number, "ann.desk"))
    assert good(bound.get("/v1/account"))["name"] == "ann.desk"
    good(bound.get("/v1/account", account="ann.desk"))
    denied(bound.get("/v1/account", account="ann"), 404, "UNKNOWN_ACCOUNT")
    assert [each["name"] for each in good(bound.get("/v1/accounts"))["items"]] == ["ann.desk"]
    denied(bound.post("/v1/sub-accounts", {"name": unique("ann.")}), 403, "SCOPE_MISSING")


def test_names_of_accounts_travel_percent_encoded(served):
    name = unique("ann.Größe 名")
    good(served.api().post("/v1/sub-accounts", {"name": name}), 201)
    assert good(served.api().get("/v1/account", account=name))["name"] == name
    order = good(served.api().post("/v1/transfers", {"to": name, "asset": "USDC", "amount": "500"}))
    assert order["seq"] > 0
    placed = good(served.api().post("/v1/orders", ORDER, account=name), 201)
    assert placed["account"] == name


# --- Sessions ----------------------------------------------------------------------------------------


def sign_up(served: Served) -> tuple[str, Api]:
    login, client = unique("person"), served.public()
    good(client.post("/v1/sign-up", {"login": login, "password": PASSWORD}), 201)
    return login, client


def test_the_cookie_is_for_this_site_and_no_script(served):
    login, client = sign_up(served)
    response = served.public().post("/v1/session", {"login": login, "password": PASSWORD})
    cookie = response.headers["set-cookie"]
    parts = [part.strip() for part in cookie.split(";")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(parts) and "Secure" not in parts
    behind = served.public().post(
        "/v1/session", {"login": login, "password": PASSWORD}, headers={"x-forwarded-proto": "https"}
    )
    assert "Secure" in behind.headers["set-cookie"]
    assert good(client.get("/v1/session"))["account"] == login


def test_a_session_trades_and_ends(served):
    login, client = sign_up(served)
    served.act("deposit", account=login, asset="USDC", amount="1000")
    order = good(client.post("/v1/orders", ORDER), 201)
    assert order["account"] == login
    token = client.client.cookies["emporion-session"]
    response = client.send("DELETE", "/v1/session")
    assert response.status_code == 204 and "Max-Age=0" in response.headers["set-cookie"]
    denied(client.get("/v1/session"), 401, "NOT_SIGNED_IN")
    stale = served.public()
    denied(stale.get("/v1/session", headers={"cookie": f"emporion-session={token}"}), 401, "NOT_SIGNED_IN")
    denied(stale.get("/v1/session", headers={"cookie": "emporion-session=nonsense; other=1"}), 401, "NOT_SIGNED_IN")


def test_a_person_sees_where_they_are_signed_in_and_ends_it(served):
    login, here = sign_up(served)
    there, elsewhere = served.public(), served.public()
    for client, agent in ((there, "phone"), (elsewhere, "library")):
        good(client.post("/v1/session", {"login": login, "password": PASSWORD}, headers={"user-agent": agent}))
    listed = good(here.get("/v1/sessions"))
    assert listed["next"] is None
    assert [each["agent"] for each in listed["items"][:2]] == ["library", "phone"]
    assert [each["current"] for each in listed["items"]] == [False, False, True]
    library, _, own = listed["items"]
    assert own["address"] == "127.0.0.1"
    assert int(own["created_ns"]) <= int(own["used_ns"]) < int(own["expires_ns"])
    assert "emporion-session" not in str(listed) and here.client.cookies["emporion-session"] not in str(listed)

    good(here.send("DELETE", f"/v1/sessions/{library['session_id']}"), 204)
    denied(elsewhere.get("/v1/session"), 401, "NOT_SIGNED_IN")
    bad(here.send("DELETE", f"/v1/sessions/{library['session_id']}"), 404, "NOT_FOUND", "session_id")
    good(there.get("/v1/session"))
    good(here.send("DELETE", "/v1/sessions"), 204)
    denied(there.get("/v1/session"), 401, "NOT_SIGNED_IN")
    assert [each["session_id"] for each in good(here.get("/v1/sessions"))["items"]] == [own["session_id"]]

    _, stranger = sign_up(served)
    bad(stranger.send("DELETE", f"/v1/sessions/{own['session_id']}"), 404, "NOT_FOUND", "session_id")
    good(stranger.send("DELETE", "/v1/sessions"), 204)
    ended = here.send("DELETE", f"/v1/sessions/{own['session_id']}")
    assert ended.status_code == 204 and "Max-Age=0" in ended.headers["set-cookie"]
    denied(here.get("/v1/sessions"), 401, "NOT_SIGNED_IN")
    denied(served.api().get("/v1/sessions"), 401, "NOT_SIGNED_IN")  # A key is nobody's to look around with.


def test_another_sites_page_cannot_use_a_session(served):
    _, client = sign_up(served)
    bad(client.post("/v1/orders", ORDER, headers={"origin": "https://evil.example"}), 403, "BAD_ORIGIN")
    form = {"content-type": "text/plain"}
    bad(client.post("/v1/orders", raw=b"{}", headers=form), 415, "NOT_JSON")


def test_passwords(served):
    login, client = sign_up(served)
    denied(served.public().post("/v1/session", {"login": login, "password": "wrong one here"}), 401, "WRONG_PASSWORD")
    denied(served.public().post("/v1/session", {"login": "nobody-here", "password": "x"}), 401, "WRONG_PASSWORD")
    bad(served.public().post("/v1/sign-up", {"login": login, "password": PASSWORD}), 409, "LOGIN_TAKEN", "login")
    bad(served.public().post("/v1/sign-up", {"login": "bob", "password": PASSWORD}), 409, "LOGIN_TAKEN", "login")
    bad(served.public().post("/v1/sign-up", {"login": "x", "password": PASSWORD}), 400, "BAD_FIELD", "login")
    bad(
        served.public().post("/v1/sign-up", {"login": unique("usr"), "password": "short"}), 400, "BAD_FIELD", "password"
    )
    other = served.public()
    good(other.post("/v1/session", {"login": login.upper(), "password": PASSWORD}))
    new = "a better password"
    denied(client.post("/v1/password", {"old": "wrong one here", "new": new}), 401, "WRONG_PASSWORD")
    good(client.post("/v1/password", {"old": PASSWORD, "new": new}), 204)
    good(client.get("/v1/session"))
    denied(other.get("/v1/session"), 401, "NOT_SIGNED_IN")  # All other sessions have ended.
    good(other.post("/v1/session", {"login": login, "password": new}))


def test_guessing_passwords_is_slowed_down(served):
    login, _ = sign_up(served)
    answers = [
        served.public().post("/v1/session", {"login": login, "password": f"guess number {n}"}) for n in range(30)
    ]
    limited = [each for each in answers if each.status_code == 429]
    assert limited and int(limited[0].headers["retry-after"]) > 0
    assert denied(limited[0], 429, "RATE_LIMITED")["retry_after_ms"] > 0


@pytest.mark.parametrize(("sign_up", "demo"), [(False, False), (True, False), (False, True)])
def test_everything_is_closed_unless_told_otherwise(sign_up, demo):
    with Served(sign_up=sign_up, demo=demo) as served:
        public = served.public()
        up = public.post("/v1/sign-up", {"login": unique("user"), "password": PASSWORD})
        chair = served.public().post("/v1/session/demo", {"role": "operator"})
        assert good(public.get("/v1/status"))["sign_up"] is (sign_up or demo)
        if sign_up or demo:
            good(up, 201)
        else:
            bad(up, 403, "SIGN_UP_CLOSED")
        if demo:
            assert "operate" in good(chair)["scopes"]
        else:
            bad(chair, 403, "NO_DEMO")


def test_a_chair_at_the_demonstration_has_money_in_everything():
    with Served(demo=True) as served:
        client = served.public()
        session = good(client.post("/v1/session/demo", {}))
        assert session["demo"] and session["scopes"] == ["read", "trade", "withdraw"]
        balances = good(client.get("/v1/balances"))
        assert {each["asset"] for each in balances["items"] if float(each["free"]) > 0} >= {"USDC", "BTC"}
        assert balances["value_asset"] == "USDC" and balances["items"][0]["value"] == balances["items"][0]["total"]
        good(client.post("/v1/orders", ORDER), 201)
        denied(client.get("/v1/operator/state"), 403, "SCOPE_MISSING")
