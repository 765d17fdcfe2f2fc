"""`emporion bench`: measure this machine, print tables, store the figures.

Tables go to stdout, progress to stderr. Exit codes: 0 measured, 1 something could not be measured.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from emporion.errors import EmporionError

PARTS = (
    "kernel",
    "features",
    "margin",
    "marks",
    "arrays",
    "path",
    "recovery",
    "memory",
    "start",
    "orders",
    "fanout",
    "history",
    "bubble",
)
OK, FAILED = 0, 1
QUICK = 10  # By how much --quick divides the work.


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bench` to the command line."""
    parser = subparsers.add_parser("bench", help="measure speed and memory on this machine, beside a C++ reference")
    parser.add_argument("--mix", default="a,b,c", help="kernel mixes, of a, b, c (default: %(default)s)")
    parser.add_argument("what", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--part", default=",".join(PARTS), help="the same, parted by commas")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: minutes become seconds")
    parser.add_argument("--runs", type=_positive, default=5, metavar="N", help="to take medians of (default: 5)")
    parser.add_argument(
        "--out", type=Path, default=Path("bench-results"), metavar="FOLDER",
        help="where figures are stored and the venues of path and recovery lie while measured (default: %(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure what was asked for, print it and store it."""
    parts, mixes = args.what or args.part.split(","), args.mix.split(",")
    for name, known in [(part, PARTS) for part in parts] + [(mix, ("a", "b", "c")) for mix in mixes]:
        if name not in known:
            print(f"emporion bench: {name!r} is none of {', '.join(known)}", file=sys.stderr)
            return FAILED
    try:
        return _measure(parts, mixes, args.quick, args.runs, args.out)
    except EmporionError as error:
        print(f"emporion bench: {error}", file=sys.stderr)
        return FAILED


def _measure(parts: list[str], mixes: list[str], quick: bool, runs: int, out: Path) -> int:
    # Imported here, so that `emporion --help` needs no compiler.
    from emporion.bench import arrays, fanout, features, history, kernel, margin, marks, memory, path, recovery, report
    from emporion.bench.mixes import MIXES
    from emporion.bench.reference import Reference, find_compiler

    progress = Progress()
    out.mkdir(parents=True, exist_ok=True)
    divisor = QUICK if quick else 1
    figures = report.Figures(report.machine_named(), {"quick": quick, "runs": runs, "mixes": mixes, "parts": parts})
    reference = None
    if not {"kernel", "features", "path", "recovery"} & set(parts):
        pass
    elif find_compiler():
        progress("compiling the C++ reference")
        reference = Reference.build()
    else:
        progress("no C++ compiler (g++, or CXX): measuring the kernel alone")
    with tempfile.TemporaryDirectory(prefix="bench-rows-", dir=out) as inside:
        if "kernel" in parts:
            for name in mixes:
                mix = MIXES[name].smaller(divisor)
                for one in (mix, mix.with_client_ids()):
                    figures.kernel.append(kernel.measure(one, reference, Path(inside), runs, progress))
        if "features" in parts:
            figures.features = features.measure(reference, Path(inside), runs, divisor, progress)
        if "margin" in parts:
            figures.margin = margin.measure(Path(inside), runs, divisor, progress)
        if "marks" in parts:
            figures.marks = marks.measure(quick, progress)
        if "arrays" in parts:
            figures.arrays = arrays.measure(_option_arrays, 10_000 // divisor, runs, progress)
        if "path" in parts:
            seconds, commands = (2.0, 100_000) if quick else (10.0, 1_000_000)
            figures.path = path.measure(reference, out, runs, seconds, commands, progress)
        if "recovery" in parts:
            figures.recovery = recovery.measure(reference, out, 10_000_000 // divisor, progress)
        if "memory" in parts:
            figures.memory = memory.measure(quick, progress)
        if "start" in parts:
            figures.start = memory.measure_start(runs, progress)
        if "orders" in parts:
            try:
                from emporion.bench import order_entry
            except ModuleNotFoundError as error:
                raise EmporionError(
                    f"orders: this needs the package {error.name!r}; pip install 'emporion[server]' brings it"
                ) from None
            figures.orders = order_entry.measure(out, 2.0 if quick else 10.0, progress)
        if "fanout" in parts:
            figures.fanout = fanout.measure(out, 5.0 if quick else 20.0, progress)
        if "history" in parts:
            figures.history = history.measure(out, history.TRADES // divisor, progress)
        if "bubble" in parts:
            from emporion.bench import bubble_lppls, bubble_psy

            figures.bubble["PSY"] = bubble_psy.measure(runs, quick, progress)
            figures.bubble["LPPLS"] = bubble_lppls.measure(runs, quick, progress)
    print(report.text(figures))
    print(f"\nstored: {report.store(figures, out)}")
    return OK


def _option_arrays(count: int) -> Callable[[int], int]:
    """So many options on one coin: strikes around the price, five expiries, calls and puts."""
    from emporion.schema.limits import DAY_NS
    from emporion.services.risk_arrays import Option, RiskArrays, Target

    arrays = RiskArrays()
    begin_ns, forward = 1_800_000_000_000_000_000, 100_000.0
    numbers = list(range(1, count + 1))
    for number in numbers:
        strike = forward * (0.4 + 1.6 * number / count)
        expiry_ns = begin_ns + (1 + number % 5) * 30 * DAY_NS
        arrays.add(Target(instrument_id=number), Option("BTC", strike, expiry_ns, number % 2 == 0, 0.01, 1_000_000))

    def recompute(turn: int) -> int:
        arrays.options(numbers, forward * (1.0 + 0.001 * turn), 0.55 + 0.01 * turn)
        return len(arrays.changed(begin_ns + turn))

    return recompute


class Progress:
    """Says on stderr what is going on, and since when."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def __call__(self, message: str) -> None:
        print(f"[{time.monotonic() - self._begin:6.1f} s] {message}", file=sys.stderr, flush=True)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value
