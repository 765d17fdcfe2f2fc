"""How much two sets of explosive dates have in common, and how much of that chance would give."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from emporion.bubble.stamps import Episode
from emporion.errors import BadValue

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Overlap:
    """Of two sets of rows. Shares are NaN when what they are of is empty.

    shared: rows in both. of_first: shared over the rows of the first; of_second likewise. jaccard: shared over rows in
    either. p_shift: share of all shifts in time of the second, round the ends, that have at least as many rows in
    common with the first. Where the second is explosive half of the time, a large overlap is no news, and this says so.
    """

    shared: int
    of_first: float
    of_second: float
    jaccard: float
    p_shift: float


def overlap(first: Flags, second: Flags) -> Overlap:
    """Compare two sets of rows, given as True and False for each row. Raises BadValue when their lengths differ."""
    one, other = np.asarray(first), np.asarray(second)
    if one.dtype != np.bool_ or other.dtype != np.bool_ or one.shape != other.shape or one.ndim != 1 or not one.size:
        raise BadValue(f"overlap: give two arrays of True and False of one length, not {one.shape} and {other.shape}")
    shared, either = int((one & other).sum()), int((one | other).sum())
    rows = np.flatnonzero(one)
    by_shift = np.zeros(one.size, dtype=np.int64)
    for row in rows:
        by_shift += np.roll(other, -row)  # Entry s: is row + s in the second?
    return Overlap(
        shared,
        shared / rows.size if rows.size else float("nan"),
        shared / int(other.sum()) if other.any() else float("nan"),
        shared / either if either else float("nan"),
        float((by_shift >= shared).mean()) if rows.size else float("nan"),
    )


def flags(episodes: Iterable[Episode], length: int) -> Flags:
    """At which of `length` rows one of the episodes is on."""
    result = np.zeros(length, dtype=bool)
    for episode in episodes:
        result[episode.start : episode.end + 1] = True
    return result


def reached(of: Flags, reach_rows: int) -> Flags:
    """The rows, and those at most `reach_rows` before or after one of them."""
    if not reach_rows:
        return of
    sums = np.concatenate(([0], np.cumsum(of)))
    rows = np.arange(of.size)
    return sums[np.minimum(rows + reach_rows + 1, of.size)] > sums[np.maximum(rows - reach_rows, 0)]
