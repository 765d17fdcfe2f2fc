"""What longs pay shorts in a perpetual: the formula, with its parameters, in decimal numbers.

    rate for `divisor` intervals = P + clamp(interest - P, -clamp, clamp)
    rate of one interval         = that / divisor, within -cap and cap

P is the average premium since the last payment, as a fraction of the index: where the book would fill the impact
notional, against the index. Inside the clamp the interest wins and a small premium costs nothing more; outside, the
premium does. A positive rate is paid by the longs. The kernel has the same in integers, times 10^12; this one is what
it is judged by.
"""

from dataclasses import dataclass
from decimal import Decimal

from emporion.errors import BadValue
from emporion.instruments.listing import FundingTerms
from emporion.schema.limits import E12

ZERO = Decimal(0)


@dataclass(frozen=True)
class Funding:
    """A venue's parameters. All rates are fractions."""

    interest: Decimal  # For `divisor` intervals.
    clamp: Decimal  # None of it: the interest has no pull and the rate is the premium.
    divisor: int  # Intervals in the period that the formula speaks of.
    cap: Decimal | None = None  # Of one interval's rate; None: none.

    def __post_init__(self) -> None:
        if self.clamp < 0 or self.divisor < 1 or (self.cap is not None and self.cap < 0):
            raise BadValue(
                f"funding: clamp {self.clamp} and cap {self.cap} are not negative, divisor {self.divisor} is 1 or more"
            )

    def rate(self, premium: Decimal) -> Decimal:
        """The rate of one interval, from the average premium since the last."""
        pulled = premium + _within(self.interest - premium, self.clamp)
        rate = pulled / self.divisor
        return rate if self.cap is None else _within(rate, self.cap)


def of_terms(terms: FundingTerms) -> Funding:
    """The formula that a listing's terms speak of."""
    interest, clamp, cap = (Decimal(rate) / E12 for rate in (terms.interest_e12, terms.clamp_e12, terms.cap_e12))
    return Funding(interest, clamp, terms.divisor, cap)


def dydx(initial: Decimal, maintenance: Decimal) -> Funding:
    """dYdX v4: an eighth of the premium each hour, no interest; capped.

    The rate of eight hours is at most 600% of (initial - maintenance).

    Args:
        initial: margin fraction of the market, as `maintenance`.
    """
    return Funding(ZERO, ZERO, 8, 6 * (initial - maintenance) / 8)


HYPERLIQUID = of_terms(FundingTerms())
# Each eight hours the whole; most markets are capped at 0.75 of the maintenance margin, for BTC 0.3%.
BINANCE = Funding(Decimal("0.0001"), Decimal("0.0005"), 1, Decimal("0.003"))


def premium(impact_bid: Decimal, impact_ask: Decimal, index: Decimal) -> Decimal:
    """One sample: how far the index lies outside what the book pays and asks for the impact notional.

    0 while the index is between the two. Above 0 when even who sells at once gets more than the index.
    """
    if index <= 0:
        raise BadValue(f"funding: index {index} is not positive")
    return (max(impact_bid - index, ZERO) - max(index - impact_ask, ZERO)) / index


def payment(qty: Decimal, index: Decimal, rate: Decimal) -> Decimal:
    """What a position of `qty` (negative: short) pays for one interval, in quote units; negative: receives."""
    return qty * index * rate


def _within(value: Decimal, bound: Decimal) -> Decimal:
    return max(-bound, min(bound, value))
