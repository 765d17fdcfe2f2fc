"""Figures as people read them, with the machine named, and as JSON for those who compare runs."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from emporion.bench import bubble_figures
from emporion.bench.arrays import ArrayFigures
from emporion.bench.bubble_figures import BubbleFigures
from emporion.bench.fanout import GOAL_MS, Fanout
from emporion.bench.features import Cost
from emporion.bench.history import HistoryFigures
from emporion.bench.kernel import Measured
from emporion.bench.margin import GOAL as MARGIN_GOAL
from emporion.bench.margin import WithMargin
from emporion.bench.marks import BEST_S, GOAL_S, SLICE_GOAL_MS, MarkUpdate
from emporion.bench.memory import Memory, Start
from emporion.bench.order_figures import GOAL as ORDERS_GOAL
from emporion.bench.order_figures import OrderEntry
from emporion.bench.path import PathFigures
from emporion.bench.recovery import Recovery
from emporion.bench.reference import FLAGS, compiler_name, find_compiler
from emporion.engine.clock import SystemClock
from emporion.kernel.jit import BOUNDSCHECK

Rows = list[tuple[str, ...]]
RATE_GOAL = 1_000_000
WARM_GOAL_S = 1.0


@dataclass
class Figures:
    """What was measured; None or empty for what was not asked for."""

    machine: dict[str, str]
    settings: dict[str, object]
    kernel: list[Measured] = field(default_factory=list)
    features: list[Cost] = field(default_factory=list)
    margin: WithMargin | None = None
    marks: list[MarkUpdate] = field(default_factory=list)
    arrays: ArrayFigures | None = None
    path: PathFigures | None = None
    recovery: Recovery | None = None
    memory: list[Memory] = field(default_factory=list)
    start: Start | None = None
    orders: list[OrderEntry] = field(default_factory=list)
    fanout: Fanout | None = None
    history: HistoryFigures | None = None
    bubble: dict[str, BubbleFigures] = field(default_factory=dict)  # By method.


def machine_named() -> dict[str, str]:
    """What the figures depend on and are worth nothing without."""
    compiler = find_compiler()
    return {
        "processor": _processor(),
        "cores": f"{os.cpu_count()}, load {os.getloadavg()[0]:.1f} at the start",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_version()}, Numba {version('numba')}, NumPy {version('numpy')}",
        "bounds checks": "on" if BOUNDSCHECK else "off",
        "reference": f"{compiler_name(compiler)} {' '.join(FLAGS)}" if compiler else "no C++ compiler",
    }


def store(figures: Figures, folder: Path) -> Path:
    """Write everything, single runs included, to a file named by the time in UTC."""
    folder.mkdir(parents=True, exist_ok=True)
    now_s = SystemClock().now_ns() // 1_000_000_000
    path = folder / f"bench-{datetime.fromtimestamp(now_s, UTC):%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(asdict(figures), indent=2) + "\n")
    return path


def text(figures: Figures) -> str:
    """All tables."""
    parts = ["\n".join(f"{name + ':':15} {value}" for name, value in figures.machine.items())]
    if figures.kernel:
        parts.append(_kernel(figures.kernel))
    if figures.features:
        parts.append(_features(figures.features))
    if figures.margin:
        parts.append(_margin(figures.margin))
    if figures.marks:
        parts.append(_marks(figures.marks))
    if figures.arrays:
        parts.append(_arrays(figures.arrays))
    if figures.path:
        parts.append(_path(figures.path))
    if figures.recovery:
        parts.append(_recovery(figures.recovery))
    if figures.memory:
        parts.append(_memory(figures.memory))
    if figures.start:
        parts.append(_start(figures.start))
    if figures.orders:
        parts.append(_orders(figures.orders))
    if figures.fanout:
        parts.append(_fanout(figures.fanout))
    if figures.history:
        parts.append(_history(figures.history))
    parts += [bubble_figures.text(method, one) for method, one in figures.bubble.items()]
    return "\n\n".join(parts)


def _margin(one: WithMargin) -> str:
    rows: Rows = [
        ("mix (a) on a perpetual, accounts with 10 positions", "commands/s"),
        ("without margin", _millions(one.without)),
        ("with full margin checks", _millions(one.margin)),
        ("ratio", f"{_ratio(one.ratio)} (goal {MARGIN_GOAL})"),
        ("fills, refused", f"{one.fills:,}, {one.refused:,} of {one.commands:,}"),
    ]
    return _table(rows)


def _marks(measured: list[MarkUpdate]) -> str:
    rows: Rows = [
        (
            "mark update and sweep: accounts",
            "positions",
            "marks",
            "sweep",
            "total",
            "slices",
            "largest",
            "an order between",
        )
    ]
    for one in measured:
        rows.append(
            (
                f"{one.accounts:,}", f"{one.positions:,}", f"{1e3 * one.marks:.1f} ms", f"{1e3 * one.sweep:.0f} ms",
                f"{one.total:.3f} s", f"{one.slices}", f"{one.slice_ms_max:.1f} ms", f"{one.order_us:.1f} us",
            )
        )  # fmt: skip
    goals = f"goals at a million: under {GOAL_S:.0f} s, at best {BEST_S} s; no slice above {SLICE_GOAL_MS:.0f} ms"
    return _table(rows) + "\n" + goals


def _arrays(one: ArrayFigures) -> str:
    rows: Rows = [
        ("risk arrays of options, recomputed", "options", "median", "largest", "options/s"),
        (
            "price and volatility of all moved", f"{one.options:,}", f"{1e3 * one.median:.0f} ms",
            f"{1e3 * one.largest:.0f} ms", f"{one.options / one.median:,.0f}",
        ),
    ]  # fmt: skip
    return _table(rows)


def _kernel(measured: list[Measured]) -> str:
    # exchange-core publishes 4.4, 1.9 and 0.4 million a second for such mixes on one thread, elsewhere.
    rows: Rows = [
        ("mix", "commands", "resting", "prices", "kernel", "reference", "ratio", "goal", "fetching ahead", "same end")
    ]
    for one in measured:
        rows.append(
            (
                f"({one.mix}) {one.title}", f"{one.commands:,}", f"{one.resting:,}", f"{one.levels:,}",
                _millions(one.kernel), _millions(one.reference), _ratio(one.ratio), _ratio(one.goal),
                _millions(one.reference_ahead), {True: "yes", False: "NO", None: ""}[one.same_end],
            )
        )  # fmt: skip
    note = (
        "Median commands a second of the processor's time. Both sides ran in turn on the same rows and ended in the\n"
        "same trades, events and balances. `fetching ahead`: the reference again, asking for memory beforehand."
    )
    if all(one.reference is None for one in measured):
        note = "Median commands a second of the processor's time. No C++ compiler was found: no reference beside it."
    return f"Kernel\n{_table(rows)}\n{note}"


def _features(costs: list[Cost]) -> str:
    rows: Rows = [("mix (b) with", "commands/s", "to its plain mix", "events that show it")]
    for cost in costs:
        events = ", ".join(f"{count:,} {name.lower()}" for name, count in cost.happened.items() if count)
        rows.append((cost.name, _millions(cost.commands_per_second), _ratio(cost.relative), events))
    note = "Fees and client ids are set against plain; icebergs, stops and self-trades against client ids."
    return f"Features\n{_table(rows, left={0, 3})}\n{note}"


def _path(path: PathFigures) -> str:
    speed = f"{path.commands_per_second:,.0f} commands a second (goal {RATE_GOAL:,}), median of {len(path.runs)} runs"
    names = list(path.latencies[0].percentiles_us) if path.latencies else []
    rows: Rows = [("offered a second", "answered a second", "sustained", *(f"{name}%" for name in names))]
    for one in path.latencies:
        rows.append(
            (
                f"{one.rate:,}", f"{one.achieved:,.0f}", "yes" if one.sustained else "NO",
                *(f"{value:,.0f}" for value in one.percentiles_us.values()),
            )
        )  # fmt: skip
    return (
        f"Sequencer, journal with fdatasync, kernel, events: {speed}\n{_table(rows)}\n"
        f"Microseconds from the time a command was due to its answer. The disk alone takes {path.fdatasync_us:,.0f} us."
    )


def _recovery(recovery: Recovery) -> str:
    rows: Rows = [
        ("recovery", "seconds"),
        (f"snapshot of {recovery.snapshot_bytes / 2**20:.1f} MiB, then {recovery.commands:,} commands "
         f"({recovery.commands_per_second / 1e6:.2f} M/s)", f"{recovery.replay_s:.2f}"),
        ("snapshot behind them, nothing to replay", f"{recovery.snapshot_s:.2f}"),
        (f"journalling and applying them before ({recovery.journal_bytes / 2**20:,.0f} MiB on disk, async)",
         f"{recovery.write_s:.2f}"),
    ]  # fmt: skip
    return _table(rows)


def _memory(memory: list[Memory]) -> str:
    rows: Rows = [("bytes of one", "measured on", "in the state", "resident")]
    rows += [(one.what, f"{one.count:,}", f"{one.state:,.0f}", f"{one.resident:,.0f}") for one in memory]
    return f"Memory\n{_table(rows)}"


def _start(start: Start) -> str:
    warm = sorted(start.warm_s)[len(start.warm_s) // 2]
    return (
        f"Start, from `import emporion` to the first answer: {start.first_compile_s:.1f} s with the compile, "
        f"{warm:.2f} s compiled before (goal {WARM_GOAL_S:g} s)"
    )


def _orders(measured: list[OrderEntry]) -> str:
    names = list(measured[0].offered[0].percentiles_us)
    rows: Rows = [
        ("doors", "offered a second", "answered a second", "sustained", *(f"{name}% ms" for name in names),
         "CPU us: node", "gateways", "load")
    ]  # fmt: skip
    for one in measured:
        for offered in one.offered:
            rows.append(
                (
                    one.layout, f"{offered.rate:,}" if offered.rate else f"by {one.connections} connections",
                    f"{offered.orders_per_second:,.0f}", "yes" if offered.sustained else "NO",
                    *(f"{value / 1_000:,.1f}" for value in offered.percentiles_us.values()),
                    f"{offered.node_cpu_us:,.0f}", f"{offered.gateways_cpu_us:,.0f}", f"{offered.load_cpu_us:,.0f}",
                )
            )  # fmt: skip
    best = max(offered.orders_per_second for one in measured for offered in one.offered)
    title = f"Orders by REST, signed, durable before the answer: {best:,.0f} a second (goal {ORDERS_GOAL:,})"
    return (
        f"{title}\n{_table(rows)}\n"
        "Latency runs from the time an order was due, or was sent, to its answer. Processor time is of one order;\n"
        "the load signs each order and shares the processors with the venue."
    )


def _fanout(one: Fanout) -> str:
    rows: Rows = [
        ("commands/s", *(f"{name}% ms" for name in one.percentiles_ms), "frames/s", "MiB/s", "CPU: server",
         "its traders", "load"),
        (f"{one.commands_per_second:,.0f}", *(f"{value:,.1f}" for value in one.percentiles_ms.values()),
         f"{one.frames_per_second:,.0f}", f"{one.bytes_per_second / 2**20:,.1f}", f"{one.server_cpu:.2f}",
         f"{one.mover_cpu:.2f}", f"{one.load_cpu:.2f}"),
    ]  # fmt: skip
    trouble = "" if not (one.lost or one.lagged or one.wrong) else (
        f"\nTROUBLE: {one.lost} connections lost, {one.lagged} fell behind, {one.wrong} books were wrong."
    )  # fmt: skip
    return (
        f"WebSocket fan-out of {one.books} books to {one.subscribers:,} subscribers (goal: 99% in {GOAL_MS:g} ms)\n"
        f"{_table(rows)}\n"
        "Delay runs from when a command was durable to the arrival of the frame that shows it, of each command at\n"
        "each subscriber; a frame is sent every 50 ms. CPU is processors in use. "
        f"{one.verified:,} books were verified."
        f"{trouble}"
    )


def _history(one: HistoryFigures) -> str:
    tables: Rows = [("history of", "rows", "MiB", "bytes a row")]
    for table, size in one.bytes_of.items():
        rows = one.rows_of[table]
        tables.append((table, f"{rows:,}", f"{size / 2**20:,.1f}", f"{size / rows:,.1f}"))
    total = sum(one.rows_of.values())
    asked: Rows = [("question, in milliseconds", "rows", "cold", "median", "99%", "goal")]
    for each in one.questions:
        goal = f"{each.goal_ms:g}" if each.goal_ms is not None else ""
        times = (each.cold_ms, each.median_ms, each.p99_ms)
        asked.append((each.name, f"{each.rows:,}", *(f"{value:,.1f}" for value in times), goal))
    return (
        f"{_table(tables)}\n"
        f"{one.trades:,} trades in {one.parts} files, written in {one.write_s:,.0f} s ({one.write_cpu_s:,.0f} s of one "
        f"core): {total / one.write_s:,.0f} rows a second\n\n{_table(asked)}"
    )


def _table(rows: Rows, left: Iterable[int] = (0,)) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[at].ljust(width) if at in left else row[at].rjust(width) for at, width in enumerate(widths)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _millions(value: float | None) -> str:
    return "" if value is None else f"{value / 1e6:.2f} M"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
