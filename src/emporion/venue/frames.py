"""Tables for people: exact integers inside, decimal units outside.

A frame is what a view of the venue returns. It keeps the raw integers (ticks, lots, atoms) and
knows the unit of each, so one frame serves those who compute exactly and those who plot:

    frame.raw("price")    int64 ticks, exact
    frame.to_numpy()      structured array; decimal columns as float64: for analysis, not for money
    frame.to_arrow()      pyarrow Table; decimal columns as decimal128, exact
    frame.to_pandas()     DataFrame; as to_numpy, or exact Decimals with exact=True
    frame[0], for row in  frozen records with exact Decimals
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.errors import EmporionError
from emporion.schema.units import to_text

SHOWN_ROWS = 20
SHOWN_CHARS = 60  # Of one cell.


class ExtraMissing(EmporionError, ImportError):
    """An optional package is needed for this conversion; the message says how to install it."""


@dataclass(frozen=True)
class Column:
    """Integers and what they mean: see `integers`, `decimals`, `labels`, `times`, `objects`."""

    name: str
    kind: str
    raw: NDArray
    units: tuple[Decimal, ...] = ()  # decimal: one atom, tick or lot in decimal units, for each `unit_of`.
    unit_of: NDArray[np.int64] | None = None
    texts: tuple[str, ...] = ()  # label: the text of each number.
    zero_is_none: bool = False

    def value(self, i: int) -> Any:
        """The exact value of one row: int, Decimal, text, or None."""
        raw = self.raw[i]
        if self.kind == "object":
            return raw
        if self.zero_is_none and raw == 0:
            return None
        if self.kind == "decimal":
            return Decimal(to_text(raw, self._unit(i)))
        return self.texts[raw] if self.kind == "label" else int(raw)

    def _unit(self, i: int) -> Decimal:
        return self.units[0 if self.unit_of is None else int(self.unit_of[i])]

    def numpy(self) -> NDArray:
        """The column for analysis: float64, int64, datetime64, text."""
        if self.kind == "decimal":
            scale = np.array([float(unit) for unit in self.units])
            # Dividing by 10^k is correctly rounded where multiplying by 10^-k is not: 3 cents are 0.03.
            inverse = np.array([float(1 / unit) for unit in self.units])
            of = np.zeros(len(self.raw), np.int64) if self.unit_of is None else self.unit_of
            values = np.where(scale[of] < 1, self.raw / inverse[of], self.raw * scale[of])
            return np.where(self.raw == 0, np.nan, values) if self.zero_is_none else values
        if self.kind == "time":
            return self.raw.astype("datetime64[ns]")
        if self.kind == "label":
            return np.array(self.texts, np.str_)[self.raw]
        return self.raw

    def exact(self) -> list:
        """The column as exact Python values."""
        return [self.value(i) for i in range(len(self.raw))]


def integers(name: str, raw: NDArray, zero_is_none: bool = False) -> Column:
    """Plain numbers: sequences, ids, counts."""
    return Column(name, "int", np.asarray(raw, np.int64), zero_is_none=zero_is_none)


def times(name: str, raw: NDArray) -> Column:
    """Nanoseconds since 1970 UTC."""
    return Column(name, "time", np.asarray(raw, np.int64))


def decimals(
    name: str, raw: NDArray, units: Sequence[Decimal], unit_of: NDArray | None = None, zero_is_none: bool = False
) -> Column:
    """Whole ticks, lots or atoms; row i is raw[i] x units[unit_of[i]]."""
    of = None if unit_of is None else np.asarray(unit_of, np.int64)
    return Column(name, "decimal", np.asarray(raw, np.int64), tuple(units), of, zero_is_none=zero_is_none)


def labels(name: str, raw: NDArray, texts: Sequence[str], zero_is_none: bool = False) -> Column:
    """Numbers that stand for names; texts[n] is the name of n."""
    return Column(name, "label", np.asarray(raw, np.int64), texts=tuple(texts), zero_is_none=zero_is_none)


def objects(name: str, values: Sequence) -> Column:
    """Anything else, as it is."""
    array = np.empty(len(values), object)
    array[:] = list(values)
    return Column(name, "object", array)


def record(**values: Any) -> Mapping[str, Any]:
    """A read-only row of a frame that has no record of its own."""
    return MappingProxyType(values)


class Frame(Sequence):
    """Columns of equal length, read as records."""

    def __init__(self, columns: Sequence[Column], make: Callable[..., Any]) -> None:
        """`make` turns one row's exact values, by name, into a record."""
        self._columns = {column.name: column for column in columns}
        self._make = make
        self._len = len(columns[0].raw)
        assert all(len(column.raw) == self._len for column in columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    def raw(self, column: str) -> NDArray:
        """A column's integers: ticks, lots, atoms, numbers of codes."""
        return self._columns[column].raw

    def unit(self, column: str, row: int = 0) -> Decimal:
        """What one of the integers of a decimal column is worth, at a row."""
        return self._columns[column]._unit(row)

    def __len__(self) -> int:
        return self._len

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(self._len))]
        if not -self._len <= i < self._len:
            raise IndexError(f"row {i} of {self._len}")
        return self._make(**{name: column.value(i % self._len) for name, column in self._columns.items()})

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(self._len))

    def to_numpy(self) -> NDArray[np.void]:
        """One structured array. Decimal columns are float64: exact integers are in `raw`."""
        parts = {name: column.numpy() for name, column in self._columns.items()}
        table = np.empty(self._len, [(name, part.dtype) for name, part in parts.items()])
        for name, part in parts.items():
            table[name] = part
        return table

    def to_arrow(self) -> Any:
        """A pyarrow Table; decimal columns are decimal128, exact, at the finest unit's scale."""
        pa = _extra("pyarrow")
        arrays = []
        for column in self._columns.values():
            if column.kind == "decimal":
                scale = max((max(0, -int(u.normalize().as_tuple().exponent)) for u in column.units), default=0)
                arrays.append(pa.array(column.exact(), pa.decimal128(38, scale)))
            elif column.kind == "time":
                arrays.append(pa.array(column.raw, pa.timestamp("ns")))
            elif column.kind == "int" and not column.zero_is_none:
                arrays.append(pa.array(column.raw))
            else:
                arrays.append(pa.array(column.exact()))
        return pa.table(dict(zip(self._columns, arrays, strict=True)))

    def to_pandas(self, exact: bool = False) -> Any:
        """A DataFrame; decimal columns as float64, or as Decimals with `exact`."""
        pd = _extra("pandas")
        return pd.DataFrame(
            {
                name: pd.Series(column.exact(), dtype=object) if exact and column.kind == "decimal" else column.numpy()
                for name, column in self._columns.items()
            },
            columns=list(self._columns),
        )

    def __repr__(self) -> str:
        rows = range(min(SHOWN_ROWS, len(self)))
        shown = [[_shown(column, i) for column in self._columns.values()] for i in rows]
        lines = [list(self._columns), *shown]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self._columns))]
        text = ["  ".join(map(str.rjust, line, widths)) for line in lines]
        if len(self) > SHOWN_ROWS:
            text.append(f"... {len(self)} rows")
        return "\n".join(text)


def _shown(column: Column, i: int) -> str:
    value = column.value(i)
    if value is None:
        return "-"
    if column.kind == "time":
        return str(np.datetime64(value, "ns"))
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 3] + "..."


def _extra(module: str) -> Any:
    """An optional package, or a message that says how to get it."""
    try:
        return __import__(module)
    except ImportError:
        raise ExtraMissing(f"{module} is not installed; pip install 'emporion[frames]', or use to_numpy()") from None
