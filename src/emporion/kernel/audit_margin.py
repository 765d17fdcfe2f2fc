"""Invariants of margin accounts: holdings, exposures, sums, loans and clearing, computed anew from the rows.

Part of kernel/audit.py, and like it plain Python that uses nothing of the kernel's own arithmetic.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from emporion.schema.codes import AccountFlag, HoldKind, OrderFlag, Side
from emporion.schema.limits import CLEARING_ACCOUNT, LOADS, PPM, SCENARIOS
from emporion.schema.state import TABLE_NAMES

Placed = tuple[int, int, np.void]  # Page, place, holding.


def audit_margin(array: np.ndarray) -> list[str]:
    """All broken invariants of margin accounts, in words."""
    problems: list[str] = []
    leaves, counted = _leaves(array)
    pages_in_use, exposures_in_use = 0, 0
    balances = array["balances"][0]
    of_account: dict[int, set[int]] = defaultdict(set)
    for slot in np.flatnonzero(balances["account_id"]).tolist():
        of_account[int(balances["account_id"][slot])].add(slot)
    for m in range(1, _high_water(array, "margins") + 1):
        margin = array["margins"][0, m]
        holdings, pages, of_pages = _holdings(array, m)
        rows, of_exposures = _exposures(array, m)
        pages_in_use += pages
        exposures_in_use += len(rows)
        problems += of_pages + of_exposures
        problems += _account(array, m, holdings, of_account[int(margin["account_id"])], leaves, counted)
        if margin["epoch"] == array["epoch"][0]:
            problems += _sums(array, m, holdings, rows)
    problems += _rows(array, "holding_pages", "next_page", pages_in_use)
    problems += _rows(array, "exposures", "next_exposure", exposures_in_use)
    return problems + _loans(array) + _clearing(array)


def _high_water(array: np.ndarray, name: str) -> int:
    return int(array["tables"]["high_water"][0, TABLE_NAMES.index(name)])


def _leaves(array: np.ndarray) -> tuple[dict, dict]:
    """Of open orders: leaves by (margin row, instrument, asset, side); and (how many, their risk) by margin row."""
    leaves: dict[tuple[int, int, int, int], int] = defaultdict(int)
    counted: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    orders = array["orders"][0]
    for slot in np.flatnonzero((orders["order_id"] != 0) & (orders["margin"] != 0)).tolist():
        order = orders[slot]
        m, side, lots = int(order["margin"]), int(order["side"]), int(order["leaves_lots"])
        counted[m][1] += int(order["risk_atoms"])
        if order["flags"] & OrderFlag.REDUCE_ONLY:
            continue
        counted[m][0] += 1
        instrument = array["instruments"][0, order["instrument_id"]]
        if instrument["contract"]:
            leaves[m, int(order["instrument_id"]), 0, side] += lots
            continue
        notional = int(order["price_ticks"]) * lots * int(instrument["atoms_per_tick_lot"])
        leaves[m, 0, int(instrument["base_asset_id"]), side] += lots * int(instrument["base_atoms_per_lot"])
        leaves[m, 0, int(instrument["quote_asset_id"]), Side.BUY + Side.SELL - side] += notional
    return leaves, counted


def _holdings(array: np.ndarray, m: int) -> tuple[list[Placed], int, list[str]]:
    """The account's holdings in order, how many pages it has, and what is wrong with those."""
    margin, problems = array["margins"][0, m], []
    found: list[Placed] = []
    page, pages = int(margin["first_page"]), 0
    while page and pages <= margin["pages"]:
        row = array["holding_pages"][0, page]
        taken = [place for place, each in enumerate(row["holdings"]) if each["instrument_id"] or each["asset_id"]]
        if row["account_id"] != margin["account_id"] or row["used"] != len(taken) or not taken:
            problems.append(
                f"holding page {page}: of account {row['account_id']}, {row['used']} used, {len(taken)} taken"
            )
        for place, each in enumerate(row["holdings"]):
            if place not in taken and each.tobytes().strip(b"\0"):
                problems.append(f"holding page {page}: its free place {place} is not empty")
        found += [(page, place, row["holdings"][place]) for place in taken]
        page, pages = int(row["next_page"]), pages + 1
    if pages != margin["pages"]:
        problems.append(f"margin row {m}: {pages} pages in its chain, says {margin['pages']}")
    return found, pages, problems


def _exposures(array: np.ndarray, m: int) -> tuple[dict[int, np.void], list[str]]:
    """The account's exposures by row, and what is wrong with their chain."""
    margin, problems = array["margins"][0, m], []
    rows: dict[int, np.void] = {}
    row = int(margin["first_exposure"])
    while row and row not in rows:
        rows[row] = array["exposures"][0, row]
        if rows[row]["account_id"] != margin["account_id"]:
            problems.append(f"exposure {row}: of account {rows[row]['account_id']}, in the chain of margin row {m}")
        row = int(rows[row]["next_exposure"])
    if row or len({int(each["group_id"]) for each in rows.values()}) != len(rows):
        problems.append(f"margin row {m}: its chain of exposures is broken")
    return rows, problems


def _account(
    array: np.ndarray, m: int, holdings: list[Placed], balances: set[int], leaves: dict, counted: dict
) -> list[str]:
    """Who it is; that it has a holding for each balance and whatever else it has; what its open orders add."""
    problems = []
    margin = array["margins"][0, m]
    account = array["accounts"][0, margin["account_id"]]
    if account["margin"] != m or not account["flags"] & AccountFlag.MARGIN:
        problems.append(f"margin row {m}: account {margin['account_id']} does not know it")
    assets = [int(each["balance"]) for _, _, each in holdings if each["asset_id"]]
    if sorted(assets) != sorted(balances):
        problems.append(f"margin row {m}: holdings of balances {sorted(assets)}, has {sorted(balances)}")
    contracts = [int(each["instrument_id"]) for _, _, each in holdings if each["instrument_id"]]
    if len(set(contracts)) != len(contracts):
        problems.append(f"margin row {m}: two holdings of one contract")
    holds = array["holds"][0]
    for page, place, each in holdings:
        where = f"holding {place} of page {page}"
        instrument_id, asset_id = int(each["instrument_id"]), int(each["asset_id"])
        balance = array["balances"][0, each["balance"]]
        wanted_asset = asset_id or int(array["instruments"][0, instrument_id]["quote_asset_id"])
        if balance["asset_id"] != wanted_asset or balance["account_id"] != margin["account_id"]:
            problems.append(f"{where}: its balance {each['balance']} is of asset {balance['asset_id']}")
        for side, name in ((Side.BUY, "buy_leaves"), (Side.SELL, "sell_leaves")):
            wanted = leaves.get((m, instrument_id, asset_id, int(side)), 0)
            if each[name] != wanted:
                problems.append(f"{where}: {name} {each[name]}, its open orders have {wanted}")
        if asset_id:
            is_leaving = (holds["kind"] == HoldKind.WITHDRAWAL) & (holds["balance"] == each["balance"])
            if each["entry_atoms"] != holds["amount_atoms"][is_leaving].sum():
                problems.append(f"{where}: {each['entry_atoms']} being withdrawn")
            if each["pos_lots"] or each["shown_entry_atoms"]:
                problems.append(f"{where}: an asset with a position")
        elif not any(
            each[name] for name in ("pos_lots", "entry_atoms", "shown_entry_atoms", "buy_leaves", "sell_leaves")
        ):
            problems.append(f"{where}: nothing is left of it")
        if (each["pos_lots"] == 0 and not asset_id) and (each["entry_atoms"] or each["shown_entry_atoms"]):
            problems.append(f"{where}: a cost without a position")
    have = (int(margin["orders"]), int(margin["order_risk_atoms"]))
    if have != tuple(counted.get(m, (0, 0))):
        problems.append(f"margin row {m}: {have} orders and their risk, open are {counted.get(m, (0, 0))}")
    return problems


# --- Sums ----------------------------------------------------------------------------------------------


@dataclass
class Exposure:
    """To one group, as it should be."""

    held: list[int] = field(default_factory=lambda: [0] * SCENARIOS)
    ordered: list[int] = field(default_factory=lambda: [0] * SCENARIOS)
    held_short: int = 0
    short: int = 0
    holdings: int = 0

    def fields(self) -> dict[str, int]:
        """Numbers of the row beside its two vectors."""
        both = [-(held + ordered) for held, ordered in zip(self.held, self.ordered, strict=True)]
        return {
            "held_loss_atoms": max(0, self.held_short, *(-held for held in self.held)),
            "loss_atoms": max(0, self.short, *both),
            "held_short_atoms": self.held_short,
            "short_atoms": self.short,
            "holdings": self.holdings,
        }


def _sums(array: np.ndarray, m: int, holdings: list[Placed], rows: dict[int, np.void]) -> list[str]:
    """That a fresh account's sums are what its rows make, holding by holding."""
    problems = []
    margin = array["margins"][0, m]
    exposures: dict[int, Exposure] = defaultdict(Exposure)
    total = dict.fromkeys(("equity", "gross", "addon", "initial", "maintenance"), 0)
    row_of = {int(each["group_id"]): row for row, each in rows.items()}
    for page, place, each in holdings:
        risk = _risk(array, each)
        value, gross, addon, addon_held = measured(array, each, risk)
        if (each["value_atoms"], each["gross_atoms"], each["addon_atoms"]) != (value, gross, addon):
            problems.append(f"holding {place} of page {page}: value, gross, add-on are not {value}, {gross}, {addon}")
        total["equity"] += value
        total["gross"] += gross
        total["addon"] += addon
        total["initial"] += addon
        total["maintenance"] += addon_held
        groups = [int(risk["group_ids"][load]) for load in range(int(risk["loads"]))]
        tied = [row_of.get(group_id, -1) for group_id in groups] + [0] * (LOADS - len(groups))
        if each["exposures"].tolist() != tied:
            problems.append(f"holding {place} of page {page}: tied to {each['exposures'].tolist()}, not to {tied}")
        for load, group_id in enumerate(groups):
            contribute(exposures[group_id], array, each, risk, load)
    for group_id, exposure in exposures.items():
        numbers = exposure.fields()
        total["initial"] += numbers["loss_atoms"]
        ppm = int(array["groups"][0, group_id]["maintenance_ppm"])
        total["maintenance"] += -(-numbers["held_loss_atoms"] * ppm // PPM)
        row = rows.get(row_of.get(group_id, 0))
        if row is None:
            problems.append(f"margin row {m}: no exposure to group {group_id}")
        elif row["held"].tolist() != exposure.held or row["ordered"].tolist() != exposure.ordered:
            problems.append(f"margin row {m}: its exposure to group {group_id} is not the sum of its holdings")
        else:
            problems += [
                f"margin row {m}: exposure to group {group_id}: {name} {row[name]}, not {number}"
                for name, number in numbers.items()
                if row[name] != number
            ]
    if set(row_of) != set(exposures):
        problems.append(f"margin row {m}: exposures to groups {sorted(row_of)}, loads on {sorted(exposures)}")
    problems += [
        f"margin row {m}: {name} is {margin[f'{name}_atoms']}, not {number}"
        for name, number in total.items()
        if margin[f"{name}_atoms"] != number
    ]
    return problems


def _risk(array: np.ndarray, holding: np.void) -> np.void:
    if holding["instrument_id"]:
        contract = array["instruments"][0, holding["instrument_id"]]["contract"]
        return array["risks"][0, array["contracts"][0, contract]["risk"]]
    return array["risks"][0, array["assets"][0, holding["asset_id"]]["risk"]]


def _quantities(array: np.ndarray, holding: np.void, risk: np.void) -> tuple[int, int, int]:
    """What it has and what is on order, as far as they count."""
    cap = int(risk["cap"])
    held = int(holding["pos_lots"])
    if holding["asset_id"]:
        balance = array["balances"][0, holding["balance"]]
        held = sum(int(balance[name]) for name in ("free_atoms", "order_held_atoms", "other_held_atoms"))
        held -= int(holding["entry_atoms"])
    buys, sells = (min(int(holding[name]), 2 * cap) for name in ("buy_leaves", "sell_leaves"))
    return max(-cap, min(held, cap)), buys, sells


def measured(array: np.ndarray, holding: np.void, risk: np.void) -> tuple[int, int, int, int]:
    """Value, gross, add-on with orders and without: micro-dollars. Rule R-7."""
    held, buys, sells = _quantities(array, holding, risk)
    shift, start, rate = int(risk["unit_shift"]), int(risk["addon_from"]), int(risk["addon_atoms"])
    most = max(abs(held + buys), abs(held - sells))
    ordered, bare = (-(-max(each - start, 0) * rate >> shift) for each in (most, abs(held)))
    if holding["asset_id"]:
        return held * int(risk["value_atoms"]) >> shift, 0, ordered, bare
    instrument = array["instruments"][0, holding["instrument_id"]]
    settle = array["risks"][0, array["assets"][0, instrument["quote_asset_id"]]["risk"]]
    lot = int(array["contracts"][0, instrument["contract"]]["mark_ticks"]) * int(instrument["atoms_per_tick_lot"])
    pos = int(holding["pos_lots"])
    widest = max(abs(pos + int(holding["buy_leaves"])), abs(pos - int(holding["sell_leaves"])))
    cap, value, unit = int(settle["cap"]), int(settle["value_atoms"]), int(settle["unit_shift"])
    gain = max(-cap, min(pos * lot - int(holding["entry_atoms"]), cap))
    return gain * value >> unit, -(-min(widest * lot, cap) * value >> unit), ordered, bare


def contribute(exposure: Exposure, array: np.ndarray, holding: np.void, risk: np.void, load: int) -> None:
    """Adds one load of a holding. Rule R-6."""
    held, buys, sells = _quantities(array, holding, risk)
    shift, least = int(risk["unit_shift"]), int(risk["short_min_atoms"])
    exposure.holdings += 1
    for scenario in range(SCENARIOS):
        gain = int(risk["arrays"][load * SCENARIOS + scenario])
        exposure.held[scenario] += held * gain >> shift
        exposure.ordered[scenario] += (buys * min(0, gain) >> shift) + (sells * min(0, -gain) >> shift)
    if load == 0:
        exposure.held_short += -(-max(0, -held) * least >> shift)
        exposure.short += -(-max(0, sells - held) * least >> shift)


# --- The venue as a whole --------------------------------------------------------------------------------


def _rows(array: np.ndarray, name: str, link: str, in_use: int) -> list[str]:
    """Every row below the high-water mark is some account's or free, and free ones are empty."""
    problems = []
    book = array["tables"][0, TABLE_NAMES.index(name)]
    table, free = array[name][0], 0
    slot = int(book["free_head"])
    while slot and free <= book["high_water"]:
        free += 1
        row = table[slot].copy()
        slot = int(row[link])
        row[link] = 0
        if row.tobytes().strip(b"\0"):
            problems.append(f"{name}: a free row is not empty")
    if book["live"] != in_use or free + in_use != book["high_water"] or in_use > book["limit"]:
        counts = f"{free} free, {in_use} in use, {book['live']} live"
        problems.append(f"{name}: {counts}, of {book['high_water']}, limit {book['limit']}")
    return problems


def _loans(array: np.ndarray) -> list[str]:
    """What is lent and promised of each asset."""
    lent: dict[int, int] = defaultdict(int)
    promised: dict[int, int] = defaultdict(int)
    balances, accounts, orders = array["balances"][0], array["accounts"][0], array["orders"][0]
    for slot in np.flatnonzero(balances["free_atoms"] < 0).tolist():
        if accounts[balances["account_id"][slot]]["margin"]:
            lent[int(balances["asset_id"][slot])] -= int(balances["free_atoms"][slot])
    for extra in array["extras"][0][np.flatnonzero(array["extras"][0]["borrow_atoms"])]:
        instrument = array["instruments"][0, orders[extra["order_slot"]]["instrument_id"]]
        promised[int(instrument["quote_asset_id"])] += int(extra["borrow_atoms"])
    problems = []
    for asset_id in range(1, _high_water(array, "assets") + 1):
        asset = array["assets"][0, asset_id]
        have = (int(asset["lent_atoms"]), int(asset["promised_atoms"]))
        if have != (lent[asset_id], promised[asset_id]):
            problems.append(
                f"asset {asset_id}: {have} lent and promised, accounts owe {lent[asset_id]} and {promised[asset_id]}"
            )
    return problems


def _positions(array: np.ndarray) -> Iterator[np.void]:
    for page in array["holding_pages"][0, : _high_water(array, "holding_pages") + 1]:
        yield from page["holdings"][page["holdings"]["instrument_id"] != 0]


def _clearing(array: np.ndarray) -> list[str]:
    """Gains are paid by losses: of each contract, and of each asset that contracts settle in."""
    entries: dict[int, int] = defaultdict(int)
    longs: dict[int, int] = defaultdict(int)
    lots: dict[int, int] = defaultdict(int)
    cleared: dict[int, int] = defaultdict(int)
    for holding in _positions(array):
        instrument_id = int(holding["instrument_id"])
        entries[instrument_id] += int(holding["entry_atoms"])
        longs[instrument_id] += max(int(holding["pos_lots"]), 0)
        lots[instrument_id] += int(holding["pos_lots"])
    problems = []
    for slot in range(1, _high_water(array, "contracts") + 1):
        contract = array["contracts"][0, slot]
        instrument_id = int(contract["instrument_id"])
        clearing, funding = int(contract["clearing_atoms"]), int(contract["funding_atoms"])
        cleared[int(array["instruments"][0, instrument_id]["quote_asset_id"])] += clearing + funding
        net = lots[instrument_id]
        # Of a contract that has ended, who was settled took his lots at the final price, and who was not is owed it.
        lot = int(contract["settle_ticks"]) * int(array["instruments"][0, instrument_id]["atoms_per_tick_lot"])
        if entries[instrument_id] + clearing != net * lot:
            problems.append(f"contract {slot}: entries sum to {entries[instrument_id]}, cleared are {clearing}")
        if longs[instrument_id] != contract["open_interest_lots"] or (net != 0 and not contract["is_settled"]):
            sums = f"{longs[instrument_id]} lots long, {net} more than short"
            problems.append(f"contract {slot}: {sums}, open interest {contract['open_interest_lots']}")
    balances = array["balances"][0]
    for slot in np.flatnonzero(balances["account_id"] == CLEARING_ACCOUNT).tolist():
        asset_id, have = int(balances["asset_id"][slot]), int(balances["free_atoms"][slot])
        if have != cleared[asset_id]:
            problems.append(f"asset {asset_id}: the clearing account has {have}, contracts have {cleared[asset_id]}")
    return problems
