"""The named roundings of the venue. Everything else adds and multiplies whole numbers.

Rates are parts per million. `amount * rate` may pass 2^63 where `amount` alone does not, so the
amount is split at PPM: the parts stay below 2^63 for amounts up to 2^61 and rates up to 10^6.
"""

from emporion.kernel.jit import kernel
from emporion.schema.limits import PPM


@kernel
def share_down(amount, ppm):
    """`amount * ppm / 10^6`, rounded down. Both non-negative."""
    whole = amount // PPM
    return whole * ppm + (amount - whole * PPM) * ppm // PPM


@kernel
def share_up(amount, ppm):
    """`amount * ppm / 10^6`, rounded up. Both non-negative."""
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


@kernel
def buy_hold(notional_atoms, ppm):
    """What a BUY order of this notional may cost at most: rule O-6, `H`.

    One atom more than notional and fee, since the maker's and the taker's part round apart.
    """
    return notional_atoms + share_up(notional_atoms, ppm) + 1


@kernel
def product_fits(a, b, bound):
    """Whether `a * b <= bound`, for positive a and b, without computing it."""
    return a <= bound // b
