"""Numbered names: kinds of command and event, sides, statuses, and every reason to refuse.

The numbers are permanent: they are in journals. Where FIX has a value for the same thing we
use it. Members are added at the end of their group and never renumbered.
"""

from enum import IntEnum


class Command(IntEnum):
    """What a head row asks for. 0 is never valid, so a zeroed row is refused."""

    # Time and housekeeping: appended by the node itself.
    TICK = 1  # Nothing but the time: work that has come due is done.
    CONTINUE = 2  # Go on with work that one command may not finish.

    # Orders.
    PLACE = 10
    REPLACE = 11
    CANCEL = 12  # By order_id.
    CANCEL_BY_CL_ORD_ID = 13
    MASS_CANCEL = 14
    SET_DEADMAN = 15

    # Ledger.
    DEPOSIT = 30
    TRANSFER = 31
    WITHDRAW = 32  # Phase one: the amount is held.
    WITHDRAW_SETTLE = 33  # Phase two: it has left the venue.
    WITHDRAW_REFUSE = 34  # Phase two: it goes back to free.
    FREEZE_BALANCE = 35
    RELEASE_BALANCE = 36

    # Operators.
    GENESIS = 50
    SET_LIMIT = 51
    LIST_ASSET = 52
    LIST_INSTRUMENT = 53
    AMEND_INSTRUMENT = 54
    SET_STATUS = 55
    SET_FEES = 56
    OPEN_ACCOUNT = 57
    SET_ACCOUNT = 58  # Fee tier.
    FREEZE_ACCOUNT = 59
    UNFREEZE_ACCOUNT = 60

    # Rows that are not commands of their own.
    DATA = 200  # Belongs to the head row before it.
    FRAME = 201  # The header of a batch in the journal.


class Event(IntEnum):
    REJECTED = 1

    ACCEPTED = 10
    FILLED = 11  # Two rows a match: the maker's, then the taker's.
    CANCELED = 12
    EXPIRED = 13
    REPLACED = 14
    TRIGGERED = 15  # A stop became an ordinary order.
    REFRESHED = 16  # An iceberg showed its next slice, at the tail of its price.
    DECREMENTED = 17  # Self-trade prevention took quantity off an order.
    MASS_CANCELED = 18  # A mass cancel begins; a CANCELED for each order follows.
    DEADMAN_SET = 19
    DEADMAN_FIRED = 20

    DEPOSITED = 30
    TRANSFERRED = 31  # Two rows: the debit (negative), then the credit.
    WITHDRAWAL_REQUESTED = 32
    WITHDRAWAL_SETTLED = 33
    WITHDRAWAL_REFUSED = 34
    BALANCE_FROZEN = 35
    BALANCE_RELEASED = 36

    GENESIS_DONE = 50
    LIMIT_SET = 51
    ASSET_LISTED = 52
    INSTRUMENT_LISTED = 53
    INSTRUMENT_AMENDED = 54
    STATUS_CHANGED = 55
    FEES_SET = 56
    ACCOUNT_OPENED = 57
    ACCOUNT_SET = 58
    ACCOUNT_FROZEN = 59
    ACCOUNT_UNFROZEN = 60


class Side(IntEnum):
    """FIX Side(54)."""

    BUY = 1
    SELL = 2


class Tif(IntEnum):
    """How long an order lives. FIX TimeInForce(59)."""

    GTC = 1
    IOC = 3
    FOK = 4
    GTD = 6


class Stp(IntEnum):
    """Self-trade prevention: what gives way when an order would meet its own master's order."""

    CANCEL_RESTING = 0
    CANCEL_TAKER = 1
    CANCEL_BOTH = 2
    DECREMENT = 3


class OrderFlag(IntEnum):
    """Bits of `flags` in PLACE and of an order row."""

    POST_ONLY = 1  # FIX ExecInst(18) 6
    MARKET = 2  # Immediate, at a protection price.
    STOP = 4  # Waits for its trigger; the trigger is in the ORDER_EXTRA row.


class OrderStatus(IntEnum):
    """FIX OrdStatus(39); EXPIRED is C and REJECTED is 8 there."""

    NEW = 0
    PARTIALLY_FILLED = 1
    FILLED = 2
    CANCELED = 4
    REPLACED = 5  # Of a client id only: its order goes by another now.
    REJECTED = 8
    EXPIRED = 12


class FillFlag(IntEnum):
    """Bits of `flags` in a FILLED event. FIX LastLiquidityInd(851)."""

    MAKER = 1
    TAKER = 2


class InstrumentStatus(IntEnum):
    PRE_OPEN = 1  # Orders may rest; none may match.
    OPEN = 2
    POST_ONLY = 3  # Only orders flagged POST_ONLY are taken.
    HALTED = 4  # No entry and no replace; cancels are.
    CLOSED = 5  # For good: its orders are cancelled.


class AssetClass(IntEnum):
    """For people and doors; the kernel treats them alike."""

    COIN = 1
    SHARE = 2
    FUND = 3
    BOND = 4
    GOLD = 5
    CURRENCY = 6
    STABLECOIN = 7
    PRIVATE = 8


class HoldKind(IntEnum):
    WITHDRAWAL = 1
    FREEZE = 2


class AccountFlag(IntEnum):
    FROZEN = 1
    SYSTEM = 2  # Outside world or fees: may be negative, never trades.


class DeadlineKind(IntEnum):
    ORDER = 1  # A GTD order expires.
    DEADMAN = 2  # An account has not been heard of.


class Limit(IntEnum):
    """Which logical limit SET_LIMIT raises; also the order of the GENESIS data rows."""

    ASSETS = 0
    INSTRUMENTS = 1
    ACCOUNTS = 2
    BALANCES = 3
    ORDERS = 4
    EXTRAS = 5
    CLIENT_IDS = 6
    NODES = 7
    LEAVES = 8
    HOLDS = 9
    DEADLINES = 10
    CLIENT_IDS_PER_ACCOUNT = 11


class Reject(IntEnum):
    """Why a command was refused, or an order cancelled.

    For refusals the order is the precedence: of all reasons that apply, the lowest number is
    reported. Numbers from 100 on are reasons of cancels, which are no refusals.
    """

    NONE = 0

    # The row itself.
    UNKNOWN_KIND = 1
    NO_GENESIS = 2  # Nothing is taken before GENESIS, and GENESIS only once.
    BAD_DATA_ROWS = 3  # Missing, too many, or of the wrong shape.
    BAD_SIDE = 4
    BAD_TIF = 5
    BAD_STP = 6
    BAD_FLAGS = 7
    BAD_VALUE = 8  # Another field is outside its stated range.

    # Who.
    UNKNOWN_ACCOUNT = 10
    SYSTEM_ACCOUNT = 11
    DUPLICATE = 12
    ACCOUNT_FROZEN = 13

    # What.
    UNKNOWN_ASSET = 15
    UNKNOWN_INSTRUMENT = 16
    UNKNOWN_ORDER = 17
    UNKNOWN_HOLD = 18
    BAD_STATUS = 19  # The instrument's status does not allow it.
    POST_ONLY_STATUS = 20

    # The order.
    BAD_COMBINATION = 25
    BAD_QTY = 26  # Zero or negative.
    QTY_TOO_SMALL = 27
    QTY_TOO_LARGE = 28
    BAD_PRICE = 29  # Zero or negative, or missing.
    PRICE_TOO_HIGH = 30
    BAD_DISPLAY = 31
    BAD_TRIGGER = 32
    BAD_EXPIRY = 33
    TRIGGERS_PENDING = 34
    NO_LIQUIDITY = 35
    PRICE_REQUIRED = 36  # A market order where no band protects it.
    OUTSIDE_BAND = 37
    WOULD_TRIGGER = 38
    NOTIONAL_TOO_SMALL = 39
    NOTIONAL_TOO_LARGE = 40
    WOULD_MATCH = 41
    FOK_UNFILLABLE = 42

    # Money.
    BAD_AMOUNT = 50
    SUPPLY_LIMIT = 51
    INSUFFICIENT_FUNDS = 52

    # Room.
    TABLE_FULL = 60
    WORK_LIMIT = 61  # One command may not do so much; mass-cancel first.
    BUSY = 62  # The queue of unfinished work is full.

    # Reasons of CANCELED events.
    BY_OWNER = 100
    BY_MASS_CANCEL = 101
    BY_DEADMAN = 102
    BY_ACCOUNT_FREEZE = 103
    BY_BALANCE_FREEZE = 104
    BY_CLOSE = 105
    BY_REPLACE = 106
    SELF_TRADE = 107
    IOC_REMAINDER = 108
    FILL_LIMIT = 109
    NO_ROOM = 110  # An activated stop or a remainder found no room to rest.
