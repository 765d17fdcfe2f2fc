"""An account's one pool of margin: positions, health, why it is what it is; and TWAPs."""

from typing import Any

from emporion.gateway import margin_views
from emporion.gateway.call import Call
from emporion.gateway.client_ids import NONE, raw_of
from emporion.gateway.cursors import Page, PageQuery
from emporion.gateway.decimals import OffGrid
from emporion.gateway.door import Door
from emporion.gateway.link.pool_questions import Pool, PoolAnswer, Twaps
from emporion.gateway.problems import ProblemError, fail, of_reject, off_grid
from emporion.gateway.rest_money import act
from emporion.gateway.router import Route
from emporion.gateway.stories import ACCOUNT, KIND, LEAVES, ORDER_ID, QTY, REASON, REASONS, REJECTED, SEQ, tuples
from emporion.schema import build_margin
from emporion.schema.codes import Event, OrderFlag, Reject, Side, Stp
from emporion.schema.limits import PPM
from emporion.venue.explain import explain
from emporion.venue.reckon import reckon
from emporion.wire.margin import Explanation, MarginSummary, PlaceTwap, Position, SetMarginMode, Twap

SECOND_NS = 1_000_000_000


async def positions(door: Door, call: Call) -> Page[Position]:
    """All of them at once: an account has a few hundred at most."""
    answer = await _pool(door, call)
    return Page(margin_views.positions_of(reckon(answer.rows), call.who.account, door.catalog)[: call.query.limit])


async def margin(door: Door, call: Call) -> MarginSummary:
    answer = await _pool(door, call)
    return margin_views.summary_of(reckon(answer.rows), call.who.account, door.catalog)


async def explanation(door: Door, call: Call) -> Explanation:
    answer = await _pool(door, call)
    explained = explain(reckon(answer.rows))
    return margin_views.explanation_of(explained, answer.seq, call.who.account, answer.groups, door.catalog)


async def set_margin(door: Door, call: Call) -> MarginSummary:
    body: SetMarginMode = call.body
    await act(door, call, "set_margin", account=call.who.account_id, leverage_max=body.leverage_max)
    return await margin(door, call)


# --- TWAPs -------------------------------------------------------------------------------------------


async def twaps(door: Door, call: Call) -> Page[Twap]:
    rows = await _twaps(door, call)
    return Page([margin_views.twap_of(row, call.who.account, door.catalog) for row in rows])


async def place_twap(door: Door, call: Call) -> Twap:
    body: PlaceTwap = call.body
    listed = door.catalog.instrument(body.instrument)
    field = "qty"
    try:
        lots = listed.qty.count(body.qty)
        field = "price"
        limit = listed.price.count(body.price) if body.price is not None else 0
    except OffGrid as error:
        raise off_grid(error, field, "") from None
    slippage = _ppm(body.slippage)
    raw = raw_of(body.cl_ord_id) if body.cl_ord_id is not None else NONE
    rows = build_margin.place_twap(
        call.who.account_id, listed.instrument_id, int(Side[body.side.upper()]), lots, body.seconds * SECOND_NS,
        body.interval_seconds * SECOND_NS, slippage, limit, OrderFlag.REDUCE_ONLY if body.reduce_only else 0,
        int(Stp[body.stp.upper()]), raw,
    )  # fmt: skip
    what = f"trade {body.side} {body.qty} {body.instrument} in slices for {call.who.account}"
    started = await _done(door, call, rows, what, Event.TWAP_STARTED)
    for row in await _twaps(door, call):
        if int(row["twap_id"]) == started[ORDER_ID]:
            return margin_views.twap_of(row, call.who.account, door.catalog)
    now = str(door.link.ts_ns)  # Done by now.
    qty = listed.qty.text(started[QTY])
    return Twap(started[ORDER_ID], call.who.account, listed.name, body.side, qty, qty, now, now, "0", "ended")


async def cancel_twap(door: Door, call: Call) -> Twap:
    number = call.number("twap_id")
    found = [row for row in await _twaps(door, call) if int(row["twap_id"]) == number]
    what = f"cancel TWAP {number}"
    if not found:
        raise ProblemError(of_reject(Reject.UNKNOWN_ORDER, what))
    rows = build_margin.cancel_twap(call.who.account_id, number)
    ended = await _done(door, call, rows, what, Event.TWAP_ENDED)
    row = found[0].copy()
    row["done_lots"] = ended[QTY] - ended[LEAVES]
    return margin_views.twap_of(row, call.who.account, door.catalog, REASONS[ended[REASON]] or None, is_ended=True)


async def _done(door: Door, call: Call, rows: Any, what: str, kind: Event) -> tuple[int, ...]:
    """The event of a kind that a command of one's own made; or what it was refused for."""
    reply = await door.link.submit(rows.tobytes(), None, call.tag)
    call.seq = reply.first_seq
    for event in tuples(reply.events):
        if event[SEQ] != reply.first_seq or event[ACCOUNT] != call.who.account_id:
            continue
        if event[KIND] == REJECTED:
            raise ProblemError(of_reject(event[REASON], what))
        if event[KIND] == kind:
            return event
    raise AssertionError(f"{what}: neither refused nor done")


async def _twaps(door: Door, call: Call) -> list[Any]:
    rows = (await door.link.ask(Twaps(call.who.account_id))).twaps
    if len(rows) and int(rows["instrument_id"].max()) >= len(door.catalog.instruments):
        await door.catalog.refresh()
    return list(rows)


async def _pool(door: Door, call: Call) -> PoolAnswer:
    answer: PoolAnswer = await door.link.ask(Pool(call.who.account_id))
    rows, known = answer.rows, door.catalog
    if max(rows.contracts, default=0) >= len(known.instruments) or max(rows.assets, default=0) >= len(known.assets):
        await known.refresh()
    return answer


def _ppm(text: str) -> int:
    whole, _, part = text.partition(".")
    if part[6:].strip("0") or int(whole) > 1:
        raise fail(400, "BAD_FIELD", "A fraction in whole millionths, at most 1.", field="slippage")
    return int(whole) * PPM + int(part[:6].ljust(6, "0"))


_PROBLEMS = (404, 409, 422, 503)
ROUTES = (
    Route(
        "GET", "/v1/positions", positions, "Positions, with what they cost and where the account would be liquidated.",
        "account", scope="read", query=PageQuery, result=Page[Position],
    ),
    Route("GET", "/v1/margin", margin, "The health of the account.", "account", scope="read", result=MarginSummary),
    Route(
        "PUT", "/v1/margin", set_margin, "Make it a margin account, for good, or change its own leverage cap.",
        "trading", scope="trade", body=SetMarginMode, result=MarginSummary, problems=_PROBLEMS,
    ),
    Route(
        "GET", "/v1/margin/explain", explanation,
        "Why the margin is what it is: each group's worst scenario with each holding's part.", "account", scope="read",
        result=Explanation, cost=2,
    ),
    Route("GET", "/v1/twaps", twaps, "TWAPs that are running.", "account", scope="read", result=Page[Twap]),
    Route(
        "POST", "/v1/twaps", place_twap, "Have the venue trade a quantity in slices over a time.", "trading",
        scope="trade", body=PlaceTwap, result=Twap, status=201, problems=_PROBLEMS,
    ),
    Route(
        "DELETE", "/v1/twaps/{twap_id}", cancel_twap, "End a TWAP; what it traded stays traded.", "trading",
        scope="trade", result=Twap, problems=_PROBLEMS,
    ),
)  # fmt: skip
