"""Prices from outside: index and mark of contracts, values of assets. Rules C-4 and C-10."""

import numpy as np

from emporion.kernel import bounds, emit, expiry, funding, trigger
from emporion.kernel.arith import mul_shift, product_fits
from emporion.kernel.jit import kernel
from emporion.kernel.tables import ASSETS, INSTRUMENTS
from emporion.schema.codes import ContractKind, Event, InstrumentStatus, Reject
from emporion.schema.limits import OUTCOME_SHIFT, RISK_MAX, SCENARIOS, VALUE_MAX

PERPETUAL = ContractKind.PERPETUAL.value
OUTCOME = ContractKind.OUTCOME.value
assert VALUE_MAX << OUTCOME_SHIFT <= RISK_MAX

OPEN = InstrumentStatus.OPEN.value
CLOSED = InstrumentStatus.CLOSED.value


@kernel
def set_price(state, command, out):
    """Rule C-4."""
    if command.asset_id != 0 and command.instrument_id == 0:
        _set_value(state, command, out)
        return
    reason = _contract_reason(state, command)
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    instrument = state.instruments[command.instrument_id]
    contract = state.contracts[instrument.contract]
    if command.mark_price_ticks != 0:
        contract.mark_ticks = command.mark_price_ticks
    if command.index_price_ticks != 0:
        contract.index_ticks = command.index_price_ticks
    contract.priced_ns = state.ts_ns
    state.epoch += 1
    emit.event(
        out, state.seq, Event.PRICE_SET.value, 0, contract.mark_ticks, contract.index_ticks, 0, 0, 0,
        command.instrument_id, 0, 0, 0, 0,
    )  # fmt: skip
    if contract.kind == OUTCOME:
        _write_array(state, contract, instrument)
    elif command.index_price_ticks != 0:
        if contract.kind != PERPETUAL:
            expiry.sample(state, contract)
        elif instrument.status == OPEN:
            funding.sample(state, contract)
    if command.mark_price_ticks != 0:
        trigger.note_mark(state, instrument.contract, contract.mark_ticks, out)
    if command.index_price_ticks != 0:
        trigger.note_index(state, instrument.contract, contract.index_ticks, out)


@kernel
def _set_value(state, command, out):
    asset_id, value = command.asset_id, command.value_atoms
    is_known = asset_id >= 1 and asset_id <= state.tables[ASSETS].high_water
    risk = state.risks[state.assets[asset_id if is_known else 0].risk]
    reason = Reject.NONE
    if (
        value < 1
        or command.mark_price_ticks != 0
        or command.index_price_ticks != 0
        or (risk.loads != 0 and not _is_value(risk, value))
    ):
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_ASSET
    elif risk.loads == 0:
        reason = Reject.NO_MARK
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    risk.value_atoms = value
    state.epoch += 1
    emit.of_operator(state, out, Event.PRICE_SET.value, 0, 0, asset_id, value, 0, 0)


@kernel
def _is_value(risk, value):
    """Whether the value of anything that counts fits."""
    if not product_fits(value, 1 << risk.unit_shift, RISK_MAX):
        return False
    if risk.cap >> risk.unit_shift > VALUE_MAX // value:
        return False
    return mul_shift(risk.cap, value, risk.unit_shift) <= VALUE_MAX


@kernel
def _contract_reason(state, command):
    instrument_id = command.instrument_id
    index_ticks, mark_ticks = command.index_price_ticks, command.mark_price_ticks
    is_known = instrument_id >= 1 and instrument_id <= state.tables[INSTRUMENTS].high_water
    instrument = state.instruments[instrument_id if is_known else 0]
    contract = state.contracts[instrument.contract]
    settle = state.risks[state.assets[instrument.quote_asset_id].risk]
    if (
        command.asset_id != 0
        or instrument_id == 0
        or command.value_atoms != 0
        or index_ticks < 0
        or mark_ticks < 0
        or (index_ticks == 0 and mark_ticks == 0)
    ):
        return Reject.BAD_VALUE
    if instrument.contract != 0 and max(index_ticks, mark_ticks) > instrument.price_max_ticks:
        return Reject.BAD_VALUE
    if contract.kind == OUTCOME and (
        index_ticks != 0 or (settle.value_atoms != 0 and not _does_array_fit(contract, instrument, settle))
    ):
        return Reject.BAD_VALUE
    if not is_known:
        return Reject.UNKNOWN_INSTRUMENT
    if instrument.status == CLOSED:
        return Reject.BAD_STATUS
    if instrument.contract == 0:
        return Reject.NOT_A_CONTRACT
    if contract.kind == OUTCOME and settle.value_atoms == 0:
        return Reject.NO_MARK
    return Reject.NONE


@kernel
def _does_array_fit(contract, instrument, settle):
    """Whether the largest position times the largest entry fits. Rule C-10."""
    one = contract.one_ticks
    if not product_fits(one, instrument.atoms_per_tick_lot << OUTCOME_SHIFT, RISK_MAX):
        return False
    atoms = one * (instrument.atoms_per_tick_lot << OUTCOME_SHIFT)
    if atoms >> settle.unit_shift > RISK_MAX // settle.value_atoms:
        return False
    largest = -mul_shift(-atoms, settle.value_atoms, settle.unit_shift)
    return product_fits(bounds.lots_max(contract), largest, VALUE_MAX << OUTCOME_SHIFT)


@kernel
def _write_array(state, contract, instrument):
    """Rule C-10: what a contract gains if each outcome comes true."""
    question = state.questions[contract.question_id]
    settle = state.risks[state.assets[instrument.quote_asset_id].risk]
    risk = state.risks[contract.risk]
    risk.loads = 1
    risk.group_ids[0] = question.group_id
    risk.unit_shift = OUTCOME_SHIFT
    risk.cap = bounds.lots_max(contract)
    tick_atoms = instrument.atoms_per_tick_lot << OUTCOME_SHIFT
    for scenario in range(SCENARIOS):
        comes_true = scenario if scenario < question.outcomes else 0
        pays = contract.one_ticks if comes_true == contract.outcome else np.int64(0)
        risk.arrays[scenario] = mul_shift(
            (pays - contract.mark_ticks) * tick_atoms, settle.value_atoms, settle.unit_shift
        )


@kernel
def _reject(state, reason, out):
    emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
