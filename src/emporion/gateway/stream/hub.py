"""The hub: every interval one look at the venue, one message a subscription, one frame a set of subscriptions.

A thousand readers of the same ten books cost one look, ten messages and one frame; what is left to do
for each of them is to hand the same bytes to its transport.
"""

import asyncio
import logging
from collections.abc import Iterable

from emporion.engine.clock import Clock
from emporion.errors import EmporionError
from emporion.gateway.catalog import Catalog
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import Books
from emporion.gateway.stream.chain import Chain, Key
from emporion.gateway.stream.connection import (
    CAUGHT_UP_BYTES,
    FIRSTS_BYTES,
    LAG_BYTES,
    LAG_SECONDS,
    Connection,
    Group,
    Start,
)
from emporion.gateway.stream.frames import encode, frame_of
from emporion.gateway.stream.index import PRIVATE, Index, index_of
from emporion.gateway.stream.polled import POLLED, Polled
from emporion.gateway.stream.private import Private
from emporion.gateway.stream.public import Public
from emporion.gateway.stream.views import Change, Views
from emporion.wire.stream import Beat, Missed, Relisted, Subscription

INTERVAL_S = 0.05
BEAT_S = 1.0
LINGER_S = 60.0  # How long a subscription that nobody has is kept up to date, for those who come back.
RETRY_S = 0.5  # After the venue could not be asked.
log = logging.getLogger(__name__)


class Hub:
    """All subscriptions of one gateway, and who has them. All of it belongs to one event loop.

    Attributes:
        views: the public views, for questions as well.
        seq: of the last command that readers have heard of.
        frames, frame_bytes: written so far. lagged, cut_off: readers who began to skip, and who were cut off.
    """

    def __init__(self, link: Link, catalog: Catalog, clock: Clock) -> None:
        """`clock` says when 24 hours are over; it should be the venue's."""
        self.link, self.catalog = link, catalog
        self.views = Views(link, catalog, clock)
        self.seq, self.ts_ns = link.seq, link.ts_ns
        self.connections: set[Connection] = set()
        self.frames = self.frame_bytes = self.lagged = self.cut_off = 0
        self.is_live = True  # The venue could be asked in the last interval.
        self._public, self._private = Public(self.views), Private(link, catalog)
        self._polled = Polled(link, catalog)
        self._chains: dict[Key, Chain] = {}
        self._groups: dict[frozenset[Chain], Group] = {}
        self._busy: set[Connection] = set()
        self._index: Index | None = None  # None: subscriptions have been added or let go.
        self._waiting: set[Chain] = set()  # Whose beginning is not known yet.
        self._moved: set[Chain] = set()  # That had something to say in the last interval.
        self._gap = True  # Nothing is known yet.
        self._beat_at = 0.0
        self._task: asyncio.Task[None] | None = None

    # --- Life ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let intervals go by, after `listen`."""
        self._task = asyncio.ensure_future(self._run())

    def listen(self) -> None:
        """Hear what happens at the link, which has been started."""
        self.link.listen(self.views.hear)
        self.link.on_gap(self.note_gap)

    async def close(self) -> None:
        """Say goodbye to everybody."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._private.close()
        for connection in list(self.connections):
            connection.peer.hang_up(1001, "the venue is stopping")

    # --- Connections ---------------------------------------------------------------------------------

    def enter(self, connection: Connection) -> None:
        """A reader has come."""
        self.connections.add(connection)
        self._regroup(connection, frozenset())
        self.wake(connection)

    def leave(self, connection: Connection) -> None:
        """A reader has gone."""
        self.connections.discard(connection)
        self._busy.discard(connection)
        for chain in connection.subscribed:
            self._release(chain)
        self._ungroup(connection)
        connection.starting, connection.missed = {}, None

    def wake(self, connection: Connection) -> None:
        """It has something of its own to be sent."""
        if connection in self.connections:
            self._busy.add(connection)

    def subscribe(self, connection: Connection, key: Key, subscription: Subscription, after_seq: int | None) -> None:
        """Begin, or begin again, with a first message in one of the next frames."""
        chain = self._chains.get(key)
        if chain is None:
            chain = self._chains[key] = Chain(key, subscription)
            self._waiting.add(chain)
            self._index = None
        if chain not in connection.subscribed:
            chain.watchers += 1
        elif connection.missed is not None:
            connection.missed.pop(chain, None)
        self._regroup(connection, connection.group.chains - {chain})
        connection.starting[chain] = Start(after_seq)
        self.wake(connection)

    @property
    def chains(self) -> int:
        """Different subscriptions that are kept up to date."""
        return len(self._chains)

    def has(self, key: Key) -> bool:
        """Whether this one is among them."""
        return key in self._chains

    def unsubscribe(self, connection: Connection, key: Key) -> bool:
        """End; says whether it was subscribed."""
        chain = self._chains.get(key)
        if chain is None or chain not in connection.subscribed:
            return False
        connection.starting.pop(chain, None)
        if connection.missed is not None:
            connection.missed.pop(chain, None)
        self._regroup(connection, connection.group.chains - {chain})
        self._release(chain)
        return True

    # --- Intervals -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failing = ""
        due = loop.time()
        while True:
            try:
                await self.tick()
                self.is_live, failing = True, ""
            except EmporionError as error:  # The venue is away or has stopped: readers hear nothing until it is back.
                if failing != str(error):
                    log.warning("nothing new for readers: %s", error)
                self.is_live, failing = False, str(error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("an interval of the stream failed; all begin again")
                self._gap = True
                await asyncio.sleep(RETRY_S)
            due = max(due + INTERVAL_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def tick(self) -> None:
        """One interval: look, make messages, write frames."""
        for chain in self._moved:
            chain.turn()
        self._moved = set()
        if self._gap:
            await self._begin_again()
        if self._index is None:
            self._index = index_of(self._chains.values())
        index, now = self._index, asyncio.get_running_loop().time()
        is_beat = now - self._beat_at >= BEAT_S
        if is_beat:  # A sign of life of the venue, not of this door.
            self.ts_ns = (await self.link.ask(Books([]))).ts_ns
        change = await self.views.pull(index.wanted)
        try:
            accounts = await self._private.look(change, index.of_account)
        except EmporionError:
            for chain in [each for own in index.of_account.values() for each in own]:
                self._restart(chain)  # The public part goes on; these begin again from images.
            accounts = set()
            self._private.forget()

        polled = await self._polled.look(index.polled, now)

        # From here on nothing waits, so whoever reads sees an interval as a whole.
        self.seq = max(self.seq, change.look_seq)
        changed = self._messages(index, change, accounts) | self._poll(polled)
        everybody = [encode(Relisted(change.seq))] if change.relisted else []
        if is_beat:
            self._beat_at = now
            everybody.append(encode(Beat(self.seq, str(self.ts_ns))))
            self._let_go(now)
        now = asyncio.get_running_loop().time()
        self._write(changed, everybody, now)

    def _messages(self, index: Index, change: Change, accounts: set[int]) -> set[Chain]:
        """Let every chain have its next message; those that have one."""
        self._public.note(change, index.tickers)
        changed = set()
        for chain in index.touched(change, accounts):
            if not chain.is_ready:
                continue
            source = self._private if chain.key.channel in PRIVATE else self._public
            source.message(chain, change)
            if chain.message:
                changed.add(chain)
            if chain.key.channel in PRIVATE and self._private.is_lost(chain):
                self._restart(chain)
                changed.discard(chain)
        self._moved |= changed
        for chain in [chain for chain in self._waiting if not chain.is_ready and chain.key.channel not in POLLED]:
            source = self._private if chain.key.channel in PRIVATE else self._public
            if source.begin(chain, change):
                self._waiting.discard(chain)
                self._moved.add(chain)
        return changed

    def _poll(self, looked: list[Chain]) -> set[Chain]:
        """The same of those that are asked for at intervals of their own."""
        changed = set()
        for chain in looked:
            if chain.is_ready:
                self._polled.message(chain, self.seq)
                changed |= {chain} if chain.message else set()
            elif self._polled.begin(chain, self.seq):
                self._waiting.discard(chain)
                self._moved.add(chain)
        self._moved |= changed
        return changed

    def _write(self, changed: set[Chain], everybody: list[bytes], now: float) -> None:
        """One frame for each set of subscriptions, to all who have exactly this set; then those who need their own."""
        frames: dict[frozenset[Chain], bytes] = {}
        for group in list(self._groups.values()):
            news = group.chains & changed
            if not news and not everybody:
                continue
            frame = frames.get(news)
            if frame is None:
                frame = frames[news] = frame_of([*_in_order(news), *everybody])
            size, written, behind = len(frame), 0, []
            for connection in group.connections:
                if connection in self._busy:
                    continue
                if connection.peer.unsent() > LAG_BYTES:
                    behind.append(connection)
                else:
                    written += connection.peer.send_frame(frame)
            for connection in behind:
                self._fall_behind(connection, now)
            self.frames += written
            self.frame_bytes += written * size
        for connection in list(self._busy):
            self._write_own(connection, changed, everybody, now)

    def _write_own(self, connection: Connection, changed: set[Chain], everybody: list[bytes], now: float) -> None:
        unsent = connection.peer.unsent()
        if connection.missed is not None:
            if unsent > CAUGHT_UP_BYTES:
                if now - connection.lag_since > LAG_SECONDS:
                    self.cut_off += 1
                    log.warning("cut off %s, who does not read", connection.address)
                    connection.peer.cut_off()
                return
            connection.starting |= {chain: Start(seq, is_lost=True) for chain, seq in connection.missed.items()}
            connection.missed = None
        elif unsent > LAG_BYTES:
            self._fall_behind(connection, now)
            return
        news = connection.group.chains & changed
        messages = [*connection.extras, *_in_order(news), *everybody]
        connection.extras.clear()
        messages += self._firsts(connection)
        if messages:
            frame = frame_of(messages)
            if connection.peer.send_frame(frame):
                self.frames += 1
                self.frame_bytes += len(frame)
        if not connection.is_busy:
            self._busy.discard(connection)

    def _firsts(self, connection: Connection) -> list[bytes]:
        """First messages of subscriptions that can begin, as many as fit; they run from the next interval on."""
        messages: list[bytes] = []
        begun, size = [], 0
        for chain, start in connection.starting.items():
            if not chain.is_ready:
                continue
            if size > FIRSTS_BYTES:
                break
            missed = self._since(chain, start.after_seq) if start.after_seq and not start.is_lost else None
            if missed is None:
                if start.after_seq:
                    messages.append(encode(Missed(chain.subscription, start.after_seq, chain.seq)))
                missed = [self._image(chain)]
            messages += missed
            size += sum(map(len, missed))
            begun.append(chain)
        if begun:
            for chain in begun:
                del connection.starting[chain]
            self._regroup(connection, connection.group.chains.union(begun))
        return messages

    def _image(self, chain: Chain) -> bytes:
        if chain.key.channel in POLLED:
            return self._polled.image(chain)
        return (self._private if chain.key.channel in PRIVATE else self._public).image(chain)

    def _since(self, chain: Chain, after_seq: int) -> list[bytes] | None:
        if chain.key.channel in POLLED:
            return chain.since(after_seq)
        return (self._private if chain.key.channel in PRIVATE else self._public).since(chain, after_seq)

    def _fall_behind(self, connection: Connection, now: float) -> None:
        """It does not keep up: it skips from here on, until its buffer is nearly empty."""
        self.lagged += 1
        connection.lag_since = now
        connection.missed = {chain: chain.prev for chain in connection.group.chains}
        self._regroup(connection, frozenset())
        self._busy.add(connection)

    def _restart(self, chain: Chain) -> None:
        """What this chain said may not be all: whoever has it is told, and gets an image."""
        chain.forget()
        self._polled.forget(chain)
        self._waiting.add(chain)
        groups = [group for group in self._groups.values() if chain in group.chains]
        for connection in [each for group in groups for each in group.connections]:
            self._regroup(connection, connection.group.chains - {chain})
            connection.starting[chain] = Start(chain.prev, is_lost=True)
            self._busy.add(connection)

    async def _begin_again(self) -> None:
        """Nothing that was known can be relied on."""
        self._gap = False
        at_ns = self.link.ts_ns
        try:
            await self.catalog.refresh()
        except EmporionError:
            self._gap = True
            raise
        self.views.forget(at_ns)
        self._public.forget()
        self._private.forget()
        for chain in self._chains.values():
            self._restart(chain)

    def note_gap(self) -> None:
        """Events were missed; the next interval begins again from what is asked for anew."""
        self._gap = True
        self.views.miss()

    # --- Sets ----------------------------------------------------------------------------------------

    def _regroup(self, connection: Connection, chains: frozenset[Chain]) -> None:
        self._ungroup(connection)
        group = self._groups.get(chains)
        if group is None:
            group = self._groups[chains] = Group(chains)
        group.connections.add(connection)
        connection.group = group

    def _ungroup(self, connection: Connection) -> None:
        group = connection.group
        group.connections.discard(connection)
        if not group.connections:
            self._groups.pop(group.chains, None)

    def _release(self, chain: Chain) -> None:
        chain.watchers -= 1
        chain.left_at = asyncio.get_running_loop().time()

    def _let_go(self, now: float) -> None:
        """Forget subscriptions that nobody has had for a while."""
        for chain in [each for each in self._chains.values() if not each.watchers and now - each.left_at > LINGER_S]:
            key = chain.key
            del self._chains[key]
            self._polled.forget(chain)
            self._waiting.discard(chain)
            self._index = None
            if key.channel == "depth":
                self.views.unwatch(key.instrument_id)
            if key.channel in PRIVATE and not any(each.account_id == key.account_id for each in self._chains):
                self._private.unwatch(key.account_id)


def _in_order(chains: Iterable[Chain]) -> list[bytes]:
    return [chain.message for chain in sorted(chains, key=lambda chain: chain.number)]
