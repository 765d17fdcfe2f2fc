"""Shares of private companies: whole shares, seldom traded.

The last price may be from the last round, months ago, so the band is wide; it is there against a
misplaced point, not against news. Who may hold them is decided where accounts are opened.
Nobody can sell many of them in a day, so as collateral they lean on a wide group of their own, or on none.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.instruments.loads import Load, linear
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import AssetClass


def private(price: Decimal) -> Listing:
    """A private share at `price`, of the last round or valuation."""
    return Listing(AssetClass.PRIVATE, Decimal("0.01"), Decimal(1), price, band=Decimal("0.5"), notional_min=Decimal(0))


def risk_arrays(
    price: float, unit: float, unit_shift: int, group: PriceGroup, quote_dollars: float = 1.0, is_closed: bool = False
) -> list[Load]:
    """What a private share at `price` gains; `unit` is shares in one lot or atom."""
    return [linear(group, price * unit * quote_dollars, unit_shift, is_derivative=False, is_closed=is_closed)]
