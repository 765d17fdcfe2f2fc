"""Invariants of the whole state, checked from the tables alone. For tests, `verify`, and operators.

Plain Python over columns: nothing of the kernel's own walking is used, so that a mistake there
is not made here again.
"""

from collections import defaultdict

import numpy as np

from emporion.kernel.audit_liquidation import audit_liquidation
from emporion.kernel.audit_margin import audit_margin
from emporion.kernel.audit_ties import audit_ties, way_of
from emporion.kernel.prices import CENTER, DIGIT_BITS
from emporion.schema.codes import AccountFlag, OrderFlag, Side
from emporion.schema.limits import BALANCE_BITS, CLIENT_ID_BITS, HOUR_NS, SLOT_BITS, TS_MAX
from emporion.schema.state import BOOK, LINK_NAMES, TABLE_NAMES

FREE_LINK = {name: "next_free" for name in ("orders", "leaves", "extras", "holds", "twaps")} | {"client_ids": "newer"}

DEADLINE_TABLES = {1: "extras", 2: "accounts", 3: "contracts", 4: "questions", 5: "twaps", 6: "margins"}
NOTED = ("first", "second", "third")  # An account's balances that stand in its row.


def audit(array: np.ndarray) -> list[str]:
    """All broken invariants of a state array, in words; empty when it is sound."""
    problems: list[str] = []
    problems += _time(array)
    problems += _ledger(array)
    problems += _holds(array)
    found: dict[int, int] = defaultdict(int)
    for instrument_id in range(1, _high_water(array, "instruments") + 1):
        problems += _book(array, instrument_id, found)
    problems += _orders(array, found)
    problems += _accounts(array)
    problems += _links(array)
    problems += _client_ids(array)
    problems += _deadlines(array)
    problems += _free_lists(array)
    problems += audit_margin(array)
    problems += audit_liquidation(array)
    problems += audit_ties(array)
    problems += _indexes(array)
    problems += _queue_of_stops(array)
    return problems


def _time(array: np.ndarray) -> list[str]:
    hour, end = int(array["hour"][0]), int(array["hour_end_ns"][0])
    if end in (min((hour + 1) * HOUR_NS, TS_MAX + 1), 0) and int(array["ts_ns"][0]) < max(end, 1):
        return []
    return [f"the hour {hour} ends at {end}, and it is {int(array['ts_ns'][0])}"]


def _table(array: np.ndarray, name: str) -> np.ndarray:
    return array[name][0, : _high_water(array, name) + 1]


def _high_water(array: np.ndarray, name: str) -> int:
    return int(array["tables"]["high_water"][0, TABLE_NAMES.index(name)])


def _open_orders(array: np.ndarray) -> np.ndarray:
    orders = _table(array, "orders")
    return np.flatnonzero(orders["order_id"])


def _ledger(array: np.ndarray) -> list[str]:
    """Each asset sums to zero; only the venue's own accounts, and what margin accounts have free, are negative."""
    problems = []
    balances = _table(array, "balances")
    for name, table in (("balances", balances), ("accounts", _table(array, "accounts"))):
        if table[0].tobytes().strip(b"\0"):
            problems.append(f"{name}: row 0 is not nobody")
    sums: dict[int, int] = defaultdict(int)
    flags = _table(array, "accounts")["flags"]
    for slot, row in enumerate(balances.tolist()):
        account_id, asset_id, free, order_held, other_held = row
        sums[asset_id] += free + order_held + other_held
        may_owe = flags[account_id] & (AccountFlag.SYSTEM | AccountFlag.MARGIN)
        if (free < 0 and not may_owe) or order_held < 0 or other_held < 0:
            amounts = f"{free} free, {order_held} and {other_held} held"
            problems.append(f"balance {slot}: account {account_id}, asset {asset_id}: {amounts}")
    problems += [f"asset {asset_id}: all balances sum to {total}" for asset_id, total in sums.items() if total]
    return problems


def _holds(array: np.ndarray) -> list[str]:
    """What is held is the sum of open orders and named holds."""
    orders, holds = _table(array, "orders"), _table(array, "holds")
    want_orders: dict[int, int] = defaultdict(int)
    want_others: dict[int, int] = defaultdict(int)
    for order in orders[_open_orders(array)]:
        slot = order["quote_balance"] if order["side"] == Side.BUY else order["base_balance"]
        want_orders[int(slot)] += int(order["hold_atoms"])
    for hold in holds[np.flatnonzero(holds["hold_id"])]:
        want_others[int(hold["balance"])] += int(hold["amount_atoms"])
    problems = [f"hold {hold['hold_id']}: amount {hold['amount_atoms']}" for hold in holds if hold["amount_atoms"] < 0]
    for slot, row in enumerate(_table(array, "balances").tolist()):
        if row[3] != want_orders[slot]:
            problems.append(f"balance {slot}: {row[3]} held for orders, which hold {want_orders[slot]}")
        if row[4] != want_others[slot]:
            problems.append(f"balance {slot}: {row[4]} held by name, in holds {want_others[slot]}")
    return problems


def _book(array: np.ndarray, instrument_id: int, found: dict[int, int]) -> list[str]:
    """The price indexes of an instrument, and those of its contract: sorted, linked, uncrossed; best prices right."""
    instrument = array["instruments"][0, instrument_id]
    orders, extras = array["orders"][0], array["extras"][0]
    problems = []
    sides: dict[int, list[int]] = {Side.BUY: [], Side.SELL: []}
    tries = list(instrument["tries"])
    if instrument["contract"]:
        tries += list(array["contracts"][0, instrument["contract"]]["tries"])
    for which, trie in enumerate(tries):
        last_price = 0
        for price, level in _levels(array, trie):
            where = f"instrument {instrument_id} trie {which} price {price}"
            if price <= last_price:
                problems.append(f"{where}: not above {last_price}")
            last_price = price
            level_sides: set[int] = set()
            queue, is_whole = ring(array, "queue_links", level)
            if not queue or not is_whole:
                problems.append(f"{where}: its queue of {len(queue)} is broken")
            for slot in queue:
                order = orders[slot]
                found[slot] += 1
                level_sides.add(int(order["side"]))
                is_stop = bool(order["flags"] & OrderFlag.STOP)
                key = int(extras[order["extra"]]["trigger_price_ticks"]) if is_stop else int(order["price_ticks"])
                if (
                    order["level"] != level
                    or order["instrument_id"] != instrument_id
                    or key != price
                    or which != (1 + way_of(order) if is_stop else BOOK)
                    or order["leaves_lots"] <= 0
                    or found[slot] > 1
                ):
                    problems.append(f"{where}: order in slot {slot} is misplaced")
                    break
            if len(level_sides) > 1 and which == BOOK:
                problems.append(f"{where}: sides {level_sides} in one queue")
            if which == BOOK and level_sides:
                sides[min(level_sides)].append(price)
    bid, ask = max(sides[Side.BUY], default=0), min(sides[Side.SELL], default=0)
    if (bid, ask) != (instrument["best_bid_ticks"], instrument["best_ask_ticks"]):
        problems.append(f"instrument {instrument_id}: best is {bid}, {ask}")
    if bid and ask and bid >= ask:
        problems.append(f"instrument {instrument_id}: crossed, bid {bid}, ask {ask}")
    return problems


def ring(array: np.ndarray, name: str, end: int) -> tuple[list[int], bool]:
    """Members behind an end (a level, an account), oldest first, and whether the links agree both ways."""
    links = array[name][0]
    table, ends_per_row = LINK_NAMES[name]
    center = ends_per_row * array[table].shape[1]
    members: list[int] = []
    place = -end
    while True:
        after = place ^ int(links[center + place]["newer"])
        if not -center < after < len(links) - center or len(members) > len(links):
            return members, False
        if after ^ int(links[center + after]["older"]) != place:
            return members, False
        if after == -end:
            return members, True
        if after <= 0:
            return members, False
        members.append(after)
        place = after


def _levels(array: np.ndarray, trie: np.void) -> list[tuple[int, int]]:
    """(price, level) of every price in a trie, in the order it stands in."""
    if not trie["root"]:
        return []
    height = int(trie["height"])
    prefix = CENTER >> (DIGIT_BITS * height)
    nodes, leaves = array["nodes"][0], array["leaves"][0]
    result = []
    todo = [(int(trie["root"]), height, prefix)]
    while todo:
        place, levels_left, key = todo.pop()
        if levels_left == 1:
            leaf = leaves[place]
            set_bits = int(leaf["bits"]) & ((1 << 64) - 1)
            for digit in range(64):
                if set_bits >> digit & 1:
                    price = ((key << DIGIT_BITS) | digit) - CENTER + int(trie["anchor_ticks"])
                    result.append((price, place << DIGIT_BITS | digit))
            continue
        node = nodes[place]
        children = np.flatnonzero(node["child"]).tolist()
        set_bits = int(node["bits"]) & ((1 << 64) - 1)
        assert children == [digit for digit in range(64) if set_bits >> digit & 1], "a node's bits and children differ"
        todo += [
            (int(node["child"][digit]), levels_left - 1, (key << DIGIT_BITS) | digit) for digit in reversed(children)
        ]
    return result


def _orders(array: np.ndarray, found: dict[int, int]) -> list[str]:
    """Every open order stands in exactly one queue and is whole in itself."""
    problems = []
    orders = array["orders"][0]
    for slot in _open_orders(array).tolist():
        order = orders[slot]
        is_asleep = order["extra"] != 0 and array["extras"][0, order["extra"]]["is_asleep"] != 0
        if found.pop(slot, 0) != (0 if is_asleep else 1):
            problems.append(f"order {order['order_id']}: in no queue, or asleep in one")
        if order["order_id"] != (int(order["generation"]) << SLOT_BITS | slot):
            problems.append(f"slot {slot}: order id {order['order_id']}, generation {order['generation']}")
        if not 0 < order["leaves_lots"] <= order["qty_lots"]:
            problems.append(f"order {order['order_id']}: leaves {order['leaves_lots']} of {order['qty_lots']}")
        instrument = array["instruments"][0, order["instrument_id"]]
        if order["margin"] != array["accounts"][0, order["account_id"]]["margin"]:
            problems.append(f"order {order['order_id']}: of margin row {order['margin']}")
        if instrument["contract"]:
            if order["hold_atoms"]:
                problems.append(f"order {order['order_id']}: holds {order['hold_atoms']} for a contract")
        elif order["side"] == Side.SELL:
            want = int(order["leaves_lots"]) * int(instrument["base_atoms_per_lot"])
            if order["hold_atoms"] != want:
                problems.append(f"order {order['order_id']}: holds {order['hold_atoms']}, wants {want}")
        else:
            notional = int(order["price_ticks"]) * int(order["leaves_lots"]) * int(instrument["atoms_per_tick_lot"])
            rate = max(int(order["maker_ppm"]), int(order["taker_ppm"]), 0)
            most = notional - (-notional * rate // 1_000_000) + 1
            held = int(order["hold_atoms"]) + int(array["extras"][0, order["extra"]]["borrow_atoms"])
            # Its taker part, its maker part and what is open are each rounded up: two atoms more than their sum.
            if not most - 2 <= held <= most:
                problems.append(f"order {order['order_id']}: holds {held}, wants {most} or up to 2 less")
        extra = array["extras"][0, order["extra"]]
        if order["extra"] and extra["order_slot"] != slot:
            problems.append(f"order {order['order_id']}: its extra row belongs to slot {extra['order_slot']}")
        if extra["display_lots"] and not 0 < extra["shown_lots"] <= min(extra["display_lots"], order["leaves_lots"]):
            problems.append(f"order {order['order_id']}: shows {extra['shown_lots']}")
    problems += [f"slot {slot}: in a queue, but not open" for slot in found]
    return problems


def _accounts(array: np.ndarray) -> list[str]:
    """Each account's list holds its open orders; it notes its first balances, in the order they were opened."""
    problems = []
    orders = array["orders"][0]
    first_balances: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for slot, row in enumerate(_table(array, "balances").tolist()):
        if slot and len(first_balances[row[0]]) < len(NOTED):
            first_balances[row[0]].append((row[1], slot))
    want: dict[int, set[int]] = defaultdict(set)
    for slot in _open_orders(array).tolist():
        want[int(orders[slot]["account_id"])].add(slot)
    accounts = _table(array, "accounts")
    for account_id in range(1, len(accounts)):
        account = accounts[account_id]
        listed, is_whole = ring(array, "list_links", account_id)
        if not is_whole or np.any(np.diff(orders["entry_seq"][listed]) < 0):
            problems.append(f"account {account_id}: its list of {len(listed)} orders is broken")
        if set(listed) != want[account_id]:
            problems.append(f"account {account_id}: lists {len(listed)} orders, has {len(want[account_id])}")
        noted = [(int(account[f"{place}_asset"]), int(account[f"{place}_balance"])) for place in NOTED]
        if noted != (first_balances[account_id] + [(0, 0)] * len(NOTED))[: len(NOTED)]:
            problems.append(f"account {account_id}: notes {noted}, its first balances are {first_balances[account_id]}")
        if account["account_id"] != account_id or accounts[account["master_id"]]["master_id"] != account["master_id"]:
            problems.append(f"account {account_id}: number or master is wrong")
    return problems


def _links(array: np.ndarray) -> list[str]:
    """Ends without members, and slots without an order, are linked to nobody."""
    problems = []
    is_free = array["orders"]["order_id"][0] == 0
    leaf_bits = array["leaves"]["bits"][0]
    is_absent = (leaf_bits[:, None] >> np.arange(64) & 1 == 0).reshape(-1)
    is_idle = np.ones(array["accounts"].shape[1], np.bool_)
    is_idle[array["orders"]["account_id"][0, ~is_free]] = False
    for name, is_alone in (("queue_links", is_absent), ("list_links", is_idle)):
        pairs = array[name][0].view(np.int64)
        ends = pairs[: len(is_alone) + 1][::-1]  # Ends by number; where number 0 would be, slot 0 is.
        if np.any(ends[:-1][is_alone]) or np.any(pairs[len(is_alone) :][is_free]):
            problems.append(f"{name}: links of nobody")
    return problems


def _client_ids(array: np.ndarray) -> list[str]:
    """Open ids name open orders and back; ended ones stand in their account's queue and the venue's."""
    problems = []
    entries = _table(array, "client_ids")
    orders = array["orders"][0]
    for slot in np.flatnonzero(entries["account_id"]).tolist():
        entry = entries[slot]
        if entry["status"] == 0 and orders[entry["order_id"] & ((1 << SLOT_BITS) - 1)]["client_id"] != slot:
            problems.append(f"client id {slot}: open, but its order does not know it")
    accounts = _table(array, "accounts")
    ended = set(np.flatnonzero((entries["account_id"] != 0) & (entries["status"] != 0)).tolist())
    queued: set[int] = set()
    for account_id, account in enumerate(accounts):
        slot, count, last = int(account["oldest_client_id"]), 0, 0
        while slot and count <= len(entries):
            queued.add(slot)
            count, last, slot = count + 1, slot, int(entries[slot]["newer"])
        if count != account["ended_client_ids"] or last != account["newest_client_id"]:
            problems.append(f"account {account_id}: queue of {count} ended client ids")
    if queued != ended:
        problems.append(f"client ids: {len(ended)} ended, {len(queued)} in queues of accounts")
    slot, before, count = int(array["oldest_client_id"][0]), 0, 0
    while slot and count <= len(entries):
        if entries[slot]["global_older"] != before:
            problems.append(f"client id {slot}: broken link in the venue's queue")
        count, before, slot = count + 1, slot, int(entries[slot]["global_newer"])
    if count != len(ended) or before != array["newest_client_id"][0]:
        problems.append(f"client ids: {len(ended)} ended, {count} in the venue's queue")
    return problems


def _deadlines(array: np.ndarray) -> list[str]:
    """The heap is one, and everyone in it knows the place."""
    problems = []
    live = int(array["tables"]["live"][0, TABLE_NAMES.index("deadlines")])
    rows = array["deadlines"][0, : _high_water(array, "deadlines") + 1].tolist()
    for place in range(1, live + 1):
        due, seq, kind, target = rows[place][:4]
        if place > 1 and (due, seq) < tuple(rows[place // 2][:2]):
            problems.append(f"deadline {place}: before its parent")
        table = DEADLINE_TABLES[kind]
        if array[table][0, target]["deadline"] != place:
            problems.append(f"deadline {place}: unknown to row {target} of {table}")
    if any(any(row[:4]) for row in rows[live + 1 :]):
        problems.append("deadlines: rows beyond the heap are not empty")
    return problems


def _free_lists(array: np.ndarray) -> list[str]:
    """Every row below the high-water mark is live, free or retired, and free rows are empty."""
    problems = []
    for place, name in enumerate(TABLE_NAMES):
        if name in ("holding_pages", "exposures"):
            continue  # See kernel/audit_margin.py.
        book = array["tables"][0, place]
        table = array[name][0]
        if name in ("deadlines",):
            continue
        slot, count = int(book["free_head"]), 0
        while slot and count <= book["high_water"]:
            count += 1
            row = table[slot]
            if name == "nodes":
                link, is_empty = int(row["child"][0]), row["bits"] == 0 and not row["child"][1:].any()
            else:
                link = int(row[FREE_LINK[name]])
                kept = (FREE_LINK[name], "generation")
                is_empty = not any(np.any(row[field]) for field in table.dtype.names if field not in kept)
            if not is_empty:
                problems.append(f"{name}: free row {slot} is not empty")
            slot = link
        if count + book["live"] + book["retired"] != book["high_water"]:
            rows = f"{count} free, {book['live']} live, {book['retired']} retired"
            problems.append(f"{name}: {rows}, of {book['high_water']}")
        if book["live"] + book["retired"] > book["limit"]:
            problems.append(f"{name}: {book['live']} rows, limit {book['limit']}")
    return problems


def _indexes(array: np.ndarray) -> list[str]:
    """Each index holds each live row of its table exactly once, where a probe finds it."""
    problems = []
    for index_name, name, row_bits, live in (
        ("balance_index", "balances", BALANCE_BITS, np.flatnonzero(_table(array, "balances")["account_id"])),
        ("client_id_index", "client_ids", CLIENT_ID_BITS, np.flatnonzero(_table(array, "client_ids")["account_id"])),
    ):
        index = array[index_name][0]
        index = index & ((1 << row_bits) - 1)
        held = np.sort(index[index != 0])
        if not np.array_equal(held, live):
            problems.append(f"{index_name}: holds {len(held)} rows of {name}, which has {len(live)}")
    return problems


def _queue_of_stops(array: np.ndarray) -> list[str]:
    """Instruments flagged as pending are those in the queue."""
    instruments = _table(array, "instruments")
    slot, queued, last = int(array["first_pending"][0]), [], 0
    while slot and slot not in queued:
        queued.append(slot)
        last, slot = slot, int(instruments[slot]["next_pending"])
    flagged = np.flatnonzero(instruments["is_pending"]).tolist()
    if sorted(queued) != flagged or last != array["last_pending"][0]:
        return [f"instruments with stops to fire: {flagged} flagged, {queued} queued"]
    return []
