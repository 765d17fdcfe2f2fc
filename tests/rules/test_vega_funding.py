"""Vega's published acceptance criteria on the funding of perpetuals, where the rule is the same as ours.

Each test names the codes it covers; docs/reference/vega-criteria.md says of every other one why it does not apply. Its
funding compares two averages over time; ours averages a ratio taken each time that the index is published, and takes
the price at which the book would fill a notional, which there is one of several choices.
"""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, InstrumentStatus, Reject
from emporion.schema.limits import E12
from tests.rules.floor import BUY, CASH, FLAT, FUNDS, HOUR, SELL, Floor, told

MINUTE = HOUR // 60
PERCENT = E12 // 100


@pytest.fixture
def floor() -> Floor:
    return Floor()


def bid(floor: Floor, perpetual: int, price: int) -> None:
    """One bid that stands for the market: 5 lots of somebody else's."""
    floor.do(build.mass_cancel(floor.account("maker"), perpetual))
    floor.order("maker", perpetual, BUY, 5, price)


def ask(floor: Floor, perpetual: int, price: int) -> None:
    floor.do(build.mass_cancel(floor.account("maker"), perpetual))
    floor.order("maker", perpetual, SELL, 5, price)


def rate(floor: Floor) -> list[int]:
    """Rates that are set within the next hour."""
    return [event.get("amount_atoms", 0) for event in told(floor.wait(HOUR), Event.FUNDING_SET)]


def paid(floor: Floor) -> dict[str, int]:
    events = told(floor.touch(), Event.FUNDING_PAID)
    names = {number: name for name, number in floor.accounts.items()}
    return {names[event["account_id"]]: event["amount_atoms"] for event in events}


def test_a_perpetual_settles_in_any_asset_and_takes_its_index_from_outside(floor):
    """0053-PERP-001, 0053-PERP-002"""
    floor.do(build.list_asset("eur", 2), build_margin.set_risk(floor.group, FLAT, asset_id=2, cap=10**9))
    floor.do(build_margin.set_value(2, 11_000))
    number = floor.do(build_margin.list_contract("P", 2))[0]["instrument_id"]
    floor.do(build_margin.set_price(number, 100))
    assert floor.contract(number).index_ticks == 100
    assert floor.machine.state.instruments[number].quote_asset_id == 2


def test_what_it_settles_in_is_for_life(floor):
    """0053-PERP-004: neither amendment has a word for it."""
    perpetual = floor.perpetual()
    floor.do(build.list_asset("eur", 2))
    rows = build.amend_instrument(perpetual)
    floor.do(rows, build_margin.amend_contract(perpetual))
    assert floor.machine.state.instruments[perpetual].quote_asset_id == CASH


def test_nothing_is_sampled_or_paid_before_the_market_opens(floor):
    """0053-PERP-006, 0053-PERP-018"""
    caps = {"interest_e12": E12, "clamp_e12": E12, "cap_e12": E12}
    number = floor.do(build_margin.list_contract("P", CASH, caps=caps))[0]["instrument_id"]
    floor.account("A")
    floor.do(build_margin.set_risk(floor.group, FLAT, instrument_id=number), build_margin.set_price(number, 100, 100))
    assert floor.contract(number).premium_samples == 0
    assert rate(floor) == [0] and paid(floor) == {}


def test_in_an_open_market_what_comes_due_is_paid_and_told(floor):
    """0053-PERP-007, 0053-PERP-017, 0053-PERP-020"""
    perpetual = floor.perpetual(mark=1_000, index=1_000)
    floor.trade("A", "B", perpetual, 10, 1_000)
    bid(floor, perpetual, 1_010)
    floor.contract(perpetual).premium_samples = 0
    floor.do(build_margin.set_price(perpetual, 1_000))
    assert told(floor.wait(HOUR), Event.FUNDING_SET) == [
        {"instrument_id": perpetual, "price_ticks": 1_000, "qty_lots": 1, "leaves_lots": PERCENT,
         "amount_atoms": PERCENT}
    ]  # fmt: skip
    assert paid(floor) == {"A": -100, "B": 100}


def test_what_comes_due_in_a_halt_is_paid_and_the_halt_goes_on(floor):
    """0053-PERP-009"""
    perpetual = floor.perpetual(mark=1_000, index=0)
    floor.trade("A", "B", perpetual, 10, 1_000)
    bid(floor, perpetual, 1_010)
    floor.do(build_margin.set_price(perpetual, 1_000))
    floor.do(build.set_status(perpetual, InstrumentStatus.HALTED))
    assert rate(floor) == [PERCENT] and paid(floor) == {"A": -100, "B": 100}
    assert floor.machine.state.instruments[perpetual].status == InstrumentStatus.HALTED


def test_a_copy_of_the_venue_goes_on_as_the_venue_does(floor):
    """0053-PERP-021, 0053-PERP-023: in the middle of an interval, with open orders."""
    perpetual = floor.perpetual(mark=1_000, index=1_000)
    floor.trade("A", "B", perpetual, 10, 1_000)
    bid(floor, perpetual, 1_010)
    floor.do(build_margin.set_price(perpetual, 1_000))
    twin = floor.machine.fork()
    rows = build.stamp(build.join(build_margin.set_price(perpetual, 990), build.tick()), floor.now_ns + HOUR)
    assert (floor.machine.apply(rows) == twin.apply(rows)).all()
    assert floor.machine.digest() == twin.digest() and floor.contract(perpetual).funding_rate_e12 > 0


def test_before_the_first_index_nothing_is_paid(floor):
    """0053-PERP-025: the first index comes in the fourth interval."""
    perpetual = floor.perpetual(mark=1_000, index=0)
    floor.trade("A", "B", perpetual, 10, 1_000)
    bid(floor, perpetual, 1_010)
    for _ in range(3):
        floor.do(build_margin.set_price(perpetual, 0, 1_005))
        assert rate(floor) == [] and paid(floor) == {}
    floor.do(build_margin.set_price(perpetual, 1_000))
    assert rate(floor) == [PERCENT] and paid(floor) == {"A": -100, "B": 100}


def test_an_interval_in_which_nobody_could_trade_pays_nothing(floor):
    """0053-PERP-026: also where there is an interest to be had."""
    perpetual = floor.perpetual(mark=1_000, index=1_000, caps={"interest_e12": PERCENT, "clamp_e12": PERCENT})
    floor.trade("A", "B", perpetual, 10, 1_000)
    assert rate(floor) == [PERCENT] and paid(floor) == {"A": -100, "B": 100}
    floor.do(build.set_status(perpetual, InstrumentStatus.HALTED))
    for minute in range(3):
        floor.now_ns += MINUTE
        floor.do(build_margin.set_price(perpetual, 1_000 + minute))
    assert rate(floor) == [0] and paid(floor) == {}


def test_what_is_published_in_a_halt_is_no_part_of_the_average(floor):
    """In place of 0053-PERP-036: in the halt from the fifth to the seventh minute a price of 30 counts for nothing."""
    perpetual = floor.perpetual(mark=10, index=0)
    samples = []
    for minute, market, spot in ((1, 11, 9), (3, 11, 10), (5, 11, 30), (6, 9, 11), (7, 9, 11), (8, 8, 8), (9, 8, 14)):
        if minute in (5, 7):
            status = InstrumentStatus.HALTED if minute == 5 else InstrumentStatus.OPEN
            floor.do(build.set_status(perpetual, status))
        if minute not in (5, 6):
            (bid if market > spot else ask)(floor, perpetual, market)
            samples.append((abs(market - spot) * E12 // spot) * (1 if market > spot else -1))
        floor.do(build_margin.set_price(perpetual, spot))
        floor.now_ns += MINUTE
    row = floor.contract(perpetual)
    assert (row.premium_samples, row.premium_sum_e12) == (len(samples), sum(samples))


@pytest.mark.parametrize(
    ("market", "cap", "expected"),
    [
        (99, E12 * 5 // 1_000, -E12 * 5 // 1_000),  # 0053-PERP-030
        (101, E12 * 5 // 1_000, E12 * 5 // 1_000),  # 0053-PERP-031
        (99, E12 * 15 // 1_000, -E12 // 100),
        (101, E12 * 15 // 1_000, E12 // 100),
    ],
    ids=str,
)
def test_the_rate_is_capped(floor, market, cap, expected):
    """0053-PERP-030, 0053-PERP-031: prices of 99 and 101 over an index of 100. Our bounds are equal both ways."""
    perpetual = floor.perpetual(index=0, caps={"cap_e12": cap})
    (bid if market > 100 else ask)(floor, perpetual, market)
    floor.do(build_margin.set_price(perpetual, 100))
    assert rate(floor) == [expected]


def test_the_rate_is_scaled_before_it_is_capped(floor):
    """0053-PERP-040: an eighth of 8% is 1%, within a cap of 2%; capped first it would be 0.25%."""
    perpetual = floor.perpetual(index=0, caps={"cap_e12": 2 * PERCENT, "divisor": 8})
    bid(floor, perpetual, 108)
    floor.do(build_margin.set_price(perpetual, 100))
    assert rate(floor) == [PERCENT]


@pytest.mark.parametrize("mark", [900, 1_000, 1_100])
def test_the_premium_is_the_books_at_a_notional_whatever_the_mark(floor, mark):
    """0053-PERP-033, 0053-PERP-034: an impact notional of 1,000 dollars (10^9 atoms); a lot is 0.01 dollars a tick."""
    perpetual = floor.perpetual(
        mark=mark, index=0, impact_notional_atoms=1_000_000_000, atoms_per_tick_lot=10_000, price_max_ticks=10**6,
        qty_max_lots=10**5, caps={"position_max_lots": 10**5, "open_interest_max_lots": 10**5},
    )  # fmt: skip
    floor.order("maker", perpetual, BUY, 50, 1_020)  # 510 dollars,
    floor.order("maker", perpetual, BUY, 50, 980)  # and 490.
    floor.do(build_margin.set_price(perpetual, 950))
    assert floor.contract(perpetual).premium_sum_e12 == 50 * E12 // 950
    floor.do(build_margin.set_price(perpetual, 1_000))
    assert floor.contract(perpetual).premium_sum_e12 == 50 * E12 // 950  # 1,000 on average: no premium.


def test_a_payer_without_cash_pays_all_the_same_and_no_dollar_is_lost(floor):
    """In place of 0053-PERP-024 and 0053-PERP-039: what is missing is the payer's loan; nobody else pays for it."""
    perpetual = floor.perpetual(mark=1_000, index=1_000)
    floor.account("A", 150)
    floor.trade("A", "B", perpetual, 10, 1_000)
    for _ in range(2):
        bid(floor, perpetual, 1_010)
        floor.contract(perpetual).premium_sum_e12 = floor.contract(perpetual).premium_samples = 0
        floor.do(build_margin.set_price(perpetual, 1_000))
        assert rate(floor) == [PERCENT] and paid(floor) == {"A": -100, "B": 100}
    assert (floor.cash("A"), floor.cash("B")) == (-50, FUNDS + 200)
    assert floor.machine.state.assets[CASH].lent_atoms == 50


def test_what_was_due_before_a_market_ends_is_paid_before_its_final_price(floor):
    """0053-PERP-041, but that an interval which has not ended pays nothing (F-4)."""
    perpetual = floor.perpetual(mark=1_000, index=0)
    floor.trade("A", "B", perpetual, 10, 1_000)
    bid(floor, perpetual, 1_010)
    floor.do(build_margin.set_price(perpetual, 1_000))
    assert rate(floor) == [PERCENT]
    floor.do(build.set_status(perpetual, InstrumentStatus.HALTED), build_margin.set_price(perpetual, 900, 990))
    floor.close(perpetual)
    events = floor.touch("A")
    assert [(event["kind"], event["amount_atoms"]) for event in events] == [
        (Event.FUNDING_PAID, -100),
        (Event.POSITION_SETTLED, -100),
    ]


@pytest.mark.parametrize("clamp", [-1, E12 + 1])
def test_clamps_are_within_0_and_1(floor, clamp):
    """0053-PERP-042: ours is one number, for both directions."""
    rows = build_margin.list_contract("P", CASH, caps={"clamp_e12": clamp})
    assert floor.refusal(rows) == Reject.BAD_VALUE
    perpetual = floor.perpetual()
    assert floor.refusal(build_margin.amend_contract(perpetual, clamp_e12=clamp)) == Reject.BAD_VALUE


def test_risk_is_what_an_operator_gives_and_a_change_of_it_changes_all_margins(floor):
    """0053-PERP-047, 0053-PERP-048"""
    perpetual = floor.perpetual(mark=100)
    floor.trade("A", "B", perpetual, 10, 100)
    floor.touch()
    margins = floor.machine.state.margins
    assert [int(margins[m].initial_atoms) for m in (1, 2)] == [100, 100]
    array = [30, -20] * 8
    floor.do(build_margin.set_risk(floor.group, array, instrument_id=perpetual))
    floor.touch()
    owner = {int(margins[m].account_id): int(margins[m].initial_atoms) for m in (1, 2)}
    assert owner == {floor.accounts["A"]: 200, floor.accounts["B"]: 300}
