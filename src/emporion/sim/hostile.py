"""Rows that nobody should send: one field of a good row gets a number it should not have.

A node refuses to journal a command whose data rows are missing at the end of a request, so that
is not drawn here; everything else may reach the kernel.
"""

from types import SimpleNamespace

import numpy as np

from emporion.schema.build import Rows, join
from emporion.schema.codes import Command, Limit
from emporion.schema.limits import ATOMS_PER_LOT_MAX, NOTIONAL_MAX, PRICE_MAX, QTY_MAX, SUPPLY_MAX, TINY, TS_MAX
from emporion.schema.messages import (
    ADMIN_COMMAND,
    ASSET_TERMS,
    COMMAND,
    CONTRACT_BOUNDS,
    CONTRACT_TERMS,
    GENESIS_LIMITS,
    INSTRUMENT_BOUNDS,
    INSTRUMENT_TERMS,
    LEDGER_COMMAND,
    MARGIN_COMMAND,
    ORDER_COMMAND,
    ORDER_EXTRA,
    QUESTION_TERMS,
    TRANSFER_COMMAND,
    TWAP_TERMS,
    VALUES,
)

I32_MAX, I64_MAX = (1 << 31) - 1, (1 << 63) - 1
EDGES = SimpleNamespace(
    byte=(0, 1, 2, 3, 4, 5, 7, 8, 16, 64, 127),
    small=(0, 1, 2, -1, 3, 4, 5, 1_000_000, I32_MAX, -I32_MAX - 1),
    wide=(
        0, 1, -1, 2, I64_MAX, -I64_MAX - 1, I32_MAX + 1, PRICE_MAX, QTY_MAX, NOTIONAL_MAX, SUPPLY_MAX, SUPPLY_MAX + 1,
        ATOMS_PER_LOT_MAX + 1, TS_MAX, TS_MAX + 1, 1 << 24 | 1, 2 << 24 | 3,
    ),
)  # fmt: skip
HEADS = (ORDER_COMMAND, LEDGER_COMMAND, TRANSFER_COMMAND, ADMIN_COMMAND, MARGIN_COMMAND)
DATA = (
    ORDER_EXTRA, ASSET_TERMS, INSTRUMENT_TERMS, INSTRUMENT_BOUNDS, GENESIS_LIMITS, CONTRACT_TERMS, CONTRACT_BOUNDS,
    QUESTION_TERMS, VALUES, TWAP_TERMS,
)  # fmt: skip
KINDS = (*Command, 0, 3, 99, 202, 255)


def spoil(rng: np.random.Generator, rows: Rows) -> Rows:
    """The command with one thing wrong with it, as often as not not where its kind has a field."""
    rows = rows.copy()
    chance = rng.random()
    if chance < 0.1:  # Another kind, with the same numbers.
        rows["kind"][0] = rng.choice(KINDS)
    elif chance < 0.2:  # Data rows too many, or of no kind, or missing where they should be.
        count = int(rng.integers(0, 5))
        rows = join(rows[:1], *[_data_row(rng) for _ in range(count)])
        rows["data_rows"][0] = count
    elif chance < 0.35:
        place = int(rng.integers(len(rows)))
        rows[place] = _overwrite(rng, rows[place : place + 1], HEADS if place == 0 else DATA)
    else:
        rows[0] = _overwrite(rng, rows[:1], HEADS)
        if rng.random() < 0.2:
            rows[-1] = _overwrite(rng, rows[-1:], DATA if len(rows) > 1 else HEADS)
    return _within_build(rows)


def _data_row(rng: np.random.Generator) -> Rows:
    row = np.zeros(1, COMMAND)
    row["kind"] = Command.DATA if rng.random() < 0.7 else rng.choice(KINDS)
    return row


def _overwrite(rng: np.random.Generator, row: Rows, families: tuple[np.dtype, ...]) -> np.void:
    """One row with one field of one of these layouts set to an edge of its range."""
    family = families[int(rng.integers(len(families)))]
    # Not the time: one TS_MAX, which is in order, and nothing more would happen on this seed.
    names = [name for name in family.names or () if name not in ("kind", "data_rows", "ts_ns")]
    name = names[int(rng.integers(len(names)))]
    view = row.copy().view(family)
    edges = {1: EDGES.byte, 4: EDGES.small}.get(family[name].base.itemsize, EDGES.wide)
    view[name] = np.array(edges[int(rng.integers(len(edges)))]).astype(family[name].base)
    return view.view(COMMAND)[0]


def _within_build(rows: Rows) -> Rows:
    """A limit above what the build holds is no refusal but a node that cannot go on: leave it out."""
    admin = rows[:1].view(ADMIN_COMMAND)
    if admin["kind"][0] == Command.SET_LIMIT and 0 <= admin["limit"][0] < Limit.CLIENT_IDS_PER_ACCOUNT:
        most = getattr(TINY, Limit(int(admin["limit"][0])).name.lower()) - 1
        if admin["limit_value"][0] > most:
            admin["limit_value"] = I64_MAX
    return rows
