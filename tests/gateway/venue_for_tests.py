"""A small venue with its server, for the tests of this folder: two instruments, two funded accounts."""

import contextlib
import json
from collections.abc import AsyncIterator

import aiohttp

from emporion.engine.clock import ManualClock
from emporion.engine.node import Answer, Node
from emporion.engine.sequencer import Sequencer
from emporion.gateway.server import Server
from emporion.schema import build
from emporion.schema.codes import AssetClass, Event, InstrumentStatus, Side, Tif

BTC, EURC = 1, 2  # Instruments: tick 0.1 and lot 0.0001; tick 0.00001 and lot 1.
ALICE, BOB = 3, 4
PLENTY = 1 << 50
BOUNDS = {"qty_max_lots": 10_000_000, "price_max_ticks": 100_000_000}


class Venue:
    """A node in memory with its sequencer; `do` sends commands and wants them taken."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.node = Node.open(None, clock=self.clock)
        self.sequencer = Sequencer(self.node)
        self.do(
            build.list_asset("USDC", 6, AssetClass.STABLECOIN),
            build.list_asset("BTC", 8),
            build.list_asset("EURC", 6, AssetClass.CURRENCY),
            build.list_instrument("BTC/USDC", 2, 1, 10_000, 10, reference_price_ticks=1_000_000, **BOUNDS),
            build.list_instrument("EURC/USDC", 3, 1, 1_000_000, 10, AssetClass.CURRENCY, **BOUNDS),
            build.set_status(BTC),
            build.set_status(EURC),
            build.open_account(),
            build.open_account(),
            *(build.deposit(account, asset, PLENTY) for account in (ALICE, BOB) for asset in (1, 2, 3)),
        )

    def do(self, *commands) -> Answer:
        answer = self.sequencer.submit(build.join(*commands)).result()
        assert not (answer.events["kind"] == Event.REJECTED).any(), answer.events
        return answer

    def close(self) -> None:
        self.sequencer.close()
        self.node.close()


def buy(lots: int, ticks: int, account: int = ALICE, instrument: int = BTC, tif: Tif = Tif.GTC):
    return build.place(account, instrument, Side.BUY, lots, ticks, tif)


def sell(lots: int, ticks: int, account: int = BOB, instrument: int = BTC, tif: Tif = Tif.GTC):
    return build.place(account, instrument, Side.SELL, lots, ticks, tif)


def halt(instrument: int = BTC):
    return build.set_status(instrument, InstrumentStatus.HALTED)


@contextlib.asynccontextmanager
async def serving(venue: Venue, **options) -> AsyncIterator[tuple[Server, aiohttp.ClientSession]]:
    """A server on a free port and a client of it."""
    server = Server(venue.sequencer, port=0, **options)
    await server.start()
    try:
        async with aiohttp.ClientSession(server.url) as client:
            yield server, client
    finally:
        await server.stop()


async def hear(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict:
    """The next message of a kind; those of others are passed over."""
    while True:
        message = json.loads(await socket.receive_str(timeout=10))
        if message["type"] == kind:
            return message


async def hear_update(socket: aiohttp.ClientWebSocketResponse, seq: int) -> dict:
    """The first update that is as new as `seq`."""
    while (update := await hear(socket, "update"))["book"]["seq"] < seq:
        pass
    return update
