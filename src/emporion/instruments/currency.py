"""Currencies and stablecoins: money against money.

A currency pair is quoted in tenths of a pip: the fifth decimal, or the third for prices from 10
on (as in yen per dollar). Two stablecoins of the same currency should trade at one, so their tick is
finer than the spread and their band is narrow: an order two per cent away is a mistake or a depeg,
and a depeg is for people to widen the band for.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
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
