"""Vega's published acceptance criteria on mark prices and marking to market, where the rule is the same as ours.

Each test names the codes it covers; docs/reference/vega-criteria.md says of every other one why it does not apply.
Prices here come from outside (C-4): what makes them is a service's, and judged with it.
"""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, InstrumentStatus, Reject, Tif
from tests.rules.floor import BUY, CASH, DAY, FUNDS, HOUR, SELL, START_NS, Floor, told


@pytest.fixture
def floor() -> Floor:
    return Floor()


def gains(floor: Floor, *names: str) -> list[int]:
    """What became cash of the accounts' positions at a look in the next hour."""
    floor.wait(HOUR)
    found = {event["account_id"]: event["amount_atoms"] for event in told(floor.touch(), Event.MARKED_TO_CASH)}
    return [found.get(floor.accounts[name], 0) for name in names]


# --- 0009-MRKP -----------------------------------------------------------------------------------------


def test_only_who_publishes_prices_moves_the_mark(floor):
    """0009-MRKP-004, 0009-MRKP-008: what does not trade leaves it, and here what trades does too."""
    perpetual = floor.perpetual(mark=900, index=900)
    floor.order("A", perpetual, BUY, 1, 890)
    floor.trade("A", "B", perpetual, 15, 920)
    floor.trade("A", "B", perpetual, 5, 910)
    assert floor.contract(perpetual).mark_ticks == 900


def test_of_two_published_prices_the_later_is_the_mark(floor):
    """0009-MRKP-016, 0009-MRKP-017, 0009-MRKP-130: the mark's source is not the index's."""
    perpetual = floor.perpetual(mark=15_900, index=15_000)
    floor.do(build_margin.set_price(perpetual, 0, 15_940))
    floor.now_ns += 5_000_000_000
    floor.do(build_margin.set_price(perpetual, 0, 15_960))
    row = floor.contract(perpetual)
    assert (row.mark_ticks, row.index_ticks, row.priced_ns) == (15_960, 15_000, floor.now_ns)


def test_each_change_of_the_mark_is_told_and_so_is_the_final_price(floor):
    """0009-MRKP-009, 0009-MRKP-040: the path of a future from before its first price to its end."""
    future = floor.future(START_NS + HOUR, mark=0, index=0, window_ns=HOUR)
    account = floor.account("A")
    assert floor.refusal(build.place(account, future, BUY, 1, 100)) == Reject.NO_MARK
    marks = []
    for mark in (100, 104, 102):
        marks += told(floor.do(build_margin.set_price(future, mark, mark)), Event.PRICE_SET)
    assert [event["price_ticks"] for event in marks] == [100, 104, 102]
    floor.trade("A", "B", future, 1, 103)
    final = told(floor.wait(HOUR), Event.EXPIRED_CONTRACT)
    assert final == [{"instrument_id": future, "price_ticks": 102, "qty_lots": 3, "leaves_lots": 102}]


def test_the_path_of_a_perpetual(floor):
    """0009-MRKP-041: marks and indexes as they come, the index's for the funding too."""
    perpetual = floor.perpetual(mark=0, index=0)
    for index, mark in ((0, 100), (0, 101), (99, 0), (98, 102)):
        (event,) = told(floor.do(build_margin.set_price(perpetual, index, mark)), Event.PRICE_SET)
        row = floor.contract(perpetual)
        assert (event["price_ticks"], event.get("qty_lots", 0)) == (row.mark_ticks, row.index_ticks)
    assert floor.contract(perpetual).premium_samples == 2  # Two commands had an index.


def test_the_mark_is_in_ticks_of_the_market(floor):
    """0009-MRKP-006"""
    perpetual = floor.perpetual(price_max_ticks=20_000)
    assert floor.refusal(build_margin.set_price(perpetual, 0, 20_001)) == Reject.BAD_VALUE
    floor.do(build_margin.set_price(perpetual, 0, 20_000))
    assert floor.contract(perpetual).mark_ticks == 20_000


def test_no_mark_is_made_while_trading_is_halted_but_a_published_one_counts(floor):
    """0009-MRKP-024, 0009-MRKP-025: whoever publishes prices decides what the first after a halt is."""
    perpetual = floor.perpetual(mark=100)
    floor.do(build.set_status(perpetual, InstrumentStatus.HALTED))
    floor.do(build_margin.set_price(perpetual, 0, 90))
    floor.do(build.set_status(perpetual, InstrumentStatus.OPEN))
    assert floor.contract(perpetual).mark_ticks == 90


# --- 0003-MTMK -----------------------------------------------------------------------------------------


def test_what_one_side_gains_the_other_has_lost(floor):
    """0003-MTMK-001, 0003-MTMK-005 to 0003-MTMK-007, 0003-MTMK-009 to 0003-MTMK-012"""
    perpetual = floor.perpetual(mark=100)
    floor.trade("A", "B", perpetual, 20, 100)
    floor.trade("A", "C", perpetual, 10, 100)
    assert gains(floor, "A", "B", "C") == [0, 0, 0]  # The mark has not changed.
    floor.do(build_margin.set_price(perpetual, 0, 93))
    assert floor.cash("clearing") == 0
    assert gains(floor, "A", "B", "C") == [-210, 140, 70]
    assert floor.cash("clearing") == 0
    assert gains(floor, "A", "B", "C") == [0, 0, 0]


def test_a_taker_that_buys_through_two_prices_gets_the_difference(floor):
    """0003-MTMK-013: two units, one at 1000 and one at 1010; at the mark of 1010 who sold at 1000 pays 10."""
    perpetual = floor.perpetual(mark=1_010)
    floor.order("first", perpetual, SELL, 1, 1_000)
    floor.order("second", perpetual, SELL, 1, 1_010)
    floor.order("taker", perpetual, BUY, 2, 1_010, Tif.IOC)
    assert gains(floor, "taker", "first", "second") == [10, -10, 0]


@pytest.mark.parametrize(
    ("lots", "atoms", "entry", "mark", "gain"),
    [
        (2, 10_000, 100, 120, 400_000),  # 0.02 at 100, marked at 120: 0.4 dollars, a lot 0.01.
        (2, 10_000_000, 10, 12, 40_000_000),  # 2,000 at 0.10, marked at 0.12: 40 dollars, a lot 1,000, a tick 0.01.
    ],
    ids=["lots of a hundredth", "lots of a thousand"],
)
def test_a_gain_is_right_whatever_a_lot_is(floor, lots, atoms, entry, mark, gain):
    """0003-MTMK-014, and the scenario before it."""
    caps = {"position_max_lots": 10**5, "open_interest_max_lots": 10**5}
    perpetual = floor.perpetual(
        mark=entry, atoms_per_tick_lot=atoms, price_max_ticks=10**6, qty_max_lots=10**5, caps=caps
    )
    floor.trade("A", "B", perpetual, lots, entry)
    floor.do(build_margin.set_price(perpetual, 0, mark))
    assert gains(floor, "A", "B") == [gain, -gain]


def test_marking_does_not_wait_for_the_index(floor):
    """0053-PERP-005"""
    perpetual = floor.perpetual(mark=100, index=0)
    floor.trade("A", "B", perpetual, 10, 100)
    floor.do(build_margin.set_price(perpetual, 0, 105))
    assert gains(floor, "A", "B") == [50, -50]


def test_who_cannot_pay_owes_and_the_others_have_all_of_theirs(floor):
    """In place of 0003-MTMK-002, 003, 008 and 017: the missing part is the loser's loan, and nobody gets less."""
    perpetual = floor.perpetual(mark=100)
    floor.account("B", 2_000)
    floor.trade("A", "B", perpetual, 100, 100)
    floor.do(build_margin.set_price(perpetual, 0, 130))
    assert gains(floor, "A", "B") == [3_000, -3_000]
    assert (floor.cash("A"), floor.cash("B")) == (FUNDS + 3_000, -1_000)
    assert floor.machine.state.assets[CASH].lent_atoms == 1_000


# --- 0002-STTL -----------------------------------------------------------------------------------------


def test_a_future_settles_at_its_end_without_a_fee_and_trades_no_more(floor):
    """0002-STTL-001, 0002-STTL-011, 0002-STTL-003"""
    floor.do(build.set_fees(0, 0, 1_000, 2_000))
    future = floor.future(START_NS + DAY, mark=100)
    floor.trade("A", "B", future, 10, 100)
    fees = floor.cash("fees")
    assert fees == 3
    floor.do(build_margin.set_price(future, 120, 110))
    floor.wait(DAY)
    assert floor.refusal(build.place(floor.accounts["A"], future, SELL, 1, 100)) == Reject.BAD_STATUS
    floor.touch()
    assert floor.cash("fees") == fees
    assert floor.cash("A") + floor.cash("B") == 2 * FUNDS - fees
    assert floor.cash("A") == FUNDS + 10 * 20 - 2 and floor.cash("clearing") == 0


def test_a_halted_future_settles_too(floor):
    """0002-STTL-012, 0002-STTL-005"""
    future = floor.future(START_NS + DAY, mark=100)
    floor.trade("A", "B", future, 10, 100)
    floor.do(build.set_status(future, InstrumentStatus.HALTED), build_margin.set_price(future, 120))
    assert told(floor.wait(DAY), Event.EXPIRED_CONTRACT)[0]["price_ticks"] == 120
    floor.touch()
    assert (floor.cash("A"), floor.cash("B")) == (FUNDS + 200, FUNDS - 200)


def test_of_prices_given_before_the_end_the_last_one_counts(floor):
    """0002-STTL-013: without a window it is the latest index, and trading goes on until the end."""
    future = floor.future(START_NS + DAY, mark=100)
    floor.do(build_margin.set_price(future, 110))
    floor.trade("A", "B", future, 1, 100)
    floor.do(build_margin.set_price(future, 125))
    floor.trade("A", "B", future, 1, 100)
    assert told(floor.wait(DAY), Event.EXPIRED_CONTRACT)[0]["price_ticks"] == 125
