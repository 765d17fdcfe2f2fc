"""What an account's margin is reckoned from: its holdings and the terms of all that they are, as plain numbers.

Gathered from the tables in one go, between two commands, so that they are of one moment. What is made of them
is in reckon.py and needs no tables, so a door far from the node may do it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue
from emporion.schema.codes import ContractKind, LiquidationStage, MarginMode
from emporion.schema.codes import Limit as Table
from emporion.schema.limits import E12, LENDING_ACCOUNT, PAGE_HOLDINGS, PPM, SCENARIOS
from emporion.venue.catalog import Catalog


@dataclass(frozen=True)
class Risk:
    """Terms of one contract or asset: see RISK in schema/state.py."""

    group_ids: list[int] = field(default_factory=list)  # One for each load.
    arrays: list[list[int]] = field(default_factory=list)  # For each load its 16 scenarios.
    unit_shift: int = 0
    cap: int = 0
    value_atoms: int = 0
    short_min_atoms: int = 0
    addon_from: int = 0
    addon_atoms: int = 0


@dataclass(frozen=True)
class AssetTerms:
    """An asset that the account has, or that a contract of it settles in."""

    asset_id: int
    risk: Risk
    interest_index_e12: int = 0
    rate_e12: int = 0  # Interest of an hour, as things stand.
    lendable_atoms: int = 0


@dataclass(frozen=True)
class ContractTerms:
    """A contract that the account has a position or orders in."""

    instrument_id: int
    settle_asset_id: int
    kind: int  # codes.ContractKind
    atoms_per_tick_lot: int
    price_max_ticks: int
    mark_ticks: int
    funding_index: int
    is_settled: bool
    settle_ticks: int
    outcome: int
    one_ticks: int
    outcomes: int  # Of its question; 0 of others.
    position_max_lots: int
    open_interest_lots: int
    open_interest_max_lots: int
    fee_form: int
    risk: Risk


@dataclass(frozen=True)
class GroupTerms:
    group_id: int
    kind: int  # codes.GroupKind
    maintenance_ppm: int


@dataclass(frozen=True)
class Holding:
    """One asset or contract of the account, as its rows have it."""

    instrument_id: int = 0  # Of a contract,
    asset_id: int = 0  # or of an asset.
    pos_lots: int = 0
    entry_atoms: int = 0  # Of an asset: what is being withdrawn.
    shown_entry_atoms: int = 0
    paid_index: int = 0
    buy_leaves: int = 0
    sell_leaves: int = 0
    free_atoms: int = 0  # Of an asset: its balance.
    order_held_atoms: int = 0
    other_held_atoms: int = 0


@dataclass(frozen=True)
class PoolRows:
    """All of one account."""

    account_id: int
    mode: int  # codes.MarginMode
    stage: int = LiquidationStage.NONE
    leverage_max: int = 0
    order_risk_atoms: int = 0
    is_hour_over: bool = False  # Positions are to be marked to cash.
    holdings: list[Holding] = field(default_factory=list)  # In the order of its pages.
    contracts: dict[int, ContractTerms] = field(default_factory=dict)  # By instrument.
    assets: dict[int, AssetTerms] = field(default_factory=dict)
    groups: dict[int, GroupTerms] = field(default_factory=dict)


BalancesOf = Callable[[int], NDArray[np.int64]]


def gather(catalog: Catalog, account_id: int, balances_of: BalancesOf | None = None) -> PoolRows:
    """The rows of an account; of a cash account its balances, which nothing is asked of.

    `balances_of`: where an account's balances are, for those who have an index; else they are looked for.
    BadValue: there is no such account.
    """
    if balances_of is None:

        def balances_of(owner_id: int) -> NDArray[np.int64]:
            return np.flatnonzero(catalog.rows(Table.BALANCES)["account_id"] == owner_id)

    accounts = catalog.rows(Table.ACCOUNTS)
    if not 0 < account_id < len(accounts):
        raise BadValue(f"there is no account {account_id}")
    gatherer = _Gatherer(catalog, {}, {}, {}, balances_of)
    margin_row = int(accounts["margin"][account_id])
    if margin_row == 0:
        holdings = [gatherer.balance(int(number)) for number in balances_of(account_id)]
        return PoolRows(account_id, MarginMode.CASH, 0, 0, 0, False, holdings, {}, gatherer.assets, gatherer.groups)
    margin = catalog.rows(Table.MARGINS)[margin_row]
    holdings = []
    page = int(margin["first_page"])
    while page:
        row = catalog.rows(Table.HOLDING_PAGES)[page]
        for place in range(PAGE_HOLDINGS):
            holding = row["holdings"][place]
            if holding["instrument_id"] or holding["asset_id"]:
                holdings.append(gatherer.holding(holding))
        page = int(row["next_page"])
    return PoolRows(
        account_id=account_id,
        mode=MarginMode.MARGIN,
        stage=int(margin["stage"]),
        leverage_max=int(margin["leverage_max"]),
        order_risk_atoms=int(margin["order_risk_atoms"]),
        is_hour_over=int(margin["hour"]) < catalog.head("hour"),
        holdings=holdings,
        contracts=gatherer.contracts,
        assets=gatherer.assets,
        groups=gatherer.groups,
    )


@dataclass
class _Gatherer:
    """Reads rows, each of the terms once."""

    catalog: Catalog
    contracts: dict[int, ContractTerms]
    assets: dict[int, AssetTerms]
    groups: dict[int, GroupTerms]
    balances_of: BalancesOf
    lending: dict[int, int] | None = None  # What the lending account has, once it was asked for.

    def holding(self, row: np.void) -> Holding:
        if row["instrument_id"]:
            self.contract(int(row["instrument_id"]))
            names = ("instrument_id", "pos_lots", "entry_atoms", "shown_entry_atoms", "paid_index")
            fields = {name: int(row[name]) for name in (*names, "buy_leaves", "sell_leaves")}
            return Holding(**fields)
        fields = {name: int(row[name]) for name in ("entry_atoms", "paid_index", "buy_leaves", "sell_leaves")}
        return replace(self.balance(int(row["balance"])), **fields)

    def balance(self, number: int) -> Holding:
        row = self.catalog.rows(Table.BALANCES)[number]
        names = ("asset_id", "free_atoms", "order_held_atoms", "other_held_atoms")
        self.asset(int(row["asset_id"]))
        return Holding(**{name: int(row[name]) for name in names})

    def contract(self, instrument_id: int) -> None:
        if instrument_id in self.contracts:
            return
        instrument = self.catalog.rows(Table.INSTRUMENTS)[instrument_id]
        row = self.catalog.rows(Table.CONTRACTS)[instrument["contract"]]
        is_outcome = row["kind"] == ContractKind.OUTCOME
        question = self.catalog.rows(Table.QUESTIONS)[row["question_id"] if is_outcome else 0]
        names = (
            "mark_ticks", "funding_index", "settle_ticks", "outcome", "one_ticks", "position_max_lots",
            "open_interest_lots", "open_interest_max_lots", "fee_form",
        )  # fmt: skip
        self.contracts[instrument_id] = ContractTerms(
            instrument_id=instrument_id,
            settle_asset_id=int(instrument["quote_asset_id"]),
            kind=int(row["kind"]),
            atoms_per_tick_lot=int(instrument["atoms_per_tick_lot"]),
            price_max_ticks=int(instrument["price_max_ticks"]),
            is_settled=bool(row["is_settled"]),
            outcomes=int(question["outcomes"]),
            risk=self._risk(int(row["risk"])),
            **{name: int(row[name]) for name in names},
        )
        self.asset(int(instrument["quote_asset_id"]))

    def asset(self, asset_id: int) -> None:
        if asset_id in self.assets:
            return
        row = self.catalog.rows(Table.ASSETS)[asset_id]
        lending_free = self._lending_free(asset_id)
        lent, promised = int(row["lent_atoms"]), int(row["promised_atoms"])
        lendable = min(lending_free, int(row["lending_cap_atoms"])) - lent - promised
        self.assets[asset_id] = AssetTerms(
            asset_id, self._risk(int(row["risk"])), int(row["interest_index_e12"]), _rate_e12(row, lent, lending_free),
            max(lendable, 0),
        )  # fmt: skip

    def _lending_free(self, asset_id: int) -> int:
        if self.lending is None:
            rows = self.catalog.rows(Table.BALANCES)[self.balances_of(LENDING_ACCOUNT)]
            self.lending = dict(zip(rows["asset_id"].tolist(), rows["free_atoms"].tolist(), strict=True))
        return self.lending.get(asset_id, 0)

    def _risk(self, number: int) -> Risk:
        row = self.catalog.rows(Table.RISKS)[number]
        group_ids = row["group_ids"][: row["loads"]].tolist()
        arrays = row["arrays"].reshape(-1, SCENARIOS)[: row["loads"]].tolist()
        for group_id in group_ids:
            group = self.catalog.rows(Table.GROUPS)[group_id]
            self.groups.setdefault(group_id, GroupTerms(group_id, int(group["kind"]), int(group["maintenance_ppm"])))
        names = ("unit_shift", "cap", "value_atoms", "short_min_atoms", "addon_from", "addon_atoms")
        return Risk(group_ids, arrays, **{name: int(row[name]) for name in names})


def _rate_e12(asset: np.void, lent: int, lending_free: int) -> int:
    """An hour's interest at the present use of what there is to lend: rule N-3."""
    base, kink, full, at = (int(asset[n]) for n in ("base_rate_e12", "kink_rate_e12", "full_rate_e12", "kink_ppm"))
    if lent <= 0:
        return base
    use = lent * PPM // lending_free if lent < lending_free else PPM
    if use <= at:
        return base + (kink - base) * use // at if at else kink
    return min(kink + (full - kink) * (use - at) // (PPM - at), E12)
