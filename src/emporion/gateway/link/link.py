"""What a door knows of the node: hand in commands, ask, act, listen. In this process or in another."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from emporion.access.tickets import Pass, Ticket
from emporion.errors import EmporionError
from emporion.gateway.link.questions import Question

Listener = Callable[[np.ndarray, int], None]


class LinkLost(EmporionError):
    """The node is away. What was under way may or may not have been done: a client id makes a retry safe."""


class LinkBusy(EmporionError):
    """The node has as much to do as it may queue. Nothing was taken; ask again in a moment."""


class Reply(NamedTuple):
    """What became of one submission: durable and applied.

    Its commands are `first_seq` and on; each event names the command that caused it. Of a submission
    with a MASS_CANCEL, events of the CONTINUE commands that finished it stand behind.
    """

    first_seq: int
    ts_ns: int  # When the venue took it.
    events: np.ndarray  # EVENT
    orders: np.ndarray  # ORDER_VIEW: each open order that a replace or cancel in it names, as it stood before.
    passed: Pass | None  # With a ticket.


class Link(Protocol):
    """One node, as a door sees it. All methods belong to one event loop."""

    seq: int  # Of the last command whose events were heard.
    ts_ns: int

    async def submit(self, rows: bytes, ticket: Ticket | None = None, tag: int = 0) -> Reply:
        """Hand in commands: head rows, each with its data rows, 64 bytes each; `tag` goes into every head row.

        Raises:
            TicketRefused: REPLAYED, STALE_TIME or RATE_LIMITED.
            BadValue: the rows cannot be commands.
            DiskFull: entry is refused for want of room.
            NodeStopped, StorageFailed, ReadOnly: nothing is taken any more.
            LinkBusy: too much is queued.
            LinkLost: the node went away; the outcome is unknown.
        """
        ...

    async def ask(self, question: Question, ticket: Ticket | None = None) -> Any:
        """The answer of the type that the question states. Raises as `submit`, and Refused for acts."""
        ...

    async def admit(self, ticket: Ticket) -> Pass:
        """Use the ticket, for what needs nothing else of the node. Raises TicketRefused, LinkLost."""
        ...

    def listen(self, callback: Listener) -> None:
        """Hear (events, ts_ns) of each batch, in order, on the event loop, before its replies.

        A remote link that was away misses some: `on_gap` says so.
        """
        ...

    def on_gap(self, callback: Callable[[], None]) -> None:
        """Be told when events were missed: whatever was built on them must be asked for again."""
        ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...


def safely(callback: Callable[..., None], *args: Any) -> None:
    """Tell a listener. Its failure is its own: nobody's answer is to wait for it."""
    try:
        callback(*args)
    except Exception as error:
        context = {"message": "a listener to the node's events failed", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
