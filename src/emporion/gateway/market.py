"""The markets as the public may see them, brought up to date a few times a second.

Two sources, both of which cost the sequencer next to nothing: the events it hands out after each
batch (kept by reference, looked at here), and copies of rows and books that it makes between
batches when asked. Nothing here looks at live state, and whatever is built here is built once
for all readers.

Everything but `_take` runs on the event loop's thread.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.feeds.depth import Image, changed_books, image
from emporion.feeds.trades import Tape, trades_of
from emporion.gateway import messages
from emporion.gateway.listings import Listed, listed
from emporion.schema.codes import Event

LEVELS = 20
# Answers waiting for the next pull. Far more than a pull's worth; if the loop ever stalls for longer, the oldest are
# dropped and the tape has a gap: it is a view.
ANSWERS_MAX = 65_536
LISTING_EVENTS = (Event.INSTRUMENT_LISTED, Event.INSTRUMENT_AMENDED, Event.STATUS_CHANGED)


@dataclass(frozen=True)
class Copy:
    """Rows copied between two batches, after the command `seq`."""

    seq: int
    instruments: NDArray[np.void]
    assets: NDArray[np.void]
    books: dict[int, Image]


@dataclass
class Changes:
    """What became new in one pull."""

    seq: int
    relisted: bool = False  # An instrument was listed, amended or changed its status.
    listings: list[messages.Listing] = field(default_factory=list)
    updates: dict[int, messages.Update] = field(default_factory=dict)  # Of watched instruments only.


class Market:
    """Listings, books, trades and bars of one venue, for any number of readers."""

    def __init__(self, sequencer: Sequencer, titles: Mapping[str, str] | None = None, simulation: bool = False) -> None:
        self.simulation = simulation
        self.seq = 0
        self.instruments: dict[int, Listed] = {}
        self.listings: dict[int, messages.Listing] = {}
        self._ids: dict[str, int] = {}
        self._titles = dict(titles or {})
        self._sequencer = sequencer
        self._answers: deque[tuple[NDArray[np.void], int]] = deque(maxlen=ANSWERS_MAX)
        self._tape = Tape()
        self._books: dict[int, Image] = {}
        self._stale_books: set[int] = set()
        self._stopped = False

    async def start(self, trades: NDArray[np.void] | None = None) -> None:
        """Begin to listen; `trades` are those of before, if somebody kept or rebuilt them."""
        if trades is not None:
            self._tape.add(trades)
        self._sequencer.node.listen(self._take)
        copy = await self._copy(())
        self._relist(copy)
        self.listings = {key: entry.listing(copy.instruments[key]) for key, entry in self.instruments.items()}

    def stop(self) -> None:
        """Take in nothing more."""
        self._stopped = True
        self._answers.clear()

    async def pull(self, watched: Collection[int]) -> Changes:
        """Catch up, and say what changed; books, trades and bars of the `watched` instruments only."""
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        trades = [trades_of(events, ts_ns) for events, ts_ns in answers]
        for events, _ in answers:
            self._stale_books |= changed_books(events)
        stale = self._stale_books & set(watched)
        self._stale_books -= stale  # Books that nobody watches stay stale until somebody does.
        copy = await self._copy(stale)

        # From here on nothing waits, so a watcher sees either all of this pull in its image or none of it.
        changes = Changes(copy.seq)
        touched: set[int] = set()
        for events, _ in answers:
            touched.update(np.unique(events["instrument_id"]).tolist())
            changes.relisted |= bool(np.isin(events["kind"], LISTING_EVENTS).any())
        if changes.relisted:
            self._relist(copy)
        for instrument_id in sorted(touched & self.instruments.keys()):
            listing = self.instruments[instrument_id].listing(copy.instruments[instrument_id])
            if listing != self.listings.get(instrument_id):
                self.listings[instrument_id] = listing
                changes.listings.append(listing)
        new = np.concatenate(trades) if trades else None
        if new is not None:
            self._tape.add(new)
        for instrument_id in watched:
            own = None if new is None else new[new["instrument_id"] == instrument_id]
            if instrument_id in stale or (own is not None and len(own)):
                changes.updates[instrument_id] = self._update(instrument_id, own)
        return changes

    def find(self, name: str) -> int:
        """The number of an instrument, 0 for none of that name."""
        return self._ids.get(name, 0)

    async def book(self, instrument_id: int) -> messages.Book:
        """The book as it is now."""
        await self._copy((instrument_id,))
        return self.instruments[instrument_id].book(self._books[instrument_id])

    async def image(self, instrument_id: int) -> messages.Image:
        """All there is of one instrument. Sent before anything else is awaited, later updates continue it."""
        book = await self.book(instrument_id)
        entry = self.instruments[instrument_id]
        bars = entry.bars(self._tape.bars(instrument_id))
        return messages.Image(entry.name, book, self.trades(instrument_id), bars)

    def trades(self, instrument_id: int) -> list[messages.Trade]:
        """The latest trades, oldest first."""
        return self.instruments[instrument_id].trades(self._tape.trades(instrument_id))

    def _update(self, instrument_id: int, new: NDArray[np.void] | None) -> messages.Update:
        entry = self.instruments[instrument_id]
        trades, bars = [], []
        if new is not None and len(new):
            trades = entry.trades(new)
            all_bars = self._tape.bars(instrument_id)
            # The bar of the first new trade may have grown; those before it have not.
            first = np.searchsorted(all_bars["start_ns"], new["ts_ns"][0], side="right") - 1
            bars = entry.bars(all_bars[max(first, 0) :])
        return messages.Update(entry.name, entry.book(self._books[instrument_id]), trades, bars)

    def _relist(self, copy: Copy) -> None:
        self.instruments = listed(copy.instruments, copy.assets, self._titles)
        # Names are unique by the operator's care only; the first listed keeps its name.
        self._ids = {entry.name: key for key, entry in reversed(self.instruments.items())}

    async def _copy(self, books: Collection[int]) -> Copy:
        """Rows and books copied between batches, on the sequencer's thread."""
        copy = await asyncio.wrap_future(self._sequencer.call(lambda node: _copy(node, sorted(books))))
        self.seq = max(self.seq, copy.seq)
        self._books.update(copy.books)  # Copies come back in the order they were asked for.
        return copy

    def _take(self, events: NDArray[np.void]) -> None:
        """Called by the node, on the thread that submits, after each batch: no work here."""
        if not self._stopped:
            self._answers.append((events, int(self._sequencer.node.machine.state.ts_ns)))


def _copy(node: Node, books: list[int]) -> Copy:
    if node.stopped is not None:
        raise node.stopped  # What it holds may never have become durable.
    state = node.machine.state
    rows = {name: state[name][: _used(state, place)].copy() for place, name in ((1, "instruments"), (0, "assets"))}
    images = {instrument_id: image(node.machine, instrument_id, LEVELS) for instrument_id in books}
    return Copy(node.seq, rows["instruments"], rows["assets"], images)


def _used(state: np.record, table: int) -> int:
    """Rows of a table that have been used, row 0 counted."""
    return int(state.tables[table].high_water) + 1
