"""Coins: BTC, ETH and whatever else lives on a chain of its own.

A fill moves the coin one way and the quote asset the other, at once. Prices differ by eight
orders of magnitude, so the tick follows the price: five significant digits, as the large venues
quote. The lot is worth about a cent to a dime.

As collateral a coin counts at its price, and its risk array is what the price may do: no table of
haircuts. Held against a perpetual or an option of the same coin, gains and losses meet.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing, power_of_ten
from emporion.instruments.loads import Load, linear
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import AssetClass


def coin(price: Decimal) -> Listing:
    """A coin at `price` in a stablecoin. BTC at 60000: tick 1, lot 0.000001."""
    tick = power_of_ten(price).scaleb(-4)
    lot = power_of_ten(Decimal("0.1") / price)
    return Listing(AssetClass.COIN, tick, lot, price, band=Decimal("0.1"), notional_min=Decimal(1))


def risk_arrays(
    price: float, unit: float, unit_shift: int, group: PriceGroup, quote_dollars: float = 1.0, is_closed: bool = False
) -> list[Load]:
    """What a coin at `price` gains: its group's price moves, and nothing in the basis scenarios.

    Args:
        price: quote units per coin.
        unit: coins in one lot of an instrument, or in one atom of the asset.
        quote_dollars: dollars per quote unit.
        is_closed: never for coins; a token of something else may have a market that closes.
    """
    return [linear(group, price * unit * quote_dollars, unit_shift, is_derivative=False, is_closed=is_closed)]
