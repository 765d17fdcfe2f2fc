"""Contracts, option chains and questions from copies of their rows to JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from emporion.gateway.catalog import Catalog, Listed
from emporion.gateway.decimals import Scale
from emporion.instruments import black76
from emporion.instruments.option import DAYS_A_YEAR, YEAR_NS, averaged_years
from emporion.schema.build import name_text
from emporion.schema.codes import ContractKind, QuestionStatus
from emporion.schema.limits import E12
from emporion.venue.catalog import underlying
from emporion.venue.contracts import funding_next_e12
from emporion.venue.values import text_of
from emporion.wire import contracts as wire

KINDS: list[Any] = text_of(ContractKind)
STATUSES: list[Any] = text_of(QuestionStatus)
RATE = Scale(Decimal(1) / E12, "10^-12")
OPTIONS = (ContractKind.CALL, ContractKind.PUT)
POINT = 0.01  # Of volatility.


def contract_of(
    listed: Listed, row: Any, due_ns: int, questions: np.ndarray, titles: Mapping[str, str]
) -> wire.Contract:
    """A contract as it is shown, from its row of CONTRACT."""
    price, qty = listed.price.text, listed.qty.text
    kind = int(row["kind"])
    is_perpetual, is_outcome = kind == ContractKind.PERPETUAL, kind == ContractKind.OUTCOME

    def price_or_none(name: str) -> str | None:
        return price(row[name]) if row[name] else None

    def ns_or_none(value: int) -> str | None:
        return str(value) if value else None

    question = questions[int(row["question_id"]) - 1] if is_outcome else None
    return wire.Contract(
        instrument=listed.name,
        kind=KINDS[kind],
        settle=listed.quote.name,
        mark=price_or_none("mark_ticks"),
        index=price_or_none("index_ticks"),
        priced_ns=ns_or_none(int(row["priced_ns"])),
        open_interest=qty(row["open_interest_lots"]),
        open_interest_max=qty(row["open_interest_max_lots"]),
        position_max=qty(row["position_max_lots"]),
        funding_rate=RATE.plain(row["funding_rate_e12"]) if is_perpetual else None,
        funding_next=RATE.plain(funding_next_e12(row)) if is_perpetual else None,
        funding_interval_ns=ns_or_none(int(row["funding_interval_ns"])),
        next_funding_ns=ns_or_none(due_ns) if is_perpetual else None,
        next_due_ns=ns_or_none(due_ns),
        expiry_ns=ns_or_none(int(row["expiry_ns"])),
        strike=price_or_none("strike_ticks"),
        daily_price=price_or_none("daily_ticks"),
        final_price=price(row["settle_ticks"]) if row["is_settled"] else None,
        question=name_text(question["name"]) if question is not None else None,
        outcome=outcome_name(question, int(row["outcome"]), listed.name, titles) if question is not None else None,
        outcome_number=int(row["outcome"]) if is_outcome else None,
    )


def outcome_name(question: Any, outcome: int, instrument: str, titles: Mapping[str, str]) -> str:
    """What people call an outcome: "yes", or the title or name of its instrument."""
    if int(question["outcomes"]) == 2:
        return "yes"
    return titles.get(instrument) or instrument or f"outcome {outcome}"


def question_of(
    row: Any, catalog: Catalog, marks: Mapping[int, int], turnovers: Mapping[str, Decimal]
) -> wire.Question:  # fmt: skip
    """A question as it is shown; a binary one has a single outcome, whose sale is NO. `marks` by instrument."""
    one, count = int(row["one_ticks"]), int(row["outcomes"])
    payout = Scale(Decimal(1) / one) if Decimal(1) / one * one == 1 else None
    outcomes, turnover = [], Decimal(0)
    is_answered = row["status"] != QuestionStatus.OPEN
    for outcome in range(1 if count == 2 else count):
        number, ticks = int(row["instrument_ids"][outcome]), int(row["payout_ticks"][outcome])
        paid = payout.plain(ticks) if payout is not None and is_answered else None
        if not number or number >= len(catalog.instruments):
            outcomes.append(wire.Outcome(outcome, f"outcome {outcome}", None, None, None, None, paid))
            continue
        listed, shown = catalog.listed(number), catalog.rows[number]
        text = listed.price.text
        turnover += turnovers.get(listed.name, Decimal(0))
        outcomes.append(
            wire.Outcome(
                outcome,
                outcome_name(row, outcome, listed.name, catalog.titles),
                listed.name,
                text(marks[number]) if marks.get(number) else None,
                text(shown["best_bid_ticks"]) if shown["best_bid_ticks"] else None,
                text(shown["best_ask_ticks"]) if shown["best_ask_ticks"] else None,
                paid,
            )
        )
    name = name_text(row["name"])
    due = str(int(row["due_ns"])) if row["status"] == QuestionStatus.PROPOSED else None
    return wire.Question(
        int(row["question_id"]), name, catalog.titles.get(name, ""), STATUSES[row["status"]],
        str(int(row["challenge_ns"])), due, f"{turnover:f}", outcomes, int(row["group_id"]),
    )  # fmt: skip


def chains_of(rows: np.ndarray, catalog: Catalog, now_ns: int) -> list[wire.OptionChain]:
    """All options that have not ended, by what they are on and when they end, with model figures."""
    rows = rows[np.isin(rows["kind"], OPTIONS) & (rows["is_settled"] == 0)]
    rows = rows[rows["instrument_id"] < len(catalog.instruments)]
    if not len(rows):
        return []
    forward = _forwards(rows, catalog)
    figures = _figures(rows, forward, catalog, now_ns)
    chains: dict[tuple[str, int], dict[int, dict[str, wire.OptionQuote]]] = {}
    forwards: dict[tuple[str, int], str] = {}
    listed_of: dict[int, Listed] = {}
    for place, row in enumerate(rows):
        listed = catalog.listed(int(row["instrument_id"]))
        key = (underlying(listed.name), int(row["expiry_ns"]))
        side = "call" if row["kind"] == ContractKind.CALL else "put"
        strike = int(row["strike_ticks"])
        listed_of.setdefault(strike, listed)
        quote = _quote(
            listed, catalog.rows[listed.instrument_id], row, {name: figures[name][place] for name in figures}
        )
        chains.setdefault(key, {}).setdefault(strike, {})[side] = quote
        if np.isfinite(forward[place]):
            forwards[key] = listed.price.text(round(float(forward[place])))
    return [
        wire.OptionChain(
            name, str(expiry_ns), forwards.get((name, expiry_ns)),
            [
                wire.OptionStrike(listed_of[strike].price.text(strike), pair.get("call"), pair.get("put"))
                for strike, pair in sorted(strikes.items())
            ],
        )
        for (name, expiry_ns), strikes in sorted(chains.items())
    ]  # fmt: skip


def _forwards(rows: np.ndarray, catalog: Catalog) -> np.ndarray:
    """What each option is an option on, in ticks: where the marks of calls and puts of one end agree, C - P + K.

    The median over the strikes that have both; the index where none has, NaN without an index.
    """
    forward = np.where(rows["index_ticks"] > 0, rows["index_ticks"], np.nan)
    is_call = rows["kind"] == ContractKind.CALL
    keys = [
        (underlying(catalog.listed(int(row["instrument_id"])).name), int(row["expiry_ns"])) for row in rows
    ]  # fmt: skip
    for key in set(keys):
        here = np.array([each == key for each in keys])
        calls, puts = ({int(row["strike_ticks"]): int(row["mark_ticks"]) for row in rows[here & side]}
                       for side in (is_call, ~is_call))  # fmt: skip
        implied = [strike + calls[strike] - puts[strike] for strike in calls if calls[strike] and puts.get(strike)]
        if implied:
            forward[here] = np.median(implied)
    return forward


def _figures(rows: np.ndarray, forward: np.ndarray, catalog: Catalog, now_ns: int) -> dict[str, np.ndarray]:
    """Volatilities of mark, bid and ask, and the model at that of the mark; NaN where there is nothing to go by."""
    shown = catalog.rows[rows["instrument_id"]]
    strike, mark = (np.where(rows[name] > 0, rows[name], np.nan) for name in ("strike_ticks", "mark_ticks"))
    bid, ask = (np.where(shown[name] > 0, shown[name], np.nan) for name in ("best_bid_ticks", "best_ask_ticks"))
    years = averaged_years((rows["expiry_ns"] - now_ns) / YEAR_NS, rows["window_ns"] / YEAR_NS)
    is_call = rows["kind"] == ContractKind.CALL
    vols = [black76.implied_vol(each, forward, strike, years, is_call) for each in (mark, bid, ask)]
    model = black76.greeks(forward, strike, years, vols[0], is_call)
    unit = np.array([float(catalog.listed(int(number)).price.unit) for number in rows["instrument_id"]])
    return {
        "iv": vols[0],
        "bid_iv": vols[1],
        "ask_iv": vols[2],
        "theoretical": model.price * unit,
        "delta": model.delta,
        "gamma": model.gamma / unit,
        "vega": model.vega * unit * POINT,
        "theta": model.theta * unit / DAYS_A_YEAR,
    }


def _quote(listed: Listed, shown: Any, row: Any, figures: dict[str, Any]) -> wire.OptionQuote:
    text = listed.price.text

    def ticks(value: int) -> str | None:
        return text(value) if value else None

    numbers = {name: float(value) if np.isfinite(value) else None for name, value in figures.items()}
    return wire.OptionQuote(
        instrument=listed.name,
        mark=ticks(row["mark_ticks"]),
        bid=ticks(shown["best_bid_ticks"]),
        ask=ticks(shown["best_ask_ticks"]),
        last=ticks(shown["last_price_ticks"]),
        open_interest=listed.qty.text(row["open_interest_lots"]),
        **numbers,
    )
