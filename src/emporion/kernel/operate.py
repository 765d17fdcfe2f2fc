"""What operators do: genesis, limits, listings, statuses, fees, accounts. Rules A and W-6."""

from emporion.kernel import admit, contracts, deadlines, emit, index, sweep, trigger
from emporion.kernel import bounds as bounds_of
from emporion.kernel.jit import kernel
from emporion.kernel.ledger import open_balance
from emporion.kernel.tables import (
    ACCOUNTS,
    ASSETS,
    BALANCES,
    DEADLINES,
    INSTRUMENTS,
    SLOT_MASK,
    has_room,
    take_fresh,
)  # fmt: skip
from emporion.schema.codes import AccountFlag, AssetClass, ContractKind, Event, InstrumentStatus, Limit, Reject
from emporion.schema.limits import (
    ATOMS_PER_LOT_MAX,
    ATOMS_PER_TICK_LOT_MAX,
    DEADMAN_MAX_NS,
    DECIMALS_MAX,
    FEE_ACCOUNT,
    FEE_PPM_MAX,
    FEE_SCHEDULES,
    FEE_TIERS,
    SYSTEM_ACCOUNTS,
)  # fmt: skip
from emporion.schema.messages import GENESIS_ROWS, LIMITS_PER_ROW, RULES_VERSION

LIMITS = len(Limit)
LIMIT_MAX = (1 << 31) - 1
NUMBERED_MAX = SLOT_MASK
ORDERS_LIMIT = int(Limit.ORDERS)
HOLDS_LIMIT = int(Limit.HOLDS)
ACCOUNTS_LIMIT = int(Limit.ACCOUNTS)
SYSTEM = AccountFlag.SYSTEM.value
FROZEN = AccountFlag.FROZEN.value
OUTCOME = ContractKind.OUTCOME.value
CLASSES = AssetClass.PRIVATE.value  # Of assets, and of what is delivered.

assert LIMITS <= GENESIS_ROWS * LIMITS_PER_ROW


@kernel
def genesis(state, rows, first_row, out):
    """Rule A-1. Limits stand in GENESIS_ROWS data rows, in the order of codes.Limit; what is over is 0."""
    for limit in range(GENESIS_ROWS * LIMITS_PER_ROW):
        value = _given_limit(rows, first_row, limit)
        least = SYSTEM_ACCOUNTS if limit == ACCOUNTS_LIMIT else 1
        if limit < LIMITS and (value < least or value > _limit_max(limit)):
            _reject(state, Reject.BAD_VALUE, out)
            return
        if limit >= LIMITS and value != 0:
            _reject(state, Reject.BAD_VALUE, out)
            return
    for limit in range(LIMITS):
        state.tables[limit].limit = _given_limit(rows, first_row, limit)
    for _ in range(SYSTEM_ACCOUNTS):
        account_id = take_fresh(state, ACCOUNTS)
        account = state.accounts[account_id]
        account.account_id = account_id
        account.master_id = account_id
        account.flags = SYSTEM
    state.rules_version = RULES_VERSION
    state.epoch += 1  # 0 is the epoch of sums that must be made anew.
    emit.of_operator(state, out, Event.GENESIS_DONE.value, 0, 0, 0, 0, 0, 0)


@kernel
def _given_limit(rows, first_row, limit):
    return rows.rows[first_row + limit // LIMITS_PER_ROW].limits[limit % LIMITS_PER_ROW]


@kernel
def set_limit(state, command, out):
    """Rule A-2: limits are only raised."""
    limit = command.limit
    if limit < 0 or limit >= LIMITS:
        _reject(state, Reject.BAD_VALUE, out)
        return
    table = state.tables[limit]
    if command.limit_value < table.limit or command.limit_value > _limit_max(limit):
        _reject(state, Reject.BAD_VALUE, out)
        return
    table.limit = command.limit_value
    emit.of_operator(state, out, Event.LIMIT_SET.value, 0, 0, 0, command.limit_value, 0, limit)


@kernel
def list_asset(state, terms, out):
    """Rule A-3."""
    if (
        terms.name[0] == 0
        or terms.decimals < 0
        or terms.decimals > DECIMALS_MAX
        or terms.asset_class < 1
        or terms.asset_class > CLASSES
    ):
        _reject(state, Reject.BAD_VALUE, out)
        return
    if not has_room(state, ASSETS, 1):
        _reject(state, Reject.TABLE_FULL, out)
        return
    asset_id = take_fresh(state, ASSETS)
    asset = state.assets[asset_id]
    asset.asset_id = asset_id
    asset.decimals = terms.decimals
    asset.asset_class = terms.asset_class
    for place in range(16):
        asset.name[place] = terms.name[place]
    emit.of_operator(state, out, Event.ASSET_LISTED.value, 0, 0, asset_id, 0, 0, 0)


@kernel
def list_instrument(state, terms, bounds, out):
    """Rule A-4."""
    reason = _instrument_reason(state, terms, bounds)
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    instrument_id = take_fresh(state, INSTRUMENTS)
    instrument = state.instruments[instrument_id]
    instrument.instrument_id = instrument_id
    instrument.base_asset_id = terms.base_asset_id
    instrument.quote_asset_id = terms.quote_asset_id
    instrument.asset_class = terms.asset_class
    instrument.base_atoms_per_lot = terms.base_atoms_per_lot
    instrument.atoms_per_tick_lot = terms.atoms_per_tick_lot
    for place in range(16):
        instrument.name[place] = terms.name[place]
    instrument.fee_balance = open_balance(state, FEE_ACCOUNT, terms.quote_asset_id)
    instrument.status = InstrumentStatus.PRE_OPEN
    bounds_of.write(instrument, bounds)
    emit.of_operator(state, out, Event.INSTRUMENT_LISTED.value, 0, instrument_id, terms.base_asset_id, 0, 0, 0)


@kernel
def amend_instrument(state, command, bounds, out):
    """Rule A-5."""
    instrument_id = command.instrument_id
    is_known = admit.is_instrument(state, instrument_id)
    instrument = state.instruments[instrument_id if is_known else 0]
    reason = Reject.NONE
    if is_known and not (
        bounds_of.are_sound(bounds, instrument.base_atoms_per_lot, instrument.atoms_per_tick_lot)
        and bounds_of.fit_contract(state, instrument, bounds.price_max_ticks)
    ):
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_INSTRUMENT
    elif instrument.status == InstrumentStatus.CLOSED:
        reason = Reject.BAD_STATUS
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    bounds_of.write(instrument, bounds)
    emit.of_operator(state, out, Event.INSTRUMENT_AMENDED.value, 0, instrument_id, 0, 0, 0, 0)


@kernel
def set_status(state, command, out):
    """Rules A-7 and C-3."""
    instrument_id, status = command.instrument_id, command.status
    is_known = admit.is_instrument(state, instrument_id)
    instrument = state.instruments[instrument_id if is_known else 0]
    contract = state.contracts[instrument.contract]
    reason = Reject.NONE
    if status < InstrumentStatus.PRE_OPEN or status > InstrumentStatus.CLOSED:
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_INSTRUMENT
    elif instrument.status == InstrumentStatus.CLOSED or (
        status == InstrumentStatus.CLOSED and contract.kind == OUTCOME
    ):
        reason = Reject.BAD_STATUS
    elif status == InstrumentStatus.CLOSED and not sweep.has_place(state):
        reason = Reject.BUSY
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    if status == InstrumentStatus.CLOSED and instrument.contract != 0:
        contracts.end(state, instrument.contract, contract.mark_ticks, 0, 0, Reject.BY_CLOSE.value, out)
        return
    instrument.status = status
    emit.of_operator(state, out, Event.STATUS_CHANGED.value, 0, instrument_id, 0, 0, 0, status)
    if status != InstrumentStatus.OPEN:
        trigger.leave_queue(state, instrument_id)
    elif instrument.trigger_low_ticks != 0:
        trigger.join_queue(state, instrument_id)
    if status == InstrumentStatus.CLOSED:
        sweep.begin(state, 0, instrument_id, 0, Reject.BY_CLOSE.value, out)


@kernel
def set_fees(state, command, out):
    """Rule A-8."""
    maker, taker = command.maker_ppm, command.taker_ppm
    if (
        command.fee_schedule < 0
        or command.fee_schedule >= FEE_SCHEDULES
        or command.fee_tier < 0
        or command.fee_tier >= FEE_TIERS
        or taker < 0
        or taker > FEE_PPM_MAX
        or maker < -FEE_PPM_MAX
        or maker > FEE_PPM_MAX
        or maker + taker < 0
    ):
        _reject(state, Reject.BAD_VALUE, out)
        return
    fees = state.fees[command.fee_schedule * FEE_TIERS + command.fee_tier]
    fees.maker_ppm = maker
    fees.taker_ppm = taker
    emit.of_operator(state, out, Event.FEES_SET.value, 0, 0, 0, 0, 0, 0)


@kernel
def open_account(state, command, out):
    """Rule A-9."""
    master_id = command.master_id
    reason = Reject.NONE
    if command.fee_tier < 0 or command.fee_tier >= FEE_TIERS:
        reason = Reject.BAD_VALUE
    elif master_id != 0 and (
        admit.sender(state, master_id) != Reject.NONE or state.accounts[master_id].master_id != master_id
    ):
        reason = Reject.UNKNOWN_ACCOUNT
    elif not has_room(state, ACCOUNTS, 1):
        reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    account_id = take_fresh(state, ACCOUNTS)
    account = state.accounts[account_id]
    account.account_id = account_id
    account.master_id = master_id if master_id != 0 else account_id
    account.fee_tier = command.fee_tier
    emit.of_operator(state, out, Event.ACCOUNT_OPENED.value, account_id, 0, 0, 0, 0, 0)


@kernel
def set_account(state, command, out):
    """Rule A-10."""
    reason = Reject.BAD_VALUE
    if command.fee_tier >= 0 and command.fee_tier < FEE_TIERS:
        reason = admit.sender(state, command.account_id)
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    state.accounts[command.account_id].fee_tier = command.fee_tier
    emit.of_operator(state, out, Event.ACCOUNT_SET.value, command.account_id, 0, 0, 0, 0, 0)


@kernel
def freeze_account(state, command, out):
    """Rule A-11."""
    account_id = command.account_id
    reason = admit.sender(state, account_id)
    if reason == Reject.NONE and not sweep.has_place(state):
        reason = Reject.BUSY
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    state.accounts[account_id].flags |= FROZEN
    emit.of_operator(state, out, Event.ACCOUNT_FROZEN.value, account_id, 0, 0, 0, 0, 0)
    sweep.begin(state, account_id, 0, 0, Reject.BY_ACCOUNT_FREEZE.value, out)


@kernel
def unfreeze_account(state, command, out):
    reason = admit.sender(state, command.account_id)
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    state.accounts[command.account_id].flags &= ~FROZEN
    emit.of_operator(state, out, Event.ACCOUNT_UNFROZEN.value, command.account_id, 0, 0, 0, 0, 0)


@kernel
def set_deadman(state, command, out):
    """Rule W-6."""
    account_id, timeout_ns = command.account_id, command.timeout_ns
    reason = Reject.BAD_VALUE
    if timeout_ns >= 0 and timeout_ns <= DEADMAN_MAX_NS:
        reason = admit.sender(state, account_id)
    if reason == Reject.NONE:
        account = state.accounts[account_id]
        if account.flags & FROZEN != 0:
            reason = Reject.ACCOUNT_FROZEN
        elif timeout_ns != 0 and account.deadline == 0 and not has_room(state, DEADLINES, 1):
            reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    account = state.accounts[account_id]
    if account.deadline != 0:
        deadlines.remove(state, account.deadline)
    account.deadman_ns = timeout_ns
    if timeout_ns != 0:
        deadlines.put(state, state.ts_ns + timeout_ns, deadlines.DEADMAN, account_id)
    emit.of_operator(state, out, Event.DEADMAN_SET.value, account_id, 0, 0, 0, 0, 0)


@kernel
def _limit_max(limit):
    return NUMBERED_MAX if limit == ORDERS_LIMIT or limit == HOLDS_LIMIT else LIMIT_MAX


@kernel
def _instrument_reason(state, terms, bounds):
    base, quote = terms.base_asset_id, terms.quote_asset_id
    if (
        terms.name[0] == 0
        or terms.asset_class < 1
        or terms.asset_class > CLASSES
        or terms.base_atoms_per_lot < 1
        or terms.base_atoms_per_lot > ATOMS_PER_LOT_MAX
        or terms.atoms_per_tick_lot < 1
        or terms.atoms_per_tick_lot > ATOMS_PER_TICK_LOT_MAX
        or base == quote
        or not bounds_of.are_sound(bounds, terms.base_atoms_per_lot, terms.atoms_per_tick_lot)
    ):
        return Reject.BAD_VALUE
    assets = state.tables[ASSETS].high_water
    if base < 1 or base > assets or quote < 1 or quote > assets:
        return Reject.UNKNOWN_ASSET
    if not has_room(state, INSTRUMENTS, 1):
        return Reject.TABLE_FULL
    if index.find_balance(state, FEE_ACCOUNT, quote) == 0 and not has_room(state, BALANCES, 1):
        return Reject.TABLE_FULL
    return Reject.NONE


@kernel
def _reject(state, reason, out):
    emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
