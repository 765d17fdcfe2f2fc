"""What one holding adds to its account's sums. Rules R-6 and R-7."""

import numpy as np

from emporion.kernel.jit import hot
from emporion.kernel.risk import clamped, unit_up, value_down, value_up


@hot
def risk_row(state, holding):
    """Row in risks of a holding; 0 for an asset that has none."""
    if holding.instrument_id != 0:
        return np.int64(state.contracts[state.instruments[holding.instrument_id].contract].risk)
    return np.int64(state.assets[holding.asset_id].risk)


@hot
def quantity(state, holding, cap):
    """What it has, as far as it counts: lots; of an asset the balance in total, less what is being withdrawn."""
    if holding.instrument_id != 0:
        return clamped(holding.pos_lots, cap)
    balance = state.balances[holding.balance]
    return clamped(balance.free_atoms + balance.order_held_atoms + balance.other_held_atoms - holding.entry_atoms, cap)


@hot
def value_of(state, holding, held):
    """What it adds to equity: micro-dollars."""
    if holding.instrument_id == 0:
        return value_down(state, holding.asset_id, held)
    instrument = state.instruments[holding.instrument_id]
    mark = state.contracts[instrument.contract].mark_ticks
    gain = holding.pos_lots * mark * instrument.atoms_per_tick_lot - holding.entry_atoms
    return value_down(state, instrument.quote_asset_id, gain)


@hot
def gross_of(state, instrument, lots):
    """What so many lots of a contract are worth at its mark: micro-dollars, rounded up."""
    mark = state.contracts[instrument.contract].mark_ticks
    return value_up(state, instrument.quote_asset_id, lots * mark * instrument.atoms_per_tick_lot)


@hot
def largest(held, buy_leaves, sell_leaves):
    """The most that a quantity may come to, in either direction, with what is on order."""
    return max(abs(held + buy_leaves), abs(held - sell_leaves))


@hot
def short_loss(risk, held):
    """The least loss of a quantity for being short."""
    return unit_up(max(-held, 0), risk.short_min_atoms, risk.unit_shift)


@hot
def ordered_loss(gain, buys, sells, shift):
    """What orders may lose in a scenario at worst: not above 0."""
    return ((buys * min(gain, 0)) >> shift) + ((sells * min(-gain, 0)) >> shift)
