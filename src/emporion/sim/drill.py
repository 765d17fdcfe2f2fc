"""The liquidation drill: a coin loses most of its price within a minute, and thousands of leveraged accounts with it.

A venue of its own, from a seed: dollars, a coin, its spot market and its perpetual; a crowd that has bought with
leverage, some that sold, some that hold coins or have borrowed dollars to buy them; makers on the other side,
whose bids are all that the book has; a backstop account and an insurance fund of stated size. Each second
the price is set anew, everybody is swept, and what CONTINUE has to do is done. It goes on until nobody is being
liquidated any more.

What must hold afterwards is asserted here, for every size and seed: the invariants of the whole state, that those
without a position or a debt have every atom they had, that nobody is left below maintenance with something to
sell, and that the same commands lead a second venue to the same hash.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emporion.engine.clock import SystemClock
from emporion.instruments.groups import load_groups
from emporion.instruments.loads import linear
from emporion.instruments.scenarios import PriceGroup
from emporion.instruments.terms import risk_terms
from emporion.kernel.machine import Machine
from emporion.kernel.tables import MARGINS
from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import AssetClass, Event, Reject, Side, Tif
from emporion.schema.limits import (
    DAY_NS,
    FIRST_ACCOUNT,
    INSURANCE_ACCOUNT,
    LARGE,
    LENDING_ACCOUNT,
    PPM,
    SMALL,
    TINY,
    Capacity,
)
from emporion.sim.drill_figures import Figures, Record, figures

BUY, SELL = Side.BUY, Side.SELL
DOLLAR, COIN = 1, 2  # Assets.
SPOT, PERPETUAL = 1, 2  # Instruments.
USD = 1_000_000  # Atoms of a dollar.
COIN_ATOMS = 100_000_000
LOT_ATOMS = 10_000  # Of the coin in a lot: a ten-thousandth.
TICK_LOT_ATOMS = 100  # Dollars' atoms of a lot at a tick of one dollar.
START_TICKS = 60_000
SECOND_NS = 1_000_000_000
START_NS = 20_000 * DAY_NS
MAKERS = (4, 20)  # At least, and at most: one for fifty of the crowd.
BYSTANDERS = 10  # Half of them with margin accounts, none with a position or a debt.
ACCOUNTS_MAX = 100_000  # Of the crowd: there is a build with room for so many.
SWEEP_ROWS = 1_000
CONTINUES = 64  # Sent at a time; those for which nothing is left do nothing.
SETTLING_SECONDS = 5  # After the fall prices come less often,
SETTLING_STEPS = 240  # so many times at most.
COIN_CAP = 10_000 * COIN_ATOMS
DOLLAR_CAP = 300_000_000 * USD
POSITION_CAP_LOTS = 20_000_000


@dataclass(frozen=True)
class Terms:
    """What the drill is made of. Dollars are for each account of the crowd: a small drill is like a large one."""

    seed: int = 1
    accounts: int = 10_000
    fall: float = 0.6
    seconds: int = 60
    gap: float = 0.15  # Of the price, lost in one second in the middle of the fall.
    backstop_dollars: int = 1_500
    insurance_dollars: int = 200
    bid_dollars: int = 30  # Put into the book anew each second, by all makers together.


@dataclass(frozen=True)
class Trader:
    """One of the crowd: what it brings, and what it buys or sells with it."""

    dollars: int
    coin_atoms: int
    instrument_id: int
    side: int
    lots: int


def run(terms: Terms = Terms()) -> Figures:
    """Live through the drill. AssertionError if anything that must hold does not."""
    return Drill(terms).run()


def capacity_for(accounts: int) -> Capacity:
    """The smallest build that has room for a crowd."""
    needed = accounts + MAKERS[1] + BYSTANDERS + 2
    return next(size for size in (TINY, SMALL, LARGE) if needed < size.margins // 2 or size is LARGE)


class Drill:
    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.rng = np.random.default_rng([terms.seed, 77])
        self.capacity = capacity_for(terms.accounts)
        self.machine = Machine(self.capacity)
        self.clock = SystemClock()
        self.now_ns = START_NS
        self.sent: list[Rows] = []
        self.record = Record(terms.seed, terms.accounts, TICK_LOT_ATOMS, START_TICKS)
        self.price = START_TICKS
        groups = load_groups()
        self.groups = {1: groups["STABLE"], 2: groups["BTC"]}
        self.shifts: dict[tuple[int, int], int] = {}
        makers = int(np.clip(terms.accounts // 50, *MAKERS))
        self.makers = range(FIRST_ACCOUNT, FIRST_ACCOUNT + makers)
        self.backstop = FIRST_ACCOUNT + makers
        self.bystanders = range(self.backstop + 1, self.backstop + 1 + BYSTANDERS)
        self.crowd = range(self.bystanders[-1] + 1, self.bystanders[-1] + 1 + terms.accounts)

    def run(self) -> Figures:
        self._open()
        before = self._balances(self.bystanders)
        for seconds, price in self._path():
            self.price = price
            self._live(seconds)
            if self._second() > self.terms.seconds and not self._is_anyone_liquidated():
                break
        assert self.machine.audit() == []
        assert np.array_equal(self._balances(self.bystanders), before), "someone without a position has lost"
        self._check_that_nobody_is_left()
        self.record.price_after = self.price
        digest = self._replayed()
        return figures(self.record, self.machine.array, self._second(), digest)

    # --- Setting up ------------------------------------------------------------------------------------

    def _open(self) -> None:
        terms = self.terms
        opening = [
            build.genesis(capacity=self.capacity),
            build.list_asset("USD", 6, AssetClass.STABLECOIN),
            build.list_asset("COIN", 8),
            build.list_instrument(
                "COIN/USD", COIN, DOLLAR, LOT_ATOMS, TICK_LOT_ATOMS, qty_max_lots=10**9, price_max_ticks=200_000
            ),
            build_margin.list_contract(
                "COIN-PERP", DOLLAR, atoms_per_tick_lot=TICK_LOT_ATOMS, qty_max_lots=10**9, price_max_ticks=200_000,
                caps={"position_max_lots": POSITION_CAP_LOTS, "open_interest_max_lots": 10**9},
            ),
            build.set_fees(0, 0, 100, 450),
            build.set_status(SPOT),
            build.set_status(PERPETUAL),
        ]  # fmt: skip
        opening += [
            build_margin.set_group(0, group.kind, round(group.maintenance * PPM)) for group in self.groups.values()
        ]
        opening += [*self._dollars_risk(), *self._prices()]
        for account_id in (*self.makers, self.backstop, *self.bystanders):
            opening += self._member(account_id, 50_000_000 * USD if account_id in self.makers else 0)
        backing, insured = (
            dollars * terms.accounts * USD for dollars in (terms.backstop_dollars, terms.insurance_dollars)
        )
        lent = 10_000 * terms.accounts * USD
        opening += [
            build.deposit(self.backstop, DOLLAR, backing + insured + lent),
            build.transfer(self.backstop, INSURANCE_ACCOUNT, DOLLAR, insured),
            build.transfer(self.backstop, LENDING_ACCOUNT, DOLLAR, lent),
            build_margin.set_lending(DOLLAR, lent),
            build_margin.set_liquidation(
                self.backstop, slice_ppm=200_000, slice_min_atoms=2_000 * USD, slice_interval_ns=5 * SECOND_NS,
                backstop_ppm=666_667, liquidation_fee_ppm=2_500, slice_slippage_ppm=20_000,
            ),
        ]  # fmt: skip
        for account_id in self.makers:
            opening.append(build.deposit(account_id, COIN, 1_000 * COIN_ATOMS))
        self._send("opening", *opening)
        refused = self._refusals()
        assert not refused, refused
        for number in range(0, len(self.crowd), 500):
            part = self.crowd[number : number + 500]
            self._send("opening", *[rows for account_id in part for rows in self._enter(account_id)])
        self._send("opening", *[build.mass_cancel(account_id) for account_id in self.makers])
        self._sweep()
        assert self.machine.audit() == []
        assert not self._is_anyone_liquidated(), "the crowd was in need before anything happened"
        self.record.insured_atoms = insured
        self.record.backing_atoms = backing
        lots = int(self.machine.state.contracts[1].open_interest_lots)
        self.record.open_interest_atoms = lots * START_TICKS * TICK_LOT_ATOMS

    def _member(self, account_id: int, atoms: int) -> Iterator[Rows]:
        """An account of somebody who is not of the crowd."""
        yield build.open_account()
        if account_id in self.bystanders:
            yield build.deposit(account_id, DOLLAR, int(self.rng.integers(1, 10**6)) * USD)
            yield build.deposit(account_id, COIN, int(self.rng.integers(1, 10 * COIN_ATOMS)))
        elif atoms:
            yield build.deposit(account_id, DOLLAR, atoms)
        if account_id not in self.bystanders or account_id % 2:
            yield build_margin.set_margin(account_id)

    def _enter(self, account_id: int) -> Iterator[Rows]:
        """One of the crowd arrives and trades with a maker."""
        trader = self._draw()
        yield build.open_account()
        if trader.dollars:
            yield build.deposit(account_id, DOLLAR, trader.dollars * USD)
        if trader.coin_atoms:
            yield build.deposit(account_id, COIN, trader.coin_atoms)
        yield build_margin.set_margin(account_id)
        maker = self.makers[account_id % len(self.makers)]
        price = START_TICKS + int(self.rng.integers(-100, 101))
        other = SELL if trader.side == BUY else BUY
        yield build.place(maker, trader.instrument_id, other, trader.lots, price)
        yield build.place(account_id, trader.instrument_id, trader.side, trader.lots, price, Tif.IOC)

    def _draw(self) -> Trader:
        rng = self.rng
        dollars = int(np.clip(rng.lognormal(np.log(5_000), 1.0), 200, 250_000))
        leverage = rng.uniform(1.5, 5.0)
        lots = max(1, int(dollars * leverage * USD / (START_TICKS * TICK_LOT_ATOMS)))
        kind = rng.random()
        if kind < 0.10:  # Borrows dollars and buys coins.
            return Trader(dollars, 0, SPOT, BUY, lots)
        if kind < 0.25:  # Has coins, and more of the same in the perpetual.
            coins = int(dollars * 0.8 / START_TICKS * COIN_ATOMS)
            return Trader(dollars - int(dollars * 0.8), coins, PERPETUAL, BUY, max(1, lots // 3))
        return Trader(dollars, 0, PERPETUAL, BUY if kind < 0.82 else SELL, lots)

    # --- Prices ----------------------------------------------------------------------------------------

    def _path(self) -> Iterator[tuple[int, int]]:
        """Seconds to wait and the price then: down by `fall`, with a gap on the way, then about there."""
        terms, rng = self.terms, self.rng
        middle = terms.seconds // 2
        each = ((1 - terms.fall) / (1 - terms.gap)) ** (1 / (terms.seconds - 1))
        level = float(START_TICKS)
        for second in range(1, terms.seconds + 1):
            level *= 1 - terms.gap if second == middle else each
            is_last = second == terms.seconds
            yield 1, round(level if is_last else level * (1 + 0.002 * rng.standard_normal()))
        for _ in range(SETTLING_STEPS):
            yield SETTLING_SECONDS, round(level * (1 + 0.0005 * rng.standard_normal()))

    def _dollars_risk(self) -> Iterator[Rows]:
        yield self._risk(1, 1 / USD, DOLLAR_CAP, asset_id=DOLLAR)
        yield build_margin.set_value(DOLLAR, 1 << self.shifts[DOLLAR, 0])

    def _prices(self) -> Iterator[Rows]:
        """Values, marks and arrays at the price of now."""
        atom = self.price / COIN_ATOMS
        yield self._risk(2, atom, COIN_CAP, asset_id=COIN, instrument_id=SPOT)
        yield build_margin.set_value(COIN, int(atom * USD * 2.0 ** self.shifts[COIN, SPOT]))
        yield self._risk(2, self.price * LOT_ATOMS / COIN_ATOMS, POSITION_CAP_LOTS, instrument_id=PERPETUAL)
        yield build_margin.set_price(PERPETUAL, self.price, self.price)

    def _risk(self, group_id: int, dollars: float, cap: int, asset_id: int = 0, instrument_id: int = 0) -> Rows:
        """SET_RISK of what is worth so many dollars a lot or atom, in the unit it was first given."""
        group = self.groups[group_id]
        assert isinstance(group, PriceGroup)
        key = (asset_id, instrument_id)
        loss = dollars * group.price_range
        headroom = 1 if asset_id == DOLLAR else 2  # No price rises here.
        chosen = risk_terms(group, dollars, loss, cap, unit_shift=self.shifts.get(key), headroom=headroom)
        self.shifts[key] = chosen.unit_shift
        load = linear(group, dollars, chosen.unit_shift, is_derivative=asset_id == 0)
        return build_margin.set_risk(
            group_id, load.array.tolist(), instrument_id, asset_id, 0, chosen.unit_shift, chosen.cap,
            chosen.short_min_atoms, chosen.addon_from, chosen.addon_atoms,
        )  # fmt: skip

    # --- The fall --------------------------------------------------------------------------------------

    def _live(self, seconds: int) -> None:
        self.now_ns += seconds * SECOND_NS
        self._send("prices", *self._prices(), *self._quotes(seconds))
        self._sweep()

    def _second(self) -> int:
        return (self.now_ns - START_NS) // SECOND_NS

    def _quotes(self, seconds: int) -> Iterator[Rows]:
        """The makers' bids on both markets, and a few offers, around the price of now."""
        dollars = self.terms.bid_dollars * self.terms.accounts * seconds // len(self.makers)
        lots = max(dollars * USD // (self.price * TICK_LOT_ATOMS), 3)
        for maker in self.makers:
            yield build.mass_cancel(maker)
        for maker in self.makers:
            for _ in range(3):
                yield build.place(maker, PERPETUAL, BUY, lots // 3, self._away(-1))
            yield build.place(maker, SPOT, BUY, lots, self._away(-1))
            yield build.place(maker, PERPETUAL, SELL, lots // 3, self._away(1))

    def _away(self, sign: int) -> int:
        """A price up to a thirtieth below or above that of now."""
        return max(round(self.price * (1 + sign * self.rng.uniform(0.001, 0.03))), 1)

    def _sweep(self) -> None:
        """Looks at everybody once, and does what follows after each command."""
        left = int(self.machine.array["tables"]["live"][0, MARGINS])
        while left > 0:
            self._send("sweeps", build_margin.sweep(min(left, SWEEP_ROWS)))
            left -= SWEEP_ROWS
            while self.machine.pending():
                self._send("steps", *[build.continue_work()] * CONTINUES)

    def _send(self, what: str, *rows: Rows) -> None:
        stamped = build.stamp(build.join(*rows), self.now_ns)
        begun_ns = self.clock.now_ns()
        events = self.machine.apply(stamped)
        spent_ns = self.record.spent_ns
        spent_ns[what] = spent_ns.get(what, 0) + self.clock.now_ns() - begun_ns
        self.sent.append(stamped)
        self.record.events.append((self._second(), events))

    # --- Afterwards ------------------------------------------------------------------------------------

    def _refusals(self) -> list[str]:
        told = [events[events["kind"] == Event.REJECTED] for _, events in self.record.events]
        return [Reject(event["reason"]).name for events in told for event in events]

    def _is_anyone_liquidated(self) -> bool:
        return bool(np.any(self._margins()["stage"]))

    def _margins(self) -> np.ndarray:
        live = int(self.machine.array["tables"]["live"][0, MARGINS])
        return self.machine.array["margins"][0, 1 : live + 1]

    def _balances(self, accounts: range) -> np.ndarray:
        """All of these accounts, whole rows, in the order they were made."""
        rows = self.machine.array["balances"][0]
        return rows[(rows["account_id"] >= accounts[0]) & (rows["account_id"] <= accounts[-1])].copy()

    def _check_that_nobody_is_left(self) -> None:
        """Nobody is below maintenance who could still be helped."""
        self._sweep()
        rows = self._margins()
        in_need = rows[rows["equity_atoms"] < rows["maintenance_atoms"]]
        assert np.all((in_need["stage"] != 0) | (in_need["is_spent"] != 0)), "an account in need was passed over"

    def _replayed(self) -> str:
        """The hash after the same commands, cut otherwise, in a venue of its own; it must be ours."""
        begun_ns = self.clock.now_ns()
        second = Machine(self.capacity)
        second.advance(np.concatenate(self.sent))
        self.record.spent_ns["replay"] = self.clock.now_ns() - begun_ns
        digest = second.digest().hex()
        assert digest == self.machine.digest().hex(), "the same commands led to another state"
        return digest
