"""The history as people ask for it in SQL: names for numbers, exact decimals for ticks, lots and atoms.

Each view is one SELECT over the files as they are (schema `raw`) and small tables of what is listed and of
who is there (schema `dim`).
A decimal is whole units times the unit: both exact, so no float comes near money.
"""

from enum import IntEnum

from emporion.history.intervals import INTERVALS, LENGTHS_NS, MONTH, WEEK_SHIFT_NS, base_of
from emporion.history.parquet import LENGTHS_S
from emporion.history.rows import ENTRIES_PER_EVENT
from emporion.schema.codes import FillFlag, Link, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import FEE_ACCOUNT
from emporion.schema.postings import BUY, ENTRY_TEXTS, FEE, SELL


def words(column: str, texts: dict[int, str]) -> str:
    """The text that a code stands for."""
    whens = " ".join(f"WHEN {number} THEN '{text}'" for number, text in texts.items())
    return f"CASE {column} {whens} END"


def names(column: str, codes: type[IntEnum]) -> str:
    """The same of an enumeration: its names in lower case."""
    return words(column, {int(code): code.name.lower() for code in codes})


def whole(count: str, unit: str) -> str:
    """So many units, as an exact decimal."""
    return f"CAST({count} AS DECIMAL(38, 0)) * {unit}"


TIME = "make_timestamp_ns(ts_ns)"
NOTIONAL = "CAST(price_ticks AS HUGEINT) * qty_lots * atoms_per_tick_lot"
HEX = " || ".join(
    f"printf('%02x', ({half} >> {8 * byte}) & 255)" for half in ("cl_ord_id_hi", "cl_ord_id_lo") for byte in range(8)
)
# Text where the bytes are printable UTF-8, as the other doors have it; else all 16 bytes in hexadecimal digits.
CL_ORD_ID = f"""
    CASE WHEN cl_ord_id_hi = 0 AND cl_ord_id_lo = 0 THEN NULL
         WHEN regexp_full_match(TRY(decode(unhex(regexp_replace({HEX}, '(00)+$', '')))), '[[:^cntrl:]]+')
         THEN decode(unhex(regexp_replace({HEX}, '(00)+$', ''))) ELSE '0x' || {HEX} END
"""
FLAGS = "concat_ws(' ', " + ", ".join(
    f"CASE WHEN flags & {int(flag)} <> 0 THEN '{flag.name.lower()}' END" for flag in OrderFlag
) + ")"  # fmt: skip

TRADES = f"""
SELECT seq, t.n AS match, {TIME} AS time, ts_ns, i.instrument, {names("side", Side)} AS side,
       {whole("price_ticks", "tick")} AS price, {whole("qty_lots", "lot")} AS qty,
       {whole(NOTIONAL, "quote_atom")} AS notional
FROM raw.trades t JOIN dim.instruments i USING (instrument_id)
"""
FILLS = f"""
SELECT seq, f.n, {TIME} AS time, ts_ns, order_id, a.account, i.instrument, {names("side", Side)} AS side,
       {names("role", FillFlag)} AS role, {whole("price_ticks", "tick")} AS price, {whole("qty_lots", "lot")} AS qty,
       {whole("leaves_lots", "lot")} AS leaves, {whole(NOTIONAL, "quote_atom")} AS notional,
       {whole("fee_atoms", "quote_atom")} AS fee, i.quote AS fee_asset
FROM raw.fills f JOIN dim.instruments i USING (instrument_id) JOIN dim.accounts a USING (account_id)
"""
ORDERS = f"""
SELECT order_id, a.account, i.instrument, {names("side", Side)} AS side, {names("tif", Tif)} AS tif,
       {names("status", OrderStatus)} AS status, CASE WHEN reason <> 0 THEN {names("reason", Reject)} END AS reason,
       {whole("price_ticks", "tick")} AS price, {whole("qty_lots", "lot")} AS qty, {whole("cum_lots", "lot")} AS cum,
       {whole("leaves_lots", "lot")} AS leaves, {whole("notional_atoms", "quote_atom")} AS notional,
       {whole("fee_atoms", "quote_atom")} AS fee, {FLAGS} AS flags, {names("stp", Stp)} AS stp,
       {whole("nullif(display_lots, 0)", "lot")} AS display, {whole("nullif(trigger_ticks, 0)", "tick")} AS trigger,
       {whole("nullif(trail_ticks, 0)", "tick")} AS trail,
       CASE WHEN link <> 0 THEN {names("link", Link)} END AS link, nullif(related_id, 0) AS related_id,
       make_timestamp_ns(nullif(expire_ns, 0)) AS expires, {CL_ORD_ID} AS cl_ord_id, entry_seq,
       make_timestamp_ns(entry_ns) AS entered, nullif(seq, 0) AS end_seq,
       make_timestamp_ns(nullif(ts_ns, 0)) AS ended
FROM (SELECT * FROM raw.orders UNION ALL SELECT * FROM raw.open_orders) o
JOIN dim.instruments i USING (instrument_id) JOIN dim.accounts a USING (account_id)
"""


def _line(k: int, account: str, asset: str, kind: str, atoms: str, where: str = "") -> str:
    """One of the ledger lines of a fill."""
    return f"""
    SELECT seq, ts_ns, order_id, {ENTRIES_PER_EVENT} * f.n + {k} AS n, {account} AS account_id, {asset} AS asset_id,
           {kind} AS kind, {atoms} AS atoms
    FROM raw.fills f JOIN dim.instruments i USING (instrument_id) {where}"""


_SIGN = f"CASE side WHEN {int(Side.BUY)} THEN 1 ELSE -1 END"
_KIND = f"CASE side WHEN {int(Side.BUY)} THEN {BUY} ELSE {SELL} END"
_DELIVERED = "WHERE base_atoms_per_lot <> 0"  # Of a contract a fill moves nothing but the fee.
LINES = " UNION ALL ".join(
    (
        "SELECT seq, ts_ns, order_id, n, account_id, asset_id, kind, CAST(amount_atoms AS HUGEINT) AS atoms "
        "FROM raw.movements",
        _line(
            0,
            "account_id",
            "base_asset_id",
            _KIND,
            f"{_SIGN} * CAST(qty_lots AS HUGEINT) * base_atoms_per_lot",
            _DELIVERED,
        ),
        _line(1, "account_id", "quote_asset_id", _KIND, f"-({_SIGN}) * ({NOTIONAL})", _DELIVERED),
        _line(2, "account_id", "quote_asset_id", str(FEE), "-CAST(fee_atoms AS HUGEINT)", "WHERE fee_atoms <> 0"),
        _line(3, str(FEE_ACCOUNT), "quote_asset_id", str(FEE), "CAST(fee_atoms AS HUGEINT)", "WHERE fee_atoms <> 0"),
    )
)
LEDGER = f"""
SELECT seq, l.n, {TIME} AS time, ts_ns, a.account, s.name AS asset,
       {words("kind", dict(enumerate(ENTRY_TEXTS)))} AS kind,
       {whole("atoms", "s.atom")} AS amount, order_id
FROM ({LINES}) l JOIN dim.accounts a USING (account_id) JOIN dim.assets s USING (asset_id)
"""


def start_sql(column: str, interval: str) -> str:
    """When the interval began that a time lies in: intervals.starts, in SQL."""
    if interval == MONTH:
        return f"epoch_ns(date_trunc('month', make_timestamp_ns({column})))"
    length_ns, shift_ns = LENGTHS_NS[interval], WEEK_SHIFT_NS if interval == "1w" else 0
    return f"({column} + {shift_ns}) // {length_ns} * {length_ns} - {shift_ns}"


def candles_sql(interval: str) -> str:
    """Candles of one interval: of stored ones, or of trades where it is shorter than those."""
    base = base_of(interval)
    if base is None:
        source = f"""
        SELECT instrument_id, {start_sql("ts_ns", interval)} AS start_ns, price_ticks AS open_ticks,
               price_ticks AS high_ticks, price_ticks AS low_ticks, price_ticks AS close_ticks, qty_lots,
               {NOTIONAL} AS atoms, 1 AS trades, seq AS first_seq, n AS first_n
        FROM raw.trades JOIN (SELECT instrument_id, atoms_per_tick_lot FROM dim.instruments) USING (instrument_id)"""
    else:
        source = f"""
        SELECT instrument_id, {start_sql("start_ns", interval)} AS start_ns, open_ticks, high_ticks, low_ticks,
               close_ticks, qty_lots, CAST(turnover_hi AS HUGEINT) * {1 << 32} + turnover_lo AS atoms, trades,
               first_seq, first_n
        FROM raw.candles WHERE length_s = {LENGTHS_S[base]}"""
    return f"""
    SELECT '{interval}' AS interval, instrument_id, start_ns,
           first(open_ticks ORDER BY first_seq, first_n) AS open_ticks,
           max(high_ticks) AS high_ticks, min(low_ticks) AS low_ticks,
           last(close_ticks ORDER BY first_seq, first_n) AS close_ticks, CAST(sum(qty_lots) AS BIGINT) AS qty_lots,
           CAST(sum(atoms) AS HUGEINT) AS atoms, CAST(sum(trades) AS BIGINT) AS trades
    FROM ({source}) GROUP BY instrument_id, start_ns"""


CANDLES = f"""
SELECT c.interval, i.instrument, make_timestamp_ns(start_ns) AS start, start_ns, {whole("open_ticks", "tick")} AS open,
       {whole("high_ticks", "tick")} AS high, {whole("low_ticks", "tick")} AS low,
       {whole("close_ticks", "tick")} AS close, {whole("qty_lots", "lot")} AS qty,
       {whole("atoms", "quote_atom")} AS turnover, trades
FROM ({" UNION ALL ".join(candles_sql(interval) for interval in INTERVALS)}) c
JOIN dim.instruments i USING (instrument_id)
"""
RATE = "CAST('0.000000000001' AS DECIMAL(12, 12))"
FUNDINGS = f"""
SELECT seq, {TIME} AS time, ts_ns, i.instrument, {whole("rate_e12", RATE)} AS rate,
       {whole("price_ticks", "tick")} AS index
FROM raw.fundings f JOIN dim.instruments i USING (instrument_id)
"""
INSTRUMENTS = """
SELECT instrument_id, instrument AS name, base, quote, asset_class, tick, lot, listed_seq, listed
FROM dim.instruments
"""
ACCOUNTS = "SELECT account_id, account AS name, master, opened_seq, opened FROM dim.accounts"
ASSETS = "SELECT asset_id, name, decimals, asset_class, atom, listed_seq, listed FROM dim.assets"
VIEWS = {
    "trades": TRADES, "fills": FILLS, "orders": ORDERS, "ledger": LEDGER, "candles": CANDLES,
    "instruments": INSTRUMENTS, "accounts": ACCOUNTS, "assets": ASSETS, "fundings": FUNDINGS,
}  # fmt: skip
