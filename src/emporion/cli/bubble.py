"""`emporion bubble FILE.csv`: is this price explosive, when would it break, and is the evidence real?

Reads any CSV with dates and prices, prints a report, and writes a picture and JSON beside each other. Of several files,
or a folder of them, it prints a table with a row for each.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emporion.cli.progress import Progress
from emporion.errors import BadValue, EmporionError

if TYPE_CHECKING:
    from emporion.bubble.breaking import Breaking
    from emporion.bubble.series import Series

OK = 0
PICTURES = ("png", "svg", "pdf", "none")
FREQUENCIES = ("all", "week", "month", "quarter", "year")
CONVENTIONS = ("family_wise", "pointwise", "sadf_quantile")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bubble` to the command line."""
    parser = subparsers.add_parser(
        "bubble", help="measure whether a price is explosive, from a CSV file",
        description=(__doc__ or "").split("\n\n")[0],
    )  # fmt: skip
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE",
        help="CSV with dates and prices; may be gzipped. Several, or a folder: a table of all",
    )  # fmt: skip
    parser.add_argument("--column", metavar="NAME", help="column of prices (default: a usual name, such as Close)")
    parser.add_argument("--date-column", metavar="NAME", help="column of dates (default: a usual name, such as Date)")
    parser.add_argument("--date-format", metavar="FORMAT", help="of the dates, as %%d.%%m.%%Y (default: ISO dates)")
    parser.add_argument(
        "--missing", choices=("error", "drop", "carry"), default="error",
        help="empty prices: an error, left out, or the last price again (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--frequency", choices=FREQUENCIES, default="all",
        help="look at the last price of each period, or at all (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--from", dest="begin", type=_day, metavar="DATE", help="at or after this date")
    parser.add_argument("--to", dest="end", type=_day, metavar="DATE", help="at or before this date")
    parser.add_argument("--log", action="store_true", help="test logarithms of prices (default: prices as they are)")
    parser.add_argument(
        "--lag", type=int, default=0, metavar="N", help="lagged changes in each regression (default: 0)"
    )
    parser.add_argument(
        "--criterion", choices=("aic", "bic"), help="let each window take as many lags, up to --lag, as this says"
    )
    parser.add_argument("--window", type=int, metavar="N", help="observations of the least window (default: by length)")
    parser.add_argument(
        "--convention", choices=CONVENTIONS, default="family_wise",
        help="what the level is said of: all dates together, each date alone, or the paper's line of 2015 "
        "(default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--horizon", type=int, metavar="N", help="family_wise: of the last N dates only")
    parser.add_argument("--level", type=float, default=0.95, metavar="SHARE", help="of the line (default: %(default)s)")
    parser.add_argument(
        "--replications", type=int, default=999, metavar="N", help="histories of the bootstrap (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=20_150_501, metavar="N", help="of chance (default: %(default)s)")
    parser.add_argument(
        "--lppls", action=argparse.BooleanOptionalAction, default=True,
        help="fit the critical time as well; it takes longer (default: yes)",
    )  # fmt: skip
    parser.add_argument(
        "--lppls-replications", type=int, default=99, metavar="N",
        help="paths without a bubble that its confidence is held against (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, metavar="N", help="to work with; changes no result (default: all cores)")
    parser.add_argument(
        "--processes", type=int, metavar="N", help="of several files; as --threads (default: all cores)"
    )
    parser.add_argument(
        "--address", metavar="ADDRESS", help="of a Ray cluster that studies several files; auto finds one"
    )
    parser.add_argument(
        "--output", metavar="PREFIX",
        help="begin of the names of what is written (default: the file's, here; of several files only JSON, if given)",
    )  # fmt: skip
    parser.add_argument("--picture", choices=PICTURES, default="png", help="its kind (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Test, print, write."""
    _check(args)
    if len(args.files) > 1 or args.files[0].is_dir():
        from emporion.cli.bubble_many import run_many, several

        if args.threads is not None:
            raise BadValue("--threads goes with one file; several take --processes, of one thread each")
        print(run_many(args, several(args.files), lambda file: _prices(args, file)))
        return OK
    if args.processes is not None or args.address is not None:
        raise BadValue("--processes and --address go with several files, or a folder; one takes --threads")
    from emporion.bubble.study import study
    from emporion.cli.bubble_json import as_json
    from emporion.cli.bubble_report import report

    picture = _picture() if args.picture != "none" else None
    prices = _prices(args, args.files[0])
    progress = Progress("bootstrap", args.replications)
    try:
        found = study(
            prices.log() if args.log else prices,
            lags=args.lag, criterion=args.criterion, min_window=args.window, level=args.level,
            convention=args.convention, horizon=args.horizon, replications=args.replications, seed=args.seed,
            threads=args.threads, progress=lambda done, total: progress(done * args.replications // total),
        )  # fmt: skip
    finally:
        progress.close()
    curve = _curve(args, prices)
    print(report(found, prices, curve, is_log=args.log))
    prefix = args.output or found.series.name
    written = [Path(f"{prefix}.bubble.json")]
    written[0].write_text(json.dumps(as_json(found, prices, curve), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if picture is not None:
        written.append(Path(f"{prefix}.bubble.{args.picture}"))
        picture.draw(found, prices, curve, written[1])
    print(f"\nwritten: {', '.join(map(str, written))}")
    return OK


def _curve(args: argparse.Namespace, prices: "Series") -> "Breaking | None":
    """The critical time, where it is wanted and there are observations enough."""
    if not args.lppls:
        return None
    from emporion.bubble.breaking import SHORTEST, breaking

    if len(prices) < SHORTEST:
        print(f"emporion: no critical time: it takes {SHORTEST} observations", file=sys.stderr)
        return None
    progress = Progress("critical time: paths without a bubble", args.lppls_replications)
    try:
        return breaking(
            prices, replications=args.lppls_replications, seed=args.seed, threads=args.threads,
            progress=lambda done, total: progress(done * args.lppls_replications // total),
        )  # fmt: skip
    finally:
        progress.close()


def _prices(args: argparse.Namespace, file: Path) -> "Series":
    import numpy as np

    from emporion.bubble.calendar import at_frequency, between
    from emporion.bubble.files import read_csv

    whole = read_csv(file, price=args.column, date=args.date_column, date_format=args.date_format, missing=args.missing)
    ends = [None if day is None else np.datetime64(day) for day in (args.begin, args.end)]
    if ends[1] is not None:
        ends[1] = ends[1] + np.timedelta64(86_399, "s")  # All of that day.
    return at_frequency(between(whole, ends[0], ends[1]), args.frequency)


def _check(args: argparse.Namespace) -> None:
    """What would come out only after minutes of work, or as an error of something below."""
    if not 0.0 < args.level < 1.0:
        raise BadValue(f"--level {args.level}: a share between 0 and 1, such as 0.95")
    if args.replications < 19:
        raise BadValue(f"--replications {args.replications}: at least 19; 999 are usual")
    if args.lppls_replications < 19:
        raise BadValue(f"--lppls-replications {args.lppls_replications}: at least 19; 99 are usual")
    if args.horizon is not None and args.convention != "family_wise":
        raise BadValue(f"--horizon goes with --convention family_wise, not {args.convention}")
    if args.threads is not None and args.threads < 1:
        raise BadValue(f"--threads {args.threads}: at least 1")
    if args.processes is not None and args.processes < 1:
        raise BadValue(f"--processes {args.processes}: at least 1")
    if args.seed < 0:
        raise BadValue(f"--seed {args.seed}: 0 or more")
    if args.output and not Path(args.output).absolute().parent.is_dir():
        raise BadValue(f"--output {args.output}: there is no folder {Path(args.output).parent}")


def _picture() -> Any:
    """What draws, or a sentence on how to have it: asked for before minutes of work, not after."""
    try:
        from emporion.cli import bubble_picture
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise EmporionError(
            "a picture needs matplotlib: pip install 'emporion[bubble]', or do without by --picture none"
        ) from None
    return bubble_picture


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2024-12-31") from None
