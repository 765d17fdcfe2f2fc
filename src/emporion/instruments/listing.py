"""How an instrument is listed: the few numbers that differ between asset classes, in decimal units.

A `Listing` is of something delivered, a `ContractListing` of a contract.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from emporion.schema.codes import AssetClass, ContractKind
from emporion.schema.limits import E12, HOUR_NS

ONE = Decimal(1)
POSITION_DOLLARS = Decimal(50_000_000)  # The position cap proposed: what a deep book takes in some hours.
INTEREST_DOLLARS = Decimal(500_000_000)  # Of all positions of one side together.


@dataclass(frozen=True)
class Listing:
    """A proposal that whoever lists may change in any part."""

    asset_class: AssetClass
    tick: Decimal  # Least price step, in quote per base.
    lot: Decimal  # Least quantity, in base. Made larger where the assets have too few decimals.
    reference: Decimal  # Today's price: where the band stands until the first trade.
    band: Decimal  # Fraction by which a limit may differ from the last trade.
    notional_min: Decimal  # In quote: keeps dust out of the book.


@dataclass(frozen=True)
class FundingTerms:
    """How a perpetual's longs and shorts pay each other: see `funding` for the formula. Rates are times 10^12."""

    interval_ns: int = HOUR_NS  # Paid each.
    divisor: int = 8  # The formula gives a rate for so many intervals.
    interest_e12: int = E12 // 10_000  # 0.01% in eight hours.
    clamp_e12: int = 5 * E12 // 10_000  # 0.05%: how far the interest may pull the premium.
    cap_e12: int = 4 * E12 // 100  # 4%: the most that one interval pays, either way.
    impact_notional: Decimal = Decimal(10_000)  # In quote: the size at which the book is asked for its prices.


@dataclass(frozen=True)
class ContractListing:
    """A proposal for a contract, quoted in the asset it settles in."""

    kind: ContractKind
    tick: Decimal
    lot: Decimal  # In units of the underlying; of an outcome, contracts that pay one each.
    reference: Decimal
    band: Decimal
    notional_min: Decimal
    position_cap_lots: int  # The most an account may be long or short.
    interest_cap_lots: int  # The most that all who are long may be together.
    strike: Decimal | None = None
    expiry_ns: int | None = None
    window_ns: int = 0  # Settles at the index's average over so long before the expiry.
    funding: FundingTerms | None = None


def power_of_ten(value: Decimal) -> Decimal:
    """The largest power of ten not above a positive value: 0.01 for 0.0375."""
    return ONE.scaleb(value.adjusted())


def caps_lots(price: Decimal, lot: Decimal) -> tuple[int, int]:
    """Caps of a position and of open interest, in lots, when one unit of the underlying costs `price`."""
    return max(1, int(POSITION_DOLLARS / (price * lot))), max(1, int(INTEREST_DOLLARS / (price * lot)))


def fitting_lot(tick: Decimal, lot: Decimal, base_decimals: int, quote_decimals: int) -> Decimal:
    """The lot, times ten as often as it takes until a lot is whole base atoms and tick x lot whole quote atoms.

    A notional is then exact: matching never rounds.
    """
    while not is_fitting(tick, lot, base_decimals, quote_decimals):
        lot *= 10
    return lot


def is_fitting(tick: Decimal, lot: Decimal, base_decimals: int, quote_decimals: int) -> bool:
    """Whether a lot is whole base atoms and a tick of a lot whole quote atoms."""
    with localcontext() as context:
        context.prec = 120  # Exact for whatever is not far outside any range.
        return not lot % ONE.scaleb(-base_decimals) and not (tick * lot) % ONE.scaleb(-quote_decimals)
