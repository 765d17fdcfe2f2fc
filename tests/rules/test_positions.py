"""P: contract orders, positions, and orders of margin accounts."""

from emporion.sim.script import play

STAGE = """
    pool P 100
    margin A
    margin B
    margin C
"""


def on_stage(text: str) -> None:
    play(STAGE + text)


def test_a_position_opens_adds_and_reduces_at_the_cost_it_had():
    """P-1, P-6, P-7: of 5 lots that cost 503, two take 201 with them; what rounding leaves, stays."""
    on_stage("""
        place A sell 9 @ 100 on P  -> accepted #1 9 amount=0 asset=cash
        place B buy  2 @ 100 on P  -> accepted #2 2, filled #2 #1 100 2 0, position A -2 0 leaves=-200 side=sell, position B 2 0 leaves=200 price=100 asset=cash
        cancel A #1                -> canceled #1 7 BY_OWNER amount=0 asset=cash
        place A sell 3 @ 101 on P
        place B buy  3 @ 101 on P  -> accepted #4 3, filled #4 #3 101 3 0, position A -5 0, position B 5 0 leaves=503
        place C buy  2 @ 99 on P
        place B sell 2 @ 99 on P   -> accepted #6 2, filled #6 #5 99 2 0, position C 2 0 leaves=198, position B 3 -3 leaves=302
        position B P 3 entry=302 shown=302
        mark P 100 open_interest=5
        balance B cash free=999_997
        balance clearing cash free=3
        equity B 999_995
    """)  # noqa: E501


def test_a_short_position_gains_when_it_is_bought_back_for_less():
    """P-7"""
    on_stage("""
        place A sell 3 @ 100 on P
        place B buy  3 @ 100 on P
        place B sell 2 @ 90 on P
        place A buy  2 @ 90 on P  -> accepted #4 2, filled #4 #3 90 2 0, position B 1 -20 leaves=100, position A -1 20 leaves=-100
        balance A cash free=1_000_020
        balance B cash free=999_980
    """)  # noqa: E501


def test_a_fill_beyond_the_position_turns_it():
    """P-7: it closes at the price it turns at."""
    on_stage("""
        place A sell 3 @ 100 on P
        place B buy  3 @ 100 on P
        place A buy  8 @ 110 on P
        place C sell 8 @ 110 on P  -> accepted #4 8, filled #4 #3 110 8 0, position A 5 -30 leaves=550, position C -8 0 leaves=-880
        position A P 5 entry=550
        mark P 100 open_interest=8
        place A sell 5 @ 110 on P
        place C buy  5 @ 110 on P  -> accepted #6 5, filled #6 #5 110 5 0, position A 0 0 leaves=0, position C -3 0
        balance A cash free=999_970
    """)  # noqa: E501


def test_fees_come_from_free_and_go_to_the_fee_account():
    """P-6, M-6"""
    play(f"""
        fees maker=1_000 taker=10_000
        {STAGE}
        place A sell 3 @ 100 on P
        place B buy  3 @ 100 on P  -> accepted #2 3, filled #2 #1 100 3 0 1/3, position A -3 0, position B 3 0
        balance A cash free=999_999 held=0
        balance B cash free=999_997 held=0
        balance fees cash free=4
    """)


def test_a_binary_fee_is_on_the_price_times_one_less_the_price():
    """P-6: of 10 lots at 900 of 1,000, 10% of 900 are 90; at 500 they are 250."""
    play("""
        fees maker=0 taker=100_000
        pool P 100
        question Q
        contract Y kind=outcome question=Q fees=binary
        status OPEN Y
        price Y mark=500
        margin A
        margin B
        place A sell 10 @ 900 on Y
        place B buy  10 @ 900 on Y  -> accepted #2 10, filled #2 #1 900 10 0 0/90, position A -10 0, position B 10 0
        place A sell 1 @ 501 on Y
        place B buy  1 @ 501 on Y   -> accepted #4 1, filled #4 #3 501 1 0 0/25, position A -11 0, position B 11 0
    """)


def test_only_margin_accounts_trade_contracts():
    """P-2"""
    on_stage("""
        place D buy 1 @ 100 on P              -> rejected NOT_A_MARGIN_ACCOUNT
        status HALTED P
        place D buy 1 @ 100 on P              -> rejected BAD_STATUS
        place A buy 1 @ 100 reduce_only       -> rejected BAD_COMBINATION
    """)


def test_a_contract_needs_a_mark_and_arrays():
    """P-2"""
    on_stage("""
        contract R
        status OPEN R
        place A buy 1 @ 100 on R  -> rejected NO_MARK
        price R mark=100 index=100
        place A buy 1 @ 100 on R  -> rejected NO_MARK
        risk R in G -10 10
        place A buy 1 @ 100 on R  -> accepted #1 1
    """)


def test_icebergs_fok_market_and_post_only_are_as_ever():
    """P-2, P-6"""
    on_stage("""
        place A sell 6 @ 100 show 2 on P
        place B buy  3 @ 100 ioc on P          -> accepted #2 3, filled #2 #1 100 2 1, position A -2 0, position B 2 0, refreshed #1 2, filled #2 #1 100 1 0, position A -3 0, position B 3 0
        place B buy  9 @ 100 fok on P          -> rejected FOK_UNFILLABLE
        place B buy  3 @ 100 fok on P          -> accepted #3 3, filled #3 #1 100 1 2, position A -4 0, position B 4 0, refreshed #1 2, filled #3 #1 100 2 0, position A -6 0, position B 6 0
        place A sell 1 @ 100 on P
        place B buy  1 @ 101 post_only on P    -> rejected WOULD_MATCH
        place B buy  2 @ 120 market ioc on P   -> accepted #5 2, filled #5 #4 100 1 1, position A -7 0, position B 7 0, canceled #5 1 IOC_REMAINDER
        place A sell 1 @ 105 gtd for 5s on P   -> accepted #6 1
        wait 5s
        place B buy  1 @ 105 ioc on P          -> expired #6 1, accepted #7 1, canceled #7 1 IOC_REMAINDER
    """)  # noqa: E501


def test_reduce_only_orders_never_open_a_position():
    """P-8, P-2"""
    on_stage("""
        place A sell 9 @ 100 on P
        place B buy  3 @ 100 ioc reduce_only on P            -> rejected REDUCE_ONLY
        place B buy  3 @ 100 ioc on P
        place B buy  3 @ 100 reduce_only on P                -> rejected REDUCE_ONLY
        place C buy  9 @ 90 on P
        place B sell 4 @ 90 fok reduce_only on P             -> rejected REDUCE_ONLY
        place B sell 4 @ 90 reduce_only show 1 on P          -> rejected BAD_COMBINATION
        place B sell 5 @ 90 reduce_only on P                 -> accepted #4 5, filled #4 #3 90 3 2, position C 3 0, position B 0 -30, canceled #4 2 REDUCED
    """)  # noqa: E501


def test_a_resting_reduce_only_order_is_cut_on_contact():
    """P-8: to what its account's position still is; away when there is none."""
    on_stage("""
        place A sell 4 @ 100 on P
        place B buy  4 @ 100 on P
        place B sell 4 @ 110 reduce_only on P  -> accepted #3 4
        place B sell 4 @ 111 reduce_only on P  -> accepted #4 4
        place B sell 1 @ 100 on P
        place A buy  1 @ 100 ioc on P
        place C buy  9 @ 111 ioc on P          -> accepted #7 9, filled #7 #3 110 3 6, position B 0 30, position C 3 0, canceled #3 1 REDUCED, canceled #4 4 REDUCED, canceled #7 6 IOC_REMAINDER
    """)  # noqa: E501


def test_fok_counts_no_quantity_of_reduce_only_orders():
    """P-8, M-7"""
    on_stage("""
        place A sell 4 @ 100 on P
        place B buy  4 @ 100 on P
        place B sell 4 @ 110 reduce_only on P
        place C buy  1 @ 110 fok on P  -> rejected FOK_UNFILLABLE
        place A sell 1 @ 110 on P
        place C buy  1 @ 110 fok on P  -> accepted #5 1, filled #5 #3 110 1 0, position B 3 10, position C 1 0
    """)


def test_a_reduce_only_stop_waits_without_a_position_and_ends_without_one():
    """P-2, P-8"""
    on_stage("""
        place A sell 4 @ 99 stop 100 reduce_only on P  -> accepted #1 4
        place B sell 1 @ 100 on P
        place C buy  1 @ 100 on P  -> accepted #3 1, filled #3 #2 100 1 0, position B -1 0, position C 1 0, triggered #1 4, canceled #1 4 REDUCED
    """)  # noqa: E501


def test_a_position_is_limited_with_its_orders():
    """P-2: in the direction of the order alone, so that what is too large may shrink."""
    on_stage("""
        amend_contract P position_max_lots=10 open_interest_max_lots=1_000
        place A sell 6 @ 100 on P  -> accepted #1 6
        place A sell 5 @ 100 on P  -> rejected POSITION_LIMIT
        place A sell 4 @ 101 on P  -> accepted #2 4
        place A buy  9 @ 90 on P   -> accepted #3 9
        replace A #3 11            -> rejected POSITION_LIMIT
        replace A #3 10            -> replaced #3 10
        place B buy 6 @ 100 on P
        amend_contract P position_max_lots=3 open_interest_max_lots=1_000
        replace A #2 4 @ 102       -> replaced #2 4
        replace A #2 5 @ 102       -> rejected POSITION_LIMIT
        cancel A #3
        place A buy  9 @ 90 on P   -> accepted #5 9
        place B buy  1 @ 90 on P   -> rejected POSITION_LIMIT
        place B sell 1 @ 110 reduce_only on P  -> accepted #6 1
    """)


def test_open_interest_is_limited_for_what_opens():
    """P-2"""
    on_stage("""
        amend_contract P open_interest_max_lots=10
        place A sell 8 @ 100 on P
        place B buy  8 @ 100 on P
        place C buy  3 @ 100 on P  -> rejected OPEN_INTEREST_LIMIT
        place C buy  2 @ 90 on P   -> accepted #3 2
        place B sell 8 @ 110 on P  -> accepted #4 8
        place B sell 3 @ 110 on P  -> rejected OPEN_INTEREST_LIMIT
        place B sell 2 @ 110 on P  -> accepted #5 2
        place A buy  11 @ 90 on P  -> rejected OPEN_INTEREST_LIMIT
        place A buy  10 @ 90 on P  -> accepted #6 10
    """)


def test_an_order_needs_margin_for_the_worst_it_may_do():
    """P-3, P-4: 10 a lot, its fee's one atom, and what it gives away against the mark."""
    play("""
        pool P 100
        fund A cash=100
        margin A
        place A buy 9 @ 100 on P   -> accepted #1 9
        equity A 100 initial=90 risk=1 required=91
        place A buy 1 @ 100 on P   -> rejected INSUFFICIENT_MARGIN
        replace A #1 9 @ 101       -> replaced #1 9
        equity A 100 initial=90 risk=10 required=100
        place A sell 10 @ 109 on P -> rejected INSUFFICIENT_MARGIN
        replace A #1 9 @ 102       -> replaced #1 9
        equity A 100 initial=90 risk=19
        replace A #1 9 @ 112       -> rejected INSUFFICIENT_MARGIN
        replace A #1 3 @ 102       -> replaced #1 3
        equity A 100 initial=30 risk=7
        replace A #1 2             -> replaced #1 2
        equity A 100 initial=20 risk=5
    """)


def test_what_eases_is_taken_down_to_maintenance():
    """P-3: below initial margin one may still close."""
    play("""
        pool P 100
        fund A cash=100
        margin A
        margin B
        place B sell 9 @ 100 on P
        place A buy  9 @ 100 on P
        price P mark=96 index=96
        place A buy  1 @ 90 on P    -> rejected INSUFFICIENT_MARGIN
        equity A 64 initial=90 maintenance=45
        place A sell 9 @ 96 on P    -> accepted #3 9
        cancel A #3
        place A sell 9 @ 93 on P    -> rejected INSUFFICIENT_MARGIN
        place A sell 3 @ 93 reduce_only on P  -> accepted #4 3
        place A sell 3 @ 90 reduce_only on P  -> rejected INSUFFICIENT_MARGIN
    """)


def test_an_account_may_cap_its_own_leverage():
    """P-3"""
    on_stage("""
        fund D cash=1_000
        margin D leverage=2
        place D buy 20 @ 100 on P  -> rejected LEVERAGE_LIMIT
        place D buy 19 @ 100 on P  -> accepted #1 19
        equity D 1_000 gross=1_900 required=951
        place D sell 19 @ 100 on P stp cancel_taker  -> accepted #2 19, canceled #2 19 SELF_TRADE
    """)


def test_a_replaced_order_keeps_its_risk_in_proportion():
    """P-4, P-5"""
    on_stage("""
        place A buy 10 @ 103 on P
        equity A 1_000_000 risk=31
        replace A #1 4             -> replaced #1 4 amount=0
        equity A 1_000_000 risk=13 initial=40
        place B sell 1 @ 103 on P
        equity A 999_997 risk=10 initial=40
        replace A #1 3 @ 100       -> replaced #1 2
        equity A 999_997 risk=1 initial=30
        cancel A #1                -> canceled #1 2 BY_OWNER
        equity A 999_997 risk=0 initial=10
    """)


def test_a_decremented_order_shrinks_in_its_accounts_sums():
    """P-4, M-5"""
    on_stage("""
        place A sell 4 @ 100 on P
        place A buy 6 @ 100 stp decrement on P  -> accepted #2 6, canceled #1 4 SELF_TRADE, decremented #2 4 2
        equity A 1_000_000 initial=20 risk=1
        place A sell 1 @ 100 stp decrement on P -> accepted #3 1, decremented #2 1 1, canceled #3 1 SELF_TRADE
        equity A 1_000_000 initial=10 risk=1
    """)


def test_a_delivery_order_of_a_margin_account_borrows_what_it_lacks():
    """P-9"""
    play("""
        pool P 100
        fund A cash=100 base=10
        fund L cash=1_000
        risk base in G -1 1
        value base 10
        transfer L lending cash 1_000
        lend cash 500
        margin A
        place A buy 20 @ 10        -> accepted #1 20 amount=100
        balance A cash free=0 held=100
        place A sell 11 @ 10       -> rejected INSUFFICIENT_FUNDS
        place A sell 10 @ 11       -> accepted #2 10 amount=10
        place B sell 5 @ 10        -> accepted #3 5, filled #3 #1 10 5 0
        balance A cash free=0 held=50
        place B sell 8 @ 10 ioc    -> accepted #4 8, filled #4 #1 10 8 0
        balance A cash free=-30 held=0
        replace A #1 19            -> replaced #1 6 amount=0
        replace A #1 14            -> replaced #1 1 amount=0
        cancel A #1                -> canceled #1 1 BY_OWNER amount=0
        balance A cash free=-30 held=0
        place A buy 48 @ 10        -> rejected NOTHING_TO_LEND
        place A buy 1 @ 10         -> accepted #5 1 amount=0
        balance A base free=13 held=10
    """)


def test_an_incoming_buy_borrows_as_it_trades():
    """P-9"""
    play("""
        pool P 100
        fund A cash=100
        fund L cash=1_000
        risk base in G -1 1
        value base 10
        transfer L lending cash 1_000
        lend cash 500
        margin A
        place B sell 15 @ 10
        place A buy 20 @ 10        -> accepted #2 20 amount=100, filled #2 #1 10 15 5
        balance A cash free=-50 held=0
        place B sell 5 @ 10        -> accepted #3 5, filled #3 #2 10 5 0
        balance A cash free=-100 held=0
        equity A 100
        place A buy 39 @ 10 ioc    -> accepted #4 39 amount=0, canceled #4 39 IOC_REMAINDER
        place A buy 40 @ 10 ioc    -> rejected NOTHING_TO_LEND
    """)


def test_a_delivery_order_counts_both_legs_and_what_it_gives_away():
    """P-9, P-4"""
    play("""
        pool P 100
        fund A cash=1_000
        risk base in G -2 2
        value base 10
        margin A
        place A buy 10 @ 12  -> accepted #1 10 amount=121
        equity A 1_000 initial=20 risk=21
        replace A #1 10 @ 9  -> replaced #1 10 amount=91
        equity A 1_000 initial=20 risk=1
        cancel A #1
        place B sell 10 @ 10
        place A buy 10 @ 10 ioc -> accepted #3 10 amount=101, filled #3 #2 10 10 0
        equity A 1_000 initial=20 risk=0
        place A sell 10 @ 8  -> accepted #4 10 amount=10
        equity A 1_000 initial=20 risk=21
    """)


def test_value_beyond_the_cap_counts_for_nothing_when_it_is_bought():
    """P-9, P-4"""
    play("""
        pool P 100
        fund A cash=1_000
        risk base in G 0 cap=10
        value base 10
        margin A
        place A buy 8 @ 10   -> accepted #1 8
        equity A 1_000 risk=1
        place A buy 8 @ 10   -> accepted #2 8
        equity A 1_000 risk=62
    """)


def test_leaves_of_an_asset_are_bounded():
    """P-9: by what there can be of it at all."""
    play("""
        instrument I qty_max_lots=1_000_000_000 price_max_ticks=10 base_atoms_per_lot=1_000_000_000
        pool P 100
        fund A cash=9_000_000_000
        margin A
        place A buy 1_000_000_000 @ 1  -> accepted #1 1_000_000_000
        place A buy 1_000_000_000 @ 1  -> accepted #2 1_000_000_000
        place A buy 1_000_000_000 @ 1  -> rejected POSITION_LIMIT
    """)


def test_a_maker_pays_what_is_due_before_its_position_changes():
    """P-6"""
    play("""
        pool P 100
        margin A
        margin B
        place A sell 5 @ 100 on P
        place B buy  3 @ 100 on P
        wait 1h
        price P mark=110 index=110
        place B buy 1 @ 100 on P  -> marked_to_cash B 30, accepted #3 1, marked_to_cash A -30, filled #3 #1 100 1 0, position A -4 0, position B 4 0
        position A P -4 entry=-430 shown=-400
        position B P 4 entry=430 shown=400
    """)  # noqa: E501


def test_without_room_for_holdings_an_order_is_refused():
    """P-2"""
    play("""
        limits holding_pages=1
        pool P 100 Q 100
        margin A
        place A buy 1 @ 100 on P  -> accepted #1 1
        margin B                  -> rejected TABLE_FULL
    """)


def test_accounts_in_liquidation_only_cancel():
    """P-2"""
    play("""
        pool P 100 risk=10
        fund A cash=100
        margin A
        margin B
        liquidation
        place B sell 9 @ 100 on P
        place A buy  9 @ 100 on P
        place A sell 1 @ 130 on P
        price P mark=93 index=93
        sweep
        place A buy 1 @ 80 on P   -> rejected ACCOUNT_FROZEN
        replace A #3 1 @ 120      -> rejected ACCOUNT_FROZEN
        cancel A #3               -> canceled #3 1 BY_OWNER
    """)
