"""(f): history of ten million trades: how fast it is written, how large it is, how long questions take.

Trades, fills and orders are drawn and go through the writer's own code; no kernel is behind them. Questions
are asked as the doors ask them. Cold: the files are not in the system's cache and were never opened. Warm: the
same question of other accounts and instruments, again and again.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emporion.bench.kernel import Progress
from emporion.history.rows import FILL, INSTRUMENT, ORDER, TRADE
from emporion.history.tail import Tail
from emporion.schema.codes import FillFlag, OrderStatus, Side

if TYPE_CHECKING:
    from emporion.history.store import HistoryStore
    from emporion.history.writer import Frozen

TRADES = 10_000_000
INSTRUMENTS, ACCOUNTS, DAYS = 50, 5_000, 60
CHUNK = 500_000  # Trades between two writes.
START_NS = 1_767_225_600 * 1_000_000_000  # 2026-01-01
DAY_NS = 86_400 * 1_000_000_000
ORDERS_PER_TRADE = 2
CANDLE_GOAL_MS, FILLS_GOAL_MS = 50.0, 20.0
ASKED = 200


@dataclass
class Question:
    name: str
    rows: int  # Of the median answer.
    cold_ms: float
    median_ms: float
    p99_ms: float
    goal_ms: float | None = None


@dataclass
class HistoryFigures:
    trades: int
    write_s: float
    write_cpu_s: float
    bytes_of: dict[str, int]  # On disk, by table.
    rows_of: dict[str, int]
    parts: int
    questions: list[Question]


def measure(folder: Path, trades: int, progress: Progress) -> HistoryFigures:
    """Build the history in a folder of its own inside `folder`, then ask."""
    # Imported here, so that the other parts need neither DuckDB nor PyArrow.
    from emporion.history.feed import FOLDER_NAME
    from emporion.history.folder import Folder, Manifest
    from emporion.history.writer import Writer, counts

    with tempfile.TemporaryDirectory(prefix="bench-history-", dir=folder) as inside:
        venue = Path(inside)
        writer = Writer(Folder(venue / FOLDER_NAME), Manifest())
        rng = np.random.default_rng(1)
        took = cpu = 0.0
        for first in range(0, trades, CHUNK):
            frozen = _drawn(rng, first, min(CHUNK, trades - first), trades)
            before = writer.manifest.files()
            begin, begin_cpu = time.perf_counter(), time.process_time()
            writer.manifest = writer.write(frozen)
            took, cpu = took + time.perf_counter() - begin, cpu + time.process_time() - begin_cpu
            writer.folder.remove(before - writer.manifest.files())
            progress(f"history: {min(first + CHUNK, trades):,} of {trades:,} trades written, {took:.0f} s")
        manifest = writer.manifest
        sizes = {table: sum(os.path.getsize(part.path) for part in listed)
                 for table, listed in manifest.parts.items() if listed}  # fmt: skip
        rows = {table: count for table, count in counts(manifest).items() if count}
        questions = _ask(venue, manifest.files(), trades, progress)
        parts = sum(len(parts) for parts in manifest.parts.values())
        return HistoryFigures(trades, took, cpu, sizes, rows, parts, questions)


def _ask(venue: Path, files: set[str], trades: int, progress: Progress) -> list[Question]:
    """Each question cold, then again and again."""
    from emporion.history.store import HistoryStore

    rng = np.random.default_rng(2)
    # Of the drawn accounts the lower numbers trade more.
    busy, idle = (3 + int(number) for number in (0, ACCOUNTS - 1))
    month = 30 * DAY_NS

    def some(count: int) -> int:
        return 1 + int(rng.integers(0, count))

    def of_a_month(store: HistoryStore, interval: str) -> np.ndarray:
        start_ns = START_NS + int(rng.integers(0, DAYS - 30)) * DAY_NS
        return store.candles(some(INSTRUMENTS), interval, start_ns, start_ns + month, 10_000)

    asked: list[tuple[str, Callable[[HistoryStore], np.ndarray], float | None]] = [
        ("candles, 1h, one instrument, a month", lambda store: of_a_month(store, "1h"), CANDLE_GOAL_MS),
        ("candles, 5m, one instrument, a month", lambda store: of_a_month(store, "5m"), None),
        ("candles, 1m, the last 1,000", lambda store: store.candles(some(INSTRUMENTS), "1m"), None),
        ("candles, 5s, the last 1,000", lambda store: store.candles(some(INSTRUMENTS), "5s"), None),
        ("candles, 1w, all", lambda store: store.candles(some(INSTRUMENTS), "1w"), None),
        ("trades, newest 100", lambda store: store.trades(some(INSTRUMENTS)), None),
        ("fills, newest 100, any account", lambda store: store.fills(2 + some(ACCOUNTS)), FILLS_GOAL_MS),
        ("fills, newest 100, the busiest account", lambda store: store.fills(busy), FILLS_GOAL_MS),
        ("fills, newest 100, the idlest account", lambda store: store.fills(idle), FILLS_GOAL_MS),
        ("fills, any account, one instrument", lambda store: store.fills(2 + some(ACCOUNTS), some(50)), FILLS_GOAL_MS),
        ("ledger, newest 100, any account", lambda store: store.ledger(2 + some(ACCOUNTS)), None),
        ("orders, newest 100, any account", lambda store: store.orders(2 + some(ACCOUNTS)), None),
        ("one order by its number, and its fills", lambda store: store.order(some(ORDERS_PER_TRADE * trades))[0], None),
    ]
    questions = []
    for name, ask, goal_ms in asked:
        progress(f"history: {name}")
        with HistoryStore.open(venue) as store:
            _forget(files)
            cold_ms = _timed(store, ask)[0]
        with HistoryStore.open(venue) as store:
            times = sorted(_timed(store, ask) for _ in range(ASKED))
        rows = int(np.median([count for _, count in times]))
        median_ms, p99_ms = (times[int(part * len(times))][0] for part in (0.5, 0.99))
        questions.append(Question(name, rows, cold_ms, median_ms, p99_ms, goal_ms))
    return questions


def _timed(store: "HistoryStore", ask: "Callable[[HistoryStore], np.ndarray]") -> tuple[float, int]:
    begin = time.perf_counter()
    rows = ask(store)
    return (time.perf_counter() - begin) * 1e3, len(rows)


def _forget(files: set[str]) -> None:
    """Have the system drop what it keeps of these files."""
    if hasattr(os, "posix_fadvise"):
        for path in files:
            fd = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(fd)


def _drawn(rng: np.random.Generator, first: int, count: int, total: int) -> "Frozen":
    """A stretch of trades: instruments and accounts as uneven as real ones, prices that walk."""
    from emporion.history.writer import Frozen

    listed = np.zeros(1 + INSTRUMENTS, INSTRUMENT)
    listed["instrument_id"] = np.arange(1 + INSTRUMENTS)
    listed["ts_ns"], listed["atoms_per_tick_lot"], listed["base_atoms_per_lot"] = START_NS, 100, 1_000
    listed["base_asset_id"], listed["quote_asset_id"], listed["seq"], listed["n"] = 2, 1, 1, np.arange(1 + INSTRUMENTS)
    trades = np.zeros(count, TRADE)
    number = first + np.arange(count)
    trades["seq"] = 2 + number
    trades["ts_ns"] = START_NS + number * (DAYS * DAY_NS // total)
    trades["instrument_id"] = 1 + (rng.pareto(0.7, count) * 2).astype(np.int64) % INSTRUMENTS
    trades["price_ticks"] = 100_000 + 1_000 * trades["instrument_id"] + rng.integers(-50, 51, count).cumsum() % 5_000
    trades["qty_lots"] = 1 + rng.pareto(1.5, count).astype(np.int64) % 10_000
    trades["side"] = rng.choice([Side.BUY, Side.SELL], count)
    fills = np.zeros(2 * count, FILL)
    for side in (0, 1):
        half = fills[side::2]
        for name in ("seq", "ts_ns", "price_ticks", "qty_lots", "instrument_id"):
            half[name] = trades[name]
        half["side"] = trades["side"] if side else 3 - trades["side"]
        half["role"], half["n"] = (FillFlag.TAKER if side else FillFlag.MAKER), 1 + side
        half["order_id"] = ORDERS_PER_TRADE * number + side + 1
    fills["account_id"] = 3 + (rng.pareto(0.5, 2 * count) * 5).astype(np.int64) % ACCOUNTS
    fills["fee_atoms"] = fills["price_ticks"] * fills["qty_lots"] // 10
    orders = np.zeros(2 * count, ORDER)
    for name in ("seq", "ts_ns", "order_id", "price_ticks", "qty_lots", "account_id", "instrument_id", "n", "side"):
        orders[name] = fills[name]
    orders["cum_lots"], orders["fee_atoms"] = fills["qty_lots"], fills["fee_atoms"]
    orders["entry_seq"] = np.maximum(2, fills["seq"] - rng.integers(0, 1_000, 2 * count))
    orders["entry_ns"], orders["status"] = START_NS, OrderStatus.FILLED
    orders["cl_ord_id_lo"] = rng.integers(1, 1 << 62, 2 * count)
    tail = Tail()
    tail.add({"trades": trades, "fills": fills, "orders": orders})
    if first == 0:
        tail.add({"instruments": listed[1:]})
    ends = first + count == total
    seq, ts_ns = int(trades["seq"][-1]), int(trades["ts_ns"][-1])
    return Frozen(tail, seq, ts_ns, "", orders[:0] if ends else None, listed)
