"""Draw the pictures of docs/concepts/industrial-or-financial.md, and print its tables.

    python scripts/draw_indicator.py sp500.csv

The file is Shiller's monthly data as github.com/datasets/s-and-p-500 has it (columns Date, SP500, Dividend, Earnings,
Consumer Price Index); it is not ours to ship. It takes some minutes, and the same file gives the same result.
"""

import csv
import gzip
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emporion.bubble.calendar import Frequency, at_frequency, between
from emporion.bubble.critical import Convention
from emporion.bubble.fundamentals import Checked, Comparison, industrial_or_financial
from emporion.bubble.series import Series

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
INK, MUTED, LINE, SHADE = "#1c2430", "#667085", "#b42318", "#e8a13a"
STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.edgecolor": MUTED, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": MUTED, "ytick.color": MUTED, "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
COLUMNS = {"price": "SP500", "dividends": "Dividend", "earnings": "Earnings"}


def read(path: Path) -> dict[str, Series]:
    """Price, dividends and earnings in money of one value, at the months that have all of them."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        rows = list(csv.DictReader(file))
    index = np.array([float(row["Consumer Price Index"]) for row in rows])
    raw = {name: np.array([float(row[column]) for row in rows]) for name, column in COLUMNS.items()}
    known = np.all([values > 0.0 for values in (index, *raw.values())], axis=0)
    dates = np.array([row["Date"] for row in rows], dtype="datetime64[ns]")[known]
    return {name: Series(values[known] / index[known] * index[known][-1], dates, name) for name, values in raw.items()}


def compare(
    data: dict[str, Series],
    frequency: Frequency,
    lags: int,
    convention: Convention,
    begin: str | None = None,
    end: str | None = None,
) -> Comparison:
    span = [None if day is None else np.datetime64(day) for day in (begin, end)]
    parts = {name: at_frequency(between(one, *span), frequency) for name, one in data.items()}
    price = parts.pop("price")

    def progress(done: int, total: int) -> None:
        if done == total or done % 50 == 0:
            print(f"{frequency}, {lags} lags: {done}/{total}", file=sys.stderr)

    return industrial_or_financial(price, parts, lags=lags, convention=convention, rows_min=2, progress=progress)


def tested(of: Comparison) -> dict[str, Checked]:
    ratios = {f"price / {name}": one for name, one in of.ratios.items()}
    return {"price": of.price, **of.fundamentals, **ratios}


def show(title: str, of: Comparison) -> None:
    """The table as Markdown."""
    print(f"\n{title}\n\n| series | GSADF | p | explosive |\n|---|---|---|---|")
    for name, one in tested(of).items():
        when = ", ".join(f"{month(e.start_date)} to {month(e.end_date)}" for e in one.episodes) or "never"
        print(f"| {name} | {one.study.result.gsadf:.2f} | {one.study.p.gsadf:.3f} | {when} |")
    for verdict in of.verdicts:
        stretch = f"{month(verdict.episode.start_date)} to {month(verdict.episode.end_date)}"
        print(f"\n{stretch}: {verdict.kind}; {verdict.reason}")
    print(f"\n{of.sentence}", flush=True)


def month(moment: Any) -> str:
    return str(moment)[:7]


def draw(of: Comparison, names: list[str], path: Path, since: str | None, source: str) -> None:
    """One panel a series, its explosive stretches shaded; below, BSADF of price and of price / dividends."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 7.4), dpi=80, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(names) + 1, 1, sharex=True, height_ratios=[2.0] * len(names) + [2.6])
        for axes, name in zip(panels, names, strict=False):
            one = tested(of)[name]
            logged = not name.startswith("price /")
            line, dates = one.study.series, one.study.series.dates
            assert dates is not None
            values = np.exp(line.values) if logged else line.values
            axes.plot(dates, values, color=INK, linewidth=1.0)
            axes.set_yscale("log" if logged else "linear")
            axes.set_ylabel(name)
            for episode in one.episodes:
                axes.axvspan(episode.start_date, episode.end_date, color=SHADE, alpha=0.45, linewidth=0)
            if since is not None:
                inside = dates >= np.datetime64(since)
                axes.set_xlim(np.datetime64(since), dates[-1])
                axes.set_ylim(values[inside].min() * 0.93, values[inside].max() * 1.07)
            axes.minorticks_off()
            axes.yaxis.set_major_locator(
                matplotlib.ticker.MaxNLocator(4) if not logged else matplotlib.ticker.LogLocator(subs=(1, 2, 5))
            )
            axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,g}"))
        for name, color in (("price", INK), ("price / dividends", "#1f4e9c")):
            study = tested(of)[name].study
            panels[-1].plot(
                study.result.dates, study.result.bsadf, color=color, linewidth=1.0, label=f"BSADF of {name}"
            )
            panels[-1].plot(study.result.dates, study.line, color=color, linewidth=0.8, linestyle=":", label="its line")
        panels[-1].legend(frameon=False, fontsize=8, ncols=4, loc="lower left")
        panels[-1].set_ylim(-4.5, None)
        figure.suptitle(source, fontsize=8, color=MUTED, x=0.01, ha="left")
        figure.savefig(path, metadata={"Software": "emporion"})


def main(path: Path) -> None:
    data = read(path)
    for convention in ("pointwise", "family_wise"):
        show(f"Years to 2022, one lag, {convention}", compare(data, "year", 1, convention, end="2022-12-31"))
    credit = (
        "Data: Robert J. Shiller, by datasets/s-and-p-500 (ODC-PDDL); money of 2023. Shaded: explosive, pointwise, 95%"
    )
    names = ["price", "dividends", "earnings", "price / dividends"]
    whole = compare(data, "quarter", 4, "pointwise")
    show("Quarters to 2023, four lags, pointwise", whole)
    draw(whole, names, IMAGES / "bubble-1871.png", None, credit)
    near = compare(data, "month", 6, "pointwise", "1973-01-01", "2003-12-31")
    show("Months from 1973 to 2003, six lags, pointwise", near)
    draw(near, names, IMAGES / "bubble-1995.png", "1993-01-01", credit)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
