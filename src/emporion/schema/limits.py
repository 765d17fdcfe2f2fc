"""Every bound of the venue, and the relations between them, asserted on import.

Two sorts. Constants of the rules (largest price, fills a command) are part of RULES_VERSION.
Capacities of tables are the size of a build: they bound what a node can hold and never change
what it answers, because admission checks the logical limits kept in the state.
"""

from dataclasses import dataclass, fields, replace

# --- Numbers -------------------------------------------------------------------------------------
PRICE_MAX = 1 << 46  # Ticks. The price index covers +-2^47 around its anchor.
QTY_MAX = 1 << 53  # Lots; a float in a notebook still holds it exactly.
NOTIONAL_MAX = 1 << 60  # Quote atoms of one order; a hold with its fee stays far below 2^62.
SUPPLY_MAX = 1 << 61  # Atoms of one asset in all accounts; sums of two never wrap.
ATOMS_PER_LOT_MAX = 1 << 53  # Base atoms of a lot.
ATOMS_PER_TICK_LOT_MAX = 1 << 53  # Quote atoms of a tick times a lot.
FEE_PPM_MAX = 100_000  # A tenth of the notional, either way.
PPM = 1_000_000
BAND_PPM_MAX = 1_000_000
DECIMALS_MAX = 18  # Of an asset; the lot of a contract is within 10^-this and 10^this.
TS_MAX = (1 << 62) - 1  # Nanoseconds: the year 2116.
DEADMAN_MAX_NS = 86_400_000_000_000  # A day.
CLIENT_ID_AGE_NS = 86_400_000_000_000  # How long an ended order's client id is remembered.
CLIENT_IDS_PER_ACCOUNT = 1_024  # How many ended ones, by default.
DISPLAY_PARTS_MAX = 100  # An iceberg shows at least a hundredth.

# --- Work of one command -------------------------------------------------------------------------
CONTACTS_MAX = 256  # Resting orders (or iceberg slices) one order may meet.
STOPS_PER_COMMAND = 8  # Fired before a command on the instrument, and as many after it.
DEADLINES_PER_COMMAND = 8
CANCELS_PER_COMMAND = 256  # By a mass cancel, a freeze or a closing, before CONTINUE.
PAGE_HOLDINGS = 7  # Holdings of one page.
PAGES_PER_ACCOUNT = 32
HOLDINGS_MAX = (
    PAGES_PER_ACCOUNT * PAGE_HOLDINGS
)  # Of one margin account: assets and contracts it holds or has orders in.
# A touch settles each holding: funding or interest, marking to cash, a final price.
EVENTS_PER_TOUCH = 3 * HOLDINGS_MAX
# A match writes at most, per contact: two fills; two positions with what was due on them (2 each); a refresh; of the
# resting order its partner with two children, and its own two; two orders tied to its position, each with a partner and
# two children. And a touch of the account that sent it, the same ties of its own, and a few more.
EVENTS_PER_ORDER = 24 * CONTACTS_MAX + EVENTS_PER_TOUCH + 24
# Stops before and after, the order itself, a slice of a TWAP; a freeze of a balance on top of walks; deadlines, and
# their heads.
EVENTS_PER_COMMAND = (
    (2 * STOPS_PER_COMMAND + 2) * EVENTS_PER_ORDER + 2 * CANCELS_PER_COMMAND + 6 * DEADLINES_PER_COMMAND + 8
)

# --- Batches and events --------------------------------------------------------------------------
ROW_BYTES = 64
BATCH_ROWS = 4_096  # Rows of one batch, its FRAME not counted: under 512 KiB.
DATA_ROWS_MAX = 4
EVENT_ROWS = 262_144  # Memory is only taken as it is written.
AHEAD_ROWS = 16  # Commands about which the kernel keeps notes while it fetches memory ahead. A power of two.
assert (BATCH_ROWS + 1) * ROW_BYTES < 512 * 1024
assert EVENTS_PER_COMMAND * 2 < EVENT_ROWS

# --- Ids -----------------------------------------------------------------------------------------
SLOT_BITS = 24
GENERATION_BITS = 29
GENERATION_MAX = (1 << GENERATION_BITS) - 1  # A slot that reaches it is retired.
ACCOUNT_BITS, ASSET_BITS, BALANCE_BITS, CLIENT_ID_BITS = 23, 16, 24, 24  # Row numbers in words of an index.
INDEXED_BITS = {
    "accounts": ACCOUNT_BITS, "assets": ASSET_BITS, "balances": BALANCE_BITS, "client_ids": CLIENT_ID_BITS,
}  # fmt: skip
assert ACCOUNT_BITS + ASSET_BITS + BALANCE_BITS <= 63
assert SLOT_BITS + GENERATION_BITS <= 53  # Exact in a JSON number and a float64.

# --- System accounts -----------------------------------------------------------------------------
NOBODY = 0  # Row 0 of every table stays zero.
OUTSIDE_ACCOUNT = 1  # The outside world: what has been deposited is its debt.
FEE_ACCOUNT = 2
CLEARING_ACCOUNT = 3  # Between those who gain and those who lose by contracts.
LENDING_ACCOUNT = 4  # What may be lent; interest is its own.
INSURANCE_ACCOUNT = 5  # Pays what liquidated accounts cannot.
SYSTEM_ACCOUNTS = 5  # Accounts 1 to 5.
FIRST_ACCOUNT = SYSTEM_ACCOUNTS + 1  # Of people.
FEE_SCHEDULES = 8
FEE_TIERS = 16
TASKS = 64  # Unfinished mass cancels.

# --- Contracts and margin ------------------------------------------------------------------------
SCENARIOS = 16
GROUPS_MAX = 1_024  # Of any build.
LOADS = 3  # Groups that one contract or asset loads on.
OUTCOMES_MAX = 16
UNIT_SHIFT_MAX = 40  # A risk array is of 2^unit_shift lots or atoms.
RISK_MAX = 1 << 60  # |array x quantity|, value and notional of one holding: sums of HOLDINGS_MAX of them fit in 2^62
VALUE_MAX = 1 << 52  # and those of an account are micro-dollars below this: four billion dollars.
SUM_MAX = 1 << 62
LEVERAGE_MAX = 1_000
E12 = 1_000_000_000_000
FUNDING_INDEX_SCALE = 1_000_000_000
HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
TRAILING_MAX = 256  # Trailing orders of one contract that a price may move at once.
RANKS = 32  # Accounts ranked for deleveraging, on each side of a contract.
IMPACT_ORDERS = 256  # Orders the premium looks at on each side.
PREMIUM_SAMPLES_MAX = 1_000_000  # Of one funding interval.
FUNDING_INTERVAL_MIN_NS = 1_000_000_000
DIVISOR_MAX = 1_000_000  # Funding intervals in the period that rates are quoted for.
INDEX_SAMPLES_MAX = 65_536  # Of the window before an expiry.
WINDOW_MAX_NS = 7 * DAY_NS
CHALLENGE_MAX_NS = 366 * DAY_NS
OUTCOME_SHIFT = 6  # The unit_shift of an outcome's array.
SWEEP_MAX = 4_096  # Accounts of one SWEEP; it ends earlier when its events would not fit.
SWEEP_EVENTS = 16_384  # It looks at no further account when it has written more.
LIQUIDATION_WAIT_NS = 1_000_000_000  # At least, where nothing could be done.
DELEVERAGES = 8  # Accounts on the other side that one command may deleverage.
TIED_PER_POSITION = 2  # Orders that end with it: a stop and a profit.
TIED_MAX = 64  # Of all positions of an account.
TWAP_SLICES_MAX = 10_000
TWAP_INTERVAL_MIN_NS = 1_000_000_000

assert PRICE_MAX < 1 << 47
assert E12 * PREMIUM_SAMPLES_MAX < 1 << 62 and PRICE_MAX * INDEX_SAMPLES_MAX <= 1 << 62
assert NOTIONAL_MAX + NOTIONAL_MAX // PPM * FEE_PPM_MAX + 2 < SUPPLY_MAX
assert 2 * SUPPLY_MAX <= 1 << 62


@dataclass(frozen=True)
class Capacity:
    """Rows of each table, row 0 included where the table has one."""

    name: str
    assets: int
    instruments: int
    accounts: int
    balances: int
    orders: int
    extras: int
    client_ids: int
    nodes: int
    leaves: int
    holds: int
    deadlines: int
    groups: int
    risks: int
    contracts: int
    questions: int
    margins: int
    holding_pages: int
    exposures: int
    twaps: int
    balance_index: int  # Hash slots, a power of two, at least twice the rows.
    client_id_index: int

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "name" and getattr(self, field.name) < 8:
                raise ValueError(f"capacity {self.name}: {field.name} must be at least 8")
        if self.orders > 1 << SLOT_BITS or self.holds > 1 << SLOT_BITS:
            raise ValueError(f"capacity {self.name}: at most 2^{SLOT_BITS} orders and holds have ids")
        for name, bits in INDEXED_BITS.items():
            if getattr(self, name) > 1 << bits:
                raise ValueError(f"capacity {self.name}: at most 2^{bits} {name} are found by their index")
        for index, rows in ((self.balance_index, self.balances), (self.client_id_index, self.client_ids)):
            if index & (index - 1) or index < 2 * rows:
                raise ValueError(f"capacity {self.name}: an index needs a power of two, at least twice its rows")
        if self.groups > GROUPS_MAX:
            raise ValueError(f"capacity {self.name}: at most {GROUPS_MAX} groups")
        if self.deadlines < self.extras // 2:
            raise ValueError(f"capacity {self.name}: too few deadlines for its extras")


SMALL = Capacity(  # Notebooks, tests, a demonstration: some 60 MB of address space, touched as it fills.
    name="small",
    assets=1_024,
    instruments=4_096,
    accounts=16_384,
    balances=65_536,
    orders=65_536,
    extras=16_384,
    client_ids=131_072,
    nodes=16_384,
    leaves=32_768,
    holds=16_384,
    deadlines=32_768,
    groups=1_024,
    risks=4_096,
    contracts=2_048,
    questions=512,
    margins=8_192,
    holding_pages=16_384,
    exposures=32_768,
    twaps=1_024,
    balance_index=131_072,
    client_id_index=262_144,
)
LARGE = Capacity(  # Servers and benchmarks: below the 2 GiB NumPy allows one dtype.
    name="large",
    assets=8_192,
    instruments=65_536,
    accounts=1_048_576,
    balances=12_582_912,
    orders=3_145_728,
    extras=524_288,
    client_ids=2_097_152,
    nodes=131_072,
    leaves=262_144,
    holds=262_144,
    deadlines=1_048_576,
    groups=1_024,
    risks=16_384,
    contracts=8_192,
    questions=1_024,
    margins=131_072,
    holding_pages=131_072,
    exposures=131_072,
    twaps=16_384,
    balance_index=33_554_432,
    client_id_index=4_194_304,
)
TINY = replace(  # A second physical size, so that tests can show that size changes nothing.
    SMALL,
    name="tiny",
    assets=64,
    instruments=64,
    accounts=256,
    balances=1_024,
    orders=2_048,
    extras=512,
    client_ids=4_096,
    nodes=512,
    leaves=1_024,
    holds=256,
    deadlines=1_024,
    groups=32,
    risks=64,
    contracts=64,
    questions=32,
    margins=128,
    holding_pages=256,
    exposures=512,
    twaps=32,
    balance_index=2_048,
    client_id_index=8_192,
)
WIDE = replace(  # Servers with many margin accounts rather than many spot balances.
    LARGE,
    name="wide",
    balances=2_097_152,
    orders=524_288,
    client_ids=524_288,
    deadlines=524_288,
    margins=1_048_576,
    holding_pages=1_179_648,
    exposures=524_288,
    balance_index=4_194_304,
    client_id_index=1_048_576,
)
CAPACITIES = {capacity.name: capacity for capacity in (TINY, SMALL, LARGE, WIDE)}
