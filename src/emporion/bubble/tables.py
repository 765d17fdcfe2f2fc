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
# Ours: 100,000 replications (60,000 from T = 2400 on), scripts/draw_bubble_tables.py; standard errors 0.004 to 0.012.
# Length: ADF, SADF, GSADF at LEVELS.
EMPORION = {
    50: ((-0.385, -0.021, 0.678), (0.885, 1.211, 1.879), (1.554, 1.890, 2.634)),
    75: ((-0.413, -0.050, 0.632), (0.941, 1.247, 1.861), (1.646, 1.950, 2.619)),
    100: ((-0.421, -0.045, 0.641), (0.994, 1.297, 1.885), (1.684, 1.982, 2.624)),
    150: ((-0.428, -0.069, 0.618), (1.036, 1.344, 1.919), (1.791, 2.071, 2.665)),
    200: ((-0.426, -0.064, 0.635), (1.081, 1.372, 1.946), (1.833, 2.109, 2.658)),
    300: ((-0.436, -0.068, 0.615), (1.127, 1.419, 1.986), (1.910, 2.169, 2.720)),
    400: ((-0.433, -0.066, 0.619), (1.160, 1.440, 2.003), (1.960, 2.210, 2.747)),
    600: ((-0.437, -0.068, 0.609), (1.204, 1.483, 2.033), (2.024, 2.265, 2.751)),
    800: ((-0.426, -0.067, 0.610), (1.234, 1.506, 2.046), (2.076, 2.316, 2.799)),
    1200: ((-0.447, -0.081, 0.605), (1.269, 1.538, 2.085), (2.139, 2.363, 2.840)),
    1600: ((-0.440, -0.074, 0.611), (1.296, 1.565, 2.093), (2.184, 2.408, 2.867)),
    2400: ((-0.431, -0.067, 0.617), (1.328, 1.597, 2.132), (2.240, 2.455, 2.915)),
    3200: ((-0.435, -0.082, 0.599), (1.339, 1.609, 2.137), (2.279, 2.489, 2.930)),
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
