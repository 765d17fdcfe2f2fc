"""Messages of the public channels: what a chain's next message is, and what its first one is."""

from collections.abc import Set

from emporion.feeds.candles import bars
from emporion.feeds.depth import Image, delta
from emporion.feeds.trades import TRADES_KEPT
from emporion.gateway.stream.chain import Chain
from emporion.gateway.stream.frames import encode
from emporion.gateway.stream.views import Change, Views
from emporion.wire import stream
from emporion.wire.checksum import LEVELS, checksum
from emporion.wire.market import Ticker

CANDLES_FIRST = 300  # In the first message; REST has the others.
TRADES_FIRST = 100


class Public:
    """Makes messages out of the views. Reads them, keeps only which tickers were sent."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._sent: dict[int, Ticker] = {}  # As of the last interval in which tickers were wanted.
        self._new: dict[int, Ticker] = {}  # Those that differ in this one.

    def forget(self) -> None:
        self._sent.clear()

    def note(self, change: Change, wanted: Set[int]) -> None:
        """Find out which tickers differ from what was sent; 0 among those wanted: of all."""
        self._new = {}
        ids = change.tickers if 0 in wanted else change.tickers & wanted
        for instrument_id in sorted(ids):
            ticker = self._views.ticker(instrument_id, change.look_seq)
            if not _same(ticker, self._sent.get(instrument_id)):
                self._sent[instrument_id] = self._new[instrument_id] = ticker

    # --- What changed ---

    def message(self, chain: Chain, change: Change) -> None:
        """Let the chain have its next message, if there is one."""
        made = getattr(self, f"_{chain.key.channel}")(chain, change)
        if made is not None:
            chain.push(made.seq, encode(made))

    def _trades(self, chain: Chain, change: Change) -> stream.Trades | None:
        rows = change.traded.get(chain.key.instrument_id)
        if rows is None:
            return None
        texts = self._views.texts(chain.key.instrument_id)
        return stream.Trades(texts.listed.name, change.seq, chain.seq, texts.trades(rows))

    def _ticker(self, chain: Chain, change: Change) -> stream.Tickers | None:
        number = chain.key.instrument_id
        items = [ticker for each, ticker in self._new.items() if number in (0, each)]
        return stream.Tickers(chain.subscription.instrument, change.look_seq, chain.seq, items) if items else None

    def _candles(self, chain: Chain, change: Change) -> stream.Candles | None:
        number, interval = chain.key.instrument_id, chain.key.interval
        rows = change.traded.get(number)
        if rows is None:
            return None
        texts = self._views.texts(number)
        grown = self._views.candles.since(number, interval, int(rows["ts_ns"][0]))
        return stream.Candles(texts.listed.name, interval, change.seq, chain.seq, texts.candles(bars(grown)))

    def _top(self, chain: Chain, change: Change) -> stream.Top | None:
        return self._best(chain, change.look_seq, chain.seq) if chain.key.instrument_id in change.tops else None

    def _depth(self, chain: Chain, change: Change) -> stream.Depth | None:
        number = chain.key.instrument_id
        before, now = change.books.get(number, (None, None))
        if before is None or now is None:
            return None
        bids, asks = delta(before.bids, now.bids), delta(before.asks, now.asks)
        if not len(bids) and not len(asks):
            return None
        texts = self._views.texts(number)
        return stream.Depth(
            texts.listed.name, False, now.seq, chain.seq, texts.levels(bids[::-1]), texts.levels(asks),
            self._checksum(number, now),
        )  # fmt: skip

    # --- All there is ---

    def begin(self, chain: Chain, change: Change) -> bool:
        """Say where the chain begins, once what it is about is known."""
        number = chain.key.instrument_id
        if chain.key.channel == "depth":
            if number not in self._views.books:
                return False
            chain.begin(self._views.books[number].seq)
            return True
        if chain.key.channel != "top" and number and not self._views.has_past(number):
            return False
        if chain.key.channel == "ticker":
            for each in [number] if number else self._views.known_ids():
                self._views.has_past(each)  # Of all at once: a ticker follows when its past has come.
                self._sent[each] = self._views.ticker(each, change.look_seq)
        chain.begin(change.seq if chain.key.channel in ("trades", "candles") else change.look_seq)
        return True

    def image(self, chain: Chain) -> bytes:
        """A first message: all of the chain as of its `seq`."""
        number, interval, name = chain.key.instrument_id, chain.key.interval, chain.subscription.instrument
        if chain.key.channel == "ticker":
            ids = [number] if number else self._views.known_ids()
            items = [self._sent[each] for each in ids if each in self._sent]
            return encode(stream.Tickers(name, chain.seq, 0, items))
        texts = self._views.texts(number)
        if chain.key.channel == "trades":
            latest = self._views.tape.trades(number)[-TRADES_FIRST:]
            return encode(stream.Trades(texts.listed.name, chain.seq, 0, texts.trades(latest)))
        if chain.key.channel == "candles":
            rows = self._views.candles.latest(number, interval, CANDLES_FIRST)
            return encode(stream.Candles(texts.listed.name, interval, chain.seq, 0, texts.candles(bars(rows))))
        if chain.key.channel == "top":
            return encode(self._best(chain, chain.seq, 0))
        book = self._views.books[number]
        return encode(
            stream.Depth(
                texts.listed.name, True, chain.seq, 0, texts.levels(book.bids), texts.levels(book.asks),
                self._checksum(number, book),
            )
        )  # fmt: skip

    def since(self, chain: Chain, after_seq: int) -> list[bytes] | None:
        """What a reader who has all up to `after_seq` lacks; None when that cannot be had."""
        messages = chain.since(after_seq)
        if messages is not None or chain.key.channel != "trades" or after_seq > chain.seq:
            return messages
        rows = self._views.tape.trades(chain.key.instrument_id)
        if len(rows) < TRADES_KEPT or rows["seq"][0] > after_seq:
            return None
        texts = self._views.texts(chain.key.instrument_id)
        missed = texts.trades(rows[rows["seq"] > after_seq])
        return [encode(stream.Trades(texts.listed.name, chain.seq, after_seq, missed))]

    # --- Below ---

    def _best(self, chain: Chain, seq: int, prev: int) -> stream.Top:
        number = chain.key.instrument_id
        listed, (bid, ask) = self._views.texts(number).listed, self._views.tops(number)
        sides = [(listed.price.text(ticks), listed.qty.text(lots), orders) for ticks, lots, orders in (bid, ask)]
        return stream.Top(listed.name, seq, prev, sides[0] if bid[0] else None, sides[1] if ask[0] else None)

    def _checksum(self, instrument_id: int, book: Image) -> int:
        texts = self._views.texts(instrument_id)
        return checksum(texts.levels(book.bids[:LEVELS]), texts.levels(book.asks[:LEVELS]))


def _same(new: Ticker, old: Ticker | None) -> bool:
    """Whether two tickers say the same, but for when."""
    if old is None or new.last != old.last or new.trades != old.trades or new.bid != old.bid or new.ask != old.ask:
        return False
    names = [name for name in Ticker.__struct_fields__ if name != "seq"]
    return all(getattr(new, name) == getattr(old, name) for name in names)
