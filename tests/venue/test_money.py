"""Deposits, transfers, withdrawals, freezes; and a ledger that adds up."""

from collections import defaultdict
from decimal import Decimal
from random import Random

import pytest

from emporion.errors import BadValue, Refused
from emporion.schema.codes import Reject


def balance(venue, account, asset):
    return next(row for row in venue.balances(account) if row.asset == asset)


def test_a_withdrawal_has_two_phases(market):
    hold = market.withdraw("bob", "BTC", "0.5", reference=77)
    assert (hold.kind, hold.amount, hold.account, hold.reference) == ("withdrawal", Decimal("0.5"), "bob", 77)
    have = balance(market, "bob", "BTC")
    assert (have.free, have.held, have.total) == (Decimal("1.5"), Decimal("0.5"), Decimal(2))
    market.settle(hold)
    assert balance(market, "bob", "BTC").total == Decimal("1.5")
    assert market.asset("BTC").supply == Decimal("1.5")
    with pytest.raises(Refused, match="UNKNOWN_HOLD"):
        market.settle(hold)
    with pytest.raises(BadValue, match="no hold"):
        market.hold(hold.hold_id)


def test_a_withdrawal_may_be_refused(market):
    market.refuse(market.withdraw("bob", "BTC", "0.5"))
    assert balance(market, "bob", "BTC").free == Decimal(2)


def test_a_freeze_takes_from_orders(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="2", price="60000")
    hold = market.freeze("bob", "BTC", "0.1")
    assert market.order(order).reason == "by_balance_freeze"
    assert balance(market, "bob", "BTC").held == Decimal("0.1")
    market.release(hold.hold_id)
    assert balance(market, "bob", "BTC").free == Decimal(2)


def test_a_frozen_account_receives_and_cancels(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="1", price="60000")
    assert market.freeze_account("bob").frozen
    assert market.order(order).reason == "by_account_freeze"
    market.deposit("bob", "BTC", "1")
    with pytest.raises(Refused, match="ACCOUNT_FROZEN"):
        market.transfer("bob", "alice", "BTC", "1")
    assert not market.unfreeze_account("bob").frozen
    market.transfer("bob", "alice", "BTC", "1")


def test_a_repeated_deposit_is_refused(market):
    market.deposit("bob", "BTC", "1", cl_ord_id="wire-1")
    with pytest.raises(Refused) as caught:
        market.deposit("bob", "BTC", "1", cl_ord_id="wire-1")
    assert caught.value.reason == Reject.DUPLICATE
    assert balance(market, "bob", "BTC").total == Decimal(3)


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("0.000000001", "nearest are 0.00000000 and 0.00000001"),
        ("-0.000000001", "nearest are -0.00000001 and 0.00000000"),
        (1.0, "float"),
        (None, "NoneType"),
    ],
)
def test_an_amount_is_whole_atoms(market, amount, message):
    with pytest.raises(BadValue, match=message):
        market.deposit("bob", "BTC", amount)


def test_references_and_holds_are_whole_numbers(market):
    with pytest.raises(BadValue, match="reference"):
        market.deposit("bob", "BTC", 1, reference="x")
    with pytest.raises(BadValue, match="hold"):
        market.settle("x")


def test_the_ledger_adds_up_to_the_balances(market):
    rng = Random(3)
    market.set_fees(maker="-0.0001", taker="0.00075")
    market.deposit("alice", "BTC", "1")
    market.deposit("bob", "USDC", "50000")
    for _ in range(120):
        account, side = rng.choice(["alice", "bob"]), rng.choice(["buy", "sell"])
        price, qty = Decimal(rng.randrange(5995, 6005) * 10), Decimal(rng.randrange(1, 500)) / 10_000
        try:
            market.place(account, "BTC/USDC", side, qty=qty, price=price, stp=rng.choice(["cancel_both", "decrement"]))
        except Refused as error:
            assert error.reason == Reject.INSUFFICIENT_FUNDS
    market.settle(market.withdraw("bob", "USDC", "17.5"))
    market.transfer("alice", "bob", "USDC", "3.25")
    sums = defaultdict(Decimal)
    by_command = defaultdict(Decimal)
    for entry in market.ledger():
        sums[entry.account, entry.asset] += entry.amount
        by_command[entry.seq, entry.asset] += entry.amount
    assert len(market.fills()) > 20 and any(entry.kind == "fee" for entry in market.ledger("fees"))
    assert dict(sums) == {(row.account, row.asset): row.total for row in market.balances()}
    assert set(by_command.values()) == {0}
    assert [entry.amount for entry in market.ledger("alice")] == [
        entry.amount for entry in market.ledger() if entry.account == "alice"
    ]
