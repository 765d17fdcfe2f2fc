"""Rows that are not on disk yet, and pages of rows in memory."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from emporion.history.rows import Rows, before, concat, take
from emporion.history.tables import DTYPES, Made

Chunks = list[Rows]


class NotZero:
    """Any value but 0."""


Wanted = Mapping[str, int | Sequence[int] | type[NotZero]]  # By column: its value, or one of these, or no 0.


class Tail:
    """Rows by table, in order. Arrays handed out are never changed afterwards."""

    def __init__(self) -> None:
        self._chunks: dict[str, Chunks] = {name: [] for name in DTYPES}
        self.count = 0  # Rows of all tables.

    def add(self, made: Made) -> None:
        """Younger rows."""
        for name, rows in made.items():
            if len(rows):
                chunks = self._chunks[name]
                chunks.append(rows)
                while len(chunks) > 1 and len(chunks[-2]) <= 2 * len(chunks[-1]):  # So few chunks, seldom copied.
                    chunks[-2:] = [concat(chunks[-2:], rows.dtype)]
                self.count += len(rows)

    def extend(self, younger: "Tail") -> None:
        """The rows of another behind these."""
        for name in DTYPES:
            for rows in younger.chunks(name):
                self.add({name: rows})

    def chunks(self, name: str) -> Chunks:
        """The rows of a table, in order."""
        return list(self._chunks[name])

    def rows(self, name: str) -> Rows:
        """The same in one piece."""
        return concat(self._chunks[name], DTYPES[name])


def newest(chunks: Iterable[Rows], wanted: Wanted, place: tuple[int, int] | None, limit: int, dtype: np.dtype) -> Rows:
    """The newest wanted rows before a place, newest first."""
    found = []
    for rows in reversed(list(chunks)):
        found_here = before(rows, place)
        for name, value in wanted.items():
            if isinstance(value, int):
                found_here &= rows[name] == value
            elif isinstance(value, Sequence):
                found_here &= np.isin(rows[name], value)
            else:
                found_here &= rows[name] != 0
        page = take(rows, np.flatnonzero(found_here)[::-1][:limit])
        found.append(page)
        limit -= len(page)
        if limit <= 0:
            break
    return concat(found, dtype)
