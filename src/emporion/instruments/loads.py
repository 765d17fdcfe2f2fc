"""From dollars gained or lost in each scenario to the integers that the kernel adds up.

An entry is what 2^unit_shift lots long (of a collateral asset: 2^unit_shift atoms) gain in a scenario, in millionths of
a dollar, rounded down: against who is long, and by less than one of them. The kernel computes

    contribution = floor(quantity x entry / 2^unit_shift)

which is a multiplication and a shift. `unit_shift_for` chooses the power so that rounding an entry does not matter and
the product of the largest entry and the largest quantity stays within limits.RISK_MAX.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue
from emporion.instruments.normal import Floats
from emporion.instruments.scenarios import PriceGroup
from emporion.schema.limits import RISK_MAX, UNIT_SHIFT_MAX

MICRO = 1_000_000  # Units of valuation in a dollar.
PRECISE = 1_000_000  # An entry this large is rounded by a millionth of itself.
COARSE = 100  # By a hundredth: not taken.
HEADROOM = 16  # How many times its size of today an entry may grow before the unit must be chosen anew.


@dataclass(frozen=True, eq=False)
class Load:
    """What an instrument or asset gains in one group's scenarios."""

    group: str
    array: NDArray[np.int64]  # Sixteen entries, millionths of a dollar per 2^unit_shift lots or atoms.


def to_entries(dollars: Floats, unit_shift: int) -> NDArray[np.int64]:
    """Dollars gained by one lot or atom, rounded down to entries for 2^unit_shift of them. Of any shape.

    Raises:
        BadValue: an amount is not finite or an entry would be 2^60 or more.
    """
    if not 0 <= unit_shift <= UNIT_SHIFT_MAX:
        raise BadValue(f"unit_shift: {unit_shift} is not within 0 and {UNIT_SHIFT_MAX}")
    entries = np.floor(np.asarray(dollars, np.float64) * (MICRO * 2.0**unit_shift))
    if not np.all(np.abs(entries) < RISK_MAX):  # NaN neither.
        raise BadValue(
            f"risk array: an entry for 2^{unit_shift} lots or atoms is not a number or not below 2^60; "
            "check mark and volatility, and choose a smaller unit_shift"
        )
    return entries.astype(np.int64)


def unit_shift_for(loss_dollars: float, cap: int, headroom: int = HEADROOM) -> int:
    """The power of two of an instrument's or asset's risk unit.

    Args:
        loss_dollars: what one lot or atom loses in its worst scenario, today; above 0.
        cap: the most lots or atoms an account may hold or have in orders.
        headroom: how many times its size of today an entry may reach: 1 for what should stay at one dollar.
    Returns:
        The smallest power at which an entry is rounded by a millionth, or, when the cap does not leave room for that,
        the largest that there is room for.
    Raises:
        BadValue: not even a hundredth is possible. The message says which cap would do.
    """
    if not (math.isfinite(loss_dollars) and loss_dollars > 0.0):
        raise BadValue(f"loss_dollars: {loss_dollars} is not a positive amount")
    if cap < 1 or headroom < 1:
        raise BadValue(f"cap {cap} and headroom {headroom}: both are at least 1")
    entry = loss_dollars * MICRO
    wanted = max(0, math.ceil(math.log2(PRECISE / entry)))
    possible = math.floor(math.log2(RISK_MAX / (entry * headroom * cap)))
    shift = min(wanted, possible, UNIT_SHIFT_MAX)
    if shift < 0 or entry * 2.0**shift < COARSE:
        fitting = int(RISK_MAX / (max(COARSE * 2, entry) * headroom))
        raise BadValue(
            f"cap: {cap} lots or atoms leave no room to say {loss_dollars:g} dollars of loss each within a hundredth; "
            f"a cap of {fitting} does"
        )
    return shift


def linear(
    group: PriceGroup,
    value_dollars: float,
    unit_shift: int,
    *,
    is_derivative: bool,
    is_closed: bool = False,
    beta: float = 1.0,
) -> Load:
    """The load of whatever moves as the group's price does, `beta` times as far, but never below nothing.

    Args:
        value_dollars: of one lot or atom, at its mark.
        is_derivative: whether the basis scenarios move it; what is delivered stands still in them.
    """
    if not (math.isfinite(value_dollars) and value_dollars >= 0.0 and math.isfinite(beta)):
        raise BadValue(f"group {group.name}: value {value_dollars} and beta {beta} are finite, the value not negative")
    moves = group.moves(is_closed)
    change = np.maximum(moves.price * beta, -1.0)
    if is_derivative:
        change = change + moves.basis
    return Load(group.name, to_entries(value_dollars * change * moves.weight, unit_shift))
