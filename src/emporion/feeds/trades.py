"""The trade tape: what the public may see of each match.

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
assert TRADE.itemsize == 48

TRADES_KEPT = 200


def trades_of(events: NDArray[np.void], ts_ns: int | NDArray[np.int64]) -> NDArray[np.void]:
    """The trades among the events of whole commands, in order, as rows of TRADE.

    `ts_ns` is when the commands were taken: one time for all, or one for each event.
    """
    is_taker = (events["kind"] == Event.FILLED) & (events["flags"] & FillFlag.TAKER != 0)
    taken = events[is_taker]
    trades = np.zeros(len(taken), TRADE)
    trades["ts_ns"] = np.broadcast_to(ts_ns, events.shape)[is_taker]
    for name in ("seq", "price_ticks", "qty_lots", "instrument_id", "side"):
        trades[name] = taken[name]
    # Rows of one command stand together, so a row's match is its distance from the first of its sequence.
    trades["match"] = np.arange(len(taken)) - np.searchsorted(taken["seq"], taken["seq"])
    return trades


class Tape:
    """The latest trades of every instrument. Arrays handed out are never changed afterwards."""

    def __init__(self) -> None:
        self._trades: dict[int, NDArray[np.void]] = {}

    def add(self, trades: NDArray[np.void]) -> None:
        """Take in trades that are younger than all before."""
        for instrument_id in np.unique(trades["instrument_id"]).tolist():
            own = trades[trades["instrument_id"] == instrument_id]
            self._trades[instrument_id] = np.concatenate([self.trades(instrument_id), own])[-TRADES_KEPT:]

    def put_before(self, instrument_id: int, trades: NDArray[np.void]) -> None:
        """Take in trades of one instrument that are older than all here."""
        self._trades[instrument_id] = np.concatenate([trades, self.trades(instrument_id)])[-TRADES_KEPT:]

    def trades(self, instrument_id: int) -> NDArray[np.void]:
        """Rows of TRADE, oldest first, at most TRADES_KEPT."""
        return self._trades.get(instrument_id, _NO_TRADES)


_NO_TRADES = np.zeros(0, TRADE)
