"""Perpetuals: the price of something, without owning it and without an end.

A fill moves nothing but the fee. The position keeps its entry cost; gains and losses are cash in the settlement asset.
Since nothing expires, the price is tied to the index by funding: each hour the longs pay the shorts when the perpetual
is dearer than the index, and are paid when it is cheaper. The payment is position x index x rate, from the cumulative
funding index, so that an account is touched when it is looked at and not each hour. A perpetual ends only when it is
delisted: it then settles at the last mark.

On its risk group it moves as the underlying does, and in the basis scenarios it moves alone: long spot and short the
perpetual, in equal size, leaves the basis charge and nothing else.
"""

from decimal import Decimal

from emporion.instruments.listing import ContractListing, FundingTerms, caps_lots, power_of_ten
from emporion.instruments.loads import Load, linear
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import ContractKind


def perpetual(price: Decimal) -> ContractListing:
    """A perpetual on something at `price`. BTC at 60000: tick 1, lot 0.000001, funding as on Hyperliquid."""
    lot = power_of_ten(Decimal("0.1") / price)
    position_cap, interest_cap = caps_lots(price, lot)
    return ContractListing(
        ContractKind.PERPETUAL, power_of_ten(price).scaleb(-4), lot, price, band=Decimal("0.1"),
        notional_min=Decimal(1), position_cap_lots=position_cap, interest_cap_lots=interest_cap, funding=FundingTerms(),
    )  # fmt: skip


def risk_arrays(
    mark: float,
    lot: float,
    unit_shift: int,
    group: PriceGroup,
    quote_dollars: float = 1.0,
    is_closed: bool = False,
    coin: PriceGroup | None = None,
    beta: float = 0.0,
) -> list[Load]:
    """What a lot long gains.

    Args:
        mark: quote units for one unit of the underlying.
        lot: units of the underlying.
        quote_dollars: dollars per unit of the settlement asset.
        is_closed: of the underlying's reference market.
        coin: for a perpetual on the share of a treasury company: the coin's group, followed `beta` times.
    """
    value = mark * lot * quote_dollars
    loads = [linear(group, value, unit_shift, is_derivative=True, is_closed=is_closed)]
    if coin is not None:  # The basis is one and has been counted.
        loads.append(linear(coin, value, unit_shift, is_derivative=False, beta=beta))
    return loads
