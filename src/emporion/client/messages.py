"""What a stream hands out: the messages of wire/stream.py with the records of the in-process API in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emporion.client import margin_records, records
from emporion.venue import margin_things, things
from emporion.wire import stream
from emporion.wire.gauges import Gauge


@dataclass(frozen=True)
class Trades:
    """New trades, oldest first. The first message has the latest ones, with `first`."""

    instrument: str
    seq: int
    items: tuple[things.Trade, ...]
    first: bool


@dataclass(frozen=True)
class Tickers:
    """Tickers that changed; the first message has all of the subscription."""

    instrument: str | None  # As subscribed.
    seq: int
    items: tuple[records.Ticker, ...]
    first: bool


@dataclass(frozen=True)
class Candles:
    """Candles that grew or began, oldest first; the first message has the latest ones."""

    instrument: str
    interval: str
    seq: int
    items: tuple[records.Candle, ...]
    first: bool


@dataclass(frozen=True)
class Top:
    """Best bid and ask, None for an empty side."""

    instrument: str
    seq: int
    bid: things.Level | None
    ask: things.Level | None


@dataclass(frozen=True)
class Depth:
    """With image: the whole book. Without: levels that changed, quantity 0 for those that went."""

    instrument: str
    image: bool
    seq: int
    bids: tuple[things.Level, ...]
    asks: tuple[things.Level, ...]
    checksum: int


@dataclass(frozen=True)
class Orders:
    """Orders as they are after each change. With image: all open ones; those not in it have ended."""

    account: str
    image: bool
    seq: int
    items: tuple[things.Order, ...]


@dataclass(frozen=True)
class Fills:
    """Fills, oldest first."""

    account: str
    seq: int
    items: tuple[things.Fill, ...]


@dataclass(frozen=True)
class Balances:
    """Balances that changed, in full; with image all of the account."""

    account: str
    image: bool
    seq: int
    items: tuple[things.Balance, ...]


@dataclass(frozen=True)
class Contracts:
    """Contracts whose mark, index, funding or open interest changed; the first message has all."""

    instrument: str | None  # As subscribed.
    seq: int
    items: tuple[margin_things.Contract, ...]
    first: bool


@dataclass(frozen=True)
class Gauges:
    """Gauges that changed; the first message has all."""

    seq: int
    items: tuple[Gauge, ...]
    first: bool


@dataclass(frozen=True)
class Margin:
    """Health and positions of an account, in full, when something of it changed."""

    account: str
    seq: int
    summary: margin_things.MarginSummary
    positions: tuple[margin_things.Position, ...]


@dataclass(frozen=True)
class Missed:
    """What came after `after_seq` up to `seq` cannot be had any more: an image or a view takes its place."""

    subscription: stream.Subscription
    after_seq: int
    seq: int


@dataclass(frozen=True)
class Relisted:
    """Something was listed, amended or changed its status: look at `instruments` again."""

    seq: int


@dataclass(frozen=True)
class Beat:
    """The venue is there: sent at least each second."""

    seq: int
    ts_ns: int


@dataclass(frozen=True)
class Disconnected:
    """The connection is gone; the stream is connecting anew by itself. What is known is as old as this."""

    why: str


@dataclass(frozen=True)
class Reconnected:
    """It is back, after `seconds`. What came in between follows, or Missed says that it cannot be had."""

    seconds: float


Message = (
    Trades | Tickers | Candles | Top | Depth | Contracts | Gauges | Orders | Fills | Balances | Margin | Missed
    | Relisted | Beat | Disconnected | Reconnected
)  # fmt: skip


def _level(said: tuple[str, str, int] | None) -> things.Level | None:
    return None if said is None else records.level(said)


_OF: dict[type, Callable[[Any], Message]] = {
    stream.Trades: lambda said: Trades(
        said.instrument, said.seq, tuple(map(records.trade, said.items)), said.prev == 0
    ),
    stream.Tickers: lambda said: Tickers(
        said.instrument, said.seq, tuple(map(records.ticker, said.items)), said.prev == 0
    ),
    stream.Candles: lambda said: Candles(
        said.instrument, said.interval, said.seq, tuple(map(records.candle, said.items)), said.prev == 0
    ),
    stream.Top: lambda said: Top(said.instrument, said.seq, _level(said.bid), _level(said.ask)),
    stream.Depth: lambda said: Depth(
        said.instrument, said.image, said.seq, tuple(map(records.level, said.bids)),
        tuple(map(records.level, said.asks)), said.checksum,
    ),
    stream.Orders: lambda said: Orders(said.account, said.image, said.seq, tuple(map(records.order, said.items))),
    stream.Fills: lambda said: Fills(said.account, said.seq, tuple(map(records.fill, said.items))),
    stream.Balances: lambda said: Balances(
        said.account, said.image, said.seq, tuple(map(records.balance, said.items))
    ),
    stream.Contracts: lambda said: Contracts(
        said.instrument, said.seq, tuple(map(margin_records.contract, said.items)), said.prev == 0
    ),
    stream.Gauges: lambda said: Gauges(said.seq, tuple(said.items), said.prev == 0),
    stream.Margin: lambda said: Margin(
        said.account, said.seq, margin_records.summary(said.summary),
        tuple(map(margin_records.position, said.positions)),
    ),
    stream.Missed: lambda said: Missed(said.subscription, said.after_seq, said.seq),
    stream.Relisted: lambda said: Relisted(said.seq),
    stream.Beat: lambda said: Beat(said.seq, int(said.ts_ns)),
}  # fmt: skip


def message_of(said: Any) -> Message:
    """A message of the wire, for people."""
    return _OF[type(said)](said)
