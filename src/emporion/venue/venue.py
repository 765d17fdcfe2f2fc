"""A whole venue inside a process: open a folder, and the exchange is there.

    import emporion
    with emporion.open("my-venue") as venue:
        venue.list_asset("USDC", decimals=6)
        ...

One folder is one venue, as a file is one database elsewhere. Every command is in the journal
before it is answered; opening the folder again gives the same venue, to the byte.
"""

from pathlib import Path
from types import TracebackType

from emporion.engine.clock import Clock
from emporion.engine.node import Node
from emporion.errors import BadValue
from emporion.schema.codes import Limit
from emporion.schema.limits import CAPACITIES, Capacity
from emporion.venue.contracting import Contracting
from emporion.venue.fork import fork
from emporion.venue.money import Money
from emporion.venue.names import Names
from emporion.venue.values import code
from emporion.venue.views import Views


class Venue(Contracting, Money, Views):
    """Made by `emporion.open`. Not to be shared between threads without a lock."""

    @property
    def seq(self) -> int:
        """Sequence number of the last command."""
        return self._node.seq

    @property
    def now_ns(self) -> int:
        """The venue's time: that of the last command, nanoseconds since 1970 UTC."""
        return self._now_ns()

    @property
    def node(self) -> Node:
        """The node below, for those who go on in machine terms: `node.machine.state` are the tables."""
        return self._node

    @property
    def names(self) -> Names:
        """The names of accounts, for servers that answer by them."""
        return self._names

    def digest(self) -> str:
        """Hash of the state, in hex: equal on every machine that applied the same commands."""
        return self._node.digest().hex()

    def snapshot(self) -> None:
        """Write the state beside the journal, so that the next opening replays only what comes after."""
        self._node.snapshot()

    def fork(self) -> "Venue":
        """The same venue, in memory, to try things on: nothing done there reaches this one or the disk.

        Its history begins with the journal so far, so views of the past work in it, too.
        """
        return Venue(fork(self._node), self._names.copy())

    def close(self) -> None:
        """Make everything durable and let go of the folder. Closing twice does nothing more."""
        self._node.close()

    def __enter__(self) -> "Venue":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Venue seq {self.seq}, {len(self.instruments)} instruments, {len(self.accounts)} accounts>"


def open(
    folder: str | Path | None = None,
    *,
    capacity: str | Capacity = "small",
    limits: dict[str, int] | None = None,
    sync: str = "sync",
    read_only: bool = False,
    clock: Clock | None = None,
) -> Venue:
    """Open the venue in a folder, making it if there is none; without a folder, one in memory.

    Args:
        capacity: "small" for notebooks and tests, "large" for servers: how many orders, accounts
            and so on this process can hold. It never changes what the venue answers, and may
            differ from opening to opening as long as the venue's limits fit.
        limits: of a new venue, rows by name of codes.Limit in lower case; by default all that the
            capacity holds.
        sync: "sync" waits for the disk before answering; "async" may lose the last moments when the
            power fails, never when the process does.
        read_only: look, beside a process that writes; sends nothing.
        clock: what time it is, for simulations and replays; the system's by default.

    Raises:
        VenueLocked: another process has it open for writing.
        JournalCorrupt: the journal is damaged before its durable end.
    """
    if isinstance(capacity, str):
        if capacity not in CAPACITIES:
            raise BadValue(f"capacity: {capacity!r} is not one of {', '.join(CAPACITIES)}")
        capacity = CAPACITIES[capacity]
    chosen = {Limit(code(Limit, name, "limits")): value for name, value in limits.items()} if limits else None
    path = Path(folder) if folder is not None else None
    node = Node.open(
        path, capacity=capacity, limits=chosen, sync=sync if path else "memory", read_only=read_only, clock=clock
    )
    try:
        accounts = int(node.machine.state.tables[Limit.ACCOUNTS].high_water)
        names = Names(path, accounts, read_only)
    except BaseException:
        node.close()
        raise
    return Venue(node, names)
