"""(f): bytes of a resting order, an account, an idle instrument; time of a first compile and of a warm start."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emporion.bench.kernel import Progress
from emporion.bench.mixes import LOW_TICKS
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Command, Event, InstrumentStatus, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT, LARGE, SMALL, Capacity
from emporion.schema.messages import ADMIN_COMMAND, COMMAND, LEDGER_COMMAND

# A new process, `import` first. What it prints is the seconds until the first command was answered.
START = """
import time
begin = time.perf_counter()
import emporion
venue = emporion.open()
print(time.perf_counter() - begin)
venue.close()
"""


@dataclass
class Memory:
    """Bytes each. `state` is what a snapshot or a hash covers; `resident` what the process grew by, indexes too."""

    what: str
    count: int
    state: float
    resident: float


@dataclass
class Start:
    first_compile_s: float
    warm_s: list[float]


def measure(quick: bool, progress: Progress) -> list[Memory]:
    """On an empty venue: many of one thing, then what each took. The large build, unless `quick`."""
    capacity = SMALL if quick else LARGE
    return [measure_one(capacity, progress) for measure_one in (_accounts, _instruments, _orders)]


def _accounts(capacity: Capacity, progress: Progress) -> Memory:
    machine = _venue(capacity)
    count = min(500_000, capacity.accounts - 8)
    progress(f"memory: {count:,} accounts with one balance each")
    accounts = np.zeros(count, ADMIN_COMMAND)
    accounts["kind"] = Command.OPEN_ACCOUNT
    deposits = np.zeros(count, LEDGER_COMMAND)
    deposits["kind"] = Command.DEPOSIT
    deposits["account_id"] = FIRST_ACCOUNT + np.arange(count)
    deposits["asset_id"] = 1
    deposits["amount_atoms"] = 1
    return _grown("account with one balance", machine, count, [accounts, deposits])


def _instruments(capacity: Capacity, progress: Progress) -> Memory:
    machine = _venue(capacity)
    count = min(50_000, capacity.instruments - 8)
    progress(f"memory: {count:,} idle instruments")
    one = build.list_instrument("IDLE", 2, 1)
    return _grown("idle instrument", machine, count, [np.tile(one, count)])


def _orders(capacity: Capacity, progress: Progress) -> Memory:
    machine = _venue(capacity)
    count = min(1_000_000, capacity.orders - 8)
    progress(f"memory: {count:,} resting orders")
    _apply(machine, build.open_account())
    _apply(machine, build.deposit(FIRST_ACCOUNT, 1, 1 << 60))
    _apply(machine, build.list_instrument("BOOK", 2, 1))
    _apply(machine, build.set_status(1, InstrumentStatus.OPEN))
    orders = np.zeros(count, COMMAND)
    orders["kind"] = Command.PLACE
    orders["account_id"] = FIRST_ACCOUNT
    orders["instrument_id"] = 1
    orders["side"] = Side.BUY
    orders["tif"] = Tif.GTC
    orders["qty_lots"] = 1
    orders["price_ticks"] = LOW_TICKS + np.arange(count) % 1_000
    return _grown("resting order", machine, count, [orders])


def measure_start(runs: int, progress: Progress) -> Start:
    """Processes of their own, with a cache folder of their own: the first must compile, the others need not."""
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        progress("start: first, which compiles")
        first = time_start(folder)
        progress("start: warm")
        return Start(first, [time_start(folder) for _ in range(max(3, runs))])


def time_start(folder: str) -> float:
    """Seconds of a start with compiled code kept in `folder`."""
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"EMPORION_CACHE": folder, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _venue(capacity: Capacity) -> Machine:
    machine = Machine(capacity)
    for rows in (build.genesis(capacity=capacity), build.list_asset("USD", 6), build.list_asset("BASE", 8)):
        _apply(machine, rows)
    return machine


def _grown(what: str, machine: Machine, count: int, commands: list[np.ndarray]) -> Memory:
    state, resident = _state_bytes(machine), _resident_bytes()
    for rows in commands:
        _apply(machine, rows)
    return Memory(what, count, (_state_bytes(machine) - state) / count, (_resident_bytes() - resident) / count)


def _apply(machine: Machine, rows: np.ndarray) -> None:
    rows = rows.view(COMMAND)
    heads_of_three = 3 * 16_384  # A multiple of every command's length here, so that none is cut.
    for start in range(0, len(rows), heads_of_three):
        events = machine.apply(rows[start : start + heads_of_three])
        assert not (events["kind"] == Event.REJECTED).any(), events[events["kind"] == Event.REJECTED][0]


def _state_bytes(machine: Machine) -> int:
    return sum(part.nbytes for _, part in machine.used())


def _resident_bytes() -> int:
    """Of this process, anonymous and file pages together."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
