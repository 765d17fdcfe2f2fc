"""Mix (a) with full margin checks, beside the same mix without: what one pool of margin costs an order.

The book is that of a perpetual, and each of the accounts has a position in it and in nine others, in five risk groups;
every order is checked against equity. Commands are drawn for each side by the same seed, in blocks (bench/draw.py), as
order ids differ: positions come from trades. Both sides are measured in turn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import numpy as np

from emporion.bench.draw import CENTRE_TICKS, Blocks
from emporion.bench.kernel import cut, in_pieces, refuse_rejections, time_apply
from emporion.bench.mixes import MIXES, PRICE_MAX_TICKS, START_NS, Mix, setup
from emporion.kernel.machine import Machine
from emporion.schema import build, build_margin
from emporion.schema.codes import Command, Event, InstrumentStatus, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT, PPM, SCENARIOS
from emporion.schema.messages import ADMIN_COMMAND, COMMAND, LEDGER_COMMAND, MARGIN_COMMAND

Progress = Callable[[str], None]
POSITIONS = 10  # Of each account,
GROUPS = 5  # in so many groups.
POSITION_LOTS = 3
USD_SHIFT = 20  # The settlement asset is a dollar with six decimals: 2^20 atoms are as many micro-dollars.
CAP = 1 << 30
RANGE_PPM = 100_000
PAIRS_AT_ONCE = 25_000
GOAL = 0.5


@dataclass
class WithMargin:
    """Commands a second, medians; and what the commands came to."""

    commands: int
    without: float
    margin: float
    runs: list[tuple[float, float]] = field(default_factory=list)
    fills: int = 0
    refused: int = 0

    @property
    def ratio(self) -> float:
        return self.margin / self.without


def measure(folder: Path, runs: int, divisor: int, progress: Progress) -> WithMargin:
    """Both sides, A B A B. Raises EmporionError where the setup is refused."""
    mix = MIXES["a"].smaller(divisor)
    sides = []
    for name, prepare in (("without margin", setup), ("with margin", margin_setup)):
        progress(f"margin: setting up and drawing {mix.commands:,} commands {name}")
        machine = Machine(mix.capacity)
        for rows in prepare(mix):
            refuse_rejections(machine.apply(rows), f"the setup {name}")
        start = machine.fork()
        path = folder / "mix-margin.rows"
        drawn = Blocks(mix, machine).draw(path)
        rows = drawn.rows().copy()
        path.unlink()
        for events in in_pieces(start, rows[: drawn.prefill]):
            refuse_rejections(events, f"filling the book {name}")
        sides.append((start, rows[drawn.prefill :]))
    fills, refused = _counts(*sides[1])
    result = WithMargin(mix.commands, 0.0, 0.0, [], fills, refused)
    for turn in range(runs):
        progress(f"margin: run {turn + 1} of {runs}")
        without, margin = (len(rows) / time_apply(start.fork(), rows) for start, rows in sides)
        result.runs.append((without, margin))
    result.without, result.margin = (median(side) for side in zip(*result.runs, strict=True))
    return result


def _counts(start: Machine, rows: np.ndarray) -> tuple[int, int]:
    machine = start.fork()
    counts = np.zeros(256, np.int64)
    for batch in cut(rows):
        counts += np.bincount(machine.apply(batch)["kind"], minlength=256)
    return int(counts[Event.FILLED]), int(counts[Event.REJECTED])


def margin_setup(mix: Mix) -> Iterator[np.ndarray]:
    """The venue of a mix whose book is a perpetual's: groups, contracts, margin accounts, money, positions."""
    yield from contracts_setup(replace(mix, instruments=POSITIONS), GROUPS)
    yield from positions(mix.accounts, np.arange(1, POSITIONS + 1), POSITION_LOTS)


def contracts_setup(mix: Mix, groups: int) -> Iterator[np.ndarray]:
    """So many perpetuals in so many groups, and margin accounts with money but no positions."""
    head = [build.genesis({}, mix.capacity), build.set_fees(0, 0, mix.maker_ppm, mix.taker_ppm)]
    head.append(build.list_asset("USD", 6))
    head += [build_margin.set_group() for _ in range(groups + 1)]
    head.append(build_margin.set_risk(1, [0] * SCENARIOS, asset_id=1, unit_shift=USD_SHIFT, cap=1 << 48))
    head.append(build_margin.set_value(1, 1 << USD_SHIFT))
    loss = CENTRE_TICKS * mix.atoms_per_tick_lot * RANGE_PPM // PPM
    moves = (-2, -2, -1, -1, 0, 0, 1, 1, 2, 2, -2, 2, -1, 1, 0, 0)
    array = [move * loss // 2 for move in moves]
    for number in range(1, mix.instruments + 1):
        head.append(
            build_margin.list_contract(
                f"P{number}-PERP", 1, atoms_per_tick_lot=mix.atoms_per_tick_lot, qty_max_lots=1_000_000,
                price_max_ticks=PRICE_MAX_TICKS, caps={"position_max_lots": 1 << 20},
            )
        )  # fmt: skip
        head.append(build_margin.set_risk(2 + number % groups, array, number, cap=CAP))
        head.append(build_margin.set_price(number, CENTRE_TICKS, CENTRE_TICKS))
        head.append(build.set_status(number, InstrumentStatus.OPEN))
    yield build.stamp(build.join(*head), START_NS)
    opened = np.zeros(mix.accounts, ADMIN_COMMAND)
    opened["kind"], opened["ts_ns"] = Command.OPEN_ACCOUNT, START_NS
    yield opened.view(COMMAND)
    numbers = FIRST_ACCOUNT + np.arange(mix.accounts)
    paid = np.zeros(mix.accounts, LEDGER_COMMAND)
    paid["kind"], paid["ts_ns"], paid["account_id"], paid["asset_id"] = Command.DEPOSIT, START_NS, numbers, 1
    paid["amount_atoms"] = mix.deposit_atoms
    yield paid.view(COMMAND)
    margins = np.zeros(mix.accounts, MARGIN_COMMAND)
    margins["kind"], margins["ts_ns"], margins["account_id"], margins["mode"] = Command.SET_MARGIN, START_NS, numbers, 1
    yield margins.view(COMMAND)


def positions(accounts: int, instrument_ids: np.ndarray, lots: int) -> Iterator[np.ndarray]:
    """Every account trades with the one half of all accounts away: in pieces of so many pairs.

    Args:
        instrument_ids: of all accounts alike, (POSITIONS,); or a row for each pair, (accounts // 2, ...).
    """
    half = accounts // 2
    each = np.broadcast_to(instrument_ids, (half, np.shape(instrument_ids)[-1]))
    columns = np.arange(each.shape[1])
    for begin in range(0, half, PAIRS_AT_ONCE):
        pairs = np.arange(begin, min(begin + PAIRS_AT_ONCE, half))[:, None, None]
        rows = np.zeros((len(pairs), len(columns), 2), COMMAND)
        rows["kind"], rows["ts_ns"] = Command.PLACE, START_NS
        rows["account_id"] = FIRST_ACCOUNT + pairs + np.array([0, half])
        rows["instrument_id"] = each[begin : begin + len(pairs), :, None]
        rows["side"] = np.where((pairs + columns[:, None] + np.array([0, 1])) % 2, Side.BUY, Side.SELL)
        rows["tif"] = np.array([Tif.GTC, Tif.IOC])
        rows["price_ticks"], rows["qty_lots"] = CENTRE_TICKS, lots
        yield rows.reshape(-1)
