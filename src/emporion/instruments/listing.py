"""How an instrument is listed: the few numbers that differ between asset classes, in decimal units."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from emporion.schema.codes import AssetClass

ONE = Decimal(1)


@dataclass(frozen=True)
class Listing:
    """A proposal that whoever lists may change in any part."""

    asset_class: AssetClass
    tick: Decimal  # Least price step, in quote per base.
    lot: Decimal  # Least quantity, in base. Made larger where the assets have too few decimals.
    reference: Decimal  # Today's price: where the band stands until the first trade.
    band: Decimal  # Fraction by which a limit may differ from the last trade.
    notional_min: Decimal  # In quote: keeps dust out of the book.


def power_of_ten(value: Decimal) -> Decimal:
    """The largest power of ten not above a positive value: 0.01 for 0.0375."""
    return ONE.scaleb(value.adjusted())


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
