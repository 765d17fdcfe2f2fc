"""`emporion export --dir FOLDER TABLE --format csv --output FILE`: a table of a venue's history as a file.

The columns are those of the view of that name in `emporion sql`, oldest rows first.
"""

import argparse
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emporion.cli.progress import Progress
from emporion.errors import BadValue

OK = 0
# Table: what its rows are put in order by, when they happened, and whether they have an account and an instrument.
TABLES: dict[str, tuple[str, str | None, bool, bool]] = {
    "trades": ("seq, match", "ts_ns", False, True),
    "fills": ("seq, n", "ts_ns", True, True),
    "orders": ("entry_seq, order_id", "epoch_ns(entered)", True, True),
    "ledger": ("seq, n", "ts_ns", True, False),
    "fundings": ("seq, instrument", "ts_ns", False, True),
    "candles": ("interval, instrument, start_ns", "start_ns", False, True),
    "accounts": ("account_id", None, True, False),
    "assets": ("asset_id", None, False, False),
    "instruments": ("instrument_id", None, False, False),
}
FORMATS = ("csv", "arrow", "parquet")


def add_parser(subparsers: Any) -> None:
    """Add `export` to the command line."""
    parser = subparsers.add_parser(
        "export", help="write a table of a venue's history to a file",
        description="Write a table of a venue's history to a file, beside whoever has the venue open.",
        epilog="times are UTC: 2026-01-31 or 2026-01-31T09:30:00, or whole nanoseconds since 1970",
    )  # fmt: skip
    parser.add_argument("table", choices=TABLES, metavar="TABLE", help=f"one of {', '.join(TABLES)}")
    parser.add_argument("--dir", required=True, type=Path, metavar="FOLDER", help="the venue's folder")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="of the file (default: %(default)s)")
    parser.add_argument(
        "--output", required=True, type=Path, metavar="FILE",
        help="written whole or not at all; - for stdout",
    )  # fmt: skip
    parser.add_argument("--from", dest="begin", type=time_ns, metavar="TIME", help="at or after this time")
    parser.add_argument("--to", dest="end", type=time_ns, metavar="TIME", help="before this time")
    parser.add_argument("--instrument", metavar="NAME", help="of this one only")
    parser.add_argument("--account", metavar="NAME", help="of this one only")
    parser.add_argument("--interval", metavar="LENGTH", help="of candles, such as 1h (default: all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    conditions, values = conditions_of(args)
    from emporion.cli.past import past
    from emporion.cli.rowset import BATCH_ROWS, new_file, write
    from emporion.history.database import failures

    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    is_piped = args.output == Path("-")
    if is_piped and args.format != "csv" and sys.stdout.isatty():
        raise BadValue(f"--format {args.format} is no text for a terminal: give --output FILE, or a pipe")
    sys.stdout.flush()
    with past(args.dir) as database, nullcontext(sys.stdout.buffer) if is_piped else new_file(args.output) as sink:
        _check_names(database, args)
        query = f"SELECT * FROM {args.table}{where} ORDER BY {TABLES[args.table][0]}"
        progress = Progress("rows")
        try:
            with failures():
                batches = database.query(query, values).to_arrow_reader(BATCH_ROWS)
                count = write(batches, args.format, sink, progress)
        finally:
            progress.close()
    print(
        f"{count:,} rows" if is_piped else f"{args.output}: {count:,} rows", file=sys.stderr if is_piped else sys.stdout
    )
    return OK


def conditions_of(args: argparse.Namespace) -> tuple[list[str], list]:
    """What is wanted, as conditions of SQL with their values; BadValue where the table has no such column."""
    _, when, has_account, has_instrument = TABLES[args.table]
    wanted = [
        ("--from", args.begin, f"{when} >= ?", when is not None),
        ("--to", args.end, f"{when} < ?", when is not None),
        ("--instrument", args.instrument, "instrument = ?", has_instrument),
        ("--account", args.account, f"{'name' if args.table == 'accounts' else 'account'} = ?", has_account),
        ("--interval", args.interval, "interval = ?", args.table == "candles"),
    ]
    given = [(flag, value, condition, fits) for flag, value, condition, fits in wanted if value is not None]
    for flag, _, _, fits in given:
        if not fits:
            raise BadValue(f"{flag}: {args.table} have none")
    return [condition for _, _, condition, _ in given], [value for _, value, _, _ in given]


def _check_names(database: Any, args: argparse.Namespace) -> None:
    """An empty file is no answer to a name that is not there."""
    for table, name in (("instruments", args.instrument), ("accounts", args.account)):
        if name is not None and not database.query(f"SELECT 1 FROM {table} WHERE name = ?", [name]).fetchall():
            raise BadValue(f"--{table[:-1]}: there is no {table[:-1]} {name!r}")
    if args.interval is not None:
        from emporion.history.intervals import INTERVALS

        if args.interval not in INTERVALS:
            raise BadValue(f"--interval: {args.interval!r} is not one of {', '.join(INTERVALS)}")


def time_ns(text: str) -> int:
    """Nanoseconds since 1970 from a date, a time, or themselves."""
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; give 2026-01-31 or 2026-01-31T09:30:00") from None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return int((when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000_000 + when.microsecond * 1_000
