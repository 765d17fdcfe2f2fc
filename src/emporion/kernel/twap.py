"""Orders that the venue trades in slices over a time. Rules X.

Each slice is an ordinary immediate order, judged and matched as if the account had sent it at that moment. It is
written into a row of its own and told by TWAP_SLICED: the command that was being applied is somebody else's.
"""

import numpy as np

from emporion.kernel import admit, admit_margin, book, clients, deadlines, emit, orders, trigger
from emporion.kernel.arith import mul_div_down, share_down
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.tables import DEADLINES, SLOT_MASK, TWAPS, free_twap, has_room, take_twap
from emporion.schema.codes import Command, Event, InstrumentStatus, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import PPM, QTY_MAX, TS_MAX, TWAP_INTERVAL_MIN_NS, TWAP_SLICES_MAX

BUY = Side.BUY.value
REDUCE_ONLY = OrderFlag.REDUCE_ONLY.value
HALTED = InstrumentStatus.HALTED.value
CLOSED = InstrumentStatus.CLOSED.value
NONE = Reject.NONE.value
NO_LIQUIDITY = Reject.NO_LIQUIDITY.value
CATCH_UP = 3  # Ordinary slices that one may be as large as, when there is something to catch up.


@kernel
def place(state, command, terms, out):
    """Rule X-1."""
    reason = _refusal(state, command, terms)
    if reason != Reject.NONE:
        orders.reject(state, command, reason, out)
        return

    # From here on the command must succeed.
    slot = take_twap(state)
    twap = state.twaps[slot]
    twap.qty_lots = command.qty_lots
    twap.start_ns = state.ts_ns
    twap.end_ns = state.ts_ns + terms.duration_ns
    twap.interval_ns = terms.interval_ns
    twap.limit_price_ticks = command.price_ticks
    twap.slippage_ppm = terms.slippage_ppm
    twap.account_id = command.account_id
    twap.instrument_id = command.instrument_id
    twap.side = command.side
    twap.flags = command.flags
    twap.stp = command.stp
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    if (hi | lo) != 0:
        entry = clients.record(state, command.account_id, hi, lo, twap.twap_id)
        clients.end(state, entry, OrderStatus.FILLED.value)
    deadlines.put(state, state.ts_ns, deadlines.TWAP, slot)
    _emit(state, twap, Event.TWAP_STARTED.value, NONE, twap.flags, out)


@kernel
def cancel(state, command, out):
    """Rule X-4."""
    reason = admit.sender(state, command.account_id)
    slot = _running(state, command.order_id)
    if reason == Reject.NONE and (slot == 0 or state.twaps[slot].account_id != command.account_id):
        reason = Reject.UNKNOWN_ORDER
    if reason != Reject.NONE:
        orders.reject(state, command, reason, out)
        return
    deadlines.remove(state, np.int64(state.twaps[slot].deadline))
    _end(state, slot, Reject.BY_OWNER.value, out)


@seldom
def on_deadline(state, slot, out):
    """The next slice is due, or the end. Rule X-2."""
    twap = state.twaps[slot]
    reason = _stop_reason(state, twap)
    if reason != NONE:
        _end(state, slot, reason, out)
        return
    turns = _turns(twap.end_ns - twap.start_ns, twap.interval_ns)
    turn = min((state.ts_ns - twap.start_ns) // twap.interval_ns, turns - 1)
    wanted = twap.qty_lots
    if state.ts_ns < twap.end_ns:
        wanted = mul_div_down(twap.qty_lots, turn + 1, turns)
    instrument = state.instruments[twap.instrument_id]
    most = min(CATCH_UP * _slice_lots(twap.qty_lots, turns), instrument.qty_max_lots)
    lots = min(wanted - twap.done_lots, most)
    if lots >= instrument.qty_min_lots:
        _slice(state, twap, instrument, lots, out)
    if twap.done_lots == twap.qty_lots:
        _end(state, slot, NONE, out)
    elif state.ts_ns >= twap.end_ns:
        _end(state, slot, Reject.IOC_REMAINDER.value, out)
    else:
        next_ns = min(twap.start_ns + (turn + 1) * twap.interval_ns, twap.end_ns)
        deadlines.put(state, next_ns, deadlines.TWAP, slot)


@kernel
def _slice(state, twap, instrument, lots, out):
    """Rule X-3."""
    limit_ticks = _limit(twap, instrument)
    if limit_ticks <= 0 or not book.crosses(instrument, twap.side, limit_ticks):
        _emit_refused(state, twap, 0, lots, NO_LIQUIDITY, out)
        return
    order = out.own_order
    order.kind = Command.PLACE.value
    order.account_id = twap.account_id
    order.instrument_id = twap.instrument_id
    order.side = twap.side
    order.tif = Tif.IOC.value
    order.flags = twap.flags
    order.stp = twap.stp
    order.price_ticks = limit_ticks
    order.qty_lots = lots
    reason, limit_ticks, held, base, quote = admit.place(state, order, out.no_extra, out)
    if reason != Reject.NONE:
        _emit_refused(state, twap, order.price_ticks, lots, reason, out)
        return
    before = instrument.traded_lots
    orders.enter(state, order, out.no_extra, limit_ticks, held, base, quote, twap.twap_id, out)
    twap.done_lots += instrument.traded_lots - before  # No other order has matched on the instrument meanwhile.
    trigger.look(state, np.int64(twap.instrument_id), out)


@kernel
def _limit(twap, instrument):
    """How far a slice may go now; 0 when there is nobody to trade with."""
    best = book.best_opposite(instrument, twap.side)
    if best == 0:
        return 0
    around = admit.reference(instrument) if instrument.band_ppm != 0 else 0
    width = share_down(around, instrument.band_ppm)
    slippage = share_down(best, twap.slippage_ppm)
    own_ticks = twap.limit_price_ticks
    if twap.side == BUY:
        limit_ticks = min(best + slippage, instrument.price_max_ticks)
        limit_ticks = min(limit_ticks, own_ticks) if own_ticks != 0 else limit_ticks
        return min(limit_ticks, around + width) if around != 0 else limit_ticks
    limit_ticks = max(max(best - slippage, 1), own_ticks)
    return max(limit_ticks, around - width) if around != 0 else limit_ticks


@kernel
def _stop_reason(state, twap):
    """Why a TWAP may not go on; NONE when it may."""
    account = state.accounts[twap.account_id]
    if account.flags & admit.FROZEN != 0:
        return Reject.BY_ACCOUNT_FREEZE.value
    if admit_margin.is_liquidated(state, account):
        return Reject.BY_LIQUIDATION.value
    if state.instruments[twap.instrument_id].status == CLOSED:
        return Reject.BY_CLOSE.value
    return NONE


@kernel
def _turns(duration_ns, interval_ns):
    """How many slices there are."""
    return (duration_ns - 1) // interval_ns + 1


@kernel
def _slice_lots(qty_lots, turns):
    return (qty_lots - 1) // turns + 1


@kernel
def _running(state, twap_id):
    """Slot of the TWAP with this id; NOBODY when it does not run."""
    slot = twap_id & SLOT_MASK
    if twap_id <= 0 or slot > state.tables[TWAPS].high_water or state.twaps[slot].twap_id != twap_id:
        return np.int64(0)
    return slot


@kernel
def _end(state, slot, reason, out):
    _emit(state, state.twaps[slot], Event.TWAP_ENDED.value, reason, 0, out)
    free_twap(state, slot)


@kernel
def _emit(state, twap, kind, reason, flags, out):
    emit.event(
        out, state.seq, kind, twap.twap_id, twap.limit_price_ticks, twap.qty_lots, twap.qty_lots - twap.done_lots, 0,
        twap.account_id, twap.instrument_id, 0, twap.side, reason, flags,
    )  # fmt: skip


@kernel
def _emit_refused(state, twap, limit_ticks, lots, reason, out):
    emit.event(
        out, state.seq, Event.TWAP_SLICED.value, 0, limit_ticks, lots, 0, twap.twap_id, twap.account_id,
        twap.instrument_id, 0, twap.side, reason, 0,
    )  # fmt: skip


# --- What refuses a TWAP -----------------------------------------------------------------------------


@kernel
def _refusal(state, command, terms):
    reason = _form(state, command, terms)
    if reason == Reject.NONE:
        reason = admit.sender(state, command.account_id)
    if reason != Reject.NONE:
        return reason
    hi, lo = command.cl_ord_id_hi, command.cl_ord_id_lo
    if (hi | lo) != 0 and clients.taken(state, command.account_id, hi, lo) != 0:
        return Reject.DUPLICATE
    account = state.accounts[command.account_id]
    if account.flags & admit.FROZEN != 0 or admit_margin.is_liquidated(state, account):
        return Reject.ACCOUNT_FROZEN
    if not admit.is_instrument(state, command.instrument_id):
        return Reject.UNKNOWN_INSTRUMENT
    instrument = state.instruments[command.instrument_id]
    if instrument.status >= HALTED:
        return Reject.BAD_STATUS
    if instrument.contract != 0 and account.margin == 0:
        return Reject.NOT_A_MARGIN_ACCOUNT
    if instrument.contract == 0 and command.flags != 0:
        return Reject.BAD_COMBINATION
    reason = _bounds(instrument, command, _turns(terms.duration_ns, terms.interval_ns))
    if reason != Reject.NONE:
        return reason
    has_client_room = (hi | lo) == 0 or clients.room(state)
    if not has_client_room or not has_room(state, TWAPS, 1) or not has_room(state, DEADLINES, 1):
        return Reject.TABLE_FULL
    return Reject.NONE


@kernel
def _form(state, command, terms):
    if command.side != BUY and command.side != Side.SELL:
        return Reject.BAD_SIDE
    if command.tif != Tif.IOC:
        return Reject.BAD_TIF
    if command.stp < 0 or command.stp > Stp.DECREMENT:
        return Reject.BAD_STP
    if command.flags & ~REDUCE_ONLY != 0:
        return Reject.BAD_FLAGS
    if (
        terms.interval_ns < TWAP_INTERVAL_MIN_NS
        or terms.duration_ns < 1
        or terms.duration_ns > TS_MAX - state.ts_ns
        or _turns(terms.duration_ns, terms.interval_ns) > TWAP_SLICES_MAX
        or terms.slippage_ppm < 0
        or terms.slippage_ppm > PPM
    ):
        return Reject.BAD_VALUE
    return Reject.NONE


@kernel
def _bounds(instrument, command, turns):
    if command.qty_lots <= 0:
        return Reject.BAD_QTY
    if command.qty_lots // turns < instrument.qty_min_lots:
        return Reject.QTY_TOO_SMALL
    if command.qty_lots > QTY_MAX or _slice_lots(command.qty_lots, turns) > instrument.qty_max_lots:
        return Reject.QTY_TOO_LARGE
    if command.price_ticks < 0:
        return Reject.BAD_PRICE
    if command.price_ticks > instrument.price_max_ticks:
        return Reject.PRICE_TOO_HIGH
    return Reject.NONE
