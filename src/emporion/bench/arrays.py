"""How long the risk service takes for the arrays of many options whose price and volatility have all moved."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from emporion.errors import EmporionError

Progress = Callable[[str], None]


@dataclass
class ArrayFigures:
    """Processor seconds of one recomputation of all."""

    options: int
    median: float
    largest: float


def measure(make: Callable[[int], Callable[[int], int]], options: int, runs: int, progress: Progress) -> ArrayFigures:
    """`make` lists so many options and returns what moves and recomputes them all, which says how many changed."""
    progress(f"arrays: listing {options:,} options")
    recompute = make(options)
    recompute(0)
    seconds = []
    for turn in range(1, runs + 1):
        progress(f"arrays: run {turn} of {runs}")
        begin = time.thread_time()
        changed = recompute(turn)
        seconds.append(time.thread_time() - begin)
        if changed != options:
            raise EmporionError(f"arrays: {changed} of {options} options changed")
    return ArrayFigures(options, median(seconds), max(seconds))
