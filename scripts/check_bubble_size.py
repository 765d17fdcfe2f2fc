"""How often the bootstrap finds a bubble where there is none but volatility rises five-fold: 0.05 +- 0.02 is asked.

Usage: python scripts/check_bubble_size.py [TRIALS]      T = 200, 499 replications; minutes

Ends with 1 when the share of rejections is not between 0.03 and 0.07.
"""

import sys

import numpy as np

from emporion.bubble.bootstrap import bootstrap
from emporion.bubble.explosive import explosive
from emporion.bubble.tables import tabulated

LENGTH, REPLICATIONS, SHIFT = 200, 499, 5.0


def main(trials: int) -> int:
    rng = np.random.default_rng(20_150_501)
    sizes = np.where(np.arange(LENGTH) < LENGTH // 2, 1.0, SHIFT)
    line = tabulated(LENGTH).gsadf
    by_table = by_bootstrap = 0
    for trial in range(trials):
        result = explosive(np.cumsum(rng.normal(size=LENGTH) * sizes))
        null = bootstrap(result, replications=REPLICATIONS, seed=trial)
        by_table += result.gsadf > line
        by_bootstrap += null.p_values(result).gsadf <= 0.05
        if (trial + 1) % 100 == 0:
            print(f"{trial + 1} of {trials}: {by_bootstrap / (trial + 1):.3f}", file=sys.stderr, flush=True)
    share = by_bootstrap / trials
    error = (share * (1 - share) / trials) ** 0.5
    print(f"rejected at 5%: {share:.4f} (standard error {error:.4f}) by bootstrap, {by_table / trials:.3f} by table")
    return 0 if 0.03 <= share <= 0.07 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
