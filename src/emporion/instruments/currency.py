"""Currencies and stablecoins: money against money.

A currency pair is quoted in tenths of a pip: the fifth decimal, or the third for prices from 10
on (as in yen per dollar). Two stablecoins of the same currency should trade at one, so their tick is
finer than the spread and their band is narrow: an order two per cent away is a mistake or a depeg,
and a depeg is for people to widen the band for.

A stablecoin is not a dollar. Its group holds the depeg: a range for ordinary days, and a far move down that counts in
part. Each stablecoin has a group of its own, so that holding one against owing another nets nothing.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.instruments.loads import Load, linear
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import AssetClass


def currency(price: Decimal) -> Listing:
    """A currency at `price`: euros in dollars at 1.0842, tick 0.00001, lot 1."""
    tick = Decimal("0.001") if price >= 10 else Decimal("0.00001")
    return Listing(AssetClass.CURRENCY, tick, Decimal(1), price, band=Decimal("0.03"), notional_min=Decimal(1))


def stablecoin(price: Decimal = Decimal(1)) -> Listing:
    """One stablecoin in another of the same currency."""
    return Listing(
        AssetClass.STABLECOIN, Decimal("0.00001"), Decimal(1), price, band=Decimal("0.02"), notional_min=Decimal(1)
    )


def risk_arrays(
    price: float, unit: float, unit_shift: int, group: PriceGroup, quote_dollars: float = 1.0, is_closed: bool = False
) -> list[Load]:
    """What a currency or stablecoin gains.

    Args:
        price: quote units for one of it; of the asset in which the venue counts, the price of the dollar: 1.
        unit: how much of it one lot or one atom is: 0.000001 for an atom with six decimals.
    """
    return [linear(group, price * unit * quote_dollars, unit_shift, is_derivative=False, is_closed=is_closed)]
