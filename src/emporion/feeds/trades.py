"""The trade tape: what the public may see of each match, and bars of it for charts.

Made from the taker's FILLED rows, one per match: the maker's row says the same thing from the
other side. Holds the latest of each instrument and nothing else, so it can be thrown away and
made again from any stretch of events.
"""

import numpy as np
from numpy.typing import NDArray

from emporion.schema.codes import Event, FillFlag
from emporion.schema.messages import row

TRADE = row(
    ("seq", "i8"),  # The command that traded; with `match` it names the trade for good.
    ("ts_ns", "i8"),
    ("price_ticks", "i8"),
    ("qty_lots", "i8"),
    ("instrument_id", "i4"),
    ("match", "i4"),  # 0 for the first trade of its command.
    ("side", "i1"),  # Of the taker.
    ("reserved", "u1", (7,)),
)
BAR = row(  # What traded in one stretch of time. Stretches without a trade have no bar.
    ("start_ns", "i8"),
    ("open_ticks", "i8"),
    ("high_ticks", "i8"),
    ("low_ticks", "i8"),
    ("close_ticks", "i8"),
    ("qty_lots", "i8"),
)
assert TRADE.itemsize == 48 and BAR.itemsize == 48

TRADES_KEPT = 200
BARS_KEPT = 450
BAR_NS = 2_000_000_000


def trades_of(events: NDArray[np.void], ts_ns: int | NDArray[np.int64]) -> NDArray[np.void]:
    """The trades among the events of whole commands, in order, as rows of TRADE.

    `ts_ns` is when the commands were taken: one time for all, or one for each event.
    """
    is_taker = (events["kind"] == Event.FILLED) & (events["flags"] == FillFlag.TAKER)
    taken = events[is_taker]
    trades = np.zeros(len(taken), TRADE)
    trades["ts_ns"] = np.broadcast_to(ts_ns, events.shape)[is_taker]
    for name in ("seq", "price_ticks", "qty_lots", "instrument_id", "side"):
        trades[name] = taken[name]
    # Rows of one command stand together, so a row's match is its distance from the first of its sequence.
    trades["match"] = np.arange(len(taken)) - np.searchsorted(taken["seq"], taken["seq"])
    return trades


class Tape:
    """The latest trades and bars of every instrument. Arrays handed out are never changed afterwards."""

    def __init__(self) -> None:
        self._trades: dict[int, NDArray[np.void]] = {}
        self._bars: dict[int, NDArray[np.void]] = {}

    def add(self, trades: NDArray[np.void]) -> None:
        """Take in trades that are younger than all before."""
        for instrument_id in np.unique(trades["instrument_id"]).tolist():
            own = trades[trades["instrument_id"] == instrument_id]
            self._trades[instrument_id] = np.concatenate([self.trades(instrument_id), own])[-TRADES_KEPT:]
            self._bars[instrument_id] = _extend(self.bars(instrument_id), own)[-BARS_KEPT:]

    def trades(self, instrument_id: int) -> NDArray[np.void]:
        """Rows of TRADE, oldest first, at most TRADES_KEPT."""
        return self._trades.get(instrument_id, _NO_TRADES)

    def bars(self, instrument_id: int) -> NDArray[np.void]:
        """Rows of BAR, oldest first, at most BARS_KEPT; the last may still grow."""
        return self._bars.get(instrument_id, _NO_BARS)


_NO_TRADES = np.zeros(0, TRADE)
_NO_BARS = np.zeros(0, BAR)


def _extend(bars: NDArray[np.void], trades: NDArray[np.void]) -> NDArray[np.void]:
    """The bars with trades of the same instrument added: the last one grows, then new ones begin."""
    starts, first = np.unique(trades["ts_ns"] // BAR_NS * BAR_NS, return_index=True)
    new = np.zeros(len(starts), BAR)
    new["start_ns"] = starts
    new["open_ticks"] = trades["price_ticks"][first]
    new["close_ticks"] = trades["price_ticks"][np.append(first[1:], len(trades)) - 1]
    new["high_ticks"] = np.maximum.reduceat(trades["price_ticks"], first)
    new["low_ticks"] = np.minimum.reduceat(trades["price_ticks"], first)
    new["qty_lots"] = np.add.reduceat(trades["qty_lots"], first)
    if len(bars) and bars["start_ns"][-1] == starts[0]:
        old = bars[-1]
        new["open_ticks"][0] = old["open_ticks"]
        new["high_ticks"][0] = max(new["high_ticks"][0], old["high_ticks"])
        new["low_ticks"][0] = min(new["low_ticks"][0], old["low_ticks"])
        new["qty_lots"][0] += old["qty_lots"]
        bars = bars[:-1]
    return np.concatenate([bars, new])
