"""(a), (b), (c): commands a second of the kernel and of the C++ reference, in turn, on the same rows.

What is timed on our side is `Machine.advance`, called with a full batch at a time. Both sides write
their events into a piece of memory that the next ones overwrite. Both are timed by the processor's
seconds and not the clock's: neither waits for anything, and other programs then disturb less.
Before anything is timed, both sides apply the mix once and must end in the same trades, events and
balances.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from emporion.bench.draw import draw
from emporion.bench.mixes import Mix, setup
from emporion.bench.reference import Drawn, Reference, Sums
from emporion.errors import EmporionError
from emporion.kernel.machine import Machine, batch_cuts
from emporion.schema.codes import Event, Reject
from emporion.schema.limits import FEE_ACCOUNT, FIRST_ACCOUNT

Progress = Callable[[str], None]
GOALS = {"a": 0.9, "b": 0.9, "c": 1.0, "a-ids": 0.7, "b-ids": 0.7}


class SidesDiffer(EmporionError):
    """The kernel and the reference did not end alike, so their speeds may not be compared."""


@dataclass
class Measured:
    """Commands a second, the median of several runs; and what the mix came to."""

    mix: str
    title: str
    commands: int
    resting: int
    levels: int
    fills: int
    kernel: float
    kernel_runs: list[float]
    reference: float | None = None
    reference_runs: list[float] = field(default_factory=list)
    reference_ahead: float | None = None  # The same, fetching memory ahead: many books only.
    same_end: bool | None = None  # None where there is nothing to compare with.
    sums: dict[str, int] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.kernel / self.reference if self.reference else None

    @property
    def goal(self) -> float | None:
        return GOALS.get(self.mix)


def measure(mix: Mix, reference: Reference | None, folder: Path, runs: int, progress: Progress) -> Measured:
    """Both sides on one mix, A B A B; the kernel alone without a reference. Raises SidesDiffer."""
    progress(f"({mix.name}) drawing {mix.commands:,} commands")
    drawn = draw(mix, folder, reference)
    many = mix.instruments > 1
    try:
        rows = drawn.rows()
        progress(f"({mix.name}) setting the venue up: {mix.setup_commands:,} commands")
        start = prepare(mix, rows[: drawn.prefill])
        timed = rows[drawn.prefill :]
        progress(f"({mix.name}) summing up trades, events and balances")
        have = check(mix, rows)
        if reference is not None and (want := reference.check(mix, drawn, ahead=many)) != have:
            raise SidesDiffer(f"mix {mix.name}: the reference ended in {want} and the kernel in {have}")

        ours, theirs, ahead = [], [], []
        for turn in range(runs):
            progress(f"({mix.name}) run {turn + 1} of {runs}")
            ours.append(len(timed) / time_apply(start.fork(), timed))
            if reference is not None:
                theirs += [len(timed) / seconds for seconds in run_warm(reference, mix, drawn)]
                if many:
                    ahead += [len(timed) / seconds for seconds in run_warm(reference, mix, drawn, ahead=True)]
    finally:
        drawn.path.unlink(missing_ok=True)
    return Measured(
        mix.name, mix.title, len(timed), drawn.resting, drawn.levels, have.fills, median(ours), ours,
        median(theirs) if theirs else None, theirs, median(ahead) if ahead else None,
        True if theirs else None, asdict(have),
    )  # fmt: skip


def run_warm(reference: Reference, mix: Mix, drawn: Drawn, ahead: bool = False) -> list[float]:
    """One run of the reference, after one that only warms memory and processor up."""
    return reference.run(mix, drawn, runs=2, ahead=ahead)[1:]


def prepare(mix: Mix, prefill: np.ndarray) -> Machine:
    """A machine with the venue set up and its books filled."""
    machine = Machine(mix.capacity)
    for rows in setup(mix):
        refuse_rejections(machine.apply(rows), "the setup")
    for events in in_pieces(machine, prefill):
        refuse_rejections(events, "filling the books")
    return machine


def time_apply(machine: Machine, rows: np.ndarray) -> float:
    """Seconds of the processor to apply the rows, a batch at a time."""
    batches = cut(rows)
    begin = time.thread_time()
    for batch in batches:
        machine.advance(batch)
    return time.thread_time() - begin


def in_pieces(machine: Machine, rows: np.ndarray) -> Iterator[np.ndarray]:
    for batch in cut(rows):
        yield machine.apply(batch)


def cut(rows: np.ndarray) -> list[np.ndarray]:
    """The rows in full batches: what a node commits at once when it is busy."""
    cuts = batch_cuts(rows)
    return [rows[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]


def refuse_rejections(events: np.ndarray, what: str) -> None:
    """Before the measured commands nothing is refused; if it is, the mix does not fit the build."""
    rejected = events[events["kind"] == Event.REJECTED]
    if len(rejected):
        reason = Reject(rejected["reason"][0]).name
        raise EmporionError(f"{what}: {len(rejected)} commands were refused, the first as {reason}")


# --- Sums: what both sides ended in --------------------------------------------------------------------


def check(mix: Mix, rows: np.ndarray) -> Sums:
    """The sums of all drawn rows, those that fill the books included, from an empty venue on."""
    machine = Machine(mix.capacity)
    for piece in setup(mix):
        machine.apply(piece)
    fills = count = trades_sum = events_sum = 0
    for events in in_pieces(machine, rows):
        filled = events[events["kind"] == Event.FILLED]
        trades_sum += sum_of_trades(filled, fills)
        events_sum += sum_of_events(events, count)
        fills += len(filled)
        count += len(events)
    return Sums(fills, count, trades_sum % 2**64, events_sum % 2**64, sum_of_balances(machine))


def sum_of_trades(filled: np.ndarray, before: int) -> int:
    """Each fill's order, price, quantity and fee, hashed with its place in the sequence, added up."""
    names = ("order_id", "price_ticks", "qty_lots", "amount_atoms")
    return hashed(places(filled, before), *(filled[name] for name in names))


def sum_of_events(events: np.ndarray, before: int) -> int:
    """The same over all 64 bytes of every event."""
    words = events.view(np.uint64).reshape(len(events), 8)
    return hashed(places(events, before), *words.T)


def sum_of_balances(machine: Machine) -> int:
    """Of every account but the outside world and every asset: what is free and what is held."""
    balances = machine.array["balances"][0]
    balances = balances[(balances["account_id"] == FEE_ACCOUNT) | (balances["account_id"] >= FIRST_ACCOUNT)]
    held = balances["order_held_atoms"] + balances["other_held_atoms"]
    return hashed(balances["account_id"], balances["asset_id"], balances["free_atoms"], held) % 2**64


def places(rows: np.ndarray, before: int) -> np.ndarray:
    return np.arange(before + 1, before + 1 + len(rows), dtype=np.uint64)


def hashed(*columns: np.ndarray) -> int:
    """Rows hashed column by column with the finisher of splitmix64, and the hashes added up."""
    total = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        total = stirred(total ^ column.astype(np.int64, copy=False).view(np.uint64))
    return int(total.sum(dtype=np.uint64))


def stirred(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
