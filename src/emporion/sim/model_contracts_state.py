"""What the model remembers of contracts and margin: plain records, and sums made anew whenever they are asked for.

The parts of the model that speak of contracts share these: `model_margin` (R), `model_positions` (P), `model_loans`
(N), `model_liquidation` (Q), and those of a contract's life.
"""

from dataclasses import dataclass, field

from emporion.schema.codes import FeeForm, LiquidationStage, QuestionStatus
from emporion.schema.limits import LOADS, OUTCOMES_MAX, PAGE_HOLDINGS, SCENARIOS


@dataclass
class Group:
    """What its scenarios are, and which part of a loss must stay covered."""

    group_id: int
    kind: int
    maintenance_ppm: int


@dataclass
class Load:
    """What 2^unit_shift long gain or lose in each scenario of one group, micro-dollars."""

    group_id: int = 0
    array: list[int] = field(default_factory=lambda: [0] * SCENARIOS)


@dataclass
class Risk:
    """What one contract or asset does to margin."""

    loads: list[Load] = field(default_factory=lambda: [Load() for _ in range(LOADS)])
    count: int = 0  # Loads that count: the highest number set, and one.
    unit_shift: int = 0
    cap: int = 0
    value: int = 0  # Of an asset: micro-dollars of 2^unit_shift atoms; 0 before any price.
    short_min: int = 0
    addon_from: int = 0
    addon: int = 0


@dataclass
class Lending:
    """Of one asset: what may be lent of it, and what a loan costs."""

    cap: int = 0
    base_rate_e12: int = 0
    kink_rate_e12: int = 0
    full_rate_e12: int = 0
    kink_ppm: int = 0
    index_e12: int = 0
    hour: int = 0
    sale_instrument_id: int = 0


@dataclass
class Contract:
    """What an instrument that settles as a contract has besides."""

    instrument_id: int
    kind: int
    question_id: int = 0
    outcome: int = 0
    fee_form: int = FeeForm.FLAT
    is_settled: bool = False
    divisor: int = 0
    mark: int = 0
    index: int = 0
    priced_ns: int = 0
    clearing: int = 0  # Minus the sum of the entries of all positions.
    funding: int = 0
    open_interest: int = 0
    position_max: int = 0
    open_interest_max: int = 0
    funding_index: int = 0
    funding_rate_e12: int = 0
    premiums_e12: list[int] = field(default_factory=list)  # Samples of this interval.
    interest_e12: int = 0
    clamp_e12: int = 0
    cap_e12: int = 0
    funding_interval_ns: int = 0
    impact_notional: int = 0
    due_ns: int = 0  # Of its deadline; 0 for none.
    due_seq: int = 0
    expiry_ns: int = 0
    window_ns: int = 0
    strike: int = 0
    indexes: list[int] = field(default_factory=list)  # Samples of the window before expiry.
    daily: int = 0
    settle_price: int = 0
    one_ticks: int = 0
    risk: Risk = field(default_factory=Risk)
    long_ranks: list[tuple[int, int]] = field(default_factory=list)  # (score, account), as Q ranks them.
    short_ranks: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Question:
    question_id: int
    group_id: int
    name: bytes
    outcomes: int
    challenge_ns: int
    one_ticks: int
    status: int = QuestionStatus.OPEN
    due_ns: int = 0
    due_seq: int = 0
    instrument_ids: list[int] = field(default_factory=lambda: [0] * OUTCOMES_MAX)
    payouts: list[int] = field(default_factory=lambda: [0] * OUTCOMES_MAX)


@dataclass
class Holding:
    """One contract (or, with instrument_id 0, one asset) of a margin account."""

    instrument_id: int
    asset_id: int
    pos: int = 0
    entry: int = 0
    shown_entry: int = 0
    paid_index: int = 0


@dataclass
class Liquidation:
    """How accounts are liquidated, for all alike."""

    backstop_account_id: int = 0
    slice_ppm: int = 0
    slice_min: int = 0
    slice_interval_ns: int = 0
    backstop_ppm: int = 0
    fee_ppm: int = 0
    slippage_ppm: int = 0


@dataclass
class MarginAccount:
    """One pool of margin."""

    account_id: int
    leverage_max: int = 0
    hour: int = 0
    epoch: int = 0  # fresh while it is the venue's.
    stage: int = LiquidationStage.NONE
    is_spent: bool = False  # it left a loss.
    stale_groups: set[int] = field(default_factory=set)  # While it is stale: those it still has exposures of.
    pages: list[list[Holding | None]] = field(default_factory=list)  # PAGE_HOLDINGS places each.
    due_ns: int = 0  # Of the next slice of its liquidation; 0 for none.
    due_seq: int = 0

    def holdings(self) -> list[Holding]:
        """In the order in which they are looked at."""
        return [holding for page in self.pages for holding in page if holding is not None]

    def find(self, instrument_id: int = 0, asset_id: int = 0) -> Holding | None:
        """The holding of a contract or of an asset."""
        wanted = (instrument_id, 0 if instrument_id else asset_id)
        return next((each for each in self.holdings() if (each.instrument_id, each.asset_id) == wanted), None)

    def add(self, holding: Holding) -> Holding:
        """To the first free place, else to the first of a new page behind the others."""
        for page in self.pages:
            if None in page:
                page[page.index(None)] = holding
                return holding
        self.pages.append([holding] + [None] * (PAGE_HOLDINGS - 1))
        return holding

    def drop(self, holding: Holding) -> None:
        """Its place is free; a page with nothing on it is given back."""
        for page in self.pages:
            for place, other in enumerate(page):
                if other is holding:
                    page[place] = None
        self.pages = [page for page in self.pages if any(each is not None for each in page)]
