"""`emporion bubble` of several files, or of a folder: one row for each, from as many processes as wanted."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emporion.cli.progress import Progress
from emporion.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from emporion.bubble.many import Answer
    from emporion.bubble.series import Series

ENDINGS = (".csv", ".csv.gz")
COLUMNS = ("name", "observations", "end", "GSADF", "p", "now", "since", "p now", "critical time")


def several(paths: list[Path]) -> list[Path]:
    """The files, and the CSV files of folders among them, in order of their names."""
    files: list[Path] = []
    for path in paths:
        inside = sorted(each for each in path.iterdir() if each.name.endswith(ENDINGS)) if path.is_dir() else [path]
        if not inside:
            raise BadValue(f"{path}: a folder without a file that ends with {' or '.join(ENDINGS)}")
        files += inside
    return files


def run_many(args: argparse.Namespace, files: list[Path], read: "Callable[[Path], Series]") -> str:
    """Study all; return the table, and write PREFIX.bubbles.json where a prefix is given."""
    from emporion.bubble.many import Setting, studies

    how = Setting(
        lags=args.lag, criterion=args.criterion, min_window=args.window, is_log=args.log, level=args.level,
        convention=args.convention, horizon=args.horizon, replications=args.replications, lppls=args.lppls,
        lppls_replications=args.lppls_replications,
    )  # fmt: skip
    prices: dict[str, Series] = {}
    problems: dict[str, str] = {}
    names = [file.name.removesuffix(".gz").removesuffix(".csv") for file in files]
    for name, file in zip(names, files, strict=True):
        if name in prices or name in problems:
            raise BadValue(f"two files are called {name}; seeds come from names, so give each its own")
        try:
            prices[name] = read(file)
        except BadValue as problem:
            problems[name] = str(problem)
    progress = Progress("studies", len(prices))
    try:
        answers = studies(
            prices, how, seed=args.seed, processes=args.processes, address=args.address,
            progress=lambda done, _: progress(done),
        )  # fmt: skip
    finally:
        progress.close()
    found = {answer.name: answer for answer in answers}
    rows = [_row(found[name]) if name in found else {"name": name, "problem": problems[name]} for name in names]
    text = "\n".join(_lines(rows))
    if args.output:
        path = Path(f"{args.output}.bubbles.json")
        path.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        text += f"\n\nwritten: {path}"
    return text


def _row(of: "Answer") -> dict[str, Any]:
    from emporion.bubble.many import Unstudied
    from emporion.cli.bubble_json import number

    if isinstance(of, Unstudied):
        return {"name": of.name, "problem": str(of.problem)}
    series, result = of.result.series, of.result
    now = of.episodes[-1] if of.episodes and of.episodes[-1].is_ongoing else None
    curve = of.curve
    return {
        "name": of.name, "seed": of.seed, "observations": len(series), "end": series.at(len(series) - 1),
        "gsadf": number(result.gsadf), "p": number(of.p.gsadf), "is_explosive": of.is_explosive,
        "since": None if now is None else series.at(now.start), "p_now": number(of.p_now),
        "critical_time": None if curve is None or curve.range is None else curve.at(curve.range[1]),
        "confidence": None if curve is None else curve.confidence,
    }  # fmt: skip


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    cells = [COLUMNS, *(_cells(row) for row in rows if "problem" not in row)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(COLUMNS))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    wrong = [row for row in rows if "problem" in row]
    if wrong:
        yield f"\nnot studied: {len(wrong)}"
        yield from (f"  {row['name']}: {row['problem']}" for row in wrong)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    three = ("-" if row[name] is None else f"{row[name]:.3f}" for name in ("gsadf", "p", "p_now"))
    gsadf, p, p_now = three
    return (
        row["name"], f"{row['observations']:,}", row["end"], gsadf, p, "yes" if row["is_explosive"] else "no",
        row["since"] or "-", p_now, row["critical_time"] or "-",
    )  # fmt: skip
