"""Replacing an order: named by its number or its client id."""

import numpy as np

from emporion.gateway import entry
from emporion.gateway.call import Call
from emporion.gateway.catalog import Listed
from emporion.gateway.client_ids import HALVES, NONE, raw_in_path, raw_of
from emporion.gateway.decimals import OffGrid
from emporion.gateway.door import Door
from emporion.gateway.link.order_views import ORDER_VIEW_STRUCT
from emporion.gateway.link.questions import FindOrder
from emporion.gateway.look import changed_order
from emporion.gateway.problems import ProblemError, fail, of_reject, off_grid
from emporion.gateway.stories import KIND, REASON, REJECTED, SEQ, from_view, tell, tuples
from emporion.schema.codes import Reject
from emporion.wire.trading import Order, ReplaceOrder


async def replace(door: Door, call: Call) -> Order:
    """Change an open order. `qty` is the new total, what is done included; at or below that it is cancelled."""
    order_id, body = call.number("order_id"), call.body
    what = f"replace order {order_id}"
    listed_id, qty_lots = door.instruments_of.get(order_id, 0), 0
    if not listed_id or body.qty is None:  # What it trades is for good; its quantity may have changed.
        view = await _open(door, call, FindOrder(order_id=order_id), what)
        listed_id, qty_lots = int(view["instrument_id"]), int(view["qty_lots"])
    cl_ord_id = raw_of(body.new_cl_ord_id, "new_cl_ord_id") if body.new_cl_ord_id is not None else NONE
    return await _replaced(door, call, door.catalog.listed(listed_id), qty_lots, order_id, cl_ord_id, what)


async def replace_by_client_id(door: Door, call: Call) -> Order:
    """The same for the open order that goes by a client id, which it keeps."""
    if call.body.new_cl_ord_id is not None:
        raise fail(
            400, "BAD_FIELD", "An order named by its client id keeps it.",
            "Name the order by its number to give it another client id.", field="new_cl_ord_id",
        )  # fmt: skip
    cl_ord_id = raw_in_path(call.param)
    hi, lo = HALVES.unpack(cl_ord_id)
    what = f"replace the order {call.param!r} of {call.who.account}"
    view = await _open(door, call, FindOrder(0, call.who.account_id, hi, lo), what)
    listed, qty_lots = door.catalog.listed(int(view["instrument_id"])), int(view["qty_lots"])
    return await _replaced(door, call, listed, qty_lots, 0, cl_ord_id, what)


async def _open(door: Door, call: Call, question: FindOrder, what: str) -> np.void:
    """The open order that is meant."""
    rows = (await door.link.ask(question)).order
    if not len(rows) or rows["account_id"][0] != call.who.account_id:
        raise ProblemError(of_reject(Reject.UNKNOWN_ORDER, what))
    view: np.void = rows[0]
    return view


async def _replaced(
    door: Door, call: Call, listed: Listed, qty_lots: int, order_id: int, cl_ord_id: bytes, what: str
) -> Order:
    body: ReplaceOrder = call.body
    field = "qty"
    try:
        qty = listed.qty.count(body.qty) if body.qty is not None else qty_lots
        field = "price"
        price = listed.price.count(body.price) if body.price is not None else 0
    except OffGrid as error:
        raise off_grid(error, field) from None
    if body.price is not None and not price:
        raise ProblemError(of_reject(Reject.BAD_PRICE, what))  # To the kernel 0 means to keep the present one.
    rows = entry.replace(call.who.account_id, order_id, qty, price, cl_ord_id, call.tag)
    reply = await door.link.submit(rows, call.take_ticket(), call.tag)
    call.seq, call.passed = reply.first_seq, reply.passed
    events = tuples(reply.events)
    for event in events:
        if event[KIND] == REJECTED and event[SEQ] == reply.first_seq:
            duplicate = event[1] if event[REASON] == Reject.DUPLICATE else 0
            raise ProblemError(of_reject(event[REASON], what, duplicate))
    if not len(reply.orders):
        return await changed_order(door, call.who.account_id, events, reply.first_seq)
    story = tell(
        from_view(ORDER_VIEW_STRUCT.unpack(reply.orders.tobytes()), door.catalog), events, reply.ts_ns, door.catalog
    )
    story.seq = reply.first_seq
    if body.new_cl_ord_id is not None:
        story.cl_ord_id = body.new_cl_ord_id
    return story.order(door.catalog)
