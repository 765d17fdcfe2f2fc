"""Traders on margin: a workload whose accounts hold contracts and loans, whose marks move, and who get into trouble.

Everything a `Workload` does, on instruments of both styles; and prices, risk arrays, loans, sweeps and liquidations.
The sizes are such that an account with a few positions lives through small moves and not through large ones.
"""

from collections.abc import Callable, Mapping

import numpy as np

from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import ContractKind, Event, GroupKind, InstrumentStatus, Limit, OrderFlag, Side, Tif
from emporion.schema.limits import (
    DAY_NS,
    E12,
    FIRST_ACCOUNT,
    HOUR_NS,
    INSURANCE_ACCOUNT,
    LENDING_ACCOUNT,
    PPM,
    SCENARIOS,
)
from emporion.sim.workload import (
    ALWAYS,
    ASSETS,
    INSTRUMENTS,
    MASTERS,
    MEDDLING,
    MIDDLE_TICKS,
    SUBS,
    SWARM,
    Workload,
)

CASH = 2
GROUPS = 3
KINDS = (ContractKind.PERPETUAL, ContractKind.PERPETUAL, ContractKind.FUTURE, ContractKind.CALL)
CONTRACTS = range(INSTRUMENTS + 1, INSTRUMENTS + 1 + len(KINDS))
WEALTH = 1_000  # Atoms of each asset, about.
MAKERS_WEALTH = 200_000
CAP = 1 << 30
SALES = {1: 1, 3: 2}  # Asset to the instrument it is sold on.


def draw_margin_limits(rng: np.random.Generator) -> dict[Limit, int]:
    """As `draw_limits`, of the tables that margin needs: mostly roomy, else so small that they run full."""
    tight = {
        Limit.GROUPS: (GROUPS, 5),
        Limit.RISKS: (ASSETS + len(KINDS), 9),
        Limit.CONTRACTS: (len(KINDS), 6),
        Limit.MARGINS: (3, 8),
        Limit.HOLDING_PAGES: (4, 12),
        Limit.EXPOSURES: (3, 20),
    }
    is_tight = rng.random(len(tight)) < rng.choice([0.0, 0.2, 0.5])
    return {
        limit: int(rng.integers(low, high + 1))
        for (limit, (low, high)), chosen in zip(tight.items(), is_tight, strict=True)
        if chosen
    }


class MarginWorkload(Workload):
    """One seed's worth of commands of a venue with margin.

    Args:
        seed: of everything drawn.
        limits: instead of drawn ones.
        hostile: share of rows spoiled, 0 to 1; None to draw that too.
    """

    wealths = (60, 200, 600)

    def __init__(self, seed: int, limits: Mapping[Limit, int] | None = None, hostile: float | None = None) -> None:
        super().__init__(seed, limits, hostile)
        rng = self.rng
        if limits is None:
            self.limits |= draw_margin_limits(rng)
        self.marks = dict.fromkeys(CONTRACTS, MIDDLE_TICKS)
        self.shifts = {asset_id: int(rng.integers(0, 5)) for asset_id in range(1, ASSETS + 1)}
        self.values = {1: 90, CASH: 10, 3: 40}  # Micro-dollars of an atom.
        self.contract_shifts = {number: int(rng.integers(0, 5)) for number in CONTRACTS}
        self.maker = self.accounts[3]  # Rich, and on both sides of the books.
        self.is_wild = bool(rng.random() < 0.5)  # Marks move far at once.
        self.is_wide = False

    def opening(self) -> Rows:
        """The stage of a `Workload`; groups, contracts with prices, margin accounts, money to lend and to insure."""
        rng = self.rng
        rows = [super().opening()]
        rows += [
            build_margin.set_group(0, GroupKind.PRICE, int(rng.choice([500_000, 800_000, 950_000])))
            for _ in range(GROUPS)
        ]
        for asset_id in range(1, ASSETS + 1):
            rows += [self._asset_risk(asset_id, sale=SALES.get(asset_id, 0)), self._asset_value(asset_id)]
            rows.append(self._lending(asset_id))
        for number, kind in zip(CONTRACTS, KINDS, strict=True):
            rows += [self._contract(kind), self._contract_risk(number), self._mark(number, MIDDLE_TICKS)]
            rows.append(build.set_status(number, InstrumentStatus.OPEN))
        for account_id in self.accounts[: MASTERS + SUBS]:
            if account_id == self.maker or rng.random() < 0.95:
                rows.append(build_margin.set_margin(account_id, self._pick(0, 0, 5, 20)))
        rich = self.maker
        rows += [build.deposit(rich, asset_id, MAKERS_WEALTH) for asset_id in range(1, ASSETS + 1)]
        for system in (LENDING_ACCOUNT, INSURANCE_ACCOUNT):
            for asset_id in range(1, ASSETS + 1):
                amount = self._pick(1, 100, 100_000)
                rows += [build.deposit(rich, asset_id, amount), build.transfer(rich, system, asset_id, amount)]
        rows.append(self._liquidation())
        return build.stamp(build.join(*rows), self.now_ns)

    def learn(self, events: np.ndarray) -> None:
        super().learn(events)
        for event in events:
            if event["kind"] == Event.PRICE_SET and event["instrument_id"]:
                self.marks[int(event["instrument_id"])] = int(event["price_ticks"])

    # --- The kinds of action ---------------------------------------------------------------------------

    def _catalogue(self) -> list[tuple[Callable[[], Rows], float, int]]:
        return [
            *((action, 0.3 * weight, sort) for action, weight, sort in super()._catalogue()),
            (self._quote, 10, ALWAYS),
            (self._take, 20, ALWAYS),
            (self._set_mark, 9, ALWAYS),
            (self._crash, 6, SWARM),
            (self._set_value, 3, SWARM),
            (self._sweep, 7, ALWAYS),
            (build.continue_work, 12, ALWAYS),
            (self._close_out, 4, SWARM),
            (self._set_risk, 1, MEDDLING),
            (self._set_group, 0.5, MEDDLING),
            (self._set_margin, 1.5, SWARM),
            (self._set_lending, 0.7, MEDDLING),
            (self._set_liquidation, 0.7, MEDDLING),
            (self._amend_contract, 0.5, MEDDLING),
            (self._next_hour, 2, SWARM),
            (self._next_day, 1, SWARM),
            (self._borrow, 3, SWARM),
            (self._all_out, 1, SWARM),
        ]

    def _quote(self) -> Rows:
        """A bid and an ask around the mark of a contract, or around the middle."""
        number = self._contract_id() if self.rng.random() < 0.8 else int(self.rng.integers(1, INSTRUMENTS + 1))
        mark, away = self.marks.get(number, 0) or MIDDLE_TICKS, int(self.rng.integers(1, 4))
        account_id = self.maker if self.rng.random() < 0.8 else self._account_id()
        return build.join(
            build.place(account_id, number, Side.BUY, self._pick(5, 17, 40), max(1, mark - away), stp=0),
            build.place(account_id, number, Side.SELL, self._pick(5, 17, 40), mark + away, stp=0),
        )

    def _take(self) -> Rows:
        """An order on a contract that would trade, of anybody."""
        number, side = self._contract_id(), self._pick(*Side)
        through = int(self.rng.integers(0, 6)) * (1 if side == Side.BUY else -1)
        price = max(1, (self.marks.get(number, 0) or MIDDLE_TICKS) + through)
        return build.place(
            self._account_id(), number, side, self._pick(1, 3, 10, 25), price, tif=self._pick(Tif.GTC, Tif.IOC),
            stp=0, flags=OrderFlag.REDUCE_ONLY if self.rng.random() < 0.1 else 0, cl_ord_id=self._client_id(0.1),
        )  # fmt: skip

    def _set_mark(self) -> Rows:
        return self._move(self._contract_id(), self._pick(0.01, 0.03, 0.3 if self.is_wild else 0.05))

    def _crash(self) -> Rows:
        """A contract moves far, everybody is looked at, and work goes on for a while."""
        further = [build.continue_work() for _ in range(self._pick(0, 0, 3, 12))]
        return build.join(self._move(self._contract_id(), self._pick(0.5, 1.2)), build_margin.sweep(100), *further)

    def _move(self, number: int, far: float) -> Rows:
        mark = self.marks.get(number, 0) or MIDDLE_TICKS
        around = MIDDLE_TICKS if self.rng.random() < 0.3 else mark
        new = int(np.clip(np.rint(around * np.exp(self.rng.normal(0, far))), 1, 390))
        return self._mark(number, new)

    def _mark(self, number: int, mark: int) -> Rows:
        index = max(1, mark + int(self.rng.integers(-2, 3)))
        return build_margin.set_price(number, self._pick(0, index, index), self._pick(mark, mark, mark, 0) or mark)

    def _set_value(self) -> Rows:
        asset_id = self._asset_id()
        if asset_id in self.values:
            self.values[asset_id] = max(1, int(self.values[asset_id] * float(self.rng.choice([0.3, 0.8, 1.2, 2.0]))))
        return self._asset_value(asset_id)

    def _asset_value(self, asset_id: int) -> Rows:
        return build_margin.set_value(asset_id, self.values.get(asset_id, 5) << self.shifts.get(asset_id, 0))

    def _sweep(self) -> Rows:
        return build_margin.sweep(self._pick(1, 2, 5, 100, 100, 0))

    def _close_out(self) -> Rows:
        """A large order at any price, that only reduces."""
        return build.place(
            self._account_id(), self._contract_id(), self._pick(*Side), self._pick(5, 400), self._pick(1, 140),
            tif=self._pick(Tif.IOC, Tif.GTC), flags=OrderFlag.REDUCE_ONLY,
        )  # fmt: skip

    def _set_risk(self) -> Rows:
        chance = self.rng.random()
        if chance < 0.4:
            return self._asset_risk(self._asset_id(), load=self._pick(0, 0, 1))
        if chance < 0.5:
            return build_margin.set_risk(0, [], self._contract_id(), load=self._pick(0, 1, 2))
        return self._contract_risk(self._contract_id(), load=self._pick(0, 0, 1))

    def _asset_risk(self, asset_id: int, load: int = 0, sale: int | None = None) -> Rows:
        shift = self.shifts.get(asset_id, 0)
        worth = self.values.get(asset_id, 5) << shift
        moves = np.zeros(SCENARIOS) if asset_id == CASH else self.rng.normal(0, 0.15, SCENARIOS)
        if sale is None:
            sale = self._pick(SALES.get(asset_id, 0), SALES.get(asset_id, 0), 0, 1, 9)
        return build_margin.set_risk(
            int(self.rng.integers(1, GROUPS + 1)), np.rint(moves * worth).astype(int).tolist(), sale, asset_id, load,
            shift, self._pick(CAP, CAP, WEALTH), 0, self._pick(CAP, WEALTH // 2), int(worth // 10),
        )  # fmt: skip

    def _contract_risk(self, number: int, load: int = 0) -> Rows:
        shift = self.contract_shifts.get(number, 0)
        worth = 10 * MIDDLE_TICKS * self.values[CASH] << shift
        linear = np.linspace(-0.2, 0.2, SCENARIOS)
        moves = linear if self.rng.random() < 0.6 else self.rng.normal(0, 0.15, SCENARIOS)
        return build_margin.set_risk(
            int(self.rng.integers(1, GROUPS + 1)), np.rint(moves * worth).astype(int).tolist(), number, 0, load, shift,
            CAP, self._pick(0, worth // 20), self._pick(CAP, 20), worth // 20,
        )  # fmt: skip

    def _set_group(self) -> Rows:
        return build_margin.set_group(
            self._pick(0, 1, 2, 3, 9), self._pick(GroupKind.PRICE, GroupKind.PRICE, GroupKind.EVENT),
            self._pick(PPM // 2, PPM, 0, 900_000),
        )  # fmt: skip

    def _set_margin(self) -> Rows:
        return build_margin.set_margin(self._account_id(), self._pick(0, 0, 3, 20, 1_001), self._pick(1, 1, 1, 0))

    def _set_lending(self) -> Rows:
        return self._lending(self._asset_id())

    def _lending(self, asset_id: int) -> Rows:
        base = self._pick(0, 1_000_000)
        kink = base + self._pick(0, E12 // 100_000)
        return build_margin.set_lending(
            asset_id, self._pick(0, 5_000, 1_000_000), base, kink, self._pick(kink, E12 // 1_000, E12 // 100),
            self._pick(0, 500_000, 800_000),
        )  # fmt: skip

    def _set_liquidation(self) -> Rows:
        return self._liquidation()

    def _liquidation(self) -> Rows:
        return build_margin.set_liquidation(
            self._pick(0, self.accounts[1], self.accounts[1], self._account_id()), self._pick(100_000, 500_000, PPM),
            self._pick(0, 1_000, 1_000_000), self._pick(0, 1_000_000_000), self._pick(0, 300_000, 900_000),
            self._pick(0, 5_000, 50_000), self._pick(0, 20_000, 200_000),
        )  # fmt: skip

    def _amend_contract(self) -> Rows:
        return build_margin.amend_contract(self._contract_id(), **self._caps())

    def _caps(self) -> dict[str, int]:
        return {
            "position_max_lots": self._pick(1_000, 1_000, 60),
            "open_interest_max_lots": self._pick(5_000, 5_000, 100),
        }

    def _contract(self, kind: ContractKind) -> Rows:
        is_perpetual = kind == ContractKind.PERPETUAL
        caps = self._caps()
        if is_perpetual:
            caps |= {
                "interest_e12": 100_000_000, "clamp_e12": self._pick(0, 500_000_000), "divisor": self._pick(1, 8),
                "cap_e12": E12 // 25,
            }  # fmt: skip
        return build_margin.list_contract(
            kind.name, CASH, kind, atoms_per_tick_lot=self._pick(5, 20), caps=caps, qty_max_lots=1_000,
            expiry_ns=0 if is_perpetual else self.now_ns + self._pick(1, 2, 30) * DAY_NS,
            window_ns=0 if is_perpetual else HOUR_NS, strike_ticks=90 if kind == ContractKind.CALL else 0,
            impact_notional_atoms=self._pick(0, 2_000) if is_perpetual else 0, price_max_ticks=400,
        )  # fmt: skip

    def _next_hour(self) -> Rows:
        self.now_ns += HOUR_NS
        return build.tick()

    def _next_day(self) -> Rows:
        self.now_ns += DAY_NS
        return build.join(build.tick(), build_margin.sweep(100))

    def _borrow(self) -> Rows:
        """A coin is bought with what is not there, from the maker, who has it."""
        number, price, lots = self._pick(1, 2), MIDDLE_TICKS, self._pick(3, 20)
        return build.join(
            build.place(self.maker, number, Side.SELL, lots, price, stp=0),
            build.place(self._account_id(), number, Side.BUY, lots, price + 1, tif=Tif.IOC, stp=0),
        )

    def _all_out(self) -> Rows:
        """As much as there may be goes."""
        return build.withdraw(self._account_id(), self._pick(1, 2, 2, 3), self._pick(10, 200, 1_500))

    # --- Drawing parts -----------------------------------------------------------------------------------

    def _instrument_id(self) -> int:
        if self.rng.random() < 0.65:
            return self._contract_id()
        return super()._instrument_id()

    def _contract_id(self) -> int:
        return self._pick(*CONTRACTS, CONTRACTS[0], CONTRACTS[0])

    def _place(self, tif: int, flags: int = 0, *args: int | None, **named: int | None) -> Rows:
        if not named.get("display") and self.rng.random() < 0.1:
            flags |= OrderFlag.REDUCE_ONLY
        return super()._place(tif, flags, *args, **named)  # type: ignore[arg-type]


assert FIRST_ACCOUNT > INSURANCE_ACCOUNT
