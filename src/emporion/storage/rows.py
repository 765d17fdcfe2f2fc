"""Finding the commands in a stream of rows, without a loop over rows.

A head row says at byte 61 how many of the next rows are its data; in almost every stream these
are exactly the rows of kind DATA.
"""

from collections.abc import Sequence

import numpy as np

from emporion.errors import BadValue
from emporion.schema.codes import Command
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import ORDER_COMMAND

KIND_BYTE = ORDER_COMMAND.fields["kind"][1]
DATA_ROWS_BYTE = ORDER_COMMAND.fields["data_rows"][1]
TS_WORD = ORDER_COMMAND.fields["ts_ns"][1] // 8


def as_bytes(rows: np.ndarray) -> np.ndarray:
    """Rows of any 64-byte dtype as uint8 of shape (n, 64); a copy only if they do not lie together."""
    if not isinstance(rows, np.ndarray) or rows.ndim != 1 or rows.dtype.itemsize != ROW_BYTES:
        raise BadValue("commands are given as a one-dimensional array of 64-byte rows")
    return np.ascontiguousarray(rows).view(np.uint8).reshape(-1, ROW_BYTES)


def joined(parts: Sequence[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """The parts as one new array of `dtype`. As bytes: NumPy copies structured rows a field at a time."""
    raw = [part.view(np.uint8).reshape(-1, ROW_BYTES) for part in parts]
    return np.concatenate(raw).reshape(-1).view(dtype) if raw else np.zeros(0, dtype)


def find_heads(raw: np.ndarray) -> np.ndarray | None:
    """Places of the head rows in `raw`, uint8 (n, 64); None when every row is a head.

    BadValue when the last command's data rows are missing. Whether data rows are what they
    should be is the kernel's to judge; here counts alone decide, as they do there.
    """
    counts = raw[:, DATA_ROWS_BYTE]
    if not counts.any():
        return None
    heads = np.flatnonzero(raw[:, KIND_BYTE] != Command.DATA)
    ends = heads + 1 + counts[heads]
    if not (heads.size and heads[0] == 0 and ends[-1] == len(raw) and np.array_equal(ends[:-1], heads[1:])):
        heads = _follow(counts)
        ends = heads + 1 + counts[heads]
    if ends[-1] != len(raw):
        raise BadValue(
            f"the command in row {heads[-1]} announces {counts[heads[-1]]} data rows, "
            f"but only {len(raw) - 1 - heads[-1]} rows follow"
        )
    return heads


def count_heads(raw: np.ndarray) -> int:
    """How many commands a well-formed stream holds."""
    heads = find_heads(raw)
    return len(raw) if heads is None else len(heads)


def _follow(counts: np.ndarray) -> np.ndarray:
    """Heads of a stream whose kinds do not tell: every row reached from row 0 by the counts.

    By doubling the length of the jumps, so that it takes log2(n) passes and no loop over rows.
    """
    end = len(counts)
    jump = np.minimum(np.arange(end + 1) + 1, end)
    jump[:end] = np.minimum(jump[:end] + counts, end)
    reached = np.zeros(end + 1, bool)
    reached[0] = True
    for _ in range(end.bit_length()):
        reached[jump[np.flatnonzero(reached)]] = True
        jump = jump[jump]
    return np.flatnonzero(reached[:end])
