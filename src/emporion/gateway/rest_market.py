"""What everybody may see: the venue, assets, instruments, books, trades, candles."""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from emporion.gateway import cursors
from emporion.gateway.call import Call
from emporion.gateway.catalog import Listed
from emporion.gateway.contract_views import contract_of
from emporion.gateway.cursors import Page, page_query
from emporion.gateway.decimals import PPM_SCALE
from emporion.gateway.door import Door
from emporion.gateway.entry import nanoseconds
from emporion.gateway.link.pool_questions import Contracts, QuestionRows
from emporion.gateway.link.questions import Balances, Books, HistoryCandles, HistoryTrades
from emporion.gateway.problems import fail
from emporion.gateway.router import Route
from emporion.gateway.stories import SIDES
from emporion.schema.codes import AssetClass, InstrumentStatus
from emporion.schema.limits import NOTIONAL_MAX, OUTSIDE_ACCOUNT
from emporion.venue.catalog import underlying
from emporion.venue.values import text_of
from emporion.version import VERSION
from emporion.wire.checksum import checksum
from emporion.wire.contracts import Contract
from emporion.wire.market import Asset, Book, Candle, Instrument, Status, Ticker, Trade
from emporion.wire.values import InstrumentName, Interval, Ns

CLASSES: list[Any] = text_of(AssetClass)
STATUSES: list[Any] = text_of(InstrumentStatus)
CANDLES_MAX = 5_000


class InstrumentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which instrument."""

    instrument: InstrumentName


class BookQuery(InstrumentQuery, frozen=True, forbid_unknown_fields=True):
    depth: Annotated[int, Meta(ge=1, le=1_000, description="Levels of each side.")] = 20


TradesQuery = page_query(("instrument", InstrumentName, msgspec.NODEFAULT), name="TradesQuery")


class CandlesQuery(InstrumentQuery, frozen=True, forbid_unknown_fields=True):
    """The last `limit` that begin at or after `start_ns` and before `end_ns`."""

    interval: Interval = "1m"
    start_ns: Ns = "0"
    end_ns: Ns | None = None
    limit: Annotated[int, Meta(ge=1, le=CANDLES_MAX)] = 500


async def status(door: Door, call: Call) -> Status:
    link = door.link
    return Status("ok", link.seq, str(link.ts_ns), VERSION, door.catalog.simulation, door.sign_up)


async def assets(door: Door, call: Call) -> Page[Asset]:
    await door.catalog.catch_up()
    outside = (await door.link.ask(Balances(OUTSIDE_ACCOUNT))).balances
    supply = dict(zip(outside["asset_id"].tolist(), outside["free_atoms"].tolist(), strict=True))
    return Page([asset_of(each, -supply.get(each.asset_id, 0)) for each in door.catalog.assets[1:]])


async def instruments(door: Door, call: Call) -> Page[Instrument]:
    await door.catalog.catch_up()
    rows, contracts = door.catalog.rows, await contracts_now(door, 0)
    return Page(
        [
            instrument_of(listed, rows[listed.instrument_id], contracts.get(listed.instrument_id))
            for listed in door.catalog.known_instruments()
        ]
    )


async def instrument(door: Door, call: Call) -> Instrument:
    await door.catalog.catch_up()
    listed = door.catalog.instrument(call.query.instrument)
    row = door.catalog.rows[listed.instrument_id]
    contracts = await contracts_now(door, listed.instrument_id) if row["contract"] else {}
    return instrument_of(listed, row, contracts.get(listed.instrument_id))


async def contracts_now(door: Door, instrument_id: int) -> dict[int, Contract]:
    """What contracts have besides, by instrument; of one, or with 0 of all."""
    if not door.catalog.rows["contract"].any():
        return {}
    answer = await door.link.ask(Contracts(instrument_id))
    questions = (await door.link.ask(QuestionRows())).questions
    known, titles = len(door.catalog.instruments), door.catalog.titles
    return {
        number: contract_of(door.catalog.listed(number), row, due, questions, titles)
        for row, due in zip(answer.contracts, answer.due_ns, strict=True)
        if (number := int(row["instrument_id"])) < known
    }


async def tickers(door: Door, call: Call) -> Page[Ticker]:
    return Page(await door.tickers())


async def ticker(door: Door, call: Call) -> Ticker:
    listed = door.catalog.instrument(call.query.instrument)
    for each in await door.tickers():
        if each.instrument == listed.name:
            return each
    raise fail(
        503, "BUSY", "The ticker of a new listing is not made yet.", "Ask again in a moment.", retry_after_ms=100
    )


async def book(door: Door, call: Call) -> Book:
    listed = door.catalog.instrument(call.query.instrument)
    answer = await door.link.ask(Books([listed.instrument_id], call.query.depth))
    bids, asks = levels(listed, answer.books[0].bids), levels(listed, answer.books[0].asks)
    return Book(listed.name, answer.seq, bids, asks, checksum(bids, asks))


async def trades(door: Door, call: Call) -> Page[Trade]:
    listed = door.catalog.instrument(call.query.instrument)
    kind, limit = f"trades {listed.instrument_id}", call.query.limit
    before = cursors.read(kind, call.query.cursor)
    answer = await door.link.ask(HistoryTrades(listed.instrument_id, *before, limit))
    rows = answer.table.rows
    names = ["seq", "n", "ts_ns", "price_ticks", "qty_lots", "side"]
    items = [
        Trade(seq, match, str(ts_ns), listed.name, SIDES[side], listed.price.text(price), listed.qty.text(qty))
        for seq, match, ts_ns, price, qty, side in rows[names].tolist()
    ]
    return Page(items, cursors.write(kind, items[-1].seq, items[-1].match) if len(items) == limit else None)


async def candles(door: Door, call: Call) -> Page[Candle]:
    query: Any = call.query
    listed = door.catalog.instrument(query.instrument)
    start, end = nanoseconds(query.start_ns, "start_ns"), nanoseconds(query.end_ns or "0", "end_ns")
    answer = await door.link.ask(HistoryCandles(listed.instrument_id, query.interval, start, end, query.limit))
    price, qty, amount = listed.price.text, listed.qty.text, listed.quote.amount.plain
    rows = answer.table.rows
    names = [
        "start_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks", "qty_lots", "turnover_hi", "turnover_lo",
        "trades",
    ]  # fmt: skip
    return Page(
        [
            Candle(
                str(start_ns), price(first), price(high), price(low), price(last), qty(lots),
                amount((turnover_hi << 32) + turnover_lo), count,
            )
            for start_ns, first, high, low, last, lots, turnover_hi, turnover_lo, count in rows[names].tolist()
        ]
    )  # fmt: skip


def levels(listed: Listed, rows: np.ndarray) -> list[tuple[str, str, int]]:
    """One side of a book as text."""
    price, qty = listed.price.text, listed.qty.text
    return [(price(ticks), qty(lots), orders) for ticks, lots, orders in rows.tolist()]


def asset_of(asset: Any, supply_atoms: int) -> Asset:
    """An asset as it is shown."""
    return Asset(
        asset.asset_id, asset.name, asset.decimals, CLASSES[asset.asset_class], asset.amount.plain(supply_atoms)
    )


def instrument_of(listed: Listed, row: np.void, contract: Contract | None = None) -> Instrument:
    """An instrument as it is shown, from a copy of its row."""
    price, qty, amount = listed.price.text, listed.qty.text, listed.quote.amount.plain

    def price_or_none(name: str) -> str | None:
        return price(row[name]) if row[name] else None

    bound = int(row["notional_max_atoms"])
    return Instrument(
        instrument_id=listed.instrument_id,
        name=listed.name,
        title=listed.title,
        base=listed.base.name or underlying(listed.name),
        quote=listed.quote.name,
        asset_class=CLASSES[listed.asset_class],
        status=STATUSES[row["status"]],
        tick=price(1),
        lot=qty(1),
        qty_min=qty(row["qty_min_lots"]),
        qty_max=qty(row["qty_max_lots"]),
        price_max=price(row["price_max_ticks"]),
        notional_min=amount(row["notional_min_atoms"]),
        notional_max=amount(bound) if bound and bound != NOTIONAL_MAX else None,
        reference=price_or_none("reference_price_ticks"),
        band=PPM_SCALE.plain(row["band_ppm"]),
        fee_schedule=int(row["fee_schedule"]),
        last_price=price_or_none("last_price_ticks"),
        best_bid=price_or_none("best_bid_ticks"),
        best_ask=price_or_none("best_ask_ticks"),
        traded=qty(row["traded_lots"]),
        trades=int(row["trades"]),
        contract=contract,
    )


ROUTES = (
    Route("GET", "/v1/status", status, "How far the venue is, and who may come in.", "market", result=Status),
    Route("GET", "/v1/assets", assets, "All assets.", "market", result=Page[Asset]),
    Route("GET", "/v1/instruments", instruments, "All instruments, as they stand.", "market", result=Page[Instrument]),
    Route(
        "GET", "/v1/instrument", instrument, "One instrument, as it stands.", "market", query=InstrumentQuery,
        result=Instrument, problems=(404,),
    ),
    Route("GET", "/v1/tickers", tickers, "How everything trades now.", "market", result=Page[Ticker]),
    Route(
        "GET", "/v1/ticker", ticker, "How one instrument trades now.", "market", query=InstrumentQuery, result=Ticker,
        problems=(404,),
    ),
    Route(
        "GET", "/v1/book", book, "The best levels of both sides of a book.", "market", query=BookQuery, result=Book,
        problems=(404,),
    ),
    Route(
        "GET", "/v1/trades", trades, "Trades of an instrument, newest first.", "market", query=TradesQuery,
        result=Page[Trade], problems=(404,),
    ),
    Route(
        "GET", "/v1/candles", candles, "Candles of an instrument, oldest first: the last ones of a stretch of time.",
        "market", query=CandlesQuery, result=Page[Candle], problems=(404,),
    ),
)  # fmt: skip
