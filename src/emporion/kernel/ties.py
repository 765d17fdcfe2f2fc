"""Which orders are tied to which, and to whose position: pointers only. What follows from them: links.py. Rules K.

Partners point at each other. A child points at its parent and the parent at its first child; the second is the
first one's partner. Orders that end with a position are a ring of rows in extras, of their margin account.
"""

from emporion.kernel import trailing
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import Link

NONE = Link.NONE.value
CHILD = Link.CHILD.value
POSITION = Link.POSITION.value


@kernel
def are_any(state, row):
    """Whether an order's row in extras ties it to anything."""
    extra = state.extras[row]
    return (extra.partner | extra.kin | extra.trail_ticks) != 0 or extra.link == POSITION


@kernel
def pair(state, one, other):
    state.extras[state.orders[one].extra].partner = other
    state.extras[state.orders[other].extra].partner = one


@kernel
def part(state, slot):
    """Ends a partnership; returns who the partner was, NOBODY for none."""
    extra = state.extras[state.orders[slot].extra]
    partner = extra.partner
    if partner != 0:
        extra.partner = 0
        state.extras[state.orders[partner].extra].partner = 0
    return partner


@kernel
def is_matching(state, slot):
    """Whether an open order is in no queue because it is incoming: it is not to be ended by its ties."""
    order = state.orders[slot]
    return order.level == 0 and state.extras[order.extra].is_asleep == 0


# --- Brackets ----------------------------------------------------------------------------------------


@kernel
def first_child(state, slot):
    """A parent's first child; NOBODY for an order that has none."""
    extra = state.extras[state.orders[slot].extra]
    return 0 if extra.link == CHILD else extra.kin


@kernel
def second_child(state, slot):
    child = first_child(state, slot)
    return 0 if child == 0 else state.extras[state.orders[child].extra].partner


@kernel
def parent(state, slot):
    """A child's parent; NOBODY for an order that is no child."""
    extra = state.extras[state.orders[slot].extra]
    return extra.kin if extra.link == CHILD else 0


@kernel
def adopt(state, parent_slot, slot):
    """Makes a new order the child of an open one that has at most one yet."""
    extra = state.extras[state.orders[slot].extra]
    extra.kin = parent_slot
    of_parent = state.extras[state.orders[parent_slot].extra]
    if of_parent.kin == 0:
        of_parent.kin = slot
    else:
        pair(state, of_parent.kin, slot)


@kernel
def leave_parent(state, slot):
    """A child is none any more; returns who its parent was, NOBODY for none. Its partner stays a child."""
    extra = state.extras[state.orders[slot].extra]
    parent_slot = parent(state, slot)
    if parent_slot != 0:
        of_parent = state.extras[state.orders[parent_slot].extra]
        if of_parent.kin == slot:
            of_parent.kin = extra.partner
        extra.kin = 0
        extra.link = NONE
    return parent_slot


@kernel
def leave_children(state, slot):
    """A parent's children have none any more."""
    first, second = first_child(state, slot), second_child(state, slot)
    if second != 0:
        leave_parent(state, second)
    if first != 0:
        state.extras[state.orders[slot].extra].kin = 0
        extra = state.extras[state.orders[first].extra]
        extra.kin = 0
        extra.link = NONE


# --- Positions ---------------------------------------------------------------------------------------


@kernel
def tie(state, m, row):
    """An order, by its row in extras, will end with a position of a margin account (row in margins)."""
    margin = state.margins[m]
    extra = state.extras[row]
    margin.tied += 1
    head = margin.first_tied
    if head == 0:
        margin.first_tied = row
        extra.next_tied = row
        extra.previous_tied = row
        return
    last = state.extras[head].previous_tied
    extra.next_tied = head
    extra.previous_tied = last
    state.extras[last].next_tied = row
    state.extras[head].previous_tied = row


@kernel
def untie(state, m, row):
    margin = state.margins[m]
    extra = state.extras[row]
    after, before = extra.next_tied, extra.previous_tied
    if after == row:
        margin.first_tied = 0
    else:
        state.extras[before].next_tied = after
        state.extras[after].previous_tied = before
        if margin.first_tied == row:
            margin.first_tied = after
    margin.tied -= 1
    extra.next_tied = 0
    extra.previous_tied = 0
    extra.link = NONE


@kernel
def tied_to(state, m, instrument_id):
    """How many orders are tied to an account's position in a contract."""
    margin = state.margins[m]
    count = 0
    row = margin.first_tied
    for _ in range(margin.tied):
        if state.orders[state.extras[row].order_slot].instrument_id == instrument_id:
            count += 1
        row = state.extras[row].next_tied
    return count


@kernel
def first_tied_to(state, m, instrument_id):
    """The first order that is tied to an account's position in a contract; NOBODY for none."""
    margin = state.margins[m]
    row = margin.first_tied
    for _ in range(margin.tied):
        slot = state.extras[row].order_slot
        if state.orders[slot].instrument_id == instrument_id:
            return slot
        row = state.extras[row].next_tied
    return 0


# --- The end -----------------------------------------------------------------------------------------


@seldom
def settle_down(state, slot):
    """An order waits no more: it trails nothing and is tied to no position."""
    order = state.orders[slot]
    extra = state.extras[order.extra]
    if extra.trail_ticks != 0:
        trailing.leave(state, state.instruments[order.instrument_id].contract, order.extra)
    if extra.link == POSITION:
        untie(state, order.margin, order.extra)


@seldom
def leave(state, slot):
    """An order ends: nobody points at it any more."""
    settle_down(state, slot)
    leave_children(state, slot)
    leave_parent(state, slot)
    part(state, slot)
