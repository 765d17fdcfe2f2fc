"""What an order would do, before it is sent. Changes nothing.

The same judge as of the order itself, asked with a flag that keeps it from settling what is due on the account. Of an
account that owes nothing the answer is exact; else equity leaves out what funding and interest have come to since.
"""

import numpy as np

from emporion.kernel import admit, book, exposures, health, index, order_margin, weigh
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.ledger import entry_hold
from emporion.schema.codes import OrderFlag, Reject, Side
from emporion.schema.limits import FEE_TIERS

BUY = Side.BUY.value
MARKET = OrderFlag.MARKET.value
STOP = OrderFlag.STOP.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value


@kernel
def foresee(state, orders, extras, out, answer):
    """Fills the answer for the PLACE in the batch's first row."""
    command = orders.rows[0]
    _clear(answer)
    out.is_preview = 1
    if command.data_rows != 0:
        _judge(state, command, extras.rows[1], out, answer)
    else:
        _judge(state, command, out.no_extra, out, answer)
    out.is_preview = 0


@kernel
def _judge(state, command, extra, out, answer):
    reason, _, _, _, _ = admit.place(state, command, extra, out)
    if not _note(answer, reason):
        return
    instrument = state.instruments[command.instrument_id]
    account = state.accounts[command.account_id]
    side, lots = np.int64(command.side), command.qty_lots
    limit_ticks = command.price_ticks
    if command.flags & MARKET != 0:
        start = extra.trigger_price_ticks
        if command.flags & STOP == 0:
            start = book.best_opposite(instrument, side)
        limit_ticks = admit.protection(instrument, side, start, command.price_ticks)
    answer.limit_price_ticks = limit_ticks
    fees = state.fees[instrument.fee_schedule * FEE_TIERS + account.fee_tier]
    rate = max(max(np.int64(fees.maker_ppm), np.int64(fees.taker_ppm)), 0)
    need = np.int64(0)
    if instrument.contract == 0:
        need = entry_hold(instrument, side, limit_ticks, lots, rate)
    answer.hold_atoms = need
    if account.margin != 0:
        _judge_margin(state, command, instrument, np.int64(account.margin), limit_ticks, rate, need, out, answer)


@kernel
def _note(answer, reason):
    """Whether the order came as far as to its money."""
    answer.reason = reason
    return (
        reason == Reject.NONE
        or reason == Reject.INSUFFICIENT_FUNDS
        or (reason >= Reject.NOTHING_TO_LEND and reason <= Reject.INSUFFICIENT_MARGIN)
    )


@seldom
def _judge_margin(state, command, instrument, m, limit_ticks, rate, need, out, answer):
    side, lots = np.int64(command.side), command.qty_lots
    first, second = np.int64(0), np.int64(0)
    if instrument.contract == 0:
        asset_id = instrument.quote_asset_id if side == BUY else instrument.base_asset_id
        balance = state.balances[index.find_balance(state, command.account_id, asset_id)]
        answer.hold_atoms = min(need, max(balance.free_atoms, 0))
        answer.borrow_atoms = need - answer.hold_atoms
        first = lots * instrument.base_atoms_per_lot
        second = limit_ticks * lots * instrument.atoms_per_tick_lot
    elif command.flags & REDUCE_ONLY == 0:
        first = lots
    row = state.margins[m]
    answer.risk_atoms = order_margin.risk_of(state, instrument, m, side, limit_ticks, lots, rate, 0)
    instrument_id = np.int64(command.instrument_id)
    if exposures.is_fresh(row, state.epoch):
        answer.is_settled = 1
        answer.equity_atoms = row.equity_atoms
        answer.maintenance_atoms = row.maintenance_atoms
        initial, gross = row.initial_atoms, row.gross_atoms
        initial_after, gross_after = health.after(state, m, instrument_id, side, first, second, out)
    else:
        equity, _, maintenance = weigh.weigh(state, m, out)
        answer.equity_atoms = equity
        answer.maintenance_atoms = maintenance
        initial, gross = weigh.with_orders(state, m, instrument_id, side, 0, 0, out)
        initial_after, gross_after = weigh.with_orders(state, m, instrument_id, side, first, second, out)
    answer.initial_atoms = initial
    answer.initial_after_atoms = initial_after
    answer.required_atoms = max(initial, health.by_leverage(row, gross)) + row.order_risk_atoms
    after = max(initial_after, health.by_leverage(row, gross_after)) + row.order_risk_atoms + answer.risk_atoms
    answer.required_after_atoms = after


@kernel
def _clear(answer):
    answer.reason = 0
    answer.limit_price_ticks = 0
    answer.hold_atoms = 0
    answer.borrow_atoms = 0
    answer.risk_atoms = 0
    answer.equity_atoms = 0
    answer.maintenance_atoms = 0
    answer.initial_atoms = 0
    answer.initial_after_atoms = 0
    answer.required_atoms = 0
    answer.required_after_atoms = 0
    answer.is_settled = 0
