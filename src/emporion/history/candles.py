"""Candles from trades, and longer ones from shorter ones."""

import numpy as np
from numpy.typing import NDArray

from emporion.history.intervals import starts
from emporion.history.rows import CANDLE, Rows

HALF_BITS = 32
HALF_MASK = (1 << HALF_BITS) - 1


def candles_of(trades: Rows, interval: str, atoms_per_tick_lot: int) -> Rows:
    """Candles of one instrument's trades, which are in order."""
    begin, first = _runs(starts(trades["ts_ns"], interval))
    candles = np.zeros(len(begin), CANDLE)
    if len(begin):
        last = np.append(first[1:], len(trades)) - 1
        notional = trades["price_ticks"] * trades["qty_lots"] * atoms_per_tick_lot
        candles["start_ns"] = begin
        candles["open_ticks"], candles["close_ticks"] = trades["price_ticks"][first], trades["price_ticks"][last]
        candles["high_ticks"] = np.maximum.reduceat(trades["price_ticks"], first)
        candles["low_ticks"] = np.minimum.reduceat(trades["price_ticks"], first)
        candles["qty_lots"] = np.add.reduceat(trades["qty_lots"], first)
        hi, lo = np.add.reduceat(notional >> HALF_BITS, first), np.add.reduceat(notional & HALF_MASK, first)
        candles["turnover_hi"], candles["turnover_lo"] = _carried(hi, lo)
        candles["trades"] = last - first + 1
        candles["first_seq"], candles["last_seq"] = trades["seq"][first], trades["seq"][last]
        candles["first_n"] = trades["n"][first]
    return candles


def joined(candles: Rows, interval: str) -> Rows:
    """Candles made of shorter ones, or of parts of the same; those given are in order of start and of age."""
    begin, first = _runs(starts(candles["start_ns"], interval))
    long = np.zeros(len(begin), CANDLE)
    if len(begin):
        last = np.append(first[1:], len(candles)) - 1
        long["start_ns"] = begin
        long["open_ticks"], long["close_ticks"] = candles["open_ticks"][first], candles["close_ticks"][last]
        long["high_ticks"] = np.maximum.reduceat(candles["high_ticks"], first)
        long["low_ticks"] = np.minimum.reduceat(candles["low_ticks"], first)
        for name in ("qty_lots", "trades"):
            long[name] = np.add.reduceat(candles[name], first)
        hi, lo = np.add.reduceat(candles["turnover_hi"], first), np.add.reduceat(candles["turnover_lo"], first)
        long["turnover_hi"], long["turnover_lo"] = _carried(hi, lo)
        long["first_seq"], long["last_seq"] = candles["first_seq"][first], candles["last_seq"][last]
        long["first_n"] = candles["first_n"][first]
    return long


def _runs(begin: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each start once, and where it first stands. Time never goes back, so equal ones stand together."""
    first = np.flatnonzero(np.diff(begin, prepend=begin[0] - 1)) if len(begin) else np.zeros(0, np.int64)
    return begin[first], first


def _carried(hi: NDArray[np.int64], lo: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The lower half below 2^32 again. Sums of 2^31 trades do not wrap."""
    return hi + (lo >> HALF_BITS), lo & HALF_MASK
