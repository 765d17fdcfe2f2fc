"""WebSocket fan-out: ten moving books to a thousand subscribers, from a server and to a load of processes apart.

The delay of a command is that from when it was durable, as the server notes it, to when the frame with its
effect arrived, as each subscriber notes it: every command counts once for every subscriber. Both clocks
are the machine's monotonic one.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emporion.bench.kernel import Progress
from emporion.errors import EmporionError

SUBSCRIBERS, READERS, BOOKS = 1_000, 10, 10
RATE = 2_000  # Commands a second.
SETTLE_S = 2.0
DURABLE_FILE = "durable.npy"  # In the venue's folder: the last seq of each batch, and when it was durable.
PERCENTILES = (50, 99, 99.9, 100)
GOAL_MS = 100.0  # Of 99%.


@dataclass
class Fanout:
    """What was measured over `seconds`."""

    subscribers: int
    books: int
    seconds: float
    commands_per_second: float
    percentiles_ms: dict[str, float]
    frames_per_second: float
    bytes_per_second: float
    server_cpu: float  # Cores: CPU seconds a second, the venue and its journal included, without the mover.
    mover_cpu: float  # The thread in the server that thinks up the commands.
    load_cpu: float
    server_memory_mb: float
    lagged: int
    lost: int
    verified: int  # Books whose checksum the readers compared,
    wrong: int  # and those that were not as they should.


def measure(folder: Path, seconds: float, progress: Progress, subscribers: int = SUBSCRIBERS) -> Fanout:
    """The venue lies in `folder`, which should be on the disk that is meant."""
    with tempfile.TemporaryDirectory(prefix="bench-fanout-", dir=folder) as inside:
        progress("fan-out: starting the server")
        with _process("fanout_venue", inside, str(BOOKS), str(RATE)) as server:
            port = json.loads(_line(server))["port"]
            progress(f"fan-out: connecting {subscribers:,} subscribers")
            arrivals = str(Path(inside) / "arrivals.npz")
            with _process("fanout_load", str(port), str(subscribers), str(READERS), str(BOOKS), arrivals) as load:
                _line(load)
                time.sleep(SETTLE_S)
                progress(f"fan-out: measuring for {seconds:g} s")
                before = _ask(server), _ask(load)
                time.sleep(seconds)
                after = _ask(server), _ask(load)
                _end(load)
            _end(server)
        delays = _delays(Path(inside), before[0]["at_ns"], after[0]["at_ns"])
    return _figures(before, after, delays, subscribers)


def _delays(folder: Path, from_ns: int, to_ns: int) -> np.ndarray:
    """Milliseconds from durable to arrived: of each command of the time measured, for each subscriber."""
    durable = np.load(folder / DURABLE_FILE)
    loaded = np.load(folder / "arrivals.npz")
    commands = durable[(durable[:, 1] >= from_ns) & (durable[:, 1] < to_ns)]
    weights = np.diff(commands[:, 0], prepend=commands[0, 0] - 1)  # Commands of each batch, which is durable as one.
    ends = np.cumsum(loaded["counts"])
    found = []
    for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
        arrived = loaded["rows"][start:end]
        place = np.searchsorted(arrived[:, 1], commands[:, 0])  # The first frame that is of this command or later.
        seen = place < len(arrived)
        if not seen.any():
            raise EmporionError("a subscriber got no frames in the time measured")
        late_ms = (arrived[np.minimum(place, len(arrived) - 1), 0] - commands[:, 1]) / 1e6
        found.append(np.repeat(late_ms[seen], weights[seen]).astype(np.float32))
    return np.concatenate(found)


def _figures(
    before: tuple[dict[str, Any], dict[str, Any]],
    after: tuple[dict[str, Any], dict[str, Any]],
    delays: np.ndarray,
    subscribers: int,
) -> Fanout:
    server = {name: after[0][name] - before[0][name] for name in after[0]}
    seconds = server["at_ns"] / 1e9
    return Fanout(
        subscribers,
        BOOKS,
        seconds,
        server["commands"] / seconds,
        {f"{p:g}": float(np.percentile(delays, p)) for p in PERCENTILES},
        server["frames"] / seconds,
        server["bytes"] / seconds,
        (server["cpu_s"] - server["mover_s"]) / seconds,
        server["mover_s"] / seconds,
        (after[1]["cpu_s"] - before[1]["cpu_s"]) / seconds,
        after[0]["memory_kb"] / 1_024,
        server["lagged"],
        after[1]["lost"],
        after[1]["verified"] - before[1]["verified"],
        after[1]["wrong"],
    )


def _process(module: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", f"emporion.bench.{module}", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise EmporionError(f"a process of the benchmark ended with exit code {process.wait()}")
    return line


def _ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(_line(process))
    return answer


def _end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    if process.wait():
        raise EmporionError(f"a process of the benchmark ended with exit code {process.returncode}")
