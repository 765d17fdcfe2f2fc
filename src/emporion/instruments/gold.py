"""Gold, tokenised: one unit is one fine troy ounce in a vault.

Quoted in cents an ounce, as in London; the lot is 0.001 oz, some 31 milligrams.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.schema.codes import AssetClass


def gold(price: Decimal) -> Listing:
    """Gold at `price` an ounce."""
    return Listing(
        AssetClass.GOLD, Decimal("0.01"), Decimal("0.001"), price, band=Decimal("0.05"), notional_min=Decimal(1)
    )
