"""Invariants of liquidation: who waits, who is ranked. A part of audit.py. Rules Q-3 and Q-7."""

from collections import Counter, defaultdict

import numpy as np

from emporion.schema.codes import Limit


def audit_liquidation(array: np.ndarray) -> list[str]:
    """Broken invariants in words; empty when all hold."""
    margins = array["margins"][0, : int(array["tables"]["high_water"][0, Limit.MARGINS]) + 1]
    return _queue(array, margins) + _ranks(array, margins)


def _queue(array: np.ndarray, margins: np.ndarray) -> list[str]:
    """An account with a stage is either in the queue or has a deadline."""
    problems: list[str] = []
    queue: list[int] = []
    place = int(array["first_liquidation"][0])
    while place and len(queue) <= len(margins):
        queue.append(place)
        place = int(margins["next_liquidation"][place])
    if int(array["last_liquidation"][0]) != (queue[-1] if queue else 0):
        problems.append("liquidation: the queue does not end where it says")
    times = Counter(queue)
    for m in np.flatnonzero(margins["stage"] | margins["deadline"]).tolist() + queue:
        row = margins[m]
        if times[m] + (row["deadline"] != 0) != (row["stage"] != 0):
            problems.append(
                f"margin {m}: stage {row['stage']}, {times[m]} times in the queue, deadline {row['deadline']}"
            )
    return problems


def _ranks(array: np.ndarray, margins: np.ndarray) -> list[str]:
    """Lists have no gaps, scores do not rise, and each entry is one account with a position on that side."""
    problems: list[str] = []
    entries: Counter[int] = Counter()
    ranked: dict[tuple[int, int], list[int]] = defaultdict(list)  # (instrument, sign) -> rows in margins
    contracts = array["contracts"][0, : int(array["tables"]["high_water"][0, Limit.CONTRACTS]) + 1]
    for contract in contracts:
        for name, sign in (("long_ranks", 1), ("short_ranks", -1)):
            rows = contract[name]
            used = int(np.count_nonzero(rows["margin"]))
            found = rows["margin"][:used].tolist()
            where = f"contract of instrument {contract['instrument_id']}, {name}"
            if np.any(rows["margin"][used:]) or np.any(rows["score"][used:]) or 0 in found:
                problems.append(f"{where}: has a gap")
            if len(set(found)) != used:
                problems.append(f"{where}: has an account twice")
            if np.any(rows["score"][1:used] > rows["score"][: max(used - 1, 0)]):
                problems.append(f"{where}: is not in order")
            entries.update(found)
            ranked[int(contract["instrument_id"]), sign] = found
    for m in np.flatnonzero(margins["ranked"]).tolist() + list(entries):
        if int(margins["ranked"][m]) != entries[m]:
            problems.append(f"margin {m}: counts {margins['ranked'][m]} entries, has {entries[m]}")
    for (instrument_id, sign), found in ranked.items():
        for m in found:
            if sign * _position(array, margins, m, instrument_id) <= 0:
                problems.append(f"margin {m}: is ranked for instrument {instrument_id} without a position there")
    return problems


def _position(array: np.ndarray, margins: np.ndarray, m: int, instrument_id: int) -> int:
    page = int(margins["first_page"][m])
    while page:
        row = array["holding_pages"][0, page]
        held = row["holdings"][row["holdings"]["instrument_id"] == instrument_id]
        if len(held):
            return int(held["pos_lots"][0])
        page = int(row["next_page"])
    return 0
