"""Contracts as everybody may see them: their terms, prices and funding, option chains, questions and outcomes."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from emporion.wire.values import AssetName, Dec, InstrumentName, Ns, Seq, SignedDec

ContractKindText = Literal["perpetual", "future", "call", "put", "outcome"]
QuestionStatusText = Literal["open", "proposed", "resolved"]
OUTCOMES_MAX = 16


class Contract(msgspec.Struct, frozen=True):
    """What an instrument that settles as a contract has besides; None where its kind has none."""

    instrument: InstrumentName
    kind: ContractKindText
    settle: AssetName  # Gains and losses are cash in this asset.
    mark: Dec | None
    index: Dec | None
    priced_ns: Ns | None
    open_interest: Dec  # Sum of the long positions.
    open_interest_max: Dec
    position_max: Dec  # Of one account.
    funding_rate: SignedDec | None  # Of the last interval, as a fraction of the index; longs pay when it is positive.
    funding_next: SignedDec | None  # What it would be now.
    funding_interval_ns: Ns | None
    next_funding_ns: Ns | None
    next_due_ns: Ns | None  # Next funding, daily settlement or expiry.
    expiry_ns: Ns | None
    strike: Dec | None
    daily_price: Dec | None  # Last daily settlement.
    final_price: Dec | None
    question: str | None
    outcome: str | None  # In words.
    outcome_number: int | None


class FundingPoint(msgspec.Struct, frozen=True):
    """Funding of one interval."""

    seq: Seq
    ts_ns: Ns
    instrument: InstrumentName
    rate: SignedDec
    index: Dec


class FundingPage(msgspec.Struct, frozen=True):
    items: list[FundingPoint]  # Newest first.
    next: str | None = None


class OptionQuote(msgspec.Struct, frozen=True):
    """One option of a chain. Model figures are estimates, so they are numbers; None without a price to start from."""

    instrument: InstrumentName
    mark: Dec | None
    bid: Dec | None
    ask: Dec | None
    last: Dec | None
    open_interest: Dec
    theoretical: float | None  # Black-76 at `iv`, in the settlement asset.
    iv: float | None  # Implied volatility of the mark, a year's, as a fraction.
    bid_iv: float | None
    ask_iv: float | None
    delta: float | None
    gamma: float | None
    vega: float | None  # Of one point of volatility (0.01).
    theta: float | None  # Of one day.


class OptionStrike(msgspec.Struct, frozen=True):
    strike: Dec
    call: OptionQuote | None
    put: OptionQuote | None


class OptionChain(msgspec.Struct, frozen=True):
    """All options on one underlying that end at one time, by strike."""

    underlying: str  # The name before the dash: BTC
    expiry_ns: Ns
    forward: Dec | None  # What they are options on: where marks of calls and puts agree, else the index.
    strikes: list[OptionStrike]


class OptionChains(msgspec.Struct, frozen=True):
    items: list[OptionChain]


class Outcome(msgspec.Struct, frozen=True):
    """One outcome of a question and the instrument that pays for it."""

    outcome: int
    name: str
    instrument: InstrumentName | None
    price: Dec | None  # Mark, between 0 and 1: what people think of its chance.
    bid: Dec | None
    ask: Dec | None
    payout: Dec | None  # Proposed or final.


class Question(msgspec.Struct, frozen=True):
    """An event: up to sixteen outcomes of which one will be. A question with one outcome is a yes or no."""

    question_id: int
    name: str
    title: str  # For people.
    status: QuestionStatusText
    challenge_ns: Ns  # How long a proposal may be challenged.
    due_ns: Ns | None  # When the proposal becomes final.
    turnover: Dec  # Of all its outcomes, 24 hours.
    outcomes: list[Outcome]
    group_id: int  # The risk group that its outcomes share.


class Questions(msgspec.Struct, frozen=True):
    items: list[Question]


class ResolveQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each outcome pays, from the first on; all add up to 1. A void or a split is a vector too: 0.5, 0.5."""

    payouts: Annotated[list[Dec], Meta(min_length=1, max_length=OUTCOMES_MAX)]
