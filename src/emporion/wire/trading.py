"""Orders and fills of an account."""

from typing import Annotated

import msgspec
from msgspec import Meta

from emporion.wire.problem import Problem
from emporion.wire.values import (
    ClOrdId,
    Dec,
    Id,
    InstrumentName,
    LinkText,
    Ns,
    Seq,
    SideText,
    SignedDec,
    StatusText,
    StpText,
    TifText,
    TriggerText,
)

BATCH_MAX = 1_000


class Fill(msgspec.Struct, frozen=True):
    """One side of one match."""

    seq: Seq
    ts_ns: Ns
    order_id: int
    account: str
    instrument: InstrumentName
    side: SideText
    role: str  # "maker" or "taker"
    price: Dec
    qty: Dec
    leaves: Dec  # Open in the order afterwards.
    fee: SignedDec  # In the quote asset; negative is a rebate.


class Order(msgspec.Struct, frozen=True):
    """An order as it stood when the answer was made."""

    order_id: int
    account: str
    instrument: InstrumentName
    side: SideText
    tif: TifText
    price: Dec  # Limit; of a market order its protection price.
    qty: Dec  # Total, less what self-trade prevention took.
    cum: Dec  # Done.
    leaves: Dec  # Open.
    status: StatusText
    reason: str | None = None  # Why it was cancelled: a name of codes.Reject in lower case.
    flags: list[str] = []  # post_only, market, stop, reduce_only, take_profit
    stp: StpText = "cancel_resting"
    display: Dec | None = None
    trigger: Dec | None = None
    trigger_by: TriggerText = "last"
    trail: Dec | None = None
    link: LinkText | None = None
    related_id: int | None = None  # The order it is tied to.
    expire_ns: Ns | None = None
    cl_ord_id: ClOrdId | None = None
    fills: list[Fill] = []  # Of the command answered; in GET of one order, all.
    seq: Seq = 0  # Of the command answered; in lists, of its entry.
    entry_ns: Ns = "0"  # When it was entered.
    repeated: bool = False  # The client id was used before: this is the first order, nothing was placed now.


class PlaceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One order. Which attributes go together is in docs/rules/orders.md."""

    instrument: InstrumentName
    side: SideText
    qty: Dec
    price: Dec | None = None  # Limit; with `market` the worst you accept, and may be left out where there is a band.
    tif: TifText | None = None  # By default gtd with expire_ns, ioc with market, else gtc.
    market: bool = False
    post_only: bool = False
    display: Dec | None = None  # Iceberg: show this much at a time.
    trigger: Dec | None = None  # A stop: wait for a price at or past this one.
    trigger_by: TriggerText = "last"  # Whose price: of trades, or of contracts the mark or the index.
    take_profit: bool = False  # With trigger: wait for the price on the other side, a buy for it to fall.
    trail: Dec | None = None  # With trigger: the trigger follows the price at this distance.
    reduce_only: bool = False  # Of contracts: never opens or turns a position.
    link: LinkText | None = None  # How it is tied to `related_id`, or to the position.
    related_id: Id | None = None
    expire_ns: Ns | None = None  # For gtd.
    stp: StpText = "cancel_resting"
    cl_ord_id: ClOrdId | None = None  # Makes a retry safe.


class PlaceOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several orders as one durable batch. A refused one does not stop the others."""

    orders: Annotated[list[PlaceOrder], Meta(min_length=1, max_length=BATCH_MAX)]


class PlacedOrder(msgspec.Struct, frozen=True):
    """One of the two."""

    order: Order | None
    problem: Problem | None


class PlacedOrders(msgspec.Struct, frozen=True):
    """One answer an order, in the order given: the order, or the problem with it."""

    results: list[PlacedOrder]


class ReplaceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change. `qty` is the new total, what is done included."""

    qty: Dec | None = None
    price: Dec | None = None
    new_cl_ord_id: ClOrdId | None = None  # Only where the order is named by its number.


class CancelOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several cancels as one batch, each by its number."""

    order_ids: Annotated[list[Id], Meta(min_length=1, max_length=BATCH_MAX)]


class MassCanceled(msgspec.Struct, frozen=True):
    order_ids: list[int]
    seq: Seq


class MarginPreview(msgspec.Struct, frozen=True):
    """What an order would do to the margin of an account: US dollars with six decimals."""

    equity: SignedDec
    required: Dec  # As things stand,
    required_after: Dec  # and with the order open.
    available_after: SignedDec
    order_risk: Dec  # Of that: lost if it fills at its limit, and its fee.


class Preview(msgspec.Struct, frozen=True):
    """What an order would do as things stand now; nothing is sent."""

    accepted: bool
    problem: Problem | None  # Why it would be refused.
    price: Dec | None  # Its limit, or of a market order the protection price.
    notional: Dec  # Limit x quantity, quote.
    fee_max: Dec  # At the highest of its rates, on the whole.
    hold: Dec  # Set aside at entry,
    hold_asset: str  # of this asset,
    free: Dec  # of which this much is free.
    fills_qty: Dec  # What would trade at once,
    fills_cost: Dec  # for so much quote,
    fills_fee: SignedDec  # with this fee,
    average: Dec | None  # at this price on average, rounded to the tick.
    maker_ppm: int
    taker_ppm: int
    margin: MarginPreview | None = None  # Of a margin account.


class Deadman(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dead man's switch: all orders are cancelled unless this is sent again in time."""

    seconds: Dec  # "0" switches it off; at most a day.


class OrderPage(msgspec.Struct, frozen=True):
    items: list[Order]
    next: str | None = None  # Cursor of the next page; None at the end.


class FillPage(msgspec.Struct, frozen=True):
    items: list[Fill]
    next: str | None = None
