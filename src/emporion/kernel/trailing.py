"""Stops that follow the price: which do, and when their triggers move. Rule T-6.

The trailing orders of a contract are a ring of rows in extras, oldest first. They follow when nothing is due
any more, so at most a few times a command, and there are at most TRAILING_MAX of them.
"""

from emporion.kernel import prices, waiting
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import InstrumentStatus
from emporion.schema.limits import TRAILING_MAX

HALTED = InstrumentStatus.HALTED.value


@kernel
def has_room(state, contract):
    """Whether one more order of the contract (row in contracts) may trail."""
    return state.contracts[contract].trailing < TRAILING_MAX


@kernel
def enter(state, contract_slot, row):
    """As the youngest. `row` is the order's in extras."""
    contract = state.contracts[contract_slot]
    extra = state.extras[row]
    contract.trailing += 1
    head = contract.first_trailing
    if head == 0:
        contract.first_trailing = row
        extra.next_trailing = row
        extra.previous_trailing = row
        return
    last = state.extras[head].previous_trailing
    extra.next_trailing = head
    extra.previous_trailing = last
    state.extras[last].next_trailing = row
    state.extras[head].previous_trailing = row


@kernel
def leave(state, contract_slot, row):
    """An order that ends or fires trails no more."""
    contract = state.contracts[contract_slot]
    extra = state.extras[row]
    after, before = extra.next_trailing, extra.previous_trailing
    if after == row:
        contract.first_trailing = 0
    else:
        state.extras[before].next_trailing = after
        state.extras[after].previous_trailing = before
        if contract.first_trailing == row:
            contract.first_trailing = after
    contract.trailing -= 1
    extra.next_trailing = 0
    extra.previous_trailing = 0
    extra.trail_ticks = 0


@seldom
def follow(state, instrument):
    """Nobody is due: triggers follow what the ranges say, then the ranges are done with.

    Returns whether one that moved is met by the present price, so that there is a range again.
    """
    if instrument.contract == 0 or state.contracts[instrument.contract].trailing == 0 or instrument.status >= HALTED:
        waiting.clear(state, instrument)
        return False
    contract = state.contracts[instrument.contract]
    met = 0  # A bit for each source.
    row = contract.first_trailing
    for _ in range(contract.trailing):
        met |= _follow_one(state, instrument, row)
        row = state.extras[row].next_trailing
    waiting.clear(state, instrument)
    for source in range(waiting.SOURCES):
        if (met >> source) & 1 != 0:
            waiting.widen(state, instrument, source, waiting.price_of(state, instrument, source))
    return met != 0


@kernel
def _follow_one(state, instrument, row):
    """Moves one trigger; returns the bit of its source when the present price meets it now, else 0."""
    extra = state.extras[row]
    slot = extra.order_slot
    order = state.orders[slot]
    way = waiting.way_of(order.side, order.flags)
    source = way >> 1
    low_ticks = waiting.low(state, instrument, source)
    if low_ticks == 0 or extra.is_asleep != 0:
        return 0
    trigger_ticks = extra.trigger_price_ticks
    if way & 1 != 0:
        trigger_ticks = max(trigger_ticks, waiting.high(state, instrument, source) - extra.trail_ticks)
    else:
        trigger_ticks = min(trigger_ticks, low_ticks + extra.trail_ticks)
    if trigger_ticks == extra.trigger_price_ticks or not prices.can_put(state):
        return 0
    waiting.unqueue(state, slot)
    extra.trigger_price_ticks = trigger_ticks
    waiting.queue(state, slot)
    return 1 << source if waiting.meets(way, trigger_ticks, waiting.price_of(state, instrument, source)) else 0
