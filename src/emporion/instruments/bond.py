"""Bonds, tokenised: one unit is one unit of face value in the bond's currency.

The price is what one unit of face costs with accrued interest in it (the dirty price over 100):
a ledger that moves price x quantity must move all of it. 98.53 per cent of par is 0.9853. The
tick is a thousandth of a percent of par, the lot one unit of face.

A coupon is paid to who holds the bond, and the price falls by it; at maturity the face is paid and the bond is gone.

Its array is a full revaluation. From the dirty price follows one yield, continuously compounded, that prices all
payments; each scenario of the rates group shifts the yield of each payment by what it says for that payment's time, and
the payments are priced anew. Convexity is in it. What the issuer does by himself is a second load, on a price group of
his own: a government's bond has none.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from emporion.errors import BadValue
from emporion.instruments.listing import Listing
from emporion.instruments.loads import Load, linear, to_entries
from emporion.instruments.normal import Floats
from emporion.instruments.scenarios import PriceGroup, RatesGroup
from emporion.schema.codes import AssetClass

BASIS_POINT = 0.0001
STEPS_MAX = 60
YIELD_MAX = 10.0  # Per year, either way: beyond, a price is a mistake.


def bond(price: Decimal) -> Listing:
    """A bond at `price` for one unit of face."""
    return Listing(
        AssetClass.BOND, Decimal("0.00001"), Decimal(1), price, band=Decimal("0.05"), notional_min=Decimal(100)
    )


@dataclass(frozen=True, eq=False)
class Payments:
    """What a bond still pays, per unit of face."""

    years: Floats  # From now, above 0, ascending.
    amounts: Floats

    def __post_init__(self) -> None:
        if len(self.years) != len(self.amounts) or not len(self.years):
            raise BadValue(
                f"payments: {len(self.years)} times for {len(self.amounts)} amounts; give as many, at least one"
            )
        if not (np.all(np.isfinite(self.years)) and np.all(np.diff(self.years, prepend=0.0) > 0.0)):
            raise BadValue("payments: times are above 0 and ascending, in years from now")
        if not (np.all(np.isfinite(self.amounts)) and np.all(self.amounts >= 0.0) and self.amounts.any()):
            raise BadValue("payments: amounts are finite, not negative and not all 0")


def payments(coupon: float, frequency: int, years: float) -> Payments:
    """Of a bond with regular coupons: `coupon` per unit of face a year, `frequency` times a year, `years` to maturity.

    The last coupon comes with the face; the others lie a period apart before it.
    """
    if not (years > 0.0 and coupon >= 0.0 and frequency >= 1):
        raise BadValue(
            f"bond: coupon {coupon} is not negative, frequency {frequency} at least 1, years {years} above 0"
        )
    count = int(np.ceil(years * frequency - 1e-9))
    times = years - np.arange(count)[::-1] / frequency
    amounts = np.full(count, coupon / frequency)
    amounts[-1] += 1.0
    return Payments(times, amounts)


def price_at(paid: Payments, yields: float | Floats) -> Floats:
    """Dirty price per unit of face, at one yield or at rows of a yield for each payment (continuous compounding)."""
    discounts = np.exp(-np.asarray(yields) * paid.years)
    return (discounts * paid.amounts).sum(axis=-1)


def yield_of(paid: Payments, dirty_price: float) -> float:
    """The one yield that gives this price. Newton's steps: the price is convex in it, so they come from one side."""
    if not 0.0 < dirty_price < np.inf:
        raise BadValue(f"bond: dirty price {dirty_price} is not a positive number")
    found = 0.0
    for _ in range(STEPS_MAX):
        worth = price_at(paid, found)
        slope = (paid.years * paid.amounts * np.exp(-found * paid.years)).sum()
        # On the price's logarithm, nearly straight, so that far prices take few steps as well.
        step = float(np.log(worth / dirty_price) * worth / slope)
        found = min(max(found + step, -YIELD_MAX), YIELD_MAX)
        if abs(step) < 1e-14:
            break
    if abs(price_at(paid, found) / dirty_price - 1.0) > 1e-9:
        raise BadValue(f"bond: no yield within {YIELD_MAX:.0%} a year gives the dirty price {dirty_price}")
    return found


def dv01(paid: Payments, yield_: float) -> float:
    """What one unit of face loses when its yield rises by a basis point: the slope, not the step."""
    return float((paid.years * paid.amounts * np.exp(-yield_ * paid.years)).sum()) * BASIS_POINT


def convexity(paid: Payments, yield_: float) -> float:
    """Second derivative of the price by the yield, over the price: years squared."""
    terms = paid.amounts * np.exp(-yield_ * paid.years)
    return float((paid.years**2 * terms).sum() / terms.sum())


def risk_arrays(
    dirty_price: float,
    paid: Payments,
    unit: float,
    unit_shift: int,
    group: RatesGroup,
    quote_dollars: float = 1.0,
    is_closed: bool = False,
    issuer: PriceGroup | None = None,
) -> list[Load]:
    """What a bond gains; `unit` is face in one lot or atom.

    Args:
        issuer: the group of what its price does beside the rates, if it has one.
    """
    shifted = yield_of(paid, dirty_price) + group.shifts(paid.years, is_closed)
    gained = price_at(paid, shifted) - dirty_price
    gained[~group.shifts(paid.years).any(axis=1)] = 0.0  # Nothing moves: nor does what the yield was solved to.
    loads = [Load(group.name, to_entries(gained * (unit * quote_dollars), unit_shift))]
    if issuer is not None:
        value = dirty_price * unit * quote_dollars
        loads.append(linear(issuer, value, unit_shift, is_derivative=False, is_closed=is_closed))
    return loads
