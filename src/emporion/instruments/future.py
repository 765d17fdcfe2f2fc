"""Dated futures: the price of something on a day to come.

As a perpetual, without funding and with an end. Each day has a settlement price, for people's books; cash follows the
mark each hour. Towards the expiry the mark becomes what the contract will settle at: the average of the index over the
last half hour, the part that has passed counting as it was. At the expiry orders are cancelled and each position is
paid the difference; nothing is delivered.

A future moves as its underlying does, and in the basis scenarios alone. Two expiries of the same underlying net, the
calendar spread's risk being within the basis range of each; a group that finds that too little gives the curve a group
of its own.
"""

from decimal import Decimal

from emporion.instruments.listing import ContractListing, caps_lots, power_of_ten
from emporion.instruments.loads import Load
from emporion.instruments.perpetual import risk_arrays as perpetual_arrays
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import ContractKind
from emporion.schema.limits import HOUR_NS

WINDOW_NS = HOUR_NS // 2


def future(price: Decimal, expiry_ns: int) -> ContractListing:
    """A future on something at `price`, until `expiry_ns` (ns since 1970, UTC)."""
    lot = power_of_ten(Decimal("0.1") / price)
    position_cap, interest_cap = caps_lots(price, lot)
    return ContractListing(
        ContractKind.FUTURE, power_of_ten(price).scaleb(-4), lot, price, band=Decimal("0.1"), notional_min=Decimal(1),
        position_cap_lots=position_cap, interest_cap_lots=interest_cap, expiry_ns=expiry_ns, window_ns=WINDOW_NS,
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
    """What a lot long gains: as `perpetual.risk_arrays`, at the future's own mark."""
    return perpetual_arrays(mark, lot, unit_shift, group, quote_dollars, is_closed, coin, beta)
