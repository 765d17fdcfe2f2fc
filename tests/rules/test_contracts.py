"""C: contracts: listing, prices, samples, daily settlement, expiry."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.build_margin import list_contract
from emporion.schema.codes import (
    AssetClass,
    ContractKind,
    Event,
    FeeForm,
    InstrumentStatus,
    Limit,
    Link,
    OrderFlag,
    Reject,
)
from emporion.schema.limits import (
    E12,
    INDEX_SAMPLES_MAX,
    PRICE_MAX,
    QTY_MAX,
    RISK_MAX,
    TS_MAX,
    WINDOW_MAX_NS,
)  # fmt: skip
from tests.rules.floor import BUY, CASH, DAY, HOUR, SELL, START_NS, Floor, told

PERPETUAL, FUTURE, CALL, PUT, OUTCOME = ContractKind


@pytest.fixture
def floor() -> Floor:
    return Floor()


# --- C-1 -----------------------------------------------------------------------------------------------


def test_each_kind_is_listed_with_its_class_and_starts_before_the_open(floor):
    """C-1"""
    end = START_NS + DAY
    question = floor.do(build_margin.list_question("Rain?", 2))[0]["order_id"]
    terms = (
        ({"contract_kind": PERPETUAL}, AssetClass.PERPETUAL),
        ({"contract_kind": FUTURE, "expiry_ns": end}, AssetClass.FUTURE),
        ({"contract_kind": CALL, "expiry_ns": end, "strike_ticks": 100}, AssetClass.OPTION),
        ({"contract_kind": PUT, "expiry_ns": end, "strike_ticks": 100}, AssetClass.OPTION),
        (
            {"contract_kind": OUTCOME, "one_ticks": 1_000, "question_id": question, "price_max_ticks": 999},
            AssetClass.EVENT,
        ),
    )
    for number, (given, asset_class) in enumerate(terms, 1):
        events = floor.do(list_contract("X", CASH, **given))
        assert told(events, Event.INSTRUMENT_LISTED) == [
            {"instrument_id": number, "asset_id": CASH, "flags": given["contract_kind"]}
        ]
        row = floor.machine.state.instruments[number]
        assert (row.asset_class, row.status, row.base_asset_id) == (asset_class, InstrumentStatus.PRE_OPEN, 0)
        assert floor.machine.state.risks[floor.contract(number).risk].instrument_id == number


@pytest.mark.parametrize(
    "terms",
    [
        {"funding_interval_ns": 999_999_999},
        {"funding_interval_ns": DAY + 1},
        {"impact_notional_atoms": -1},
        {"expiry_ns": START_NS + 1},
        {"window_ns": 1},
        {"strike_ticks": 1},
        {"one_ticks": 2},
        {"question_id": 1},
        {"outcome": 1},
        {"fee_form": FeeForm.BINARY},
        {"fee_form": 2},
        {"name": ""},
        {"atoms_per_tick_lot": 0},
        {"qty_min_lots": 0},
        {"price_max_ticks": PRICE_MAX + 1},
        {"caps": {"position_max_lots": 0}},
        {"caps": {"position_max_lots": QTY_MAX + 1}},
        {"caps": {"open_interest_max_lots": 0}},
        {"caps": {"open_interest_max_lots": RISK_MAX // 10**9 + 1}},
        {"caps": {"divisor": 0}},
        {"caps": {"divisor": 1_000_001}},
        {"caps": {"interest_e12": E12 + 1}},
        {"caps": {"interest_e12": -E12 - 1}},
        {"caps": {"clamp_e12": -1}},
        {"caps": {"cap_e12": E12 + 1}},
    ],
    ids=str,
)
def test_a_perpetual_has_its_own_terms_and_no_others(floor, terms):
    """C-1, C-2"""
    before = floor.machine.state.tables["live"].copy()
    assert floor.refusal(list_contract(terms.pop("name", "X"), CASH, **terms)) == Reject.BAD_VALUE
    assert (floor.machine.state.tables["live"] == before).all()


@pytest.mark.parametrize(
    "terms",
    [
        {"expiry_ns": START_NS},
        {"expiry_ns": TS_MAX + 1},
        {"window_ns": -1},
        {"window_ns": WINDOW_MAX_NS + 1},
        {"strike_ticks": 0},
        {"strike_ticks": 1_000_000_001},
        {"funding_interval_ns": HOUR},
        {"impact_notional_atoms": 1},
        {"caps": {"clamp_e12": 1}},
        {"caps": {"cap_e12": 1}},
        {"caps": {"interest_e12": -1}},
    ],
    ids=str,
)
def test_an_option_has_its_own_terms_and_no_others(floor, terms):
    """C-1, C-2"""
    given = {"expiry_ns": START_NS + DAY, "strike_ticks": 100} | terms
    assert floor.refusal(list_contract("X", CASH, CALL, **given)) == Reject.BAD_VALUE


def test_an_outcome_is_one_of_an_open_question_and_listed_once(floor):
    """C-1"""

    def outcome(question, number=0, **terms):
        given = {"one_ticks": 1_000, "price_max_ticks": 999} | terms
        return list_contract("X", CASH, OUTCOME, question_id=question, outcome=number, **given)

    floor.do(build_margin.list_question("Rain?", 2), build_margin.list_question("Who?", 3, HOUR))
    assert floor.refusal(outcome(3)) == Reject.UNKNOWN_QUESTION
    assert floor.refusal(outcome(0)) == Reject.UNKNOWN_QUESTION
    assert floor.refusal(outcome(1, 1)) == Reject.BAD_VALUE  # NO is the sale of YES.
    assert floor.refusal(outcome(2, 3)) == Reject.BAD_VALUE
    assert floor.refusal(outcome(1, one_ticks=999)) == Reject.BAD_VALUE
    assert floor.refusal(outcome(1, price_max_ticks=1_000)) == Reject.BAD_VALUE
    assert floor.refusal(outcome(1, fee_form=2)) == Reject.BAD_VALUE
    assert floor.refusal(outcome(1, expiry_ns=START_NS + 1)) == Reject.BAD_VALUE
    floor.do(outcome(1, fee_form=FeeForm.BINARY), outcome(2, 2))
    assert floor.refusal(outcome(1)) == Reject.BAD_VALUE
    floor.do(build_margin.propose_outcome(2, [0, 1_000, 0]))
    assert floor.refusal(outcome(2, 1)) == Reject.BAD_STATUS


def test_listing_needs_what_it_settles_in_and_room(floor):
    """C-1"""
    assert floor.refusal(list_contract("X", 2)) == Reject.UNKNOWN_ASSET
    for limit in (Limit.INSTRUMENTS, Limit.CONTRACTS, Limit.RISKS, Limit.DEADLINES, Limit.BALANCES):
        full = Floor()
        table = full.machine.state.tables[limit]
        table.limit = table.live + (1 if limit == Limit.BALANCES else 0)  # Fees and clearing have none yet.
        assert full.refusal(list_contract("X", CASH)) == Reject.TABLE_FULL, limit.name


def test_a_class_that_is_not_the_kinds_and_a_base_are_refused(floor):
    """C-1"""
    for field, value in (("asset_class", AssetClass.COIN), ("base_asset_id", CASH), ("base_atoms_per_lot", 1)):
        rows = list_contract("X", CASH)
        rows.view(build_margin.INSTRUMENT_TERMS)[field][1] = value
        assert floor.refusal(rows) == Reject.BAD_VALUE, field
    rows = list_contract("X", CASH)
    rows.view(build_margin.CONTRACT_TERMS)["contract_kind"][3] = 6
    assert floor.refusal(rows) == Reject.BAD_VALUE


# --- C-2, C-3 --------------------------------------------------------------------------------------------


def test_caps_are_amended(floor):
    """C-2"""
    perpetual = floor.perpetual()
    floor.do(build.list_asset("gold", 0), build.list_instrument("GOLD", 2, CASH))
    events = floor.do(build_margin.amend_contract(perpetual, position_max_lots=5, interest_e12=7, divisor=3))
    assert told(events, Event.CONTRACT_AMENDED) == [{"instrument_id": perpetual}]
    row = floor.contract(perpetual)
    assert (row.position_max_lots, row.interest_e12, row.divisor) == (5, 7, 3)
    assert floor.refusal(build_margin.amend_contract(perpetual, position_max_lots=0)) == Reject.BAD_VALUE
    assert floor.refusal(build_margin.amend_contract(3)) == Reject.UNKNOWN_INSTRUMENT
    assert floor.refusal(build_margin.amend_contract(2, position_max_lots=0)) == Reject.NOT_A_CONTRACT
    floor.close(perpetual)
    assert floor.refusal(build_margin.amend_contract(perpetual)) == Reject.BAD_STATUS


def test_no_product_of_caps_and_prices_may_wrap(floor):
    """C-2"""
    perpetual = floor.perpetual(price_max_ticks=1_000, qty_max_lots=1_000)
    most = RISK_MAX // 1_000
    floor.do(build_margin.amend_contract(perpetual, open_interest_max_lots=most))
    assert floor.refusal(build_margin.amend_contract(perpetual, position_max_lots=most + 1)) == Reject.BAD_VALUE
    # Nor may a position be larger than its array can tell.
    assert floor.refusal(build_margin.amend_contract(perpetual, position_max_lots=10**9 + 1)) == Reject.POSITION_LIMIT
    assert floor.refusal(build.amend_instrument(perpetual, price_max_ticks=1_001, qty_max_lots=1)) == Reject.BAD_VALUE
    floor.do(build.amend_instrument(perpetual, price_max_ticks=100, qty_max_lots=1))
    assert floor.refusal(build.amend_instrument(perpetual, price_max_ticks=99, qty_max_lots=1)) == Reject.BAD_VALUE
    assert floor.refusal(build.amend_instrument(perpetual, price_max_ticks=100, qty_min_lots=0)) == Reject.BAD_VALUE
    far = floor.perpetual(mark=100, index=150)
    assert floor.refusal(build.amend_instrument(far, price_max_ticks=149)) == Reject.BAD_VALUE
    floor.do(build.amend_instrument(far, price_max_ticks=150))


def test_the_largest_price_stays_at_or_above_strike_and_below_one(floor):
    """C-2"""
    call = floor.future(START_NS + DAY, 10, 20, contract_kind=CALL, strike_ticks=30)
    assert floor.refusal(build.amend_instrument(call, price_max_ticks=29)) == Reject.BAD_VALUE
    floor.do(build.amend_instrument(call, price_max_ticks=30))
    floor.do(build_margin.list_question("Rain?", 2))
    rain = floor.outcome(1)
    assert floor.refusal(build.amend_instrument(rain, price_max_ticks=1_000)) == Reject.BAD_VALUE
    floor.do(build.amend_instrument(rain, price_max_ticks=998))


def test_a_closed_contract_ends_at_its_mark_and_an_outcome_is_not_closed(floor):
    """C-3, C-8"""
    perpetual = floor.perpetual(mark=110)
    floor.trade("A", "B", perpetual, 10, 100)
    floor.order("A", perpetual, BUY, 1, 90)
    events = floor.close(perpetual)
    assert [event["kind"] for event in events] == [Event.STATUS_CHANGED, Event.EXPIRED_CONTRACT, Event.CANCELED]
    assert told(events, Event.STATUS_CHANGED) == [{"instrument_id": perpetual, "flags": InstrumentStatus.CLOSED}]
    assert told(events, Event.EXPIRED_CONTRACT) == [{"instrument_id": perpetual, "price_ticks": 110}]
    assert events[-1]["reason"] == Reject.BY_CLOSE
    assert floor.contract(perpetual).deadline == 0 and floor.contract(perpetual).is_settled == 1
    settled = told(floor.touch("A"), Event.POSITION_SETTLED)
    assert settled == [
        {"account_id": floor.account("A"), "instrument_id": perpetual, "asset_id": CASH, "price_ticks": 110,
         "qty_lots": 10, "amount_atoms": 100}
    ]  # fmt: skip
    floor.do(build_margin.list_question("Rain?", 2))
    assert floor.refusal(build.set_status(floor.outcome(1), InstrumentStatus.CLOSED)) == Reject.BAD_STATUS


def test_a_contract_without_a_mark_ends_at_nothing(floor):
    """C-8"""
    number = floor.do(list_contract("X", CASH))[0]["instrument_id"]
    assert told(floor.close(number), Event.EXPIRED_CONTRACT) == [{"instrument_id": number}]


# --- C-4 -----------------------------------------------------------------------------------------------


def test_a_price_of_0_keeps_the_one_that_is(floor):
    """C-4"""
    perpetual = floor.perpetual(mark=0, index=0)
    epoch = floor.machine.state.epoch
    events = floor.do(build_margin.set_price(perpetual, 70))
    assert told(events, Event.PRICE_SET) == [{"instrument_id": perpetual, "qty_lots": 70}]
    events = floor.do(build_margin.set_price(perpetual, 0, 60))
    assert told(events, Event.PRICE_SET) == [{"instrument_id": perpetual, "qty_lots": 70, "price_ticks": 60}]
    assert floor.machine.state.epoch == epoch + 2
    events = floor.do(build_margin.set_value(CASH, 2))
    assert told(events, Event.PRICE_SET) == [{"asset_id": CASH, "amount_atoms": 2}]
    assert floor.machine.state.epoch == epoch + 3


def test_what_is_no_price_is_refused(floor):
    """C-4"""
    perpetual = floor.perpetual(price_max_ticks=1_000)
    floor.do(build.list_asset("gold", 0), build.list_instrument("GOLD", 2, CASH), build_margin.list_question("R?", 2))
    rain = floor.outcome(1)
    set_price = build_margin.set_price

    def changed(rows, **fields):
        for name, value in fields.items():
            rows.view(build_margin.MARGIN_COMMAND)[name][0] = value
        return rows

    bad = (
        set_price(perpetual), set_price(perpetual, -1, 5), set_price(perpetual, 5, -1), set_price(perpetual, 1_001),
        set_price(perpetual, 0, 1_001), set_price(0, 5), changed(set_price(perpetual, 5), asset_id=CASH),
        changed(set_price(perpetual, 5), value_atoms=5), set_price(rain, 5, 5),
        changed(build_margin.set_value(CASH, 5), mark_price_ticks=5), build_margin.set_value(CASH, 0),
        build_margin.set_value(CASH, 10**4), build_margin.set_value(2, -1),
    )  # fmt: skip
    for rows in bad:
        assert floor.refusal(rows) == Reject.BAD_VALUE, rows
    assert floor.refusal(build_margin.set_value(3, 5)) == Reject.UNKNOWN_ASSET
    assert floor.refusal(set_price(9, 5)) == Reject.UNKNOWN_INSTRUMENT
    assert floor.refusal(set_price(-1, 5)) == Reject.UNKNOWN_INSTRUMENT
    assert floor.refusal(set_price(2, 5)) == Reject.NOT_A_CONTRACT
    assert floor.refusal(build_margin.set_value(2, 5)) == Reject.NO_MARK
    floor.close(perpetual)
    assert floor.refusal(set_price(perpetual, 5)) == Reject.BAD_STATUS


def test_orders_wait_for_the_first_mark(floor):
    """C-4"""
    perpetual = floor.perpetual(mark=0)
    account = floor.account("A")
    assert floor.refusal(build.place(account, perpetual, BUY, 1, 100)) == Reject.NO_MARK
    floor.do(build_margin.set_price(perpetual, 0, 100))
    floor.do(build.place(account, perpetual, BUY, 1, 100))


# --- C-5 to C-8 ------------------------------------------------------------------------------------------


def test_the_final_price_is_the_average_of_the_index_in_the_window(floor):
    """C-5, C-7"""
    expiry = START_NS + 2 * HOUR
    future = floor.future(expiry, window_ns=HOUR, index=500)  # Before the window: no part of the average.
    floor.trade("A", "B", future, 3, 100)
    floor.now_ns = expiry - HOUR
    for index in (100, 101, 103):
        floor.do(build_margin.set_price(future, index))
        floor.now_ns += 1
    floor.do(build_margin.set_price(future, 0, 140))  # No index: no sample.
    floor.order("A", future, BUY, 1, 90)
    events = floor.wait(expiry - floor.now_ns)
    assert told(events, Event.EXPIRED_CONTRACT) == [
        {"instrument_id": future, "price_ticks": 101, "qty_lots": 3, "leaves_lots": 101}
    ]
    assert events[-1]["kind"] == Event.CANCELED and events[-1]["reason"] == Reject.BY_EXPIRY
    gains = {row["account_id"]: row.get("amount_atoms", 0) for row in told(floor.touch(), Event.POSITION_SETTLED)}
    # What A gained up to 140 became cash when its order was looked at in a new hour; B was not looked at since.
    assert gains == {floor.accounts["A"]: 3 * (101 - 140), floor.accounts["B"]: 3 * (100 - 101)}
    assert floor.contract(future).clearing_atoms == 0 and floor.contract(future).open_interest_lots == 0
    assert (floor.cash("A"), floor.cash("B"), floor.cash("clearing")) == (10**9 + 3, 10**9 - 3, 0)
    assert floor.refusal(build.place(floor.accounts["A"], future, SELL, 1, 100)) == Reject.BAD_STATUS


@pytest.mark.parametrize(
    ("kind", "index", "final"), [(CALL, 130, 30), (CALL, 100, 0), (CALL, 70, 0), (PUT, 130, 0), (PUT, 70, 30)]
)
def test_an_option_ends_at_what_it_is_worth_in_the_money(floor, kind, index, final):
    """C-7: without samples it is the last index."""
    option = floor.future(START_NS + HOUR, 10, index, contract_kind=kind, strike_ticks=100)
    floor.trade("A", "B", option, 2, 10)
    events = told(floor.wait(HOUR), Event.EXPIRED_CONTRACT)
    assert [event.get("price_ticks", 0) for event in events] == [final]
    floor.touch()
    # The premium was entry cost: the buyer has paid it when all is done.
    assert floor.cash("A") == 10**9 + 2 * (final - 10)
    assert floor.cash("A") + floor.cash("B") == 2 * 10**9


@pytest.mark.parametrize("kind", [FUTURE, CALL, PUT])
def test_without_any_index_the_mark_is_the_final_price(floor, kind):
    """C-7"""
    strike = {"strike_ticks": 50} if kind != FUTURE else {}
    number = floor.future(START_NS + HOUR, 40, 0, contract_kind=kind, **strike)
    assert told(floor.wait(HOUR), Event.EXPIRED_CONTRACT) == [{"instrument_id": number, "price_ticks": 40}]


def test_samples_beyond_the_most_are_left_out(floor):
    """C-5"""
    future = floor.future(START_NS + HOUR, window_ns=HOUR)
    row = floor.contract(future)
    assert row.index_samples == 1
    row.index_samples, row.index_sum = INDEX_SAMPLES_MAX, INDEX_SAMPLES_MAX * 100
    floor.do(build_margin.set_price(future, 900))
    assert (row.index_samples, row.index_sum) == (INDEX_SAMPLES_MAX, INDEX_SAMPLES_MAX * 100)


def test_futures_have_a_daily_price_at_eight(floor):
    """C-6"""
    expiry = START_NS + 3 * DAY + 8 * HOUR
    future = floor.future(expiry)
    assert floor.contract(future).next_due_ns == START_NS + 8 * HOUR
    assert told(floor.wait(8 * HOUR - 1), Event.DAILY_SETTLED) == []
    assert told(floor.wait(1), Event.DAILY_SETTLED) == [{"instrument_id": future, "price_ticks": 100}]
    floor.do(build_margin.set_price(future, 0, 130))
    # Two days missed are one price; at the expiry there is none.
    assert told(floor.wait(2 * DAY + HOUR), Event.DAILY_SETTLED) == [{"instrument_id": future, "price_ticks": 130}]
    assert floor.contract(future).daily_ticks == 130
    events = floor.wait(expiry - floor.now_ns)
    assert told(events, Event.DAILY_SETTLED) == [] and len(told(events, Event.EXPIRED_CONTRACT)) == 1


def test_without_a_mark_there_is_no_daily_price(floor):
    """C-6"""
    floor.future(START_NS + DAY, mark=0, index=0)
    assert told(floor.wait(9 * HOUR), Event.DAILY_SETTLED) == []


def test_what_is_due_together_comes_in_the_order_of_listing(floor):
    """W-2, C-6: also when one command set them all."""
    futures = [floor.future(START_NS + 9 * DAY) for _ in range(5)]
    for _ in range(3):
        events = told(floor.wait(DAY), Event.DAILY_SETTLED)
        assert [event["instrument_id"] for event in events] == futures


def test_an_expiry_waits_for_a_place_in_the_task_queue(floor):
    """C-7"""
    future = floor.future(START_NS + HOUR, window_ns=HOUR)
    floor.machine.state.task_count = 64
    floor.now_ns += HOUR
    rows = build.stamp(build_margin.set_price(future, 500), floor.now_ns)
    assert floor.machine.apply(rows)["kind"].tolist() == [Event.PRICE_SET]  # The window has ended all the same.
    assert floor.contract(future).index_samples == 1
    floor.machine.state.task_count = 0
    assert told(floor.wait(0), Event.EXPIRED_CONTRACT)[0]["instrument_id"] == future


def test_orders_that_wait_end_with_the_contract_too(floor):
    """C-8, W-5: by the mark, by the index, by trades, trailing, and asleep behind a parent."""
    future = floor.future(START_NS + HOUR)
    account = floor.account("A")
    stop, mark, index = OrderFlag.STOP, OrderFlag.ON_MARK, OrderFlag.ON_INDEX
    for flags in (stop, stop | mark, stop | index):
        for side, trigger in ((BUY, 150), (SELL, 50)):
            floor.do(build.place(account, future, side, 1, trigger, flags=flags, trigger_price_ticks=trigger))
    trail = {"trigger_price_ticks": 150, "trail_ticks": 50}
    floor.do(build.place(account, future, BUY, 1, 150, flags=stop | mark, **trail))
    parent = floor.do(build.place(account, future, BUY, 1, 90))[0]["order_id"]
    child = {"trigger_price_ticks": 50, "related_id": parent, "link": Link.CHILD}
    floor.do(build.place(account, future, SELL, 1, 50, flags=stop | OrderFlag.REDUCE_ONLY, **child))
    events = floor.wait(HOUR)
    assert len(told(events, Event.CANCELED)) == 9
    assert not floor.machine.pending() and floor.machine.state.tables[Limit.ORDERS].live == 0
