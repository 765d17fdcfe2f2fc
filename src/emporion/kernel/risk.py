"""What risk rows make of a quantity: its value in micro-dollars, and what its size costs. Rules R-6 and R-7."""

import numpy as np

from emporion.kernel.arith import mul_shift
from emporion.kernel.jit import hot, kernel


@hot
def clamped(quantity, bound):
    return max(min(quantity, bound), -bound)


@kernel
def value_down(state, asset_id, atoms):
    """Micro-dollars of so many atoms, rounded down; more than the cap, either way, counts as the cap. 0 unpriced."""
    row = state.risks[state.assets[asset_id].risk]
    return mul_shift(clamped(atoms, row.cap), row.value_atoms, row.unit_shift)


@kernel
def value_up(state, asset_id, atoms):
    """The same, rounded up."""
    return -value_down(state, asset_id, -atoms)


@kernel
def is_asset_priced(state, asset_id):
    """Whether an asset has a risk array and a value."""
    row = state.risks[state.assets[asset_id].risk]
    return row.loads != 0 and row.value_atoms != 0


@kernel
def is_contract_priced(state, instrument):
    """Whether a contract has a mark and a risk array, and what it settles in has a value and one too."""
    contract = state.contracts[instrument.contract]
    if contract.mark_ticks == 0 or state.risks[contract.risk].loads == 0:
        return False
    return is_asset_priced(state, instrument.quote_asset_id)


@kernel
def unit_up(quantity, atoms, shift):
    """`quantity * atoms / 2^shift`, rounded up: the product fits, by the checks of SET_RISK."""
    return -((-quantity * atoms) >> shift)


@kernel
def addon(row, quantity):
    """What a quantity costs for its size alone, whatever the scenario: micro-dollars. Rule R-7."""
    if quantity <= row.addon_from or row.addon_atoms == 0:
        return np.int64(0)
    return unit_up(quantity - row.addon_from, row.addon_atoms, row.unit_shift)
