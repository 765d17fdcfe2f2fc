"""The contracts of the demonstration: perpetuals, a futures curve, an option chain, events.

Names and prices are as invented as those of `listings`. Expiries are real days to come: the last Fridays of the next
months at 08:00 UTC, so that a demonstration begun at any time has a curve ahead of it, and one that goes on for months
lists the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from emporion.instruments.listing import caps_lots
from emporion.schema.codes import ContractKind
from emporion.schema.limits import HOUR_NS
from emporion.schema.units import to_units
from emporion.services.listings import LISTINGS, QUOTE, QUOTE_DECIMALS

ONE_TICKS = 1_000  # Of outcomes: a tenth of a cent.
CHALLENGE_NS = 2 * HOUR_NS
FUTURES = {"BTC": 3, "SPY": 2}  # How many months of each.
STRIKES = tuple(range(70_000, 135_000, 5_000))
FRIDAY, EXPIRY_HOUR = 4, 8
NEAREST = timedelta(days=7)  # An expiry nearer than this is not listed any more.


@dataclass(frozen=True)
class ContractTerms:
    """One contract, and how its simulated traders behave: the same words as `listings.Terms`."""

    name: str
    title: str
    kind: ContractKind
    on: str  # The base whose price it is on; of outcomes "".
    tick: str  # USDC for one of what it is on.
    lot_exponent: int  # A lot is 10^this of what it is on.
    reference: str
    size: str  # A usual order, of what it is on.
    half_spread_bps: float
    activity: float
    expiry_ns: int = 0
    strike: str = ""
    question: str = ""
    outcome: int = 0

    @property
    def lot(self) -> Decimal:
        return Decimal(1).scaleb(self.lot_exponent)

    @property
    def atoms_per_tick_lot(self) -> int:
        cost = Decimal(self.tick) * self.lot
        return to_units(cost, Decimal(1).scaleb(-QUOTE_DECIMALS), f"{self.name} tick times lot", "atom")

    @property
    def reference_ticks(self) -> int:
        return max(1, round(Decimal(self.reference) / Decimal(self.tick)))

    @property
    def strike_ticks(self) -> int:
        return to_units(self.strike, Decimal(self.tick), f"{self.name} strike", "tick") if self.strike else 0

    @property
    def size_lots(self) -> int:
        return to_units(self.size, self.lot, f"{self.name} size", "lot")

    @property
    def price_max_ticks(self) -> int:
        if self.kind == ContractKind.OUTCOME:
            return ONE_TICKS - 1
        return 20 * max(self.reference_ticks, self.strike_ticks)

    @property
    def position_max_lots(self) -> int:
        """As the templates of instruments have it, for what is on an underlying; of outcomes a million."""
        if self.kind == ContractKind.OUTCOME:
            return 1_000_000
        priced_at = Decimal(self.strike or self.reference)
        return min(caps_lots(priced_at, self.lot)[0], 200_000 * self.size_lots)


@dataclass(frozen=True)
class QuestionTerms:
    """An event. Chances are where the simulated traders begin."""

    name: str
    title: str
    outcomes: tuple[tuple[str, str, float], ...]  # Instrument, what it says, chance. Two or more: a contract each.


QUESTIONS = (
    QuestionTerms(
        "NVDA-HALF-2028", "NVDA closes below half its high before 2028", (("NVDA-HALF-YES", "yes", 0.42),)
    ),
    QuestionTerms("BTC-150K-YEAR", "BTC above 150,000 at the end of the year", (("BTC-150K-YES", "yes", 0.18),)),
    QuestionTerms(
        "LARGEST-YEAR", "Largest company at the end of the year",
        (
            ("LARGEST-NVDA", "NVIDIA", 0.46), ("LARGEST-AAPL", "Apple", 0.2), ("LARGEST-MSFT", "Microsoft", 0.24),
            ("LARGEST-OTHER", "another", 0.1),
        ),
    ),
)  # fmt: skip
PERPETUALS = (
    ContractTerms("BTC-PERP", "Bitcoin, perpetual", ContractKind.PERPETUAL, "BTC", "1", -4, "100000", "0.1", 0.4, 3.0),
    ContractTerms("ETH-PERP", "Ether, perpetual", ContractKind.PERPETUAL, "ETH", "0.1", -3, "4000", "2", 0.6, 2.4),
    ContractTerms("NVDA-PERP", "NVIDIA, perpetual", ContractKind.PERPETUAL, "NVDA", "0.01", -2, "180", "40", 1.2, 1.6),
    ContractTerms("EUR-PERP", "Euro, perpetual", ContractKind.PERPETUAL, "EURC", "0.0001", 1, "1.1", "20000", 0.6, 1.0),
)  # fmt: skip
FUTURE_STYLE = {"BTC": ("1", -4, "0.1", 0.8, "Bitcoin"), "SPY": ("0.01", -2, "15", 0.9, "S&P 500")}


def contracts(now_ns: int) -> list[ContractTerms]:
    """Everything listed at this time, in the order of listing."""
    return [*PERPETUALS, *_futures(now_ns), *_options(now_ns), *_outcomes()]


def expiries(now_ns: int, months: int) -> list[datetime]:
    """The last Fridays of so many months to come, 08:00 UTC, the nearest at least a week away."""
    now = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC)
    found: list[datetime] = []
    month = datetime(now.year, now.month, 1, EXPIRY_HOUR, tzinfo=UTC)
    while len(found) < months:
        after = (month + timedelta(days=32)).replace(day=1)
        last = after - timedelta(days=1)
        friday = last - timedelta(days=(last.weekday() - FRIDAY) % 7)
        if friday - now >= NEAREST:
            found.append(friday)
        month = after
    return found


def titles() -> dict[str, str]:
    """What perpetuals, questions and their outcomes are called, by name. Dated ones say it in their names."""
    named = {each.name: each.title for each in PERPETUALS}
    for question in QUESTIONS:
        named[question.name] = question.title
        named |= {name: f"{question.title}: {said}" for name, said, _ in question.outcomes}
    return named


def _futures(now_ns: int) -> Iterator[ContractTerms]:
    references = {terms.base: terms.reference for terms in LISTINGS}
    for on, months in FUTURES.items():
        tick, exponent, size, half_spread_bps, title = FUTURE_STYLE[on]
        for expiry in expiries(now_ns, months):
            yield ContractTerms(
                f"{on}-{expiry:%d%b%y}".upper(), f"{title}, future", ContractKind.FUTURE, on, tick, exponent,
                references[on], size, half_spread_bps, 0.9, _ns(expiry),
            )  # fmt: skip


def _options(now_ns: int) -> Iterator[ContractTerms]:
    (expiry,) = expiries(now_ns, 1)
    for strike in STRIKES:
        for kind, letter in ((ContractKind.CALL, "C"), (ContractKind.PUT, "P")):
            yield ContractTerms(
                f"BTC-{expiry:%m%d}-{strike}{letter}", f"Bitcoin, {kind.name.lower()}", kind, "BTC", "1", -3,
                _premium(strike, kind), "0.5", 120.0, 0.12, _ns(expiry), str(strike),
            )  # fmt: skip


def _premium(strike: int, kind: ContractKind) -> str:
    """Roughly: where the band stands until the first trade."""
    inner = 100_000 - strike if kind == ContractKind.CALL else strike - 100_000
    return str(max(inner, 0) + 4_000)


def _outcomes() -> Iterator[ContractTerms]:
    for question in QUESTIONS:
        for number, (name, said, chance) in enumerate(question.outcomes):
            yield ContractTerms(
                name, f"{question.title}: {said}", ContractKind.OUTCOME, "", "0.001", 0, str(chance), "400", 60.0, 0.6,
                question=question.name, outcome=number,
            )  # fmt: skip


def _ns(time: datetime) -> int:
    return int(time.timestamp()) * 1_000_000_000


assert QUOTE_DECIMALS == 6 and QUOTE == "USDC"  # Ticks and lots above are chosen for it.
