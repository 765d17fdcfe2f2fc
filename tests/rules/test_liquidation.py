"""Q: sweeps, liquidation in steps, the backstop, deleveraging, insurance."""

import pytest

from emporion.schema import build, build_margin
from emporion.schema.codes import Event, Reject
from emporion.schema.limits import DAY_NS, FEE_PPM_MAX, INSURANCE_ACCOUNT, PPM, RANKS, SWEEP_MAX, VALUE_MAX
from emporion.sim.script import Stage, play
from tests.rules.floor import Floor

# A has a thousand and 50 lots at 100, of which a lot may lose 10: at a mark of 84 it is below maintenance.
BOUGHT = """
    pool   P 100
    fund   A  cash=1_000
    margin A
    margin B
    place  B  sell 50 @ 100  gtc on P
    place  A  buy  50 @ 100  ioc on P
"""


def lived(text: str) -> Stage:
    return play(BOUGHT + text)


# --- Q-1 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"slice_ppm": -1},
        {"slice_ppm": PPM + 1},
        {"slice_min_atoms": VALUE_MAX + 1},
        {"slice_interval_ns": DAY_NS + 1},
        {"backstop_ppm": PPM + 1},
        {"liquidation_fee_ppm": FEE_PPM_MAX + 1},
        {"slice_slippage_ppm": PPM + 1},
    ],
)
def test_terms_have_ranges(wrong):
    """Q-1"""
    assert Floor().refusal(build_margin.set_liquidation(0, **wrong)) == Reject.BAD_VALUE


def test_the_backstop_is_a_margin_account():
    """Q-1"""
    floor = Floor()
    assert floor.refusal(build_margin.set_liquidation(99)) == Reject.UNKNOWN_ACCOUNT
    assert floor.refusal(build_margin.set_liquidation(INSURANCE_ACCOUNT)) == Reject.SYSTEM_ACCOUNT
    floor.do(build.open_account())
    assert floor.refusal(build_margin.set_liquidation(6)) == Reject.NOT_A_MARGIN_ACCOUNT
    floor.do(build_margin.set_margin(6), build_margin.set_liquidation(6, slice_ppm=1, slice_min_atoms=2))
    state = floor.machine.state
    assert (state.backstop_account_id, state.slice_ppm, state.slice_min_atoms) == (6, 1, 2)
    events = floor.do(build_margin.set_liquidation(0))
    assert [event["kind"] for event in events] == [Event.LIQUIDATION_SET]
    assert state.backstop_account_id == 0


def test_the_seventh_number_is_none():
    """Q-1"""
    rows = build_margin.set_liquidation(0)
    rows[1:].view("i8")[6] = 1
    assert Floor().refusal(rows) == Reject.BAD_VALUE


# --- Q-2 -----------------------------------------------------------------------------------------------


def test_a_sweep_goes_round():
    """Q-2"""
    play("""
        sweep 5    -> swept 0 0 amount=0
        margin A
        margin B
        margin C
        sweep 2    -> swept 2 0 amount=8
        sweep 2    -> swept 2 0 amount=7
        sweep 9    -> swept 3 0 amount=7
        sweep 0    -> rejected BAD_VALUE
    """)
    assert Floor().refusal(build_margin.sweep(SWEEP_MAX + 1)) == Reject.BAD_VALUE


def test_a_sweep_finds_who_is_below_maintenance_and_nothing_else_does():
    """Q-2"""
    lived("""
        price  P mark=85
        sweep  -> swept 2 0
        price  P mark=84
        place  A  sell 1 @ 200  gtc on P  -> rejected INSUFFICIENT_MARGIN
        pending no
        sweep  -> liquidation_begun A qty=250 amount=200, swept 2 1
        pending yes
        sweep  -> swept 2 0   // Once is enough.
    """)


# --- Q-3 -----------------------------------------------------------------------------------------------


def test_an_account_that_recovers_in_time_is_left_alone():
    """Q-3"""
    lived("""
        price    P mark=84
        sweep    -> liquidation_begun A, swept 2 1
        place    A  buy 1 @ 50  gtc on P  -> rejected ACCOUNT_FROZEN
        deposit  A  cash 60
        continue -> liquidation_ended A qty=250 amount=260
        place    A  sell 1 @ 150  gtc on P  -> accepted #3 1
    """)


def test_orders_go_first_as_many_as_a_command_may_look_at():
    """Q-3"""
    lived("""
        place    A  sell 1 @ 150  gtc on P
        place    A  buy  1 @ 5    gtc
        place    A  sell 1 @ 60   stop 60 gtc on P
        price    P mark=84
        sweep
        liquidation below=0
        continue -> canceled #5 1 BY_LIQUIDATION, canceled #4 1 BY_LIQUIDATION, canceled #3 1 BY_LIQUIDATION, accepted #6 13 price=83, canceled #6 13 IOC_REMAINDER, liquidation_step A REDUCING 0 13 0, liquidation_step A BACKSTOP
    """)  # noqa: E501


def test_what_was_sold_must_leave_an_eighth_more_than_is_needed():
    """Q-3"""
    lived("""
        liquidation slice=200_000 every=5s below=0
        margin   C
        place    C  buy 50 @ 84  gtc on P
        price    P mark=84
        sweep
        continue -> accepted #4 10 price=83 flags=8, filled #4 #3 84 10 0, position C 10 0, position A 40 -160, liquidation_step A REDUCING 10 0 0
        equity   A  200 maintenance=200   // Enough to be left alone at first, but not now.
        pending  no
        wait     4s
        tick     -> nothing
        pending  no
        wait     1s
        tick     -> nothing
        pending  yes
        continue -> accepted #5 8, filled #5 #3 84 8 0, position C 18 0, position A 32 -128, liquidation_step A REDUCING 8 0 0
        wait     5s
        tick
        continue -> liquidation_ended A qty=160 amount=200
    """)  # noqa: E501


def test_without_an_interval_one_slice_follows_the_other():
    """Q-3"""
    lived("""
        liquidation slice=200_000 every=0s below=0
        margin   C
        place    C  buy 50 @ 84  gtc on P
        price    P mark=84
        sweep
        continue
        continue
        pending  yes
        continue -> liquidation_ended A qty=160 amount=200
        pending  no
    """)


def test_where_no_deadline_finds_room_a_sweep_begins_anew():
    """Q-3"""
    play(
        "limits deadlines=1"
        + BOUGHT
        + """
        liquidation slice=200_000 every=5s below=0
        margin   C
        place    C  buy 10 @ 84  gtc on P
        price    P mark=84
        sweep
        continue -> accepted #4 10, filled #4 #3 84 10 0, position C 10 0, position A 40 -160, liquidation_step A REDUCING 10 0 0, liquidation_ended A qty=200 amount=200
        pending  no
    """  # noqa: E501
    )


# --- Q-4 -----------------------------------------------------------------------------------------------


def test_what_loses_most_in_the_worst_case_goes_first_and_hedges_stay():
    """Q-4"""
    play("""
        pool   P 100  R 100  H 100
        fund   A  cash=700
        margin A
        margin B
        place  B  sell 20 @ 100  gtc on P
        place  B  sell 40 @ 100  gtc on R
        place  B  buy  50 @ 100  gtc on H
        place  A  buy  20 @ 100  ioc on P
        place  A  buy  40 @ 100  ioc on R
        place  A  sell 50 @ 100  ioc on H
        risk   R in G -30 30
        equity A 700 maintenance=450
        liquidation slice=500_000 below=0
        price  P mark=85
        sweep  -> liquidation_begun A qty=450 amount=400, swept 2 1
        continue -> accepted #7 20 price=98 instrument=R, canceled #7 20, liquidation_step A REDUCING 0 20 0 instrument=R, liquidation_step A BACKSTOP
    """)  # noqa: E501


def test_what_is_not_open_is_not_sold():
    """Q-4"""
    lived("""
        liquidation below=0
        price  P mark=84
        sweep
        status HALTED P
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0 -800, position B 0 800, deleveraged B 50 84
    """)  # noqa: E501


BORROWED = """
    group  G
    risk   cash in G 0
    value  cash 1
    risk   base in G -4 4 sale=I
    value  base 10
    margin B
    transfer B lending cash 500_000
    lend   cash 500_000
    fund   A  cash=200
    margin A
    place  B  sell 50 @ 10  gtc
    place  A  buy  40 @ 10  ioc  -> accepted #2 40 amount=200, filled #2 #1 10 40 0
    cancel B #1
    balance A cash free=-200
    equity A 200 maintenance=80
"""


def test_a_coin_is_sold_for_what_its_owner_has_borrowed():
    """Q-4, Q-5"""
    play(
        BORROWED
        + """
        liquidation slice=500_000 every=5s below=0 slippage=100_000 fee=10_000
        value  base 6
        sweep  -> liquidation_begun A qty=80 amount=40, swept 2 1
        place  B  buy 25 @ 6  gtc
        continue -> accepted #4 20 price=6 amount=20, filled #4 #3 6 20 0, liquidation_step A REDUCING 20 0 2 instrument=I
        balance A cash free=-82
        balance insurance cash free=2
        equity A 38 maintenance=40
        wait   5s
        tick
        continue -> accepted #5 10, filled #5 #3 6 5 5, canceled #5 5, liquidation_step A REDUCING 5 5 1
        wait   5s
        tick
        continue -> liquidation_ended A qty=30 amount=37
    """  # noqa: E501
    )


def test_a_debt_is_bought_with_what_there_is():
    """Q-4, Q-5"""
    play("""
        pool   P 100
        asset  eur
        instrument E base=eur quote=cash
        status OPEN E
        risk   eur in G -1 1 sale=E
        value  eur 2
        contract F settle=eur
        status OPEN F
        risk   F in G -10 10
        price  F mark=100 index=100
        fund   A cash=1_400
        fund   B cash=1_000_000 eur=1_000_000
        margin A
        margin B
        place  B  sell 20 @ 100  gtc on F
        place  A  buy  20 @ 100  ioc on F
        price  F mark=70
        place  B  buy  20 @ 70   gtc on F
        place  A  sell 20 @ 70   ioc on F
        balance A eur free=-600
        equity A 200 maintenance=300
        liquidation slice=500_000 every=5s below=0 slippage=0
        sweep  -> liquidation_begun A, swept 2 1
        place  B  sell 500 @ 2  gtc on E
        continue -> accepted #6 300 price=2 amount=601 side=buy, filled #6 #5 2 300 0, liquidation_step A REDUCING 300 0 0
    """)  # noqa: E501


def test_of_what_is_worth_little_all_is_sold():
    """Q-5"""
    lived("""
        liquidation slice=200_000 slice_min=4_201 below=0 slippage=0
        price  P mark=84
        sweep
        continue -> accepted #3 50 price=84, canceled #3 50, liquidation_step A REDUCING 0 50 0, liquidation_step A BACKSTOP
    """)  # noqa: E501


def test_the_fee_leaves_the_account_with_nothing_at_worst():
    """Q-5"""
    lived("""
        liquidation slice=1_000_000 below=0 slippage=100_000 fee=100_000
        margin C
        place  C  buy 50 @ 81  gtc on P
        price  P mark=84
        sweep
        continue -> accepted #4 50 price=76, filled #4 #3 81 50 0, position C 50 0, position A 0 -950, liquidation_step A REDUCING 50 0 50
        balance A cash free=0
        balance insurance cash free=50
        wait   1s
        tick
        continue -> liquidation_ended A qty=0 amount=0
    """)  # noqa: E501


def test_a_slice_tells_everybody_what_it_is():
    """Q-5, P-6"""
    stage = lived("""
        liquidation below=0
        margin C
        place  C  buy 13 @ 84  gtc on P
        price  P mark=84
        sweep
    """)
    fills = [row for row in stage.send(build.continue_work()) if row["kind"] == 11]
    assert [row["flags"] for row in fills] == [5, 6]


# --- Q-6 -----------------------------------------------------------------------------------------------


def test_the_backstop_takes_what_the_book_does_not():
    """Q-6"""
    lived("""
        fund   S  cash=100_000
        margin S
        liquidation backstop=S slice=200_000 below=0 fee=5_000
        price  P mark=84
        sweep
        continue -> accepted #3 10, canceled #3 10, liquidation_step A REDUCING 0 10 0, liquidation_step A BACKSTOP
        continue -> position A 0 -800, position S 50 0, backstop_took A 50 84 21
        continue -> liquidation_ended A qty=0 amount=179
        equity S 100_021 initial=500
    """)


def test_the_backstop_takes_at_once_when_little_is_left():
    """Q-6, Q-3"""
    lived("""
        fund   S  cash=100_000
        margin S
        liquidation backstop=S below=900_000 fee=100_000
        price  P mark=84
        sweep
        continue -> liquidation_step A BACKSTOP, position A 0 -800, position S 50 0, backstop_took A 50 84 200
    """)


@pytest.mark.parametrize(
    "reason",
    [
        "fund S cash=499",  # Too little margin.
        "fund S cash=100_000\nfreeze_account S",
        "fund S cash=100_000\namend_contract P position_max_lots=49",
    ],
)
def test_the_backstop_takes_nothing_it_could_not_order(reason):
    """Q-6"""
    lived(
        """
        REASON
        margin S
        liquidation backstop=S below=1_000_000
        price  P mark=84
        sweep
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0 -800, position B 0 800, deleveraged B 50 84
    """.replace("REASON", reason)  # noqa: E501
    )


# --- Q-7 -----------------------------------------------------------------------------------------------


def test_at_the_mark_while_equity_covers_it():
    """Q-7"""
    lived("""
        liquidation below=1_000_000
        price  P mark=84
        sweep
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0 -800, position B 0 800, deleveraged B 50 84 price=84
        continue -> liquidation_ended A amount=200
    """)  # noqa: E501


def test_at_the_bankruptcy_price_when_it_does_not():
    """Q-7"""
    lived("""
        price  P mark=70
        sweep  -> liquidation_begun A qty=250 amount=-500, swept 2 1
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0 -1_000, position B 0 1_000, deleveraged B 50 80 amount=500
        continue -> liquidation_ended A amount=0
    """)  # noqa: E501


def test_a_short_position_closes_below_the_mark():
    """Q-7"""
    play("""
        pool   P 100
        fund   A  cash=1_000
        margin A
        margin B
        place  B  buy  50 @ 100  gtc on P
        place  A  sell 50 @ 100  ioc on P
        price  P mark=130
        sweep  -> liquidation_begun A qty=250 amount=-500, swept 2 1
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0 -1_000, position B 0 1_000, deleveraged B 50 120 amount=500
    """)  # noqa: E501


def test_prices_stay_within_their_bounds_and_the_rest_is_left():
    """Q-7, Q-8"""
    play("""
        pool   P 100
        fund   A  cash=1_000
        margin A
        margin B
        place  B  buy  50 @ 100  gtc on P
        place  A  sell 50 @ 100  ioc on P
        price  P mark=105
        place  A  buy  1 @ 105 gtc on P
        cancel A #3
        fund   C  cash=1
        price  P mark=119
        value  cash 1
        sweep  -> liquidation_begun A, swept 2 1
        price  P mark=1_000
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0 -1_000, position B 0 1_000, deleveraged B 50 120
    """)  # noqa: E501


RANKED = """
    pool   P 100
    fund   A  cash=1_000
    fund   C  cash=1_000
    fund   D  cash=2_000
    margin A
    margin B
    margin C
    margin D
    place  A  buy 50 @ 100  gtc on P
    place  C  sell 20 @ 100  ioc on P
    place  D  sell 20 @ 100  ioc on P
    place  B  sell 10 @ 100  ioc on P
    liquidation below=1_000_000
"""


def test_who_gained_most_for_what_it_has_is_first():
    """Q-7"""
    play(
        RANKED
        + """
        price  P mark=84
        sweep  -> liquidation_begun A, swept 4 1
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 30 -320, position C 0 320, deleveraged C 20 84, position A 10 -320, position D 0 320, deleveraged D 20 84, position A 0 -160, position B 0 160, deleveraged B 10 84
    """  # noqa: E501
    )


def test_who_is_in_need_is_last():
    """Q-7"""
    stage = play(
        RANKED
        + """
        price  P mark=84
        sweep  -> liquidation_begun A, swept 4 1
    """
    )
    contract = stage.both.machine.state.contracts[1]
    assert [int(row["margin"]) for row in contract.short_ranks[:4]] == [3, 4, 2, 0]
    assert [int(row["margin"]) for row in contract.long_ranks[:2]] == [1, 0]
    assert contract.long_ranks[0].score == -(1 << 62)


def test_an_entry_goes_with_its_position():
    """Q-7"""
    stage = play(
        RANKED
        + """
        price  P mark=90
        sweep
        place  B  sell 25 @ 90  gtc on P
        place  C  buy  20 @ 90  ioc on P
        place  D  buy  5 @ 90   ioc on P
    """
    )
    contract = stage.both.machine.state.contracts[1]
    assert [int(row["margin"]) for row in contract.short_ranks[:3]] == [4, 2, 0]


def test_nobody_ranked_is_waited_for():
    """Q-7"""
    lived("""
        liquidation below=1_000_000
        price  P mark=84
        sweep  1  -> liquidation_begun A, swept 1 1
        continue  -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING
        pending   no
        sweep  1  -> swept 1 0
        wait   1s
        tick
        continue  -> position A 0 -800, position B 0 800, deleveraged B 50 84
    """)


def test_only_so_many_are_ranked():
    """Q-7"""
    floor = Floor()
    contract_id = floor.perpetual()
    floor.account("A")
    for number in range(RANKS + 3):
        floor.account(f"S{number}", 1_000)
        floor.trade("A", f"S{number}", contract_id, 1 + number, 100)
    floor.do(build_margin.set_price(contract_id, 0, 90))
    floor.touch()
    ranks = floor.contract(contract_id).short_ranks
    names = [int(floor.machine.state.margins[row["margin"]].account_id) for row in ranks]
    assert names == [floor.account(f"S{number}") for number in range(RANKS + 2, 2, -1)]
    assert all(first["score"] >= second["score"] for first, second in zip(ranks, ranks[1:], strict=False))


# --- Q-8 -----------------------------------------------------------------------------------------------


def test_insurance_pays_first_and_the_other_side_the_rest():
    """Q-8, Q-7"""
    lived("""
        deposit  B cash 300
        transfer B insurance cash 300
        price  P mark=70
        sweep  -> liquidation_begun A qty=250 amount=-500, swept 2 1
        continue -> liquidation_step A BACKSTOP, insurance_paid A cash 300, liquidation_step A DELEVERAGING, position A 0 -1_300, position B 0 1_300, deleveraged B 50 74 amount=200
        continue -> liquidation_ended A amount=0
        balance insurance cash free=0
    """)  # noqa: E501


def test_with_insurance_enough_the_backstop_takes_at_the_mark():
    """Q-8, Q-6"""
    lived("""
        transfer B insurance cash 501
        fund   S  cash=100_000
        margin S
        liquidation backstop=S
        price  P mark=70
        sweep
        continue -> liquidation_step A BACKSTOP, insurance_paid A cash 500, position A 0 -1_500, position S 50 0, backstop_took A 50 70 0
        continue -> liquidation_ended A amount=0
        balance insurance cash free=1
    """)  # noqa: E501


def test_what_nobody_covers_stays_as_a_debt_and_is_said_once():
    """Q-8"""
    stage = lived("""
        price  P mark=70
        status CLOSED P
        wait   1s
        sweep  -> position_settled A -1_500, liquidation_begun A qty=0 amount=-500, position_settled B 1_500, swept 2 1
        continue -> liquidation_step A BACKSTOP, loss_left A 500, liquidation_ended A amount=-500
        balance A cash free=-500
        sweep  -> swept 2 0
        transfer B insurance cash 1_000
        sweep  -> swept 2 0   // It was final.
        deposit A cash 500
        sweep  -> swept 2 0
    """)
    assert stage.both.machine.state.margins[1].is_spent == 0


def test_who_has_no_position_never_loses():
    """Q-8"""
    lived("""
        margin C
        fund   D  cash=5
        price  P mark=1
        sweep
        continue
        continue
        balance C cash free=1_000_000
        balance D cash free=5
    """)


def test_gains_are_given_up_and_nothing_else():
    """Q-7, Q-8"""
    play("""
        pool   P 100
        fund   A  cash=1_000
        margin A
        margin B
        margin C
        place  B  sell 50 @ 100  gtc on P
        place  A  buy  50 @ 100  ioc on P
        price  P mark=75
        place  B  buy  50 @ 75   gtc on P
        place  C  sell 50 @ 75   ioc on P   // B is out of it; C has sold at 75.
        price  P mark=70
        sweep  -> liquidation_begun A amount=-500, swept 3 1
        continue -> liquidation_step A BACKSTOP, liquidation_step A DELEVERAGING, position A 0, position C 0 0, deleveraged C 50 75 amount=250
        continue -> loss_left A 250, liquidation_ended A
    """)  # noqa: E501


# --- The audit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "row", "field", "value"),
    [
        ("margins", 1, "stage", 0),
        ("margins", 2, "stage", 1),
        ("margins", 1, "next_liquidation", 2),
        ("margins", 2, "ranked", 0),
        ("margins", 2, "ranked", 2),
        ("contracts", 1, "short_ranks", 0),
        ("contracts", 1, "long_ranks", 2),
    ],
)
def test_the_audit_sees_who_waits_and_who_is_ranked(table, row, field, value):
    """Q-3, Q-7"""
    machine = lived("""
        price  P mark=84
        sweep
    """).both.machine
    assert machine.audit() == []
    found = machine.array[table][0, row][field]
    if field.endswith("ranks"):
        found[0]["margin"] = value
    else:
        machine.array[table][0, row][field] = value
    assert machine.audit() != []
