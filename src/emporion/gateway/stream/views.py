"""What everybody may see, brought up to date once an interval: the tape, candles, 24 hours, books, best prices.

Two sources, both of which cost the node next to nothing: the events of each batch, and copies of books
that it makes between batches when asked, of instruments that somebody watches and that changed.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emporion.engine.clock import Clock
from emporion.errors import EmporionError
from emporion.feeds.candles import Candles
from emporion.feeds.depth import Image, changed_books
from emporion.feeds.tickers import Days
from emporion.feeds.trades import Tape, trades_of
from emporion.gateway.catalog import Catalog
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import Books
from emporion.gateway.stream.past import Past, ask_past
from emporion.gateway.stream.texts import Now, Texts
from emporion.schema.codes import Event
from emporion.schema.messages import DEPTH_LEVELS, EVENT
from emporion.wire.market import Ticker

Level = tuple[int, int, int]  # Price in ticks, lots on show, orders.
Tops = tuple[Level, Level]
NO_TOPS: Tops = ((0, 0, 0), (0, 0, 0))
log = logging.getLogger(__name__)
BOOKS_AT_ONCE = 256  # Of one question.
RELISTS = np.zeros(256, np.bool_)
RELISTS[
    [Event.ASSET_LISTED, Event.INSTRUMENT_LISTED, Event.INSTRUMENT_AMENDED, Event.STATUS_CHANGED]
] = True  # fmt: skip


@dataclass
class Wanted:
    """Which instruments somebody watches, and how."""

    depth: Collection[int] = ()
    tops: Collection[int] = ()
    all_tops: bool = False


@dataclass
class Change:
    """What became new in one pull.

    Attributes:
        seq: of the last command whose events are in it; `look_seq` that of the books, which may be younger.
        events, ts_ns: rows of EVENT, and the venue's time of each.
        traded: rows of TRADE by instrument.
        books: of instruments watched in depth that changed: the copy before (None for the first) and the new one.
        tops: instruments whose best levels differ from before.
        tickers: instruments whose ticker may differ.
        relisted: something was listed, amended or changed its status.
    """

    seq: int
    look_seq: int
    events: NDArray[np.void]
    ts_ns: NDArray[np.int64]
    traded: dict[int, NDArray[np.void]] = field(default_factory=dict)
    books: dict[int, tuple[Image | None, Image]] = field(default_factory=dict)
    tops: set[int] = field(default_factory=set)
    tickers: set[int] = field(default_factory=set)
    relisted: bool = False


class Views:
    """The public views of one venue. All of it belongs to one event loop."""

    def __init__(self, link: Link, catalog: Catalog, clock: Clock) -> None:
        self._link, self._catalog, self._clock = link, catalog, clock
        self._texts: dict[int, Texts] = {}
        self._heard: list[tuple[NDArray[np.void], int]] = []
        self.forget(0)

    def miss(self) -> None:
        """Events were missed: what was heard before is of no use."""
        self._heard = []

    def forget(self, at_ns: int) -> None:
        """Begin again from the catalogue as it is now.

        Everything after the command it is of has been heard or will be; what was up to there, the history
        knows. `at_ns` is the venue's time then or a little before.
        """
        self.tape, self.candles, self.days = Tape(), Candles(), Days()
        self.books: dict[int, Image] = {}  # Of instruments watched in depth.
        self._tops: dict[int, Tops] = {}
        self._stale: set[int] = set()  # Instruments whose books changed since they were last looked at, or never were.
        self._counts: dict[int, tuple[int, int]] = {}  # Trades since listing; those of later commands are added.
        self._first_ticks: dict[int, int] = {}  # Price of the first trade, where that is known.
        self._past: dict[int, asyncio.Task[None]] = {}
        self._recalled: set[int] = set()  # Since the last pull.
        self.from_seq, self.from_ns = self._catalog.seq, at_ns
        self._meet(self.known_ids())

    def hear(self, events: NDArray[np.void], ts_ns: int) -> None:
        """For Link.listen: no work here."""
        self._heard.append((events, ts_ns))

    def known_ids(self) -> list[int]:
        """Every instrument there is."""
        return [listed.instrument_id for listed in self._catalog.known_instruments()]

    def texts(self, instrument_id: int) -> Texts:
        """How this instrument's numbers are written."""
        texts = self._texts.get(instrument_id)
        if texts is None:
            texts = self._texts[instrument_id] = Texts(self._catalog.listed(instrument_id))
        return texts

    async def pull(self, wanted: Wanted) -> Change:
        """Catch up with what was heard, look at what is wanted, and say what changed.

        Raises what Link.ask raises; then nothing was taken in, and the next pull makes up for it.
        """
        waiting, seq = self._heard, self._link.seq
        heard = list(waiting)
        events = np.concatenate([events for events, _ in heard]) if heard else _NO_EVENTS
        ts_ns = np.repeat([ts_ns for _, ts_ns in heard], [len(events) for events, _ in heard]).astype(np.int64)
        if len(events) and events["seq"][0] <= self.from_seq:
            is_new = events["seq"] > self.from_seq
            events, ts_ns = events[is_new], ts_ns[is_new]
        relisted = bool(RELISTS[events["kind"]].any())
        if relisted:
            await self._catalog.refresh()
            self._meet(self.known_ids())
        self._stale |= changed_books(events)
        deep = (self._stale & set(wanted.depth)) | (set(wanted.depth) - self.books.keys())
        flat = (self._stale if wanted.all_tops else self._stale & set(wanted.tops)) - deep
        deep_seq, deep_books = await self._look(deep, DEPTH_LEVELS)
        flat_seq, flat_books = await self._look(flat, 1)

        # From here on nothing waits and nothing fails: all of this pull is taken in, or none.
        del waiting[: len(heard)]  # Of that list: where events were missed meanwhile, there is another.
        self._stale -= deep | flat
        change = Change(seq, max(seq, deep_seq, flat_seq), events, ts_ns, relisted=relisted)
        for instrument_id, book in deep_books.items():
            change.books[instrument_id] = self.books.get(instrument_id), book
            self.books[instrument_id] = book
        for instrument_id, book in (deep_books | flat_books).items():
            tops = tops_of(book)
            if tops != self._tops.get(instrument_id):
                self._tops[instrument_id] = tops
                change.tops.add(instrument_id)
        self._trade(change, trades_of(events, ts_ns))
        aged = self.days.advance(max(self._link.ts_ns, self._clock.now_ns()))
        change.tickers = change.tops | change.traded.keys() | aged | self._recalled
        self._recalled = set()
        if relisted:
            change.tickers |= set(self.known_ids())
        return change

    def unwatch(self, instrument_id: int) -> None:
        """Nobody looks at this book in depth any more."""
        self.books.pop(instrument_id, None)

    def tops(self, instrument_id: int) -> Tops:
        """Best bid and ask as last looked at; zeros for an empty side."""
        return self._tops.get(instrument_id, NO_TOPS)

    def ticker(self, instrument_id: int, seq: int, tops: Tops | None = None) -> Ticker:
        """How an instrument trades, as of the last pull; `tops` instead of the best prices last looked at."""
        row, day, now = self._catalog.rows[instrument_id], self.days.day(instrument_id), Now()
        now.status, now.reference_ticks = int(row["status"]), int(row["reference_price_ticks"])
        now.last_ticks = day.last_ticks or int(row["last_price_ticks"])
        now.before_ticks, now.first_ticks = day.before_ticks, self._first_ticks.get(instrument_id, 0)
        now.high_ticks, now.low_ticks = day.high_ticks, day.low_ticks
        now.qty_lots, now.turnover = day.qty_lots, day.turnover
        now.bid, now.ask = tops or self.tops(instrument_id)
        now.trades, now.seq = self._counts[instrument_id][0], seq
        return self.texts(instrument_id).ticker(now)

    async def tickers(self, instrument_ids: Iterable[int]) -> list[Ticker]:
        """For a question beside the stream: tickers as of the last pull, with best prices of this moment."""
        ids = [instrument_id for instrument_id in instrument_ids if instrument_id in self._counts]
        stale = self._stale.intersection(ids)
        seq, books = await self._look(stale, 1)
        await asyncio.gather(*(self.recall(instrument_id) for instrument_id in ids))
        return [
            self.ticker(each, seq or self._link.seq, tops_of(books[each]) if each in books else None) for each in ids
        ]

    # --- The past ---

    def has_past(self, instrument_id: int) -> bool:
        """Whether what traded before this door listened is known; if not, it is asked for, in the background."""
        task = self._past.get(instrument_id)
        if task is None:
            task = self._past[instrument_id] = asyncio.ensure_future(self._recall(instrument_id))
        return task.done()

    async def recall(self, instrument_id: int) -> None:
        """Have the past of an instrument known."""
        if not self.has_past(instrument_id):
            await asyncio.wait([self._past[instrument_id]])

    async def _recall(self, instrument_id: int) -> None:
        if self._counts.get(instrument_id, (0, 0))[0] == 0:
            return  # It never traded.
        candles = self.candles
        listed = self._catalog.listed(instrument_id)
        try:
            past: Past = await ask_past(self._link, listed, self.from_seq, self.from_ns)
        except EmporionError as error:
            log.warning("what %s did before now is not known: %s", listed.name, error)
            return
        if self.candles is not candles:
            return  # All was forgotten meanwhile.
        self.tape.put_before(instrument_id, past.trades)
        for base, rows in past.candles.items():
            self.candles.put_before(instrument_id, base, rows)
        self.days.put_before(instrument_id, past.candles["1m"], past.before_ticks)
        if past.first_ticks:
            self._first_ticks[instrument_id] = past.first_ticks
        self._recalled.add(instrument_id)

    # --- Below ---

    def _trade(self, change: Change, trades: NDArray[np.void]) -> None:
        if not len(trades):
            return
        self.days.add(self.candles.add(trades))
        self.tape.add(trades)
        for instrument_id in np.unique(trades["instrument_id"]).tolist():
            own = change.traded[instrument_id] = trades[trades["instrument_id"] == instrument_id]
            count, after_seq = self._counts[instrument_id]
            if not count:
                self._first_ticks[instrument_id] = int(own["price_ticks"][0])
            self._counts[instrument_id] = count + int((own["seq"] > after_seq).sum()), after_seq

    async def _look(self, instrument_ids: Collection[int], levels: int) -> tuple[int, dict[int, Image]]:
        """Books as they are now, and the seq of the oldest of them; 0 for none."""
        ids = sorted(instrument_ids)
        parts = [ids[at : at + BOOKS_AT_ONCE] for at in range(0, len(ids), BOOKS_AT_ONCE)]
        answers = await asyncio.gather(*(self._link.ask(Books(part, levels)) for part in parts))
        images = {
            book.instrument_id: Image(answer.seq, book.bids, book.asks) for answer in answers for book in answer.books
        }
        return min((answer.seq for answer in answers), default=0), images

    def _meet(self, instrument_ids: Iterable[int]) -> None:
        """Instruments seen for the first time."""
        for instrument_id in instrument_ids:
            if instrument_id not in self._counts:
                self._counts[instrument_id] = int(self._catalog.rows[instrument_id]["trades"]), self._catalog.seq
                self._stale.add(instrument_id)


def tops_of(book: Image) -> Tops:
    bids, asks = book.bids[:1].tolist(), book.asks[:1].tolist()
    return (bids[0] if bids else NO_TOPS[0]), (asks[0] if asks else NO_TOPS[1])


_NO_EVENTS = np.zeros(0, EVENT)
