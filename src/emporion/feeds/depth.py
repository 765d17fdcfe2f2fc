"""Book depth as the public may see it: price levels with their quantity on show, best first.

Events say which books changed; the levels themselves are copied from the machine, between
batches, because no sum of events knows how much of an iceberg is on show. A delta is what
differs between two such copies, so whoever applies them to the first has the second.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emporion.kernel.machine import Machine
from emporion.schema.codes import Event
from emporion.schema.messages import DEPTH_ROW

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


def delta(before: NDArray[np.void], after: NDArray[np.void]) -> NDArray[np.void]:
    """What differs between two copies of one side: levels as they are now, quantity 0 for those that went.

    In order of price, lowest first. Prices are unique within a side, whichever way it is sorted.
    """
    merged = np.concatenate([before, after])
    order = np.argsort(merged["price_ticks"], kind="stable")  # Of a price that is in both, the older copy first.
    merged, is_new = merged[order], order >= len(before)
    same_price = merged["price_ticks"][1:] == merged["price_ticks"][:-1]
    same = np.zeros(len(merged), np.bool_)
    same[1:] = (
        same_price
        & (merged["qty_lots"][1:] == merged["qty_lots"][:-1])
        & (merged["orders"][1:] == merged["orders"][:-1])
    )
    went = ~is_new
    went[:-1] &= ~same_price
    changed = merged[(is_new & ~same) | went]
    gone = went[(is_new & ~same) | went]
    changed["qty_lots"][gone] = 0
    changed["orders"][gone] = 0
    return changed


def applied(side: NDArray[np.void], changes: NDArray[np.void], is_bid: bool) -> NDArray[np.void]:
    """One side with a delta applied, best first: what a reader does."""
    kept = side[~np.isin(side["price_ticks"], changes["price_ticks"])]
    grown = np.concatenate([kept, changes[changes["qty_lots"] > 0]]) if len(changes) else kept
    order = np.argsort(grown["price_ticks"], kind="stable")
    return grown[order[::-1] if is_bid else order]


NO_LEVELS = np.zeros(0, DEPTH_ROW)
