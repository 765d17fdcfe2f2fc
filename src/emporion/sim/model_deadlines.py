"""What has come due goes first: docs/rules/work.md, W-2."""

from emporion.schema.codes import DeadlineKind, Event, Reject
from emporion.schema.limits import DEADLINES_PER_COMMAND, SLOT_BITS, TASKS
from emporion.sim import model_ends as ends
from emporion.sim import model_liquidation as liquidation
from emporion.sim import model_questions as questions
from emporion.sim import model_twap as twap
from emporion.sim.model_records import Task
from emporion.sim.model_state import Venue
from emporion.sim.model_walks import start_walk


def work_off_deadlines(venue: Venue) -> None:
    """The earliest first, those due together in the order they were set."""
    for _ in range(DEADLINES_PER_COMMAND):
        waiting = [each for each in venue.deadlines() if each[0] <= venue.now]
        if not waiting:
            return
        _, _, kind, target = min(waiting, key=lambda each: (*each[:3], row_of(venue, each[2], each[3])))
        if not work_off(venue, kind, target) or kind == DeadlineKind.TWAP:
            return


def row_of(venue: Venue, kind: DeadlineKind, target: int) -> int:
    """Which of one kind goes first, of those that one command set."""
    if kind == DeadlineKind.TWAP:
        return target & (1 << SLOT_BITS) - 1
    return list(venue.margins).index(target) if kind == DeadlineKind.LIQUIDATION else target


def work_off(venue: Venue, kind: DeadlineKind, target: int) -> bool:
    """Whether it could be: if not, the work stops there and goes on with the next command."""
    if kind == DeadlineKind.ORDER:
        venue.expire(venue.orders[target])
    elif kind == DeadlineKind.LIQUIDATION:
        liquidation.on_deadline(venue, target)
    elif kind == DeadlineKind.CONTRACT:
        return ends.on_deadline(venue, venue.contracts[target])
    elif kind == DeadlineKind.QUESTION:
        return questions.on_deadline(venue, venue.questions[target])
    elif kind == DeadlineKind.TWAP:
        twap.on_deadline(venue, venue.twaps[target])
    elif len(venue.tasks) >= TASKS:
        return False
    else:  # W-6
        del venue.deadmen[target]
        venue.emit(Event.DEADMAN_FIRED, account_id=target)
        start_walk(venue, Task(venue.seq, target, 0, 0, Reject.BY_DEADMAN))
    return True
