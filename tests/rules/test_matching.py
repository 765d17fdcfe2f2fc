"""M: who meets whom, and at what price."""

from emporion.schema.limits import CONTACTS_MAX
from emporion.sim.script import play


def test_the_best_price_is_met_first():
    """M-1"""
    play("""
        place A sell 1 @ 12      -> accepted #1 1
        place A sell 1 @ 11      -> accepted #2 1
        place B buy  2 @ 12 ioc  -> accepted #3 2, filled #3 #2 11 1 1, filled #3 #1 12 1 0
    """)


def test_the_oldest_order_at_a_price_fills_first():
    """M-1"""
    play("""
        place  A  buy   4 @ 10  gtc   -> accepted #1 4
        place  B  buy   4 @ 10  gtc   -> accepted #2 4
        place  C  sell  6 @ 10  ioc   -> accepted #3 6, filled #3 #1 10 4 2, filled #3 #2 10 2 0
        cancel A  #1                  -> rejected UNKNOWN_ORDER
        cancel B  #2                  -> canceled #2 2
    """)


def test_a_buyer_pays_the_resting_price_and_not_its_limit():
    """M-1, M-4"""
    play("""
        place A sell 3 @ 10
        place B buy  3 @ 15      -> accepted #2 3 amount=46, filled #2 #1 10 3 0
        balance B cash free=999_970 held=0
        balance B base free=1_000_003
        balance A cash free=1_000_030
        balance A base free=999_997 held=0
    """)


def test_a_seller_gets_the_resting_price():
    """M-1, M-4"""
    play("""
        place A buy  3 @ 10
        place B sell 3 @ 7       -> accepted #2 3 amount=3, filled #2 #1 10 3 0
        balance B cash free=1_000_030
    """)


def test_a_limit_is_kept():
    """M-1"""
    play("""
        place A sell 1 @ 10
        place A sell 1 @ 11
        place B buy  2 @ 10      -> accepted #3 2, filled #3 #1 10 1 1
        book #3 1 @ 10 | #2 1 @ 11
    """)


def test_nothing_meets_before_the_instrument_is_open():
    """M-1, O-1"""
    play("""
        status PRE_OPEN
        place A sell 1 @ 10      -> accepted #1 1
        place B buy  1 @ 9       -> accepted #2 1
        place B buy  1 @ 10      -> rejected WOULD_MATCH
        status OPEN
        place B buy  1 @ 10      -> accepted #3 1, filled #3 #1 10 1 0
    """)


def test_a_trade_is_told_maker_first_and_sets_the_last_price():
    """M-4"""
    stage = play("""
        place A sell 3 @ 10
        place B buy 2 @ 12
        last 10
    """)
    instrument = stage.both.model.venue.instruments[1]
    assert (instrument.trades, instrument.traded_lots) == (1, 2)
    state = stage.both.machine.array[0]["instruments"][1]
    assert (state["trades"], state["traded_lots"]) == (1, 2)


def test_lots_and_ticks_are_counted_in_atoms():
    """M-4"""
    play("""
        instrument I base_atoms_per_lot=100 atoms_per_tick_lot=7
        place A sell 3 @ 10      -> accepted #1 3 amount=300 asset=base
        place B buy  2 @ 10      -> accepted #2 2 amount=141 asset=cash, filled #2 #1 10 2 0
        balance A base free=999_700 held=100
        balance A cash free=1_000_140
        balance B base free=1_000_200
        balance B cash free=999_860
    """)


def test_an_expired_order_in_front_is_cleared_away_on_contact():
    """M-2, O-10: more deadlines are due than one command works off."""
    places = "\n".join(["place A sell 1 @ 10 gtd for 5s"] * 10)
    gone = ", ".join(f"expired #{number} 1 amount=1" for number in range(1, 9))
    play(f"""
        accounts A B
        {places}
        place A sell 1 @ 10
        wait 5s
        place B buy 1 @ 10 -> {gone}, accepted #12 1, expired #9 1, expired #10 1, filled #12 #11 10 1 0
    """)


def test_what_could_still_meet_after_the_last_contact_is_cancelled():
    """M-3"""
    places = "\n".join(["place A sell 1 @ 10"] * (CONTACTS_MAX + 1))
    stage = play(places)
    taker = CONTACTS_MAX + 2
    fills = ", ".join(
        f"filled #{taker} #{number} 10 1 {CONTACTS_MAX + 3 - number}" for number in range(1, CONTACTS_MAX + 1)
    )
    stage.play_line(
        f"place B buy {CONTACTS_MAX + 3} @ 10 -> accepted #{taker}, {fills}, canceled #{taker} 3 FILL_LIMIT"
    )
    stage.play_line(f"book | #{CONTACTS_MAX + 1} 1 @ 10")


def test_as_many_contacts_as_allowed_leave_a_rest_that_meets_nobody():
    """M-3"""
    stage = play("\n".join(["place A sell 1 @ 10"] * CONTACTS_MAX))
    stage.play_line(f"place B buy {CONTACTS_MAX + 3} @ 10")
    stage.play_line(f"book #{CONTACTS_MAX + 1} 3 @ 10 |")


def test_an_iceberg_shows_a_slice_and_refreshes_at_the_tail():
    """M-2, M-4"""
    play("""
        place A sell 5 @ 10 show 2   -> accepted #1 5
        place C sell 1 @ 10
        book | #1 2 @ 10, #2 1 @ 10
        place B buy 2 @ 10           -> accepted #3 2, filled #3 #1 10 2 0, refreshed #1 2 leaves=3 price=10
        book | #2 1 @ 10, #1 2 @ 10
    """)


def test_an_iceberg_is_met_again_in_the_same_sweep():
    """M-4"""
    play("""
        place A sell 5 @ 10 show 2
        place C sell 1 @ 10
        place B buy 6 @ 10  -> accepted #3 6, filled #3 #1 10 2 4, refreshed #1 2, filled #3 #2 10 1 3, filled #3 #1 10 2 1, refreshed #1 1, filled #3 #1 10 1 0
    """)  # noqa: E501


def test_a_slice_partly_sold_keeps_its_place():
    """M-4"""
    play("""
        place A sell 5 @ 10 show 3
        place C sell 1 @ 10
        place B buy 2 @ 10           -> accepted #3 2, filled #3 #1 10 2 0
        book | #1 1 @ 10, #2 1 @ 10
    """)


def test_an_iceberg_takes_with_all_of_its_quantity():
    """M-2"""
    play("""
        place A sell 5 @ 10
        place B buy 7 @ 10 show 1 -> accepted #2 7, filled #2 #1 10 5 2
        book #2 1 @ 10 |
    """)


def test_ioc_cancels_what_is_left():
    """O-1"""
    play("""
        place A sell 1 @ 10
        place B buy 3 @ 10 ioc -> accepted #2 3 amount=31, filled #2 #1 10 1 2, canceled #2 2 IOC_REMAINDER amount=0
        balance B cash free=999_990 held=0
    """)


def test_fok_fills_in_full():
    """M-7"""
    play("""
        place A sell 1 @ 10
        place C sell 3 @ 11 show 1
        place B buy 4 @ 11 fok -> accepted #3 4, filled #3 #1 10 1 3, filled #3 #2 11 1 2, refreshed #2 1, filled #3 #2 11 1 1, refreshed #2 1, filled #3 #2 11 1 0
    """)  # noqa: E501


def test_fok_that_does_not_suffice_is_refused_and_changes_nothing():
    """M-7"""
    play("""
        place A sell 1 @ 10
        place C sell 3 @ 12
        place B buy 2 @ 11 fok -> rejected FOK_UNFILLABLE
        book | #1 1 @ 10, #2 3 @ 12
        balance B cash free=1_000_000
    """)


def test_fok_passes_over_own_orders_when_they_would_be_cancelled():
    """M-7"""
    play("""
        place B.x sell 5 @ 10
        place A sell 2 @ 10
        place B buy 3 @ 10 fok -> rejected FOK_UNFILLABLE
        place B buy 2 @ 10 fok -> accepted #3 2, canceled #1 5 SELF_TRADE, filled #3 #2 10 2 0
    """)


def test_fok_sees_nothing_behind_its_own_order_when_that_would_stop_it():
    """M-7"""
    for mode in ("cancel_taker", "cancel_both"):
        play(f"""
            place A sell 1 @ 10
            place B.x sell 5 @ 10
            place A sell 9 @ 10
            place B buy 2 @ 10 fok stp {mode} -> rejected FOK_UNFILLABLE
            place B buy 1 @ 10 fok stp {mode} -> accepted #4 1, filled #4 #1 10 1 0
        """)


def test_fok_does_not_count_expired_orders():
    """M-7: the ninth is due but not worked off."""
    places = "\n".join(["place A sell 1 @ 10 gtd for 5s"] * 9)
    gone = ", ".join(f"expired #{number}" for number in range(1, 9))
    play(f"""
        accounts A B
        {places}
        place A sell 1 @ 10
        wait 5s
        place B buy 2 @ 10 fok -> {gone}, rejected FOK_UNFILLABLE
    """)


def test_fok_counts_no_more_than_it_could_contact():
    """M-7"""
    stage = play("\n".join(["place A sell 1 @ 10"] * (CONTACTS_MAX + 1)))
    stage.play_line(f"place B buy {CONTACTS_MAX + 1} @ 10 fok -> rejected FOK_UNFILLABLE")
    stage.play_line(f"place B buy {CONTACTS_MAX} @ 10 fok")
    stage.play_line(f"book | #{CONTACTS_MAX + 1} 1 @ 10")


def test_fok_counts_the_slices_of_an_iceberg_as_contacts():
    """M-7"""
    stage = play(
        "\n".join(["place A sell 100 @ 10 show 1"] * 2 + ["place A sell 50 @ 10 show 1"] + ["place A sell 9 @ 10"])
    )
    stage.play_line("place B buy 260 @ 10 fok -> rejected FOK_UNFILLABLE")
    stage.play_line("place B buy 259 @ 10 fok")
    stage.play_line("book |")


def test_fok_counts_no_hidden_quantity_that_would_queue_behind_its_own_order():
    """M-7: a refreshed slice goes behind the own order, at which the sweep would end."""
    play("""
        place A sell 10 @ 10 show 2
        place B.x sell 1 @ 10
        place B buy 6 @ 10 fok stp cancel_taker -> rejected FOK_UNFILLABLE
        place B buy 2 @ 10 fok stp cancel_taker -> accepted #3 2, filled #3 #1 10 2 0, refreshed #1 2
    """)


def test_fok_counts_the_own_orders_that_stand_before_a_refreshed_slice():
    """M-7: 255 own orders to pass over leave no contact for a second slice."""
    stage = play("place A sell 2 @ 10 show 1\n" + "\n".join(["place B.x sell 1 @ 10"] * (CONTACTS_MAX - 1)))
    stage.play_line("place B buy 2 @ 10 fok -> rejected FOK_UNFILLABLE")
    stage.play_line(f"place B buy 1 @ 10 fok -> accepted #{CONTACTS_MAX + 1} 1, filled #{CONTACTS_MAX + 1} #1 10 1 0, refreshed #1 1")  # noqa: E501
