"""An account's margin as JSON, reckoned here from rows that the node gave: see venue/reckon.py."""

from decimal import Decimal
from typing import Any

from emporion.gateway.catalog import Catalog
from emporion.gateway.contract_views import KINDS, RATE
from emporion.gateway.decimals import Scale
from emporion.gateway.stories import SIDES
from emporion.schema.codes import GroupKind, LiquidationStage, MarginMode, OrderFlag
from emporion.venue.explain import Explained, Part, title
from emporion.venue.liquidation_price import liquidation_ticks
from emporion.venue.margining import FINER, entry_price
from emporion.venue.pool import Holding
from emporion.venue.reckon import Pool
from emporion.venue.values import text_of
from emporion.wire import margin as wire

DOLLARS = Scale(Decimal("0.000001"), "micro-dollar")
MODES: list[Any] = text_of(MarginMode)
STAGES: list[Any] = text_of(LiquidationStage)
GROUPS: list[Any] = text_of(GroupKind)


def summary_of(pool: Pool, account: str, catalog: Catalog) -> wire.MarginSummary:
    """An account's health."""
    rows, text = pool.rows, DOLLARS.plain
    equity, gross = pool.equity_atoms, pool.gross_atoms
    loans = []
    for each in pool.weighed:
        asset_id, free = each.holding.asset_id, each.holding.free_atoms
        if asset_id and free < 0 and rows.mode == MarginMode.MARGIN:
            asset = catalog.assets[asset_id]
            loans.append(wire.Loan(asset.name, asset.amount.plain(-free), RATE.plain(rows.assets[asset_id].rate_e12)))
    return wire.MarginSummary(
        account=account,
        mode=MODES[rows.mode],
        stage=STAGES[rows.stage],
        equity=text(equity),
        initial=text(pool.initial_atoms),
        maintenance=text(pool.maintenance_atoms),
        order_risk=text(rows.order_risk_atoms),
        required=text(pool.required_atoms),
        available=text(equity - pool.required_atoms),
        gross=text(gross),
        leverage=f"{Decimal(gross) / equity:.2f}" if equity > 0 else None,
        leverage_max=rows.leverage_max,
        borrowed=loans,
    )


def positions_of(pool: Pool, account: str, catalog: Catalog) -> list[wire.Position]:
    """Its positions, and contracts that it has orders in."""
    return [
        _position(pool, each.holding, each.gain_atoms, account, catalog)
        for each in pool.weighed
        if each.holding.instrument_id
    ]


def explanation_of(
    explained: Explained, seq: int, account: str, names: dict[int, str], catalog: Catalog
) -> wire.Explanation:  # fmt: skip
    """Why the margin is what it is. `names` of groups."""
    text = DOLLARS.plain
    groups = [
        wire.MarginGroup(
            group_id=each.group_id,
            group=names[each.group_id],
            kind=GROUPS[each.kind],
            scenario=each.scenario,
            scenario_title=title(each.kind, each.scenario),
            loss=text(each.exposure.loss_atoms),
            held_loss=text(each.exposure.held_loss_atoms),
            maintenance=text(each.exposure.maintenance_atoms),
            is_short_minimum=each.exposure.is_short_minimum,
            scenarios=[text(gain) for gain in each.exposure.totals],
            parts=[_part(part, catalog) for part in each.parts],
        )
        for each in explained.groups
    ]
    return wire.Explanation(
        seq=seq,
        summary=summary_of(explained.pool, account, catalog),
        collateral=[_part(part, catalog, is_collateral=True) for part in explained.collateral],
        groups=groups,
        addons=[wire.MarginAddon(_name(holding, catalog), text(value)) for holding, value in explained.addons],
    )


def twap_of(row: Any, account: str, catalog: Catalog, reason: str | None = None, is_ended: bool = False) -> wire.Twap:
    """A TWAP from its row."""
    listed = catalog.listed(int(row["instrument_id"]))
    return wire.Twap(
        twap_id=int(row["twap_id"]),
        account=account,
        instrument=listed.name,
        side=SIDES[row["side"]],
        qty=listed.qty.text(row["qty_lots"]),
        done=listed.qty.text(row["done_lots"]),
        start_ns=str(int(row["start_ns"])),
        end_ns=str(int(row["end_ns"])),
        interval_ns=str(int(row["interval_ns"])),
        status="ended" if is_ended else "running",
        reason=reason,
        price=listed.price.text(row["limit_price_ticks"]) if row["limit_price_ticks"] else None,
        reduce_only=bool(row["flags"] & OrderFlag.REDUCE_ONLY),
    )


def _position(pool: Pool, holding: Holding, gain_atoms: int, account: str, catalog: Catalog) -> wire.Position:
    terms, listed = pool.rows.contracts[holding.instrument_id], catalog.listed(holding.instrument_id)
    worth = holding.pos_lots * terms.mark_ticks * terms.atoms_per_tick_lot
    amount, liquidation = listed.quote.amount.plain, liquidation_ticks(pool, holding.instrument_id)
    entry = entry_price(holding, terms.atoms_per_tick_lot)
    return wire.Position(
        account=account,
        instrument=listed.name,
        kind=KINDS[terms.kind],
        qty=listed.qty.text(holding.pos_lots),
        entry=Scale(listed.price.unit * FINER).plain(entry) if holding.pos_lots else None,
        mark=listed.price.text(terms.mark_ticks) if terms.mark_ticks else None,
        value=amount(worth),
        settle=listed.quote.name,
        unrealized=amount(worth - holding.shown_entry_atoms),
        unposted=amount(gain_atoms),
        liquidation=listed.price.text(liquidation) if liquidation is not None else None,
        buy_open=listed.qty.text(holding.buy_leaves),
        sell_open=listed.qty.text(holding.sell_leaves),
    )


def _name(holding: Holding, catalog: Catalog) -> str:
    if holding.instrument_id:
        return catalog.listed(holding.instrument_id).name
    return catalog.assets[holding.asset_id].name


def _part(part: Part, catalog: Catalog, is_collateral: bool = False) -> wire.MarginPart:
    holding = part.holding
    if not holding.instrument_id:
        qty = catalog.assets[holding.asset_id].amount.plain(part.quantity)
    elif is_collateral:  # Of a contract its gain, in what it settles in.
        qty = catalog.listed(holding.instrument_id).quote.amount.plain(part.quantity)
    else:
        qty = catalog.listed(holding.instrument_id).qty.text(part.quantity)
    return wire.MarginPart(_name(holding, catalog), part.is_order, qty, DOLLARS.plain(part.value_atoms))
