"""What the read-only door says, as msgspec structs. Prices and quantities are decimal text, times ns as text.

A number above 2^53 is not safe in a JSON reader, and a float is no price; so both travel as text.
"""

from typing import Literal

import msgspec


class Instrument(msgspec.Struct, frozen=True):
    """What an instrument is: fixed, or changed only by its operator."""

    name: str
    title: str  # For people; empty when nobody gave one.
    asset_class: str
    base: str
    quote: str
    status: str
    tick: str  # Least price step, quote per base.
    lot: str  # Least quantity step, base.
    qty_min: str
    qty_max: str
    price_max: str
    reference_price: str | None


class Listing(msgspec.Struct, frozen=True):
    """How it trades now. None where there is nothing: no trade yet, an empty side."""

    name: str
    status: str
    last: str | None
    change_percent: str | None  # Of last against the reference price of the listing.
    bid: str | None
    ask: str | None
    spread: str | None
    spread_bps: str | None  # Of the middle.
    trades: int  # Since the listing.
    volume: str  # Traded base since the listing.


class Book(msgspec.Struct, frozen=True):
    """Levels of (price, quantity on show, orders), best first, after the command `seq`."""

    instrument: str
    seq: int
    bids: list[tuple[str, str, int]]
    asks: list[tuple[str, str, int]]


class Trade(msgspec.Struct, frozen=True):
    """One match; `side` is the taker's."""

    id: str  # "seq-match": the same for as long as the journal exists.
    ts_ns: str
    price: str
    qty: str
    side: str


class Bar(msgspec.Struct, frozen=True):
    """What traded in one stretch of time."""

    start_ns: str
    open: str
    high: str
    low: str
    close: str
    qty: str


class Health(msgspec.Struct, frozen=True):
    status: Literal["ok"]
    seq: int
    simulation: bool


# --- Pushed over the WebSocket; `type` says which -----------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """First message of a connection: everything listed, and how it trades."""

    seq: int
    simulation: bool
    instruments: list[Instrument]
    listings: list[Listing]


class Instruments(msgspec.Struct, frozen=True, tag="instruments", tag_field="type"):
    """Something was listed or amended: all of them again."""

    instruments: list[Instrument]


class Listings(msgspec.Struct, frozen=True, tag="listings", tag_field="type"):
    """Listings that changed since the last push, each in full."""

    seq: int
    listings: list[Listing]


class Image(msgspec.Struct, frozen=True, tag="image", tag_field="type"):
    """All of one instrument, answering a watch. What follows are Updates to it."""

    instrument: str
    book: Book
    trades: list[Trade]  # Oldest first.
    bars: list[Bar]  # Oldest first.


class Update(msgspec.Struct, frozen=True, tag="update", tag_field="type"):
    """What became of one instrument since the last push: the whole book, new trades, bars that grew or began."""

    instrument: str
    book: Book
    trades: list[Trade]
    bars: list[Bar]


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="watch", tag_field="op"):
    """The only thing a watcher may ask: which instrument to see in full, instead of the one before."""

    instrument: str


def encode(message: msgspec.Struct) -> bytes:
    """JSON bytes of a message."""
    return _encoder.encode(message)


_encoder = msgspec.json.Encoder()
