"""M-5: what gives way when an order would meet one of its own master's."""

import pytest

from emporion.sim.script import play


def test_sub_accounts_of_one_master_do_not_trade_with_each_other():
    """M-2, M-5"""
    play("""
        place A.x sell 1 @ 10
        place A.y buy  1 @ 10 -> accepted #2 1, canceled #1 1 SELF_TRADE amount=1
        book #2 1 @ 10 |
    """)


def test_masters_do():
    """M-5"""
    play("""
        place A sell 1 @ 10
        place B buy  1 @ 10 -> accepted #2 1, filled #2 #1 10 1 0
    """)


def test_cancel_resting_goes_on():
    """M-5"""
    play("""
        place A sell 1 @ 10
        place B sell 2 @ 11
        place A buy  2 @ 11 stp cancel_resting -> accepted #3 2, canceled #1 1 SELF_TRADE, filled #3 #2 11 2 0
    """)


def test_cancel_taker_leaves_the_resting_order():
    """M-5"""
    play("""
        place B sell 1 @ 9
        place A sell 1 @ 10
        place A buy  3 @ 11 stp cancel_taker -> accepted #3 3, filled #3 #1 9 1 2, canceled #3 2 SELF_TRADE amount=0
        book | #2 1 @ 10
    """)


def test_cancel_both_the_resting_one_first():
    """M-5"""
    play("""
        place A sell 1 @ 10
        place B sell 1 @ 10
        place A buy  3 @ 11 stp cancel_both -> accepted #3 3, canceled #1 1 SELF_TRADE, canceled #3 3 SELF_TRADE
        book | #2 1 @ 10
    """)


def test_decrement_takes_the_lesser_quantity_off_both():
    """M-5"""
    play("""
        place A sell 5 @ 10
        place A buy  2 @ 10 stp decrement -> accepted #2 2, decremented #1 2 3 reason=SELF_TRADE price=10, canceled #2 2 SELF_TRADE
        book | #1 3 @ 10
        balance A base free=999_997 held=3
        balance A cash free=1_000_000 held=0
    """)  # noqa: E501


def test_decrement_may_leave_the_incoming_order():
    """M-5"""
    play("""
        place A sell 2 @ 10
        place B sell 1 @ 10
        place A buy  5 @ 10 stp decrement -> accepted #3 5, canceled #1 2 SELF_TRADE, decremented #3 2 3, filled #3 #2 10 1 2
        book #3 2 @ 10 |
        balance A cash free=999_969 held=21
    """)  # noqa: E501


def test_decrement_of_equals_leaves_neither():
    """M-5"""
    play("""
        place A sell 2 @ 10
        place A buy  2 @ 10 stp decrement -> accepted #2 2, canceled #1 2 SELF_TRADE, canceled #2 2 SELF_TRADE
        book |
    """)


def test_a_decremented_order_has_a_smaller_total():
    """M-5, O-7: what was taken off does not count as done."""
    play("""
        place A sell 5 @ 10
        place A buy  2 @ 10 stp decrement
        replace A #1 3 -> replaced #1 3 qty=3
        replace A #1 2 -> replaced #1 2 qty=2
    """)


def test_a_decremented_iceberg_shows_no_more_than_it_has():
    """M-5"""
    play("""
        place A sell 5 @ 10 show 4
        place A buy  3 @ 10 stp decrement -> accepted #2 3, decremented #1 3 2, canceled #2 3 SELF_TRADE
        book | #1 2 @ 10
    """)


def test_a_decremented_buy_holds_what_its_leaves_need():
    """M-5, O-6"""
    play("""
        place A buy  5 @ 10
        place A sell 2 @ 10 stp decrement
        balance A cash free=999_969 held=31
    """)


@pytest.mark.parametrize("mode", ["cancel_resting", "cancel_taker", "cancel_both", "decrement"])
def test_an_expired_own_order_is_just_gone(mode):
    """M-2: expiry is looked at before ownership."""
    places = "\n".join(["place A sell 1 @ 10 gtd for 5s"] * 9)
    gone = ", ".join(f"expired #{number}" for number in range(1, 9))
    play(f"""
        {places}
        place B sell 1 @ 10
        wait 5s
        place A buy 1 @ 10 stp {mode} -> {gone}, accepted #11 1, expired #9 1, filled #11 #10 10 1 0
    """)


def test_the_mode_is_the_incoming_orders():
    """M-5"""
    play("""
        place A sell 1 @ 10 stp cancel_taker
        place A buy  1 @ 10 stp cancel_resting -> accepted #2 1, canceled #1 1 SELF_TRADE
    """)
