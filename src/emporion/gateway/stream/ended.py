"""Orders that have ended, from the history, as the doors show them."""

import asyncio

import numpy as np

from emporion.gateway.catalog import Catalog
from emporion.gateway.client_ids import text_of as client_id_text
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import HistoryOrder
from emporion.gateway.stories import Story
from emporion.wire.trading import Order

TRIES = 40  # The history follows the node at a little distance.
WAIT_S = 0.05


async def ended_order(link: Link, catalog: Catalog, order_id: int) -> Order | None:
    """The order, once the history has its end; None when that does not come in time."""
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(WAIT_S)
        rows = (await link.ask(HistoryOrder(order_id))).table.rows
        if len(rows) and rows["seq"][0]:
            return order_of(rows[0], catalog)
    return None


def order_of(row: np.void, catalog: Catalog) -> Order:
    """One row of the history's orders."""
    hi, lo = int(row["cl_ord_id_hi"]), int(row["cl_ord_id_lo"])
    story = Story(
        int(row["order_id"]), int(row["account_id"]), catalog.listed(int(row["instrument_id"])), int(row["side"]),
        int(row["tif"]), int(row["price_ticks"]), int(row["qty_lots"]), int(row["leaves_lots"]), int(row["flags"]),
        int(row["stp"]), int(row["display_lots"]), int(row["trigger_ticks"]), int(row["expire_ns"]),
        client_id_text(hi, lo), int(row["entry_ns"]), int(row["seq"]), int(row["trail_ticks"]), int(row["link"]),
        int(row["related_id"]),
    )  # fmt: skip
    story.cum, story.status, story.reason = int(row["cum_lots"]), int(row["status"]), int(row["reason"])
    return story.order(catalog)
