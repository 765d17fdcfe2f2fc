"""A mark update of 1,000 instruments over up to a million accounts, with the sweep that looks for liquidations.

Every account has positions in five of the contracts. All marks change; then SWEEP commands go over all accounts in
slices, and between any two slices orders are served, as in a running venue. Timed is the processor's time of each
command: the marks, all slices together, the largest slice, and the orders in between.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from emporion.bench.draw import CENTRE_TICKS
from emporion.bench.kernel import cut, refuse_rejections
from emporion.bench.margin import contracts_setup, positions
from emporion.bench.mixes import MIXES, START_NS
from emporion.kernel.machine import Machine
from emporion.schema import build, build_margin
from emporion.schema.codes import Event, Limit, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT, SWEEP_MAX, WIDE

Progress = Callable[[str], None]
INSTRUMENTS = 1_000
GROUPS = 250
POSITIONS = 5
LOTS = 3
SIZES = (10_000, 100_000, 1_000_000)
ORDERS_BETWEEN = 16
GOAL_S, BEST_S, SLICE_GOAL_MS = 1.0, 0.5, 10.0


@dataclass
class MarkUpdate:
    """Processor seconds of one update over so many accounts."""

    accounts: int
    positions: int
    marks: float  # All SET_PRICE commands.
    sweep: float  # All slices together.
    slices: int
    slice_ms_max: float
    order_us: float  # Of one order served between slices, median.
    order_us_max: float
    found: int  # Accounts below maintenance.

    @property
    def total(self) -> float:
        return self.marks + self.sweep


def measure(quick: bool, progress: Progress) -> list[MarkUpdate]:
    """One figure for each number of accounts."""
    sizes = SIZES[:1] if quick else SIZES
    return [_measure(accounts, progress) for accounts in sizes]


def _measure(accounts: int, progress: Progress) -> MarkUpdate:
    mix = replace(
        MIXES["a"], accounts=accounts, instruments=INSTRUMENTS, capacity=WIDE, deposit_atoms=20_000_000_000
    )  # fmt: skip
    machine = Machine(mix.capacity)
    progress(f"marks: {accounts:,} accounts, {INSTRUMENTS:,} contracts")
    for rows in contracts_setup(mix, GROUPS):
        for batch in cut(rows):
            refuse_rejections(machine.apply(batch), "the setup")
    progress(f"marks: {accounts * POSITIONS:,} positions by {accounts * POSITIONS // 2:,} trades")
    rng = np.random.default_rng(mix.seed)
    first = rng.integers(1, INSTRUMENTS + 1, accounts // 2)
    steps = np.arange(POSITIONS) * (INSTRUMENTS // POSITIONS)
    chosen = (first[:, None] + steps - 1) % INSTRUMENTS + 1
    for rows in positions(accounts, chosen, LOTS):
        for batch in cut(rows):
            refuse_rejections(machine.apply(batch), "opening positions")
        _sweep_all(machine, accounts)  # Who is not active gives back its exposures, as in a running venue.

    progress("marks: the update")
    moved = CENTRE_TICKS + rng.integers(-40, 41, INSTRUMENTS)
    prices = build.join(
        *(build_margin.set_price(at, ticks, ticks) for at, ticks in enumerate(moved.tolist(), start=1))
    )  # fmt: skip
    begin = time.thread_time()
    machine.advance(prices)
    marks = time.thread_time() - begin
    sweeps, orders = [], []
    sweep = build_margin.sweep(_slice(accounts))
    order_rows = _orders(rng, accounts)
    found, seen = 0, 0
    while seen < accounts:
        begin = time.thread_time()
        events = machine.apply(sweep)
        sweeps.append(time.thread_time() - begin)
        swept = events[events["kind"] == Event.SWEPT]
        seen += int(swept["qty_lots"][0])
        found += int(np.count_nonzero(events["kind"] == Event.LIQUIDATION_BEGUN))
        rows = next(order_rows)
        begin = time.thread_time()
        machine.advance(rows)
        orders.append((time.thread_time() - begin) / len(rows))
    return MarkUpdate(
        accounts, accounts * POSITIONS, marks, sum(sweeps), len(sweeps), 1e3 * max(sweeps),
        1e6 * float(np.median(orders)), 1e6 * max(orders), found,
    )  # fmt: skip


def _slice(accounts: int) -> int:
    return min(SWEEP_MAX, max(256, accounts // 100))


def _sweep_all(machine: Machine, accounts: int) -> None:
    margins = int(machine.array["tables"]["live"][0, Limit.MARGINS])
    assert margins == accounts
    machine.advance(build_margin.set_price(1, CENTRE_TICKS, CENTRE_TICKS))  # So that nobody is fresh.
    for _ in range(-(-accounts // SWEEP_MAX)):
        machine.advance(build_margin.sweep(SWEEP_MAX))


def _orders(rng: np.random.Generator, accounts: int) -> Iterator[np.ndarray]:
    """Orders of anybody, far from the market, that are checked and rest."""
    while True:
        numbers = rng.integers(0, accounts, ORDERS_BETWEEN).tolist()
        names = rng.integers(1, INSTRUMENTS + 1, ORDERS_BETWEEN).tolist()
        yield build.stamp(
            build.join(
                *(
                    build.place(FIRST_ACCOUNT + account, name, Side.BUY, 1, CENTRE_TICKS - 500, Tif.GTC)
                    for account, name in zip(numbers, names, strict=True)
                )
            ),
            START_NS,
        )
