"""Lists in pages: every row once, in order, while others trade; statements that add up; as CSV too."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from emporion.client.signer import Signer
from emporion.gateway import rest_account
from emporion.wire.checksum import checksum
from tests.gateway.served import Api, Served, bad, good, unique


def pages(get: Callable[..., Any], path: str, limit: int, **query: str) -> Iterator[dict[str, Any]]:
    """All rows of a list, page by page."""
    cursor: dict[str, str] = {}
    while True:
        page = good(get(path, limit=str(limit), **query, **cursor))
        assert len(page["items"]) <= limit
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


@pytest.fixture
def trading(served: Served) -> Iterator[Callable[[], int]]:
    """Bob and cleo trade as fast as they can meanwhile; says how often so far."""
    stop, count = threading.Event(), 0
    bob, cleo = served.api("bob"), served.api("cleo")

    def trade() -> None:
        nonlocal count
        while not stop.is_set():
            good(bob.place("sell", "0.002", "100000"), 201)
            good(cleo.place("buy", "0.001", "100000"), 201)
            count += 1

    thread = threading.Thread(target=trade)
    thread.start()
    yield lambda: count
    stop.set()
    thread.join()
    assert count > 0
    good(bob.send("DELETE", "/v1/orders"))


def test_pages_do_not_shift_while_others_trade(served, trading):
    """Newest-first lists go on to what is older: what is added meanwhile is neither repeated nor in the way."""
    while trading() < 20:
        pass
    public, bob = served.public(), served.api("bob")
    before = good(public.get("/v1/trades", instrument="BTC/USDC", limit="1"))["items"][0]
    rows = list(pages(public.get, "/v1/trades", 7, instrument="BTC/USDC"))
    keys = [(row["seq"], row["match"]) for row in rows]
    assert len(set(keys)) == len(keys) >= 20 and keys == sorted(keys, reverse=True)
    assert (before["seq"], before["match"]) in keys
    assert rows[-1]["seq"] == good(public.get("/v1/trades", instrument="BTC/USDC", limit="1000"))["items"][-1]["seq"]

    for path in ("/v1/fills", "/v1/ledger", "/v1/order-history"):
        rows = list(pages(bob.get, path, 5))
        again = list(pages(bob.get, path, 1000))
        assert len(rows) >= 20
        assert again[-len(rows) :] == rows  # The same, and in front of it what came meanwhile.


def test_open_orders_in_pages_in_order_of_entry(served, trading):
    api = served.api()
    names = [unique("open") for _ in range(25)]
    for name in names:
        good(api.place(qty="0.001", cl_ord_id=name), 201)
    rows = list(pages(api.get, "/v1/orders", 4))
    assert [row["cl_ord_id"] for row in rows] == names
    assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
    assert list(pages(api.get, "/v1/orders", 4, instrument="EURC/USDC")) == []
    good(api.send("DELETE", "/v1/orders"))


def test_accounts_keys_and_holds_in_pages(served):
    op = served.operator()
    opened = [good(op.post("/v1/operator/accounts", {"name": unique("many")}), 201)["name"] for _ in range(7)]
    listed = [row["name"] for row in pages(op.get, "/v1/operator/accounts", 3)]
    assert listed[:2] == ["outside", "fees"] and listed[-7:] == opened
    holds = []
    for _ in range(7):
        body = {"asset": "USDC", "amount": "1"}
        holds.append(good(served.one("cleo").post("/v1/withdrawals", body), 201)["hold_id"])
    assert [row["hold_id"] for row in pages(served.one("cleo").get, "/v1/withdrawals", 3)] == holds
    assert [row["hold_id"] for row in pages(op.get, "/v1/operator/withdrawals", 2)][-7:] == holds
    for hold in holds:
        good(op.send("POST", f"/v1/operator/withdrawals/{hold}/refuse"))
    assert list(pages(op.get, "/v1/operator/withdrawals", 2)) == []


def test_a_cursor_is_of_its_list_and_made_here(served):
    api = served.one("bob")
    good(api.place("sell", "0.001", "120000"), 201)
    good(api.place("sell", "0.001", "120000"), 201)
    cursor = good(api.get("/v1/orders", limit="1"))["next"]
    good(api.get("/v1/orders", cursor=cursor))
    for path in ("/v1/fills", "/v1/ledger", "/v1/order-history", "/v1/withdrawals"):
        bad(api.get(path, cursor=cursor), 400, "BAD_FIELD", "cursor")
    for broken in (cursor[:-1], cursor + "A", "A" + cursor, cursor.swapcase(), "%%%", ""):
        bad(api.get("/v1/orders", cursor=broken), 400, "BAD_FIELD", "cursor")


def balance(api: Api, asset: str) -> Decimal:
    return Decimal(next(each for each in good(api.get("/v1/balances"))["items"] if each["asset"] == asset)["total"])


def test_a_statement_adds_up_and_is_a_file_too(served):
    login = served.act("open_account", name=unique("=sum"))["name"]
    served.act("deposit", account=login, asset="USDC", amount="1000.5")
    served.act("deposit", account=login, asset="BTC", amount="1")
    number = served.venue.account(login).account_id
    user = served.access.users.add(unique("sum"), None, 1, account=(number, login))
    record, secret = served.access.keys.make(user.user_id, 1, scopes=("read", "trade", "withdraw"))
    api = Api(served.public().client, Signer(record.key_id, secret))
    good(served.api("bob").place("buy", "0.004", "100000"), 201)
    good(api.place("sell", "0.004", "100000"), 201)
    for asset in ("USDC", "BTC"):
        rows = list(pages(api.get, "/v1/ledger", 2, asset=asset))
        assert sum(Decimal(row["amount"]) for row in rows) == balance(api, asset)
    kinds = [row["kind"] for row in good(api.get("/v1/ledger"))["items"]]
    assert sorted(set(kinds)) == ["deposit", "fee", "sell"]

    response = api.get("/v1/ledger", format="csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment; filename=")
    table = list(csv.DictReader(io.StringIO(response.text)))
    plain = good(api.get("/v1/ledger", limit="1000"))["items"]
    assert [(int(row["seq"]), row["asset"], row["amount"]) for row in table] == [
        (row["seq"], row["asset"], row["amount"]) for row in plain
    ]
    assert all(row["account"] == "'" + login for row in table)  # Spreadsheets run what begins with "=".
    assert api.get("/v1/ledger", headers={"accept": "text/csv"}).text == response.text
    only = api.get("/v1/ledger", format="csv", asset="BTC").text
    assert len(only.splitlines()) == 1 + len(list(pages(api.get, "/v1/ledger", 9, asset="BTC")))


def test_a_long_statement_is_sent_in_pieces(served, monkeypatch):
    monkeypatch.setattr(rest_account, "CSV_ROWS", 3)
    bob = served.api("bob")
    for _ in range(5):
        good(served.api("cleo").place("buy", "0.001", "100000"), 201)
        good(bob.place("sell", "0.001", "100000"), 201)
    lines = bob.get("/v1/ledger", format="csv").text.splitlines()
    assert len(lines) - 1 == len(list(pages(bob.get, "/v1/ledger", 100))) > 10


def test_candles(served):
    public = served.public()
    good(served.api("bob").place("sell", "0.002", "100000"), 201)
    good(served.api("cleo").place("buy", "0.002", "100000"), 201)
    whole = good(public.get("/v1/candles", instrument="BTC/USDC", interval="1d"))["items"]
    assert len(whole) in (1, 2) and whole[-1]["close"] == "100000.0"
    parts = good(public.get("/v1/candles", instrument="BTC/USDC", interval="1s", limit="5000"))["items"]
    for field in ("qty", "turnover"):
        assert sum(Decimal(each[field]) for each in parts) == sum(Decimal(each[field]) for each in whole)
    starts = [int(each["start_ns"]) for each in parts]
    assert starts == sorted(starts) and all(start % 1_000_000_000 == 0 for start in starts)
    some = good(
        public.get(
            "/v1/candles", instrument="BTC/USDC", interval="1s", start_ns=str(starts[-1]), end_ns=str(starts[-1] + 1)
        )
    )["items"]
    assert some == parts[-1:]
    assert good(public.get("/v1/candles", instrument="EURC/USDC"))["items"] == []


def test_the_book_and_its_checksum(served):
    name = unique("B")
    served.act("list_instrument", name=name, base="BTC", quote="USDC", tick="0.5", lot="0.001")
    api = served.api("bob")
    for price in ("100", "100", "99.5", "90"):
        good(api.post("/v1/orders", {"instrument": name, "side": "buy", "qty": "0.5", "price": price}), 201)
    order = {"instrument": name, "side": "sell", "qty": "5", "price": "101", "display": "0.5"}
    good(api.post("/v1/orders", order), 201)
    book = good(served.public().get("/v1/book", instrument=name))
    assert book["bids"] == [["100.0", "1.000", 2], ["99.5", "0.500", 1], ["90.0", "0.500", 1]]
    assert book["asks"] == [["101.0", "0.500", 1]]  # The hidden part is not shown.
    assert book["checksum"] == checksum([tuple(each) for each in book["bids"]], [tuple(each) for each in book["asks"]])
    shallow = good(served.public().get("/v1/book", instrument=name, depth="1"))
    assert len(shallow["bids"]) == 1 and shallow["seq"] == book["seq"]
