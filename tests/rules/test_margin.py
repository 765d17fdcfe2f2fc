"""R: margin accounts, their holdings, and what stands behind them. Groups and arrays: test_risk.py."""

import numpy as np
import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, HoldKind, Limit, MarginMode, Reject, Tif
from emporion.schema.limits import (
    FIRST_ACCOUNT,
    LENDING_ACCOUNT,
    LEVERAGE_MAX,
    PAGE_HOLDINGS,
)
from tests.rules.floor import BUY, CASH, FLAT, HOUR, SELL, Floor, told

GAINS = [10, -10] * 8  # Of one lot of the floor's perpetual.


@pytest.fixture
def floor() -> Floor:
    return Floor()


def row(floor: Floor, name: str) -> np.record:
    """The account's row in margins."""
    state = floor.machine.state
    return state.margins[state.accounts[floor.account(name)].margin]


def sums(floor: Floor, name: str) -> tuple[int, int, int]:
    """Equity, initial and maintenance margin."""
    found = row(floor, name)
    return int(found.equity_atoms), int(found.initial_atoms), int(found.maintenance_atoms)


def holdings(floor: Floor, name: str) -> list[tuple[int, int]]:
    """(instrument, asset) of the account's holdings, in order, free places as (0, 0)."""
    found, page = [], row(floor, name).first_page
    while page:
        rows = floor.machine.state.holding_pages[page]
        found += [(int(each["instrument_id"]), int(each["asset_id"])) for each in rows.holdings]
        page = rows.next_page
    return found


def test_an_account_becomes_a_margin_account_for_good(floor):
    """R-3"""
    number = FIRST_ACCOUNT
    floor.do(build.open_account(), build.deposit(number, CASH, 100))
    assert floor.refusal(build_margin.set_margin(number, mode=2)) == Reject.BAD_VALUE
    assert floor.refusal(build_margin.set_margin(number, LEVERAGE_MAX + 1)) == Reject.BAD_VALUE
    assert floor.refusal(build_margin.set_margin(number, -1)) == Reject.BAD_VALUE
    assert floor.refusal(build_margin.set_margin(number + 1)) == Reject.UNKNOWN_ACCOUNT
    assert floor.refusal(build_margin.set_margin(LENDING_ACCOUNT)) == Reject.SYSTEM_ACCOUNT
    assert floor.refusal(build_margin.set_margin(number, mode=MarginMode.CASH)) == Reject.BAD_COMBINATION
    made = floor.do(build_margin.set_margin(number, 7))
    assert told(made, Event.MARGIN_SET) == [
        {"account_id": number, "amount_atoms": 7, "flags": MarginMode.MARGIN},
    ]
    floor.do(build_margin.set_margin(number, 3))
    floor.do(build.open_account(), build.deposit(number + 1, CASH, 9), build.withdraw(number + 1, CASH, 4))
    floor.do(build.freeze_balance(number + 1, CASH, 2), build_margin.set_margin(number + 1))
    assert floor.machine.state.holding_pages[2].holdings[0].entry_atoms == 4  # On its way out before.
    floor.do(build_margin.sweep(2))
    assert floor.machine.state.margins[2].equity_atoms == 5
    assert floor.machine.state.margins[1].leverage_max == 3 and floor.machine.state.tables[int(Limit.MARGINS)].live == 2
    assert floor.refusal(build_margin.set_margin(number, mode=MarginMode.CASH)) == Reject.BAD_COMBINATION


def test_open_orders_stand_in_the_way_of_margin(floor):
    """R-3"""
    floor.do(build.list_asset("gold", 0), build.list_instrument("GOLD/USD", 2, CASH), build.set_status(1))
    floor.do(build.open_account(), build.deposit(FIRST_ACCOUNT, CASH, 100))
    floor.do(build.place(FIRST_ACCOUNT, 1, BUY, 1, 5))
    assert floor.refusal(build_margin.set_margin(FIRST_ACCOUNT)) == Reject.WORK_LIMIT
    floor.do(build.mass_cancel(FIRST_ACCOUNT), build_margin.set_margin(FIRST_ACCOUNT))
    floor.accounts["A"] = FIRST_ACCOUNT
    assert holdings(floor, "A")[:3] == [(0, 1), (0, 2), (0, 0)]  # The order had opened a balance of gold.


def test_holdings_take_the_first_free_place_and_pages_come_and_go(floor):
    """R-4"""
    floor.account("B")
    contracts = [floor.perpetual() for _ in range(9)]
    orders = [told(floor.order("A", each, BUY, 1, 50), Event.ACCEPTED)[0]["order_id"] for each in contracts]
    number = floor.accounts["A"]
    first_page = [(0, CASH)] + [(each, 0) for each in contracts[:6]]
    assert holdings(floor, "A") == first_page + [(each, 0) for each in contracts[6:]] + [(0, 0)] * 4
    floor.do(build.cancel(number, orders[2]))
    floor.order("A", contracts[8], BUY, 1, 51)
    assert holdings(floor, "A")[3] == (0, 0)
    new = floor.perpetual()
    floor.order("A", new, BUY, 1, 50)
    assert holdings(floor, "A")[3] == (new, 0)  # The first free place.
    floor.do(*(build.cancel(number, each) for each in orders[6:8]), build.mass_cancel(number, contracts[8]))
    assert len(holdings(floor, "A")) == PAGE_HOLDINGS and row(floor, "A").pages == 1
    floor.do(build.mass_cancel(number))
    assert holdings(floor, "A") == [(0, CASH)] + [(0, 0)] * 6


def test_a_refused_order_leaves_no_holding(floor):
    """R-4, R-5: nothing is taken before all is known to be allowed."""
    perpetual = floor.perpetual()
    floor.account("A", 1_000)
    floor.refusal(build.place(floor.accounts["A"], perpetual, BUY, 101, 100))  # Its touch makes the sums.
    tables = floor.machine.array["tables"].tobytes()
    assert floor.refusal(build.place(floor.accounts["A"], perpetual, BUY, 101, 100)) == Reject.INSUFFICIENT_MARGIN
    assert floor.machine.array["tables"].tobytes() == tables


def test_without_a_row_for_its_exposure_an_account_may_only_cancel(floor):
    """R-5"""
    perpetual = floor.perpetual()
    other = floor.do(build_margin.set_group())[0]["amount_atoms"]
    order = told(floor.order("A", perpetual, BUY, 1, 50), Event.ACCEPTED)[0]["order_id"]
    floor.do(build_margin.set_risk(other, [1] * 16, instrument_id=perpetual, load=1))
    table = floor.machine.state.tables[int(Limit.EXPOSURES)]
    table.limit = 1
    number = floor.accounts["A"]
    assert floor.refusal(build.place(number, perpetual, BUY, 1, 50)) == Reject.TABLE_FULL
    assert (row(floor, "A").epoch, row(floor, "A").first_exposure, table.live) == (0, 0, 0)
    assert floor.refusal(build.withdraw(number, CASH, 5)) == Reject.TABLE_FULL
    assert floor.refusal(build.withdraw(number, CASH, 10**10)) == Reject.INSUFFICIENT_FUNDS
    floor.touch()  # A sweep does without.
    assert sums(floor, "A")[0] == 10**9
    table.limit = 2
    floor.order("A", perpetual, BUY, 1, 50)
    assert table.live == 2
    floor.do(build.cancel(number, order))


def test_exposures_are_sums_of_floors(floor):
    """R-6"""
    perpetual = floor.perpetual()
    array = [7, -7, 1, -1] + [0] * 12
    floor.do(build_margin.set_risk(0, FLAT, instrument_id=perpetual))
    floor.do(build_margin.set_risk(floor.group, array, instrument_id=perpetual, unit_shift=2, short_min_atoms=5))
    floor.trade("A", "B", perpetual, 3, 100)
    floor.order("A", perpetual, SELL, 5, 120)
    floor.order("A", perpetual, BUY, 1, 80)
    exposure = floor.machine.state.exposures[row(floor, "A").first_exposure]
    assert exposure.held.tolist()[:5] == [21 // 4, -21 // 4, 0, -1, 0]
    assert exposure.ordered.tolist()[:5] == [-35 // 4, -7 // 4, -5 // 4, -1, 0]
    assert (exposure.held_loss_atoms, exposure.loss_atoms) == (6, 8)
    assert (exposure.held_short_atoms, exposure.short_atoms) == (0, 3)  # Two lots may come to be short: 10 / 4.
    short = floor.machine.state.exposures[row(floor, "B").first_exposure]
    assert (short.held_short_atoms, short.short_atoms, short.loss_atoms) == (4, 4, 6)


def test_a_short_option_costs_something_though_no_scenario_moves_it(floor):
    """R-6"""
    call = floor.perpetual()
    floor.do(build_margin.set_risk(floor.group, FLAT, instrument_id=call, short_min_atoms=9))
    floor.trade("A", "B", call, 4, 100)
    assert sums(floor, "A") == (10**9, 0, 0)
    assert sums(floor, "B") == (10**9, 36, 18)
    floor.order("A", call, SELL, 6, 100)
    assert sums(floor, "A")[1:] == (18, 0)  # Two more than it has.


def test_value_is_gain_and_cash_rounded_down(floor):
    """R-7"""
    floor.do(build_margin.set_risk(0, FLAT, asset_id=CASH))
    floor.do(build_margin.set_risk(floor.group, FLAT, asset_id=CASH, unit_shift=1, cap=10**12))
    floor.do(build_margin.set_value(CASH, 1))  # An atom is half a micro-dollar.
    perpetual = floor.perpetual()
    floor.account("A", 1_001), floor.account("B", 1_003)
    floor.trade("A", "B", perpetual, 1, 100)
    floor.do(build_margin.set_price(perpetual, 0, 103))
    floor.touch()
    assert sums(floor, "A")[0] == 1_001 // 2 + 3 // 2
    assert sums(floor, "B")[0] == 1_003 // 2 + -3 // 2
    floor.order("A", perpetual, BUY, 1, 103)
    assert row(floor, "A").gross_atoms == 103  # Two lots of 103 at a half, rounded up.


def test_large_holdings_cost_more(floor):
    """R-7, R-8"""
    perpetual = floor.perpetual()
    floor.do(build_margin.set_risk(floor.group, GAINS, instrument_id=perpetual, addon_from=5, addon_atoms=3))
    floor.trade("A", "B", perpetual, 7, 100)
    assert sums(floor, "A") == (10**9, 70 + 6, 35 + 6)
    floor.order("A", perpetual, BUY, 2, 90)
    assert sums(floor, "A") == (10**9, 90 + 12, 35 + 6)  # Orders count for initial margin alone.
    assert row(floor, "A").addon_atoms == 12


def test_health_is_initial_margin_and_the_accounts_own_leverage(floor):
    """R-8, P-3"""
    perpetual = floor.perpetual()
    number = floor.account("A", 1_000)
    floor.do(build_margin.set_margin(number, 2))
    place = build.place(number, perpetual, BUY, 20, 100)
    assert floor.refusal(place) == Reject.LEVERAGE_LIMIT  # 2,000 by 2, and an atom for the fee.
    floor.order("A", perpetual, BUY, 19, 100)
    calm = floor.perpetual()
    floor.do(build_margin.set_risk(floor.group, FLAT, instrument_id=calm))
    assert (
        floor.refusal(build.place(number, calm, BUY, 1, 100)) == Reject.LEVERAGE_LIMIT
    )  # Its gross grows all the same.
    floor.do(build_margin.set_margin(number, 0))
    assert floor.refusal(build.place(number, perpetual, BUY, 81, 100)) == Reject.INSUFFICIENT_MARGIN
    floor.order("A", perpetual, BUY, 80, 100)
    found = row(floor, "A")
    assert (found.initial_atoms, found.order_risk_atoms, found.gross_atoms) == (990, 2, 9_900)


def test_a_swept_account_keeps_its_sums_but_no_exposures(floor):
    """R-9"""
    perpetual = floor.perpetual()
    floor.trade("A", "B", perpetual, 10, 100)
    table = floor.machine.state.tables[int(Limit.EXPOSURES)]
    before = sums(floor, "A")
    floor.touch()
    assert table.live == 2  # Fresh accounts are not looked at.
    floor.order("B", perpetual, BUY, 1, 50)
    floor.do(build_margin.set_price(perpetual, 0, 101))
    floor.touch()
    assert table.live == 1 and row(floor, "A").epoch == 0 and row(floor, "B").epoch == floor.machine.state.epoch
    assert sums(floor, "A") == (before[0] + 10, *before[1:])
    floor.order("A", perpetual, BUY, 1, 50)
    assert table.live == 2


def test_a_look_without_exposures_finds_the_same_sums(floor):
    """R-9: add-ons, and the least loss of short options, among them."""
    perpetual = floor.perpetual()
    terms = {"short_min_atoms": 11, "addon_from": 5, "addon_atoms": 3}
    floor.do(build_margin.set_risk(floor.group, GAINS, instrument_id=perpetual, **terms))
    floor.trade("A", "B", perpetual, 7, 100)
    before = sums(floor, "A"), sums(floor, "B")
    assert before == ((10**9, 76, 41), (10**9, 83, 45))
    floor.do(build_margin.set_price(perpetual, 0, 100))
    floor.touch()
    assert (sums(floor, "A"), sums(floor, "B")) == before


def test_two_new_holdings_of_one_group_need_one_exposure(floor):
    """R-5: of what a contract settles in, and of the contract."""
    perpetual = floor.perpetual()
    floor.machine.state.tables[int(Limit.EXPOSURES)].limit = 1
    floor.do(build.open_account(), build_margin.set_margin(FIRST_ACCOUNT))
    place = build.place(FIRST_ACCOUNT, perpetual, BUY, 1, 100)
    assert floor.refusal(place) == Reject.INSUFFICIENT_MARGIN
    floor.machine.state.tables[int(Limit.EXPOSURES)].limit = 0
    assert floor.refusal(place) == Reject.TABLE_FULL


def test_what_others_stand_behind_cannot_leave(floor):
    """R-10, L-2, L-3"""
    perpetual = floor.perpetual()
    a, b = floor.account("A", 1_000), floor.account("B", 1_000)
    floor.trade("A", "B", perpetual, 40, 100)
    assert sums(floor, "A") == (1_000, 400, 200)
    assert floor.refusal(build.withdraw(a, CASH, 601)) == Reject.INSUFFICIENT_MARGIN
    assert floor.refusal(build.transfer(a, b, CASH, 601)) == Reject.INSUFFICIENT_MARGIN
    assert floor.refusal(build.withdraw(a, CASH, 1_001)) == Reject.INSUFFICIENT_FUNDS
    hold = told(floor.do(build.withdraw(a, CASH, 600)), Event.WITHDRAWAL_REQUESTED)[0]["order_id"]
    floor.touch()
    assert sums(floor, "A") == (400, 400, 200)  # What is on its way out does not count.
    assert floor.refusal(build.withdraw(a, CASH, 1)) == Reject.INSUFFICIENT_MARGIN
    floor.do(build.withdraw_refuse(hold))
    floor.touch()
    assert sums(floor, "A")[0] == 1_000
    hold = told(floor.do(build.withdraw(a, CASH, 500)), Event.WITHDRAWAL_REQUESTED)[0]["order_id"]
    floor.do(build.withdraw_settle(hold), build.transfer(a, b, CASH, 100))
    floor.touch()
    assert sums(floor, "A")[0] == 400 and sums(floor, "B")[0] == 1_100


def test_what_is_due_comes_before_the_money_goes(floor):
    """R-10, R-5: the events stand though the command is refused."""
    perpetual = floor.perpetual()
    a = floor.account("A", 1_000)
    floor.trade("A", "B", perpetual, 40, 100)
    floor.do(build_margin.set_price(perpetual, 0, 110))
    floor.wait(HOUR)
    events = floor.send(build.withdraw(a, CASH, 1_000))
    assert [event["kind"] for event in events] == [Event.MARKED_TO_CASH, Event.WITHDRAWAL_REQUESTED]
    floor.do(build_margin.set_price(perpetual, 0, 109))
    floor.wait(HOUR)
    events = floor.send(build.withdraw(a, CASH, 5_000))
    assert [event["kind"] for event in events] == [Event.MARKED_TO_CASH, Event.REJECTED]


def test_a_deposit_needs_a_place_for_its_holding(floor):
    """R-10, R-4"""
    a = floor.account("A")
    for number in range(2, 10):
        floor.do(build.list_asset(f"asset {number}", 0))
    floor.machine.state.tables[int(Limit.HOLDING_PAGES)].limit = 1
    for asset_id in range(2, 8):
        floor.do(build.deposit(a, asset_id, 5))
    assert floor.refusal(build.deposit(a, 8, 5)) == Reject.TABLE_FULL


def test_margin_needs_room(floor):
    """R-3"""
    floor.machine.state.tables[int(Limit.HOLDING_PAGES)].limit = 1
    floor.account("A")
    floor.do(build.open_account(), build.deposit(FIRST_ACCOUNT + 1, CASH, 5))
    assert floor.refusal(build_margin.set_margin(FIRST_ACCOUNT + 1)) == Reject.TABLE_FULL


def test_frozen_money_still_stands_behind_the_account(floor):
    """R-10, L-6, L-7"""
    perpetual = floor.perpetual()
    a = floor.account("A", 1_000)
    floor.order("A", perpetual, BUY, 40, 100)
    hold = told(floor.do(build.freeze_balance(a, CASH, 900)), Event.BALANCE_FROZEN)[0]["order_id"]
    assert sums(floor, "A")[0] == 1_000 and row(floor, "A").epoch == floor.machine.state.epoch
    assert floor.machine.state.holds[1].kind == HoldKind.FREEZE
    assert floor.refusal(build.withdraw(a, CASH, 101)) == Reject.INSUFFICIENT_FUNDS
    floor.do(build.release_balance(hold))
    floor.touch()
    assert sums(floor, "A")[0] == 1_000


def test_a_sub_account_is_a_pool_of_its_own(floor):
    """R-11"""
    perpetual = floor.perpetual()
    a = floor.account("A", 1_000)
    sub = FIRST_ACCOUNT + len(floor.accounts)
    floor.do(build.open_account(a), build_margin.set_margin(sub), build.transfer(a, sub, CASH, 100))
    floor.accounts["A/1"] = sub
    assert floor.refusal(build.place(sub, perpetual, BUY, 11, 100)) == Reject.INSUFFICIENT_MARGIN
    floor.order("B", perpetual, SELL, 9, 100)
    floor.order("A/1", perpetual, BUY, 9, 100, Tif.IOC)
    assert sums(floor, "A/1") == (100, 90, 45)
    floor.touch("A")
    assert sums(floor, "A") == (900, 0, 0)


def test_what_is_the_opposite_of_each_other_needs_nothing(floor):
    """R-12: of two contracts of one array, and of all outcomes of a question."""
    first, second = floor.perpetual(), floor.perpetual()
    floor.trade("A", "B", first, 10, 100)
    floor.trade("B", "A", second, 10, 100)
    assert sums(floor, "A") == (10**9, 0, 0) == sums(floor, "B")
    floor.do(build_margin.list_question("who", 3))
    outcomes = [floor.outcome(1, outcome, mark=300 + 100 * (outcome == 2)) for outcome in range(3)]
    for each in outcomes:
        price = int(floor.contract(each).mark_ticks)
        floor.order("D", each, SELL, 10, price)
        floor.order("C", each, BUY, 10, price, Tif.IOC)
    assert sums(floor, "C") == (10**9, 0, 0) == sums(floor, "D")
