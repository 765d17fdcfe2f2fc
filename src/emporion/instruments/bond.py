"""Bonds, tokenised: one unit is one unit of face value in the bond's currency.

The price is what one unit of face costs with accrued interest in it (the dirty price over 100):
a ledger that moves price x quantity must move all of it. 98.53 per cent of par is 0.9853. The
tick is a thousandth of a percent of par, the lot one unit of face.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.schema.codes import AssetClass


def bond(price: Decimal) -> Listing:
    """A bond at `price` for one unit of face."""
    return Listing(
        AssetClass.BOND, Decimal("0.00001"), Decimal(1), price, band=Decimal("0.05"), notional_min=Decimal(100)
    )
