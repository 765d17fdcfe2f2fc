"""Records of contracts, positions and margin, in decimal units, exact: as things.py has those of all else.

Sums of margin are in US dollars with six decimals, the unit in which everything is weighed.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Contract:
    """What an instrument that settles as a contract has besides; None where its kind has none."""

    instrument: str
    kind: str  # perpetual, future, call, put, outcome
    settle: str  # Gains and losses are cash in this asset.
    mark: Decimal | None
    index: Decimal | None
    priced_ns: int | None
    open_interest: Decimal  # Sum of the long positions.
    open_interest_max: Decimal
    position_max: Decimal  # Of one account, its open orders counted.
    funding_rate: Decimal | None  # Of the last interval, a fraction of the index; longs pay when it is positive.
    funding_next: Decimal | None  # What it would be now.
    funding_interval_ns: int | None
    next_due_ns: int | None  # Next funding, daily settlement or expiry.
    expiry_ns: int | None
    strike: Decimal | None
    daily_price: Decimal | None
    final_price: Decimal | None
    question: str | None
    outcome: int | None


@dataclass(frozen=True)
class Question:
    """Up to sixteen outcomes of which one will be."""

    question_id: int
    name: str
    status: str  # open, proposed, resolved
    outcomes: int
    instruments: tuple[str | None, ...]  # Of each outcome that has a contract.
    payouts: tuple[Decimal, ...] | None  # Proposed or final, adding up to one.
    challenge_ns: int
    due_ns: int | None  # When a proposal becomes final.
    group_id: int


@dataclass(frozen=True)
class Position:
    """What an account holds of a contract, after what is due on it."""

    account: str
    instrument: str
    qty: Decimal  # Negative is short.
    entry: Decimal | None  # Average price of what is open, to a tenth of a thousandth of a tick.
    mark: Decimal | None
    value: Decimal  # qty x mark, in the settle asset.
    unrealized: Decimal  # At the mark, since it was opened.
    unposted: Decimal  # Of that, what has not been marked to cash yet.
    liquidation: Decimal | None  # Mark at which the account would be liquidated, all else as it is.
    buy_open: Decimal  # In open orders.
    sell_open: Decimal


@dataclass(frozen=True)
class Loan:
    """A balance below zero."""

    asset: str
    amount: Decimal
    rate: Decimal  # Interest of an hour, as things stand.


@dataclass(frozen=True)
class MarginSummary:
    """The health of an account. Orders that take on risk need `required`; below `maintenance` it is liquidated."""

    account: str
    mode: str  # cash, margin
    stage: str  # none, queued, reducing, backstop, deleveraging
    equity: Decimal
    initial: Decimal
    maintenance: Decimal
    order_risk: Decimal  # What open orders lose if they fill at their limits, and their fees.
    required: Decimal
    gross: Decimal  # Positions and orders at the mark, without netting.
    leverage_max: int  # 0: no cap of its own.
    loans: tuple[Loan, ...]

    @property
    def available(self) -> Decimal:
        """What is left to take on risk with; negative when nothing is."""
        return self.equity - self.required

    @property
    def leverage(self) -> Decimal | None:
        """gross / equity, to a hundredth; None without equity."""
        return (self.gross / self.equity).quantize(Decimal("0.01")) if self.equity > 0 else None


@dataclass(frozen=True)
class MarginPart:
    """What one holding, or its open orders, adds in the scenario that decides."""

    name: str  # Instrument or asset.
    is_order: bool
    qty: Decimal
    value: Decimal  # Gain, or negative a loss.


@dataclass(frozen=True)
class MarginGroup:
    """One group's share: parts add up to minus the loss, where there is one."""

    group_id: int
    name: str
    kind: str  # price, rates, event
    scenario: int
    title: str  # Of the scenario, in words.
    loss: Decimal  # Orders counted.
    held_loss: Decimal
    maintenance: Decimal
    is_short_minimum: bool  # No scenario decides, but the least loss for short options.
    scenarios: tuple[Decimal, ...]  # Gain or loss in each, orders counted.
    parts: tuple[MarginPart, ...]


@dataclass(frozen=True)
class Explanation:
    """Why the margin is what it is: losses and add-ons add up to `initial`, collateral to `equity`."""

    summary: MarginSummary
    collateral: tuple[MarginPart, ...]
    groups: tuple[MarginGroup, ...]
    addons: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Foreseen:
    """What an order would do as things stand; nothing is sent."""

    reason: str | None  # Why it would be refused.
    price: Decimal | None  # Its limit, or of a market order the protection price.
    hold: Decimal  # Set aside at entry,
    hold_asset: str  # of this asset,
    borrow: Decimal  # and what it may have to borrow of it.
    order_risk: Decimal
    equity: Decimal
    required: Decimal
    required_after: Decimal

    @property
    def accepted(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Twap:
    """A quantity that the venue trades in slices."""

    twap_id: int
    account: str
    instrument: str
    side: str
    qty: Decimal
    done: Decimal
    start_ns: int
    end_ns: int
    interval_ns: int
    price: Decimal | None  # The worst that is accepted.
    reduce_only: bool


@dataclass(frozen=True)
class FundingPoint:
    """The rate of one interval."""

    seq: int
    ts_ns: int
    instrument: str
    rate: Decimal
    index: Decimal
