"""Money in, out, held and frozen: docs/rules/ledger.md. Each function is one rule."""

from types import SimpleNamespace

from emporion.schema.codes import Event, HoldKind, Limit, OrderStatus, Reject
from emporion.schema.limits import CANCELS_PER_COMMAND, CLEARING_ACCOUNT, LENDING_ACCOUNT, OUTSIDE_ACCOUNT, SUPPLY_MAX
from emporion.sim.model_contracts_state import Holding
from emporion.sim.model_loans import lent, pay_interest, promised
from emporion.sim.model_margin import has_place_for, make_stale, sums, touch
from emporion.sim.model_positions import is_being_liquidated
from emporion.sim.model_records import Hold, Order
from emporion.sim.model_state import Venue, require

Row = SimpleNamespace


def deposit(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-1."""
    key = check_account(venue, row)
    check_amount(venue, row)
    outside = (OUTSIDE_ACCOUNT, row.asset_id)
    supply = -venue.free(*outside)
    require(supply + row.amount_atoms <= SUPPLY_MAX, Reject.SUPPLY_LIMIT)
    check_client_id_room(venue, key)
    require(venue.has_balance_room(outside, (row.account_id, row.asset_id)), Reject.TABLE_FULL)
    require(has_place(venue, row.account_id, row.asset_id), Reject.TABLE_FULL)

    prepare(venue, row.account_id, row.asset_id)
    venue.balance(*outside).free -= row.amount_atoms
    venue.balance(row.account_id, row.asset_id).free += row.amount_atoms
    record(venue, key, 0)
    report(venue, Event.DEPOSITED, row.account_id, row.asset_id, row.amount_atoms)


def transfer(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-2."""
    ends = (row.account_id, row.to_account_id)
    require(row.account_id != row.to_account_id, Reject.BAD_VALUE)
    require(all(end in venue.accounts for end in ends), Reject.UNKNOWN_ACCOUNT)
    require(not {OUTSIDE_ACCOUNT, CLEARING_ACCOUNT} & set(ends), Reject.SYSTEM_ACCOUNT)
    key = client_key(row)
    venue.refuse_duplicate(key)
    check_not_frozen(venue, row.account_id)
    check_amount(venue, row)
    check_money(venue, row)
    check_client_id_room(venue, key)
    require(venue.has_balance_room((row.to_account_id, row.asset_id)), Reject.TABLE_FULL)
    require(has_place(venue, row.to_account_id, row.asset_id), Reject.TABLE_FULL)

    for account_id in ends:
        prepare(venue, account_id, row.asset_id)
    venue.balance(row.account_id, row.asset_id).free -= row.amount_atoms
    venue.balance(row.to_account_id, row.asset_id).free += row.amount_atoms
    record(venue, key, 0)
    report(venue, Event.TRANSFERRED, row.account_id, row.asset_id, -row.amount_atoms)
    report(venue, Event.TRANSFERRED, row.to_account_id, row.asset_id, row.amount_atoms)


def withdraw(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-3."""
    key = check_account(venue, row)
    check_not_frozen(venue, row.account_id)
    check_amount(venue, row)
    check_money(venue, row)
    check_client_id_room(venue, key)
    require(venue.hold_slots.has_room(venue.limits[Limit.HOLDS]), Reject.TABLE_FULL)

    prepare(venue, row.account_id, row.asset_id)
    hold = take_hold(venue, row, HoldKind.WITHDRAWAL)
    record(venue, key, hold.hold_id)
    report(venue, Event.WITHDRAWAL_REQUESTED, hold.account_id, hold.asset_id, hold.amount, hold.hold_id)


def withdraw_settle(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-4."""
    hold = end_hold(venue, row, HoldKind.WITHDRAWAL)
    if hold.account_id in venue.margins:
        make_stale(venue, venue.margins[hold.account_id])
    venue.balance(OUTSIDE_ACCOUNT, hold.asset_id).free += hold.amount
    report(venue, Event.WITHDRAWAL_SETTLED, hold.account_id, hold.asset_id, -hold.amount, hold.hold_id)


def withdraw_refuse(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-5."""
    hold = end_hold(venue, row, HoldKind.WITHDRAWAL)
    prepare(venue, hold.account_id, hold.asset_id)
    venue.balance(hold.account_id, hold.asset_id).free += hold.amount
    report(venue, Event.WITHDRAWAL_REFUSED, hold.account_id, hold.asset_id, hold.amount, hold.hold_id)


def freeze_balance(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-6."""
    key = check_account(venue, row)
    check_amount(venue, row)
    balance = venue.balances.get((row.account_id, row.asset_id))
    reachable = balance.free + balance.order_held if balance else 0
    require(reachable >= row.amount_atoms, Reject.INSUFFICIENT_FUNDS)
    check_client_id_room(venue, key)
    require(venue.hold_slots.has_room(venue.limits[Limit.HOLDS]), Reject.TABLE_FULL)
    victims, looked_at = orders_to_cancel(venue, row)
    require(looked_at <= CANCELS_PER_COMMAND, Reject.WORK_LIMIT)

    for order in victims:
        venue.cancel(order, Reject.BY_BALANCE_FREEZE)
    hold = take_hold(venue, row, HoldKind.FREEZE)
    record(venue, key, hold.hold_id)
    report(venue, Event.BALANCE_FROZEN, hold.account_id, hold.asset_id, hold.amount, hold.hold_id)


def orders_to_cancel(venue: Venue, row: Row) -> tuple[list[Order], int]:
    """Newest first, those that hold the asset, until free would suffice; and how many were looked at."""
    free = venue.free(row.account_id, row.asset_id)
    victims: list[Order] = []
    looked_at = 0
    for order in venue.open_orders(row.account_id):
        if free >= row.amount_atoms:
            break
        looked_at += 1
        is_delivery = order.instrument_id not in venue.contracts
        if is_delivery and venue.instruments[order.instrument_id].held_asset(order.side) == row.asset_id:
            victims.append(order)
            free += order.hold
    return victims, looked_at


def release_balance(venue: Venue, row: Row, data: list[Row]) -> None:
    """L-7."""
    hold = end_hold(venue, row, HoldKind.FREEZE)
    prepare(venue, hold.account_id, hold.asset_id)
    venue.balance(hold.account_id, hold.asset_id).free += hold.amount
    report(venue, Event.BALANCE_RELEASED, hold.account_id, hold.asset_id, hold.amount, hold.hold_id)


# --- Shared ------------------------------------------------------------------------------------------


def client_key(row: Row) -> tuple[int, int, int]:
    return row.account_id, row.cl_ord_id_hi, row.cl_ord_id_lo


def check_account(venue: Venue, row: Row) -> tuple[int, int, int]:
    require(row.account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
    account = venue.accounts[row.account_id]
    require(not account.is_system, Reject.SYSTEM_ACCOUNT)
    key = client_key(row)
    venue.refuse_duplicate(key)
    return key


def check_not_frozen(venue: Venue, account_id: int) -> None:
    is_frozen = venue.accounts[account_id].is_frozen or is_being_liquidated(venue, account_id)
    require(not is_frozen, Reject.ACCOUNT_FROZEN)


def check_money(venue: Venue, row: Row) -> None:
    """It is there, and may go. R-10 for margin accounts and the lending account."""
    account = venue.margins.get(row.account_id)
    can_tell = account is None or touch(venue, account)
    free = venue.free(row.account_id, row.asset_id)
    if row.account_id == LENDING_ACCOUNT:
        free -= lent(venue, row.asset_id) + promised(venue, row.asset_id)
    require(free >= row.amount_atoms, Reject.INSUFFICIENT_FUNDS)
    require(can_tell, Reject.TABLE_FULL)
    if account is not None:
        balance = venue.balance(row.account_id, row.asset_id)
        balance.free_atoms -= row.amount_atoms
        after = sums(venue, account)
        balance.free_atoms += row.amount_atoms
        require(after.equity >= after.required, Reject.INSUFFICIENT_MARGIN)


def has_place(venue: Venue, account_id: int, asset_id: int) -> bool:
    """Whether a balance of it finds its holding. R-10."""
    account = venue.margins.get(account_id)
    return account is None or has_place_for(venue, account, [(0, asset_id)])


def prepare(venue: Venue, account_id: int, asset_id: int) -> None:
    """R-10: before money of a margin account moves."""
    account = venue.margins.get(account_id)
    if account is None:
        return
    if account.find(asset_id=asset_id) is None:
        account.add(Holding(0, asset_id))
        venue.balance(account_id, asset_id).paid_index = venue.lending_of(asset_id).index_e12
    pay_interest(venue, account_id, asset_id)
    make_stale(venue, account)


def check_amount(venue: Venue, row: Row) -> None:
    require(row.asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    require(1 <= row.amount_atoms <= SUPPLY_MAX, Reject.BAD_AMOUNT)


def check_client_id_room(venue: Venue, key: tuple[int, int, int]) -> None:
    require(key[1:] == (0, 0) or venue.has_client_id_room(), Reject.TABLE_FULL)


def record(venue: Venue, key: tuple[int, int, int], hold_id: int) -> None:
    """The client id of a ledger command is taken, and ends at once as FILLED. O-3."""
    if key[1:] != (0, 0):
        venue.record_client_id(key, hold_id)
        venue.end_client_id(key, OrderStatus.FILLED)


def take_hold(venue: Venue, row: Row, kind: HoldKind) -> Hold:
    hold = Hold(venue.hold_slots.take(), kind, row.account_id, row.asset_id, row.amount_atoms, row.reference)
    venue.holds[hold.hold_id] = hold
    balance = venue.balance(row.account_id, row.asset_id)
    balance.free -= hold.amount
    balance.other_held += hold.amount
    return hold


def end_hold(venue: Venue, row: Row, kind: HoldKind) -> Hold:
    """Take the named hold away; where its amount goes is the caller's."""
    hold = venue.holds.get(row.hold_id)
    require(hold is not None and hold.kind == kind, Reject.UNKNOWN_HOLD)
    assert hold is not None
    require(row.account_id in (0, hold.account_id), Reject.UNKNOWN_HOLD)
    del venue.holds[hold.hold_id]
    venue.hold_slots.give_back(hold.hold_id)
    venue.balance(hold.account_id, hold.asset_id).other_held -= hold.amount
    return hold


def report(venue: Venue, kind: Event, account_id: int, asset_id: int, amount: int, hold_id: int = 0) -> None:
    venue.emit(kind, account_id=account_id, asset_id=asset_id, amount_atoms=amount, order_id=hold_id)
