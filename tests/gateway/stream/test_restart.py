"""The venue goes away and comes back: readers go on from where they were."""

import asyncio

from emporion.gateway.link import LocalLink
from emporion.gateway.link.hub import Hub as NodeHub
from emporion.gateway.link.remote import RemoteLink
from tests.gateway.stream.books import Keeper
from tests.gateway.stream.serving import BTC, EURC, Served, Venue, buy, reading, sell


async def follow(reader, keeper: Keeper, until_seq: int) -> None:
    while keeper.seqs.get("BTC/USDC", 0) < until_seq:
        keeper.take(await reader.hear("depth"))


def test_a_reader_goes_on_after_a_restart_with_the_venues_book(tmp_path):
    async def scenario():
        keeper = Keeper()
        venue = Venue(tmp_path / "venue")
        served = Served(venue)
        await served.start()
        port = served.port
        async with reading(served) as reader:
            await reader.subscribe("depth", instrument="BTC/USDC")
            venue.do(buy(1, 900_000), buy(2, 900_010), sell(3, 1_100_000))
            await follow(reader, keeper, venue.node.seq)
        had = keeper.seqs["BTC/USDC"]
        await served.stop()
        venue.close()

        venue = Venue(tmp_path / "venue")
        venue.do(buy(5, 900_020), sell(1, 900_020))  # While nobody listened.
        served = Served(venue)
        await served.start(port)
        async with reading(served) as reader:
            await reader.subscribe("depth", instrument="BTC/USDC", after_seq=had)
            await reader.subscribe("trades", instrument="BTC/USDC", after_seq=had)
            missed = await reader.hear("missed")
            assert missed["after_seq"] == had and missed["seq"] == venue.node.seq
            keeper.take(missed)
            await follow(reader, keeper, venue.node.seq)
            trades = await reader.hear("trades")
            venue.do(buy(1, 900_030), buy(1, 90_000, instrument=EURC))
            await follow(reader, keeper, venue.node.seq - 1)
        bids, asks = venue.node.machine.depth(BTC)
        expected = [[f"{price / 10:.1f}", f"{lots / 10_000:.4f}", orders] for price, lots, orders in bids.tolist()]
        assert [list(level) for level in keeper.sides("BTC/USDC")[0]] == expected
        assert len(asks) == 1
        await served.stop()
        venue.close()
        return trades

    trades = asyncio.run(scenario())
    assert [item["qty"] for item in trades["items"]] == ["0.0001"], "the history knows them"


class Node:
    """A node that gateways reach over a Unix socket."""

    def __init__(self, venue: Venue, path) -> None:
        self.venue = venue
        self.link = LocalLink(self.venue.venue, self.venue.sequencer, history=self.venue.history)
        self.hub = NodeHub(self.link, path)

    async def start(self) -> None:
        await self.link.start()
        await self.hub.start()

    async def stop(self) -> None:
        await self.hub.close()
        await self.link.close()
        self.venue.close()


def test_readers_of_a_gateway_stay_while_the_node_restarts_and_are_told_what_they_missed(tmp_path):
    async def scenario():
        node = Node(Venue(tmp_path / "venue"), tmp_path / "node.sock")
        await node.start()
        served = Served(node.venue)
        served.link = RemoteLink(tmp_path / "node.sock")
        await served.start()
        keeper = Keeper()
        async with reading(served) as reader:
            await reader.subscribe("depth", instrument="BTC/USDC")
            await reader.subscribe("ticker", instrument="BTC/USDC")
            node.venue.do(buy(1, 900_000), sell(1, 900_000), buy(2, 900_010))
            await follow(reader, keeper, node.venue.node.seq)
            had = keeper.seqs["BTC/USDC"]
            await node.stop()

            venue = Venue(tmp_path / "venue")
            venue.do(buy(5, 900_020), sell(1, 900_020))  # While the gateway was not connected.
            node = Node(venue, tmp_path / "node.sock")
            await node.start()
            missed = await reader.hear("missed")
            assert missed["after_seq"] == had
            keeper.take(missed)
            await follow(reader, keeper, node.venue.node.seq)
            node.venue.do(buy(1, 900_030), sell(1, 900_030))
            while (ticker := (await reader.hear("ticker"))["items"][0])["trades"] != 3:
                pass
            assert ticker["qty"] == "0.0003" and ticker["last"] == "90003.0" and ticker["low"] == "90000.0"
        await served.stop()
        await node.stop()
        return keeper

    keeper = asyncio.run(scenario())
    assert [level[0] for level in keeper.sides("BTC/USDC")[0]] == ["90002.0", "90001.0"]
