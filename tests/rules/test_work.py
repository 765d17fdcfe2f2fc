"""W: what happens around every command; bounded work."""

from emporion.schema.limits import CANCELS_PER_COMMAND, TASKS
from emporion.sim.script import play


def test_time_never_goes_back():
    """W-1"""
    play("""
        accounts A
        place A buy 1 @ 10 gtd for 5s
        wait -3s
        place A buy 1 @ 10 gtd for 5s    // Its end is 2 s after the first command.
        wait 5s
        tick                             -> expired #2
        wait 3s
        tick                             -> expired #1
    """)


def test_a_time_out_of_range_is_passed_over():
    """W-1"""
    stage = play("""
        accounts A
        place A buy 1 @ 10 gtd for 5s
    """)
    now = stage.both.model.venue.now
    for wrong in (-1, 1 << 62, (1 << 63) - 1):
        stage.now_ns = wrong
        stage.play_line("tick -> nothing")
    assert stage.both.model.venue.now == now == stage.both.machine.array[0]["ts_ns"]
    stage.now_ns = (1 << 62) - 1
    stage.play_line("tick -> expired #1")


def test_every_command_takes_a_number_refused_ones_too():
    """W-1"""
    stage = play("""
        accounts A
        place A buy 0 @ 0  -> rejected BAD_QTY
    """)
    before = stage.both.model.venue.seq
    stage.play_line("send 99 -> rejected UNKNOWN_KIND")
    stage.play_line("tick -> nothing")
    assert stage.both.model.venue.seq == before + 2


def test_what_is_due_comes_before_a_refusal():
    """W-2"""
    play("""
        accounts A
        place A buy 1 @ 10 gtd for 5s
        wait 5s
        send 99 -> expired #1, rejected UNKNOWN_KIND
    """)


def test_the_earliest_deadline_first_and_those_together_in_the_order_they_were_set():
    """W-2"""
    play("""
        accounts A B
        place A buy 1 @ 10 gtd for 7s
        place A buy 1 @ 10 gtd for 5s
        deadman B 6s
        place A buy 1 @ 10 gtd for 6s
        wait 9s
        tick -> expired #2, deadman_fired B, expired #3, expired #1
    """)


def test_eight_deadlines_a_command():
    """W-2, W-3"""
    places = "\n".join(["place A buy 1 @ 10 gtd for 5s"] * 10)
    play(f"""
        accounts A
        {places}
        wait 5s
        tick -> {", ".join(f"expired #{number}" for number in range(1, 9))}
        tick -> expired #9, expired #10
        tick -> nothing
    """)


def test_rows_that_are_no_commands():
    """W-4"""
    play("""
        accounts A
        send 0      -> rejected UNKNOWN_KIND account=nobody instrument=0 order=0
        send DATA   -> rejected UNKNOWN_KIND
        send FRAME  -> rejected UNKNOWN_KIND
        send 255    -> rejected UNKNOWN_KIND
    """)


def test_data_rows_must_be_as_many_and_of_the_kind():
    """W-4"""
    play("""
        accounts A
        send TICK | kind=200                          -> rejected BAD_DATA_ROWS
        send PLACE side=9 | kind=200 | kind=200       -> rejected BAD_DATA_ROWS
        send PLACE side=9 | kind=1                    -> rejected BAD_DATA_ROWS
        send PLACE side=9 | kind=200                  -> rejected BAD_SIDE
        send LIST_ASSET                               -> rejected BAD_DATA_ROWS
        send LIST_ASSET | kind=1                      -> rejected BAD_DATA_ROWS
        send LIST_INSTRUMENT | kind=200               -> rejected BAD_DATA_ROWS
        send LIST_INSTRUMENT | kind=200 | kind=201    -> rejected BAD_DATA_ROWS
        send AMEND_INSTRUMENT                         -> rejected BAD_DATA_ROWS
        send CANCEL account_id=77 | kind=200          -> rejected BAD_DATA_ROWS account=77
        send DEPOSIT account_id=77 asset_id=5 | kind=200 -> rejected BAD_DATA_ROWS account=77 asset=5
        send 99 | kind=200                            -> rejected UNKNOWN_KIND
        tick                                          -> nothing
    """)


def test_mass_cancel_newest_first():
    """W-5, W-8"""
    play("""
        accounts A B
        instrument J base=base quote=cash
        status OPEN J
        place A buy 1 @ 10
        place A sell 1 @ 20 on J
        place B buy 1 @ 10
        place A buy 1 @ 30 stop 25
        place A buy 1 @ 10 on J
        mass_cancel A on J sell -> mass_canceled A instrument=J side=sell, canceled #2 1 BY_MASS_CANCEL
        mass_cancel A on I      -> mass_canceled A instrument=I side=none, canceled #4, canceled #1
        mass_cancel A           -> mass_canceled A instrument=0, canceled #5
        mass_cancel A           -> mass_canceled A
        book #3 1 @ 10 |
    """)


def test_mass_cancel_by_the_operator():
    """W-5, W-8"""
    play("""
        place A buy 1 @ 10
        place B buy 1 @ 11
        place A sell 1 @ 20
        place B buy 1 @ 40 stop 30
        mass_cancel all on I      -> rejected BAD_STATUS
        status HALTED
        mass_cancel all on I buy  -> mass_canceled nobody side=buy, canceled #2, canceled #1, canceled #4
        mass_cancel all on I      -> mass_canceled nobody, canceled #3
    """)


def test_mass_cancel_refused():
    """W-8"""
    play("""
        accounts A
        send MASS_CANCEL side=3 account_id=77              -> rejected BAD_SIDE
        send MASS_CANCEL side=-1                           -> rejected BAD_SIDE
        send MASS_CANCEL account_id=77 instrument_id=9     -> rejected UNKNOWN_ACCOUNT
        mass_cancel fees                                   -> rejected SYSTEM_ACCOUNT
        send MASS_CANCEL account_id=A instrument_id=9      -> rejected UNKNOWN_INSTRUMENT
        mass_cancel all                                    -> rejected UNKNOWN_INSTRUMENT
        send MASS_CANCEL instrument_id=9                   -> rejected UNKNOWN_INSTRUMENT
    """)


def test_a_frozen_account_may_mass_cancel():
    """W-8"""
    play("""
        freeze_account A
        mass_cancel A  -> mass_canceled A
    """)


CROWD = "\n".join(["accounts A B"] + ["place A buy 1 @ 10"] * (CANCELS_PER_COMMAND + 2))


def test_a_long_walk_goes_on_with_continue():
    """W-5, W-7"""
    first = ", ".join(f"canceled #{number}" for number in range(CANCELS_PER_COMMAND + 2, 2, -1))
    play(f"""
        {CROWD}
        mass_cancel A -> mass_canceled A, {first}
        pending yes
        place A buy 1 @ 10
        continue      -> canceled #2 1 BY_MASS_CANCEL, canceled #1 1 BY_MASS_CANCEL
        pending no
        book #{CANCELS_PER_COMMAND + 3} 1 @ 10 |
    """)


def test_a_walk_that_looks_at_all_there_is_leaves_no_task():
    """W-5"""
    play(f"""
        {CROWD}
        cancel A #1
        cancel A #2
        mass_cancel A
        pending no
    """)


def test_a_walk_counts_what_it_looks_at_not_what_it_cancels():
    """W-5"""
    play(f"""
        {CROWD}
        mass_cancel A sell -> mass_canceled A side=sell
        pending yes
        continue           -> nothing
        pending no
    """)


def test_a_walk_over_orders_that_ended_meanwhile():
    """W-5"""
    play(f"""
        {CROWD}
        mass_cancel A sell
        cancel A #2
        cancel A #1
        pending yes
        place A sell 1 @ 20
        continue           -> nothing
        pending no
    """)


def test_the_operators_walk_ends_when_the_instrument_opens():
    """W-5"""
    play(f"""
        {CROWD}
        status HALTED
        mass_cancel all on I
        pending yes
        status OPEN
        continue           -> nothing
        pending no
        book #{CANCELS_PER_COMMAND + 1} 1 @ 10, #{CANCELS_PER_COMMAND + 2} 1 @ 10 |
    """)


def test_the_oldest_task_goes_first():
    """W-7"""
    play(f"""
        {CROWD}
        instrument J base=base quote=cash
        mass_cancel A sell
        mass_cancel A on J
        mass_cancel A on I buy
        continue           -> nothing
        continue           -> nothing
        pending yes
        continue           -> canceled #2 1 BY_MASS_CANCEL, canceled #1
        pending no
    """)


def test_no_more_walks_when_the_queue_of_tasks_is_full():
    """W-5, W-8, A-7, A-11"""
    walks = "\n".join(["mass_cancel A sell"] * TASKS)
    play(f"""
        {CROWD}
        {walks}
        mass_cancel B      -> rejected BUSY
        freeze_account B   -> rejected BUSY
        status CLOSED      -> rejected BUSY
        status HALTED      -> status_changed HALTED
        continue           -> nothing
        mass_cancel B      -> mass_canceled B
    """)


def test_a_switch_waits_while_the_queue_of_tasks_is_full():
    """W-2, W-6: and what is due behind it waits with it."""
    walks = "\n".join(["mass_cancel A sell"] * TASKS)
    play(f"""
        {CROWD}
        place B buy 1 @ 10 gtd for 6s
        deadman B 5s
        {walks}
        wait 7s
        tick               -> nothing
        continue           -> nothing
        tick               -> deadman_fired B, canceled #{CANCELS_PER_COMMAND + 3} 1 BY_DEADMAN
    """)


def test_the_dead_mans_switch():
    """W-6"""
    play("""
        place A buy 1 @ 10
        place B buy 1 @ 10
        deadman A 5s       -> deadman_set A
        wait 4s
        deadman A 5s       -> deadman_set A
        wait 4s
        tick               -> nothing
        wait 1s
        tick               -> deadman_fired A, canceled #1 1 BY_DEADMAN
        wait 9s
        tick               -> nothing
        place A buy 1 @ 10 -> accepted #3 1
    """)


def test_the_switch_may_be_turned_off():
    """W-6"""
    play("""
        place A buy 1 @ 10
        deadman A 5s
        deadman A off      -> deadman_set A
        deadman A off      -> deadman_set A
        wait 9s
        tick               -> nothing
    """)


def test_the_switch_is_refused():
    """W-6"""
    play("""
        accounts A
        deadman 77 -1ns                     -> rejected BAD_VALUE
        deadman A 86_400_000_000_001ns      -> rejected BAD_VALUE
        deadman A 1d                        -> deadman_set A
        deadman 77 5s                       -> rejected UNKNOWN_ACCOUNT
        deadman outside 5s                  -> rejected SYSTEM_ACCOUNT
        freeze_account A
        deadman A off                       -> rejected ACCOUNT_FROZEN
    """)


def test_switches_that_fire_together_share_one_commands_work():
    """W-2, W-5"""
    play(f"""
        {CROWD}
        place B buy 1 @ 10
        deadman A 5s
        deadman B 5s
        wait 5s
        tick      -> deadman_fired A, {", ".join(f"canceled #{n}" for n in range(CANCELS_PER_COMMAND + 2, 2, -1))}, deadman_fired B
        continue  -> canceled #2 1 BY_DEADMAN, canceled #1
        continue  -> canceled #{CANCELS_PER_COMMAND + 3} 1 BY_DEADMAN
        pending no
    """)  # noqa: E501


def test_nothing_to_continue():
    """W-7"""
    play("""
        accounts A
        continue -> nothing
    """)
