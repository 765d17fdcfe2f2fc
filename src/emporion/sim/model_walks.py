"""Cancelling many, and the dead man's switch: docs/rules/work.md."""

from types import SimpleNamespace

from emporion.schema.codes import Event, InstrumentStatus, Reject, Side
from emporion.schema.limits import DEADMAN_MAX_NS, STOPS_PER_COMMAND, TASKS
from emporion.sim import model_liquidation as liquidation
from emporion.sim.model_match import opposite
from emporion.sim.model_records import Order, Task
from emporion.sim.model_state import Venue, require
from emporion.sim.model_triggers import fire_stops

Row = SimpleNamespace
SHUT = (InstrumentStatus.HALTED, InstrumentStatus.CLOSED)


def set_deadman(venue: Venue, row: Row, data: list[Row]) -> None:
    """W-6."""
    require(0 <= row.timeout_ns <= DEADMAN_MAX_NS, Reject.BAD_VALUE)
    require(row.account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
    account = venue.accounts[row.account_id]
    require(not account.is_system, Reject.SYSTEM_ACCOUNT)
    require(not account.is_frozen, Reject.ACCOUNT_FROZEN)
    is_new = row.timeout_ns != 0 and row.account_id not in venue.deadmen
    require(not is_new or venue.has_deadline_room(), Reject.TABLE_FULL)
    venue.deadmen.pop(row.account_id, None)
    if row.timeout_ns:
        venue.deadmen[row.account_id] = (venue.now + row.timeout_ns, venue.seq)
    venue.emit(Event.DEADMAN_SET, account_id=row.account_id)


def mass_cancel(venue: Venue, row: Row, data: list[Row]) -> None:
    """W-8."""
    require(row.side in (0, Side.BUY, Side.SELL), Reject.BAD_SIDE)
    if row.account_id != 0:
        require(row.account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
        require(not venue.accounts[row.account_id].is_system, Reject.SYSTEM_ACCOUNT)
    instrument = venue.instruments.get(row.instrument_id)
    require(row.instrument_id == 0 or instrument is not None, Reject.UNKNOWN_INSTRUMENT)
    require(row.account_id != 0 or instrument is not None, Reject.UNKNOWN_INSTRUMENT)
    if row.account_id == 0:
        assert instrument is not None
        require(instrument.status in SHUT, Reject.BAD_STATUS)
    require(len(venue.tasks) < TASKS, Reject.BUSY)
    venue.emit(Event.MASS_CANCELED, account_id=row.account_id, instrument_id=row.instrument_id, side=row.side)
    start_walk(venue, Task(venue.seq, row.account_id, row.instrument_id, row.side, Reject.BY_MASS_CANCEL))


def continue_work(venue: Venue, row: Row, data: list[Row]) -> None:
    """W-7."""
    if venue.tasks and walk(venue, venue.tasks[0]):
        venue.tasks.pop(0)
    if venue.stop_queue:
        fire_stops(venue, venue.instruments[venue.stop_queue[0]], STOPS_PER_COMMAND)
    liquidation.go_on(venue)


def start_walk(venue: Venue, task: Task) -> None:
    """W-5: as far as one command goes; what is left becomes a task."""
    if not walk(venue, task):
        venue.tasks.append(task)


def walk(venue: Venue, task: Task) -> bool:
    """Go on with a task. Returns whether it is finished."""
    if task.account_id != 0:
        return walk_account(venue, task)
    venue.walking = task
    is_done = walk_book(venue, task) and walk_waiting(venue, task)
    venue.walking = None
    return is_done


def walk_account(venue: Venue, task: Task) -> bool:
    while (order := next(iter(older(venue, task)), None)) is not None:
        if venue.looks_left <= 0:
            return False
        task.before_seq = order.entry_seq
        look(venue, task, order, task.instrument_id in (0, order.instrument_id) and task.side in (0, order.side))
    return True


def older(venue: Venue, task: Task) -> list[Order]:
    return [order for order in venue.open_orders(task.account_id) if order.entry_seq < task.before_seq]


def walk_book(venue: Venue, task: Task) -> bool:
    """Of an instrument: bids, then asks, those of the side that is asked for."""
    while (order := next_in_book(venue, task)) is not None:
        if venue.looks_left <= 0:
            return False
        look(venue, task, order, is_asked_for=True)
    return True


def next_in_book(venue: Venue, task: Task) -> Order | None:
    instrument = venue.instruments[task.instrument_id]
    if instrument.status not in SHUT:
        return None
    bids, asks = instrument.book[Side.BUY], instrument.book[Side.SELL]
    rows = [(Side.BUY, bids[price]) for price in sorted(bids, reverse=True)]
    rows += [(Side.SELL, asks[price]) for price in sorted(asks)]
    wanted = [queue for side, queue in rows if side != opposite(task.side) or task.side == 0]
    return wanted[0][0] if wanted else None


def walk_waiting(venue: Venue, task: Task) -> bool:
    """Of an instrument: those that wait, of both sides."""
    instrument = venue.instruments[task.instrument_id]
    while instrument.status in SHUT and (waiting := instrument.waiting()):
        if venue.looks_left <= 0:
            return False
        order = task.cursor or waiting[0]
        rest = waiting[waiting.index(order) + 1 :]
        task.cursor = rest[0] if rest else None
        look(venue, task, order, task.side in (0, order.side))
        if not rest:
            break
    return True


def look(venue: Venue, task: Task, order: Order, is_asked_for: bool) -> None:
    venue.looks_left -= 1
    if is_asked_for:
        venue.cancel_in_walk(order, task.reason)
