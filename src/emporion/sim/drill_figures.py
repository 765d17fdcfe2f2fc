"""What a drill came to, read from its events: how many, how much, who paid, how long each stage took."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emporion.kernel.tables import MARGINS
from emporion.schema.codes import Event, FillFlag
from emporion.schema.limits import INSURANCE_ACCOUNT

USD = 1_000_000


@dataclass
class Record:
    """What a drill keeps while it lasts."""

    seed: int
    accounts: int
    tick_lot_atoms: int
    price_before: int
    price_after: int = 0
    insured_atoms: int = 0  # In the fund before the fall.
    backing_atoms: int = 0  # Of the backstop account.
    open_interest_atoms: int = 0  # At the price before the fall.
    events: list[tuple[int, np.ndarray]] = field(default_factory=list)  # Each with its second.
    spent_ns: dict[str, int] = field(default_factory=dict)  # Machine time by what it was spent on.


@dataclass(frozen=True)
class Figures:
    """Dollars are rounded; seconds are those of the drill's own time, but for `machine_seconds`."""

    seed: int
    accounts: int
    price_before: int
    price_after: int
    commands: int
    events: int
    seconds: int  # Until nobody was being liquidated any more.
    open_interest_dollars: int  # Before the fall.
    liquidations_begun: int  # One account may be liquidated more than once.
    accounts_liquidated: int
    slices: int
    slices_unfilled: int
    sold_dollars: int  # Into the book.
    backstop_before_dollars: int
    backstop_took: int
    backstop_took_dollars: int
    deleveraged: int  # Times an account on the other side was closed out.
    deleveraged_accounts: int
    deleveraged_dollars: int
    deleveraged_loss_dollars: int  # Against the mark: what they paid for others.
    fees_dollars: int  # To the insurance fund.
    insurance_before_dollars: int
    insurance_paid_dollars: int
    insurance_after_dollars: int
    losses_left: int
    loss_left_dollars: int
    still_liquidated: int
    stages: dict[str, list[int]]  # First and last second of each kind of step.
    liquidation_seconds: list[int]  # Median and longest, of those that ended.
    machine_seconds: dict[str, float]
    digest: str


def figures(record: Record, state: np.ndarray, seconds: int, digest: str) -> Figures:
    """Everything that is told of a drill that has ended with this state, whose hash is `digest`."""
    times = np.concatenate([np.full(len(events), second, np.int64) for second, events in record.events])
    rows = np.concatenate([events for _, events in record.events])

    def of(kind: Event) -> np.ndarray:
        return rows[rows["kind"] == kind]

    steps = of(Event.LIQUIDATION_STEP)
    slices = steps[steps["instrument_id"] != 0]
    fills = of(Event.FILLED)
    sold = fills[(fills["flags"] & FillFlag.LIQUIDATION != 0) & (fills["flags"] & FillFlag.TAKER != 0)]
    took, closed, left = of(Event.BACKSTOP_TOOK), of(Event.DELEVERAGED), of(Event.LOSS_LEFT)
    begun = of(Event.LIQUIDATION_BEGUN)
    balances = state["balances"][0]
    insured = balances[(balances["account_id"] == INSURANCE_ACCOUNT) & (balances["asset_id"] == 1)]
    after = int(insured["free_atoms"].sum())
    paid, fees = int(of(Event.INSURANCE_PAID)["amount_atoms"].sum()), int(slices["amount_atoms"].sum())
    assert after == record.insured_atoms - paid + fees, "the insurance fund does not add up"
    first_stages = {
        "queued": Event.LIQUIDATION_BEGUN, "backstop": Event.BACKSTOP_TOOK, "deleveraging": Event.DELEVERAGED,
        "insurance": Event.INSURANCE_PAID, "loss_left": Event.LOSS_LEFT, "ended": Event.LIQUIDATION_ENDED,
    }  # fmt: skip
    stages = {name: _span(times[rows["kind"] == kind]) for name, kind in first_stages.items()}
    stages["slices"] = _span(times[(rows["kind"] == Event.LIQUIDATION_STEP) & (rows["instrument_id"] != 0)])
    return Figures(
        seed=record.seed,
        accounts=record.accounts,
        price_before=record.price_before,
        price_after=record.price_after,
        commands=int(state["seq"][0]),
        events=len(rows),
        seconds=seconds,
        open_interest_dollars=record.open_interest_atoms // USD,
        liquidations_begun=len(begun),
        accounts_liquidated=len(np.unique(begun["account_id"])),
        slices=len(slices),
        slices_unfilled=int(np.sum(slices["qty_lots"] == 0)),
        sold_dollars=_dollars(record, sold),
        backstop_before_dollars=record.backing_atoms // USD,
        backstop_took=len(took),
        backstop_took_dollars=_dollars(record, took),
        deleveraged=len(closed),
        deleveraged_accounts=len(np.unique(closed["account_id"])),
        deleveraged_dollars=_dollars(record, closed),
        deleveraged_loss_dollars=int(closed["amount_atoms"].sum()) // USD,
        fees_dollars=fees // USD,
        insurance_before_dollars=record.insured_atoms // USD,
        insurance_paid_dollars=paid // USD,
        insurance_after_dollars=after // USD,
        losses_left=len(left),
        loss_left_dollars=int(left["amount_atoms"].sum()) // USD,
        still_liquidated=int(np.count_nonzero(state["margins"][0, : state["tables"]["live"][0, MARGINS] + 1]["stage"])),
        stages=stages,
        liquidation_seconds=_lengths(rows, times),
        machine_seconds={what: round(ns / 1e9, 3) for what, ns in record.spent_ns.items()},
        digest=digest,
    )


def _dollars(record: Record, rows: np.ndarray) -> int:
    """What rows with a price and lots come to."""
    return int(np.sum(rows["price_ticks"] * rows["qty_lots"])) * record.tick_lot_atoms // USD


def _span(times: np.ndarray) -> list[int]:
    return [int(times.min()), int(times.max())] if len(times) else []


def _lengths(rows: np.ndarray, times: np.ndarray) -> list[int]:
    """Median and longest time from BEGUN to ENDED."""
    since: dict[Any, int] = {}
    lengths = []
    chosen = (rows["kind"] == Event.LIQUIDATION_BEGUN) | (rows["kind"] == Event.LIQUIDATION_ENDED)
    for row, time in zip(rows[chosen], times[chosen].tolist(), strict=True):
        account_id = int(row["account_id"])
        if row["kind"] == Event.LIQUIDATION_BEGUN:
            since[account_id] = time
        else:
            lengths.append(time - since.pop(account_id))
    return [int(np.median(lengths)), max(lengths)] if lengths else []
