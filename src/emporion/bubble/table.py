"""Many assets on the same dates: prices or market values, checked once. A column an asset, a row a date.

NaN says "not there": before an asset was listed and after it was gone. A hole in between is a fault of the data and
is refused unless the caller says what it means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.series import Dates, Floats, Series, date_text, series, to_dates
from emporion.errors import BadValue

Holes: TypeAlias = Literal["error", "carry", "absent"]
HOLES = ("error", "carry", "absent")
CARRY_ROWS = 7


@dataclass(frozen=True, eq=False)
class Table:
    """Positive numbers, or NaN where an asset is not there. `dates` are strictly rising, `names` differ."""

    values: Floats
    dates: Dates
    names: tuple[str, ...]

    def column(self, name: str) -> Floats:
        """The numbers of one asset, NaN where it is not there. BadValue when nobody has this name."""
        return self.values[:, self.place(name)]

    def place(self, name: str) -> int:
        """Which column an asset has."""
        if name not in self.names:
            raise BadValue(f"{name!r} is not among the {len(self.names)} assets {', '.join(self.names[:8])}, ...")
        return self.names.index(name)

    def series(self, name: str) -> Series:
        """One asset alone, on the dates on which it is there."""
        return series(self.column(name), self.dates, name=name, missing="drop", varied=False, length_min=1)


def table(
    values: "ArrayLike | Table",
    dates: Any = None,
    names: Sequence[str] = (),
    *,
    what: str = "prices",
    holes: Holes = "error",
    carry_rows: int = CARRY_ROWS,
) -> Table:
    """Check the numbers of many assets and make a Table of them.

    `holes` says what NaN between two numbers of an asset means: "error"; "carry" repeats the last number for at most
    `carry_rows` rows, at the end of an asset's life too, since whoever stands at that row cannot know yet that it is
    the end; "absent" takes it that the asset was not there. Numbers must be above zero. Raises BadValue.
    """
    if isinstance(values, Table):
        return values
    if holes not in HOLES:
        raise BadValue(f"holes={holes!r}: it is one of {', '.join(HOLES)}")
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{what}: not numbers ({error}); give rows of floats") from None
    if numbers.ndim != 2:
        raise BadValue(f"{what}: an array of {numbers.ndim} dimensions; give a row for each date, a column an asset")
    named = _checked_names(names, numbers.shape[1], what)
    if dates is None:
        raise BadValue(f"{what}: dates are missing; give one for each row")
    moments = series(np.zeros(numbers.shape[0]), dates, name=what, length_min=1, varied=False).dates
    assert moments is not None
    wrong = (numbers <= 0.0) | np.isinf(numbers)
    if wrong.any():
        row, column = (int(places[0]) for places in np.nonzero(wrong))
        where = f"{named[column]} at {date_text(moments[row])}"
        raise BadValue(
            f"{what}: {where} is {numbers[row, column]:g}; it must be above zero and finite, or NaN where there is none"
        )
    return Table(_without_holes(numbers, moments, named, what, holes, carry_rows), moments, named)


def join(*parts: Series, holes: Holes = "absent", carry_rows: int = CARRY_ROWS, what: str = "prices") -> Table:
    """Several series with dates as one table, on every date that any of them has."""
    if not parts:
        raise BadValue(f"{what}: there is nothing to join")
    moments: list[Dates] = []
    for part in parts:
        if part.dates is None:
            raise BadValue(f"{part.name}: it has no dates, so it cannot be joined with others")
        moments.append(part.dates)
    dates = np.unique(np.concatenate(moments))
    values = np.full((dates.size, len(parts)), np.nan)
    for column, part in enumerate(parts):
        values[np.searchsorted(dates, moments[column]), column] = part.values
    names = [part.name for part in parts]
    return table(values, dates, names, what=what, holes=holes, carry_rows=carry_rows)


def same_shape(first: Table, second: Table, what: str) -> None:
    """BadValue unless two tables have the same dates and names."""
    if first.names != second.names:
        raise BadValue(f"{what}: the two tables name different assets, or in another order; make them alike")
    if not np.array_equal(first.dates, second.dates):
        raise BadValue(f"{what}: the two tables have different dates; make them alike")


def as_of(known: Series, dates: Any, *, days_max: float | None = None) -> Floats:
    """What was known at each date: the last value on or before it, NaN before the first.

    For numbers that change by announcement, such as shares outstanding or coins held. Date them by their publication
    and no later knowledge gets in. `days_max`: an older value counts as unknown.
    """
    if known.dates is None:
        raise BadValue(f"{known.name}: it has no dates, so nobody can say when it was known")
    moments = to_dates(dates, known.name)
    places = np.searchsorted(known.dates, moments, side="right") - 1
    found = known.values[np.maximum(places, 0)]
    unknown = places < 0
    if days_max is not None:
        unknown |= moments - known.dates[np.maximum(places, 0)] > days(days_max)
    return np.where(unknown, np.nan, found)


def days(count: float) -> np.timedelta64:
    """A span of days, to the nanosecond."""
    return np.timedelta64(round(count * 86_400_000_000_000), "ns")


def _checked_names(names: Sequence[str], columns: int, what: str) -> tuple[str, ...]:
    named = tuple(names)
    if isinstance(names, str) or not all(isinstance(name, str) for name in named):
        raise BadValue(f"{what}: names={names!r}; give a list of texts, one for each column")
    if len(named) != columns:
        raise BadValue(f"{what}: {columns} columns but {len(named)} names; give one for each")
    if len(set(named)) != columns:
        twice = next(name for name in named if named.count(name) > 1)
        raise BadValue(f"{what}: {twice!r} stands twice among the names; keep one column of it")
    return named


def _without_holes(
    numbers: Floats, dates: Dates, names: tuple[str, ...], what: str, holes: Holes, carry_rows: int
) -> Floats:
    gone = np.isnan(numbers)
    if holes == "absent" or not gone.any():
        return numbers
    rows = np.arange(len(numbers))[:, None]
    before = np.maximum.accumulate(np.where(gone, -1, rows), axis=0)
    if holes == "carry":
        carried = gone & (before >= 0) & (rows - before <= carry_rows)
        return np.where(carried, np.take_along_axis(numbers, np.maximum(before, 0), axis=0), numbers)
    after = np.flip(np.logical_or.accumulate(np.flip(~gone, 0), axis=0), 0)
    inside: NDArray[np.bool_] = gone & (before >= 0) & after
    if inside.any():
        row, column = (int(places[0]) for places in np.nonzero(inside))
        raise BadValue(
            f"{what}: {names[column]} has a hole at {date_text(dates[row])}; mend it, or pass holes='carry' "
            "(the last number holds) or holes='absent' (it was not there)"
        )
    return numbers
