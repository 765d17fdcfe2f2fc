"""Draw the critical values that src/emporion/bubble/tables.py keeps, and print them as its rows.

Usage: python scripts/draw_bubble_tables.py [REPLICATIONS [LENGTH ...]]      minutes; the same rows each time
"""

import sys

import numpy as np

from emporion.bubble.montecarlo import monte_carlo
from emporion.bubble.windows import design

LENGTHS = (50, 75, 100, 150, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200)
LEVELS = (0.90, 0.95, 0.99)
PIECE = 2_000  # Replications at a time, so that paths of all of them need not fit into memory.


def main(replications: int, lengths: tuple[int, ...]) -> None:
    for length in lengths:
        drawn = np.concatenate([piece(length, number) for number in range(replications // PIECE)], axis=1)
        row = ", ".join("(" + ", ".join(f"{value:.3f}" for value in np.quantile(one, LEVELS)) + ")" for one in drawn)
        print(f"    {length}: ({row}),", flush=True)


def piece(length: int, number: int) -> np.ndarray:
    """ADF, SADF and GSADF of PIECE walks; their paths are forgotten."""
    null = monte_carlo(design(length), replications=PIECE, seed=1000 * length + number, keep=False)
    return np.stack((null.adf, null.sadf, null.gsadf))


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(arguments[0] if arguments else 100_000, tuple(arguments[1:]) or LENGTHS)
