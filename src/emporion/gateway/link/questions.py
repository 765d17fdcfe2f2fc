"""What doors ask the node, and what it answers: structs that travel as MessagePack.

Rows of tables travel as bytes, copied between two batches; a property shows them as an array.
Each answer says after which command it holds (`seq`) and that command's time (`ts_ns`).
"""

from typing import Any

import msgspec
import numpy as np

from emporion.gateway.link import pool_questions
from emporion.gateway.link.asking import Answer as Answer
from emporion.gateway.link.asking import Question as Question
from emporion.gateway.link.order_views import ORDER_VIEW
from emporion.schema import state
from emporion.schema.messages import DEPTH_ROW
from emporion.wire.gauges import Gauge, GaugePoint, GaugeStudy

PAGE_MAX = 10_000  # Rows of one answer, whatever limit is asked for.
ACCOUNTS_PAGE_MAX = 1_000  # Of Accounts, whose rows take longer.
NAMES_PAGE = 4_096  # Names of accounts that the node gathers at a time.


class Hello(msgspec.Struct, frozen=True):
    """What a gateway says first."""

    protocol: int  # frames.PROTOCOL
    version: str  # Of emporion: both ends must be the same.


# --- What is listed ----------------------------------------------------------------------------------


class AccountName(msgspec.Struct, frozen=True, array_like=True):
    account_id: int
    name: str
    master_id: int  # Its own number for a master.


class ListingsAnswer(Answer, frozen=True):
    assets_raw: bytes
    instruments_raw: bytes
    fees_raw: bytes
    accounts: list[AccountName]  # With numbers above the question's `after_account`.
    titles: dict[str, str]  # Long names by instrument name, for people.
    simulation: bool  # Simulated traders are here.

    @property
    def assets(self) -> np.ndarray:
        """ASSET rows by number; row 0 is nobody."""
        return np.frombuffer(self.assets_raw, state.ASSET)

    @property
    def instruments(self) -> np.ndarray:
        """INSTRUMENT rows by number; row 0 is nobody."""
        return np.frombuffer(self.instruments_raw, state.INSTRUMENT)

    @property
    def fees(self) -> np.ndarray:
        """FEES rows: schedule x FEE_TIERS + tier."""
        return np.frombuffer(self.fees_raw, state.FEES)


class Listings(Question[ListingsAnswer], frozen=True):
    """Assets, instruments, fees, and the names of accounts."""

    after_account: int = 0  # Only accounts with higher numbers: names never change.


class FeesAnswer(Answer, frozen=True):
    fees_raw: bytes

    @property
    def fees(self) -> np.ndarray:
        return np.frombuffer(self.fees_raw, state.FEES)


class Fees(Question[FeesAnswer], frozen=True):
    """All fee rates: FEES rows, schedule x FEE_TIERS + tier."""


# --- Books -------------------------------------------------------------------------------------------


class BookRows(msgspec.Struct, frozen=True):
    instrument_id: int
    bids_raw: bytes
    asks_raw: bytes

    @property
    def bids(self) -> np.ndarray:
        """DEPTH_ROW, best first."""
        return np.frombuffer(self.bids_raw, DEPTH_ROW)

    @property
    def asks(self) -> np.ndarray:
        return np.frombuffer(self.asks_raw, DEPTH_ROW)


class BooksAnswer(Answer, frozen=True):
    books: list[BookRows]  # In the order asked.


class Books(Question[BooksAnswer], frozen=True):
    """Depth as the public may see it; BadValue for an instrument that is not listed."""

    instrument_ids: list[int]
    levels: int = 20  # Of each side, at most messages.DEPTH_LEVELS.


# --- Orders ------------------------------------------------------------------------------------------


class OpenOrdersAnswer(Answer, frozen=True):
    orders_raw: bytes

    @property
    def orders(self) -> np.ndarray:
        """ORDER_VIEW, in order of entry."""
        return np.frombuffer(self.orders_raw, ORDER_VIEW)


class OpenOrders(Question[OpenOrdersAnswer], frozen=True):
    """Open orders in order of entry. A full page means that there may be more: ask again after its last."""

    account_id: int = 0  # 0: of all.
    instrument_id: int = 0  # 0: on all.
    after_entry_seq: int = 0
    limit: int = 1_000


class FindOrderAnswer(Answer, frozen=True):
    order_raw: bytes  # Empty when it is not open.
    order_id: int = 0  # Which it is or was; 0: nothing is known of it here.
    status: int = -1  # codes.OrderStatus of a client id's order that has ended; -1 else.

    @property
    def order(self) -> np.ndarray:
        """One ORDER_VIEW row, or none."""
        return np.frombuffer(self.order_raw, ORDER_VIEW)


class FindOrder(Question[FindOrderAnswer], frozen=True):
    """An open order by its number, or by an account's client id, which is remembered a while longer."""

    order_id: int = 0
    account_id: int = 0
    cl_ord_id_hi: int = 0
    cl_ord_id_lo: int = 0


# --- Accounts ----------------------------------------------------------------------------------------


class BalancesAnswer(Answer, frozen=True):
    balances_raw: bytes

    @property
    def balances(self) -> np.ndarray:
        """BALANCE rows, by asset."""
        return np.frombuffer(self.balances_raw, state.BALANCE)


class Balances(Question[BalancesAnswer], frozen=True):
    """What one account has."""

    account_id: int


class AccountView(msgspec.Struct, frozen=True):
    account_id: int
    name: str
    master_id: int  # Its own number for a master; 0 for the venue's own.
    fee_tier: int
    frozen: bool
    deadman_ns: int  # When its dead man's switch fires; 0 when it is off.
    is_margin: bool = False


class AccountsAnswer(Answer, frozen=True):
    accounts: list[AccountView]


class Accounts(Question[AccountsAnswer], frozen=True):
    """Accounts by number. A full page means that there may be more: ask again after its last."""

    after: int = 0
    limit: int = 1_000
    account_id: int = 0  # Only this one.
    master_id: int = 0  # Only this master and its sub-accounts.


class HoldsAnswer(Answer, frozen=True):
    holds_raw: bytes

    @property
    def holds(self) -> np.ndarray:
        """HOLD rows, by age."""
        return np.frombuffer(self.holds_raw, state.HOLD)


class Holds(Question[HoldsAnswer], frozen=True):
    """Withdrawals under way and freezes, oldest first, by (ts_ns, hold_id)."""

    account_id: int = 0  # 0: of all.
    kind: int = 0  # codes.HoldKind; 0 for both.
    after_ts_ns: int = 0
    after_hold_id: int = 0
    limit: int = 1_000


# --- The venue ---------------------------------------------------------------------------------------


class TableUse(msgspec.Struct, frozen=True, array_like=True):
    name: str
    used: int
    limit: int


class VenueStateAnswer(Answer, frozen=True):
    digest: str  # Of the state after `seq`; "" where it would take too long.
    journal_bytes: int
    durable_seq: int
    sync: str
    commands_per_second: float  # Over the last seconds.
    fills_per_second: float
    gateways: int  # Processes; 0 when doors are in the node's own.
    history_seq: int  # How far the history on disk is.
    tables: list[TableUse]


class VenueState(Question[VenueStateAnswer], frozen=True):
    """How the node is doing."""


class ActAnswer(Answer, frozen=True):
    result: dict[str, Any]  # The method's record: decimals as text. {"order_ids": [...]} of mass_cancel.


class Act(Question[ActAnswer], frozen=True):
    """An operator's action: a method of `emporion.venue.Venue` by name, from a fixed list (acts.ALLOWED).

    Raises:
        BadValue, Refused: as the method does.
    """

    name: str
    args: dict[str, Any]
    tag: int = 0  # As of submit.


# --- The past: answered by the history store ---------------------------------------------------------


class Table(msgspec.Struct, frozen=True):
    """Rows with their type, so that whoever keeps them says what they are."""

    fields: list[tuple[str, str]]  # Name and NumPy type.
    raw: bytes

    @classmethod
    def of(cls, rows: np.ndarray) -> "Table":
        fields = [(name, rows.dtype[name].str) for name in rows.dtype.names or ()]
        return cls(fields, np.ascontiguousarray(rows).tobytes())

    @property
    def rows(self) -> np.ndarray:
        return np.frombuffer(self.raw, np.dtype(self.fields))


class HistoryAnswer(msgspec.Struct, frozen=True):
    """Rows as history/rows.py describes them."""

    table: Table
    seq: int  # How far the history is, at least.
    fills: Table | None = None  # Of HistoryOrder: its fills, oldest first.


class HistoryFills(Question[HistoryAnswer], frozen=True):
    """An account's fills, newest first; (before_seq, before_n) is the last one of the page before."""

    account_id: int
    instrument_id: int = 0
    before_seq: int = 0
    before_n: int = 0
    limit: int = 100


class HistoryLedger(Question[HistoryAnswer], frozen=True):
    """Changes of an account's totals, newest first."""

    account_id: int
    asset_id: int = 0
    before_seq: int = 0
    before_n: int = 0
    limit: int = 100


class HistoryOrders(Question[HistoryAnswer], frozen=True):
    """An account's orders that have ended, newest end first."""

    account_id: int
    instrument_id: int = 0
    before_seq: int = 0
    before_n: int = 0
    limit: int = 100


class HistoryOrder(Question[HistoryAnswer], frozen=True):
    """One order, whatever became of it, by its number or an account's client id; no row when it is not known.

    With an order_id, `account_id` says whose it must be; 0: anybody's.
    """

    order_id: int = 0
    account_id: int = 0
    cl_ord_id_hi: int = 0
    cl_ord_id_lo: int = 0


class HistoryTrades(Question[HistoryAnswer], frozen=True):
    """Trades of an instrument, newest first."""

    instrument_id: int
    before_seq: int = 0
    before_n: int = 0
    limit: int = 100


class HistoryFundings(Question[HistoryAnswer], frozen=True):
    """Funding rates of a perpetual, newest first."""

    instrument_id: int
    before_seq: int = 0
    before_n: int = 0
    limit: int = 100


class HistoryCandles(Question[HistoryAnswer], frozen=True):
    """Candles of an instrument, oldest first: the last `limit` that begin in [start_ns, end_ns)."""

    instrument_id: int
    interval: str
    start_ns: int = 0
    end_ns: int = 0  # 0: no end.
    limit: int = 1_000


class GaugesAnswer(msgspec.Struct, frozen=True):
    """Empty where the venue keeps no gauges."""

    gauges: list[Gauge]


class Gauges(Question[GaugesAnswer], frozen=True):
    """The gauges of all instruments."""


class StudyAnswer(msgspec.Struct, frozen=True):
    study: GaugeStudy | None  # None: no gauges are kept, or the instrument is too new for them.


class Study(Question[StudyAnswer], frozen=True):
    """The last study of an instrument's gauge."""

    instrument_id: int


class GaugePointsAnswer(msgspec.Struct, frozen=True):
    points: list[GaugePoint]


class GaugePoints(Question[GaugePointsAnswer], frozen=True):
    """How an instrument's gauge stood: the last `limit` in [start_ns, end_ns), oldest first."""

    instrument_id: int
    start_ns: int = 0
    end_ns: int = 0  # 0: no end.
    limit: int = 500


GAUGES = (Gauges, Study, GaugePoints)
GaugeQuestion = Gauges | Study | GaugePoints
HISTORY = (HistoryFills, HistoryLedger, HistoryOrders, HistoryOrder, HistoryTrades, HistoryFundings, HistoryCandles)
HistoryQuestion = (
    HistoryFills | HistoryLedger | HistoryOrders | HistoryOrder | HistoryTrades | HistoryFundings | HistoryCandles
)  # fmt: skip
AnyQuestion = (
    Listings | Fees | Books | OpenOrders | FindOrder | Balances | Accounts | Holds | VenueState | Act
    | HistoryFills | HistoryLedger | HistoryOrders | HistoryOrder | HistoryTrades | HistoryFundings | HistoryCandles
    | Gauges | Study | GaugePoints | pool_questions.PoolQuestion
)  # fmt: skip
ANSWERS: dict[type, type] = {
    Listings: ListingsAnswer, Fees: FeesAnswer, Books: BooksAnswer, OpenOrders: OpenOrdersAnswer,
    FindOrder: FindOrderAnswer, Balances: BalancesAnswer, Accounts: AccountsAnswer, Holds: HoldsAnswer,
    VenueState: VenueStateAnswer, Act: ActAnswer, HistoryFills: HistoryAnswer, HistoryLedger: HistoryAnswer,
    HistoryOrders: HistoryAnswer, HistoryOrder: HistoryAnswer, HistoryTrades: HistoryAnswer,
    HistoryFundings: HistoryAnswer, HistoryCandles: HistoryAnswer,
    Gauges: GaugesAnswer, Study: StudyAnswer, GaugePoints: GaugePointsAnswer,
    **pool_questions.ANSWERS,
}  # fmt: skip
