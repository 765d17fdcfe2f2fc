"""From many small submissions to few commits: what one tick of the event loop hands in is one item.

The event loop adds; the sequencer comes for whatever is there when it is ready (`take`) and brings
the answer back; one wake-up of the loop serves the whole group. No task, no thread-safe future and no
queue entry is made for a single order.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from emporion.engine.failures import NodeClosed
from emporion.engine.node import Answer, Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue
from emporion.gateway.link.link import LinkBusy
from emporion.gateway.link.named_orders import NamedOrders, told
from emporion.gateway.link.order_views import OrderViews
from emporion.gateway.link.rows import tagged
from emporion.schema.codes import Event, Reject
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import COMMAND, EVENT

TAKE_ROWS = 16_384  # Of one group: a megabyte; what is left is the next.
WAITING_ROWS_MAX = 262_144  # Not yet answered. With the node's usual speed less than a second's.

Listener = Callable[[np.ndarray, int, int], None]


class Committed(NamedTuple):
    """A group and what became of it; a submission's own part is between two neighbouring cuts."""

    ts_ns: int
    first_seqs: list[int]
    event_cuts: list[int]
    events: np.ndarray  # EVENT
    order_cuts: list[int]
    orders: np.ndarray  # ORDER_VIEW
    tails: dict[int, np.ndarray]  # Of mass cancels: events of CONTINUE commands that finished them.


class Sink(Protocol):
    """Who handed in one submission. Called on the event loop."""

    def reply(self, group: Committed, place: int) -> None: ...

    def fail(self, error: Exception) -> None: ...


class Group:
    """Submissions under way together."""

    def __init__(self) -> None:
        self.sinks: list[Sink] = []
        self.rows: list[bytes] = []
        self.commands: list[int] = []
        self.named = NamedOrders()

    def joined(self) -> np.ndarray:
        return np.frombuffer(b"".join(self.rows), COMMAND)


class Gatherer:
    """Between one event loop and one sequencer: a Carrier. Made on the loop."""

    def __init__(self, sequencer: Sequencer, views: OrderViews) -> None:
        self._sequencer, self._views = sequencer, views
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Listener] = []
        self._waiting: deque[tuple[bytes, int, Sink]] = deque()
        self._waiting_rows = 0  # Not yet answered, those under way included. The loop's.
        self._is_called = False  # The sequencer, at the end of this tick.
        self._under_way: deque[Group] = deque()  # The sequencer's.
        self._inbox: deque[tuple[Any, Any, Any]] = deque()
        self._is_woken = False
        sequencer.node.listen(self._hear)

    # --- On the event loop ---------------------------------------------------------------------------

    def add(self, rows: bytes, tag: int, sink: Sink) -> None:
        """Hand in a submission; its sink hears of it in a later tick. BadValue, LinkBusy: it was not taken."""
        marked, commands = tagged(rows, tag)
        count = len(rows) // ROW_BYTES
        if self._waiting_rows + count > WAITING_ROWS_MAX:
            raise LinkBusy(f"{self._waiting_rows} commands wait for the node already; nothing was taken, try again")
        self._waiting_rows += count
        self._waiting.append((marked, commands, sink))
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._call)

    def listen(self, listener: Listener) -> None:
        """Hear (events, ts_ns, seq) of each batch, on the loop, before its submissions are answered."""
        self._listeners.append(listener)

    def _call(self) -> None:
        self._is_called = False
        try:
            self._sequencer.fetch(self)
        except BadValue:  # It has been closed.
            self._fail_waiting()

    def _fail_waiting(self) -> None:
        while self._waiting:
            rows, _, sink = self._waiting.popleft()
            self._waiting_rows -= len(rows) // ROW_BYTES
            sink.fail(NodeClosed("the venue is being closed"))

    def _empty(self) -> None:
        """Everything that the sequencer's thread has left for us."""
        self._is_woken = False
        while self._inbox:
            group, answer, seq = self._inbox.popleft()
            if group is None:
                self._tell(answer, seq)
            else:
                self._waiting_rows -= sum(map(len, group.rows)) // ROW_BYTES
                if isinstance(answer, Answer):
                    self._reply(group, answer)
                else:
                    for sink, outcome in zip(group.sinks, answer, strict=True):
                        self._settle(sink, outcome)

    def _tell(self, heard: tuple[np.ndarray, int], seq: int) -> None:
        for listener in self._listeners:
            listener(*heard, seq)

    def _reply(self, group: Group, answer: Answer) -> None:
        committed = _committed(group, answer)
        for place, sink in enumerate(group.sinks):
            sink.reply(committed, place)

    def _settle(self, sink: Sink, outcome: Committed | Exception) -> None:
        if isinstance(outcome, Exception):
            sink.fail(outcome)
        else:
            sink.reply(outcome, 0)

    # --- On the sequencer's thread -------------------------------------------------------------------

    def take(self, node: Node) -> np.ndarray:
        """What has been handed in by now: whole submissions, as many as make a good group."""
        group, rows = Group(), 0
        waiting = self._waiting
        while waiting and rows < TAKE_ROWS:
            marked, commands, sink = waiting[0]
            if not group.named.look(marked, self._views):
                break  # It names an order by an id that an earlier one of the group brings: after that.
            waiting.popleft()
            group.rows.append(marked)
            group.commands.append(commands)
            group.sinks.append(sink)
            rows += len(marked) // ROW_BYTES
        if not group.sinks:
            return np.zeros(0, COMMAND)
        group.named.copy(self._views)
        self._under_way.append(group)
        if waiting:
            try:
                self._sequencer.fetch(self)
            except BadValue:
                self._on_loop(self._fail_waiting)
        return group.joined()

    def set_result(self, answer: Answer) -> None:
        self._leave(self._under_way.popleft(), answer)

    def set_exception(self, error: Exception) -> None:
        group = self._under_way.popleft()
        self._leave(group, [error] * len(group.sinks))

    def submit_each(self, node: Node) -> None:
        group = self._under_way.popleft()
        outcomes: list[Committed | Exception] = []
        for place, rows in enumerate(group.rows):
            one = Group()
            one.rows, one.commands = [rows], [group.commands[place]]
            one.named.look(rows, self._views)
            one.named.copy(self._views)
            try:
                outcomes.append(_committed(one, node.submit(one.joined())))
            except Exception as error:
                outcomes.append(error)
        self._leave(group, outcomes)

    def _hear(self, events: np.ndarray) -> None:
        array = self._sequencer.node.machine.array
        self._inbox.append((None, (events, int(array["ts_ns"][0])), int(array["seq"][0])))
        if not self._under_way:  # Else the answer follows at once, and wakes for both.
            self._wake()

    def _leave(self, group: Group, answer: Any) -> None:
        self._inbox.append((group, answer, 0))
        self._wake()

    def _wake(self) -> None:
        if self._is_woken:
            return
        self._is_woken = True
        self._on_loop(self._empty)

    def _on_loop(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # It is closed: nobody is there to hear.
            self._inbox.clear()
            self._is_woken = False


def _committed(group: Group, answer: Answer) -> Committed:
    """Cut a group's answer into those of its submissions."""
    first_seqs, seq = [], answer.first_seq
    for commands in group.commands:
        first_seqs.append(seq)
        seq += commands
    events, together = answer.events, answer.together
    assert together is not None
    if len(first_seqs) == 1:
        cuts = [0, int(np.searchsorted(events["seq"], seq))]
    else:
        cuts = [0, *np.searchsorted(events["seq"], [*first_seqs[1:], seq]).tolist()]
    orders, order_cuts = group.named.views, group.named.cuts
    if len(orders):
        told(orders, order_cuts, first_seqs, together)
    tails = {place: _tail(together, seq, mass) for place, mass in group.named.mass_cancels.items()}
    return Committed(answer.ts_ns, first_seqs, cuts, events, order_cuts, orders, tails)


def _tail(together: np.ndarray, end_seq: int, mass: list[tuple[int, int]]) -> np.ndarray:
    """Cancels, by commands after `end_seq`, of the mass cancels of these (account_id, instrument_id)."""
    after = together[np.searchsorted(together["seq"], end_seq) :]
    after = after[(after["kind"] == Event.CANCELED) & (after["reason"] == Reject.BY_MASS_CANCEL)]
    if not len(after):
        return np.zeros(0, EVENT)
    wanted = np.zeros(len(after), np.bool_)
    for account_id, instrument_id in mass:
        wanted |= ((after["account_id"] == account_id) | (account_id == 0)) & (
            (after["instrument_id"] == instrument_id) | (instrument_id == 0)
        )
    return after[wanted]
