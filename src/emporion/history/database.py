"""SQL over a history: a DuckDB database in memory whose views read the files, and that can do nothing else.

One SELECT at a time. No other file is read, nothing is written, no extension is loaded, no setting
changed: by what DuckDB is told once, and by refusing every other kind of statement beforehand.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from emporion.errors import BadValue
from emporion.history.feed import View
from emporion.history.folder import Parts
from emporion.history.parquet import FILE_DTYPES, read
from emporion.history.rows import ACCOUNT, Rows, concat
from emporion.history.views import VIEWS
from emporion.schema.codes import AssetClass
from emporion.schema.limits import SYSTEM_ACCOUNTS

MEMORY_LIMIT = "1GB"  # What does not fit is put into files of its own for the time of the query.
SCALE_MAX = 30  # Decimals of a price or quantity; 38 digits in all.
ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
SQL_TYPES = {"i8": "BIGINT", "i4": "INTEGER", "i1": "TINYINT", "u1": "UTINYINT", "S16": "BLOB"}


class QueryFailed(BadValue):
    """The text is no query, or asks for what may not be had; the message says where, if DuckDB knows."""


class Database:
    """Views over one moment of a history, all of it on disk. Close it before the files go."""

    def __init__(
        self, view: View, open_orders: Rows, account_name: Callable[[int], str], spill: Path, threads: int = 2
    ) -> None:
        """`spill` is a folder for what does not fit into memory."""
        self._database = duckdb.connect(
            ":memory:",
            config={
                "threads": threads, "memory_limit": MEMORY_LIMIT, "temp_directory": str(spill),
                "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
                "allow_community_extensions": "false", "python_enable_replacements": "false",
            },
        )  # fmt: skip
        self._raw(view, open_orders)
        self._listed(view, account_name)
        for name, query in VIEWS.items():
            self._database.execute(f"CREATE VIEW {name} AS {query}")
        paths = [part.path for parts in view.manifest.parts.values() for part in parts]
        self._database.execute("SET allowed_paths = ?", [paths])
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def close(self) -> None:
        self._database.close()

    def query(self, text: str, parameters: list | None = None) -> "duckdb.DuckDBPyRelation":
        """The rows of one SELECT, which are made as they are fetched. QueryFailed with DuckDB's own words."""
        with failures():
            statements = self._database.extract_statements(text)
            if len(statements) != 1:
                raise QueryFailed(f"give one query, not {len(statements)}")
            kind = statements[0].type
            if kind not in ALLOWED:
                raise QueryFailed(
                    f"only SELECT is answered, and this is {kind.name}: the history is not changed by hand"
                )
            try:
                return self._database.sql(text, params=parameters or None)
            except duckdb.Error:
                self._database.execute(text, parameters or [])  # Says the same, and where in the text.
                raise

    # --- Below ---------------------------------------------------------------------------------------

    def _raw(self, view: View, open_orders: Rows) -> None:
        """The files as they are, and the orders that are open."""
        self._database.execute("CREATE SCHEMA raw")
        self._database.execute("CREATE SCHEMA dim")
        for table in FILE_DTYPES:
            self._database.execute(f"CREATE VIEW raw.{table} AS {_select(table, view.parts(table))}")
        self._load(
            "raw.open_orders", {name: pa.array(np.ascontiguousarray(open_orders[name])) for name in _names("orders")}
        )

    def _listed(self, view: View, account_name: Callable[[int], str]) -> None:
        """What is listed and who is there, as tables of the database."""
        assets, listed, accounts = (
            concat([read(part.path, table) for part in view.parts(table)], FILE_DTYPES[table])
            for table in ("assets", "instruments", "accounts")
        )
        classes = {int(code): code.name.lower() for code in AssetClass}
        texts = {int(row["asset_id"]): row["name"].decode(errors="replace") for row in assets}
        atoms = {int(row["asset_id"]): Decimal(1).scaleb(-int(row["decimals"])) for row in assets}
        lots = [
            int(row["base_atoms_per_lot"]) * atoms[int(row["base_asset_id"])]
            if row["base_atoms_per_lot"]
            else Decimal(1).scaleb(int(row["lot_exponent"]))
            for row in listed
        ]
        ticks = [
            _quotient(int(row["atoms_per_tick_lot"]) * atoms[int(row["quote_asset_id"])], lot)
            for row, lot in zip(listed, lots, strict=True)
        ]
        self._load("dim.assets", {
            "asset_id": pa.array(assets["asset_id"]), "name": pa.array(list(texts.values()), pa.string()),
            "decimals": pa.array(assets["decimals"]), "asset_class": _texts(assets["asset_class"], classes),
            "atom": _decimals(list(atoms.values())), "listed_seq": pa.array(assets["seq"]),
            "listed": pa.array(assets["ts_ns"]).cast(pa.timestamp("ns")),
        })  # fmt: skip
        self._load("dim.instruments", {
            **{name: pa.array(listed[name]) for name in (
                "instrument_id", "base_asset_id", "quote_asset_id", "base_atoms_per_lot", "atoms_per_tick_lot",
            )},
            "listed_seq": pa.array(listed["seq"]), "listed": pa.array(listed["ts_ns"]).cast(pa.timestamp("ns")),
            "instrument": pa.array([name.decode(errors="replace") for name in listed["name"].tolist()], pa.string()),
            "base": _texts(listed["base_asset_id"], texts), "quote": _texts(listed["quote_asset_id"], texts),
            "asset_class": _texts(listed["asset_class"], classes), "tick": _decimals(ticks), "lot": _decimals(lots),
            "quote_atom": _decimals([atoms[number] for number in listed["quote_asset_id"].tolist()]),
        })  # fmt: skip
        system = np.zeros(
            SYSTEM_ACCOUNTS, ACCOUNT
        )  # They are there from the first command on, which says nothing of them.
        system["account_id"] = system["master_id"] = np.arange(1, SYSTEM_ACCOUNTS + 1)
        accounts = concat([system, accounts], ACCOUNT)
        of = {number: account_name(number) for number in accounts["account_id"].tolist()}
        self._load("dim.accounts", {
            "account_id": pa.array(accounts["account_id"]), "account": _texts(accounts["account_id"], of),
            "master": _texts(accounts["master_id"], of), "opened_seq": pa.array(accounts["seq"]),
            "opened": pa.array(accounts["ts_ns"]).cast(pa.timestamp("ns")),
        })  # fmt: skip

    def _load(self, table: str, columns: dict[str, pa.Array]) -> None:
        self._database.register("given", pa.table(columns))
        self._database.execute(f"CREATE TABLE {table} AS SELECT * FROM given")
        self._database.unregister("given")


@contextmanager
def failures() -> Iterator[None]:
    """What goes wrong while rows are fetched is QueryFailed, too."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise QueryFailed(_told(error)) from None


def _told(error: Exception) -> str:
    """What DuckDB says, without the name of its kind of error in front."""
    return str(error).split(" Error: ", 1)[-1].strip()


def _select(table: str, parts: Parts) -> str:
    if parts:
        paths = ", ".join("'" + part.path.replace("'", "''") + "'" for part in parts)
        return f"SELECT * FROM read_parquet([{paths}])"
    types = [(name, SQL_TYPES[FILE_DTYPES[table][name].str.lstrip("<|")]) for name in _names(table)]
    return f"SELECT {', '.join(f'CAST(NULL AS {sql}) AS {name}' for name, sql in types)} WHERE false"


def _names(table: str) -> tuple[str, ...]:
    return FILE_DTYPES[table].names or ()


def _texts(numbers: np.ndarray, texts: dict[int, str]) -> pa.Array:
    return pa.array([texts.get(number) for number in numbers.tolist()], pa.string())


def _quotient(value: Decimal, by: Decimal) -> Decimal | None:
    """The exact quotient; None when it has no end, as a tick of a third has, which only raw rows can list."""
    with localcontext() as context:
        context.prec = 60
        quotient = value / by
        return quotient if quotient * by == value else None


def _decimals(values: list) -> pa.Array:
    """Units as one column: as many decimals as the finest needs."""
    with localcontext() as context:
        context.prec = 60
        exponents = [int(value.normalize().as_tuple().exponent) for value in values if value is not None]
        scale = min(SCALE_MAX, max([0, *(-exponent for exponent in exponents)]))
        step = Decimal(1).scaleb(-scale)
        scaled = [None if value is None else value.quantize(step) for value in values]
    return pa.array(scaled, pa.decimal128(38, scale))
