"""Questions to the files, through DuckDB: one database without tables of its own, a cursor for each thread."""

import threading
from collections.abc import Iterator, Sequence

import duckdb
import numpy as np

from emporion.history.folder import Part, Parts
from emporion.history.parquet import FILE_DTYPES, LENGTHS_S
from emporion.history.rows import CANDLE, TRADE, Rows, concat
from emporion.history.tail import NotZero, Wanted

MEMORY_LIMIT = "512MB"  # Trading comes first: a question that needs more fails by itself.
THREADS = 1  # Of DuckDB's own for one question; questions of several threads run beside each other.
RECENT_PART = 16  # The newest part's youngest sixteenth is looked at first.


class Shelf:
    """Reads parts. Which parts there are, the caller says with each question."""

    def __init__(self) -> None:
        # External access stays on, for the files; no text of a user's ever comes here.
        self._database = duckdb.connect(":memory:", config={"threads": THREADS, "memory_limit": MEMORY_LIMIT})
        self._database.execute("SET parquet_metadata_cache = true")
        for setting in ("temp_directory = ''", "autoinstall_known_extensions = false"):
            self._database.execute(f"SET {setting}")
        self._own = threading.local()
        self._lock = threading.Lock()

    def close(self) -> None:
        self._database.close()

    def newest(
        self,
        table: str,
        parts: Parts,
        wanted: Wanted,
        before: tuple[int, int] | None,
        limit: int,
        since_seq: int = 0,
    ) -> Rows:
        """The newest wanted rows before a place, newest first; none of commands before `since_seq`."""
        dtype = FILE_DTYPES[table]
        conditions = [_condition(name, value) for name, value in wanted.items()]
        if before is not None:
            seq, n = map(int, before)
            conditions.append(f"(seq < {seq} OR (seq = {seq} AND n < {n}))")
            parts = tuple(part for part in parts if (part.first_seq, part.first_n) < (seq, n))
        parts = tuple(part for part in parts if part.last_seq >= since_seq)
        found = []
        for group, low, high in _windows(parts):
            where = " AND ".join([*conditions, f"seq >= {max(low, since_seq)}", f"seq <= {high}"])
            page = self._rows(
                f"SELECT * FROM {_files(group)} WHERE {where} ORDER BY seq DESC, n DESC LIMIT {int(limit)}", dtype
            )
            found.append(page)
            limit -= len(page)
            if limit <= 0:
                break
        return concat(found, dtype)

    def trades(self, parts: Parts, instrument_id: int, begin_ns: int, end_ns: int) -> Rows:
        """An instrument's trades of a time, in order."""
        if not parts:
            return np.zeros(0, TRADE)
        return self._rows(
            f"SELECT * FROM {_files(parts)} WHERE instrument_id = {int(instrument_id)} "
            f"AND ts_ns >= {int(begin_ns)} AND ts_ns < {int(end_ns)} ORDER BY seq, n",
            TRADE,
        )

    def candles(self, parts: Parts, instrument_id: int, base: str, begin_ns: int, end_ns: int) -> Rows:
        """Each part's share of an instrument's stored candles that begin in a time, in order of start and of age."""
        if not parts:
            return np.zeros(0, CANDLE)
        names = ", ".join(CANDLE.names or ())
        return self._rows(
            f"SELECT {names} FROM {_files(parts)} WHERE length_s = {LENGTHS_S[base]} "
            f"AND instrument_id = {int(instrument_id)} AND start_ns >= {int(begin_ns)} AND start_ns < {int(end_ns)} "
            "ORDER BY start_ns, first_seq, first_n",
            CANDLE,
        )

    def _rows(self, query: str, dtype: np.dtype) -> Rows:
        cursor = getattr(self._own, "cursor", None)
        if cursor is None:
            with self._lock:
                cursor = self._own.cursor = self._database.cursor()
        columns = cursor.execute(query).fetchnumpy()
        names = dtype.names or ()
        rows = np.zeros(len(columns[names[0]]), dtype)
        for name in names:
            rows[name] = columns[name]
        return rows


def _condition(name: str, value: int | Sequence[int] | type[NotZero]) -> str:
    if isinstance(value, int):
        return f"{name} = {value}"
    if isinstance(value, Sequence):
        return f"{name} IN ({', '.join(str(int(one)) for one in value)})"
    return f"{name} <> 0"


def _files(parts: Sequence[Part]) -> str:
    """The parts as a table of a query."""
    paths = ", ".join("'" + part.path.replace("'", "''") + "'" for part in parts)
    return f"read_parquet([{paths}])"


def _windows(parts: Parts) -> Iterator[tuple[Parts, int, int]]:
    """Parts to look at with the sequences to look at in them, youngest first, and each time twice as many.

    A page of a busy account is found in the first, and one of an idle account needs few questions.
    """
    if not parts:
        return
    newest = parts[-1]
    low = newest.last_seq - (newest.last_seq - newest.first_seq) // RECENT_PART
    yield parts[-1:], low, newest.last_seq
    yield parts[-1:], newest.first_seq, low - 1
    stop, count = len(parts) - 1, 1
    while stop > 0:
        start = max(0, stop - count)
        yield parts[start:stop], 0, parts[stop - 1].last_seq
        stop, count = start, 2 * count
