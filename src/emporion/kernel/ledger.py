"""Balances: free, held for orders, held by name. Every movement has two ends.

What adds to one balance takes from another, so each asset sums to zero over all accounts. The
outside world and the fee account are accounts too, and only they may be negative.
"""

from emporion.kernel import index
from emporion.kernel.arith import buy_hold
from emporion.kernel.jit import kernel
from emporion.kernel.tables import BALANCES, free_hold, take_fresh
from emporion.schema.codes import Side


@kernel
def open_balance(state, account_id, asset_id):
    """Row of the balance, made if it is missing. Admission has seen to the room."""
    slot = index.find_balance(state, account_id, asset_id)
    if slot == 0:
        slot = take_fresh(state, BALANCES)
        balance = state.balances[slot]
        balance.account_id = account_id
        balance.asset_id = asset_id
        index.enter_balance(state, slot)
        _note_in_account(state.accounts[account_id], asset_id, slot)
    return slot


@kernel
def _note_in_account(account, asset_id, slot):
    if account.first_balance == 0:
        account.first_asset, account.first_balance = asset_id, slot
    elif account.second_balance == 0:
        account.second_asset, account.second_balance = asset_id, slot
    elif account.third_balance == 0:
        account.third_asset, account.third_balance = asset_id, slot


@kernel
def transfer(state, from_slot, to_slot, amount_atoms):
    """From free to free."""
    state.balances[from_slot].free_atoms -= amount_atoms
    state.balances[to_slot].free_atoms += amount_atoms


@kernel
def hold_for_order(state, order, amount_atoms):
    """Sets what is held for an order to this amount; the difference comes from or goes to free."""
    slot = order.quote_balance if order.side == Side.BUY else order.base_balance
    balance = state.balances[slot]
    difference = amount_atoms - order.hold_atoms
    balance.free_atoms -= difference
    balance.order_held_atoms += difference
    order.hold_atoms = amount_atoms
    assert balance.free_atoms >= 0


@kernel
def hold_by_name(state, balance_slot, amount_atoms):
    balance = state.balances[balance_slot]
    balance.free_atoms -= amount_atoms
    balance.other_held_atoms += amount_atoms
    assert balance.free_atoms >= 0


@kernel
def release_hold(state, hold_slot):
    """Ends a named hold. Its amount has been credited to where it goes: the holder's own balance or the outside's."""
    hold = state.holds[hold_slot]
    state.balances[hold.balance].other_held_atoms -= hold.amount_atoms
    free_hold(state, hold_slot)


@kernel
def entry_hold(instrument, side, price_ticks, lots, rate_ppm):
    """The hold at entry of an order for `lots` at this limit: rule O-6. Bounds of the listing exclude overflow."""
    if side == Side.BUY:
        return buy_hold(price_ticks * lots * instrument.atoms_per_tick_lot, rate_ppm)
    return lots * instrument.base_atoms_per_lot


@kernel
def order_rate(order):
    """The highest rate an order may have to pay: never below 0, as a taker's is not (rule A-8)."""
    return max(order.maker_ppm, order.taker_ppm)
