"""What machine and model must agree on of contracts' lives, of orders that wait, of ties and of TWAPs."""

from typing import Any

import numpy as np

from emporion.kernel.machine import Machine
from emporion.schema.codes import OrderFlag, QuestionStatus
from emporion.schema.limits import SLOT_BITS
from emporion.sim.model_records import Order, Source
from emporion.sim.model_state import Venue

LIVES = {  # Of the machine's row, and of the model's record.
    "priced_ns": "priced_ns", "funding_rate_e12": "funding_rate_e12", "next_due_ns": "due_ns",
    "settle_ticks": "settle_price",
}  # fmt: skip
TWAP_FIELDS = {
    "account_id": "account_id", "instrument_id": "instrument_id", "side": "side", "flags": "flags", "stp": "stp",
    "qty_lots": "qty", "done_lots": "done", "limit_price_ticks": "price", "start_ns": "start_ns",
}  # fmt: skip
WAITING = OrderFlag.STOP


def of_machine(machine: Machine) -> dict[str, Any]:
    state = machine.array[0]
    orders = {int(row["order_id"]): row for row in live(state["orders"], "order_id")}
    ids = {order_id & (1 << SLOT_BITS) - 1: order_id for order_id in orders}
    instruments, contracts = state["instruments"], state["contracts"]
    return {
        "lives": {
            int(row["instrument_id"]): (
                *(int(row[name]) for name in LIVES), int(row["premium_sum_e12"]), int(row["premium_samples"]),
                int(row["index_sum"]), int(row["index_samples"]),
            )
            for row in live(contracts, "instrument_id")
        },
        "ranges": {
            int(row["instrument_id"]): (
                range_of(row, "trigger"), range_of(contracts[row["contract"]], "mark"),
                range_of(contracts[row["contract"]], "index"),
            )
            for row in live(instruments, "instrument_id")
        },
        "ties": {order_id: machine_ties(state, row, ids) for order_id, row in orders.items() if row["extra"]},
        "trailing": {
            int(row["instrument_id"]): int(row["trailing"]) for row in live(contracts, "instrument_id")
        },
        "twaps": {
            int(row["twap_id"]): tuple(int(row[name]) for name in TWAP_FIELDS)
            for row in live(state["twaps"], "twap_id")
        },
        "proposals": {
            int(row["question_id"]): int(row["due_ns"])
            for row in live(state["questions"], "question_id") if row["status"] == QuestionStatus.PROPOSED
        },
    }  # fmt: skip


def live(table: np.ndarray, key: str) -> np.ndarray:
    return table[table[key] != 0]


def range_of(row: Any, name: str) -> tuple[int, int]:
    """None is (0, 0); an instrument of which only the contract has one says -1."""
    return max(int(row[f"{name}_low_ticks"]), 0), int(row[f"{name}_high_ticks"])


def machine_ties(state: Any, order: Any, ids: dict[int, int]) -> tuple[int, ...]:
    """Partner, kin, whether it sleeps, trigger and trail of one that waits, flags."""
    extra = state["extras"][order["extra"]]
    partner, kin = ids.get(int(extra["partner"]), 0), ids.get(int(extra["kin"]), 0)
    waits = bool(order["flags"] & WAITING)
    followed = (int(extra["trigger_price_ticks"]), int(extra["trail_ticks"])) if waits else (0, 0)
    return partner, kin, int(extra["is_asleep"]), *followed, int(order["flags"])


def of_model(venue: Venue) -> dict[str, Any]:
    trails = [order.instrument_id for order in venue.orders.values() if order.trail]
    return {
        "lives": {
            number: (
                *(int(getattr(each, name)) for name in LIVES.values()), sum(each.premiums_e12),
                len(each.premiums_e12), sum(each.indexes), len(each.indexes),
            )
            for number, each in venue.contracts.items()
        },
        "ranges": {
            number: tuple(each.ranges.get(source, (0, 0)) for source in Source)
            for number, each in venue.instruments.items()
        },
        "ties": {order.order_id: model_ties(order) for order in venue.orders.values() if order.has_extra},
        "trailing": {number: trails.count(number) for number in venue.contracts},
        "twaps": {
            each.twap_id: tuple(int(getattr(each, name)) for name in TWAP_FIELDS.values())
            for each in venue.twaps.values()
        },
        "proposals": {
            number: each.due_ns for number, each in venue.questions.items() if each.status == QuestionStatus.PROPOSED
        },
    }  # fmt: skip


def model_ties(order: Order) -> tuple[int, ...]:
    kin = order.parent or (order.children[0] if order.children else None)
    partner_id, kin_id = (each.order_id if each is not None else 0 for each in (order.partner, kin))
    followed = (order.trigger, order.trail) if order.is_waiting else (0, 0)
    return partner_id, kin_id, int(order.is_asleep), *followed, order.flags
