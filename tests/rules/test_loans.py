"""N: balances below zero, what may be lent, and what it costs."""

import numpy as np
import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, Limit, Reject
from emporion.schema.limits import E12, FEE_ACCOUNT, LENDING_ACCOUNT, PPM, SUPPLY_MAX
from tests.rules.floor import BUY, CASH, FLAT, HOUR, SELL, Floor, told

GOLD, PAIR = 2, 1
LENT = 1_000  # Atoms the lending account has.
RATES = {"base_rate_e12": 10**8, "kink_rate_e12": 10**9, "full_rate_e12": 10**10, "kink_ppm": 800_000}


class LendingFloor(Floor):
    """With gold that is delivered against dollars, and dollars to lend."""

    def __init__(self) -> None:
        super().__init__()
        self.do(build.list_asset("gold", 0), build.list_instrument("GOLD/USD", GOLD, CASH), build.set_status(PAIR))
        self.do(build_margin.set_risk(self.group, [3, -3] + FLAT[2:], asset_id=GOLD, cap=10**9))
        self.do(build_margin.set_value(GOLD, 10))
        self.account("bank", LENT)
        self.do(build_margin.set_lending(CASH, 10**12, **RATES))
        self.do(build.transfer(self.accounts["bank"], LENDING_ACCOUNT, CASH, LENT))

    def asset(self, asset_id: int = CASH) -> np.record:
        return self.machine.state.assets[asset_id]

    def lose(self, name: str, atoms: int) -> None:
        """Makes an account pay for a loss, whether it has the money or not."""
        number = self.account(name)
        contract = self.perpetual(mark=atoms, index=atoms)
        self.do(build_margin.set_risk(self.group, FLAT, instrument_id=contract))
        self.trade(name, "winner", contract, 1, atoms)
        self.do(build_margin.set_price(contract, 0, 1))
        self.order("winner", contract, BUY, 1, 1)
        self.order(name, contract, SELL, 1, 1)
        assert number


@pytest.fixture
def floor() -> LendingFloor:
    return LendingFloor()


def test_lending_has_a_limit_and_a_curve(floor):
    """N-1"""
    made = floor.do(build_margin.set_lending(CASH, 500, 1, 2, 3, 4))
    assert told(made, Event.LENDING_SET) == [{"asset_id": CASH, "amount_atoms": 500}]
    asset = floor.asset()
    curve = (asset.base_rate_e12, asset.kink_rate_e12, asset.full_rate_e12, asset.kink_ppm)
    assert curve == (1, 2, 3, 4) and asset.lending_cap_atoms == 500
    for numbers in (
        (-1, 0, 0, 0, 0), (SUPPLY_MAX + 1, 0, 0, 0, 0), (5, -1, 0, 0, 0), (5, 2, 1, 3, 0), (5, 1, 3, 2, 0),
        (5, 0, 0, E12 // 100 + 1, 0), (5, 0, 0, 0, -1), (5, 0, 0, 0, PPM),
    ):  # fmt: skip
        assert floor.refusal(build_margin.set_lending(CASH, *numbers)) == Reject.BAD_VALUE
    rows = build_margin.set_lending(CASH, 5, 0, 0, 0, 0)
    rows[1:].view(np.int64).reshape(-1, 8)[0, 6] = 1
    assert floor.refusal(rows) == Reject.BAD_VALUE
    for asset_id in (0, -1, 3):
        assert floor.refusal(build_margin.set_lending(asset_id, 5)) == Reject.UNKNOWN_ASSET
    balances = floor.machine.state.tables[int(Limit.BALANCES)]
    balances.limit = balances.live
    assert floor.refusal(build_margin.set_lending(GOLD, 5)) == Reject.TABLE_FULL
    balances.limit += 1
    floor.do(build_margin.set_lending(GOLD, 5))
    assert balances.live == balances.limit  # The lending account's.


def test_a_loan_by_ones_own_will_is_bounded_by_what_there_is(floor):
    """N-2, P-9"""
    number = floor.account("A", 100)
    floor.do(build.deposit(number, GOLD, 1_000))  # Stands behind the loan.
    assert floor.refusal(build.place(number, PAIR, BUY, 111, 10)) == Reject.NOTHING_TO_LEND
    floor.order("A", PAIR, BUY, 60, 10)
    assert floor.asset().promised_atoms == 601 - 100
    assert floor.refusal(build.place(number, PAIR, BUY, 56, 9)) == Reject.NOTHING_TO_LEND
    floor.do(build_margin.set_lending(CASH, 501, **RATES))
    assert floor.refusal(build.place(number, PAIR, BUY, 1, 1)) == Reject.NOTHING_TO_LEND
    floor.do(build.mass_cancel(number))
    assert floor.asset().promised_atoms == 0
    floor.order("A", PAIR, BUY, 60, 10)
    floor.do(build.deposit(floor.account("S", 0 + 1), GOLD, 60))
    floor.order("S", PAIR, SELL, 60, 10)
    assert (floor.asset().lent_atoms, floor.asset().promised_atoms, floor.cash("A")) == (500, 0, -500)


def test_a_loss_is_always_lent(floor):
    """N-2: beyond any limit."""
    floor.do(build_margin.set_lending(CASH, 0))
    floor.account("A", 2_000)
    floor.do(build.deposit(floor.accounts["A"], GOLD, 10_000))
    floor.lose("A", 5_001)
    assert floor.cash("A") == -3_000 and floor.asset().lent_atoms == 3_000 > LENT
    floor.do(build.deposit(floor.accounts["A"], CASH, 3_500))
    assert floor.cash("A") == 500 and floor.asset().lent_atoms == 0


def test_the_rate_follows_how_much_is_lent(floor):
    """N-3"""
    floor.account("A", 2_000)
    floor.do(build.deposit(floor.accounts["A"], GOLD, 10_000))
    asset = floor.asset()
    assert asset.interest_index_e12 == 0
    floor.wait(HOUR)
    assert asset.interest_index_e12 == 10**8  # Nothing is lent.
    floor.lose("A", 2_401)
    floor.wait(HOUR // 2)
    assert asset.interest_index_e12 == 10**8
    floor.wait(HOUR // 2)
    assert asset.interest_index_e12 == 10**8 + 10**8 + 9 * 10**8 * 400_000 // 800_000
    floor.do(build_margin.set_lending(CASH, 10**12, **RATES | {"kink_ppm": 0}))
    before = asset.interest_index_e12
    floor.wait(3 * HOUR)
    assert asset.interest_index_e12 == before + 3 * (10**9 + 9 * 10**9 * 400_000 // PPM)
    floor.lose("A", 1_001)
    floor.do(build_margin.set_lending(CASH, 10**12, **RATES))
    before = asset.interest_index_e12
    floor.wait(HOUR)
    assert asset.lent_atoms > LENT and asset.interest_index_e12 == before + 10**10
    floor.do(build_margin.set_lending(CASH, 0, 0, 0, 0, 0))
    before = asset.interest_index_e12
    floor.wait(HOUR)
    assert asset.interest_index_e12 == before


def test_a_rate_below_the_kink_is_on_the_line_to_it(floor):
    """N-3"""
    floor.account("A", 2_000)
    floor.do(build.deposit(floor.accounts["A"], GOLD, 10_000))
    floor.lose("A", 2_901)
    floor.wait(HOUR)
    beyond = 9 * 10**9 * 100_000 // 200_000
    assert floor.asset().interest_index_e12 == 10**9 + beyond


def test_interest_goes_to_the_lending_account(floor):
    """N-4"""
    floor.account("A", 2_000)
    floor.do(build.deposit(floor.accounts["A"], GOLD, 10_000))
    floor.lose("A", 2_401)
    floor.wait(HOUR)
    paid = told(floor.touch("A"), Event.INTEREST_PAID)
    assert paid == [{"account_id": floor.accounts["A"], "asset_id": CASH, "amount_atoms": -1}]  # Rounded up.
    assert floor.cash("A") == -401 and floor.cash("lending") == LENT + 1 and floor.asset().lent_atoms == 401
    assert told(floor.touch(), Event.INTEREST_PAID) == []
    floor.machine.state.assets[CASH].interest_index_e12 += E12 // 4
    floor.wait(HOUR)
    events = floor.do(build.deposit(floor.accounts["A"], CASH, 5))
    assert [event["kind"] for event in events] == [Event.INTEREST_PAID, Event.DEPOSITED]
    assert events[0]["amount_atoms"] == -101
    floor.do(build.deposit(floor.accounts["A"], CASH, 1_000))
    floor.machine.state.assets[CASH].interest_index_e12 += E12  # Nobody owes anything now.
    floor.lose("A", 1_001)
    before = floor.cash("A")
    assert before < 0
    floor.machine.state.assets[CASH].interest_index_e12 += 2 * E12
    floor.wait(HOUR)
    floor.touch()
    assert floor.cash("A") == 2 * before  # At most the loan itself at one look.


def test_a_new_loan_owes_nothing_for_the_past(floor):
    """N-4"""
    floor.account("A", 2_000)
    floor.do(build.deposit(floor.accounts["A"], GOLD, 10_000))
    floor.machine.state.assets[CASH].interest_index_e12 += E12 // 2
    floor.lose("A", 2_401)
    floor.wait(HOUR)
    assert [event["amount_atoms"] for event in told(floor.touch("A"), Event.INTEREST_PAID)] == [-1]


def test_interest_is_settled_before_contracts(floor):
    """N-4, R-5"""
    floor.account("A", 2_000)
    floor.do(build.deposit(floor.accounts["A"], GOLD, 10_000))
    contract = floor.perpetual()
    floor.trade("A", "B", contract, 10, 100)
    floor.lose("A", 2_401)
    floor.do(build_margin.set_price(contract, 0, 101))
    floor.wait(HOUR)
    events = floor.touch("A")
    assert [event["kind"] for event in events] == [Event.INTEREST_PAID, Event.MARKED_TO_CASH]


def test_orders_give_way_to_a_loan(floor):
    """N-5"""
    number = floor.account("A", 1_000)
    floor.do(build.deposit(number, GOLD, 10_000))
    old, middle, new = (
        told(floor.order("A", PAIR, BUY, lots, 9), Event.ACCEPTED)[0]["order_id"] for lots in (10, 20, 30)
    )
    gold = told(floor.order("A", PAIR, SELL, 5, 20), Event.ACCEPTED)[0]["order_id"]
    assert floor.cash("A") == 1_000 - 91 - 181 - 271
    floor.lose("A", 758)
    assert floor.cash("A") == -300
    floor.do(build_margin.set_value(GOLD, 10))  # So that nobody is fresh.
    gone = [event["order_id"] for event in floor.touch("A") if event.get("reason") == Reject.BY_LOAN]
    assert gone == [new, middle] and floor.cash("A") == 152
    open_orders = floor.machine.array["orders"]["order_id"][0]
    assert {old, gold} <= set(open_orders.tolist())


def test_the_lending_account_keeps_what_is_lent(floor):
    """N-6, R-10"""
    number = floor.account("A", 100)
    floor.do(build.deposit(number, GOLD, 1_000))
    floor.order("A", PAIR, BUY, 30, 10)
    assert floor.asset().promised_atoms == 201
    assert floor.refusal(build.transfer(LENDING_ACCOUNT, FEE_ACCOUNT, CASH, 800)) == Reject.INSUFFICIENT_FUNDS
    floor.do(build.transfer(LENDING_ACCOUNT, FEE_ACCOUNT, CASH, 799))
    assert floor.refusal(build.place(number, PAIR, BUY, 1, 1)) == Reject.NOTHING_TO_LEND
