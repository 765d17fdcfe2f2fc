"""S: what positions pay and get as time goes by."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, Tif
from emporion.schema.limits import E12
from tests.rules.floor import BUY, CASH, HOUR, SELL, START_NS, Floor, told


@pytest.fixture
def floor() -> Floor:
    return Floor()


def entries(floor: Floor, instrument_id: int) -> list[tuple[int, int, int]]:
    """Position, entry and shown entry of all who hold the contract."""
    rows = floor.machine.array["holding_pages"]["holdings"][0].ravel()
    held = rows[(rows["instrument_id"] == instrument_id) & (rows["pos_lots"] != 0)]
    return [(int(row["pos_lots"]), int(row["entry_atoms"]), int(row["shown_entry_atoms"])) for row in held]


def test_a_new_hour_is_noted_by_its_first_command(floor):
    """S-1"""
    state = floor.machine.state
    assert state.hour == START_NS // HOUR
    epoch = state.epoch
    floor.wait(HOUR - 1)
    assert (state.hour, state.epoch) == (START_NS // HOUR, epoch)
    floor.wait(1)
    assert (state.hour, state.epoch) == (START_NS // HOUR + 1, epoch + 1)
    floor.wait(5 * HOUR)
    assert (state.hour, state.epoch) == (START_NS // HOUR + 6, epoch + 2)


def test_gains_become_cash_each_hour(floor):
    """S-4"""
    perpetual = floor.perpetual()
    floor.trade("A", "B", perpetual, 10, 100)
    floor.do(build_margin.set_price(perpetual, 0, 107))
    assert told(floor.touch(), Event.MARKED_TO_CASH) == []  # Not within the hour.
    floor.wait(HOUR)
    marked = told(floor.touch("A"), Event.MARKED_TO_CASH)
    assert marked == [
        {"account_id": floor.accounts["A"], "instrument_id": perpetual, "asset_id": CASH, "price_ticks": 107,
         "qty_lots": 10, "amount_atoms": 70}
    ]  # fmt: skip
    assert (floor.cash("A"), floor.cash("B"), floor.cash("clearing")) == (10**9 + 70, 10**9 - 70, 0)
    assert sorted(entries(floor, perpetual)) == [(-10, -1_070, -1_000), (10, 1_070, 1_000)]  # For people it stays.
    assert told(floor.touch(), Event.MARKED_TO_CASH) == []
    floor.wait(HOUR)
    assert told(floor.touch(), Event.MARKED_TO_CASH) == []  # The mark has not moved.


def test_whoever_is_marked_first_the_clearing_account_stands_between(floor):
    """S-4, S-6"""
    perpetual = floor.perpetual()
    floor.trade("A", "B", perpetual, 10, 100)
    floor.do(build_margin.set_price(perpetual, 0, 107))
    floor.wait(HOUR)
    floor.order("A", perpetual, BUY, 1, 50)  # A is looked at, B is not.
    row = floor.contract(perpetual)
    assert floor.cash("A") == 10**9 + 70 and floor.cash("clearing") == -70 == row.clearing_atoms
    assert sum(entry for _, entry, _ in entries(floor, perpetual)) + row.clearing_atoms == 0


def test_equity_does_not_change_by_marking(floor):
    """S-4"""
    perpetual = floor.perpetual()
    floor.trade("A", "B", perpetual, 10, 100)
    floor.do(build_margin.set_price(perpetual, 0, 107))
    floor.touch()
    margins = floor.machine.state.margins
    before = [int(margins[m].equity_atoms) for m in (1, 2)]
    floor.wait(HOUR)
    floor.touch()
    assert [int(margins[m].equity_atoms) for m in (1, 2)] == before
    assert sorted(before) == [10**9 - 70, 10**9 + 70]


def test_a_trade_settles_its_own_position_first(floor):
    """S-2, P-6: marked to cash with the lots it had."""
    perpetual = floor.perpetual()
    floor.trade("A", "B", perpetual, 10, 100)
    floor.order("B", perpetual, SELL, 5, 107)
    floor.do(build_margin.set_price(perpetual, 0, 107))
    floor.wait(HOUR)
    events = floor.order("C", perpetual, BUY, 5, 107, Tif.IOC)
    assert told(events, Event.MARKED_TO_CASH)[0]["amount_atoms"] == -70
    assert sorted(entries(floor, perpetual)) == [(-15, -1_605, -1_535), (5, 535, 535), (10, 1_000, 1_000)]


def test_positions_are_settled_one_after_the_other_at_the_final_price(floor):
    """S-5, S-6"""
    perpetual = floor.perpetual()
    floor.trade("A", "B", perpetual, 10, 100)
    floor.do(build_margin.set_price(perpetual, 0, 107))
    floor.close(perpetual)
    row = floor.contract(perpetual)
    other = floor.perpetual()
    floor.order("A", other, BUY, 1, 50)  # A is looked at, B is not.
    assert floor.cash("A") == 10**9 + 70 and row.open_interest_lots == 0
    ((pos, entry, _),) = entries(floor, perpetual)
    assert (entry - pos * 107) + row.clearing_atoms == 0 and row.clearing_atoms == floor.cash("clearing") == -70
    floor.touch()
    assert (row.clearing_atoms, floor.cash("clearing"), floor.cash("B")) == (0, 0, 10**9 - 70)
    assert entries(floor, perpetual) == []


def test_a_position_that_ends_pays_its_funding_first(floor):
    """S-2"""
    perpetual = floor.perpetual(index=1_000)
    floor.trade("A", "B", perpetual, 10, 100)
    row = floor.contract(perpetual)
    row.premium_sum_e12, row.premium_samples = E12 // 100, 1
    floor.wait(HOUR)
    floor.close(perpetual)
    events = floor.touch("A")
    assert [event["kind"] for event in events] == [Event.FUNDING_PAID, Event.POSITION_SETTLED]
    assert floor.cash("A") == 10**9 - 100


def test_all_of_many_marks_and_trades_adds_up(floor):
    """S-6, after each of a few hundred commands: by the audit, and here once more by hand."""
    perpetual = floor.perpetual(caps={"interest_e12": E12 // 100, "clamp_e12": E12})
    names, price = "ABCD", 100
    for step in range(60):
        price += (step * 7) % 5 - 2
        floor.do(build_margin.set_price(perpetual, price, price + step % 3))
        buyer, seller = names[step % 4], names[(step * 3 + 1) % 4]
        if buyer != seller:
            floor.trade(buyer, seller, perpetual, 1 + step % 6, price)
        floor.wait(HOUR // 3)
    row = floor.contract(perpetual)
    assert row.funding_index != 0
    assert sum(entry for _, entry, _ in entries(floor, perpetual)) + row.clearing_atoms == 0
    assert floor.cash("clearing") == row.clearing_atoms + row.funding_atoms
    floor.close(perpetual)
    floor.touch()
    assert row.clearing_atoms == 0 and floor.cash("clearing") == row.funding_atoms >= 0
    assert sum(floor.cash(name) for name in (*names, "clearing")) == 4 * 10**9
    assert floor.do(build.tick()) == []
