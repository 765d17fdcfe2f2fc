"""At which mark of one contract an account would be liquidated, all else as it is."""

from collections.abc import Callable
from dataclasses import replace

from emporion.schema.codes import ContractKind
from emporion.schema.limits import SCENARIOS
from emporion.venue.pool import ContractTerms, PoolRows
from emporion.venue.reckon import Pool, reckon, value_down


def liquidation_ticks(pool: Pool, instrument_id: int) -> int | None:
    """The mark at which the account would be liquidated, all else as it is; None where there is none.

    The first mark, going against the position from where it stands, at which equity is below maintenance. Arrays
    stay as they are until somebody sends others, but for an outcome's, which follow its mark.
    """
    one = pool.of_contract(instrument_id)
    if one is None or not one.holding.pos_lots:
        return None
    terms, pos = pool.rows.contracts[instrument_id], one.holding.pos_lots
    if not terms.mark_ticks or pool.equity_atoms < pool.maintenance_atoms:
        return terms.mark_ticks or None
    is_below = _below(pool, terms)
    highest = terms.one_ticks - 1 if terms.kind == ContractKind.OUTCOME else terms.price_max_ticks
    far = 1 if pos > 0 else highest
    if not is_below(far):
        return None
    safe, fatal = terms.mark_ticks, far
    while abs(fatal - safe) > 1:
        middle = (safe + fatal) // 2
        safe, fatal = (safe, middle) if is_below(middle) else (middle, fatal)
    return fatal


def _below(pool: Pool, terms: ContractTerms) -> Callable[[int], bool]:
    """Whether the account is below maintenance when the contract's mark is so many ticks."""
    if terms.kind == ContractKind.OUTCOME:
        return lambda ticks: _is_below(reckon(_at_mark(pool.rows, terms, ticks)))
    one = pool.of_contract(terms.instrument_id)
    assert one is not None
    holding, settle = one.holding, pool.rows.assets[terms.settle_asset_id]
    others = pool.equity_atoms - one.value_atoms - pool.maintenance_atoms

    def is_below(ticks: int) -> bool:
        gain = holding.pos_lots * ticks * terms.atoms_per_tick_lot - holding.entry_atoms
        return others + value_down(settle, gain) < 0

    return is_below


def _is_below(pool: Pool) -> bool:
    return pool.equity_atoms < pool.maintenance_atoms


def _at_mark(rows: PoolRows, terms: ContractTerms, ticks: int) -> PoolRows:
    """The same account with an outcome at another mark: its array is what it pays less that, rule C-10."""
    settle = rows.assets[terms.settle_asset_id].risk
    array = []
    for scenario in range(SCENARIOS):
        comes_true = scenario if scenario < terms.outcomes else 0
        pays = terms.one_ticks if comes_true == terms.outcome else 0
        array.append(
            (pays - ticks) * (1 << terms.risk.unit_shift) * terms.atoms_per_tick_lot * settle.value_atoms
            >> settle.unit_shift
        )
    there = replace(terms, mark_ticks=ticks, risk=replace(terms.risk, arrays=[array]))
    return replace(rows, contracts=rows.contracts | {terms.instrument_id: there}, is_hour_over=False)
