"""One client used by several at once: threads of a blocking one, tasks of an awaited one, tasks that are cancelled."""

import asyncio
import threading

import pytest

from emporion.client import connect, connect_async
from tests.client.serving import set_up

ORDER = {"instrument": "BTC/USDC", "side": "buy", "qty": "0.0001", "price": "55000"}


@pytest.fixture(scope="module")
def market(served):
    with served.operator() as operator:
        set_up(operator)
    return served


@pytest.fixture(autouse=True)
def no_orders_left(market):
    yield
    with market.operator() as operator:
        operator.mass_cancel("alice")


def test_threads_take_turns(market):
    placed: list[int] = []
    with connect(market.url, **market.operator_key()) as venue:

        def work(name: str) -> None:
            for number in range(20):
                placed.append(venue.place("alice", **ORDER, cl_ord_id=f"{name}{number}").order_id)

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(placed) == sorted(order.order_id for order in venue.orders("alice"))
    assert len(set(placed)) == 80


def test_tasks_share_few_connections(market):
    async def run():
        async with connect_async(market.url, **market.operator_key(), connections=3) as venue:
            placed = await asyncio.gather(*(venue.place("alice", **ORDER) for _ in range(40)))
            assert len(venue._pool._idle) == 3
            return {order.order_id for order in placed} == {o.order_id for o in await venue.orders("alice")}

    assert asyncio.run(run())


def test_a_task_that_is_cancelled_leaves_no_half_answer_behind(market):
    async def run():
        async with connect_async(market.url, **market.operator_key(), connections=1) as venue:
            for number in range(20):
                task = asyncio.ensure_future(venue.place("alice", **ORDER, cl_ord_id=f"gone-{number}"))
                await asyncio.sleep(0.0002 * number)
                task.cancel()
                look = await venue.account("bob")
                assert look.name == "bob"  # Of this question, not of the order given up.

    asyncio.run(run())


def test_more_than_a_batch_goes_in_parts(market):
    with connect(market.url, **market.operator_key()) as venue:
        many = [{"account": "alice", **ORDER} for _ in range(1_203)]
        many[1_100] = {**many[0], "qty": "1000"}
        placed = venue.place_many(many)
        assert [hasattr(each, "order_id") for each in placed] == [number != 1_100 for number in range(1_203)]
        assert len(venue.orders("alice")) == 1_202


def test_a_client_can_be_used_again_after_it_was_closed(market):
    venue = connect(market.url, **market.operator_key())
    venue.account("alice")
    venue.close()
    assert venue.account("alice").name == "alice"
    venue.close()
