"""Draw the critical values that src/emporion/bubble/tables.py keeps, and print them as its rows.

Usage: python scripts/draw_bubble_tables.py [REPLICATIONS]      minutes; the same seed gives the same rows
"""

import sys

import numpy as np

from emporion.bubble.montecarlo import monte_carlo
from emporion.bubble.windows import design

LENGTHS = (50, 75, 100, 150, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200)
LEVELS = (0.90, 0.95, 0.99)
PIECE = 2_000  # Replications at a time, so that paths of all of them need not fit into memory.


def main(replications: int) -> None:
    for length in LENGTHS:
        plan = design(length)
        seeds = range(1000 * length, 1000 * length + replications // PIECE)
        drawn = [monte_carlo(plan, replications=PIECE, seed=seed, keep=False) for seed in seeds]
        numbers = [np.quantile(np.concatenate([getattr(null, name) for null in drawn]), LEVELS) for name in NAMES]
        row = ", ".join("(" + ", ".join(f"{value:.3f}" for value in part) + ")" for part in numbers)
        print(f"    {length}: ({row}),", flush=True)


NAMES = ("adf", "sadf", "gsadf")

if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
