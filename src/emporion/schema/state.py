"""The whole venue as one record: rows of every table, and the record that holds them.

Row 0 of each table is nobody and stays zero. A freed row is zeroed but for its generation and
its link in the free list. Rows are taken from the free list, last in first out, then from above
the high-water mark, so where a thing lies follows from the history alone and never from the
size of the build.
"""

from functools import lru_cache

import numpy as np

from emporion.schema.limits import FEE_SCHEDULES, FEE_TIERS, TASKS, Capacity
from emporion.schema.margin_state import (
    CONTRACT,
    EXPOSURE,
    GROUP,
    HOLDING,
    HOLDING_PAGE,
    MARGIN,
    QUESTION,
    RANK,
    RISK,
    TRIE,
    TWAP,
)  # fmt: skip
from emporion.schema.messages import row

STATE_VERSION = 5  # How the tables are laid out. A snapshot of another is passed over and the journal replayed.
PAGE_BYTES, HUGE_PAGE_BYTES = 4_096, 2_097_152

TABLE = row(  # Bookkeeping of one table. Indexed by codes.Limit; the last has only a limit, no table.
    ("limit", "i8"),  # Logical limit: rows it may hold, row 0 not counted. Never above the capacity - 1.
    ("high_water", "i4"),  # Rows 1 .. high_water have been used.
    ("free_head", "i4"),  # First of the freed rows.
    ("live", "i4"),
    ("retired", "i4"),  # Freed for good: their generations are used up.
)
ASSET = row(
    ("name", "u1", (16,)),
    ("asset_id", "i4"),  # Its own row number; 0 in an unused row. The same in the tables below.
    ("decimals", "i4"),
    ("asset_class", "i4"),
    ("risk", "i4"),  # Row in risks; NOBODY for no collateral.
    # Second half: lending. Rules N.
    ("lent_atoms", "i8"),  # Sum of what margin accounts are below zero.
    ("promised_atoms", "i8"),  # Sum of borrow_atoms of open orders.
    ("lending_cap_atoms", "i8"),  # 0: nothing is lent by one's own will.
    ("interest_index_e12", "i8"),  # Sum of the hourly rates so far.
    ("interest_hour", "i8"),  # Up to which hour.
    ("base_rate_e12", "i8"),  # The curve: an hour's rate at no use,
    ("kink_rate_e12", "i8"),  # at kink_ppm of use,
    ("full_rate_e12", "i8"),  # and at full use.
    ("kink_ppm", "i8"),
    ("sale_instrument_id", "i4"),  # Where it is sold when its owner is liquidated.
    ("reserved", "u1", (20,)),
)
BOOK, RISES, FALLS = 0, 1, 2  # Which of an instrument's tries: the book, and those who wait for trades to rise or fall.
INSTRUMENT = row(  # Four cache lines. Three are what every order reads.
    ("atoms_per_tick_lot", "i8"),
    ("base_atoms_per_lot", "i8"),
    ("best_bid_ticks", "i8"),  # 0 for none.
    ("best_ask_ticks", "i8"),
    ("qty_min_lots", "i8"),
    ("qty_max_lots", "i8"),
    ("price_max_ticks", "i8"),
    ("notional_min_atoms", "i8"),
    # Second line.
    ("notional_max_atoms", "i8"),
    ("trigger_low_ticks", "i8"),  # Stops in this range of trade prices are still to fire; 0 for none.
    ("tries", TRIE, (3,)),
    # Third line.
    ("instrument_id", "i4"),
    ("base_asset_id", "i4"),
    ("quote_asset_id", "i4"),
    ("band_ppm", "i4"),
    ("fee_schedule", "i4"),
    ("fee_balance", "i4"),  # Row of the fee account's quote balance.
    ("asset_class", "i4"),
    ("contract", "i4"),  # Row in contracts; NOBODY for delivery.
    ("last_price_ticks", "i8"),  # 0 until the first trade.
    ("trades", "i8"),
    ("traded_lots", "i8"),
    ("status", "i1"),
    ("reserved", "u1", (7,)),
    # Fourth line.
    ("reference_price_ticks", "i8"),
    ("trigger_high_ticks", "i8"),
    ("next_pending", "i4"),  # Queue of instruments whose stops are still to fire.
    ("is_pending", "i4"),
    ("name", "u1", (16,)),
    ("lot_exponent", "i4"),  # Of a contract: a lot is 10^this of what it is on. Nothing depends on it.
    ("reserved1", "u1", (20,)),
)
ACCOUNT = row(
    ("deadman_ns", "i8"),  # Time-out; 0 when off.
    ("account_id", "i4"),
    ("master_id", "i4"),  # Itself for a master.
    ("flags", "i2"),  # codes.AccountFlag
    ("fee_tier", "i2"),
    ("margin", "i4"),  # Row in margins; NOBODY for a cash account.
    ("deadline", "i4"),  # Place in the heap of its dead man's switch.
    ("oldest_client_id", "i4"),  # Client ids of its ended orders, in the order they ended.
    ("newest_client_id", "i4"),
    ("ended_client_ids", "i4"),
    ("first_asset", "i4"),  # Its first three balances, which are found without a search; 0 for none yet.
    ("second_asset", "i4"),
    ("third_asset", "i4"),
    ("first_balance", "i4"),  # Where an order has its base_balance and quote_balance: see kernel/ahead.py.
    ("second_balance", "i4"),
    ("third_balance", "i4"),
)
BALANCE = row(
    ("account_id", "i4"),
    ("asset_id", "i4"),
    ("free_atoms", "i8"),
    ("order_held_atoms", "i8"),  # Sum of hold_atoms of the account's open orders in this asset.
    ("other_held_atoms", "i8"),  # Sum of its rows in holds.
)
ORDER = row(  # Two cache lines. The first is what matching reads.
    ("order_id", "i8"),  # generation << SLOT_BITS | slot; 0 in a free row.
    ("price_ticks", "i8"),  # Limit; of a waiting stop-market, its protection.
    ("leaves_lots", "i8"),  # Open, hidden part included.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("owner_id", "i4"),  # The account's master: who may not trade with itself.
    ("level", "i4"),  # leaf << 6 | digit: its queue. 0 when it does not rest.
    ("extra", "i4"),  # Row in extras; NOBODY for a plain order.
    ("generation", "i4"),  # Of the slot; outlives the order.
    ("side", "i1"),
    ("tif", "i1"),
    ("flags", "i1"),
    ("stp", "i1"),
    ("base_balance", "i4"),  # Rows in balances. Of a contract: the ref of its holding (kernel/holdings.py), or 0,
    ("quote_balance", "i4"),  # and what it settles in.
    ("next_free", "i4"),  # In a free row: the next free row.
    # Second line: money, and who to tell.
    ("qty_lots", "i8"),  # Total as entered or replaced, less what self-trade prevention took.
    ("hold_atoms", "i8"),  # Held for it now: quote atoms for BUY, base atoms for SELL.
    ("maker_notional_atoms", "i8"),  # Done so far as maker; the fee is cumulative on it.
    ("taker_notional_atoms", "i8"),
    ("entry_seq", "i8"),
    ("maker_ppm", "i4"),  # Fixed at admission.
    ("taker_ppm", "i4"),
    ("client_id", "i4"),  # Row in client_ids.
    ("margin", "i4"),  # Row in margins of its account; NOBODY for a cash account's.
    ("risk_atoms", "i8"),  # Of a margin account: micro-dollars lost if it fills at its limit, and its fee. Rule R-6.
)
EXTRA = row(  # What only some orders have.
    ("display_lots", "i8"),
    ("shown_lots", "i8"),  # Left of the slice on show.
    ("trigger_price_ticks", "i8"),
    ("expire_ns", "i8"),
    ("order_slot", "i4"),  # In a free row: the next free row is in `next_free`.
    ("deadline", "i4"),  # Place in the heap.
    ("next_free", "i4"),
    ("link", "i4"),  # codes.Link
    ("trail_ticks", "i8"),
    ("partner", "i4"),  # Order that ends when this one trades, fires or ends: and the other way round.
    ("kin", "i4"),  # Of a child its parent; of a parent its first child, whose partner is the second.
    ("borrow_atoms", "i8"),  # Of a delivery order of a margin account: what it may have to borrow.
    ("is_asleep", "i4"),  # A child whose parent has not filled yet: in no queue.
    ("reserved0", "u1", (4,)),
    ("next_tied", "i4"),  # Ring of the orders that are tied to positions of its margin account.
    ("previous_tied", "i4"),
    ("next_trailing", "i4"),  # Ring of the trailing orders of its contract.
    ("previous_trailing", "i4"),
    ("reserved", "u1", (32,)),
)
CLIENT_ID = row(
    ("cl_ord_id_hi", "i8"),
    ("cl_ord_id_lo", "i8"),
    ("order_id", "i8"),  # The order it named; the hold for ledger commands; or 0.
    ("ended_ns", "i8"),  # 0 while the order is open.
    ("account_id", "i4"),
    ("status", "i4"),  # codes.OrderStatus when ended.
    ("newer", "i4"),  # In the account's queue of ended ones. In a free row: the next free row.
    ("global_newer", "i4"),  # In the venue's queue of ended ones.
    ("global_older", "i4"),
    ("reserved", "u1", (12,)),
)
NODE = row(  # 64 children by six bits of the price.
    ("bits", "i8"),
    ("child", "i4", (64,)),
    ("reserved", "u1", (56,)),
)
LEAF = row(  # 64 neighbouring prices; each that is present has its queue in queue_links.
    ("bits", "i8"),
    ("next_free", "i4"),
    ("reserved", "u1", (4,)),
)
LINKS = row(  # Neighbours in a ring, each XOR oneself: see kernel/rings.py.
    ("older", "i4"),
    ("newer", "i4"),
)
HOLD = row(
    ("hold_id", "i8"),
    ("amount_atoms", "i8"),
    ("reference", "i8"),
    ("ts_ns", "i8"),
    ("account_id", "i4"),
    ("asset_id", "i4"),
    ("balance", "i4"),
    ("generation", "i4"),
    ("kind", "i4"),
    ("next_free", "i4"),
    ("reserved", "u1", (8,)),
)
DEADLINE = row(  # Binary heap on (due_ns, seq); row 1 is next.
    ("due_ns", "i8"),
    ("seq", "i8"),
    ("kind", "i4"),
    ("target", "i4"),  # Row in extras, or account.
    ("reserved", "u1", (8,)),
)
TASK = row(  # A mass cancel that is not finished.
    ("account_id", "i4"),  # 0: every account, on one instrument.
    ("instrument_id", "i4"),
    ("cursor", "i4"),  # Order of the account to look at next: on to older ones, so new ones are never met.
    ("side", "i4"),
    ("reason", "i4"),
    ("reserved", "u1", (12,)),
)
FEES = row(("maker_ppm", "i4"), ("taker_ppm", "i4"))

for _row, _size in (
    (INSTRUMENT, 256), (ACCOUNT, 64), (BALANCE, 32), (ORDER, 128), (EXTRA, 128), (CLIENT_ID, 64),
    (NODE, 320), (LEAF, 16), (HOLD, 64), (DEADLINE, 32), (TASK, 32), (ASSET, 128), (GROUP, 16), (RISK, 512), (RANK, 16),
    (CONTRACT, 1408), (QUESTION, 256), (MARGIN, 128), (HOLDING, 96), (HOLDING_PAGE, 704), (EXPOSURE, 320), (TWAP, 128),
):  # fmt: skip
    assert _row.itemsize == _size, (_row.itemsize, _size)
    assert np.dtype(_row.descr, align=True).itemsize == _size  # No padding that nobody named.

# Tables with a row of bookkeeping, in the order of codes.Limit.
TABLE_NAMES = (
    "assets", "instruments", "accounts", "balances", "orders", "extras", "client_ids", "nodes", "leaves", "holds",
    "deadlines", "groups", "risks", "contracts", "questions", "margins", "holding_pages", "exposures", "twaps",
)  # fmt: skip
# Queues: links of each table's rows (of a leaf 64), the last first, and behind them those of all orders.
LINK_NAMES = {"queue_links": ("leaves", 64), "list_links": ("accounts", 1)}
INDEX_NAMES = ("balance_index", "client_id_index")  # Rebuilt from the tables; outside snapshot and hash.


@lru_cache
def state_dtype(capacity: Capacity) -> np.dtype:
    """The state record of one build size."""
    return row(
        ("seq", "i8"),
        ("ts_ns", "i8"),
        ("rules_version", "i8"),  # 0 until GENESIS.
        ("first_pending", "i4"),  # Instruments with stops to fire.
        ("last_pending", "i4"),
        ("task_count", "i4"),  # tasks[0 .. task_count - 1], oldest first.
        ("oldest_client_id", "i4"),  # Of all ended ones, in the order they ended.
        ("newest_client_id", "i4"),
        ("epoch", "i8"),  # Of prices, arrays and indexes: raised whenever one changes.
        ("hour", "i8"),  # ts_ns // HOUR_NS: positions are marked to cash when it is a new one.
        ("sweep_cursor", "i4"),  # Margin row that the next SWEEP looks at first.
        ("first_liquidation", "i4"),  # Queue of accounts to liquidate.
        ("last_liquidation", "i4"),
        ("backstop_account_id", "i4"),
        ("slice_ppm", "i8"),  # SET_LIQUIDATION: part of a position that one slice sells,
        ("slice_min_atoms", "i8"),  # unless it is worth less than this, micro-dollars;
        ("slice_interval_ns", "i8"),  # time between slices;
        ("backstop_ppm", "i8"),  # of maintenance: below it the backstop takes over;
        ("liquidation_fee_ppm", "i8"),  # to the insurance fund.
        ("slice_slippage_ppm", "i8"),  # How far from the mark a slice may go.
        ("reserved0", "u1", (4,)),
        ("hour_end_ns", "i8"),  # (hour + 1) * HOUR_NS, but not beyond TS_MAX + 1; 0 before the first command.
        ("reserved", "u1", (24,)),  # So that tables begin on two cache lines.
        ("tables", TABLE, (len(TABLE_NAMES) + 1,)),
        ("fees", FEES, (FEE_SCHEDULES * FEE_TIERS,)),
        ("tasks", TASK, (TASKS,)),
        ("assets", ASSET, (capacity.assets,)),
        ("instruments", INSTRUMENT, (capacity.instruments,)),
        ("accounts", ACCOUNT, (capacity.accounts,)),
        ("balances", BALANCE, (capacity.balances,)),
        ("orders", ORDER, (capacity.orders,)),
        ("extras", EXTRA, (capacity.extras,)),
        ("client_ids", CLIENT_ID, (capacity.client_ids,)),
        ("nodes", NODE, (capacity.nodes,)),
        ("leaves", LEAF, (capacity.leaves,)),
        ("holds", HOLD, (capacity.holds,)),
        ("deadlines", DEADLINE, (capacity.deadlines,)),
        ("groups", GROUP, (capacity.groups,)),
        ("risks", RISK, (capacity.risks,)),
        ("contracts", CONTRACT, (capacity.contracts,)),
        ("questions", QUESTION, (capacity.questions,)),
        ("margins", MARGIN, (capacity.margins,)),
        ("holding_pages", HOLDING_PAGE, (capacity.holding_pages,)),
        ("exposures", EXPOSURE, (capacity.exposures,)),
        ("twaps", TWAP, (capacity.twaps,)),
        ("queue_links", LINKS, ((capacity.leaves << 6) + capacity.orders,)),
        ("list_links", LINKS, (capacity.accounts + capacity.orders,)),
        ("balance_index", "i8", (capacity.balance_index,)),
        ("client_id_index", "i8", (capacity.client_id_index,)),
    )


def new_state(capacity: Capacity) -> np.ndarray:
    """An empty state, one element: all zero, and memory is only taken as rows are touched."""
    return aligned_zeros(state_dtype(capacity))


def aligned_zeros(dtype: np.dtype) -> np.ndarray:
    """One zeroed element that begins on a page, a huge one where it fills some: so no row lies across cache lines."""
    page = PAGE_BYTES if dtype.itemsize < HUGE_PAGE_BYTES else HUGE_PAGE_BYTES
    raw = np.zeros(dtype.itemsize + page, np.uint8)
    start = -raw.ctypes.data % page
    return raw[start : start + dtype.itemsize].view(dtype)
