"""Draws a mix without a C++ compiler: in blocks, aimed at what was open when the block began.

The C++ program (draw.hpp) draws command by command and never misses; here a few targets have ended
by the time they are reached and are refused, and now and then somebody meets an order of their own.
So figures of the two are close and not the same: the report says which one drew.
"""

from pathlib import Path

import numpy as np

from emporion.bench.mixes import LOW_TICKS, START_NS, Mix, setup
from emporion.bench.reference import Drawn, Reference
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command, Limit, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT
from emporion.schema.messages import COMMAND

CENTRE_TICKS = LOW_TICKS + 1_024
BLOCKS_PER_RESTING = 8  # A block is at most an eighth of what rests, so few targets are gone.
SWEEP_TICKS = 24
MOVE_TICKS = 20


def draw(mix: Mix, folder: Path, reference: Reference | None) -> Drawn:
    """The commands of a mix in a file in `folder`: by the C++ program where there is one."""
    path = folder / f"mix-{mix.name}.rows"
    if reference is not None:
        return reference.draw(mix, path)
    machine = Machine(mix.capacity)
    for rows in setup(mix):
        machine.apply(rows)
    return Blocks(mix, machine).draw(path)


class Blocks:
    """Draws commands for a venue that is set up, by applying them to it."""

    def __init__(self, mix: Mix, machine: Machine) -> None:
        self.mix, self.rng, self.drawn = mix, np.random.default_rng(mix.seed), 0
        self.machine = machine

    def draw(self, path: Path) -> Drawn:
        mix, prefill = self.mix, 0
        with path.open("wb") as file:
            while (missing := mix.resting - len(self._open())) > 0:
                rows = self._stamped(self._passive(missing))
                self.machine.apply(rows)
                file.write(rows.tobytes())
                prefill += len(rows)
            left = mix.commands
            while left:
                rows = self._stamped(self._block(min(left, max(1, mix.resting // BLOCKS_PER_RESTING))))
                self.machine.apply(rows)
                file.write(rows.tobytes())
                left -= len(rows)
        levels = sum(len(side) for at in range(min(mix.instruments, 8)) for side in self.machine.depth(at + 1, 1_024))
        return Drawn(path, prefill, len(self._open()), levels * mix.instruments // min(mix.instruments, 8))

    def _open(self) -> np.ndarray:
        used = int(self.machine.array["tables"]["high_water"][0, Limit.ORDERS]) + 1
        orders = self.machine.array["orders"][0][1:used]
        return orders[orders["order_id"] != 0]

    def _block(self, count: int) -> np.ndarray:
        """Commands of all kinds in a random order."""
        mix = self.mix
        orders = self._open()
        turn = self.rng.integers(0, 1_000, count)
        adds = turn < mix.add
        cancels = ~adds & (turn < mix.add + mix.cancel)
        moves = ~adds & ~cancels & (turn < mix.add + mix.cancel + mix.move)
        immediate = ~adds & ~cancels & ~moves
        rows = np.zeros(count, COMMAND)
        rows[adds] = self._passive(int(adds.sum()))
        rows[immediate] = self._immediate(int(immediate.sum()), crowded=len(orders) > mix.resting)
        targets = orders[self.rng.integers(0, len(orders), count)]
        rows[cancels] = self._about(targets[cancels])
        rows[moves] = self._moved(targets[moves])
        return rows

    def _passive(self, count: int) -> np.ndarray:
        rows = self._placed(count)
        away = self.rng.integers(1, self.mix.levels // 2 + 1, count)
        rows["price_ticks"] = CENTRE_TICKS + np.where(rows["side"] == Side.BUY, -away, away)
        rows["qty_lots"] = self.rng.integers(1, self.mix.qty_max + 1, count)
        rows["tif"] = Tif.GTC
        return rows

    def _immediate(self, count: int, crowded: bool) -> np.ndarray:
        """Orders that trade at once: large while more rests than wanted, else small."""
        rows = self._placed(count)
        instruments = self.machine.array["instruments"][0][rows["instrument_id"]]
        buys = rows["side"] == Side.BUY
        best = np.where(buys, instruments["best_ask_ticks"], instruments["best_bid_ticks"])
        best = np.where(best == 0, CENTRE_TICKS, best)
        rows["price_ticks"] = best + np.where(buys, SWEEP_TICKS, -SWEEP_TICKS)
        rows["qty_lots"] = self.rng.integers(1, self.mix.qty_max // 10 + 2, count) + crowded * self.mix.qty_max
        rows["tif"] = Tif.IOC
        return rows

    def _placed(self, count: int) -> np.ndarray:
        rows = np.zeros(count, COMMAND)
        rows["kind"] = Command.PLACE
        rows["account_id"] = self.rng.integers(FIRST_ACCOUNT, FIRST_ACCOUNT + self.mix.accounts, count)
        rows["instrument_id"] = self.rng.integers(1, self.mix.instruments + 1, count)
        rows["side"] = self.rng.integers(Side.BUY, Side.SELL + 1, count)
        if self.mix.client_ids:
            rows["cl_ord_id_hi"], rows["cl_ord_id_lo"] = self.rng.integers(1, 1 << 62, (2, count))
        return rows

    def _about(self, targets: np.ndarray) -> np.ndarray:
        rows = np.zeros(len(targets), COMMAND)
        rows["kind"] = Command.CANCEL
        rows["account_id"] = targets["account_id"]
        rows["instrument_id"] = targets["instrument_id"]
        rows["order_id"] = targets["order_id"]
        if self.mix.client_ids:
            rows["kind"] = Command.CANCEL_BY_CL_ORD_ID
            ids = self.machine.array["client_ids"][0][targets["client_id"]]
            rows["cl_ord_id_hi"], rows["cl_ord_id_lo"] = ids["cl_ord_id_hi"], ids["cl_ord_id_lo"]
            rows["order_id"] = 0
        return rows

    def _moved(self, targets: np.ndarray) -> np.ndarray:
        rows = self._about(targets)
        rows["kind"] = Command.REPLACE
        rows["qty_lots"] = targets["qty_lots"]
        step = self.rng.integers(1, MOVE_TICKS + 1, len(rows)) * self.rng.choice((-1, 1), len(rows))
        half = self.mix.levels // 2
        buys = targets["side"] == Side.BUY
        low = np.where(buys, CENTRE_TICKS - half, CENTRE_TICKS + 1)
        high = np.where(buys, CENTRE_TICKS - 1, CENTRE_TICKS + half)
        rows["price_ticks"] = np.clip(targets["price_ticks"] + step, low, high)
        return rows

    def _stamped(self, rows: np.ndarray) -> np.ndarray:
        rows["ts_ns"] = START_NS + 1_000 * np.arange(self.drawn + 1, self.drawn + 1 + len(rows))
        self.drawn += len(rows)
        return rows
