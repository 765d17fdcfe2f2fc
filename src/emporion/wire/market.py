"""What everybody may see: what is listed, how it trades, books, trades, candles."""

from typing import Literal

import msgspec

from emporion.wire.contracts import Contract
from emporion.wire.values import (
    AssetName,
    ClassText,
    Dec,
    InstrumentName,
    InstrumentStatusText,
    Ns,
    Seq,
    SideText,
    SignedDec,
)

Level = tuple[str, str, int]  # Price, quantity on show, orders.


class Status(msgspec.Struct, frozen=True):
    """The venue as a whole."""

    status: Literal["ok", "stopped"]
    seq: Seq
    ts_ns: Ns  # The venue's time: that of the last command.
    version: str
    simulation: bool  # Simulated traders are here, and the demo may be entered.
    sign_up: bool  # Strangers may open an account.


class Asset(msgspec.Struct, frozen=True):
    """What balances are counted in. One atom is 10^-decimals."""

    asset_id: int
    name: AssetName
    decimals: int
    asset_class: ClassText
    supply: Dec  # In all accounts but the outside world.


class Instrument(msgspec.Struct, frozen=True):
    """What is traded, and within which bounds."""

    instrument_id: int
    name: InstrumentName
    title: str  # For people; empty when nobody gave one.
    base: AssetName  # Of a contract, which has none, what it is on: its name before the dash.
    quote: AssetName
    asset_class: ClassText
    status: InstrumentStatusText
    tick: Dec  # Least price step, in quote per base.
    lot: Dec  # Least quantity, in base.
    qty_min: Dec
    qty_max: Dec
    price_max: Dec
    notional_min: Dec
    notional_max: Dec | None
    reference: Dec | None  # Where the band stands until the first trade.
    band: Dec  # Fraction a limit may lie from the last trade; "0" for no band.
    fee_schedule: int
    last_price: Dec | None
    best_bid: Dec | None
    best_ask: Dec | None
    traded: Dec  # Quantity since listing.
    trades: int
    contract: Contract | None = None  # What settles as a contract has this besides.


class Ticker(msgspec.Struct, frozen=True):
    """How an instrument trades now; None where there is nothing."""

    instrument: InstrumentName
    status: InstrumentStatusText
    last: Dec | None
    change: (
        SignedDec | None
    )  # Percent: last against 24 hours ago, or against the first trade or reference of a younger listing.
    high: Dec | None  # Of 24 hours.
    low: Dec | None
    qty: Dec  # Traded in 24 hours, base.
    turnover: Dec  # The same, quote.
    bid: Dec | None
    bid_qty: Dec | None
    ask: Dec | None
    ask_qty: Dec | None
    trades: int  # Since listing.
    seq: Seq


class Book(msgspec.Struct, frozen=True):
    """Levels of (price, quantity on show, orders), best first, after the command `seq`."""

    instrument: InstrumentName
    seq: Seq
    bids: list[Level]
    asks: list[Level]
    checksum: int  # See wire/checksum.py.


class Trade(msgspec.Struct, frozen=True):
    """One match; `side` is the taker's."""

    seq: Seq
    match: int  # 0 for the first trade of its command; (seq, match) names a trade for good.
    ts_ns: Ns
    instrument: InstrumentName
    side: SideText
    price: Dec
    qty: Dec


class Candle(msgspec.Struct, frozen=True):
    """What traded in one interval. Intervals without a trade have none."""

    start_ns: Ns
    open: Dec
    high: Dec
    low: Dec
    close: Dec
    qty: Dec
    turnover: Dec  # In quote.
    trades: int
