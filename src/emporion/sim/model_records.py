"""The plain records of the model: balances, accounts, orders, instruments, and what stands in queues.

Nothing here knows a rule; `model_state` has the acts that the rules share.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from emporion.schema.codes import InstrumentStatus, OrderFlag, OrderStatus, Reject, Side
from emporion.schema.limits import GENERATION_MAX, SLOT_BITS
from emporion.sim.model_contracts_state import Lending
from emporion.sim.model_index import PriceIndex

ClientKey = tuple[int, int, int]  # Account, and the two halves of the client's id.


@dataclass
class Balance:
    lending: Lending  # Of its asset.
    free_atoms: int = 0
    order_held: int = 0
    other_held: int = 0
    paid_index: int = 0  # N-4: interest has been paid up to this.

    @property
    def free(self) -> int:
        return self.free_atoms

    @free.setter
    def free(self, atoms: int) -> None:
        if atoms < 0 <= self.free_atoms:  # N-4: a loan begins.
            self.paid_index = self.lending.index_e12
        self.free_atoms = atoms

    @property
    def total(self) -> int:
        return self.free + self.order_held + self.other_held


@dataclass
class Account:
    account_id: int
    master_id: int
    fee_tier: int = 0
    is_system: bool = False
    is_frozen: bool = False


@dataclass(eq=False)  # An order is itself, not its numbers.
class Order:
    order_id: int
    account_id: int
    owner_id: int
    instrument_id: int
    side: int
    tif: int
    flags: int
    stp: int
    price: int
    qty: int
    leaves: int
    display: int
    trigger: int
    expire_ns: int
    entry_seq: int
    maker_ppm: int
    taker_ppm: int
    hold: int = 0
    shown: int = 0  # Of an iceberg at rest: left of its slice.
    maker_notional: int = 0
    taker_notional: int = 0
    client_key: ClientKey | None = None
    is_waiting: bool = False  # A stop that has not fired.
    risk: int = 0  # P-4: micro-dollars.
    borrow: int = 0  # P-9: what it may have to borrow.
    has_borrowed: bool = False  # It has an extra row for that.
    trail: int = 0  # T-6: distance at which its trigger follows; 0 when it stays.
    link: int = 0  # K: codes.Link
    is_tied: bool = False  # It has, or had, an extra row because of a tie.
    partner: "Order | None" = None  # K-1
    parent: "Order | None" = None  # K-2
    children: "list[Order]" = field(default_factory=list)  # K-2, the first entered first.
    is_asleep: bool = False  # K-2: in no queue.
    told: int = 0  # K-2, of a child: what its parent had done when it was last made as large.

    @property
    def done(self) -> int:
        return self.qty - self.leaves

    @property
    def has_extra(self) -> bool:
        """It takes a row of the table of extras for as long as it is open."""
        is_special = self.display > 0 or self.expire_ns > 0 or bool(self.flags & OrderFlag.STOP)
        return is_special or self.has_borrowed or self.is_tied

    @property
    def source(self) -> "Source":
        """T-1: the price it waits for, while it waits."""
        if self.flags & OrderFlag.ON_MARK:
            return Source.MARK
        return Source.INDEX if self.flags & OrderFlag.ON_INDEX else Source.LAST

    @property
    def waits_for_rise(self) -> bool:
        return (self.side == Side.BUY) != bool(self.flags & OrderFlag.TAKE_PROFIT)

    def is_met_by(self, price: int) -> bool:
        """T-1: whether a price of its source triggers it; 0 is no price."""
        return price > 0 and (price >= self.trigger if self.waits_for_rise else price <= self.trigger)


@dataclass
class Twap:
    twap_id: int
    account_id: int
    instrument_id: int
    side: int
    qty: int
    price: int  # 0 for none of its own.
    flags: int
    stp: int
    start_ns: int
    duration_ns: int
    interval_ns: int
    slippage_ppm: int
    slices: int
    piece: int  # Lots of a slice that has nothing to catch up.
    done: int = 0
    due_ns: int = 0  # Of its next slice.
    due_seq: int = 0


@dataclass
class Hold:
    hold_id: int
    kind: int
    account_id: int
    asset_id: int
    amount: int
    reference: int


@dataclass(eq=False)
class ClientId:
    key: ClientKey
    order_id: int
    ended_ns: int = -1  # -1 while its order is open.
    status: int = OrderStatus.NEW


@dataclass(eq=False)
class Task:
    """A walk that one command could not finish (W-5)."""

    before_seq: int  # Of an account: only orders entered before this one come next.
    account_id: int  # 0: everybody's, on one instrument.
    instrument_id: int
    side: int
    reason: Reject
    cursor: "Order | None" = None  # Of an instrument, among those that wait: the one to look at next.


class Source(IntEnum):
    """T-1: what an order may wait for, in the order in which they fire."""

    LAST = 0  # The last trade.
    MARK = 1
    INDEX = 2


WAITS = tuple((source, rises) for source in Source for rises in (True, False))  # W-5: in the order of a walk.
Queues = dict[int, list[Order]]  # Price (or trigger) to orders, oldest first; no empty lists.


@dataclass
class Instrument:
    instrument_id: int
    base: int
    quote: int
    base_atoms_per_lot: int
    atoms_per_tick_lot: int
    qty_min: int = 0
    qty_max: int = 0
    price_max: int = 0
    notional_min: int = 0
    notional_max: int = 0
    reference: int = 0
    band_ppm: int = 0
    fee_schedule: int = 0
    status: int = InstrumentStatus.PRE_OPEN
    last_price: int = 0
    trades: int = 0
    traded_lots: int = 0
    ranges: dict[Source, tuple[int, int]] = field(default_factory=dict)  # T-3: prices still to be compared.
    book: dict[int, Queues] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    waits: dict[tuple[Source, bool], Queues] = field(default_factory=lambda: {each: {} for each in WAITS})
    book_index: PriceIndex = field(default_factory=PriceIndex)
    wait_index: dict[tuple[Source, bool], PriceIndex] = field(
        default_factory=lambda: {each: PriceIndex() for each in WAITS}
    )

    def best(self, side: int) -> int:
        """Best resting price of a side; 0 for none."""
        prices = self.book[side]
        if not prices:
            return 0
        return max(prices) if side == Side.BUY else min(prices)

    def waiting(self, source: Source | None = None) -> "list[Order]":
        """Those that wait, or only those for one source: as a walk meets them (W-5)."""
        return [
            order
            for each in WAITS
            if source in (None, each[0])
            for trigger in sorted(self.waits[each])
            for order in self.waits[each][trigger]
        ]

    def held_asset(self, side: int) -> int:
        """What an order of this side holds; of a contract, what it settles in, though it holds nothing of it."""
        return self.quote if side == Side.BUY or self.base == 0 else self.base

    def index_size(self) -> tuple[int, int]:
        """Nodes and leaves of its price indexes."""
        sizes = [self.book_index.size([*self.book[Side.BUY], *self.book[Side.SELL]])]
        sizes += [self.wait_index[each].size(self.waits[each]) for each in WAITS]
        return sum(nodes for nodes, _ in sizes), sum(leaves for _, leaves in sizes)


class Slots:
    """Ids of orders or of holds: generation and slot, last freed first (O-2)."""

    def __init__(self) -> None:
        self.generations: dict[int, int] = {}  # Of every slot used so far.
        self.free: list[int] = []

    def has_room(self, limit: int) -> bool:
        return bool(self.free) or len(self.generations) < limit

    def take(self) -> int:
        slot = self.free.pop() if self.free else len(self.generations) + 1
        self.generations[slot] = self.generations.get(slot, 0) + 1
        return self.generations[slot] << SLOT_BITS | slot

    def give_back(self, identity: int) -> None:
        slot = identity & (1 << SLOT_BITS) - 1
        if self.generations[slot] < GENERATION_MAX:
            self.free.append(slot)
