"""Rows that are not on disk yet, and pages of rows in memory."""

import numpy as np
from numpy.typing import NDArray

from emporion.history.rows import Place, Rows, before
from emporion.history.tables import DTYPES, Made


class Tail:
    """Rows by table, in order. Arrays handed out are never changed afterwards."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Rows]] = {name: [] for name in DTYPES}
        self.count = 0  # Of all tables.

    def add(self, made: Made) -> None:
        for name, rows in made.items():
            if len(rows):
                self._parts[name].append(rows)
                self.count += len(rows)

    def rows(self, name: str) -> Rows:
        """All rows of a table."""
        parts = self._parts[name]
        if len(parts) != 1:
            parts[:] = [np.concatenate(parts) if parts else np.zeros(0, DTYPES[name])]
        return parts[0]


def newest(rows: Rows, wanted: NDArray[np.bool_], place: Place | tuple[int, int] | None, limit: int) -> Rows:
    """The newest wanted rows before a place, newest first. `rows` are in order."""
    at = np.flatnonzero(wanted & before(rows, place))
    return rows[at[::-1][:limit]]
