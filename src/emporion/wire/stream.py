"""What is said over the WebSocket at /v1/stream.

Every frame from the venue is a JSON array of messages, at most one frame an interval (50 ms); every
frame from a client is one request. A subscription is a channel and what it is about; its messages
form a chain: each names the `seq` it is of and in `prev` the `seq` of the one before, so that a
reader sees whether anything is missing.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from emporion.wire.accounts import Balance
from emporion.wire.contracts import Contract
from emporion.wire.gauges import Gauge
from emporion.wire.margin import MarginSummary, Position
from emporion.wire.market import Candle, Level, Ticker, Trade
from emporion.wire.trading import Fill, Order
from emporion.wire.values import InstrumentName, Interval, Name, Ns, Seq

Channel = Literal[
    "trades", "ticker", "candles", "top", "depth", "contracts", "gauges", "orders", "fills", "balances", "margin"
]  # fmt: skip


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A channel, and what it is about.

    trades, candles, top, depth: `instrument`. ticker, contracts: `instrument`, or none for all. candles: `interval`.
    gauges: nothing. orders, fills, balances, margin: `account`, by default the one signed in as.
    """

    channel: Channel
    instrument: InstrumentName | None = None
    interval: Interval | None = None
    account: Name | None = None


# --- From the client ---------------------------------------------------------------------------------


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="subscribe", tag_field="op"):
    """Follow. With `after_seq`, go on from there: what came since is sent, or Missed tells what cannot be had."""

    subscription: Subscription
    after_seq: Seq | None = None
    id: Annotated[int, Meta(ge=0, le=1 << 53)] = 0  # Comes back in the answer.


class Unsubscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="unsubscribe", tag_field="op"):
    subscription: Subscription
    id: Annotated[int, Meta(ge=0, le=1 << 53)] = 0


class Authenticate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="authenticate", tag_field="op"):
    """Sign in with an API key: the signature is that of GET /v1/stream with an empty body (wire/signing.py)."""

    key: str
    time_ns: Ns
    nonce: str
    signature: str
    account: str = ""
    id: Annotated[int, Meta(ge=0, le=1 << 53)] = 0


class Ping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ping", tag_field="op"):
    id: Annotated[int, Meta(ge=0, le=1 << 53)] = 0


Request = Subscribe | Unsubscribe | Authenticate | Ping

# --- From the venue ----------------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """First message of a connection."""

    seq: Seq
    version: str
    simulation: bool
    interval_ms: int
    account: str | None  # Signed in as, by the session cookie.


class Subscribed(msgspec.Struct, frozen=True, tag="subscribed", tag_field="type"):
    subscription: Subscription
    id: int


class Unsubscribed(msgspec.Struct, frozen=True, tag="unsubscribed", tag_field="type"):
    subscription: Subscription
    id: int


class Authenticated(msgspec.Struct, frozen=True, tag="authenticated", tag_field="type"):
    account: str
    id: int


class Pong(msgspec.Struct, frozen=True, tag="pong", tag_field="type"):
    id: int
    seq: Seq


class Error(msgspec.Struct, frozen=True, tag="error", tag_field="type"):
    """A request could not be done; the connection goes on."""

    id: int
    code: str
    detail: str


class Missed(msgspec.Struct, frozen=True, tag="missed", tag_field="type"):
    """Messages after `after_seq` up to `seq` cannot be had here; an image, or history by REST, takes their place."""

    subscription: Subscription
    after_seq: Seq
    seq: Seq


class Relisted(msgspec.Struct, frozen=True, tag="relisted", tag_field="type"):
    """Something was listed, amended or changed its status: GET /v1/instruments again. Sent to everybody."""

    seq: Seq


class Beat(msgspec.Struct, frozen=True, tag="beat", tag_field="type"):
    """Sent at least each second, so that a reader can tell quiet from dead."""

    seq: Seq
    ts_ns: Ns


class Trades(msgspec.Struct, frozen=True, tag="trades", tag_field="type"):
    """New trades, oldest first. The first message of a subscription has prev 0 and the latest ones."""

    instrument: str
    seq: Seq
    prev: Seq
    items: list[Trade]


class Tickers(msgspec.Struct, frozen=True, tag="ticker", tag_field="type"):
    """Tickers that changed; the first message has prev 0 and all of the subscription."""

    instrument: str | None  # As subscribed.
    seq: Seq
    prev: Seq
    items: list[Ticker]


class Candles(msgspec.Struct, frozen=True, tag="candles", tag_field="type"):
    """Candles that grew or began; the first message has prev 0 and the latest ones, oldest first."""

    instrument: str
    interval: str
    seq: Seq
    prev: Seq
    items: list[Candle]


class Top(msgspec.Struct, frozen=True, tag="top", tag_field="type"):
    """Best bid and ask: (price, quantity on show, orders), None for an empty side."""

    instrument: str
    seq: Seq
    prev: Seq
    bid: Level | None
    ask: Level | None


class Depth(msgspec.Struct, frozen=True, tag="depth", tag_field="type"):
    """With image: the whole book. Without: levels that changed, quantity "0" for those that went.

    `checksum` is that of the book after this message (wire/checksum.py).
    """

    instrument: str
    image: bool
    seq: Seq
    prev: Seq
    bids: list[Level]
    asks: list[Level]
    checksum: int


class Orders(msgspec.Struct, frozen=True, tag="orders", tag_field="type"):
    """Orders as they are after each change. With image: all open ones; those not in it have ended."""

    account: str
    image: bool
    seq: Seq
    prev: Seq
    items: list[Order]


class Fills(msgspec.Struct, frozen=True, tag="fills", tag_field="type"):
    account: str
    seq: Seq
    prev: Seq
    items: list[Fill]


class Balances(msgspec.Struct, frozen=True, tag="balances", tag_field="type"):
    """Balances that changed, in full; with image all of the account."""

    account: str
    image: bool
    seq: Seq
    prev: Seq
    items: list[Balance]


class Contracts(msgspec.Struct, frozen=True, tag="contracts", tag_field="type"):
    """Contracts whose mark, index, funding or open interest changed; the first message has prev 0 and all of them."""

    instrument: str | None  # As subscribed.
    seq: Seq
    prev: Seq
    items: list[Contract]


class Gauges(msgspec.Struct, frozen=True, tag="gauges", tag_field="type"):
    """Gauges that changed; the first message has prev 0 and all of them."""

    seq: Seq
    prev: Seq
    items: list[Gauge]


class Margin(msgspec.Struct, frozen=True, tag="margin", tag_field="type"):
    """Health and positions of an account, in full, when something of it changed."""

    account: str
    seq: Seq
    prev: Seq
    summary: MarginSummary
    positions: list[Position]


Message = (
    Hello | Subscribed | Unsubscribed | Authenticated | Pong | Error | Missed | Relisted | Beat | Trades | Tickers
    | Candles | Top | Depth | Contracts | Gauges | Orders | Fills | Balances | Margin
)  # fmt: skip
