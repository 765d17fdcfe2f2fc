"""What an account has and has done: balances, orders, fills, statement, withdrawals under way."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Literal

from emporion.gateway import cursors
from emporion.gateway.call import Answer, Call
from emporion.gateway.client_ids import HALVES, raw_in_path
from emporion.gateway.cursors import page_query
from emporion.gateway.door import Door
from emporion.gateway.link.questions import (
    Accounts,
    AccountView,
    Balances,
    HistoryFills,
    HistoryLedger,
    HistoryOrders,
    Holds,
    OpenOrders,
)
from emporion.gateway.look import ended_story, fills_of, order_by_client_id, order_by_id
from emporion.gateway.problems import ProblemError, of_reject
from emporion.gateway.router import Route
from emporion.gateway.stories import from_views
from emporion.gateway.worth import Worth
from emporion.schema.codes import HoldKind, Reject
from emporion.schema.postings import ENTRY_TEXTS
from emporion.venue.values import text_of
from emporion.wire import accounts as wire
from emporion.wire.trading import FillPage, Order, OrderPage
from emporion.wire.values import AssetName, InstrumentName

HOLDS: list[Any] = text_of(HoldKind)
ENTRY_KINDS: tuple[Any, ...] = ENTRY_TEXTS  # By the history's numbers.
CSV_ROWS = 5_000  # Of one piece of a download.
CSV_HEAD = ("seq", "ts_ns", "time", "account", "asset", "kind", "amount", "order_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # Text beginning so is run by spreadsheets.

OrdersQuery = page_query(("instrument", InstrumentName | None, None), name="OrdersQuery")
LedgerQuery = page_query(
    ("asset", AssetName | None, None), ("format", Literal["json", "csv"] | None, None), name="LedgerQuery"
)


async def account(door: Door, call: Call) -> wire.Account:
    answer = await door.link.ask(Accounts(account_id=call.who.account_id))
    return account_of(door, answer.accounts[0])


async def accounts(door: Door, call: Call) -> wire.AccountPage:
    """The account and, where it is a master, its sub-accounts."""
    after = cursors.read("accounts", call.query.cursor)[0]
    limit, own = call.query.limit, call.who
    if own.caller.is_bound:
        answer = await door.link.ask(Accounts(account_id=own.account_id))
    else:
        answer = await door.link.ask(Accounts(after, limit, master_id=door.catalog.master(own.account_id)))
    items = [account_of(door, view) for view in answer.accounts]
    more = len(items) == limit and not own.caller.is_bound
    return wire.AccountPage(items, cursors.write("accounts", items[-1].account_id) if more else None)


async def balances(door: Door, call: Call) -> wire.Balances:
    await door.catalog.catch_up()
    worth = Worth(door.catalog)
    answer = await door.link.ask(Balances(call.who.account_id))
    items = []
    for row in answer.balances:
        asset = door.catalog.assets[int(row["asset_id"])]
        free, orders, held = (int(row[name]) for name in ("free_atoms", "order_held_atoms", "other_held_atoms"))
        total, text = free + orders + held, asset.amount.plain
        items.append(
            wire.Balance(
                call.who.account, asset.name, text(total), text(free), text(orders), text(held),
                worth.text(asset.asset_id, total),
            )
        )  # fmt: skip
    return wire.Balances(items, answer.seq, worth.asset.name if worth.asset is not None else None)


async def orders(door: Door, call: Call) -> OrderPage:
    """Open orders in order of entry."""
    after, limit = cursors.read("orders", call.query.cursor)[0], call.query.limit
    answer = await door.link.ask(OpenOrders(call.who.account_id, _instrument_id(door, call), after, limit))
    stories = from_views(answer.orders, door.catalog)
    items = [story.order(door.catalog) for story in stories]
    return OrderPage(items, cursors.write("orders", stories[-1].seq) if len(items) == limit else None)


async def order(door: Door, call: Call) -> Order:
    order_id = call.number("order_id")
    found = await order_by_id(door, call.who.account_id, order_id)
    if found is None:
        raise ProblemError(of_reject(Reject.UNKNOWN_ORDER, f"look at order {order_id}"))
    return found


async def order_by_name(door: Door, call: Call) -> Order:
    found = await order_by_client_id(door, call.who.account_id, *HALVES.unpack(raw_in_path(call.param)))
    if found is None:
        raise ProblemError(of_reject(Reject.UNKNOWN_ORDER, f"look at the order {call.param!r} of {call.who.account}"))
    return found


async def order_history(door: Door, call: Call) -> OrderPage:
    limit = call.query.limit
    before = cursors.read("history", call.query.cursor)
    question = HistoryOrders(call.who.account_id, _instrument_id(door, call), *before, limit)
    rows = (await door.link.ask(question)).table.rows
    items = [ended_story(door, row).order(door.catalog) for row in rows]
    return OrderPage(items, _next("history", rows, limit))


async def fills(door: Door, call: Call) -> FillPage:
    limit = call.query.limit
    before = cursors.read("fills", call.query.cursor)
    question = HistoryFills(call.who.account_id, _instrument_id(door, call), *before, limit)
    rows = (await door.link.ask(question)).table.rows
    return FillPage(fills_of(door, rows), _next("fills", rows, limit))


async def ledger(door: Door, call: Call) -> wire.EntryPage | Answer:
    """Every change of the account's totals, newest first; the amounts of an asset add up to its balance."""
    query: Any = call.query
    asset_id = door.catalog.asset(query.asset).asset_id if query.asset is not None else 0
    before = cursors.read("ledger", query.cursor)
    accepts = call.headers.get(b"accept", b"")
    if query.format == "csv" or (query.format is None and b"text/csv" in accepts):
        name = f"emporion-ledger-{call.who.account_id}.csv"
        headers = ((b"content-disposition", f'attachment; filename="{name}"'.encode()),)
        chunks = _csv(door, call.who.account_id, asset_id, before)
        return Answer(b"", content_type=b"text/csv; charset=utf-8", headers=headers, chunks=chunks)
    question = HistoryLedger(call.who.account_id, asset_id, *before, query.limit)
    rows = (await door.link.ask(question)).table.rows
    return wire.EntryPage(_entries(door, rows), _next("ledger", rows, query.limit))


async def withdrawals(door: Door, call: Call) -> wire.HoldPage:
    """Withdrawals under way and freezes of the account, oldest first."""
    return await hold_page(door, call, call.who.account_id, 0)


async def hold_page(door: Door, call: Call, account_id: int, kind: int) -> wire.HoldPage:
    """A page of holds: of an account, or with 0 of all; of a kind, or with 0 of both."""
    after, limit = cursors.read("holds", call.query.cursor), call.query.limit
    rows = (await door.link.ask(Holds(account_id, kind, *after, limit))).holds
    items = [
        wire.Hold(
            int(row["hold_id"]),
            door.catalog.account_name(int(row["account_id"])),
            door.catalog.assets[int(row["asset_id"])].name,
            door.catalog.assets[int(row["asset_id"])].amount.plain(row["amount_atoms"]),
            HOLDS[row["kind"]],
            int(row["reference"]),
        )
        for row in rows
    ]
    full = len(items) == limit
    return wire.HoldPage(
        items, cursors.write("holds", int(rows[-1]["ts_ns"]), int(rows[-1]["hold_id"])) if full else None
    )


def account_of(door: Door, view: AccountView) -> wire.Account:
    """An account as it is shown."""
    has_master = view.master_id not in (0, view.account_id)
    return wire.Account(
        view.account_id, view.name, door.catalog.account_name(view.master_id) if has_master else None, view.fee_tier,
        view.frozen, str(view.deadman_ns) if view.deadman_ns else None,
    )  # fmt: skip


def _instrument_id(door: Door, call: Call) -> int:
    name = call.query.instrument
    return door.catalog.instrument(name).instrument_id if name is not None else 0


def _next(kind: str, rows: Any, limit: int) -> str | None:
    return cursors.write(kind, int(rows[-1]["seq"]), int(rows[-1]["n"])) if len(rows) == limit else None


def _entries(door: Door, rows: Any) -> list[wire.Entry]:
    names = ["seq", "ts_ns", "account_id", "asset_id", "kind", "amount_atoms", "order_id"]
    return [
        wire.Entry(
            seq, str(ts_ns), door.catalog.account_name(account_id), door.catalog.assets[asset_id].name,
            ENTRY_KINDS[kind], door.catalog.assets[asset_id].amount.plain(amount), order_id,
        )
        for seq, ts_ns, account_id, asset_id, kind, amount, order_id in rows[names].tolist()
    ]  # fmt: skip


async def _csv(door: Door, account_id: int, asset_id: int, before: tuple[int, int]) -> AsyncIterator[bytes]:
    """The whole statement, piece by piece, so that its length costs neither memory nor other people's time."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(CSV_HEAD)
    while True:
        rows = (await door.link.ask(HistoryLedger(account_id, asset_id, *before, CSV_ROWS))).table.rows
        for each in _entries(door, rows):
            time = datetime.fromtimestamp(int(each.ts_ns) // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            account = f"'{each.account}" if each.account.startswith(FORMULA) else each.account
            write((each.seq, each.ts_ns, time, account, each.asset, each.kind, each.amount, each.order_id))
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
        if len(rows) < CSV_ROWS:
            return
        before = int(rows[-1]["seq"]), int(rows[-1]["n"])


def _route(path: str, handle: Any, doc: str, result: Any, query: Any = None, problems: tuple[int, ...] = ()) -> Route:
    return Route("GET", path, handle, doc, "account", scope="read", query=query, result=result, problems=problems)


ROUTES = (
    _route("/v1/account", account, "The account acted for.", wire.Account),
    _route("/v1/accounts", accounts, "The account and its sub-accounts.", wire.AccountPage, cursors.PageQuery),
    _route("/v1/balances", balances, "What the account has of each asset, and what that is worth.", wire.Balances),
    _route("/v1/orders", orders, "Open orders, in order of entry.", OrderPage, OrdersQuery, (404,)),
    _route("/v1/orders/{order_id}", order, "One order, open or ended, with all its fills.", Order, None, (404,)),
    _route(
        "/v1/orders/by-client-id/{cl_ord_id}", order_by_name, "The newest order of a client id, with all its fills.",
        Order, None, (404,),
    ),
    _route("/v1/order-history", order_history, "Orders that have ended, newest first.", OrderPage, OrdersQuery, (404,)),
    _route("/v1/fills", fills, "Fills, newest first.", FillPage, OrdersQuery, (404,)),
    _route(
        "/v1/ledger", ledger, "The statement: every change of a balance, newest first; as CSV if you ask for that.",
        wire.EntryPage, LedgerQuery, (404,),
    ),
    _route("/v1/withdrawals", withdrawals, "Withdrawals under way, and freezes.", wire.HoldPage, cursors.PageQuery),
)  # fmt: skip
