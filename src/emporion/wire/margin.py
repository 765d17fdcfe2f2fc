"""An account's one pool of margin: positions, health, and why its margin is what it is.

Amounts named `value` and all sums of margin are in US dollars with six decimals, the unit everything is weighed in.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from emporion.wire.contracts import ContractKindText
from emporion.wire.values import AssetName, ClOrdId, Dec, InstrumentName, Ns, Seq, SideText, SignedDec, StpText

StageText = Literal["none", "queued", "reducing", "backstop", "deleveraging"]
ModeText = Literal["cash", "margin"]
TwapStatusText = Literal["running", "ended"]


class Position(msgspec.Struct, frozen=True):
    """What an account holds of a contract."""

    account: str
    instrument: InstrumentName
    kind: ContractKindText
    qty: SignedDec  # Negative is short.
    entry: Dec | None  # Average price of what is open.
    mark: Dec | None
    value: SignedDec  # qty x mark, settlement asset.
    settle: AssetName
    unrealized: SignedDec  # At the mark, settlement asset, since the entry shown.
    unposted: SignedDec  # Of that, what has not been marked to cash yet.
    liquidation: (
        Dec | None
    )  # Mark at which the account would be liquidated, all else as it is; None where there is none.
    buy_open: Dec  # In open orders.
    sell_open: Dec


class MarginSummary(msgspec.Struct, frozen=True):
    """The health of an account. Orders that take on risk need `required`; below `maintenance` it is liquidated."""

    account: str
    mode: ModeText
    stage: StageText
    equity: SignedDec
    initial: Dec
    maintenance: Dec
    order_risk: Dec  # What open orders lose if they fill at their limits, and their fees.
    required: Dec
    available: SignedDec  # equity - required
    gross: Dec  # Sum of positions and orders at the mark, without netting.
    leverage: Dec | None  # gross / equity
    leverage_max: int  # 0: no cap of its own.
    borrowed: list["Loan"]


class Loan(msgspec.Struct, frozen=True):
    """A balance below zero."""

    asset: AssetName
    amount: Dec
    rate: SignedDec  # Interest of an hour now, as a fraction.


class MarginPart(msgspec.Struct, frozen=True):
    """What one holding adds in the scenario that decides its group: parts and orders sum to the loss."""

    name: str  # Instrument or asset.
    is_order: bool  # Of its open orders, not of the holding.
    qty: SignedDec
    value: SignedDec  # Gain or loss.


class MarginGroup(msgspec.Struct, frozen=True):
    group_id: int
    group: str
    kind: Literal["price", "rates", "event"]
    scenario: int
    scenario_title: str  # In words: "price -15%, volatility up".
    loss: Dec  # Initial margin of the group: the worst scenario, orders included; or the short minimum.
    held_loss: Dec
    maintenance: Dec
    is_short_minimum: bool
    scenarios: list[SignedDec]  # Gain or loss in each of the 16, orders included.
    parts: list[MarginPart]


class MarginAddon(msgspec.Struct, frozen=True):
    name: str
    value: Dec


class Explanation(msgspec.Struct, frozen=True):
    """Why the margin is what it is: groups' losses and add-ons sum to `initial`, to the last micro-dollar."""

    seq: Seq
    summary: MarginSummary
    collateral: list[MarginPart]  # What each balance and each open gain adds to equity.
    groups: list[MarginGroup]
    addons: list[MarginAddon]


class PositionPage(msgspec.Struct, frozen=True):
    items: list[Position]
    next: str | None = None


class SetMarginMode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account becomes a margin account, for good; or its own leverage cap changes."""

    leverage_max: Annotated[int, Meta(ge=0, le=1_000)] = 0


class PlaceTwap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity traded in slices over a time."""

    instrument: InstrumentName
    side: SideText
    qty: Dec
    seconds: Annotated[int, Meta(ge=1, le=86_400)]
    interval_seconds: Annotated[int, Meta(ge=1, le=3_600)] = 30
    slippage: Dec = "0.03"  # How far from the best opposite price a slice may go, as a fraction.
    price: Dec | None = None  # The worst you accept.
    reduce_only: bool = False
    stp: StpText = "cancel_resting"
    cl_ord_id: ClOrdId | None = None


class Twap(msgspec.Struct, frozen=True):
    twap_id: int
    account: str
    instrument: InstrumentName
    side: SideText
    qty: Dec
    done: Dec
    start_ns: Ns
    end_ns: Ns
    interval_ns: Ns
    status: TwapStatusText
    reason: str | None = None
    price: Dec | None = None  # The worst that is accepted.
    reduce_only: bool = False


class TwapPage(msgspec.Struct, frozen=True):
    items: list[Twap]
    next: str | None = None
