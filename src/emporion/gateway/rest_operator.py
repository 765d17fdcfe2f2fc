"""What operators do. Each action is a method of the Python API, run in the node between two batches."""

from typing import Any

import msgspec

from emporion.gateway import cursors
from emporion.gateway.call import Call
from emporion.gateway.cursors import PageQuery
from emporion.gateway.decimals import PPM_SCALE
from emporion.gateway.door import Door
from emporion.gateway.entry import mass_cancel
from emporion.gateway.link import questions as q
from emporion.gateway.problems import ProblemError, fail, of_reject
from emporion.gateway.rest_account import account_of, hold_page
from emporion.gateway.rest_market import InstrumentQuery, asset_of, instrument_of
from emporion.gateway.rest_money import act, check_name_is_free, client_id
from emporion.gateway.router import Route
from emporion.gateway.stories import CANCELED, KIND, ORDER_ID, REASON, REJECTED, SEQ, tuples
from emporion.schema.codes import HoldKind, Reject
from emporion.schema.limits import FEE_TIERS
from emporion.wire.accounts import Account, AccountPage, Done, Hold, HoldPage
from emporion.wire.market import Asset, Instrument
from emporion.wire.operator import (
    AmendInstrument,
    Fees,
    FeesList,
    ListAsset,
    ListInstrument,
    MoveFunds,
    OpenAccount,
    SetFees,
    SetLimit,
    SetStatus,
    SetTier,
    TableUse,
    VenueState,
)
from emporion.wire.trading import MassCanceled


async def state(door: Door, call: Call) -> VenueState:
    answer: q.VenueStateAnswer = await door.link.ask(q.VenueState())
    return VenueState(
        seq=answer.seq,
        ts_ns=str(answer.ts_ns),
        digest=answer.digest,
        journal_bytes=answer.journal_bytes,
        durable_seq=answer.durable_seq,
        sync=answer.sync,
        commands_per_second=answer.commands_per_second,
        fills_per_second=answer.fills_per_second,
        gateways=answer.gateways,
        subscribers=door.subscribers(),
        tables=[TableUse(table.name, table.used, table.limit) for table in answer.tables],
        latencies=door.metrics.latencies(),
        history_seq=answer.history_seq,
    )


# --- Accounts ----------------------------------------------------------------------------------------


async def accounts(door: Door, call: Call) -> AccountPage:
    after, limit = cursors.read("accounts", call.query.cursor)[0], call.query.limit
    answer = await door.link.ask(q.Accounts(after, limit))
    items = [account_of(door, view) for view in answer.accounts]
    return AccountPage(items, cursors.write("accounts", items[-1].account_id) if len(items) == limit else None)


async def open_account(door: Door, call: Call) -> Account:
    body: OpenAccount = call.body
    check_name_is_free(door, body.name)
    master = door.catalog.account(body.master, "master") if body.master is not None else None
    answer = await act(door, call, "open_account", name=body.name, master=master, tier=body.tier)
    await door.catalog.refresh()
    return msgspec.convert(answer.result, Account)


async def set_tier(door: Door, call: Call) -> Account:
    number = _account(door, call)
    return await _account_after(door, call, number, "set_account", account=number, tier=call.body.tier)


async def freeze_account(door: Door, call: Call) -> Account:
    number = _account(door, call)
    return await _account_after(door, call, number, "freeze_account", account=number)


async def unfreeze_account(door: Door, call: Call) -> Account:
    number = _account(door, call)
    return await _account_after(door, call, number, "unfreeze_account", account=number)


# --- Listings ----------------------------------------------------------------------------------------


async def list_asset(door: Door, call: Call) -> Asset:
    body: ListAsset = call.body
    _check_is_new(door.catalog.has_asset(body.name), "asset", body.name)
    await act(door, call, "list_asset", name=body.name, decimals=body.decimals, asset_class=body.asset_class)
    await door.catalog.refresh()
    return asset_of(door.catalog.asset(body.name), 0)


async def list_instrument(door: Door, call: Call) -> Instrument:
    _check_is_new(door.catalog.has_instrument(call.body.name), "instrument", call.body.name)
    return await _instrument_after(door, call, call.body.name, "list_instrument", **msgspec.structs.asdict(call.body))


async def amend_instrument(door: Door, call: Call) -> Instrument:
    changes = {name: value for name, value in msgspec.structs.asdict(call.body).items() if value is not None}
    name = door.catalog.instrument(call.query.instrument).name
    return await _instrument_after(door, call, name, "amend_instrument", name=name, **changes)


async def set_status(door: Door, call: Call) -> Instrument:
    name = door.catalog.instrument(call.query.instrument).name
    return await _instrument_after(door, call, name, "set_status", name=name, status=call.body.status)


async def cancel_instrument(door: Door, call: Call) -> MassCanceled:
    """Cancel everybody's orders on an instrument that is halted or closed."""
    listed = door.catalog.instrument(call.query.instrument)
    reply = await door.link.submit(mass_cancel(0, listed.instrument_id, 0, call.tag), None, call.tag)
    call.seq = reply.first_seq
    events = tuples(reply.events)
    for event in events:
        if event[KIND] == REJECTED and event[SEQ] == reply.first_seq:
            raise ProblemError(of_reject(event[REASON], f"cancel all orders on {listed.name}"))
    is_ours = (CANCELED, int(Reject.BY_MASS_CANCEL))
    return MassCanceled(
        [event[ORDER_ID] for event in events if (event[KIND], event[REASON]) == is_ours], reply.first_seq
    )


# --- Fees and limits ---------------------------------------------------------------------------------


async def fees(door: Door, call: Call) -> FeesList:
    rows = (await door.link.ask(q.Fees())).fees
    return FeesList([_fees_of(place, row) for place, row in enumerate(rows)])


async def set_fees(door: Door, call: Call) -> Fees:
    body: SetFees = call.body
    await act(door, call, "set_fees", maker=body.maker, taker=body.taker, schedule=body.schedule, tier=body.tier)
    rows = (await door.link.ask(q.Fees())).fees
    place = body.schedule * FEE_TIERS + body.tier
    return _fees_of(place, rows[place])


async def set_limit(door: Door, call: Call) -> Done:
    return Done((await act(door, call, "set_limit", limit=call.body.name, value=call.body.value)).seq)


# --- Money -------------------------------------------------------------------------------------------


async def deposit(door: Door, call: Call) -> Done:
    return Done((await act(door, call, "deposit", **_funds(door, call.body))).seq)


async def freeze(door: Door, call: Call) -> Hold:
    return msgspec.convert((await act(door, call, "freeze", **_funds(door, call.body))).result, Hold)


async def release(door: Door, call: Call) -> Done:
    return Done((await act(door, call, "release", hold=call.number("hold_id"))).seq)


async def withdrawals(door: Door, call: Call) -> HoldPage:
    return await hold_page(door, call, 0, int(HoldKind.WITHDRAWAL))


async def freezes(door: Door, call: Call) -> HoldPage:
    return await hold_page(door, call, 0, int(HoldKind.FREEZE))


async def settle(door: Door, call: Call) -> Done:
    return Done((await act(door, call, "settle", hold=call.number("hold_id"))).seq)


async def refuse(door: Door, call: Call) -> Done:
    return Done((await act(door, call, "refuse", hold=call.number("hold_id"))).seq)


# --- Below -------------------------------------------------------------------------------------------


async def _account_after(door: Door, call: Call, number: int, method: str, /, **args: Any) -> Account:
    await act(door, call, method, **args)
    answer = await door.link.ask(q.Accounts(account_id=number))
    return account_of(door, answer.accounts[0])


async def _instrument_after(door: Door, call: Call, instrument: str, method: str, /, **args: Any) -> Instrument:
    await act(door, call, method, **args)
    await door.catalog.refresh()
    listed = door.catalog.instrument(instrument)
    return instrument_of(listed, door.catalog.rows[listed.instrument_id])


def _check_is_new(is_taken: bool, what: str, name: str) -> None:
    """The venue says it, too, to whoever was a moment later."""
    if is_taken:
        raise fail(409, "NAME_TAKEN", f"The name is taken: there is an {what} {name!r}.", field="name")


def _account(door: Door, call: Call) -> int:
    """The account in the path; the venue itself says when there is no such number."""
    number = call.number("account_id")
    if number >= 1 << 31:
        raise ProblemError(of_reject(Reject.UNKNOWN_ACCOUNT, f"look at account {number}"))
    return number


def _funds(door: Door, body: MoveFunds) -> dict[str, Any]:
    return {
        "account": door.catalog.account(body.account),
        "asset": door.catalog.asset(body.asset).name,
        "amount": body.amount,
        "cl_ord_id": client_id(body.cl_ord_id),
        "reference": body.reference,
    }


def _fees_of(place: int, row: Any) -> Fees:
    schedule, tier = divmod(place, FEE_TIERS)
    return Fees(schedule, tier, PPM_SCALE.plain(row["maker_ppm"]), PPM_SCALE.plain(row["taker_ppm"]))


def _route(
    method: str, path: str, handle: Any, doc: str, result: Any, body: Any = None, query: Any = None, status: int = 200,
    problems: tuple[int, ...] = (404, 409, 422, 503),
) -> Route:  # fmt: skip
    return Route(
        method, f"/v1/operator{path}", handle, doc, "operator", scope="operate", body=body, query=query, result=result,
        status=status, problems=problems,
    )  # fmt: skip


ROUTES = (
    _route("GET", "/state", state, "How the venue is doing.", VenueState, problems=(503,)),
    _route("GET", "/accounts", accounts, "All accounts, the venue's own first.", AccountPage, None, PageQuery),
    _route("POST", "/accounts", open_account, "Open an account.", Account, OpenAccount, status=201),
    _route("PATCH", "/accounts/{account_id}", set_tier, "Move an account to another fee tier.", Account, SetTier),
    _route("PUT", "/accounts/{account_id}/freeze", freeze_account, "Cancel all its orders and take none.", Account),
    _route("DELETE", "/accounts/{account_id}/freeze", unfreeze_account, "Let it trade again.", Account),
    _route("POST", "/assets", list_asset, "List an asset.", Asset, ListAsset, status=201),
    _route("POST", "/instruments", list_instrument, "List an instrument.", Instrument, ListInstrument, status=201),
    _route(
        "PATCH", "/instrument", amend_instrument, "Change bounds of an instrument; what is left out stays.", Instrument,
        AmendInstrument, InstrumentQuery,
    ),
    _route(
        "PUT", "/instrument/status", set_status, "Open, halt or close an instrument.", Instrument, SetStatus,
        InstrumentQuery,
    ),
    _route(
        "DELETE", "/instrument/orders", cancel_instrument,
        "Cancel everybody's orders on an instrument that is halted or closed.", MassCanceled, None, InstrumentQuery,
    ),
    _route("GET", "/fees", fees, "All fee rates, by schedule and tier.", FeesList),
    _route("PUT", "/fees", set_fees, "Set the rates of one tier of one schedule.", Fees, SetFees),
    _route("POST", "/deposits", deposit, "Money has arrived from outside.", Done, MoveFunds),
    _route("GET", "/freezes", freezes, "Freezes of all accounts, oldest first.", HoldPage, None, PageQuery),
    _route("POST", "/freezes", freeze, "Set an amount aside until it is released.", Hold, MoveFunds, status=201),
    _route("DELETE", "/freezes/{hold_id}", release, "A frozen amount is free again.", Done),
    _route("GET", "/withdrawals", withdrawals, "Withdrawals under way, oldest first.", HoldPage, None, PageQuery),
    _route("POST", "/withdrawals/{hold_id}/settle", settle, "The withdrawal has left the venue.", Done),
    _route("POST", "/withdrawals/{hold_id}/refuse", refuse, "It does not leave, and is free again.", Done),
    _route("PUT", "/limits", set_limit, "Raise a limit of the venue.", Done, SetLimit),
)  # fmt: skip
