"""What orders that are tied to others do when those trade, fire or end. Rules K.

What ends with an order stands in book.py, since every cancel may lead there. No function here is called while
the order that it ends or changes is matching.
"""

from emporion.kernel import book, emit, order_margin, prices, ties, waiting
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.tables import EXTRAS, has_room, open_slot, take_extra
from emporion.schema.codes import Event, Link, OrderFlag, Reject
from emporion.schema.limits import TIED_MAX, TIED_PER_POSITION

CANCELS_OTHER = Link.CANCELS_OTHER.value
CHILD = Link.CHILD.value
POSITION = Link.POSITION.value
STOP = OrderFlag.STOP.value
CANCELED = Event.CANCELED.value


# --- Entry -------------------------------------------------------------------------------------------


@seldom
def refusal(state, command, extra):
    """UNKNOWN_RELATED when an order cannot be tied as its ORDER_EXTRA row says, else NONE. Rule O-1, 15."""
    if extra.link == POSITION:
        is_fine = _may_be_tied(state, command)
    else:
        is_fine = _may_be_related(state, command, extra.link, open_slot(state, extra.related_id))
    return Reject.NONE if is_fine else Reject.UNKNOWN_RELATED


@kernel
def _may_be_tied(state, command):
    m = state.accounts[command.account_id].margin
    if order_margin.closable_by(state, m, command.instrument_id, command.side) == 0:
        return False
    return ties.tied_to(state, m, command.instrument_id) < TIED_PER_POSITION


@kernel
def _may_be_related(state, command, link, slot):
    order = state.orders[slot]
    if slot == 0 or order.account_id != command.account_id or order.instrument_id != command.instrument_id:
        return False
    its = state.extras[order.extra]  # Of an order without one row 0: nothing.
    if its.link == CHILD:
        return False
    if link == CHILD:
        return order.side != command.side and (order.extra == 0 or ties.second_child(state, slot) == 0)
    return its.partner == 0 and (order.side != command.side or (order.flags | command.flags) & STOP != 0)


@seldom
def has_tie_room(state, command, extra):
    """Whether the rows that a tie needs, beside the order's own, are there. Rule O-1, 17."""
    if extra.link == POSITION:
        return state.margins[state.accounts[command.account_id].margin].tied < TIED_MAX
    related = state.orders[open_slot(state, extra.related_id)]
    return related.extra != 0 or has_room(state, EXTRAS, 2)


@seldom
def enter(state, slot, related_id):
    """Ties a new order, whose row in extras says how."""
    order = state.orders[slot]
    extra = state.extras[order.extra]
    if extra.link == POSITION:
        ties.tie(state, order.margin, order.extra)
        return
    related = open_slot(state, related_id)
    if related == 0:
        extra.link = 0  # What was due on the account has ended it.
        return
    if state.orders[related].extra == 0:
        row = take_extra(state)
        state.extras[row].order_slot = related
        state.orders[related].extra = row
    if extra.link == CANCELS_OTHER:
        ties.pair(state, slot, related)
    else:
        extra.is_asleep = 1
        ties.adopt(state, related, slot)


@seldom
def wake_new(state, slot, out):
    """A child that was entered when its parent had done something already. Rule K-2."""
    parent = ties.parent(state, slot)
    if _done(state.orders[parent]) > 0:
        _grow(state, slot, _done(state.orders[parent]), out)


# --- Trades ------------------------------------------------------------------------------------------


@seldom
def resting_traded(state, slot, out):
    """A resting order, which has a row in extras, has traded; it stands where it stood. Rules K-1 and K-2."""
    incoming_traded(state, slot, out)
    grow(state, slot, out)


@seldom
def incoming_traded(state, slot, out):
    """The same of the incoming order, whose children wait until it has done matching."""
    partner = ties.part(state, slot)
    if partner != 0:
        book.cancel_partner(state, partner, out)


@seldom
def grow(state, slot, out):
    """Children become as large as what their parent has done."""
    first, second = ties.first_child(state, slot), ties.second_child(state, slot)
    done = _done(state.orders[slot])
    if first == 0 or done == 0:
        return
    if _grow(state, first, done, out) and second != 0:
        _grow(state, second, done, out)


@kernel
def _done(order):
    return order.qty_lots - order.leaves_lots


@kernel
def _grow(state, slot, done_lots, out):
    """Returns whether the child, and so its partner, is still open."""
    order = state.orders[slot]
    extra = state.extras[order.extra]
    if extra.is_asleep == 0 and order.qty_lots == done_lots:
        return True
    if extra.is_asleep != 0 and not prices.can_put(state):
        book.cancel(state, slot, CANCELED, Reject.NO_ROOM.value, out)
        return False
    resize(state, order, done_lots)
    asset_id = state.instruments[order.instrument_id].quote_asset_id
    emit.of_order(
        state, out, Event.REPLACED.value, order, order.price_ticks, done_lots, 0, asset_id, Reject.BY_PARENT.value, 0
    )
    if extra.is_asleep != 0:
        extra.is_asleep = 0
        waiting.queue(state, slot)
        _look_at_once(state, order, extra)
    return True


@kernel
def _look_at_once(state, order, extra):
    """The price may have passed the trigger while the order slept."""
    instrument = state.instruments[order.instrument_id]
    way = waiting.way_of(order.side, order.flags)
    price_ticks = waiting.price_of(state, instrument, way >> 1)
    if waiting.meets(way, extra.trigger_price_ticks, price_ticks):
        waiting.widen(state, instrument, way >> 1, price_ticks)


@kernel
def resize(state, order, lots):
    """A waiting reduce-only order gets another quantity; nothing of it has traded."""
    before = order.leaves_lots
    order.qty_lots = lots
    order.leaves_lots = lots
    order_margin.scale_risk(state, order, before)


# --- Firing and positions ----------------------------------------------------------------------------


@seldom
def fired(state, slot, out):
    """A stop has fired, and waits no more: its partner goes, and its parent. Rules K-1 and K-2."""
    parent = ties.leave_parent(state, slot)
    partner = ties.part(state, slot)
    if partner != 0:
        book.cancel_partner(state, partner, out)
    if parent != 0:
        book.cancel(state, parent, CANCELED, Reject.BY_OTHER.value, out)


@kernel
def position_changed(state, m, instrument_id, out):
    """If a position (of a row in margins) has become 0 or turned, orders tied to it end. Rule K-3."""
    if state.margins[m].tied != 0:
        _end_tied(state, m, instrument_id, out)


@seldom
def _end_tied(state, m, instrument_id, out):
    for _ in range(TIED_PER_POSITION):
        slot = ties.first_tied_to(state, m, instrument_id)
        if slot == 0 or order_margin.closable(state, state.orders[slot]) != 0:
            return
        book.cancel(state, slot, CANCELED, Reject.BY_POSITION.value, out)
