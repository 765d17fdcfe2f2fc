"""Vega's published acceptance criteria on the estimate of a liquidation price, where the rule is the same as ours.

Its estimate is a range, between two assumptions about slippage; ours is a price, the first mark at which a look would
begin the liquidation, all else as it is.
"""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, Tif
from emporion.venue.catalog import Catalog
from emporion.venue.liquidation_price import liquidation_ticks
from emporion.venue.pool import gather
from emporion.venue.reckon import reckon
from tests.rules.floor import BUY, CASH, SELL, Floor, told


@pytest.fixture
def floor() -> Floor:
    return Floor()


def listed(floor: Floor) -> int:
    """A contract at 1,000 of which a lot may lose 100 at once; half of that is maintenance."""
    return floor.enter(build_margin.list_contract("P", CASH), [100, -100] * 8, 1_000, 1_000)


def estimate(floor: Floor, name: str, perpetual: int) -> int | None:
    return liquidation_ticks(reckon(gather(Catalog(floor.machine), floor.account(name))), perpetual)


def begins_at(floor: Floor, name: str, perpetual: int, step: int) -> int:
    """The mark goes on by a step at a time until the account's liquidation begins."""
    mark = int(floor.contract(perpetual).mark_ticks)
    while not any(event["account_id"] == floor.accounts[name] for event in begun(floor, perpetual, mark)):
        mark += step
    return mark


def begun(floor: Floor, perpetual: int, mark: int) -> list[dict[str, int]]:
    floor.do(build_margin.set_price(perpetual, 0, mark))
    return told(floor.touch(), Event.LIQUIDATION_BEGUN)


def test_a_long_position_is_liquidated_where_it_was_said(floor):
    """0012-NP-LIPE-001"""
    perpetual = listed(floor)
    floor.account("A", 2_050)
    floor.trade("A", "B", perpetual, 20, 1_000)
    # Equity 2,050 - 20 (1,000 - p) is below 20 x 50 first where p is 947.
    assert estimate(floor, "A", perpetual) == 947
    assert begins_at(floor, "A", perpetual, -1) == 947


def test_a_short_position_is_liquidated_where_it_was_said(floor):
    """0012-NP-LIPE-002"""
    perpetual = listed(floor)
    floor.account("A", 2_050)
    floor.trade("B", "A", perpetual, 20, 1_000)
    assert estimate(floor, "A", perpetual) == 1_053
    assert begins_at(floor, "A", perpetual, 1) == 1_053


def test_of_an_order_it_can_be_said_once_it_has_filled(floor):
    """0012-NP-LIPE-003: before, there is no position and no price."""
    perpetual = listed(floor)
    floor.account("A", 2_050)
    floor.order("A", perpetual, BUY, 20, 1_000)
    assert estimate(floor, "A", perpetual) is None
    floor.order("B", perpetual, SELL, 20, 1_000, Tif.IOC)
    assert estimate(floor, "A", perpetual) == begins_at(floor, "A", perpetual, -1) == 947


def test_as_orders_that_reduce_fill_it_moves_away(floor):
    """In place of 0012-NP-LIPE-004 and 005: what is said is of the position as it is, and moves as orders fill."""
    perpetual = listed(floor)
    floor.account("A", 2_050)
    floor.trade("A", "B", perpetual, 20, 1_000)
    for _ in range(2):
        floor.order("A", perpetual, SELL, 5, 1_000)
    prices = [estimate(floor, "A", perpetual)]
    for _ in range(2):
        floor.order("B", perpetual, BUY, 5, 1_000, Tif.IOC)
        prices.append(estimate(floor, "A", perpetual))
    assert prices == [947, 913, 844]
    assert begins_at(floor, "A", perpetual, -1) == 844


def test_an_account_of_its_own_is_liquidated_sooner(floor):
    """0012-NP-LIPE-007: the same position in a sub-account with part of the money."""
    perpetual = listed(floor)
    floor.account("A", 5_000)
    floor.trade("A", "B", perpetual, 20, 1_000)
    together = estimate(floor, "A", perpetual)
    sub = floor.accounts["A.x"] = max(floor.accounts.values()) + 1
    floor.do(build.open_account(floor.accounts["A"]), build_margin.set_margin(sub))
    floor.trade("B", "A", perpetual, 20, 1_000)
    floor.do(build.transfer(floor.accounts["A"], sub, CASH, 2_050))
    floor.trade("A.x", "B", perpetual, 20, 1_000)
    alone = estimate(floor, "A.x", perpetual)
    assert (together, alone) == (799, 947)
    assert begins_at(floor, "A.x", perpetual, -1) == 947
    assert floor.cash("A") == 2_950


@pytest.mark.parametrize("is_long", [True, False])
def test_open_orders_do_not_change_it(floor, is_long):
    """0012-NP-LIPE-008, 0012-NP-LIPE-009: more of the same side rests, and it happens where the position says."""
    perpetual = listed(floor)
    floor.account("A", 2_550)
    floor.trade(*("AB" if is_long else "BA"), perpetual, 20, 1_000)
    before = estimate(floor, "A", perpetual)
    floor.order("A", perpetual, BUY if is_long else SELL, 5, 600 if is_long else 1_400)
    assert estimate(floor, "A", perpetual) == before == (922 if is_long else 1_078)
    assert begins_at(floor, "A", perpetual, -1 if is_long else 1) == before


def test_nothing_is_said_of_what_cannot_be_liquidated(floor):
    """Vega floors the price at 0; here there is none, as no mark is below 1."""
    perpetual = listed(floor)
    floor.account("A", 30_000)
    floor.trade("A", "B", perpetual, 20, 1_000)
    assert estimate(floor, "A", perpetual) is None
