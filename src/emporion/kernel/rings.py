"""Who stands behind whom: queues at a price, and each account's open orders.

A queue is a ring: its members in the order they came, and an end that is the level itself. So
everybody has somebody on either side, and joining and leaving are four writes without a question.
A processor guesses the answers to questions ahead of time, and "is it the first? the last?" it
could only guess wrong half the time.

Members go by their slot, ends by minus their number (level, account); one array holds the links of
both, ends before members. A link is kept as neighbour XOR self: zero is a ring of one, so an end
that was never used needs no preparation, and the bytes do not depend on the size of the build.
"""

from emporion.kernel import bits
from emporion.kernel.jit import hot, kernel


@hot
def queue_place(state, name):
    """Where the links of a slot, or of minus a level, are found."""
    return name + (len(state.leaves) << bits.DIGIT_BITS)


@hot
def list_place(state, name):
    """The same of a slot, or of minus an account."""
    return name + len(state.accounts)


@hot
def queued(state, name):
    return state.queue_links[queue_place(state, name)]


@hot
def listed(state, name):
    return state.list_links[list_place(state, name)]


@hot
def enter_queue(state, slot, level):
    """Behind all others of the level."""
    end = -level
    ring, links = queued(state, end), queued(state, slot)
    last = ring.older ^ end
    queued(state, last).newer = last ^ slot
    ring.older = slot ^ end
    links.older = last ^ slot
    links.newer = end ^ slot


@hot
def leave_queue(state, slot):
    """Returns whether the level is empty now."""
    links = queued(state, slot)
    older, newer = links.older ^ slot, links.newer ^ slot
    queued(state, older).newer = older ^ newer
    queued(state, newer).older = older ^ newer
    links.older = 0
    links.newer = 0
    return older == newer


@kernel
def first_in_queue(state, level):
    """The oldest of a level, which is not empty."""
    return queued(state, -level).newer ^ -level


@kernel
def next_in_queue(state, slot):
    """Who came next; NOBODY behind the youngest."""
    return max(queued(state, slot).newer ^ slot, 0)


@hot
def enter_list(state, slot, account_id):
    """As the account's newest order."""
    end = -account_id
    ring, links = listed(state, end), listed(state, slot)
    last = ring.older ^ end
    listed(state, last).newer = last ^ slot
    ring.older = slot ^ end
    links.older = last ^ slot
    links.newer = end ^ slot


@hot
def leave_list(state, slot):
    links = listed(state, slot)
    older, newer = links.older ^ slot, links.newer ^ slot
    listed(state, older).newer = older ^ newer
    listed(state, newer).older = older ^ newer
    links.older = 0
    links.newer = 0


@kernel
def newest_in_list(state, account_id):
    """The account's newest open order; NOBODY when it has none."""
    return max(listed(state, -account_id).older ^ -account_id, 0)


@kernel
def next_in_list(state, slot):
    """The account's order that came before; NOBODY for its oldest."""
    return max(listed(state, slot).older ^ slot, 0)
