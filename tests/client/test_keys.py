"""Whose a key is, and what it sees: traders with sub-accounts, bound accounts, nobody; lists longer than a page."""

import pytest

from emporion.client import NotAllowed, connect
from emporion.client import core as client_core
from emporion.errors import BadValue, Refused
from emporion.schema.codes import Reject
from tests.client.outcomes import comparable
from tests.client.serving import set_up

BTC = "BTC/USDC"


@pytest.fixture(scope="module")
def market(served):
    with served.operator() as operator:
        set_up(operator)
        operator.open_account("alice.desk", "alice")
        operator.transfer("alice", "alice.desk", "USDC", "20000")
        served.boss = operator
        yield served


@pytest.fixture(scope="module")
def alice(market):
    with connect(market.url, **market.key("alice", "alice")) as venue:
        yield venue


def test_a_trader_sees_its_own_accounts(alice):
    assert [account.name for account in alice.accounts] == ["alice", "alice.desk"]
    assert {each.account for each in alice.balances()} == {"alice", "alice.desk"}
    assert alice.account("alice.desk").master == "alice"
    assert str(alice.balances("alice.desk")[0].total) == "20000"


def test_a_trader_acts_for_its_own_accounts(alice):
    for name in ("alice", "alice.desk"):
        order = alice.place(name, BTC, "buy", qty="0.01", price="55000")
        assert order.account == name
        assert alice.order(order.order_id).is_open  # By its bare number: this client has seen whose it is.
    assert [order.account for order in alice.orders()] == ["alice", "alice.desk"]
    assert len(alice.mass_cancel("alice")) == len(alice.mass_cancel("alice.desk")) == 1


def test_a_trader_acts_for_nobody_else(alice):
    with pytest.raises(BadValue, match="bob"):
        alice.place("bob", BTC, "sell", qty="0.01", price="61000")
    with pytest.raises(BadValue, match="bob"):
        alice.balances("bob")


def test_a_trader_operates_nothing(alice):
    for act in (
        lambda: alice.deposit("alice", "USDC", "1"),
        lambda: alice.list_asset("XYZ", 2),
        lambda: alice.set_status(BTC, "halted"),
        lambda: alice.open_account("alien"),
        lambda: alice.set_fees("0", "0"),
        lambda: alice.state(),
    ):
        with pytest.raises(NotAllowed) as refused:
            act()
        assert refused.value.code == "SCOPE_MISSING"


def test_a_trader_opens_sub_accounts_and_moves_money_to_them(alice):
    sub = alice.open_account("alice.two", master="alice")
    assert (sub.name, sub.master) == ("alice.two", "alice")
    alice.transfer("alice", "alice.two", "USDC", "5")
    assert str(alice.balances("alice.two")[0].total) == "5"
    alice.transfer("alice.two", "alice", "USDC", "5")


def test_a_trader_withdraws_and_the_operator_settles(market, alice):
    hold = alice.withdraw("alice.desk", "USDC", "10", reference=3)
    assert alice.hold(hold.hold_id) == hold == market.boss.hold(hold.hold_id)
    assert alice.holds("alice.desk") == (hold,)
    market.boss.settle(hold)
    with pytest.raises(BadValue, match="there is no hold"):
        alice.hold(hold.hold_id)


def test_the_account_of_connect_is_acted_for_and_looked_at(market):
    key = market.key("alice2", "bob")
    with connect(market.url, **market.operator_key(), account="alice.desk") as venue:
        assert {each.account for each in venue.balances()} == {"alice.desk"}
        order = venue.place("alice.desk", BTC, "buy", qty="0.01", price="55000")
        assert venue.order(order.order_id).account == "alice.desk"
        assert venue.cancel(order.order_id).status == "canceled"
    with connect(market.url, **key) as bob:
        assert [account.name for account in bob.accounts] == ["bob"]


def test_a_key_that_only_reads(market):
    with connect(market.url, **market.key("reader", scopes=("read",))) as venue:
        assert venue.account("reader").name == "reader"
        with pytest.raises(NotAllowed):
            venue.place("reader", BTC, "buy", qty="0.01", price="55000")


def test_nobody_sees_what_is_public(market):
    with connect(market.url) as venue:
        assert venue.instruments == (BTC,)
        assert venue.instrument(BTC).tick == market.boss.instrument(BTC).tick
        assert venue.book(BTC).instrument == BTC and venue.seq > 1 and venue.now_ns > 0
        with pytest.raises(NotAllowed) as refused:
            venue.orders("alice")
        assert refused.value.code == "NOT_SIGNED_IN"


def test_a_key_of_another_secret_is_refused(market):
    key = market.key("forger")
    with connect(market.url, key=key["key"], secret="00" * 32) as venue, pytest.raises(NotAllowed) as refused:
        venue.account("forger")
    assert refused.value.code == "BAD_SIGNATURE"


def test_lists_are_longer_than_a_page(market, alice, monkeypatch):
    boss = market.boss
    for number in range(12):
        boss.place("bob", BTC, "sell", qty="0.001", price="60000")
        boss.place("alice", BTC, "buy", qty="0.001", price="60000")
        boss.place("alice", BTC, "buy", qty="0.001", price=55_000 + number)
    looks = [
        lambda: alice.fills("alice"), lambda: alice.ledger("alice"), lambda: alice.orders("alice"),
        lambda: alice.trades(BTC), lambda: alice.order_history("alice"), lambda: alice.accounts,
    ]  # fmt: skip
    whole = [comparable(look()) for look in looks]
    monkeypatch.setattr(client_core, "PAGE", 5)
    assert [comparable(look()) for look in looks] == whole
    assert len(alice.orders("alice")) == 12 and len(alice.fills("alice")) >= 12
    newest = alice.fills("alice", limit=7)
    assert [fill.seq for fill in newest] == [fill.seq for fill in alice.fills("alice")][-7:]
    assert len(alice.trades(limit=3)) == len(alice.ledger(limit=3)) == len(alice.order_history(limit=3)) == 3
    boss.mass_cancel("alice")


def test_candles_of_a_stretch_of_time(market, alice):
    boss = market.boss
    boss.place("bob", BTC, "sell", qty="0.002", price="60100")
    boss.place("alice", BTC, "buy", qty="0.002", price="60100")
    minute = alice.candles(BTC, "1m")[-1]
    assert minute.close == 60100 and minute.low <= minute.close <= minute.high and minute.trades >= 1
    assert alice.candles(BTC, "1m", start_ns=minute.start_ns, end_ns=minute.start_ns + 1) == (minute,)
    assert alice.candles(BTC, "1m", end_ns=1) == ()
    with pytest.raises(BadValue, match="limit"):
        alice.candles(BTC, "1m", limit=0)
    with pytest.raises(BadValue):
        alice.candles(BTC, "7m")


def test_a_preview_says_what_placing_would(market, alice):
    market.boss.place("bob", BTC, "sell", qty="0.05", price="60000")
    preview = alice.preview("alice", BTC, "buy", qty="0.1", price="60010")
    assert preview.accepted and str(preview.fills_qty) == "0.05" and preview.hold_asset == "USDC"
    refused = alice.preview("alice", BTC, "buy", qty="100", price="60010")
    assert not refused.accepted and refused.problem.reason == Reject.INSUFFICIENT_FUNDS
    with pytest.raises(Refused):
        alice.place("alice", BTC, "buy", qty="100", price="60010")
    market.boss.mass_cancel("bob")
