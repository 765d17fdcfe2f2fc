"""A node that goes on from where another stands, in memory."""

from emporion.engine.node import Node
from emporion.storage.journal import MemoryJournal
from emporion.venue.history import commands


class _ForkJournal(MemoryJournal):
    """A journal in memory that begins with everything another one holds."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._parts.append(commands(node, 1))
        self.next_seq, self.durable_seq = node.seq + 1, node.seq


def fork(node: Node) -> Node:
    """The same state and past; from here on the two know nothing of each other."""
    return Node(None, node.machine.fork(), _ForkJournal(node), node.clock, "memory")
