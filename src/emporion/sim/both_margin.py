"""What machine and model must agree on of contracts and margin: images of the tables, by what they say, not by row.

The sums of a margin account and its exposures are told of fresh accounts only (R-5): of stale ones there is nothing to
compare but the groups they still have rows for.
"""

from typing import Any

import numpy as np

from emporion.kernel.machine import Machine
from emporion.schema.limits import OUTCOMES_MAX, SCENARIOS, SYSTEM_ACCOUNTS
from emporion.sim.model_contracts_state import Contract, Holding, MarginAccount, Risk
from emporion.sim.model_loans import lent, promised
from emporion.sim.model_margin import exposures, exposures_of, is_fresh, quantities, sums, withdrawn
from emporion.sim.model_state import Venue

CONTRACT_FIELDS = {  # Of the machine's row, and of the model's record.
    "kind": "kind", "question_id": "question_id", "outcome": "outcome", "fee_form": "fee_form",
    "is_settled": "is_settled", "divisor": "divisor", "mark_ticks": "mark", "index_ticks": "index",
    "clearing_atoms": "clearing", "funding_atoms": "funding", "open_interest_lots": "open_interest",
    "position_max_lots": "position_max", "open_interest_max_lots": "open_interest_max",
    "funding_index": "funding_index", "interest_e12": "interest_e12", "clamp_e12": "clamp_e12", "cap_e12": "cap_e12",
    "funding_interval_ns": "funding_interval_ns", "impact_notional_atoms": "impact_notional",
    "expiry_ns": "expiry_ns", "window_ns": "window_ns", "strike_ticks": "strike", "daily_ticks": "daily",
    "one_ticks": "one_ticks",
}  # fmt: skip
LENDING_FIELDS = {
    "lending_cap_atoms": "cap", "interest_index_e12": "index_e12", "base_rate_e12": "base_rate_e12",
    "kink_rate_e12": "kink_rate_e12", "full_rate_e12": "full_rate_e12", "kink_ppm": "kink_ppm",
    "sale_instrument_id": "sale_instrument_id",
}  # fmt: skip
TERMS = {
    "backstop_account_id": "backstop_account_id", "slice_min_atoms": "slice_min",
    "slice_interval_ns": "slice_interval_ns", "backstop_ppm": "backstop_ppm", "liquidation_fee_ppm": "fee_ppm",
    "slice_slippage_ppm": "slippage_ppm",
}  # fmt: skip


def numbers(row: Any, names: Any) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in names)


# --- The machine -----------------------------------------------------------------------------------------


def of_machine(machine: Machine) -> dict[str, Any]:
    state = machine.array[0]
    margins = {int(row["account_id"]): row for row in live(state["margins"], "account_id")}
    of_row = [int(row["account_id"]) for row in state["margins"]]
    return {
        "epoch": int(state["epoch"]),
        "hour": int(state["hour"]),
        "liquidation": numbers(state, TERMS),
        "liquidation queue": chain(state["margins"], int(state["first_liquidation"]), "next_liquidation", "account_id"),
        "groups": {
            int(row["group_id"]): numbers(row, ("kind", "maintenance_ppm")) for row in live(state["groups"], "group_id")
        },
        "risks": machine_risks(state),
        "lending": {
            int(row["asset_id"]): numbers(row, ("lent_atoms", "promised_atoms", *LENDING_FIELDS))
            for row in live(state["assets"], "asset_id")
        },
        "contracts": {
            int(row["instrument_id"]): numbers(row, CONTRACT_FIELDS)
            for row in live(state["contracts"], "instrument_id")
        },
        "ranks": {
            int(row["instrument_id"]): tuple(
                [(int(rank["score"]), of_row[rank["margin"]]) for rank in row[side] if rank["margin"]]
                for side in ("long_ranks", "short_ranks")
            )
            for row in live(state["contracts"], "instrument_id")
        },
        "questions": {
            int(row["question_id"]): (
                *numbers(row, ("group_id", "outcomes", "status", "challenge_ns", "one_ticks")),
                *row["instrument_ids"].tolist(), *row["payout_ticks"].tolist(),
            )
            for row in live(state["questions"], "question_id")
        },
        "order risks": {
            int(row["order_id"]): int(row["risk_atoms"])
            for row in live(state["orders"], "order_id") if row["account_id"] > SYSTEM_ACCOUNTS
        },
        "borrows": {
            int(row["order_id"]): int(state["extras"][row["extra"]]["borrow_atoms"])
            for row in live(state["orders"], "order_id") if state["extras"][row["extra"]]["borrow_atoms"]
        },
        "margin accounts": {
            account_id: (
                *numbers(row, ("leverage_max", "stage", "order_risk_atoms")), bool(row["is_spent"]),
                int(row["hour"]), int(row["epoch"]) == int(state["epoch"]), machine_sums(state, row),
            )
            for account_id, row in margins.items()
        },
        "holdings": {account_id: machine_holdings(state, row) for account_id, row in margins.items()},
        "exposures": {account_id: machine_exposures(state, row) for account_id, row in margins.items()},
    }  # fmt: skip


def live(table: np.ndarray, key: str) -> np.ndarray:
    return table[table[key] != 0]


def chain(table: np.ndarray, first: int, link: str, name: str) -> list[int]:
    found = []
    while first:
        found.append(int(table[first][name]))
        first = int(table[first][link])
    return found


def machine_risks(state: Any) -> dict[tuple[int, int], tuple]:
    found = {}
    for row in state["risks"]:
        if not row["instrument_id"] and not row["asset_id"]:
            continue
        loads = int(row["loads"])
        arrays = tuple(
            (int(row["group_ids"][load]), *row["arrays"][load * SCENARIOS : (load + 1) * SCENARIOS].tolist())
            for load in range(loads)
        )
        values = numbers(row, ("unit_shift", "cap", "value_atoms", "short_min_atoms", "addon_from", "addon_atoms"))
        found[int(row["instrument_id"]), int(row["asset_id"])] = (arrays, *values)
    return found


def machine_sums(state: Any, row: Any) -> tuple[int, ...]:
    if row["epoch"] != state["epoch"]:
        return ()
    return numbers(row, ("equity_atoms", "initial_atoms", "maintenance_atoms", "gross_atoms"))


def machine_holdings(state: Any, row: Any) -> list[tuple[int, ...]]:
    """In the order they are looked at, with their places. An asset's entry is what is being withdrawn of it."""
    found = []
    pages = chain_rows(state["holding_pages"], int(row["first_page"]), "next_page")
    for number, page in enumerate(pages):
        for place, each in enumerate(page["holdings"]):
            if each["instrument_id"] or each["asset_id"]:
                position = ("pos_lots", "entry_atoms", "shown_entry_atoms", "buy_leaves", "sell_leaves")
                paid = int(each["paid_index"]) if is_paying(state, each) else 0
                found.append((number, place, *numbers(each, ("instrument_id", "asset_id", *position)), paid))
    return found


def is_paying(state: Any, holding: Any) -> bool:
    if holding["instrument_id"]:
        return bool(holding["pos_lots"])
    return bool(state["balances"][holding["balance"]]["free_atoms"] < 0)


def machine_exposures(state: Any, row: Any) -> dict[int, tuple[int, ...]]:
    is_fresh_row = row["epoch"] == state["epoch"]
    rows = chain_rows(state["exposures"], int(row["first_exposure"]), "next_exposure")
    names = ("held_loss_atoms", "loss_atoms", "held_short_atoms", "short_atoms")
    return {
        int(each["group_id"]): (*numbers(each, names), *each["held"].tolist(), *each["ordered"].tolist())
        if is_fresh_row else ()
        for each in rows
    }  # fmt: skip


def chain_rows(table: np.ndarray, first: int, link: str) -> list[Any]:
    found = []
    while first:
        found.append(table[first])
        first = int(table[first][link])
    return found


# --- The model ---------------------------------------------------------------------------------------------


def of_model(venue: Venue) -> dict[str, Any]:
    return {
        "epoch": venue.epoch,
        "hour": venue.hour,
        "liquidation": tuple(getattr(venue.liquidation, name) for name in TERMS.values()),
        "liquidation queue": list(venue.liquidation_queue),
        "groups": {each.group_id: (each.kind, each.maintenance_ppm) for each in venue.groups.values()},
        "risks": {(0, asset_id): risk_numbers(risk) for asset_id, risk in venue.asset_risks.items()}
        | {(number, 0): risk_numbers(contract.risk) for number, contract in venue.contracts.items()},
        "lending": {
            asset_id: (
                lent(venue, asset_id), promised(venue, asset_id),
                *(getattr(venue.lending_of(asset_id), name) for name in LENDING_FIELDS.values()),
            )
            for asset_id in venue.assets
        },
        "contracts": {number: contract_numbers(contract) for number, contract in venue.contracts.items()},
        "ranks": {number: (each.long_ranks, each.short_ranks) for number, each in venue.contracts.items()},
        "questions": {
            each.question_id: (
                each.group_id, each.outcomes, each.status, each.challenge_ns, each.one_ticks,
                *each.instrument_ids[:OUTCOMES_MAX], *each.payouts[:OUTCOMES_MAX],
            )
            for each in venue.questions.values()
        },
        "order risks": {each.order_id: each.risk for each in venue.orders.values()},
        "borrows": {each.order_id: each.borrow for each in venue.orders.values() if each.borrow},
        "margin accounts": {each.account_id: account_numbers(venue, each) for each in venue.margins.values()},
        "holdings": {each.account_id: holding_numbers(venue, each) for each in venue.margins.values()},
        "exposures": {each.account_id: exposure_numbers(venue, each) for each in venue.margins.values()},
    }  # fmt: skip


def risk_numbers(risk: Risk) -> tuple:
    arrays = tuple((load.group_id, *load.array) for load in risk.loads[: risk.count])
    return (arrays, risk.unit_shift, risk.cap, risk.value, risk.short_min, risk.addon_from, risk.addon)


def contract_numbers(contract: Contract) -> tuple[int, ...]:
    return tuple(int(getattr(contract, name)) for name in CONTRACT_FIELDS.values())


def account_numbers(venue: Venue, account: MarginAccount) -> tuple:
    now, fresh = sums(venue, account), is_fresh(venue, account)
    return (
        account.leverage_max, account.stage, now.order_risk, account.is_spent, account.hour, fresh,
        (now.equity, now.initial, now.maintenance, now.gross) if fresh else (),
    )  # fmt: skip


def holding_numbers(venue: Venue, account: MarginAccount) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for number, page in enumerate(account.pages):
        for place, each in enumerate(page):
            if each is None:
                continue
            has = quantities(venue, account, each)
            entry = each.entry if each.instrument_id else withdrawn(venue, account.account_id, each.asset_id)
            found.append((
                number, place, each.instrument_id, each.asset_id, each.pos, entry, each.shown_entry,
                has.buys, has.sells, paid_index(venue, account, each),
            ))  # fmt: skip
    return found


def paid_index(venue: Venue, account: MarginAccount, holding: Holding) -> int:
    """0 where there is nothing to pay for."""
    if holding.instrument_id:
        return holding.paid_index if holding.pos else 0
    balance = venue.balance(account.account_id, holding.asset_id)
    return balance.paid_index if balance.free < 0 else 0


def exposure_numbers(venue: Venue, account: MarginAccount) -> dict[int, tuple[int, ...]]:
    if not is_fresh(venue, account):
        return dict.fromkeys(exposures_of(venue, account), ())
    return {
        group_id: (each.held_loss, each.loss, each.held_short, each.short, *each.held, *each.ordered)
        for group_id, each in exposures(venue, account).items()
    }


def row_counts(venue: Venue) -> dict[str, int]:
    """Rows in use of the tables that only contracts and margin have."""
    return {
        "groups": len(venue.groups),
        "risks": len(venue.asset_risks) + len(venue.contracts),
        "contracts": len(venue.contracts),
        "questions": len(venue.questions),
        "margins": len(venue.margins),
        "holding_pages": sum(len(each.pages) for each in venue.margins.values()),
        "exposures": sum(len(exposures_of(venue, each)) for each in venue.margins.values()),
    }
