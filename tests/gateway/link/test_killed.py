"""The node is killed while gateways send; they find the next one by themselves, and a retry places nothing twice."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from emporion.engine.node import Node
from emporion.gateway.link import LinkLost, RemoteLink
from emporion.gateway.link import questions as q
from emporion.schema import build
from emporion.schema.codes import Command, Event, Reject, Side
from emporion.schema.limits import TINY
from tests.gateway.link.stage import ANN, GOLD_USD, run, until

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
ORDERS = 400
START_S = 900.0  # Most of it for the kernel's compile, when nobody has compiled it yet.


async def started(folder: Path, socket: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.gateway.link.node_process", str(folder), str(socket),
        stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        assert await process.stdout.readline() == b"ready\n"
    return process


def rows(number: int) -> bytes:
    return build.place(ANN, GOLD_USD, Side.BUY, 1, 1 + number % 90, cl_ord_id=b"order-%d" % number).tobytes()


@pytest.mark.parametrize("after", [1, 40, 200])
def test_a_node_killed_under_load(tmp_path: Path, after: int):
    folder, socket = tmp_path / "venue", tmp_path / "hub.sock"

    async def main() -> dict[int, int]:
        process = await started(folder, socket)
        link, gaps, acknowledged, lost = RemoteLink(socket), [], {}, set()
        await link.start()
        link.on_gap(lambda: gaps.append(link.seq))

        async def send(numbers):
            for number in numbers:
                try:
                    reply = await link.submit(rows(number), tag=number + 1)
                except LinkLost:
                    lost.add(number)
                else:
                    acknowledged[number] = int(reply.events["order_id"][0])
                    if len(acknowledged) == after:
                        process.kill()

        await asyncio.gather(*(send(range(start, ORDERS, 8)) for start in range(8)))
        assert lost and len(acknowledged) >= after
        await process.wait()
        assert not link.connected
        with pytest.raises(LinkLost):
            await link.ask(q.Fees())

        process = await started(folder, socket)
        await until(lambda: link.connected, 30)
        for number in range(ORDERS):  # A retry of everything, known or not.
            reply = await link.submit(rows(number), tag=number + 1)
            [event] = reply.events
            if number in acknowledged:
                assert (event.kind, event.reason) == (Event.REJECTED, Reject.DUPLICATE)
                assert event.order_id == acknowledged[number]  # What was answered has survived.
            acknowledged[number] = int(event.order_id)
        orders = (await link.ask(q.OpenOrders(ANN))).orders
        assert sorted(orders["order_id"].tolist()) == sorted(acknowledged.values())
        await link.close()
        process.kill()
        await process.wait()
        return acknowledged

    acknowledged = run(main)
    with Node.open(folder, capacity=TINY, read_only=True) as node:
        commands = node.commands()
        placed = commands[commands["kind"] == Command.PLACE]
        for row in placed:  # Each command says of which request it was.
            name = build.cl_ord_id_of(int(row.cl_ord_id_hi), int(row.cl_ord_id_lo))
            assert name == b"order-%d" % (int(row.request_tag) - 1)
        assert set(placed["request_tag"].tolist()) == {number + 1 for number in acknowledged}
