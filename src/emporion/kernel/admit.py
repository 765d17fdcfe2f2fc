"""Every reason to refuse an order, in the order of precedence. Rules O-1 and O-7.

Nothing here changes anything. What a check had to find out (the limit, the hold, rows of
balances) is returned with the verdict, so that the order itself does not look again.
"""

import numpy as np

from emporion.kernel import admit_margin, book, clients, index, links, match, prices, trailing, waiting
from emporion.kernel.arith import product_fits, share_down
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.ledger import entry_hold, order_rate
from emporion.kernel.tables import (
    ACCOUNTS,
    BALANCES,
    DEADLINES,
    EXTRAS,
    INSTRUMENTS,
    ORDERS,
    has_room,
    open_slot,
)  # fmt: skip
from emporion.schema.codes import AccountFlag, InstrumentStatus, Link, OrderFlag, Reject, Side, Stp, Tif
from emporion.schema.limits import DISPLAY_PARTS_MAX, FEE_TIERS, NOBODY, NOTIONAL_MAX, TS_MAX

BUY = Side.BUY.value
SELL = Side.SELL.value
POST_ONLY = OrderFlag.POST_ONLY.value
MARKET = OrderFlag.MARKET.value
STOP = OrderFlag.STOP.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
TAKE_PROFIT = OrderFlag.TAKE_PROFIT.value
ON_MARK = OrderFlag.ON_MARK.value
ON_INDEX = OrderFlag.ON_INDEX.value
ALL_FLAGS = POST_ONLY | MARKET | STOP | REDUCE_ONLY | TAKE_PROFIT | ON_MARK | ON_INDEX
CANCELS_OTHER = Link.CANCELS_OTHER.value
CHILD = Link.CHILD.value
POSITION = Link.POSITION.value
FROZEN = AccountFlag.FROZEN.value
SYSTEM = AccountFlag.SYSTEM.value


@kernel
def place(state, command, extra, out):
    """Judges a PLACE, with its ORDER_EXTRA row or one of zeros.

    Returns:
        (reason, limit in ticks, hold at entry in atoms, rows of the base and the quote balance or 0). Of a margin
        account the hold is what it needs, a loan included.
    """
    reason = _place_form(command, extra)
    if reason != Reject.NONE:
        return reason, 0, 0, 0, 0
    reason = sender(state, command.account_id)
    if reason != Reject.NONE:
        return reason, 0, 0, 0, 0
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    if (hi | lo) != 0 and clients.taken(state, command.account_id, hi, lo) != 0:
        return Reject.DUPLICATE, 0, 0, 0, 0
    account = state.accounts[command.account_id]
    if account.flags & FROZEN != 0 or admit_margin.is_liquidated(state, account):
        return Reject.ACCOUNT_FROZEN, 0, 0, 0, 0
    if not is_instrument(state, command.instrument_id):
        return Reject.UNKNOWN_INSTRUMENT, 0, 0, 0, 0
    instrument = state.instruments[command.instrument_id]
    flags = command.flags
    if instrument.status != InstrumentStatus.OPEN:
        reason = _place_status(instrument, flags, command.tif)
        if reason != Reject.NONE:
            return reason, 0, 0, 0, 0
    if instrument.contract != 0 and account.margin == 0:
        return Reject.NOT_A_MARGIN_ACCOUNT, 0, 0, 0, 0
    is_special = flags != 0 or command.tif != Tif.GTC or has_extra(extra)
    if is_special:
        reason = _place_combination(instrument, command, extra)
        if reason != Reject.NONE:
            return reason, 0, 0, 0, 0
    reason = _bounds(instrument, command.qty_lots, command.price_ticks, flags & MARKET != 0)
    if reason != Reject.NONE:
        return reason, 0, 0, 0, 0
    limit_ticks = command.price_ticks
    if is_special:
        reason = _place_terms(state, instrument, command, extra)
        if reason != Reject.NONE:
            return reason, 0, 0, 0, 0
        if flags & MARKET != 0:
            start = extra.trigger_price_ticks if flags & STOP != 0 else book.best_opposite(instrument, command.side)
            limit_ticks = protection(instrument, command.side, start, command.price_ticks)
    if flags & MARKET == 0 and instrument.band_ppm != 0:
        around = extra.trigger_price_ticks if flags & STOP != 0 else reference(instrument)
        if not is_in_band(instrument, limit_ticks, around):
            return Reject.OUTSIDE_BAND, 0, 0, 0, 0
    if flags & STOP != 0 and _is_triggered(state, instrument, command, extra):
        return Reject.WOULD_TRIGGER, 0, 0, 0, 0
    if limit_ticks > instrument.price_max_ticks and not product_fits(
        limit_ticks * instrument.atoms_per_tick_lot, command.qty_lots, NOTIONAL_MAX
    ):
        # A market sale to a bid from before the bounds were amended: the product is not known to fit.
        return Reject.NOTIONAL_TOO_LARGE, 0, 0, 0, 0
    reason = notional_bounds(instrument, limit_ticks * command.qty_lots * instrument.atoms_per_tick_lot)
    if reason != Reject.NONE:
        return reason, 0, 0, 0, 0
    must_rest = flags & POST_ONLY != 0 or instrument.status == InstrumentStatus.PRE_OPEN
    if must_rest and flags & STOP == 0 and book.crosses(instrument, command.side, limit_ticks):
        return Reject.WOULD_MATCH, 0, 0, 0, 0
    if command.tif == Tif.FOK and not match.can_fill(
        state, instrument, command.side, limit_ticks, command.qty_lots, command.stp, account.master_id
    ):
        return Reject.FOK_UNFILLABLE, 0, 0, 0, 0
    fees = state.fees[instrument.fee_schedule * FEE_TIERS + account.fee_tier]
    rate = max(max(fees.maker_ppm, fees.taker_ppm), 0)
    if account.margin != 0:
        return _place_of_margin(state, command, account, instrument, limit_ticks, rate, extra, out)
    if extra.link != 0:
        reason = links.refusal(state, command, extra)
        if reason != Reject.NONE:
            return reason, 0, 0, 0, 0
    held = entry_hold(instrument, command.side, limit_ticks, command.qty_lots, rate)
    base = index.find_balance(state, command.account_id, instrument.base_asset_id)
    quote = index.find_balance(state, command.account_id, instrument.quote_asset_id)
    if state.balances[quote if command.side == BUY else base].free_atoms < held:
        return Reject.INSUFFICIENT_FUNDS, 0, 0, 0, 0
    missing = (1 if base == 0 else 0) + (1 if quote == 0 else 0)
    if not _has_room(state, command, extra, flags & STOP != 0 or has_extra(extra), missing):
        return Reject.TABLE_FULL, 0, 0, 0, 0
    return Reject.NONE, limit_ticks, held, base, quote


@seldom
def _place_of_margin(state, command, account, instrument, limit_ticks, rate, extra, out):
    """The rest of `place` for a margin account: rules P-2, P-3 and P-9."""
    m = np.int64(account.margin)
    reason = admit_margin.place(state, instrument, m, command, limit_ticks, extra.link != 0)
    if reason == Reject.NONE and extra.link != 0:
        reason = links.refusal(state, command, extra)
    if reason != Reject.NONE:
        return reason, 0, 0, 0, 0
    need = np.int64(0)
    if instrument.contract == 0:
        need = entry_hold(instrument, command.side, limit_ticks, command.qty_lots, rate)
    reason, borrow = admit_margin.place_money(state, instrument, m, command, limit_ticks, rate, need, out)
    if reason != Reject.NONE:
        return reason, 0, 0, 0, 0
    if not _has_room(state, command, extra, borrow != 0 or has_extra(extra), 0):
        return Reject.TABLE_FULL, 0, 0, 0, 0
    return Reject.NONE, limit_ticks, need, 0, 0


@kernel
def replace(state, command, slot, price_ticks, out):
    """Judges a REPLACE of an order that is open and the sender's, to a total above what is done.

    Args:
        price_ticks: the new price, or the old one when the command keeps it.
    Returns:
        (reason, hold at entry for the new leaves in atoms).
    """
    order = state.orders[slot]
    instrument = state.instruments[order.instrument_id]
    reason = _bounds(instrument, command.qty_lots, price_ticks, False)
    if reason != Reject.NONE:
        return reason, 0
    if order.extra != 0:
        display_lots = state.extras[order.extra].display_lots
        if display_lots != 0 and display_lots * DISPLAY_PARTS_MAX < command.qty_lots:
            return Reject.BAD_DISPLAY, 0
    is_stop = order.flags & STOP != 0
    is_repriced = price_ticks != order.price_ticks
    if is_repriced and instrument.band_ppm != 0:
        around = state.extras[order.extra].trigger_price_ticks if is_stop else reference(instrument)
        if not is_in_band(instrument, price_ticks, around):
            return Reject.OUTSIDE_BAND, 0
    reason = notional_bounds(instrument, price_ticks * command.qty_lots * instrument.atoms_per_tick_lot)
    if reason != Reject.NONE:
        return reason, 0
    must_rest = order.flags & POST_ONLY != 0 or instrument.status != InstrumentStatus.OPEN
    if must_rest and is_repriced and not is_stop and book.crosses(instrument, order.side, price_ticks):
        return Reject.WOULD_MATCH, 0
    leaves_lots = command.qty_lots - (order.qty_lots - order.leaves_lots)
    held = np.int64(0)
    if instrument.contract == 0:
        held = entry_hold(instrument, order.side, price_ticks, leaves_lots, order_rate(order))
    keeps_place = not is_repriced and leaves_lots <= order.leaves_lots
    if keeps_place:
        pass
    elif order.margin != 0:
        reason = _replace_of_margin(state, instrument, order, leaves_lots, price_ticks, held, out)
        if reason != Reject.NONE:
            return reason, 0
    else:
        payer = state.balances[order.quote_balance if order.side == BUY else order.base_balance]
        if payer.free_atoms + order.hold_atoms < held:
            return Reject.INSUFFICIENT_FUNDS, 0
    is_renamed = command.order_id != 0 and (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0
    if is_renamed and not clients.room(state):
        return Reject.TABLE_FULL, 0
    if not keeps_place and not prices.can_put(state):
        return Reject.TABLE_FULL, 0
    return Reject.NONE, held


@seldom
def _replace_of_margin(state, instrument, order, leaves_lots, price_ticks, need, out):
    """What else refuses a margin account's order that queues anew: rule P-5."""
    reason = admit_margin.replace(state, instrument, order, leaves_lots, price_ticks)
    if reason != Reject.NONE:
        return reason
    reason, borrow = admit_margin.replace_money(
        state, instrument, order, leaves_lots, price_ticks, order_rate(order), need, out
    )
    if reason == Reject.NONE and borrow != 0 and order.extra == 0 and not has_room(state, EXTRAS, 1):
        return Reject.TABLE_FULL
    return reason


@kernel
def replace_status(instrument, flags):
    """Whether the instrument's status lets an order with these flags be replaced."""
    if instrument.status == InstrumentStatus.OPEN or instrument.status == InstrumentStatus.PRE_OPEN:
        return Reject.NONE
    if instrument.status == InstrumentStatus.POST_ONLY:
        return Reject.NONE if flags & POST_ONLY != 0 else Reject.POST_ONLY_STATUS
    return Reject.BAD_STATUS


@kernel
def sender(state, account_id):
    """Whether the account exists and is not the venue's own."""
    if account_id <= 0 or account_id > state.tables[ACCOUNTS].high_water:
        return Reject.UNKNOWN_ACCOUNT
    if state.accounts[account_id].flags & SYSTEM != 0:
        return Reject.SYSTEM_ACCOUNT
    return Reject.NONE


@kernel
def is_instrument(state, instrument_id):
    return instrument_id > 0 and instrument_id <= state.tables[INSTRUMENTS].high_water


@kernel
def reference(instrument):
    """Where the price band stands: the last trade, before the first the listing's word; 0 for nowhere."""
    if instrument.last_price_ticks != 0:
        return instrument.last_price_ticks
    return instrument.reference_price_ticks


@kernel
def is_in_band(instrument, price_ticks, around_ticks):
    """Rule O-5."""
    if around_ticks == 0:
        return True
    width = share_down(around_ticks, instrument.band_ppm)
    return around_ticks - width <= price_ticks and price_ticks <= around_ticks + width


@kernel
def protection(instrument, side, start_ticks, own_ticks):
    """The limit of a market order: rule O-4. Without a band it is the client's own price."""
    if instrument.band_ppm == 0:
        return own_ticks
    width = share_down(start_ticks, instrument.band_ppm)
    if side == BUY:
        limit_ticks = min(start_ticks + width, instrument.price_max_ticks)
        return min(limit_ticks, own_ticks) if own_ticks != 0 else limit_ticks
    return max(max(start_ticks - width, 1), own_ticks)


@kernel
def notional_bounds(instrument, notional_atoms):
    if notional_atoms < instrument.notional_min_atoms:
        return Reject.NOTIONAL_TOO_SMALL
    if notional_atoms > instrument.notional_max_atoms:
        return Reject.NOTIONAL_TOO_LARGE
    return Reject.NONE


@kernel
def _place_form(command, extra):
    if command.side != BUY and command.side != SELL:
        return Reject.BAD_SIDE
    tif = command.tif
    if tif != Tif.GTC and tif != Tif.IOC and tif != Tif.FOK and tif != Tif.GTD:
        return Reject.BAD_TIF
    if command.stp < 0 or command.stp > Stp.DECREMENT:
        return Reject.BAD_STP
    if command.flags & ~ALL_FLAGS != 0:
        return Reject.BAD_FLAGS
    numbers = extra.display_lots | extra.trigger_price_ticks | extra.expire_ns | extra.trail_ticks | extra.related_id
    if numbers < 0 or extra.link < 0 or extra.link > POSITION:  # The sign of any of them.
        return Reject.BAD_VALUE
    return Reject.NONE


@kernel
def has_extra(extra):
    """Whether there is anything in an ORDER_EXTRA row: the order gets a row of its own for it."""
    numbers = extra.display_lots | extra.trigger_price_ticks | extra.expire_ns | extra.trail_ticks | extra.related_id
    return numbers != 0 or extra.link != 0


@seldom
def _place_status(instrument, flags, tif):
    status = instrument.status
    if status == InstrumentStatus.HALTED or status == InstrumentStatus.CLOSED:
        return Reject.BAD_STATUS
    if status == InstrumentStatus.PRE_OPEN and flags & STOP == 0 and (tif == Tif.IOC or tif == Tif.FOK):
        return Reject.BAD_STATUS
    if status == InstrumentStatus.POST_ONLY and flags & POST_ONLY == 0:
        return Reject.POST_ONLY_STATUS
    return Reject.NONE


@seldom
def _place_combination(instrument, command, extra):
    flags, tif = command.flags, command.tif
    is_immediate = tif == Tif.IOC or tif == Tif.FOK
    is_stop = flags & STOP != 0
    is_market = flags & MARKET != 0
    if (
        (flags & POST_ONLY != 0 and (is_market or is_stop or is_immediate))
        or (is_market and not is_stop and not is_immediate)
        or (is_market and is_stop and tif != Tif.IOC)
        or (is_stop and tif == Tif.FOK)
        or (extra.display_lots != 0 and (is_stop or is_immediate))
        or (tif == Tif.FOK and command.stp == Stp.DECREMENT)
        or (extra.trigger_price_ticks != 0 and not is_stop)
        or (extra.expire_ns != 0 and tif != Tif.GTD)
        or (flags & REDUCE_ONLY != 0 and (instrument.contract == 0 or extra.display_lots != 0))
        or (flags & (TAKE_PROFIT | ON_MARK | ON_INDEX) != 0 and not is_stop)
        or flags & (ON_MARK | ON_INDEX) == ON_MARK | ON_INDEX
    ):
        return Reject.BAD_COMBINATION
    needs_contract = flags & (ON_MARK | ON_INDEX) != 0 or extra.trail_ticks != 0 or extra.link >= CHILD
    if needs_contract and instrument.contract == 0:
        return Reject.BAD_COMBINATION
    if extra.trail_ticks != 0 and (not is_stop or flags & TAKE_PROFIT != 0):
        return Reject.BAD_COMBINATION
    return _link_combination(extra, flags & REDUCE_ONLY != 0, is_stop, is_immediate)


@kernel
def _link_combination(extra, is_reducing, is_stop, is_immediate):
    link = extra.link
    if (
        (extra.related_id != 0 and link != CANCELS_OTHER and link != CHILD)
        or (link == CANCELS_OTHER and is_immediate and not is_stop)
        or (link >= CHILD and not (is_stop and is_reducing))
    ):
        return Reject.BAD_COMBINATION
    return Reject.NONE


@kernel
def _bounds(instrument, qty_lots, price_ticks, may_be_unpriced):
    """Quantity and price within the listing's bounds, whose products are known to fit."""
    if qty_lots <= 0:
        return Reject.BAD_QTY
    if qty_lots < instrument.qty_min_lots:
        return Reject.QTY_TOO_SMALL
    if qty_lots > instrument.qty_max_lots:
        return Reject.QTY_TOO_LARGE
    if price_ticks < 0 or (price_ticks == 0 and not may_be_unpriced):
        return Reject.BAD_PRICE
    if price_ticks > instrument.price_max_ticks:
        return Reject.PRICE_TOO_HIGH
    return Reject.NONE


@seldom
def _place_terms(state, instrument, command, extra):
    """What only icebergs, stops, market orders and orders with an end can get wrong."""
    flags, display_lots, expire_ns = command.flags, extra.display_lots, extra.expire_ns
    if display_lots != 0 and (
        display_lots > command.qty_lots or display_lots < (command.qty_lots - 1) // DISPLAY_PARTS_MAX + 1
    ):
        return Reject.BAD_DISPLAY
    is_stop = flags & STOP != 0
    if is_stop and (extra.trigger_price_ticks <= 0 or extra.trigger_price_ticks > instrument.price_max_ticks):
        return Reject.BAD_TRIGGER
    if extra.trail_ticks > instrument.price_max_ticks:
        return Reject.BAD_TRIGGER
    if command.tif == Tif.GTD and (expire_ns <= state.ts_ns or expire_ns > TS_MAX):
        return Reject.BAD_EXPIRY
    if is_stop and instrument.trigger_low_ticks != 0:
        return Reject.TRIGGERS_PENDING
    if flags & MARKET != 0:
        if not is_stop and book.best_opposite(instrument, command.side) == 0:
            return Reject.NO_LIQUIDITY
        if command.price_ticks == 0 and instrument.band_ppm == 0:
            return Reject.PRICE_REQUIRED
    return Reject.NONE


@kernel
def _is_triggered(state, instrument, command, extra):
    """Whether the present price of its source would fire a stop at once: rule T-2."""
    way = waiting.way_of(command.side, command.flags)
    price_ticks = waiting.price_of(state, instrument, way >> 1)
    return extra.link != CHILD and waiting.meets(way, extra.trigger_price_ticks, price_ticks)


@kernel
def _has_room(state, command, extra, needs_extra, missing_balances):
    tif = command.tif
    if not has_room(state, ORDERS, 1):
        return False
    if missing_balances != 0 and not has_room(state, BALANCES, missing_balances):
        return False
    if (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0 and not clients.room(state):
        return False
    if needs_extra and not has_room(state, EXTRAS, 1):
        return False
    if extra.link != 0 and not links.has_tie_room(state, command, extra):
        return False
    if extra.trail_ticks != 0 and not trailing.has_room(state, state.instruments[command.instrument_id].contract):
        return False
    if tif == Tif.GTD and not has_room(state, DEADLINES, 1):
        return False
    return not (tif == Tif.GTC or tif == Tif.GTD or command.flags & STOP != 0) or prices.can_put(state)


@kernel
def own_order(state, account_id, order_id):
    """Slot of the account's open order with this id; NOBODY when there is none."""
    slot = open_slot(state, order_id)
    if slot != 0 and state.orders[slot].account_id != account_id:
        return NOBODY  # Another's: as if it did not exist.
    return slot


@kernel
def named_order(state, account_id, hi, lo):
    """Slot of the account's open order that goes by this client id; NOBODY when there is none."""
    if (hi | lo) == 0:
        return open_slot(state, 0)
    entry = state.client_ids[index.find_client_id(state, account_id, hi, lo)]
    return open_slot(state, entry.order_id) if entry.status == 0 else open_slot(state, 0)
