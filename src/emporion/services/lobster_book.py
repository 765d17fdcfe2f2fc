"""The venue's side of a LOBSTER replay: which of its orders stands for which of the file's, and
what to do where the file shows quantity that nobody saw entering.

Four accounts trade. "traders" enter the orders that messages name. "liquidity" holds what is
adopted: quantity in levels that came into view, whose orders we do not know. "takers" send the
orders that execute. Each is an ordinary account with deposits.
"""

from decimal import Decimal
from typing import Any

import numpy as np

from emporion.errors import BadValue
from emporion.schema import build
from emporion.schema.codes import Event, InstrumentStatus, Reject, Side, Tif
from emporion.schema.limits import SLOT_BITS
from emporion.services.lobster_files import LobsterDay
from emporion.venue.venue import Venue

BUY, SELL = 1, -1  # As the file says it.
SIDES = {BUY: Side.BUY, SELL: Side.SELL}
DOLLARS, SHARES = str((1 << 59) // 10_000), str(1 << 59)  # More than a day can move.
PRICE_MAX = "400000"
SLOT_MASK = (1 << SLOT_BITS) - 1
LEVELS_AT_ONCE = 16
ENDS = np.zeros(256, np.bool_)
ENDS[[Event.FILLED, Event.CANCELED]] = True
Level = tuple[int, int]  # Price and size.


class View:
    """What the file shows: levels by row, and how far the view reached."""

    def __init__(self, day: LobsterDay) -> None:
        self._books = {BUY: day.bids, SELL: day.asks}
        self._worst = {side: np.where(book[:, -1, 1] > 0, book[:, -1, 0], 0) for side, book in self._books.items()}

    def row(self, side: int, row: int) -> list[Level]:
        """Published levels, best first."""
        return [(price, size) for price, size in self._books[side][row].tolist() if size]

    def worst(self, side: int, row: int) -> int | None:
        """The last price in view; None when the whole side was: it has fewer levels than the file has room for."""
        return int(self._worst[side][row]) or None

    def within(self, side: int, price: int, limit: int | None) -> bool:
        """Whether a price is at the limit or better."""
        return limit is None or (price - limit) * side >= 0

    def nearer(self, side: int, one: int | None, other: int | None) -> int | None:
        """The limit that reaches less far."""
        if one is None or other is None:
            return other if one is None else one
        return max(one * side, other * side) * side

    def reached(self, side: int, price: int, first: int, last: int) -> bool:
        """Whether a price was in view in each of the rows `first` to `last`."""
        worst = self._worst[side][first : last + 1]
        return not bool(np.any((worst != 0) & ((price - worst) * side < 0)))


class Queues:
    """The venue's queues as its own events tell them, oldest first, by side and price."""

    def __init__(self, venue: Venue, instrument: str, view: View) -> None:
        self.row = 0
        self.adopted = self.forgotten = self.requeued = self.out_of_turn = 0  # Counts for the result.
        self._venue, self._view = venue, view
        self._queues: dict[tuple[int, int], dict[int, None]] = {}
        self._named: dict[int, int] = {}  # The file's number: ours.
        self._names: dict[int, int] = {}  # Ours: the file's.
        self._entered: dict[int, int] = {}  # Ours: the row that entered it.
        self._machine = venue.node.machine
        self._orders = self._machine.array["orders"][0]
        self._status = InstrumentStatus.OPEN
        self._instrument_id = _set_up(venue, instrument)
        self._traders = venue.account("traders").account_id
        self._liquidity = venue.account("liquidity").account_id
        self._takers = venue.account("takers").account_id

    # --- What the file asks for ---

    def add(self, side: int, price: int, size: int, name: int) -> list[str]:
        """A new order of the file's."""
        if name in self._named:
            return [f"order {name} is entered twice"]
        order_id, problem = self._place(self._traders, side, price, size)
        if order_id:
            self._named[name], self._names[order_id] = order_id, name
            self._entered[order_id] = self.row
        return [problem] if problem else []

    def take_away(self, side: int, price: int, size: int, name: int, is_whole: bool) -> list[str]:
        """A cancel, of an order we know or of adopted quantity."""
        order_id = self.order_of(name)
        if not order_id:
            return self._cut(side, price, size)
        leaves = self._leaves(order_id)
        if not is_whole and size < leaves:
            return self._reduce(order_id, leaves - size)
        problems = self._cancel(order_id)
        if leaves == size or not self._out_of_view(order_id, side, price):
            return problems
        # While nobody looked it had become smaller or larger than we knew: others make up for it.
        if leaves < size:
            return problems + self._cut(side, price, size - leaves)
        return problems + self._supply(side, price, leaves - size)

    def bring_to_front(self, side: int, price: int, size: int, name: int) -> list[str]:
        """Before an execution: put behind what cannot stand in front of the order named.

        Whatever we believe to be in front of the order it names is further back, or gone, its
        quantity another's; that may be said of quantity which nobody has seen all along. Where every
        order was in view and the file still names a younger one, the exchange's own priority was not
        time alone: those in front are entered anew behind it, and the execution is counted as out
        of turn.
        """
        order_id = self.order_of(name)  # 0: not known, so part of what was adopted.
        adopted, was_in_turn = 0, True
        for front in list(self._queues.get((side, price), ())):
            if front == order_id or (not order_id and adopted >= size):
                break
            if self.is_adopted(front) and not order_id:
                adopted += self._leaves(front)
                continue
            self.requeued += 1
            if self.is_adopted(front) or self.was_out_of_view(front):
                leaves = self._leaves(front)
                problems = self._cancel(front) + self._supply(side, price, leaves)
            elif order_id:
                was_in_turn = False
                problems = self._enter_anew(side, price, front)
            else:
                problems = [f"order {self._names[front]} is in front of all that an unknown order could be of"]
            if problems:
                return problems
            order_id = self.order_of(name)
        self.out_of_turn += not was_in_turn
        return []

    def execute(self, side: int, price: int, size: int) -> tuple[list[int], str | None]:
        """An arriving order takes `size` at a price: who gave, and what went wrong."""
        rows = build.place(
            self._takers, self._instrument_id, SIDES[-side], size, price, tif=Tif.IOC,
        )  # fmt: skip
        events = self._send(rows)
        makers = events["order_id"][(events["kind"] == Event.FILLED) & (events["account_id"] != self._takers)].tolist()
        if events["kind"][0] == Event.REJECTED:
            return makers, f"the venue refused to execute: {Reject(events['reason'][0]).name}"
        if events["kind"][-1] == Event.CANCELED:
            return makers, f"{events['qty_lots'][-1]} of {size} found nothing to execute"
        return makers, None

    def set_status(self, status: InstrumentStatus) -> None:
        """Halted, quoting, trading."""
        self._send(build.set_status(self._instrument_id, status))
        self._status = status

    # --- What came into view ---

    def adopt(self, side: int, published: list[Level], after: int | None) -> None:
        """Make our levels those published, of prices beyond `after`, which is how far the view reached before.

        None: all of them, for a beginning and after a mismatch. Quantity missing is placed by the
        account "liquidity", at the tail; quantity too much is cancelled, adopted orders first, then
        the youngest; levels that are not there are forgotten.
        """
        sizes = dict(published)
        last = published[-1][0] if self._view.worst(side, self.row) is not None and published else None
        for price in self._prices_to(side, last):
            if price not in sizes and self._is_new(side, price, after):
                for order_id in list(self._queues[side, price]):
                    self.forgotten += 1
                    self._cancel(order_id)
        for price, size in published:
            have = self._size(side, price)
            if have == size or not self._is_new(side, price, after):
                continue
            self.adopted += 1
            if have < size:
                self._supply(side, price, size - have)
            else:
                self._cut(side, price, have - size, must_be_known=False)

    def _prices_to(self, side: int, last: int | None) -> list[int]:
        """Our own prices as far as `last`; all of them for None."""
        count = LEVELS_AT_ONCE
        while True:
            levels = self.levels(count)[side]
            if len(levels) < count or (last is not None and not self._view.within(side, levels[-1][0], last)):
                return [price for price, _ in levels if self._view.within(side, price, last)]
            count *= 2

    def _is_new(self, side: int, price: int, after: int | None) -> bool:
        return after is None or (price - after) * side < 0

    # --- What stands ---

    def levels(self, count: int) -> dict[int, list[Level]]:
        """The venue's own best levels, by side."""
        both = zip((BUY, SELL), self._machine.depth(self._instrument_id, count), strict=True)
        return {
            side: list(zip(depth["price_ticks"].tolist(), depth["qty_lots"].tolist(), strict=True))
            for side, depth in both
        }

    def order_of(self, name: int) -> int:
        """Our number of the file's order; 0 for one we never saw entering, or found gone."""
        return self._named.get(name, 0)

    def is_adopted(self, order_id: int) -> bool:
        return order_id not in self._entered

    def was_out_of_view(self, order_id: int) -> bool:
        """Whether its price has been out of view since the file's order was entered."""
        row = self._orders[order_id & SLOT_MASK]
        if row["order_id"] != order_id:
            return False
        return self._out_of_view(order_id, BUY if row["side"] == Side.BUY else SELL, int(row["price_ticks"]))

    def _out_of_view(self, order_id: int, side: int, price: int) -> bool:
        entered = self._entered.get(order_id)
        return entered is None or not self._view.reached(side, price, entered, self.row - 1)

    def _leaves(self, order_id: int) -> int:
        return int(self._orders["leaves_lots"][order_id & SLOT_MASK])

    def _size(self, side: int, price: int) -> int:
        return sum(map(self._leaves, self._queues.get((side, price), ())))

    # --- Commands ---

    def _supply(self, side: int, price: int, size: int) -> list[str]:
        """Adopted quantity, in front of the orders of the file's that were in view all along.

        Whoever they are, its owners entered while nobody looked, so before those.
        """
        certain = [
            order_id for order_id in self._queues.get((side, price), ())
            if not self.is_adopted(order_id) and not self._out_of_view(order_id, side, price)
        ]  # fmt: skip
        problem = self._place(self._liquidity, side, price, size)[1]
        problems = [problem] if problem else []
        for order_id in certain:
            problems += self._enter_anew(side, price, order_id)
        return problems

    def _enter_anew(self, side: int, price: int, order_id: int) -> list[str]:
        """An order of the file's goes to the tail of its price; it gets another number of ours."""
        name, entered, leaves = self._names[order_id], self._entered[order_id], self._leaves(order_id)
        problems = self._cancel(order_id) + self.add(side, price, leaves, name)
        if not problems:
            self._entered[self.order_of(name)] = entered
        return problems

    def _cut(self, side: int, price: int, size: int, must_be_known: bool = True) -> list[str]:
        """Take quantity off a level: adopted orders first, then those that were out of view, youngest first."""
        queue = list(reversed(self._queues.get((side, price), {})))
        doubtful = [order_id for order_id in queue if self.is_adopted(order_id)]
        doubtful += [
            order_id for order_id in queue
            if not self.is_adopted(order_id) and (not must_be_known or self.was_out_of_view(order_id))
        ]  # fmt: skip
        for order_id in doubtful:
            if size == 0:
                break
            leaves = self._leaves(order_id)
            cut = min(size, leaves)
            size -= cut
            problems = self._cancel(order_id) if cut == leaves else self._reduce(order_id, leaves - cut)
            if problems:
                return problems
        return [f"{size} to take off a level that has no order it could be of"] if size else []

    def _place(self, account_id: int, side: int, price: int, size: int) -> tuple[int, str | None]:
        """Entered while trading is halted only where the view requires it: then quoting is on for a moment."""
        rows = build.place(account_id, self._instrument_id, SIDES[side], size, price)
        is_halted = self._status == InstrumentStatus.HALTED
        if is_halted:
            self.set_status(InstrumentStatus.PRE_OPEN)
        events = self._send(rows)
        if is_halted:
            self.set_status(InstrumentStatus.HALTED)
        if events["kind"][0] == Event.REJECTED:
            return 0, f"the venue refused an order: {Reject(events['reason'][0]).name}"
        order_id = int(events["order_id"][0])
        if len(events) > 1:
            return order_id, "an order that should rest traded"
        self._queues.setdefault((side, price), {})[order_id] = None
        return order_id, None

    def _reduce(self, order_id: int, leaves: int) -> list[str]:
        row = self._orders[order_id & SLOT_MASK]
        done = int(row["qty_lots"]) - int(row["leaves_lots"])
        events = self._send(build.replace(int(row["account_id"]), order_id, done + leaves))
        return _problems(events, "a replace")

    def _cancel(self, order_id: int) -> list[str]:
        account_id = int(self._orders["account_id"][order_id & SLOT_MASK])
        return _problems(self._send(build.cancel(account_id, order_id)), "a cancel")

    def _send(self, rows: Any) -> Any:
        """Submit, and note which orders have left the book."""
        events = self._venue.submit(rows).events
        for event in events[(events["leaves_lots"] == 0) & ENDS[events["kind"]]]:
            self._gone(int(event["order_id"]), BUY if event["side"] == Side.BUY else SELL, int(event["price_ticks"]))
        return events

    def _gone(self, order_id: int, side: int, price: int) -> None:
        queue = self._queues.get((side, price), {})
        if queue.pop(order_id, 0) is None and not queue:
            del self._queues[side, price]
        name = self._names.pop(order_id, None)
        if name is not None:
            del self._named[name]
            del self._entered[order_id]


def _problems(events: Any, what: str) -> list[str]:
    if events["kind"][0] == Event.REJECTED:
        return [f"the venue refused {what}: {Reject(events['reason'][0]).name}"]
    return []


def _set_up(venue: Venue, instrument: str) -> int:
    """List the share and its currency, and give three accounts more than a day can move."""
    share, _, currency = instrument.partition("/")
    if instrument in venue.instruments:
        raise BadValue(f"the venue already has {instrument}: replay into a new folder")
    venue.list_asset(currency, decimals=4, asset_class="currency")
    venue.list_asset(share, decimals=0, asset_class="share")
    listed = venue.list_instrument(instrument, tick="0.0001", lot=1, asset_class="share", price_max=Decimal(PRICE_MAX))
    for name in ("traders", "liquidity", "takers"):
        account = venue.open_account(name)
        venue.deposit(account, currency, DOLLARS)
        venue.deposit(account, share, SHARES)
    return listed.instrument_id
