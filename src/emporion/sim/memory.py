"""What a workload remembers of the venue, from events alone, so as to draw commands that go far."""

from dataclasses import dataclass

import numpy as np

from emporion.schema.codes import Event, InstrumentStatus


@dataclass
class LiveOrder:
    """What a workload believes of an order; it may be wrong by a command or two."""

    order_id: int
    account_id: int
    instrument_id: int
    qty: int
    leaves: int
    price: int


class Memory:
    """A light idea of what is open: enough to draw from, and no judge of anything."""

    def __init__(self, accounts: list[int], last_ticks: int) -> None:
        self.orders: dict[int, LiveOrder] = {}
        self.ended: list[int] = []
        self.holds: dict[int, int] = {}  # Hold to account.
        self.accounts = accounts
        self.frozen: set[int] = set()
        self.shut: set[int] = set()  # Instruments that are not OPEN.
        self.last_ticks = last_ticks

    def learn(self, events: np.ndarray) -> None:
        """Take note of what came of what was drawn."""
        for event in events:
            kind, order_id, leaves = int(event["kind"]), int(event["order_id"]), int(event["leaves_lots"])
            if kind == Event.ACCEPTED:
                self.orders[order_id] = LiveOrder(
                    order_id, int(event["account_id"]), int(event["instrument_id"]), int(event["qty_lots"]), leaves,
                    int(event["price_ticks"]),
                )  # fmt: skip
            elif kind in (Event.CANCELED, Event.EXPIRED) or (kind == Event.FILLED and leaves == 0):
                self.orders.pop(order_id, None)
                self.ended = [*self.ended[-20:], order_id]
            elif kind == Event.FILLED and order_id in self.orders:
                self.orders[order_id].leaves, self.last_ticks = leaves, int(event["price_ticks"])
            elif kind in (Event.REPLACED, Event.DECREMENTED) and order_id in self.orders:
                order = self.orders[order_id]
                order.price, order.leaves = int(event["price_ticks"]), leaves
                order.qty = int(event["qty_lots"]) if kind == Event.REPLACED else order.qty - int(event["qty_lots"])
            elif kind in (Event.WITHDRAWAL_REQUESTED, Event.BALANCE_FROZEN):
                self.holds[order_id] = int(event["account_id"])
            elif kind in (Event.WITHDRAWAL_SETTLED, Event.WITHDRAWAL_REFUSED, Event.BALANCE_RELEASED):
                self.holds.pop(order_id, None)
            elif kind == Event.ACCOUNT_FROZEN:
                self.frozen.add(int(event["account_id"]))
            elif kind == Event.ACCOUNT_UNFROZEN:
                self.frozen.discard(int(event["account_id"]))
            elif kind == Event.STATUS_CHANGED:
                change = self.shut.discard if event["flags"] == InstrumentStatus.OPEN else self.shut.add
                change(int(event["instrument_id"]))
            elif kind == Event.ACCOUNT_OPENED and int(event["account_id"]) not in self.accounts:
                self.accounts.append(int(event["account_id"]))
