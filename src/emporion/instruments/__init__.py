"""What is traded: one file an asset class, saying what it is, how it is usually listed and what it may gain or lose."""

from collections.abc import Callable
from decimal import Decimal

from emporion.instruments.bond import bond
from emporion.instruments.coin import coin
from emporion.instruments.currency import currency, stablecoin
from emporion.instruments.event import outcome
from emporion.instruments.future import future
from emporion.instruments.gold import gold
from emporion.instruments.listing import ContractListing, FundingTerms, Listing
from emporion.instruments.option import option
from emporion.instruments.perpetual import perpetual
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

__all__ = [
    "TEMPLATES", "ContractListing", "FundingTerms", "Listing", "bond", "coin", "currency", "fund", "future", "gold",
    "option", "outcome", "perpetual", "private", "share", "stablecoin",
]  # fmt: skip
