"""M-6 and O-6: fees, and what orders hold for them."""

from emporion.sim.script import play


def test_maker_and_taker_pay_their_rates():
    """M-6, M-4"""
    play("""
        fees maker=10_000 taker=20_000
        place A sell 10 @ 100
        place B buy  10 @ 100 -> accepted #2 10 amount=1_021, filled #2 #1 100 10 0 10/20
        balance A cash free=1_000_990
        balance B cash free=998_980 held=0
        balance fees cash free=30
    """)


def test_a_fee_is_rounded_up_once_over_all_matches_of_an_order():
    """M-6: 1 per cent of 10, five times, is 1 atom; not five."""
    play("""
        fees maker=0 taker=20_000
        place A sell 1 @ 10
        place A sell 1 @ 10
        place A sell 1 @ 10
        place A sell 1 @ 10
        place A sell 1 @ 10
        place A sell 1 @ 10
        place B buy 6 @ 10 -> accepted #7 6, filled #7 #1 10 1 5 0/1, filled #7 #2 10 1 4 0/0, filled #7 #3 10 1 3 0/0, filled #7 #4 10 1 2 0/0, filled #7 #5 10 1 1 0/0, filled #7 #6 10 1 0 0/1
    """)  # noqa: E501


def test_a_maker_fee_is_rounded_up_once_too():
    """M-6"""
    play("""
        fees maker=20_000 taker=20_000
        place A sell 4 @ 10
        place B buy 1 @ 10 ioc -> accepted #2 1, filled #2 #1 10 1 0 1/1
        place B buy 1 @ 10 ioc -> accepted #3 1, filled #3 #1 10 1 0 0/1
        place B buy 1 @ 10 ioc -> accepted #4 1, filled #4 #1 10 1 0 0/1
    """)


def test_maker_and_taker_parts_of_one_order_are_counted_apart():
    """M-6"""
    play("""
        fees maker=10_000 taker=10_000
        place A sell 1 @ 10
        place B buy 2 @ 10 -> accepted #2 2, filled #2 #1 10 1 1 1/1
        place A sell 1 @ 10 ioc -> accepted #3 1, filled #3 #2 10 1 0 1/1
        balance B cash free=999_978 held=0
    """)


def test_a_hold_is_never_more_than_what_is_left_of_it():
    """O-6: 10 per cent of 11 is 1.1: taken, made and open, three parts each round up, and the whole rounded up once."""
    play("""
        fees maker=100_000 taker=100_000
        place A sell 1 @ 11
        place B buy 3 @ 11      -> accepted #2 3 amount=38, filled #2 #1 11 1 2 2/2
        balance B cash free=999_962 held=25
        place A sell 1 @ 11 ioc -> accepted #3 1, filled #3 #2 11 1 0 2/2
        balance B cash free=999_962 held=12
        place A sell 1 @ 11 ioc -> accepted #4 1, filled #4 #2 11 1 0 1/2
        balance B cash free=999_962 held=0
    """)


def test_a_rebate_is_rounded_down():
    """M-6"""
    play("""
        fees maker=-10_000 taker=15_000
        place A sell 3 @ 50
        place B buy 1 @ 50 ioc -> accepted #2 1, filled #2 #1 50 1 0 0/1
        place B buy 1 @ 50 ioc -> accepted #3 1, filled #3 #1 50 1 0 -1/1
        balance A cash free=1_000_101
        balance fees cash free=1
    """)


def test_a_resting_buyer_gets_its_rebate():
    """M-6"""
    play("""
        fees maker=-10_000 taker=10_000
        place A buy 2 @ 100  -> accepted #1 2 amount=203
        place B sell 1 @ 100 -> accepted #2 1, filled #2 #1 100 1 0 -1/1
        balance A cash free=999_799 held=102
        balance B cash free=1_000_099
    """)


def test_rates_stay_with_the_order():
    """O-6"""
    play("""
        fees maker=10_000 taker=10_000
        place A sell 2 @ 100
        fees maker=0 taker=0
        place B buy 1 @ 100 -> accepted #2 1, filled #2 #1 100 1 0 1/0
    """)


def test_rates_are_those_of_the_accounts_tier_and_the_instruments_schedule():
    """O-6, A-10"""
    play("""
        instrument I fee_schedule=2
        fees maker=0 taker=30_000 schedule=2 tier=0
        fees maker=0 taker=10_000 schedule=2 tier=5
        place A sell 2 @ 100
        place B buy 1 @ 100 -> accepted #2 1, filled #2 #1 100 1 0 0/3
        tier B 5
        place B buy 1 @ 100 -> accepted #3 1, filled #3 #1 100 1 0 0/1
    """)


def test_a_buy_holds_its_limit_its_highest_fee_and_one_atom():
    """O-6"""
    play("""
        fees maker=5_000 taker=2_500
        place A buy 3 @ 10 -> accepted #1 3 amount=32 asset=cash
        balance A cash free=999_968 held=32
    """)


def test_a_sell_holds_its_lots():
    """O-6"""
    play("""
        fees maker=5_000 taker=2_500
        place A sell 3 @ 10 -> accepted #1 3 amount=3 asset=base
        balance A base free=999_997 held=3
    """)


def test_what_rests_after_a_match_holds_no_more_than_was_left():
    """O-6: entered 4 at 10 with a fee: 42. One lot cost 11; the rest holds 31, not 32."""
    play("""
        fees maker=1 taker=1
        place A sell 1 @ 10
        place B buy 4 @ 10 -> accepted #2 4 amount=42, filled #2 #1 10 1 3 1/1
        balance B cash free=999_958 held=31
    """)


def test_a_resting_buy_pays_from_its_hold_and_gets_back_what_is_over():
    """M-6"""
    play("""
        fees maker=1 taker=1
        place A buy 4 @ 10 -> accepted #1 4 amount=42
        place B sell 1 @ 10 ioc
        balance A cash free=999_958 held=31
        place B sell 3 @ 10 ioc -> accepted #3 3, filled #3 #1 10 3 0 0/1
        balance A cash free=999_959 held=0
    """)


def test_the_hold_must_be_free():
    """O-1, O-6"""
    play("""
        fund A cash=30
        place A buy 3 @ 10 -> rejected INSUFFICIENT_FUNDS
        deposit A cash 1
        place A buy 3 @ 10 -> accepted #1 3 amount=31
        place A sell 1 @ 20 -> rejected INSUFFICIENT_FUNDS
    """)
