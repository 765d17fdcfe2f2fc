"""Stops: what fires them, when, and in which order. Rules T."""

from emporion.kernel import book, emit, links, match, order_margin, ties, trailing, waiting
from emporion.kernel.admit import protection
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import WAITING_FLAGS, Event, InstrumentStatus, Link, OrderFlag, Reject
from emporion.schema.limits import STOPS_PER_COMMAND

OPEN = InstrumentStatus.OPEN.value
MARKET = OrderFlag.MARKET.value
POSITION = Link.POSITION.value


@kernel
def fire(state, instrument_id, out):
    """Fires due stops of an instrument, up to the bound; queues it for CONTINUE when some are left."""
    instrument = state.instruments[instrument_id]
    if instrument.trigger_low_ticks != 0 and instrument.status == OPEN:
        _fire(state, instrument_id, instrument, STOPS_PER_COMMAND, out)


@seldom
def look(state, instrument_id, out):
    """After trades or prices that no order's own command brought: those who are due are left to CONTINUE. Rule T-7."""
    instrument = state.instruments[instrument_id]
    if instrument.trigger_low_ticks == 0:
        return
    if instrument.status == OPEN:
        _fire(state, instrument_id, instrument, 0, out)
    else:
        _next_due(state, instrument)  # A range stays, and the instrument joins the queue when it opens.


@seldom
def _fire(state, instrument_id, instrument, most, out):
    slot = _next_due(state, instrument)
    while slot != 0 and most > 0:
        _activate(state, slot, out)
        most -= 1
        slot = _next_due(state, instrument)
    if slot != 0:
        join_queue(state, instrument_id)
    else:
        leave_queue(state, instrument_id)


@kernel
def _next_due(state, instrument):
    """The order that fires next; NOBODY when none is due: trailing orders have followed then, no range is left."""
    slot = waiting.due(state, instrument)
    while slot == 0 and trailing.follow(state, instrument):
        slot = waiting.due(state, instrument)
    return slot


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
def _activate(state, slot, out):
    """Rule T-5: a waiting stop becomes an incoming order."""
    order = state.orders[slot]
    extra = state.extras[order.extra]
    if extra.expire_ns != 0 and extra.expire_ns <= state.ts_ns:
        book.cancel(state, slot, Event.EXPIRED.value, Reject.NONE.value, out)
        return
    book.unqueue(state, slot)
    is_tied = ties.are_any(state, order.extra)
    if is_tied:
        _take_shape(state, order, extra)
        ties.settle_down(state, slot)
    order.flags &= ~WAITING_FLAGS
    emit.of_order(
        state, out, Event.TRIGGERED.value, order, order.price_ticks, order.qty_lots, 0, 0, Reject.NONE.value, 0
    )
    if is_tied:
        links.fired(state, slot, out)
    match.run(state, slot, book.release(state, order), True, True, out)


@seldom
def _take_shape(state, order, extra):
    """As large as the position it is tied to; protected from the trigger it has come to. Rule T-5."""
    if extra.link == POSITION:
        links.resize(state, order, order_margin.closable(state, order))
    if extra.trail_ticks != 0 and order.flags & MARKET != 0:
        instrument = state.instruments[order.instrument_id]
        order.price_ticks = protection(instrument, order.side, extra.trigger_price_ticks, order.price_ticks)


@kernel
def note_mark(state, contract_slot, mark_ticks, out):
    """The mark price of a contract (row in contracts) has been set: orders that wait for it become due. Rule T-7.

    Nothing fires here: the instrument joins the queue for CONTINUE.
    """
    _note(state, contract_slot, waiting.MARK, mark_ticks, out)


@kernel
def note_index(state, contract_slot, index_ticks, out):
    """The same of its index price."""
    _note(state, contract_slot, waiting.INDEX, index_ticks, out)


@kernel
def _note(state, contract_slot, source, price_ticks, out):
    instrument_id = state.contracts[contract_slot].instrument_id
    instrument = state.instruments[instrument_id]
    if waiting.is_empty(state, instrument, 2 * source) and waiting.is_empty(state, instrument, 2 * source + 1):
        return
    waiting.widen(state, instrument, source, price_ticks)
    look(state, instrument_id, out)
