"""The venue goes away and comes back: readers go on from where they were."""

import asyncio

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
