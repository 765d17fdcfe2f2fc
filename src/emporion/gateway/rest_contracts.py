"""Contracts as everybody may see them: terms, prices and funding, option chains, questions."""

from decimal import Decimal

import msgspec

from emporion.gateway import cursors
from emporion.gateway.call import Call
from emporion.gateway.contract_views import RATE, chains_of, contract_of, question_of
from emporion.gateway.cursors import Page, page_query
from emporion.gateway.door import Door
from emporion.gateway.link.pool_questions import Contracts, QuestionRows
from emporion.gateway.link.questions import HistoryFundings
from emporion.gateway.problems import fail
from emporion.gateway.rest_market import InstrumentQuery, contracts_now
from emporion.gateway.router import Route
from emporion.wire.contracts import Contract, FundingPage, FundingPoint, OptionChains, Question, Questions
from emporion.wire.values import InstrumentName

FundingQuery = page_query(("instrument", InstrumentName, msgspec.NODEFAULT), name="FundingQuery")


async def contract(door: Door, call: Call) -> Contract:
    listed = door.catalog.instrument(call.query.instrument)
    answer = await door.link.ask(Contracts(listed.instrument_id))
    if not len(answer.contracts):
        raise fail(404, "NOT_A_CONTRACT", "The instrument is delivered; it is no contract.", field="instrument")
    questions = (await door.link.ask(QuestionRows())).questions
    return contract_of(listed, answer.contracts[0], answer.due_ns[0], questions, door.catalog.titles)


async def contracts(door: Door, call: Call) -> Page[Contract]:
    await door.catalog.catch_up()
    return Page(list((await contracts_now(door, 0)).values()))


async def funding(door: Door, call: Call) -> FundingPage:
    listed = door.catalog.instrument(call.query.instrument)
    kind, limit = f"funding {listed.instrument_id}", call.query.limit
    before = cursors.read(kind, call.query.cursor)
    rows = (await door.link.ask(HistoryFundings(listed.instrument_id, *before, limit))).table.rows
    names = ["seq", "n", "ts_ns", "rate_e12", "price_ticks"]
    found = rows[names].tolist()
    items = [
        FundingPoint(seq, str(ts_ns), listed.name, RATE.plain(rate), listed.price.text(ticks))
        for seq, _, ts_ns, rate, ticks in found
    ]
    return FundingPage(items, cursors.write(kind, found[-1][0], found[-1][1]) if len(items) == limit else None)


async def option_chains(door: Door, call: Call) -> OptionChains:
    await door.catalog.catch_up()
    answer = await door.link.ask(Contracts())
    return OptionChains(chains_of(answer.contracts, door.catalog, answer.ts_ns))


async def questions(door: Door, call: Call) -> Questions:
    return Questions(await questions_now(door))


async def questions_now(door: Door) -> list[Question]:
    """All questions as they stand."""
    await door.catalog.catch_up()
    rows = (await door.link.ask(QuestionRows())).questions
    if not len(rows):
        return []
    found = (await door.link.ask(Contracts())).contracts
    marks = dict(zip(found["instrument_id"].tolist(), found["mark_ticks"].tolist(), strict=True))
    turnovers = {each.instrument: Decimal(each.turnover) for each in await door.tickers()}
    return [question_of(row, door.catalog, marks, turnovers) for row in rows]


ROUTES = (
    Route("GET", "/v1/contracts", contracts, "All contracts, as they stand.", "market", result=Page[Contract], cost=4),
    Route(
        "GET", "/v1/contract", contract, "One contract: its terms, mark, index, funding and open interest.", "market",
        query=InstrumentQuery, result=Contract, problems=(404,),
    ),
    Route(
        "GET", "/v1/funding", funding, "Funding rates of a perpetual, newest first.", "market", query=FundingQuery,
        result=FundingPage, problems=(404,),
    ),
    Route(
        "GET", "/v1/option-chains", option_chains,
        "All options by what they are on and when they end, with implied volatilities and greeks.", "market",
        result=OptionChains, cost=4,
    ),
    Route("GET", "/v1/questions", questions, "All questions and their outcomes.", "market", result=Questions),
)  # fmt: skip
