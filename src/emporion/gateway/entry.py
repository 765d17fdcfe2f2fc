"""Orders from JSON to rows: packed as bytes, with no decimal and no array in between.

A price becomes ticks and a quantity lots by whole numbers; what lies between two of them is refused
here, where the text still is. Everything else is the kernel's to judge.
"""

import struct
from typing import NamedTuple

from emporion.gateway.catalog import Catalog, Listed
from emporion.gateway.client_ids import NONE, raw_of
from emporion.gateway.decimals import I64_MAX, OffGrid
from emporion.gateway.problems import fail, off_grid
from emporion.schema.codes import Command, Link, OrderFlag, Side, Stp, Tif
from emporion.schema.messages import ORDER_COMMAND, ORDER_EXTRA
from emporion.venue.ties import SOURCES
from emporion.wire.trading import PlaceOrder

HEAD = struct.Struct("<qq16sqqiiBbbbbBH")  # ORDER_COMMAND
EXTRA = struct.Struct("<qqqqqi12xB7x")  # ORDER_EXTRA
assert HEAD.size == ORDER_COMMAND.itemsize and EXTRA.size == ORDER_EXTRA.itemsize

SIDE = {member.name.lower(): int(member) for member in Side}
TIF = {member.name.lower(): int(member) for member in Tif}
STP = {member.name.lower(): int(member) for member in Stp}
PLACE, REPLACE, CANCEL, CANCEL_BY_CL_ORD_ID, MASS_CANCEL, DATA = (
    int(kind) for kind in (
        Command.PLACE, Command.REPLACE, Command.CANCEL, Command.CANCEL_BY_CL_ORD_ID, Command.MASS_CANCEL, Command.DATA
    )
)  # fmt: skip
GTC, IOC, GTD = int(Tif.GTC), int(Tif.IOC), int(Tif.GTD)
POST_ONLY, MARKET, STOP = int(OrderFlag.POST_ONLY), int(OrderFlag.MARKET), int(OrderFlag.STOP)
REDUCE_ONLY, TAKE_PROFIT = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.TAKE_PROFIT)
LINK = {member.name.lower(): int(member) for member in Link}


class Terms(NamedTuple):
    """An order as the kernel will read it, and what the door keeps of it for the answer."""

    listed: Listed
    side: int
    qty_lots: int
    price_ticks: int
    tif: int
    flags: int
    stp: int
    display_lots: int
    trigger_ticks: int
    expire_ns: int
    cl_ord_id: bytes  # 16 bytes, all zero for none.
    trail_ticks: int = 0
    related_id: int = 0
    link: int = 0


def terms_of(order: PlaceOrder, catalog: Catalog, prefix: str = "") -> Terms:
    """Names to numbers and text to units; a problem names the field, behind `prefix` in a batch."""
    listed = catalog.instrument(order.instrument, prefix + "instrument")
    price_of, lots_of = listed.price.count, listed.qty.count
    field = "qty"
    try:
        qty = lots_of(order.qty)
        field = "price"
        price = price_of(order.price) if order.price is not None else 0
        field = "display"
        display = lots_of(order.display) if order.display is not None else 0
        field = "trigger"
        trigger = price_of(order.trigger) if order.trigger is not None else 0
        field = "trail"
        trail = price_of(order.trail) if order.trail is not None else 0
    except OffGrid as error:
        raise off_grid(error, field, prefix) from None
    tif = TIF[order.tif] if order.tif is not None else IOC if order.market else GTC if order.expire_ns is None else GTD
    flags = (POST_ONLY if order.post_only else 0) | (MARKET if order.market else 0)
    if order.trigger is not None:
        flags |= STOP
    flags |= (REDUCE_ONLY if order.reduce_only else 0) | (TAKE_PROFIT if order.take_profit else 0)
    flags |= SOURCES[order.trigger_by]
    return Terms(
        listed, SIDE[order.side], qty, price, tif, flags, STP[order.stp], display, trigger,
        nanoseconds(order.expire_ns, prefix + "expire_ns") if order.expire_ns is not None else 0,
        raw_of(order.cl_ord_id, prefix + "cl_ord_id") if order.cl_ord_id is not None else NONE, trail,
        order.related_id or 0, LINK[order.link] if order.link is not None else 0,
    )  # fmt: skip


def place(terms: Terms, account_id: int, tag: int) -> bytes:
    """The PLACE rows of an order."""
    has_extra = (
        terms.display_lots
        or terms.trigger_ticks
        or terms.expire_ns
        or terms.trail_ticks
        or terms.related_id
        or terms.link
    )
    head = HEAD.pack(
        0, 0, terms.cl_ord_id, terms.price_ticks, terms.qty_lots, account_id, terms.listed.instrument_id, PLACE,
        terms.side, terms.tif, terms.flags, terms.stp, 1 if has_extra else 0, tag,
    )  # fmt: skip
    if has_extra:
        return head + EXTRA.pack(
            terms.display_lots,
            terms.trigger_ticks,
            terms.expire_ns,
            terms.trail_ticks,
            terms.related_id,
            terms.link,
            DATA,
        )
    return head


def replace(account_id: int, order_id: int, qty_lots: int, price_ticks: int, cl_ord_id: bytes, tag: int) -> bytes:
    """A REPLACE row: with `order_id` 0 the client id says which order."""
    return HEAD.pack(0, order_id, cl_ord_id, price_ticks, qty_lots, account_id, 0, REPLACE, 0, 0, 0, 0, 0, tag)


def cancel(account_id: int, order_id: int, tag: int) -> bytes:
    """A CANCEL row."""
    return HEAD.pack(0, order_id, NONE, 0, 0, account_id, 0, CANCEL, 0, 0, 0, 0, 0, tag)


def cancel_by_cl_ord_id(account_id: int, cl_ord_id: bytes, tag: int) -> bytes:
    """A CANCEL_BY_CL_ORD_ID row."""
    return HEAD.pack(0, 0, cl_ord_id, 0, 0, account_id, 0, CANCEL_BY_CL_ORD_ID, 0, 0, 0, 0, 0, tag)


def mass_cancel(account_id: int, instrument_id: int, side: int, tag: int) -> bytes:
    """A MASS_CANCEL row."""
    return HEAD.pack(0, 0, NONE, 0, 0, account_id, instrument_id, MASS_CANCEL, side, 0, 0, 0, 0, tag)


def nanoseconds(text: str, field: str) -> int:
    """A time on the wire as a number that a row can hold."""
    value = int(text)
    if value > I64_MAX:
        raise fail(
            400, "BAD_FIELD", "The time is beyond what can be written.", f"{field}: at most {I64_MAX}.", field=field
        )
    return value
