"""Options: European calls and puts, settled in cash.

The premium is not paid but is entry cost, as a future's price is: who buys at 500 and sees 520 has 20 in cash at the
next hour. So the price is Black-76 without a discount, and a call less a put is the forward less the strike. At the
expiry each position is paid intrinsic value at the average of the index over the last half hour.

An array is a full revaluation: forward and volatility move together as the scenario says, the option is priced anew,
and the theoretical price at the mark volatility is taken off. A long option loses its premium at most; a short one has
its loss at the far moves counted at their fraction. In the basis scenarios the forward moves, as a perpetual's price
does, so that an option hedged with one nets. Volatility moves more the nearer the expiry:

    shocked = vol x max(0, 1 + shock x (30 / max(1, days)) ^ power),   power 0.30 below 30 days, 0.13 from there on

which is how Paradex scans portfolios (its documentation, "portfolio margin"); the powers belong to the group.
"""

from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike

from emporion.errors import BadValue
from emporion.instruments import black76
from emporion.instruments.future import WINDOW_NS
from emporion.instruments.listing import ContractListing, caps_lots, power_of_ten
from emporion.instruments.loads import Load, to_entries
from emporion.instruments.normal import Floats
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.codes import ContractKind
from emporion.schema.limits import DAY_NS

DAYS_A_YEAR = 365.0
YEAR_NS = 365 * DAY_NS  # Years of options, and of volatilities, have so many.
DAYS_OF_SHOCK = 30.0  # At which a group's volatility moves are meant as they are written.


def option(price: Decimal, strike: Decimal, expiry_ns: int, *, is_call: bool, underlying: Decimal) -> ContractListing:
    """An option at premium `price` on something at `underlying`, all in quote units.

    The tick is that of the underlying, as premiums are quoted in its money; the lot is worth some 10 to 100 dollars of
    it. The band is wide: a premium near nothing doubles on an ordinary day.
    """
    lot = power_of_ten(Decimal(100) / underlying)
    position_cap, interest_cap = caps_lots(underlying, lot)
    tick = power_of_ten(underlying).scaleb(-4)
    return ContractListing(
        ContractKind.CALL if is_call else ContractKind.PUT, tick, lot, max(price, tick), band=Decimal("0.5"),
        notional_min=Decimal(0), position_cap_lots=position_cap, interest_cap_lots=interest_cap, strike=strike,
        expiry_ns=expiry_ns, window_ns=WINDOW_NS,
    )  # fmt: skip


def risk_arrays(
    forward: float,
    strike: float,
    years: float,
    vol: float,
    is_call: bool,
    lot: float,
    unit_shift: int,
    group: PriceGroup,
    quote_dollars: float = 1.0,
    is_closed: bool = False,
) -> list[Load]:
    """What a lot long gains.

    Args:
        forward: of the underlying at the option's expiry, quote units.
        years: until the expiry, of 365 days.
        vol: the mark volatility per root year: 0.6 is 60 points.
        lot: units of the underlying.
    """
    gained = gains(forward, strike, years, vol, is_call, group, is_closed)[0]
    return [Load(group.name, to_entries(gained * (lot * quote_dollars), unit_shift))]


def gains(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    group: PriceGroup,
    is_closed: bool = False,
) -> Floats:
    """What options on one unit gain, in quote units: a row for each option, a column for each scenario.

    Raises:
        BadValue: a number is negative or not finite. The message names the first such option by its place.
    """
    numbers = [np.asarray(one, np.float64) for one in (forward, strike, years, vol)]
    shape = np.broadcast_shapes((1,), np.shape(is_call), *(one.shape for one in numbers))
    f, k, t, v = (np.broadcast_to(one, shape)[:, None] for one in numbers)
    call = np.broadcast_to(np.asarray(is_call, np.bool_), shape)[:, None]
    fine = np.isfinite(f + k + t + v) & (np.minimum(np.minimum(f, k), np.minimum(t, v)) >= 0.0)
    if not fine.all():
        at = int(np.flatnonzero(~fine)[0])
        raise BadValue(
            f"option {at} of group {group.name}: forward {f[at, 0]}, strike {k[at, 0]}, years {t[at, 0]} and "
            f"vol {v[at, 0]} are finite and not negative"
        )
    moves = group.moves(is_closed)
    used = np.flatnonzero(moves.weight)
    moved = f * (1.0 + moves.price[used] + moves.basis[used])
    after = black76.price(moved, k, t, shocked_vol(v, t, moves.vol[used], group), call)
    gained = np.zeros((len(f), len(moves.weight)))
    gained[:, used] = (after - black76.price(f, k, t, v, call)) * moves.weight[used]
    return gained


def averaged_years(years: ArrayLike, window_years: ArrayLike) -> Floats:
    """The time to price an option with that settles at the average over the last `window_years`.

    An average moves less than its last price: its variance is that of all but two thirds of the window while the
    window has not begun, and falls with the third power of what is left once it has, the forward then being the
    average of what has passed and what is expected. Without a window it is the time itself; none is left from the
    expiry on.
    """
    left = np.maximum(np.asarray(years, np.float64), 0.0)
    window = np.asarray(window_years, np.float64)
    inside = left**3 / (3.0 * np.square(np.where(window > 0.0, window, 1.0)))
    return np.where(left >= window, left - window * (2.0 / 3.0), inside)


def shocked_vol(vol: ArrayLike, years: ArrayLike, shock: ArrayLike, group: PriceGroup) -> Floats:
    """The volatility after a relative shock meant for 30 days from the expiry; not below nothing."""
    days = np.maximum(1.0, np.asarray(years) * DAYS_A_YEAR)
    power = np.where(days < DAYS_OF_SHOCK, group.vol_power_near, group.vol_power_far)
    factor = np.maximum(0.0, 1.0 + np.asarray(shock, np.float64) * (DAYS_OF_SHOCK / days) ** power)
    return np.asarray(vol, np.float64) * factor
