"""The days and the end of contracts: docs/rules/contracts.md, C-6 to C-8."""

from emporion.schema.codes import ContractKind, Event, InstrumentStatus, Reject
from emporion.schema.limits import DAY_NS, HOUR_NS, TASKS
from emporion.sim.model_contracts_state import Contract
from emporion.sim.model_funding import end_interval
from emporion.sim.model_margin import raise_epoch
from emporion.sim.model_records import Task
from emporion.sim.model_state import Venue
from emporion.sim.model_triggers import line_up
from emporion.sim.model_walks import start_walk

DAILY_AT_NS = 8 * HOUR_NS


def set_first_deadline(venue: Venue, contract: Contract) -> None:
    """C-6, F-4: of a contract that has just been listed; an outcome has none."""
    if contract.kind == ContractKind.PERPETUAL:
        interval = contract.funding_interval_ns
        contract.due_ns, contract.due_seq = (venue.now // interval + 1) * interval, venue.seq
    elif contract.kind != ContractKind.OUTCOME:
        set_daily_deadline(venue, contract)


def set_daily_deadline(venue: Venue, contract: Contract) -> None:
    day = (venue.now - DAILY_AT_NS) // DAY_NS + 1
    contract.due_ns, contract.due_seq = min(day * DAY_NS + DAILY_AT_NS, contract.expiry_ns), venue.seq


def on_deadline(venue: Venue, contract: Contract) -> bool:
    """C-6, C-7, F-4. Whether it could be worked off."""
    if contract.kind == ContractKind.PERPETUAL:
        end_interval(venue, contract)
    elif venue.now < contract.expiry_ns:
        if contract.mark:
            contract.daily = contract.mark
            venue.emit(Event.DAILY_SETTLED, instrument_id=contract.instrument_id, price_ticks=contract.mark)
        set_daily_deadline(venue, contract)
    elif len(venue.tasks) >= TASKS:
        return False
    else:
        expire(venue, contract)
    return True


def expire(venue: Venue, contract: Contract) -> None:
    """C-7."""
    samples = contract.indexes
    settled = sum(samples) // len(samples) if samples else contract.index
    final = settled
    if settled == 0:
        final = contract.mark
    elif contract.kind == ContractKind.CALL:
        final = max(settled - contract.strike, 0)
    elif contract.kind == ContractKind.PUT:
        final = max(contract.strike - settled, 0)
    end_contract(venue, contract, final, Reject.BY_EXPIRY, len(samples), settled)


def end_contract(
    venue: Venue, contract: Contract, final: int, reason: Reject, samples: int = 0, settled: int = 0
) -> None:
    """C-8."""
    number = contract.instrument_id
    instrument = venue.instruments[number]
    instrument.status = InstrumentStatus.CLOSED
    contract.settle_price, contract.is_settled = final, True
    contract.due_ns = 0
    contract.premiums_e12 = []
    venue.emit(Event.STATUS_CHANGED, instrument_id=number, flags=InstrumentStatus.CLOSED)
    venue.emit(
        Event.EXPIRED_CONTRACT, instrument_id=number, price_ticks=contract.settle_price, qty_lots=samples,
        leaves_lots=settled,
    )  # fmt: skip
    raise_epoch(venue)
    line_up(venue, instrument)
    start_walk(venue, Task(venue.seq, 0, number, 0, reason))
