"""Orders through the Python API: decimal text in, exact records out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from emporion.errors import BadValue, Refused
from emporion.schema.codes import Reject
from emporion.venue.things import Order, Refusal

SECOND_NS = 1_000_000_000


def refused(reason):
    return pytest.raises(Refused, match=f": {reason.name}: ")


def test_a_match_moves_both_assets_and_the_fee(market):
    market.set_fees(maker="-0.0001", taker="0.0005")
    resting = market.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000")
    assert (resting.status, resting.leaves, resting.fills) == ("new", Decimal("0.5"), ())
    taken = market.place("alice", "BTC/USDC", "buy", qty="0.2", price="60100", tif="ioc")
    assert (taken.status, taken.cum, taken.is_open) == ("filled", Decimal("0.2"), False)
    (fill,) = taken.fills
    assert (fill.price, fill.qty, fill.fee, fill.role) == (Decimal(60000), Decimal("0.2"), Decimal(6), "taker")
    have = {(row.account, row.asset): row.total for row in market.balances()}
    assert have["alice", "USDC"] == Decimal("87994") and have["alice", "BTC"] == Decimal("0.2")
    assert have["bob", "USDC"] == Decimal("12001.2") and have["fees", "USDC"] == Decimal("4.8")


def test_one_side_of_the_readme(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000")
    smaller = market.replace(order, qty="0.4")
    assert (smaller.order_id, smaller.qty) == (order.order_id, Decimal("0.4"))
    gone = market.cancel(order)
    assert (gone.status, gone.reason, gone.leaves) == ("canceled", "by_owner", 0)
    assert market.order(order) == gone
    with refused(Reject.UNKNOWN_ORDER):
        market.cancel(order)
    with refused(Reject.UNKNOWN_ORDER):
        market.cancel(order.order_id)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"price": "60000.005"}, "nearest are 60000.00 and 60000.01"),
        ({"qty": "0.00015"}, "nearest are 0.0001 and 0.0002"),
        ({"price": 60000.0}, "float"),
        ({"qty": 0.1}, "float"),
        ({"qty": "many"}, "not a decimal number"),
        ({"qty": "1e30"}, "beyond what a row can hold"),
        ({"side": "long"}, "'buy', 'sell'"),
        ({"tif": "day"}, "'gtc', 'ioc', 'fok', 'gtd'"),
        ({"stp": "none"}, "'cancel_resting'"),
        ({"instrument": "BTC/EUR"}, "Known: BTC/USDC"),
        ({"account": "carol"}, "no account is named 'carol'"),
        ({"account": 1.5}, "float"),
        ({"account": True}, "bool"),
        ({"cl_ord_id": "x" * 17}, "longer than 16 bytes"),
        ({"cl_ord_id": ""}, "1 to 16 bytes"),
        ({"cl_ord_id": b"a\0"}, "NUL"),
        ({"expire": datetime(2030, 1, 1)}, "no time zone"),
        ({"expire": "tomorrow"}, "aware datetime"),
    ],
)
def test_what_cannot_be_sent_says_why(market, arguments, message):
    seq = market.seq
    order = {"account": "bob", "instrument": "BTC/USDC", "side": "sell", "qty": "0.1", "price": "60000"}
    with pytest.raises(BadValue, match=message):
        market.place(**(order | arguments))
    assert market.seq == seq


def test_numbers_may_be_text_decimals_or_integers(market):
    for price, qty in ((60000, 1), (Decimal("60001.10"), Decimal("0.1")), ("6.0002e4", "1E-1")):
        market.place("bob", "BTC/USDC", "sell", qty=qty, price=price)
    assert [row.price for row in market.orders()] == [Decimal(60000), Decimal("60001.1"), Decimal(60002)]


def test_a_market_order_stops_at_the_band(market):
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000")
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="65999")
    bought = market.place("alice", "BTC/USDC", "buy", qty="0.2", market=True, price="60000")
    assert (bought.status, bought.reason, bought.cum) == ("canceled", "ioc_remainder", Decimal("0.1"))
    assert bought.tif == "ioc" and bought.flags == ("market",)


def test_all_or_nothing(market):
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000")
    with refused(Reject.FOK_UNFILLABLE):
        market.place("alice", "BTC/USDC", "buy", qty="0.2", price="60000", tif="fok")
    assert market.place("alice", "BTC/USDC", "buy", qty="0.1", price="60000", tif="fok").status == "filled"


def test_post_only_does_not_take(market):
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000")
    with refused(Reject.WOULD_MATCH):
        market.place("alice", "BTC/USDC", "buy", qty="0.1", price="60000", post_only=True)
    assert market.place("alice", "BTC/USDC", "buy", qty="0.1", price="59999.99", post_only=True).flags == ("post_only",)


def test_an_iceberg_shows_its_tip(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="1", price="60000", display="0.1")
    assert order.display == Decimal("0.1")
    (ask,) = market.book("BTC/USDC").asks
    assert (ask.price, ask.qty, ask.orders) == (Decimal(60000), Decimal("0.1"), 1)
    assert market.orders()[0].leaves == Decimal(1)


def test_a_stop_waits_and_fires(market):
    stop = market.place("bob", "BTC/USDC", "sell", qty="0.1", trigger="59000", price="58000")
    assert stop.flags == ("stop",) and stop.trigger == Decimal(59000)
    assert not market.book("BTC/USDC").asks
    market.place("alice", "BTC/USDC", "buy", qty="0.3", price="59000")
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="59000")
    fired = market.order(stop)
    assert (fired.status, fired.flags) == ("filled", ())
    assert [fill.price for fill in fired.fills] == [Decimal(59000)]


def test_an_order_with_an_end(market, clock):
    end = datetime.fromtimestamp(market.now_ns / SECOND_NS, UTC) + timedelta(seconds=5)
    order = market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000", expire=end)
    assert order.tif == "gtd" and order.expire_ns == market.orders()[0].expire_ns
    clock.advance(6 * SECOND_NS)
    market.node.idle()
    assert market.order(order).status == "expired"
    with refused(Reject.BAD_EXPIRY):
        market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000", expire=market.now_ns)


def test_self_trade_prevention_looks_at_the_master(market):
    market.open_account("bob/desk", master="bob")
    market.transfer("bob", "bob/desk", "BTC", "1")
    market.deposit("bob", "USDC", "100000")
    resting = market.place("bob/desk", "BTC/USDC", "sell", qty="0.3", price="60000")
    order = market.place("bob", "BTC/USDC", "buy", qty="0.1", price="60000", stp="decrement")
    assert (order.status, order.reason) == ("canceled", "self_trade")
    assert market.order(resting).qty == Decimal("0.2")
    order = market.place("bob", "BTC/USDC", "buy", qty="0.1", price="60000", stp="cancel_taker")
    assert (order.status, order.reason) == ("canceled", "self_trade")
    order = market.place("bob", "BTC/USDC", "buy", qty="0.1", price="60000")
    assert order.status == "new" and market.order(resting).reason == "self_trade"


def test_client_ids_name_orders(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000", cl_ord_id="a1")
    assert order.cl_ord_id == "a1"
    with refused(Reject.DUPLICATE) as caught:
        market.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000", cl_ord_id=b"a1")
    assert str(order.order_id) in str(caught.value)
    assert market.replace(account="bob", cl_ord_id="a1", price="60001").price == Decimal(60001)
    renamed = market.replace(order, qty="0.4", cl_ord_id=b"\xff\x00\x01")
    assert renamed.cl_ord_id == b"\xff\x00\x01"
    with refused(Reject.UNKNOWN_ORDER):
        market.cancel(account="bob", cl_ord_id="a1")
    assert market.cancel(account="bob", cl_ord_id=b"\xff\x00\x01").status == "canceled"


def test_another_accounts_order_is_unknown(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000")
    with refused(Reject.UNKNOWN_ORDER):
        market.cancel(order, account="alice")
    with pytest.raises(BadValue, match="give an order"):
        market.cancel(account="bob")


def test_replacing_below_what_is_done_cancels(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000")
    market.place("alice", "BTC/USDC", "buy", qty="0.3", price="60000")
    done = market.replace(order, qty="0.3")
    assert (done.status, done.reason, done.cum) == ("canceled", "by_replace", Decimal("0.3"))


def test_several_orders_at_once(market):
    one, two, three = market.place_many(
        [
            {"account": "bob", "instrument": "BTC/USDC", "side": "sell", "qty": "0.1", "price": "60000"},
            {"account": "bob", "instrument": "BTC/USDC", "side": "sell", "qty": "99", "price": "60000"},
            {"account": "alice", "instrument": "BTC/USDC", "side": "buy", "qty": "0.1", "price": "60000"},
        ]
    )
    assert isinstance(one, Order) and one.status == "filled", "the third order of the batch filled the first"
    assert isinstance(two, Refusal) and two.reason == Reject.INSUFFICIENT_FUNDS
    assert two.message.startswith("place sell 99 BTC/USDC for bob: INSUFFICIENT_FUNDS")
    assert isinstance(three, Order) and three.cum == Decimal("0.1")
    seq = market.seq
    good = {"account": "bob", "instrument": "BTC/USDC", "side": "sell", "qty": "0.1", "price": "60000"}
    with pytest.raises(BadValue, match="order 1: qty"):
        market.place_many([good, good | {"qty": "x"}])
    assert market.seq == seq and market.place_many([]) == []


def test_mass_cancel(market):
    sells = [market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000").order_id for _ in range(3)]
    market.place("alice", "BTC/USDC", "buy", qty="0.1", price="59000")
    assert market.mass_cancel("bob", side="buy") == ()
    assert sorted(market.mass_cancel("bob", "BTC/USDC")) == sorted(sells)
    with refused(Reject.BAD_STATUS):
        market.mass_cancel(instrument="BTC/USDC")
    market.set_status("BTC/USDC", "halted")
    assert len(market.mass_cancel(instrument="BTC/USDC")) == 1


def test_a_mass_cancel_larger_than_one_command(market):
    market.place_many(
        [{"account": "bob", "instrument": "BTC/USDC", "side": "sell", "qty": "0.001", "price": "60000"}] * 300
    )
    assert len(market.mass_cancel("bob")) == 300


def test_the_dead_mans_switch(market, clock):
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000")
    market.set_deadman("bob", "1.5")
    clock.advance(SECOND_NS)
    market.node.idle()
    assert len(market.orders()) == 1
    clock.advance(SECOND_NS)
    market.node.idle()
    assert len(market.orders()) == 0
