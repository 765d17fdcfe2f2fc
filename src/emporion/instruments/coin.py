"""Coins: BTC, ETH and whatever else lives on a chain of its own.

A fill moves the coin one way and the quote asset the other, at once. Prices differ by eight
orders of magnitude, so the tick follows the price: five significant digits, as the large venues
quote. The lot is worth about a cent to a dime.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing, power_of_ten
from emporion.schema.codes import AssetClass


def coin(price: Decimal) -> Listing:
    """A coin at `price` in a stablecoin. BTC at 60000: tick 1, lot 0.000001."""
    tick = power_of_ten(price).scaleb(-4)
    lot = power_of_ten(Decimal("0.1") / price)
    return Listing(AssetClass.COIN, tick, lot, price, band=Decimal("0.1"), notional_min=Decimal(1))
