"""Bringing rows to disk: parts of every table, the open orders, then the manifest that makes them count."""

from collections.abc import Mapping
from dataclasses import dataclass

from emporion.history.folder import Folder, Manifest, Parts, open_name
from emporion.history.parquet import encoded, read
from emporion.history.parts import BLOCK_ROWS, grown, written_candles
from emporion.history.rows import INSTRUMENT, Rows, concat
from emporion.history.tables import DTYPES, Tables
from emporion.history.tail import Tail

OPEN_ROWS_FREE = 4_096  # So few open orders are written each time.


@dataclass(frozen=True)
class Frozen:
    """What is to be written: the rows since the last time, and where the venue stood behind them."""

    tail: Tail
    seq: int
    ts_ns: int
    command: str  # See replay.digest_of.
    open_orders: Rows | None  # None: not this time.
    listed: Rows


class Writer:
    """Writes one folder.

    `manifest` is what counts for those who look. Its owner sets it to what `write` returned, in the same moment in
    which the rows written stop to count as rows in memory.
    """

    def __init__(self, folder: Folder, manifest: Manifest, block_rows: int = BLOCK_ROWS) -> None:
        self.folder, self.manifest = folder, manifest
        self._block_rows = block_rows
        self._rows_since_open = 0

    def wants_open_orders(self, count: int, tail: Tail) -> bool:
        """Whether the open orders should be written: not so often that they cost more than all else."""
        return count <= max(OPEN_ROWS_FREE, self._rows_since_open + tail.count)

    def write(self, frozen: Frozen, whole: bool = False) -> Manifest:
        """Write it; the manifest that counts on disk from now on, and is to be set here. OSError leaves the one before.

        Args:
            whole: take all parts of the last block of each table into one.
        """
        parts = dict(self.manifest.parts)
        for table in DTYPES:
            before = parts.get(table, ())
            after, pieces = grown(self.folder, table, before, frozen.tail.rows(table), self._block_rows, whole)
            parts[table] = after
            if table == "trades":
                parts["candles"] = self._candles(parts.get("candles", ()), after, pieces, frozen.listed)
        since = {"open_seq": self.manifest.open_seq, "open_ts_ns": self.manifest.open_ts_ns}
        open_path = self.manifest.open_path
        if frozen.open_orders is not None:
            open_path = self.folder.write(open_name(frozen.seq), encoded("orders", frozen.open_orders))
            since = {"open_seq": frozen.seq, "open_ts_ns": frozen.ts_ns}
        manifest = Manifest(frozen.seq, frozen.ts_ns, frozen.command, **since, open_path=open_path, parts=parts)
        self.folder.commit(manifest)
        self._rows_since_open = 0 if frozen.open_orders is not None else self._rows_since_open + frozen.tail.count
        return manifest

    def _candles(self, before: Parts, trades: Parts, pieces: list[Rows], listed: Rows) -> Parts:
        """One part of candles for each part of trades."""
        kept = len(trades) - len(pieces)
        made = zip(trades[kept:], pieces, strict=True)
        return (*before[:kept], *(written_candles(self.folder, part, rows, listed) for part, rows in made))


def tables_at(manifest: Manifest) -> Tables:
    """Tables as they stood after the manifest's `open_seq`, to go on from there."""
    tables = Tables(manifest.open_seq, manifest.open_ts_ns)
    if manifest.open_path:
        tables.open_orders = type(tables.open_orders)(read(manifest.open_path, "orders"))
        listed = [read(part.path, "instruments") for part in manifest.parts.get("instruments", ())]
        rows = concat(listed, INSTRUMENT)
        tables.add_instruments(rows[rows["seq"] <= manifest.open_seq])
    return tables


def counts(manifest: Manifest) -> Mapping[str, int]:
    """Rows on disk of each table."""
    return {table: sum(part.rows for part in parts) for table, parts in manifest.parts.items()}
