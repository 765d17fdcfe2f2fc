"""Margin by vectors is what margin should be: sums by addition are sums made anew, nets net, and orders are bounded.

Brute force over small cases, and random streams under the audit, which recomputes every sum from the rows.
"""

from itertools import chain, combinations

import numpy as np
import pytest

from emporion.instruments import black76
from emporion.instruments.coin import risk_arrays as coin_arrays
from emporion.instruments.option import risk_arrays as option_arrays
from emporion.instruments.perpetual import risk_arrays as perpetual_arrays
from emporion.instruments.scenarios import PriceGroup
from emporion.schema import build, build_margin
from emporion.schema.codes import ContractKind, Event, Reject, Tif
from emporion.schema.limits import FIRST_ACCOUNT, LENDING_ACCOUNT, PPM
from tests.rules.floor import BUY, CASH, DAY, FLAT, HOUR, SELL, Floor, told

STEPS = 60
BTC = PriceGroup(
    "BTC", price_range=0.2, vol_up=0.4, vol_down=0.25, far_down=0.5, far_down_fraction=0.35, far_up=0.6,
    far_up_fraction=0.35, basis=0.02, maintenance=0.5, short_option_min=0.01,
)  # fmt: skip
DOLLAR = 1_000_000  # Atoms, and micro-dollars.


def sums(floor: Floor, name: str) -> tuple[int, int, int]:
    """Equity, initial and maintenance margin of an account that is fresh."""
    state = floor.machine.state
    row = state.margins[state.accounts[floor.account(name)].margin]
    assert row.epoch == state.epoch
    return int(row.equity_atoms), int(row.initial_atoms), int(row.maintenance_atoms)


def refresh(floor: Floor, name: str, contract: int) -> None:
    """A touch that leaves nothing behind: an order far below the mark, and its cancel."""
    floor.order(name, contract, BUY, 1, 1)
    floor.do(build.mass_cancel(floor.accounts[name]))


# --- Addition and recomputation ------------------------------------------------------------------------


class Bazaar(Floor):
    """Contracts and coins in several groups, with several loads, odd units, add-ons, minimums; gold to borrow for."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.rng = rng
        groups = [self.group] + [self.do(build_margin.set_group(maintenance_ppm=700_000))[0]["amount_atoms"]]
        groups.append(self.do(build_margin.set_group(kind=3, maintenance_ppm=PPM))[0]["amount_atoms"])
        self.do(build.set_fees(0, 0, 100, 500))
        self.do(build.list_asset("gold", 3), build.list_instrument("GOLD/USD", 2, CASH), build.set_status(1))
        self.spot = 1
        self.do(build_margin.set_risk(groups[0], self.array(5), asset_id=2, cap=10**6, addon_from=500, addon_atoms=3))
        self.do(build_margin.set_value(2, 50))
        self.contracts = []
        for place in range(3):
            contract = self.perpetual()
            self.do(build_margin.set_risk(0, FLAT, instrument_id=contract))
            terms = {
                "unit_shift": place,
                "cap": 10**6,
                "short_min_atoms": place * 7,
                "addon_from": 20,
                "addon_atoms": 9,
            }
            for load, group in enumerate(np.roll(groups, place)[: place + 1].tolist()):
                rows = build_margin.set_risk(group, self.array(40), instrument_id=contract, load=load, **terms)
                self.do(rows)
            self.contracts.append(contract)
        for name in "ABC":
            self.account(name, 4_000)
            self.do(build.deposit(self.accounts[name], 2, 60))
        self.do(build_margin.set_margin(self.accounts["C"], 5))
        self.do(build_margin.set_lending(CASH, 10**9, 10**8, 10**9, 10**10))
        self.account("bank", 10**6)
        self.do(build.transfer(self.accounts["bank"], LENDING_ACCOUNT, CASH, 10**5))

    def array(self, width: int) -> list[int]:
        return self.rng.integers(-width, width + 1, 16).tolist()

    def draw(self) -> None:
        """One random command, refused or not; the audit looks after each."""
        number = FIRST_ACCOUNT + int(self.rng.integers(3))
        side = (BUY, SELL)[self.rng.integers(2)]
        kind = self.rng.random()
        if kind < 0.45:
            price, lots = int(self.rng.integers(95, 106)), int(self.rng.integers(1, 60))
            tif = (Tif.GTC, Tif.GTC, Tif.IOC)[self.rng.integers(3)]
            self.foresee(build.place(number, int(self.rng.choice(self.contracts)), side, lots, price, tif))
        elif kind < 0.6:
            price, lots = int(self.rng.integers(45, 56)), int(self.rng.integers(1, 120))
            self.foresee(build.place(number, self.spot, side, lots, price))
        elif kind < 0.7:
            orders = self.machine.array["orders"][0]
            open_orders = orders[(orders["order_id"] != 0) & (orders["account_id"] == number)]
            if len(open_orders):
                order = self.rng.choice(open_orders)
                lots, price = int(self.rng.integers(1, 30)), int(order["price_ticks"]) + int(self.rng.integers(-2, 3))
                self.send(build.replace(number, int(order["order_id"]), lots, price))
        elif kind < 0.75:
            self.send(build.mass_cancel(number, int(self.rng.choice(self.contracts))))
        elif kind < 0.83:
            contract = int(self.rng.choice(self.contracts))
            self.send(build_margin.set_price(contract, *self.rng.integers(85, 116, 2).tolist()))
        elif kind < 0.87:
            self.send(build_margin.set_value(2, int(self.rng.integers(48, 53))))
        elif kind < 0.92:
            self.send(build_margin.sweep(int(self.rng.integers(1, 4))))
        elif kind < 0.96:
            self.send(build.withdraw(number, CASH, int(self.rng.integers(1, 3_000))))
        else:
            self.wait(HOUR // 2)

    def foresee(self, place: build.Rows) -> None:
        """A preview changes nothing and says what then happens, to the atom where nothing is due."""
        digest = self.machine.digest()
        told_before = self.machine.preview(place)
        assert self.machine.digest() == digest
        events = self.send(place)
        if not told_before["is_settled"]:
            return
        last = events[-1] if events[-1]["kind"] == Event.REJECTED else {}
        assert last.get("reason", 0) == told_before["reason"]
        if [event["kind"] for event in events] == [Event.ACCEPTED] and place["tif"][0] == Tif.GTC:
            assert events[0].get("amount_atoms", 0) == told_before["hold_atoms"]
            state = self.machine.state
            row = state.margins[state.accounts[place["account_id"][0]].margin]
            assert row.initial_atoms == told_before["initial_after_atoms"]
            need = int(row.initial_atoms)
            if row.leverage_max:
                need = max(need, -(-int(row.gross_atoms) // int(row.leverage_max)))
            assert need + row.order_risk_atoms == told_before["required_after_atoms"]


def test_sums_by_addition_are_sums_made_anew(seed):
    bazaar = Bazaar(np.random.default_rng(seed))
    for _ in range(STEPS):
        bazaar.draw()
    before = bazaar.machine.array["margins"][0].copy()
    fresh = before["epoch"] == bazaar.machine.array["epoch"][0]
    bazaar.do(build_margin.set_group(1))  # Everybody is stale, and nothing else has changed.
    bazaar.do(build_margin.sweep(10))
    after = bazaar.machine.array["margins"][0]
    for name in ("equity_atoms", "maintenance_atoms"):
        assert (before[name] == after[name])[fresh].all()
    quiet = fresh & (before["orders"] == 0)
    assert (before["initial_atoms"] == after["initial_atoms"])[quiet].all()  # By kernel/weigh.py, without exposures.


# --- Open orders -----------------------------------------------------------------------------------------


def loss_of(positions: list[int], arrays: np.ndarray, group_of: list[int]) -> int:
    """Sum over groups of the worst loss of these positions; exact: a lot is the unit."""
    gains = np.array(positions)[:, None] * arrays
    groups = np.array(group_of)
    return sum(max(0, int(-gains[groups == group].sum(axis=0).min())) for group in set(group_of))


@pytest.mark.parametrize("groups", [1, 2])
def test_orders_ask_for_the_worst_that_any_of_them_may_do(seed, groups):
    rng = np.random.default_rng((seed, groups))
    floor = Floor()
    numbers = [floor.group] + [floor.do(build_margin.set_group())[0]["amount_atoms"] for _ in range(groups - 1)]
    group_of = [place % groups for place in range(3)]
    arrays = rng.integers(-50, 51, (3, 16))
    contracts = []
    for place in range(3):
        contract = floor.perpetual()
        floor.do(build_margin.set_risk(0, FLAT, instrument_id=contract))
        floor.do(build_margin.set_risk(numbers[group_of[place]], arrays[place].tolist(), instrument_id=contract))
        contracts.append(contract)
    positions = rng.integers(-5, 6, 3).tolist()
    for contract, lots in zip(contracts, positions, strict=True):
        if lots:
            buyer, seller = ("A", "B") if lots > 0 else ("B", "A")
            floor.trade(buyer, seller, contract, abs(lots), 100)
    orders = []
    for _ in range(6):
        place, side, lots = int(rng.integers(3)), (BUY, SELL)[rng.integers(2)], int(rng.integers(1, 8))
        floor.order("A", contracts[place], side, lots, 99 if side == BUY else 101)  # Not through the mark.
        orders.append((place, lots if side == BUY else -lots))
    worst = 0
    for subset in chain.from_iterable(combinations(orders, size) for size in range(len(orders) + 1)):
        filled = list(positions)
        for place, lots in subset:
            filled[place] += lots
        worst = max(worst, loss_of(filled, arrays, group_of))
    _, initial, maintenance = sums(floor, "A")
    assert initial >= worst
    if groups == 1:
        assert initial == worst
    halves = [loss_of([p if g == group else 0 for p, g in zip(positions, group_of, strict=True)], arrays, group_of)
              for group in range(groups)]  # fmt: skip
    assert maintenance == sum(-(-half // 2) for half in halves)


# --- Events -----------------------------------------------------------------------------------------------


def test_outcomes_need_their_worst_case_and_no_more(seed):
    """Any positions in the outcomes of a question, and so NO on any k of n."""
    rng = np.random.default_rng(seed)
    floor = Floor()
    outcomes = int(rng.integers(3, 6))
    floor.do(build_margin.list_question("who", outcomes))
    marks = rng.integers(1, 999 // outcomes, outcomes).tolist()
    contracts = [floor.outcome(1, place, mark=mark) for place, mark in enumerate(marks)]
    lots = rng.integers(-9, 10, outcomes).tolist()
    for contract, mark, count in zip(contracts, marks, lots, strict=True):
        if count:
            buyer, seller = ("A", "B") if count > 0 else ("B", "A")
            floor.trade(buyer, seller, contract, abs(count), mark)
    for name, sign in (("A", 1), ("B", -1)):
        ends = [
            sum(sign * count * ((1_000 if place == end else 0) - mark) for place, (count, mark) in
                enumerate(zip(lots, marks, strict=True)))
            for end in range(outcomes)
        ]  # fmt: skip
        refresh(floor, name, contracts[0])
        assert sums(floor, name)[1:] == (max(0, -min(ends)),) * 2


def test_yes_and_no_together_need_nothing():
    """Of a question of two NO is the sale of YES; of more, all outcomes together are one."""
    floor = Floor()
    floor.do(build_margin.list_question("rain", 2), build_margin.list_question("who", 4))
    yes = floor.outcome(1, mark=370)
    floor.trade("A", "B", yes, 10, 370)
    assert (sums(floor, "A")[1], sums(floor, "B")[1]) == (3_700, 6_300)
    floor.trade("B", "A", yes, 10, 370)
    assert (sums(floor, "A")[1], sums(floor, "B")[1]) == (0, 0)
    for outcome, mark in enumerate((250, 300, 350, 100)):
        floor.trade("A", "B", floor.outcome(2, outcome, mark=mark), 6, mark)
    for name in "AB":
        refresh(floor, name, yes)
        assert sums(floor, name)[1:] == (0, 0)


# --- Real arrays -------------------------------------------------------------------------------------------


class CoinFloor(Floor):
    """Coins of a million atoms at 60,000 dollars, a perpetual and options on them with arrays of the risk service."""

    PRICE, ATOMS = 60_000.0, 10**6
    COIN = 2

    def __init__(self) -> None:
        super().__init__()
        self.do(build.list_asset("BTC", 6))
        array = coin_arrays(self.PRICE, 1 / self.ATOMS, 10, BTC)[0].array.tolist()
        self.do(build_margin.set_risk(self.group, array, asset_id=self.COIN, unit_shift=10, cap=10**10))
        self.do(build_margin.set_value(self.COIN, int(self.PRICE) << 10))

    def listed(self, loads: list, mark: int, short_min: int = 0) -> int:
        """A contract of a thousandth of a coin a lot, ticks of a dollar a coin."""
        rows = build_margin.list_contract(
            "X", CASH, ContractKind.FUTURE, atoms_per_tick_lot=1_000, expiry_ns=self.now_ns + DAY,
            price_max_ticks=10**6, qty_max_lots=10**6,
            caps={"position_max_lots": 10**6, "open_interest_max_lots": 10**6},
        )  # fmt: skip
        number = self.enter(rows)
        terms = {"instrument_id": number, "cap": 10**6, "short_min_atoms": short_min}
        self.do(build_margin.set_risk(self.group, loads[0].array.tolist(), **terms))
        self.do(build_margin.set_price(number, mark, mark))
        return number

    def option(self, strike: float, is_call: bool) -> tuple[int, int]:
        """Its number and its price in ticks."""
        loads = option_arrays(self.PRICE, strike, 0.1, 0.6, is_call, 0.001, 0, BTC)
        price = max(1, round(float(black76.price(self.PRICE, strike, 0.1, 0.6, is_call))))
        short_min = int(BTC.short_option_min * self.PRICE * 0.001 * DOLLAR)
        return self.listed(loads, price, short_min), price

    def trade_at(self, buyer: str, seller: str, number: int, lots: int, price: int) -> None:
        self.trade(buyer, seller, number, lots, price)
        for name in (buyer, seller):
            refresh(self, name, number)


def test_spot_against_a_perpetual_needs_the_basis_charge_alone():
    floor = CoinFloor()
    number = floor.listed(perpetual_arrays(floor.PRICE, 0.001, 0, BTC), 60_000)
    floor.account("A", 10**9), floor.account("B", 10**11)
    floor.do(build.deposit(floor.accounts["A"], floor.COIN, 5 * floor.ATOMS))
    worth = 5 * 60_000 * DOLLAR
    refresh(floor, "A", number)
    assert sums(floor, "A")[1] == pytest.approx(0.2 * worth, rel=1e-6)  # Long coins alone: what their price may do.
    floor.trade_at("B", "A", number, 5_000, 60_000)
    assert sums(floor, "A")[1] == pytest.approx(0.02 * worth, rel=1e-6)
    assert sums(floor, "B")[1] == pytest.approx(0.2 * worth, rel=1e-6)


def test_a_covered_call_needs_no_more_than_the_coin_it_covers():
    floor = CoinFloor()
    floor.account("A", 10**9), floor.account("B", 10**12), floor.account("C", 10**12)
    floor.do(build.deposit(floor.accounts["A"], floor.COIN, 10 * floor.ATOMS))
    call, price = floor.option(66_000.0, True)
    refresh(floor, "A", call)
    bare = sums(floor, "A")[1]
    floor.trade_at("B", "A", call, 10_000, price)
    floor.trade_at("B", "C", call, 10_000, price)
    covered, naked = sums(floor, "A")[1], sums(floor, "C")[1]
    assert 0 < covered < bare < naked + covered
    assert covered >= 10_000 * int(0.01 * 60 * DOLLAR)  # The least a short option costs.


def test_a_box_spread_needs_no_more_than_its_minimum_for_short_options():
    floor = CoinFloor()
    floor.account("A", 10**11), floor.account("B", 10**12)
    legs = [(*floor.option(strike, is_call), sign) for strike, is_call, sign in (
        (55_000.0, True, 1), (65_000.0, True, -1), (65_000.0, False, 1), (55_000.0, False, -1))]  # fmt: skip
    apart = 0
    for number, price, sign in legs:
        buyer, seller = ("A", "B") if sign > 0 else ("B", "A")
        floor.trade_at(buyer, seller, number, 1_000, price)
        array = floor.machine.state.risks[floor.contract(number).risk].arrays[:16]
        apart += max(0, -int((sign * 1_000 * array).min()))
    least = 2 * 1_000 * int(0.01 * 60 * DOLLAR)
    together = sums(floor, "A")[1]
    assert together == least  # Whatever the price does, the box pays the difference of the strikes.
    assert apart > 5 * together
    assert sums(floor, "B")[1] == least


# --- Previews -------------------------------------------------------------------------------------------------


def test_a_preview_of_a_stale_account_counts_what_it_can():
    """Without settling anything: equity then leaves out what is due, and margin is as a touch would have it."""
    floor = Floor()
    contract = floor.perpetual()
    floor.trade("A", "B", contract, 10, 100)
    number = floor.accounts["A"]
    floor.order("A", contract, SELL, 15, 110)
    floor.do(build_margin.set_price(contract, 100, 103))
    answer = floor.machine.preview(build.place(number, contract, BUY, 7, 103))
    assert not answer["is_settled"] and answer["reason"] == Reject.NONE
    assert (answer["equity_atoms"], answer["initial_atoms"], answer["initial_after_atoms"]) == (10**9 + 30, 100, 170)
    floor.order("A", contract, BUY, 7, 102)
    assert sums(floor, "A") == (10**9 + 30, 170, 50)
    answer = floor.machine.preview(build.place(number, contract, BUY, 10**7, 103))
    assert answer["reason"] == Reject.QTY_TOO_LARGE or answer["reason"] == Reject.POSITION_LIMIT
    assert answer["required_atoms"] == 0  # It does not come as far as to margin.


def test_a_preview_of_a_cash_account_is_about_its_hold():
    floor = Floor()
    floor.do(build.list_asset("gold", 0), build.list_instrument("GOLD/USD", 2, CASH), build.set_status(1))
    made = floor.do(build.open_account(), build.deposit(FIRST_ACCOUNT, CASH, 100))
    assert told(made, Event.ACCOUNT_OPENED)[0]["account_id"] == FIRST_ACCOUNT
    answer = floor.machine.preview(build.place(FIRST_ACCOUNT, 1, BUY, 9, 11))
    assert (answer["reason"], answer["hold_atoms"], answer["is_settled"]) == (Reject.NONE, 100, 0)
    answer = floor.machine.preview(build.place(FIRST_ACCOUNT, 1, BUY, 10, 11))
    assert (answer["reason"], answer["hold_atoms"]) == (Reject.INSUFFICIENT_FUNDS, 111)
