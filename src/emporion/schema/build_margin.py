"""Command rows of contracts and margin from named arguments: as schema/build.py has those of all else.

The same promises: a fresh array of rows, the head first; nothing is checked but that a number fits
its field. Lists of numbers go into VALUES rows in the order that the tuples here name.
"""

from collections.abc import Mapping, Sequence

from emporion.errors import BadValue
from emporion.schema.build import Rows, bounds, halves, join, name_bytes, one_row
from emporion.schema.codes import AssetClass, Command, ContractKind, FeeForm, GroupKind, MarginMode, Tif
from emporion.schema.limits import E12, HOUR_NS, OUTCOMES_MAX, PPM, SCENARIOS
from emporion.schema.messages import (
    CONTRACT_BOUNDS,
    CONTRACT_TERMS,
    INSTRUMENT_TERMS,
    MARGIN_COMMAND,
    ORDER_COMMAND,
    QUESTION_TERMS,
    TWAP_TERMS,
    VALUES,
    VALUES_PER_ROW,
)

# --- What stands where in VALUES rows --------------------------------------------------------------

RISK_VALUES = (  # SET_RISK. The last five hold for the contract or asset as a whole, whatever the load.
    *(f"scenario_{number}" for number in range(SCENARIOS)),  # Micro-dollars of 2^unit_shift lots or atoms long.
    "unit_shift",
    "cap",  # Quantity up to which products are known to fit; of an asset, what counts as collateral.
    "short_min_atoms",  # Least loss of 2^unit_shift lots short.
    "addon_from",  # Quantity above which it costs more,
    "addon_atoms",  # so much for 2^unit_shift of it.
)
LENDING_VALUES = (  # SET_LENDING. Rates are of an hour.
    "lending_cap_atoms",
    "base_rate_e12",
    "kink_rate_e12",
    "full_rate_e12",
    "kink_ppm",
)
LIQUIDATION_VALUES = (  # SET_LIQUIDATION
    "slice_ppm",  # Part of a position that one slice sells,
    "slice_min_atoms",  # or all when it is worth less than this, micro-dollars;
    "slice_interval_ns",  # time between slices;
    "backstop_ppm",  # of maintenance: below it the backstop takes over;
    "liquidation_fee_ppm",  # to the insurance fund;
    "slice_slippage_ppm",  # how far from the mark a slice may go.
)
RISK_ROWS = -(-len(RISK_VALUES) // VALUES_PER_ROW)
PAYOUT_ROWS = -(-OUTCOMES_MAX // VALUES_PER_ROW)
CLASSES = {  # The class of instrument that each kind of contract is.
    ContractKind.PERPETUAL: AssetClass.PERPETUAL,
    ContractKind.FUTURE: AssetClass.FUTURE,
    ContractKind.CALL: AssetClass.OPTION,
    ContractKind.PUT: AssetClass.OPTION,
    ContractKind.OUTCOME: AssetClass.EVENT,
}
assert RISK_ROWS == 3 and PAYOUT_ROWS == 3
assert max(len(LENDING_VALUES), len(LIQUIDATION_VALUES)) <= VALUES_PER_ROW


def _values(numbers: Sequence[int], rows: int) -> list[Rows]:
    """The numbers in so many VALUES rows, zeros behind them."""
    if len(numbers) > rows * VALUES_PER_ROW:
        raise BadValue(f"{len(numbers)} numbers do not fit {rows} data rows of {VALUES_PER_ROW}")
    padded = [*numbers, *(0,) * (rows * VALUES_PER_ROW - len(numbers))]
    starts = range(0, len(padded), VALUES_PER_ROW)
    return [one_row(VALUES, Command.DATA, values=padded[start : start + VALUES_PER_ROW]) for start in starts]


def _margin(kind: Command, *data: Rows, **fields: int) -> Rows:
    return join(one_row(MARGIN_COMMAND, kind, data_rows=len(data), **fields), *data)


# --- Listing -----------------------------------------------------------------------------------------


def contract_bounds(
    position_max_lots: int = 1_000_000,
    open_interest_max_lots: int = 1_000_000_000,
    interest_e12: int = 0,
    clamp_e12: int = 0,
    cap_e12: int = 0,
    divisor: int = 1,
) -> Rows:
    """The data row of a contract's caps and funding terms.

    The last four are a perpetual's: interest and clamp per the period that its premium is quoted for,
    the largest rate of one interval, and how many intervals the period has.
    """
    return one_row(
        CONTRACT_BOUNDS, Command.DATA, position_max_lots=position_max_lots,
        open_interest_max_lots=open_interest_max_lots, interest_e12=interest_e12, clamp_e12=clamp_e12, cap_e12=cap_e12,
        divisor=divisor,
    )  # fmt: skip


def list_contract(
    name: str | bytes,
    quote_asset_id: int,
    contract_kind: int = ContractKind.PERPETUAL,
    atoms_per_tick_lot: int = 1,
    lot_exponent: int = 0,
    expiry_ns: int = 0,
    window_ns: int = 0,
    strike_ticks: int = 0,
    one_ticks: int = 0,
    funding_interval_ns: int | None = None,
    impact_notional_atoms: int = 0,
    question_id: int = 0,
    outcome: int = 0,
    fee_form: int = FeeForm.FLAT,
    caps: Mapping[str, int] | None = None,
    **bounds_fields: int,
) -> Rows:
    """LIST_CONTRACT: `caps` are the arguments of `contract_bounds`, what is left those of `bounds`.

    It settles in `quote_asset_id`; a lot is 10^lot_exponent of what it is on; it starts PRE_OPEN.
    `funding_interval_ns` is an hour for a perpetual and none for the others unless given.
    """
    if funding_interval_ns is None:
        funding_interval_ns = HOUR_NS if contract_kind == ContractKind.PERPETUAL else 0
    terms = one_row(
        INSTRUMENT_TERMS, Command.DATA, name=name_bytes(name), quote_asset_id=quote_asset_id,
        atoms_per_tick_lot=atoms_per_tick_lot, lot_exponent=lot_exponent,
        asset_class=CLASSES.get(ContractKind(contract_kind), 0),
    )  # fmt: skip
    contract = one_row(
        CONTRACT_TERMS, Command.DATA, contract_kind=contract_kind, expiry_ns=expiry_ns, window_ns=window_ns,
        strike_ticks=strike_ticks, one_ticks=one_ticks, funding_interval_ns=funding_interval_ns,
        impact_notional_atoms=impact_notional_atoms, question_id=question_id, outcome=outcome, fee_form=fee_form,
    )  # fmt: skip
    data = (terms, bounds(**bounds_fields), contract, contract_bounds(**(caps or {})))
    return _margin(Command.LIST_CONTRACT, *data)


def amend_contract(instrument_id: int, **caps: int) -> Rows:
    """AMEND_CONTRACT: new caps and funding terms, all of them; arguments are those of `contract_bounds`."""
    return _margin(Command.AMEND_CONTRACT, contract_bounds(**caps), instrument_id=instrument_id)


def list_question(name: str | bytes, outcomes: int, challenge_ns: int = 0, one_ticks: int = 1_000) -> Rows:
    """LIST_QUESTION of 1 to 16 outcomes: 1 or 2 is a binary one, with a single contract on its YES."""
    terms = one_row(
        QUESTION_TERMS, Command.DATA, name=name_bytes(name), challenge_ns=challenge_ns, one_ticks=one_ticks
    )  # fmt: skip
    return _margin(Command.LIST_QUESTION, terms, mode=outcomes)


# --- Prices and risk -----------------------------------------------------------------------------------


def set_price(instrument_id: int, index_price_ticks: int = 0, mark_price_ticks: int = 0) -> Rows:
    """SET_PRICE of a contract: 0 keeps the one that is."""
    return _margin(
        Command.SET_PRICE, instrument_id=instrument_id, index_price_ticks=index_price_ticks,
        mark_price_ticks=mark_price_ticks,
    )  # fmt: skip


def set_value(asset_id: int, value_atoms: int) -> Rows:
    """SET_PRICE of an asset: micro-dollars of 2^unit_shift atoms, as its SET_RISK says."""
    return _margin(Command.SET_PRICE, asset_id=asset_id, value_atoms=value_atoms)


def set_group(group_id: int = 0, kind: int = GroupKind.PRICE, maintenance_ppm: int = PPM // 2) -> Rows:
    """SET_GROUP: group 0 makes the next, and the event names its number."""
    return _margin(Command.SET_GROUP, group_id=group_id, mode=kind, number=maintenance_ppm)


def set_risk(
    group_id: int,
    array: Sequence[int],
    instrument_id: int = 0,
    asset_id: int = 0,
    load: int = 0,
    unit_shift: int = 0,
    cap: int = 1_000_000_000,
    short_min_atoms: int = 0,
    addon_from: int = 1_000_000_000,
    addon_atoms: int = 0,
) -> Rows:
    """SET_RISK of one load: what 2^unit_shift lots or atoms gain in each scenario, micro-dollars.

    Of a contract, `instrument_id` alone; of an asset, `asset_id`, and `instrument_id` is where it is
    sold when its owner is liquidated.
    """
    numbers = (*array, *(0,) * (SCENARIOS - len(array)), unit_shift, cap, short_min_atoms, addon_from, addon_atoms)
    return _margin(
        Command.SET_RISK, *_values(numbers, RISK_ROWS), group_id=group_id, instrument_id=instrument_id,
        asset_id=asset_id, number=load,
    )  # fmt: skip


# --- Accounts ------------------------------------------------------------------------------------------


def set_margin(account_id: int, leverage_max: int = 0, mode: int = MarginMode.MARGIN) -> Rows:
    """SET_MARGIN: a margin account from now on, with a leverage cap of its own; 0 for none."""
    return _margin(Command.SET_MARGIN, account_id=account_id, number=leverage_max, mode=mode)


def set_lending(
    asset_id: int,
    lending_cap_atoms: int,
    base_rate_e12: int = 0,
    kink_rate_e12: int = 0,
    full_rate_e12: int = E12 // 1_000,
    kink_ppm: int = 800_000,
) -> Rows:
    """SET_LENDING: how much of an asset is lent, and the curve of an hour's interest."""
    numbers = (lending_cap_atoms, base_rate_e12, kink_rate_e12, full_rate_e12, kink_ppm)
    return _margin(Command.SET_LENDING, *_values(numbers, 1), asset_id=asset_id)


def set_liquidation(
    backstop_account_id: int,
    slice_ppm: int = 250_000,
    slice_min_atoms: int = 1_000_000_000,
    slice_interval_ns: int = 1_000_000_000,
    backstop_ppm: int = 500_000,
    liquidation_fee_ppm: int = 5_000,
    slice_slippage_ppm: int = 20_000,
) -> Rows:
    """SET_LIQUIDATION: how accounts are liquidated, and which account is the backstop; 0 for none."""
    numbers = (
        slice_ppm, slice_min_atoms, slice_interval_ns, backstop_ppm, liquidation_fee_ppm, slice_slippage_ppm,
    )  # fmt: skip
    return _margin(Command.SET_LIQUIDATION, *_values(numbers, 1), account_id=backstop_account_id)


def sweep(accounts: int) -> Rows:
    """SWEEP: looks at the next so many margin accounts."""
    return _margin(Command.SWEEP, number=accounts)


# --- Questions -----------------------------------------------------------------------------------------


def propose_outcome(question_id: int, payout_ticks: Sequence[int]) -> Rows:
    """PROPOSE_OUTCOME: what each outcome pays, together one; final when nobody challenges in time."""
    return _margin(Command.PROPOSE_OUTCOME, *_values(payout_ticks, PAYOUT_ROWS), question_id=question_id)


def challenge_outcome(question_id: int) -> Rows:
    """CHALLENGE_OUTCOME: the proposal is dropped."""
    return _margin(Command.CHALLENGE_OUTCOME, question_id=question_id)


def resolve_outcome(question_id: int, payout_ticks: Sequence[int]) -> Rows:
    """RESOLVE_OUTCOME: what each outcome pays, final at once."""
    return _margin(Command.RESOLVE_OUTCOME, *_values(payout_ticks, PAYOUT_ROWS), question_id=question_id)


# --- TWAP ----------------------------------------------------------------------------------------------


def place_twap(
    account_id: int,
    instrument_id: int,
    side: int,
    qty_lots: int,
    duration_ns: int,
    interval_ns: int,
    slippage_ppm: int = 10_000,
    price_ticks: int = 0,
    flags: int = 0,
    stp: int = 0,
    cl_ord_id: bytes = b"",
) -> Rows:
    """PLACE_TWAP: the venue trades the quantity in immediate slices; a price is a limit for each of them."""
    hi, lo = halves(cl_ord_id)
    head = one_row(
        ORDER_COMMAND, Command.PLACE_TWAP, account_id=account_id, instrument_id=instrument_id, side=side,
        qty_lots=qty_lots, price_ticks=price_ticks, tif=Tif.IOC, flags=flags, stp=stp, cl_ord_id_hi=hi,
        cl_ord_id_lo=lo, data_rows=1,
    )  # fmt: skip
    terms = one_row(
        TWAP_TERMS, Command.DATA, duration_ns=duration_ns, interval_ns=interval_ns, slippage_ppm=slippage_ppm
    )  # fmt: skip
    return join(head, terms)


def cancel_twap(account_id: int, twap_id: int) -> Rows:
    """CANCEL_TWAP by the venue's number of it; its slices so far stay traded."""
    return one_row(ORDER_COMMAND, Command.CANCEL_TWAP, account_id=account_id, order_id=twap_id)
