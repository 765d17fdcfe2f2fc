"""Connections that break at chosen points, between a real client and a real venue."""

import asyncio
import socket
import threading
import time

import pytest
import uvloop

from emporion.access.buckets import Rate
from emporion.client import ConnectionFailed, OutcomeUnknown, RateLimited, connect, connect_async
from emporion.errors import Refused
from emporion.schema.codes import Reject
from tests.client.proxy import Proxy
from tests.client.serving import serving, set_up

ORDER = {"instrument": "BTC/USDC", "side": "buy", "qty": "0.1", "price": "55000"}
LOST = ["before", "after", "half"]


@pytest.fixture(scope="module")
def market(served):
    with served.operator() as operator:
        set_up(operator)
    return served


@pytest.fixture
def proxy(market):
    with Proxy(market.port) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def no_orders_left(market):
    yield
    with market.operator() as operator:
        operator.mass_cancel("alice")


@pytest.fixture
def venue(market, proxy):
    with connect(proxy.url, **market.operator_key()) as venue:
        yield venue


@pytest.mark.parametrize("lost", LOST)
def test_an_order_with_an_id_is_placed_once_whatever_breaks(venue, proxy, lost):
    proxy.plan = [lost, lost]
    order = venue.place("alice", **ORDER, cl_ord_id=f"once-{lost}")
    assert order.status == "new"
    assert [each.order_id for each in venue.orders("alice")] == [order.order_id]
    assert proxy.seen[:3] == ["POST /v1/orders HTTP/1.1"] * 3


@pytest.mark.parametrize("lost", LOST)
def test_an_order_without_an_id_has_an_unknown_outcome(venue, proxy, lost):
    venue.account("alice")  # The connection is open, so the loss is of the request itself.
    proxy.plan = [lost]
    with pytest.raises(OutcomeUnknown, match=r"place buy 0.1 BTC/USDC at 55000 for alice: .*orders\('alice'\)"):
        venue.place("alice", **ORDER)
    assert len(venue.orders("alice")) == (0 if lost == "before" else 1)


def test_a_second_use_of_an_id_is_a_duplicate_after_all_that(venue, proxy):
    proxy.plan = ["after"]
    first = venue.place("alice", **ORDER, cl_ord_id="twice")
    with pytest.raises(Refused) as refused:
        venue.place("alice", **ORDER, cl_ord_id="twice")
    assert refused.value.reason == Reject.DUPLICATE
    assert refused.value.event["order_id"] == first.order_id


@pytest.mark.parametrize("lost", LOST)
def test_a_batch_with_ids_is_placed_once(venue, proxy, lost):
    proxy.plan = ["pass", "pass", lost]  # What is listed is looked at first.
    many = [{"account": "alice", **ORDER, "cl_ord_id": f"{lost}-{i}"} for i in range(3)]
    placed = venue.place_many(many)
    assert [each.order_id for each in venue.orders("alice")] == [each.order_id for each in placed]


@pytest.mark.parametrize("lost", LOST)
def test_a_cancel_is_done_whatever_breaks(venue, proxy, lost):
    order = venue.place("alice", **ORDER)
    proxy.plan = [lost]
    canceled = venue.cancel(order)
    assert (canceled.status, canceled.reason) == ("canceled", "by_owner")
    assert len(venue.orders("alice")) == 0


@pytest.mark.parametrize("lost", LOST)
def test_a_replace_with_a_new_id_is_done_whatever_breaks(venue, proxy, lost):
    order = venue.place("alice", **ORDER, cl_ord_id=f"old-{lost}")
    proxy.plan = [lost]
    now = venue.replace(order, qty="0.2", cl_ord_id=f"new-{lost}")
    assert (str(now.qty), now.cl_ord_id) == ("0.2", f"new-{lost}")


@pytest.mark.parametrize("lost", LOST)
def test_money_with_an_id_moves_once(venue, proxy, lost):
    before = {each.asset: each.total for each in venue.balances("alice")}
    proxy.plan = [lost]
    venue.deposit("alice", "USDC", "7", cl_ord_id=f"d-{lost}")
    proxy.plan = [lost]
    hold = venue.withdraw("alice", "USDC", "5", cl_ord_id=f"w-{lost}")
    assert (str(hold.amount), hold.account, hold.kind) == ("5", "alice", "withdrawal")
    assert [each.hold_id for each in venue.holds("alice")] == [hold.hold_id]
    venue.settle(hold)
    after = {each.asset: each.total for each in venue.balances("alice")}
    assert after["USDC"] == before["USDC"] + 2


@pytest.mark.parametrize("lost", LOST)
def test_a_look_is_repeated(venue, proxy, lost):
    proxy.plan = [lost] * 3
    assert venue.seq > 1


@pytest.mark.parametrize("run_loop", [asyncio.run, uvloop.run])
def test_an_awaited_order_is_placed_once_whatever_breaks(market, proxy, run_loop):
    async def run():
        async with connect_async(proxy.url, **market.operator_key()) as venue:
            proxy.plan = LOST * 4
            word = "uv" if run_loop is uvloop.run else "plain"
            placed = await asyncio.gather(*(venue.place("alice", **ORDER, cl_ord_id=f"{word}-{i}") for i in range(8)))
            return sorted(each.order_id for each in placed), [each.order_id for each in await venue.orders("alice")]

    placed, resting = run_loop(run())
    assert placed == sorted(resting) and len(set(placed)) == 8


def test_a_venue_that_comes_back_is_waited_for(market):
    with market.operator() as venue:
        venue.account("alice")
        market.stop_door()
        back = threading.Timer(0.5, market.start_door)
        back.start()
        order = venue.place("alice", **ORDER, cl_ord_id="back")
        back.join()
        assert order.status == "new"
        venue.cancel(order)


def test_a_venue_that_is_not_there_fails_in_time():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()
    with connect(f"http://127.0.0.1:{port}", patience=0.4) as venue, pytest.raises(ConnectionFailed, match="nothing"):
        _ = venue.seq
    assert time.monotonic() - began < 2


def test_a_silent_venue_is_not_waited_for_longer_than_said():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with connect(url, timeout=0.2, patience=0) as venue, pytest.raises(ConnectionFailed, match="within 0.2 s"):
            _ = venue.seq


def test_a_kept_connection_that_the_venue_closed_is_found_out(venue, proxy):
    venue.account("alice")
    proxy.cut()
    time.sleep(0.05)
    assert venue.place("alice", **ORDER).status == "new"  # Without an id: nothing was lost.


def test_rates_are_waited_for_when_that_is_wanted():
    with serving() as served:
        with served.operator() as operator:
            set_up(operator)
        slow = Rate(20, 5)
        with (
            connect(served.url, **served.key("ann", "alice", rate=slow)) as hasty,
            pytest.raises(RateLimited) as limited,
        ):
            for _ in range(20):
                hasty.account("alice")
        assert 0 < limited.value.retry_after <= 2
        with connect(served.url, **served.key("bob", "bob", rate=slow), rate_patience=2.0) as patient:
            began = time.monotonic()
            for _ in range(15):
                patient.account("bob")
            assert 0.3 < time.monotonic() - began < 5
