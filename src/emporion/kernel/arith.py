"""The named roundings of the venue. Everything else adds and multiplies whole numbers.

Rates are parts per million. `amount * rate` may pass 2^63 where `amount` alone does not, so the
amount is split at PPM: the parts stay below 2^63 for amounts up to 2^61 and rates up to 10^6.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from emporion.kernel.jit import COMPILED, hot, kernel, rare
from emporion.schema.limits import PPM

SMALL = 1 << 43  # Times a rate of at most 10^6, an amount below it stays below 2^63.
SHORT = 1 << 31  # Two numbers below it have a product that fits.
LONG = 1 << 62

if COMPILED:

    @intrinsic
    def _over_ppm(context, amount):
        """`amount // 10^6` of a number that is not negative, which spares the machine a case."""

        def build(ctx, builder, signature, args):
            return builder.udiv(args[0], ir.Constant(ir.IntType(64), PPM))

        return types.int64(types.int64), build

else:

    def _over_ppm(amount):
        return amount // PPM


@kernel
def share_down(amount, ppm):
    """`amount * ppm / 10^6`, rounded down. Both non-negative."""
    whole = amount // PPM
    return whole * ppm + (amount - whole * PPM) * ppm // PPM


@hot
def share_up(amount, ppm):
    """`amount * ppm / 10^6`, rounded up. Both non-negative."""
    if amount < SMALL:
        return _over_ppm(amount * ppm + (PPM - 1))
    return _share_up(amount, ppm)


@rare
def _share_up(amount, ppm):
    whole = amount // PPM
    return whole * ppm + ((amount - whole * PPM) * ppm + (PPM - 1)) // PPM


@kernel
def fee_due(ppm, notional_atoms):
    """The fee an order owes on all it has done in one role; negative for a rebate.

    Rounded against the payer: a fee up, a rebate down. Rule M-6.
    """
    if ppm >= 0:
        return share_up(notional_atoms, ppm)
    return -share_down(notional_atoms, -ppm)


@hot
def buy_hold(notional_atoms, ppm):
    """What a BUY order of this notional may cost at most: rule O-6, `H`.

    One atom more than notional and fee, since the maker's and the taker's part round apart.
    """
    return notional_atoms + share_up(notional_atoms, ppm) + 1


@kernel
def product_fits(a, b, bound):
    """Whether `a * b <= bound`, for positive a and b, without computing it."""
    return a <= bound // b


@hot
def mul_shift(a, v, shift):
    """`floor(a * v / 2^shift)`, both of either sign; v * 2^shift and the result must fit 2^62, a * v need not."""
    return (a >> shift) * v + ((a & ((1 << shift) - 1)) * v >> shift)


@kernel
def mul_div_down(a, b, c):
    """`a * b / c`, rounded down, exact though a * b may pass 2^63.

    Args:
        a, b: int64 >= 0.
        c: int64 in 1 .. 2^62.
    Returns:
        int64. It must fit: the caller's bounds see to that.
    """
    quotient, _ = _mul_div(a, b, c)
    return quotient


@kernel
def mul_div_up(a, b, c):
    """The same, rounded up."""
    quotient, rest = _mul_div(a, b, c)
    return quotient + (1 if rest > 0 else 0)


@kernel
def mul_div_floor(a, b, c):
    """`floor(a * b / c)` of an `a` of either sign; b and c as before."""
    return mul_div_down(a, b, c) if a >= 0 else -mul_div_up(-a, b, c)


@kernel
def _mul_div(a, b, c):
    """Quotient and rest of a * b by c: multiplication as on paper, a bit of b at a time, the rest kept below c."""
    assert a >= 0 and b >= 0 and 0 < c and c <= LONG
    whole, part = a // c, a % c
    if part < SHORT and b < SHORT:
        product = part * b
        return whole * b + product // c, product % c
    quotient, rest = np.int64(0), np.int64(0)
    bit = 62
    while bit > 0 and b >> bit == 0:
        bit -= 1
    while bit >= 0:
        quotient += quotient
        rest += rest
        if rest >= c:
            rest -= c
            quotient += 1
        if (b >> bit) & 1 != 0:
            rest += part
            if rest >= c:
                rest -= c
                quotient += 1
        bit -= 1
    return whole * b + quotient, rest
