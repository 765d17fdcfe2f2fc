"""One instrument's rows as the messages that people and programs read: names, decimal text, a spread."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from emporion.feeds.depth import Image
from emporion.gateway import messages
from emporion.gateway.decimals import Scale, ratio_text
from emporion.schema.build import name_text
from emporion.schema.codes import AssetClass, InstrumentStatus, Side
from emporion.schema.limits import NOBODY


@dataclass(frozen=True)
class Listed:
    """What is needed to write an instrument's numbers, and what it is."""

    name: str
    price: Scale
    qty: Scale
    message: messages.Instrument

    def listing(self, row: np.void) -> messages.Listing:
        """How it trades, from a copy of its row."""
        last, reference = int(row["last_price_ticks"]), int(row["reference_price_ticks"])
        bid, ask = int(row["best_bid_ticks"]), int(row["best_ask_ticks"])
        two_sided = bid > 0 and ask > 0
        return messages.Listing(
            name=self.name,
            status=InstrumentStatus(row["status"]).name,
            last=self._price(last),
            change_percent=ratio_text(last - reference, reference, 100, 2) if last and reference else None,
            bid=self._price(bid),
            ask=self._price(ask),
            spread=self.price.text(ask - bid) if two_sided else None,
            spread_bps=ratio_text(2 * (ask - bid), ask + bid, 10_000, 2) if two_sided else None,
            trades=int(row["trades"]),
            volume=self.qty.text(row["traded_lots"]),
        )

    def book(self, image: Image) -> messages.Book:
        return messages.Book(self.name, image.seq, self._levels(image.bids), self._levels(image.asks))

    def trades(self, rows: NDArray[np.void]) -> list[messages.Trade]:
        return [
            messages.Trade(f"{seq}-{match}", str(ts_ns), self.price.text(price), self.qty.text(qty), Side(side).name)
            for seq, ts_ns, price, qty, match, side in rows[
                ["seq", "ts_ns", "price_ticks", "qty_lots", "match", "side"]
            ].tolist()
        ]

    def bars(self, rows: NDArray[np.void]) -> list[messages.Bar]:
        price = self.price.text
        return [
            messages.Bar(str(start_ns), price(first), price(high), price(low), price(last), self.qty.text(qty))
            for start_ns, first, high, low, last, qty in rows.tolist()
        ]

    def _price(self, ticks: int) -> str | None:
        return self.price.text(ticks) if ticks else None

    def _levels(self, levels: NDArray[np.void]) -> list[tuple[str, str, int]]:
        return [(self.price.text(price), self.qty.text(lots), orders) for price, lots, orders in levels.tolist()]


def listed(instruments: NDArray[np.void], assets: NDArray[np.void], titles: Mapping[str, str]) -> dict[int, Listed]:
    """Every instrument by its number, from copies of the two tables, row 0 included."""
    return {
        int(row["instrument_id"]): _listed(row, assets, titles) for row in instruments if row["instrument_id"] != NOBODY
    }


def _listed(row: np.void, assets: NDArray[np.void], titles: Mapping[str, str]) -> Listed:
    base, quote = assets[row["base_asset_id"]], assets[row["quote_asset_id"]]
    lot = Decimal(int(row["base_atoms_per_lot"])).scaleb(-int(base["decimals"]))
    # A lot is exact, and so is what a tick of it costs; their quotient is the price step.
    tick = Decimal(int(row["atoms_per_tick_lot"])).scaleb(-int(quote["decimals"])) / lot
    price, qty = Scale(tick), Scale(lot)
    name, reference = name_text(row["name"]), int(row["reference_price_ticks"])
    return Listed(
        name,
        price,
        qty,
        messages.Instrument(
            name=name,
            title=titles.get(name, ""),
            asset_class=AssetClass(row["asset_class"]).name,
            base=name_text(base["name"]),
            quote=name_text(quote["name"]),
            status=InstrumentStatus(row["status"]).name,
            tick=price.text(1),
            lot=qty.text(1),
            qty_min=qty.text(row["qty_min_lots"]),
            qty_max=qty.text(row["qty_max_lots"]),
            price_max=price.text(row["price_max_ticks"]),
            reference_price=price.text(reference) if reference else None,
        ),
    )
