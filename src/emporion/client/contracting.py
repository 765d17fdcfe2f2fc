"""What operators do with contracts and margin. As `venue.contracting`, from afar, with a key that may operate."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from emporion.client import margin_records
from emporion.client.core import with_query
from emporion.client.exchange import Repeat
from emporion.client.flow import Flow, method
from emporion.client.margining import Margining
from emporion.client.values import AccountLike, account_name, decimal_text
from emporion.errors import BadValue
from emporion.venue.margin_things import Contract, Question
from emporion.venue.values import Number, expire_ns
from emporion.wire import contracts as wire
from emporion.wire import risk
from emporion.wire.accounts import Done

T = TypeVar("T")
NUMBERS = (  # Terms of a listing that are decimal.
    "reference", "window", "strike", "tick", "lot", "band", "qty_min", "qty_max", "price_max", "notional_min",
    "notional_max", "position_max", "open_interest_max",
)  # fmt: skip
REMEDY = "look at contracts and questions for what was done."


class Contracting(Margining):
    """Listings of contracts, prices, risk, lending, liquidation, answers to questions."""

    @method
    def list_perpetual(self, name: str, settle: str, *, reference: Number, **more: Any) -> Flow[Contract]:
        """List a perpetual. Further terms: tick, lot, band, qty_min, qty_max, price_max, notional_min, notional_max,
        position_max, open_interest_max, fee_schedule, status."""
        return (yield from self._list("perpetual", name, settle, reference=reference, **more))

    @method
    def list_future(
        self, name: str, settle: str, *, reference: Number, expiry: int | datetime, **more: Any
    ) -> Flow[Contract]:
        """List a future that ends at `expiry`; `window` seconds of index are averaged."""
        return (yield from self._list("future", name, settle, reference=reference, expiry=expiry, **more))

    @method
    def list_option(
        self, name: str, settle: str, *, strike: Number, expiry: int | datetime, call: bool, underlying: Number,
        **more: Any,
    ) -> Flow[Contract]:  # fmt: skip
        """List a European call or put on something at `underlying`."""
        kind = "call" if call else "put"
        terms = {"reference": underlying, "strike": strike, "expiry": expiry}
        return (yield from self._list(kind, name, settle, **terms, **more))

    @method
    def list_outcome(
        self, name: str, settle: str, question: str | int, outcome: int = 0, *, reference: Number = "0.5",
        binary_fees: bool = True, **more: Any,
    ) -> Flow[Contract]:  # fmt: skip
        """List the contract that pays one if an outcome comes true. `binary_fees`: on p (1 - p), not on p."""
        named = question if isinstance(question, str) else (yield from self._question(question)).name
        terms = {"reference": reference, "question": named, "outcome": outcome, "binary_fees": binary_fees}
        return (yield from self._list("outcome", name, settle, **terms, **more))

    @method
    def list_question(
        self, name: str, outcomes: int = 2, *, challenge: Number = 0, tick: Number = "0.001"
    ) -> Flow[Question]:
        """List a question of 2 to 16 outcomes; of two there is one contract, on YES."""
        what = f"list question {name}"
        body = risk.ListQuestion(
            name, outcomes, decimal_text(challenge, "challenge", what), decimal_text(tick, "tick", what)
        )  # fmt: skip
        return margin_records.question((yield from self._operate(wire.Question, "POST", "/questions", what, body)))

    @method
    def set_price(self, instrument: str, *, index: Number | None = None, mark: Number | None = None) -> Flow[Contract]:
        """Give a contract its index, its mark, or both."""
        what = f"set price of {instrument}"
        body = risk.SetPrice(
            instrument=instrument, index=_text(index, "index", what), mark=_text(mark, "mark", what)
        )  # fmt: skip
        yield from self._operate(Done, "PUT", "/price", what, body, Repeat.NAMED)
        target = with_query("/v1/contract", instrument=instrument)
        return margin_records.contract((yield from self._ask(wire.Contract, "GET", target, what, account="")))

    @method
    def set_value(self, asset: str, dollars: Number) -> Flow[None]:
        """What one unit of an asset is worth in US dollars, for margin."""
        what = f"set value of {asset}"
        body = risk.SetPrice(asset=asset, dollars=decimal_text(dollars, "dollars", what))
        yield from self._operate(Done, "PUT", "/price", what, body, Repeat.NAMED)

    @method
    def set_group(self, kind: str = "price", maintenance: Number = "0.5", group_id: int = 0) -> Flow[int]:
        """Make a risk group, or change one; its number."""
        if kind not in ("price", "rates"):
            raise BadValue(f"kind: {kind!r} is neither 'price' nor 'rates'; questions make their own groups")
        body = risk.SetGroup(
            kind,  # type: ignore[arg-type]  # One of them, as was seen to.
            decimal_text(maintenance, "maintenance", "set group"), group_id,
        )  # fmt: skip
        return (yield from self._operate(risk.GroupMade, "POST", "/groups", "set group", body)).group_id

    @method
    def set_risk(
        self, of: str, group_id: int, array: Sequence[int], *, load: int = 0, unit_shift: int = 0,
        cap: Number | None = None, short_min: int = 0, addon_from: Number | None = None, addon: int = 0,
        sold_on: str | None = None,
    ) -> Flow[None]:  # fmt: skip
        """One load of a contract or an asset: what 2^unit_shift lots or atoms gain in each scenario, micro-dollars."""
        what = f"set risk of {of}"
        body = risk.SetRisk(
            of, group_id, list(array), load, unit_shift, _text(cap, "cap", what), short_min,
            _text(addon_from, "addon_from", what), addon, sold_on,
        )  # fmt: skip
        yield from self._operate(Done, "PUT", "/risk", what, body, Repeat.NAMED)

    @method
    def set_lending(
        self, asset: str, cap: Number, *, base: Number = 0, kink: Number = 0, full: Number = "0.001",
        kink_at: Number = "0.8",
    ) -> Flow[None]:  # fmt: skip
        """How much of an asset is lent, and the interest of an hour at no use, at `kink_at` of use, at full use."""
        what = f"set lending of {asset}"
        texts = [
            decimal_text(value, name, what)
            for name, value in (("cap", cap), ("base", base), ("kink", kink), ("full", full), ("kink_at", kink_at))
        ]
        yield from self._operate(Done, "PUT", "/lending", what, risk.SetLending(asset, *texts), Repeat.NAMED)

    @method
    def set_liquidation(self, backstop: AccountLike | None = None, **numbers: Number) -> Flow[None]:
        """How accounts are liquidated: slice_part, slice_min, interval, backstop_at, fee, slippage."""
        known = ("slice_part", "slice_min", "interval", "backstop_at", "fee", "slippage")
        unknown = sorted(numbers.keys() - set(known))
        if unknown:
            raise BadValue(f"set_liquidation: {', '.join(unknown)} is none of {', '.join(known)}")
        texts = {name: decimal_text(value, name, "set liquidation") for name, value in numbers.items()}
        name = account_name(backstop) if backstop is not None else None
        body = risk.SetLiquidation(name, **texts)
        yield from self._operate(Done, "PUT", "/liquidation", "set liquidation", body, Repeat.NAMED)

    @method
    def sweep(self, accounts: int = 1_000) -> Flow[int]:
        """Look at the next so many margin accounts; how many liquidations began."""
        return (yield from self._operate(risk.Swept, "POST", "/sweeps", "sweep", risk.Sweep(accounts))).begun

    @method
    def propose(self, question: str | int, payouts: Sequence[Number]) -> Flow[Question]:
        """Propose what each outcome pays: final when nobody challenges it in time."""
        return (yield from self._answer("propose", question, payouts))

    @method
    def challenge(self, question: str | int) -> Flow[Question]:
        """Drop a proposal."""
        return (yield from self._answer("challenge", question, None))

    @method
    def resolve(self, question: str | int, payouts: Sequence[Number]) -> Flow[Question]:
        """Say what each outcome pays; final at once."""
        return (yield from self._answer("resolve", question, payouts))

    @method
    def amend_contract(self, name: str, **changes: Any) -> Flow[Contract]:
        """Change position_max, open_interest_max, interest_e12, clamp_e12, cap_e12, divisor; the rest stays."""
        what = f"amend {name}"
        for key in ("position_max", "open_interest_max"):
            if changes.get(key) is not None:
                changes[key] = decimal_text(changes[key], key, what)
        target = with_query("/contract", instrument=name)
        body = risk.AmendContract(**changes)
        said = yield from self._operate(wire.Contract, "PATCH", target, what, body, Repeat.NAMED)
        return margin_records.contract(said)

    # --- Below ---

    def _list(self, kind: Any, name: str, settle: str, **terms: Any) -> Flow[Contract]:
        what = f"list contract {name}"
        if terms.get("expiry") is not None:
            terms["expiry_ns"] = str(expire_ns(terms.pop("expiry")))
        given: dict[str, Any] = {
            key: decimal_text(value, key, what) if key in NUMBERS and value is not None else value
            for key, value in terms.items()
        }
        try:
            body = risk.ListContract(name, kind, settle, **given)
        except TypeError as error:
            raise BadValue(f"{what}: {error}") from None
        said = yield from self._operate(wire.Contract, "POST", "/contracts", what, body)
        return margin_records.contract(said)

    def _answer(self, verb: str, question: str | int, payouts: Sequence[Number] | None) -> Flow[Question]:
        what = f"{verb} question {question}"
        number = (yield from self._question(question)).question_id if isinstance(question, str) else question
        body = None
        if payouts is not None:
            body = wire.ResolveQuestion([decimal_text(each, "payouts", what) for each in payouts])
        said = yield from self._operate(wire.Question, "POST", f"/questions/{number}/{verb}", what, body)
        return margin_records.question(said)

    def _operate(
        self, kind: type[T], verb: str, path: str, what: str, body: Any, repeat: Repeat = Repeat.ONCE
    ) -> Flow[T]:
        return (
            yield from self._ask(
                kind, verb, f"/v1/operator{path}", what, body, account="", repeat=repeat, remedy=REMEDY
            )  # fmt: skip
        )


def _text(value: Number | None, name: str, what: str) -> str | None:
    return decimal_text(value, name, what) if value is not None else None
