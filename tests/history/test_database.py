"""SQL where numbers are as large as they may be, and nothing is rounded or wraps."""

from pathlib import Path

import numpy as np
import pytest

from emporion.history.candles import candles_of, joined
from emporion.history.database import Database, QueryFailed, failures
from emporion.history.feed import View
from emporion.history.folder import Folder, Manifest
from emporion.history.rows import ACCOUNT, ASSET, FILL, INSTRUMENT, ORDER, TRADE, turnover_atoms
from emporion.history.tail import Tail
from emporion.history.writer import Frozen, Writer
from emporion.schema.limits import NOTIONAL_MAX

DAY_NS = 86_400 * 10**9
PRICE, LOTS = 1 << 30, 1 << 30  # A notional of 2^60 atoms, the largest there is.
TRADES = 40  # More than 2^63 atoms together.


def trades() -> np.ndarray:
    rows = np.zeros(TRADES, TRADE)
    rows["seq"], rows["instrument_id"], rows["side"] = np.arange(TRADES) + 10, 1, 1
    rows["ts_ns"] = 1_700_000_000 * 10**9 + np.arange(TRADES)
    rows["price_ticks"], rows["qty_lots"] = PRICE, LOTS
    return rows


@pytest.fixture
def database(tmp_path):
    """One instrument with the coarsest and the finest of units, traded to the limit."""
    assets, listed, accounts = np.zeros(2, ASSET), np.zeros(2, INSTRUMENT), np.zeros(1, ACCOUNT)
    assets["asset_id"], assets["decimals"], assets["name"] = [1, 2], [18, 0], [b"FINE", b"COARSE"]
    assets["asset_class"], assets["seq"] = 1, [2, 3]
    listed[1]["instrument_id"], listed[1]["base_asset_id"], listed[1]["quote_asset_id"] = 1, 2, 1
    listed[1]["base_atoms_per_lot"], listed[1]["atoms_per_tick_lot"], listed[1]["name"] = 1, 1, b"COARSE/FINE"
    listed[1]["asset_class"], listed[1]["seq"] = 1, 4
    accounts["account_id"] = accounts["master_id"] = 6
    accounts["seq"] = 5
    fills = np.zeros(TRADES, FILL)
    for name in ("seq", "ts_ns", "price_ticks", "qty_lots", "instrument_id", "side"):
        fills[name] = trades()[name]
    fills["account_id"], fills["role"], fills["fee_atoms"] = 6, 2, NOTIONAL_MAX // 10
    tail = Tail()
    tail.add({"assets": assets, "instruments": listed[1:], "accounts": accounts, "trades": trades(), "fills": fills})
    writer = Writer(Folder(tmp_path / "history"), Manifest(), block_rows=16)
    manifest = writer.write(Frozen(tail, 100, DAY_NS, "", np.zeros(0, ORDER), listed))
    view = View(manifest, {}, listed, 100, DAY_NS)
    database = Database(view, np.zeros(0, ORDER), "#{}".format, Path(tmp_path))
    yield database
    database.close()


def one(database: Database, query: str) -> tuple:
    with failures():
        rows = database.query(query).fetchall()
    assert len(rows) == 1, rows
    return rows[0]


def text(count: int) -> str:
    """Atoms of an asset of 18 decimals."""
    return f"{count // 10**18}.{count % 10**18:018d}"


def test_sums_pass_63_bits(database):
    total = TRADES * PRICE * LOTS
    assert total > 1 << 63 and total % 10**18
    for interval in ("1s", "1m", "1M"):
        query = f"SELECT turnover, qty, high, trades FROM candles WHERE interval = '{interval}'"
        turnover, qty, high, count = one(database, query)
        assert f"{turnover:f}" == text(total)
        assert (int(qty), count) == (TRADES * LOTS, TRADES) and f"{high:f}" == text(PRICE)
    assert f"{one(database, 'SELECT sum(notional) FROM trades')[0]:f}" == text(total)
    query = "SELECT sum(amount) FROM ledger WHERE asset = 'FINE' AND kind = 'buy'"
    assert f"{one(database, query)[0]:f}" == f"-{text(total)}"
    query = "SELECT sum(amount) FROM ledger WHERE asset = 'FINE' AND account = '#2'"
    assert f"{one(database, query)[0]:f}" == text(TRADES * (NOTIONAL_MAX // 10))


def test_what_passes_38_digits_is_an_error_and_no_other_number(database):
    with pytest.raises(QueryFailed):
        one(database, "SELECT sum(notional * 10000000000000000000) FROM trades")


def test_candles_in_memory_hold_as_much():
    rows = trades()
    whole = candles_of(rows, "1d", 1)
    assert turnover_atoms(whole) == [TRADES * PRICE * LOTS]
    parts = np.concatenate([candles_of(rows[start : start + 7], "1m", 1) for start in range(0, TRADES, 7)])
    assert joined(parts, "1d").tolist() == whole.tolist()
