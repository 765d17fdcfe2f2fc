"""Futures and options as time passes: samples of the index, daily settlement, expiry. Rules C-5 to C-7."""

from emporion.kernel import contracts, emit, sweep
from emporion.kernel.jit import kernel
from emporion.schema.codes import ContractKind, Event, Reject
from emporion.schema.limits import INDEX_SAMPLES_MAX

CALL = ContractKind.CALL.value
PUT = ContractKind.PUT.value


@kernel
def sample(state, contract):
    """Rule C-5: the index, inside the window, is part of the average that the contract ends at."""
    now = state.ts_ns
    if now < contract.expiry_ns - contract.window_ns or now >= contract.expiry_ns:
        return
    if contract.index_samples < INDEX_SAMPLES_MAX:
        contract.index_sum += contract.index_ticks
        contract.index_samples += 1


@kernel
def may_go_on(state, slot):
    """Whether what is due can be done now: an expiry needs a place in the task queue."""
    expiry_ns = state.contracts[slot].expiry_ns
    return expiry_ns == 0 or expiry_ns > state.ts_ns or sweep.has_place(state)


@kernel
def on_deadline(state, slot, out):
    contract = state.contracts[slot]
    if state.ts_ns >= contract.expiry_ns:
        _expire(state, slot, contract, out)
        return
    if contract.mark_ticks != 0:
        contract.daily_ticks = contract.mark_ticks
        emit.event(
            out, state.seq, Event.DAILY_SETTLED.value, 0, contract.mark_ticks, 0, 0, 0, 0, contract.instrument_id, 0, 0,
            0, 0,
        )  # fmt: skip
    contracts.put_deadline(state, slot)


@kernel
def _expire(state, slot, contract, out):
    """Rule C-7."""
    average = contract.index_ticks
    if contract.index_samples != 0:
        average = contract.index_sum // contract.index_samples
    price_ticks = average
    if average == 0:
        price_ticks = contract.mark_ticks
    elif contract.kind == CALL:
        price_ticks = max(average - contract.strike_ticks, 0)
    elif contract.kind == PUT:
        price_ticks = max(contract.strike_ticks - average, 0)
    contracts.end(state, slot, price_ticks, contract.index_samples, average, Reject.BY_EXPIRY.value, out)
