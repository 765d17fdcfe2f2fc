"""A node in memory with one instrument and two funded accounts, for the tests of this folder."""

import numpy as np

from emporion.engine.node import Node
from emporion.schema import build
from emporion.schema.codes import Event, Side, Tif

BTC, ALICE, BOB = 1, 6, 7


def new_node() -> Node:
    node = Node.open(None)
    events = node.submit(
        build.join(
            build.list_asset("USDC", 6),
            build.list_asset("BTC", 8),
            build.list_instrument("BTC/USDC", 2, 1, 10_000, 10, qty_max_lots=10_000, price_max_ticks=100_000),
            build.set_status(BTC),
            build.open_account(),
            build.open_account(),
            *(build.deposit(account, asset, 1 << 50) for account in (ALICE, BOB) for asset in (1, 2)),
        )
    ).events
    assert not (events["kind"] == Event.REJECTED).any()
    return node


def buy(lots: int, ticks: int, **more: int) -> np.ndarray:
    return build.place(ALICE, BTC, Side.BUY, lots, ticks, Tif.GTC, **more)


def sell(lots: int, ticks: int, **more: int) -> np.ndarray:
    return build.place(BOB, BTC, Side.SELL, lots, ticks, Tif.GTC, **more)
