"""Orders: place, one or many; cancel, one, many or all. The hot path of the door is `place`."""

from typing import Any

import msgspec

from emporion.gateway import entry
from emporion.gateway.call import Answer, Call
from emporion.gateway.client_ids import HALVES, NONE, raw_in_path
from emporion.gateway.client_ids import text_of as client_id_text
from emporion.gateway.door import Door
from emporion.gateway.link.link import Reply
from emporion.gateway.link.order_views import ORDER_VIEW_STRUCT
from emporion.gateway.look import changed_order, first_order
from emporion.gateway.preview import preview
from emporion.gateway.problems import ProblemError, of_reject
from emporion.gateway.rest_money import act
from emporion.gateway.rest_replace import replace, replace_by_client_id
from emporion.gateway.router import Route
from emporion.gateway.stories import (
    ACCEPTED,
    CANCELED,
    FLAG,
    KIND,
    LEAVES,
    ORDER_ID,
    PRICE,
    QTY,
    REASON,
    REJECTED,
    SEQ,
    EventTuple,
    Story,
    from_view,
    tell,
    tuples,
)
from emporion.schema.codes import Reject
from emporion.schema.limits import BATCH_ROWS
from emporion.wire.accounts import Done
from emporion.wire.trading import (
    BATCH_MAX,
    CancelOrders,
    Deadman,
    MassCanceled,
    Order,
    PlacedOrder,
    PlacedOrders,
    PlaceOrder,
    PlaceOrders,
    Preview,
    ReplaceOrder,
)
from emporion.wire.values import InstrumentName, SideText

assert 2 * BATCH_MAX <= BATCH_ROWS  # An order is two rows at most.
DUPLICATE, BY_MASS_CANCEL = int(Reject.DUPLICATE), int(Reject.BY_MASS_CANCEL)
INSTRUMENTS_KEPT = 65_536  # Of orders placed here: whoever replaces one need not ask what it trades.


class MassCancelQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the account's orders; all, when nothing is said."""

    instrument: InstrumentName | None = None
    side: SideText | None = None


# --- Placing -----------------------------------------------------------------------------------------


async def place(door: Door, call: Call) -> Answer:
    """Place one order; what it did at once is in the answer, its fills included."""
    account_id = call.who.account_id
    body: PlaceOrder = call.body
    terms = entry.terms_of(body, door.catalog)
    rows = entry.place(terms, account_id, call.tag)
    reply = await door.link.submit(rows, call.take_ticket(), call.tag)
    call.seq = reply.first_seq
    call.passed = reply.passed
    events = tuples(reply.events)
    head = _head(events, reply.first_seq)
    if head[KIND] == ACCEPTED:
        return Answer(_encode(placed(door, terms, head, events, reply)), 201)
    if head[REASON] == DUPLICATE:
        first = await first_order(door, account_id, terms.cl_ord_id, head[ORDER_ID], head[FLAG])
        if first is not None:
            return Answer(_encode(first), 200)
    raise ProblemError(
        of_reject(head[REASON], _what(body, call.who.account), head[ORDER_ID] * (head[REASON] == DUPLICATE))
    )


async def place_batch(door: Door, call: Call) -> PlacedOrders:
    """Place several orders as one durable batch. A refused one does not stop the others."""
    account_id, account = call.who.account_id, call.who.account
    wanted: list[PlaceOrder] = call.body.orders
    results: list[PlacedOrder | None] = [None] * len(wanted)
    packed: list[bytes] = []
    sent: list[tuple[int, entry.Terms]] = []
    for number, order in enumerate(wanted):
        try:
            terms = entry.terms_of(order, door.catalog, f"orders[{number}].")
        except ProblemError as error:
            results[number] = PlacedOrder(None, error.problem)
            continue
        packed.append(entry.place(terms, account_id, call.tag))
        sent.append((number, terms))
    call.cost(len(wanted))
    if sent:
        reply = await door.link.submit(b"".join(packed), call.take_ticket(), call.tag)
        call.seq, call.passed = reply.first_seq, reply.passed
        own = _by_command(tuples(reply.events), reply.first_seq)
        told = _by_order(reply)
        for place_in_batch, (number, terms) in enumerate(sent):
            head = own[place_in_batch]
            if head[KIND] == ACCEPTED:
                accepted = placed(door, terms, head, told.get(head[ORDER_ID], []), reply)
                results[number] = PlacedOrder(accepted, None)
                continue
            if head[REASON] == DUPLICATE:
                first = await first_order(door, account_id, terms.cl_ord_id, head[ORDER_ID], head[FLAG])
                if first is not None:
                    results[number] = PlacedOrder(first, None)
                    continue
            refused = of_reject(
                head[REASON], _what(wanted[number], account), head[ORDER_ID] * (head[REASON] == DUPLICATE),
                f"orders[{number}].",
            )  # fmt: skip
            results[number] = PlacedOrder(None, refused)
    return PlacedOrders([result for result in results if result is not None])


def placed(door: Door, terms: entry.Terms, head: EventTuple, events: list[EventTuple], reply: Reply) -> Order:
    """An order from its terms, its ACCEPTED event, and what followed."""
    kept = door.instruments_of
    if len(kept) > INSTRUMENTS_KEPT:
        kept.clear()
    order_id = head[ORDER_ID]
    kept[order_id] = terms.listed.instrument_id
    cl_ord_id = terms.cl_ord_id
    story = Story(
        order_id, head[6], terms.listed, terms.side, terms.tif, head[PRICE], head[QTY], head[LEAVES], terms.flags,
        terms.stp, terms.display_lots, terms.trigger_ticks, terms.expire_ns,
        client_id_text(*HALVES.unpack(cl_ord_id)) if cl_ord_id != NONE else None, reply.ts_ns, head[SEQ],
        terms.trail_ticks, terms.link, terms.related_id,
    )  # fmt: skip
    if len(events) > 1:
        tell(story, events, reply.ts_ns, door.catalog)
    return story.order(door.catalog)


# --- Cancelling --------------------------------------------------------------------------------------


async def cancel(door: Door, call: Call) -> Order:
    """Cancel an open order by its number."""
    rows = entry.cancel(call.who.account_id, call.number("order_id"), call.tag)
    return await _canceled(door, call, rows, f"cancel order {call.param}")


async def cancel_by_client_id(door: Door, call: Call) -> Order:
    """Cancel the open order that goes by a client id."""
    rows = entry.cancel_by_cl_ord_id(call.who.account_id, raw_in_path(call.param), call.tag)
    return await _canceled(door, call, rows, f"cancel the order {call.param!r} of {call.who.account}")


async def cancel_batch(door: Door, call: Call) -> PlacedOrders:
    """Cancel several orders as one durable batch. A refused one does not stop the others."""
    account_id, order_ids = call.who.account_id, call.body.order_ids
    call.cost(len(order_ids))
    rows = b"".join([entry.cancel(account_id, order_id, call.tag) for order_id in order_ids])
    reply = await door.link.submit(rows, call.take_ticket(), call.tag)
    call.seq, call.passed = reply.first_seq, reply.passed
    views = {view[0]: view for view in ORDER_VIEW_STRUCT.iter_unpack(reply.orders.tobytes())}
    refused = {event[SEQ]: event for event in tuples(reply.events) if event[KIND] == REJECTED}
    told = _by_order(reply)
    results = []
    for number, order_id in enumerate(order_ids):
        event = refused.get(reply.first_seq + number)
        if event is None and order_id not in views:
            changed = await changed_order(door, account_id, tuples(reply.events), reply.first_seq + number)
            results.append(PlacedOrder(changed, None))
        elif event is None:
            story = tell(from_view(views[order_id], door.catalog), told.get(order_id, []), reply.ts_ns, door.catalog)
            story.seq = reply.first_seq + number
            results.append(PlacedOrder(story.order(door.catalog), None))
        else:
            problem = of_reject(event[REASON], f"cancel order {order_id}")
            results.append(PlacedOrder(None, msgspec.structs.replace(problem, field=f"order_ids[{number}]")))
    return PlacedOrders(results)


async def cancel_all(door: Door, call: Call) -> MassCanceled:
    """Cancel all orders of the account, or those of one instrument or side."""
    query: Any = call.query
    instrument_id = door.catalog.instrument(query.instrument).instrument_id if query.instrument is not None else 0
    side = entry.SIDE[query.side] if query.side is not None else 0
    account_id = call.who.account_id
    rows = entry.mass_cancel(account_id, instrument_id, side, call.tag)
    reply = await door.link.submit(rows, call.take_ticket(), call.tag)
    call.seq, call.passed = reply.first_seq, reply.passed
    events = tuples(reply.events)
    for event in events:
        if event[KIND] == REJECTED and event[SEQ] == reply.first_seq:
            raise ProblemError(of_reject(event[REASON], f"cancel all orders of {call.who.account}"))
    gone = [
        event[ORDER_ID] for event in events
        if event[KIND] == CANCELED and event[REASON] == BY_MASS_CANCEL and event[6] == account_id
    ]  # fmt: skip
    return MassCanceled(gone, reply.first_seq)


async def set_deadman(door: Door, call: Call) -> Done:
    """Dead man's switch: all orders are cancelled unless this is sent again in time; "0" switches it off."""
    answer = await act(door, call, "set_deadman", account=call.who.account_id, seconds=call.body.seconds)
    return Done(answer.seq)


# --- Below -------------------------------------------------------------------------------------------


async def _canceled(door: Door, call: Call, rows: bytes, what: str) -> Order:
    reply = await door.link.submit(rows, call.take_ticket(), call.tag)
    call.seq, call.passed = reply.first_seq, reply.passed
    events = tuples(reply.events)
    for event in events:
        if event[KIND] == REJECTED and event[SEQ] == reply.first_seq:
            raise ProblemError(of_reject(event[REASON], what))
    if not len(reply.orders):
        return await changed_order(door, call.who.account_id, events, reply.first_seq)
    view = ORDER_VIEW_STRUCT.unpack(reply.orders.tobytes())
    story = tell(from_view(view, door.catalog), events, reply.ts_ns, door.catalog)
    story.seq = reply.first_seq
    return story.order(door.catalog)


def _head(events: list[EventTuple], seq: int) -> EventTuple:
    """The event that says what became of a PLACE; before it there may be orders whose time was over."""
    for event in events:
        if event[SEQ] == seq and (event[KIND] == ACCEPTED or event[KIND] == REJECTED):
            return event
    raise AssertionError(f"the node said nothing of command {seq}")


def _by_command(events: list[EventTuple], first_seq: int) -> dict[int, EventTuple]:
    """The same for each command of a batch, by its place."""
    return {event[SEQ] - first_seq: event for event in events if event[KIND] in (ACCEPTED, REJECTED)}


def _by_order(reply: Reply) -> dict[int, list[EventTuple]]:
    """Events by the order they are about."""
    told: dict[int, list[EventTuple]] = {}
    for event in tuples(reply.events):
        if ACCEPTED <= event[KIND] < 30:
            told.setdefault(event[ORDER_ID], []).append(event)
    return told


def _what(order: PlaceOrder, account: str) -> str:
    at = f" at {order.price}" if order.price is not None else ""
    return f"place {order.side} {order.qty} {order.instrument}{at} for {account}"


_encode = msgspec.json.Encoder().encode

ORDER_PROBLEMS = (404, 409, 422, 503)
ROUTES = (
    Route(
        "POST", "/v1/orders", place, "Place an order. With a client id it is safe to send it again.", "trading",
        scope="trade", body=PlaceOrder, result=Order, status=201,
        also={200: "The client id was used before: this is its first order, and nothing was placed now."},
        problems=ORDER_PROBLEMS, carries=True,
    ),
    Route(
        "POST", "/v1/orders/batch", place_batch,
        f"Place up to {BATCH_MAX:,} orders as one durable batch. A refused one does not stop the others.", "trading",
        scope="trade", body=PlaceOrders, result=PlacedOrders, problems=(503,), carries=True,
    ),
    Route(
        "POST", "/v1/orders/preview", preview, "What an order would do as things stand. Nothing is sent.", "trading",
        scope="read", body=PlaceOrder, result=Preview, problems=(404, 422),
    ),
    Route(
        "PATCH", "/v1/orders/{order_id}", replace,
        "Change an open order. The same price and no more quantity keep its place in the queue.", "trading",
        scope="trade", body=ReplaceOrder, result=Order, problems=ORDER_PROBLEMS, carries=True,
    ),
    Route(
        "PATCH", "/v1/orders/by-client-id/{cl_ord_id}", replace_by_client_id,
        "Change the open order that goes by a client id.", "trading", scope="trade", body=ReplaceOrder, result=Order,
        problems=ORDER_PROBLEMS, carries=True,
    ),
    Route(
        "DELETE", "/v1/orders/{order_id}", cancel, "Cancel an open order.", "trading", scope="trade", result=Order,
        problems=(404, 503), carries=True,
    ),
    Route(
        "DELETE", "/v1/orders/by-client-id/{cl_ord_id}", cancel_by_client_id,
        "Cancel the open order that goes by a client id.", "trading", scope="trade", result=Order, problems=(404, 503),
        carries=True,
    ),
    Route(
        "POST", "/v1/orders/cancel-batch", cancel_batch, f"Cancel up to {BATCH_MAX:,} orders as one durable batch.",
        "trading", scope="trade", body=CancelOrders, result=PlacedOrders, problems=(503,), carries=True,
    ),
    Route(
        "DELETE", "/v1/orders", cancel_all, "Cancel all open orders, or those of one instrument or side.", "trading",
        scope="trade", query=MassCancelQuery, result=MassCanceled, problems=(404, 503), carries=True,
    ),
    Route(
        "PUT", "/v1/deadman", set_deadman,
        "Dead man's switch: all orders are cancelled unless this is sent again in time.", "trading", scope="trade",
        body=Deadman, result=Done, problems=(422, 503),
    ),
)  # fmt: skip
