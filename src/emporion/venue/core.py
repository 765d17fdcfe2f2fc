"""What every part of the venue's API shares: the node, the names, and one way to send a command."""

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.engine.node import Answer, Node
from emporion.errors import BadValue, Refused
from emporion.schema.codes import Event, Limit, Reject
from emporion.schema.limits import SLOT_BITS
from emporion.venue.catalog import Catalog, whole
from emporion.venue.history import History
from emporion.venue.names import Names
from emporion.venue.refusals import sentence
from emporion.venue.things import Account
from emporion.venue.values import Number as Number

Rows = NDArray[np.void]
AccountLike = Account | str | int
SECOND = Decimal("0.000000001")  # In nanoseconds.
PPM_UNIT = Decimal("0.000001")


class Core:
    """Held by one thread at a time: a venue is not shared between threads without a lock."""

    def __init__(self, node: Node, names: Names) -> None:
        self._node = node
        self._names = names
        self._catalog = Catalog(node.machine)
        self._history = History(node)

    # --- Sending ---

    def submit(self, rows: Rows) -> Answer:
        """Send raw rows (see `emporion.schema.build`), as one durable batch: for those who need the last microsecond.

        Returns:
            `first_seq`, the sequence of the first command, and `events`, an array of EVENT in
            order. Refusals are REJECTED events there; nothing is raised for them.
        """
        return self._node.submit(rows)

    def _send(self, rows: Rows, what: str, bounds: str = "") -> Rows:
        """Send one command; its events, or Refused, which says the bounds of its values where one is outside."""
        answer = self.submit(rows)
        first = answer.events[answer.events["seq"] == answer.first_seq]
        refused = first[first["kind"] == Event.REJECTED]
        if len(refused):
            raise refusal(refused[0], what, bounds)
        return answer.events

    def _first(self, rows: Rows, what: str, kind: Event, bounds: str = "") -> np.void:
        """Send one command; its event of a kind."""
        events = self._send(rows, what, bounds)
        return events[events["kind"] == kind][0]

    # --- Names to numbers ---

    def _account_id(self, account: AccountLike) -> int:
        if isinstance(account, Account):
            return account.account_id
        if isinstance(account, str):
            return int(account[1:]) if account[:1] == "#" and account[1:].isdecimal() else self._names.id_of(account)
        if isinstance(account, int | np.integer) and not isinstance(account, bool):
            if not 0 < account < 1 << 31:
                raise BadValue(f"account {account}: numbers begin at 1")
            return int(account)
        raise BadValue(f"account: {account!r} is a {type(account).__name__}; give an Account, a name or a number")

    def _amount(self, asset_id: int, amount: Number, what: str) -> int:
        return whole(amount, self._catalog.atoms[asset_id], what, f"{self._catalog.asset_names[asset_id]} atom")

    def _qty(self, instrument_id: int, qty: Number, what: str = "qty") -> int:
        return whole(qty, self._catalog.lots[instrument_id], what, "lot")

    def _price(self, instrument_id: int, price: Number, what: str = "price") -> int:
        return whole(price, self._catalog.ticks[instrument_id], what, "tick")

    def _now_ns(self) -> int:
        return int(self._node.machine.array["ts_ns"][0])

    def _slot(self, order_id: int) -> int:
        """Where an open order stands; 0 when it is not open."""
        slot = order_id & (1 << SLOT_BITS) - 1
        rows = self._catalog.rows(Limit.ORDERS)
        return slot if 0 < slot < len(rows) and rows["order_id"][slot] == order_id else 0

    def _account_names(self) -> list[str]:
        """By number; "" for nobody."""
        accounts = len(self._catalog.rows(Limit.ACCOUNTS))
        return ["", *(self._names.name_of(number) for number in range(1, accounts))]


def refusal(event: Any, what: str, bounds: str = "") -> Refused:
    """The exception for a REJECTED event."""
    reason = Reject(int(event["reason"]))
    message = sentence(what, reason, bounds)
    if reason == Reject.DUPLICATE and event["order_id"]:
        message += f" (it is order or hold {event['order_id']})"
    return Refused(reason, message, event)
