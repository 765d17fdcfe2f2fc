"""The live gauges: whether each listing's price is explosive, from the venue's own candles.

A thread here looks at the history whenever an interval is over and hands what closed to a process of low priority
(`gauge_worker`), which answers with readings. That process is started when some instrument has candles enough to say
anything, so a venue where little happens pays for a look at its listings now and then.
"""

import logging
import pickle
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from emporion.engine.clock import Clock, SystemClock
from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.history.intervals import end_of, start_of
from emporion.schema.build import name_text
from emporion.schema.codes import Limit
from emporion.schema.limits import TS_MAX
from emporion.services.gauge_points import Point, Points
from emporion.services.gauge_readings import Curve, Reading, Studied, Summary
from emporion.venue.catalog import lot_of, tick_of
from emporion.wire import gauges as wire

INTERVAL = "1h"
DEMO_INTERVAL = "5s"  # So that somebody who looks in sees gauges within minutes.
KEEP = 500
LEAST = 47  # Candles before there is anything to work out: gauge_board.Board.least.
SETTLE_SECONDS = 0.2  # After an interval's end, for its last trades to reach the history.
POLL_SECONDS = 0.5  # Between looks at whether to stop, while the worker runs.
RESTART_SECONDS = 10.0
STRENGTHS = ((0.01, "strong"), (0.05, "fair"), (0.10, "weak"))
log = logging.getLogger(__name__)


class Candles(Protocol):
    """What is asked of the history: history.store.HistoryStore."""

    @property
    def seq(self) -> int: ...

    @property
    def is_behind(self) -> bool: ...

    def candles(
        self, instrument_id: int, interval: str, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 1_000
    ) -> np.ndarray: ...


class Listing(NamedTuple):
    name: str
    tick: Decimal


class Gauges:
    """Use `start`, then ask from any thread; `stop` before the history is closed."""

    def __init__(
        self,
        sequencer: Sequencer,
        history: Candles,
        folder: Path | None = None,
        *,
        interval: Any = INTERVAL,
        settings: dict[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Args:
            folder: the venue's, where readings are kept; None: as long as this lives.
            settings: of gauge_board.Board, other than its defaults.
            clock: what time it is for candles; the system's by default.
        """
        self.interval = interval
        self._clock: Clock = clock or SystemClock()
        self._sequencer, self._history = sequencer, history
        self._settings = {"keep": KEEP} | (settings or {})
        self._points = Points(folder, interval)
        self._lock = threading.Lock()  # For what is below, that others read.
        self._listings: dict[int, Listing] = {}
        self._counts: dict[int, int] = {}
        self._readings: dict[int, Reading] = {}
        self._studies: dict[int, tuple[Summary, bytes, int]] = {}
        self._seen: dict[int, int] = {}  # Start of the last candle taken.
        self._waiting: dict[int, tuple[list[int], list[float]]] = {}  # Not handed to the worker yet.
        self._worker: tuple[subprocess.Popen, Connection] | None = None
        self._again_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emporion-gauges", daemon=True)

    def start(self) -> None:
        """Begin to follow, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End thread and worker."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end_worker()
        self._points.close()

    @property
    def worker_pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._worker[0].pid if self._worker else None

    # --- Questions -----------------------------------------------------------------------------------

    def gauges(self) -> list[wire.Gauge]:
        """Of all listings, as far as they are known."""
        with self._lock:
            return [self._gauge(number) for number in sorted(self._listings)]

    def study(self, instrument_id: int) -> wire.GaugeStudy | None:
        """The last study; without prices while there is none. None: no such listing is known yet."""
        with self._lock:
            if instrument_id not in self._listings:
                return None
            gauge, listing = self._gauge(instrument_id), self._listings[instrument_id]
            kept = self._studies.get(instrument_id)
        if kept is None:
            return wire.GaugeStudy(gauge, 0, 0, [], [], [], [], [], [])
        studied: Studied = pickle.loads(kept[1])
        texts = [str(each) for each in studied.times_ns]
        return wire.GaugeStudy(
            gauge, studied.window_min, len(studied.null), texts,
            [f"{Decimal(int(ticks)) * listing.tick:f}" for ticks in studied.values],
            [_finite(value) for value in studied.bsadf], [_finite(value) for value in studied.line],
            [
                wire.Episode(
                    texts[each.start], texts[each.peak], texts[each.end], each.is_ongoing, each.direction,
                    _finite(each.change) or 0.0, each.bsadf,
                )
                for each in studied.episodes
            ],
            [str(each) for each in studied.curve.times_ns] if studied.curve else [],
        )  # fmt: skip

    def points(
        self, instrument_id: int, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 500
    ) -> list[wire.GaugePoint]:
        """How a gauge stood: the last ones of a stretch of time, oldest first."""
        return [
            wire.GaugePoint(
                str(each.at_ns), each.is_explosive, each.bsadf, each.line, each.p, each.confidence, each.confidence_p,
                None if each.median_ns is None else str(each.median_ns),
            )
            for each in self._points.last(instrument_id, start_ns, end_ns, limit)
        ]  # fmt: skip

    def _gauge(self, number: int) -> wire.Gauge:
        reading, kept = self._readings.get(number), self._studies.get(number)
        name, count = self._listings[number].name, self._counts.get(number, 0)
        if reading is None:
            return wire.Gauge(name, self.interval, count, None, None, None, None, None, None, None, None, None, None)
        p_any = kept[0].p_any if kept else None
        return wire.Gauge(
            name, self.interval, reading.observations, str(reading.at_ns),
            None if reading.p is None or reading.line is None or reading.bsadf is None
            else reading.bsadf > reading.line,
            _text(reading.since_ns), reading.bsadf, reading.line, reading.p, p_any,
            None if p_any is None else _strength(p_any), str(kept[2]) if kept else None,
            _critical_time(kept[0].curve) if kept else None,
        )  # fmt: skip

    # --- The thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._gather()
            except Exception:  # A gauge is no reason to stop a venue.
                log.exception("gauges: a look at the history failed; the next interval is another try")
            now_ns = self._clock.now_ns()
            over_ns = end_of(start_of(now_ns, self.interval), self.interval)
            self._listen(time.monotonic() + (over_ns - now_ns) / 1e9 + SETTLE_SECONDS)

    def _gather(self) -> None:
        """Take all candles that have closed, and hand them on if there is somebody to work on them."""
        boundary_ns = start_of(self._clock.now_ns(), self.interval)
        listings = self._sequencer.call(_listed).result()
        with self._lock:
            self._listings = listings
        until = self._sequencer.node.seq
        while self._history.is_behind or self._history.seq < until:
            if self._stopping.wait(0.05):
                return
        for number in listings:
            start_ns = self._seen.get(number, -1) + 1
            if start_ns >= boundary_ns or self._stopping.is_set():
                continue
            rows = self._history.candles(number, self.interval, start_ns, boundary_ns, self._settings["keep"])
            if len(rows):
                self._seen[number] = int(rows["start_ns"][-1])
                ends = [end_of(begin, self.interval) for begin in rows["start_ns"].tolist()]
                times, values = self._waiting.setdefault(number, ([], []))
                times += ends
                values += rows["close_ticks"].astype(np.float64).tolist()
        self._hand_on()

    def _hand_on(self) -> None:
        with self._lock:
            for number, (times, _) in self._waiting.items():
                if self._worker is None:
                    self._counts[number] = min(len(times), self._settings["keep"])
        if self._worker is None:
            enough = any(len(times) >= LEAST for times, _ in self._waiting.values())
            if not enough or time.monotonic() < self._again_at:
                return
            self._start_worker()
        if self._waiting and self._worker is not None:
            try:
                self._worker[1].send(self._waiting)
                self._waiting = {}
            except OSError:
                self._lost_worker()

    def _listen(self, until: float) -> None:
        """Take what the worker sends, until it is time to look again."""
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            if self._worker is None:
                self._stopping.wait(left)
                continue
            try:
                if self._worker[1].poll(min(left, POLL_SECONDS)):
                    self._take(self._worker[1].recv())
            except (EOFError, OSError):
                self._lost_worker()

    def _take(self, message: tuple[Any, ...]) -> None:
        if message[0] == "study":
            _, number, summary, packed, reading = message
            with self._lock:
                self._studies[number] = (summary, packed, self._clock.now_ns())
                self._readings[number] = reading
            return
        readings: list[Reading] = message[1]
        with self._lock:
            self._readings.update({reading.number: reading for reading in readings})
        made = [point for reading in readings if (point := self._point(reading)) is not None]
        if made:
            try:
                self._points.add(made)
            except sqlite3.Error as error:
                log.warning("gauges: readings are not kept: %s", error)

    def _point(self, reading: Reading) -> Point | None:
        if reading.bsadf is None or reading.line is None or reading.p is None:
            return None
        curve = self._studies[reading.number][0].curve if reading.number in self._studies else None
        return Point(
            reading.number, reading.at_ns, reading.bsadf > reading.line, reading.bsadf, reading.line, reading.p,
            curve.confidence if curve else None, curve.p if curve else None,
            curve.range_ns[1] if curve and curve.range_ns else None,
        )  # fmt: skip

    # --- The worker ----------------------------------------------------------------------------------

    def _start_worker(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "emporion.services.gauge_worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        connection = Connection(ours.detach())
        self._worker = (process, connection)
        connection.send(self._settings)

    def _lost_worker(self) -> None:
        """Begin again from the history, in a while."""
        log.warning("gauges: the worker ended; another is started in %g s", RESTART_SECONDS)
        self._end_worker()
        self._seen, self._waiting = {}, {}
        self._again_at = time.monotonic() + RESTART_SECONDS

    def _end_worker(self) -> None:
        if self._worker is not None:
            process, connection = self._worker
            self._worker = None
            connection.close()
            process.terminate()
            process.wait()


def _listed(node: Node) -> dict[int, Listing]:
    """Names and ticks of all instruments, by number."""
    state = node.machine.state
    assets = state.assets["decimals"].tolist()
    rows = state.instruments[1 : int(state.tables[Limit.INSTRUMENTS].high_water) + 1]
    found = {}
    for number, row in enumerate(rows, start=1):
        lot = lot_of(row, assets[int(row["base_asset_id"])])
        tick = tick_of(row["atoms_per_tick_lot"], assets[int(row["quote_asset_id"])], lot)
        found[number] = Listing(name_text(row["name"]), tick)
    return found


def _critical_time(curve: Curve | None) -> wire.CriticalTime | None:
    if curve is None:
        return None
    low, median, high = curve.range_ns or (None, None, None)
    return wire.CriticalTime(
        curve.direction, curve.confidence, curve.p, curve.windows, _text(low), _text(median), _text(high)
    )


def _strength(p: float) -> Any:
    return next((word for most, word in STRENGTHS if p <= most), "none")


def _text(time_ns: int | None) -> str | None:
    return None if time_ns is None else str(time_ns)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
