"""What ledger commands are to margin accounts: balances are holdings, and what leaves must not be missed. R-10."""

from emporion.kernel import health, holdings, loans, margin
from emporion.kernel.jit import kernel
from emporion.kernel.ledger import open_balance
from emporion.schema.codes import LiquidationStage, Reject

NONE = LiquidationStage.NONE.value


@kernel
def has_room(state, account_id, asset_id):
    """Whether the account may get a balance of an asset: a margin account needs a place for the holding."""
    m = state.accounts[account_id].margin
    return m == 0 or holdings.find_asset(state, m, asset_id) != 0 or holdings.have_room(state, m, 1)


@kernel
def is_liquidated(state, account_id):
    return state.margins[state.accounts[account_id].margin].stage != NONE


@kernel
def prepare(state, account_id, asset_id, out):
    """Before a balance changes: interest due on it is paid, and the account's sums are given up.

    Returns the row of the balance; it and its holding are made when missing.
    """
    m = state.accounts[account_id].margin
    if m == 0:
        return open_balance(state, account_id, asset_id)
    ref = holdings.find_asset(state, m, asset_id)
    if ref != 0:
        loans.interest_due(state, m, ref, out)
    margin.make_stale(state, m)
    return holdings.at(state, holdings.open_asset(state, m, asset_id)).balance


@kernel
def credit(state, account_id, balance, amount_atoms):
    """Adds to free, or takes from it: of a margin account what is lent moves with it."""
    if state.accounts[account_id].margin != 0:
        loans.shift(state, balance, amount_atoms)
    else:
        state.balances[balance].free_atoms += amount_atoms


@kernel
def leaving_reason(state, m, asset_id, amount_atoms):
    """Whether a touched account would be healthy without so much of an asset, which it has free."""
    if not margin.is_fresh(state, m):
        return Reject.TABLE_FULL
    ref = holdings.find_asset(state, m, asset_id)
    _set_aside(state, m, ref, amount_atoms)
    is_healthy = health.is_healthy(state, m)
    _set_aside(state, m, ref, -amount_atoms)
    return Reject.NONE if is_healthy else Reject.INSUFFICIENT_MARGIN


@kernel
def _set_aside(state, m, ref, amount_atoms):
    margin.lift(state, m, ref)
    holdings.at(state, ref).entry_atoms += amount_atoms
    margin.lay(state, m, ref)


@kernel
def withdraw(state, account_id, asset_id, amount_atoms):
    """Notes more, or with a negative amount less, as on its way out: it does not count any more."""
    m = state.accounts[account_id].margin
    if m != 0:
        holdings.at(state, holdings.find_asset(state, m, asset_id)).entry_atoms += amount_atoms
        margin.make_stale(state, m)
