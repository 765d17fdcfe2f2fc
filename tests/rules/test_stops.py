"""T: orders that wait for a price."""

from emporion.sim.script import play


def test_a_buy_stop_waits_for_a_trade_at_or_above():
    """T-1"""
    play("""
        place A buy 2 @ 12 stop 11  -> accepted #1 2 price=12 amount=25 flags=4
        place B sell 1 @ 10
        place C buy 1 @ 10          -> accepted #3 1, filled #3 #2 10 1 0
        stops #1 2 @ 11 |
        place B sell 1 @ 11
        place C buy 1 @ 11          -> accepted #5 1, filled #5 #4 11 1 0, triggered #1 2 price=12 qty=2 account=A instrument=I side=buy
        stops |
        book #1 2 @ 12 |
        balance A cash free=999_975 held=25
    """)  # noqa: E501


def test_a_sell_stop_waits_for_a_trade_at_or_below():
    """T-1"""
    play("""
        place A sell 2 @ 8 stop 9   -> accepted #1 2 amount=2 asset=base
        place B buy 2 @ 9
        place C sell 1 @ 9          -> accepted #3 1, filled #3 #2 9 1 0, triggered #1 2, filled #1 #2 9 1 1
        book | #1 1 @ 8
        balance A base free=999_998 held=1
    """)


def test_a_stop_market_becomes_an_immediate_order_at_its_protection():
    """T-1, T-5"""
    play("""
        instrument I band_ppm=100_000
        place A buy 3 market ioc stop 100 -> accepted #1 3 price=110 amount=331
        place B sell 1 @ 100
        place B sell 1 @ 110
        place B sell 1 @ 100
        place C buy 1 @ 100 -> accepted #5 1, filled #5 #2 100 1 0, triggered #1 3 price=110, filled #1 #4 100 1 2, filled #1 #3 110 1 1, canceled #1 1 IOC_REMAINDER amount=0
        balance A cash free=999_790 held=0
    """)  # noqa: E501


def test_a_stop_limit_ioc_does_not_rest():
    """T-5"""
    play("""
        place A buy 3 @ 10 ioc stop 10
        place B sell 2 @ 10
        place C buy 1 @ 10 -> accepted #3 1, filled #3 #2 10 1 0, triggered #1 3, filled #1 #2 10 1 2, canceled #1 2 IOC_REMAINDER
    """)  # noqa: E501


def test_a_stop_the_last_trade_would_trigger_is_refused():
    """T-2"""
    play("""
        place B sell 1 @ 10
        place C buy 1 @ 10
        place A buy 1 @ 12 stop 10  -> rejected WOULD_TRIGGER
        place A buy 1 @ 12 stop 9   -> rejected WOULD_TRIGGER
        place A buy 1 @ 12 stop 11  -> accepted #3 1
        place A sell 1 @ 8 stop 10  -> rejected WOULD_TRIGGER
        place A sell 1 @ 8 stop 9   -> accepted #4 1
    """)


def test_with_no_trade_yet_any_trigger_is_taken():
    """T-2"""
    play("""
        place A buy 1 @ 12 stop 1
        place A sell 1 @ 8 stop 1000
        stops #1 1 @ 1 | #2 1 @ 1000
    """)


def test_a_stop_that_waits_is_in_nobodys_way():
    """T-1"""
    play("""
        place A buy 1 @ 12 stop 20
        place B sell 1 @ 10 -> accepted #2 1
        book | #2 1 @ 10
        cancel A #1         -> canceled #1 1 BY_OWNER price=12 amount=13
    """)


def test_stops_fire_lowest_trigger_first_then_oldest():
    """T-4"""
    play("""
        place A buy 1 @ 20 stop 12
        place A buy 1 @ 20 stop 11
        place A buy 1 @ 20 stop 11
        place B sell 1 @ 12
        place C buy 1 @ 12 -> accepted #5 1, filled #5 #4 12 1 0, triggered #2, triggered #3, triggered #1
    """)


def test_a_replaced_stop_fires_behind_those_at_its_trigger():
    """T-4, O-7"""
    play("""
        place A buy 1 @ 20 stop 11
        place A buy 1 @ 20 stop 11
        replace A #1 2
        place B sell 1 @ 12
        place C buy 1 @ 12 -> accepted #4 1, filled #4 #3 12 1 0, triggered #2, triggered #1
    """)


def test_of_a_buy_and_a_sell_stop_at_one_trigger_the_older_entry_fires_first():
    """T-4"""
    play("""
        place A sell 1 @ 30 stop 11
        place B buy 1 @ 5 stop 11
        place B sell 1 @ 11
        place C buy 1 @ 11 -> accepted #4 1, filled #4 #3 11 1 0, triggered #1, triggered #2
    """)
    play("""
        place B buy 1 @ 5 stop 11
        place A sell 1 @ 30 stop 11
        place B sell 1 @ 11
        place C buy 1 @ 11 -> accepted #4 1, filled #4 #3 11 1 0, triggered #1, triggered #2
    """)


def test_what_a_fired_stop_trades_may_fire_others():
    """T-4"""
    play("""
        place A buy 1 @ 20 stop 10
        place A buy 1 @ 20 stop 12
        place B sell 1 @ 10
        place B sell 1 @ 12
        place C buy 1 @ 10 -> accepted #5 1, filled #5 #3 10 1 0, triggered #1, filled #1 #4 12 1 0, triggered #2
    """)


def test_the_whole_range_of_trades_counts():
    """T-3: a sweep that goes up and a stop that goes down, both are seen when the command is complete."""
    play("""
        place A buy 1 @ 9 stop 14
        place A sell 1 @ 30 stop 11
        place B sell 1 @ 10
        place B sell 1 @ 15
        place C buy 2 @ 15 -> accepted #5 2, filled #5 #3 10 1 1, filled #5 #4 15 1 0, triggered #2, triggered #1
    """)


MANY = "\n".join(["accounts A B C"] + ["place A buy 1 @ 5 stop 10"] * 20 + ["place B sell 1 @ 10"])
TRIGGERED = [f"triggered #{number}" for number in range(1, 21)]


def test_one_command_fires_eight_and_continue_the_rest():
    """T-4, W-7"""
    play(f"""
        {MANY}
        place C buy 1 @ 10 -> accepted #22 1, filled #22 #21 10 1 0, {", ".join(TRIGGERED[:8])}
        pending yes
        continue -> {", ".join(TRIGGERED[8:16])}
        pending yes
        continue -> {", ".join(TRIGGERED[16:])}
        pending no
        continue -> nothing
    """)


def test_stops_still_to_fire_go_before_the_next_order_and_after_it():
    """T-4"""
    play(f"""
        {MANY}
        place C buy 1 @ 10
        place C sell 1 @ 30 -> {", ".join(TRIGGERED[8:16])}, accepted #23 1, {", ".join(TRIGGERED[16:])}
        pending no
    """)


def test_they_go_before_and_after_an_order_that_is_refused():
    """T-4"""
    play(f"""
        {MANY}
        place C buy 1 @ 10
        place C sell 0 @ 30 -> {", ".join(TRIGGERED[8:16])}, rejected BAD_QTY, {", ".join(TRIGGERED[16:])}
        pending no
    """)


def test_they_go_before_a_cancel_or_a_replace():
    """T-4"""
    play(f"""
        {MANY}
        place C buy 1 @ 10
        cancel B #20     -> {", ".join(TRIGGERED[8:16])}, rejected UNKNOWN_ORDER
        replace A #20 2  -> {", ".join(TRIGGERED[16:])}, replaced #20 2
        pending no
    """)


def test_they_go_before_a_cancel_by_client_id():
    """T-4"""
    play(f"""
        place C buy 1 @ 3 as x
        {MANY.replace("accounts A B C", "")}
        place C buy 1 @ 10
        cancel A id:x   -> rejected UNKNOWN_ORDER
        cancel C id:x   -> {", ".join(f"triggered #{number}" for number in range(10, 18))}, canceled #1 1
        replace C id:x 2 -> rejected UNKNOWN_ORDER
        pending yes
    """)


def test_a_stop_about_to_fire_may_fire_before_its_cancel():
    """T-4"""
    play("""
        accounts A B C D
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place B sell 1 @ 12
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place A buy 1 @ 12 stop 10
        place D sell 1 @ 10
        place C buy 1 @ 10
        stops #18 1 @ 10 |
        cancel A #18 -> triggered #18, filled #18 #9 12 1 0, rejected UNKNOWN_ORDER
    """)


def test_no_new_stop_while_others_are_still_to_fire():
    """O-1, T-3"""
    stops = "\n".join(["place A buy 1 @ 5 stop 10"] * 17)
    play(f"""
        accounts A B C
        {stops}
        place B sell 1 @ 10
        place C buy 1 @ 10
        status PRE_OPEN
        place A sell 1 @ 5 stop 4 -> rejected TRIGGERS_PENDING
        pending no
        status OPEN
        pending yes
        place A sell 1 @ 5 stop 4 -> {", ".join(TRIGGERED[8:16])}, rejected TRIGGERS_PENDING, triggered #17
        place A sell 1 @ 5 stop 4 -> accepted #20 1
    """)


def test_an_instrument_that_is_not_open_fires_nothing():
    """T-4, A-7"""
    play(f"""
        {MANY}
        place C buy 1 @ 10
        status HALTED
        pending no
        continue       -> nothing
        place C buy 1 @ 10 -> rejected BAD_STATUS
        status OPEN
        pending yes
        continue       -> {", ".join(TRIGGERED[8:16])}
    """)


def test_when_the_last_due_stop_is_cancelled_the_range_stays_until_firing_finds_none():
    """T-3"""
    stops = "\n".join(["place A buy 1 @ 5 stop 10"] * 9)
    play(f"""
        accounts A B C
        {stops}
        place B sell 1 @ 10
        place C buy 1 @ 10
        status PRE_OPEN
        cancel A #9             -> canceled #9 1
        place A buy 1 @ 5 stop 11 -> rejected TRIGGERS_PENDING
        status OPEN
        pending yes
        continue -> nothing
        pending no
        place A buy 1 @ 5 stop 11 -> accepted #12 1
        stops #12 1 @ 11 |
    """)


def test_instruments_fire_in_the_order_they_came_to_the_queue():
    """T-4, W-7"""
    stops = "\n".join(["place A buy 1 @ 5 stop 10 on J"] * 9 + ["place A buy 1 @ 5 stop 10"] * 9)
    play(f"""
        accounts A B C
        instrument J base=base quote=cash
        status OPEN J
        {stops}
        place B sell 1 @ 10 on J
        place B sell 1 @ 10
        place C buy 1 @ 10
        place C buy 1 @ 10 on J
        continue -> triggered #18
        continue -> triggered #9
        pending no
    """)


def test_an_expired_stop_does_not_fire():
    """T-5: more deadlines are due than one command works off; two of the ten are left to fire."""
    stops = "\n".join(["place A buy 1 @ 5 gtd stop 10 for 5s"] * 10)
    play(f"""
        accounts A B C
        {stops}
        place B sell 1 @ 10
        wait 5s
        place C buy 1 @ 10 -> {", ".join(f"expired #{number}" for number in range(1, 9))}, accepted #12 1, filled #12 #11 10 1 0, expired #9 1, expired #10 1 amount=6
    """)  # noqa: E501


def test_a_waiting_stop_expires_by_its_deadline():
    """O-10, T-1"""
    play("""
        accounts A
        place A sell 1 @ 9 gtd stop 10 for 5s
        wait 5s
        tick -> expired #1 1 price=9 amount=1 asset=base
        stops |
    """)


def test_a_fired_stop_meets_its_masters_orders_as_any_order_does():
    """T-5, M-5"""
    play("""
        place A buy 2 @ 12 stop 10 stp cancel_taker
        place A sell 1 @ 12
        place B sell 1 @ 10
        place C buy 1 @ 10 -> accepted #4 1, filled #4 #3 10 1 0, triggered #1 2, canceled #1 2 SELF_TRADE amount=0
        book | #2 1 @ 12
    """)


def test_a_fired_stop_that_finds_no_room_is_cancelled():
    """T-5: the first to fire finds both leaves taken; it leaves room for the second."""
    play("""
        limits leaves=2
        place A buy 1 @ 500 stop 1_000
        place A buy 2 @ 700 stop 1_000
        place B sell 2 @ 1_000
        place C buy 1 @ 1_000 ioc -> accepted #4 1, filled #4 #3 1_000 1 0, triggered #1 1, canceled #1 1 NO_ROOM amount=0, triggered #2 2
        book #2 2 @ 700 | #3 1 @ 1000
        balance A cash free=998_599 held=1_401
    """)  # noqa: E501


def test_a_command_of_the_wrong_shape_fires_nothing():
    """T-4, W-4"""
    play(f"""
        {MANY}
        place C buy 1 @ 10
        send PLACE instrument_id=1 | kind=2 -> rejected BAD_DATA_ROWS
        send PLACE instrument_id=2 side=1 tif=1 account_id=A -> rejected UNKNOWN_INSTRUMENT
        send PLACE instrument_id=1 -> {", ".join(TRIGGERED[8:16])}, rejected BAD_SIDE, {", ".join(TRIGGERED[16:])}
    """)


def test_mass_cancel_fires_nothing_first():
    """W-8, T-4"""
    play(f"""
        {MANY}
        place C buy 1 @ 10
        mass_cancel A -> mass_canceled A, {", ".join(f"canceled #{number} 1 BY_MASS_CANCEL" for number in range(20, 0, -1))}
        pending yes
        continue -> nothing
        pending no
    """)  # noqa: E501


def test_a_fired_stop_counts_as_taker_then_as_maker():
    """T-5, M-6"""
    play("""
        fees maker=10_000 taker=20_000
        place A buy 2 @ 100 stop 100  -> accepted #1 2 amount=205
        place B sell 2 @ 100
        place C buy 1 @ 100 -> accepted #3 1, filled #3 #2 100 1 0 1/2, triggered #1 2, filled #1 #2 100 1 1 1/2
        balance A cash free=999_795 held=103
        place B sell 1 @ 100 -> accepted #4 1, filled #4 #1 100 1 0 1/2
        balance A cash free=999_797 held=0
    """)
