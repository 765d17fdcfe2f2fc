"""Figures of `emporion bench bubble` and how they read: this package beside its peers, growth, and the live load."""

from collections.abc import Iterable
from dataclasses import dataclass, field

Rows = list[tuple[str, ...]]


@dataclass
class Beside:
    """One piece of work done by both sides in turn, on the same numbers; medians."""

    work: str
    ours_ms: float
    peer: str  # Its name, or why there is none.
    peer_ms: float | None = None
    goal: float | None = None  # Times the peer's speed.
    agree: bool | None = None  # Whether both came to the same.

    @property
    def ratio(self) -> float | None:
        return None if self.peer_ms is None else self.peer_ms / self.ours_ms


@dataclass
class Load:
    """One piece of work alone."""

    work: str
    ours_ms: float
    note: str = ""


@dataclass
class BubbleFigures:
    beside: list[Beside] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)


def text(title: str, figures: BubbleFigures) -> str:
    """Both tables."""
    rows: Rows = [(f"{title}, median ms", "emporion", "peer", "", "ratio", "goal", "agree")]
    for one in figures.beside:
        rows.append(
            (
                one.work, _ms(one.ours_ms), one.peer, _ms(one.peer_ms),
                f"{one.ratio:.1f}" if one.ratio is not None else "", f"{one.goal:g}" if one.goal is not None else "",
                {True: "yes", False: "NO", None: ""}[one.agree],
            )
        )  # fmt: skip
    loads: Rows = [("alone, median", "ms", "")]
    loads += [(one.work, _ms(one.ours_ms), one.note) for one in figures.loads]
    return f"{_table(rows, (0, 2))}\n\n{_table(loads, (0, 2))}"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:,.3f}" if value < 100 else f"{value:,.0f}"


def _table(rows: Rows, left: Iterable[int]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) if at in left else cell.rjust(width) for at, (cell, width) in enumerate(
            zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]  # fmt: skip
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
