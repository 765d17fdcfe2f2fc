"""A small venue whose stream is served on a free port, for the tests of this folder, and a reader of it."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

import emporion
from emporion.access.access import Access
from emporion.engine.sequencer import Sequencer
from emporion.gateway.catalog import Catalog
from emporion.gateway.link import Link, LocalLink
from emporion.gateway.protocol import DoorProtocol, DoorState, Gate
from emporion.gateway.stream.protocol import StreamProtocol
from emporion.gateway.stream.stream import Stream
from emporion.history.store import HistoryStore
from emporion.schema import build
from emporion.schema.codes import AssetClass, Event, Side, Tif

BTC, EURC = 1, 2  # Instruments: tick 0.1 and lot 0.0001; tick 0.00001 and lot 1.
ALICE, BOB = 6, 7
PLENTY = 1 << 50
BOUNDS = {"qty_max_lots": 10_000_000, "price_max_ticks": 100_000_000}


class Venue:
    """A venue in memory or in a folder, with its sequencer and history; `do` sends commands and wants them taken."""

    def __init__(self, folder=None, clock=None) -> None:
        self.venue = emporion.open(folder, clock=clock) if clock is not None else emporion.open(folder)
        self.sequencer = Sequencer(self.venue.node)
        self.history = HistoryStore.open(folder)
        self.history.attach(self.venue.node)
        if self.venue.seq <= 1:
            self.venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
            self.venue.list_asset("BTC", decimals=8)
            self.venue.list_asset("EURC", decimals=6, asset_class="currency")
            self.do(
                build.list_instrument("BTC/USDC", 2, 1, 10_000, 10, reference_price_ticks=1_000_000, **BOUNDS),
                build.list_instrument("EURC/USDC", 3, 1, 1_000_000, 10, AssetClass.CURRENCY, **BOUNDS),
                build.set_status(BTC),
                build.set_status(EURC),
            )
            assert [self.venue.open_account(name).account_id for name in ("alice", "bob")] == [ALICE, BOB]
            self.do(*(build.deposit(account, asset, PLENTY) for account in (ALICE, BOB) for asset in (1, 2, 3)))

    @property
    def node(self):
        return self.venue.node

    def do(self, *commands: np.ndarray) -> np.ndarray:
        """Send commands as one batch; their events."""
        events = self.sequencer.submit(build.join(*commands)).result().events
        assert not (events["kind"] == Event.REJECTED).any(), events
        return events

    def close(self) -> None:
        self.sequencer.close()
        self.history.close()
        self.venue.close()


def buy(lots, ticks, account=ALICE, instrument=BTC, tif=Tif.GTC, **more):
    return build.place(account, instrument, Side.BUY, lots, ticks, tif, **more)


def sell(lots, ticks, account=BOB, instrument=BTC, tif=Tif.GTC, **more):
    return build.place(account, instrument, Side.SELL, lots, ticks, tif, **more)


class Served:
    """A stream under uvicorn's protocols, without the rest of the door."""

    def __init__(self, venue: Venue, **options: Any) -> None:
        self.venue, self.options = venue, options
        self.access = Access.open(None, demo=True)
        self.link: Link = LocalLink(venue.venue, venue.sequencer, history=venue.history)
        self.port = 0

    async def start(self, port: int = 0) -> None:
        await self.link.start()
        catalog = Catalog(self.link)
        await catalog.start()
        self.stream = Stream(self.link, catalog, self.access, **self.options)
        await self.stream.start()
        config = uvicorn.Config(
            self.stream, http=DoorProtocol, ws=StreamProtocol, lifespan="off", log_config=None, access_log=False
        )
        config.load()
        self.state = DoorState(Gate())
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(
            lambda: config.http_protocol_class(config=config, server_state=self.state, app_state={}, _loop=loop),
            "127.0.0.1", port,
        )  # fmt: skip
        self.port = self.listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.listener.close()
        await self.stream.stop()
        for _ in range(50):
            if not self.state.connections and not self.state.tasks:
                break
            await asyncio.sleep(0.01)
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.01)
        await self.listener.wait_closed()
        await self.link.close()
        self.access.close()


@asynccontextmanager
async def serving(venue: Venue, **options: Any) -> AsyncIterator[Served]:
    served = Served(venue, **options)
    await served.start()
    try:
        yield served
    finally:
        await served.stop()


class Reader:
    """A client that takes frames apart and keeps every message."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        self._unheard: dict[str, deque[dict[str, Any]]] = defaultdict(deque)

    async def ask(self, op: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"op": op, **fields}))

    async def subscribe(self, channel: str, after_seq: int | None = None, id: int = 0, **what: str) -> None:
        more = {} if after_seq is None else {"after_seq": after_seq}
        await self.ask("subscribe", subscription={"channel": channel, **what}, id=id, **more)

    async def frame(self) -> list[dict[str, Any]]:
        """The next frame's messages."""
        messages = json.loads(await asyncio.wait_for(self.socket.recv(), 10))
        self.messages += messages
        for message in messages:
            self._unheard[message["type"]].append(message)
        return messages

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of a kind that has not been heard yet."""
        async with asyncio.timeout(10):
            while not self._unheard[kind]:
                await self.frame()
        return self._unheard[kind].popleft()


@asynccontextmanager
async def reading(served: Served, **options: Any) -> AsyncIterator[Reader]:
    async with connect(f"ws://127.0.0.1:{served.port}/v1/stream", compression=None, **options) as socket:
        yield Reader(socket)
