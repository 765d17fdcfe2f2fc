"""The price index: which prices of a book have orders, in 64-way steps.

A trie over six bits of the price at a time. A leaf covers 64 neighbouring prices and holds
their queues; a node covers 64 leaves, or 64 nodes. Bids and asks of a book share one trie, as
no price is ever both: the best ask is the lowest price above the best bid.

Keys are prices relative to an anchor, the first price put in, so that prices near it differ
only in their low digits: a book within 2,000 ticks of its anchor is two steps high wherever
its prices lie, and one that moves far grows a step at a time, up to the whole range. An idle
book holds no node at all.
"""

import numpy as np

from emporion.kernel import bits
from emporion.kernel.jit import hot, kernel, rare, seldom
from emporion.kernel.tables import LEAVES, NODES, free_leaf, free_node, has_room, take_leaf, take_node
from emporion.schema.limits import PRICE_MAX

DIGIT_BITS = bits.DIGIT_BITS
DIGIT_MASK = 63
HEIGHT_MAX = 8
MIDDLE = 32  # Each digit of the anchor's key: as far from one end of its block as from the other.
CENTER = sum(MIDDLE << (DIGIT_BITS * digit) for digit in range(HEIGHT_MAX))
NODES_PER_PUT = 2 * HEIGHT_MAX - 3  # At most: growing from a leaf to full height, and a new path all the way down.

assert PRICE_MAX < CENTER and CENTER + PRICE_MAX < 1 << (DIGIT_BITS * HEIGHT_MAX)


@hot
def put(state, trie, price_ticks):
    """Enters a price and returns its level: leaf << 6 | digit. Admission has seen to the room."""
    key = price_ticks - trie.anchor_ticks + CENTER
    shift = DIGIT_BITS * np.int64(trie.height)
    place = np.int64(trie.root)
    if (key >> shift) == (CENTER >> shift):
        shift -= DIGIT_BITS
        while shift > 0 and place != 0:
            place = np.int64(state.nodes[place].child[(key >> shift) & DIGIT_MASK])
            shift -= DIGIT_BITS
        if place != 0:
            digit = key & DIGIT_MASK
            leaf = state.leaves[place]
            leaf.bits = bits.add(leaf.bits, digit)
            return (place << DIGIT_BITS) | digit
    return _put(state, trie, price_ticks)


@hot
def likely_level(state, trie, price_ticks):
    """The level of a price if its leaf is there; else 0, or whatever is not below 0."""
    key = price_ticks - trie.anchor_ticks + CENTER
    shift = DIGIT_BITS * np.int64(trie.height)
    place = np.int64(trie.root)
    if (key >> shift) != (CENTER >> shift):
        return np.int64(0)
    shift -= DIGIT_BITS
    while shift > 0:
        place = np.int64(state.nodes[place].child[(key >> shift) & DIGIT_MASK])
        shift -= DIGIT_BITS
    return place << DIGIT_BITS | key & DIGIT_MASK


@rare
def _put(state, trie, price_ticks):
    """The same where the way to the price has yet to be made."""
    if trie.root == 0:
        trie.anchor_ticks = price_ticks
        trie.root = take_leaf(state)
        trie.height = 1
    key = price_ticks - trie.anchor_ticks + CENTER
    shift = DIGIT_BITS * np.int64(trie.height)
    while (key >> shift) != (CENTER >> shift):
        top = take_node(state)
        node = state.nodes[top]
        node.bits = bits.add(0, MIDDLE)
        node.child[MIDDLE] = trie.root
        trie.root = top
        trie.height += 1
        shift += DIGIT_BITS
    place = trie.root
    shift -= DIGIT_BITS
    while shift > 0:
        digit = (key >> shift) & DIGIT_MASK
        node = state.nodes[place]
        place = node.child[digit]
        if place == 0:
            place = take_leaf(state) if shift == DIGIT_BITS else take_node(state)
            node.child[digit] = place
            node.bits = bits.add(node.bits, digit)
        shift -= DIGIT_BITS
    digit = key & DIGIT_MASK
    leaf = state.leaves[place]
    leaf.bits = bits.add(leaf.bits, digit)
    return (place << DIGIT_BITS) | digit


@hot
def drop(state, trie, price_ticks, level):
    """Takes out a price whose queue is empty; nodes left with nothing below them are freed."""
    leaf = state.leaves[level >> DIGIT_BITS]
    leaf.bits = bits.remove(leaf.bits, level & DIGIT_MASK)
    if leaf.bits == 0:
        cut(state, trie, price_ticks)


@hot
def can_put(state):
    """Whether one more price surely fits: O-1."""
    return has_room(state, NODES, NODES_PER_PUT) and has_room(state, LEAVES, 1)


@kernel
def lowest(state, trie):
    """The lowest price present; 0 when there is none."""
    if trie.root == 0:
        return 0
    shift = DIGIT_BITS * (np.int64(trie.height) - 1)
    key = (CENTER >> (shift + DIGIT_BITS)) << (shift + DIGIT_BITS)
    return _descend_low(state, trie, trie.root, shift, key)


@seldom
def above(state, trie, price_ticks):
    """The lowest price present above `price_ticks`; 0 when there is none.

    `price_ticks` need not be present, nor within what the trie covers now.
    """
    if trie.root == 0:
        return 0
    key = price_ticks - trie.anchor_ticks + CENTER
    shift = DIGIT_BITS * np.int64(trie.height)
    if (key >> shift) != (CENTER >> shift):
        return lowest(state, trie) if key < CENTER else 0
    place = trie.root
    turn, turn_shift, turn_digit = place, 0, bits.NONE  # The last node where a higher digit was to be had.
    shift -= DIGIT_BITS
    while shift > 0:
        digit = (key >> shift) & DIGIT_MASK
        node = state.nodes[place]
        higher = bits.above(node.bits, digit)
        if higher != bits.NONE:
            turn, turn_shift, turn_digit = place, shift, higher
        place = node.child[digit]
        if place == 0:
            break
        shift -= DIGIT_BITS
    if shift == 0:
        higher = bits.above(state.leaves[place].bits, key & DIGIT_MASK)
        if higher != bits.NONE:
            return ((key >> DIGIT_BITS) << DIGIT_BITS | higher) - CENTER + trie.anchor_ticks
    if turn_digit == bits.NONE:
        return 0
    key = (key >> (turn_shift + DIGIT_BITS)) << (turn_shift + DIGIT_BITS) | (turn_digit << turn_shift)
    return _descend_low(state, trie, state.nodes[turn].child[turn_digit], turn_shift - DIGIT_BITS, key)


@seldom
def below(state, trie, price_ticks):
    """The highest price present below `price_ticks`; 0 when there is none."""
    if trie.root == 0:
        return 0
    key = price_ticks - trie.anchor_ticks + CENTER
    shift = DIGIT_BITS * np.int64(trie.height)
    if (key >> shift) != (CENTER >> shift):
        return highest(state, trie) if key > CENTER else 0
    place = trie.root
    turn, turn_shift, turn_digit = place, 0, bits.NONE
    shift -= DIGIT_BITS
    while shift > 0:
        digit = (key >> shift) & DIGIT_MASK
        node = state.nodes[place]
        lower = bits.below(node.bits, digit)
        if lower != bits.NONE:
            turn, turn_shift, turn_digit = place, shift, lower
        place = node.child[digit]
        if place == 0:
            break
        shift -= DIGIT_BITS
    if shift == 0:
        lower = bits.below(state.leaves[place].bits, key & DIGIT_MASK)
        if lower != bits.NONE:
            return ((key >> DIGIT_BITS) << DIGIT_BITS | lower) - CENTER + trie.anchor_ticks
    if turn_digit == bits.NONE:
        return 0
    key = (key >> (turn_shift + DIGIT_BITS)) << (turn_shift + DIGIT_BITS) | (turn_digit << turn_shift)
    return _descend_high(state, trie, state.nodes[turn].child[turn_digit], turn_shift - DIGIT_BITS, key)


@kernel
def highest(state, trie):
    """The highest price present; 0 when there is none."""
    if trie.root == 0:
        return 0
    shift = DIGIT_BITS * (np.int64(trie.height) - 1)
    key = (CENTER >> (shift + DIGIT_BITS)) << (shift + DIGIT_BITS)
    return _descend_high(state, trie, trie.root, shift, key)


@kernel
def level_of(state, trie, price_ticks):
    """The level of a price that is present."""
    key = price_ticks - trie.anchor_ticks + CENTER
    shift = DIGIT_BITS * (np.int64(trie.height) - 1)
    place = trie.root
    while shift > 0:
        place = state.nodes[place].child[(key >> shift) & DIGIT_MASK]
        shift -= DIGIT_BITS
    return (place << DIGIT_BITS) | (key & DIGIT_MASK)


@kernel
def _descend_low(state, trie, place, shift, key):
    while shift > 0:
        node = state.nodes[place]
        digit = bits.lowest(node.bits)
        key |= digit << shift
        place = node.child[digit]
        shift -= DIGIT_BITS
    return (key | bits.lowest(state.leaves[place].bits)) - CENTER + trie.anchor_ticks


@kernel
def _descend_high(state, trie, place, shift, key):
    while shift > 0:
        node = state.nodes[place]
        digit = bits.highest(node.bits)
        key |= digit << shift
        place = node.child[digit]
        shift -= DIGIT_BITS
    return (key | bits.highest(state.leaves[place].bits)) - CENTER + trie.anchor_ticks


@seldom
def cut(state, trie, price_ticks):
    """Frees the empty leaf of a price, and every node above it that leads nowhere else."""
    key = price_ticks - trie.anchor_ticks + CENTER
    top_shift = DIGIT_BITS * (np.int64(trie.height) - 1)
    # The lowest node on the way that leads elsewhere too: below it everything goes.
    place = trie.root
    keep, keep_shift = 0, 0
    shift = top_shift
    while shift > 0:
        node = state.nodes[place]
        if not bits.is_single(node.bits):
            keep, keep_shift = place, shift
        place = node.child[(key >> shift) & DIGIT_MASK]
        shift -= DIGIT_BITS
    if keep == 0:
        place = trie.root
        shift = top_shift
        trie.root = 0
        trie.height = 0
        trie.anchor_ticks = 0
    else:
        node = state.nodes[keep]
        digit = (key >> keep_shift) & DIGIT_MASK
        place = node.child[digit]
        node.child[digit] = 0
        node.bits = bits.remove(node.bits, digit)
        shift = keep_shift - DIGIT_BITS
    while shift > 0:
        node = state.nodes[place]
        digit = (key >> shift) & DIGIT_MASK
        down = node.child[digit]
        node.child[digit] = 0
        free_node(state, place)
        place = down
        shift -= DIGIT_BITS
    free_leaf(state, place)
