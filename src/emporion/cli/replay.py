"""`emporion replay lobster MESSAGES ORDERBOOK`: run a recorded day through a whole venue.

Each message becomes a command of an ordinary account, and after each the venue's book is compared
with the published one. Prints one JSON object; docs/concepts/lobster.md says what each number means.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from emporion.cli.progress import Progress
from emporion.engine.clock import ManualClock
from emporion.errors import BadValue
from emporion.services import lobster, lobster_files
from emporion.venue.venue import open

OK, DIFFERENT = 0, 1


def add_parser(subparsers: Any) -> None:
    """Add `replay` to the command line."""
    parser = subparsers.add_parser("replay", help="run recorded order flow through a venue and compare the books")
    formats = parser.add_subparsers(required=True, metavar="FORMAT")
    files = formats.add_parser(
        "lobster", help="a day in the LOBSTER format",
        description="Run a LOBSTER message file through a whole venue; compare the book with ORDERBOOK after each "
        "message.",
        epilog="exit codes: 0 every book agrees, 1 one does not, or a file cannot be read",
    )  # fmt: skip
    files.add_argument("messages", metavar="MESSAGES", type=Path, help="message file, plain or .gz")
    files.add_argument("orderbook", metavar="ORDERBOOK", type=Path, help="order-book file, plain or .gz")
    files.add_argument("--levels", type=_natural, metavar="N", help="levels to compare (default: all in the file)")
    files.add_argument("--rows", type=_natural, metavar="N", help="messages to replay (default: all)")
    files.add_argument("--folder", type=Path, metavar="FOLDER", help="keep the venue there (default: in memory)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Replay, compare, print the result."""
    day = lobster_files.read(args.messages, args.orderbook, args.rows)
    if args.levels is not None and args.levels > day.levels:
        raise BadValue(f"--levels {args.levels}: {args.orderbook} has {day.levels}")
    progress = Progress("messages", len(day.messages))
    clock = ManualClock(day.messages[0].time_ns)
    with open(args.folder, sync="async", clock=clock) as venue:
        try:
            result = lobster.replay(venue, day, args.levels, progress, clock)
        finally:
            progress.close()
    print(json.dumps(result.as_dict(), indent=2))
    return OK if result.is_consistent else DIFFERENT


def _natural(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
