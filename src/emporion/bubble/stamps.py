"""When a price was explosive: the stretches of dates in which BSADF is above its critical line."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.explosive import Explosive
from emporion.bubble.series import Floats
from emporion.errors import BadValue

Direction: TypeAlias = Literal["up", "down"]


@dataclass(frozen=True)
class Episode:
    """A stretch of explosive dates. Places are of the series, from 0; dates are None for a series without.

    start: the first observation above the line. end: the last one above it. peak: where BSADF was largest.
    rows: observations from start to end. is_ongoing: the last observation of the series is above the line, so
    the end is not known yet. direction: "up" when the value rose from the observation before the start to the peak,
    else "down": then it is a collapse, or the way back from one, which the test also calls explosive.
    change: that rise as a share of the absolute value it began at.
    """

    start: int
    peak: int
    end: int
    rows: int
    is_ongoing: bool
    direction: Direction
    change: float
    bsadf: float
    start_date: np.datetime64 | None
    peak_date: np.datetime64 | None
    end_date: np.datetime64 | None


def least_rows(length: int, factor: float = 1.0) -> int:
    """The papers' least duration of a bubble, factor * log(T) observations; the factor is a choice of the reader's."""
    return max(1, round(factor * float(np.log(length))))


def episodes(
    result: Explosive,
    line: ArrayLike,
    *,
    rows_min: int | None = None,
    direction: Direction | None = None,
) -> tuple[Episode, ...]:
    """Stretches above `line` (one number, or one for each end, as from `Null.critical`) of at least `rows_min` rows.

    Default of `rows_min`: `least_rows(T)`; 1 keeps all. A stretch that still goes on is kept however short. `direction`
    keeps the rising ones or the falling ones only. Raises BadValue.
    """
    level = np.broadcast_to(np.asarray(line, dtype=np.float64), result.bsadf.shape) if np.ndim(line) == 0 else line
    level = np.asarray(level, dtype=np.float64)
    if level.shape != result.bsadf.shape:
        raise BadValue(f"a line of {level.size} points for {result.bsadf.size} dates: make it for this series")
    if rows_min is None:
        rows_min = least_rows(result.design.length)
    if rows_min < 1:
        raise BadValue(f"rows_min={rows_min}: at least 1")
    above = result.bsadf > level
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False]))))
    found = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        episode = _episode(result, int(first), int(after))
        if (episode.rows >= rows_min or episode.is_ongoing) and direction in (None, episode.direction):
            found.append(episode)
    return tuple(found)


def _episode(result: Explosive, first: int, after: int) -> Episode:
    values, shift = result.series.values, result.design.first_end
    peak = first + int(np.argmax(result.bsadf[first:after]))
    start, peak, end = first + shift, peak + shift, after - 1 + shift
    before = values[max(start - 1, 0)]
    change = float(values[peak] - before)
    dates = result.series.dates
    return Episode(
        start, peak, end, after - first, after == result.bsadf.size,
        "up" if change >= 0.0 else "down",
        change / abs(float(before)) if before else float("inf") * np.sign(change),
        float(result.bsadf[peak - shift]),
        *(None if dates is None else dates[place] for place in (start, peak, end)),
    )  # fmt: skip


def is_explosive(result: Explosive, line: Floats) -> bool:
    """Whether the last observation is above its line."""
    return bool(result.bsadf[-1] > np.asarray(line, dtype=np.float64).reshape(-1)[-1])
