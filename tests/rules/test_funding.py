"""F: funding of perpetuals, from the book's premium to what each side pays."""

import numpy as np
import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, InstrumentStatus, Reject, Tif
from emporion.schema.limits import E12, HOUR_NS, IMPACT_ORDERS, PREMIUM_SAMPLES_MAX
from tests.rules.floor import BUY, CASH, DAY, HOUR, SELL, Floor, told

PERCENT = E12 // 100


@pytest.fixture
def floor() -> Floor:
    return Floor()


def premium(floor: Floor, perpetual: int, index: int) -> int:
    """The sample that a new index takes."""
    row = floor.contract(perpetual)
    before, samples = row.premium_sum_e12, row.premium_samples
    floor.do(build_margin.set_price(perpetual, index))
    assert row.premium_samples == samples + 1
    return int(row.premium_sum_e12 - before)


# --- F-1 -----------------------------------------------------------------------------------------------


def test_the_premium_is_how_far_the_index_lies_outside_bid_and_ask(floor):
    """F-1"""
    perpetual = floor.perpetual()
    assert premium(floor, perpetual, 100) == 0  # An empty book says nothing.
    floor.order("A", perpetual, BUY, 1, 102)
    assert premium(floor, perpetual, 100) == 2 * PERCENT
    floor.order("B", perpetual, SELL, 1, 104)
    assert premium(floor, perpetual, 100) == 2 * PERCENT
    assert premium(floor, perpetual, 103) == 0
    assert premium(floor, perpetual, 208) == -50 * PERCENT
    assert premium(floor, perpetual, 51) == E12  # 102 is twice as much.
    assert premium(floor, perpetual, 10) == E12  # No sample is larger.


def test_the_impact_price_is_the_average_at_which_the_notional_fills(floor):
    """F-1"""
    perpetual = floor.perpetual(impact_notional_atoms=1_000, mark=100)
    floor.order("A", perpetual, BUY, 5, 110)  # 550
    floor.order("A", perpetual, BUY, 9, 90)  # 450 of it, exactly 5 lots.
    assert premium(floor, perpetual, 80) == (100 - 80) * E12 // 80
    floor.order("B", perpetual, SELL, 4, 150)  # 600
    floor.order("B", perpetual, SELL, 9, 160)  # 400 take 3 lots, rounded up, which are worth 480.
    impact = -(-(600 + 480) * 65_536 // 7)
    assert premium(floor, perpetual, 200) == -((200 * 65_536 - impact) * E12 // (200 * 65_536))


def test_a_side_that_ends_before_has_no_impact_price(floor):
    """F-1"""
    perpetual = floor.perpetual(impact_notional_atoms=1_000)
    floor.order("A", perpetual, BUY, 9, 110)  # 990
    assert premium(floor, perpetual, 100) == 0
    floor.order("A", perpetual, BUY, 1, 10)
    assert premium(floor, perpetual, 50) == E12


def test_hidden_quantity_does_not_count(floor):
    """F-1"""
    perpetual = floor.perpetual(impact_notional_atoms=1_000)
    floor.do(build.place(floor.account("A"), perpetual, BUY, 100, 110, display_lots=5))
    assert premium(floor, perpetual, 100) == 0
    floor.order("A", perpetual, BUY, 5, 110)
    assert premium(floor, perpetual, 100) == 10 * PERCENT


def test_no_more_orders_are_looked_at_than_the_bound(floor):
    """F-1"""
    perpetual = floor.perpetual(impact_notional_atoms=10**9)
    floor.do(*(build.place(floor.account("A"), perpetual, BUY, 1, 110) for _ in range(IMPACT_ORDERS)))
    assert premium(floor, perpetual, 100) == 0  # These are all there are, and do not suffice.
    floor.order("A", perpetual, BUY, 1, 10)
    assert premium(floor, perpetual, 100) == 10 * PERCENT


@pytest.mark.parametrize("status", [s for s in InstrumentStatus if s not in (1, 2, 5)], ids=lambda status: status.name)
def test_samples_are_taken_while_it_is_open(floor, status):
    """C-4"""
    perpetual = floor.perpetual()
    assert floor.contract(perpetual).premium_samples == 1
    floor.do(build.set_status(perpetual, status), build_margin.set_price(perpetual, 100))
    assert floor.contract(perpetual).premium_samples == 1
    floor.do(build.set_status(perpetual, InstrumentStatus.OPEN), build_margin.set_price(perpetual, 0, 100))
    assert floor.contract(perpetual).premium_samples == 1  # Of an index only.
    row = floor.contract(perpetual)
    row.premium_samples = PREMIUM_SAMPLES_MAX
    floor.do(build_margin.set_price(perpetual, 100))
    assert row.premium_samples == PREMIUM_SAMPLES_MAX


# --- F-2 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caps", "sums", "samples", "rate"),
    [
        ({}, 3 * PERCENT, 2, 3 * PERCENT // 2),
        ({}, -7, 2, -3),  # Toward 0.
        ({"divisor": 8}, -15, 1, -1),
        ({"interest_e12": 100, "clamp_e12": 30}, 50, 1, 80),  # The interest pulls by 30 at most,
        ({"interest_e12": 100, "clamp_e12": 30}, 90, 1, 100),  # wins where it is near,
        ({"interest_e12": 100, "clamp_e12": 30}, 200, 1, 170),  # and pulls the other way.
        ({"interest_e12": 100, "clamp_e12": 30, "divisor": 8}, 90, 1, 12),
        ({"cap_e12": 5}, 100, 1, 5),
        ({"cap_e12": 5}, -100, 1, -5),
        ({"cap_e12": 0}, -100, 1, 0),
        ({"interest_e12": 100, "clamp_e12": 100}, 0, 0, 0),  # Nobody could trade.
    ],
    ids=str,
)
def test_the_rate_of_an_interval(floor, caps, sums, samples, rate):
    """F-2, F-4"""
    perpetual = floor.perpetual(caps=caps)
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = sums, samples
    average = int(np.trunc(sums / samples)) if samples else 0
    set_ = {"instrument_id": perpetual, "price_ticks": 100, "qty_lots": samples, "leaves_lots": average,
            "amount_atoms": rate}  # fmt: skip
    assert told(floor.wait(HOUR), Event.FUNDING_SET) == [{name: value for name, value in set_.items() if value}]
    assert (row.funding_rate_e12, row.premium_sum_e12, row.premium_samples) == (rate, 0, 0)


# --- F-3, F-4 --------------------------------------------------------------------------------------------


def test_longs_pay_shorts_the_rate_on_the_index(floor):
    """F-3, S-3"""
    perpetual = floor.perpetual(mark=100, index=1_000)
    floor.trade("A", "B", perpetual, 7, 100)
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = 1_234_567_891, 1
    epoch = floor.machine.state.epoch
    floor.wait(HOUR)
    assert row.funding_index == 1_234_567_891  # 1,000 atoms x rate x 10^9 / 10^12.
    assert floor.machine.state.epoch == epoch + 2  # And the hour.
    paid = {event["account_id"]: event for event in told(floor.touch(), Event.FUNDING_PAID)}
    assert paid[floor.accounts["A"]]["amount_atoms"] == -9  # 8.64 atoms, rounded up who pays,
    assert paid[floor.accounts["B"]]["amount_atoms"] == 8  # and down who is paid.
    assert paid[floor.accounts["A"]] == {
        "account_id": floor.accounts["A"], "instrument_id": perpetual, "asset_id": CASH, "qty_lots": 7,
        "amount_atoms": -9,
    }  # fmt: skip
    assert row.funding_atoms == 1 and floor.cash("clearing") == 1


def test_shorts_pay_when_the_rate_is_negative(floor):
    """F-3, S-3"""
    perpetual = floor.perpetual(mark=100, index=1_000)
    floor.trade("A", "B", perpetual, 7, 100)
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = -1_234_567_891, 1
    floor.wait(HOUR)
    floor.touch()
    assert (floor.cash("A"), floor.cash("B")) == (10**9 + 8, 10**9 - 9)


def test_who_was_not_there_owes_nothing(floor):
    """S-2: a position that opens has paid up to now, and one that trades pays before it changes."""
    perpetual = floor.perpetual(mark=100, index=1_000)
    floor.trade("A", "B", perpetual, 10, 100)
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = PERCENT, 1
    floor.wait(HOUR)
    events = floor.trade("C", "A", perpetual, 4, 100)
    floor.touch()
    assert floor.cash("C") == 10**9
    assert floor.cash("A") == 10**9 - 100  # On the ten lots it had then.
    assert told(events, Event.FUNDING_PAID) == []  # It paid when its own order was looked at.
    row.premium_sum_e12, row.premium_samples = PERCENT, 1
    floor.wait(HOUR)
    floor.touch()
    assert (floor.cash("A"), floor.cash("B"), floor.cash("C")) == (10**9 - 160, 10**9 + 200, 10**9 - 40)


def test_who_waits_with_an_order_owes_nothing_until_it_fills(floor):
    """S-2: looked at in between, or not."""
    perpetual = floor.perpetual(mark=100, index=1_000)
    floor.trade("A", "B", perpetual, 10, 100)
    row = floor.contract(perpetual)
    for name in ("C", "D"):
        floor.order(name, perpetual, SELL, 4, 100)
        row.premium_sum_e12, row.premium_samples = PERCENT, 1
        floor.wait(HOUR)
        if name == "D":
            floor.touch()
        floor.order("E", perpetual, BUY, 4, 100, Tif.IOC)
        floor.do(build_margin.set_price(perpetual, 0, 100))  # All are stale, and owe nothing new.
        floor.touch()
        assert floor.cash(name) == 10**9, name


def test_a_resting_order_pays_before_it_trades(floor):
    """S-2, P-6"""
    perpetual = floor.perpetual(mark=100, index=1_000)
    floor.trade("A", "B", perpetual, 10, 100)
    floor.order("A", perpetual, SELL, 4, 100)
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = PERCENT, 1
    floor.wait(HOUR)
    events = floor.order("C", perpetual, BUY, 4, 100, Tif.IOC)
    assert told(events, Event.FUNDING_PAID) == [
        {"account_id": floor.accounts["A"], "instrument_id": perpetual, "asset_id": CASH, "qty_lots": 10,
         "amount_atoms": -100}
    ]  # fmt: skip
    floor.touch()
    assert (floor.cash("A"), floor.cash("C")) == (10**9 - 100, 10**9)


def test_funding_is_paid_at_multiples_of_the_interval_and_missed_ones_are_not_made_up_for(floor):
    """F-4"""
    floor.now_ns += HOUR // 2
    perpetual = floor.perpetual(funding_interval_ns=2 * HOUR_NS)
    assert told(floor.wait(HOUR), Event.FUNDING_SET) == []
    assert len(told(floor.wait(HOUR // 2), Event.FUNDING_SET)) == 1
    floor.wait(7 * HOUR)
    assert floor.contract(perpetual).next_due_ns == floor.now_ns + HOUR
    assert len(told(floor.wait(HOUR), Event.FUNDING_SET)) == 1


def test_without_an_index_nothing_is_set(floor):
    """F-4"""
    perpetual = floor.perpetual(index=0, caps={"interest_e12": 100, "clamp_e12": 100})
    assert told(floor.wait(DAY), Event.FUNDING_SET) == []
    assert floor.contract(perpetual).funding_index == 0


def test_an_index_that_would_leave_its_bounds_stays(floor):
    """F-3, C-2"""
    caps = {"position_max_lots": 10**6, "open_interest_max_lots": 10**6}
    perpetual = floor.perpetual(mark=100, index=10**6, caps=caps)
    row = floor.contract(perpetual)
    most = 2**61 // 10**6 * 10**9
    assert most > 2**61
    row.funding_index = 2**61 - 1 - 10**6 * 10**9
    row.premium_sum_e12, row.premium_samples = E12, 1
    floor.wait(HOUR)
    assert row.funding_index == 2**61 - 1
    row.premium_sum_e12, row.premium_samples = E12, 1
    assert told(floor.wait(HOUR), Event.FUNDING_SET)[0]["amount_atoms"] == E12
    assert row.funding_index == 2**61 - 1
    caps = {"position_max_lots": 10**10, "open_interest_max_lots": 10**6, "cap_e12": E12}
    floor.do(build.amend_instrument(perpetual, price_max_ticks=10**6))
    assert floor.refusal(build_margin.amend_contract(perpetual, **caps)) == Reject.BAD_VALUE
    floor.do(build_margin.amend_contract(perpetual, **caps | {"position_max_lots": 10**8}))


def test_a_step_too_large_for_a_number_is_left_out(floor):
    """F-3"""
    perpetual = floor.perpetual(
        atoms_per_tick_lot=10**9, price_max_ticks=10**6, qty_max_lots=100, mark=100, index=10**6,
        caps={"position_max_lots": 100, "open_interest_max_lots": 100},
    )  # fmt: skip
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = -E12, 1
    floor.wait(HOUR)
    assert row.funding_index == 0 and row.funding_rate_e12 == -E12
    row.premium_sum_e12, row.premium_samples = -1_000_000, 1
    floor.wait(HOUR)
    assert row.funding_index == -(10**15 * 10**6 // 1_000)


def test_what_has_been_sampled_of_an_interval_that_did_not_end_is_dropped(floor):
    """F-4"""
    perpetual = floor.perpetual()
    floor.order("A", perpetual, BUY, 1, 102)
    assert premium(floor, perpetual, 100) == 2 * PERCENT
    floor.close(perpetual)
    row = floor.contract(perpetual)
    assert (row.premium_sum_e12, row.premium_samples, row.next_due_ns) == (0, 0, 0)
    assert floor.wait(DAY) == []
