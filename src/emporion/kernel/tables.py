"""Taking and giving back rows: last freed first, then the next never used.

A freed row is zero but for its generation, where it has one, and its link to the next free
row. So the bytes of a table follow from the history alone.
"""

import numpy as np

from emporion.kernel.jit import hot, kernel
from emporion.schema.codes import Limit
from emporion.schema.limits import GENERATION_MAX, SLOT_BITS

ASSETS = int(Limit.ASSETS)
INSTRUMENTS = int(Limit.INSTRUMENTS)
ACCOUNTS = int(Limit.ACCOUNTS)
BALANCES = int(Limit.BALANCES)
ORDERS = int(Limit.ORDERS)
EXTRAS = int(Limit.EXTRAS)
CLIENT_IDS = int(Limit.CLIENT_IDS)
NODES = int(Limit.NODES)
LEAVES = int(Limit.LEAVES)
HOLDS = int(Limit.HOLDS)
DEADLINES = int(Limit.DEADLINES)
GROUPS = int(Limit.GROUPS)
RISKS = int(Limit.RISKS)
CONTRACTS = int(Limit.CONTRACTS)
QUESTIONS = int(Limit.QUESTIONS)
MARGINS = int(Limit.MARGINS)
HOLDING_PAGES = int(Limit.HOLDING_PAGES)
EXPOSURES = int(Limit.EXPOSURES)
TWAPS = int(Limit.TWAPS)

SLOT_MASK = (1 << SLOT_BITS) - 1


@hot
def has_room(state, table, rows):
    """Whether `rows` more fit below the table's limit. Retired slots count as used."""
    book = state.tables[table]
    if table == ORDERS or table == HOLDS or table == TWAPS:  # Rows of other tables have no generations.
        rows += book.retired
    return book.live + rows <= book.limit


@kernel
def take_fresh(state, table):
    """The next row never used: for tables whose rows are not freed."""
    book = state.tables[table]
    book.high_water += 1
    book.live += 1
    return book.high_water


@kernel
def numbered(generation, slot):
    """An id that no other order or hold ever has: generation and slot."""
    return (np.int64(generation) << SLOT_BITS) | np.int64(slot)


@hot
def take_order(state):
    """A zeroed order row with its new id set."""
    book = state.tables[ORDERS]
    slot = np.int64(book.free_head)
    if slot != 0:
        order = state.orders[slot]
        book.free_head = order.next_free
        order.next_free = 0
    else:
        book.high_water += 1
        slot = np.int64(book.high_water)
        order = state.orders[slot]
    book.live += 1
    order.generation += 1
    order.order_id = numbered(order.generation, slot)
    return slot


@hot
def free_order(state, slot):
    book = state.tables[ORDERS]
    order = state.orders[slot]
    order.order_id = 0
    order.price_ticks = 0
    order.leaves_lots = 0
    order.account_id = 0
    order.owner_id = 0
    order.level = 0
    order.extra = 0
    order.instrument_id = 0
    order.side = 0
    order.tif = 0
    order.flags = 0
    order.stp = 0
    order.base_balance = 0
    order.qty_lots = 0
    order.hold_atoms = 0
    order.maker_notional_atoms = 0
    order.taker_notional_atoms = 0
    order.entry_seq = 0
    order.maker_ppm = 0
    order.taker_ppm = 0
    order.quote_balance = 0
    order.client_id = 0
    order.margin = 0
    order.risk_atoms = 0
    book.live -= 1
    if order.generation >= GENERATION_MAX:
        book.retired += 1  # No id is ever given twice.
        order.next_free = 0
    else:
        order.next_free = book.free_head
        book.free_head = slot


@kernel
def open_slot(state, order_id):
    """The slot of the open order with this id; 0 when there is none."""
    if order_id <= 0:
        return np.int64(0)
    slot = order_id & SLOT_MASK
    if slot == 0 or slot > state.tables[ORDERS].high_water or state.orders[slot].order_id != order_id:
        return np.int64(0)
    return slot


@kernel
def take_extra(state):
    book = state.tables[EXTRAS]
    slot = book.free_head
    if slot != 0:
        book.free_head = state.extras[slot].next_free
        state.extras[slot].next_free = 0
    else:
        book.high_water += 1
        slot = book.high_water
    book.live += 1
    return slot


@kernel
def free_extra(state, slot):
    book = state.tables[EXTRAS]
    extra = state.extras[slot]
    extra.display_lots = 0
    extra.shown_lots = 0
    extra.trigger_price_ticks = 0
    extra.expire_ns = 0
    extra.order_slot = 0
    extra.deadline = 0
    extra.link = 0
    extra.trail_ticks = 0
    extra.partner = 0
    extra.kin = 0
    extra.borrow_atoms = 0
    extra.is_asleep = 0
    extra.next_tied = 0
    extra.previous_tied = 0
    extra.next_trailing = 0
    extra.previous_trailing = 0
    extra.next_free = book.free_head
    book.free_head = slot
    book.live -= 1


@kernel
def take_hold(state):
    """A zeroed hold row with its new id set."""
    book = state.tables[HOLDS]
    slot = book.free_head
    if slot != 0:
        book.free_head = state.holds[slot].next_free
        state.holds[slot].next_free = 0
    else:
        book.high_water += 1
        slot = book.high_water
    book.live += 1
    hold = state.holds[slot]
    hold.generation += 1
    hold.hold_id = numbered(hold.generation, slot)
    return slot


@kernel
def free_hold(state, slot):
    book = state.tables[HOLDS]
    hold = state.holds[slot]
    hold.hold_id = 0
    hold.amount_atoms = 0
    hold.reference = 0
    hold.ts_ns = 0
    hold.account_id = 0
    hold.asset_id = 0
    hold.balance = 0
    hold.kind = 0
    book.live -= 1
    if hold.generation >= GENERATION_MAX:
        book.retired += 1
    else:
        hold.next_free = book.free_head
        book.free_head = slot


@kernel
def take_twap(state):
    """A zeroed row of a TWAP with its new id set."""
    book = state.tables[TWAPS]
    slot = book.free_head
    if slot != 0:
        book.free_head = state.twaps[slot].next_free
        state.twaps[slot].next_free = 0
    else:
        book.high_water += 1
        slot = book.high_water
    book.live += 1
    twap = state.twaps[slot]
    twap.generation += 1
    twap.twap_id = numbered(twap.generation, slot)
    return slot


@kernel
def free_twap(state, slot):
    book = state.tables[TWAPS]
    twap = state.twaps[slot]
    twap.twap_id = 0
    twap.qty_lots = 0
    twap.done_lots = 0
    twap.start_ns = 0
    twap.end_ns = 0
    twap.interval_ns = 0
    twap.limit_price_ticks = 0
    twap.slippage_ppm = 0
    twap.account_id = 0
    twap.instrument_id = 0
    twap.side = 0
    twap.flags = 0
    twap.stp = 0
    twap.deadline = 0
    book.live -= 1
    if twap.generation >= GENERATION_MAX:
        book.retired += 1
    else:
        twap.next_free = book.free_head
        book.free_head = slot


@kernel
def take_node(state):
    """An empty node. In a free one, child 0 links to the next."""
    book = state.tables[NODES]
    slot = np.int64(book.free_head)
    if slot != 0:
        book.free_head = state.nodes[slot].child[0]
        state.nodes[slot].child[0] = 0
    else:
        book.high_water += 1
        slot = np.int64(book.high_water)
    book.live += 1
    return slot


@kernel
def free_node(state, slot):
    """Gives back a node whose children have all been cut off and set to 0."""
    book = state.tables[NODES]
    node = state.nodes[slot]
    node.bits = 0
    node.child[0] = book.free_head
    book.free_head = slot
    book.live -= 1


@kernel
def take_leaf(state):
    """An empty leaf."""
    book = state.tables[LEAVES]
    slot = np.int64(book.free_head)
    if slot != 0:
        book.free_head = state.leaves[slot].next_free
        state.leaves[slot].next_free = 0
    else:
        book.high_water += 1
        slot = np.int64(book.high_water)
    book.live += 1
    return slot


@kernel
def free_leaf(state, slot):
    book = state.tables[LEAVES]
    state.leaves[slot].next_free = book.free_head
    book.free_head = slot
    book.live -= 1
