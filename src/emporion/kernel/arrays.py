"""Commands that set risk groups and risk arrays. Rules R-1 and R-2."""

import numpy as np

from emporion.kernel import admit, emit
from emporion.kernel.arith import mul_shift, product_fits
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.tables import ASSETS, GROUPS, RISKS, has_room, take_fresh
from emporion.schema.codes import ContractKind, Event, GroupKind, InstrumentStatus, Reject
from emporion.schema.limits import LOADS, PPM, RISK_MAX, SCENARIOS, SUPPLY_MAX, UNIT_SHIFT_MAX, VALUE_MAX
from emporion.schema.messages import VALUES_PER_ROW

PRICE = GroupKind.PRICE.value
EVENT = GroupKind.EVENT.value
OUTCOME = ContractKind.OUTCOME.value
CLOSED = InstrumentStatus.CLOSED.value
TERMS = 5  # Numbers behind the array: unit_shift, cap, short_min_atoms, addon_from, addon_atoms.
assert SCENARIOS + TERMS == 3 * VALUES_PER_ROW


@kernel
def set_group(state, command, out):
    """Rule R-1."""
    group_id, kind, ppm = command.group_id, command.mode, command.number
    is_known = group_id > 0 and group_id <= state.tables[GROUPS].high_water
    reason = Reject.NONE
    if kind < PRICE or kind > EVENT or ppm < 1 or ppm > PPM or (kind == EVENT and ppm != PPM):
        reason = Reject.BAD_VALUE
    elif group_id != 0 and not is_known:
        reason = Reject.UNKNOWN_GROUP
    elif is_known and state.groups[group_id].kind != kind:
        reason = Reject.BAD_COMBINATION
    elif group_id == 0 and not has_room(state, GROUPS, 1):
        reason = Reject.TABLE_FULL
    if reason != Reject.NONE:
        emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
        return
    place = np.int64(group_id) if is_known else take_fresh(state, GROUPS)
    group = state.groups[place]
    group.group_id = place
    group.kind = kind
    group.maintenance_ppm = ppm
    state.epoch += 1
    emit.of_operator(state, out, Event.GROUP_SET.value, 0, 0, 0, place, 0, kind)


@kernel
def set_risk(state, command, values, first_row, out):
    """Rule R-2. A group makes or changes one load; no group takes it away, and those behind it."""
    instrument_id, asset_id = command.instrument_id, command.asset_id
    is_asset = asset_id != 0
    row = _row_of(state, command)
    reason = _risk_reason(state, command, values, first_row, row)
    if reason != Reject.NONE:
        emit.rejected(state, out, reason, 0, 0, 0, 0, 0)
        return
    if is_asset and row == 0:
        row = take_fresh(state, RISKS)
        state.risks[row].asset_id = asset_id
        state.assets[asset_id].risk = row
    if is_asset:
        state.assets[asset_id].sale_instrument_id = instrument_id
    elif state.risks[row].instrument_id == 0:
        state.risks[row].instrument_id = instrument_id
    risk = state.risks[row]
    load = np.int64(command.number)
    if command.group_id != 0:
        risk.loads = max(risk.loads, load + 1)
        risk.group_ids[load] = command.group_id
        for scenario in range(SCENARIOS):
            risk.arrays[load * SCENARIOS + scenario] = given(values, first_row, scenario)
        risk.unit_shift = given(values, first_row, SCENARIOS)
        risk.cap = given(values, first_row, SCENARIOS + 1)
        risk.short_min_atoms = given(values, first_row, SCENARIOS + 2)
        risk.addon_from = given(values, first_row, SCENARIOS + 3)
        risk.addon_atoms = given(values, first_row, SCENARIOS + 4)
    else:
        _cut(risk, load)
    state.epoch += 1
    emit.event(
        out, state.seq, Event.RISK_SET, 0, 0, load, 0, command.group_id, 0, instrument_id, asset_id, 0, 0, 0
    )  # fmt: skip


@kernel
def given(values, first_row, place):
    """A number of the VALUES rows behind a command, counted through them."""
    return values.rows[first_row + place // VALUES_PER_ROW].values[place % VALUES_PER_ROW]


@kernel
def _row_of(state, command):
    """Row in risks of what the command is about; 0 when there is none yet, or what it names is not known."""
    if command.asset_id != 0:
        is_known = command.asset_id > 0 and command.asset_id <= state.tables[ASSETS].high_water
        return np.int64(state.assets[command.asset_id if is_known else 0].risk)
    if not admit.is_instrument(state, command.instrument_id):
        return np.int64(0)
    return np.int64(state.contracts[state.instruments[command.instrument_id].contract].risk)


@kernel
def _cut(risk, load):
    """Loads from this one on are no more. Without any, the rest is of no use either: it can be set anew."""
    for place in range(load * SCENARIOS, LOADS * SCENARIOS):
        risk.arrays[place] = 0
    for place in range(load, LOADS):
        risk.group_ids[place] = 0
    risk.loads = load
    if load == 0:
        risk.unit_shift = 0
        risk.cap = 0
        risk.value_atoms = 0
        risk.short_min_atoms = 0
        risk.addon_from = 0
        risk.addon_atoms = 0


@seldom
def _risk_reason(state, command, values, first_row, row):
    instrument_id, asset_id, group_id = command.instrument_id, command.asset_id, command.group_id
    load = np.int64(command.number)
    is_asset = asset_id != 0
    risk = state.risks[row]
    if load < 0 or load >= LOADS or group_id < 0 or asset_id < 0 or (instrument_id == 0 and not is_asset):
        return Reject.BAD_VALUE
    if load > risk.loads or (group_id == 0 and load == risk.loads):
        return Reject.BAD_VALUE  # Loads have no gaps, and what is not there cannot be taken away.
    if group_id != 0 and not _are_terms(values, first_row, risk, load, is_asset):
        return Reject.BAD_VALUE
    if is_asset and asset_id > state.tables[ASSETS].high_water:
        return Reject.UNKNOWN_ASSET
    is_known = admit.is_instrument(state, instrument_id)
    if instrument_id != 0 and not is_known:
        return Reject.UNKNOWN_INSTRUMENT
    instrument = state.instruments[instrument_id if is_known else 0]
    if not is_asset and instrument.status == CLOSED:
        return Reject.BAD_STATUS
    if group_id > state.tables[GROUPS].high_water:
        return Reject.UNKNOWN_GROUP
    contract = state.contracts[instrument.contract]
    if not is_asset and instrument.contract == 0:
        return Reject.NOT_A_CONTRACT
    if is_asset and instrument_id != 0 and instrument.base_asset_id != asset_id:
        return Reject.BAD_COMBINATION  # It is not sold there.
    if not is_asset and contract.kind == OUTCOME:
        return Reject.BAD_COMBINATION  # Its array follows from its price. Rule C-10.
    for other in range(risk.loads):
        if other != load and group_id != 0 and risk.group_ids[other] == group_id:
            return Reject.BAD_COMBINATION
    if not is_asset and group_id != 0 and given(values, first_row, SCENARIOS + 1) < contract.position_max_lots:
        return Reject.POSITION_LIMIT
    if is_asset and row == 0 and not has_room(state, RISKS, 1):
        return Reject.TABLE_FULL
    return Reject.NONE


@kernel
def _are_terms(values, first_row, risk, load, is_asset):
    """Whether the numbers of a SET_RISK are in their ranges, and no product with them can wrap."""
    shift = given(values, first_row, SCENARIOS)
    cap = given(values, first_row, SCENARIOS + 1)
    if shift < 0 or shift > UNIT_SHIFT_MAX or cap < 1 or cap > SUPPLY_MAX:
        return False
    if risk.loads != 0 and shift != risk.unit_shift:
        return False  # The other loads, and an asset's value, are of the unit that was.
    for place in range(SCENARIOS + 2, SCENARIOS + TERMS):
        if given(values, first_row, place) < 0:
            return False
    if given(values, first_row, SCENARIOS + 3) > SUPPLY_MAX:
        return False
    for scenario in range(SCENARIOS):
        if not _fits(given(values, first_row, scenario), cap, shift):
            return False
    for place in range(risk.loads * SCENARIOS):
        if place // SCENARIOS != load and not _fits(risk.arrays[place], cap, shift):
            return False
    if not _fits(given(values, first_row, SCENARIOS + 2), cap, shift):
        return False
    if not _fits(given(values, first_row, SCENARIOS + 4), cap, shift):
        return False
    value = risk.value_atoms
    if not is_asset or value == 0:
        return True
    return cap >> shift <= VALUE_MAX // value and mul_shift(cap, value, shift) <= VALUE_MAX


@kernel
def _fits(number, cap, shift):
    """|number| of 2^shift, for quantities up to the cap: products up to RISK_MAX, what they come to up to VALUE_MAX."""
    if number < -RISK_MAX or number > RISK_MAX:
        return False
    size = abs(number)
    if size == 0:
        return True
    if not product_fits(cap, size, RISK_MAX) or not product_fits(size, np.int64(1) << shift, RISK_MAX):
        return False
    return (cap * size) >> shift <= VALUE_MAX
