"""The record of one book, from levels in ticks and lots, wherever they were read."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.schema.codes import Side
from emporion.venue.frames import Frame, decimals, integers, labels, record
from emporion.venue.things import Level
from emporion.venue.values import text_of

SIDE_TEXTS = text_of(Side)


@dataclass(frozen=True)
class Book:
    """The best levels of one book, best first, with what is on show."""

    instrument: str
    seq: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    frame: Frame  # The same, bids then asks, as columns side, price, qty, orders.

    def to_numpy(self) -> NDArray[np.void]:
        return self.frame.to_numpy()

    def to_arrow(self) -> Any:
        return self.frame.to_arrow()

    def to_pandas(self, exact: bool = False) -> Any:
        return self.frame.to_pandas(exact)

    def __repr__(self) -> str:
        lines = [f"{self.instrument} at seq {self.seq}"]
        lines += [f"{'':>24}  {ask.price:>14f}  {ask.qty:<18f} {ask.orders}" for ask in reversed(self.asks)]
        lines += [f"{bid.orders:>5} {bid.qty:>18f}  {bid.price:>14f}" for bid in self.bids]
        return "\n".join(lines)


def book_of(instrument: str, seq: int, levels: NDArray[np.void], bids: int, tick: Decimal, lot: Decimal) -> Book:
    """`levels` has price_ticks, qty_lots and orders, each side best first; the first `bids` of them are bids."""
    sides = np.repeat([Side.BUY, Side.SELL], [bids, len(levels) - bids])
    price, qty = decimals("price", levels["price_ticks"], [tick]), decimals("qty", levels["qty_lots"], [lot])
    count = levels["orders"]
    columns = [labels("side", sides, SIDE_TEXTS), price, qty, integers("orders", count)]
    records = [Level(price.value(i), qty.value(i), int(count[i])) for i in range(len(levels))]
    return Book(instrument, seq, tuple(records[:bids]), tuple(records[bids:]), Frame(columns, record))
