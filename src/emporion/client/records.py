"""From the wire's text to the records of the in-process API: the same classes, exact `Decimal`s, whole numbers."""

from dataclasses import dataclass
from decimal import Decimal

from emporion.client.values import cl_ord_id_of
from emporion.venue import things
from emporion.wire import accounts, market, operator, trading


@dataclass(frozen=True)
class Candle:
    """What traded in one interval. Intervals without a trade have none."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    qty: Decimal
    turnover: Decimal  # In quote.
    trades: int


@dataclass(frozen=True)
class Ticker:
    """How an instrument trades now; None where there is nothing."""

    instrument: str
    status: str
    last: Decimal | None
    change: Decimal | None  # Percent, against 24 hours ago.
    high: Decimal | None  # Of 24 hours.
    low: Decimal | None
    qty: Decimal  # Traded in 24 hours, base.
    turnover: Decimal  # The same, quote.
    bid: Decimal | None
    bid_qty: Decimal | None
    ask: Decimal | None
    ask_qty: Decimal | None
    trades: int  # Since listing.
    seq: int


@dataclass(frozen=True)
class Preview:
    """What an order would do as things stand now; nothing is sent to the venue's journal."""

    accepted: bool
    problem: things.Refusal | None  # Why it would be refused.
    price: Decimal | None  # Its limit, or of a market order the protection price.
    notional: Decimal  # Limit x quantity, quote.
    fee_max: Decimal  # At the highest of its rates, on the whole.
    hold: Decimal  # Set aside at entry,
    hold_asset: str  # of this asset,
    free: Decimal  # of which this much is free.
    fills_qty: Decimal  # What would trade at once,
    fills_cost: Decimal  # for so much quote,
    fills_fee: Decimal  # with this fee,
    average: Decimal | None  # at this price on average, rounded to the tick.
    maker_ppm: int
    taker_ppm: int
    # Of a margin account, US dollars; None of others.
    equity: Decimal | None = None
    required: Decimal | None = None  # As things stand,
    required_after: Decimal | None = None  # and with the order open.
    order_risk: Decimal | None = None


@dataclass(frozen=True)
class Fees:
    """Fractions of the notional; a negative maker fee is a rebate."""

    schedule: int
    tier: int
    maker: Decimal
    taker: Decimal


def exact(text: str) -> Decimal:
    """A number as the in-process API has it: without the zeros at the end that line up columns on a page."""
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def exact_or_none(text: str | None) -> Decimal | None:
    return None if text is None else exact(text)


def account(said: accounts.Account) -> things.Account:
    return things.Account(said.account_id, said.name, said.master, said.fee_tier, said.frozen)


def asset(said: market.Asset) -> things.Asset:
    return things.Asset(said.asset_id, said.name, said.decimals, said.asset_class, exact(said.supply))


def instrument(said: market.Instrument) -> things.Instrument:
    return things.Instrument(
        instrument_id=said.instrument_id,
        name=said.name,
        base=said.base,
        quote=said.quote,
        asset_class=said.asset_class,
        status=said.status,
        tick=exact(said.tick),
        lot=exact(said.lot),
        qty_min=exact(said.qty_min),
        qty_max=exact(said.qty_max),
        price_max=exact(said.price_max),
        notional_min=exact(said.notional_min),
        notional_max=exact_or_none(said.notional_max),
        reference=exact_or_none(said.reference),
        band=exact(said.band),
        fee_schedule=said.fee_schedule,
        last_price=exact_or_none(said.last_price),
        best_bid=exact_or_none(said.best_bid),
        best_ask=exact_or_none(said.best_ask),
        traded=exact(said.traded),
        trades=said.trades,
    )


def fill(said: trading.Fill) -> things.Fill:
    return things.Fill(
        said.seq, int(said.ts_ns), said.order_id, said.account, said.instrument, said.side, said.role,
        exact(said.price), exact(said.qty), exact(said.leaves), exact(said.fee),
    )  # fmt: skip


def order(said: trading.Order) -> things.Order:
    return things.Order(
        order_id=said.order_id,
        account=said.account,
        instrument=said.instrument,
        side=said.side,
        tif=said.tif,
        price=exact(said.price),
        qty=exact(said.qty),
        cum=exact(said.cum),
        leaves=exact(said.leaves),
        status=said.status,
        reason=said.reason,
        flags=tuple(said.flags),
        stp=said.stp,
        display=exact_or_none(said.display),
        trigger=exact_or_none(said.trigger),
        trigger_by=said.trigger_by,
        trail=exact_or_none(said.trail),
        link=said.link,
        related_id=said.related_id,
        expire_ns=int(said.expire_ns) if said.expire_ns is not None else None,
        cl_ord_id=cl_ord_id_of(said.cl_ord_id),
        fills=tuple(fill(each) for each in said.fills),
    )


def trade(said: market.Trade) -> things.Trade:
    return things.Trade(said.seq, int(said.ts_ns), said.instrument, said.side, exact(said.price), exact(said.qty))


def balance(said: accounts.Balance) -> things.Balance:
    return things.Balance(
        said.account, said.asset, exact(said.total), exact(said.free), exact(said.in_orders), exact(said.held)
    )


def hold(said: accounts.Hold) -> things.Hold:
    return things.Hold(said.hold_id, said.account, said.asset, exact(said.amount), said.kind, said.reference)


def level(said: market.Level) -> things.Level:
    return things.Level(exact(said[0]), exact(said[1]), said[2])


def candle(said: market.Candle) -> Candle:
    return Candle(
        int(said.start_ns), exact(said.open), exact(said.high), exact(said.low), exact(said.close),
        exact(said.qty), exact(said.turnover), said.trades,
    )  # fmt: skip


def ticker(said: market.Ticker) -> Ticker:
    return Ticker(
        instrument=said.instrument,
        status=said.status,
        last=exact_or_none(said.last),
        change=exact_or_none(said.change),
        high=exact_or_none(said.high),
        low=exact_or_none(said.low),
        qty=exact(said.qty),
        turnover=exact(said.turnover),
        bid=exact_or_none(said.bid),
        bid_qty=exact_or_none(said.bid_qty),
        ask=exact_or_none(said.ask),
        ask_qty=exact_or_none(said.ask_qty),
        trades=said.trades,
        seq=said.seq,
    )


def fees(said: operator.Fees) -> Fees:
    return Fees(said.schedule, said.tier, exact(said.maker), exact(said.taker))
