"""Rows that are not on disk yet, and pages of rows in memory."""

from collections.abc import Iterable, Mapping

import numpy as np

from emporion.history.rows import Rows, before, concat, take
from emporion.history.tables import DTYPES, Made

Chunks = list[Rows]


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


def newest(
    chunks: Iterable[Rows], equal: Mapping[str, int], place: tuple[int, int] | None, limit: int, dtype: np.dtype
) -> Rows:
    """The newest rows before a place whose columns have these values, newest first."""
    found = []
    for rows in reversed(list(chunks)):
        wanted = before(rows, place)
        for name, value in equal.items():
            wanted &= rows[name] == value
        page = take(rows, np.flatnonzero(wanted)[::-1][:limit])
        found.append(page)
        limit -= len(page)
        if limit <= 0:
            break
    return concat(found, dtype)
