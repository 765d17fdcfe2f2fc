"""Money out and across, sub-accounts. Each is a method of the Python API, run in the node."""

from typing import Any

import msgspec

from emporion.gateway.call import Call
from emporion.gateway.client_ids import raw_of
from emporion.gateway.door import Door
from emporion.gateway.link.questions import Act, ActAnswer
from emporion.gateway.problems import fail
from emporion.gateway.router import Route
from emporion.wire.accounts import Account, Done, Hold, OpenSubAccount, Transfer, Withdraw


async def act(door: Door, call: Call, method: str, /, **args: Any) -> ActAnswer:
    """Run a method of the venue; what it refuses is raised as it says it."""
    answer: ActAnswer = await door.link.ask(Act(method, args, call.tag))
    call.seq = answer.seq
    return answer


def check_name_is_free(door: Door, name: str) -> None:
    """409 where an account goes by the name; the venue says it, too, to whoever was a moment later."""
    if door.catalog.has_account(name):
        raise fail(409, "NAME_TAKEN", "An account goes by this name already.", field="name")


def client_id(text: str | None) -> bytes | None:
    """A client id for a method of the venue."""
    return raw_of(text) if text is not None else None


async def withdraw(door: Door, call: Call) -> Hold:
    body: Withdraw = call.body
    answer = await act(
        door, call, "withdraw", account=call.who.account_id, asset=door.catalog.asset(body.asset).name,
        amount=body.amount, cl_ord_id=client_id(body.cl_ord_id), reference=body.reference,
    )  # fmt: skip
    return msgspec.convert(answer.result, Hold)


async def transfer(door: Door, call: Call) -> Done:
    """From the account acted for to another of the same master; operators may send to any."""
    body: Transfer = call.body
    to = door.catalog.account(body.to, "to")
    same_master = door.catalog.master(to) == door.catalog.master(call.who.account_id)
    if not same_master and "operate" not in call.who.caller.scopes:
        raise fail(
            404, "UNKNOWN_ACCOUNT", "There is no such account.", f"to: no account of yours is named {body.to!r}.",
            field="to",
        )  # fmt: skip
    answer = await act(
        door, call, "transfer", account=call.who.account_id, to=to, asset=door.catalog.asset(body.asset).name,
        amount=body.amount, cl_ord_id=client_id(body.cl_ord_id), reference=body.reference,
    )  # fmt: skip
    return Done(answer.seq)


async def open_sub_account(door: Door, call: Call) -> Account:
    if call.who.caller.is_bound:
        raise fail(403, "SCOPE_MISSING", "A key that is bound to an account opens no others.")
    check_name_is_free(door, call.body.name)
    master = door.catalog.master(call.who.account_id)
    answer = await act(door, call, "open_account", name=call.body.name, master=master)
    await door.catalog.refresh()
    return msgspec.convert(answer.result, Account)


ROUTES = (
    Route(
        "POST", "/v1/withdrawals", withdraw, "Ask for a withdrawal: the amount is held until it is settled or refused.",
        "money", scope="withdraw", body=Withdraw, result=Hold, status=201, problems=(404, 409, 422, 503),
    ),
    Route(
        "POST", "/v1/transfers", transfer, "Move money to another account of the same master.", "money",
        scope="withdraw", body=Transfer, result=Done, problems=(404, 409, 422, 503),
    ),
    Route(
        "POST", "/v1/sub-accounts", open_sub_account, "Open a sub-account.", "money", scope="trade",
        body=OpenSubAccount, result=Account, status=201, problems=(409, 422, 503),
    ),
)  # fmt: skip
