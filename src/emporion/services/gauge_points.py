"""How gauges stood, in SQLite beside the venue's history.

A gauge depends on when its bootstrap was made, so what is lost here is not made again; nothing else needs it, and
the file may be deleted while the venue is closed.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from emporion.schema.limits import TS_MAX

NAME = "gauges.db"
KEPT = 10_000  # Points of each instrument.
PRUNE_EVERY = 1_000  # Additions.
SCHEMA = """
CREATE TABLE IF NOT EXISTS points (
    interval TEXT NOT NULL, instrument_id INTEGER NOT NULL, at_ns INTEGER NOT NULL, is_explosive INTEGER NOT NULL,
    bsadf REAL NOT NULL, line REAL NOT NULL, p REAL NOT NULL, confidence REAL, confidence_p REAL, median_ns INTEGER,
    PRIMARY KEY (interval, instrument_id, at_ns)
) WITHOUT ROWID
"""
PRUNE = """
DELETE FROM points WHERE interval = ?1 AND instrument_id = ?2 AND at_ns <= (
    SELECT at_ns FROM points WHERE interval = ?1 AND instrument_id = ?2 ORDER BY at_ns DESC LIMIT 1 OFFSET ?3)
"""


class Point(NamedTuple):
    instrument_id: int
    at_ns: int
    is_explosive: bool
    bsadf: float
    line: float
    p: float
    confidence: float | None
    confidence_p: float | None
    median_ns: int | None


class Points:
    """Of one interval. Methods may be called from any thread."""

    def __init__(self, folder: Path | None, interval: str) -> None:
        """`folder`: the venue's; None keeps points as long as this lives."""
        self._interval = interval
        self._lock = threading.Lock()
        self._additions = 0
        self._database = sqlite3.connect(
            ":memory:" if folder is None else folder / NAME, check_same_thread=False, isolation_level=None
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(SCHEMA)

    def add(self, points: Sequence[Point]) -> None:
        """Keep these; the oldest go."""
        with self._lock:
            rows = [(self._interval, *point) for point in points]
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO points VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
            self._additions += 1
            if self._additions % PRUNE_EVERY == 0:
                self._database.executemany(PRUNE, [(self._interval, each.instrument_id, KEPT) for each in points])
            self._database.execute("COMMIT")

    def last(self, instrument_id: int, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 500) -> list[Point]:
        """The last `limit` at or after `start_ns` and before `end_ns`, oldest first."""
        with self._lock:
            rows = self._database.execute(
                f"SELECT {', '.join(Point._fields)} FROM points "
                "WHERE interval = ? AND instrument_id = ? AND at_ns >= ? AND at_ns < ? ORDER BY at_ns DESC LIMIT ?",
                (self._interval, instrument_id, start_ns, end_ns, limit),
            ).fetchall()
        return [Point(row[0], row[1], bool(row[2]), *row[3:]) for row in reversed(rows)]

    def close(self) -> None:
        with self._lock:
            self._database.close()
