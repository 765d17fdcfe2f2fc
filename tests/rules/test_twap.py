"""X: quantities that the venue trades in slices over a time."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, InstrumentStatus, Limit, OrderFlag, OrderStatus, Reject, Stp
from emporion.schema.limits import FIRST_ACCOUNT, QTY_MAX, TS_MAX, TWAP_SLICES_MAX
from tests.rules.floor import BUY, SELL, Floor, told

SECOND = 1_000_000_000
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


def start(floor: Floor, perp: int, lots: int = 60, seconds: int = 60, every: int = 10, **terms) -> int:
    """The id of a TWAP of A's, which buys unless `side` says otherwise."""
    side = terms.pop("side", BUY)
    rows = build_margin.place_twap(
        floor.account("A"), perp, side, lots, seconds * SECOND, every * SECOND, **terms
    )  # fmt: skip
    return told(floor.do(rows), Event.TWAP_STARTED)[0]["order_id"]


def slices(events: list[dict[str, int]]) -> list[tuple[int, int, str]]:
    """Limit, quantity and reason of each slice."""
    found = told(events, Event.TWAP_SLICED)
    return [(row.get("price_ticks", 0), row["qty_lots"], Reject(row.get("reason", 0)).name) for row in found]


def ended(events: list[dict[str, int]]) -> tuple[int, str]:
    """What was not done, and why it ended."""
    (row,) = told(events, Event.TWAP_ENDED)
    return row.get("leaves_lots", 0), Reject(row.get("reason", 0)).name


def live(floor: Floor) -> int:
    return int(floor.machine.state.tables[Limit.TWAPS].live)


def test_equal_slices_at_equal_times_and_then_it_has_ended(floor, perp):
    """X-1, X-2, X-3"""
    floor.order("M", perp, SELL, 1_000, 100)
    began = floor.do(build_margin.place_twap(floor.account("A"), perp, BUY, 60, 60 * SECOND, 10 * SECOND))
    assert began == [
        {"seq": began[0]["seq"], "order_id": 1 << 24 | 1, "qty_lots": 60, "leaves_lots": 60, "kind": Event.TWAP_STARTED,
         "account_id": floor.account("A"), "instrument_id": perp, "side": BUY}
    ]  # fmt: skip
    events = floor.wait(0)
    assert told(events, Event.TWAP_SLICED) == [
        {"order_id": events[0]["order_id"], "price_ticks": 101, "qty_lots": 10, "leaves_lots": 10, "side": BUY,
         "amount_atoms": 1 << 24 | 1, "account_id": floor.account("A"), "instrument_id": perp}
    ]  # fmt: skip
    assert [event["qty_lots"] for event in told(events, Event.FILLED)] == [10, 10]
    assert floor.wait(9 * SECOND) == []
    for _ in range(4):
        assert slices(floor.wait(10 * SECOND)) == [(101, 10, "NONE")]
    events = floor.wait(SECOND)
    assert slices(events) == [(101, 10, "NONE")] and ended(events) == (0, "NONE") and live(floor) == 0
    assert told(events, Event.ACCEPTED) == []


def test_what_does_not_divide_is_spread(floor, perp):
    """X-2: the sum after k slices is k / n of all, rounded down."""
    floor.order("M", perp, SELL, 1_000, 100)
    start(floor, perp, 11, 4, 1)
    sizes = [slices(floor.wait(SECOND if turn else 0))[0][1] for turn in range(4)]
    assert sizes == [2, 3, 3, 3]


def test_what_was_missed_is_caught_up_three_slices_at_a_time(floor, perp):
    """X-2"""
    start(floor, perp)
    assert slices(floor.wait(0)) == [(0, 10, "NO_LIQUIDITY")]
    assert slices(floor.wait(10 * SECOND)) == [(0, 20, "NO_LIQUIDITY")]
    assert slices(floor.wait(30 * SECOND)) == [(0, 30, "NO_LIQUIDITY")]
    floor.order("M", perp, SELL, 1_000, 100)
    assert slices(floor.wait(10 * SECOND)) == [(101, 30, "NONE")]
    events = floor.wait(10 * SECOND)
    assert slices(events) == [(101, 30, "NONE")] and ended(events) == (0, "NONE")


def test_at_the_end_what_is_left_is_left(floor, perp):
    """X-2"""
    floor.order("M", perp, SELL, 25, 100)
    start(floor, perp)
    floor.wait(0)
    events = floor.wait(60 * SECOND)
    assert slices(events) == [(101, 30, "NONE")] and ended(events) == (35, "IOC_REMAINDER")
    assert told(events, Event.CANCELED)[0]["reason"] == Reject.IOC_REMAINDER
    assert floor.wait(60 * SECOND) == []


def test_a_slice_goes_as_far_as_slippage_limit_and_band_let_it(floor):
    """X-3"""
    perp = floor.perpetual(band_ppm=50_000)
    floor.trade("B", "M", perp, 1, 100)
    floor.order("M", perp, SELL, 100, 102)
    floor.order("M", perp, BUY, 100, 98)
    wide = {"slippage_ppm": 500_000}
    limits = []
    for side, terms in (
        (BUY, {"slippage_ppm": 20_000}), (BUY, wide), (BUY, wide | {"price_ticks": 103}),
        (SELL, {"slippage_ppm": 20_000}), (SELL, wide), (SELL, wide | {"price_ticks": 97}),
        (BUY, {"price_ticks": 101}), (SELL, {"price_ticks": 99}),
    ):  # fmt: skip
        start(floor, perp, 1, 1, 1, side=side, **terms)
        limits += slices(floor.wait(0))
        floor.wait(SECOND)
    # The band is 5 around the last trade: at 102 for the second and the fourth, at 98 for the fifth.
    done = [(price, 1, "NONE") for price in (104, 107, 103, 97, 94, 97)]
    assert limits == [*done, (0, 1, "NO_LIQUIDITY"), (0, 1, "NO_LIQUIDITY")]


def test_a_refused_slice_is_told_and_the_next_comes(floor, perp):
    """X-3: in place of REJECTED, since the command is somebody else's."""
    floor.order("M", perp, SELL, 1_000, 100)
    start(floor, perp, flags=REDUCE)
    events = floor.wait(0)
    assert slices(events) == [(101, 10, "REDUCE_ONLY")] and told(events, Event.REJECTED) == []
    floor.trade("B", "A", perp, 7, 99)
    events = floor.wait(10 * SECOND)
    assert slices(events) == [(101, 20, "NONE")] and told(events, Event.FILLED)[0]["qty_lots"] == 7
    assert told(events, Event.CANCELED)[0]["reason"] == Reject.REDUCED


def test_a_slice_is_bounded_by_what_an_order_may_be(floor):
    """X-2: at most qty_max, and nothing below qty_min."""
    perp = floor.perpetual(qty_min_lots=4, qty_max_lots=12)
    floor.order("M", perp, SELL, 12, 100)
    floor.order("M", perp, SELL, 12, 100)
    start(floor, perp, 40, 10, 2)
    assert slices(floor.wait(0)) == [(101, 8, "NONE")]
    assert slices(floor.wait(8 * SECOND)) == [(101, 12, "NONE")]
    assert ended(floor.wait(2 * SECOND)) == (20 - 4, "IOC_REMAINDER")


def test_too_little_is_left_for_the_next_turn(floor):
    """X-2"""
    perp = floor.perpetual(qty_min_lots=4)
    floor.order("M", perp, SELL, 6, 100)
    start(floor, perp, 10, 2, 1)
    assert slices(floor.wait(0)) == [(101, 5, "NONE")]
    floor.order("M", perp, SELL, 4, 103)
    assert slices(floor.wait(SECOND)) == [(101, 5, "NONE")]
    events = floor.wait(SECOND)
    assert slices(events) == [(104, 4, "NONE")] and ended(events) == (0, "NONE")


def test_one_slice_a_command(floor, perp):
    """W-2"""
    floor.order("M", perp, SELL, 1_000, 100)
    start(floor, perp, 10, 2, 1)
    start(floor, perp, 20, 2, 1)  # This command brings the first one's first slice about.
    assert slices(floor.wait(0)) == [(101, 10, "NONE")] and floor.wait(0) == []
    assert slices(floor.wait(SECOND)) == [(101, 5, "NONE")]
    assert slices(floor.wait(0)) == [(101, 10, "NONE")]


def test_stops_that_a_slice_makes_due_are_left_to_continue(floor, perp):
    """X-3, T-7"""
    floor.order("M", perp, SELL, 1_000, 100)
    floor.do(
        build.place(floor.account("B"), perp, BUY, 1, 90, flags=OrderFlag.STOP, trigger_price_ticks=100)
    )  # fmt: skip
    start(floor, perp)
    assert told(floor.wait(0), Event.TRIGGERED) == [] and floor.machine.pending()
    assert len(told(floor.do(build.continue_work()), Event.TRIGGERED)) == 1
    assert not floor.machine.pending()


def test_it_trades_for_delivery_too(floor, perp):
    """X-1: of a cash account, which holds nothing for it."""
    floor.do(build.list_asset("gold", 2))
    gold = floor.do(build.list_instrument("GOLD/USD", 2, 1))[0]["instrument_id"]
    cash = FIRST_ACCOUNT + len(floor.accounts)
    floor.do(build.set_status(gold), build.open_account(), build.deposit(cash, 1, 1_002))
    floor.do(build.deposit(floor.account("M"), 2, 100), build.place(floor.account("M"), gold, SELL, 100, 100))
    floor.do(build_margin.place_twap(cash, gold, BUY, 12, 2 * SECOND, SECOND, slippage_ppm=0))
    assert slices(floor.wait(0)) == [(100, 6, "NONE")]
    assert slices(floor.wait(SECOND)) == [(100, 6, "INSUFFICIENT_FUNDS")]
    rows = build_margin.place_twap(cash, gold, BUY, 12, 2 * SECOND, SECOND, flags=REDUCE)
    assert floor.refusal(rows) == Reject.BAD_COMBINATION
    rows = build_margin.place_twap(cash, perp, BUY, 12, 2 * SECOND, SECOND)
    assert floor.refusal(rows) == Reject.NOT_A_MARGIN_ACCOUNT


def test_it_is_cancelled_by_its_owner_alone(floor, perp):
    """X-4"""
    number = start(floor, perp)
    floor.wait(0)
    a, b = floor.account("A"), floor.account("B")
    assert floor.refusal(build_margin.cancel_twap(b, number)) == Reject.UNKNOWN_ORDER
    assert floor.refusal(build_margin.cancel_twap(99, number)) == Reject.UNKNOWN_ACCOUNT
    assert floor.refusal(build_margin.cancel_twap(1, number)) == Reject.SYSTEM_ACCOUNT
    assert floor.refusal(build_margin.cancel_twap(a, 0)) == Reject.UNKNOWN_ORDER
    floor.do(build.freeze_account(a))
    events = floor.do(build_margin.cancel_twap(a, number))
    assert ended(events) == (60, "BY_OWNER") and told(events, Event.TWAP_ENDED)[0]["qty_lots"] == 60
    assert floor.refusal(build_margin.cancel_twap(a, number)) == Reject.UNKNOWN_ORDER
    floor.do(build.unfreeze_account(a))
    assert start(floor, perp) == 2 << 24 | 1


def test_it_ends_with_its_account_and_with_its_instrument(floor, perp):
    """X-2"""
    start(floor, perp)
    floor.wait(0)
    floor.do(build.freeze_account(floor.account("A")))
    assert ended(floor.wait(10 * SECOND)) == (60, "BY_ACCOUNT_FREEZE")
    floor.do(build.unfreeze_account(floor.account("A")))
    start(floor, perp)
    floor.wait(0)
    floor.close(perp)
    assert ended(floor.wait(10 * SECOND)) == (60, "BY_CLOSE") and live(floor) == 0


def test_a_halt_is_waited_for(floor, perp):
    """X-3"""
    floor.order("M", perp, SELL, 1_000, 100)
    start(floor, perp)
    assert slices(floor.do(build.set_status(perp, InstrumentStatus.HALTED))) == [(101, 10, "NONE")]
    assert slices(floor.wait(10 * SECOND)) == [(101, 10, "BAD_STATUS")]
    floor.do(build.set_status(perp))
    assert slices(floor.wait(10 * SECOND)) == [(101, 20, "NONE")]


def test_an_account_that_is_liquidated_trades_no_more(floor, perp):
    """X-2, X-1"""
    start(floor, perp)
    floor.wait(0)
    state = floor.machine.state
    row = state.margins[state.accounts[floor.account("A")].margin]
    floor.trade("A", "M", perp, 1_000_000, 100)
    floor.do(build.withdraw(floor.account("A"), 1, 985_000_000), build_margin.set_price(perp, 0, 1))
    floor.do(build_margin.sweep(10))
    assert row.stage != 0
    assert ended(floor.wait(10 * SECOND)) == (60, "BY_LIQUIDATION")
    rows = build_margin.place_twap(floor.account("A"), perp, BUY, 60, SECOND, SECOND)
    assert floor.refusal(rows) == Reject.ACCOUNT_FROZEN


def test_a_second_with_the_same_name_is_a_duplicate(floor, perp):
    """X-1, O-3"""
    number = start(floor, perp, cl_ord_id=b"mine")
    rows = build_margin.place_twap(floor.account("A"), perp, BUY, 60, SECOND, SECOND, cl_ord_id=b"mine")
    (event,) = told(floor.send(rows), Event.REJECTED)
    assert (event["reason"], event["order_id"], event["flags"]) == (Reject.DUPLICATE, number, OrderStatus.FILLED)
    assert floor.refusal(build.cancel_by_cl_ord_id(floor.account("A"), b"mine")) == Reject.UNKNOWN_ORDER


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"side": 3}, Reject.BAD_SIDE),
        ({"stp": Stp.DECREMENT + 1}, Reject.BAD_STP),
        ({"flags": OrderFlag.STOP}, Reject.BAD_FLAGS),
        ({"interval_ns": SECOND - 1}, Reject.BAD_VALUE),
        ({"duration_ns": 0}, Reject.BAD_VALUE),
        ({"duration_ns": TS_MAX}, Reject.BAD_VALUE),
        ({"duration_ns": TWAP_SLICES_MAX * SECOND + 1, "qty_lots": 20_000}, Reject.BAD_VALUE),
        ({"slippage_ppm": -1}, Reject.BAD_VALUE),
        ({"slippage_ppm": 1_000_001}, Reject.BAD_VALUE),
        ({"account_id": 99}, Reject.UNKNOWN_ACCOUNT),
        ({"account_id": 1}, Reject.SYSTEM_ACCOUNT),
        ({"instrument_id": 99}, Reject.UNKNOWN_INSTRUMENT),
        ({"qty_lots": 0}, Reject.BAD_QTY),
        ({"qty_lots": 59}, Reject.QTY_TOO_SMALL),
        ({"qty_lots": QTY_MAX + 1}, Reject.QTY_TOO_LARGE),
        ({"qty_lots": 60 * 1_000_000_001}, Reject.QTY_TOO_LARGE),
        ({"price_ticks": -1}, Reject.BAD_PRICE),
        ({"price_ticks": 1_000_000_001}, Reject.PRICE_TOO_HIGH),
    ],
)
def test_it_is_refused(floor, perp, terms, reason):
    """X-1"""
    given = {
        "account_id": floor.account("A"), "instrument_id": perp, "side": BUY, "qty_lots": 60,
        "duration_ns": 60 * SECOND, "interval_ns": SECOND,
    }  # fmt: skip
    assert floor.refusal(build_margin.place_twap(**(given | terms))) == reason


@pytest.mark.parametrize("limit", [Limit.TWAPS, Limit.DEADLINES, Limit.CLIENT_IDS])
def test_it_needs_rows(floor, perp, limit):
    """X-1"""
    table = floor.machine.state.tables[limit]
    before, table.limit = table.limit, table.live
    rows = build_margin.place_twap(floor.account("A"), perp, BUY, 60, SECOND, SECOND, cl_ord_id=b"mine")
    assert floor.refusal(rows) == Reject.TABLE_FULL
    table.limit = before
    floor.do(rows)


def test_it_needs_an_instrument_that_may_trade(floor, perp):
    """X-1"""
    floor.do(build.set_status(perp, InstrumentStatus.HALTED))
    rows = build_margin.place_twap(floor.account("A"), perp, BUY, 60, SECOND, SECOND)
    assert floor.refusal(rows) == Reject.BAD_STATUS
    head = rows.copy()
    head["tif"][0] = 1
    assert floor.refusal(head) == Reject.BAD_TIF
