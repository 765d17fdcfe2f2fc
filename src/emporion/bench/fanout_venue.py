"""The venue of the fan-out benchmark, as a process of its own: ten books, moved at a steady rate, served as shipped.

    python -m emporion.bench.fanout_venue FOLDER BOOKS RATE

Says its port on stdout as a line of JSON; then answers each line of stdin with the CPU it has used so far, and at
the end of stdin stores when which command was durable, and ends.
"""

import asyncio
import gc
import json
import resource
import sys
import threading
import time
from collections import deque
from pathlib import Path

import numpy as np
import uvloop

from emporion.access.access import Access
from emporion.bench.fanout import DURABLE_FILE
from emporion.engine.sequencer import Sequencer
from emporion.gateway.link import LocalLink
from emporion.gateway.server import Server
from emporion.history.store import HistoryStore
from emporion.schema import build
from emporion.schema.codes import Command, Event, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT
from emporion.schema.messages import ORDER_COMMAND
from emporion.venue import venue as venues

TRADERS = 20
MIDDLE_TICKS, SPREAD_TICKS = 50_000, 100  # Prices lie up to so far from the middle.
RESTING = 150  # Orders of one book on one side, about.
STEP_S = 0.005
CROSSING_SHARE = 0.1


class Mover:
    """A thread that sends commands at a steady rate: some trade, some rest, and the oldest that rest are cancelled."""

    def __init__(self, sequencer: Sequencer, books: int, rate: int) -> None:
        self._sequencer, self._books, self._rate = sequencer, books, rate
        self._rng = np.random.default_rng(1)
        self._open: deque[tuple[int, int]] = deque()  # Order and account, oldest first.
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mover", daemon=True)
        self.commands = 0
        self.cpu_s = 0.0

    def fill(self) -> None:
        """Have as many orders rest as will from now on."""
        for _ in range(2 * RESTING * self._books // 1_000 + 1):
            self._send(1_000)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        begin, sent = time.monotonic(), 0
        while not self._stopping.wait(STEP_S):
            due = int((time.monotonic() - begin) * self._rate) - sent
            if due > 0:
                self._send(due)
                sent += due
            self.cpu_s = time.thread_time()

    def _send(self, count: int) -> None:
        rng, rows = self._rng, np.zeros(count, ORDER_COMMAND)
        rows["kind"], rows["tif"] = Command.PLACE, Tif.GTC
        rows["account_id"] = FIRST_ACCOUNT + rng.integers(0, TRADERS, count)
        rows["instrument_id"] = rng.integers(1, self._books + 1, count)
        rows["side"] = rng.integers(1, 3, count)
        away = np.minimum(rng.geometric(0.06, count), SPREAD_TICKS)
        crossing = rng.random(count) < CROSSING_SHARE
        rows["tif"][crossing] = Tif.IOC
        sign = np.where((rows["side"] == Side.BUY) == crossing, 1, -1)
        rows["price_ticks"] = MIDDLE_TICKS + sign * away
        rows["qty_lots"] = rng.integers(1, 100, count)
        surplus = len(self._open) - 2 * RESTING * self._books
        for row in rows[: max(0, min(surplus, count // 2))]:
            order_id, account_id = self._open.popleft()
            row["kind"], row["order_id"], row["account_id"], row["instrument_id"] = (
                Command.CANCEL,
                order_id,
                account_id,
                0,
            )
        events = self._sequencer.submit(rows).result().events
        resting = events[(events["kind"] == Event.ACCEPTED)]
        self._open.extend(resting[["order_id", "account_id"]].tolist())
        self.commands += count


def set_up(sequencer: Sequencer, books: int) -> None:
    """Assets, instruments, traders, money."""
    rows = [build.list_asset("USDC", 6), *(build.list_asset(f"A{book}", 8) for book in range(1, books + 1))]
    for book in range(1, books + 1):
        rows.append(
            build.list_instrument(
                f"A{book}/USDC", 1 + book, 1, 10_000, 100, qty_max_lots=10_000, price_max_ticks=1_000_000
            )
        )
        rows.append(build.set_status(book))
    rows += [build.open_account() for _ in range(TRADERS)]
    for account in range(FIRST_ACCOUNT, FIRST_ACCOUNT + TRADERS):
        rows += [build.deposit(account, asset, 1 << 55) for asset in range(1, books + 2)]
    events = sequencer.submit(build.join(*rows)).result().events
    assert not (events["kind"] == Event.REJECTED).any(), events


async def serve(folder: Path, books: int, rate: int) -> None:
    durable: list[tuple[int, int]] = []

    def note(events: np.ndarray) -> None:
        if len(events):
            durable.append((int(events["seq"][-1]), time.monotonic_ns()))

    with venues.open(folder) as venue, Access.open(folder) as access:
        sequencer, history = Sequencer(venue.node), HistoryStore.open(folder)
        history.attach(venue.node)
        set_up(sequencer, books)
        venue.node.listen(note)
        link = LocalLink(venue, sequencer, history=history)
        await link.start()
        server = Server(link, access, port=0)
        await server.start()
        gc.collect()
        gc.freeze()  # As `emporion serve` does.
        mover = Mover(sequencer, books, rate)
        mover.fill()
        mover.start()
        print(json.dumps({"port": server.port}), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            used, hub = resource.getrusage(resource.RUSAGE_SELF), server.stream.hub
            figures = {
                "cpu_s": used.ru_utime + used.ru_stime, "mover_s": mover.cpu_s, "at_ns": time.monotonic_ns(),
                "commands": mover.commands, "frames": hub.frames, "bytes": hub.frame_bytes, "lagged": hub.lagged,
                "memory_kb": used.ru_maxrss,
            }  # fmt: skip
            print(json.dumps(figures), flush=True)
        mover.stop()
        await server.stop()
        await link.close()
        sequencer.close()
        history.close()
    np.save(folder / DURABLE_FILE, np.array(durable, np.int64))


def main() -> None:
    folder, books, rate = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    uvloop.run(serve(folder, books, rate))


if __name__ == "__main__":
    main()
