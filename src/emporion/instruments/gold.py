"""Gold, tokenised: one unit is one fine troy ounce in a vault.

Quoted in cents an ounce, as in London; the lot is 0.001 oz, some 31 milligrams.
The token trades on while London and New York sleep; on weekends its range is the wider one.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.instruments.loads import Load, linear
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import AssetClass


def gold(price: Decimal) -> Listing:
    """Gold at `price` an ounce."""
    return Listing(
        AssetClass.GOLD, Decimal("0.01"), Decimal("0.001"), price, band=Decimal("0.05"), notional_min=Decimal(1)
    )


def risk_arrays(
    price: float, unit: float, unit_shift: int, group: PriceGroup, quote_dollars: float = 1.0, is_closed: bool = False
) -> list[Load]:
    """What gold at `price` quote units an ounce gains; `unit` is ounces in one lot or atom."""
    return [linear(group, price * unit * quote_dollars, unit_shift, is_derivative=False, is_closed=is_closed)]
