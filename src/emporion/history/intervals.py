"""Intervals of candles, UTC: where each begins, and which stored ones make it up.

Weeks begin on Monday, months on the first, three-day ones are counted from 1970-01-01.
"""

import numpy as np
from numpy.typing import NDArray

SECOND_NS = 1_000_000_000
MINUTE_NS, HOUR_NS, DAY_NS = 60 * SECOND_NS, 3_600 * SECOND_NS, 86_400 * SECOND_NS
MONTH = "1M"
LENGTHS_NS = {
    "1s": SECOND_NS, "5s": 5 * SECOND_NS, "15s": 15 * SECOND_NS, "1m": MINUTE_NS, "3m": 3 * MINUTE_NS,
    "5m": 5 * MINUTE_NS, "15m": 15 * MINUTE_NS, "30m": 30 * MINUTE_NS, "1h": HOUR_NS, "2h": 2 * HOUR_NS,
    "4h": 4 * HOUR_NS, "8h": 8 * HOUR_NS, "12h": 12 * HOUR_NS, "1d": DAY_NS, "3d": 3 * DAY_NS, "1w": 7 * DAY_NS,
    MONTH: 31 * DAY_NS,
}  # fmt: skip
INTERVALS = tuple(LENGTHS_NS)
STORED = {"1m": MINUTE_NS, "1h": HOUR_NS, "1d": DAY_NS}  # Candles kept on disk; the others are made of these,
WEEK_SHIFT_NS = 3 * DAY_NS  # 1970-01-01 was a Thursday.


def base_of(interval: str) -> str | None:
    """The stored interval that an interval is made of; None for those made of trades: shorter than a minute."""
    length_ns = LENGTHS_NS[interval]
    return next((name for name in reversed(STORED) if STORED[name] <= length_ns), None)


def starts(ts_ns: NDArray[np.int64], interval: str) -> NDArray[np.int64]:
    """When the interval began that each time lies in."""
    if interval == MONTH:
        months = ts_ns.astype("datetime64[ns]").astype("datetime64[M]")
        return months.astype("datetime64[ns]").astype(np.int64)
    length_ns = LENGTHS_NS[interval]
    shift_ns = WEEK_SHIFT_NS if interval == "1w" else 0
    return (ts_ns + shift_ns) // length_ns * length_ns - shift_ns


def start_of(ts_ns: int, interval: str) -> int:
    """The same of one time."""
    return int(starts(np.array([ts_ns]), interval)[0])


def end_of(start_ns: int, interval: str) -> int:
    """When the interval ends that begins then."""
    return start_of(start_ns + LENGTHS_NS[interval], interval)  # A month on and up to three days is the next month.
