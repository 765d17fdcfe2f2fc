"""Queues of orders at their prices: the book, and the stops that wait outside it.

A level is a place in a leaf of the price index, and its queue a ring (`rings.py`). An order knows
its level and its neighbours, so it leaves without a search.
"""

import numpy as np

from emporion.kernel import bits, clients, deadlines, emit, order_margin, prices, rings, ties, waiting
from emporion.kernel.jit import hot, kernel, seldom
from emporion.kernel.ledger import hold_for_order
from emporion.kernel.tables import free_extra, free_order
from emporion.schema.codes import Event, OrderFlag, OrderStatus, Reject, Side
from emporion.schema.state import BOOK

STOP = OrderFlag.STOP.value
CANCELED = Event.CANCELED.value


@kernel
def best_opposite(instrument, side):
    """The price an order of this side would meet first; 0 for none."""
    return instrument.best_ask_ticks if side == Side.BUY else instrument.best_bid_ticks


@kernel
def crosses(instrument, side, price_ticks):
    """Whether a limit meets the best opposite price."""
    if side == Side.BUY:
        return instrument.best_ask_ticks != 0 and price_ticks >= instrument.best_ask_ticks
    return instrument.best_bid_ticks != 0 and price_ticks <= instrument.best_bid_ticks


@hot
def meets(instrument, is_buy, price_ticks):
    """The same without a jump: ask - 1 < price, or price - 1 < bid. No ask is 0, and less one above all prices."""
    low = bits.either(is_buy, instrument.best_ask_ticks, price_ticks) - 1
    return bits.is_below(low, bits.either(is_buy, price_ticks, instrument.best_bid_ticks))


@hot
def enlist(state, slot):
    """Enters an order that will stay among its account's open orders, as the newest."""
    order = state.orders[slot]
    rings.enter_list(state, slot, np.int64(order.account_id))


@hot
def queue(state, slot):
    """Puts an order at the tail of its price: in the book, or of its trigger among the stops."""
    order = state.orders[slot]
    if order.flags & STOP != 0:
        waiting.queue(state, slot)
        return
    instrument = state.instruments[order.instrument_id]
    join(state, slot, order, instrument, order.side, order.price_ticks)
    if order.extra != 0:
        extra = state.extras[order.extra]
        if extra.display_lots != 0:
            extra.shown_lots = min(extra.display_lots, order.leaves_lots)


@hot
def join(state, slot, order, instrument, side, price_ticks):
    """The tail of a price in the book."""
    join_at(state, slot, order, instrument, side, price_ticks, prices.put(state, instrument.tries[BOOK], price_ticks))


@hot
def join_at(state, slot, order, instrument, side, price_ticks, level):
    """The same where the price has been entered."""
    is_buy = side == Side.BUY
    # Without a jump: bid < price, or price - 1 < ask - 1. No ask is 0, and less one above all prices.
    low = bits.either(is_buy, instrument.best_bid_ticks, price_ticks - 1)
    if bits.is_below(low, bits.either(is_buy, price_ticks, instrument.best_ask_ticks - 1)):
        if is_buy:
            instrument.best_bid_ticks = price_ticks
        else:
            instrument.best_ask_ticks = price_ticks
    order.level = level
    rings.enter_queue(state, slot, level)


@hot
def leave(state, slot, order, instrument, price_ticks):
    """Takes an order out of the book. Its level is left for the caller to write over."""
    level = np.int64(order.level)
    is_empty = rings.leave_queue(state, slot)
    leaf = state.leaves[level >> prices.DIGIT_BITS]
    digit = level & prices.DIGIT_MASK
    rest = bits.remove_if(leaf.bits, digit, is_empty)
    leaf.bits = rest
    if bits.unforeseen(
        is_empty
        & ((rest == 0) | (price_ticks == instrument.best_bid_ticks) | (price_ticks == instrument.best_ask_ticks))
    ):
        _leave_edge(state, instrument, price_ticks, rest, digit)


@seldom
def _leave_edge(state, instrument, price_ticks, rest, digit):
    """A price that went was the best, or the only one of its leaf."""
    trie = instrument.tries[BOOK]
    if price_ticks == instrument.best_bid_ticks:
        near = bits.below(rest, digit)
        instrument.best_bid_ticks = (
            price_ticks - digit + near if near != bits.NONE else prices.below(state, trie, price_ticks)
        )
    elif price_ticks == instrument.best_ask_ticks:
        near = bits.above(rest, digit)
        instrument.best_ask_ticks = (
            price_ticks - digit + near if near != bits.NONE else prices.above(state, trie, price_ticks)
        )
    if rest == 0:
        prices.cut(state, trie, price_ticks)


@kernel
def set_end(state, order):
    """A GTD order that rests or waits gets its deadline."""
    expire_ns = state.extras[order.extra].expire_ns
    if expire_ns != 0:
        deadlines.put(state, expire_ns, deadlines.ORDER, order.extra)


@hot
def unqueue(state, slot):
    """Takes an order out of its queue; the price goes with the last one."""
    order = state.orders[slot]
    if order.flags & STOP == 0:
        leave(state, slot, order, state.instruments[order.instrument_id], order.price_ticks)
        order.level = 0
    elif order.level != 0:  # Else it sleeps.
        waiting.unqueue(state, slot)


@kernel
def to_tail(state, slot):
    """Moves an iceberg that shows a new slice behind the others at its price."""
    level = np.int64(state.orders[slot].level)
    rings.leave_queue(state, slot)
    rings.enter_queue(state, slot, level)


@kernel
def front(state, instrument, side):
    """The order of `side` that is met first; NOBODY when that side is empty."""
    price_ticks = instrument.best_bid_ticks if side == Side.BUY else instrument.best_ask_ticks
    if price_ticks == 0:
        return 0
    return head(state, instrument.tries[BOOK], price_ticks)


@kernel
def head(state, trie, price_ticks):
    """The oldest order at a price that is present."""
    return rings.first_in_queue(state, prices.level_of(state, trie, price_ticks))


@kernel
def finish(state, slot, status):
    """Ends an order that is in no queue and holds nothing: its id is remembered, its rows are freed."""
    order = state.orders[slot]
    if order.margin != 0:
        order_margin.leave(state, order)
    if order.client_id != 0:
        clients.end(state, order.client_id, status)
    if order.extra != 0:
        _finish_extra(state, slot, order)
    free_order(state, slot)


@seldom
def _finish_extra(state, slot, order):
    place = state.extras[order.extra].deadline
    if place != 0:
        deadlines.remove(state, place)
    if ties.are_any(state, order.extra):
        ties.leave(state, slot)
    free_extra(state, order.extra)


@hot
def delist(state, slot):
    """Takes an order out of its account's open orders; mass cancels that look at it next, move on."""
    for place in range(state.task_count):
        if state.tasks[place].cursor == slot and state.tasks[place].account_id != 0:
            state.tasks[place].cursor = rings.next_in_list(state, slot)
    rings.leave_list(state, slot)


@kernel
def cancel(state, slot, kind, reason, out):
    """Ends an order that rests, waits or sleeps, with a CANCELED or EXPIRED event, and what goes with it."""
    unqueue(state, slot)
    delist(state, slot)
    cancel_incoming(state, slot, kind, reason, out)


@kernel
def cancel_incoming(state, slot, kind, reason, out):
    """The same for an order that is in no queue: it has just matched, or is about to rest."""
    order = state.orders[slot]
    if order.extra != 0:
        _end_with_tied(state, slot, order, kind, reason, out)
    else:
        _end(state, slot, order, kind, reason, out)


@seldom
def _end_with_tied(state, slot, order, kind, reason, out):
    """Rules K-1 and K-2: a partner goes with an order, and children that sleep."""
    first, second = ties.first_child(state, slot), ties.second_child(state, slot)
    partner = ties.part(state, slot)
    _end(state, slot, order, kind, reason, out)
    if partner != 0 and not ties.is_matching(state, partner):
        cancel_partner(state, partner, out)
    _end_sleeping(state, first, second, out)


@seldom
def cancel_partner(state, slot, out):
    """Ends an order that is nobody's partner any more because of who was. Rule K-1."""
    first, second = ties.first_child(state, slot), ties.second_child(state, slot)
    unqueue(state, slot)
    delist(state, slot)
    _end(state, slot, state.orders[slot], CANCELED, Reject.BY_OTHER.value, out)
    _end_sleeping(state, first, second, out)


@kernel
def _end_sleeping(state, first, second, out):
    """Children whose parent ended before it did anything. Awake ones live on."""
    if first == 0 or state.extras[state.orders[first].extra].is_asleep == 0:
        return
    ties.part(state, first)
    for child in (first, second):
        if child != 0:
            delist(state, child)
            _end(state, child, state.orders[child], CANCELED, Reject.BY_PARENT.value, out)


@kernel
def older_that_stays(state, slot):
    """The account's order before this one that will still be open when this one is cancelled; NOBODY for none."""
    older = rings.next_in_list(state, slot)
    if state.orders[slot].extra != 0:
        partner = state.extras[state.orders[slot].extra].partner
        while older != 0 and (older == partner or _sleeps_below(state, older, slot, partner)):
            older = rings.next_in_list(state, older)
    return older


@kernel
def _sleeps_below(state, slot, one, other):
    """Whether an order is a sleeping child of one of two orders."""
    extra = state.extras[state.orders[slot].extra]
    return extra.is_asleep != 0 and (extra.kin == one or extra.kin == other)


@kernel
def _end(state, slot, order, kind, reason, out):
    emit.ended(state, out, kind, order, reason)
    release(state, order)
    finish(state, slot, OrderStatus.EXPIRED.value if kind == Event.EXPIRED.value else OrderStatus.CANCELED.value)


@kernel
def release(state, order):
    """What an order holds becomes free. Returns what it may spend: that, and what it is promised."""
    if order.margin != 0:
        return order_margin.release(state, order)
    held = order.hold_atoms
    if held != 0:
        hold_for_order(state, order, 0)
    return held
