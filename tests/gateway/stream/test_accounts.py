"""Whatever an account does, and however the door's questions race with it: its reader knows what the venue knows."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from emporion.engine.clock import SystemClock
from emporion.gateway.catalog import Catalog
from emporion.gateway.stream.chain import Key
from emporion.gateway.stream.connection import Connection
from emporion.gateway.stream.ended import order_of
from emporion.gateway.stream.hub import Hub
from emporion.schema import build
from emporion.schema.codes import Event, Side, Tif
from emporion.wire.stream import Subscription
from tests.conftest import IS_PURE
from tests.gateway.stream.books import Wire
from tests.gateway.stream.serving import ALICE, BOB, BTC, Venue
from tests.gateway.stream.test_chains import RacingLink

MIDDLE = 1_000_000
CHANNELS = ("orders", "fills", "balances")


class Desk:
    """A reader of one account's channels, and two traders who act at random."""

    def __init__(self, venue: Venue, hub: Hub, seed: int) -> None:
        self.venue, self.hub = venue, hub
        self.rng = np.random.default_rng(seed)
        self.open: dict[int, int] = {}  # Order: its account.
        self.orders: dict[int, dict] = {}
        self.ended: dict[int, dict] = {}
        self.balances: dict[str, dict] = {}
        self.fills: list[tuple[int, str, str]] = []
        self.prev: dict[str, int] = {}
        self.wire = Wire()
        self.reader = Connection(self.wire, "")
        hub.enter(self.reader)
        for channel in CHANNELS:
            hub.subscribe(self.reader, Key(channel, account_id=ALICE), Subscription(channel, account="alice"), None)

    def act(self) -> None:
        rng, rows = self.rng, []
        for _ in range(int(rng.integers(1, 5))):
            account, side = int(rng.integers(ALICE, BOB + 1)), int(rng.integers(1, 3))
            price = MIDDLE + int(rng.integers(-3, 6)) * (-1 if side == Side.BUY else 1)
            order_id = int(rng.choice(list(self.open))) if self.open and rng.random() < 0.4 else 0
            if order_id and rng.random() < 0.5:
                rows.append(build.cancel(self.open[order_id], order_id))
            elif order_id:
                new_id = b"new%d" % rng.integers(1 << 40) if rng.random() < 0.5 else b""
                rows.append(build.replace(self.open[order_id], order_id, int(rng.integers(1, 90)), price, new_id))
            else:
                tif, cl_ord_id = (Tif.IOC if rng.random() < 0.3 else Tif.GTC), b"id%d" % rng.integers(1 << 40)
                shown = 10 if tif == Tif.GTC and rng.random() < 0.3 else 0
                lots = int(rng.integers(10, 60))
                rows.append(
                    build.place(
                        account, BTC, side, lots, price, tif, stp=int(rng.integers(4)), cl_ord_id=cl_ord_id,
                        display_lots=shown,
                    )
                )  # fmt: skip
        events = self.venue.sequencer.submit(build.join(*rows)).result().events
        for event in events[events["kind"] == Event.ACCEPTED]:
            self.open[int(event["order_id"])] = int(event["account_id"])
        for event in events[np.isin(events["kind"], [Event.CANCELED, Event.EXPIRED])]:
            self.open.pop(int(event["order_id"]), None)
        for event in events[(events["kind"] == Event.FILLED) & (events["leaves_lots"] == 0)]:
            self.open.pop(int(event["order_id"]), None)

    async def tick(self) -> None:
        await asyncio.sleep(0.001)
        await self.hub.tick()
        for message in self.wire.read():
            kind = message["type"]
            if kind == "missed":
                self.prev[message["subscription"]["channel"]] = -1
            if kind not in CHANNELS:
                continue
            if message["prev"]:
                assert message["prev"] == self.prev[kind]
            self.prev[kind] = message["seq"]
            getattr(self, f"take_{kind}")(message)

    def take_orders(self, message: dict) -> None:
        if message["image"]:
            self.orders = {}
        for order in message["items"]:
            if order["status"] in ("new", "partially_filled"):
                self.orders[order["order_id"]] = order
            else:
                self.orders.pop(order["order_id"], None)
                self.ended[order["order_id"]] = order

    def take_balances(self, message: dict) -> None:
        self.balances = {} if message["image"] else self.balances
        self.balances |= {balance["asset"]: balance for balance in message["items"]}

    def take_fills(self, message: dict) -> None:
        self.fills += [(fill["order_id"], fill["qty"], fill["price"]) for fill in message["items"]]


@asynccontextmanager
async def desk(venue: Venue, seed: int):
    link = RacingLink(venue.venue, venue.sequencer, history=venue.history)
    await link.start()
    catalog = Catalog(link)
    await catalog.start()
    hub = Hub(link, catalog, SystemClock())
    hub.listen()
    yield Desk(venue, hub, seed)
    await hub.close()
    await link.close()


@settings(max_examples=3 if IS_PURE else 20)
@given(st.integers(0, 1 << 32), st.integers(5, 40))
def test_a_reader_of_an_account_knows_what_the_venue_knows(seed, rounds):
    async def scenario() -> None:
        venue = Venue()
        async with desk(venue, seed) as it:
            it.act()
            it.hub.link.race = lambda: it.act() if it.rng.random() < 0.5 else None
            await it.tick()
            began = venue.node.seq
            for _ in range(rounds):
                it.act()
                await it.tick()
            it.hub.link.race = None
            for _ in range(60):  # What ended at once is looked up in the history.
                await it.tick()
                if not any(holder.seeking or holder.late for holder in it.hub._private._holders.values()):
                    break
                await asyncio.sleep(0.02)
            await it.tick()
            compare(it, venue, began)
        venue.close()

    asyncio.run(scenario())


def compare(it: Desk, venue: Venue, began: int) -> None:
    theirs = {order.order_id: order for order in venue.venue.orders("alice")}
    assert it.orders.keys() == theirs.keys()
    for number, mine in it.orders.items():
        order = theirs[number]
        assert (mine["cl_ord_id"], mine["status"], mine["side"]) == (order.cl_ord_id, order.status, order.side)
        for name in ("price", "qty", "cum", "leaves"):
            assert float(mine[name]) == float(getattr(order, name)), name
    for number, mine in it.ended.items():
        (row,) = venue.history.order(number)[0]
        order = order_of(row, it.hub.catalog)
        assert mine == msgspec.to_builtins(order) | {"seq": mine["seq"]}
    for balance in venue.venue.balances("alice"):
        mine = it.balances[balance.asset]
        for name in ("total", "free", "in_orders", "held"):
            assert float(mine[name]) == float(getattr(balance, name)), (balance.asset, name)
    fills = [fill for fill in venue.venue.fills("alice") if fill.seq > began]
    assert [(number, float(qty)) for number, qty, _ in it.fills][-len(fills) or len(it.fills) :] == [
        (fill.order_id, float(fill.qty)) for fill in fills
    ]
