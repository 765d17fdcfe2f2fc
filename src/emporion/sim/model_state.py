"""What the model remembers, and the few acts that every rule uses. Its records: `model_records`.

Dicts, lists and Python integers; whatever can be counted is counted anew each time it is asked
for. Slow and obvious is the point: see `model`.
"""

from emporion.schema.codes import DeadlineKind, Event, Limit, Link, OrderFlag, OrderStatus, QuestionStatus, Reject, Side
from emporion.schema.limits import CLIENT_ID_AGE_NS, PPM
from emporion.sim.model_contracts_state import Contract, Group, Lending, Liquidation, MarginAccount, Question, Risk
from emporion.sim.model_records import (
    Account,
    Balance,
    ClientId,
    ClientKey,
    Hold,
    Instrument,
    Order,
    Queues,
    Slots,
    Task,
    Twap,
)


class Refusal(Exception):
    """A command is refused: caught in `model.Model.apply` only, where it becomes an event."""

    def __init__(self, reason: Reject, order_id: int | None = None, status: int = 0) -> None:
        super().__init__(reason.name)
        self.reason, self.order_id, self.status = reason, order_id, status


def require(condition: bool, reason: Reject) -> None:
    """Go on only if the condition holds; a list of these is a list of refusals in order."""
    if not condition:
        raise Refusal(reason)


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


# --- The venue ---------------------------------------------------------------------------------------


class Venue:
    """All state of the model. Methods are the acts that several rules share."""

    def __init__(self) -> None:
        self.seq = 0
        self.now = 0
        self.is_open = False  # GENESIS has been.
        self.limits: dict[int, int] = {}
        self.assets: dict[int, bytes] = {}
        self.instruments: dict[int, Instrument] = {}
        self.accounts: dict[int, Account] = {}
        self.balances: dict[tuple[int, int], Balance] = {}
        self.fees: dict[tuple[int, int], tuple[int, int]] = {}  # (schedule, tier) to (maker, taker).
        self.orders: dict[int, Order] = {}
        self.order_slots = Slots()
        self.holds: dict[int, Hold] = {}
        self.hold_slots = Slots()
        self.client_ids: dict[ClientKey, ClientId] = {}
        self.ended_ids: list[ClientId] = []  # Of all accounts, in the order they ended.
        self.order_deadlines: dict[int, tuple[int, int]] = {}  # Order to (due, set by which command).
        self.deadmen: dict[int, tuple[int, int]] = {}  # Account to the same.
        self.tasks: list[Task] = []
        self.stop_queue: list[int] = []  # T-4: instruments with stops still to fire.
        self.groups: dict[int, Group] = {}
        self.asset_risks: dict[int, Risk] = {}  # Of assets that have one.
        self.lending: dict[int, Lending] = {}
        self.contracts: dict[int, Contract] = {}  # By instrument.
        self.questions: dict[int, Question] = {}
        self.margins: dict[int, MarginAccount] = {}  # By account, in the order they became margin accounts.
        self.epoch = 0
        self.hour = 0
        self.twaps: dict[int, Twap] = {}
        self.twap_slots = Slots()
        self.liquidation = Liquidation()
        self.liquidation_queue: list[int] = []  # Accounts.
        self.sweep_cursor = 0
        self.walking: Task | None = None  # W-5: of an instrument, while it goes on.
        self.matching: Order | None = None  # The incoming order, while it meets the book.
        self.looks_left = 0  # W-5: orders this command may still look at.
        self.events: list[dict[str, int]] = []
        self.refusal: dict[str, int] = {}  # What a REJECTED of the present command would carry.

    def emit(self, kind: Event, **fields: int) -> None:
        """One event of this command; fields not given are 0."""
        self.events.append({"seq": self.seq, "kind": kind, **fields})

    def refuse(self, refusal: Refusal) -> None:
        """O-11. For DUPLICATE the first order's id, and its status in flags."""
        named = {} if refusal.order_id is None else {"order_id": refusal.order_id}
        self.emit(Event.REJECTED, **self.refusal | named, reason=refusal.reason, flags=refusal.status)

    # Balances.

    def free(self, account_id: int, asset_id: int) -> int:
        balance = self.balances.get((account_id, asset_id))
        return balance.free if balance else 0

    def balance(self, account_id: int, asset_id: int) -> Balance:
        """The balance row, made if it is missing."""
        return self.balances.setdefault((account_id, asset_id), Balance(self.lending_of(asset_id)))

    def lending_of(self, asset_id: int) -> Lending:
        """Its terms; all 0 until they are set."""
        return self.lending.setdefault(asset_id, Lending())

    def balance_total(self, account_id: int, asset_id: int) -> int:
        balance = self.balances.get((account_id, asset_id))
        return balance.total if balance else 0

    def has_balance_room(self, *keys: tuple[int, int]) -> bool:
        missing = {key for key in keys if key not in self.balances}
        return len(self.balances) + len(missing) <= self.limits[Limit.BALANCES]

    # Holds of orders.

    def entry_hold(self, order: Order, lots: int) -> int:
        """O-6: what so many lots of the order hold when they are entered; H of the rules for a BUY."""
        instrument = self.instruments[order.instrument_id]
        if order.instrument_id in self.contracts:
            return 0
        if order.side == Side.SELL:
            return lots * instrument.base_atoms_per_lot
        notional = order.price * lots * instrument.atoms_per_tick_lot
        rate = max(order.maker_ppm, order.taker_ppm, 0)
        return notional + ceil_div(rate * notional, PPM) + 1

    def set_hold(self, order: Order, amount: int) -> None:
        """The order now holds so much: the difference comes from free, or goes there."""
        instrument = self.instruments[order.instrument_id]
        balance = self.balance(order.account_id, instrument.held_asset(order.side))
        balance.free += order.hold - amount
        balance.order_held += amount - order.hold
        order.hold = amount

    def set_leaves(self, order: Order, leaves: int) -> None:
        """It has so much open now; its risk falls alike. P-4."""
        order.risk = ceil_div(order.risk * leaves, order.leaves)
        order.leaves = leaves
        order.shown = min(order.shown, leaves)

    # Queues.

    def queues(self, order: Order) -> Queues:
        instrument = self.instruments[order.instrument_id]
        if order.is_waiting:
            return instrument.waits[order.source, order.waits_for_rise]
        return instrument.book[order.side]

    def enqueue(self, order: Order) -> None:
        """To the tail of its price, or of its trigger if it waits."""
        instrument = self.instruments[order.instrument_id]
        if order.is_waiting:
            price, which = order.trigger, (order.source, order.waits_for_rise)
            instrument.wait_index[which].insert(price, instrument.waits[which])
        else:
            price = order.price
            instrument.book_index.insert(price, [*instrument.book[Side.BUY], *instrument.book[Side.SELL]])
        self.queues(order).setdefault(price, []).append(order)

    def dequeue(self, order: Order) -> None:
        queues = self.queues(order)
        price = order.trigger if order.is_waiting else order.price
        behind = queues[price][queues[price].index(order) + 1 :]
        for task in (*self.tasks, self.walking):
            if task is not None and task.cursor is order:  # W-5
                task.cursor = behind[0] if behind else None
        queues[price].remove(order)
        if not queues[price]:
            del queues[price]

    def is_queued(self, order: Order) -> bool:
        price = order.trigger if order.is_waiting else order.price
        return any(other is order for other in self.queues(order).get(price, []))

    def has_index_room(self) -> bool:
        """O-1: at least 13 nodes and a leaf are free."""
        sizes = [instrument.index_size() for instrument in self.instruments.values()]
        nodes, leaves = sum(size[0] for size in sizes), sum(size[1] for size in sizes)
        return self.limits[Limit.NODES] - nodes >= 13 and self.limits[Limit.LEAVES] - leaves >= 1

    def open_orders(self, account_id: int) -> list[Order]:
        """An account's open orders, newest entry first."""
        mine = [order for order in self.orders.values() if order.account_id == account_id]
        return sorted(mine, key=lambda order: -order.entry_seq)

    # Ends of orders.

    def end(self, order: Order, event: Event, reason: Reject, status: OrderStatus) -> None:
        """It leaves its queue, its hold is released, CANCELED or EXPIRED tells (O-8), and it is gone."""
        if self.is_queued(order):
            self.dequeue(order)
        amount, lots = order.hold, order.leaves
        self.set_hold(order, 0)
        instrument = self.instruments[order.instrument_id]
        self.emit(
            event, order_id=order.order_id, price_ticks=order.price, qty_lots=lots, amount_atoms=amount,
            asset_id=instrument.held_asset(order.side), side=order.side, reason=reason,
            account_id=order.account_id, instrument_id=order.instrument_id,
        )  # fmt: skip
        self.forget(order, status)

    def cancel(self, order: Order, reason: Reject) -> None:
        self.end(order, Event.CANCELED, reason, OrderStatus.CANCELED)

    def cancel_in_walk(self, order: Order, reason: Reject) -> None:
        """W-5: what ends with it counts as a look each."""
        written = len(self.events)
        self.cancel(order, reason)
        self.looks_left -= len(self.events) - written - 1

    def expire(self, order: Order) -> None:
        self.end(order, Event.EXPIRED, Reject.NONE, OrderStatus.EXPIRED)

    def forget(self, order: Order, status: OrderStatus) -> None:
        """An ended order gives back its rows; its client id is remembered a while (O-3)."""
        del self.orders[order.order_id]
        self.order_deadlines.pop(order.order_id, None)
        self.order_slots.give_back(order.order_id)
        if order.client_key is not None:
            self.end_client_id(order.client_key, status)
        if order.account_id in self.margins:
            self.tidy(order.account_id, order.instrument_id)
        self.end_ties(order)

    def end_ties(self, order: Order) -> None:
        """K-1 and K-2: what ends with an order that has ended."""
        self.end_partner(order)
        if order.parent is not None:
            order.parent.children.remove(order)
        children, order.children = order.children, []
        sleeping = [child for child in children if child.is_asleep]
        for child in children:
            child.parent, child.link = None, Link.NONE
        for child in sleeping:
            child.partner = None
        for child in sleeping:
            self.cancel(child, Reject.BY_PARENT)

    def end_partner(self, order: Order) -> None:
        """K-1: they are partners no more, and the other one ends unless it is matching."""
        partner = order.partner
        if partner is None:
            return
        order.partner = partner.partner = None
        if partner is not self.matching:
            self.cancel(partner, Reject.BY_OTHER)

    def tidy(self, account_id: int, instrument_id: int) -> None:
        """P-2: a contract without position and orders that could open one gives back its holding."""
        is_ordered = any(
            (order.account_id, order.instrument_id) == (account_id, instrument_id)
            and not order.flags & OrderFlag.REDUCE_ONLY
            for order in self.orders.values()
        )
        holding = self.margins[account_id].find(instrument_id)
        if holding is not None and holding.pos == 0 and not is_ordered:
            self.margins[account_id].drop(holding)

    # Client ids: O-3.

    def has_aged(self, entry: ClientId) -> bool:
        return entry.ended_ns >= 0 and self.now - entry.ended_ns >= CLIENT_ID_AGE_NS

    def taken_by(self, key: ClientKey) -> ClientId | None:
        entry = self.client_ids.get(key)
        return None if entry is None or self.has_aged(entry) else entry

    def refuse_duplicate(self, key: ClientKey) -> None:
        entry = self.taken_by(key)
        if key[1:] == (0, 0) or entry is None:
            return
        status = entry.status
        if entry.ended_ns < 0:
            status = OrderStatus.PARTIALLY_FILLED if self.orders[entry.order_id].done else OrderStatus.NEW
        raise Refusal(Reject.DUPLICATE, entry.order_id, status)

    def open_by_client_id(self, key: ClientKey) -> Order | None:
        """The open order that goes by a client id."""
        entry = self.client_ids.get(key)
        if key[1:] == (0, 0) or entry is None or entry.ended_ns >= 0:
            return None
        return self.orders[entry.order_id]

    def has_client_id_room(self) -> bool:
        if len(self.client_ids) < self.limits[Limit.CLIENT_IDS]:
            return True
        return bool(self.ended_ids) and self.has_aged(self.ended_ids[0])

    def record_client_id(self, key: ClientKey, order_id: int) -> None:
        if key in self.client_ids:  # Forgotten, or it would have been a DUPLICATE.
            self._drop(self.client_ids[key])
        for _ in range(2):
            if self.ended_ids and self.has_aged(self.ended_ids[0]):
                self._drop(self.ended_ids[0])
        self.client_ids[key] = ClientId(key, order_id)

    def end_client_id(self, key: ClientKey, status: OrderStatus) -> None:
        entry = self.client_ids[key]
        entry.ended_ns, entry.status = self.now, status
        self.ended_ids.append(entry)
        mine = [other for other in self.ended_ids if other.key[0] == key[0]]
        if len(mine) > self.limits[Limit.CLIENT_IDS_PER_ACCOUNT]:
            self._drop(mine[0])

    def _drop(self, entry: ClientId) -> None:
        del self.client_ids[entry.key]
        self.ended_ids.remove(entry)

    # Deadlines.

    def deadlines(self) -> list[tuple[int, int, DeadlineKind, int]]:
        """When each is due, by which command it was set, and what for: a kind and what of that kind."""
        found = [(*due, DeadlineKind.ORDER, order_id) for order_id, due in self.order_deadlines.items()]
        found += [(*due, DeadlineKind.DEADMAN, account_id) for account_id, due in self.deadmen.items()]
        found += [
            (question.due_ns, question.due_seq, DeadlineKind.QUESTION, number)
            for number, question in self.questions.items()
            if question.status == QuestionStatus.PROPOSED
        ]
        found += [(twap.due_ns, twap.due_seq, DeadlineKind.TWAP, twap_id) for twap_id, twap in self.twaps.items()]
        found += [
            (contract.due_ns, contract.due_seq, DeadlineKind.CONTRACT, number)
            for number, contract in self.contracts.items()
            if contract.due_ns
        ]
        found += [
            (account.due_ns, account.due_seq, DeadlineKind.LIQUIDATION, account.account_id)
            for account in self.margins.values()
            if account.due_ns
        ]
        return found

    def has_deadline_room(self) -> bool:
        return len(self.deadlines()) < self.limits[Limit.DEADLINES]
