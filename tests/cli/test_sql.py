"""`emporion sql` and `emporion export`: exact numbers, in every format, of a venue in use; and no more."""

import csv
import hashlib
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

import emporion
from emporion.cli.export import TABLES
from emporion.cli.main import main
from emporion.engine.clock import ManualClock
from emporion.history.store import HistoryStore

MINUTE_NS = 60_000_000_000
VIEWS = ("trades", "fills", "orders", "ledger", "candles", "accounts", "assets", "instruments")


@pytest.fixture
def traded(tmp_path):
    """A venue with two instruments of unlike units, open while it is looked at; half of its past is in files."""
    folder = tmp_path / "venue"
    clock = ManualClock(1_704_067_199_999_999_999)  # The last nanosecond of 2023, a Sunday.
    with emporion.open(folder, capacity="tiny", clock=clock) as venue:
        venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
        venue.list_asset("BTC", decimals=8)
        venue.list_asset("WEI", decimals=18)
        venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001")
        venue.list_instrument("WEI/USDC", tick="0.001", lot="0.001")
        venue.set_fees(maker="-0.0001", taker="0.0005")
        for name in ("alice", "bób's"):
            venue.open_account(name)
            for asset, amount in (("USDC", "1000000"), ("BTC", "10"), ("WEI", "1")):
                venue.deposit(name, asset, amount)
        store = HistoryStore.open(folder)
        store.attach(venue.node)
        for name in ("BTC/USDC", "WEI/USDC"):
            venue.set_status(name, "open")
        for number in range(40):
            name = "BTC/USDC" if number % 2 else "WEI/USDC"
            qty = "0.0003" if number % 2 else "0.003"
            price = Decimal("60000.01") + number
            venue.place("alice", name, "buy", qty=qty, price=price, cl_ord_id=f"a{number}")
            venue.place("bób's", name, "sell", qty="0.001", price=price, tif="ioc")
            clock.advance(MINUTE_NS // 4)
            if number == 20:
                store.close()
        venue.place("alice", "BTC/USDC", "buy", qty="0.01", price="50000", display="0.001", cl_ord_id=b"\xff\x01")
        yield venue, folder


@pytest.fixture
def ask(traded, capsysbinary):
    """A query and options to exit code, stdout and stderr."""

    def call(query, *options):
        code = main(["sql", "--dir", str(traded[1]), query, *map(str, options)])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return call


def rows(answer):
    code, out, err = answer
    assert (code, err) == (0, ""), err
    return [
        {name: Decimal(value) if isinstance(value, str) and is_number(value) else value for name, value in row.items()}
        for row in json.loads(out)
    ]


def is_number(text):
    return bool(text) and text.replace("-", "").replace(".", "").isdecimal() and text.count("-") <= 1


def test_views_say_what_the_venue_says(traded, ask):
    venue, _ = traded
    fills = rows(ask("SELECT * FROM fills ORDER BY seq, n", "--format", "json"))
    assert len(fills) == len(venue.fills()) == 80
    for have, want in zip(fills, venue.fills(), strict=True):
        for name in ("seq", "order_id", "account", "instrument", "side", "role", "price", "qty", "leaves", "fee"):
            assert have[name] == getattr(want, name), name
        assert int(have["ts_ns"]) == want.ts_ns and have["notional"] == want.price * want.qty
    trades = rows(ask("SELECT * FROM trades ORDER BY seq, match", "--format", "json"))
    for have, want in zip(trades, venue.trades(), strict=True):
        assert all(have[name] == getattr(want, name) for name in ("seq", "instrument", "side", "price", "qty"))
    entries = rows(ask("SELECT * FROM ledger ORDER BY seq, n", "--format", "json"))
    for have, want in zip(entries, venue.ledger(), strict=True):
        assert all(
            have[name] == getattr(want, name) for name in ("seq", "account", "asset", "kind", "amount", "order_id")
        )
    totals = rows(ask("SELECT account, asset, sum(amount) AS total FROM ledger GROUP BY ALL", "--format", "json"))
    assert {(row["account"], row["asset"]): row["total"] for row in totals} == {
        (row.account, row.asset): row.total for row in venue.balances()
    }
    orders = rows(ask("SELECT * FROM orders", "--format", "json"))
    assert len(orders) == 81
    for have in orders:
        want = venue.order(have["order_id"])
        for name in (
            "account",
            "instrument",
            "side",
            "tif",
            "status",
            "price",
            "qty",
            "cum",
            "leaves",
            "stp",
            "display",
        ):
            assert have[name] == getattr(want, name), name
        assert have["reason"] == want.reason
        assert have["cl_ord_id"] == (want.cl_ord_id if isinstance(want.cl_ord_id, str | None) else "0xff01" + "0" * 28)
        assert have["fee"] == sum(fill.fee for fill in want.fills)
    accounts = rows(ask("SELECT name, master FROM accounts ORDER BY account_id", "--format", "json"))
    own = ["outside", "fees", "clearing", "lending", "insurance"]
    assert [row["name"] for row in accounts] == [*own, "alice", "bób's"]
    assert rows(ask("SELECT name, tick, lot, base FROM instruments", "--format", "json"))[1] == {
        "name": "WEI/USDC", "tick": Decimal("0.001"), "lot": Decimal("0.001"), "base": "WEI",
    }  # fmt: skip


def test_candles_of_every_interval_hold_the_same_trades(traded, ask):
    venue, folder = traded
    everything = rows(ask("SELECT interval, sum(qty) AS qty, sum(turnover) AS turnover, sum(trades) AS trades "
                          "FROM candles WHERE instrument = 'BTC/USDC' GROUP BY ALL", "--format", "json"))  # fmt: skip
    qty = sum(trade.qty for trade in venue.trades("BTC/USDC"))
    turnover = sum(trade.qty * trade.price for trade in venue.trades("BTC/USDC"))
    assert len(everything) == 17
    assert {(row["qty"], row["turnover"], int(row["trades"])) for row in everything} == {(qty, turnover, 20)}
    by_start = "SELECT start, open, close FROM candles WHERE instrument = 'WEI/USDC' AND interval = '{}' ORDER BY start"
    want = {
        "1w": ["2023-12-25T00:00:00", "2024-01-01T00:00:00"],
        "1M": ["2023-12-01T00:00:00", "2024-01-01T00:00:00"],
        "3d": ["2023-12-31T00:00:00"],
        "1d": ["2023-12-31T00:00:00", "2024-01-01T00:00:00"],
    }
    for interval, starts in want.items():
        have = rows(ask(by_start.format(interval), "--format", "json"))
        assert [row["start"][:19] for row in have] == starts
        assert (have[0]["open"], have[-1]["close"]) == (Decimal("60000.01"), Decimal("60038.01"))
    with HistoryStore.open(folder) as store:
        store.attach(venue.node)
        while store.is_behind:
            pass
        for interval in ("5s", "1m", "3m", "1h", "1M"):
            query = f"SELECT start_ns, trades FROM candles WHERE interval = '{interval}' AND instrument = 'BTC/USDC'"
            have = rows(ask(f"{query} ORDER BY start_ns", "--format", "json"))
            candles = store.candles(1, interval)
            assert [(int(row["start_ns"]), row["trades"]) for row in have] == list(
                zip(candles["start_ns"].tolist(), candles["trades"].tolist(), strict=True)
            )


def test_nothing_in_the_folder_changes(traded, ask):
    _, folder = traded

    def state():
        return {path: hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*") if path.is_file()}

    before = state()
    assert rows(ask("SELECT count(*) AS n FROM trades", "--format", "json")) == [{"n": 40}]
    assert state() == before


@pytest.mark.parametrize(
    ("query", "trouble"),
    [
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM read_csv('/etc/passwd')", "Cannot access file"),
        ("SELECT * FROM read_text('/etc/passwd')", "Cannot access file"),
        ("SELECT * FROM read_parquet('{folder}/*/*.parquet')", "Cannot access file"),
        ("SELECT * FROM read_blob('{folder}/names.jsonl')", "Cannot access file"),
        ("SELECT * FROM glob('/etc/*')", "Cannot access file"),
        ("SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')", ""),
        ("SELECT * FROM sqlite_scan('x', 'y')", ""),
        ("COPY (SELECT 1) TO '{folder}/out.csv'", "this is COPY"),
        ("CREATE TABLE x AS SELECT 1", "this is CREATE"),
        ("DROP VIEW trades", "this is DROP"),
        ("DELETE FROM dim.accounts", "this is DELETE"),
        ("ATTACH '{folder}/x.db'", "this is ATTACH"),
        ("INSTALL httpfs", "this is LOAD"),
        ("SET enable_external_access = true", "this is SET"),
        ("PRAGMA enable_object_cache", "this is PRAGMA"),
        ("EXPORT DATABASE '{folder}/x'", "this is EXPORT"),
        ("SELECT 1; DROP VIEW trades", "give one query, not 2"),
        ("", "give one query, not 0"),
        ("SELEC 1", 'syntax error at or near "SELEC"\n\nLINE 1: SELEC 1\n        ^^^^^'),
        ("SELECT nothing FROM trades", '"nothing" not found'),
        ("SELECT 1 +\n  nothing FROM trades", "LINE 2:   nothing FROM trades\n          ^"),
        ("SELECT CAST(ts_ns AS TINYINT) FROM trades", "out of range"),
    ],
)
def test_what_is_no_question_to_the_history_is_refused(query, trouble, traded, ask):
    _, folder = traded
    before = sorted(folder.rglob("*"))
    code, out, err = ask(query.format(folder=folder))
    assert (code, out) == (1, b"") and err.startswith("emporion: ") and trouble in err
    assert sorted(folder.rglob("*")) == before


def test_the_same_rows_in_every_format(traded, ask, tmp_path):
    query = "SELECT seq, instrument, time, price, fee FROM fills ORDER BY seq, n"
    code, out, _ = ask(query)
    lines = out.decode().splitlines()
    assert code == 0 and len(lines) == 82 and lines[0].split() == ["seq", "instrument", "time", "price", "fee"]
    assert len({len(line) for line in lines}) == 1  # Aligned: the last column is a number, put to the right.
    table = [line.split() for line in lines[2:]]
    comma = list(csv.reader(io.StringIO(ask(query, "--format", "csv")[1].decode())))
    objects = json.loads(ask(query, "--format", "json")[1])
    for name in ("arrow", "csv", "json"):
        file = tmp_path / f"fills.{name}"
        assert ask(query, "--format", name, "--output", file)[:2] == (0, b"")
        assert file.read_bytes() == ask(query, "--format", name)[1]
    arrow = pa.ipc.open_file(tmp_path / "fills.arrow").read_all()
    assert str(arrow.schema.field("price").type).startswith("decimal128(38")
    assert str(arrow.schema.field("time").type) == "timestamp[ns]"
    for line, fields, row, price in zip(table, comma[1:], objects, arrow.column("price").to_pylist(), strict=True):
        assert line[1] == fields[1] == row["instrument"]
        assert line[2] == row["time"] == fields[2]
        assert Decimal(line[3]) == Decimal(fields[3]) == Decimal(row["price"]) == price
    assert objects[0]["time"] == "2023-12-31T23:59:59.999999999"


def test_a_query_from_stdin(traded, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT count(*) AS trades\nFROM trades;\n"))
    assert main(["sql", "--dir", str(traded[1])]) == 0
    assert capsys.readouterr().out.split() == ["trades", "------", "40"]


def test_a_prompt_goes_on_after_an_error(traded, capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    lines = iter(["SELECT count(*) AS n", "FROM trades;", "", "oops;", "SELECT 7 AS seven;"])

    def read(prompt=""):
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", read)
    assert main(["sql", "--dir", str(traded[1])]) == 0
    out, err = capsys.readouterr()
    assert out.split()[-6:] == ["n", "--", "40", "seven", "-----", "7"] and err.count("emporion: ") == 1


def test_what_is_no_venue(tmp_path, capsys):
    assert main(["sql", "--dir", str(tmp_path), "SELECT 1"]) == 1
    assert "this is no venue" in capsys.readouterr().err
    assert main(["sql", "--dir", str(tmp_path / "nowhere"), "SELECT 1"]) == 1
    assert "there is no such folder" in capsys.readouterr().err


def export(folder, *words):
    return main(["export", "--dir", str(folder), *map(str, words)])


def test_every_table_comes_back_exact(traded, tmp_path, capsys):
    for table in VIEWS:
        for form in ("csv", "arrow", "parquet"):
            assert export(traded[1], table, "--format", form, "--output", tmp_path / f"{table}.{form}") == 0
        arrow = pa.ipc.open_file(tmp_path / f"{table}.arrow").read_all()
        assert pa.parquet.read_table(tmp_path / f"{table}.parquet").to_pylist() == arrow.to_pylist()
        with open(tmp_path / f"{table}.csv", newline="") as file:
            lines = list(csv.DictReader(file))
        assert len(lines) == len(arrow) > 0
        for line, row in zip(lines, arrow.to_pylist(), strict=True):
            for name, value in row.items():
                if isinstance(value, Decimal):
                    assert Decimal(line[name]) == value
                elif isinstance(value, int | str):
                    assert line[name] == str(value)
                elif value is None:
                    assert line[name] == ""
        capsys.readouterr()
        assert main(["sql", "--dir", str(traded[1]), "--format", "json", f"SELECT count(*) AS n FROM {table}"]) == 0
        assert json.loads(capsys.readouterr().out) == [{"n": len(arrow)}]


def test_export_of_a_part(traded, tmp_path, capsys):
    venue, folder = traded
    file = tmp_path / "part.csv"

    def count(*words):
        assert export(folder, *words, "--output", file) == 0
        with open(file, newline="") as lines:
            return len(list(csv.DictReader(lines)))

    alice = [fill for fill in venue.fills("alice") if fill.instrument == "WEI/USDC"]
    assert count("fills", "--account", "alice", "--instrument", "WEI/USDC") == len(alice) == 20
    assert count("trades", "--from", "2024-01-01") == 39
    assert count("trades", "--to", "2024-01-01T00:00:00Z") == 1
    assert count("trades", "--from", "2024-01-01T00:00:30", "--to", str(1_704_067_260 * 10**9)) == 2
    assert count("candles", "--interval", "1d") == 3
    assert count("ledger", "--account", "bób's", "--to", "1970-01-01") == 0
    assert count("accounts", "--account", "bób's") == 1
    assert count("orders", "--from", "2024-01-01", "--instrument", "BTC/USDC") == 41
    assert capsys.readouterr().out.splitlines()[-1] == f"{file}: 41 rows"


def test_an_export_may_go_through_a_pipe(traded, tmp_path, capsysbinary, monkeypatch):
    monkeypatch.chdir(tmp_path)  # Where a file named "-" would be.
    for form, read in (("csv", None), ("arrow", pa.ipc.open_file), ("parquet", pa.parquet.read_table)):
        assert export(traded[1], "trades", "--format", form, "--output", tmp_path / "whole") == 0
        capsysbinary.readouterr()
        assert export(traded[1], "trades", "--format", form, "--output", "-") == 0
        out, err = capsysbinary.readouterr()
        assert err.endswith(b"40 rows\n")
        assert read is not None or out == (tmp_path / "whole").read_bytes()
        assert read is None or len(out) > 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["whole"]


def test_every_view_can_be_exported(traded, tmp_path, ask):
    _, out, _ = ask("SHOW TABLES", "--format", "json")
    assert sorted(each["name"] for each in json.loads(out)) == sorted(TABLES)
    assert export(traded[1], "fundings", "--output", tmp_path / "fundings.csv") == 0
    assert (tmp_path / "fundings.csv").read_text() == "seq,time,ts_ns,instrument,rate,index\n"


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        (("trades", "--account", "alice"), "--account: trades have none"),
        (("accounts", "--from", "2024-01-01"), "--from: accounts have none"),
        (("fills", "--account", "mallory"), "--account: there is no account 'mallory'"),
        (("fills", "--instrument", "x' OR 1=1 --"), "--instrument: there is no instrument"),
        (("candles", "--interval", "2m"), "'2m' is not one of 1s"),
    ],
)
def test_an_export_that_makes_no_sense_leaves_no_file(words, trouble, traded, tmp_path, capsys):
    file = tmp_path / "out.csv"
    file.write_text("before")
    assert export(traded[1], *words, "--output", file) == 1
    assert trouble in capsys.readouterr().err
    assert file.read_text() == "before" and len(list(tmp_path.iterdir())) == 2
