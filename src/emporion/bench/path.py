"""(d): the whole path in one process: rows through sequencer, journal with fdatasync, kernel, events.

Throughput is a closed loop: a few batches are on their way at any time. Latency is an open loop:
each command has the time at which it is due to arrive, whether or not the venue keeps up, and its
latency runs from that time to the answer, so a stall counts for all that came due while it lasted.
What is due is sent in one batch, as a gateway hands on what it finds on its sockets when one of the few
batches it has on their way is answered.
"""

import os
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from emporion.bench.draw import draw
from emporion.bench.kernel import Progress
from emporion.bench.mixes import MIXES, Mix, setup
from emporion.bench.reference import Reference
from emporion.engine.node import Answer, Node
from emporion.engine.sequencer import Sequencer
from emporion.schema.limits import BATCH_ROWS

RATES = (10_000, 100_000, 300_000)
IN_FLIGHT = 8  # Batches of the closed loop.
OPEN_IN_FLIGHT = 2  # Of the open loop: one being made durable, one waiting.
PERCENTILES = (50, 90, 99, 99.9, 100)
NAP_S = 50e-6  # Between two looks at what is due.
GENESIS_ROWS = 3  # The node has taken its own.


@dataclass
class Latency:
    """Microseconds from when a command was due to its answer."""

    rate: int
    seconds: float
    achieved: float  # Answered a second, over the time it took to answer all.
    sustained: bool  # Whether the last answer came soon after the last arrival.
    percentiles_us: dict[str, float]


@dataclass
class PathFigures:
    mix: str
    commands_per_second: float
    runs: list[float]
    fdatasync_us: float  # Median of the bare disk: 4,096 bytes written and made durable.
    latencies: list[Latency]


def measure(
    reference: Reference | None, folder: Path, runs: int, seconds: float, commands: int, progress: Progress
) -> PathFigures:
    """Mix (b) through a new venue in `folder`, which should be on the disk that is meant."""
    needed = runs * commands + int(sum(RATES) * seconds)
    mix = replace(MIXES["b"], commands=needed)
    with tempfile.TemporaryDirectory(prefix="bench-path-", dir=folder) as inside:
        progress(f"path: drawing {needed:,} commands")
        drawn = draw(mix, Path(inside), reference)
        rows = drawn.rows()
        drawn.path.unlink()
        sync_us = fdatasync_us(Path(inside))
        progress("path: setting the venue up")
        with Node.open(Path(inside) / "venue", capacity=mix.capacity) as node:
            fill(node, mix, rows[: drawn.prefill])
            sequencer = Sequencer(node)
            try:
                at = drawn.prefill
                speeds = []
                for turn in range(runs):
                    progress(f"path: throughput, run {turn + 1} of {runs}")
                    speeds.append(throughput(sequencer, rows[at : at + commands]))
                    at += commands
                latencies = []
                for rate in RATES:
                    progress(f"path: latency at {rate:,} a second")
                    count = int(rate * seconds)
                    latencies.append(latency(sequencer, rows[at : at + count], rate))
                    at += count
            finally:
                sequencer.close()
    return PathFigures(mix.name, median(speeds), speeds, sync_us, latencies)


def fill(node: Node, mix: Mix, prefill: np.ndarray) -> None:
    """The venue of the mix and the orders that rest at the start. The node has made its own GENESIS."""
    for place, rows in enumerate(setup(mix)):
        node.submit(rows[GENESIS_ROWS:] if place == 0 else rows)
    node.submit(prefill)


def throughput(sequencer: Sequencer, rows: np.ndarray) -> float:
    """Commands a second with IN_FLIGHT full batches on their way."""
    waiting: deque[Future[Answer]] = deque()
    begin = time.perf_counter()
    for start in range(0, len(rows), BATCH_ROWS):
        if len(waiting) == IN_FLIGHT:
            waiting.popleft().result()
        waiting.append(sequencer.submit(rows[start : start + BATCH_ROWS]))
    for future in waiting:
        future.result()
    return len(rows) / (time.perf_counter() - begin)


def latency(sequencer: Sequencer, rows: np.ndarray, rate: int) -> Latency:
    """Commands due evenly at `rate`; each is sent as soon as the sender sees that it is due."""
    sent: list[tuple[int, int]] = []  # Rows start .. end of each submission,
    answered: list[int] = []  # and when its answer came. The sequencer answers in order.
    done = threading.Event()
    gap_ns = 1e9 / rate
    start, total = 0, len(rows)

    def answer(future: Future[Answer]) -> None:
        answered.append(time.perf_counter_ns())
        if future.exception() is not None or (start == total and len(answered) == len(sent)):
            done.set()

    last = None
    begin_ns = time.perf_counter_ns()
    while start < total:
        due = min(total, int((time.perf_counter_ns() - begin_ns) / gap_ns) + 1)
        if due == start or len(sent) - len(answered) >= OPEN_IN_FLIGHT:
            time.sleep(NAP_S)
            continue
        sent.append((start, due))
        piece, start = rows[start:due], due
        last = sequencer.submit(piece)
        last.add_done_callback(answer)
    assert last is not None
    last.result()
    done.wait()  # The last callback may still be running.
    due_ns = begin_ns + np.arange(total) * gap_ns
    answered_ns = np.repeat(np.array(answered), [end - begin for begin, end in sent])
    latency_us = (answered_ns - due_ns) / 1e3
    took_s = (answered[-1] - begin_ns) / 1e9
    late_s = took_s - total / rate
    return Latency(
        rate, total / rate, total / took_s, bool(late_s < 0.1),
        {f"{p:g}": float(np.percentile(latency_us, p)) for p in PERCENTILES},
    )  # fmt: skip


def fdatasync_us(folder: Path, times: int = 200) -> float:
    """What the disk alone takes to make one page durable, in place: the floor of every latency above it."""
    path = folder / "fdatasync"
    page = bytes(4_096)
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    took = []
    try:
        os.write(fd, page * times)
        os.fsync(fd)
        for at in range(times):
            begin = time.perf_counter_ns()
            os.pwrite(fd, page, at * len(page))
            os.fdatasync(fd)
            took.append((time.perf_counter_ns() - begin) / 1e3)
    finally:
        os.close(fd)
        path.unlink()
    return median(took)
