"""`emporion sql --dir FOLDER "SELECT ..."`: ask a venue's history in SQL.

Views: trades, fills, orders, ledger, candles, fundings, accounts, assets, instruments, in names and exact decimals; the
schema `raw` has the files as they are. Everything up to the journal's last command is there. Without a
query a prompt reads them from the terminal; otherwise one is read from stdin.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emporion.cli.progress import Progress
from emporion.errors import BadValue, EmporionError

if TYPE_CHECKING:
    from emporion.history.database import Database

OK = 0
PROMPT, MORE = "emporion> ", "     ...> "
FORMATS = ("table", "csv", "json", "arrow")


def add_parser(subparsers: Any) -> None:
    """Add `sql` to the command line."""
    parser = subparsers.add_parser(
        "sql", help="ask a venue's history in SQL",
        description="Ask a venue's history in SQL (DuckDB's), beside whoever has the venue open. Changes nothing.",
        epilog="views: trades, fills, orders, ledger, candles, fundings, accounts, assets, instruments; raw.* are "
        "the files as they are. Without a query: a prompt, or the query from stdin.",
    )  # fmt: skip
    parser.add_argument("query", nargs="?", metavar="QUERY", help="one SELECT")
    parser.add_argument("--dir", required=True, type=Path, metavar="FOLDER", help="the venue's folder")
    parser.add_argument("--format", choices=FORMATS, default="table", help="of the output (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there (default: stdout)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer one query, or those given at the prompt."""
    from emporion.cli.past import past

    asks = args.query is None and sys.stdin.isatty()
    if asks and args.output is not None:
        raise BadValue("--output is for one query: give it")
    if args.format == "arrow" and args.output is None and sys.stdout.isatty():
        raise BadValue("--format arrow is no text for a terminal: give --output FILE, or a pipe")
    query = args.query if args.query is not None or asks else sys.stdin.read()
    with past(args.dir) as database:
        if asks:
            _prompt(database, args.format)
        else:
            _answer(database, query, args.format, args.output)
    return OK


def _answer(database: "Database", query: str, form: str, output: Path | None) -> None:
    from emporion.cli.rowset import BATCH_ROWS, new_file, write
    from emporion.history.database import failures

    progress = Progress("rows")
    try:
        with failures():
            batches = database.query(query).to_arrow_reader(BATCH_ROWS)
            if output is not None:
                with new_file(output) as sink:
                    write(batches, form, sink, progress)
            else:
                sys.stdout.flush()
                # Rows on a terminal show by themselves how far they are.
                write(batches, form, sys.stdout.buffer, (lambda count: None) if sys.stdout.isatty() else progress)
                sys.stdout.buffer.flush()
    finally:
        progress.close()


def _prompt(database: "Database", form: str) -> None:
    """Read queries that end with a semicolon, until the end of the input."""
    import readline  # noqa: F401  Lines can be edited and called back.

    print("End a query with ; and the session with Ctrl-D. `SHOW TABLES;` and `DESCRIBE trades;` say what there is.")
    text = ""
    while True:
        try:
            text += input(MORE if text else PROMPT) + "\n"
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()
            text = ""
            continue
        if not text.strip():
            text = ""
        elif text.rstrip().endswith(";"):
            try:
                _answer(database, text, form, None)
            except EmporionError as error:
                print(f"emporion: {error}", file=sys.stderr)
            except KeyboardInterrupt:
                print("interrupted", file=sys.stderr)
            text = ""
