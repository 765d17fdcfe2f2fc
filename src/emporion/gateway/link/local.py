"""The link to a node in this process, and the desk that remote links come to as well."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np

from emporion.access.limits import Doorman
from emporion.access.tickets import Pass, Ticket
from emporion.engine.entry_times import EntryTimes
from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue
from emporion.gateway.link import gauging, past
from emporion.gateway.link import questions as q
from emporion.gateway.link.acts import Acting
from emporion.gateway.link.answers import Answers
from emporion.gateway.link.gather import Committed, Gatherer, Sink
from emporion.gateway.link.gauging import GaugeKeeper
from emporion.gateway.link.link import Listener, Reply, safely
from emporion.gateway.link.node_state import NodeState, Rates
from emporion.gateway.link.order_views import OrderViews
from emporion.gateway.link.past import History
from emporion.schema.codes import Event
from emporion.schema.messages import EVENT
from emporion.storage.rows import joined
from emporion.venue.names import Names
from emporion.venue.venue import Venue


class LocalLink:
    """Everything a door needs of a node in this process.

    Args:
        venue: open for writing. Nobody else may use it meanwhile, but for the sequencer's users.
        sequencer: of the venue's node, when there is one already; else made here, and closed here.
        doorman: checks tickets; one with the usual limits by default.
        history: the history store; without one its questions are BadValue.
        gauges: keeps the gauges; without it there are none.
        titles: long names by instrument name. simulation: simulated traders are here.
    """

    def __init__(
        self,
        venue: Venue,
        sequencer: Sequencer | None = None,
        doorman: Doorman | None = None,
        history: History | None = None,
        titles: Mapping[str, str] | None = None,
        simulation: bool = False,
        entry_times: EntryTimes | None = None,
        gauges: GaugeKeeper | None = None,
    ) -> None:
        self.node: Node = venue.node
        self.seq = self.node.seq
        self.ts_ns = venue.now_ns
        self.gateways = 0  # Connected to the hub, which sets it.
        self._sequencer = sequencer or Sequencer(self.node)
        self._owns_sequencer = sequencer is None
        self._doorman = doorman or Doorman()
        self._history, self._gauges = history, gauges
        self._times = entry_times or EntryTimes(self.node)
        self._views = OrderViews(self.node.machine, self._times)
        names: Names = venue.names
        self._acting = Acting(self.node, names)
        self._answers = Answers(self.node, names, self._views, titles or {}, simulation)
        self._state = NodeState(self.node)
        self._rates = Rates()
        self._listeners: list[Listener] = []
        self._readers = ThreadPoolExecutor(1, "emporion-history")
        self._patience = past.Patience()
        self._gatherer: Gatherer | None = None

    async def start(self) -> None:
        """Listen to the node from now on."""
        self._gatherer = Gatherer(self._sequencer, self._views)
        self._gatherer.listen(self._hear)

    async def close(self) -> None:
        """Finish what is under way. The venue stays open."""
        if self._owns_sequencer:
            await asyncio.to_thread(self._sequencer.close)
        await asyncio.to_thread(self._readers.shutdown)

    # --- What doors do -------------------------------------------------------------------------------

    async def submit(self, rows: bytes, ticket: Ticket | None = None, tag: int = 0) -> Reply:
        passed = self.check(ticket) if ticket is not None else None
        waiting = _Waiting(passed)
        self.hand_in(rows, tag, waiting)
        return await waiting.future

    async def ask(self, question: q.Question[Any], ticket: Ticket | None = None) -> Any:
        if ticket is not None:
            self.check(ticket)
        return await self.answer(question)

    async def admit(self, ticket: Ticket) -> Pass:
        return self.check(ticket)

    def listen(self, callback: Listener) -> None:
        self._listeners.append(callback)

    def on_gap(self, callback: Callable[[], None]) -> None:
        """Nothing is ever missed here."""

    # --- What the hub does for doors elsewhere -------------------------------------------------------

    def check(self, ticket: Ticket) -> Pass:
        """Use a ticket up, or TicketRefused."""
        return self._doorman.admit(ticket, self.node.clock.now_ns())

    def hand_in(self, rows: bytes, tag: int, sink: Sink) -> None:
        """Submit, without a coroutine. BadValue, LinkBusy: it was not taken."""
        assert self._gatherer is not None, "the link has not been started"
        self._gatherer.add(rows, tag, sink)

    async def answer(self, question: Any) -> Any:
        """What a question is answered, whoever asks."""
        if isinstance(question, q.HISTORY):
            return await self._of_history(question)
        if isinstance(question, q.GAUGES):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._readers, gauging.answer, self._gauges, question)
        if isinstance(question, q.Act):
            return await self._call(lambda: self._act(question))
        if isinstance(question, q.VenueState):
            rates = self._rates.per_second(self.seq)
            loop, history = asyncio.get_running_loop(), self._history
            history_seq = 0 if history is None else await loop.run_in_executor(self._readers, lambda: history.seq)
            return await self._call(lambda: self._state(rates, self.gateways, history_seq))
        if isinstance(question, q.Listings):
            return await self._listings(question)
        return await self._call(lambda: self._answers(question))

    async def _listings(self, asked: q.Listings) -> q.ListingsAnswer:
        """A page of names at a time: a million at once would hold up orders for a second."""
        page: q.ListingsAnswer = await self._call(lambda: self._answers(asked))
        names = list(page.accounts)
        while len(page.accounts) == q.NAMES_PAGE:
            after = names[-1].account_id
            page = await self._call(lambda after=after: self._answers(q.Listings(after)))  # type: ignore[misc]
            names += page.accounts
        return msgspec.structs.replace(page, accounts=names)

    async def _call(self, ask: Callable[[], Any]) -> Any:
        return await asyncio.wrap_future(self._sequencer.call(lambda _: ask()))

    def _act(self, question: q.Act) -> q.ActAnswer:
        if self.node.stopped is not None:
            raise self.node.stopped
        result = self._acting.act(question.name, question.args, question.tag)
        return q.ActAnswer(result=result, **self._answers.stamp)

    async def _of_history(self, question: Any) -> q.HistoryAnswer:
        history = self._history
        if history is None:
            raise BadValue("this venue keeps no history")
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, past.answer, history, question, self._patience
        )

    def _hear(self, events: np.ndarray, ts_ns: int, seq: int) -> None:
        self.seq, self.ts_ns = seq, ts_ns
        self._rates.note(seq, int(np.count_nonzero(events["kind"] == Event.FILLED)) // 2)
        for listener in self._listeners:
            safely(listener, events, ts_ns)


class _Waiting:
    """A coroutine that waits for its reply."""

    __slots__ = ("future", "passed")

    def __init__(self, passed: Pass | None) -> None:
        self.passed = passed
        self.future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def reply(self, group: Committed, place: int) -> None:
        if self.future.done():
            return  # The caller has given up; the commands stand.
        cuts, order_cuts = group.event_cuts, group.order_cuts
        events = group.events[cuts[place] : cuts[place + 1]]
        if place in group.tails:
            events = joined([events, group.tails[place]], EVENT)
        orders = group.orders[order_cuts[place] : order_cuts[place + 1]]
        self.future.set_result(Reply(group.first_seqs[place], group.ts_ns, events, orders, self.passed))

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)
