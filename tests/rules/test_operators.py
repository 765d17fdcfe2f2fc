"""A: assets, instruments, accounts, fees, limits."""

import pytest

from emporion.schema import build
from emporion.schema.codes import Event, Limit, Reject
from emporion.schema.limits import TINY
from emporion.sim.both import Both
from emporion.sim.script import play


def test_genesis_comes_first_and_once():
    """A-1, W-4"""
    play("""
        send TICK           -> rejected NO_GENESIS
        send PLACE side=9   -> rejected NO_GENESIS
        send 99             -> rejected UNKNOWN_KIND
        send GENESIS        -> rejected BAD_DATA_ROWS
        tick                -> nothing
        send GENESIS | limits=1 | limits=1 | limits=1 | limits=1 -> rejected NO_GENESIS
        send GENESIS        -> rejected NO_GENESIS
    """)


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        *((limit, 0) for limit in Limit),
        (Limit.ACCOUNTS, 1),
        (Limit.ORDERS, 1 << 24),
        (Limit.HOLDS, 1 << 24),
        *((limit, 1 << 31) for limit in Limit),
        (Limit.NODES, -1),
    ],
)
def test_genesis_is_refused_for_a_limit_out_of_bounds(limit, value):
    """A-1"""
    both = Both(TINY)
    events = both.apply(build.genesis({limit: value}, TINY))
    assert [(event["kind"], event["reason"]) for event in events] == [(Event.REJECTED, Reject.BAD_VALUE)]
    assert both.apply(build.genesis({}, TINY))["kind"].tolist() == [Event.GENESIS_DONE]
    both.compare()


def test_limits_are_raised_and_never_lowered():
    """A-2"""
    play("""
        limits orders=1 holds=5
        place A buy 1 @ 10
        place A buy 1 @ 10       -> rejected TABLE_FULL
        limit orders 0           -> rejected BAD_VALUE
        limit orders 2           -> limit_set orders 2
        limit orders 2           -> limit_set orders 2
        limit orders 1           -> rejected BAD_VALUE
        place A buy 1 @ 10       -> accepted #2 1
        limit orders 2**24       -> rejected BAD_VALUE
        limit holds 2**24        -> rejected BAD_VALUE
        limit balances 2**31     -> rejected BAD_VALUE
        send SET_LIMIT limit=20 limit_value=9_000  -> rejected BAD_VALUE
        send SET_LIMIT limit=-1 limit_value=9_000  -> rejected BAD_VALUE
        limit client_ids_per_account 2**31-1 -> limit_set client_ids_per_account 2147483647
    """)


def test_assets_are_numbered_in_sequence():
    """A-3"""
    play("""
        limits assets=4
        asset gold decimals=0 class=5   -> asset_listed gold
        asset X decimals=18 class=8     -> asset_listed X
        asset Y                         -> rejected TABLE_FULL
        asset Y decimals=19             -> rejected BAD_VALUE
        asset Y decimals=-1             -> rejected BAD_VALUE
        asset Y class=0                 -> rejected BAD_VALUE
        asset Y class=9                 -> rejected BAD_VALUE
        send LIST_ASSET | asset_class=1 -> rejected BAD_VALUE
    """)


def test_an_instrument_starts_pre_open():
    """A-4"""
    play("""
        asset gold
        instrument J base=gold quote=cash -> instrument_listed J asset=gold
        place A buy 1 @ 10 ioc on J       -> rejected BAD_STATUS
        status OPEN J                     -> status_changed OPEN instrument=J
        place A buy 1 @ 10 on J           -> accepted #1 1 instrument=J
        place A sell 1 @ 10               -> accepted #2 1 instrument=I
    """)


BAD_BOUNDS = [
    "qty_min_lots=0",
    "qty_min_lots=10 qty_max_lots=9",
    "qty_max_lots=2**53+1 price_max_ticks=1",
    "price_max_ticks=0",
    "price_max_ticks=2**46+1 qty_max_lots=1",
    "price_max_ticks=2**40 qty_max_lots=2**20+1",
    "notional_min_atoms=-1",
    "notional_max_atoms=-1",
    "notional_min_atoms=10 notional_max_atoms=9",
    "notional_max_atoms=2**60+1",
    "reference_price_ticks=-1",
    "reference_price_ticks=1_000_001",
    "band_ppm=-1",
    "band_ppm=1_000_001",
    "fee_schedule=-1",
    "fee_schedule=8",
]


@pytest.mark.parametrize("bounds", BAD_BOUNDS, ids=lambda text: text.replace(" ", "_"))
def test_bounds_that_do_not_hold(bounds):
    """A-4, A-5, A-6"""
    play(f"""
        accounts A
        instrument J base=cash quote=base {bounds} -> rejected BAD_VALUE
        amend {bounds}                             -> rejected BAD_VALUE
    """)


@pytest.mark.parametrize(
    "bounds",
    [
        "price_max_ticks=2**40 qty_max_lots=2**20",
        "price_max_ticks=2**46 qty_max_lots=2**14 notional_max_atoms=2**60",
        "price_max_ticks=1 qty_max_lots=2**53",
        "band_ppm=1_000_000 reference_price_ticks=1_000_000 fee_schedule=7",
        "notional_min_atoms=2**60",
        "notional_min_atoms=9 notional_max_atoms=9",
    ],
    ids=lambda text: text.replace(" ", "_"),
)
def test_bounds_that_just_hold(bounds):
    """A-6"""
    play(f"""
        accounts A
        instrument J base=cash quote=base {bounds} -> instrument_listed J
        amend {bounds}                             -> instrument_amended I
    """)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ("base=base quote=base", "BAD_VALUE"),
        ("base=9 quote=9", "BAD_VALUE"),
        ("base=base quote=cash asset_class=9", "BAD_VALUE"),
        ("base=base quote=cash base_atoms_per_lot=0", "BAD_VALUE"),
        ("base=base quote=cash base_atoms_per_lot=2**53+1 qty_max_lots=1", "BAD_VALUE"),
        ("base=base quote=cash base_atoms_per_lot=2**53 qty_max_lots=129", "BAD_VALUE"),
        ("base=base quote=cash atoms_per_tick_lot=0", "BAD_VALUE"),
        ("base=base quote=cash atoms_per_tick_lot=2**53+1 qty_max_lots=1 price_max_ticks=1", "BAD_VALUE"),
        ("base=base quote=cash atoms_per_tick_lot=2**30", "BAD_VALUE"),
        ("base=9 quote=cash", "UNKNOWN_ASSET"),
        ("base=base quote=0", "UNKNOWN_ASSET"),
        ("base=-1 quote=cash", "UNKNOWN_ASSET"),
    ],
)
def test_terms_that_do_not_hold(terms, reason):
    """A-4"""
    play(f"""
        accounts A
        instrument J {terms} -> rejected {reason}
    """)


def test_terms_that_just_hold():
    """A-4, A-6"""
    play("""
        accounts A
        instrument J base=base quote=cash base_atoms_per_lot=2**53 qty_max_lots=128            -> instrument_listed J
        instrument K base=base quote=cash atoms_per_tick_lot=2**53 qty_max_lots=128 price_max_ticks=1 -> instrument_listed K
    """)  # noqa: E501


def test_no_name_no_listing():
    """A-4"""
    play("""
        accounts A
        send LIST_INSTRUMENT | base_asset_id=1 quote_asset_id=2 base_atoms_per_lot=1 atoms_per_tick_lot=1 asset_class=1 | qty_min_lots=1 qty_max_lots=1 price_max_ticks=1 -> rejected BAD_VALUE
        send LIST_INSTRUMENT | name=65 base_asset_id=1 quote_asset_id=2 base_atoms_per_lot=1 atoms_per_tick_lot=1 asset_class=1 | qty_min_lots=1 qty_max_lots=1 price_max_ticks=1 -> instrument_listed 2
    """)  # noqa: E501


def test_no_room_for_an_instrument():
    """A-4: a row of its own, and a balance in which its fees are kept."""
    play("""
        limits instruments=2 balances=3
        fund A cash=1
        instrument J base=cash quote=base -> rejected TABLE_FULL
        instrument J base=base quote=cash -> instrument_listed J
        limit balances 9
        instrument J base=cash quote=base -> rejected TABLE_FULL
    """)


def test_amended_bounds_are_for_new_orders():
    """A-5"""
    play("""
        place A buy 5 @ 10
        amend qty_max_lots=4   -> instrument_amended I
        place A buy 5 @ 10     -> rejected QTY_TOO_LARGE
        book #1 5 @ 10 |
        send AMEND_INSTRUMENT instrument_id=7 | qty_min_lots=0 -> rejected UNKNOWN_INSTRUMENT
        status CLOSED
        amend qty_max_lots=0   -> rejected BAD_VALUE
        amend qty_max_lots=9   -> rejected BAD_STATUS
    """)


def test_status():
    """A-7"""
    play("""
        accounts A
        status HALTED                                   -> status_changed HALTED instrument=I
        status POST_ONLY                                -> status_changed POST_ONLY
        status PRE_OPEN                                 -> status_changed PRE_OPEN
        status PRE_OPEN                                 -> status_changed PRE_OPEN
        send SET_STATUS status=0 instrument_id=9        -> rejected BAD_VALUE
        send SET_STATUS status=6 instrument_id=1        -> rejected BAD_VALUE
        send SET_STATUS status=2 instrument_id=9        -> rejected UNKNOWN_INSTRUMENT
        status CLOSED                                   -> status_changed CLOSED
        status OPEN                                     -> rejected BAD_STATUS
        status CLOSED                                   -> rejected BAD_STATUS
    """)


def test_closing_cancels_everything_on_the_instrument():
    """A-7, W-5"""
    play("""
        place A buy 1 @ 10
        place B buy 1 @ 11
        place A sell 1 @ 20
        place B sell 1 @ 19
        place A buy 1 @ 40 stop 31
        place B buy 1 @ 40 stop 30
        place A sell 1 @ 2 stop 4
        place B sell 1 @ 2 stop 3
        status CLOSED -> status_changed CLOSED, canceled #2 1 BY_CLOSE, canceled #1, canceled #4, canceled #3, canceled #6, canceled #5, canceled #8, canceled #7 1 BY_CLOSE
        balance A cash held=0 free=1_000_000
        balance A base held=0 free=1_000_000
    """)  # noqa: E501


@pytest.mark.parametrize(
    ("fees", "reason"),
    [
        ("maker=0 taker=-1", "BAD_VALUE"),
        ("maker=0 taker=100_001", "BAD_VALUE"),
        ("maker=100_001 taker=0", "BAD_VALUE"),
        ("maker=-100_001 taker=100_000", "BAD_VALUE"),
        ("maker=-2 taker=1", "BAD_VALUE"),
        ("maker=0 taker=0 schedule=8", "BAD_VALUE"),
        ("maker=0 taker=0 schedule=-1", "BAD_VALUE"),
        ("maker=0 taker=0 tier=16", "BAD_VALUE"),
        ("maker=0 taker=0 tier=-1", "BAD_VALUE"),
    ],
)
def test_fees_out_of_range(fees, reason):
    """A-8"""
    play(f"fees {fees} -> rejected {reason}")


def test_fees_just_in_range():
    """A-8"""
    play("""
        fees maker=-100_000 taker=100_000 schedule=7 tier=15  -> fees_set
        fees maker=100_000 taker=100_000                      -> fees_set
    """)


def test_accounts_are_numbered_in_sequence_and_hang_below_masters():
    """A-9"""
    play("""
        limits accounts=8
        open A tier=15      -> account_opened A
        open A.x            -> account_opened A.x
        open B below=99     -> rejected UNKNOWN_ACCOUNT
        open B below=7      -> rejected UNKNOWN_ACCOUNT
        open B below=1      -> rejected UNKNOWN_ACCOUNT
        open B below=2      -> rejected UNKNOWN_ACCOUNT
        open B below=5      -> rejected UNKNOWN_ACCOUNT
        open B below=-1     -> rejected UNKNOWN_ACCOUNT
        open B tier=16      -> rejected BAD_VALUE
        open B tier=-1      -> rejected BAD_VALUE
        open B              -> account_opened B
        open C              -> rejected TABLE_FULL
    """)


def test_accounts_one_to_five_are_the_venues_own():
    """A-1, A-9"""
    stage = play("open A -> account_opened A")
    assert stage.accounts["A"] == 6


def test_the_tier_of_an_account():
    """A-10"""
    play("""
        tier A 15           -> account_set A
        tier A 16           -> rejected BAD_VALUE
        tier A -1           -> rejected BAD_VALUE
        tier 77 1           -> rejected UNKNOWN_ACCOUNT
        tier 0 1            -> rejected UNKNOWN_ACCOUNT
        tier fees 1         -> rejected SYSTEM_ACCOUNT
    """)


def test_freezing_an_account_cancels_its_orders():
    """A-11, W-5"""
    play("""
        place A buy 1 @ 10
        place B buy 1 @ 10
        place A sell 1 @ 30
        place A.x buy 1 @ 10
        freeze_account A     -> account_frozen A, canceled #3 1 BY_ACCOUNT_FREEZE, canceled #1 1 BY_ACCOUNT_FREEZE
        place A buy 1 @ 10   -> rejected ACCOUNT_FROZEN
        place A.x buy 1 @ 10 -> accepted #5 1
        freeze_account A     -> account_frozen A
        unfreeze_account A   -> account_unfrozen A
        unfreeze_account A   -> account_unfrozen A
        place A buy 1 @ 10   -> accepted #6 1
        freeze_account 77    -> rejected UNKNOWN_ACCOUNT
        freeze_account fees  -> rejected SYSTEM_ACCOUNT
        unfreeze_account 77  -> rejected UNKNOWN_ACCOUNT
        unfreeze_account outside -> rejected SYSTEM_ACCOUNT
    """)


@pytest.mark.parametrize(
    ("limits", "first", "second"),
    [
        ("extras=1", "place A buy 1 @ 12 stop 11", "place A buy 9 @ 10 show 1"),
        ("extras=1", "place A buy 9 @ 10 show 1", "place A buy 1 @ 10 gtd for 5s"),
        ("deadlines=1", "place A buy 1 @ 10 gtd for 5s", "place A buy 1 @ 10 gtd for 5s"),
        ("deadlines=1", "deadman A 5s", "place A buy 1 @ 10 gtd for 5s"),
        ("deadlines=1", "deadman A 5s", "deadman B 5s"),
        ("orders=1", "place A buy 1 @ 10", "place A buy 1 @ 10"),
        ("leaves=1", "place A buy 1 @ 10", "place A buy 1 @ 10"),
        ("leaves=2", "place A buy 1 @ 200 stop 200", "deposit A cash 1"),
        ("nodes=14", "place A buy 1 @ 1", "deposit A cash 1"),
    ],
)
def test_tables_fill_up(limits, first, second):
    """O-1, W-6"""
    outcome = "-> rejected TABLE_FULL" if not second.startswith("deposit") else ""
    play(f"""
        limits {limits}
        accounts A B
        {first}
        {second} {outcome}
    """)


def test_an_order_that_cannot_rest_needs_no_room_to_rest():
    """O-1"""
    play("""
        limits leaves=1
        place A sell 2 @ 10
        place B buy 1 @ 10       -> rejected TABLE_FULL
        place B buy 1 @ 10 ioc   -> accepted #2 1, filled #2 #1 10 1 0
    """)


def test_prices_far_apart_need_nodes():
    """O-1: thirteen must be free, for one order may add as many to a price index."""
    play("""
        limits nodes=14
        place A sell 1 @ 100       -> accepted #1 1
        place A sell 1 @ 150       -> accepted #2 1
        place A sell 1 @ 10_000    -> accepted #3 1
        place A sell 1 @ 10_000    -> rejected TABLE_FULL
        cancel A #3
        cancel A #2
        place A sell 1 @ 100       -> rejected TABLE_FULL
        cancel A #1
        place A sell 1 @ 100       -> accepted #4 1
    """)


def test_a_price_at_the_other_end_takes_all_the_nodes_there_are():
    """O-1: the index grows to its full height and gets a way all down to the new price, and not a node more."""
    stage = play("""
        limits nodes=13
        instrument I price_max_ticks=70_000_000_000_000 qty_max_lots=1
        fund A cash=1_000_000_000_000_000
        place A buy 1 @ 1                   -> accepted #1 1
        place A buy 1 @ 70_000_000_000_000  -> accepted #2 1
    """)
    nodes = stage.both.machine.state.tables[Limit.NODES]
    assert nodes.live == nodes.limit == 13
