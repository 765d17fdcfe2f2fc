"""Candles of every interval: what traded in one stretch of time, UTC.

Four series of an instrument are kept (of a second, a minute, an hour, a day), each bounded; every
other interval is a whole number of one of these, and is put together from it when it is asked for.
Weeks begin on Monday, months are those of the calendar. Stretches without a trade have no candle.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emporion.schema.messages import row

Rows = NDArray[np.void]

CANDLE = row(
    ("start_ns", "i8"),
    ("open_ticks", "i8"),
    ("high_ticks", "i8"),
    ("low_ticks", "i8"),
    ("close_ticks", "i8"),
    # A month of lots or of turnover may pass 2^63, so sums are kept in two parts: high x 2^32 + low.
    ("qty_high", "i8"),
    ("qty_low", "i8"),
    ("turnover_high", "i8"),  # Turnover counts ticks x lots.
    ("turnover_low", "i8"),
    ("trades", "i8"),
)
SUMS = ("qty_high", "qty_low", "turnover_high", "turnover_low", "trades")
PART_BITS = 32
PART_MASK = (1 << PART_BITS) - 1

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
WEEK_FROM_NS = 4 * DAY_NS  # 1970 began on a Thursday; this is the first Monday.
WEEK_NS = 7 * DAY_NS
MONTH_NS = 0  # No fixed length.

BASES = {"1s": SECOND_NS, "1m": MINUTE_NS, "1h": HOUR_NS, "1d": DAY_NS}
KEPT = {"1s": 1_800, "1m": 1_560, "1h": 1_200, "1d": 1_100}  # The minutes cover a day and the hours around it.
LENGTHS = {
    "1s": SECOND_NS, "5s": 5 * SECOND_NS, "15s": 15 * SECOND_NS,
    "1m": MINUTE_NS, "3m": 3 * MINUTE_NS, "5m": 5 * MINUTE_NS, "15m": 15 * MINUTE_NS, "30m": 30 * MINUTE_NS,
    "1h": HOUR_NS, "2h": 2 * HOUR_NS, "4h": 4 * HOUR_NS, "8h": 8 * HOUR_NS, "12h": 12 * HOUR_NS,
    "1d": DAY_NS, "3d": 3 * DAY_NS, "1w": WEEK_NS, "1M": MONTH_NS,
}  # fmt: skip


def base_of(interval: str) -> str:
    """Of which series its candles are put together."""
    length_ns = LENGTHS[interval] or DAY_NS
    return next(name for name, base_ns in reversed(BASES.items()) if length_ns >= base_ns)


def interval_starts(interval: str, ts_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """When the interval around each time began."""
    length_ns = LENGTHS[interval]
    if length_ns == MONTH_NS:
        months = ts_ns.astype("datetime64[ns]").astype("datetime64[M]")
        return months.astype("datetime64[ns]").astype(np.int64)
    from_ns = WEEK_FROM_NS if length_ns == WEEK_NS else 0
    return (ts_ns - from_ns) // length_ns * length_ns + from_ns


def interval_start(interval: str, ts_ns: int) -> int:
    """The same of one time."""
    return int(interval_starts(interval, np.array([ts_ns]))[0])


def candles_of(trades: Rows, interval: str) -> Rows:
    """Candles of one instrument's trades (rows of feeds.trades.TRADE, oldest first)."""
    each = np.zeros(len(trades), CANDLE)
    each["start_ns"] = trades["ts_ns"]
    for name in ("open_ticks", "high_ticks", "low_ticks", "close_ticks"):
        each[name] = trades["price_ticks"]
    qty, turnover = trades["qty_lots"], trades["price_ticks"] * trades["qty_lots"]
    for name, value in (("qty", qty), ("turnover", turnover)):
        each[f"{name}_high"], each[f"{name}_low"] = value >> PART_BITS, value & PART_MASK
    each["trades"] = 1
    return coarser(each, interval)


def coarser(candles: Rows, interval: str) -> Rows:
    """Candles of a longer interval from shorter ones, oldest first."""
    starts, first = np.unique(interval_starts(interval, candles["start_ns"]), return_index=True)
    grown = np.zeros(len(starts), CANDLE)
    if not len(starts):
        return grown
    grown["start_ns"] = starts
    grown["open_ticks"] = candles["open_ticks"][first]
    grown["close_ticks"] = candles["close_ticks"][np.append(first[1:], len(candles)) - 1]
    grown["high_ticks"] = np.maximum.reduceat(candles["high_ticks"], first)
    grown["low_ticks"] = np.minimum.reduceat(candles["low_ticks"], first)
    for name in SUMS:
        grown[name] = np.add.reduceat(candles[name], first)
    return grown


class Bar(NamedTuple):
    """One candle as plain numbers; `turnover` counts ticks x lots."""

    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    qty_lots: int
    turnover: int
    trades: int


def bars(candles: Rows) -> list[Bar]:
    """Rows as plain numbers, their sums put together."""
    return [
        Bar(start, open_, high, low, close, (qty_high << PART_BITS) + qty_low, (over_high << PART_BITS) + over_low, n)
        for start, open_, high, low, close, qty_high, qty_low, over_high, over_low, n in candles.tolist()
    ]


class Series:
    """The latest candles of one interval of one instrument; the last one may still grow."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self._rows = np.zeros(16, CANDLE)
        self._count = 0  # Of rows that are complete.
        self._last: list[int] = []  # The one that grows, as plain numbers: quick to change.

    def __len__(self) -> int:
        return self._count + bool(self._last)

    def take(self, start_ns: int, values: list[int]) -> None:
        """Let a shorter candle grow the one that begins at `start_ns`; `values` are its fields but the first."""
        last = self._last
        if not last or last[0] != start_ns:
            self._push()
            self._last = [start_ns, *values]
            return
        last[2] = max(last[2], values[1])
        last[3] = min(last[3], values[2])
        last[4] = values[3]
        for at in (5, 6, 7, 8, 9):
            last[at] += values[at - 1]

    def rows(self, from_ns: int = 0) -> Rows:
        """A copy of those that begin at `from_ns` or later, oldest first."""
        whole = self._rows[: self._count]
        whole = whole[np.searchsorted(whole["start_ns"], from_ns) :]
        if self._last and self._last[0] >= from_ns:
            return np.concatenate([whole, np.array([tuple(self._last)], CANDLE)])
        return whole.copy()

    def put_before(self, candles: Rows) -> None:
        """Take in what traded before everything here: the last of them and the first here may be one interval."""
        own = self.rows()
        both = np.concatenate([candles, own])
        if len(candles) and len(own) and candles["start_ns"][-1] == own["start_ns"][0]:
            joined = both[len(candles) - 1 : len(candles) + 1]
            one = joined[:1].copy()
            one["close_ticks"] = joined["close_ticks"][1]
            one["high_ticks"], one["low_ticks"] = joined["high_ticks"].max(), joined["low_ticks"].min()
            for name in SUMS:
                one[name] = joined[name].sum()
            both = np.concatenate([candles[:-1], one, own[1:]])
        both = both[-self.kept :]
        self._rows = np.zeros(max(16, len(both)), CANDLE)
        self._count = max(len(both) - 1, 0)
        self._rows[: self._count] = both[:-1]
        self._last = list(both[-1].tolist()) if len(both) else []

    def _push(self) -> None:
        """The last one is complete."""
        if not self._last:
            return
        if self._count == len(self._rows):
            if self._count >= 2 * self.kept:
                self._rows[: self.kept] = self._rows[self._count - self.kept :].copy()
                self._count = self.kept
            else:
                self._rows = np.concatenate([self._rows, np.zeros(min(len(self._rows), 2 * self.kept), CANDLE)])
        self._rows[self._count] = tuple(self._last)
        self._count += 1


class Candles:
    """The candles of every instrument that traded."""

    def __init__(self) -> None:
        self._series: dict[int, dict[str, Series]] = {}

    def add(self, trades: Rows) -> dict[int, Rows]:
        """Take in trades younger than all before.

        Returns: for each instrument that traded its candles of a second among them, for other views to use.
        """
        seconds: dict[int, Rows] = {}
        if not len(trades):
            return seconds
        order = np.argsort(trades["instrument_id"], kind="stable")
        sorted_trades = trades[order]
        ids, first = np.unique(sorted_trades["instrument_id"], return_index=True)
        for instrument_id, own in zip(ids.tolist(), np.split(sorted_trades, first[1:]), strict=True):
            seconds[instrument_id] = candles_of(own, "1s")
            every = self._of(instrument_id)
            for start_ns, *values in seconds[instrument_id].tolist():
                for name, base_ns in BASES.items():
                    every[name].take(start_ns // base_ns * base_ns, values)
        return seconds

    def put_before(self, instrument_id: int, base: str, candles: Rows) -> None:
        """Take in candles of one of BASES from before everything here."""
        self._of(instrument_id)[base].put_before(candles)

    def latest(self, instrument_id: int, interval: str, count: int) -> Rows:
        """The latest candles, oldest first; the last may still grow."""
        every = self._series.get(instrument_id)
        return coarser(every[base_of(interval)].rows(), interval)[-count:] if every else np.zeros(0, CANDLE)

    def since(self, instrument_id: int, interval: str, ts_ns: int) -> Rows:
        """Those from the one around `ts_ns` on: what trades from then on may have changed."""
        every = self._series.get(instrument_id)
        if not every:
            return np.zeros(0, CANDLE)
        return coarser(every[base_of(interval)].rows(interval_start(interval, ts_ns)), interval)

    def _of(self, instrument_id: int) -> dict[str, Series]:
        if instrument_id not in self._series:
            self._series[instrument_id] = {name: Series(KEPT[name]) for name in BASES}
        return self._series[instrument_id]
