"""O-7: a new price or quantity for an open order."""

import pytest

from emporion.schema.limits import CONTACTS_MAX
from emporion.sim.script import play


def test_less_at_the_same_price_keeps_its_place():
    """O-7"""
    play("""
        place A buy 5 @ 10
        place B buy 5 @ 10
        replace A #1 3 -> replaced #1 3 price=10 qty=3 amount=31 asset=cash side=buy
        book #1 3 @ 10, #2 5 @ 10 |
        balance A cash free=999_969 held=31
    """)


def test_more_goes_to_the_tail():
    """O-7"""
    play("""
        place A buy 5 @ 10
        place B buy 5 @ 10
        replace A #1 6 -> replaced #1 6 qty=6 amount=61
        book #2 5 @ 10, #1 6 @ 10 |
        balance A cash free=999_939 held=61
    """)


def test_another_price_goes_to_its_tail():
    """O-7"""
    play("""
        place A buy 5 @ 10
        place B buy 5 @ 11
        replace A #1 5 @ 11 -> replaced #1 5 price=11 amount=56
        book #2 5 @ 11, #1 5 @ 11 |
    """)


def test_the_same_price_said_aloud_is_no_change():
    """O-7"""
    play("""
        place A buy 5 @ 10
        place B buy 5 @ 10
        replace A #1 5 @ 10 -> replaced #1 5
        book #1 5 @ 10, #2 5 @ 10 |
    """)


def test_the_quantity_is_the_new_total():
    """O-7"""
    play("""
        place A buy 5 @ 10
        place B sell 2 @ 10 ioc
        replace A #1 4 -> replaced #1 2 qty=4 amount=21
        replace A #1 9 -> replaced #1 7 qty=9 amount=71
    """)


def test_at_or_below_what_is_done_it_is_cancelled():
    """O-7"""
    play("""
        place A buy 5 @ 10
        place B sell 2 @ 10 ioc
        replace A #1 2 @ 2000000 -> canceled #1 3 BY_REPLACE amount=31
        replace A #1 9           -> rejected UNKNOWN_ORDER
    """)


def test_it_may_match_at_once():
    """O-7"""
    play("""
        place A sell 2 @ 12
        place B buy 5 @ 10
        replace B #2 5 @ 12 -> replaced #2 5 price=12 amount=61, filled #2 #1 12 2 3
        book #2 3 @ 12 |
        balance B cash free=999_939 held=37
    """)


def test_its_fees_go_on_where_they_were():
    """O-7, M-6"""
    play("""
        fees maker=10_000 taker=10_000
        place B sell 1 @ 10
        place A buy 2 @ 10   -> accepted #2 2, filled #2 #1 10 1 1 1/1
        fees maker=0 taker=0
        place B sell 2 @ 11
        replace A #2 3 @ 11  -> replaced #2 2 amount=24, filled #2 #3 11 2 0 0/0
    """)


def test_a_new_client_id_replaces_the_old():
    """O-7, O-3"""
    play("""
        place A buy 5 @ 10 as x
        replace A #1 5 as y        -> replaced #1 5
        cancel A id:x              -> rejected UNKNOWN_ORDER
        replace A #1 5 as x        -> rejected DUPLICATE order=#1 flags=5
        replace A #1 5 as y        -> rejected DUPLICATE order=#1 flags=0
        replace A #1 4             -> replaced #1 4
        cancel A id:y              -> canceled #1 4
    """)


def test_by_client_id_it_keeps_the_id():
    """O-7"""
    play("""
        place A buy 5 @ 10 as x
        replace A id:x 6 @ 11      -> replaced #1 6 price=11
        replace A id:x 7           -> replaced #1 7
        replace A id:y 7           -> rejected UNKNOWN_ORDER
        replace A id: 7            -> rejected UNKNOWN_ORDER
        replace B id:x 7           -> rejected UNKNOWN_ORDER
    """)


STAGE = """
    instrument I qty_min_lots=2 qty_max_lots=500 price_max_ticks=1_000 notional_min_atoms=30 notional_max_atoms=90_000 band_ppm=500_000 reference_price_ticks=100
    accounts A B
    place A buy 5 @ 95 as x
    place B sell 2 @ 105
    place A buy 5 @ 95 show 3
    place A buy 5 @ 95 post_only
    place A buy 5 market ioc stop 200
    place B sell 3 @ 95
    deposit A cash 1 as taken
"""  # noqa: E501
REFUSED = [
    ("replace 77 #1 0 as taken", "UNKNOWN_ACCOUNT"),
    ("replace fees #1 0 as taken", "SYSTEM_ACCOUNT"),
    ("replace A #? 0 as taken", "DUPLICATE"),
    ("replace A #? 0", "UNKNOWN_ORDER"),
    ("replace B #1 0", "UNKNOWN_ORDER"),
    ("replace A #5 0 @ 9", "BAD_COMBINATION"),
    ("replace A #1 0 @ 2_000", "BAD_QTY"),
    ("replace A #1 -5", "BAD_QTY"),
    ("replace A #1 501 @ -1", "QTY_TOO_LARGE"),
    ("replace A #1 5 @ -1", "BAD_PRICE"),
    ("replace A #1 5 @ 1_001", "PRICE_TOO_HIGH"),
    ("replace A #3 301 @ 999", "BAD_DISPLAY"),
    ("replace A #1 5 @ 151", "OUTSIDE_BAND"),
    ("replace A #1 5 @ 47", "OUTSIDE_BAND"),
    ("replace A #4 5 @ 105", "WOULD_MATCH"),
]


@pytest.mark.parametrize(("line", "reason"), REFUSED, ids=lambda value: value.replace(" ", "_"))
def test_a_replacement_is_refused(line, reason):
    """O-7: of all reasons that apply the lowest number is given, and nothing changes."""
    play(f"{STAGE}\n{line} -> rejected {reason}\nbook #1 2 @ 95, #3 3 @ 95, #4 5 @ 95 | #2 2 @ 105")


def test_a_replacement_is_refused_for_its_quantity_and_notional():
    """O-7"""
    play("""
        place A buy 9 @ 10
        place A buy 5 @ 10
        amend qty_min_lots=3 notional_min_atoms=40 notional_max_atoms=200
        replace A #1 2        -> rejected QTY_TOO_SMALL
        replace A #1 3        -> rejected NOTIONAL_TOO_SMALL
        replace A #1 4        -> replaced #1 4
        replace A #1 21       -> rejected NOTIONAL_TOO_LARGE
        replace A #1 20       -> replaced #1 20
    """)


def test_the_price_it_keeps_must_still_be_allowed():
    """O-7"""
    play("""
        place A buy 9 @ 10
        amend price_max_ticks=9
        replace A #1 8      -> rejected PRICE_TOO_HIGH
        replace A #1 8 @ 9  -> replaced #1 8 price=9
    """)


@pytest.mark.parametrize("status", ["HALTED", "CLOSED"])
def test_no_replacing_while_halted(status):
    """O-7"""
    play(f"""
        place A buy 9 @ 10
        status {status}
        replace A #1 8 -> rejected {"BAD_STATUS" if status == "HALTED" else "UNKNOWN_ORDER"}
    """)


def test_while_post_only_just_those_flagged_so():
    """O-7"""
    play("""
        place A buy 9 @ 10
        place A buy 9 @ 10 post_only
        place B sell 9 @ 12
        status POST_ONLY
        replace A #1 8       -> rejected POST_ONLY_STATUS
        replace A #2 8       -> replaced #2 8
        replace A #2 8 @ 12  -> rejected WOULD_MATCH
        replace A #2 8 @ 11  -> replaced #2 8
    """)


def test_before_the_opening_a_new_price_may_not_meet():
    """O-7"""
    play("""
        place A buy 9 @ 10
        place B sell 9 @ 12
        status PRE_OPEN
        replace A #1 9 @ 12  -> rejected WOULD_MATCH
        replace A #1 9 @ 11  -> replaced #1 9
    """)


def test_not_by_a_frozen_account():
    """O-7: the walk of the freeze leaves an order standing until CONTINUE."""
    places = "\n".join(["place A buy 1 @ 10"] * 257)
    play(f"""
        {places}
        freeze_account A
        replace A #1 2   -> rejected ACCOUNT_FROZEN
        cancel A #1      -> canceled #1 1
    """)


def test_its_own_hold_counts_towards_the_new_one():
    """O-7"""
    play("""
        fund A cash=51
        place A buy 5 @ 10
        replace A #1 6       -> rejected INSUFFICIENT_FUNDS
        deposit A cash 10
        replace A #1 6       -> replaced #1 6 amount=61
        replace A #1 6 @ 11  -> rejected INSUFFICIENT_FUNDS
        replace A #1 4 @ 15  -> replaced #1 4 amount=61
        balance A cash free=0 held=61
    """)


def test_of_a_sell_the_new_lots_must_be_there():
    """O-7"""
    play("""
        fund A base=5
        place A sell 5 @ 10
        replace A #1 6       -> rejected INSUFFICIENT_FUNDS
        replace A #1 4       -> replaced #1 4 amount=4 asset=base
        replace A #1 5 @ 9   -> replaced #1 5 amount=5
    """)


def test_an_iceberg_shows_no_more_than_is_left():
    """O-7"""
    play("""
        place A sell 9 @ 10 show 4
        replace A #1 3  -> replaced #1 3
        book | #1 3 @ 10
        replace A #1 9  -> replaced #1 9
        book | #1 4 @ 10
    """)


def test_a_waiting_stop_goes_on_waiting():
    """O-7"""
    play("""
        place A buy 5 @ 12 stop 11
        place A buy 5 @ 12 stop 11
        replace A #1 4        -> replaced #1 4 amount=49
        stops #1 4 @ 11, #2 5 @ 11 |
        replace A #1 4 @ 13   -> replaced #1 4 price=13 amount=53
        stops #2 5 @ 11, #1 4 @ 11 |
        replace A #2 6        -> replaced #2 6 amount=73
        stops #1 4 @ 11, #2 6 @ 11 |
        balance A cash free=999_874 held=126
    """)


def test_a_replaced_order_keeps_its_end():
    """O-7, O-10"""
    play("""
        accounts A
        place A buy 5 @ 10 gtd for 5s
        replace A #1 9 @ 11
        wait 5s
        tick -> expired #1 9
    """)


def test_no_room_to_be_queued_anew():
    """O-7"""
    play("""
        limits leaves=2
        place A buy 5 @ 10
        place A buy 5 @ 1_000
        replace A #1 4       -> replaced #1 4
        replace A #1 5       -> rejected TABLE_FULL
        replace A #1 4 @ 9   -> rejected TABLE_FULL
    """)


def test_a_replaced_order_too_has_its_contacts_counted():
    """O-7, M-3"""
    stage = play("\n".join(["place A sell 1 @ 10"] * (CONTACTS_MAX + 1) + ["place B buy 300 @ 9"]))
    taker = CONTACTS_MAX + 2
    fills = ", ".join(f"filled #{taker} #{number} 10 1" for number in range(1, CONTACTS_MAX + 1))
    stage.play_line(f"replace B #{taker} 300 @ 10 -> replaced #{taker} 300, {fills}, canceled #{taker} 44 FILL_LIMIT")
