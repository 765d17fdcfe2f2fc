"""Listing contracts, amending their terms, and their end. Rules C-1, C-2 and C-8."""

import numpy as np

from emporion.kernel import bounds as bounds_of
from emporion.kernel import deadlines, emit, index, sweep, trigger
from emporion.kernel.jit import kernel
from emporion.kernel.ledger import open_balance
from emporion.kernel.tables import (
    ASSETS,
    BALANCES,
    CONTRACTS,
    DEADLINES,
    INSTRUMENTS,
    QUESTIONS,
    RISKS,
    has_room,
    take_fresh,
)  # fmt: skip
from emporion.schema.codes import AssetClass, ContractKind, Event, FeeForm, InstrumentStatus, QuestionStatus, Reject
from emporion.schema.limits import (
    ATOMS_PER_TICK_LOT_MAX,
    CLEARING_ACCOUNT,
    DAY_NS,
    DECIMALS_MAX,
    DIVISOR_MAX,
    E12,
    FEE_ACCOUNT,
    FUNDING_INTERVAL_MIN_NS,
    HOUR_NS,
    NOTIONAL_MAX,
    PRICE_MAX,
    QTY_MAX,
    TS_MAX,
    WINDOW_MAX_NS,
)  # fmt: skip

PERPETUAL = ContractKind.PERPETUAL.value
FUTURE = ContractKind.FUTURE.value
CALL = ContractKind.CALL.value
PUT = ContractKind.PUT.value
OUTCOME = ContractKind.OUTCOME.value
FLAT = FeeForm.FLAT.value
BINARY = FeeForm.BINARY.value
CLOSED = InstrumentStatus.CLOSED.value
OPEN_QUESTION = QuestionStatus.OPEN.value
DAILY_NS = 8 * HOUR_NS  # Daily settlement is at 08:00 UTC.


@kernel
def list_contract(state, terms, bounds, contract_terms, caps, out):
    """Rule C-1."""
    reason = _listing_reason(state, terms, bounds, contract_terms, caps)
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    kind = np.int64(contract_terms.contract_kind)
    instrument_id = take_fresh(state, INSTRUMENTS)
    slot = take_fresh(state, CONTRACTS)
    risk_slot = take_fresh(state, RISKS)
    instrument = state.instruments[instrument_id]
    instrument.instrument_id = instrument_id
    instrument.quote_asset_id = terms.quote_asset_id
    instrument.asset_class = terms.asset_class
    instrument.atoms_per_tick_lot = terms.atoms_per_tick_lot
    instrument.lot_exponent = terms.lot_exponent
    instrument.contract = slot
    for place in range(16):
        instrument.name[place] = terms.name[place]
    instrument.fee_balance = open_balance(state, FEE_ACCOUNT, terms.quote_asset_id)
    instrument.status = InstrumentStatus.PRE_OPEN
    bounds_of.write(instrument, bounds)

    state.risks[risk_slot].instrument_id = instrument_id
    contract = state.contracts[slot]
    contract.instrument_id = instrument_id
    contract.risk = risk_slot
    contract.clearing_balance = open_balance(state, CLEARING_ACCOUNT, terms.quote_asset_id)
    contract.kind = kind
    contract.fee_form = np.int64(contract_terms.fee_form)
    contract.expiry_ns = contract_terms.expiry_ns
    contract.window_ns = contract_terms.window_ns
    contract.strike_ticks = contract_terms.strike_ticks
    contract.one_ticks = contract_terms.one_ticks
    contract.funding_interval_ns = contract_terms.funding_interval_ns
    contract.impact_notional_atoms = contract_terms.impact_notional_atoms
    _write_caps(contract, caps)
    if kind == OUTCOME:
        question = state.questions[contract_terms.question_id]
        outcome = np.int64(contract_terms.outcome)
        contract.question_id = contract_terms.question_id
        contract.outcome = outcome
        question.instrument_ids[outcome] = instrument_id
        question.listed += 1
    else:
        put_deadline(state, slot)
    emit.of_operator(
        state, out, Event.INSTRUMENT_LISTED.value, 0, instrument_id, terms.quote_asset_id, 0, 0, kind
    )  # fmt: skip


@kernel
def amend_contract(state, command, caps, out):
    """Rule C-2."""
    instrument_id = command.instrument_id
    is_known = instrument_id >= 1 and instrument_id <= state.tables[INSTRUMENTS].high_water
    instrument = state.instruments[instrument_id if is_known else 0]
    contract = state.contracts[instrument.contract]
    reason = Reject.NONE
    if instrument.contract != 0 and not _may_amend(contract, instrument, caps):
        reason = Reject.BAD_VALUE
    elif not is_known:
        reason = Reject.UNKNOWN_INSTRUMENT
    elif instrument.status == CLOSED:
        reason = Reject.BAD_STATUS
    elif instrument.contract == 0:
        reason = Reject.NOT_A_CONTRACT
    elif not _is_within_cap(state.risks[contract.risk], caps.position_max_lots):
        reason = Reject.POSITION_LIMIT
    if reason != Reject.NONE:
        _reject(state, reason, out)
        return
    _write_caps(contract, caps)
    emit.of_operator(state, out, Event.CONTRACT_AMENDED.value, 0, instrument_id, 0, 0, 0, 0)


@kernel
def put_deadline(state, slot):
    """The next thing to happen to a contract: funding (F-4), daily settlement or expiry (C-6)."""
    contract = state.contracts[slot]
    now = state.ts_ns
    if contract.kind == PERPETUAL:
        due_ns = (now // contract.funding_interval_ns + 1) * contract.funding_interval_ns
    else:
        due_ns = min(((now - DAILY_NS) // DAY_NS + 1) * DAY_NS + DAILY_NS, contract.expiry_ns)
    contract.next_due_ns = due_ns
    deadlines.put(state, due_ns, deadlines.CONTRACT, slot)


@kernel
def end(state, slot, price_ticks, samples, average_ticks, reason, out):
    """Ends a contract at its final price. Rule C-8. The caller has seen to a place in the task queue.

    Args:
        samples, average_ticks: what the price was made of, for the event.
        reason: codes.Reject of the CANCELED events, as a plain number.
    """
    contract = state.contracts[slot]
    instrument_id = np.int64(contract.instrument_id)
    if contract.deadline != 0:
        deadlines.remove(state, contract.deadline)
    contract.next_due_ns = 0
    contract.premium_sum_e12 = 0
    contract.premium_samples = 0
    contract.is_settled = 1
    contract.settle_ticks = price_ticks
    state.epoch += 1
    state.instruments[instrument_id].status = CLOSED
    emit.of_operator(state, out, Event.STATUS_CHANGED.value, 0, instrument_id, 0, 0, 0, CLOSED)
    emit.event(
        out, state.seq, Event.EXPIRED_CONTRACT.value, 0, price_ticks, samples, average_ticks, 0, 0, instrument_id, 0, 0,
        0, 0,
    )  # fmt: skip
    trigger.leave_queue(state, instrument_id)
    sweep.begin(state, 0, instrument_id, 0, reason, out)


@kernel
def _listing_reason(state, terms, bounds, contract_terms, caps):
    kind = np.int64(contract_terms.contract_kind)
    quote = terms.quote_asset_id
    question_id = contract_terms.question_id
    is_question = question_id >= 1 and question_id <= state.tables[QUESTIONS].high_water
    if (
        kind < PERPETUAL
        or kind > OUTCOME
        or not _are_terms(terms, bounds, kind)
        or not _are_contract_terms(state, contract_terms, bounds.price_max_ticks, kind)
        or (kind == OUTCOME and is_question and not _is_free_outcome(state.questions[question_id], contract_terms))
        or not _are_caps(caps, kind == PERPETUAL)
        or not bounds_of.are_worth_within(
            max(caps.position_max_lots, caps.open_interest_max_lots),
            contract_terms.one_ticks if kind == OUTCOME else bounds.price_max_ticks,
            terms.atoms_per_tick_lot,
        )
    ):
        return Reject.BAD_VALUE
    if quote < 1 or quote > state.tables[ASSETS].high_water:
        return Reject.UNKNOWN_ASSET
    if kind == OUTCOME:
        if is_question and state.questions[question_id].status != OPEN_QUESTION:
            return Reject.BAD_STATUS
        if not is_question:
            return Reject.UNKNOWN_QUESTION
    balances = 1 if index.find_balance(state, FEE_ACCOUNT, quote) == 0 else 0
    balances += 1 if index.find_balance(state, CLEARING_ACCOUNT, quote) == 0 else 0
    if (
        not has_room(state, INSTRUMENTS, 1)
        or not has_room(state, CONTRACTS, 1)
        or not has_room(state, RISKS, 1)
        or (kind != OUTCOME and not has_room(state, DEADLINES, 1))
        or not has_room(state, BALANCES, balances)
    ):
        return Reject.TABLE_FULL
    return Reject.NONE


@kernel
def _are_terms(terms, bounds, kind):
    asset_class = AssetClass.EVENT.value
    if kind == PERPETUAL:
        asset_class = AssetClass.PERPETUAL.value
    elif kind == FUTURE:
        asset_class = AssetClass.FUTURE.value
    elif kind != OUTCOME:
        asset_class = AssetClass.OPTION.value
    return (
        terms.name[0] != 0
        and terms.asset_class == asset_class
        and terms.base_asset_id == 0
        and terms.base_atoms_per_lot == 0
        and terms.atoms_per_tick_lot >= 1
        and terms.atoms_per_tick_lot <= ATOMS_PER_TICK_LOT_MAX
        and terms.lot_exponent >= -DECIMALS_MAX
        and terms.lot_exponent <= DECIMALS_MAX
        and bounds_of.are_sound(bounds, 0, terms.atoms_per_tick_lot)
    )


@kernel
def _are_contract_terms(state, terms, price_max_ticks, kind):
    """Each kind has fields of its own; the others' are 0."""
    if kind == PERPETUAL:
        if terms.funding_interval_ns < FUNDING_INTERVAL_MIN_NS or terms.funding_interval_ns > DAY_NS:
            return False
        if terms.impact_notional_atoms < 0 or terms.impact_notional_atoms > NOTIONAL_MAX:
            return False
    elif terms.funding_interval_ns != 0 or terms.impact_notional_atoms != 0:
        return False
    if kind == FUTURE or kind == CALL or kind == PUT:
        if terms.expiry_ns <= state.ts_ns or terms.expiry_ns > TS_MAX:
            return False
        if terms.window_ns < 0 or terms.window_ns > WINDOW_MAX_NS:
            return False
    elif terms.expiry_ns != 0 or terms.window_ns != 0:
        return False
    if kind == CALL or kind == PUT:
        if terms.strike_ticks < 1 or terms.strike_ticks > price_max_ticks:
            return False
    elif terms.strike_ticks != 0:
        return False
    if kind == OUTCOME:
        if terms.one_ticks < 2 or terms.one_ticks > PRICE_MAX or price_max_ticks >= terms.one_ticks:
            return False
        return terms.fee_form == FLAT or terms.fee_form == BINARY
    return terms.one_ticks == 0 and terms.question_id == 0 and terms.outcome == 0 and terms.fee_form == FLAT


@kernel
def _is_free_outcome(question, terms):
    outcome = np.int64(terms.outcome)
    contracts = question.outcomes if question.outcomes > 2 else 1
    return terms.one_ticks == question.one_ticks and outcome < contracts and question.instrument_ids[outcome] == 0


@kernel
def _are_caps(caps, is_perpetual):
    """Rule C-2, what does not depend on the contract's state."""
    if caps.position_max_lots < 1 or caps.position_max_lots > QTY_MAX:
        return False
    if caps.open_interest_max_lots < 1 or caps.open_interest_max_lots > QTY_MAX:
        return False
    if caps.divisor < 1 or caps.divisor > DIVISOR_MAX:
        return False
    if not is_perpetual:
        return caps.interest_e12 == 0 and caps.clamp_e12 == 0 and caps.cap_e12 == 0
    return (
        caps.interest_e12 >= -E12
        and caps.interest_e12 <= E12
        and caps.clamp_e12 >= 0
        and caps.clamp_e12 <= E12
        and caps.cap_e12 >= 0
        and caps.cap_e12 <= E12
    )


@kernel
def _may_amend(contract, instrument, caps):
    if not _are_caps(caps, contract.kind == PERPETUAL):
        return False
    lots = max(caps.position_max_lots, caps.open_interest_max_lots, contract.open_interest_lots)
    top_ticks = contract.one_ticks if contract.kind == OUTCOME else instrument.price_max_ticks
    if not bounds_of.are_worth_within(lots, top_ticks, instrument.atoms_per_tick_lot):
        return False
    return abs(contract.funding_index) <= bounds_of.funding_index_max(lots)


@kernel
def _is_within_cap(risk, position_max_lots):
    """Whether margin counts all of the largest position: beyond the cap of its array it would not."""
    return risk.loads == 0 or position_max_lots <= risk.cap


@kernel
def _write_caps(contract, caps):
    contract.position_max_lots = caps.position_max_lots
    contract.open_interest_max_lots = caps.open_interest_max_lots
    contract.interest_e12 = caps.interest_e12
    contract.clamp_e12 = caps.clamp_e12
    contract.cap_e12 = caps.cap_e12
    contract.divisor = caps.divisor


@kernel
def _reject(state, reason, out):
    emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
