"""Groups, risk arrays, and accounts that become margin accounts: docs/rules/margin.md, R-1 to R-3."""

from types import SimpleNamespace

from emporion.schema.codes import ContractKind, Event, GroupKind, InstrumentStatus, Limit, MarginMode, Reject
from emporion.schema.limits import (
    HOLDINGS_MAX,
    LEVERAGE_MAX,
    LOADS,
    PAGE_HOLDINGS,
    PPM,
    RISK_MAX,
    SCENARIOS,
    SUPPLY_MAX,
    UNIT_SHIFT_MAX,
    VALUE_MAX,
)
from emporion.sim.model_contracts_state import Group, Holding, Load, MarginAccount, Risk
from emporion.sim.model_margin import raise_epoch, risk_of_asset
from emporion.sim.model_state import Venue, ceil_div, require

Row = SimpleNamespace


def set_group(venue: Venue, row: Row, data: list[Row]) -> None:
    """R-1."""
    require(row.mode in tuple(GroupKind) and 1 <= row.number <= PPM, Reject.BAD_VALUE)
    require(row.mode != GroupKind.EVENT or row.number == PPM, Reject.BAD_VALUE)
    require(row.group_id == 0 or row.group_id in venue.groups, Reject.UNKNOWN_GROUP)
    if row.group_id:
        require(venue.groups[row.group_id].kind == row.mode, Reject.BAD_COMBINATION)
    else:
        require(len(venue.groups) < venue.limits[Limit.GROUPS], Reject.TABLE_FULL)

    raise_epoch(venue)
    group_id = row.group_id or len(venue.groups) + 1
    venue.groups[group_id] = Group(group_id, row.mode, row.number)
    venue.emit(Event.GROUP_SET, amount_atoms=group_id, flags=row.mode)


def set_risk(venue: Venue, row: Row, data: list[Row]) -> None:
    """R-2."""
    numbers = [number for each in data for number in each.values]
    array, (unit_shift, cap, short_min, addon_from, addon) = numbers[:SCENARIOS], numbers[SCENARIOS:]
    is_asset, is_taken_away = row.asset_id != 0, row.group_id == 0
    contract = venue.contracts.get(row.instrument_id)
    risk = risk_of_asset(venue, row.asset_id) if is_asset else contract.risk if contract else Risk()

    require(0 <= row.number < LOADS and row.number <= risk.count, Reject.BAD_VALUE)
    require(not (is_taken_away and row.number == risk.count), Reject.BAD_VALUE)
    require(row.group_id >= 0 and row.asset_id >= 0, Reject.BAD_VALUE)
    require(row.asset_id != 0 or row.instrument_id != 0, Reject.BAD_VALUE)
    others = [load for number, load in enumerate(risk.loads[: risk.count]) if number != row.number]
    if not is_taken_away:
        require(0 <= unit_shift <= UNIT_SHIFT_MAX and 1 <= cap <= SUPPLY_MAX, Reject.BAD_VALUE)
        require(risk.count == 0 or unit_shift == risk.unit_shift, Reject.BAD_VALUE)
        require(min(short_min, addon_from, addon) >= 0 and addon_from <= SUPPLY_MAX, Reject.BAD_VALUE)
        for number in (*array, short_min, addon, *(each for load in others for each in load.array)):
            require(fits(abs(number), cap, unit_shift), Reject.BAD_VALUE)
        require(not is_asset or cap * risk.value >> unit_shift <= VALUE_MAX, Reject.BAD_VALUE)
    require(not is_asset or row.asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    instrument = venue.instruments.get(row.instrument_id)
    require(instrument is not None or row.instrument_id == 0, Reject.UNKNOWN_INSTRUMENT)
    if not is_asset:
        assert instrument is not None
        is_closed = contract is not None and instrument.status == InstrumentStatus.CLOSED
        require(not is_closed, Reject.BAD_STATUS)
    require(is_taken_away or row.group_id in venue.groups, Reject.UNKNOWN_GROUP)
    require(is_asset or contract is not None, Reject.NOT_A_CONTRACT)
    if is_asset:
        require(instrument is None or instrument.base == row.asset_id, Reject.BAD_COMBINATION)
    else:
        assert contract is not None
        require(contract.kind != ContractKind.OUTCOME, Reject.BAD_COMBINATION)
    has_twice = not is_taken_away and any(load.group_id == row.group_id for load in others)
    require(not has_twice, Reject.BAD_COMBINATION)
    if contract is not None and not is_asset and not is_taken_away:
        require(cap >= contract.position_max, Reject.POSITION_LIMIT)
    if is_asset and row.asset_id not in venue.asset_risks:
        require(len(venue.asset_risks) + len(venue.contracts) < venue.limits[Limit.RISKS], Reject.TABLE_FULL)

    raise_epoch(venue)
    if is_asset:
        venue.asset_risks[row.asset_id] = risk
        venue.lending_of(row.asset_id).sale_instrument_id = row.instrument_id
    if is_taken_away:
        for number in range(row.number, LOADS):
            risk.loads[number] = Load()
        risk.count = row.number
        if row.number == 0:
            risk.unit_shift = risk.cap = risk.short_min = risk.addon_from = risk.addon = risk.value = 0
    else:
        risk.loads[row.number] = Load(row.group_id, array)
        risk.count = max(risk.count, row.number + 1)
        risk.unit_shift, risk.cap, risk.short_min = unit_shift, cap, short_min
        risk.addon_from, risk.addon = addon_from, addon
    venue.emit(
        Event.RISK_SET, instrument_id=row.instrument_id, asset_id=row.asset_id, qty_lots=row.number,
        amount_atoms=row.group_id,
    )  # fmt: skip


def fits(size: int, cap: int, unit_shift: int) -> bool:
    """Products with it stay within what they may be."""
    return cap * size <= RISK_MAX and size << unit_shift <= RISK_MAX and cap * size >> unit_shift <= VALUE_MAX


def set_margin(venue: Venue, row: Row, data: list[Row]) -> None:
    """R-3."""
    require(row.mode in tuple(MarginMode) and 0 <= row.number <= LEVERAGE_MAX, Reject.BAD_VALUE)
    require(row.account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
    require(not venue.accounts[row.account_id].is_system, Reject.SYSTEM_ACCOUNT)
    require(row.mode == MarginMode.MARGIN, Reject.BAD_COMBINATION)
    account = venue.margins.get(row.account_id)
    if account is None:
        assets = sorted(asset_id for account_id, asset_id in venue.balances if account_id == row.account_id)
        pages = sum(len(each.pages) for each in venue.margins.values())
        require(len(venue.margins) < venue.limits[Limit.MARGINS], Reject.TABLE_FULL)
        require(len(assets) <= HOLDINGS_MAX, Reject.TABLE_FULL)
        fits_pages = pages + ceil_div(len(assets), PAGE_HOLDINGS) <= venue.limits[Limit.HOLDING_PAGES]
        require(fits_pages, Reject.TABLE_FULL)
        require(not venue.open_orders(row.account_id), Reject.WORK_LIMIT)
        account = venue.margins[row.account_id] = MarginAccount(row.account_id, hour=venue.hour)
        for asset_id in assets:
            account.add(Holding(0, asset_id))
            venue.balance(row.account_id, asset_id).paid_index = venue.lending_of(asset_id).index_e12
    account.leverage_max = row.number
    venue.emit(Event.MARGIN_SET, account_id=row.account_id, amount_atoms=row.number, flags=row.mode)
