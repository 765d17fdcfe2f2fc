"""Orders, fills and balances reach those who may see them, all of them, and nobody else."""

import asyncio
import secrets
import time

import nacl.signing
import pytest

from emporion.gateway.stream import stream as stream_module
from emporion.schema import build
from emporion.schema.codes import OrderFlag, Tif
from emporion.wire.signing import signed_message
from tests.gateway.stream.serving import ALICE, BOB, Served, Venue, buy, reading, sell, serving


@pytest.fixture
def venue():
    venue = Venue()
    yield venue
    venue.close()


def user_of(served: Served, name: str, number: int | None, is_operator: bool = False):
    account = (number, name) if number is not None else None
    return served.access.users.add(name, None, time.time_ns(), is_operator=is_operator, account=account)


def key_of(served: Served, user, **options) -> tuple[str, nacl.signing.SigningKey]:
    record, secret = served.access.keys.make(user.user_id, time.time_ns(), **options)
    assert secret is not None
    return record.key_id, nacl.signing.SigningKey(bytes.fromhex(secret))


def authentication(key_id: str, key: nacl.signing.SigningKey, account: str = "") -> dict:
    time_ns, nonce = str(time.time_ns()), secrets.token_hex(16)
    message = signed_message("GET", "/v1/stream", time_ns, nonce, account, b"")
    signature = key.sign(message).signature.hex()
    return {"key": key_id, "time_ns": time_ns, "nonce": nonce, "account": account, "signature": signature}


def cookie_of(served: Served, user) -> dict:
    token, _ = served.access.sessions.start(user, time.time_ns())
    return {"Cookie": f"other=1; emporion-session={token}"}


def test_an_account_sees_its_orders_fills_and_balances_and_each_change_of_them(venue):
    venue.do(sell(5, 1_000_000, cl_ord_id=b"ask-1"))

    async def scenario():
        async with serving(venue) as served:
            bob = user_of(served, "bob", BOB)
            async with reading(served, additional_headers=cookie_of(served, bob)) as reader:
                assert (await reader.hear("hello"))["account"] == "bob"
                for channel in ("orders", "fills", "balances"):
                    await reader.subscribe(channel)
                image = await reader.hear("orders")
                assert image["image"] and image["prev"] == 0 and image["account"] == "bob"
                (order,) = image["items"]
                assert (order["cl_ord_id"], order["leaves"], order["status"]) == ("ask-1", "0.0005", "new")
                balances = await reader.hear("balances")
                assert balances["image"]
                (btc,) = [each for each in balances["items"] if each["asset"] == "BTC"]
                assert btc["in_orders"] == "0.0005"
                venue.do(buy(2, 1_000_000))
                change = await reader.hear("orders")
                assert not change["image"] and change["prev"] == image["seq"]
                (order,) = change["items"]
                assert (order["cum"], order["leaves"], order["status"]) == ("0.0002", "0.0003", "partially_filled")
                assert order["cl_ord_id"] == "ask-1", "terms stay"
                fills = [message for message in reader.messages if message["type"] == "fills"]
                assert fills[0]["items"] == [] and fills[0]["prev"] == 0
                (fill,) = fills[1]["items"]
                assert (fill["role"], fill["qty"], fill["price"], fill["side"]) == (
                    "maker",
                    "0.0002",
                    "100000.0",
                    "sell",
                )
                balances = await reader.hear("balances")
                assert not balances["image"]
                changed = {each["asset"]: each for each in balances["items"]}
                assert changed.keys() == {"BTC", "USDC"}
                assert changed["BTC"]["in_orders"] == "0.0003"

    asyncio.run(scenario())


def test_an_order_that_came_and_went_at_once_is_told_with_its_terms(venue):
    venue.do(sell(5, 1_000_000))

    async def scenario():
        async with serving(venue) as served:
            alice = user_of(served, "alice", ALICE)
            async with reading(served, additional_headers=cookie_of(served, alice)) as reader:
                await reader.subscribe("orders")
                assert (await reader.hear("orders"))["items"] == []
                venue.do(buy(9, 1_000_000, tif=Tif.IOC, cl_ord_id=b"now"))
                (order,) = (await reader.hear("orders"))["items"]
                return order

    order = asyncio.run(scenario())
    assert (order["cl_ord_id"], order["tif"], order["status"]) == ("now", "ioc", "canceled")
    assert (order["qty"], order["cum"], order["leaves"]) == ("0.0009", "0.0005", "0.0000")


def test_replaces_stops_expiries_and_cancels_end_as_the_venue_has_them(venue):
    async def scenario():
        async with serving(venue) as served:
            alice = user_of(served, "alice", ALICE)
            async with reading(served, additional_headers=cookie_of(served, alice)) as reader:
                await reader.subscribe("orders")
                await reader.hear("orders")
                events = venue.do(
                    buy(5, 900_000, cl_ord_id=b"one"),
                    buy(5, 900_000, cl_ord_id=b"two", display_lots=1),
                    buy(5, 1_100_000, cl_ord_id=b"stop", flags=OrderFlag.STOP, trigger_price_ticks=1_050_000),
                )
                one, two, stop = events["order_id"].tolist()
                venue.do(build.replace(ALICE, one, 7, 900_010, b"uno"))
                venue.do(sell(1, 1_050_000), buy(1, 1_050_000))  # Fires the stop.
                venue.do(build.cancel(ALICE, two))
                latest = {}
                async with asyncio.timeout(10):
                    while latest.get(two, {}).get("status") != "canceled":
                        for order in (await reader.hear("orders"))["items"]:
                            latest[order["order_id"]] = order
                # A reader who comes now sees the same open orders.
                async with reading(served, additional_headers=cookie_of(served, alice)) as other:
                    await other.subscribe("orders")
                    image = {order["order_id"]: order for order in (await other.hear("orders"))["items"]}
                return latest, image, (one, two, stop)

    latest, image, (one, two, stop) = asyncio.run(scenario())
    assert (latest[one]["cl_ord_id"], latest[one]["qty"], latest[one]["price"]) == ("uno", "0.0007", "90001.0")
    assert latest[stop]["flags"] == [] and latest[stop]["cum"] == "0.0000"
    assert latest[two]["reason"] == "by_owner"
    still = {number: order for number, order in latest.items() if order["status"] in ("new", "partially_filled")}
    same = ("order_id", "qty", "cum", "leaves", "price", "flags", "cl_ord_id", "status", "trigger", "display")
    assert {key: [order[name] for name in same] for key, order in still.items()} == {
        key: [order[name] for name in same] for key, order in image.items()
    }


def test_a_key_signs_in_and_names_an_account_it_may_see(venue):
    venue.venue.open_account("alice.desk", master="alice")

    async def scenario():
        async with serving(venue) as served:
            key = key_of(served, user_of(served, "alice", ALICE))
            async with reading(served) as reader:
                await reader.subscribe("orders", id=1)
                assert (await reader.hear("error"))["code"] == "NOT_SIGNED_IN"
                await reader.ask("authenticate", id=2, **authentication(*key))
                assert await reader.hear("authenticated") == {"type": "authenticated", "account": "alice", "id": 2}
                await reader.subscribe("balances", id=3, account="alice.desk")
                answer = await reader.hear("subscribed")
                assert answer["subscription"] == {"channel": "balances", "account": "alice.desk"}
                assert (await reader.hear("balances"))["account"] == "alice.desk"
                for other in ("bob", "nobody"):
                    await reader.subscribe("fills", id=4, account=other)
                    error = await reader.hear("error")
                    assert (error["code"], error["id"]) == ("NOT_FOUND", 4)
                again = authentication(*key)
                await reader.ask("authenticate", **again)
                await reader.hear("authenticated")
                await reader.ask("authenticate", id=5, **again)
                assert (await reader.hear("error"))["code"] == "REPLAYED"
                await reader.ask("authenticate", **authentication(*key, "alice.desk"))
                assert (await reader.hear("authenticated"))["account"] == "alice.desk"

    asyncio.run(scenario())


def test_an_operator_sees_every_account_and_a_key_without_read_none(venue):
    async def scenario():
        async with serving(venue) as served:
            boss = user_of(served, "alice", ALICE, is_operator=True)
            operator = key_of(served, boss, scopes=("read", "operate"))
            async with reading(served) as reader:
                await reader.ask("authenticate", **authentication(*operator))
                await reader.subscribe("orders", account="bob")
                assert (await reader.hear("orders"))["account"] == "bob"
            blind = key_of(served, boss, scopes=("trade",))
            async with reading(served) as reader:
                await reader.ask("authenticate", **authentication(*blind))
                assert (await reader.hear("error"))["code"] == "SCOPE_MISSING"

    asyncio.run(scenario())


@pytest.mark.parametrize("by_key", [True, False])
def test_a_revoked_key_and_an_ended_session_lose_what_was_private_and_keep_the_rest(venue, monkeypatch, by_key):
    monkeypatch.setattr(stream_module, "CHECK_SECONDS", 0.1)

    async def scenario():
        async with serving(venue) as served:
            alice = user_of(served, "alice", ALICE)
            key_id, key = key_of(served, alice)
            headers = {} if by_key else cookie_of(served, alice)
            async with reading(served, additional_headers=headers) as reader:
                if by_key:
                    await reader.ask("authenticate", **authentication(key_id, key))
                await reader.subscribe("orders")
                await reader.subscribe("depth", instrument="BTC/USDC")
                await reader.hear("orders")
                if by_key:
                    served.access.keys.revoke(key_id)
                else:
                    served.access.sessions.end_all(alice.user_id)
                async with asyncio.timeout(2):
                    assert (await reader.hear("error"))["code"] == "NOT_SIGNED_IN"
                    assert (await reader.hear("unsubscribed"))["subscription"]["channel"] == "orders"
                before = len(reader.messages)
                venue.do(buy(1, 500_000))
                await reader.hear("depth")
                assert all(message["type"] != "orders" for message in reader.messages[before:])

    asyncio.run(scenario())


def test_fills_of_a_while_ago_are_had_by_their_sequence(venue):
    venue.do(sell(50, 1_000_000))

    async def scenario():
        async with serving(venue) as served:
            headers = cookie_of(served, user_of(served, "bob", BOB))
            start = venue.node.seq
            venue.do(buy(1, 1_000_000))
            middle = venue.node.seq
            venue.do(buy(2, 1_000_000))
            await asyncio.sleep(0.2)
            async with reading(served, additional_headers=headers) as reader:
                await reader.subscribe("fills", after_seq=start)
                first = await reader.hear("fills")
                await reader.subscribe("fills", after_seq=middle)
                second = await reader.hear("fills")
                await reader.subscribe("fills", after_seq=2)
                missed = await reader.hear("missed")
            return start, middle, first, second, missed

    start, middle, first, second, missed = asyncio.run(scenario())
    assert first["prev"] == start and [item["qty"] for item in first["items"]] == ["0.0001", "0.0002"]
    assert second["prev"] == middle and [item["qty"] for item in second["items"]] == ["0.0002"]
    assert missed["after_seq"] == 2 and missed["seq"] >= middle


def test_a_session_that_is_not_there_is_nobody(venue):
    async def scenario():
        headers = {"Cookie": "emporion-session=nonsense"}
        async with serving(venue) as served, reading(served, additional_headers=headers) as reader:
            return (await reader.hear("hello"))["account"]

    assert asyncio.run(scenario()) is None
