"""What the venue hands out: small frozen records in decimal units, exact.

Quantities, prices and amounts are `Decimal`, made from whole lots, ticks and atoms without
rounding. Names of sides, statuses and kinds are those of `codes`, in lower case. Times are whole
nanoseconds since 1970 UTC.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from emporion.schema.codes import Reject


@dataclass(frozen=True)
class Account:
    """Who holds balances and orders. A sub-account shares its master's identity in self-trade prevention only."""

    account_id: int
    name: str
    master: str | None = None  # Of a sub-account.
    fee_tier: int = 0
    frozen: bool = False


@dataclass(frozen=True)
class Asset:
    """What balances are counted in. One atom is 10^-decimals."""

    asset_id: int
    name: str
    decimals: int
    asset_class: str
    supply: Decimal  # In all accounts but the outside world.


@dataclass(frozen=True)
class Instrument:
    """What is traded, and within which bounds."""

    instrument_id: int
    name: str
    base: str  # Of a contract, which has none, what it is on: its name before the dash.
    quote: str
    asset_class: str
    status: str
    tick: Decimal  # Least price step, in quote per base.
    lot: Decimal  # Least quantity, in base.
    qty_min: Decimal
    qty_max: Decimal
    price_max: Decimal
    notional_min: Decimal
    notional_max: Decimal | None
    reference: Decimal | None  # Where the band stands until the first trade.
    band: Decimal  # Fraction a limit may lie from the last trade; 0 for no band.
    fee_schedule: int
    last_price: Decimal | None
    best_bid: Decimal | None
    best_ask: Decimal | None
    traded: Decimal  # Quantity since listing.
    trades: int


@dataclass(frozen=True)
class Fill:
    """One side of one match."""

    seq: int
    ts_ns: int
    order_id: int
    account: str
    instrument: str
    side: str
    role: str  # "maker" or "taker"
    price: Decimal
    qty: Decimal
    leaves: Decimal  # Open in the order afterwards.
    fee: Decimal  # In the quote asset; negative is a rebate.


@dataclass(frozen=True)
class Order:
    """An order as it stands when this record was made; `venue.order(order_id)` looks again."""

    order_id: int
    account: str
    instrument: str
    side: str
    tif: str
    price: Decimal  # Limit; of a market order its protection price.
    qty: Decimal  # Total, less what self-trade prevention took.
    cum: Decimal  # Done.
    leaves: Decimal  # Open.
    status: str  # new, partially_filled, filled, canceled, expired
    reason: str | None = None  # Why it was cancelled, as a name of codes.Reject in lower case.
    flags: tuple[str, ...] = ()  # post_only, market, stop, reduce_only, take_profit
    stp: str = "cancel_resting"
    display: Decimal | None = None
    trigger: Decimal | None = None
    trigger_by: str = "last"  # Whose price: of trades, or of contracts "mark" or "index".
    trail: Decimal | None = None  # The trigger follows the price at this distance.
    link: str | None = None  # cancels_other, child, position
    related_id: int | None = None  # The order it is tied to.
    expire_ns: int | None = None
    cl_ord_id: str | bytes | None = None
    fills: tuple[Fill, ...] = ()  # Of the call that returned this record.

    @property
    def is_open(self) -> bool:
        return self.status in ("new", "partially_filled")


@dataclass(frozen=True)
class Trade:
    """One match, as the public sees it."""

    seq: int
    ts_ns: int
    instrument: str
    side: str  # Of the taker.
    price: Decimal
    qty: Decimal


@dataclass(frozen=True)
class Balance:
    """What an account has of one asset: total = free + in_orders + held."""

    account: str
    asset: str
    total: Decimal
    free: Decimal
    in_orders: Decimal
    held: Decimal  # Withdrawals under way and freezes.


@dataclass(frozen=True)
class Hold:
    """An amount set aside by name: a withdrawal under way, or a freeze."""

    hold_id: int
    account: str
    asset: str
    amount: Decimal
    kind: str  # "withdrawal" or "freeze"
    reference: int = 0


@dataclass(frozen=True)
class Entry:
    """One change of an account's total of one asset. Their sum is the balance."""

    seq: int
    ts_ns: int
    account: str
    asset: str
    kind: str  # deposit, transfer, withdrawal, buy, sell, fee
    amount: Decimal
    order_id: int  # Of the order or hold; 0 for none.


class Level(NamedTuple):
    """One price of a book: the quantity on show and how many orders share it."""

    price: Decimal
    qty: Decimal
    orders: int


@dataclass(frozen=True)
class Refusal:
    """A command of a batch that was refused; single commands raise `Refused` instead."""

    reason: Reject
    message: str
