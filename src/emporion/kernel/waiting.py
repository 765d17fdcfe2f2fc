"""Where orders wait for a price: by source and direction, each a price index of triggers. Rules T-1 to T-3.

A source is where the price comes from: the last trade, of contracts also the mark and the index. An
order waits for its source to rise to its trigger or to fall to it. Prices that may have reached
triggers widen the range of their source until nobody is due any more.

An instrument knows by one word whether any range is open: trigger_low_ticks is the low end of that of
the last trade, or ELSEWHERE when only the mark's or the index's is.
"""

import numpy as np

from emporion.kernel import prices, rings
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import OrderFlag, Side

TRADES, MARK, INDEX = 0, 1, 2  # Sources.
SOURCES = 3
WAYS = 2 * SOURCES  # A way is source x 2, and 1 more for those that wait for a fall.
ELSEWHERE = -1
BUY = Side.BUY.value
TAKE_PROFIT = OrderFlag.TAKE_PROFIT.value
ON_MARK = OrderFlag.ON_MARK.value
ON_INDEX = OrderFlag.ON_INDEX.value


# --- Which way an order waits ----------------------------------------------------------------------


@kernel
def way_of(side, flags):
    """The way of a stop of this side with these flags."""
    source = MARK if flags & ON_MARK != 0 else (INDEX if flags & ON_INDEX != 0 else TRADES)
    falls = (side != BUY) != (flags & TAKE_PROFIT != 0)
    return 2 * source + (1 if falls else 0)


@kernel
def meets(way, trigger_ticks, price_ticks):
    """Whether a price of its source, 0 for none, fires an order of this way."""
    if price_ticks == 0:
        return False
    return price_ticks >= trigger_ticks if way & 1 == 0 else price_ticks <= trigger_ticks


@kernel
def price_of(state, instrument, source):
    """The present price of a source; 0 for none."""
    if source == TRADES:
        return instrument.last_price_ticks
    contract = state.contracts[instrument.contract]
    return contract.mark_ticks if source == MARK else contract.index_ticks


# --- Queues at triggers ----------------------------------------------------------------------------


@seldom
def queue(state, slot):
    """Puts an order at the tail of its trigger."""
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    way = way_of(order.side, order.flags)
    trigger_ticks = state.extras[order.extra].trigger_price_ticks
    if way < 2:
        level = prices.put(state, instrument.tries[way + 1], trigger_ticks)
    else:
        level = prices.put(state, state.contracts[instrument.contract].tries[way - 2], trigger_ticks)
    order.level = level
    rings.enter_queue(state, slot, level)


@seldom
def unqueue(state, slot):
    """Takes an order out; its trigger goes with the last one. Walks that look at it next move on."""
    order = state.orders[slot]
    for place in range(state.task_count):
        task = state.tasks[place]
        if task.account_id == 0 and task.cursor == slot:
            task.cursor = behind(state, slot)
    if rings.leave_queue(state, slot):
        instrument = state.instruments[order.instrument_id]
        way = way_of(order.side, order.flags)
        trigger_ticks = state.extras[order.extra].trigger_price_ticks
        level = np.int64(order.level)
        if way < 2:
            prices.drop(state, instrument.tries[way + 1], trigger_ticks, level)
        else:
            prices.drop(state, state.contracts[instrument.contract].tries[way - 2], trigger_ticks, level)
    order.level = 0


@kernel
def is_empty(state, instrument, way):
    if way < 2:
        return instrument.tries[way + 1].root == 0
    return state.contracts[instrument.contract].tries[way - 2].root == 0


@kernel
def above(state, instrument, way, price_ticks):
    """The lowest trigger of a way above a price, which may be 0; 0 when there is none."""
    if way < 2:
        return prices.above(state, instrument.tries[way + 1], price_ticks)
    return prices.above(state, state.contracts[instrument.contract].tries[way - 2], price_ticks)


@kernel
def head(state, instrument, way, trigger_ticks):
    """The oldest order at a trigger that is present."""
    if way < 2:
        level = prices.level_of(state, instrument.tries[way + 1], trigger_ticks)
    else:
        level = prices.level_of(state, state.contracts[instrument.contract].tries[way - 2], trigger_ticks)
    return rings.first_in_queue(state, level)


@kernel
def first(state, instrument, way):
    """The first order that waits, of this way or those after it: lowest trigger, then oldest; NOBODY for none."""
    while way < WAYS:
        if not is_empty(state, instrument, way):
            return head(state, instrument, way, above(state, instrument, way, 0))
        way += 1
    return 0


@kernel
def behind(state, slot):
    """The order after this one in the same order; NOBODY behind the last."""
    after = rings.next_in_queue(state, slot)
    if after != 0:
        return after
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    way = way_of(order.side, order.flags)
    trigger_ticks = above(state, instrument, way, state.extras[order.extra].trigger_price_ticks)
    if trigger_ticks != 0:
        return head(state, instrument, way, trigger_ticks)
    return first(state, instrument, way + 1)


# --- Ranges ------------------------------------------------------------------------------------------


@kernel
def low(state, instrument, source):
    """The low end of a source's range; 0 when it has none."""
    if source == TRADES:
        return max(instrument.trigger_low_ticks, 0)
    contract = state.contracts[instrument.contract]
    return contract.mark_low_ticks if source == MARK else contract.index_low_ticks


@kernel
def high(state, instrument, source):
    """The high end of a source's range; 0 when it has none."""
    if source == TRADES:
        return instrument.trigger_high_ticks
    contract = state.contracts[instrument.contract]
    return contract.mark_high_ticks if source == MARK else contract.index_high_ticks


@seldom
def widen(state, instrument, source, price_ticks):
    """A price still to be compared with triggers."""
    low_ticks, high_ticks = low(state, instrument, source), high(state, instrument, source)
    if low_ticks == 0:
        low_ticks, high_ticks = price_ticks, price_ticks
    _set_range(state, instrument, source, min(low_ticks, price_ticks), max(high_ticks, price_ticks))


@kernel
def clear(state, instrument):
    """Nobody is due any more: no source has a range."""
    instrument.trigger_low_ticks = 0
    instrument.trigger_high_ticks = 0
    if instrument.contract != 0:
        contract = state.contracts[instrument.contract]
        contract.mark_low_ticks = 0
        contract.mark_high_ticks = 0
        contract.index_low_ticks = 0
        contract.index_high_ticks = 0


@kernel
def _set_range(state, instrument, source, low_ticks, high_ticks):
    if source == TRADES:
        instrument.trigger_low_ticks = low_ticks
        instrument.trigger_high_ticks = high_ticks
        return
    if instrument.trigger_low_ticks == 0:
        instrument.trigger_low_ticks = ELSEWHERE
    contract = state.contracts[instrument.contract]
    if source == MARK:
        contract.mark_low_ticks = low_ticks
        contract.mark_high_ticks = high_ticks
    else:
        contract.index_low_ticks = low_ticks
        contract.index_high_ticks = high_ticks


# --- Who is due --------------------------------------------------------------------------------------


@kernel
def due(state, instrument):
    """The order that fires next; NOBODY when none is due. Rule T-4."""
    slot = _due_of(state, instrument, TRADES)
    if slot == 0 and instrument.contract != 0:
        slot = _due_of(state, instrument, MARK)
        if slot == 0:
            slot = _due_of(state, instrument, INDEX)
    return slot


@kernel
def _due_of(state, instrument, source):
    low_ticks = low(state, instrument, source)
    if low_ticks == 0:
        return 0
    rise, fall = 2 * source, 2 * source + 1
    rise_at = above(state, instrument, rise, 0)
    if rise_at > high(state, instrument, source):
        rise_at = 0
    fall_at = above(state, instrument, fall, low_ticks - 1)
    if rise_at == 0 and fall_at == 0:
        return 0
    if fall_at == 0 or (rise_at != 0 and rise_at < fall_at):
        return head(state, instrument, rise, rise_at)
    if rise_at == 0 or fall_at < rise_at:
        return head(state, instrument, fall, fall_at)
    rising, falling = head(state, instrument, rise, rise_at), head(state, instrument, fall, fall_at)
    return rising if state.orders[rising].entry_seq <= state.orders[falling].entry_seq else falling
