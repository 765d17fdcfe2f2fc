"""L: money in, out, held and frozen."""

import pytest

from emporion.sim.script import play


def test_a_deposit_comes_from_the_outside_world():
    """L-1"""
    play("""
        fund A cash=1
        deposit A cash 99  -> deposited A cash 99
        balance A cash free=100 held=0 named=0
        balance outside cash free=-100
    """)


def test_a_transfer_moves_free_money():
    """L-2"""
    play("""
        fund A cash=100
        transfer A B cash 60 -> transferred A cash -60, transferred B cash 60
        transfer A B cash 41 -> rejected INSUFFICIENT_FUNDS
        transfer A fees cash 40 -> transferred A cash -40, transferred fees cash 40
        transfer fees A cash 1 -> transferred fees cash -1, transferred A cash 1
        transfer fees A cash 40 -> rejected INSUFFICIENT_FUNDS
    """)


def test_a_withdrawal_is_held_until_it_has_left():
    """L-3, L-4"""
    play("""
        fund A cash=100
        withdraw A cash 60 ref 7 -> withdrawal_requested h1 60 account=A asset=cash
        balance A cash free=40 held=0 named=60
        withdraw A cash 41       -> rejected INSUFFICIENT_FUNDS
        settle h1                -> withdrawal_settled h1 -60 account=A asset=cash
        balance A cash free=40 named=0
        balance outside cash free=-40
        settle h1                -> rejected UNKNOWN_HOLD
    """)


def test_a_withdrawal_may_be_refused():
    """L-5"""
    play("""
        fund A cash=100
        withdraw A cash 60
        refuse h1 A              -> withdrawal_refused h1 60 account=A asset=cash
        balance A cash free=100 named=0
        refuse h1                -> rejected UNKNOWN_HOLD
    """)


def test_a_frozen_balance_is_held_until_released():
    """L-6, L-7"""
    play("""
        fund A cash=100
        freeze A cash 60 ref 7   -> balance_frozen h1 60 account=A asset=cash
        balance A cash free=40 named=60
        place A buy 4 @ 10       -> rejected INSUFFICIENT_FUNDS
        release h1               -> balance_released h1 60 account=A asset=cash
        balance A cash free=100 named=0
        release h1               -> rejected UNKNOWN_HOLD
    """)


def test_holds_are_of_a_kind_and_of_an_account():
    """L-4, L-5, L-7"""
    play("""
        withdraw A cash 60
        freeze A cash 60
        settle h2                -> rejected UNKNOWN_HOLD
        refuse h2                -> rejected UNKNOWN_HOLD
        release h1               -> rejected UNKNOWN_HOLD
        settle h1 B              -> rejected UNKNOWN_HOLD account=B
        refuse h1 B              -> rejected UNKNOWN_HOLD
        release h2 B             -> rejected UNKNOWN_HOLD
        release h? A             -> rejected UNKNOWN_HOLD
        settle h1 A              -> withdrawal_settled h1 -60
        release h2 A             -> balance_released h2 60
    """)


def test_hold_numbers_are_made_like_order_numbers():
    """L-3, O-2"""
    stage = play("""
        withdraw A cash 1
        freeze A cash 1
        release h2
        withdraw A cash 1
    """)
    assert stage.holds == [1 << 24 | 1, 1 << 24 | 2, 2 << 24 | 2]


def test_a_freeze_takes_free_first_and_then_the_newest_orders():
    """L-6"""
    play("""
        fund A cash=100 base=10
        place A buy 2 @ 10
        place A buy 3 @ 10
        place A sell 5 @ 20
        freeze A cash 60 -> canceled #2 3 BY_BALANCE_FREEZE amount=31, balance_frozen h1 60
        balance A cash free=19 held=21 named=60
        freeze A cash 41 -> rejected INSUFFICIENT_FUNDS
        freeze A cash 40 -> canceled #1 2 BY_BALANCE_FREEZE, balance_frozen h2 40
        freeze A base 6  -> canceled #3 5 BY_BALANCE_FREEZE, balance_frozen h3 6
    """)


def test_a_freeze_counts_waiting_stops_too():
    """L-6"""
    play("""
        fund A cash=100
        place A buy 9 @ 10 stop 11
        freeze A cash 50 -> canceled #1 9 BY_BALANCE_FREEZE, balance_frozen h1 50
    """)


def test_a_freeze_looks_at_no_more_orders_than_one_command_may():
    """L-6"""
    sells = "\n".join(["place A sell 1 @ 20"] * 256)
    play(f"""
        fund A cash=100 base=1_000
        place A buy 9 @ 10
        {sells}
        freeze A cash 50 -> rejected WORK_LIMIT
        cancel A #257
        freeze A cash 50 -> canceled #1 9 BY_BALANCE_FREEZE, balance_frozen h1 50
    """)


def test_an_account_that_is_frozen_may_receive_but_not_send():
    """L-1, L-2, L-3, L-4, L-6"""
    play("""
        withdraw A cash 5
        freeze_account A
        deposit A cash 5        -> deposited A cash 5
        transfer B A cash 5     -> transferred B cash -5, transferred A cash 5
        transfer A B cash 5     -> rejected ACCOUNT_FROZEN
        withdraw A cash 5       -> rejected ACCOUNT_FROZEN
        freeze A cash 5         -> balance_frozen h2 5
        settle h1               -> withdrawal_settled h1 -5
        release h2              -> balance_released h2 5
    """)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("deposit 77 9 0 as x", "UNKNOWN_ACCOUNT"),
        ("deposit nobody cash 1", "UNKNOWN_ACCOUNT"),
        ("deposit outside 9 0", "SYSTEM_ACCOUNT"),
        ("deposit fees cash 1", "SYSTEM_ACCOUNT"),
        ("deposit A 9 0 as x", "DUPLICATE"),
        ("deposit A 9 0", "UNKNOWN_ASSET"),
        ("deposit A 0 1", "UNKNOWN_ASSET"),
        ("deposit A cash 0", "BAD_AMOUNT"),
        ("deposit A cash -1", "BAD_AMOUNT"),
        ("deposit A cash 2**61+1", "BAD_AMOUNT"),
        ("deposit A cash 2**61", "SUPPLY_LIMIT"),
        ("transfer A A 9 0", "BAD_VALUE"),
        ("transfer 77 77 9 0", "BAD_VALUE"),
        ("transfer 77 outside 9 0", "UNKNOWN_ACCOUNT"),
        ("transfer A 77 9 0", "UNKNOWN_ACCOUNT"),
        ("transfer A outside 9 0 as x", "SYSTEM_ACCOUNT"),
        ("transfer outside A cash 1", "SYSTEM_ACCOUNT"),
        ("transfer A B 9 0 as x", "DUPLICATE"),
        ("transfer A B 9 0", "UNKNOWN_ASSET"),
        ("transfer A B cash 0", "BAD_AMOUNT"),
        ("transfer A B cash 2**61", "INSUFFICIENT_FUNDS"),
        ("withdraw 77 9 0 as x", "UNKNOWN_ACCOUNT"),
        ("withdraw fees 9 0 as x", "SYSTEM_ACCOUNT"),
        ("withdraw A 9 0 as x", "DUPLICATE"),
        ("withdraw A 9 0", "UNKNOWN_ASSET"),
        ("withdraw A cash 0", "BAD_AMOUNT"),
        ("withdraw A cash 1_000_002", "INSUFFICIENT_FUNDS"),
        ("freeze 77 9 0 as x", "UNKNOWN_ACCOUNT"),
        ("freeze outside cash 1", "SYSTEM_ACCOUNT"),
        ("freeze A 9 0 as x", "DUPLICATE"),
        ("freeze A 9 0", "UNKNOWN_ASSET"),
        ("freeze A cash 0", "BAD_AMOUNT"),
        ("freeze A cash 1_000_002", "INSUFFICIENT_FUNDS"),
    ],
    ids=lambda value: value.replace(" ", "_"),
)
def test_a_ledger_command_is_refused(line, reason):
    """L-1, L-2, L-3, L-6: of all reasons that apply the lowest number is given."""
    play(f"""
        accounts A B
        deposit A cash 1 as x
        {line} -> rejected {reason}
        balance A cash free=1_000_001
    """)


def test_the_supply_of_an_asset_is_limited():
    """L-1"""
    play("""
        fund A cash=2**61-1
        deposit A cash 2   -> rejected SUPPLY_LIMIT
        deposit A cash 1   -> deposited A cash 1
        deposit A cash 1   -> rejected SUPPLY_LIMIT
        withdraw A cash 1
        settle h1
        deposit A cash 1   -> deposited A cash 1
    """)


def test_no_room_for_a_hold():
    """L-3, L-6"""
    play("""
        limits holds=1
        withdraw A cash 1
        withdraw A cash 1  -> rejected TABLE_FULL
        freeze A cash 1    -> rejected TABLE_FULL
        settle h1
        freeze A cash 1    -> balance_frozen h2 1
    """)


def test_no_room_for_a_balance():
    """L-1, L-2: one for the fees, two for the outside and A; then there are no more."""
    play("""
        limits balances=3
        fund A cash=5
        open B
        deposit B cash 1    -> rejected TABLE_FULL
        transfer A B cash 1 -> rejected TABLE_FULL
        deposit A base 1    -> rejected TABLE_FULL
        deposit A cash 1    -> deposited A cash 1
        place A buy 1 @ 1   -> rejected TABLE_FULL
        limit balances 4
        place A buy 1 @ 1   -> accepted #1 1
    """)
