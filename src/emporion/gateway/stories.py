"""One order on its way to JSON: from its command or its row as the node shows it, through events, to `Order`.

Works on plain tuples of integers: it runs for every order that is placed.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from emporion.gateway.catalog import Catalog, Listed
from emporion.gateway.client_ids import text_of as client_id_text
from emporion.gateway.link.order_views import ORDER_VIEW_STRUCT
from emporion.schema.codes import WAITING_FLAGS, Event, OrderStatus, Reject, Side, Stp, Tif
from emporion.venue.ties import LINK_TEXTS, flag_texts, source_text
from emporion.venue.values import text_of
from emporion.wire import trading

SIDES: list[Any] = text_of(Side)
TIFS: list[Any] = text_of(Tif)
STPS: list[Any] = text_of(Stp)
STATUSES: list[Any] = text_of(OrderStatus)
REASONS: list[Any] = text_of(Reject)
FLAGS = [list(flag_texts(bits)) for bits in range(128)]
SOURCES: list[Any] = [source_text(bits) for bits in range(128)]
LINKS: list[Any] = LINK_TEXTS
REJECTED, ACCEPTED, FILLED = int(Event.REJECTED), int(Event.ACCEPTED), int(Event.FILLED)
CANCELED, EXPIRED, REPLACED = int(Event.CANCELED), int(Event.EXPIRED), int(Event.REPLACED)
TRIGGERED, DECREMENTED = int(Event.TRIGGERED), int(Event.DECREMENTED)
NEW, PARTIALLY_FILLED = int(OrderStatus.NEW), int(OrderStatus.PARTIALLY_FILLED)
# Places in the tuple of an event.
SEQ, ORDER_ID, PRICE, QTY, LEAVES, AMOUNT, ACCOUNT, INSTRUMENT, ASSET, KIND, SIDE, REASON, FLAG = range(13)

EventTuple = tuple[int, ...]


class Story:
    """An order in whole lots and ticks, changed by each of its events."""

    __slots__ = (
        "order_id", "account_id", "listed", "side", "tif", "price", "qty", "leaves", "flags", "stp", "display",
        "trigger", "expire_ns", "cl_ord_id", "entry_ns", "seq", "cum", "status", "reason", "fills", "trail", "link",
        "related_id",
    )  # fmt: skip

    def __init__(
        self, order_id: int, account_id: int, listed: Listed, side: int, tif: int, price: int, qty: int, leaves: int,
        flags: int = 0, stp: int = 0, display: int = 0, trigger: int = 0, expire_ns: int = 0,
        cl_ord_id: str | None = None, entry_ns: int = 0, seq: int = 0, trail: int = 0, link: int = 0,
        related_id: int = 0,
    ) -> None:  # fmt: skip
        self.order_id, self.account_id, self.listed, self.side, self.tif = order_id, account_id, listed, side, tif
        self.price, self.qty, self.leaves, self.flags, self.stp = price, qty, leaves, flags, stp
        self.display, self.trigger, self.expire_ns, self.cl_ord_id = display, trigger, expire_ns, cl_ord_id
        self.entry_ns, self.seq = entry_ns, seq
        self.trail, self.link, self.related_id = trail, link, related_id
        self.cum = qty - leaves
        self.status = PARTIALLY_FILLED if self.cum else NEW
        self.reason = 0
        self.fills: list[trading.Fill] = []

    def see(self, event: EventTuple, ts_ns: int, catalog: Catalog) -> None:
        """Take in one event of this order."""
        kind = event[KIND]
        if kind == FILLED:
            self.leaves = event[LEAVES]
            self.cum += event[QTY]
            self.status = PARTIALLY_FILLED if self.leaves else int(OrderStatus.FILLED)
            self.fills.append(fill_of(event, ts_ns, catalog))
        elif kind in (CANCELED, EXPIRED):
            self.leaves = 0
            self.status = int(OrderStatus.CANCELED if kind == CANCELED else OrderStatus.EXPIRED)
            self.reason = event[REASON]
        elif kind == REPLACED:
            self.price, self.qty, self.leaves = event[PRICE], event[QTY], event[LEAVES]
        elif kind == DECREMENTED:
            self.qty -= event[QTY]
            self.leaves = event[LEAVES]
        elif kind == TRIGGERED:
            self.price, self.qty, self.leaves = event[PRICE], event[QTY], event[LEAVES]
            self.flags &= ~WAITING_FLAGS

    def order(self, catalog: Catalog, repeated: bool = False) -> trading.Order:
        """The record that is sent."""
        price, qty = self.listed.price, self.listed.qty
        return trading.Order(
            self.order_id,
            catalog.account_name(self.account_id),
            self.listed.name,
            SIDES[self.side],
            TIFS[self.tif],
            price.text(self.price),
            qty.text(self.qty),
            qty.text(self.cum),
            qty.text(self.leaves),
            STATUSES[self.status],
            REASONS[self.reason] if self.reason else None,
            FLAGS[self.flags],
            STPS[self.stp],
            qty.text(self.display) if self.display else None,
            price.text(self.trigger) if self.trigger else None,
            SOURCES[self.flags],
            price.text(self.trail) if self.trail else None,
            LINKS[self.link] if self.link else None,
            self.related_id or None,
            str(self.expire_ns) if self.expire_ns else None,
            self.cl_ord_id,
            self.fills,
            self.seq,
            str(self.entry_ns),
            repeated,
        )


def from_view(view: tuple[int, ...], catalog: Catalog) -> Story:
    """An open order from its ORDER_VIEW row, as the tuple that ORDER_VIEW_STRUCT unpacks."""
    (
        order_id, price, qty, leaves, display, trigger, expire_ns, hi, lo, entry_seq, entry_ns, _, trail, related_id,
        account_id, instrument_id, _, _, side, tif, flags, stp, link,
    ) = view  # fmt: skip
    return Story(
        order_id, account_id, catalog.listed(instrument_id), side, tif, price, qty, leaves, flags, stp, display,
        trigger, expire_ns, client_id_text(hi, lo) if hi or lo else None, entry_ns, entry_seq, trail, link, related_id,
    )  # fmt: skip


def from_views(rows: np.ndarray, catalog: Catalog) -> list[Story]:
    """All the orders in ORDER_VIEW rows."""
    return [from_view(view, catalog) for view in ORDER_VIEW_STRUCT.iter_unpack(rows.tobytes())]


def fill_of(event: EventTuple, ts_ns: int, catalog: Catalog) -> trading.Fill:
    """The record of one FILLED event."""
    listed = catalog.listed(event[INSTRUMENT])
    qty = listed.qty
    return trading.Fill(
        event[SEQ],
        str(ts_ns),
        event[ORDER_ID],
        catalog.account_name(event[ACCOUNT]),
        listed.name,
        SIDES[event[SIDE]],
        "maker" if event[FLAG] & 1 else "taker",
        listed.price.text(event[PRICE]),
        qty.text(event[QTY]),
        qty.text(event[LEAVES]),
        listed.quote.amount.plain(event[AMOUNT]),
    )


def tell(story: Story, events: Iterable[EventTuple], ts_ns: int, catalog: Catalog) -> Story:
    """Let an order live through those of a submission's events that are its own, but for its entry."""
    order_id = story.order_id
    for event in events:
        if event[ORDER_ID] == order_id and ACCEPTED < event[KIND] <= DECREMENTED:
            story.see(event, ts_ns, catalog)
    return story


def tuples(events: Any) -> list[EventTuple]:
    """EVENT rows as tuples of integers."""
    return events.tolist()
