"""What an order may be told besides side, quantity and price: whose price wakes it, and what it is tied to.

Arguments of `place` to numbers of a row, and back to words: for orders in process and at the doors.
"""

from typing import Any

import numpy as np

from emporion.errors import BadValue
from emporion.schema.codes import Link, OrderFlag
from emporion.venue.things import Order
from emporion.venue.values import I64_MAX, text_of

SOURCES = {"last": 0, "mark": int(OrderFlag.ON_MARK), "index": int(OrderFlag.ON_INDEX)}  # Whose price triggers.
SOURCE_BITS = int(OrderFlag.ON_MARK | OrderFlag.ON_INDEX)
SHOWN = tuple(flag for flag in OrderFlag if not flag & SOURCE_BITS)  # The others are told as `trigger_by`.
LINK_TEXTS = text_of(Link)


def flags_of(
    *, post_only: bool, market: bool, has_trigger: bool, reduce_only: bool, take_profit: bool, trigger_by: str
) -> int:
    """Bits of `flags`; BadValue for a source of prices that there is not."""
    if trigger_by not in SOURCES:
        raise BadValue(f"trigger_by: {trigger_by!r} is not one of {', '.join(map(repr, SOURCES))}")
    return (
        OrderFlag.POST_ONLY * bool(post_only)
        + OrderFlag.MARKET * bool(market)
        + OrderFlag.STOP * bool(has_trigger)
        + OrderFlag.REDUCE_ONLY * bool(reduce_only)
        + OrderFlag.TAKE_PROFIT * bool(take_profit)
        + SOURCES[trigger_by]
    )


def tie_of(oco_with: Any, child_of: Any, tied_to_position: bool) -> tuple[int, int]:
    """`link` and `related_id` of a row; BadValue when more than one is given, or it is no order."""
    given = [
        (link, other)
        for link, other in ((Link.CANCELS_OTHER, oco_with), (Link.CHILD, child_of), (Link.POSITION, tied_to_position))
        if other is not None and other is not False
    ]
    if not given:
        return int(Link.NONE), 0
    if len(given) > 1:
        raise BadValue("give one of oco_with, child_of and tied_to_position")
    link, other = given[0]
    if link == Link.POSITION:
        return int(link), 0
    number = other.order_id if isinstance(other, Order) else other
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 < number <= I64_MAX:
        raise BadValue(f"{'oco_with' if link == Link.CANCELS_OTHER else 'child_of'}: {other!r}; give an order")
    return int(link), int(number)


def source_text(flags: int) -> str:
    """Whose price triggers an order with these flags."""
    if flags & OrderFlag.ON_MARK:
        return "mark"
    return "index" if flags & OrderFlag.ON_INDEX else "last"


def flag_texts(flags: int) -> tuple[str, ...]:
    """Names of the flags that are set, but for the source of prices."""
    return tuple(flag.name.lower() for flag in SHOWN if flag.name and flags & flag)
