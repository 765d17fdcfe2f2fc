"""Invariants of orders that are tied to others or to positions, or trail: everybody who is pointed at, points back."""

from collections import defaultdict

import numpy as np

from emporion.schema.codes import Link, OrderFlag, Side
from emporion.schema.limits import TIED_MAX, TIED_PER_POSITION, TRAILING_MAX


def audit_ties(array: np.ndarray) -> list[str]:
    """Broken invariants of ties, in words; empty when they are sound."""
    orders, extras = array["orders"][0], array["extras"][0]
    problems = []
    trailing: dict[int, set[int]] = defaultdict(set)
    tied: dict[int, set[int]] = defaultdict(set)
    for slot in np.flatnonzero(orders["order_id"] != 0).tolist():
        order = orders[slot]
        row = int(order["extra"])
        if not row:
            continue
        extra = extras[row]
        problems += [f"order {order['order_id']}: {what}" for what in _pointers(orders, extras, slot)]
        waits = bool(order["flags"] & OrderFlag.STOP)
        if extra["trail_ticks"]:
            trailing[int(array["instruments"][0, order["instrument_id"]]["contract"])].add(row)
        if extra["link"] == Link.POSITION:
            tied[int(order["margin"])].add(row)
        if not waits and (extra["trail_ticks"] or extra["link"] in (Link.CHILD, Link.POSITION) or extra["is_asleep"]):
            problems.append(f"order {order['order_id']}: waits no more, and trails, sleeps or is tied to a position")
    problems += _rings(array["contracts"][0], "trailing", trailing, extras, TRAILING_MAX)
    problems += _rings(array["margins"][0], "tied", tied, extras, TIED_MAX)
    for rows in tied.values():
        instruments = orders["instrument_id"][extras["order_slot"][list(rows)]]
        if np.any(np.bincount(instruments) > TIED_PER_POSITION):
            problems.append(f"more than {TIED_PER_POSITION} orders are tied to a position")
    return problems


def way_of(order: np.void) -> int:
    """Source x 2, and 1 more for those that wait for a fall: as kernel/waiting.py counts."""
    flags = int(order["flags"])
    source = 1 if flags & OrderFlag.ON_MARK else 2 if flags & OrderFlag.ON_INDEX else 0
    falls = (order["side"] == Side.SELL) ^ bool(flags & OrderFlag.TAKE_PROFIT)
    return 2 * source + int(falls)


def _pointers(orders: np.ndarray, extras: np.ndarray, slot: int) -> list[str]:
    """Partners, parents and children of one order."""
    extra = extras[orders[slot]["extra"]]
    problems = []
    partner, kin, is_child = int(extra["partner"]), int(extra["kin"]), extra["link"] == Link.CHILD
    if partner and extras[orders[partner]["extra"]]["partner"] != slot:
        problems.append("its partner has another")
    for other in (partner, kin):
        if other and (
            orders[other]["account_id"] != orders[slot]["account_id"]
            or orders[other]["instrument_id"] != orders[slot]["instrument_id"]
        ):
            problems.append("tied to somebody else's order, or on another instrument")
    if is_child and (not kin or slot not in _children(orders, extras, kin)):
        problems.append("its parent does not know it")
    if not is_child and kin and extras[orders[kin]["extra"]]["kin"] != slot:
        problems.append("its child has another parent")
    done = int(orders[kin]["qty_lots"] - orders[kin]["leaves_lots"])
    if is_child and (bool(extra["is_asleep"]) != (done == 0) or (done and orders[slot]["qty_lots"] != done)):
        problems.append(f"its parent has done {done}")
    return problems


def _children(orders: np.ndarray, extras: np.ndarray, slot: int) -> list[int]:
    first = int(extras[orders[slot]["extra"]]["kin"])
    return [first, int(extras[orders[first]["extra"]]["partner"])]


def _rings(owners: np.ndarray, name: str, want: dict[int, set[int]], extras: np.ndarray, most: int) -> list[str]:
    """Each owner's ring of rows in extras has those members, as many as it counts, linked both ways."""
    problems = []
    for owner in sorted(want.keys() | set(np.flatnonzero(owners[name]).tolist())):
        first, found = int(owners[owner][f"first_{name}"]), list[int]()
        row = first
        while row and len(found) <= most:
            found.append(row)
            after = int(extras[row][f"next_{name}"])
            if extras[after][f"previous_{name}"] != row:
                problems.append(f"{name} of row {owner}: its ring is broken")
                break
            row = 0 if after == first else after
        if set(found) != want[owner] or len(found) != owners[owner][name]:
            problems.append(f"{name} of row {owner}: {found}, wanted {sorted(want[owner])}")
    return problems
