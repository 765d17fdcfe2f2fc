"""O-1: what a new order is refused for, in order, and what taking it means."""

import pytest

from emporion.sim.script import play

STAGE = """
    instrument I qty_min_lots=2 qty_max_lots=500 price_max_ticks=1_000 notional_min_atoms=30 notional_max_atoms=90_000 reference_price_ticks=100 band_ppm=500_000
    accounts A B
    open frozen
    freeze_account frozen
    place B buy 5 @ 95 as taken
    place B sell 5 @ 105
"""  # noqa: E501

# Each line is refused for the reason given, although all reasons of a higher number that could apply do so too.
REFUSED = [
    ("send PLACE side=9 tif=9 account_id=77", "BAD_SIDE"),
    ("send PLACE side=0 tif=9 account_id=77", "BAD_SIDE"),
    ("send PLACE side=1 tif=9 stp=9 account_id=77", "BAD_TIF"),
    ("send PLACE side=1 tif=0", "BAD_TIF"),
    ("send PLACE side=1 tif=1 stp=4 flags=-1", "BAD_STP"),
    ("send PLACE side=1 tif=1 stp=-1", "BAD_STP"),
    ("send PLACE side=1 tif=1 flags=-1 | display_lots=-1", "BAD_FLAGS"),
    ("send PLACE side=1 tif=1 flags=-1", "BAD_FLAGS"),
    ("send PLACE side=1 tif=1 account_id=77 | display_lots=-1", "BAD_VALUE"),
    ("send PLACE side=1 tif=1 account_id=77 | trigger_price_ticks=-1", "BAD_VALUE"),
    ("send PLACE side=1 tif=1 account_id=77 | expire_ns=-1", "BAD_VALUE"),
    ("send PLACE side=1 tif=1 account_id=77 instrument_id=77", "UNKNOWN_ACCOUNT"),
    ("send PLACE side=1 tif=1 account_id=0", "UNKNOWN_ACCOUNT"),
    ("send PLACE side=1 tif=1 account_id=-1", "UNKNOWN_ACCOUNT"),
    ("send PLACE side=1 tif=1 account_id=1 instrument_id=77", "SYSTEM_ACCOUNT"),
    ("send PLACE side=1 tif=1 account_id=2", "SYSTEM_ACCOUNT"),
    ("place B buy 0 @ 0 as taken", "DUPLICATE"),
    ("send PLACE side=1 tif=1 account_id=frozen instrument_id=77", "ACCOUNT_FROZEN"),
    ("send PLACE side=1 tif=1 account_id=A instrument_id=77 flags=7", "UNKNOWN_INSTRUMENT"),
    ("send PLACE side=1 tif=1 account_id=A instrument_id=0", "UNKNOWN_INSTRUMENT"),
    ("send PLACE side=1 tif=1 account_id=A instrument_id=-1", "UNKNOWN_INSTRUMENT"),
    ("place A buy 0 @ 0 post_only market ioc", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 post_only stop 110", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 post_only ioc", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 post_only fok", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 market gtc", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 market gtd for 1s", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 market stop 110 gtc", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 market stop 110 fok", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 stop 110 fok", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 show 1 stop 110", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 show 1 ioc", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 show 1 fok", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 fok stp decrement", "BAD_COMBINATION"),
    ("send PLACE side=1 tif=1 account_id=A instrument_id=1 | trigger_price_ticks=5", "BAD_COMBINATION"),
    ("place A buy 0 @ 0 gtc for 1s", "BAD_COMBINATION"),
    ("place A buy 0 @ 2_000", "BAD_QTY"),
    ("place A buy -1 @ 2_000", "BAD_QTY"),
    ("place A buy 1 @ 2_000", "QTY_TOO_SMALL"),
    ("place A buy 501 @ 2_000", "QTY_TOO_LARGE"),
    ("place A buy 2 @ -1 show 3", "BAD_PRICE"),
    ("place A buy 2 show 3", "BAD_PRICE"),
    ("place A buy 2 @ -1 market ioc", "BAD_PRICE"),
    ("place A buy 2 @ 1_001 show 3", "PRICE_TOO_HIGH"),
    ("place A buy 2 @ 1_000 show 3", "BAD_DISPLAY"),
    ("place A buy 400 @ 1_000 show 3 gtd", "BAD_DISPLAY"),
    ("send PLACE side=1 tif=6 flags=4 account_id=A instrument_id=1 qty_lots=2 price_ticks=9", "BAD_TRIGGER"),
    ("place A buy 2 @ 9 stop 1_001 gtd", "BAD_TRIGGER"),
    ("place A buy 2 @ 9 gtd", "BAD_EXPIRY"),
    ("place A buy 2 @ 9 gtd for -1ns", "BAD_EXPIRY"),
    ("send PLACE side=1 tif=6 account_id=A instrument_id=1 qty_lots=2 price_ticks=9 | expire_ns=2**62", "BAD_EXPIRY"),
    ("place A buy 2 @ 151", "OUTSIDE_BAND"),
    ("place A sell 2 @ 49", "OUTSIDE_BAND"),
    ("place A buy 2 @ 301 stop 200", "OUTSIDE_BAND"),
    ("place A buy 2 @ 99 stop 200", "OUTSIDE_BAND"),
    ("place A buy 2 @ 2 stop 2", "NOTIONAL_TOO_SMALL"),
    ("place A sell 500 @ 400 stop 400", "NOTIONAL_TOO_LARGE"),
    ("place A buy 2 @ 105 post_only", "WOULD_MATCH"),
    ("place A sell 2 @ 95 post_only", "WOULD_MATCH"),
    ("place A buy 6 @ 150 fok", "FOK_UNFILLABLE"),
]


@pytest.mark.parametrize(("line", "reason"), REFUSED, ids=lambda value: value.replace(" ", "_"))
def test_an_order_is_refused(line, reason):
    """O-1: of all reasons that apply the lowest number is given."""
    play(f"{STAGE}\n{line} -> rejected {reason}\nbook #1 5 @ 95 | #2 5 @ 105")


@pytest.mark.parametrize("status", ["HALTED", "CLOSED"])
def test_a_halted_or_closed_instrument_takes_no_orders(status):
    """O-1"""
    play(f"""
        status {status}
        place A buy 0 @ 0            -> rejected BAD_STATUS
        place A buy 1 @ 9 post_only  -> rejected BAD_STATUS
        place A buy 1 @ 9 stop 10    -> rejected BAD_STATUS
    """)


def test_before_the_opening_orders_may_rest_and_stops_wait():
    """O-1"""
    play("""
        status PRE_OPEN
        place A buy 1 @ 9 ioc               -> rejected BAD_STATUS
        place A buy 1 @ 9 fok               -> rejected BAD_STATUS
        place A buy 1 market ioc            -> rejected BAD_STATUS
        place A buy 1 @ 9 stop 10 fok       -> rejected BAD_COMBINATION
        place A buy 1 @ 9 stop 10 ioc       -> accepted #1 1 flags=4
        place A buy 1 @ 9                   -> accepted #2 1
        place B sell 1 @ 9                  -> rejected WOULD_MATCH
        book #2 1 @ 9 |
        stops #1 1 @ 10 |
    """)


def test_while_post_only_others_are_refused():
    """O-1"""
    play("""
        place A sell 1 @ 10
        status POST_ONLY
        place B buy 0 @ 0            -> rejected POST_ONLY_STATUS
        place B buy 1 @ 9 stop 12    -> rejected POST_ONLY_STATUS
        place B buy 1 @ 10 post_only -> rejected WOULD_MATCH
        place B buy 1 @ 9 post_only  -> accepted #2 1 flags=1
    """)


def test_an_order_that_rests():
    """O-1, O-2: the first slot's first order is number 1 << 24 | 1."""
    stage = play("""
        place A buy 5 @ 10 show 2 -> accepted #1 5 price=10 qty=5 amount=51 asset=cash side=buy account=A instrument=I
        book #1 2 @ 10 |
    """)
    assert stage.orders == [1 << 24 | 1]


def test_a_slot_is_used_again_with_the_next_generation():
    """O-2: last freed, first used."""
    stage = play("""
        place A buy 1 @ 10
        place A buy 1 @ 9
        cancel A #1
        cancel A #2
        place A buy 1 @ 10
        place A buy 1 @ 10
        place A buy 1 @ 10
    """)
    assert stage.orders[2:] == [2 << 24 | 2, 2 << 24 | 1, 1 << 24 | 3]


def test_a_number_of_an_ended_order_does_not_name_its_successor():
    """O-2, O-8"""
    play("""
        place A buy 1 @ 10
        cancel A #1
        place A buy 1 @ 10 -> accepted #2 1
        cancel A #1        -> rejected UNKNOWN_ORDER
        cancel A #2        -> canceled #2 1
    """)


def test_cancel():
    """O-8"""
    play("""
        place A buy 5 @ 10
        place B sell 2 @ 10 ioc
        cancel B #1        -> rejected UNKNOWN_ORDER
        cancel fees #1     -> rejected SYSTEM_ACCOUNT
        cancel 77 #1       -> rejected UNKNOWN_ACCOUNT
        cancel A #?        -> rejected UNKNOWN_ORDER
        cancel A #1        -> canceled #1 3 BY_OWNER price=10 amount=31 asset=cash side=buy account=A instrument=I leaves=0
        cancel A #1        -> rejected UNKNOWN_ORDER
        balance A cash held=0
    """)  # noqa: E501


def test_cancel_is_possible_when_halted_and_when_frozen():
    """O-8"""
    play("""
        place A sell 5 @ 10
        place A sell 5 @ 11
        status HALTED
        cancel A #1        -> canceled #1 5 BY_OWNER amount=5 asset=base
    """)


def test_good_till_date():
    """O-10, W-2"""
    play("""
        place A buy 5 @ 10 gtd for 5s -> accepted #1 5
        wait 4999ms
        tick                          -> nothing
        wait 1ms
        tick                          -> expired #1 5 price=10 amount=51 asset=cash side=buy account=A instrument=I
        balance A cash free=1_000_000 held=0
    """)


def test_a_refusal_tells_whose_and_what():
    """O-11"""
    play("""
        place A buy 0 @ 10            -> rejected BAD_QTY account=A instrument=I order=0
        cancel A #?                   -> rejected UNKNOWN_ORDER account=A instrument=0 order=1291853409
        deposit A 77 5                -> rejected UNKNOWN_ASSET account=A asset=77
        deadman 77 5s                 -> rejected UNKNOWN_ACCOUNT account=nobody
        tier 77 1                     -> rejected UNKNOWN_ACCOUNT account=nobody
    """)
