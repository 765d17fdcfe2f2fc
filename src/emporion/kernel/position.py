"""Positions in contracts: opening, reducing, turning, and the gain that each fill makes cash. Rules P-1 and P-7.

A position keeps what it cost to the atom, with the sign of its lots, so that the sum over all positions of a
contract is what its clearing account has paid out. Nothing is rounded but the part of the cost that a
part of the lots takes with it, and what is not taken stays.
"""

from emporion.kernel.arith import mul_div_down, mul_div_up
from emporion.kernel.jit import hot, kernel
from emporion.schema.codes import Side

BUY = Side.BUY.value


@hot
def closable(pos_lots, side):
    """Lots of a position that an order of this side may close."""
    return max(-pos_lots, 0) if side == BUY else max(pos_lots, 0)


@hot
def change(holding, side, lots, tick_atoms):
    """Takes a fill into a position.

    Args:
        holding: of the contract. Its contributions are lifted: see kernel/margin.py.
        side: codes.Side of the fill.
        tick_atoms: atoms of one lot at the fill's price.
    Returns:
        The gain in atoms, negative for a loss; 0 when nothing closes.
    """
    sign = 1 if side == BUY else -1
    closing = min(closable(holding.pos_lots, side), lots)
    gain = 0
    if closing != 0:
        gain = _reduce(holding, closing, sign, tick_atoms)
    opening = lots - closing
    holding.pos_lots += sign * opening
    holding.entry_atoms += sign * opening * tick_atoms
    holding.shown_entry_atoms += sign * opening * tick_atoms
    return gain


@kernel
def _reduce(holding, closing, sign, tick_atoms):
    """Closes lots of a position with the other sign; returns the gain."""
    open_lots = -sign * holding.pos_lots
    cost = _part(holding.entry_atoms, closing, open_lots)
    holding.pos_lots += sign * closing
    holding.entry_atoms -= cost
    holding.shown_entry_atoms -= _part(holding.shown_entry_atoms, closing, open_lots)
    return -sign * closing * tick_atoms - cost


@kernel
def _part(entry_atoms, closing, open_lots):
    """What closing lots of open_lots have cost, rounded towards 0."""
    if closing == open_lots:
        return entry_atoms
    if entry_atoms < 0:
        return -mul_div_down(-entry_atoms, closing, open_lots)
    return mul_div_down(entry_atoms, closing, open_lots)


@hot
def fee_base(contract, price_ticks, notional_atoms):
    """What a fee rate is taken on: the notional; of an outcome with binary fees that times one less the price."""
    if contract.fee_form == 0:
        return notional_atoms
    return _binary_base(contract, price_ticks, notional_atoms)


@kernel
def _binary_base(contract, price_ticks, notional_atoms):
    return mul_div_up(notional_atoms, max(contract.one_ticks - price_ticks, 0), contract.one_ticks)
