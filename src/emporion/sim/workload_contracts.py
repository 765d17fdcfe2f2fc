"""Lives of contracts: listings of every kind, funding, expiries, questions; orders that wait, are tied, or sliced.

What a `MarginWorkload` does goes on around it, a little less often, so that margin is judged on such contracts too.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import ContractKind, Event, FeeForm, InstrumentStatus, Limit, Link, OrderFlag, Side, Tif
from emporion.schema.limits import DAY_NS, E12, HOUR_NS
from emporion.sim.workload import ALWAYS, INSTRUMENTS, MEDDLING, MIDDLE_TICKS, SWARM
from emporion.sim.workload_margin import CASH, CONTRACTS, MarginWorkload

ONE_TICKS = 150  # What outcomes pay together.
SECOND_NS = 1_000_000_000
PUT = CONTRACTS[-1] + 1
OUTCOMES = range(PUT + 1, PUT + 4)  # One of a question of two, two of a question of three.
ROOM = {  # Limits: what the stage needs, and a little more.
    Limit.INSTRUMENTS: (11, 20), Limit.CONTRACTS: (8, 16), Limit.RISKS: (11, 24), Limit.QUESTIONS: (2, 6),
    Limit.GROUPS: (5, 10), Limit.BALANCES: (40, 60), Limit.DEADLINES: (8, 60), Limit.TWAPS: (1, 6),
    Limit.EXTRAS: (4, 60), Limit.NODES: (16, 200), Limit.LEAVES: (8, 200), Limit.ORDERS: (10, 100),
}  # fmt: skip
RECENT = 12  # Orders that others are tied to: as many of the newest.


class ContractsWorkload(MarginWorkload):
    """One seed's worth of commands of a venue whose contracts live and end.

    Args:
        seed: of everything drawn.
        limits: instead of drawn ones.
        hostile: share of rows spoiled, 0 to 1; None to draw that too.
    """

    wealths = (600, 5_000, 20_000)

    def __init__(self, seed: int, limits: Mapping[Limit, int] | None = None, hostile: float | None = None) -> None:
        super().__init__(seed, limits, hostile)
        if limits is None:
            self.limits |= {limit: int(self.rng.integers(low, high + 1)) for limit, (low, high) in ROOM.items()}
        self.marks |= dict.fromkeys((PUT, *OUTCOMES), MIDDLE_TICKS // 2)
        self.twaps: dict[int, int] = {}  # Id to account.
        self.sides: dict[int, int] = {}  # Of orders.
        self.positions: dict[tuple[int, int], int] = {}  # Account and contract to lots.
        self.listed = OUTCOMES[-1]
        self.questions = 2

    def opening(self) -> Rows:
        """The stage of a `MarginWorkload`; a put, questions of two and of three, and their contracts."""
        rows = [super().opening(), self._contract(ContractKind.PUT), self._contract_risk(PUT)]
        rows += [self._question(2), self._question(3)]
        rows += [self._outcome(1, 0), self._outcome(2, 0), self._outcome(2, 1)]
        for number in (PUT, *OUTCOMES):
            rows += [self._mark(number, MIDDLE_TICKS // 2), build.set_status(number, InstrumentStatus.OPEN)]
        return build.stamp(build.join(*rows), self.now_ns)

    def learn(self, events: np.ndarray) -> None:
        super().learn(events)
        for event in events:
            kind = event["kind"]
            if kind == Event.TWAP_STARTED:
                self.twaps[int(event["order_id"])] = int(event["account_id"])
            elif kind == Event.TWAP_ENDED:
                self.twaps.pop(int(event["order_id"]), None)
            elif kind == Event.ACCEPTED:
                self.sides[int(event["order_id"])] = int(event["side"])
            elif kind == Event.POSITION:
                self.positions[int(event["account_id"]), int(event["instrument_id"])] = int(event["qty_lots"])
            elif kind == Event.INSTRUMENT_LISTED:
                self.listed = max(self.listed, int(event["instrument_id"]))
            elif kind == Event.QUESTION_LISTED:
                self.questions = max(self.questions, int(event["order_id"]))

    # --- The kinds of action ---------------------------------------------------------------------------

    def _catalogue(self) -> list[tuple[Callable[[], Rows], float, int]]:
        return [
            *((action, 0.6 * weight, sort) for action, weight, sort in super()._catalogue()),
            (self._wait_for_a_price, 14, SWARM),
            (self._trail, 8, SWARM),
            (self._one_cancels_other, 8, SWARM),
            (self._bracket, 8, SWARM),
            (self._child, 3, SWARM),
            (self._tie_to_position, 8, SWARM),
            (self._wait_for_anything, 2, SWARM),
            (self._twap, 3, SWARM),
            (self._cancel_twap, 1, SWARM),
            (self._some_seconds, 4, ALWAYS),
            (self._nudge, 12, ALWAYS),
            (self._trade_what_ends, 5, ALWAYS),
            (self._quote, 5, ALWAYS),
            (self._take, 5, ALWAYS),
            (build.continue_work, 6, ALWAYS),
            (self._list_any, 1, SWARM),
            (self._list_question, 0.5, SWARM),
            (self._answer, 1.5, SWARM),
            (self._amend_any, 0.5, SWARM),
            (self._set_any_status, 1.5, MEDDLING),
            (self._set_any_price, 1, SWARM),
        ]

    # Orders.

    def _wait_for_a_price(self) -> Rows:
        return self._stop(self._waiting_flags())

    def _trail(self) -> Rows:
        flags = self._waiting_flags() & ~OrderFlag.TAKE_PROFIT
        return self._stop(flags, trail_ticks=self._pick(1, 2, 5, 30))

    def _one_cancels_other(self) -> Rows:
        account_id, number, side, order_id = self._related()
        other = Side.SELL if side == Side.BUY else Side.BUY
        tie: dict[str, Any] = {"related_id": order_id, "link": Link.CANCELS_OTHER, "account_id": account_id}
        if self.rng.random() < 0.5:
            return self._stop(self._waiting_flags(), instrument_id=number, **tie)
        account_id = tie.pop("account_id")
        mark = self.marks.get(number, 0) or MIDDLE_TICKS
        return build.place(
            account_id, number, self._pick(other, other, side), self._pick(1, 3, 10),
            max(1, mark + int(self.rng.integers(-4, 5))), tif=self._pick(Tif.GTC, Tif.GTC, Tif.GTC, Tif.IOC), **tie,
        )  # fmt: skip

    def _bracket(self) -> Rows:
        """Two children of one order: what takes the profit and what stops the loss."""
        account_id, number, side, order_id = self._related()
        closing = Side.SELL if side == Side.BUY else Side.BUY
        parts = [
            self._stop(
                self._waiting_flags(takes_profit=takes_profit) | OrderFlag.REDUCE_ONLY, account_id=account_id,
                instrument_id=number, side=closing, related_id=order_id, link=Link.CHILD,
            )
            for takes_profit in (False, True)
        ]  # fmt: skip
        return build.join(*parts)

    def _child(self) -> Rows:
        account_id, number, side, order_id = self._related()
        return self._stop(
            self._waiting_flags() | OrderFlag.REDUCE_ONLY, account_id=account_id, instrument_id=number,
            side=self._pick(side, Side.SELL if side == Side.BUY else Side.BUY), related_id=order_id, link=Link.CHILD,
            trail_ticks=self._pick(0, 0, 3),
        )  # fmt: skip

    def _tie_to_position(self) -> Rows:
        flags = self._waiting_flags() | OrderFlag.REDUCE_ONLY
        trail = 0 if flags & OrderFlag.TAKE_PROFIT else self._pick(0, 0, 4)
        held = [key for key, lots in self.positions.items() if lots]
        if not held or self.rng.random() < 0.1:
            return self._stop(flags, link=Link.POSITION, trail_ticks=trail)
        account_id, number = self._pick(*held)
        side = Side.SELL if self.positions[account_id, number] > 0 else Side.BUY
        return self._stop(flags, account_id, number, side, link=Link.POSITION, trail_ticks=trail)

    def _wait_for_anything(self) -> Rows:
        """Flags, links and distances that mostly do not go together."""
        flags = int(self.rng.integers(0, 128))
        return self._stop(
            flags, related_id=self._pick(0, self._related()[3], 1), link=self._pick(0, 1, 2, 3, 4),
            trail_ticks=self._pick(0, 0, 2, -1, 151), instrument_id=self._instrument_id(),
        )  # fmt: skip

    def _waiting_flags(self, takes_profit: bool | None = None) -> int:
        source = self._pick(0, OrderFlag.ON_MARK, OrderFlag.ON_MARK, OrderFlag.ON_INDEX)
        takes = self.rng.random() < 0.3 if takes_profit is None else takes_profit
        is_market = self.rng.random() < 0.3
        return (
            OrderFlag.STOP | source | (OrderFlag.TAKE_PROFIT if takes else 0) | (OrderFlag.MARKET if is_market else 0)
        )  # fmt: skip

    def _stop(
        self, flags: int, account_id: int | None = None, instrument_id: int | None = None, side: int = 0, **tie: int
    ) -> Rows:
        """An order with a trigger near its price, on the side that is not met yet, mostly."""
        number = self._contract_id() if instrument_id is None else instrument_id
        side = side or self._pick(*Side)
        mark = self.marks.get(number, 0) or MIDDLE_TICKS
        rises = (side == Side.BUY) != bool(flags & OrderFlag.TAKE_PROFIT)
        trigger = mark + (1 if rises else -1) * int(self.rng.integers(0, 6))
        limit = trigger + (1 if side == Side.BUY else -1) * int(self.rng.integers(0, 8))
        is_market = bool(flags & OrderFlag.MARKET)
        tif = Tif.IOC if is_market else self._pick(Tif.GTC, Tif.GTC, Tif.IOC, Tif.GTD)
        return build.place(
            self._account_id() if account_id is None else account_id, number, side, self._pick(1, 3, 10, 25),
            self._pick(0, *3 * (max(1, limit),)) if is_market else max(1, limit), tif=tif, flags=flags,
            stp=self._pick(self.stp_favourite, *range(4)), cl_ord_id=self._client_id(0.1),
            trigger_price_ticks=max(1, trigger),
            expire_ns=self.now_ns + self._pick(5, 60, 4_000) * SECOND_NS if tif == Tif.GTD else 0, **tie,
        )  # fmt: skip

    def _related(self) -> tuple[int, int, int, int]:
        """Account, instrument, a side and id of an order that another may be tied to."""
        recent = [order for order in self.orders.values() if order.instrument_id > INSTRUMENTS][-RECENT:]
        if not recent:
            return self._account_id(), self._contract_id(), Side.BUY, 1
        order = self._pick(*recent)
        return order.account_id, order.instrument_id, self.sides.get(order.order_id, Side.BUY), order.order_id

    def _twap(self) -> Rows:
        interval = self._pick(1, 2, 10) * SECOND_NS
        return build_margin.place_twap(
            self._account_id(), self._instrument_id(), self._pick(*Side), self._pick(5, 20, 40, 100, 0),
            interval * self._pick(1, 3, 5, 10) - self._pick(0, 1), self._pick(interval, interval, interval, 0),
            self._pick(0, 10_000, 50_000, 200_000), self._pick(0, 0, self._price()),
            flags=self._pick(0, 0, OrderFlag.REDUCE_ONLY, OrderFlag.POST_ONLY), stp=self._pick(*range(4)),
            cl_ord_id=self._client_id(0.2),
        )  # fmt: skip

    def _cancel_twap(self) -> Rows:
        twap_id = self._pick(*self.twaps, 1 << 24 | 1)
        return build_margin.cancel_twap(self.twaps.get(twap_id, self._account_id()), twap_id)

    def _some_seconds(self) -> Rows:
        self.now_ns += self._pick(1, 2, 7) * SECOND_NS
        return build.tick()

    def _trade_what_ends(self) -> Rows:
        """Two agree on a trade of a contract that has an end."""
        number, side = self._pick(*CONTRACTS[2:], PUT, *OUTCOMES), self._pick(*Side)
        mark = self.marks.get(number, 0) or MIDDLE_TICKS
        other = Side.SELL if side == Side.BUY else Side.BUY
        return build.join(
            build.place(self.maker, number, side, 10, mark),
            build.place(self._account_id(), number, other, self._pick(1, 3, 10), mark, tif=Tif.IOC),
        )

    def _nudge(self) -> Rows:
        """The mark of the contract that most are about moves a little, and its index."""
        number = CONTRACTS[0]
        mark = min(140, max(10, self.marks.get(number, MIDDLE_TICKS) + int(self.rng.integers(-4, 5))))
        index = self._pick(0, mark, mark + 1, mark - 2)
        return build_margin.set_price(number, index, self._pick(mark, mark, 0) if index else mark)

    # Listings and lives.

    def _list_any(self) -> Rows:
        kind = self._pick(*ContractKind)
        if kind == ContractKind.OUTCOME:
            return self._outcome(self._pick(1, 2, self.questions), self._pick(0, 1, 2, 3))
        return self._contract(kind) if self.rng.random() < 0.7 else self._odd_contract(kind)

    def _odd_contract(self, kind: ContractKind) -> Rows:
        """Terms that are mostly not those of its kind."""
        pick = self._pick
        return build_margin.list_contract(
            pick("odd", "odd", ""), pick(CASH, CASH, 1, 9), kind, pick(1, 1, 0),
            expiry_ns=self.now_ns + pick(0, 1) * DAY_NS, window_ns=pick(0, HOUR_NS),
            strike_ticks=pick(0, 0, 90), one_ticks=pick(0, 0, ONE_TICKS),
            funding_interval_ns=pick(0, HOUR_NS, 1), impact_notional_atoms=pick(0, 2_000),
            fee_form=pick(FeeForm.FLAT, FeeForm.BINARY), caps=self._caps() | {"cap_e12": pick(0, 0, E12 + 1)},
            qty_max_lots=1_000, price_max_ticks=pick(150, 149, 80),
        )  # fmt: skip

    def _contract(self, kind: ContractKind) -> Rows:
        """One that lives for minutes, hours or days."""
        if kind in (ContractKind.PERPETUAL, ContractKind.OUTCOME):
            return super()._contract(kind)
        return build_margin.list_contract(
            kind.name, CASH, kind, atoms_per_tick_lot=self._pick(1, 3), caps=self._caps(), qty_max_lots=1_000,
            expiry_ns=self.now_ns + self._pick(300 * SECOND_NS, HOUR_NS, 3 * DAY_NS),
            window_ns=self._pick(0, HOUR_NS), price_max_ticks=150,
            strike_ticks=0 if kind == ContractKind.FUTURE else self._pick(40, 90),
        )  # fmt: skip

    def _outcome(self, question_id: int, outcome: int) -> Rows:
        return build_margin.list_contract(
            "OUTCOME", CASH, ContractKind.OUTCOME, atoms_per_tick_lot=self._pick(1, 3), caps=self._caps(),
            qty_max_lots=1_000, price_max_ticks=ONE_TICKS - 1, one_ticks=ONE_TICKS, question_id=question_id,
            outcome=outcome, fee_form=self._pick(*FeeForm),
        )  # fmt: skip

    def _list_question(self) -> Rows:
        return self._question(self._pick(0, 1, 2, 3, 5, 16, 17))

    def _question(self, outcomes: int) -> Rows:
        return build_margin.list_question("WHO", outcomes, self._pick(0, 60, 4_000) * SECOND_NS, ONE_TICKS)

    def _answer(self) -> Rows:
        question_id = self._pick(1, 2, self.questions, 9)
        first = self._pick(ONE_TICKS, 0, 50, 51)
        payouts = self._pick([first, ONE_TICKS - first], [first, 0, ONE_TICKS - first], [0, 0, 0, ONE_TICKS])
        act = self._pick(
            build_margin.propose_outcome, build_margin.propose_outcome, build_margin.resolve_outcome, None
        )  # fmt: skip
        return build_margin.challenge_outcome(question_id) if act is None else act(question_id, payouts)

    def _amend_any(self) -> Rows:
        number = self._pick(self._contract_id(), self._contract_id(), 1, 77)
        if self.rng.random() < 0.5:
            bounds = self._bounds() | {"price_max_ticks": self._pick(150, ONE_TICKS - 1, 120, 10_000)}
            return build.amend_instrument(number, **bounds)
        terms = {"interest_e12": self._pick(0, E12 // 1_000), "clamp_e12": self._pick(0, E12 // 100)}
        return build_margin.amend_contract(number, **(self._caps() | self._pick({}, terms)))

    def _set_any_status(self) -> Rows:
        statuses = (InstrumentStatus.OPEN, InstrumentStatus.HALTED, InstrumentStatus.POST_ONLY, InstrumentStatus.CLOSED)
        return build.set_status(self._contract_id(), self._pick(*statuses[:3], *statuses))

    def _set_any_price(self) -> Rows:
        number = self._pick(self._contract_id(), 1, 77)
        return build_margin.set_price(number, self._pick(0, 0, 90, 200, -1), self._pick(0, 50, 90, 149, 150))

    # --- Drawing parts -----------------------------------------------------------------------------------

    def _mark(self, number: int, mark: int) -> Rows:
        if number in OUTCOMES:
            return build_margin.set_price(number, 0, mark)
        return super()._mark(number, mark)

    def _contract_risk(self, number: int, load: int = 0) -> Rows:
        self.contract_shifts.setdefault(number, 0)
        return super()._contract_risk(number, load)

    def _contract_id(self) -> int:
        """The first perpetual most often; sometimes one that was listed on the way."""
        if self.rng.random() < 0.5:
            return CONTRACTS[0]
        return self._pick(*CONTRACTS, PUT, *OUTCOMES, self.listed)
