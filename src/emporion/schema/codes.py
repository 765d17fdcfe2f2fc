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
    PLACE_TWAP = 16  # A quantity to be traded in slices over a time.
    CANCEL_TWAP = 17

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

    # Contracts and margin: prices, risk, lifecycles.
    LIST_CONTRACT = 70  # An instrument that settles as a contract.
    AMEND_CONTRACT = 71  # Its caps and funding terms.
    LIST_QUESTION = 72  # Up to 16 outcomes of which one will be.
    SET_PRICE = 73  # Index and mark of a contract, or the value of an asset.
    SET_GROUP = 74  # A risk group: its kind and maintenance ratio. Group 0 makes the next.
    SET_RISK = 75  # One load of a contract or an asset: its array in one group.
    SET_MARGIN = 76  # An account becomes a margin account, or its leverage cap changes.
    SET_LENDING = 77  # What of an asset may be lent, and at what interest.
    SET_LIQUIDATION = 78  # How accounts are liquidated, and which account is the backstop.
    SWEEP = 79  # Looks at the next margin accounts: settles what is due, finds those to liquidate.
    PROPOSE_OUTCOME = 80  # What the outcomes of a question pay; final after its challenge window.
    CHALLENGE_OUTCOME = 81  # The proposal is dropped.
    RESOLVE_OUTCOME = 82  # Final at once.

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
    TWAP_STARTED = 21
    TWAP_ENDED = 22
    TWAP_SLICED = 23  # In place of ACCEPTED for a slice, or of REJECTED: the command of that moment is somebody else's.

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

    CONTRACT_AMENDED = 71  # A contract's listing is INSTRUMENT_LISTED.
    QUESTION_LISTED = 72
    PRICE_SET = 73
    GROUP_SET = 74
    RISK_SET = 75
    MARGIN_SET = 76
    LENDING_SET = 77
    LIQUIDATION_SET = 78
    SWEPT = 79
    OUTCOME_PROPOSED = 80
    OUTCOME_CHALLENGED = 81
    OUTCOME_RESOLVED = 82
    FUNDING_SET = 83  # The rate of an interval that has ended.
    DAILY_SETTLED = 84  # The daily settlement price of a future or option.
    EXPIRED_CONTRACT = 85  # Its final price: the average of the index over the window.

    POSITION = 90  # A position changed by a fill: what it is now, and the gain made.
    FUNDING_PAID = 91
    MARKED_TO_CASH = 92  # Gains or losses of a position became cash.
    POSITION_SETTLED = 93  # A position ended at a final price.
    INTEREST_PAID = 94
    LIQUIDATION_BEGUN = 95
    LIQUIDATION_STEP = 96
    LIQUIDATION_ENDED = 97
    BACKSTOP_TOOK = 98
    DELEVERAGED = 99
    INSURANCE_PAID = 100
    LOSS_LEFT = 101  # Nobody could cover it: it stays as the account's debt to the lending account.


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
    REDUCE_ONLY = 8  # FIX ExecInst(18) E. Of contracts: never opens or turns a position.
    TAKE_PROFIT = 16  # With STOP: waits for the price on the other side, a BUY for it to fall.
    ON_MARK = 32  # With STOP: it is the mark price that triggers. Of contracts.
    ON_INDEX = 64  # With STOP: the index price.


WAITING_FLAGS = int(
    OrderFlag.STOP | OrderFlag.MARKET | OrderFlag.TAKE_PROFIT | OrderFlag.ON_MARK | OrderFlag.ON_INDEX
)  # Gone when a stop fires.


class OrderStatus(IntEnum):
    """FIX OrdStatus(39); EXPIRED is C and REJECTED is 8 there."""

    NEW = 0
    PARTIALLY_FILLED = 1
    FILLED = 2
    CANCELED = 4
    REPLACED = 5  # Of a client id only: its order goes by another now.
    REJECTED = 8
    EXPIRED = 12


class Link(IntEnum):
    """How an order is tied to another: `link` in ORDER_EXTRA."""

    NONE = 0
    CANCELS_OTHER = 1  # One cancels the other: `related_id` is the other, an open order of the account.
    CHILD = 2  # Of a bracket: sleeps until its parent `related_id` fills, and is as large as that has done.
    POSITION = 3  # As large as the position when it fires; ends with it.


class ContractKind(IntEnum):
    """What a contract's life is."""

    PERPETUAL = 1
    FUTURE = 2
    CALL = 3
    PUT = 4
    OUTCOME = 5  # Of a question: pays a part of one.


class FeeForm(IntEnum):
    """What a fee rate is taken on."""

    FLAT = 0  # The notional.
    BINARY = 1  # p (1 - p): the notional times one less the price, for outcomes.


class GroupKind(IntEnum):
    """What the scenarios of a risk group are. docs/concepts/risk-arrays.md."""

    PRICE = 1
    RATES = 2
    EVENT = 3  # The outcomes of one question; maintenance equals initial.


class QuestionStatus(IntEnum):
    OPEN = 1
    PROPOSED = 2
    RESOLVED = 3


class MarginMode(IntEnum):
    CASH = 0  # Holds everything in full; no contracts.
    MARGIN = 1


class LiquidationStage(IntEnum):
    """How far the liquidation of an account has come."""

    NONE = 0
    QUEUED = 1  # Below maintenance: its orders are being cancelled.
    REDUCING = 2  # Its positions are sold into the book in slices.
    BACKSTOP = 3  # What is left goes to the backstop account.
    DELEVERAGING = 4  # And what that cannot take, against the other side in the order of the ranking.


class FillFlag(IntEnum):
    """Bits of `flags` in a FILLED event. FIX LastLiquidityInd(851)."""

    MAKER = 1
    TAKER = 2
    LIQUIDATION = 4  # One side was being liquidated.


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
    PERPETUAL = 9  # Instruments only, from here on.
    FUTURE = 10
    OPTION = 11
    EVENT = 12


class HoldKind(IntEnum):
    WITHDRAWAL = 1
    FREEZE = 2


class AccountFlag(IntEnum):
    FROZEN = 1
    SYSTEM = 2  # One of the venue's own: may be negative, never trades.
    MARGIN = 4  # Has a row in margins: may trade contracts and borrow.


class DeadlineKind(IntEnum):
    ORDER = 1  # A GTD order expires.
    DEADMAN = 2  # An account has not been heard of.
    CONTRACT = 3  # Funding, daily settlement or expiry of a contract.
    QUESTION = 4  # The challenge window of a proposal ends.
    TWAP = 5  # The next slice.
    LIQUIDATION = 6  # The next slice of an account that is being liquidated.


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
    GROUPS = 11
    RISKS = 12
    CONTRACTS = 13
    QUESTIONS = 14
    MARGINS = 15
    HOLDING_PAGES = 16
    EXPOSURES = 17
    TWAPS = 18
    CLIENT_IDS_PER_ACCOUNT = 19


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
    UNKNOWN_GROUP = 21
    UNKNOWN_QUESTION = 22
    NOT_A_CONTRACT = 23
    NOT_A_MARGIN_ACCOUNT = 24

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
    REDUCE_ONLY = 43  # It would not reduce a position.
    POSITION_LIMIT = 44
    OPEN_INTEREST_LIMIT = 45
    NO_MARK = 46  # The contract or an asset has no mark price or no risk array yet.
    UNKNOWN_RELATED = 47  # The order it is tied to is not open, not the account's, or tied already.

    # Money.
    BAD_AMOUNT = 50
    SUPPLY_LIMIT = 51
    INSUFFICIENT_FUNDS = 52
    NOTHING_TO_LEND = 53  # The lending account has not so much left of the asset.
    LEVERAGE_LIMIT = 54  # The account's own cap.
    INSUFFICIENT_MARGIN = 55

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
    REDUCED = 111  # A reduce-only order beyond the position.
    BY_LIQUIDATION = 112
    BY_EXPIRY = 113
    BY_OTHER = 114  # One cancels the other: the other traded, fired or ended.
    BY_PARENT = 115  # Its parent ended without a fill.
    BY_LOAN = 116  # Free balance fell below zero.
    BY_POSITION = 117  # The position it was tied to has ended.
