"""A small venue for tests of the node: two assets, one instrument, four rich accounts."""

import numpy as np

from emporion.engine.clock import ManualClock
from emporion.engine.node import Node
from emporion.schema import build
from emporion.schema.codes import Side
from emporion.schema.limits import TINY
from emporion.sim.faults import FaultyDisk
from emporion.storage.segments import SEGMENT_BYTES_MIN

ACCOUNTS = (6, 7, 8, 9)


def new_disk(seed: int = 0) -> FaultyDisk:
    return FaultyDisk(np.random.default_rng(seed))


def open_node(disk: FaultyDisk | None, **options) -> Node:
    options.setdefault("clock", ManualClock())
    options.setdefault("segment_bytes", 4 * SEGMENT_BYTES_MIN)
    return Node.open(disk=disk, **({"capacity": TINY} | options))


def opening() -> np.ndarray:
    rows = [build.list_asset("GOLD", 0), build.list_asset("USD", 2), build.list_instrument("GOLD/USD", 1, 2)]
    rows += [build.set_status(1)] + [build.open_account() for _ in ACCOUNTS]
    rows += [build.deposit(account, asset, 10**12) for account in ACCOUNTS for asset in (1, 2)]
    return build.join(*rows)


def orders(rng: np.random.Generator, count: int) -> np.ndarray:
    """Plain orders and icebergs around one price: many meet."""
    rows = []
    for _ in range(count):
        iceberg = int(rng.random() < 0.2)
        rows.append(
            build.place(
                int(rng.choice(ACCOUNTS)),
                1,
                int(rng.choice([Side.BUY, Side.SELL])),
                int(rng.integers(5, 50)),
                int(rng.integers(95, 106)),
                display_lots=5 * iceberg,
            )  # fmt: skip
        )
    return build.join(*rows)
