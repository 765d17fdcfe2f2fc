"""Ledger commands: money in, out, across, and held by name. Rules L."""

from emporion.kernel import admit, book, cash_margin, clients, emit, index, loans, margin, rings
from emporion.kernel.jit import kernel
from emporion.kernel.ledger import hold_by_name, open_balance, release_hold
from emporion.kernel.tables import ASSETS, BALANCES, HOLDS, SLOT_MASK, has_room, take_hold
from emporion.schema.codes import Event, HoldKind, OrderStatus, Reject, Side
from emporion.schema.limits import (
    CANCELS_PER_COMMAND,
    FEE_ACCOUNT,
    INSURANCE_ACCOUNT,
    LENDING_ACCOUNT,
    OUTSIDE_ACCOUNT,
    SUPPLY_MAX,
)  # fmt: skip

WITHDRAWAL = HoldKind.WITHDRAWAL.value
FREEZE = HoldKind.FREEZE.value
DONE = OrderStatus.FILLED.value


@kernel
def deposit(state, command, out):
    """Rule L-1."""
    account_id, asset_id, amount = command.account_id, command.asset_id, command.amount_atoms
    reason = admit.sender(state, account_id)
    if reason == Reject.NONE:
        reason = _form(state, command, account_id)
    if reason == Reject.NONE:
        outside = index.find_balance(state, OUTSIDE_ACCOUNT, asset_id)
        own = index.find_balance(state, account_id, asset_id)
        missing = (1 if outside == 0 else 0) + (1 if own == 0 else 0)
        if amount - state.balances[outside].free_atoms > SUPPLY_MAX:
            reason = Reject.SUPPLY_LIMIT
        elif not _has_room(state, command, missing, 0) or not cash_margin.has_room(state, account_id, asset_id):
            reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, command, reason, out)
        return

    # From here on the command must succeed.
    outside = open_balance(state, OUTSIDE_ACCOUNT, asset_id)
    own = cash_margin.prepare(state, account_id, asset_id, out)
    state.balances[outside].free_atoms -= amount
    cash_margin.credit(state, account_id, own, amount)
    _remember(state, command, 0)
    emit.of_ledger(state, out, Event.DEPOSITED.value, 0, account_id, asset_id, amount)


@kernel
def move(state, command, to_account_id, out):
    """Rule L-2, TRANSFER."""
    account_id, asset_id, amount = command.account_id, command.asset_id, command.amount_atoms
    reason = _transfer_parties(state, account_id, to_account_id)
    if reason == Reject.NONE:
        reason = _spending(state, command, account_id, out)
    if reason == Reject.NONE:
        missing = 1 if index.find_balance(state, to_account_id, asset_id) == 0 else 0
        if not _has_room(state, command, missing, 0) or not cash_margin.has_room(state, to_account_id, asset_id):
            reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, command, reason, out)
        return

    # From here on the command must succeed.
    source = cash_margin.prepare(state, account_id, asset_id, out)
    target = cash_margin.prepare(state, to_account_id, asset_id, out)
    cash_margin.credit(state, account_id, source, -amount)
    cash_margin.credit(state, to_account_id, target, amount)
    _remember(state, command, 0)
    emit.of_ledger(state, out, Event.TRANSFERRED.value, 0, account_id, asset_id, -amount)
    emit.of_ledger(state, out, Event.TRANSFERRED.value, 0, to_account_id, asset_id, amount)


@kernel
def withdraw(state, command, out):
    """Rule L-3: the amount is held until the outside world has settled or refused."""
    account_id = command.account_id
    reason = admit.sender(state, account_id)
    if reason == Reject.NONE:
        reason = _spending(state, command, account_id, out)
    if reason == Reject.NONE and not _has_room(state, command, 0, 1):
        reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, command, reason, out)
        return

    # From here on the command must succeed.
    hold_id = _hold(state, command, WITHDRAWAL)
    cash_margin.withdraw(state, account_id, command.asset_id, command.amount_atoms)
    _remember(state, command, hold_id)
    emit.of_ledger(
        state, out, Event.WITHDRAWAL_REQUESTED.value, hold_id, account_id, command.asset_id, command.amount_atoms
    )


@kernel
def settle(state, command, out):
    """Rule L-4: what was held has left the venue."""
    slot = _held(state, command, WITHDRAWAL)
    if slot == 0:
        _reject(state, command, Reject.UNKNOWN_HOLD, out)
        return
    hold = state.holds[slot]
    emit.of_ledger(
        state, out, Event.WITHDRAWAL_SETTLED.value, hold.hold_id, hold.account_id, hold.asset_id, -hold.amount_atoms
    )
    cash_margin.withdraw(state, hold.account_id, hold.asset_id, -hold.amount_atoms)
    state.balances[index.find_balance(state, OUTSIDE_ACCOUNT, hold.asset_id)].free_atoms += hold.amount_atoms
    release_hold(state, slot)


@kernel
def give_back(state, command, kind, event, out):
    """Rules L-5 and L-7: a refused withdrawal, or a freeze that ends, becomes free again."""
    slot = _held(state, command, kind)
    if slot == 0:
        _reject(state, command, Reject.UNKNOWN_HOLD, out)
        return
    hold = state.holds[slot]
    cash_margin.prepare(state, hold.account_id, hold.asset_id, out)
    emit.of_ledger(state, out, event, hold.hold_id, hold.account_id, hold.asset_id, hold.amount_atoms)
    if kind == WITHDRAWAL:
        cash_margin.withdraw(state, hold.account_id, hold.asset_id, -hold.amount_atoms)
    cash_margin.credit(state, hold.account_id, hold.balance, hold.amount_atoms)
    release_hold(state, slot)


@kernel
def freeze(state, command, out):
    """Rule L-6: free first, then the newest orders give way."""
    account_id, asset_id, amount = command.account_id, command.asset_id, command.amount_atoms
    reason = admit.sender(state, account_id)
    if reason == Reject.NONE:
        reason = _form(state, command, account_id)
    if reason == Reject.NONE:
        balance = state.balances[index.find_balance(state, account_id, asset_id)]
        if balance.free_atoms + balance.order_held_atoms < amount:
            reason = Reject.INSUFFICIENT_FUNDS
        elif not _has_room(state, command, 0, 1):
            reason = Reject.TABLE_FULL
        elif not _frees_enough(state, account_id, asset_id, amount - balance.free_atoms):
            reason = Reject.WORK_LIMIT
    if reason != Reject.NONE:
        _reject(state, command, reason, out)
        return

    # From here on the command must succeed.
    balance = state.balances[index.find_balance(state, account_id, asset_id)]
    slot = rings.newest_in_list(state, account_id)
    while balance.free_atoms < amount:
        order = state.orders[slot]
        if order.hold_atoms != 0 and _held_asset(state, order) == asset_id:  # Orders on contracts hold nothing.
            older = book.older_that_stays(state, slot)
            book.cancel(state, slot, Event.CANCELED.value, Reject.BY_BALANCE_FREEZE.value, out)
            slot = older
        else:
            slot = rings.next_in_list(state, slot)
    hold_id = _hold(state, command, FREEZE)
    _remember(state, command, hold_id)
    emit.of_ledger(state, out, Event.BALANCE_FROZEN.value, hold_id, account_id, asset_id, amount)


@kernel
def _form(state, command, account_id):
    """What every ledger command with an amount checks."""
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    if (hi | lo) != 0 and clients.taken(state, account_id, hi, lo) != 0:
        return Reject.DUPLICATE
    if command.asset_id <= 0 or command.asset_id > state.tables[ASSETS].high_water:
        return Reject.UNKNOWN_ASSET
    if command.amount_atoms <= 0 or command.amount_atoms > SUPPLY_MAX:
        return Reject.BAD_AMOUNT
    return Reject.NONE


@kernel
def _spending(state, command, account_id, out):
    """The same for those that spend from free; a duplicate goes before a freeze. A margin account is touched."""
    reason = _form(state, command, account_id)
    is_frozen = state.accounts[account_id].flags & admit.FROZEN != 0 or cash_margin.is_liquidated(state, account_id)
    if reason != Reject.DUPLICATE and is_frozen:
        return Reject.ACCOUNT_FROZEN
    if reason != Reject.NONE:
        return reason
    asset_id, amount = command.asset_id, command.amount_atoms
    if account_id == LENDING_ACCOUNT:
        return Reject.NONE if loans.payable(state, asset_id) >= amount else Reject.INSUFFICIENT_FUNDS
    m = state.accounts[account_id].margin
    if m != 0:
        margin.touch(state, m, out)
    if state.balances[index.find_balance(state, account_id, asset_id)].free_atoms < amount:
        return Reject.INSUFFICIENT_FUNDS
    return cash_margin.leaving_reason(state, m, asset_id, amount) if m != 0 else Reject.NONE


@kernel
def _transfer_parties(state, account_id, to_account_id):
    """The venue's own purses may pay and be paid; the outside world and the clearing account have their own ways."""
    if account_id == to_account_id:
        return Reject.BAD_VALUE
    paying, paid = admit.sender(state, account_id), admit.sender(state, to_account_id)
    if paying == Reject.UNKNOWN_ACCOUNT or paid == Reject.UNKNOWN_ACCOUNT:
        return Reject.UNKNOWN_ACCOUNT
    if (paying != Reject.NONE and not _is_purse(account_id)) or (paid != Reject.NONE and not _is_purse(to_account_id)):
        return Reject.SYSTEM_ACCOUNT
    return Reject.NONE


@kernel
def _is_purse(account_id):
    return account_id == FEE_ACCOUNT or account_id == LENDING_ACCOUNT or account_id == INSURANCE_ACCOUNT


@kernel
def _has_room(state, command, balances, holds):
    has_client_id = (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0
    if has_client_id and not clients.room(state):
        return False
    return has_room(state, BALANCES, balances) and has_room(state, HOLDS, holds)


@kernel
def _remember(state, command, hold_id):
    """The command's client id is used up at once: a retry is a duplicate."""
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    if (hi | lo) != 0:
        clients.end(state, clients.record(state, command.account_id, hi, lo, hold_id), DONE)


@kernel
def _hold(state, command, kind):
    """Moves the command's amount from free into a new named hold; returns its id."""
    balance = index.find_balance(state, command.account_id, command.asset_id)
    hold_by_name(state, balance, command.amount_atoms)
    hold = state.holds[take_hold(state)]
    hold.amount_atoms = command.amount_atoms
    hold.reference = command.reference
    hold.ts_ns = state.ts_ns
    hold.account_id = command.account_id
    hold.asset_id = command.asset_id
    hold.balance = balance
    hold.kind = kind
    return hold.hold_id


@kernel
def _held(state, command, kind):
    """Slot of the hold a command names, of this kind and (if it names one) this account; else NOBODY."""
    if command.hold_id <= 0:
        return 0
    slot = command.hold_id & SLOT_MASK
    if slot == 0 or slot > state.tables[HOLDS].high_water:
        return 0
    hold = state.holds[slot]
    if hold.hold_id != command.hold_id or hold.kind != kind:
        return 0
    if command.account_id != 0 and command.account_id != hold.account_id:
        return 0
    return slot


@kernel
def _held_asset(state, order):
    instrument = state.instruments[order.instrument_id]
    return instrument.quote_asset_id if order.side == Side.BUY else instrument.base_asset_id


@kernel
def _frees_enough(state, account_id, asset_id, missing_atoms):
    """Whether cancelling newest orders within the bound releases what is missing."""
    looked = 0
    slot = rings.newest_in_list(state, account_id)
    while missing_atoms > 0:
        if slot == 0 or looked == CANCELS_PER_COMMAND:
            return False
        looked += 1
        order = state.orders[slot]
        if _held_asset(state, order) == asset_id:
            missing_atoms -= order.hold_atoms
        slot = rings.next_in_list(state, slot)
    return True


@kernel
def _reject(state, command, reason, out):
    order_id = 0
    flags = 0
    if reason == Reject.DUPLICATE:
        entry = clients.taken(state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo)
        order_id = state.client_ids[entry].order_id
        flags = clients.status(state, entry)
    emit.rejected(state, out, reason, order_id, command.account_id, 0, command.asset_id, flags)
