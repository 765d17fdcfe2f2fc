"""Queues of orders at their prices: the book, and the stops that wait outside it.

A level is a queue in a leaf of the price index: oldest at the head. An order knows its level
and its neighbours, so it leaves without a search.
"""

import numpy as np

from emporion.kernel import bits, clients, deadlines, emit, prices
from emporion.kernel.jit import hot, kernel
from emporion.kernel.ledger import hold_for_order
from emporion.kernel.tables import free_extra, free_order
from emporion.schema.codes import Event, OrderFlag, OrderStatus, Side
from emporion.schema.state import BOOK, BUY_STOPS, SELL_STOPS

STOP = OrderFlag.STOP.value


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


@kernel
def enlist(state, slot):
    """Enters an order that will stay among its account's open orders, as the newest."""
    order = state.orders[slot]
    account = state.accounts[order.account_id]
    older = account.newest_order
    order.older_slot = older
    if older != 0:
        state.orders[older].newer_slot = slot
    account.newest_order = slot
    account.open_orders += 1
    state.instruments[order.instrument_id].open_orders += 1


@hot
def queue(state, slot):
    """Puts an order at the tail of its price: in the book, or of its trigger among the stops."""
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    if order.flags & STOP != 0:
        trie = instrument.tries[BUY_STOPS if order.side == Side.BUY else SELL_STOPS]
        level = prices.put(state, trie, state.extras[order.extra].trigger_price_ticks)
    else:
        price_ticks = order.price_ticks
        level = prices.put(state, instrument.tries[BOOK], price_ticks)
        if order.side == Side.BUY:
            if price_ticks > instrument.best_bid_ticks:
                instrument.best_bid_ticks = price_ticks
        elif instrument.best_ask_ticks == 0 or price_ticks < instrument.best_ask_ticks:
            instrument.best_ask_ticks = price_ticks
        if order.extra != 0:
            extra = state.extras[order.extra]
            if extra.display_lots != 0:
                extra.shown_lots = min(extra.display_lots, order.leaves_lots)
    order.level = level
    line = state.leaves[level >> prices.DIGIT_BITS].level[level & prices.DIGIT_MASK]
    tail = line.tail
    if tail == 0:
        line.head = slot
    else:
        order.prev_slot = tail
        state.orders[tail].next_slot = slot
    line.tail = slot


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
    level = np.int64(order.level)
    older, newer = order.prev_slot, order.next_slot
    line = state.leaves[level >> prices.DIGIT_BITS].level[level & prices.DIGIT_MASK]
    if older != 0:
        state.orders[older].next_slot = newer
    else:
        line.head = newer
    if newer != 0:
        state.orders[newer].prev_slot = older
    else:
        line.tail = older
    order.prev_slot = 0
    order.next_slot = 0
    order.level = 0
    if older == 0 and newer == 0:
        _drop_price(state, order, level)


@kernel
def to_tail(state, slot):
    """Moves an iceberg that shows a new slice behind the others at its price."""
    order = state.orders[slot]
    newer = order.next_slot
    if newer == 0:
        return
    line = state.leaves[order.level >> prices.DIGIT_BITS].level[order.level & prices.DIGIT_MASK]
    older = order.prev_slot
    state.orders[newer].prev_slot = older
    if older != 0:
        state.orders[older].next_slot = newer
    else:
        line.head = newer
    state.orders[line.tail].next_slot = slot
    order.prev_slot = line.tail
    order.next_slot = 0
    line.tail = slot


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
    level = prices.level_of(state, trie, price_ticks)
    return state.leaves[level >> prices.DIGIT_BITS].level[level & prices.DIGIT_MASK].head


@kernel
def finish(state, slot, status):
    """Ends an order that is in no queue and holds nothing: its id is remembered, its rows are freed."""
    order = state.orders[slot]
    if order.client_id != 0:
        clients.end(state, order.client_id, status)
    if order.extra != 0:
        place = state.extras[order.extra].deadline
        if place != 0:
            deadlines.remove(state, place)
        free_extra(state, order.extra)
    free_order(state, slot)


@kernel
def delist(state, slot):
    """Takes an order out of its account's open orders; mass cancels that look at it next, move on."""
    order = state.orders[slot]
    account = state.accounts[order.account_id]
    older, newer = order.older_slot, order.newer_slot
    if newer != 0:
        state.orders[newer].older_slot = older
    else:
        account.newest_order = older
    if older != 0:
        state.orders[older].newer_slot = newer
    order.older_slot = 0
    order.newer_slot = 0
    account.open_orders -= 1
    state.instruments[order.instrument_id].open_orders -= 1
    for place in range(state.task_count):
        if state.tasks[place].cursor == slot:
            state.tasks[place].cursor = older


@kernel
def cancel(state, slot, kind, reason, out):
    """Ends an order that rests or waits, with a CANCELED or EXPIRED event, and gives its hold back."""
    order = state.orders[slot]
    unqueue(state, slot)
    delist(state, slot)
    _end(state, slot, order, kind, reason, out)


@kernel
def cancel_incoming(state, slot, kind, reason, out):
    """The same for an order that is in no queue: it has just matched, or is about to rest."""
    _end(state, slot, state.orders[slot], kind, reason, out)


@kernel
def _end(state, slot, order, kind, reason, out):
    emit.ended(state, out, kind, order, reason)
    if order.hold_atoms != 0:
        hold_for_order(state, order, 0)
    finish(state, slot, OrderStatus.EXPIRED.value if kind == Event.EXPIRED.value else OrderStatus.CANCELED.value)


@hot
def _drop_price(state, order, level):
    instrument = state.instruments[order.instrument_id]
    if order.flags & STOP != 0:
        trie = instrument.tries[BUY_STOPS if order.side == Side.BUY else SELL_STOPS]
        prices.drop(state, trie, state.extras[order.extra].trigger_price_ticks, level)
        return
    trie = instrument.tries[BOOK]
    price_ticks = order.price_ticks
    leaf_bits = state.leaves[level >> prices.DIGIT_BITS].bits
    digit = level & prices.DIGIT_MASK
    # The next best price nearly always lies in the same leaf.
    if order.side == Side.BUY:
        if price_ticks == instrument.best_bid_ticks:
            near = bits.below(leaf_bits, digit)
            instrument.best_bid_ticks = (
                price_ticks - digit + near if near != bits.NONE else prices.below(state, trie, price_ticks)
            )
    elif price_ticks == instrument.best_ask_ticks:
        near = bits.above(leaf_bits, digit)
        instrument.best_ask_ticks = (
            price_ticks - digit + near if near != bits.NONE else prices.above(state, trie, price_ticks)
        )
    prices.drop(state, trie, price_ticks, level)
