"""Black-76: what a European option on a forward is worth, how that changes, and which volatility a price means.

With F the forward, K the strike, s = vol sqrt(years) the deviation of the logarithm until expiry, D the discount
factor, d1 = ln(F/K) / s + s/2 and d2 = d1 - s:

    call = D (F N(d1) - K N(d2))        put = D (K N(-d2) - F N(-d1))        call - put = D (F - K)

The venue's options settle as futures do: the premium is entry cost, gains are cash each hour, and D is 1. Whoever
needs a premium paid up front passes a discount.

Each function takes numbers or arrays that fit each other and computes all of them at once. What lies in the money is
its intrinsic value plus the opposite option's price, so parity holds to the last digit and a deep price keeps its time
value. At no time left, or no volatility, an option is worth its discounted intrinsic value: delta is then 0, D or, at
the strike to the last digit, half of D; gamma, which is infinite there, is given as 0.

Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976), 167-179.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.instruments.normal import Floats, cdf, pdf

STEPS_MAX = 100  # Of the search for a volatility; six are usual, and halving alone needs some sixty.
STDEV_MAX = 60.0  # Where the normal distribution is 1 to the last digit on both sides.
PRECISION = 1e-9  # Relative: a step as small as this is the last, since each squares the error.


@dataclass(frozen=True, eq=False)
class Greeks:
    """A price and its derivatives, arrays of one shape."""

    price: Floats
    delta: Floats  # By the forward.
    gamma: Floats  # Twice by the forward.
    vega: Floats  # By the volatility: for 1.00, a hundred points.
    theta: Floats  # By the time that passes, per year, the forward and the rate standing still.
    rho: Floats  # By the rate that discounts, for 1.00, the forward standing still: -years x price.


def price(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Floats:
    """What an option is worth, in the unit of forward and strike. NaN where an argument is NaN or negative."""
    f, k, t, v, call, d = _shaped(forward, strike, years, vol, is_call, discount)
    stdev = v * np.sqrt(t)
    d1, d2 = _d1_d2(f, k, stdev)
    return d * (_out_of_the_money(f, k, d1, d2) + np.maximum(np.where(call, f - k, k - f), 0.0))


def greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Greeks:
    """Price and derivatives at once. The rate in theta and rho is -ln(discount) / years, 0 at no time left."""
    f, k, t, v, call, d = _shaped(forward, strike, years, vol, is_call, discount)
    root = np.sqrt(t)
    stdev = v * root
    d1, d2 = _d1_d2(f, k, stdev)
    worth = d * (_out_of_the_money(f, k, d1, d2) + np.maximum(np.where(call, f - k, k - f), 0.0))
    density = pdf(d1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gamma = np.where((stdev > 0.0) & (f > 0.0), d * density / (f * stdev), 0.0)
        decay = np.where(t > 0.0, 0.5 * d * f * density * v / root, 0.0)
        rate = np.where(t > 0.0, -np.log(d) / t, 0.0)
    side = np.where(call, 1.0, -1.0)
    return Greeks(
        price=worth,
        delta=side * d * cdf(side * d1),
        gamma=gamma,
        vega=d * f * density * root,
        theta=rate * worth - decay,
        rho=-t * worth,
    )


def implied_vol(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Floats:
    """The volatility at which an option has this price.

    Nothing is raised, since a chain of quotes always has some that mean nothing. The answer is NaN where no
    volatility gives the price (below intrinsic value, or at or above the most it can be worth: the discounted forward
    of a call, the discounted strike of a put), and where no time is left. It is 0 where the price is the intrinsic
    value to the last digit. Deep in the money the price's own digits bound what can be known: a time value of 1e-10 of
    the price leaves six digits of the volatility.
    """
    p, f, k, t, call, d = _shaped(price, forward, strike, years, is_call, discount, boolean=4)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        undiscounted = p / d
        time_value = undiscounted - np.maximum(np.where(call, f - k, k - f), 0.0)
        log_moneyness = -np.abs(np.log(f / k))  # As the option that is out of the money: call and put mirror.
        scale = np.sqrt(f * k)
        target = time_value / scale
        highest = np.exp(0.5 * log_moneyness)
        solvable = (t > 0.0) & (f > 0.0) & (k > 0.0) & (target > 0.0) & (target < highest)
        vol = np.full(p.shape, np.nan)
        vol[(t > 0.0) & (f > 0.0) & (k > 0.0) & (time_value == 0.0)] = 0.0
        vol[solvable] = _stdev_of(target[solvable], log_moneyness[solvable]) / np.sqrt(t[solvable])
    return vol


def _shaped(*values: ArrayLike, boolean: int = 4) -> list[NDArray]:
    kinds = [np.bool_ if at == boolean else np.float64 for at in range(len(values))]
    arrays: list[NDArray] = [np.asarray(value, kind) for value, kind in zip(values, kinds, strict=True)]
    shaped = np.broadcast_arrays(*arrays)
    return [np.where(one >= 0.0, one, np.nan) if one.dtype != np.bool_ else one for one in shaped]


def _d1_d2(f: Floats, k: Floats, stdev: Floats) -> tuple[Floats, Floats]:
    """Both arguments; infinite where nothing is left to happen, 0 exactly at the strike."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.log(f / k)
        first = distance / stdev
        still = np.isnan(first) & ~np.isnan(stdev + f + k)  # 0/0: at the strike with nothing left, or F = K = 0.
    first = np.where(still, 0.0, first)
    half = 0.5 * stdev
    return first + half, first - half


def _out_of_the_money(f: Floats, k: Floats, d1: Floats, d2: Floats) -> Floats:
    """Undiscounted price of whichever of call and put has no intrinsic value."""
    side = np.where(f < k, 1.0, -1.0)
    return np.maximum(side * (f * cdf(side * d1) - k * cdf(side * d2)), 0.0)


def _normed(stdev: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Price over sqrt(F K) of a call at x = ln(F/K) <= 0, and its derivative by stdev."""
    d1 = x / stdev + 0.5 * stdev
    half = np.exp(0.5 * x)
    return half * cdf(d1) - cdf(d1 - stdev) / half, half * pdf(d1)


def _stdev_of(target: Floats, x: Floats) -> Floats:
    """Newton's steps on the price, or below its bend on the price's logarithm, halving where one would leave.

    As a function of stdev the price bends at sqrt(2 |x|): above it Newton on the price converges from one side; far
    below it the price falls faster than any power, and its logarithm is what is nearly straight.
    """
    bend = np.sqrt(-2.0 * x)
    at_bend = np.where(bend > 0.0, _normed(np.maximum(bend, 1e-300), x)[0], 0.0)
    is_low = target < at_bend
    low = np.where(is_low, 0.0, bend)
    high = np.where(is_low, bend, STDEV_MAX + bend)
    guess = np.where(is_low, -x / np.sqrt(-2.0 * np.log(np.minimum(target, 0.5))), bend + target * 2.0)
    stdev = np.clip(guess, low, high)
    stdev = np.where(stdev > low, stdev, 0.5 * (low + high))
    for _ in range(STEPS_MAX):
        value, slope = _normed(stdev, x)
        high = np.where(value > target, stdev, high)
        low = np.where(value < target, stdev, low)
        miss = np.where(is_low, np.log(np.maximum(value, 1e-300) / target) * value, value - target)
        step = stdev - miss / slope
        is_done = np.abs(step - stdev) <= PRECISION * stdev
        is_inside = (step > low) & (step < high)
        stdev = np.where(is_done | is_inside, step, 0.5 * (low + high))
        if is_done.all():
            break
    return stdev
