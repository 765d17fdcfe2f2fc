"""Tables made from rows and events, against the plainest Python and against the venue's own frames."""

import numpy as np
import pytest

from emporion.history.entries import entries_of, in_order
from emporion.history.rows import FUNDING
from emporion.history.tables import DTYPES, Tables
from emporion.kernel.machine import Machine
from emporion.schema.limits import TINY
from tests.history.obvious import ENTRY, FILL, ORDER, TRADE, Obvious, array
from tests.history.stage import FEWER, draw


def made(pieces: list[np.ndarray]) -> tuple[Tables, dict[str, np.ndarray]]:
    tables, machine = Tables(), Machine(TINY)
    parts = [tables.take(rows, machine.apply(rows)) for rows in pieces]
    return tables, {name: np.concatenate([part[name] for part in parts if part]) for name in DTYPES}


@pytest.mark.parametrize("seed", range(24 // FEWER))
def test_tables_are_what_the_plainest_reading_says(seed):
    pieces = draw(seed)
    tables, rows = made(pieces)
    obvious = Obvious(np.concatenate(pieces))
    assert rows["trades"].tolist() == array(obvious.trades, TRADE).tolist()
    assert rows["fills"].tolist() == array(obvious.fills, FILL).tolist()
    assert rows["orders"].tolist() == array(obvious.ended, ORDER).tolist()
    assert tables.open_orders.rows().tolist() == array(obvious.open.values(), ORDER).tolist()
    entries = in_order(np.concatenate([rows["movements"], entries_of(rows["fills"], tables.listed)]))
    assert entries.tolist() == array(obvious.entries, ENTRY).tolist()


@pytest.mark.parametrize("seed", range(4 // FEWER))
def test_what_contracts_and_loans_move_is_in_the_ledger(seed):
    """Against the plainest reading; and of every account and asset the lines add up to the balance."""
    pieces = draw(seed, 600, on_margin=True)
    tables, rows = made(pieces)
    obvious = Obvious(np.concatenate(pieces))
    entries = in_order(np.concatenate([rows["movements"], entries_of(rows["fills"], tables.listed)]))
    assert entries.tolist() == array(obvious.entries, ENTRY).tolist()
    assert rows["fills"].tolist() == array(obvious.fills, FILL).tolist()
    assert rows["orders"].tolist() == array(obvious.ended, ORDER).tolist()
    assert rows["fundings"].tolist() == array(obvious.fundings, FUNDING).tolist()
    balances = obvious.machine.array[0]["balances"]
    for row in balances[balances["account_id"] != 0]:
        own = (entries["account_id"] == row["account_id"]) & (entries["asset_id"] == row["asset_id"])
        total = int(row["free_atoms"]) + int(row["order_held_atoms"]) + int(row["other_held_atoms"])
        assert sum(entries["amount_atoms"][own].tolist()) == total, row
    assert len(np.unique(entries["kind"])) > 6


def test_the_drawn_histories_hold_what_matters():
    """Or the comparison above would prove little."""
    ended = np.concatenate([made(draw(seed))[1]["orders"] for seed in range(12)])
    assert set(ended["status"].tolist()) == {2, 4, 12}
    assert len(set(ended["reason"].tolist())) >= 8
    for field in ("display_lots", "trigger_ticks", "expire_ns", "cl_ord_id_hi", "fee_atoms", "cum_lots"):
        assert np.count_nonzero(ended[field]) > 10, field


@pytest.mark.parametrize("seed", range(8 // FEWER))
def test_where_batches_are_cut_changes_nothing(seed):
    pieces = draw(seed)
    tables, whole = made([np.concatenate(pieces)])
    other, cut = made(pieces)
    assert tables.open_orders.rows().tobytes() == other.open_orders.rows().tobytes()
    for name in DTYPES:
        assert whole[name].tobytes() == cut[name].tobytes(), name
