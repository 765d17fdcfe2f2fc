"""Why an account's margin is what it is: of each group the scenario that decides, with each holding's part in it.

Parts add up to losses, and losses and add-ons to initial margin, to the last micro-dollar: all are whole numbers.
"""

from dataclasses import dataclass

from emporion.schema.codes import GroupKind
from emporion.venue.pool import Holding
from emporion.venue.reckon import Exposure, Pool, held_gain, ordered_gain, risk_of, short_of

_PRICE = ("price down", "price halfway down", "price still", "price halfway up", "price up")
_TITLES = {  # By instruments/scenarios.py, where the sizes are.
    GroupKind.PRICE: (
        *(f"{move}, volatility {way}" for move in _PRICE for way in ("up", "down")), "far move down", "far move up",
        "basis down", "basis up", "reserved", "reserved",
    ),
    GroupKind.RATES: (
        "yields up", "yields down", "yields up a little", "yields down a little", "steeper", "flatter", "short end up",
        "short end down", "long end up", "long end down", "belly up", "belly down", *("reserved",) * 4,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What one holding, or its open orders, adds in one scenario: a gain, or negative a loss. Micro-dollars."""

    holding: Holding
    is_order: bool
    quantity: int  # Lots or atoms; of orders what they would add in the direction that loses.
    value_atoms: int


@dataclass(frozen=True)
class GroupPart:
    """One group's share of the margin."""

    group_id: int
    kind: int
    scenario: int
    exposure: Exposure
    parts: list[Part]  # Of that scenario; when the least loss for short options decides, of that.


@dataclass(frozen=True)
class Explained:
    """All of an account's margin in parts."""

    pool: Pool
    collateral: list[Part]  # Add up to equity.
    groups: list[GroupPart]
    addons: list[tuple[Holding, int]]


def explain(pool: Pool) -> Explained:
    """Takes an account's sums apart."""
    collateral = [
        Part(each.holding, False, each.gain_atoms if each.holding.instrument_id else each.quantity, each.value_atoms)
        for each in pool.weighed
        if each.value_atoms
    ]
    groups = [_group(pool, group_id, exposure) for group_id, exposure in sorted(pool.exposures.items())]
    addons = [(each.holding, each.addon_atoms) for each in pool.weighed if each.addon_atoms]
    return Explained(pool, collateral, groups, addons)


def title(kind: int, scenario: int) -> str:
    """A scenario in words."""
    if kind == GroupKind.EVENT:
        return f"outcome {scenario} comes true"
    return _TITLES[GroupKind(kind)][scenario]


def _group(pool: Pool, group_id: int, exposure: Exposure) -> GroupPart:
    scenario, rows = exposure.scenario, pool.rows
    parts = []
    for each in pool.weighed:
        risk, holding = risk_of(rows, each.holding), each.holding
        if group_id not in risk.group_ids:
            continue
        load = risk.group_ids.index(group_id)
        if exposure.is_short_minimum:
            if load:
                continue
            held = -short_of(risk, each.quantity)
            ordered = -short_of(risk, each.quantity - min(holding.sell_leaves, 2 * risk.cap)) - held
        else:
            held = held_gain(risk, load, scenario, each.quantity)
            ordered = ordered_gain(risk, load, scenario, holding)
        if held:
            parts.append(Part(holding, False, each.quantity, held))
        if ordered:
            is_buy = risk.arrays[load][scenario] < 0 and not exposure.is_short_minimum
            parts.append(Part(holding, True, holding.buy_leaves if is_buy else -holding.sell_leaves, ordered))
    return GroupPart(group_id, exposure.group.kind, scenario, exposure, parts)
