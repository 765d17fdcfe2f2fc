"""What a position pays and gets as time goes by: funding, marking to cash, a final price. Rules S.

All of it moves cash between the account and the clearing account, and only there: who gains is paid by who loses, and
what rounding leaves stays with the contract.
"""

from emporion.kernel import emit, holdings, loans, ranks
from emporion.kernel.arith import mul_div_floor
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import Event
from emporion.schema.limits import FUNDING_INDEX_SCALE

FUNDING_PAID = Event.FUNDING_PAID.value
MARKED_TO_CASH = Event.MARKED_TO_CASH.value
POSITION_SETTLED = Event.POSITION_SETTLED.value


@kernel
def due(state, m, ref, out):
    """Settles all that is due on one contract holding. Rule S-2.

    Only of a stale account: a fresh one owes nothing, and its sums are made anew afterwards.
    """
    holding = holdings.at(state, ref)
    contract = state.contracts[state.instruments[holding.instrument_id].contract]
    if holding.pos_lots == 0:
        return  # Whoever opens one has paid up to the index of that moment.
    if holding.paid_index != contract.funding_index:
        _pay_funding(state, m, holding, contract, out)
    if contract.is_settled != 0:
        _end(state, m, holding, contract, out)
    elif state.margins[m].hour < state.hour:
        _mark_to_cash(state, m, holding, contract, out)


@seldom
def _pay_funding(state, m, holding, contract, out):
    """Rule S-3."""
    moved = contract.funding_index - holding.paid_index
    holding.paid_index = contract.funding_index
    owed = -holding.pos_lots if moved > 0 else holding.pos_lots
    amount = mul_div_floor(owed, abs(moved), FUNDING_INDEX_SCALE)
    if amount == 0:
        return
    contract.funding_atoms -= amount
    _move(state, holding, contract, amount)
    _tell(state, m, holding, FUNDING_PAID, 0, amount, out)


@seldom
def _mark_to_cash(state, m, holding, contract, out):
    """Rule S-4."""
    gain = _take_gain(state, holding, contract, contract.mark_ticks)
    if gain != 0:
        _tell(state, m, holding, MARKED_TO_CASH, contract.mark_ticks, gain, out)


@seldom
def _end(state, m, holding, contract, out):
    """Rule S-5."""
    gain = _take_gain(state, holding, contract, contract.settle_ticks)
    _tell(state, m, holding, POSITION_SETTLED, contract.settle_ticks, gain, out)
    contract.open_interest_lots -= max(holding.pos_lots, 0)
    ranks.after_change(state, m, holding.instrument_id, holding.pos_lots, 0)
    holding.pos_lots = 0
    holding.entry_atoms = 0
    holding.shown_entry_atoms = 0


@kernel
def _take_gain(state, holding, contract, price_ticks):
    """What the position has gained since its entry becomes cash, and the price its entry."""
    worth = holding.pos_lots * price_ticks * state.instruments[holding.instrument_id].atoms_per_tick_lot
    gain = worth - holding.entry_atoms
    holding.entry_atoms = worth
    contract.clearing_atoms -= gain
    _move(state, holding, contract, gain)
    return gain


@kernel
def _move(state, holding, contract, amount_atoms):
    """From the clearing account to the account; the other way when negative."""
    state.balances[contract.clearing_balance].free_atoms -= amount_atoms
    loans.shift(state, holding.balance, amount_atoms)


@kernel
def _tell(state, m, holding, kind, price_ticks, amount_atoms, out):
    asset_id = state.balances[holding.balance].asset_id
    emit.event(
        out, state.seq, kind, 0, price_ticks, holding.pos_lots, 0, amount_atoms, state.margins[m].account_id,
        holding.instrument_id, asset_id, 0, 0, 0,
    )  # fmt: skip
