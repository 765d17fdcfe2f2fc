"""Machine and model side by side: the same rows into both, and every difference named.

The machine is read through the schema's tables only, so that nothing here depends on how the
kernel goes about its work.
"""

from typing import Any

import numpy as np

from emporion.kernel.audit import ring
from emporion.kernel.machine import Machine
from emporion.schema.build import Rows
from emporion.schema.codes import AccountFlag, DeadlineKind, Limit, Side
from emporion.schema.limits import FEE_TIERS, SLOT_BITS, TINY, Capacity
from emporion.schema.messages import EVENT
from emporion.schema.state import TABLE_NAMES
from emporion.sim import both_contracts, both_margin
from emporion.sim.model import Model


class Disagreement(AssertionError):
    """The machine and the model answer, or stand, differently; one of them is wrong, or the page is."""


class Both:
    """A machine and a model with the same history.

    Args:
        capacity: of the machine.
    """

    def __init__(self, capacity: Capacity = TINY) -> None:
        self.machine = Machine(capacity)
        self.model = Model()

    def apply(self, rows: Rows) -> np.ndarray:
        """Apply to both; returns the events, which are the same field by field, or raises Disagreement."""
        from_machine, from_model = self.machine.apply(rows), self.model.apply(rows)
        for place in range(max(len(from_machine), len(from_model))):
            left = from_machine[place].item() if place < len(from_machine) else None
            right = from_model[place].item() if place < len(from_model) else None
            if left != right:
                raise Disagreement(f"event {place} of these rows, as {EVENT.names}:\n{left} machine\n{right} model")
        return from_machine

    def compare(self) -> None:
        """Every balance, order, queue, hold and count is the same in both, and both are sound."""
        machine, model = machine_image(self.machine), model_image(self.model)
        for part in model:
            if machine[part] != model[part]:
                raise Disagreement(f"{part}: {difference(machine[part], model[part])}")
        unsound = [*self.machine.audit(), *self.model.check()]
        if unsound:
            raise Disagreement("; ".join(unsound))


def difference(machine: Any, model: Any) -> str:
    """What of two parts of an image is not the same."""
    if not isinstance(machine, dict):
        return f"{machine} in the machine, {model} in the model"
    keys = [key for key in {**machine, **model} if machine.get(key) != model.get(key)]
    return "; ".join(f"{key}: {machine.get(key)} in the machine, {model.get(key)} in the model" for key in keys[:5])


# --- Images: what both must agree on ---------------------------------------------------------------------


def machine_image(machine: Machine) -> dict[str, Any]:
    """What the machine's tables say, as plain Python."""
    state = machine.array[0]
    orders = {int(row["order_id"]): row for row in live(state["orders"], "order_id")}
    extras, client_ids = state["extras"], state["client_ids"]
    slot_to_id = {order_id & (1 << SLOT_BITS) - 1: order_id for order_id in orders}
    pending, place = [], int(state["first_pending"])
    while place:
        pending.append(place)
        place = int(state["instruments"][place]["next_pending"])
    deadlines = {}
    for row in state["deadlines"][1 : int(state["tables"][Limit.DEADLINES]["live"]) + 1]:
        kind, target = DeadlineKind(int(row["kind"])), int(row["target"])
        if kind == DeadlineKind.ORDER:
            target = slot_to_id[int(extras[target]["order_slot"])]
        elif kind == DeadlineKind.LIQUIDATION:
            target = int(state["margins"][target]["account_id"])
        elif kind == DeadlineKind.CONTRACT:
            target = int(state["contracts"][target]["instrument_id"])
        elif kind == DeadlineKind.TWAP:
            target = int(state["twaps"][target]["twap_id"])
        deadlines[kind.name, target] = int(row["due_ns"])
    return {
        "seq": int(state["seq"]),
        "now": int(state["ts_ns"]),
        "rows": {name: int(state["tables"][place]["live"]) for place, name in enumerate(TABLE_NAMES)},
        "limits": {Limit(place).name: int(table["limit"]) for place, table in enumerate(state["tables"])},
        "balances": {
            (int(row["account_id"]), int(row["asset_id"])): (
                int(row["free_atoms"]), int(row["order_held_atoms"]), int(row["other_held_atoms"]),
            )
            for row in live(state["balances"], "account_id")
        },
        "accounts": {
            int(row["account_id"]): (
                int(row["master_id"]), int(row["fee_tier"]), bool(row["flags"] & AccountFlag.FROZEN),
                len(ring(machine.array, "list_links", int(row["account_id"]))[0]),
            )
            for row in live(state["accounts"], "account_id")
        },
        "instruments": {
            int(row["instrument_id"]): tuple(
                int(row[name])
                for name in (
                    "status", "best_bid_ticks", "best_ask_ticks", "last_price_ticks", "trades", "traded_lots",
                    "qty_min_lots", "qty_max_lots", "price_max_ticks",
                    "notional_min_atoms", "reference_price_ticks", "band_ppm", "fee_schedule",
                )
            )
            for row in live(state["instruments"], "instrument_id")
        },
        "orders": {
            order_id: tuple(
                int(row[name])
                for name in (
                    "account_id", "owner_id", "instrument_id", "side", "tif", "stp", "price_ticks", "qty_lots",
                    "leaves_lots", "hold_atoms", "maker_notional_atoms", "taker_notional_atoms", "entry_seq",
                    "maker_ppm", "taker_ppm",
                )
            )
            for order_id, row in orders.items()
        },
        "icebergs": {
            order_id: (int(extras[row["extra"]]["display_lots"]), int(extras[row["extra"]]["shown_lots"]))
            for order_id, row in orders.items() if extras[row["extra"]]["display_lots"]
        },
        "names": {
            order_id: (
                int(client_ids[row["client_id"]]["cl_ord_id_hi"]), int(client_ids[row["client_id"]]["cl_ord_id_lo"]),
            )
            for order_id, row in orders.items() if row["client_id"]
        },
        "queues": machine_queues(machine.array, orders),
        "client ids": {
            (int(row["account_id"]), int(row["cl_ord_id_hi"]), int(row["cl_ord_id_lo"])): (
                int(row["order_id"]), int(row["ended_ns"]), int(row["status"]) if row["ended_ns"] else 0,
            )
            for row in live(client_ids, "account_id")
        },
        "holds": {
            int(row["hold_id"]): tuple(
                int(row[name]) for name in ("kind", "account_id", "asset_id", "amount_atoms", "reference")
            )
            for row in live(state["holds"], "hold_id")
        },
        "deadlines": deadlines,
        "tasks": [
            (int(task["account_id"]), int(task["instrument_id"]), int(task["side"]), int(task["reason"]))
            for task in state["tasks"][: int(state["task_count"])]
        ],
        "stop queue": pending,
        "pending": machine.pending(),
        "fees": {
            divmod(place, FEE_TIERS): (int(row["maker_ppm"]), int(row["taker_ppm"]))
            for place, row in enumerate(state["fees"]) if row["maker_ppm"] or row["taker_ppm"]
        },
    } | both_margin.of_machine(machine) | both_contracts.of_machine(machine)  # fmt: skip


def live(table: np.ndarray, key: str) -> np.ndarray:
    """The rows in use."""
    return table[table[key] != 0]


def machine_queues(array: np.ndarray, orders: dict[int, Any]) -> set[tuple[int, ...]]:
    """Who stands behind whom: each queue as its order ids, oldest first."""
    by_slot = {order_id & (1 << SLOT_BITS) - 1: row for order_id, row in orders.items()}
    queues = set()
    for level in {int(row["level"]) for row in by_slot.values()} - {0}:
        slots, _ = ring(array, "queue_links", level)
        queues.add(tuple(int(by_slot[slot]["order_id"]) for slot in slots))
    return queues


def model_image(model: Model) -> dict[str, Any]:
    """The same, as the model has it."""
    venue = model.venue
    sizes = [instrument.index_size() for instrument in venue.instruments.values()]
    rows = {
        "assets": len(venue.assets), "instruments": len(venue.instruments), "accounts": len(venue.accounts),
        "balances": len(venue.balances), "orders": len(venue.orders),
        "extras": sum(order.has_extra for order in venue.orders.values()), "client_ids": len(venue.client_ids),
        "nodes": sum(nodes for nodes, _ in sizes), "leaves": sum(leaves for _, leaves in sizes),
        "holds": len(venue.holds), "deadlines": len(venue.deadlines()), "twaps": len(venue.twaps),
    } | both_margin.row_counts(venue)  # fmt: skip
    own = [order.account_id for order in venue.orders.values()]
    return {
        "seq": venue.seq,
        "now": venue.now,
        "rows": rows,
        "limits": {limit.name: venue.limits.get(limit, 0) for limit in Limit},
        "balances": model.balances(),
        "accounts": {
            account.account_id: (
                account.master_id, account.fee_tier, account.is_frozen, own.count(account.account_id),
            )
            for account in venue.accounts.values()
        },
        "instruments": {
            each.instrument_id: (
                each.status, each.best(Side.BUY), each.best(Side.SELL), each.last_price, each.trades,
                each.traded_lots, each.qty_min, each.qty_max, each.price_max,
                each.notional_min, each.reference, each.band_ppm, each.fee_schedule,
            )
            for each in venue.instruments.values()
        },
        "orders": {
            each.order_id: (
                each.account_id, each.owner_id, each.instrument_id, each.side, each.tif, each.stp, each.price,
                each.qty, each.leaves, each.hold, each.maker_notional, each.taker_notional, each.entry_seq,
                each.maker_ppm, each.taker_ppm,
            )
            for each in venue.orders.values()
        },
        "icebergs": {each.order_id: (each.display, each.shown) for each in venue.orders.values() if each.display},
        "names": {
            each.order_id: each.client_key[1:] for each in venue.orders.values() if each.client_key is not None
        },
        "queues": {
            tuple(order.order_id for order in queue)
            for instrument in venue.instruments.values()
            for place in (*instrument.book.values(), *instrument.waits.values())
            for queue in place.values()
        },
        "client ids": {
            key: (entry.order_id, max(entry.ended_ns, 0), int(entry.status) if entry.ended_ns > 0 else 0)
            for key, entry in venue.client_ids.items()
        },
        "holds": {
            hold.hold_id: (hold.kind, hold.account_id, hold.asset_id, hold.amount, hold.reference)
            for hold in venue.holds.values()
        },
        "deadlines": {(kind.name, target): due for due, _, kind, target in venue.deadlines()},
        "tasks": [(task.account_id, task.instrument_id, task.side, task.reason) for task in venue.tasks],
        "stop queue": list(venue.stop_queue),
        "pending": model.pending(),
        "fees": {key: rates for key, rates in venue.fees.items() if rates != (0, 0)},
    } | both_margin.of_model(venue) | both_contracts.of_model(venue)  # fmt: skip
