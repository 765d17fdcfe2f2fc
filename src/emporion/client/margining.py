"""Contracts, margin, TWAPs and gauges from afar: what everybody sees, and what an account sees of its pool."""

from emporion.client import margin_records, tables
from emporion.client.core import Core, with_query
from emporion.client.exchange import Repeat
from emporion.client.flow import Flow, fact, method
from emporion.client.values import AccountLike, cl_ord_id_text, code_text, decimal_text
from emporion.errors import BadValue
from emporion.schema.codes import Side, Stp
from emporion.venue.frames import Frame
from emporion.venue.margin_things import Contract, Explanation, MarginSummary, Question, Twap
from emporion.venue.values import Number
from emporion.wire import contracts as wire
from emporion.wire import margin
from emporion.wire.gauges import Gauge, GaugePoint, GaugeStudy


class Margining(Core):
    """As `venue.margining` and `venue.contracts`; besides, what the page shows, with decimal text as on the wire."""

    # --- What everybody sees ---

    @method
    def contract(self, name: str) -> Flow[Contract]:
        """A contract as it stands: terms, mark, index, funding, open interest."""
        target = with_query("/v1/contract", instrument=name)
        said = yield from self._ask(wire.Contract, "GET", target, f"look at {name}", account="")
        return margin_records.contract(said)

    @fact
    def contracts(self) -> Flow[tuple[str, ...]]:
        """Names of the instruments that settle as contracts."""
        found = yield from self._all(wire.Contract, "/v1/contracts", "look at contracts")
        return tuple(each.instrument for each in found)

    @method
    def all_contracts(self) -> Flow[tuple[Contract, ...]]:
        """All contracts as they stand, by one request."""
        found = yield from self._all(wire.Contract, "/v1/contracts", "look at contracts")
        return tuple(map(margin_records.contract, found))

    @method
    def funding_history(self, instrument: str, *, limit: int | None = None) -> Flow[Frame]:
        """The funding rate of each interval that has ended, oldest first: all, or the newest `limit`."""
        what = f"look at the funding of {instrument}"
        found = yield from self._pages(wire.FundingPoint, "/v1/funding", what, "", limit, instrument=instrument)
        listed = yield from self._know([instrument])
        return tables.fundings(found[::-1], listed)

    @method
    def option_chains(self) -> Flow[tuple[wire.OptionChain, ...]]:
        """All options by what they are on and when they end, with implied volatilities and greeks."""
        said = yield from self._ask(
            wire.OptionChains, "GET", "/v1/option-chains", "look at option chains", account=""
        )  # fmt: skip
        return tuple(said.items)

    @method
    def question(self, question: str | int) -> Flow[Question]:
        """A question by its name or number."""
        return margin_records.question((yield from self._question(question)))

    @fact
    def questions(self) -> Flow[tuple[Question, ...]]:
        """All questions."""
        return tuple(map(margin_records.question, (yield from self._questions())))

    @method
    def odds(self) -> Flow[tuple[wire.Question, ...]]:
        """All questions and what their outcomes cost."""
        return tuple((yield from self._questions()))

    @method
    def gauges(self) -> Flow[tuple[Gauge, ...]]:
        """Whether each price is explosive now."""
        return tuple((yield from self._all(Gauge, "/v1/gauges", "look at gauges")))

    @method
    def gauge(self, instrument: str) -> Flow[GaugeStudy]:
        """The last study of an instrument: episodes, BSADF and its line, critical times."""
        target = with_query("/v1/gauge", instrument=instrument)
        what = f"look at the gauge of {instrument}"
        return (yield from self._ask(GaugeStudy, "GET", target, what, account=""))

    @method
    def gauge_history(
        self, instrument: str, start_ns: int | None = None, end_ns: int | None = None, limit: int = 500
    ) -> Flow[tuple[GaugePoint, ...]]:
        """How a gauge stood, oldest first: the newest `limit`, or those of a stretch of time."""
        target = with_query(
            "/v1/gauge-history", instrument=instrument, limit=str(limit),
            start_ns=None if start_ns is None else str(start_ns), end_ns=None if end_ns is None else str(end_ns),
        )  # fmt: skip
        return tuple((yield from self._all(GaugePoint, target, f"look at the gauge of {instrument}")))

    # --- What an account sees ---

    @method
    def positions(self, account: AccountLike | None = None) -> Flow[Frame]:
        """Positions, with what they cost and where the account would be liquidated; without `account` as all views."""
        items: list[margin.Position] = []
        if account is not None or self._account:
            names = [self._acting(account)]
        else:
            names = [each.name for each in (yield from self._own_accounts())]
        for name in names:
            what = f"look at positions of {name}"
            items += yield from self._pages(margin.Position, "/v1/positions", what, name)
        listed = yield from self._know({each.instrument for each in items}, accounts={each.account for each in items})
        return tables.positions(items, listed)

    @method
    def margin(self, account: AccountLike | None = None) -> Flow[MarginSummary]:
        """An account's health: equity, what its margin is, what it may still do."""
        what = f"look at the margin of {self._named(account)}"
        said = yield from self._ask(margin.MarginSummary, "GET", "/v1/margin", what, account=self._acting(account))
        return margin_records.summary(said)

    @method
    def explain(self, account: AccountLike | None = None) -> Flow[Explanation]:
        """Why the margin is what it is: each group's worst scenario with each holding's part, to the micro-dollar."""
        what = f"explain the margin of {self._named(account)}"
        said = yield from self._ask(
            margin.Explanation, "GET", "/v1/margin/explain", what, account=self._acting(account)
        )  # fmt: skip
        return margin_records.explanation(said)

    @method
    def set_margin(self, account: AccountLike | None = None, leverage_max: int = 0) -> Flow[MarginSummary]:
        """Make it a margin account, for good, or change its own leverage cap; 0 for none."""
        what = f"set margin of {self._named(account)}"
        said = yield from self._ask(
            margin.MarginSummary, "PUT", "/v1/margin", what, margin.SetMarginMode(leverage_max),
            account=self._acting(account), repeat=Repeat.NAMED,
        )  # fmt: skip
        return margin_records.summary(said)

    # --- TWAPs ---

    @method
    def place_twap(
        self,
        account: AccountLike,
        instrument: str,
        side: str,
        *,
        qty: Number,
        seconds: Number,
        every: Number = 30,
        slippage: Number = "0.03",
        price: Number | None = None,
        reduce_only: bool = False,
        stp: str = "cancel_resting",
        cl_ord_id: str | bytes | None = None,
    ) -> Flow[Twap]:
        """Have the venue trade a quantity in immediate slices, `every` so many seconds. As `Venue.place_twap`."""
        what = f"place twap {side} {qty} {instrument} for {self._named(account)}"
        body = margin.PlaceTwap(
            instrument=instrument,
            side=code_text(Side, side, "side"),
            qty=decimal_text(qty, "qty", what),
            seconds=_seconds(seconds, "seconds", what),
            interval_seconds=_seconds(every, "every", what),
            slippage=decimal_text(slippage, "slippage", what),
            price=decimal_text(price, "price", what) if price is not None else None,
            reduce_only=bool(reduce_only),
            stp=code_text(Stp, stp, "stp"),
            cl_ord_id=cl_ord_id_text(cl_ord_id),
        )
        said = yield from self._ask(
            margin.Twap, "POST", "/v1/twaps", what, body, account=self._acting(account), repeat=Repeat.ONCE,
            remedy="twaps(account) tells. With cl_ord_id= a repeat is refused as DUPLICATE.",
        )  # fmt: skip
        return margin_records.twap(said)

    @method
    def twap(self, twap_id: int) -> Flow[Twap]:
        """A TWAP that is running, of an account that the key may see; BadValue when there is none of that number."""
        names = [self._account] if self._account else [each.name for each in (yield from self._own_accounts())]
        for name in names:
            found = yield from self._ask(margin.TwapPage, "GET", "/v1/twaps", f"look at TWAPs of {name}", account=name)
            for each in found.items:
                if each.twap_id == twap_id:
                    return margin_records.twap(each)
        raise BadValue(f"no TWAP {twap_id} is running")

    @method
    def twaps(self, account: AccountLike | None = None) -> Flow[tuple[Twap, ...]]:
        """TWAPs of an account that are running."""
        what = f"look at TWAPs of {self._named(account)}"
        found = yield from self._ask(margin.TwapPage, "GET", "/v1/twaps", what, account=self._acting(account))
        return tuple(map(margin_records.twap, found.items))

    @method
    def cancel_twap(self, twap: Twap | int, account: AccountLike | None = None) -> Flow[None]:
        """End a TWAP; what its slices traded stays traded."""
        number = twap.twap_id if isinstance(twap, Twap) else twap
        owner = account if account is not None or not isinstance(twap, Twap) else twap.account
        yield from self._ask(
            margin.Twap, "DELETE", f"/v1/twaps/{number}", f"cancel twap {number}", account=self._acting(owner),
            repeat=Repeat.ONCE, remedy="twaps(account) tells; cancelling again does no harm.",
        )  # fmt: skip

    # --- Below ---

    def _question(self, question: str | int) -> Flow[wire.Question]:
        for each in (yield from self._questions()):
            if question == (each.name if isinstance(question, str) else each.question_id):
                return each
        raise BadValue(f"there is no question {question!r}; questions has all that are listed")

    def _questions(self) -> Flow[list[wire.Question]]:
        return (yield from self._ask(wire.Questions, "GET", "/v1/questions", "look at questions", account="")).items


def _seconds(value: Number, name: str, what: str) -> int:
    """As in process in all but that the door takes whole seconds."""
    text = decimal_text(value, name, what)
    whole, _, part = text.partition(".")
    if part.strip("0"):
        raise BadValue(f"{name}: {value!r}; a served venue takes whole seconds")
    return int(whole)
