"""Shares and funds, tokenised: one token is one share, held by a custodian behind the venue.

A fill moves shares against the quote asset, at once; there is no second day on which it settles.
The tick is the cent of the home market, a hundredth below a dollar. The band is that of the
home market's limit-up limit-down rule for large shares, doubled, as the venue also trades while
the home market is closed; a broad fund moves less.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.schema.codes import AssetClass

CENT = Decimal("0.01")


def share(price: Decimal) -> Listing:
    """A listed share at `price`. At 230: tick 0.01, lot 0.001 shares."""
    return Listing(AssetClass.SHARE, _tick(price), Decimal("0.001"), price, band=CENT * 10, notional_min=Decimal(1))


def fund(price: Decimal) -> Listing:
    """An exchange-traded fund at `price`."""
    return Listing(AssetClass.FUND, _tick(price), Decimal("0.001"), price, band=CENT * 5, notional_min=Decimal(1))


def _tick(price: Decimal) -> Decimal:
    return CENT if price >= 1 else CENT / 100
