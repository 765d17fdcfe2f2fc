"""Shares and funds, tokenised: one token is one share, held by a custodian behind the venue.

A fill moves shares against the quote asset, at once; there is no second day on which it settles.
The tick is the cent of the home market, a hundredth below a dollar. The band is that of the
home market's limit-up limit-down rule for large shares, doubled, as the venue also trades while
the home market is closed; a broad fund moves less.

The share of a company that keeps a coin as its treasury loads twice: on the coin, `beta` times its moves, and on a
group of its own for what the company does by itself. Held against the coin, the first load nets and the second stays.
"""

from decimal import Decimal

from emporion.instruments.listing import Listing
from emporion.instruments.loads import Load, linear
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import AssetClass

CENT = Decimal("0.01")


def share(price: Decimal) -> Listing:
    """A listed share at `price`. At 230: tick 0.01, lot 0.001 shares."""
    return Listing(AssetClass.SHARE, _tick(price), Decimal("0.001"), price, band=CENT * 10, notional_min=Decimal(1))


def fund(price: Decimal) -> Listing:
    """An exchange-traded fund at `price`."""
    return Listing(AssetClass.FUND, _tick(price), Decimal("0.001"), price, band=CENT * 5, notional_min=Decimal(1))


def risk_arrays(
    price: float, unit: float, unit_shift: int, group: PriceGroup, quote_dollars: float = 1.0, is_closed: bool = False
) -> list[Load]:
    """What a share or fund at `price` gains; `unit` is shares in one lot or atom."""
    return [linear(group, price * unit * quote_dollars, unit_shift, is_derivative=False, is_closed=is_closed)]


def beta_arrays(
    price: float,
    unit: float,
    unit_shift: int,
    group: PriceGroup,
    coin: PriceGroup,
    beta: float,
    quote_dollars: float = 1.0,
    is_closed: bool = False,
) -> list[Load]:
    """What the share of a treasury company gains: on its own group, and on the coin that it holds.

    Args:
        group: the company's own, for moves beside the coin's: narrower than a group for the whole share would be.
        beta: by how many per cent the share moves when the coin moves by one. A share falls to nothing and no further.
        is_closed: of the share's home market. The coin's is always open.
    """
    value = price * unit * quote_dollars
    own = linear(group, value, unit_shift, is_derivative=False, is_closed=is_closed)
    return [own, linear(coin, value, unit_shift, is_derivative=False, beta=beta)]


def _tick(price: Decimal) -> Decimal:
    return CENT if price >= 1 else CENT / 100
