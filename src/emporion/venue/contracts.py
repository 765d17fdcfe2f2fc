"""Contracts and questions as they stand, from their rows to records."""

from decimal import Decimal
from typing import Any

from emporion.errors import BadValue
from emporion.schema.build import name_text
from emporion.schema.codes import ContractKind, Event, Limit, QuestionStatus
from emporion.schema.limits import E12
from emporion.schema.units import to_text
from emporion.venue.core import Core
from emporion.venue.frames import Frame, decimals, integers, labels, times
from emporion.venue.margin_things import Contract, FundingPoint, Question
from emporion.venue.values import text_of

KIND_TEXTS = text_of(ContractKind)
STATUS_TEXTS = text_of(QuestionStatus)
RATE = Decimal(1) / E12


class Contracts(Core):
    """What everybody may know of contracts and questions."""

    def contract(self, name: str) -> Contract:
        """A contract as it stands: terms, prices, funding. BadValue for what is delivered."""
        number = self._catalog.instrument_id(name)
        instrument = self._catalog.rows(Limit.INSTRUMENTS)[number]
        if not instrument["contract"]:
            raise BadValue(f"{name} is delivered; contract() is for what settles as a contract")
        row = self._catalog.rows(Limit.CONTRACTS)[instrument["contract"]]
        tick, lot = self._catalog.ticks[number], self._catalog.lots[number]

        def price(field: str) -> Decimal | None:
            return Decimal(to_text(row[field], tick)) if row[field] else None

        def lots(field: str) -> Decimal:
            return Decimal(to_text(row[field], lot))

        kind = int(row["kind"])
        is_perpetual, is_outcome = kind == ContractKind.PERPETUAL, kind == ContractKind.OUTCOME
        due = int(self._catalog.rows(Limit.DEADLINES)["due_ns"][row["deadline"]]) if row["deadline"] else 0
        return Contract(
            instrument=name,
            kind=KIND_TEXTS[kind],
            settle=self._catalog.asset_names[int(instrument["quote_asset_id"])],
            mark=price("mark_ticks"),
            index=price("index_ticks"),
            priced_ns=int(row["priced_ns"]) or None,
            open_interest=lots("open_interest_lots"),
            open_interest_max=lots("open_interest_max_lots"),
            position_max=lots("position_max_lots"),
            funding_rate=Decimal(to_text(row["funding_rate_e12"], RATE)) if is_perpetual else None,
            funding_next=Decimal(to_text(funding_next_e12(row), RATE)) if is_perpetual else None,
            funding_interval_ns=int(row["funding_interval_ns"]) or None,
            next_due_ns=due or None,
            expiry_ns=int(row["expiry_ns"]) or None,
            strike=price("strike_ticks"),
            daily_price=price("daily_ticks"),
            final_price=Decimal(to_text(row["settle_ticks"], tick)) if row["is_settled"] else None,
            question=self._question_name(int(row["question_id"])) if is_outcome else None,
            outcome=int(row["outcome"]) if is_outcome else None,
        )

    @property
    def contracts(self) -> tuple[str, ...]:
        """Names of the instruments that settle as contracts."""
        rows = self._catalog.rows(Limit.INSTRUMENTS)
        return tuple(
            self._catalog.instrument_names[number] for number in range(1, len(rows)) if rows["contract"][number]
        )

    def question(self, question: str | int) -> Question:
        """A question by its name or number."""
        number = self._question_id(question)
        row = self._catalog.rows(Limit.QUESTIONS)[number]
        outcomes, one = int(row["outcomes"]), Decimal(int(row["one_ticks"]))
        numbers = row["instrument_ids"][:outcomes].tolist()
        is_answered = row["status"] != QuestionStatus.OPEN
        payouts = tuple(Decimal(ticks) / one for ticks in row["payout_ticks"][:outcomes].tolist())
        return Question(
            question_id=number,
            name=name_text(row["name"]),
            status=STATUS_TEXTS[row["status"]],
            outcomes=outcomes,
            instruments=tuple(self._catalog.instrument_names[each] if each else None for each in numbers),
            payouts=payouts if is_answered else None,
            challenge_ns=int(row["challenge_ns"]),
            due_ns=int(row["due_ns"]) if row["status"] == QuestionStatus.PROPOSED else None,
            group_id=int(row["group_id"]),
        )

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions."""
        return tuple(self.question(number) for number in range(1, len(self._catalog.rows(Limit.QUESTIONS))))

    def funding_history(self, instrument: str) -> Frame:
        """The funding rate of each interval that has ended, oldest first."""
        number = self._catalog.instrument_id(instrument)
        rows, ts_ns = self._history.select(
            lambda events: (events["kind"] == Event.FUNDING_SET) & (events["instrument_id"] == number)
        )
        columns = [
            integers("seq", rows["seq"]),
            times("ts_ns", ts_ns),
            labels("instrument", rows["instrument_id"], self._catalog.instrument_names),
            decimals("rate", rows["amount_atoms"], [RATE]),
            decimals("index", rows["price_ticks"], self._catalog.ticks, rows["instrument_id"]),
        ]
        return Frame(columns, FundingPoint)

    def _question_id(self, question: str | int) -> int:
        rows = self._catalog.rows(Limit.QUESTIONS)
        if isinstance(question, str):
            names = {name_text(row["name"]): number for number, row in enumerate(rows) if number}
            if question not in names:
                known = ", ".join(sorted(names)[:20]) or "none"
                raise BadValue(f"no question is named {question!r}; list it with list_question. Known: {known}")
            return names[question]
        if isinstance(question, bool) or not isinstance(question, int) or not 0 < question < len(rows):
            raise BadValue(f"question {question!r}: numbers go from 1 to {len(rows) - 1}")
        return question

    def _question_name(self, number: int) -> str:
        return name_text(self._catalog.rows(Limit.QUESTIONS)[number]["name"])


def funding_next_e12(contract: Any) -> int:
    """What the rate of the present interval would be if it ended now: rule F-2. `contract` is a row of CONTRACT."""
    samples, total = int(contract["premium_samples"]), int(contract["premium_sum_e12"])
    average = _toward_zero(total, samples) if samples else 0
    clamp, cap = int(contract["clamp_e12"]), int(contract["cap_e12"])
    pulled = average + min(max(int(contract["interest_e12"]) - average, -clamp), clamp)
    return min(max(_toward_zero(pulled, int(contract["divisor"]) or 1), -cap), cap)


def _toward_zero(a: int, b: int) -> int:
    return a // b if a >= 0 else -(-a // b)
