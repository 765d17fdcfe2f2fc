"""What a margin account's order is judged by beyond the order itself: position, room, margin. Rules P-2, P-3 and P-5.

Nothing here changes anything but `touch`, which does what is due on the account anyway.
"""

import numpy as np

from emporion.kernel import health, holdings, index, loans, margin, position, risk
from emporion.kernel.jit import kernel
from emporion.kernel.order_margin import risk_of
from emporion.schema.codes import LiquidationStage, OrderFlag, Reject, Side, Tif
from emporion.schema.limits import SUPPLY_MAX

BUY = Side.BUY.value
SELL = Side.SELL.value
STOP = OrderFlag.STOP.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
FOK = Tif.FOK.value
NONE = LiquidationStage.NONE.value


@kernel
def is_liquidated(state, account):
    """Whether the account is being liquidated, and may only cancel."""
    return state.margins[account.margin].stage != NONE


@kernel
def place(state, instrument, m, command, limit_ticks, is_tied):
    """Judges what position and prices say of a PLACE; `is_tied`: it has a link, and so may wait for a position."""
    side, lots, flags = np.int64(command.side), command.qty_lots, command.flags
    reason = Reject.NONE
    if flags & REDUCE_ONLY != 0:
        if flags & STOP == 0 and not is_tied:
            closable = _closable(state, m, command.instrument_id, side)
            if closable == 0 or (command.tif == FOK and closable < lots):
                reason = Reject.REDUCE_ONLY
    else:
        reason = _limits(state, instrument, m, command.instrument_id, side, lots, limit_ticks, 0, 0)
    if reason == Reject.NONE and instrument.contract != 0 and not risk.is_contract_priced(state, instrument):
        return Reject.NO_MARK
    return reason


@kernel
def place_money(state, instrument, m, command, limit_ticks, rate_ppm, need_atoms, out):
    """The money of a PLACE, behind every other reason but room. The account is touched first.

    Args:
        limit_ticks, rate_ppm, need_atoms: rules O-4 and O-6; the need is 0 of a contract.
    Returns:
        (reason, atoms it has to borrow).
    """
    side, lots, flags = np.int64(command.side), command.qty_lots, command.flags
    is_reducing = flags & REDUCE_ONLY != 0
    if not margin.touch(state, m, out):
        return Reject.TABLE_FULL, np.int64(0)
    if is_reducing:
        has_room = holdings.has_room_for_asset(state, m, instrument.quote_asset_id)
    else:
        has_room = holdings.has_room_for(state, m, command.instrument_id)
    if not has_room:
        return Reject.TABLE_FULL, np.int64(0)
    borrow = np.int64(0)
    first, second = np.int64(0), np.int64(0)
    if instrument.contract == 0:
        reason, borrow = _funds(state, instrument, state.margins[m].account_id, side, need_atoms, 0, 0)
        if reason != Reject.NONE:
            return reason, borrow
        first = lots * instrument.base_atoms_per_lot
        second = limit_ticks * lots * instrument.atoms_per_tick_lot
    elif not is_reducing:
        first = lots
    more = risk_of(state, instrument, m, side, limit_ticks, lots, rate_ppm, 0)
    return health.order_reason(state, m, command.instrument_id, side, first, second, more, out), borrow


@kernel
def replace(state, instrument, order, lots, price_ticks):
    """Judges what position says of a REPLACE that queues anew.

    Args:
        lots: the leaves it would have.
    """
    m, side = np.int64(order.margin), np.int64(order.side)
    if order.flags & REDUCE_ONLY != 0:
        is_tied = order.extra != 0 and state.extras[order.extra].link != 0
        if order.flags & STOP == 0 and not is_tied and _closable(state, m, order.instrument_id, side) == 0:
            return Reject.REDUCE_ONLY
    else:
        reason = Reject.NONE
        if lots > order.leaves_lots or (instrument.contract == 0 and price_ticks > order.price_ticks):
            reason = _limits(
                state, instrument, m, order.instrument_id, side, lots, price_ticks, order.leaves_lots,
                order.price_ticks,
            )  # fmt: skip
        if reason != Reject.NONE:
            return reason
    if instrument.contract != 0 and not risk.is_contract_priced(state, instrument):
        return Reject.NO_MARK
    return Reject.NONE


@kernel
def replace_money(state, instrument, order, lots, price_ticks, rate_ppm, need_atoms, out):
    """The money of a REPLACE that queues anew; what it holds and is promised already counts.

    Returns:
        (reason, atoms it has to borrow).
    """
    m, side = np.int64(order.margin), np.int64(order.side)
    if not margin.touch(state, m, out):
        return Reject.TABLE_FULL, np.int64(0)
    borrow = np.int64(0)
    first, second, own = np.int64(0), np.int64(0), np.int64(0)
    if instrument.contract == 0:
        promised = state.extras[order.extra].borrow_atoms
        reason, borrow = _funds(
            state, instrument, state.margins[m].account_id, side, need_atoms, order.hold_atoms, promised
        )
        if reason != Reject.NONE:
            return reason, borrow
        before = order.price_ticks * order.leaves_lots * instrument.atoms_per_tick_lot
        first = (lots - order.leaves_lots) * instrument.base_atoms_per_lot
        second = price_ticks * lots * instrument.atoms_per_tick_lot - before
        own = order.leaves_lots * instrument.base_atoms_per_lot if side == BUY else before
    elif order.flags & REDUCE_ONLY == 0:
        first = lots - order.leaves_lots
    more = risk_of(state, instrument, m, side, price_ticks, lots, rate_ppm, own) - order.risk_atoms
    return health.order_reason(state, m, order.instrument_id, side, first, second, more, out), borrow


@kernel
def _closable(state, m, instrument_id, side):
    ref = holdings.find_contract(state, m, instrument_id)
    return position.closable(holdings.at(state, ref).pos_lots, side)


@kernel
def _limits(state, instrument, m, instrument_id, side, lots, price_ticks, own_lots, own_ticks):
    """Whether so many lots may be on order: rule P-2. Of a replaced order its own do not count."""
    if instrument.contract == 0:
        base = holdings.at(state, holdings.find_asset(state, m, instrument.base_asset_id))
        quote = holdings.at(state, holdings.find_asset(state, m, instrument.quote_asset_id))
        atoms = (lots - own_lots) * instrument.base_atoms_per_lot
        notional = (price_ticks * lots - own_ticks * own_lots) * instrument.atoms_per_tick_lot
        of_base = base.buy_leaves if side == BUY else base.sell_leaves
        of_quote = quote.sell_leaves if side == BUY else quote.buy_leaves
        fits = of_base + atoms <= SUPPLY_MAX and of_quote + notional <= SUPPLY_MAX
        return Reject.NONE if fits else Reject.POSITION_LIMIT
    contract = state.contracts[instrument.contract]
    holding = holdings.at(state, holdings.find_contract(state, m, instrument_id))
    leaves = (holding.buy_leaves if side == BUY else holding.sell_leaves) - own_lots
    pos_lots = holding.pos_lots if side == BUY else -holding.pos_lots
    if pos_lots + leaves + lots > contract.position_max_lots:
        return Reject.POSITION_LIMIT
    closes = max(position.closable(holding.pos_lots, side) - leaves, 0)
    opens = lots - min(lots, closes)
    if opens > 0 and contract.open_interest_lots + opens > contract.open_interest_max_lots:
        return Reject.OPEN_INTEREST_LIMIT
    return Reject.NONE


@kernel
def _funds(state, instrument, account_id, side, need_atoms, held_atoms, promised_atoms):
    """Whether a delivery order has its need, or may borrow what is missing: rule P-9.

    Args:
        held_atoms, promised_atoms: what the order has already.
    Returns:
        (reason, atoms it has to borrow).
    """
    asset_id = instrument.quote_asset_id if side == BUY else instrument.base_asset_id
    balance = state.balances[index.find_balance(state, account_id, asset_id)]
    borrow = need_atoms - min(need_atoms, max(balance.free_atoms + held_atoms, 0))
    if borrow == 0:
        return Reject.NONE, np.int64(0)
    if side != BUY:
        return Reject.INSUFFICIENT_FUNDS, np.int64(0)
    if not risk.is_asset_priced(state, asset_id) or loans.lendable(state, asset_id) + promised_atoms < borrow:
        return Reject.NOTHING_TO_LEND, borrow
    return Reject.NONE, borrow
