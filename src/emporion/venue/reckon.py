"""An account's margin, reckoned from scratch from its rows: what the kernel keeps by addition, as a sum.

The numbers are those of the kernel to the atom: first what is due is settled, as a touch would do (rules S and N),
then each holding adds to equity and to the exposures of its groups (rules R). All sums are micro-dollars.
"""

from dataclasses import dataclass, field, replace

from emporion.schema.limits import E12, FUNDING_INDEX_SCALE, PPM, SCENARIOS
from emporion.venue.pool import AssetTerms, ContractTerms, GroupTerms, Holding, PoolRows, Risk


@dataclass(frozen=True)
class Weighed:
    """What one holding adds."""

    holding: Holding  # After what was due.
    quantity: int  # Lots, or atoms as far as they count.
    value_atoms: int  # To equity.
    gross_atoms: int  # To gross exposure, its orders counted.
    addon_atoms: int  # To initial margin for its size, its orders counted,
    held_addon_atoms: int  # and to maintenance without them.
    gain_atoms: int = 0  # Of a contract: what is not marked to cash yet, atoms of what it settles in.


@dataclass
class Exposure:
    """What an account's holdings and orders do in the scenarios of one group."""

    group: GroupTerms
    held: list[int] = field(default_factory=lambda: [0] * SCENARIOS)
    ordered: list[int] = field(default_factory=lambda: [0] * SCENARIOS)  # The worst that orders may add.
    held_short_atoms: int = 0
    short_atoms: int = 0

    @property
    def totals(self) -> list[int]:
        return [held + ordered for held, ordered in zip(self.held, self.ordered, strict=True)]

    @property
    def scenario(self) -> int:
        """The one that decides: the worst, of equals the first."""
        totals = self.totals
        return totals.index(min(totals))

    @property
    def held_loss_atoms(self) -> int:
        return max(self.held_short_atoms, *(-gain for gain in self.held), 0)

    @property
    def loss_atoms(self) -> int:
        return max(self.short_atoms, *(-gain for gain in self.totals), 0)

    @property
    def is_short_minimum(self) -> bool:
        """Whether the least loss for short options decides, and no scenario."""
        return self.short_atoms > max(0, *(-gain for gain in self.totals))

    @property
    def maintenance_atoms(self) -> int:
        return -(-self.held_loss_atoms * self.group.maintenance_ppm // PPM)


@dataclass(frozen=True)
class Pool:
    """An account's health."""

    rows: PoolRows
    weighed: list[Weighed]
    exposures: dict[int, Exposure]  # By group.

    @property
    def equity_atoms(self) -> int:
        return sum(each.value_atoms for each in self.weighed)

    @property
    def initial_atoms(self) -> int:
        losses = sum(each.loss_atoms for each in self.exposures.values())
        return losses + sum(each.addon_atoms for each in self.weighed)

    @property
    def maintenance_atoms(self) -> int:
        losses = sum(each.maintenance_atoms for each in self.exposures.values())
        return losses + sum(each.held_addon_atoms for each in self.weighed)

    @property
    def gross_atoms(self) -> int:
        return sum(each.gross_atoms for each in self.weighed)

    @property
    def required_atoms(self) -> int:
        """What equity must cover to take on risk."""
        cap = self.rows.leverage_max
        by_leverage = -(-self.gross_atoms // cap) if cap else 0
        return max(self.initial_atoms, by_leverage) + self.rows.order_risk_atoms

    def of_contract(self, instrument_id: int) -> Weighed | None:
        """The holding of a contract, or None."""
        return next((each for each in self.weighed if each.holding.instrument_id == instrument_id), None)

    def of_asset(self, asset_id: int) -> Weighed | None:
        """The holding of an asset, or None."""
        return next((each for each in self.weighed if each.holding.asset_id == asset_id), None)


def reckon(rows: PoolRows) -> Pool:
    """All of an account's sums, after what is due."""
    holdings = settled(rows)
    exposures: dict[int, Exposure] = {}
    weighed = []
    for holding in holdings:
        one = weigh(rows, holding)
        weighed.append(one)
        if rows.mode:  # A cash account holds everything in full.
            _expose(rows, exposures, one)
    return Pool(rows, weighed, exposures)


# --- What is due -----------------------------------------------------------------------------------------


def settled(rows: PoolRows) -> list[Holding]:
    """The holdings as a touch would leave them: interest first, then contracts, both in the order of the pages."""
    free = {each.asset_id: each.free_atoms for each in rows.holdings if each.asset_id}
    for each in rows.holdings:
        if each.asset_id and each.free_atoms < 0 and rows.mode:
            index = rows.assets[each.asset_id].interest_index_e12
            free[each.asset_id] -= -(each.free_atoms * min(index - each.paid_index, E12) // E12)
    contracts = {}
    for each in rows.holdings:
        if each.instrument_id:
            terms = rows.contracts[each.instrument_id]
            contracts[each.instrument_id], gain = _settle_contract(each, terms, rows.is_hour_over)
            free[terms.settle_asset_id] = free.get(terms.settle_asset_id, 0) + gain
    return [
        contracts[each.instrument_id] if each.instrument_id else replace(each, free_atoms=free[each.asset_id])
        for each in rows.holdings
    ]


def _settle_contract(holding: Holding, terms: ContractTerms, is_hour_over: bool) -> tuple[Holding, int]:
    """The holding after funding, marking to cash or the end, and what its account gets of the settle asset."""
    if not holding.pos_lots:
        return holding, 0
    gain = -holding.pos_lots * (terms.funding_index - holding.paid_index) // FUNDING_INDEX_SCALE
    holding = replace(holding, paid_index=terms.funding_index)
    if terms.is_settled:
        final = terms.settle_ticks * holding.pos_lots * terms.atoms_per_tick_lot
        gain += final - holding.entry_atoms
        return replace(holding, pos_lots=0, entry_atoms=0, shown_entry_atoms=0, paid_index=0), gain
    if is_hour_over:
        worth = terms.mark_ticks * holding.pos_lots * terms.atoms_per_tick_lot
        gain += worth - holding.entry_atoms
        holding = replace(holding, entry_atoms=worth)
    return holding, gain


# --- What a holding adds ---------------------------------------------------------------------------------


def weigh(rows: PoolRows, holding: Holding) -> Weighed:
    """What one holding adds, by itself."""
    risk = risk_of(rows, holding)
    quantity = quantity_of(rows, holding)
    bound = 2 * risk.cap
    most = _largest(quantity, min(holding.buy_leaves, bound), min(holding.sell_leaves, bound))
    addon, held_addon = addon_of(risk, most), addon_of(risk, abs(quantity))
    if not holding.instrument_id:
        return Weighed(holding, quantity, value_down(rows.assets[holding.asset_id], quantity), 0, addon, held_addon)
    terms = rows.contracts[holding.instrument_id]
    settle = rows.assets[terms.settle_asset_id]
    gain = holding.pos_lots * terms.mark_ticks * terms.atoms_per_tick_lot - holding.entry_atoms
    lots = _largest(holding.pos_lots, holding.buy_leaves, holding.sell_leaves)
    gross = value_up(settle, lots * terms.mark_ticks * terms.atoms_per_tick_lot)
    return Weighed(holding, quantity, value_down(settle, gain), gross, addon, held_addon, gain)


def risk_of(rows: PoolRows, holding: Holding) -> Risk:
    """Terms of a holding's own array."""
    if holding.instrument_id:
        return rows.contracts[holding.instrument_id].risk
    return rows.assets[holding.asset_id].risk


def quantity_of(rows: PoolRows, holding: Holding) -> int:
    """What it has, as far as it counts: lots; of an asset the total, less what is being withdrawn."""
    risk = risk_of(rows, holding)
    if holding.instrument_id:
        return _clamped(holding.pos_lots, risk.cap)
    total = holding.free_atoms + holding.order_held_atoms + holding.other_held_atoms
    return _clamped(total - holding.entry_atoms, risk.cap)


def value_down(asset: AssetTerms, atoms: int) -> int:
    """Micro-dollars of so many atoms, rounded down; more than the cap, either way, counts as the cap."""
    risk = asset.risk
    return _clamped(atoms, risk.cap) * risk.value_atoms >> risk.unit_shift


def value_up(asset: AssetTerms, atoms: int) -> int:
    """The same, rounded up."""
    return -value_down(asset, -atoms)


def addon_of(risk: Risk, quantity: int) -> int:
    """What a quantity costs for its size alone."""
    if quantity <= risk.addon_from:
        return 0
    return _up((quantity - risk.addon_from) * risk.addon_atoms, risk.unit_shift)


def short_of(risk: Risk, quantity: int) -> int:
    """The least loss of a quantity for being short."""
    return _up(max(-quantity, 0) * risk.short_min_atoms, risk.unit_shift)


def held_gain(risk: Risk, load: int, scenario: int, quantity: int) -> int:
    """What a quantity gains in a scenario of one of its loads."""
    return quantity * risk.arrays[load][scenario] >> risk.unit_shift


def ordered_gain(risk: Risk, load: int, scenario: int, holding: Holding) -> int:
    """What its orders may lose there at worst: not above 0."""
    gain, bound = risk.arrays[load][scenario], 2 * risk.cap
    buys, sells = min(holding.buy_leaves, bound), min(holding.sell_leaves, bound)
    return (buys * min(gain, 0) >> risk.unit_shift) + (sells * min(-gain, 0) >> risk.unit_shift)


def _expose(rows: PoolRows, exposures: dict[int, Exposure], one: Weighed) -> None:
    risk = risk_of(rows, one.holding)
    for load, group_id in enumerate(risk.group_ids):
        exposure = exposures.setdefault(group_id, Exposure(rows.groups[group_id]))
        for scenario in range(SCENARIOS):
            exposure.held[scenario] += held_gain(risk, load, scenario, one.quantity)
            exposure.ordered[scenario] += ordered_gain(risk, load, scenario, one.holding)
    if risk.group_ids and risk.short_min_atoms:
        exposure = exposures[risk.group_ids[0]]
        exposure.held_short_atoms += short_of(risk, one.quantity)
        exposure.short_atoms += short_of(risk, one.quantity - min(one.holding.sell_leaves, 2 * risk.cap))


def _largest(held: int, buys: int, sells: int) -> int:
    return max(abs(held + buys), abs(held - sells))


def _clamped(quantity: int, cap: int) -> int:
    return max(-cap, min(quantity, cap))


def _up(product: int, shift: int) -> int:
    return -(-product >> shift)
