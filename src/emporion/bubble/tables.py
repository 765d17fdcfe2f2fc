"""Critical values to look up: of random walks with equal normal changes, no lags, the default least window.

For a quick look, and for series of which only the length is known. They take any rise of volatility for a bubble
(half of all harmless series with a five-fold rise are rejected at 5%): what is said to people comes from `bootstrap`.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from emporion.errors import BadValue

Source: TypeAlias = Literal["emporion", "psy"]
LEVELS = (0.90, 0.95, 0.99)

# Phillips, Shi and Yu (2015), Table 1, finite sample: 2,000 replications. Length: SADF, GSADF at LEVELS.
PSY = {
    100: ((0.98, 1.30, 1.99), (1.65, 2.00, 2.57)),
    200: ((1.12, 1.40, 1.90), (1.84, 2.08, 2.70)),
    400: ((1.19, 1.49, 2.05), (1.92, 2.20, 2.80)),
    800: ((1.25, 1.53, 2.03), (2.10, 2.34, 2.79)),
    1600: ((1.28, 1.57, 2.22), (2.19, 2.41, 2.87)),
}
# Ours: 60,000 replications, scripts/draw_bubble_tables.py. Standard errors near 0.004, 0.006 and 0.012.
# Length: ADF, SADF, GSADF at LEVELS.
EMPORION = {
    50: ((-0.402, -0.038, 0.656), (0.885, 1.206, 1.861), (1.537, 1.864, 2.608)),
    75: ((-0.419, -0.058, 0.624), (0.952, 1.257, 1.883), (1.631, 1.947, 2.627)),
    100: ((-0.423, -0.057, 0.650), (0.986, 1.285, 1.876), (1.674, 1.972, 2.617)),
    150: ((-0.430, -0.068, 0.635), (1.044, 1.345, 1.917), (1.776, 2.058, 2.669)),
    200: ((-0.435, -0.068, 0.640), (1.088, 1.378, 1.937), (1.832, 2.102, 2.672)),
    300: ((-0.436, -0.082, 0.608), (1.130, 1.418, 1.976), (1.903, 2.159, 2.684)),
    400: ((-0.431, -0.072, 0.614), (1.160, 1.451, 1.990), (1.953, 2.206, 2.720)),
    600: ((-0.435, -0.076, 0.611), (1.197, 1.478, 2.013), (2.026, 2.268, 2.752)),
    800: ((-0.438, -0.067, 0.624), (1.232, 1.511, 2.050), (2.078, 2.315, 2.791)),
    1200: ((-0.436, -0.070, 0.616), (1.267, 1.547, 2.067), (2.144, 2.370, 2.833)),
    1600: ((-0.432, -0.069, 0.620), (1.298, 1.571, 2.107), (2.184, 2.411, 2.856)),
    2400: ((-0.443, -0.080, 0.626), (1.324, 1.598, 2.127), (2.242, 2.456, 2.895)),
}


@dataclass(frozen=True)
class Tabulated:
    """Critical values of the three statistics; `adf` is NaN where the source has none."""

    adf: float
    sadf: float
    gsadf: float


def tabulated(length: int, level: float = 0.95, *, source: Source = "emporion") -> Tabulated:
    """Look up, between lengths by a straight line in log(T). `level`: 0.90, 0.95 or 0.99. Raises BadValue."""
    if level not in LEVELS:
        raise BadValue(f"level={level!r}: the tables have {', '.join(map(str, LEVELS))}; draw others (monte_carlo)")
    if source not in ("emporion", "psy"):
        raise BadValue(f"source={source!r}: it is 'emporion' or 'psy' (Phillips, Shi and Yu 2015)")
    table = EMPORION if source == "emporion" else {key: (NONE, *row) for key, row in PSY.items()}
    lengths = sorted(table)
    if not lengths[0] <= length <= lengths[-1]:
        raise BadValue(f"length={length}: the table runs from {lengths[0]} to {lengths[-1]}; draw it (monte_carlo)")
    above = next(known for known in lengths if known >= length)
    below = max(known for known in lengths if known <= length)
    share = math.log(length / below) / math.log(above / below) if above > below else 0.0
    at = LEVELS.index(level)
    pairs = zip(table[below], table[above], strict=True)
    return Tabulated(*(low[at] + share * (high[at] - low[at]) for low, high in pairs))


NONE = (math.nan, math.nan, math.nan)
