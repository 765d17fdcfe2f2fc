"""Rows of the journal (commands and their data) and rows of the answers (events).

Every row has 64 bytes, and in every row that a journal may hold the byte at offset 56 is the
kind. A command is a head row and `data_rows` rows after it, never split over batches. Its
sequence number is its place: the FRAME before it holds the first, and each head row is one more.
Families of commands lay out the same 64 bytes differently, so that each field has one meaning;
the fields they share stand at the same offsets.

A stream of these rows with the rules of RULES_VERSION determines the venue, to the byte.
"""

import numpy as np

from emporion.schema.limits import AHEAD_ROWS, BATCH_ROWS, EVENT_ROWS, GROUPS_MAX, ROW_BYTES, SCENARIOS

RULES_VERSION = 2  # What a command does. Raised when the same journal would give other events.
FORMAT_VERSION = 1  # How rows are laid out.


class Row(np.record):  # type: ignore[misc]  # Final only in the stubs.
    """A record whose fields read as attributes, `flags` too, by which NumPy means something else."""

    def __getattribute__(self, name: str):
        return self["flags"] if name == "flags" else super().__getattribute__(name)


def row(*fields: tuple) -> np.dtype:
    """A row type whose fields read as attributes, compiled and not."""
    return np.dtype((Row, list(fields)))


# --- Head rows -----------------------------------------------------------------------------------

ORDER_COMMAND = row(  # PLACE, REPLACE, CANCEL, CANCEL_BY_CL_ORD_ID, MASS_CANCEL
    ("ts_ns", "i8"),  # When the node took it. Never below the one before: the kernel sees to that.
    ("order_id", "i8"),  # Which order, in REPLACE (0: the one that goes by the client id) and CANCEL.
    ("cl_ord_id_hi", "i8"),  # The client's own id, 16 bytes, both halves 0 for none. REPLACE of an order_id: a new one.
    ("cl_ord_id_lo", "i8"),
    ("price_ticks", "i8"),  # Limit. 0: PLACE with MARKET: none of its own; REPLACE: keep it.
    ("qty_lots", "i8"),  # Total quantity. REPLACE: the new total.
    ("account_id", "i4"),
    ("instrument_id", "i4"),  # MASS_CANCEL: 0 for all.
    ("kind", "u1"),  # codes.Command
    ("side", "i1"),  # codes.Side. MASS_CANCEL: 0 for both.
    ("tif", "i1"),  # codes.Tif
    ("flags", "i1"),  # codes.OrderFlag bits
    ("stp", "i1"),  # codes.Stp
    ("data_rows", "u1"),  # How many of the next rows belong to this one.
    ("request_tag", "u2"),  # Of the request at a door that sent it, for those who look; nothing depends on it. 0: none.
)
LEDGER_COMMAND = row(  # DEPOSIT to RELEASE_BALANCE
    ("ts_ns", "i8"),
    ("hold_id", "i8"),  # Which hold, in WITHDRAW_SETTLE, WITHDRAW_REFUSE, RELEASE_BALANCE.
    ("cl_ord_id_hi", "i8"),  # Makes a retry safe, as for orders: DEPOSIT, TRANSFER, WITHDRAW, FREEZE_BALANCE.
    ("cl_ord_id_lo", "i8"),
    ("reference", "i8"),  # The operator's own number (case, payment); carried to the hold.
    ("amount_atoms", "i8"),
    ("account_id", "i4"),  # Whose. TRANSFER: debited.
    ("asset_id", "i4"),
    ("kind", "u1"),
    ("reserved0", "u1", (4,)),
    ("data_rows", "u1"),  # 0
    ("request_tag", "u2"),
)
# TRANSFER names the credited account in `hold_id`'s place: see TRANSFER_COMMAND.
TRANSFER_COMMAND = row(
    ("ts_ns", "i8"),
    ("to_account_id", "i4"),  # Credited.
    ("reserved2", "u1", (4,)),
    ("cl_ord_id_hi", "i8"),
    ("cl_ord_id_lo", "i8"),
    ("reference", "i8"),
    ("amount_atoms", "i8"),
    ("account_id", "i4"),
    ("asset_id", "i4"),
    ("kind", "u1"),
    ("reserved0", "u1", (4,)),
    ("data_rows", "u1"),
    ("request_tag", "u2"),
)
ADMIN_COMMAND = row(  # TICK, CONTINUE, SET_DEADMAN, GENESIS to UNFREEZE_ACCOUNT
    ("ts_ns", "i8"),
    ("timeout_ns", "i8"),  # SET_DEADMAN: from now; 0 switches it off.
    ("limit_value", "i8"),  # SET_LIMIT
    ("maker_ppm", "i4"),  # SET_FEES; negative is a rebate.
    ("taker_ppm", "i4"),
    ("master_id", "i4"),  # OPEN_ACCOUNT: 0 for an account of its own, else its master.
    ("asset_id", "i4"),  # LIST_ASSET gives none: the next number is taken.
    ("fee_schedule", "i4"),  # SET_FEES, 0 to 7.
    ("fee_tier", "i4"),  # SET_FEES, OPEN_ACCOUNT, SET_ACCOUNT, 0 to 15.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("kind", "u1"),
    ("status", "i1"),  # SET_STATUS: codes.InstrumentStatus
    ("limit", "i1"),  # SET_LIMIT: codes.Limit
    ("reserved0", "u1", (2,)),
    ("data_rows", "u1"),
    ("request_tag", "u2"),
)

MARGIN_COMMAND = row(  # LIST_CONTRACT to RESOLVE_OUTCOME
    ("ts_ns", "i8"),
    (
        "index_price_ticks",
        "i8",
    ),  # SET_PRICE of a contract. Options and futures: of what they are on, in their own ticks.
    ("mark_price_ticks", "i8"),  # SET_PRICE of a contract.
    ("value_atoms", "i8"),  # SET_PRICE of an asset: micro-dollars of 2^unit_shift atoms.
    ("asset_id", "i4"),
    ("group_id", "i4"),
    ("question_id", "i4"),
    (
        "number",
        "i4",
    ),  # SET_GROUP: maintenance ppm. SET_RISK: which load, 0 to 2. SET_MARGIN: leverage cap. SWEEP: accounts.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("kind", "u1"),
    ("mode", "i1"),  # SET_GROUP: codes.GroupKind. SET_MARGIN: codes.MarginMode. LIST_QUESTION: outcomes.
    ("reserved0", "u1", (3,)),
    ("data_rows", "u1"),
    ("request_tag", "u2"),
)

# --- Data rows: kind is DATA -----------------------------------------------------------------------

ORDER_EXTRA = row(  # PLACE with an iceberg, a stop or an end
    ("display_lots", "i8"),  # 0: all of it.
    ("trigger_price_ticks", "i8"),  # With flag STOP only.
    ("expire_ns", "i8"),  # With Tif.GTD only.
    ("trail_ticks", "i8"),  # With STOP: the trigger follows the price at this distance; 0: it stays.
    ("related_id", "i8"),  # With link: the order it is tied to.
    ("link", "i4"),  # codes.Link
    ("reserved0", "u1", (12,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
ASSET_TERMS = row(  # LIST_ASSET
    ("name", "u1", (16,)),  # "USDC", for people; unique by the operator's care, not by rule.
    ("decimals", "i4"),  # An atom is 10^-decimals.
    ("asset_class", "i4"),  # codes.AssetClass
    ("reserved0", "u1", (32,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
INSTRUMENT_TERMS = row(  # LIST_INSTRUMENT, first data row: fixed for life
    ("name", "u1", (16,)),  # "BTC/USDC"
    ("base_atoms_per_lot", "i8"),
    ("atoms_per_tick_lot", "i8"),  # Quote atoms of one tick of one lot: whole, so a notional is exact.
    ("base_asset_id", "i4"),
    ("quote_asset_id", "i4"),
    ("asset_class", "i4"),
    ("lot_exponent", "i4"),  # LIST_CONTRACT: a lot is 10^this of what the contract is on. For people and doors only.
    ("reserved0", "u1", (8,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
INSTRUMENT_BOUNDS = row(  # LIST_INSTRUMENT, second data row; AMEND_INSTRUMENT, only data row
    ("qty_min_lots", "i8"),
    ("qty_max_lots", "i8"),
    ("price_max_ticks", "i8"),
    ("notional_min_atoms", "i8"),
    ("notional_max_atoms", "i8"),  # At most limits.NOTIONAL_MAX; 0 for no other bound than that.
    ("reference_price_ticks", "i8"),  # Where the band stands until the first trade; 0 for no band until then.
    ("band_ppm", "i4"),  # 0: no band.
    ("fee_schedule", "i4"),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
CONTRACT_TERMS = row(  # LIST_CONTRACT, third data row: fixed for life. The first two are those of LIST_INSTRUMENT.
    ("expiry_ns", "i8"),  # FUTURE, CALL, PUT
    ("window_ns", "i8"),  # The final price is the average of the index over this time before expiry.
    ("strike_ticks", "i8"),  # CALL, PUT
    ("one_ticks", "i8"),  # OUTCOME: the price that is one.
    ("funding_interval_ns", "i8"),  # PERPETUAL
    ("impact_notional_atoms", "i8"),  # PERPETUAL: how deep the premium looks into the book.
    ("question_id", "i4"),  # OUTCOME
    ("reserved0", "u1", (4,)),
    ("kind", "u1"),
    ("contract_kind", "u1"),  # codes.ContractKind
    ("outcome", "u1"),  # OUTCOME: which, from 0.
    ("fee_form", "u1"),  # codes.FeeForm
    ("reserved1", "u1", (4,)),
)
CONTRACT_BOUNDS = row(  # LIST_CONTRACT, fourth data row; AMEND_CONTRACT, only data row
    ("position_max_lots", "i8"),  # Of one account, its open orders counted.
    ("open_interest_max_lots", "i8"),
    ("interest_e12", "i8"),  # PERPETUAL, per the period the premium is quoted for (8 hours): see F-2.
    ("clamp_e12", "i8"),
    ("cap_e12", "i8"),  # Largest rate of one interval.
    ("divisor", "i4"),  # Intervals in the period: 8.
    ("reserved0", "u1", (12,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
QUESTION_TERMS = row(  # LIST_QUESTION
    ("name", "u1", (16,)),
    ("challenge_ns", "i8"),  # How long a proposal may be challenged.
    ("one_ticks", "i8"),  # What all payouts add up to.
    ("reserved0", "u1", (24,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
VALUES_PER_ROW = 7
VALUES = row(  # SET_RISK (3 rows), PROPOSE_OUTCOME and RESOLVE_OUTCOME (3), SET_LENDING and SET_LIQUIDATION (1)
    ("values", "i8", (VALUES_PER_ROW,)),  # In this order: see RISK_VALUES and its neighbours in schema/build_margin.py.
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
TWAP_TERMS = row(  # PLACE_TWAP
    ("duration_ns", "i8"),
    ("interval_ns", "i8"),  # Between slices.
    ("slippage_ppm", "i8"),  # How far from the best opposite price a slice may go.
    ("reserved0", "u1", (32,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)
GENESIS_ROWS = 4
LIMITS_PER_ROW = 6
GENESIS_LIMITS = row(  # GENESIS: GENESIS_ROWS of them, limits in the order of codes.Limit, then 0
    ("limits", "i8", (LIMITS_PER_ROW,)),
    ("reserved0", "u1", (8,)),
    ("kind", "u1"),
    ("reserved1", "u1", (7,)),
)

# --- Journal ---------------------------------------------------------------------------------------

FRAME = row(  # Heads each batch in the journal
    ("first_seq", "i8"),  # Sequence of the first head row behind it.
    ("durable_seq", "i8"),  # Last sequence the writer knew durable when it wrote this.
    ("chain", "u1", (32,)),  # BLAKE2b-256 over the chain before, this frame (chain and crc zero), its rows.
    ("rows", "i4"),  # Rows behind it.
    ("crc", "u4"),  # CRC-32 over this frame (crc zero) and its rows.
    ("kind", "u1"),
    ("format", "u1"),  # FORMAT_VERSION
    ("rules", "u1"),  # RULES_VERSION
    ("reserved", "u1", (5,)),
)

# --- Events ----------------------------------------------------------------------------------------

EVENT = row(
    ("seq", "i8"),  # The command that caused it.
    ("order_id", "i8"),  # The order; in events about holds, the hold. DUPLICATE: the first one's. POSITION: the order.
    ("price_ticks", "i8"),  # FILLED: where it traded. ACCEPTED, REPLACED: the limit.
    ("qty_lots", "i8"),  # FILLED: of this match. ACCEPTED, REPLACED: total. CANCELED, EXPIRED: what was open.
    ("leaves_lots", "i8"),  # Open after this event.
    ("amount_atoms", "i8"),  # FILLED: the fee, negative for a rebate. Ledger: signed. ACCEPTED: hold at entry.
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("asset_id", "i4"),  # What amount_atoms counts.
    ("kind", "u1"),  # codes.Event
    ("side", "i1"),
    ("reason", "u1"),  # codes.Reject
    ("flags", "u1"),  # FILLED: codes.FillFlag. DUPLICATE: codes.OrderStatus. STATUS_CHANGED: the status.
)

for _row in (
    ORDER_COMMAND, LEDGER_COMMAND, TRANSFER_COMMAND, ADMIN_COMMAND, ORDER_EXTRA, ASSET_TERMS,
    INSTRUMENT_TERMS, INSTRUMENT_BOUNDS, GENESIS_LIMITS, FRAME, EVENT, MARGIN_COMMAND, CONTRACT_TERMS,
    CONTRACT_BOUNDS, QUESTION_TERMS, VALUES, TWAP_TERMS,
):  # fmt: skip
    assert _row.itemsize == ROW_BYTES, _row
    if _row is not EVENT:
        assert _row.fields["kind"][1] == 56, _row

COMMAND = ORDER_COMMAND  # The name for a row whose family is not known yet.


def rows_of(dtype: np.dtype) -> np.dtype:
    """The batch seen as rows of one family: a record, so the kernel gets a bare pointer."""
    return row(("rows", dtype, (BATCH_ROWS,)))


AHEAD = row(  # Notes about a command to come: see kernel/ahead.py.
    ("home", "i8"),
    ("met", "i8"),
    ("client_id_home", "i8"),
    ("client_id", "i8"),
)
WEIGHT = row(  # An account's exposure to one group while a sweep looks at it: see kernel/margin.py.
    ("held", "i8", (SCENARIOS,)),
    ("short_atoms", "i8"),
    ("is_used", "i8"),
    ("next_group", "i8"),
    ("reserved", "u1", (8,)),
)
EVENTS = row(
    ("count", "i8"),
    ("looks_left", "i8"),  # Of the command at work: how many orders its walks may still look at. Rule W-5.
    ("is_preview", "i8"),  # While the command is only judged: nothing may change, also not what is due.
    ("reserved", "u1", (40,)),
    ("own_order", ORDER_COMMAND),  # An order that the venue enters by itself: written before it is judged.
    ("no_extra", ORDER_EXTRA),  # Of orders without such a row: always zero.
    ("ahead", AHEAD, (AHEAD_ROWS,)),
    ("weights", WEIGHT, (GROUPS_MAX,)),  # By group; zero between looks.
    ("rows", EVENT, (EVENT_ROWS,)),
)

# --- Answers to questions ----------------------------------------------------------------------------

DEPTH_LEVELS = 1_024  # Of one side at one look.
DEPTH_ROW = row(
    ("price_ticks", "i8"),
    ("qty_lots", "i8"),  # On show: the hidden part of icebergs is not.
    ("orders", "i8"),
)
DEPTH = row(("count", "i8"), ("rows", DEPTH_ROW, (DEPTH_LEVELS,)))
PREVIEW = row(  # What a PLACE would do, before it is sent: see kernel/preview.py.
    ("reason", "i8"),  # codes.Reject; NONE when it would be taken.
    ("limit_price_ticks", "i8"),
    ("hold_atoms", "i8"),  # Of what it pays with: quote for BUY, base for SELL; 0 of a contract.
    ("borrow_atoms", "i8"),  # The rest of its need, which the lending account would promise.
    # Of a margin account, micro-dollars; 0 when the order is refused before margin is looked at.
    ("risk_atoms", "i8"),
    ("equity_atoms", "i8"),
    ("maintenance_atoms", "i8"),
    ("initial_atoms", "i8"),
    ("initial_after_atoms", "i8"),
    ("required_atoms", "i8"),
    ("required_after_atoms", "i8"),
    ("is_settled", "i8"),  # Whether nothing is due on the account; else equity leaves out funding and interest since.
)
