"""The picture of `emporion bubble`: the price with its episodes, and BSADF against its line."""

from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.ticker
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emporion.bubble.breaking import Breaking
from emporion.bubble.lppls import to_date
from emporion.bubble.series import Series
from emporion.bubble.study import Study

INK, MUTED, PRICE, PATH, LINE = "#1c2430", "#667085", "#1f4e9c", "#1c2430", "#b42318"
RISING, FALLING = "#e8a13a", "#8a94a6"
STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.edgecolor": MUTED, "axes.labelcolor": INK,
    "xtick.color": MUTED, "ytick.color": MUTED, "text.color": INK, "svg.hashsalt": "emporion",
    "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
SIZE_INCHES, DPI = (9.0, 5.4), 110
LOG_FROM = 8.0  # A highest price so many times the lowest is drawn on a scale of ratios.


def draw(of: Study, prices: Series, curve: Breaking | None, path: Path) -> None:
    """Write the picture; its kind is that of the path's ending."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _price(upper, of, prices)
        if curve is not None and curve.times.size:
            _fan(upper, curve)
        _path(lower, of)
        figure.savefig(path, metadata=_metadata(path))


def _metadata(path: Path) -> dict[str, Any]:
    """Without the date of making, so that the same input makes the same file."""
    kinds: dict[str, dict[str, Any]] = {
        ".png": {"Software": "emporion"}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}
    }  # fmt: skip
    return kinds[path.suffix]


def _price(axes: Any, of: Study, prices: Series) -> None:
    axes.plot(_across(prices), prices.values, color=PRICE, linewidth=1.1)
    if prices.values.min() > 0 and prices.values.max() > LOG_FROM * prices.values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,g}"))
        axes.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axes.set_ylabel("price")
    axes.set_title(_title(of), loc="left", fontsize=10, fontweight="bold")
    _episodes(axes, of)


def _fan(axes: Any, of: Breaking) -> None:
    """The range of critical times as a band, each of them as a mark on the axis, their median as a line."""
    low, median, high = ((to_date(day) if of.dates is not None else day) for day in of.range or ())
    times = of.dates if of.dates is not None else of.times
    axes.axvspan(low, high, color=LINE, alpha=0.10, linewidth=0)
    axes.axvline(median, color=LINE, linewidth=0.8)
    axes.plot(times, [0.02] * len(times), "|", color=LINE, markersize=6, transform=axes.get_xaxis_transform())
    axes.text(0.01, 0.93, f"red: critical times of {len(times)} of {of.windows} windows (p {of.p:.2f})",
              transform=axes.transAxes, color=LINE, fontsize=8)  # fmt: skip


def _path(axes: Any, of: Study) -> None:
    across = _across(of.series)[of.result.design.first_end :]
    axes.plot(across, of.result.bsadf, color=PATH, linewidth=0.9, label="BSADF")
    axes.plot(across, of.line, color=LINE, linewidth=1.0, linestyle="--", label=f"critical line, {of.level:.0%}")
    axes.fill_between(
        across, of.line, of.result.bsadf, where=of.result.bsadf > of.line, color=RISING, alpha=0.5, linewidth=0
    )
    axes.set_ylabel("BSADF")
    axes.legend(loc="upper left", frameon=False, ncols=2)
    _episodes(axes, of)


def _episodes(axes: Any, of: Study) -> None:
    across = _across(of.series)
    for each in of.episodes:
        colour = RISING if each.direction == "up" else FALLING
        axes.axvspan(across[max(each.start - 1, 0)], across[each.end], color=colour, alpha=0.28, linewidth=0)


def _title(of: Study) -> str:
    if of.now is not None:
        return f"{of.series.name}: explosive since {of.series.at(of.now.start)} (p {of.p_now:.3f})"
    return f"{of.series.name}: not explosive now (p {of.p_now:.3f}); at any time p {of.p.gsadf:.3f}"


def _across(series: Series) -> Any:
    return series.dates if series.dates is not None else range(len(series))
