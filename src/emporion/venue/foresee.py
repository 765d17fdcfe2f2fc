"""What would happen to an account's margin: at another mark of one contract, or with one more order.

Nothing is sent and nothing changes. The answers hold for prices, arrays and orders as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from emporion.schema.codes import ContractKind, Reject, Side
from emporion.schema.limits import PPM, SCENARIOS
from emporion.venue.pool import ContractTerms, Holding, PoolRows
from emporion.venue.reckon import Pool, reckon, value_down, value_up

# --- Another mark ----------------------------------------------------------------------------------------


def liquidation_ticks(pool: Pool, instrument_id: int) -> int | None:
    """The mark at which the account would be liquidated, all else as it is; None where there is none.

    The first mark, going against the position from where it stands, at which equity is below maintenance. Arrays
    stay as they are until somebody sends others, but for an outcome's, which follow its mark.
    """
    one = pool.of_contract(instrument_id)
    if one is None or not one.holding.pos_lots:
        return None
    terms, pos = pool.rows.contracts[instrument_id], one.holding.pos_lots
    if not terms.mark_ticks or pool.equity_atoms < pool.maintenance_atoms:
        return terms.mark_ticks or None
    is_below = _below(pool, terms)
    highest = terms.one_ticks - 1 if terms.kind == ContractKind.OUTCOME else terms.price_max_ticks
    far = 1 if pos > 0 else highest
    if not is_below(far):
        return None
    safe, fatal = terms.mark_ticks, far
    while abs(fatal - safe) > 1:
        middle = (safe + fatal) // 2
        safe, fatal = (safe, middle) if is_below(middle) else (middle, fatal)
    return fatal


def _below(pool: Pool, terms: ContractTerms) -> Callable[[int], bool]:
    """Whether the account is below maintenance when the contract's mark is so many ticks."""
    if terms.kind == ContractKind.OUTCOME:
        return lambda ticks: _is_below(reckon(_at_mark(pool.rows, terms, ticks)))
    one = pool.of_contract(terms.instrument_id)
    assert one is not None
    holding, settle = one.holding, pool.rows.assets[terms.settle_asset_id]
    others = pool.equity_atoms - one.value_atoms - pool.maintenance_atoms

    def is_below(ticks: int) -> bool:
        gain = holding.pos_lots * ticks * terms.atoms_per_tick_lot - holding.entry_atoms
        return others + value_down(settle, gain) < 0

    return is_below


def _is_below(pool: Pool) -> bool:
    return pool.equity_atoms < pool.maintenance_atoms


def _at_mark(rows: PoolRows, terms: ContractTerms, ticks: int) -> PoolRows:
    """The same account with an outcome at another mark: its array is what it pays less that, rule C-10."""
    value, shift = _value_of(rows, terms), rows.assets[terms.settle_asset_id].risk.unit_shift
    array = []
    for scenario in range(SCENARIOS):
        comes_true = scenario if scenario < terms.outcomes else 0
        pays = terms.one_ticks if comes_true == terms.outcome else 0
        array.append((pays - ticks) * (1 << terms.risk.unit_shift) * terms.atoms_per_tick_lot * value >> shift)
    there = replace(terms, mark_ticks=ticks, risk=replace(terms.risk, arrays=[array]))
    return replace(rows, contracts=rows.contracts | {terms.instrument_id: there}, is_hour_over=False)


def _value_of(rows: PoolRows, terms: ContractTerms) -> int:
    return rows.assets[terms.settle_asset_id].risk.value_atoms


# --- One more order --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """An order as margin sees it."""

    instrument_id: int
    side: int
    lots: int
    limit_ticks: int
    rate_ppm: int  # The higher of its fee rates, 0 for rebates.
    reduce_only: bool = False
    # Of an instrument that is delivered; 0 of a contract.
    base_asset_id: int = 0
    base_atoms_per_lot: int = 0
    quote_asset_id: int = 0
    atoms_per_tick_lot: int = 0


@dataclass(frozen=True)
class Foreseen:
    """The account as it is, and with the order open. Micro-dollars; amounts held are atoms."""

    reason: Reject
    before: Pool
    after: Pool
    order_risk_atoms: int
    hold_atoms: int
    borrow_atoms: int


def foresee(rows: PoolRows, order: Order) -> Foreseen:
    """What an order would do to a margin account, and why its margin would refuse it: rules P-2, P-3 and P-9."""
    before = reckon(rows)
    is_contract = order.instrument_id in rows.contracts
    with_it, risk, need = _with_contract(rows, order) if is_contract else _with_delivery(rows, before, order)
    risk_sum = rows.order_risk_atoms + risk
    after = reckon(replace(with_it, order_risk_atoms=risk_sum))
    hold = borrow = 0
    reason = _limits(rows, before, order) if is_contract else Reject.NONE
    if not is_contract:
        asset_id = order.quote_asset_id if order.side == Side.BUY else order.base_asset_id
        own = before.of_asset(asset_id)
        free = own.holding.free_atoms if own is not None else 0
        hold = min(need, max(free, 0)) if order.side == Side.BUY else need
        borrow = need - hold
        if order.side == Side.SELL and free < need:
            reason = Reject.INSUFFICIENT_FUNDS
        elif borrow > 0 and _lendable(rows, asset_id) < borrow:
            reason = Reject.NOTHING_TO_LEND
    return Foreseen(reason or _health(before, after), before, after, risk, hold, borrow)


def _health(before: Pool, after: Pool) -> Reject:
    """Rule P-3."""
    equity, risk = before.equity_atoms, after.rows.order_risk_atoms
    if after.initial_atoms <= before.initial_atoms and after.gross_atoms <= before.gross_atoms:
        return Reject.INSUFFICIENT_MARGIN if equity < before.maintenance_atoms + risk else Reject.NONE
    cap = before.rows.leverage_max
    if cap and equity < -(-after.gross_atoms // cap) + risk:
        return Reject.LEVERAGE_LIMIT
    return Reject.INSUFFICIENT_MARGIN if equity < after.initial_atoms + risk else Reject.NONE


def _limits(rows: PoolRows, before: Pool, order: Order) -> Reject:
    """Rule P-2, from REDUCE_ONLY to NO_MARK."""
    terms = rows.contracts[order.instrument_id]
    one = before.of_contract(order.instrument_id)
    holding = one.holding if one is not None else Holding(order.instrument_id)
    pos = holding.pos_lots if order.side == Side.BUY else -holding.pos_lots
    leaves = holding.buy_leaves if order.side == Side.BUY else holding.sell_leaves
    closable = max(-pos, 0)
    if order.reduce_only:
        if not closable:
            return Reject.REDUCE_ONLY
    else:
        if pos + leaves + order.lots > terms.position_max_lots:
            return Reject.POSITION_LIMIT
        opens = order.lots - min(order.lots, max(0, closable - leaves))
        if opens > 0 and terms.open_interest_lots + opens > terms.open_interest_max_lots:
            return Reject.OPEN_INTEREST_LIMIT
    settle = rows.assets[terms.settle_asset_id].risk
    if not terms.mark_ticks or not terms.risk.group_ids or not settle.group_ids or not settle.value_atoms:
        return Reject.NO_MARK
    return Reject.NONE


def _with_contract(rows: PoolRows, order: Order) -> tuple[PoolRows, int, int]:
    """The account with the order's leaves; its risk; nothing is held."""
    terms = rows.contracts[order.instrument_id]
    side = 1 if order.side == Side.BUY else -1
    given = max(0, side * (order.limit_ticks - terms.mark_ticks)) * order.lots * terms.atoms_per_tick_lot
    notional = order.limit_ticks * order.lots * terms.atoms_per_tick_lot
    risk = value_up(rows.assets[terms.settle_asset_id], given + _share_up(notional, order.rate_ppm) + 1)
    if order.reduce_only:
        return rows, risk, 0
    buys, sells = (order.lots, 0) if side > 0 else (0, order.lots)
    settle = Holding(asset_id=terms.settle_asset_id)
    return _added(_added(rows, settle, 0, 0), Holding(order.instrument_id), buys, sells), risk, 0


def _with_delivery(rows: PoolRows, before: Pool, order: Order) -> tuple[PoolRows, int, int]:
    """The same of an order for what is delivered; and what it needs of the asset it gives."""
    notional = order.limit_ticks * order.lots * order.atoms_per_tick_lot
    base_atoms = order.lots * order.base_atoms_per_lot
    fee = _share_up(notional, order.rate_ppm) + 1
    is_buy = order.side == Side.BUY
    given_id, given = (order.quote_asset_id, notional) if is_buy else (order.base_asset_id, base_atoms)
    got_id, got = (order.base_asset_id, base_atoms) if is_buy else (order.quote_asset_id, notional)
    own = before.of_asset(got_id)
    total = 0
    if own is not None:
        holding = own.holding
        total = holding.free_atoms + holding.order_held_atoms + holding.other_held_atoms - holding.entry_atoms
        total += holding.buy_leaves
    gains = value_down(rows.assets[got_id], total + got) - value_down(rows.assets[got_id], total)
    risk = max(0, value_up(rows.assets[given_id], given) - gains) + value_up(rows.assets[order.quote_asset_id], fee)
    with_it = _added(rows, Holding(asset_id=got_id), got, 0)
    with_it = _added(with_it, Holding(asset_id=given_id), 0, given)
    return with_it, risk, notional + fee if is_buy else base_atoms


def _lendable(rows: PoolRows, asset_id: int) -> int:
    asset = rows.assets[asset_id]
    return asset.lendable_atoms if asset.risk.group_ids and asset.risk.value_atoms else 0


def _added(rows: PoolRows, what: Holding, buys: int, sells: int) -> PoolRows:
    """With more leaves on a holding, which is made when it is not there."""
    is_there = [(each.instrument_id, each.asset_id) == (what.instrument_id, what.asset_id) for each in rows.holdings]
    holdings = list(rows.holdings) if any(is_there) else [*rows.holdings, what]
    place = is_there.index(True) if any(is_there) else len(rows.holdings)
    old = holdings[place]
    holdings[place] = replace(old, buy_leaves=old.buy_leaves + buys, sell_leaves=old.sell_leaves + sells)
    return replace(rows, holdings=holdings)


def _share_up(notional: int, rate_ppm: int) -> int:
    return -(-notional * rate_ppm // PPM)
