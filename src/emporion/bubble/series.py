"""A price series that can be analysed: checked once, here, with errors that say which value is wrong and what to do.

Everything else of this package takes a `Series` or what makes one: numbers, with or without dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.errors import BadValue

Floats: TypeAlias = NDArray[np.float64]
Dates: TypeAlias = NDArray[np.datetime64]
Missing: TypeAlias = Literal["error", "drop", "carry"]
MISSING = ("error", "drop", "carry")
SAME = 1e-13  # Changes that differ by less than this share of the largest value differ by rounding only.


@dataclass(frozen=True, eq=False)
class Series:
    """Finite values in order of time. `dates`: UTC to the nanosecond, strictly rising; or None."""

    values: Floats
    dates: Dates | None = None
    name: str = "series"
    filled: int = 0  # Missing values that were dropped or carried over.

    def __len__(self) -> int:
        return self.values.size

    def log(self) -> "Series":
        """Natural logarithms of the values; BadValue when one is not positive."""
        _refuse(self.values <= 0.0, self, "is {value:g}, and only a positive number has a logarithm; analyse levels")
        return replace(self, values=np.log(self.values))

    def since(self, place: int) -> "Series":
        """The part from this place on."""
        dates = None if self.dates is None else self.dates[place:]
        return replace(self, values=self.values[place:], dates=dates)

    def at(self, place: int) -> str:
        """How a place of this series is named to people: its date, else its number from 0."""
        return f"place {place}" if self.dates is None else date_text(self.dates[place])


def series(
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    name: str = "series",
    missing: Missing = "error",
    positive: bool = False,
    length_min: int = 3,
    varied: bool = True,
) -> Series:
    """Check numbers (and dates) and make a Series of them.

    `missing` says what NaN means: "error"; "drop" leaves those dates out; "carry" repeats the last value
    (leading ones are left out). `positive`: prices must be above zero, as for logarithms. `varied`: a series
    that is constant, or a straight line to rounding, has nothing to test and is refused. Raises BadValue.
    """
    made = values if isinstance(values, Series) else _made(values, dates, name, missing)
    if made.values.size < length_min:
        raise BadValue(f"{made.name}: {made.values.size} values are too few; at least {length_min} are needed")
    least, largest = float(made.values.min()), float(made.values.max())
    if positive and least <= 0.0:
        _refuse(made.values <= 0.0, made, "is {value:g}; prices must be above zero, so mend or leave out that row")
    if varied:
        if least == largest:
            raise BadValue(f"{made.name}: all values are {made.values[0]:g}; a constant cannot be tested")
        changes = made.values[1:] - made.values[:-1]
        if changes.max() - changes.min() <= SAME * max(largest, -least):
            raise BadValue(f"{made.name}: the values lie on a straight line; without chance there is nothing to test")
    return made


def _made(values: ArrayLike, dates: Any, name: str, missing: Missing) -> Series:
    if missing not in MISSING:
        raise BadValue(f"missing={missing!r}: it is one of {', '.join(MISSING)}")
    try:
        numbers = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{name}: not numbers ({error}); give an array of floats") from None
    if numbers.ndim != 1:
        raise BadValue(f"{name}: an array of {numbers.ndim} dimensions; give one series, or use the panel functions")
    moments = None if dates is None else to_dates(dates, name)
    if moments is not None:
        if moments.size != numbers.size:
            raise BadValue(f"{name}: {numbers.size} values but {moments.size} dates; they must pair")
        _check_order(moments, name)
    raw = Series(numbers.copy(), moments, name)
    _refuse(np.isinf(numbers), raw, "is infinite; mend or leave out that row")
    return _without_missing(raw, missing)


def _without_missing(raw: Series, missing: Missing) -> Series:
    gone = np.isnan(raw.values)
    count = int(gone.sum())
    if count == 0:
        return raw
    if missing == "error":
        _refuse(gone, raw, "is missing (NaN); mend it, or pass missing='drop' or missing='carry'")
    if count == gone.size:
        raise BadValue(f"{raw.name}: every value is missing (NaN)")
    if missing == "drop":
        dates = None if raw.dates is None else raw.dates[~gone]
        return replace(raw, values=raw.values[~gone], dates=dates, filled=count)
    first = int(np.argmin(gone))
    source = np.maximum.accumulate(np.where(gone, 0, np.arange(gone.size)))
    return replace(replace(raw, values=raw.values[source], filled=count).since(first))


def _refuse(wrong: NDArray[np.bool_], where: Series, text: str) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        more = f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
        problem = text.format(value=where.values[place])
        raise BadValue(f"{where.name}: the value at {where.at(place)} {problem}{more}")


def _check_order(dates: Dates, name: str) -> None:
    steps = np.diff(dates.astype(np.int64))
    if (steps > 0).all():
        return
    if (steps < 0).all():
        raise BadValue(f"{name}: the dates run backwards, newest first; reverse the rows")
    place = int(np.argmax(steps <= 0))
    if steps[place] == 0:
        twice = f"{date_text(dates[place])} stands twice (places {place} and {place + 1})"
        raise BadValue(f"{name}: the date {twice}; keep one")
    raise BadValue(
        f"{name}: dates are not in order: {date_text(dates[place + 1])} comes after {date_text(dates[place])} "
        f"(place {place + 1}); sort the rows by date"
    )


def to_dates(dates: Any, name: str = "series") -> Dates:
    """Dates of any usual kind as datetime64[ns] in UTC: datetime64, date, datetime, or ISO text.

    Dates with a time zone are turned to UTC; without one they are taken as UTC. Both in one series is a
    BadValue, since nobody can say what order they have.
    """
    array = np.asarray(dates)
    if np.issubdtype(array.dtype, np.datetime64):
        if np.isnat(array).any():
            raise BadValue(f"{name}: the date at place {int(np.argmax(np.isnat(array)))} is missing (NaT)")
        return array.astype("datetime64[ns]")
    items: Sequence[Any] = list(dates)
    moments = [_moment(item, place, name) for place, item in enumerate(items)]
    aware = [moment.tzinfo is not None for moment in moments]
    if any(aware) and not all(aware):
        odd = aware.index(not aware[0])
        with_zone, without = (items[0], items[odd]) if aware[0] else (items[odd], items[0])
        raise BadValue(f"{name}: {with_zone} has a time zone and {without} has none; give all dates one or none")
    plain = [moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment for moment in moments]
    return np.array(plain, dtype="datetime64[us]").astype("datetime64[ns]")


def _moment(item: Any, place: int, name: str) -> datetime:
    if isinstance(item, datetime):  # pandas.Timestamp is one.
        return item
    if isinstance(item, date):
        return datetime(item.year, item.month, item.day)
    if isinstance(item, np.datetime64):
        return item.astype("datetime64[us]").item()
    if isinstance(item, str):
        text = item.strip()
        if len(text) == 7 and text[4] == "-":  # A month.
            text += "-01"
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise BadValue(f"{name}: {item!r} at place {place} is no date; write dates as 2024-12-31 or 2024-12-31T16:00+00:00")


def date_text(moment: np.datetime64) -> str:
    """A date for people: the day alone when it is midnight."""
    seconds = str(moment.astype("datetime64[s]"))
    return seconds.removesuffix("T00:00:00")
