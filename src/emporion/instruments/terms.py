"""What a SET_RISK says beside the array: unit, cap, the least loss of a short option, and what large holdings cost
more.

All of it is worked out from the same two numbers as the array, the value of a lot or atom and what it may lose, so that
nobody has to choose integers by hand.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emporion.instruments.loads import HEADROOM, MICRO, unit_shift_for
from emporion.instruments.normal import Floats
from emporion.instruments.scenarios import PriceGroup, RatesGroup
from emporion.schema.limits import RISK_MAX


@dataclass(frozen=True)
class RiskTerms:
    """Integers of one instrument or asset. Micro-dollars are of 2^unit_shift lots or atoms."""

    unit_shift: int
    cap: int  # Lots or atoms: more than this is refused, or of an asset does not count as collateral.
    short_min_atoms: int  # Least loss of being short; 0 but for options.
    addon_from: int  # Lots or atoms; what is above costs
    addon_atoms: int  # so much more, whatever the scenario.


def risk_terms(
    group: PriceGroup | RatesGroup,
    value_dollars: float,
    loss_dollars: float,
    cap: int,
    *,
    is_option: bool = False,
    unit_shift: int | None = None,
    headroom: int = HEADROOM,
) -> RiskTerms:
    """Terms of what loads on `group` first.

    Args:
        value_dollars: of one lot or atom; of an option, of its underlying.
        loss_dollars: what one of them loses in its worst scenario.
        cap: the most lots or atoms of an account.
        unit_shift: as it was chosen when the instrument was listed; None chooses it now.
        headroom: see `loads.unit_shift_for`.
    """
    shift = unit_shift_for(loss_dollars, cap, headroom) if unit_shift is None else unit_shift
    values, caps, shifts = np.array([value_dollars]), np.array([cap], np.int64), np.array([shift], np.int64)
    return all_terms(group, values, caps, shifts, is_option=is_option)[0]


def all_terms(
    group: PriceGroup | RatesGroup,
    value_dollars: Floats,
    caps: NDArray[np.int64],
    unit_shifts: NDArray[np.int64],
    *,
    is_option: bool = False,
) -> list[RiskTerms]:
    """As `risk_terms`, of many whose units are chosen."""
    units = value_dollars * MICRO * 2.0**unit_shifts
    least = group.short_option_min if is_option and isinstance(group, PriceGroup) else 0.0
    is_free = (group.large_addon == 0.0) | (value_dollars * caps <= group.large_dollars)
    with np.errstate(divide="ignore"):  # Here below the cap, so it fits; elsewhere it is not used.
        large = np.where(is_free, 0.0, np.floor(group.large_dollars / value_dollars)).astype(np.int64)
    columns = (
        unit_shifts,
        caps,
        np.minimum(np.ceil(units * least), RISK_MAX),
        np.where(is_free, caps, large),
        np.where(is_free, 0.0, np.minimum(np.ceil(units * group.large_addon), RISK_MAX)),
    )
    return [RiskTerms(*row) for row in zip(*(column.astype(np.int64).tolist() for column in columns), strict=True)]
