"""How a table's parts grow: small ones are taken into larger ones, up to blocks of a fixed number of rows.

A block holds rows k x BLOCK_ROWS and on of its table, counted from the first ever, so full blocks are the
same files whenever they were written. Behind the last full block stand parts that each hold at least
GROWTH times what stands behind them, so that a row is written a few times and no more.
"""

import numpy as np

from emporion.history.candles import candles_of
from emporion.history.folder import Folder, Part, Parts, part_name
from emporion.history.intervals import STORED
from emporion.history.parquet import LENGTHS_S, STORED_CANDLE, encoded, read
from emporion.history.rows import Rows, concat, take

BLOCK_ROWS = 1 << 20
GROWTH = 2


def grown(
    folder: Folder, table: str, parts: Parts, rows: Rows, block_rows: int = BLOCK_ROWS, whole: bool = False
) -> tuple[Parts, list[Rows]]:
    """Write new rows of a table behind its parts.

    Args:
        rows: in order, and younger than all parts.
        whole: take all parts of the last block into one.
    Returns:
        The parts that then make up the table, and the rows of each that is new. Files of those that were
        taken into others are left for the caller to remove.
    """
    before = sum(part.rows for part in parts)
    in_block = _last_block(parts, block_rows)
    fills_block = before % block_rows + len(rows) >= block_rows
    taken, count = 0, len(rows)
    for part in reversed(parts[len(parts) - in_block :]):
        if not (whole or fills_block or part.rows < GROWTH * count):
            break
        taken, count = taken + 1, count + part.rows
    if not len(rows) and taken < 2:
        return parts, []
    kept, joining = parts[: len(parts) - taken], parts[len(parts) - taken :]
    everything = concat([*(read(part.path, table) for part in joining), rows], rows.dtype)
    at = (before - sum(part.rows for part in joining)) % block_rows
    cuts = [0, *range(block_rows - at, len(everything), block_rows), len(everything)]
    pieces = [everything[start:stop] for start, stop in zip(cuts, cuts[1:], strict=False)]
    return (*kept, *(written(folder, table, piece) for piece in pieces)), pieces


def written(folder: Folder, table: str, rows: Rows) -> Part:
    """One part with these rows."""
    first, last = rows[0], rows[-1]
    begin, end = (int(first["seq"]), int(first["n"])), (int(last["seq"]), int(last["n"]))
    path = folder.write(part_name(table, *begin, end[0]), encoded(table, rows))
    return Part(path, len(rows), *begin, *end)


def written_candles(folder: Folder, trades: Part, rows: Rows, listed: Rows) -> Part:
    """The candles of one part of the trades, under the same name."""
    candles = stored_candles(rows, listed)
    path = folder.write(
        part_name("candles", trades.first_seq, trades.first_n, trades.last_seq), encoded("candles", candles)
    )
    return Part(path, len(candles), trades.first_seq, trades.first_n, trades.last_seq, trades.last_n)


def stored_candles(trades: Rows, listed: Rows) -> Rows:
    """Candles of every stored interval of every instrument among the trades."""
    trades = take(trades, np.argsort(trades["instrument_id"], kind="stable"))
    numbers, first = np.unique(trades["instrument_id"], return_index=True)
    stops = np.append(first[1:], len(trades))
    made = []
    for interval in STORED:
        for number, start, stop in zip(numbers.tolist(), first.tolist(), stops.tolist(), strict=True):
            candles = candles_of(trades[start:stop], interval, int(listed["atoms_per_tick_lot"][number]))
            rows = np.zeros(len(candles), STORED_CANDLE)
            for name in candles.dtype.names or ():
                rows[name] = candles[name]
            rows["length_s"], rows["instrument_id"] = LENGTHS_S[interval], number
            made.append(rows)
    return concat(made, STORED_CANDLE)


def _last_block(parts: Parts, block_rows: int) -> int:
    """How many parts stand behind the last full block."""
    count = parts_rows = 0
    left = sum(part.rows for part in parts) % block_rows
    while parts_rows < left:
        count += 1
        parts_rows += parts[-count].rows
    return count
