"""What a listing may say about prices and quantities, so that no product of them can wrap. Rules A-6 and C-2."""

from emporion.kernel.arith import product_fits
from emporion.kernel.jit import kernel
from emporion.schema.codes import ContractKind
from emporion.schema.limits import (
    BAND_PPM_MAX,
    FEE_SCHEDULES,
    FUNDING_INDEX_SCALE,
    NOTIONAL_MAX,
    PRICE_MAX,
    QTY_MAX,
    RISK_MAX,
)  # fmt: skip

OUTCOME = ContractKind.OUTCOME.value
INDEX_BITS = 61  # A funding index stays below 2^61, so that what lies between two of them fits.


@kernel
def are_sound(bounds, base_atoms_per_lot, atoms_per_tick_lot):
    """Rule A-6. Of a contract `base_atoms_per_lot` is 0."""
    qty_max, price_max = bounds.qty_max_lots, bounds.price_max_ticks
    if bounds.qty_min_lots < 1 or bounds.qty_min_lots > qty_max or qty_max > QTY_MAX:
        return False
    if price_max < 1 or price_max > PRICE_MAX:
        return False
    if not product_fits(price_max, atoms_per_tick_lot, NOTIONAL_MAX):
        return False
    if not product_fits(price_max * atoms_per_tick_lot, qty_max, NOTIONAL_MAX):
        return False
    if base_atoms_per_lot > 0 and not product_fits(qty_max, base_atoms_per_lot, NOTIONAL_MAX):
        return False
    notional_max = bounds.notional_max_atoms if bounds.notional_max_atoms != 0 else NOTIONAL_MAX
    if bounds.notional_min_atoms < 0 or bounds.notional_min_atoms > notional_max or notional_max > NOTIONAL_MAX:
        return False
    if bounds.reference_price_ticks < 0 or bounds.reference_price_ticks > price_max:
        return False
    if bounds.band_ppm < 0 or bounds.band_ppm > BAND_PPM_MAX:
        return False
    return bounds.fee_schedule >= 0 and bounds.fee_schedule < FEE_SCHEDULES


@kernel
def write(instrument, bounds):
    instrument.qty_min_lots = bounds.qty_min_lots
    instrument.qty_max_lots = bounds.qty_max_lots
    instrument.price_max_ticks = bounds.price_max_ticks
    instrument.notional_min_atoms = bounds.notional_min_atoms
    instrument.notional_max_atoms = bounds.notional_max_atoms if bounds.notional_max_atoms != 0 else NOTIONAL_MAX
    instrument.reference_price_ticks = bounds.reference_price_ticks
    instrument.band_ppm = bounds.band_ppm
    instrument.fee_schedule = bounds.fee_schedule


@kernel
def fit_contract(state, instrument, price_max_ticks):
    """Whether a contract may get this largest price: for A-5, by C-2. True of what is no contract."""
    if instrument.contract == 0:
        return True
    contract = state.contracts[instrument.contract]
    if price_max_ticks < max(contract.mark_ticks, contract.index_ticks, contract.strike_ticks):
        return False
    top_ticks = price_max_ticks
    if contract.kind == OUTCOME:
        top_ticks = contract.one_ticks
        if price_max_ticks >= top_ticks:
            return False
    return are_worth_within(lots_max(contract), top_ticks, instrument.atoms_per_tick_lot)


@kernel
def lots_max(contract):
    """`L` of rule C-2: no position, and not all of one side together, is larger."""
    return max(contract.position_max_lots, contract.open_interest_max_lots, contract.open_interest_lots)


@kernel
def are_worth_within(lots, price_ticks, atoms_per_tick_lot):
    """Whether so many lots at this price are worth RISK_MAX or less. All positive, the price at most PRICE_MAX."""
    if not product_fits(price_ticks, atoms_per_tick_lot, RISK_MAX):
        return False
    return product_fits(price_ticks * atoms_per_tick_lot, lots, RISK_MAX)


@kernel
def funding_index_max(lots):
    """`M` of rule F-3: what a position of so many lots pays between two indexes of this size still fits 2^62."""
    per_lot = (1 << INDEX_BITS) // lots
    if per_lot > ((1 << INDEX_BITS) - 1) // FUNDING_INDEX_SCALE:
        return (1 << INDEX_BITS) - 1
    return per_lot * FUNDING_INDEX_SCALE
