"""Book depth as the public may see it: price levels with their quantity on show, best first.

Events say which books changed; the levels themselves are copied from the machine, between
batches, because no sum of events knows how much of an iceberg is on show. So a depth image is
never patched and cannot drift.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emporion.kernel.machine import Machine
from emporion.schema.codes import Event

# After these a level may differ. A refused or waiting order shows nothing and changes nothing.
CHANGES_DEPTH = np.zeros(256, np.bool_)
CHANGES_DEPTH[
    [
        Event.ACCEPTED, Event.FILLED, Event.CANCELED, Event.EXPIRED, Event.REPLACED, Event.TRIGGERED, Event.REFRESHED,
        Event.DECREMENTED,
    ]
] = True  # fmt: skip


@dataclass(frozen=True)
class Image:
    """One book after the command `seq`: rows of messages.DEPTH_ROW, best first, in memory of their own."""

    seq: int
    bids: NDArray[np.void]
    asks: NDArray[np.void]


def changed_books(events: NDArray[np.void]) -> set[int]:
    """The instruments whose depth may differ after these events."""
    return set(np.unique(events["instrument_id"][CHANGES_DEPTH[events["kind"]]]).tolist())


def image(machine: Machine, instrument_id: int, levels: int) -> Image:
    """Copy the best levels of one book. To be called between batches."""
    bids, asks = machine.depth(instrument_id, levels)
    return Image(int(machine.state.seq), bids, asks)
