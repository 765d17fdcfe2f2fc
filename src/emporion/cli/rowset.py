"""Rows of a query written out: as aligned text, CSV, JSON, Arrow or Parquet, a batch at a time.

Decimals are exact in each: text in the first three, decimal128 in the others.
"""

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

BATCH_ROWS = 100_000
TABLE_ROWS = 1_000  # Of which the widths of columns are taken at once.
SAFE_MAX = (1 << 53) - 1  # Larger whole numbers are text in JSON, so that no reader rounds them.
Progress = Callable[[int], None]


def write(batches: pa.RecordBatchReader, form: str, sink: BinaryIO, progress: Progress) -> int:
    """Write all rows in one of FORMATS; how many there were."""
    return FORMATS[form](batches, sink, progress)


def _table(batches: pa.RecordBatchReader, sink: BinaryIO, progress: Progress) -> int:
    names = batches.schema.names
    numeric = [not pa.types.is_string(field.type) and not pa.types.is_temporal(field.type) for field in batches.schema]
    count = 0
    for batch in batches:
        for start in range(0, len(batch), TABLE_ROWS):
            piece = batch.slice(start, TABLE_ROWS)
            cells = [[shown(value) for value in _values(column)] for column in piece.columns]
            widths = [max(map(len, [name, *column])) for name, column in zip(names, cells, strict=True)]
            lines = [] if count else [names, ["-" * width for width in widths]]
            for row in [*lines, *zip(*cells, strict=True)]:
                aligned = (
                    cell.rjust(width) if right else cell.ljust(width)
                    for cell, width, right in zip(row, widths, numeric, strict=True)
                )  # fmt: skip
                sink.write("  ".join(aligned).rstrip().encode() + b"\n")
            count += len(piece)
        progress(count)
    if not count:
        sink.write("  ".join(names).encode() + b"\n")
    return count


def _csv(batches: pa.RecordBatchReader, sink: BinaryIO, progress: Progress) -> int:
    """RFC 4180, with a header. Absent values are empty."""
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(batches.schema.names)
    sink.write(head.getvalue().encode())
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")

    def put(batch: pa.RecordBatch) -> None:
        columns = [column if _is_plain(column.type) else _texts(column) for column in batch.columns]
        pyarrow.csv.write_csv(pa.Table.from_arrays(columns, names=batch.schema.names), sink, options)

    return _copied(batches, put, progress)


def _json(batches: pa.RecordBatchReader, sink: BinaryIO, progress: Progress) -> int:
    """An array with an object a row, each on a line of its own."""
    count = 0
    for batch in batches:
        names, columns = batch.schema.names, [_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            sink.write(b",\n" if count else b"[\n")
            line = {name: _plain(value) for name, value in zip(names, row, strict=True)}
            sink.write(json.dumps(line, ensure_ascii=False).encode())
            count += 1
        progress(count)
    sink.write(b"\n]\n" if count else b"[]\n")
    return count


def _arrow(batches: pa.RecordBatchReader, sink: BinaryIO, progress: Progress) -> int:
    with pyarrow.ipc.new_file(sink, batches.schema) as writer:
        return _copied(batches, writer.write_batch, progress)


def _parquet(batches: pa.RecordBatchReader, sink: BinaryIO, progress: Progress) -> int:
    with pyarrow.parquet.ParquetWriter(sink, batches.schema, compression="zstd") as writer:
        return _copied(batches, writer.write_batch, progress)


def _copied(batches: pa.RecordBatchReader, put: Callable[[pa.RecordBatch], None], progress: Progress) -> int:
    count = 0
    for batch in batches:
        put(batch)
        count += len(batch)
        progress(count)
    return count


FORMATS = {"table": _table, "csv": _csv, "json": _json, "arrow": _arrow, "parquet": _parquet}
BINARY_FORMATS = ("arrow", "parquet")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name only when it is whole; one that was there before stays until then."""
    aside = path.with_name(path.name + ".aside")
    try:
        with open(aside, "wb") as sink:
            yield sink
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def shown(value: Any) -> str:
    """A value as text: decimals without superfluous zeros."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.hex() if isinstance(value, bytes) else str(value)


def _values(column: pa.Array) -> list:
    """A column as Python values; times as text in ISO 8601, whose nanoseconds Python's own would not hold."""
    if not pa.types.is_timestamp(column.type):
        return list(column.to_pylist())
    return [text and text.replace(" ", "T") for text in column.cast(pa.string()).to_pylist()]


def _texts(column: pa.Array) -> pa.Array:
    return pa.array([None if value is None else shown(value) for value in _values(column)], pa.string())


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) <= SAFE_MAX else str(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return shown(value)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Arrow writes such a column as CSV by itself, and as we would."""
    tests = (pa.types.is_integer, pa.types.is_string, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_floating)
    return any(test(kind) for test in tests)
