"""Order entry by REST: signed, over HTTP on the loopback, durable before it is answered; end to end.

The venue is `emporion serve` as anybody runs it, in a folder on the disk that is meant. The load is a
process of its own on the same machine and signs each order while it runs, so the two share the
processors; what each used is told apart.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from emporion.access.access import Access
from emporion.access.buckets import Rate
from emporion.bench.kernel import Progress
from emporion.bench.order_figures import Offered, OrderEntry
from emporion.bench.order_load import Outcome, Task, Trader
from emporion.engine.clock import SystemClock
from emporion.errors import EmporionError
from emporion.venue.venue import open
from emporion.wire.signing import AHEAD_NS

LAYOUTS = {"in process": 0, "1 gateway": 1, "2 gateways": 2}
TRADERS = 8
CONNECTIONS = 64
OPEN_RATES = (1_000, 3_000)
INSTRUMENT = "BTC/USDC"
PERCENTILES = (50, 90, 99, 99.9, 100)
WARM_S = 1.0
FREELY = Rate(1_000_000, 2_000_000)  # The venue's usual limits of a key are below what is measured.


def measure(folder: Path, seconds: float, progress: Progress) -> list[OrderEntry]:
    """Every layout, closed loop and at fixed rates. The venues lie in `folder` while they are measured."""
    figures = []
    for layout, gateways in LAYOUTS.items():
        one = OrderEntry(layout, CONNECTIONS)
        with tempfile.TemporaryDirectory(prefix="bench-orders-", dir=folder) as inside:
            traders = set_up(Path(inside))
            with Served(Path(inside), gateways) as served:
                for number, rate in enumerate((0, *OPEN_RATES), start=1):
                    what = f"{rate:,} a second" if rate else "as many as are answered"
                    progress(f"order entry, {layout}: {what}")
                    one.offered.append(offer(served, traders, rate, seconds, number))
        figures.append(one)
    return figures


def set_up(folder: Path) -> list[Trader]:
    """A venue with an instrument, rich traders, and a key of each."""
    traders = []
    with open(folder) as venue, Access.open(folder) as access:
        venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
        venue.list_asset("BTC", decimals=8)
        venue.list_instrument(INSTRUMENT, tick="0.5", lot="0.01")
        venue.set_fees("0.0001", "0.0003")
        for number in range(TRADERS):
            account = venue.open_account(f"trader-{number}")
            venue.deposit(account, "USDC", 10**10)
            venue.deposit(account, "BTC", 10**5)
            now_ns = SystemClock().now_ns()
            user = access.users.add(f"trader-{number}", None, now_ns, account=(account.account_id, account.name))
            record, seed = access.keys.make(user.user_id, now_ns, scopes=("read", "trade"), rate=FREELY)
            assert seed is not None
            traders.append(Trader(record.key_id, seed))
    return traders


class Served:
    """`emporion serve` in a process of its own, until the end of the block."""

    def __init__(self, folder: Path, gateways: int) -> None:
        command = [
            sys.executable, "-m", "emporion", "serve", "--dir", str(folder), "--port", "0", "--gateways", str(gateways),
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port, self.gateways = 0, list[int]()

    def __enter__(self) -> "Served":
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("gateways:"):
                self.gateways = [int(pid) for pid in line.split("(processes ")[1].rstrip(")\n").split(", ")]
            if line.startswith("listening:"):
                self.port = int(line.rsplit(":", 1)[1])
                time.sleep(AHEAD_NS / 1e9 + 0.1)  # So long a venue that was there before takes no signed requests.
                return self
        self.__exit__()
        raise EmporionError("order entry: the venue could not be served")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def cpu_s(self) -> tuple[float, float]:
        """Processor time so far of the node and of its gateways."""
        return _cpu_s(self._process.pid), sum(map(_cpu_s, self.gateways))


def offer(served: Served, traders: list[Trader], rate: int, seconds: float, number: int) -> Offered:
    """Let a load run against it."""
    task = Task(served.port, traders, INSTRUMENT, CONNECTIONS, seconds, WARM_S, rate, number)
    before = served.cpu_s()
    command = [sys.executable, "-m", "emporion.bench.order_load"]
    load = subprocess.run(command, input=msgspec.json.encode(task), stdout=subprocess.PIPE, check=False)
    if load.returncode:
        raise EmporionError("order entry: the load failed; what it said is above")
    outcome = msgspec.json.decode(load.stdout, type=Outcome)
    after = served.cpu_s()
    answered = outcome.statuses.get("201", 0)
    if not answered or set(outcome.statuses) - {"201"}:
        raise EmporionError(f"order entry: not every order was taken: {outcome.statuses}")
    latencies = outcome.latencies_us
    return Offered(
        rate,
        outcome.orders / outcome.seconds,
        outcome.sustained,
        {f"{p:g}": float(latencies[min(len(latencies) - 1, int(len(latencies) * p / 100))]) for p in PERCENTILES},
        (after[0] - before[0]) / answered * 1e6,
        (after[1] - before[1]) / answered * 1e6,
        outcome.cpu_us,
        outcome.statuses,
    )


def _cpu_s(pid: int) -> float:
    """User and system time of a process, seconds; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
