"""Perpetuals: the premium of the book over the index, and the rate made of it. Rules F."""

import numpy as np

from emporion.kernel import book, bounds, contracts, emit, expiry, prices, rings
from emporion.kernel.arith import mul_div_down, mul_div_up
from emporion.kernel.jit import kernel
from emporion.schema.codes import ContractKind, Event, Side
from emporion.schema.limits import E12, IMPACT_ORDERS, PREMIUM_SAMPLES_MAX
from emporion.schema.state import BOOK

BUY = Side.BUY.value
SELL = Side.SELL.value
PERPETUAL = ContractKind.PERPETUAL.value
IMPACT_BITS = 16  # Impact prices are in 2^-16 ticks.
STEP_DIVISOR = 1_000  # Rates are times 10^12 and indexes times 10^9.
STEP_MAX = 1 << 62


@kernel
def on_deadline(state, slot, out):
    """Funding, daily settlement or expiry of a contract, which has just left the heap; puts its next deadline."""
    contract = state.contracts[slot]
    if contract.kind != PERPETUAL:
        expiry.on_deadline(state, slot, out)
        return
    if contract.index_ticks != 0:
        _pay(state, contract, out)
    contracts.put_deadline(state, slot)


@kernel
def rate_e12(premium_e12, interest_e12, clamp_e12, cap_e12, divisor):
    """What one interval costs who is long, in 10^-12 of the notional at the index. Rule F-2.

    Args:
        premium_e12: average of the interval's samples, within +-10^12.
        interest_e12, clamp_e12: as the premium for `divisor` intervals.
        cap_e12: of the answer, either way.
    """
    pulled = premium_e12 + min(max(interest_e12 - premium_e12, -clamp_e12), clamp_e12)
    return min(max(_toward_zero(pulled, divisor), -cap_e12), cap_e12)


@kernel
def sample(state, contract):
    """Rule F-1: how far the index lies outside what the book pays and asks for the impact notional."""
    if contract.premium_samples == PREMIUM_SAMPLES_MAX:
        return
    instrument = state.instruments[contract.instrument_id]
    contract.premium_sum_e12 += _premium(state, contract, instrument)
    contract.premium_samples += 1


@kernel
def _pay(state, contract, out):
    """Rule F-4: the rate of what has passed, and the index moved by it."""
    average, rate = np.int64(0), np.int64(0)
    if contract.premium_samples != 0:
        average = _toward_zero(contract.premium_sum_e12, contract.premium_samples)
        rate = rate_e12(average, contract.interest_e12, contract.clamp_e12, contract.cap_e12, contract.divisor)
    contract.funding_rate_e12 = rate
    emit.event(
        out, state.seq, Event.FUNDING_SET.value, 0, contract.index_ticks, contract.premium_samples, average, rate, 0,
        contract.instrument_id, 0, 0, 0, 0,
    )  # fmt: skip
    contract.premium_sum_e12 = 0
    contract.premium_samples = 0
    step = _step(contract, state.instruments[contract.instrument_id], rate)
    if step != 0:
        contract.funding_index += step
        state.epoch += 1


@kernel
def _step(contract, instrument, rate):
    """Rule F-3: what a lot long pays, in 10^-9 atoms; 0 when the index would leave its bounds."""
    worth = contract.index_ticks * instrument.atoms_per_tick_lot
    size = abs(rate)
    if size == 0 or worth // STEP_DIVISOR > STEP_MAX // size:
        return 0  # The product would not fit, and lies far outside.
    step = mul_div_down(worth, size, STEP_DIVISOR)
    if rate < 0:
        step = -step
    if abs(contract.funding_index + step) > bounds.funding_index_max(bounds.lots_max(contract)):
        return 0
    return step


@kernel
def _premium(state, contract, instrument):
    index = contract.index_ticks << IMPACT_BITS
    bid = impact(state, instrument, BUY, contract.impact_notional_atoms)
    if bid > index:
        return _part(bid - index, index)
    ask = impact(state, instrument, SELL, contract.impact_notional_atoms)
    if ask != 0 and ask < index:
        return -_part(index - ask, index)
    return 0


@kernel
def _part(difference, index):
    return E12 if difference >= index else mul_div_down(difference, E12, index)


@kernel
def impact(state, instrument, side, need_atoms):
    """Average price at which one side of the book would fill so much, in 2^-16 ticks; 0 when it would not. Rule F-1."""
    price_ticks = instrument.best_bid_ticks if side == BUY else instrument.best_ask_ticks
    if need_atoms == 0:
        return price_ticks << IMPACT_BITS
    trie = instrument.tries[BOOK]
    worth, lots, looks = 0, 0, 0
    while price_ticks != 0:
        lot_atoms = price_ticks * instrument.atoms_per_tick_lot
        slot = book.head(state, trie, price_ticks)
        while slot != 0:
            if looks == IMPACT_ORDERS:
                return _average(worth, lots, instrument, side)
            looks += 1
            taken = min(_shown(state, slot), (need_atoms - worth + lot_atoms - 1) // lot_atoms)
            lots += taken
            worth += taken * lot_atoms
            if worth >= need_atoms:
                return _average(worth, lots, instrument, side)
            slot = rings.next_in_queue(state, slot)
        price_ticks = prices.below(state, trie, price_ticks) if side == BUY else prices.above(state, trie, price_ticks)
    return 0


@kernel
def _shown(state, slot):
    order = state.orders[slot]
    if order.extra != 0 and state.extras[order.extra].display_lots != 0:
        return state.extras[order.extra].shown_lots
    return order.leaves_lots


@kernel
def _average(worth, lots, instrument, side):
    scale = 1 << IMPACT_BITS
    if side == BUY:
        return mul_div_down(worth, scale, lots * instrument.atoms_per_tick_lot)
    return mul_div_up(worth, scale, lots * instrument.atoms_per_tick_lot)


@kernel
def _toward_zero(value, divisor):
    return value // divisor if value >= 0 else -(-value // divisor)
