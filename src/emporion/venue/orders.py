"""One order's story: from its row in the state, or from its command and events, to an `Order`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.schema.codes import (
    WAITING_FLAGS,
    Event,
    FillFlag,
    Limit,
    Link,
    OrderStatus,
    Reject,
    Side,
    Stp,
    Tif,
)
from emporion.schema.messages import ORDER_EXTRA
from emporion.schema.units import to_text
from emporion.venue.catalog import Catalog
from emporion.venue.names import Names
from emporion.venue.things import Fill, Order
from emporion.venue.ties import LINK_TEXTS, flag_texts, source_text
from emporion.venue.values import client_id_text, text_of

SIDE_TEXTS = text_of(Side)
TIF_TEXTS = text_of(Tif)
STP_TEXTS = text_of(Stp)
STATUS_TEXTS = text_of(OrderStatus)
ROLE_TEXTS = text_of(FillFlag)
ROLE_BITS = FillFlag.MAKER | FillFlag.TAKER
# Hold ids are numbered like order ids, so the kind must be asked, too.
ORDER_EVENTS = np.zeros(256, np.bool_)
ORDER_EVENTS[Event.ACCEPTED : Event.DECREMENTED + 1] = True


@dataclass
class Story:
    """An order in the making: whole lots and ticks, changed by each event."""

    order_id: int
    account_id: int
    instrument_id: int
    side: int
    price_ticks: int
    qty_lots: int
    leaves_lots: int
    cum_lots: int = 0
    tif: int = Tif.GTC
    flags: int = 0
    stp: int = 0
    display_lots: int = 0
    trigger_ticks: int = 0
    trail_ticks: int = 0
    link: int = Link.NONE
    related_id: int = 0
    expire_ns: int = 0
    cl_ord_id: str | bytes | None = None
    status: int = OrderStatus.NEW
    reason: int = Reject.NONE
    fills: list[Fill] = field(default_factory=list)

    def see(self, event: Any) -> None:
        """Take in one event of this order."""
        kind = int(event["kind"])
        qty, self.leaves_lots = int(event["qty_lots"]), int(event["leaves_lots"])
        if kind == Event.FILLED:
            self.cum_lots += qty
            self.status = OrderStatus.PARTIALLY_FILLED if self.leaves_lots else OrderStatus.FILLED
        elif kind == Event.REPLACED:
            self.price_ticks, self.qty_lots = int(event["price_ticks"]), qty
        elif kind == Event.DECREMENTED:
            self.qty_lots -= qty
        elif kind == Event.TRIGGERED:
            self.price_ticks, self.qty_lots = int(event["price_ticks"]), qty
            self.flags &= ~WAITING_FLAGS
        elif kind in (Event.CANCELED, Event.EXPIRED):
            self.status = OrderStatus.CANCELED if kind == Event.CANCELED else OrderStatus.EXPIRED
            self.reason = int(event["reason"])

    def order(self, catalog: Catalog, names: Names) -> Order:
        """The record that people see."""
        tick, lot = catalog.ticks[self.instrument_id], catalog.lots[self.instrument_id]

        def lots(count: int) -> Decimal:
            return Decimal(to_text(count, lot))

        return Order(
            order_id=self.order_id,
            account=names.name_of(self.account_id),
            instrument=catalog.instrument_names[self.instrument_id],
            side=SIDE_TEXTS[self.side],
            tif=TIF_TEXTS[self.tif],
            price=Decimal(to_text(self.price_ticks, tick)),
            qty=lots(self.qty_lots),
            cum=lots(self.cum_lots),
            leaves=lots(self.leaves_lots),
            status=STATUS_TEXTS[self.status],
            reason=Reject(self.reason).name.lower() if self.reason else None,
            flags=flag_texts(self.flags),
            stp=STP_TEXTS[self.stp],
            display=lots(self.display_lots) if self.display_lots else None,
            trigger=Decimal(to_text(self.trigger_ticks, tick)) if self.trigger_ticks else None,
            trigger_by=source_text(self.flags),
            trail=Decimal(to_text(self.trail_ticks, tick)) if self.trail_ticks else None,
            link=LINK_TEXTS[self.link] if self.link else None,
            related_id=self.related_id or None,
            expire_ns=self.expire_ns or None,
            cl_ord_id=self.cl_ord_id,
            fills=tuple(self.fills),
        )


def from_state(catalog: Catalog, slot: int) -> Story:
    """The open order in a slot."""
    row = catalog.rows(Limit.ORDERS)[slot]
    story = Story(
        order_id=int(row["order_id"]),
        account_id=int(row["account_id"]),
        instrument_id=int(row["instrument_id"]),
        side=int(row["side"]),
        price_ticks=int(row["price_ticks"]),
        qty_lots=int(row["qty_lots"]),
        leaves_lots=int(row["leaves_lots"]),
        cum_lots=int(row["qty_lots"]) - int(row["leaves_lots"]),
        tif=int(row["tif"]),
        flags=int(row["flags"]),
        stp=int(row["stp"]),
    )
    story.status = OrderStatus.PARTIALLY_FILLED if story.cum_lots else OrderStatus.NEW
    if row["extra"]:
        extra = catalog.rows(Limit.EXTRAS)[row["extra"]]
        story.display_lots, story.expire_ns = int(extra["display_lots"]), int(extra["expire_ns"])
        story.trigger_ticks, story.trail_ticks = int(extra["trigger_price_ticks"]), int(extra["trail_ticks"])
        story.link, story.related_id = (
            int(extra["link"]),
            int(related_ids(catalog, catalog.rows(Limit.EXTRAS)[row["extra"] : row["extra"] + 1])[0]),
        )
    if row["client_id"]:
        named = catalog.rows(Limit.CLIENT_IDS)[row["client_id"]]
        story.cl_ord_id = client_id_text(named["cl_ord_id_hi"], named["cl_ord_id_lo"])
    return story


def from_command(rows: NDArray[np.void], accepted: Any) -> Story:
    """The order as its PLACE rows (head, perhaps extra) and its ACCEPTED event began it."""
    head = rows[0]
    story = Story(
        order_id=int(accepted["order_id"]),
        account_id=int(accepted["account_id"]),
        instrument_id=int(accepted["instrument_id"]),
        side=int(accepted["side"]),
        price_ticks=int(accepted["price_ticks"]),
        qty_lots=int(accepted["qty_lots"]),
        leaves_lots=int(accepted["leaves_lots"]),
        tif=int(head["tif"]),
        flags=int(head["flags"]),
        stp=int(head["stp"]),
        cl_ord_id=client_id_text(head["cl_ord_id_hi"], head["cl_ord_id_lo"]),
    )
    if head["data_rows"]:
        extra = rows[1:2].view(ORDER_EXTRA)[0]
        story.display_lots, story.expire_ns = int(extra["display_lots"]), int(extra["expire_ns"])
        story.trigger_ticks, story.trail_ticks = int(extra["trigger_price_ticks"]), int(extra["trail_ticks"])
        story.link, story.related_id = int(extra["link"]), int(extra["related_id"])
    return story


def of_order(events: NDArray[np.void], order_id: int) -> NDArray[np.void]:
    """The events about one order, in order."""
    return events[(events["order_id"] == order_id) & ORDER_EVENTS[events["kind"]]]


def tell(story: Story, events: NDArray[np.void], ts_ns: Sequence[int] | int, catalog: Catalog, names: Names) -> Story:
    """Let an order live through events of its own; its fills are kept."""
    times: Iterable[int] = [ts_ns] * len(events) if isinstance(ts_ns, int) else ts_ns
    for event, time_ns in zip(events, times, strict=True):
        story.see(event)
        if event["kind"] == Event.FILLED:
            story.fills.append(fill_of(event, int(time_ns), catalog, names))
    return story


def fill_of(event: Any, ts_ns: int, catalog: Catalog, names: Names) -> Fill:
    """The record of one FILLED event."""
    number = int(event["instrument_id"])
    lot = catalog.lots[number]
    return Fill(
        seq=int(event["seq"]),
        ts_ns=ts_ns,
        order_id=int(event["order_id"]),
        account=names.name_of(int(event["account_id"])),
        instrument=catalog.instrument_names[number],
        side=SIDE_TEXTS[event["side"]],
        role=ROLE_TEXTS[event["flags"] & ROLE_BITS],
        price=Decimal(to_text(event["price_ticks"], catalog.ticks[number])),
        qty=Decimal(to_text(event["qty_lots"], lot)),
        leaves=Decimal(to_text(event["leaves_lots"], lot)),
        fee=Decimal(to_text(event["amount_atoms"], catalog.atoms[int(event["asset_id"])])),
    )


def related_ids(catalog: Catalog, extras: NDArray[np.void]) -> NDArray[np.int64]:
    """The orders that those with these rows of EXTRA are tied to; 0 for none."""
    slots = np.where(extras["link"] == Link.CHILD, extras["kin"], 0)
    slots = np.where(extras["link"] == Link.CANCELS_OTHER, extras["partner"], slots)
    return catalog.rows(Limit.ORDERS)["order_id"][slots]
