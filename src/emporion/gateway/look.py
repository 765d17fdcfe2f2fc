"""Looking an order up, whatever became of it: open ones in the node, ended ones in the history."""

import asyncio
import time
from typing import Any

import msgspec

from emporion.gateway.client_ids import HALVES
from emporion.gateway.client_ids import text_of as client_id_text
from emporion.gateway.door import Door
from emporion.gateway.link.order_views import ORDER_VIEW_STRUCT
from emporion.gateway.link.questions import FindOrder, HistoryAnswer, HistoryOrder
from emporion.gateway.problems import fail
from emporion.gateway.stories import (
    ACCOUNT,
    CANCELED,
    KIND,
    ORDER_ID,
    REPLACED,
    SEQ,
    SIDES,
    EventTuple,
    Story,
    from_view,
)
from emporion.schema.codes import OrderStatus
from emporion.wire.trading import Fill, Order

CATCH_UP_SECONDS = 5.0  # For a history that is being made up after a start.
LOOK_SECONDS = 0.02
OPEN = (int(OrderStatus.NEW), int(OrderStatus.PARTIALLY_FILLED))


async def order_by_id(door: Door, account_id: int, order_id: int) -> Order | None:
    """One order of an account with all its fills, oldest first; None where the account has no such order."""
    found = await door.link.ask(FindOrder(order_id=order_id))
    question = HistoryOrder(order_id, account_id)
    if not len(found.order_raw):
        return await _ended(door, question, found.seq)
    story = from_view(ORDER_VIEW_STRUCT.unpack(found.order_raw), door.catalog)
    if story.account_id != account_id:
        return None
    if story.cum:
        past = await _past(door, question, found.seq, wants_row=True)
        if past.fills is not None:
            story.fills = fills_of(door, past.fills.rows)
    return story.order(door.catalog)


async def order_by_client_id(door: Door, account_id: int, hi: int, lo: int) -> Order | None:
    """The same for the account's newest order that goes, or went, by a client id."""
    found = await door.link.ask(FindOrder(0, account_id, hi, lo))
    if len(found.order_raw):
        return await order_by_id(door, account_id, found.order_id)
    return await _ended(door, HistoryOrder(0, account_id, hi, lo), found.seq)


async def first_order(door: Door, account_id: int, cl_ord_id: bytes, order_id: int, status: int) -> Order | None:
    """The order that a client id was first used for, marked as repeated.

    None when it was no order that used it, but a transfer, say. `status` is what DUPLICATE said of it.
    """
    order = await order_by_id(door, account_id, order_id) if order_id else None
    if order is None:
        return None
    # Ledger commands count as FILLED, and their holds are numbered like orders.
    if status == OrderStatus.FILLED and order.cl_ord_id != client_id_text(*HALVES.unpack(cl_ord_id)):
        return None
    return msgspec.structs.replace(order, repeated=True)


async def changed_order(door: Door, account_id: int, events: list[EventTuple], seq: int) -> Order:
    """An order that a command changed though it was not open when its group began: somebody guessed its number."""
    for event in events:
        if event[SEQ] == seq and event[KIND] in (CANCELED, REPLACED) and event[ACCOUNT] == account_id:
            order = await order_by_id(door, account_id, event[ORDER_ID])
            if order is not None:
                return msgspec.structs.replace(order, seq=seq)
    raise fail(503, "BUSY", "It is done, but what became of the order cannot be said yet.", "Look at the order.")


async def _ended(door: Door, question: HistoryOrder, seq: int) -> Order | None:
    """An order that is not open any more; None where the history knows none, or another account's."""
    past = await _past(door, question, seq, wants_row=False)
    rows = past.table.rows
    if not len(rows) or rows["account_id"][0] != question.account_id:
        return None
    story = ended_story(door, rows[0])
    story.fills = fills_of(door, past.fills.rows) if past.fills is not None else []
    return story.order(door.catalog)


async def _past(door: Door, question: HistoryOrder, seq: int, wants_row: bool) -> HistoryAnswer:
    """What the history says, once it is as far as `seq`: after a start it is made up for in the background."""
    until = time.monotonic() + CATCH_UP_SECONDS
    while True:
        answer: HistoryAnswer = await door.link.ask(question)
        rows = answer.table.rows
        is_there = len(rows) and (wants_row or rows["status"][0] not in OPEN)
        if answer.seq >= seq or (is_there and not wants_row) or time.monotonic() > until:
            return answer
        await asyncio.sleep(LOOK_SECONDS)


def ended_story(door: Door, row: Any) -> Story:
    """An ended order from its row of the history."""
    story = Story(
        int(row["order_id"]), int(row["account_id"]), door.catalog.listed(int(row["instrument_id"])), int(row["side"]),
        int(row["tif"]), int(row["price_ticks"]), int(row["qty_lots"]), int(row["leaves_lots"]), int(row["flags"]),
        int(row["stp"]), int(row["display_lots"]), int(row["trigger_ticks"]), int(row["expire_ns"]),
        client_id_text(int(row["cl_ord_id_hi"]), int(row["cl_ord_id_lo"])), int(row["entry_ns"]), int(row["entry_seq"]),
        int(row["trail_ticks"]), int(row["link"]), int(row["related_id"]),
    )  # fmt: skip
    story.cum, story.status, story.reason = int(row["cum_lots"]), int(row["status"]), int(row["reason"])
    return story


def fills_of(door: Door, rows: Any) -> list[Fill]:
    """Fills from rows of the history, in their order."""
    names = [
        "seq", "ts_ns", "order_id", "account_id", "instrument_id", "side", "role", "price_ticks", "qty_lots",
        "leaves_lots", "fee_atoms",
    ]  # fmt: skip
    fills = []
    for seq, ts_ns, order_id, account_id, instrument_id, side, role, price, qty, leaves, fee in rows[names].tolist():
        listed = door.catalog.listed(instrument_id)
        fills.append(
            Fill(
                seq, str(ts_ns), order_id, door.catalog.account_name(account_id), listed.name, SIDES[side],
                "maker" if role == 1 else "taker", listed.price.text(price), listed.qty.text(qty),
                listed.qty.text(leaves), listed.quote.amount.plain(fee),
            )
        )  # fmt: skip
    return fills
