"""T: orders of contracts that wait for a mark or an index, take a profit, or trail."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import InstrumentStatus, Link, OrderFlag, Reject, Tif
from emporion.schema.limits import STOPS_PER_COMMAND, TRAILING_MAX
from tests.rules.floor import BUY, SELL, Floor
from tests.rules.phrases import Named

STOP = OrderFlag.STOP
TAKE = OrderFlag.STOP | OrderFlag.TAKE_PROFIT
ON_MARK = OrderFlag.STOP | OrderFlag.ON_MARK
ON_INDEX = OrderFlag.STOP | OrderFlag.ON_INDEX


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def perp(floor) -> int:
    number = floor.perpetual()
    for name in "ABCM":
        floor.account(name)
    return number


@pytest.fixture
def named(floor) -> Named:
    return Named(floor)


def mark(floor: Floor, perp: int, mark: int = 0, index: int = 0) -> list[dict[str, int]]:
    """A price from outside, and all that CONTINUE then does."""
    events = floor.do(build_margin.set_price(perp, index, mark))
    while floor.machine.pending():
        events += floor.do(build.continue_work())
    return events


def trigger(floor: Floor, order_id: int) -> int:
    state = floor.machine.state
    return int(state.extras[state.orders[order_id & 0xFFFFFF].extra].trigger_price_ticks)


def test_a_stop_on_the_mark_waits_for_the_mark_alone(floor, perp, named):
    """T-1, T-7"""
    named.place("stop", "A", perp, BUY, 2, 120, trigger_price_ticks=110, flags=ON_MARK)
    floor.trade("B", "M", perp, 1, 115)
    assert named.say(mark(floor, perp, index=115)) == ""
    assert named.say(mark(floor, perp, mark=109)) == ""
    assert named.say(mark(floor, perp, mark=110)) == "triggered stop 2"
    assert [row["price_ticks"] for row in floor.machine.depth(perp)[0]] == [120]


def test_a_stop_on_the_index_waits_for_the_index_alone(floor, perp, named):
    """T-1, T-7"""
    named.place("stop", "A", perp, SELL, 2, 80, trigger_price_ticks=90, flags=ON_INDEX)
    assert named.say(mark(floor, perp, mark=85)) == ""
    assert named.say(mark(floor, perp, index=91)) == ""
    assert named.say(mark(floor, perp, index=90)) == "triggered stop 2"


@pytest.mark.parametrize("flags", [TAKE, TAKE | OrderFlag.ON_MARK, TAKE | OrderFlag.ON_INDEX])
def test_a_profit_is_taken_on_the_other_side(floor, perp, named, flags):
    """T-1: a BUY waits for the price to fall, a SELL for it to rise."""
    floor.trade("B", "M", perp, 1, 100)
    assert named.place("low", "A", perp, BUY, 1, 95, trigger_price_ticks=90, flags=flags) == ""
    assert named.place("high", "A", perp, SELL, 1, 105, trigger_price_ticks=110, flags=flags) == ""
    assert named.place("never", "A", perp, BUY, 1, 95, trigger_price_ticks=100, flags=flags) == "rejected WOULD_TRIGGER"
    if flags == TAKE:
        floor.order("M", perp, SELL, 1, 90)
        assert named.place("taker", "B", perp, BUY, 1, 90) == "filled taker 1@90, triggered low 1"
        floor.order("M", perp, SELL, 1, 110)
        assert named.place("taker", "B", perp, BUY, 1, 110) == "filled taker 1@110, triggered high 1"
        return
    for price, who in ((90, "low"), (110, "high")):
        found = mark(floor, perp, **({"mark": price} if flags & OrderFlag.ON_MARK else {"index": price}))
        assert named.say(found).startswith(f"triggered {who} 1")


def test_a_price_from_outside_fires_nothing_itself(floor, perp, named):
    """T-7, T-4: CONTINUE fires, or the next order on the instrument."""
    named.place("stop", "A", perp, BUY, 2, 120, trigger_price_ticks=110, flags=ON_MARK)
    assert named.say(floor.do(build_margin.set_price(perp, 0, 111))) == ""
    assert floor.machine.pending()
    assert named.place("late", "B", perp, BUY, 1, 130, trigger_price_ticks=125, flags=STOP) == "triggered stop 2"
    assert not floor.machine.pending()


def test_new_stops_are_refused_while_others_are_due(floor, perp, named):
    """T-3, O-1: the range of the mark counts, though no trade has one."""
    count = 2 * STOPS_PER_COMMAND + 1
    for number in range(count):
        named.place(f"s{number}", "A", perp, BUY, 1, 120, trigger_price_ticks=110, flags=ON_MARK)
    floor.do(build_margin.set_price(perp, 0, 111))
    told = named.place("late", "B", perp, BUY, 1, 130, trigger_price_ticks=125, flags=STOP)
    assert told.split(", ")[STOPS_PER_COMMAND] == "rejected TRIGGERS_PENDING" and told.count("triggered") == count - 1
    assert floor.machine.pending()
    assert named.say(floor.do(build.continue_work())) == f"triggered s{count - 1} 1"


def test_what_trades_fire_goes_before_the_mark_and_the_index(floor, perp, named):
    """T-4"""
    named.place("on_index", "A", perp, BUY, 1, 120, trigger_price_ticks=101, flags=ON_INDEX)
    named.place("on_mark", "A", perp, BUY, 1, 120, trigger_price_ticks=102, flags=ON_MARK)
    named.place("stop", "B", perp, BUY, 1, 109, trigger_price_ticks=110, flags=STOP)
    floor.order("M", perp, SELL, 1, 110)
    told = named.say(mark(floor, perp, mark=102, index=102))
    assert told == "triggered on_mark 1, filled on_mark 1@110, triggered stop 1, triggered on_index 1"


def test_of_one_source_the_lowest_trigger_fires_first_whatever_the_side(floor, perp, named):
    """T-4"""
    named.place("profit", "A", perp, SELL, 1, 200, trigger_price_ticks=110, flags=TAKE)
    named.place("stop", "A", perp, BUY, 1, 120, trigger_price_ticks=110, flags=STOP)
    named.place("first", "B", perp, SELL, 1, 200, trigger_price_ticks=109, flags=TAKE)
    floor.order("M", perp, SELL, 1, 110)
    told = named.place("taker", "C", perp, BUY, 1, 110)
    assert told == "filled taker 1@110, triggered first 1, triggered profit 1, triggered stop 1"


def test_a_halted_instrument_keeps_its_range(floor, perp, named):
    """T-4, A-7"""
    named.place("stop", "A", perp, BUY, 2, 120, trigger_price_ticks=110, flags=ON_MARK)
    floor.do(build.set_status(perp, InstrumentStatus.HALTED))
    assert named.say(mark(floor, perp, mark=115)) == ""
    assert named.say(mark(floor, perp, mark=100)) == ""
    floor.do(build.set_status(perp))
    assert named.say(floor.do(build.continue_work())) == "triggered stop 2"


def test_prices_before_an_opening_leave_no_range_when_nobody_is_due(floor, perp, named):
    """T-7"""
    named.place("stop", "A", perp, BUY, 2, 120, trigger_price_ticks=110, flags=ON_MARK)
    floor.do(build.set_status(perp, InstrumentStatus.PRE_OPEN))
    floor.do(build_margin.set_price(perp, 0, 105))
    assert named.place("next", "A", perp, BUY, 2, 120, trigger_price_ticks=111, flags=ON_MARK) == ""


# --- Trailing --------------------------------------------------------------------------------------


def test_a_trailing_sale_follows_the_mark_up_and_fires_when_it_falls(floor, perp, named):
    """T-6"""
    named.place("stop", "A", perp, SELL, 2, 50, trigger_price_ticks=95, flags=ON_MARK, trail_ticks=5)
    for price, wanted in ((104, 99), (103, 99), (110, 105), (106, 105)):
        assert named.say(mark(floor, perp, mark=price)) == ""
        assert trigger(floor, named.ids["stop"]) == wanted
    assert named.say(mark(floor, perp, mark=105)) == "triggered stop 2"
    assert floor.contract(perp).trailing == 0


def test_a_trailing_purchase_follows_trades_down(floor, perp, named):
    """T-6"""
    named.place("stop", "A", perp, BUY, 2, 200, trigger_price_ticks=110, flags=STOP, trail_ticks=10)
    floor.trade("B", "M", perp, 1, 90)
    assert trigger(floor, named.ids["stop"]) == 100
    floor.trade("B", "M", perp, 1, 95)
    assert trigger(floor, named.ids["stop"]) == 100
    floor.order("M", perp, SELL, 1, 100)
    assert named.place("taker", "B", perp, BUY, 1, 100) == "filled taker 1@100, triggered stop 2"


def test_within_one_command_it_is_highest_then_lowest_then_last_that_count(floor, perp, named):
    """T-6: a fall behind a rise of the same command fires what the rise has moved."""
    named.place("trail", "A", perp, SELL, 1, 50, trigger_price_ticks=80, flags=STOP, trail_ticks=5)
    named.place("dump", "B", perp, SELL, 1, 90, trigger_price_ticks=110, flags=TAKE)
    floor.order("M", perp, BUY, 1, 92)
    floor.order("M", perp, SELL, 1, 110)
    told = named.place("taker", "C", perp, BUY, 1, 110)
    # The trade at 110 fires the dump, which trades at 92; then the trail follows to 105, and 92 is below that.
    assert told == "filled taker 1@110, triggered dump 1, filled dump 1@92, triggered trail 1"


def test_those_of_another_source_stay(floor, perp, named):
    """T-6"""
    named.place("stop", "A", perp, SELL, 2, 50, trigger_price_ticks=95, flags=ON_INDEX, trail_ticks=5)
    mark(floor, perp, mark=150)
    floor.trade("B", "M", perp, 1, 150)
    assert trigger(floor, named.ids["stop"]) == 95


def test_nothing_follows_while_the_instrument_is_halted(floor, perp, named):
    """T-6"""
    named.place("stop", "A", perp, SELL, 2, 50, trigger_price_ticks=95, flags=ON_MARK, trail_ticks=5)
    floor.do(build.set_status(perp, InstrumentStatus.HALTED))
    mark(floor, perp, mark=150)
    assert trigger(floor, named.ids["stop"]) == 95


def test_a_market_order_that_trailed_is_protected_from_where_it_came_to(floor, named):
    """T-5"""
    perp = floor.perpetual(band_ppm=100_000)
    for name in "AB":
        floor.account(name)
    flags = ON_MARK | OrderFlag.MARKET
    named.place("stop", "A", perp, SELL, 1, trigger_price_ticks=90, flags=flags, trail_ticks=10, tif=Tif.IOC)
    mark(floor, perp, mark=200)
    events = mark(floor, perp, mark=190)
    assert named.say(events) == "triggered stop 1, canceled stop IOC_REMAINDER"
    assert [event["price_ticks"] for event in events if event.get("order_id") == named.ids["stop"]][0] == 171


def test_so_many_may_trail_and_no_more(floor, perp, named):
    """T-6, O-1"""
    terms = {"trigger_price_ticks": 95, "flags": STOP, "trail_ticks": 5}
    named.place_many("s", TRAILING_MAX, "A", perp, SELL, 1, 50, **terms)
    full = named.place("more", "A", perp, SELL, 1, 50, trigger_price_ticks=95, flags=STOP, trail_ticks=5)
    assert full == "rejected TABLE_FULL"
    named.cancel("s7", "A")
    assert named.place("more", "A", perp, SELL, 1, 50, trigger_price_ticks=95, flags=STOP, trail_ticks=5) == ""
    mark(floor, perp, mark=101)
    floor.trade("B", "M", perp, 1, 120)
    assert {trigger(floor, number) for name, number in named.ids.items() if name != "s7"} == {115}


# --- What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"flags": OrderFlag.TAKE_PROFIT}, Reject.BAD_COMBINATION),
        ({"flags": OrderFlag.ON_MARK}, Reject.BAD_COMBINATION),
        ({"flags": OrderFlag.ON_INDEX}, Reject.BAD_COMBINATION),
        ({"flags": ON_MARK | ON_INDEX, "trigger_price_ticks": 110}, Reject.BAD_COMBINATION),
        ({"trail_ticks": 5}, Reject.BAD_COMBINATION),
        ({"flags": TAKE, "trigger_price_ticks": 90, "trail_ticks": 5}, Reject.BAD_COMBINATION),
        ({"flags": STOP, "trigger_price_ticks": 110, "trail_ticks": -1}, Reject.BAD_VALUE),
        ({"flags": STOP, "trigger_price_ticks": 110, "trail_ticks": 1_000_000_001}, Reject.BAD_TRIGGER),
        ({"flags": STOP, "trail_ticks": 5}, Reject.BAD_TRIGGER),
        ({"flags": ON_MARK, "trigger_price_ticks": 100}, Reject.WOULD_TRIGGER),
        ({"flags": ON_INDEX, "trigger_price_ticks": 99}, Reject.WOULD_TRIGGER),
        ({"link": 4}, Reject.BAD_VALUE),
        ({"link": -1}, Reject.BAD_VALUE),
        ({"link": Link.CHILD, "related_id": -1}, Reject.BAD_VALUE),
        ({"flags": -128}, Reject.BAD_FLAGS),
    ],
)
def test_an_order_that_waits_wrongly_is_refused(floor, perp, terms, reason):
    """O-1, T-2"""
    assert floor.refusal(build.place(floor.account("A"), perp, BUY, 1, 120, **terms)) == reason


@pytest.mark.parametrize("terms", [{"flags": ON_MARK}, {"flags": ON_INDEX}, {"flags": STOP, "trail_ticks": 5}])
def test_only_contracts_have_marks_indexes_and_trails(floor, perp, terms):
    """O-1"""
    floor.do(build.list_asset("gold", 2))
    gold = floor.do(build.list_instrument("GOLD/USD", 2, 1))[0]["instrument_id"]
    floor.do(build.set_status(gold))
    rows = build.place(floor.account("A"), gold, BUY, 1, 120, trigger_price_ticks=110, **terms)
    assert floor.refusal(rows) == Reject.BAD_COMBINATION


# --- Walks -------------------------------------------------------------------------------------------


def test_a_walk_of_one_side_passes_over_those_of_the_other_that_wait(floor, perp, named):
    """W-5"""
    for at in range(110, 116):
        named.place_many(f"b{at}-", 50, "A", perp, BUY, 1, 120, trigger_price_ticks=at, flags=ON_MARK)
    for number in range(5):
        flags = TAKE | OrderFlag.ON_MARK
        named.place(f"s{number}", "B", perp, SELL, 1, 90, trigger_price_ticks=111 + number, flags=flags)
    floor.do(build.set_status(perp, InstrumentStatus.HALTED))
    events = floor.do(build.mass_cancel(0, perp, SELL))
    looked_again = 0
    while floor.machine.pending():
        if looked_again == 0:  # Whoever the walk is to look at next may go: it goes on behind.
            slot = int(floor.machine.state.tasks[0].cursor)
            owner = int(floor.machine.state.orders[slot].account_id)
            floor.do(build.cancel(owner, int(floor.machine.state.orders[slot].order_id)))
        looked_again += 1
        events += floor.do(build.continue_work())
    assert looked_again == 1
    told = named.say(events)
    assert told.count(" s") == 5 and all(f"canceled s{number} BY_MASS_CANCEL" in told for number in range(5))


def test_a_closed_contract_keeps_nobody_waiting(floor, perp, named):
    """W-5: all six ways to wait, in their order."""
    for number, (side, flags) in enumerate(
        ((BUY, STOP), (SELL, STOP), (BUY, ON_MARK), (SELL, ON_MARK), (BUY, ON_INDEX), (SELL, ON_INDEX))
    ):
        at = 110 if side == BUY else 90
        named.place(f"o{number}", "A", perp, side, 1, 100, trigger_price_ticks=at, flags=flags)
    told = [word for word in named.say(floor.close(perp)).split(", ") if word.startswith("canceled")]
    assert told == [f"canceled o{number} BY_CLOSE" for number in range(6)]
