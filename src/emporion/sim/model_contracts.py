"""Contracts as they are listed, and their prices: docs/rules/contracts.md, C-1 to C-5."""

from types import SimpleNamespace

from emporion.schema.build_margin import CLASSES
from emporion.schema.codes import ContractKind, Event, FeeForm, InstrumentStatus, Limit, QuestionStatus, Reject
from emporion.schema.limits import (
    ATOMS_PER_TICK_LOT_MAX,
    CLEARING_ACCOUNT,
    DAY_NS,
    DECIMALS_MAX,
    DIVISOR_MAX,
    E12,
    FEE_ACCOUNT,
    FUNDING_INTERVAL_MIN_NS,
    INDEX_SAMPLES_MAX,
    NOTIONAL_MAX,
    PRICE_MAX,
    QTY_MAX,
    RISK_MAX,
    TS_MAX,
    VALUE_MAX,
    WINDOW_MAX_NS,
)
from emporion.sim.model_contracts_state import Contract
from emporion.sim.model_ends import set_first_deadline
from emporion.sim.model_funding import index_max, take_premium_sample
from emporion.sim.model_margin import is_priced, raise_epoch, risk_of_asset
from emporion.sim.model_operators import bounds_hold, set_bounds
from emporion.sim.model_questions import array_fits, make_array
from emporion.sim.model_records import Instrument, Source
from emporion.sim.model_state import Venue, require
from emporion.sim.model_triggers import on_price

Row = SimpleNamespace
DATED = (ContractKind.FUTURE, ContractKind.CALL, ContractKind.PUT)
OPTIONS = (ContractKind.CALL, ContractKind.PUT)
FIELDS = {  # Of the contract terms, those that only some kinds have.
    "expiry_ns": DATED, "window_ns": DATED, "strike_ticks": OPTIONS, "one_ticks": (ContractKind.OUTCOME,),
    "funding_interval_ns": (ContractKind.PERPETUAL,), "impact_notional_atoms": (ContractKind.PERPETUAL,),
    "question_id": (ContractKind.OUTCOME,), "outcome": (ContractKind.OUTCOME,),
}  # fmt: skip


def list_contract(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-1."""
    terms, bounds, contract_terms, caps = data
    require(terms_hold(venue, terms, bounds, contract_terms), Reject.BAD_VALUE)
    kind = ContractKind(contract_terms.contract_kind)
    most = contract_terms.one_ticks if kind == ContractKind.OUTCOME else bounds.price_max_ticks
    lots = max(caps.position_max_lots, caps.open_interest_max_lots)
    require(caps_hold(caps, kind, lots * most * terms.atoms_per_tick_lot), Reject.BAD_VALUE)
    require(terms.quote_asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    question = venue.questions.get(contract_terms.question_id)
    if kind == ContractKind.OUTCOME:
        require(question is None or question.status == QuestionStatus.OPEN, Reject.BAD_STATUS)
        require(question is not None, Reject.UNKNOWN_QUESTION)
    limits = venue.limits
    require(len(venue.instruments) < limits[Limit.INSTRUMENTS], Reject.TABLE_FULL)
    require(len(venue.contracts) < limits[Limit.CONTRACTS], Reject.TABLE_FULL)
    require(len(venue.contracts) + len(venue.asset_risks) < limits[Limit.RISKS], Reject.TABLE_FULL)
    require(kind == ContractKind.OUTCOME or venue.has_deadline_room(), Reject.TABLE_FULL)
    venues_own = [(FEE_ACCOUNT, terms.quote_asset_id), (CLEARING_ACCOUNT, terms.quote_asset_id)]
    require(venue.has_balance_room(*venues_own), Reject.TABLE_FULL)

    number = len(venue.instruments) + 1
    instrument = Instrument(number, 0, terms.quote_asset_id, 0, terms.atoms_per_tick_lot)
    set_bounds(instrument, bounds)
    contract = Contract(
        number, kind, contract_terms.question_id, contract_terms.outcome, contract_terms.fee_form,
        funding_interval_ns=contract_terms.funding_interval_ns, impact_notional=contract_terms.impact_notional_atoms,
        expiry_ns=contract_terms.expiry_ns, window_ns=contract_terms.window_ns, strike=contract_terms.strike_ticks,
        one_ticks=contract_terms.one_ticks,
    )  # fmt: skip
    set_caps(contract, caps)
    set_first_deadline(venue, contract)
    venue.instruments[number], venue.contracts[number] = instrument, contract
    for key in venues_own:
        venue.balance(*key)
    if question is not None:
        question.instrument_ids[contract.outcome] = number
    venue.emit(Event.INSTRUMENT_LISTED, instrument_id=number, asset_id=instrument.quote, flags=kind)


def terms_hold(venue: Venue, terms: Row, bounds: Row, contract_terms: Row) -> bool:
    """C-1, 1, but for the contract bounds."""
    if contract_terms.contract_kind not in tuple(ContractKind):
        return False
    kind = ContractKind(contract_terms.contract_kind)
    has = {name: getattr(contract_terms, name) for name in FIELDS}
    if any(number != 0 and kind not in FIELDS[name] for name, number in has.items()):
        return False
    forms = (FeeForm.FLAT, FeeForm.BINARY) if kind == ContractKind.OUTCOME else (FeeForm.FLAT,)
    holds = (
        terms.name[0] != 0
        and terms.asset_class == CLASSES[kind]
        and terms.base_asset_id == 0 == terms.base_atoms_per_lot
        and 1 <= terms.atoms_per_tick_lot <= ATOMS_PER_TICK_LOT_MAX
        and -DECIMALS_MAX <= terms.lot_exponent <= DECIMALS_MAX
        and bounds_hold(bounds, 0, terms.atoms_per_tick_lot)
        and contract_terms.fee_form in forms
    )
    if kind == ContractKind.PERPETUAL:
        holds = holds and FUNDING_INTERVAL_MIN_NS <= has["funding_interval_ns"] <= DAY_NS
        holds = holds and 0 <= has["impact_notional_atoms"] <= NOTIONAL_MAX
    if kind in DATED:
        holds = holds and venue.now < has["expiry_ns"] <= TS_MAX and 0 <= has["window_ns"] <= WINDOW_MAX_NS
    if kind in OPTIONS:
        holds = holds and 1 <= has["strike_ticks"] <= bounds.price_max_ticks
    if kind == ContractKind.OUTCOME:
        holds = holds and 2 <= has["one_ticks"] <= PRICE_MAX and bounds.price_max_ticks <= has["one_ticks"] - 1
        question = venue.questions.get(has["question_id"])
        if question is not None:
            contracts = 1 if question.outcomes == 2 else question.outcomes
            holds = holds and has["one_ticks"] == question.one_ticks and 0 <= has["outcome"] < contracts
            holds = holds and question.instrument_ids[has["outcome"]] == 0
    return holds


def amend_contract(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-2."""
    caps = data[0]
    instrument, contract = venue.instruments.get(row.instrument_id), venue.contracts.get(row.instrument_id)
    if contract is not None and instrument is not None:
        lots = max(caps.position_max_lots, caps.open_interest_max_lots, contract.open_interest)
        worth = lots * highest(instrument, contract) * instrument.atoms_per_tick_lot
        require(caps_hold(caps, ContractKind(contract.kind), worth), Reject.BAD_VALUE)
        require(abs(contract.funding_index) <= index_max(lots), Reject.BAD_VALUE)
    require(instrument is not None, Reject.UNKNOWN_INSTRUMENT)
    assert instrument is not None
    require(instrument.status != InstrumentStatus.CLOSED, Reject.BAD_STATUS)
    require(contract is not None, Reject.NOT_A_CONTRACT)
    assert contract is not None
    fits = contract.risk.count == 0 or caps.position_max_lots <= contract.risk.cap
    require(fits, Reject.POSITION_LIMIT)
    set_caps(contract, caps)
    venue.emit(Event.CONTRACT_AMENDED, instrument_id=row.instrument_id)


def highest(instrument: Instrument, contract: Contract) -> int:
    """P: no price, payout or intrinsic value is above it."""
    return contract.one_ticks if contract.kind == ContractKind.OUTCOME else instrument.price_max


def caps_hold(caps: Row, kind: ContractKind, worth: int) -> bool:
    """C-2; `worth` is that of as many lots as there may be, at the highest price."""
    is_perpetual = kind == ContractKind.PERPETUAL
    return (
        1 <= caps.position_max_lots <= QTY_MAX
        and 1 <= caps.open_interest_max_lots <= QTY_MAX
        and worth <= RISK_MAX
        and 1 <= caps.divisor <= DIVISOR_MAX
        and abs(caps.interest_e12) <= E12
        and 0 <= caps.clamp_e12 <= E12
        and 0 <= caps.cap_e12 <= E12
        and (is_perpetual or caps.interest_e12 == caps.clamp_e12 == caps.cap_e12 == 0)
    )


def set_caps(contract: Contract, caps: Row) -> None:
    contract.position_max, contract.open_interest_max = caps.position_max_lots, caps.open_interest_max_lots
    contract.interest_e12, contract.clamp_e12, contract.cap_e12 = caps.interest_e12, caps.clamp_e12, caps.cap_e12
    contract.divisor = caps.divisor


# --- Prices ------------------------------------------------------------------------------------------


def set_price(venue: Venue, row: Row, data: list[Row]) -> None:
    """C-4."""
    numbers = (row.index_price_ticks, row.mark_price_ticks, row.value_atoms)
    is_asset = row.asset_id != 0
    require((row.instrument_id != 0) != is_asset and min(numbers) >= 0, Reject.BAD_VALUE)
    if is_asset:
        set_value(venue, row)
        return
    instrument, contract = venue.instruments.get(row.instrument_id), venue.contracts.get(row.instrument_id)
    require(row.value_atoms == 0 and any(numbers), Reject.BAD_VALUE)
    if contract is not None and instrument is not None:
        require(max(numbers) <= instrument.price_max, Reject.BAD_VALUE)
        if contract.kind == ContractKind.OUTCOME:
            require(row.index_price_ticks == 0 and array_fits(venue, contract), Reject.BAD_VALUE)
    require(instrument is not None, Reject.UNKNOWN_INSTRUMENT)
    assert instrument is not None
    require(instrument.status != InstrumentStatus.CLOSED, Reject.BAD_STATUS)
    require(contract is not None, Reject.NOT_A_CONTRACT)
    assert contract is not None
    if contract.kind == ContractKind.OUTCOME:
        require(is_priced(venue, instrument.quote), Reject.NO_MARK)

    raise_epoch(venue)
    contract.index = row.index_price_ticks or contract.index
    contract.mark = row.mark_price_ticks or contract.mark
    contract.priced_ns = venue.now
    venue.emit(
        Event.PRICE_SET, instrument_id=row.instrument_id, price_ticks=contract.mark, qty_lots=contract.index
    )  # fmt: skip
    if row.index_price_ticks and contract.kind in DATED:
        take_index_sample(venue, contract)
    if row.index_price_ticks and contract.kind == ContractKind.PERPETUAL and instrument.status == InstrumentStatus.OPEN:
        take_premium_sample(venue, contract)
    if contract.kind == ContractKind.OUTCOME:
        make_array(venue, contract)
    if row.mark_price_ticks:
        on_price(venue, instrument, Source.MARK, contract.mark)
    if row.index_price_ticks:
        on_price(venue, instrument, Source.INDEX, contract.index)


def set_value(venue: Venue, row: Row) -> None:
    risk = risk_of_asset(venue, row.asset_id)
    require(row.index_price_ticks == row.mark_price_ticks == 0 and row.value_atoms > 0, Reject.BAD_VALUE)
    if risk.count:
        require(row.value_atoms << risk.unit_shift <= RISK_MAX, Reject.BAD_VALUE)
        require(risk.cap * row.value_atoms >> risk.unit_shift <= VALUE_MAX, Reject.BAD_VALUE)
    require(row.asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    require(risk.count > 0, Reject.NO_MARK)

    raise_epoch(venue)
    risk.value = row.value_atoms
    venue.emit(Event.PRICE_SET, asset_id=row.asset_id, amount_atoms=row.value_atoms)


def take_index_sample(venue: Venue, contract: Contract) -> None:
    """C-5."""
    is_in_window = contract.expiry_ns - contract.window_ns <= venue.now < contract.expiry_ns
    if is_in_window and len(contract.indexes) < INDEX_SAMPLES_MAX:
        contract.indexes.append(contract.index)
