"""Stops: what fires them, when, and in which order. Rules T."""

from emporion.kernel import book, emit, match, prices
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import Event, InstrumentStatus, OrderFlag, Reject
from emporion.schema.limits import STOPS_PER_COMMAND
from emporion.schema.state import FALLS, RISES

WAITING = OrderFlag.STOP.value | OrderFlag.MARKET.value


@kernel
def fire(state, instrument_id, out):
    """Fires due stops of an instrument, up to the bound; queues it for CONTINUE when some are left."""
    instrument = state.instruments[instrument_id]
    if instrument.trigger_low_ticks != 0 and instrument.status == InstrumentStatus.OPEN:
        _fire(state, instrument_id, instrument, out)


@seldom
def _fire(state, instrument_id, instrument, out):
    for _ in range(STOPS_PER_COMMAND):
        slot = _next_due(state, instrument)
        if slot == 0:
            break
        _activate(state, slot, out)
    if _next_due(state, instrument) != 0:
        join_queue(state, instrument_id)
    else:
        instrument.trigger_low_ticks = 0
        instrument.trigger_high_ticks = 0
        leave_queue(state, instrument_id)


@kernel
def join_queue(state, instrument_id):
    """Lines an instrument up for CONTINUE, unless it stands there already."""
    instrument = state.instruments[instrument_id]
    if instrument.is_pending != 0:
        return
    instrument.is_pending = 1
    if state.last_pending != 0:
        state.instruments[state.last_pending].next_pending = instrument_id
    else:
        state.first_pending = instrument_id
    state.last_pending = instrument_id


@kernel
def leave_queue(state, instrument_id):
    instrument = state.instruments[instrument_id]
    if instrument.is_pending == 0:
        return
    before = 0
    place = state.first_pending
    while place != instrument_id:
        before = place
        place = state.instruments[place].next_pending
    after = instrument.next_pending
    if before != 0:
        state.instruments[before].next_pending = after
    else:
        state.first_pending = after
    if after == 0:
        state.last_pending = before
    instrument.next_pending = 0
    instrument.is_pending = 0


@kernel
def _next_due(state, instrument):
    """The due stop that fires next; NOBODY when none is due. Rule T-4."""
    if instrument.trigger_low_ticks == 0:
        return 0
    buys, sells = instrument.tries[RISES], instrument.tries[FALLS]
    buy_at = prices.lowest(state, buys)
    if buy_at > instrument.trigger_high_ticks:
        buy_at = 0
    sell_at = prices.above(state, sells, instrument.trigger_low_ticks - 1)
    if buy_at == 0 and sell_at == 0:
        return 0
    if sell_at == 0 or (buy_at != 0 and buy_at < sell_at):
        return book.head(state, buys, buy_at)
    if buy_at == 0 or sell_at < buy_at:
        return book.head(state, sells, sell_at)
    buy, sell = book.head(state, buys, buy_at), book.head(state, sells, sell_at)
    return buy if state.orders[buy].entry_seq < state.orders[sell].entry_seq else sell


@kernel
def _activate(state, slot, out):
    """Rule T-5: a waiting stop becomes an incoming order."""
    order = state.orders[slot]
    expire_ns = state.extras[order.extra].expire_ns
    if expire_ns != 0 and expire_ns <= state.ts_ns:
        book.cancel(state, slot, Event.EXPIRED.value, Reject.NONE.value, out)
        return
    book.unqueue(state, slot)
    order.flags &= ~WAITING
    emit.of_order(
        state, out, Event.TRIGGERED.value, order, order.price_ticks, order.qty_lots, 0, 0, Reject.NONE.value, 0
    )
    match.run(state, slot, book.release(state, order), True, True, out)


@kernel
def note_mark(state, contract, mark_ticks, out):
    """The mark price of a contract (row in contracts) has been set: orders that wait for it become due. Rule T-7.

    Nothing fires here: the instrument joins the queue for CONTINUE.
    """


@kernel
def note_index(state, contract, index_ticks, out):
    """The same of its index price."""
