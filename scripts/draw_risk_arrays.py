"""Draw the picture of docs/concepts/risk-arrays.md: a coin, a call sold against it, and both, scenario by scenario.

    python scripts/draw_risk_arrays.py

The numbers are those of the page's example; the same source makes the same picture.
"""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emporion.instruments.groups import load_groups
from emporion.instruments.option import gains
from emporion.instruments.scenarios import PriceGroup

IMAGE = Path(__file__).resolve().parents[1] / "docs" / "images" / "risk-arrays.png"
INK, MUTED, COIN, CALL = "#1c2430", "#667085", "#e8a13a", "#1f4e9c"
STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.edgecolor": MUTED, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": MUTED, "ytick.color": MUTED, "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
PRICE, STRIKE, YEARS, VOL = 60_000.0, 70_000.0, 30 / 365, 0.6


def named(group: PriceGroup) -> list[str]:
    """The scenarios that are used, in words for an axis."""
    moves = group.moves()
    names = []
    for at in np.flatnonzero(moves.weight):
        if moves.basis[at]:
            names.append(f"basis\n{moves.basis[at]:+.1%}")
        elif moves.weight[at] < 1.0:
            names.append(f"{moves.price[at]:+.0%}\n× {moves.weight[at]:.2f}")
        else:
            names.append(f"{moves.price[at]:+.0%}\nvol {'+' if moves.vol[at] > 0 else '−'}".replace("+0%", "0%"))
    return names


def main() -> None:
    group = load_groups()["BTC"]
    assert isinstance(group, PriceGroup)
    moves = group.moves()
    used = np.flatnonzero(moves.weight)
    coin = (PRICE * moves.price * moves.weight)[used]
    call = -gains(PRICE, STRIKE, YEARS, VOL, True, group)[0][used]
    places = np.arange(len(used))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 3.8), dpi=80, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.bar(places - 0.2, coin, 0.4, color=COIN, label="1 BTC at 60,000")
        axes.bar(places + 0.2, call, 0.4, color=CALL, label="a call at 70,000, sold")
        both = coin + call
        axes.plot(places, both, "o", color=INK, markersize=5, label="both")
        worst = int(both.argmin())
        axes.annotate(
            f"margin: {-both[worst]:,.0f}", (places[worst], both[worst]), xytext=(12, -4), textcoords="offset points",
            va="top",
        )  # fmt: skip
        axes.axhline(0.0, color=MUTED, linewidth=0.8)
        axes.set_xticks(places, named(group))
        axes.set_ylabel("gain, dollars")
        axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,.0f}"))
        axes.legend(frameon=False, ncols=3, loc="upper left")
        figure.savefig(IMAGE, metadata={"Software": "emporion"})


if __name__ == "__main__":
    main()
