"""What operators do: docs/rules/operators.md. Each function is one rule."""

from types import SimpleNamespace

from emporion.schema.codes import AssetClass, ContractKind, Event, InstrumentStatus, Limit, Reject
from emporion.schema.limits import (
    ATOMS_PER_LOT_MAX,
    ATOMS_PER_TICK_LOT_MAX,
    BAND_PPM_MAX,
    DECIMALS_MAX,
    FEE_ACCOUNT,
    FEE_PPM_MAX,
    FEE_SCHEDULES,
    FEE_TIERS,
    NOTIONAL_MAX,
    PRICE_MAX,
    QTY_MAX,
    RISK_MAX,
    SYSTEM_ACCOUNTS,
    TASKS,
)
from emporion.sim.model_ends import end_contract
from emporion.sim.model_funding import largest
from emporion.sim.model_margin import raise_epoch
from emporion.sim.model_records import Account, Instrument, Task
from emporion.sim.model_state import Venue, require
from emporion.sim.model_triggers import line_up
from emporion.sim.model_walks import start_walk

Row = SimpleNamespace
LIMIT_MAX = (1 << 31) - 1
SLOTTED_LIMIT_MAX = (1 << 24) - 1  # Orders and holds have ids with a slot in them.


def limit_max(limit: int) -> int:
    return SLOTTED_LIMIT_MAX if limit in (Limit.ORDERS, Limit.HOLDS) else LIMIT_MAX


def genesis(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-1."""
    values = [limit for row_of_limits in data for limit in row_of_limits.limits]
    for limit, value in zip(Limit, values, strict=False):
        require(1 <= value <= limit_max(limit), Reject.BAD_VALUE)
    require(not any(values[len(Limit) :]), Reject.BAD_VALUE)
    require(values[Limit.ACCOUNTS] >= SYSTEM_ACCOUNTS, Reject.BAD_VALUE)

    venue.is_open = True
    raise_epoch(venue)
    venue.limits = dict(zip(Limit, values, strict=False))
    for account_id in range(1, SYSTEM_ACCOUNTS + 1):
        venue.accounts[account_id] = Account(account_id, account_id, is_system=True)
    venue.emit(Event.GENESIS_DONE)


def set_limit(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-2."""
    require(row.limit in venue.limits, Reject.BAD_VALUE)
    require(venue.limits[row.limit] <= row.limit_value <= limit_max(row.limit), Reject.BAD_VALUE)
    venue.limits[row.limit] = row.limit_value
    venue.emit(Event.LIMIT_SET, flags=row.limit, amount_atoms=row.limit_value)


def list_asset(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-3."""
    terms = data[0]
    require(terms.name[0] != 0, Reject.BAD_VALUE)
    require(0 <= terms.decimals <= DECIMALS_MAX, Reject.BAD_VALUE)
    require(1 <= terms.asset_class <= AssetClass.PRIVATE, Reject.BAD_VALUE)
    require(len(venue.assets) < venue.limits[Limit.ASSETS], Reject.TABLE_FULL)
    asset_id = len(venue.assets) + 1
    venue.assets[asset_id] = bytes(terms.name)
    venue.emit(Event.ASSET_LISTED, asset_id=asset_id)


def list_instrument(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-4."""
    terms, bounds = data
    require(terms.name[0] != 0, Reject.BAD_VALUE)
    require(1 <= terms.asset_class <= AssetClass.PRIVATE, Reject.BAD_VALUE)
    require(1 <= terms.base_atoms_per_lot <= ATOMS_PER_LOT_MAX, Reject.BAD_VALUE)
    require(1 <= terms.atoms_per_tick_lot <= ATOMS_PER_TICK_LOT_MAX, Reject.BAD_VALUE)
    require(terms.base_asset_id != terms.quote_asset_id, Reject.BAD_VALUE)
    require(bounds_hold(bounds, terms.base_atoms_per_lot, terms.atoms_per_tick_lot), Reject.BAD_VALUE)
    require(terms.base_asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    require(terms.quote_asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    require(len(venue.instruments) < venue.limits[Limit.INSTRUMENTS], Reject.TABLE_FULL)
    require(venue.has_balance_room((FEE_ACCOUNT, terms.quote_asset_id)), Reject.TABLE_FULL)

    instrument = Instrument(
        len(venue.instruments) + 1, terms.base_asset_id, terms.quote_asset_id, terms.base_atoms_per_lot,
        terms.atoms_per_tick_lot,
    )  # fmt: skip
    set_bounds(instrument, bounds)
    venue.instruments[instrument.instrument_id] = instrument
    venue.balance(FEE_ACCOUNT, instrument.quote)
    venue.emit(Event.INSTRUMENT_LISTED, instrument_id=instrument.instrument_id, asset_id=instrument.base)


def amend_instrument(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-5."""
    bounds = data[0]
    instrument = venue.instruments.get(row.instrument_id)
    if instrument is not None:
        holds = bounds_hold(bounds, instrument.base_atoms_per_lot, instrument.atoms_per_tick_lot)
        require(holds and fits_contract(venue, instrument, bounds.price_max_ticks), Reject.BAD_VALUE)
    require(instrument is not None, Reject.UNKNOWN_INSTRUMENT)
    assert instrument is not None
    require(instrument.status != InstrumentStatus.CLOSED, Reject.BAD_STATUS)
    set_bounds(instrument, bounds)
    venue.emit(Event.INSTRUMENT_AMENDED, instrument_id=row.instrument_id)


def fits_contract(venue: Venue, instrument: Instrument, price_max: int) -> bool:
    """C-2, of bounds that are amended."""
    contract = venue.contracts.get(instrument.instrument_id)
    if contract is None:
        return True
    most = contract.one_ticks or price_max
    worth = largest(contract) * most * instrument.atoms_per_tick_lot
    is_below = contract.one_ticks == 0 or price_max <= contract.one_ticks - 1
    return is_below and worth <= RISK_MAX and price_max >= max(contract.mark, contract.index, contract.strike)


def bounds_hold(bounds: Row, base_atoms_per_lot: int, atoms_per_tick_lot: int) -> bool:
    """A-6."""
    notional_max = bounds.notional_max_atoms or NOTIONAL_MAX
    return (
        1 <= bounds.qty_min_lots <= bounds.qty_max_lots <= QTY_MAX
        and 1 <= bounds.price_max_ticks <= PRICE_MAX
        and bounds.price_max_ticks * bounds.qty_max_lots * atoms_per_tick_lot <= NOTIONAL_MAX
        and bounds.qty_max_lots * base_atoms_per_lot <= NOTIONAL_MAX
        and 0 <= bounds.notional_min_atoms <= notional_max <= NOTIONAL_MAX
        and 0 <= bounds.reference_price_ticks <= bounds.price_max_ticks
        and 0 <= bounds.band_ppm <= BAND_PPM_MAX
        and 0 <= bounds.fee_schedule < FEE_SCHEDULES
    )


def set_bounds(instrument: Instrument, bounds: Row) -> None:
    instrument.qty_min, instrument.qty_max = bounds.qty_min_lots, bounds.qty_max_lots
    instrument.price_max = bounds.price_max_ticks
    instrument.notional_min = bounds.notional_min_atoms
    instrument.notional_max = bounds.notional_max_atoms or NOTIONAL_MAX
    instrument.reference, instrument.band_ppm = bounds.reference_price_ticks, bounds.band_ppm
    instrument.fee_schedule = bounds.fee_schedule


def set_status(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-7."""
    require(row.status in tuple(InstrumentStatus), Reject.BAD_VALUE)
    require(row.instrument_id in venue.instruments, Reject.UNKNOWN_INSTRUMENT)
    instrument = venue.instruments[row.instrument_id]
    require(instrument.status != InstrumentStatus.CLOSED, Reject.BAD_STATUS)
    closes = row.status == InstrumentStatus.CLOSED
    contract = venue.contracts.get(row.instrument_id)
    is_outcome = contract is not None and contract.kind == ContractKind.OUTCOME
    require(not (closes and is_outcome), Reject.BAD_STATUS)  # C-3
    require(not closes or len(venue.tasks) < TASKS, Reject.BUSY)
    if closes and contract is not None:  # C-3
        end_contract(venue, contract, contract.mark, Reject.BY_CLOSE)
        return
    instrument.status = row.status
    venue.emit(Event.STATUS_CHANGED, instrument_id=row.instrument_id, flags=row.status)
    line_up(venue, instrument)
    if closes:
        start_walk(venue, Task(venue.seq, 0, row.instrument_id, 0, Reject.BY_CLOSE))


def set_fees(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-8."""
    require(0 <= row.fee_schedule < FEE_SCHEDULES and 0 <= row.fee_tier < FEE_TIERS, Reject.BAD_VALUE)
    require(0 <= row.taker_ppm <= FEE_PPM_MAX, Reject.BAD_VALUE)
    require(-FEE_PPM_MAX <= row.maker_ppm <= FEE_PPM_MAX, Reject.BAD_VALUE)
    require(row.maker_ppm + row.taker_ppm >= 0, Reject.BAD_VALUE)
    venue.fees[row.fee_schedule, row.fee_tier] = (row.maker_ppm, row.taker_ppm)
    venue.emit(Event.FEES_SET)


def open_account(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-9."""
    require(0 <= row.fee_tier < FEE_TIERS, Reject.BAD_VALUE)
    if row.master_id != 0:
        master = venue.accounts.get(row.master_id)
        require(master is not None, Reject.UNKNOWN_ACCOUNT)
        assert master is not None
        require(master.master_id == master.account_id and not master.is_system, Reject.UNKNOWN_ACCOUNT)
    require(len(venue.accounts) < venue.limits[Limit.ACCOUNTS], Reject.TABLE_FULL)
    account_id = len(venue.accounts) + 1
    venue.accounts[account_id] = Account(account_id, row.master_id or account_id, row.fee_tier)
    venue.emit(Event.ACCOUNT_OPENED, account_id=account_id)


def set_account(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-10."""
    require(0 <= row.fee_tier < FEE_TIERS, Reject.BAD_VALUE)
    account = known_account(venue, row)
    account.fee_tier = row.fee_tier
    venue.emit(Event.ACCOUNT_SET, account_id=row.account_id)


def freeze_account(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-11."""
    account = known_account(venue, row)
    require(len(venue.tasks) < TASKS, Reject.BUSY)
    account.is_frozen = True
    venue.emit(Event.ACCOUNT_FROZEN, account_id=row.account_id)
    start_walk(venue, Task(venue.seq, row.account_id, 0, 0, Reject.BY_ACCOUNT_FREEZE))


def unfreeze_account(venue: Venue, row: Row, data: list[Row]) -> None:
    """A-11."""
    account = known_account(venue, row)
    account.is_frozen = False
    venue.emit(Event.ACCOUNT_UNFROZEN, account_id=row.account_id)


def known_account(venue: Venue, row: Row) -> Account:
    require(row.account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
    account = venue.accounts[row.account_id]
    require(not account.is_system, Reject.SYSTEM_ACCOUNT)
    return account
