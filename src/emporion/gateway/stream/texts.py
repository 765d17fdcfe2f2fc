"""One instrument's numbers as the stream writes them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emporion.feeds.candles import Bar
from emporion.gateway.catalog import Listed
from emporion.gateway.decimals import ratio_text
from emporion.schema.codes import InstrumentStatus, Side
from emporion.wire.market import Candle, Level, Ticker, Trade

SIDE_TEXTS = {int(side): side.name.lower() for side in Side}
STATUS_TEXTS = {int(status): status.name.lower() for status in InstrumentStatus}
LEVELS_KEPT = 16_384
CHANGE_PLACES = 2


class Texts:
    """Writes rows of one instrument. Of levels it remembers the text: the same ones come again and again."""

    def __init__(self, listed: Listed) -> None:
        self.listed = listed
        self._levels: dict[tuple[int, int, int], Level] = {}

    def levels(self, rows: NDArray[np.void]) -> list[Level]:
        """Rows of messages.DEPTH_ROW as (price, quantity, orders); quantity "0" for a level that went."""
        known, texts = self._levels, []
        for numbers in rows.tolist():
            text = known.get(numbers)
            if text is None:
                price, lots, orders = numbers
                text = (self.listed.price.text(price), self.listed.qty.text(lots) if lots else "0", orders)
                known[numbers] = text
            texts.append(text)
        if len(known) > LEVELS_KEPT:
            known.clear()
        return texts

    def trades(self, rows: NDArray[np.void]) -> list[Trade]:
        """Rows of feeds.trades.TRADE."""
        name, price, qty = self.listed.name, self.listed.price.text, self.listed.qty.text
        fields = rows[["seq", "ts_ns", "price_ticks", "qty_lots", "match", "side"]]
        return [
            Trade(seq, match, str(ts_ns), name, SIDE_TEXTS[side], price(ticks), qty(lots))  # type: ignore[arg-type]
            for seq, ts_ns, ticks, lots, match, side in fields.tolist()
        ]

    def candles(self, bars: Sequence[Bar]) -> list[Candle]:
        price, qty = self.listed.price.text, self.listed.qty.text
        return [
            Candle(
                str(bar.start_ns), price(bar.open_ticks), price(bar.high_ticks), price(bar.low_ticks),
                price(bar.close_ticks), qty(bar.qty_lots), self.turnover(bar.turnover), bar.trades,
            )
            for bar in bars
        ]  # fmt: skip

    def ticker(self, now: "Now") -> Ticker:
        """How it trades now. The change is against 24 hours ago, or the reference or first trade if it is younger."""
        listed, price = self.listed, self.price
        base = now.before_ticks or now.reference_ticks or now.first_ticks
        last = now.last_ticks
        change = ratio_text(last - base, base, 100, CHANGE_PLACES) if last and base else None
        return Ticker(
            listed.name, STATUS_TEXTS[now.status], price(last), change, price(now.high_ticks),  # type: ignore[arg-type]
            price(now.low_ticks), listed.qty.text(now.qty_lots), self.turnover(now.turnover), price(now.bid[0]),
            listed.qty.text(now.bid[1]) if now.bid[0] else None, price(now.ask[0]),
            listed.qty.text(now.ask[1]) if now.ask[0] else None, now.trades, now.seq,
        )  # fmt: skip

    def price(self, ticks: int) -> str | None:
        return self.listed.price.text(ticks) if ticks else None

    def turnover(self, tick_lots: int) -> str:
        """So many ticks x lots, in quote."""
        return self.listed.quote.amount.plain(tick_lots * self.listed.atoms_per_tick_lot)


class Now:
    """The numbers of a ticker; 0 for what there is not. `bid` and `ask` are (ticks, lots, orders)."""

    __slots__ = (
        "status", "last_ticks", "before_ticks", "reference_ticks", "first_ticks", "high_ticks", "low_ticks", "qty_lots",
        "turnover", "bid", "ask", "trades", "seq",
    )  # fmt: skip

    status: int
    last_ticks: int
    before_ticks: int
    reference_ticks: int
    first_ticks: int
    high_ticks: int
    low_ticks: int
    qty_lots: int
    turnover: int
    bid: tuple[int, int, int]
    ask: tuple[int, int, int]
    trades: int
    seq: int
