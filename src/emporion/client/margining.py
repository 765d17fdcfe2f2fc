"""Contracts, margin, TWAPs and gauges from afar: what everybody sees, and what an account sees of its pool."""

from emporion.client import margin_records
from emporion.client.core import Core, with_query
from emporion.client.exchange import Repeat
from emporion.client.flow import Flow, method
from emporion.client.values import AccountLike, cl_ord_id_text, code_text, decimal_text
from emporion.errors import BadValue
from emporion.schema.codes import Side
from emporion.venue.margin_things import Contract, Explanation, FundingPoint, MarginSummary, Position, Twap
from emporion.venue.values import Number
from emporion.wire import contracts as wire
from emporion.wire import margin
from emporion.wire.gauges import Gauge, GaugePoint, GaugeStudy


class Margining(Core):
    """As `venue.margining`, but that lists are tuples of records; questions, chains and gauges as the wire has them."""

    # --- What everybody sees ---

    @method
    def contract(self, name: str) -> Flow[Contract]:
        """A contract as it stands: terms, mark, index, funding, open interest."""
        target = with_query("/v1/contract", instrument=name)
        said = yield from self._ask(wire.Contract, "GET", target, f"look at {name}", account="")
        return margin_records.contract(said)

    @method
    def contracts(self) -> Flow[tuple[Contract, ...]]:
        """All contracts as they stand."""
        found = yield from self._all(wire.Contract, "/v1/contracts", "look at contracts")
        return tuple(map(margin_records.contract, found))

    @method
    def funding_history(self, instrument: str, *, limit: int | None = None) -> Flow[tuple[FundingPoint, ...]]:
        """The funding rate of each interval that has ended, oldest first: all, or the newest `limit`."""
        what = f"look at the funding of {instrument}"
        found = yield from self._pages(wire.FundingPoint, "/v1/funding", what, "", limit, instrument=instrument)
        return tuple(map(margin_records.funding, reversed(found)))

    @method
    def option_chains(self) -> Flow[tuple[wire.OptionChain, ...]]:
        """All options by what they are on and when they end, with implied volatilities and greeks."""
        said = yield from self._ask(
            wire.OptionChains, "GET", "/v1/option-chains", "look at option chains", account=""
        )  # fmt: skip
        return tuple(said.items)

    @method
    def questions(self) -> Flow[tuple[wire.Question, ...]]:
        """All questions and what their outcomes cost."""
        said = yield from self._ask(wire.Questions, "GET", "/v1/questions", "look at questions", account="")
        return tuple(said.items)

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
    def positions(self, account: AccountLike | None = None) -> Flow[tuple[Position, ...]]:
        """Positions of an account, with what they cost and where it would be liquidated."""
        what = f"look at positions of {self._named(account)}"
        found = yield from self._pages(margin.Position, "/v1/positions", what, self._acting(account))
        return tuple(map(margin_records.position, found))

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
        seconds: int,
        every: int = 30,
        slippage: Number = "0.03",
        price: Number | None = None,
        reduce_only: bool = False,
        cl_ord_id: str | bytes | None = None,
    ) -> Flow[Twap]:
        """Have the venue trade a quantity in immediate slices, `every` so many seconds. As `Venue.place_twap`."""
        what = f"place twap {side} {qty} {instrument} for {self._named(account)}"
        for name, value in (("seconds", seconds), ("every", every)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise BadValue(f"{name}: {value!r}; give whole seconds")
        body = margin.PlaceTwap(
            instrument=instrument,
            side=code_text(Side, side, "side"),
            qty=decimal_text(qty, "qty", what),
            seconds=seconds,
            interval_seconds=every,
            slippage=decimal_text(slippage, "slippage", what),
            price=decimal_text(price, "price", what) if price is not None else None,
            reduce_only=bool(reduce_only),
            cl_ord_id=cl_ord_id_text(cl_ord_id),
        )
        said = yield from self._ask(
            margin.Twap, "POST", "/v1/twaps", what, body, account=self._acting(account), repeat=Repeat.ONCE,
            remedy="twaps(account) tells. With cl_ord_id= a repeat is refused as DUPLICATE.",
        )  # fmt: skip
        return margin_records.twap(said)

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
