"""Whatever happens to a reader (it stalls, leaves, comes back, events are missed), its book is the venue's."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emporion.engine.clock import SystemClock
from emporion.feeds.candles import bars
from emporion.gateway.catalog import Catalog
from emporion.gateway.link import LocalLink
from emporion.gateway.stream import connection as connection_module
from emporion.gateway.stream.chain import Chain, Key
from emporion.gateway.stream.connection import Connection
from emporion.gateway.stream.hub import Hub
from emporion.gateway.stream.texts import Texts
from emporion.schema import build
from emporion.schema.codes import Event, Side, Tif
from emporion.wire.stream import Subscription
from tests.conftest import IS_PURE
from tests.gateway.stream.books import Keeper, Wire
from tests.gateway.stream.serving import ALICE, BOB, BTC, EURC, Venue

NAMES = {BTC: "BTC/USDC", EURC: "EURC/USDC"}
MIDDLE = 1_000_000
CHANNELS = st.sampled_from(["depth", "trades"])
rounds = st.tuples(st.just("round"), st.integers(0, 1 << 32))
steps = st.lists(
    st.one_of(
        rounds,
        rounds,
        rounds,
        st.tuples(st.just("trade"), st.integers(0, 1 << 32)),
        st.tuples(st.sampled_from(["tick", "stall", "read", "gap"])),
        st.tuples(st.just("leave"), st.booleans()),
        st.tuples(st.just("subscribe"), CHANNELS, st.sampled_from([BTC, EURC]), st.booleans()),
        st.tuples(st.just("unsubscribe"), CHANNELS, st.sampled_from([BTC, EURC])),
    ),
    max_size=40,
)


class RacingLink(LocalLink):
    """A link whose node goes on between a door's question and the answer."""

    race = None  # Called before each answer.

    async def answer(self, question):
        if self.race is not None:
            self.race()
        return await super().answer(question)


class Trial:
    """A hub whose intervals the test lets go by, and one reader."""

    def __init__(self, venue: Venue, hub: Hub) -> None:
        self.venue, self.hub, self.keeper = venue, hub, Keeper()
        self.wanted: set[Key] = set()
        self.open: list[tuple[int, int]] = []
        self.chance = np.random.default_rng(1)
        self.come()

    def come(self) -> None:
        self.wire = Wire()
        self.reader = Connection(self.wire, "127.0.0.1")
        self.hub.enter(self.reader)

    def subscribe(self, channel: str, number: int, resume: bool) -> None:
        seqs = self.keeper.seqs if channel == "depth" else self.keeper.trade_seqs
        after = seqs.get(NAMES[number]) if resume else None
        self.wanted.add(Key(channel, number))
        self.hub.subscribe(self.reader, Key(channel, number), Subscription(channel, NAMES[number]), after)

    def unsubscribe(self, channel: str, number: int) -> None:
        self.wanted.discard(Key(channel, number))
        self.hub.unsubscribe(self.reader, Key(channel, number))

    def trade(self, seed: int) -> None:
        """A few random commands: some rest, some trade, an iceberg, some are cancelled."""
        rng, rows = np.random.default_rng(seed), []
        for _ in range(int(rng.integers(1, 8))):
            number, side, account = int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(ALICE, BOB + 1))
            if self.open and rng.random() < 0.3:
                owner, order_id = self.open.pop(int(rng.integers(len(self.open))))
                rows.append(build.cancel(owner, order_id))
                continue
            away = int(rng.integers(-3, 6)) * (-1 if side == Side.BUY else 1)
            tif = Tif.IOC if rng.random() < 0.3 else Tif.GTC
            shown = 10 if tif == Tif.GTC and rng.random() < 0.3 else 0
            lots = int(rng.integers(10, 60))
            rows.append(build.place(account, number, side, lots, MIDDLE + away, tif, display_lots=shown))
        events = self.venue.sequencer.submit(build.join(*rows)).result().events
        entered = events[events["kind"] == Event.ACCEPTED]
        self.open += [(int(row["account_id"]), int(row["order_id"])) for row in entered]

    def race(self) -> None:
        """More happens, while the door asks."""
        if self.chance.random() < 0.5:
            self.trade(int(self.chance.integers(1 << 32)))

    async def tick(self) -> None:
        await asyncio.sleep(0)
        await self.hub.tick()

    def read(self) -> None:
        self.wire.stuck = False
        for message in self.wire.read():
            self.keeper.take(message)

    async def settle(self) -> None:
        """Everything that was sent has been read, and nothing is under way."""
        self.hub.link.race = None
        quiet = 0
        async with asyncio.timeout(20):  # What traded before is asked of the history, which may take a moment.
            while quiet < 4:
                await asyncio.sleep(0.005)
                await self.tick()
                self.read()
                quiet = 0 if self.reader.is_busy else quiet + 1
        assert not self.keeper.expect_image
        for key in self.wanted:
            name, texts = NAMES[key.instrument_id], Texts(self.hub.catalog.listed(key.instrument_id))
            if key.channel == "depth":
                bids, asks = self.venue.node.machine.depth(key.instrument_id, 1_024)
                mine = self.keeper.sides(name)
                assert mine == (texts.levels(bids), texts.levels(asks))
            else:
                tape = self.hub.views.tape.trades(key.instrument_id)[["seq", "match"]].tolist()
                mine = self.keeper.trades[name]
                assert mine[-100:] == tape[-len(mine[-100:]) :] if mine else tape == []
        await asyncio.gather(*(self.hub.views.recall(number) for number in NAMES))
        for number in NAMES:  # Each trade counts once, whether heard or found in the history.
            row = self.venue.node.machine.state.instruments[number]
            ticker = self.hub.views.ticker(number, 0)
            assert ticker.trades == row.trades
            assert self.hub.views.days.day(number).qty_lots == row.traded_lots
            assert (ticker.last is None) == (row.last_price_ticks == 0)
            candles = bars(self.hub.views.candles.latest(number, "1d", 10))
            assert sum(bar.trades for bar in candles) == row.trades


@asynccontextmanager
async def trial(venue: Venue):
    link = RacingLink(venue.venue, venue.sequencer, history=venue.history)
    await link.start()
    catalog = Catalog(link)
    await catalog.start()
    hub = Hub(link, catalog, SystemClock())
    hub.listen()
    yield Trial(venue, hub)
    await hub.close()
    await link.close()


@settings(max_examples=5 if IS_PURE else 60)
@given(steps)
def test_a_reader_always_has_the_venues_book(schedule):
    asyncio.run(live(schedule))


async def live(schedule) -> None:
    venue = Venue()
    try:
        async with trial(venue) as it:
            it.trade(len(schedule))
            it.hub.link.race = it.race
            it.subscribe("depth", BTC, False)
            await it.tick()
            for step in schedule:
                match step:
                    case ("trade", seed):
                        it.trade(seed)
                    case ("round", seed):
                        it.trade(seed)
                        await it.tick()
                    case ("tick",):
                        await it.tick()
                    case ("stall",):
                        it.wire.stuck = True
                        it.wire.frames.append(b"\x81\x7f" + (connection_module.LAG_BYTES + 9).to_bytes(8, "big"))
                        it.wire.frames[-1] += b"[" + b" " * (connection_module.LAG_BYTES + 7) + b"]"
                    case ("read",):
                        it.read()
                    case ("gap",):
                        it.hub.note_gap()
                    case ("leave", keeps):
                        if keeps:
                            it.read()  # What was on its way arrives; else it is lost.
                        it.hub.leave(it.reader)
                        it.come()
                        it.keeper.expect_image.clear()
                        for key in sorted(it.wanted):
                            it.subscribe(key.channel, key.instrument_id, True)
                    case ("subscribe", channel, number, resume):
                        it.read()
                        it.subscribe(channel, number, resume and Key(channel, number) in it.wanted)
                    case ("unsubscribe", channel, number):
                        it.unsubscribe(channel, number)
            await it.settle()
    finally:
        venue.close()


def test_a_lagging_reader_is_told_what_it_missed_and_gets_an_image():
    async def scenario() -> Keeper:
        venue = Venue()
        async with trial(venue) as it:
            it.subscribe("depth", BTC, False)
            it.trade(1)
            await it.settle()
            had = it.keeper.seqs["BTC/USDC"]
            it.wire.stuck = True
            filler = b" " * connection_module.LAG_BYTES
            it.wire.frames.append(b"\x81\x7f" + (len(filler) + 2).to_bytes(8, "big") + b"[" + filler + b"]")
            for seed in range(5):
                it.trade(seed)
                await it.tick()
            assert len(it.wire.frames) == 1, "nothing is queued for it"
            assert it.hub.lagged == 1
            await it.settle()
            (missed,) = it.keeper.missed
            assert missed["after_seq"] == had and missed["seq"] >= had
        venue.close()
        return it.keeper

    keeper = asyncio.run(scenario())
    assert keeper.seen["depth"] == 2


def test_who_does_not_read_at_all_is_cut_off(monkeypatch):
    monkeypatch.setattr("emporion.gateway.stream.hub.LAG_SECONDS", 0.05)

    async def scenario() -> None:
        venue = Venue()
        async with trial(venue) as it:
            it.subscribe("depth", BTC, False)
            it.trade(1)
            await it.settle()
            it.wire.stuck = True
            it.wire.frames.append(b"x" * (connection_module.LAG_BYTES + 1))
            for seed in range(3):
                it.trade(seed)
                await it.tick()
            assert not it.wire.is_cut
            await asyncio.sleep(0.06)
            await it.tick()
            assert it.wire.is_cut and it.hub.cut_off == 1
        venue.close()

    asyncio.run(scenario())


class TestChain:
    @pytest.fixture
    def chain(self) -> Chain:
        chain = Chain(Key("depth", 1), Subscription("depth", "BTC/USDC"))
        chain.begin(10)
        return chain

    def test_it_goes_on_from_any_of_its_links(self, chain):
        for seq in (12, 15, 15, 20):
            chain.push(seq, b"%d" % seq)
        assert chain.since(10) == [b"12", b"15", b"15", b"20"]
        assert chain.since(15) == [b"15", b"20"], "who has the first of two may lack the second"
        assert chain.since(20) == []

    def test_and_from_nothing_else(self, chain):
        chain.push(12, b"12")
        assert chain.since(11) is chain.since(9) is chain.since(13) is None

    def test_what_it_keeps_is_bounded(self, chain):
        for seq in range(11, 5_000):
            chain.push(seq, b"x" * 1_000)
        assert chain.since(10) is None
        kept = chain.since(4_950)
        assert kept is not None and len(kept) == 49

    def test_a_new_beginning_forgets_what_was_before(self, chain):
        chain.push(12, b"12")
        chain.begin(12)
        assert chain.since(10) is None and chain.since(12) == []
