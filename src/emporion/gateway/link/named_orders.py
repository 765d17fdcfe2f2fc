"""Open orders that a submission names, as they stand before it: a door can answer a cancel in one round trip."""

import struct

import numpy as np

from emporion.gateway.link.order_views import ORDER_VIEW, OrderViews
from emporion.gateway.link.rows import kinds, place
from emporion.schema.codes import Command, Event
from emporion.schema.limits import NOBODY

ORDER_ID_AT = place("order_id")
CLIENT_ID_AT = place("cl_ord_id_hi")
ACCOUNT_AT = place("account_id")
INSTRUMENT_AT = place("instrument_id")
_I64, _I32, _CLIENT_ID = struct.Struct("<q"), struct.Struct("<i"), struct.Struct("<qq")
NO_CLIENT_ID = bytes(16)
BRINGS_ID = (Command.PLACE, Command.REPLACE)
CHANGES = (Event.FILLED, Event.REPLACED, Event.DECREMENTED, Event.TRIGGERED)


class NamedOrders:
    """Of the submissions of one group, in order. `views[cuts[i]:cuts[i + 1]]` are those of submission i."""

    def __init__(self) -> None:
        self.cuts = [0]
        self.views = np.zeros(0, ORDER_VIEW)
        self.mass_cancels: dict[int, list[tuple[int, int]]] = {}  # Account and instrument, by submission.
        self._slots: list[int] = []
        self._brought: set[bytes] = set()  # Client ids, with their account, that commands so far give to orders.

    def look(self, rows: bytes, views: OrderViews) -> bool:
        """Find what the next submission names. False, and nothing noted: it names what this group brings."""
        slots, brought, mass = [], [], []
        for at, kind in kinds(rows):
            if kind == Command.PLACE:
                if rows[at + CLIENT_ID_AT : at + CLIENT_ID_AT + 16] != NO_CLIENT_ID:
                    brought.append(_key(rows, at))
            elif kind in (Command.REPLACE, Command.CANCEL, Command.CANCEL_BY_CL_ORD_ID):
                order_id = _I64.unpack_from(rows, at + ORDER_ID_AT)[0]
                if kind != Command.CANCEL_BY_CL_ORD_ID and order_id:
                    slot = views.slot(order_id)
                    if kind == Command.REPLACE:
                        brought.append(_key(rows, at))
                else:
                    slot = views.slot_by_client_id(_account(rows, at), *_CLIENT_ID.unpack_from(rows, at + CLIENT_ID_AT))
                    if slot == NOBODY and _key(rows, at) in self._brought:
                        return False
                if slot != NOBODY and slot not in slots:
                    slots.append(slot)
            elif kind == Command.MASS_CANCEL:
                mass.append((_account(rows, at), _I32.unpack_from(rows, at + INSTRUMENT_AT)[0]))
        if mass:
            self.mass_cancels[len(self.cuts) - 1] = mass
        self._slots += slots
        self._brought.update(brought)
        self.cuts.append(len(self._slots))
        return True

    def copy(self, views: OrderViews) -> None:
        """Copy the rows of all that were found."""
        if self._slots:
            self.views = views.of(self._slots)


def told(orders: np.ndarray, cuts: list[int], first_seqs: list[int], events: np.ndarray) -> None:
    """Bring the views up to each submission's own first command: those before it in the group may have changed them."""
    mine = events[np.isin(events["kind"], CHANGES) & np.isin(events["order_id"], orders["order_id"])]
    if not len(mine):
        return
    places: dict[int, list[tuple[int, int]]] = {}
    for submission, (start, stop) in enumerate(zip(cuts, cuts[1:], strict=False)):
        for at in range(start, stop):
            places.setdefault(int(orders["order_id"][at]), []).append((at, first_seqs[submission]))
    for event in mine:
        for at, first_seq in places[int(event["order_id"])]:
            if event["seq"] < first_seq:
                _tell(orders[at], event)


def _tell(view: np.void, event: np.void) -> None:
    view["leaves_lots"] = event["leaves_lots"]
    if event["kind"] == Event.REPLACED:
        view["price_ticks"], view["qty_lots"] = event["price_ticks"], event["qty_lots"]
    elif event["kind"] == Event.DECREMENTED:
        view["qty_lots"] -= event["qty_lots"]


def _key(rows: bytes, at: int) -> bytes:
    return rows[at + CLIENT_ID_AT : at + CLIENT_ID_AT + 16] + rows[at + ACCOUNT_AT : at + ACCOUNT_AT + 4]


def _account(rows: bytes, at: int) -> int:
    return int(_I32.unpack_from(rows, at + ACCOUNT_AT)[0])
