"""What is traded: one file an asset class, saying what it is and how it is usually listed."""

from collections.abc import Callable
from decimal import Decimal

from emporion.instruments.bond import bond
from emporion.instruments.coin import coin
from emporion.instruments.currency import currency, stablecoin
from emporion.instruments.gold import gold
from emporion.instruments.listing import Listing
from emporion.instruments.private import private
from emporion.instruments.share import fund, share

# By name of codes.AssetClass, in lower case: from today's price to a proposal for the listing.
TEMPLATES: dict[str, Callable[[Decimal], Listing]] = {
    "coin": coin,
    "share": share,
    "fund": fund,
    "bond": bond,
    "gold": gold,
    "currency": currency,
    "stablecoin": stablecoin,
    "private": private,
}

__all__ = ["TEMPLATES", "Listing", "bond", "coin", "currency", "fund", "gold", "private", "share", "stablecoin"]
