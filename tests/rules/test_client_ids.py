"""O-3: a client's own id makes a retry safe."""

from emporion.sim.script import play


def test_a_repeat_is_refused_with_the_first_order():
    """O-3, O-11"""
    play("""
        place A buy 2 @ 10 as x -> accepted #1 2
        place A buy 5 @ 11 as x -> rejected DUPLICATE order=#1 flags=0
        place B sell 1 @ 10 ioc
        place A buy 5 @ 11 as x -> rejected DUPLICATE order=#1 flags=1
        place B sell 1 @ 10 ioc
        place A buy 5 @ 11 as x -> rejected DUPLICATE order=#1 flags=2
    """)


def test_a_repeat_tells_how_the_first_ended():
    """O-3"""
    play("""
        place A buy 2 @ 10 as x
        place A buy 2 @ 10 gtd for 5s as y
        cancel A #1
        wait 5s
        place A buy 2 @ 10 as x  -> expired #2 2, rejected DUPLICATE order=#1 flags=4
        place A buy 2 @ 10 as y  -> rejected DUPLICATE order=#2 flags=12
        place A buy 2 @ 10 as z  -> accepted #3 2
        replace A #3 2 as w      -> replaced #3 2
        place A buy 2 @ 10 as z  -> rejected DUPLICATE order=#3 flags=5
        place A buy 2 @ 10 as w  -> rejected DUPLICATE order=#3 flags=0
    """)


def test_another_account_may_use_the_same_id():
    """O-3"""
    play("""
        place A buy 2 @ 10 as x -> accepted #1 2
        place B buy 2 @ 10 as x -> accepted #2 2
        place A.x buy 2 @ 10 as x -> accepted #3 2
    """)


def test_no_id_is_no_duplicate():
    """O-3"""
    play("""
        place A buy 2 @ 10 -> accepted #1 2
        place A buy 2 @ 10 -> accepted #2 2
    """)


def test_a_refused_order_does_not_take_its_id():
    """O-3"""
    play("""
        place A buy 0 @ 10 as x -> rejected BAD_QTY
        place A buy 1 @ 10 as x -> accepted #1 1
    """)


def test_orders_and_ledger_commands_share_one_space():
    """O-3"""
    play("""
        deposit A cash 5 as x      -> deposited A cash 5
        deposit A cash 5 as x      -> rejected DUPLICATE order=0 flags=2
        place A buy 1 @ 10 as x    -> rejected DUPLICATE order=0 flags=2
        withdraw A cash 5 as y     -> withdrawal_requested h1 5
        freeze A cash 5 as y       -> rejected DUPLICATE hold=h1 flags=2
        transfer A B cash 5 as y   -> rejected DUPLICATE hold=h1 flags=2
        withdraw A cash 5 as y     -> rejected DUPLICATE hold=h1 flags=2
        place A buy 1 @ 10 as z    -> accepted #1 1
        transfer A B cash 5 as z   -> rejected DUPLICATE order=#1 flags=0
    """)


def test_an_ended_id_is_forgotten_after_a_day():
    """O-3"""
    play("""
        accounts A
        place A buy 1 @ 10 as x
        cancel A #1
        wait 86_399_999_999_999ns
        place A buy 1 @ 10 as x -> rejected DUPLICATE order=#1
        wait 1ns
        place A buy 1 @ 10 as x -> accepted #2 1
    """)


def test_an_open_id_is_never_forgotten():
    """O-3"""
    play("""
        place A buy 1 @ 10 as x
        wait 9d
        place A buy 1 @ 10 as x -> rejected DUPLICATE order=#1
    """)


def test_later_ended_ids_push_it_out():
    """O-3"""
    play("""
        limits client_ids_per_account=2
        place A buy 1 @ 10 as x
        cancel A id:x
        deposit A cash 1 as y
        place A buy 1 @ 10 as x   -> rejected DUPLICATE
        deposit B cash 1 as other
        deposit A cash 1 as z
        place A buy 1 @ 10 as x   -> accepted #2 1
        deposit A cash 1 as y     -> rejected DUPLICATE
    """)


def test_no_room_for_an_id():
    """O-1, O-3"""
    play("""
        limits client_ids=2
        place A buy 1 @ 10 as x
        place A buy 1 @ 10 as y
        place A buy 1 @ 10 as z     -> rejected TABLE_FULL
        deposit A cash 1 as z       -> rejected TABLE_FULL
        withdraw A cash 1 as z      -> rejected TABLE_FULL
        transfer A B cash 1 as z    -> rejected TABLE_FULL
        freeze A cash 1 as z        -> rejected TABLE_FULL
        replace A #1 1 as z         -> rejected TABLE_FULL
        place A buy 1 @ 10          -> accepted #3 1
        replace A #1 1              -> replaced #1 1
        cancel A #1
        place A buy 1 @ 10 as z     -> rejected TABLE_FULL
    """)


def test_ids_past_their_age_make_room():
    """O-3"""
    play("""
        limits client_ids=2
        accounts A
        deposit A cash 1 as x
        deposit A cash 1 as y
        wait 1d
        place A buy 1 @ 10 as p     -> accepted #1 1
        place A buy 1 @ 10 as q     -> accepted #2 1
        place A buy 1 @ 10 as r     -> rejected TABLE_FULL
    """)


def test_cancel_by_client_id():
    """O-9"""
    play("""
        place A buy 1 @ 10 as x
        cancel B id:x                -> rejected UNKNOWN_ORDER
        cancel 77 id:x               -> rejected UNKNOWN_ACCOUNT
        cancel outside id:x          -> rejected SYSTEM_ACCOUNT
        cancel A id:y                -> rejected UNKNOWN_ORDER
        cancel A id:                 -> rejected UNKNOWN_ORDER
        cancel A id:x                -> canceled #1 1 BY_OWNER
        cancel A id:x                -> rejected UNKNOWN_ORDER
    """)


def test_ids_that_differ_in_their_last_byte_are_two():
    """O-3"""
    play("""
        place A buy 1 @ 10 as abcdefghijklmnop -> accepted #1 1
        place A buy 1 @ 10 as abcdefghijklmnoq -> accepted #2 1
        place A buy 1 @ 10 as abcdefghijklmnop -> rejected DUPLICATE order=#1
    """)
