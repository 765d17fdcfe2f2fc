"""Shares of private companies: whole shares, seldom traded.

The last price may be from the last round, months ago, so the band is wide; it is there against a
misplaced point, not against news. Who may hold them is decided where accounts are opened.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.schema.codes import AssetClass


def private(price: Decimal) -> Listing:
    """A private share at `price`, of the last round or valuation."""
    return Listing(AssetClass.PRIVATE, Decimal("0.01"), Decimal(1), price, band=Decimal("0.5"), notional_min=Decimal(0))
