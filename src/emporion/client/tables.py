"""Lists from the wire as frames: the same columns, whole numbers and units as the in-process views have."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.client.core import Listed
from emporion.client.values import cl_ord_id_of
from emporion.schema.codes import FillFlag, OrderStatus, Side, Stp, Tif
from emporion.schema.messages import DEPTH_ROW
from emporion.schema.postings import ENTRY_TEXTS
from emporion.venue.book import Book, book_of
from emporion.venue.frames import Column, Frame, decimals, integers, labels, objects, times
from emporion.venue.margin_things import FundingPoint, Position
from emporion.venue.margining import FINER, RATE
from emporion.venue.things import Balance, Entry, Fill, Order, Trade
from emporion.venue.ties import LINK_TEXTS
from emporion.venue.values import text_of
from emporion.wire import accounts, contracts, margin, market, trading

SIDES, TIFS, STPS, STATUSES, ROLES = (text_of(kind) for kind in (Side, Tif, Stp, OrderStatus, FillFlag))
EXACT = Context(prec=60)


def units(text: str, unit: Decimal) -> int:
    """How many units exact text of the venue is."""
    return int(EXACT.divide(Decimal(text), unit))


def book(said: market.Book, tick: Decimal, lot: Decimal) -> Book:
    """A book as the in-process API has it."""
    rows = np.zeros(len(said.bids) + len(said.asks), DEPTH_ROW)
    for i, (price, qty, orders) in enumerate([*said.bids, *said.asks]):
        rows[i] = (units(price, tick), units(qty, lot), orders)
    return book_of(said.instrument, said.seq, rows, len(said.bids), tick, lot)


def orders(items: Sequence[trading.Order], listed: Listed) -> Frame:
    """Open orders."""
    of = _numbers([item.instrument for item in items], listed.instrument_ids)
    columns = [
        integers("order_id", _integers(item.order_id for item in items)),
        _accounts([item.account for item in items], listed),
        _instruments(of, listed),
        _labels("side", [item.side for item in items], SIDES),
        _labels("tif", [item.tif for item in items], TIFS),
        _prices("price", [item.price for item in items], of, listed),
        _lots("qty", [item.qty for item in items], of, listed),
        _lots("cum", [item.cum for item in items], of, listed),
        _lots("leaves", [item.leaves for item in items], of, listed),
        _labels("status", [item.status for item in items], STATUSES),
        objects("flags", [tuple(item.flags) for item in items]),
        _labels("stp", [item.stp for item in items], STPS),
        _lots("display", [item.display for item in items], of, listed, zero_is_none=True),
        _prices("trigger", [item.trigger for item in items], of, listed, zero_is_none=True),
        objects("trigger_by", [item.trigger_by for item in items]),
        _prices("trail", [item.trail for item in items], of, listed, zero_is_none=True),
        labels(
            "link", _integers(LINK_TEXTS.index(item.link or "none") for item in items), LINK_TEXTS, zero_is_none=True
        ),
        integers("related_id", _integers(item.related_id or 0 for item in items), zero_is_none=True),
        integers("expire_ns", _integers(int(item.expire_ns or 0) for item in items), zero_is_none=True),
        objects("cl_ord_id", [cl_ord_id_of(item.cl_ord_id) for item in items]),
    ]
    return Frame(columns, Order)


def fills(items: Sequence[trading.Fill], listed: Listed) -> Frame:
    """Fills, in the order given."""
    of = _numbers([item.instrument for item in items], listed.instrument_ids)
    quotes = np.array([listed.quotes[number] for number in of.tolist()], np.int64)
    columns = [
        integers("seq", _integers(item.seq for item in items)),
        times("ts_ns", _integers(int(item.ts_ns) for item in items)),
        integers("order_id", _integers(item.order_id for item in items)),
        _accounts([item.account for item in items], listed),
        _instruments(of, listed),
        _labels("side", [item.side for item in items], SIDES),
        _labels("role", [item.role for item in items], ROLES),
        _prices("price", [item.price for item in items], of, listed),
        _lots("qty", [item.qty for item in items], of, listed),
        _lots("leaves", [item.leaves for item in items], of, listed),
        _atoms("fee", [item.fee for item in items], quotes, listed),
    ]
    return Frame(columns, Fill)


def trades(items: Sequence[market.Trade], listed: Listed) -> Frame:
    """Trades, in the order given."""
    of = _numbers([item.instrument for item in items], listed.instrument_ids)
    columns = [
        integers("seq", _integers(item.seq for item in items)),
        times("ts_ns", _integers(int(item.ts_ns) for item in items)),
        _instruments(of, listed),
        _labels("side", [item.side for item in items], SIDES),
        _prices("price", [item.price for item in items], of, listed),
        _lots("qty", [item.qty for item in items], of, listed),
    ]
    return Frame(columns, Trade)


def positions(items: Sequence[margin.Position], listed: Listed) -> Frame:
    """Positions, in the order given."""
    of = _numbers([item.instrument for item in items], listed.instrument_ids)
    settle = np.array([listed.quotes[number] for number in of.tolist()], np.int64)
    names = [item.account for item in items]
    finer = {number: tick * FINER for number, tick in listed.ticks.items()}
    columns = [
        _accounts(names, listed),
        _instruments(of, listed),
        _lots("qty", [item.qty for item in items], of, listed),
        _decimals("entry", [item.entry for item in items], of, finer, True),
        _prices("mark", [item.mark for item in items], of, listed, zero_is_none=True),
        _atoms("value", [item.value for item in items], settle, listed),
        _atoms("unrealized", [item.unrealized for item in items], settle, listed),
        _atoms("unposted", [item.unposted for item in items], settle, listed),
        _prices("liquidation", [item.liquidation for item in items], of, listed, zero_is_none=True),
        _lots("buy_open", [item.buy_open for item in items], of, listed),
        _lots("sell_open", [item.sell_open for item in items], of, listed),
    ]
    return Frame(columns, Position)


def fundings(items: Sequence[contracts.FundingPoint], listed: Listed) -> Frame:
    """Funding rates, in the order given."""
    of = _numbers([item.instrument for item in items], listed.instrument_ids)
    columns = [
        integers("seq", _integers(item.seq for item in items)),
        times("ts_ns", _integers(int(item.ts_ns) for item in items)),
        _instruments(of, listed),
        decimals("rate", _integers(units(item.rate, RATE) for item in items), [RATE]),
        _prices("index", [item.index for item in items], of, listed),
    ]
    return Frame(columns, FundingPoint)


def balances(items: Sequence[accounts.Balance], listed: Listed) -> Frame:
    """Balances, in the order given."""
    of = _numbers([item.asset for item in items], listed.asset_ids)
    columns = [
        _accounts([item.account for item in items], listed),
        _assets(of, listed),
        _atoms("total", [item.total for item in items], of, listed),
        _atoms("free", [item.free for item in items], of, listed),
        _atoms("in_orders", [item.in_orders for item in items], of, listed),
        _atoms("held", [item.held for item in items], of, listed),
    ]
    return Frame(columns, Balance)


def entries(items: Sequence[accounts.Entry], listed: Listed) -> Frame:
    """Entries of a ledger, in the order given."""
    of = _numbers([item.asset for item in items], listed.asset_ids)
    columns = [
        integers("seq", _integers(item.seq for item in items)),
        times("ts_ns", _integers(int(item.ts_ns) for item in items)),
        _accounts([item.account for item in items], listed),
        _assets(of, listed),
        _labels("kind", [item.kind for item in items], ENTRY_TEXTS),
        _atoms("amount", [item.amount for item in items], of, listed),
        integers("order_id", _integers(item.order_id for item in items)),
    ]
    return Frame(columns, Entry)


# --- Columns ---


def _integers(values: Any) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _numbers(names: Sequence[str], ids: dict[str, int]) -> NDArray[np.int64]:
    return np.array([ids[name] for name in names], np.int64)


def _by_number(ids: dict[str, int]) -> list[str]:
    """Names by number, "" where none is known."""
    texts = [""] * (max(ids.values(), default=0) + 1)
    for name, number in ids.items():
        texts[number] = name
    return texts


def _labels(name: str, values: Sequence[str], texts: Sequence[str]) -> Column:
    number_of = {text: number for number, text in reversed(list(enumerate(texts)))}
    return labels(name, np.array([number_of[value] for value in values], np.int64), texts)


def _accounts(names: Sequence[str], listed: Listed) -> Column:
    return labels("account", _numbers(names, listed.account_ids), _by_number(listed.account_ids))


def _instruments(of: NDArray[np.int64], listed: Listed) -> Column:
    return labels("instrument", of, _by_number(listed.instrument_ids))


def _assets(of: NDArray[np.int64], listed: Listed) -> Column:
    return labels("asset", of, _by_number(listed.asset_ids))


def _decimals(
    name: str, texts: Sequence[str | None], of: NDArray[np.int64], by_number: dict[int, Decimal], zero_is_none: bool
) -> Column:
    every = [by_number.get(number, Decimal(1)) for number in range(max(by_number, default=0) + 1)]
    raw = _integers(
        0 if text is None else units(text, every[number]) for text, number in zip(texts, of.tolist(), strict=True)
    )
    return decimals(name, raw, every, of, zero_is_none=zero_is_none)


def _prices(
    name: str, texts: Sequence[str | None], of: NDArray[np.int64], listed: Listed, zero_is_none: bool = False
) -> Column:
    return _decimals(name, texts, of, listed.ticks, zero_is_none)


def _lots(
    name: str, texts: Sequence[str | None], of: NDArray[np.int64], listed: Listed, zero_is_none: bool = False
) -> Column:
    return _decimals(name, texts, of, listed.lots, zero_is_none)


def _atoms(name: str, texts: Sequence[str | None], of: NDArray[np.int64], listed: Listed) -> Column:
    return _decimals(name, texts, of, listed.atoms, False)
