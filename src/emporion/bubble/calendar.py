"""A series at fewer dates: the last value of each week or month."""

from typing import Literal, TypeAlias

import numpy as np

from emporion.bubble.series import Series
from emporion.errors import BadValue

Frequency: TypeAlias = Literal["all", "week", "month", "quarter", "year"]
FREQUENCIES = ("all", "week", "month", "quarter", "year")
WEEK_SHIFT_DAYS = 3  # 1970-01-01 was a Thursday; weeks begin on Monday.


def at_frequency(of: Series, frequency: Frequency) -> Series:
    """The last observation of each period, at its own date; the last period may not be over. "all" changes nothing.

    Raises BadValue when the series has no dates, or the frequency is not known.
    """
    if frequency not in FREQUENCIES:
        raise BadValue(f"frequency={frequency!r}: it is one of {', '.join(FREQUENCIES)}")
    if frequency == "all":
        return of
    if of.dates is None:
        raise BadValue(f"{of.name}: without dates there are no {frequency}s; name the column of dates")
    if frequency == "week":
        period = (of.dates.astype("datetime64[D]").astype(np.int64) + WEEK_SHIFT_DAYS) // 7
    else:
        months = of.dates.astype("datetime64[M]").astype(np.int64)
        period = months // {"month": 1, "quarter": 3, "year": 12}[frequency]
    last = np.append(np.flatnonzero(np.diff(period)), period.size - 1)
    return Series(of.values[last], of.dates[last], of.name, of.filled)


def between(of: Series, begin: np.datetime64 | None, end: np.datetime64 | None) -> Series:
    """The part with dates from `begin` up to and with `end`. Raises BadValue without dates, or with none left."""
    if begin is None and end is None:
        return of
    if of.dates is None:
        raise BadValue(f"{of.name}: without dates nobody can say where a stretch of time begins")
    keep = np.ones(len(of), dtype=bool)
    if begin is not None:
        keep &= of.dates >= begin
    if end is not None:
        keep &= of.dates <= end
    if not keep.any():
        raise BadValue(f"{of.name}: has no date in that stretch; it goes from {of.at(0)} to {of.at(len(of) - 1)}")
    return Series(of.values[keep], of.dates[keep], of.name, of.filled)
