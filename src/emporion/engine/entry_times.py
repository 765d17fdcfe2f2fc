"""When each open order was entered: by its slot, outside the state, which keeps its sequence only."""

import numpy as np

from emporion.engine.node import Node
from emporion.schema.codes import Event
from emporion.schema.limits import SLOT_BITS
from emporion.storage.disk import Files
from emporion.storage.reader import JournalReader

SLOT_MASK = (1 << SLOT_BITS) - 1


class EntryTimes:
    """`by_slot[slot]` is the time of the order there, nanoseconds since 1970; 0 where it is not known.

    Orders entered from now on are noted as they are accepted. Those of before are in the journal:
    `read_back` looks them up there.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self.by_slot = np.zeros(node.machine.capacity.orders, np.int64)
        node.listen(self._note)

    def read_back(self, files: Files) -> int:
        """Fill in the orders that were open before, from the journal; returns how many.

        Called between batches, before anybody is let in: it reads the journal from its beginning to
        the last of these orders.
        """
        orders = self._node.machine.array["orders"][0]
        slots = np.flatnonzero((orders["order_id"] != 0) & (self.by_slot == 0))
        if not len(slots):
            return 0
        slots = slots[np.argsort(orders["entry_seq"][slots])]
        seqs = orders["entry_seq"][slots]
        done = 0
        for batch in JournalReader(files).batches():
            end = int(np.searchsorted(seqs, batch.first_seq + batch.commands))
            if end > done:
                self.by_slot[slots[done:end]] = batch.rows["ts_ns"][0]  # One time for a batch: all of it was one group.
                done = end
                if done == len(seqs):
                    break
        return done

    def _note(self, events: np.ndarray) -> None:
        accepted = events["kind"] == Event.ACCEPTED
        self.by_slot[events["order_id"][accepted] & SLOT_MASK] = self._node.machine.array["ts_ns"][0]
