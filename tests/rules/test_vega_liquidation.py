"""Vega's published acceptance criteria on position resolution, where the rule is the same as ours.

Each test names the codes it covers; docs/reference/vega-criteria.md says of every other one why it does not apply. Its
network party takes a distressed position at once and sells it in slices; here the slices are sold out of the account
itself, and the backstop account takes over what the book did not.
"""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, FillFlag, Reject
from tests.rules.floor import BUY, CASH, SELL, Floor, told

SECOND = 1_000_000_000


@pytest.fixture
def floor() -> Floor:
    return Floor()


def listed(floor: Floor, price: int, array: list[int], **strategy: int) -> int:
    """A contract at this price; liquidation without a fee, whose backstop comes when the book takes nothing."""
    perpetual = floor.enter(build_margin.list_contract("P", CASH), array, price, price)
    terms = {
        "slice_ppm": 500_000, "slice_min_atoms": 0, "slice_interval_ns": 10 * SECOND, "backstop_ppm": 0,
        "liquidation_fee_ppm": 0,
    }  # fmt: skip
    floor.do(build_margin.set_liquidation(floor.account("backstop"), **terms | strategy))
    return perpetual


def distressed(floor: Floor, perpetual: int, lots: int, price: int, mark: int, left: int = 100) -> None:
    """A buys lots at a price with so much cash that at the mark it is worth `left` dollars' atoms."""
    floor.account("A", lots * (price - mark) + left)
    floor.trade("A", "B", perpetual, lots, price)
    floor.do(build_margin.set_price(perpetual, 0, mark))


def work(floor: Floor, seconds: int = 0) -> list[dict[str, int]]:
    """A sweep, and all steps that follow within the time."""
    events = floor.touch()
    end_ns = floor.now_ns + seconds * SECOND
    while True:
        while floor.machine.pending():
            events += floor.do(build.continue_work())
        due_ns = floor.machine.next_deadline_ns()
        if not 0 < due_ns <= end_ns:
            return events
        floor.now_ns = due_ns
        events += floor.do(build.tick())


def slices(floor: Floor, events: list[dict[str, int]]) -> list[int]:
    """Lots sold in each step for A."""
    return [
        event["qty_lots"]
        for event in told(events, Event.LIQUIDATION_STEP)
        if event["account_id"] == floor.accounts["A"] and "qty_lots" in event
    ]


def position(floor: Floor, name: str, perpetual: int) -> tuple[int, int]:
    """Lots, and what they cost as people are shown it."""
    rows = floor.machine.array["holding_pages"][0]
    for page in rows[rows["account_id"] == floor.accounts[name]]:
        for holding in page["holdings"]:
            if holding["instrument_id"] == perpetual:
                return int(holding["pos_lots"]), int(holding["shown_entry_atoms"])
    return 0, 0


def test_all_orders_of_a_distressed_account_are_cancelled_first(floor):
    """0012-POSR-001"""
    perpetual = listed(floor, 1_000, [100, -100] * 8)
    floor.account("A", 3_010)
    floor.trade("A", "B", perpetual, 20, 1_000)
    floor.order("A", perpetual, BUY, 2, 700)
    floor.order("A", perpetual, SELL, 3, 1_300)
    floor.do(build_margin.set_price(perpetual, 0, 899))
    events = work(floor)
    kinds = [event["kind"] for event in events if event.get("account_id") == floor.accounts["A"]]
    assert kinds[:3] == [Event.LIQUIDATION_BEGUN, Event.CANCELED, Event.CANCELED]
    assert [event["reason"] for event in told(events, Event.CANCELED)][:2] == [Reject.BY_LIQUIDATION] * 2


def test_a_healthy_account_keeps_its_position_once_its_orders_are_gone(floor):
    """0012-POSR-001: here orders never make an account distressed, since it is held to what its positions need."""
    perpetual = listed(floor, 1_000, [100, -100] * 8)
    floor.account("A", 4_400)
    floor.trade("A", "B", perpetual, 20, 1_000)
    floor.order("A", perpetual, BUY, 20, 1_000)
    floor.do(build_margin.set_price(perpetual, 0, 850))  # 1,400 left; 20 lots need 1,000, and with the order 2,000.
    assert told(work(floor), Event.LIQUIDATION_BEGUN) == []
    assert position(floor, "A", perpetual)[0] == 20


def test_the_mark_stays_while_a_position_is_sold(floor):
    """0012-POSR-004, 0012-POSR-026"""
    perpetual = listed(floor, 1_000, [100, -100] * 8)
    distressed(floor, perpetual, 20, 1_000, 900, left=30)
    floor.order("maker", perpetual, BUY, 100, 899)
    assert slices(floor, work(floor, 100)) == [10, 5, 3, 1, 1]
    assert floor.contract(perpetual).mark_ticks == 900
    assert floor.machine.state.instruments[perpetual].last_price_ticks == 899


def test_who_trades_with_it_is_settled_like_anybody(floor):
    """0012-POSR-005, 0012-POSR-029: one slice through two orders is two trades, both at the makers' prices."""
    perpetual = listed(floor, 1_000, [100, -100] * 8, slice_ppm=1_000_000)
    distressed(floor, perpetual, 20, 1_000, 900)
    floor.order("first", perpetual, BUY, 15, 900)
    floor.order("second", perpetual, BUY, 15, 895)
    events = work(floor)
    fills = [event for event in told(events, Event.FILLED) if event["flags"] & FillFlag.MAKER]
    assert [(fill["price_ticks"], fill["qty_lots"]) for fill in fills] == [(900, 15), (895, 5)]
    assert all(fill["flags"] & FillFlag.LIQUIDATION for fill in fills)
    assert position(floor, "first", perpetual) == (15, 15 * 900)
    assert position(floor, "second", perpetual) == (5, 5 * 895)
    assert floor.cash("first") == floor.cash("second") == 10**9
    # Of 100 atoms that were left, 5 lots at 5 ticks below the mark took 25.
    assert (position(floor, "A", perpetual), floor.cash("A")) == ((0, 0), 75)


@pytest.mark.parametrize("fee", [0, 5_000])
def test_the_strategy_may_change_at_any_time(floor, fee):
    """0012-POSR-012"""
    perpetual = listed(floor, 1_000, [100, -100] * 8)
    distressed(floor, perpetual, 64, 1_000, 900)
    floor.order("maker", perpetual, BUY, 100, 900)
    assert slices(floor, work(floor)) == [32]
    floor.do(
        build_margin.set_liquidation(
            floor.accounts["backstop"], slice_ppm=250_000, slice_min_atoms=0, slice_interval_ns=SECOND, backstop_ppm=0,
            liquidation_fee_ppm=fee,
        )
    )  # fmt: skip
    assert slices(floor, work(floor, 10))[:1] == [8]


def test_slices_are_a_fraction_until_little_is_left_and_come_at_their_time(floor):
    """0012-POSR-013: 280 lots, half each ten seconds, all from 50 lots on, never more than 100, as much as there is to
    be had at a time: 100, 90, 45, 45."""
    perpetual = listed(floor, 1_000, [100, -100] * 8, slice_min_atoms=50 * 900 + 1)
    distressed(floor, perpetual, 280, 1_000, 900)
    found, times = [], []
    events = floor.touch()
    while True:
        floor.do(build.mass_cancel(floor.account("maker"), perpetual))
        floor.order("maker", perpetual, BUY, 100, 900)
        while floor.machine.pending():
            events += floor.do(build.continue_work())
        found += slices(floor, events)
        times += [floor.now_ns] * len(slices(floor, events))
        if told(events, Event.LIQUIDATION_ENDED):
            break
        floor.now_ns += 10 * SECOND
        events = floor.do(build.tick())
    assert found == [100, 90, 45, 45]
    assert [(after - before) // SECOND for before, after in zip(times, times[1:], strict=False)] == [10, 10, 10]
    assert position(floor, "A", perpetual)[0] == 0


def test_when_the_next_slice_comes_can_be_seen(floor):
    """0012-POSR-015"""
    perpetual = listed(floor, 1_000, [100, -100] * 8)
    distressed(floor, perpetual, 20, 1_000, 900)
    floor.order("maker", perpetual, BUY, 100, 900)
    work(floor)
    assert floor.machine.next_deadline_ns() == floor.now_ns + 10 * SECOND
    row = floor.machine.state.margins[floor.machine.state.accounts[floor.accounts["A"]].margin]
    assert floor.machine.state.deadlines[row.deadline].due_ns == floor.now_ns + 10 * SECOND


@pytest.mark.parametrize(
    ("lots", "slice_min", "expected"),
    [
        (64, 50 * 900 + 1, [32, 32]),  # 0012-POSR-022, then 0012-POSR-023.
        (50, 50 * 900 + 1, [50]),  # 0012-POSR-023
        (7, 0, [4, 2, 1]),  # 0012-POSR-024
    ],
)
def test_in_a_deep_book_the_fraction_or_all_of_it_is_sold(floor, lots, slice_min, expected):
    """0012-POSR-022 to 0012-POSR-024"""
    perpetual = listed(floor, 1_000, [100, -100] * 8, slice_min_atoms=slice_min)
    distressed(floor, perpetual, lots, 1_000, 900, left=20)
    floor.order("maker", perpetual, BUY, 10_000, 900)
    assert slices(floor, work(floor, 100)) == expected


def test_a_slice_does_not_trade_outside_its_range(floor):
    """0012-POSR-031, 0012-POSR-033: 2% below the mark of 900 is 882."""
    perpetual = listed(floor, 1_000, [100, -100] * 8, slice_ppm=1_000_000, slice_slippage_ppm=20_000)
    distressed(floor, perpetual, 20, 1_000, 900)
    floor.order("maker", perpetual, BUY, 5, 882)
    floor.order("maker", perpetual, BUY, 50, 881)
    assert slices(floor, work(floor)) == [5]


def test_what_the_book_does_not_take_the_backstop_does(floor):
    """0012-POSR-009, 0012-POSR-014, and 0012-POSR-002 as far as it goes: with an empty book at once, at the mark."""
    perpetual = listed(floor, 1_000, [100, -100] * 8)
    distressed(floor, perpetual, 20, 1_000, 900)
    events = work(floor)
    assert told(events, Event.BACKSTOP_TOOK)[0]["qty_lots"] == 20
    assert position(floor, "backstop", perpetual) == (20, 20 * 900)
    assert position(floor, "A", perpetual) == (0, 0)
    assert sum(floor.cash(name) for name in ("A", "B", "backstop", "clearing")) == 2_100 + 2 * 10**9


def take(floor: Floor, perpetual: int, name: str, lots: int, mark: int) -> None:
    """The backstop takes a position of somebody (short: negative) at a mark, just as its owner has nothing left."""
    price = mark + 50 if lots > 0 else mark - 50
    floor.do(build_margin.set_price(perpetual, 0, price))
    floor.account(name, abs(lots) * 50 + 1)
    floor.trade(*((name, "B") if lots > 0 else ("B", name)), perpetual, abs(lots), price)
    floor.do(build_margin.set_price(perpetual, 0, mark))
    events = work(floor)
    assert [event["qty_lots"] for event in told(events, Event.BACKSTOP_TOOK)] == [abs(lots)]


def pnl(floor: Floor, perpetual: int) -> tuple[int, int, int]:
    """Of the backstop: position, gains realised (all the cash it has had), gains not realised."""
    floor.touch()
    lots, shown = position(floor, "backstop", perpetual)
    unrealised = lots * int(floor.contract(perpetual).mark_ticks) - shown
    return lots, floor.cash("backstop") - 10**9, unrealised


def test_gains_of_the_backstop_when_it_turns(floor):
    """0012-POSR-016: long 1 at 100; the short it takes at 120 is of 2, so that it has -1 as the criterion says."""
    perpetual = listed(floor, 100, [20, -20] * 8)
    take(floor, perpetual, "one", 1, 100)
    assert pnl(floor, perpetual) == (1, 0, 0)
    take(floor, perpetual, "two", -2, 120)
    assert pnl(floor, perpetual) == (-1, 20, 0)
    floor.do(build_margin.set_price(perpetual, 0, 60))
    assert pnl(floor, perpetual) == (-1, 20, 60)


def test_gains_of_the_backstop_when_it_takes_more(floor):
    """0012-POSR-017"""
    perpetual = listed(floor, 100, [20, -20] * 8)
    take(floor, perpetual, "one", 1, 100)
    assert pnl(floor, perpetual) == (1, 0, 0)
    take(floor, perpetual, "two", 1, 90)
    assert pnl(floor, perpetual) == (2, 0, -10)
    floor.do(build_margin.set_price(perpetual, 0, 60))
    assert pnl(floor, perpetual) == (2, 0, -70)
