"""O-4 and O-5: protection of market orders, and the band."""

from emporion.sim.script import play

BANDED = "instrument I band_ppm=100_000 reference_price_ticks=100\n"


def test_a_market_order_is_protected_by_the_band_from_the_best_price():
    """O-4"""
    play(
        BANDED
        + """
        place A sell 1 @ 100
        place A sell 1 @ 110
        place B buy 3 market ioc -> accepted #3 3 price=110, filled #3 #1 100 1 2, filled #3 #2 110 1 1, canceled #3 1
    """
    )  # noqa: E501


def test_it_goes_no_further():
    """O-4"""
    play(
        BANDED
        + """
        place A buy 1 @ 91
        place A buy 1 @ 101
        place B sell 3 market ioc -> accepted #3 3 price=91, filled #3 #2 101 1 2, filled #3 #1 91 1 1, canceled #3 1
        place A buy 1 @ 90
        place A buy 1 @ 100
        place B sell 3 market ioc -> accepted #6 3 price=90, filled #6 #5 100 1 2, filled #6 #4 90 1 1, canceled #6 1
    """
    )


def test_its_own_price_counts_when_tighter():
    """O-4"""
    play(
        BANDED
        + """
        place A sell 1 @ 100
        place A sell 1 @ 108
        place B buy 3 @ 105 market ioc -> accepted #3 3 price=105, filled #3 #1 100 1 2, canceled #3 2
        place B buy 3 @ 500 market ioc -> accepted #4 3 price=118, filled #4 #2 108 1 2, canceled #4 2
    """
    )


def test_protection_stays_within_the_instruments_prices():
    """O-4"""
    play("""
        instrument I band_ppm=1_000_000 price_max_ticks=120
        place A sell 1 @ 100
        place A buy  1 @ 1
        place B buy  1 market ioc -> accepted #3 1 price=120, filled #3 #1 100 1 0
        place B sell 1 market ioc -> accepted #4 1 price=1, filled #4 #2 1 1 0
    """)


def test_market_without_anybody_to_meet():
    """O-1"""
    play("""
        place A buy 1 market ioc -> rejected NO_LIQUIDITY
        place A sell 1 market fok -> rejected NO_LIQUIDITY
    """)


def test_market_where_no_band_protects_it_needs_a_price():
    """O-1, O-4"""
    play("""
        place A sell 1 @ 100
        place B buy 1 market ioc        -> rejected PRICE_REQUIRED
        place B buy 1 @ 100 market ioc  -> accepted #2 1 price=100, filled #2 #1 100 1 0
        place B buy 1 market stop 5 ioc -> rejected PRICE_REQUIRED
    """)


def test_the_band_stands_around_the_reference_then_around_the_last_trade():
    """O-5"""
    play(
        BANDED
        + """
        place A sell 1 @ 111 -> rejected OUTSIDE_BAND
        place A sell 1 @ 110 -> accepted #1 1
        place A buy 1 @ 89   -> rejected OUTSIDE_BAND
        place B buy 1 @ 110  -> accepted #2 1, filled #2 #1 110 1 0
        place A sell 1 @ 121 -> accepted #3 1
        place A sell 1 @ 122 -> rejected OUTSIDE_BAND
        place A buy 1 @ 98   -> rejected OUTSIDE_BAND
        place A buy 1 @ 99   -> accepted #4 1
    """
    )


def test_without_a_reference_there_is_no_band_until_the_first_trade():
    """O-5"""
    play("""
        instrument I band_ppm=100_000
        place A sell 1 @ 9_000
        place A sell 1 @ 100
        place B buy 1 @ 100
        place B buy 1 @ 9_000 -> rejected OUTSIDE_BAND
    """)


def test_the_band_of_a_stop_stands_around_its_trigger():
    """O-5"""
    play(
        BANDED
        + """
        place A buy 1 @ 221 stop 200 -> rejected OUTSIDE_BAND
        place A buy 1 @ 220 stop 200 -> accepted #1 1 price=220
        place A sell 1 @ 44 stop 50  -> rejected OUTSIDE_BAND
        place A sell 1 @ 45 stop 50  -> accepted #2 1
    """
    )


def test_a_stop_market_fixes_its_protection_at_entry_and_holds_on_it():
    """O-4, O-6"""
    play(
        BANDED
        + """
        place A buy  2 market ioc stop 200       -> accepted #1 2 price=220 amount=441 flags=6
        place A sell 2 market ioc stop 50        -> accepted #2 2 price=45 amount=2
        place A buy  2 @ 210 market ioc stop 200 -> accepted #3 2 price=210
    """
    )


def test_notional_is_judged_at_the_protection_price():
    """O-1"""
    play("""
        instrument I band_ppm=100_000 notional_max_atoms=219
        place A sell 2 @ 100
        place B buy 2 market ioc -> rejected NOTIONAL_TOO_LARGE
        place B buy 1 market ioc -> accepted #2 1 price=110, filled #2 #1 100 1 0
    """)


def test_a_best_price_from_before_an_amendment_cannot_overflow():
    """O-1, O-4: resting above what is allowed now, times what was not allowed then, is 2^64 and not 0."""
    play("""
        instrument I price_max_ticks=2**19 qty_max_lots=1 band_ppm=1
        fund R cash=2**20 base=1
        fund S base=2**45
        place R buy 1 @ 2**19
        amend price_max_ticks=1 qty_max_lots=2**53
        place S sell 2**45 market ioc -> rejected NOTIONAL_TOO_LARGE
    """)


def test_the_band_of_the_largest_price_does_not_overflow():
    """O-4, O-5"""
    play("""
        instrument I price_max_ticks=2**46 qty_max_lots=1 band_ppm=999_999 reference_price_ticks=2**46
        fund A cash=2**50 base=9
        place A buy 1 @ 70_368_744        -> rejected OUTSIDE_BAND
        place A buy 1 @ 70_368_745        -> accepted #1 1
        place A sell 1 @ 2**46            -> accepted #2 1
        place B sell 1 market ioc         -> accepted #3 1 price=71, filled #3 #1 70_368_745 1 0
        cancel A #2
        place A buy 1 @ 100_000_000 stop 2**46 -> accepted #4 1
    """)
