"""What operators do with contracts and margin. Each is a method of the Python API, run in the node."""

from typing import Any

import msgspec

from emporion.gateway.call import Call
from emporion.gateway.door import Door
from emporion.gateway.entry import nanoseconds
from emporion.gateway.problems import fail
from emporion.gateway.rest_contracts import contract, questions_now
from emporion.gateway.rest_market import InstrumentQuery
from emporion.gateway.rest_money import act
from emporion.gateway.router import Route
from emporion.wire.accounts import Done
from emporion.wire.contracts import Contract, Question, ResolveQuestion
from emporion.wire.risk import (
    AmendContract,
    GroupMade,
    ListContract,
    ListQuestion,
    SetGroup,
    SetLending,
    SetLiquidation,
    SetPrice,
    SetRisk,
    Sweep,
    Swept,
)


async def list_contract(door: Door, call: Call) -> Contract:
    body: ListContract = call.body
    if door.catalog.has_instrument(body.name):
        raise fail(409, "NAME_TAKEN", f"The name is taken: there is an instrument {body.name!r}.", field="name")
    args = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not None}
    kind, expiry = args.pop("kind"), args.pop("expiry_ns", None)
    if expiry is not None:
        args["expiry"] = nanoseconds(expiry, "expiry_ns")
    if kind == "outcome":
        _need(args, "question")
    else:
        del args["outcome"], args["binary_fees"]
        _need(args, "reference")
    if kind in ("call", "put"):
        _need(args, "strike", "expiry")
        args["call"], args["underlying"] = kind == "call", args.pop("reference")
        kind = "option"
    elif kind == "future":
        _need(args, "expiry")
    await act(door, call, f"list_{kind}", **args)
    await door.catalog.refresh()
    return await _contract(door, call, body.name)


async def amend_contract(door: Door, call: Call) -> Contract:
    changes = {name: value for name, value in msgspec.structs.asdict(call.body).items() if value is not None}
    name = door.catalog.instrument(call.query.instrument).name
    await act(door, call, "amend_contract", name=name, **changes)
    return await _contract(door, call, name)


async def list_question(door: Door, call: Call) -> Question:
    answer = await act(door, call, "list_question", **msgspec.structs.asdict(call.body))
    return await _question(door, answer.result["question_id"])


async def propose(door: Door, call: Call) -> Question:
    return await _answered(door, call, "propose", payouts=call.body.payouts)


async def challenge(door: Door, call: Call) -> Question:
    return await _answered(door, call, "challenge")


async def resolve(door: Door, call: Call) -> Question:
    return await _answered(door, call, "resolve", payouts=call.body.payouts)


async def set_price(door: Door, call: Call) -> Done:
    body: SetPrice = call.body
    if (body.instrument is None) == (body.asset is None):
        raise fail(400, "BAD_FIELD", "Give either an instrument or an asset.", field="instrument")
    if body.asset is not None:
        if body.dollars is None:
            raise fail(400, "BAD_FIELD", "Give what one unit of the asset is worth.", field="dollars")
        asset = door.catalog.asset(body.asset).name
        return Done((await act(door, call, "set_value", asset=asset, dollars=body.dollars)).seq)
    name = door.catalog.instrument(body.instrument or "").name
    return Done((await act(door, call, "set_price", instrument=name, index=body.index, mark=body.mark)).seq)


async def set_group(door: Door, call: Call) -> GroupMade:
    answer = await act(door, call, "set_group", **msgspec.structs.asdict(call.body))
    return GroupMade(answer.result["number"])


async def set_risk(door: Door, call: Call) -> Done:
    args = msgspec.structs.asdict(call.body)
    return Done((await act(door, call, "set_risk", of=args.pop("name"), **args)).seq)


async def set_lending(door: Door, call: Call) -> Done:
    return Done((await act(door, call, "set_lending", **msgspec.structs.asdict(call.body))).seq)


async def set_liquidation(door: Door, call: Call) -> Done:
    args = msgspec.structs.asdict(call.body)
    if args["backstop"] is not None:
        args["backstop"] = door.catalog.account(args["backstop"], "backstop")
    return Done((await act(door, call, "set_liquidation", **args)).seq)


async def sweep(door: Door, call: Call) -> Swept:
    return Swept((await act(door, call, "sweep", accounts=call.body.accounts)).result["number"])


# --- Below -------------------------------------------------------------------------------------------


def _need(args: dict[str, Any], *names: str) -> None:
    for name in names:
        if name not in args:
            field = "expiry_ns" if name == "expiry" else name
            raise fail(400, "BAD_FIELD", f"A contract of this kind needs {field}.", field=field)


async def _contract(door: Door, call: Call, name: str) -> Contract:
    call.query = InstrumentQuery(name)
    return await contract(door, call)


async def _question(door: Door, question_id: int) -> Question:
    found = [each for each in await questions_now(door) if each.question_id == question_id]
    return found[0]


async def _answered(door: Door, call: Call, method: str, **args: Any) -> Question:
    number = call.number("question_id")
    await act(door, call, method, question=number, **args)
    return await _question(door, number)


def _route(
    method: str, path: str, handle: Any, doc: str, result: Any, body: Any = None, query: Any = None, status: int = 200
) -> Route:  # fmt: skip
    return Route(
        method, f"/v1/operator{path}", handle, doc, "operator", scope="operate", body=body, query=query, result=result,
        status=status, problems=(404, 409, 422, 503),
    )  # fmt: skip


ROUTES = (
    _route("POST", "/contracts", list_contract, "List a contract.", Contract, ListContract, status=201),
    _route(
        "PATCH", "/contract", amend_contract, "Change caps and funding of a contract; what is left out stays.",
        Contract, AmendContract, InstrumentQuery,
    ),
    _route("POST", "/questions", list_question, "List a question.", Question, ListQuestion, status=201),
    _route(
        "POST", "/questions/{question_id}/propose", propose,
        "Propose what each outcome pays: final when nobody challenges it in time.", Question, ResolveQuestion,
    ),
    _route("POST", "/questions/{question_id}/challenge", challenge, "Drop a proposal.", Question),
    _route(
        "POST", "/questions/{question_id}/resolve", resolve, "Say what each outcome pays; final at once.", Question,
        ResolveQuestion,
    ),
    _route("PUT", "/price", set_price, "Give a contract its index and mark, or an asset its value.", Done, SetPrice),
    _route("POST", "/groups", set_group, "Make a risk group, or change one.", GroupMade, SetGroup),
    _route("PUT", "/risk", set_risk, "Give a contract or an asset its risk array in one group.", Done, SetRisk),
    _route("PUT", "/lending", set_lending, "How much of an asset is lent, and at what interest.", Done, SetLending),
    _route("PUT", "/liquidation", set_liquidation, "How accounts are liquidated.", Done, SetLiquidation),
    _route("POST", "/sweeps", sweep, "Look at the next margin accounts for what is due.", Swept, Sweep),
)  # fmt: skip
