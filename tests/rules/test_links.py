"""K: orders that are tied to another order, or to a position."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, InstrumentStatus, Limit, Link, OrderFlag, Reject, Stp, Tif
from emporion.schema.limits import TIED_MAX
from tests.rules.floor import BUY, SELL, Floor, told
from tests.rules.phrases import Named

STOP = OrderFlag.STOP
TAKE = OrderFlag.STOP | OrderFlag.TAKE_PROFIT
REDUCE = OrderFlag.REDUCE_ONLY


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def perp(floor) -> int:
    number = floor.perpetual()
    for name in "ABM":
        floor.account(name)
    return number


@pytest.fixture
def named(floor) -> Named:
    return Named(floor)


def pair(named: Named, perp: int) -> None:
    """A limit order to sell high, and a stop that sells low: one cancels the other."""
    assert named.place("profit", "A", perp, SELL, 4, 110) == ""
    assert oco(named, "stop", "profit", perp, SELL, 4, 80, trigger_price_ticks=90, flags=STOP) == ""


def oco(named: Named, order: str, other: str, *terms: int, account: str = "A", **more) -> str:
    return named.place(order, account, *terms, related_id=other, link=Link.CANCELS_OTHER, **more)


def child(named: Named, order: str, parent: str, perp: int, at: int, flags: int, **more) -> str:
    terms = {"price": 50, "side": SELL, "lots": 9} | more
    return named.place(
        order, "A", perp, terms.pop("side"), terms.pop("lots"), terms.pop("price"), related_id=parent, link=Link.CHILD,
        trigger_price_ticks=at, flags=flags | REDUCE, **terms,
    )  # fmt: skip


def bracket(named: Named, perp: int, lots: int = 4) -> None:
    """A purchase that rests, and below it what is to end the position."""
    assert named.place("parent", "A", perp, BUY, lots, 100) == ""
    assert child(named, "stop", "parent", perp, 90, STOP) == ""
    assert child(named, "profit", "parent", perp, 120, TAKE) == ""


def tied(named: Named, order: str, perp: int, at: int, flags: int, side: int = SELL, **more) -> str:
    price = 50 if side == SELL else 200
    return named.place(
        order, "A", perp, side, 1, price, link=Link.POSITION, trigger_price_ticks=at, flags=flags | REDUCE, **more
    )


def open_orders(floor: Floor) -> int:
    return int((floor.machine.array["orders"]["order_id"][0] != 0).sum())


# --- One cancels the other -------------------------------------------------------------------------


def test_a_first_trade_of_one_cancels_the_other(floor, perp, named):
    """K-1"""
    pair(named, perp)
    assert named.place("taker", "B", perp, BUY, 1, 110) == "filled taker 1@110, canceled stop BY_OTHER"
    assert named.place("taker", "B", perp, BUY, 1, 110) == "filled taker 1@110"


def test_an_incoming_order_that_trades_cancels_its_partner_at_once(floor, perp, named):
    """K-1"""
    named.place("stop", "A", perp, BUY, 4, 120, trigger_price_ticks=115, flags=STOP)
    floor.order("M", perp, SELL, 1, 100)
    floor.order("M", perp, SELL, 1, 101)
    events = oco(named, "entry", "stop", perp, BUY, 4, 101)
    assert events == "filled entry 1@100, canceled stop BY_OTHER, filled entry 1@101"


def test_one_that_fires_cancels_the_other_before_it_matches(floor, perp, named):
    """K-1, T-5"""
    pair(named, perp)
    floor.order("M", perp, BUY, 9, 85)
    named.place("low", "M", perp, BUY, 1, 90)
    told = named.place("dump", "B", perp, SELL, 1, 90)
    assert told == "filled dump 1@90, triggered stop 4, canceled profit BY_OTHER, filled stop 4@85"


@pytest.mark.parametrize("gone", ["stop", "profit"])
def test_one_that_ends_takes_the_other_along(floor, perp, named, gone):
    """K-1"""
    pair(named, perp)
    other = {"stop": "profit", "profit": "stop"}[gone]
    assert named.cancel(gone, "A") == f"canceled {gone} BY_OWNER, canceled {other} BY_OTHER"
    assert open_orders(floor) == 0


def test_an_expiry_takes_the_other_along(floor, perp, named):
    """K-1"""
    named.place("profit", "A", perp, SELL, 4, 110, tif=Tif.GTD, expire_ns=floor.now_ns + 5)
    oco(named, "stop", "profit", perp, SELL, 4, 80, trigger_price_ticks=90, flags=STOP)
    assert named.say(floor.wait(5)) == "expired profit, canceled stop BY_OTHER"


def test_of_two_that_meet_each_other_the_incoming_one_lives(floor, perp, named):
    """K-1, M-5: an order that is matching is never ended by its ties."""
    named.place("bid", "A", perp, BUY, 2, 100)
    assert oco(named, "ask", "bid", perp, SELL, 3, 90) == "canceled bid SELF_TRADE"
    assert named.cancel("ask", "A") == "canceled ask BY_OWNER"
    named.place("bid", "A", perp, BUY, 2, 100)
    both = oco(named, "ask", "bid", perp, SELL, 2, 90, stp=Stp.DECREMENT)
    assert both == "canceled bid SELF_TRADE, canceled ask SELF_TRADE"


def test_a_replaced_order_keeps_its_partner(floor, perp, named):
    """K"""
    pair(named, perp)
    floor.do(build.replace(floor.account("A"), named.ids["profit"], 5, 111))
    assert named.place("taker", "B", perp, BUY, 1, 111) == "filled taker 1@111, canceled stop BY_OTHER"


def test_partners_of_delivery_instruments_hold_for_both(floor, named):
    """K-1"""
    floor.do(build.list_asset("gold", 2))
    gold = floor.do(build.list_instrument("GOLD/USD", 2, 1))[0]["instrument_id"]
    floor.do(build.set_status(gold), build.open_account(), build.deposit(6, 2, 10))
    floor.accounts["A"] = 6
    assert named.place("profit", "A", gold, SELL, 4, 110) == ""
    assert oco(named, "stop", "profit", gold, SELL, 4, 80, trigger_price_ticks=90, flags=STOP) == ""
    assert named.cancel("stop", "A") == "canceled stop BY_OWNER, canceled profit BY_OTHER"


def test_a_walk_does_not_stumble_over_partners(floor, perp, named):
    """K, W-5: what goes along counts as a look."""
    for number in range(6):
        named.place(f"p{number}", "A", perp, SELL, 1, 110 + number)
        oco(named, f"s{number}", f"p{number}", perp, SELL, 1, 80, trigger_price_ticks=90, flags=STOP)
    events = floor.do(build.mass_cancel(floor.account("A")))
    assert named.say(events).count("BY_OTHER") == named.say(events).count("BY_MASS_CANCEL") == 6
    assert open_orders(floor) == 0


# --- Brackets ----------------------------------------------------------------------------------------


def test_children_sleep_until_their_parent_trades_and_grow_with_it(floor, perp, named):
    """K-2"""
    bracket(named, perp)
    floor.order("M", perp, BUY, 1, 80)
    floor.trade("M", "B", perp, 1, 130)  # A price that the profit waits for, while it sleeps.
    told = named.place("seller", "B", perp, SELL, 1, 100)
    assert told == "filled seller 1@100, replaced stop 1 BY_PARENT, replaced profit 1 BY_PARENT"
    told = named.place("seller", "B", perp, SELL, 2, 100)
    assert told == "filled seller 2@100, replaced stop 3 BY_PARENT, replaced profit 3 BY_PARENT"
    rows = build.replace(floor.account("A"), named.ids["profit"], 2)
    assert floor.refusal(rows) == Reject.BAD_COMBINATION


def test_a_child_that_fires_ends_its_partner_and_what_is_left_of_its_parent(floor, perp, named):
    """K-2"""
    bracket(named, perp)
    floor.order("M", perp, BUY, 9, 85)
    named.place("seller", "B", perp, SELL, 3, 100)
    named.cancel("parent", "A")
    assert named.place("high", "B", perp, SELL, 1, 120) == ""
    assert named.place("taker", "M", perp, BUY, 1, 120) == (
        "filled taker 1@120, triggered profit 3, canceled stop BY_OTHER, filled profit 3@85"
    )
    bracket(named, perp)
    named.place("seller", "B", perp, SELL, 2, 100)
    floor.do(build_margin.set_price(perp, 0, 100))
    named.place("low", "M", perp, BUY, 1, 105)
    assert open_orders(floor) == 5


def test_a_parent_that_is_left_over_goes_when_a_child_fires(floor, perp, named):
    """K-2"""
    assert named.place("parent", "A", perp, BUY, 4, 100) == ""
    assert child(named, "stop", "parent", perp, 95, STOP | OrderFlag.ON_MARK) == ""
    named.place("seller", "B", perp, SELL, 1, 100)
    floor.do(build_margin.set_price(perp, 0, 95))
    told = named.say(floor.do(build.continue_work()))
    assert told == "triggered stop 1, canceled parent BY_OTHER"


def test_children_of_an_incoming_parent_grow_when_it_has_done_matching(floor, perp, named):
    """K-2"""
    assert named.place("parent", "A", perp, BUY, 4, 90) == ""
    assert child(named, "stop", "parent", perp, 80, STOP) == ""
    floor.order("M", perp, SELL, 1, 95)
    floor.order("M", perp, SELL, 1, 96)
    events = named.say(floor.do(build.replace(floor.account("A"), named.ids["parent"], 4, 96)))
    assert events == "replaced parent 4, filled parent 1@95, filled parent 1@96, replaced stop 2 BY_PARENT"


def test_a_parent_that_ends_without_a_fill_takes_its_children_along(floor, perp, named):
    """K-2"""
    bracket(named, perp)
    told = named.cancel("parent", "A")
    assert told == "canceled parent BY_OWNER, canceled stop BY_PARENT, canceled profit BY_PARENT"
    assert open_orders(floor) == 0


def test_children_outlive_a_parent_that_has_filled_and_stay_partners(floor, perp, named):
    """K-2"""
    bracket(named, perp)
    told = named.place("seller", "B", perp, SELL, 4, 100)
    assert told == "filled seller 4@100, replaced stop 4 BY_PARENT, replaced profit 4 BY_PARENT"
    assert named.say(floor.do(build.replace(floor.account("A"), named.ids["stop"], 3))) == "replaced stop 3"
    assert named.cancel("stop", "A") == "canceled stop BY_OWNER, canceled profit BY_OTHER"


def test_a_child_of_a_parent_that_has_done_something_wakes_at_once(floor, perp, named):
    """K-2: and is due when the price is past its trigger already."""
    named.place("parent", "A", perp, BUY, 4, 100)
    named.place("seller", "B", perp, SELL, 1, 100)
    assert child(named, "profit", "parent", perp, 120, TAKE) == "replaced profit 1 BY_PARENT"
    told = child(named, "stop", "parent", perp, 100, STOP)
    assert told == ("replaced stop 1 BY_PARENT, triggered stop 1, canceled profit BY_OTHER, canceled parent BY_OTHER")


def test_a_child_that_finds_no_room_to_wait_is_cancelled(floor, perp, named):
    """K-2"""
    bracket(named, perp)
    table = floor.machine.state.tables[Limit.NODES]
    before, table.limit = table.limit, table.live + 12
    told = named.place("seller", "B", perp, SELL, 1, 100, tif=Tif.IOC)
    assert told == "filled seller 1@100, canceled stop NO_ROOM, canceled profit BY_OTHER"
    table.limit = before
    assert child(named, "again", "parent", perp, 90, STOP) == "replaced again 1 BY_PARENT"


def test_a_sleeping_order_expires_and_may_be_cancelled(floor, perp, named):
    """K-4"""
    named.place("parent", "A", perp, BUY, 4, 100)
    child(named, "one", "parent", perp, 90, STOP, tif=Tif.GTD, expire_ns=floor.now_ns + 5)
    assert named.say(floor.wait(5)) == "expired one"
    child(named, "two", "parent", perp, 90, STOP)
    assert named.say(floor.do(build.mass_cancel(floor.account("A"), perp, SELL))) == (
        "mass_canceled, canceled two BY_MASS_CANCEL"
    )
    child(named, "three", "parent", perp, 90, STOP)
    floor.do(build.set_status(perp, InstrumentStatus.HALTED))
    assert "three" not in named.say(floor.do(build.mass_cancel(0, perp, SELL)))
    assert named.say(floor.close(perp)).endswith("canceled parent BY_CLOSE, canceled three BY_PARENT")


def test_a_partner_of_a_parent_ends_the_parent_and_what_sleeps_below(floor, perp, named):
    """K-1, K-2"""
    bracket(named, perp)
    oco(named, "other", "parent", perp, SELL, 1, 130)
    told = named.place("buyer", "B", perp, BUY, 1, 130)
    assert told == ("filled buyer 1@130, canceled parent BY_OTHER, canceled stop BY_PARENT, canceled profit BY_PARENT")


# --- Positions ---------------------------------------------------------------------------------------


def test_a_stop_of_a_position_is_as_large_as_it_is_when_it_fires(floor, perp, named):
    """K-3, T-5"""
    floor.trade("A", "M", perp, 3, 100)
    assert tied(named, "stop", perp, 90, STOP | OrderFlag.ON_MARK) == ""
    floor.trade("A", "M", perp, 4, 100)
    floor.order("M", perp, BUY, 9, 95)
    floor.do(build_margin.set_price(perp, 0, 90))
    assert named.say(floor.do(build.continue_work())) == "triggered stop 7, filled stop 7@95"


def test_what_is_tied_ends_with_the_position(floor, perp, named):
    """K-3"""
    floor.trade("A", "M", perp, 3, 100)
    tied(named, "stop", perp, 90, STOP)
    tied(named, "profit", perp, 110, TAKE)
    assert tied(named, "third", perp, 80, STOP) == "rejected UNKNOWN_RELATED"
    floor.order("M", perp, BUY, 9, 100)
    assert named.place("part", "A", perp, SELL, 2, 100) == "filled part 2@100"
    told = named.place("rest", "A", perp, SELL, 1, 100)
    assert told == "filled rest 1@100, canceled stop BY_POSITION, canceled profit BY_POSITION"


def test_a_position_that_turns_has_ended(floor, perp, named):
    """K-3: of the resting order's account too."""
    floor.trade("A", "M", perp, 3, 100)
    tied(named, "stop", perp, 90, STOP, trail_ticks=10)
    named.place("resting", "A", perp, SELL, 5, 105)
    assert named.place("buyer", "B", perp, BUY, 2, 105) == "filled buyer 2@105"
    assert named.place("buyer", "B", perp, BUY, 2, 105) == "filled buyer 2@105, canceled stop BY_POSITION"
    assert floor.contract(perp).trailing == 0
    assert tied(named, "wrong", perp, 50, STOP) == "rejected UNKNOWN_RELATED"
    assert tied(named, "right", perp, 130, STOP, side=BUY) == ""


def test_a_profit_that_ends_the_position_takes_its_partner_not_itself(floor, perp, named):
    """K-1 before K-3"""
    floor.trade("A", "M", perp, 3, 100)
    named.place("profit", "A", perp, SELL, 3, 110, flags=REDUCE)
    terms = {"trigger_price_ticks": 90, "flags": STOP | REDUCE}
    assert oco(named, "stop", "profit", perp, SELL, 3, 80, **terms) == ""
    tied(named, "tied", perp, 85, STOP)
    told = named.place("buyer", "B", perp, BUY, 5, 110)
    assert told == "filled buyer 3@110, canceled stop BY_OTHER, canceled tied BY_POSITION"


def test_so_many_are_tied_for_an_account_and_no_more(floor, named):
    """K-3, O-1"""
    contracts = [floor.perpetual() for _ in range(TIED_MAX // 2 + 1)]
    for contract in contracts:
        floor.trade("A", "M", contract, 1, 100)
    for contract in contracts[:-1]:
        tied(named, "stop", contract, 90, STOP)
        tied(named, "profit", contract, 110, TAKE)
    assert tied(named, "more", contracts[-1], 90, STOP) == "rejected TABLE_FULL"
    named.cancel("stop", "A")
    assert tied(named, "more", contracts[-1], 90, STOP) == ""


# --- What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        {"related_id": 1 << 24 | 1},
        {"related_id": 1 << 24 | 1, "link": Link.POSITION, "flags": STOP | REDUCE, "trigger_price_ticks": 90},
        {"link": Link.CANCELS_OTHER, "tif": Tif.IOC},
        {"link": Link.CANCELS_OTHER, "tif": Tif.FOK},
        {"link": Link.CHILD, "flags": REDUCE},
        {"link": Link.CHILD, "flags": STOP, "trigger_price_ticks": 90},
        {"link": Link.POSITION, "flags": STOP, "trigger_price_ticks": 90},
        {"link": Link.POSITION, "flags": REDUCE},
    ],
)
def test_an_order_that_is_tied_wrongly_is_refused(floor, perp, terms):
    """O-1"""
    assert floor.refusal(build.place(floor.account("A"), perp, SELL, 1, 80, **terms)) == Reject.BAD_COMBINATION


@pytest.mark.parametrize("link", [Link.CHILD, Link.POSITION])
def test_brackets_and_positions_are_of_contracts(floor, perp, link):
    """O-1"""
    floor.do(build.list_asset("gold", 2))
    gold = floor.do(build.list_instrument("GOLD/USD", 2, 1))[0]["instrument_id"]
    floor.do(build.set_status(gold))
    rows = build.place(floor.account("A"), gold, SELL, 1, 80, flags=STOP, trigger_price_ticks=90, link=link)
    assert floor.refusal(rows) == Reject.BAD_COMBINATION


def test_only_an_open_order_of_the_account_there_may_be_a_partner(floor, perp, named):
    """O-1"""
    other = floor.perpetual()
    named.place("mine", "A", perp, SELL, 1, 110)
    named.place("elsewhere", "A", other, SELL, 1, 110)
    named.place("theirs", "B", perp, SELL, 1, 110)
    stop = {"trigger_price_ticks": 90, "flags": STOP}
    named.ids["never"] = 77 << 24 | 5
    for related in ("elsewhere", "theirs", "never"):
        assert oco(named, "stop", related, perp, SELL, 1, 80, **stop) == "rejected UNKNOWN_RELATED"
    assert oco(named, "same_side", "mine", perp, SELL, 1, 111) == "rejected UNKNOWN_RELATED"
    assert oco(named, "stop", "mine", perp, SELL, 1, 80, **stop) == ""
    assert oco(named, "third", "mine", perp, SELL, 1, 80, **stop) == "rejected UNKNOWN_RELATED"
    assert oco(named, "third", "stop", perp, SELL, 1, 80, **stop) == "rejected UNKNOWN_RELATED"


def test_only_an_open_order_on_the_other_side_may_be_a_parent(floor, perp, named):
    """O-1"""
    bracket(named, perp)
    assert child(named, "third", "parent", perp, 80, STOP) == "rejected UNKNOWN_RELATED"
    assert child(named, "below", "stop", perp, 120, STOP, side=BUY, price=130) == "rejected UNKNOWN_RELATED"
    assert oco(named, "other", "stop", perp, BUY, 1, 90) == "rejected UNKNOWN_RELATED"
    named.place("sale", "A", perp, SELL, 1, 140)
    assert child(named, "same", "sale", perp, 80, STOP) == "rejected UNKNOWN_RELATED"


def test_a_tie_needs_a_row_for_each_of_the_two(floor, perp, named):
    """O-1"""
    named.place("plain", "A", perp, SELL, 1, 110)
    table = floor.machine.state.tables[Limit.EXTRAS]
    before, table.limit = table.limit, table.live + 1
    stop = {"trigger_price_ticks": 90, "flags": STOP}
    assert oco(named, "stop", "plain", perp, SELL, 1, 80, **stop) == "rejected TABLE_FULL"
    table.limit = before
    assert oco(named, "stop", "plain", perp, SELL, 1, 80, **stop) == ""
    assert told(floor.do(build.cancel(floor.account("A"), named.ids["plain"])), Event.CANCELED)[0]["qty_lots"] == 1
