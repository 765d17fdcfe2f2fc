"""What traded before a door listened, from the history: candles and trades up to one command, and none after it."""

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emporion.feeds.candles import (
    BASES,
    CANDLE,
    DAY_NS,
    HOUR_NS,
    KEPT,
    PART_BITS,
    PART_MASK,
    candles_of,
    coarser,
)
from emporion.feeds.trades import TRADE, TRADES_KEPT
from emporion.gateway.catalog import Listed
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import PAGE_MAX, HistoryCandles, HistoryTrades

Rows = NDArray[np.void]
WAIT_S = 0.2


@dataclass(frozen=True)
class Past:
    """One instrument up to a command."""

    trades: Rows  # TRADE: the latest, oldest first.
    candles: dict[str, Rows]  # CANDLE, of each of feeds.candles.BASES.
    before_ticks: int  # Last price before the minutes among them; 0 for none.
    first_ticks: int  # Of the first trade ever; 0 where that is not known.


async def ask_past(link: Link, listed: Listed, up_to_seq: int, at_ns: int) -> Past:
    """Everything up to the command `up_to_seq`, which was taken at `at_ns`.

    Candles that were complete then are the history's own; those that were growing are put together from
    shorter ones, and in the last second from its trades, so that nothing later is in them.
    """
    number = listed.instrument_id
    while (await link.ask(HistoryTrades(number, limit=1))).seq < up_to_seq:
        await asyncio.sleep(WAIT_S)  # It reads what was before it was attached in the background.
    starts = {name: at_ns // length_ns * length_ns for name, length_ns in BASES.items()}
    trades = await _trades(link, number, up_to_seq, starts["1s"])
    growing = candles_of(trades[trades["ts_ns"] >= starts["1s"]], "1s")
    candles: dict[str, Rows] = {}
    for name, length_ns in BASES.items():
        whole = np.zeros(0, CANDLE)
        if starts[name]:  # An end of 0 would be none.
            from_ns = max(0, starts[name] - KEPT[name] * length_ns)
            answer = await link.ask(HistoryCandles(number, name, from_ns, starts[name], KEPT[name]))
            whole = _candles(answer.table.rows, listed.atoms_per_tick_lot)
        candles[name] = np.concatenate([whole, coarser(growing, name)])
        following = {"1s": "1m", "1m": "1h", "1h": "1d"}.get(name)
        if following is not None:
            growing = candles[name][candles[name]["start_ns"] >= starts[following]]
    return Past(trades[-TRADES_KEPT:], candles, _before(candles), _first(candles["1d"]))


def _before(candles: dict[str, Rows]) -> int:
    """The last price before the minutes; they reach back two hours more than the 24 that count, so hours do."""
    oldest = candles["1m"]["start_ns"][0] if len(candles["1m"]) else np.iinfo(np.int64).max
    for name, length_ns in (("1h", HOUR_NS), ("1d", DAY_NS)):
        rows = candles[name]
        whole = rows[rows["start_ns"] + length_ns <= oldest]
        if len(whole):
            return int(whole["close_ticks"][-1])
    return 0


def _first(days: Rows) -> int:
    return int(days["open_ticks"][0]) if 0 < len(days) < KEPT["1d"] else 0


async def _trades(link: Link, instrument_id: int, up_to_seq: int, from_ns: int) -> Rows:
    """The latest trades up to a command, oldest first: at least TRADES_KEPT, and all from a time on."""
    pages: list[Rows] = []
    before, n, limit = up_to_seq + 1, 0, TRADES_KEPT
    while True:
        page = (await link.ask(HistoryTrades(instrument_id, before, n, limit))).table.rows
        rows = np.zeros(len(page), TRADE)
        for name in ("seq", "ts_ns", "price_ticks", "qty_lots", "instrument_id", "side"):
            rows[name] = page[name]
        rows["match"] = page["n"]
        pages.insert(0, rows[::-1])
        if len(page) < limit or page["ts_ns"][-1] < from_ns:
            return np.concatenate(pages)
        before, n, limit = int(page["seq"][-1]), int(page["n"][-1]), PAGE_MAX


def _candles(rows: Rows, atoms_per_tick_lot: int) -> Rows:
    """The history's rows as the feeds' own: they count turnover in ticks x lots."""
    candles = np.zeros(len(rows), CANDLE)
    for name in ("start_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks", "trades"):
        candles[name] = rows[name]
    candles["qty_high"], candles["qty_low"] = rows["qty_lots"] >> PART_BITS, rows["qty_lots"] & PART_MASK
    for row, hi, lo in zip(candles, rows["turnover_hi"].tolist(), rows["turnover_lo"].tolist(), strict=True):
        tick_lots = ((hi << 32) + lo) // atoms_per_tick_lot  # Exact: each trade is a whole number of them.
        row["turnover_high"], row["turnover_low"] = tick_lots >> PART_BITS, tick_lots & PART_MASK
    return candles
