"""Random venues to make histories of."""

from contextlib import suppress

import numpy as np

from emporion.engine.clock import ManualClock
from emporion.engine.node import Node
from emporion.errors import BadValue
from emporion.kernel.jit import COMPILED
from emporion.kernel.machine import Machine
from emporion.schema import messages
from emporion.schema.limits import TINY
from emporion.sim.crowd import Crowd
from emporion.sim.workload import Workload
from emporion.sim.workload_margin import MarginWorkload

GENESIS_ROWS = 1 + messages.GENESIS_ROWS  # A node has taken its own.
STEP = 20  # Commands of a stretch.
FEWER = 1 if COMPILED else 4  # Uncompiled, a history takes a hundred times longer to draw.


def draw(seed: int, commands: int = 400, on_margin: bool = False) -> list[np.ndarray]:
    """Journal rows from GENESIS on, in stretches of whole commands. The seed is the whole reproduction."""
    work: Workload = Crowd(seed, hostile=0.02) if seed % 3 == 2 else Workload(seed)
    if on_margin:
        work = MarginWorkload(seed)
    machine = Machine(TINY)
    stretches = []

    def take(rows: np.ndarray) -> None:
        work.learn(machine.apply(rows))
        stretches.append(rows)

    take(work.opening())
    for step in range(commands // STEP):
        if isinstance(work, Crowd) and step % 4 == 0:
            take(work.crowd(40))
            take(work.draw_drastic())
        take(work.draw(STEP))
    return stretches


def live(stretches: list[np.ndarray], folder=None, **options) -> Node:
    """A node that has taken them, at the times they were drawn for. Close it."""
    clock = ManualClock(int(stretches[0]["ts_ns"][0]))
    node = Node.open(folder, capacity=TINY, clock=clock, **options)
    feed(node, clock, [stretches[0][GENESIS_ROWS:], *stretches[1:]])
    return node


def feed(node: Node, clock: ManualClock, stretches: list[np.ndarray]) -> None:
    for rows in stretches:
        clock.advance(max(0, int(rows["ts_ns"][0]) - clock.now_ns()))
        with suppress(BadValue):  # Some are spoiled so far that a node does not take them.
            node.submit(rows)
