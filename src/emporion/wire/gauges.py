"""Whether prices are explosive: a gauge for each instrument, its study, and how the gauge stood before.

Statistics, shares and p-values are numbers, as they are estimates; prices are decimal text and times nanoseconds, as
everywhere.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from emporion.wire.values import Dec, InstrumentName, Interval, Ns

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Direction = Literal["up", "down"]
Strength = Literal["strong", "fair", "weak", "none"]  # p at most 0.01, 0.05, 0.1, or more.


class CriticalTime(msgspec.Struct, frozen=True):
    """LPPLS at the time of the last study. Without a window that agrees there are no times."""

    direction: Direction  # Of the move that speeds up.
    confidence: Share  # Of the windows, those that agree.
    p: Share  # Of paths without a bubble, those whose confidence is as high.
    windows: int
    low_ns: Ns | None  # Nine in ten critical times lie from here
    median_ns: Ns | None
    high_ns: Ns | None  # to here.


class Gauge(msgspec.Struct, frozen=True):
    """How one instrument stands as of its last closed candle; None where there are too few of them yet."""

    instrument: InstrumentName
    interval: Interval  # Of the candles; one that traded is an observation.
    observations: int
    at_ns: Ns | None  # End of the last one.
    is_explosive: bool | None  # BSADF is above its line.
    since_ns: Ns | None  # Begin of the episode that goes on.
    bsadf: float | None
    line: float | None  # The 95% line over all dates, by wild bootstrap at the last study.
    p: Share | None  # Of the last BSADF.
    p_any: Share | None  # Of the largest of all: that there was an explosive time at all.
    strength: Strength | None  # Of that.
    studied_ns: Ns | None  # When bootstrap and critical time were made.
    critical_time: CriticalTime | None


class Episode(msgspec.Struct, frozen=True):
    """A stretch of explosive observations."""

    start_ns: Ns
    peak_ns: Ns
    end_ns: Ns
    is_ongoing: bool
    direction: Direction
    change: float  # From before it began to the peak, as a share.
    bsadf: float


class GaugeStudy(msgspec.Struct, frozen=True):
    """The last study of one instrument. `bsadf` and `line` belong to the last so many of `times_ns`."""

    gauge: Gauge
    window_min: int  # Observations of the least window.
    replications: int
    times_ns: list[Ns]
    prices: list[Dec]
    bsadf: list[float | None]
    line: list[float | None]
    episodes: list[Episode]
    critical_times_ns: list[Ns]  # Of each window that agrees, rising.


class GaugePoint(msgspec.Struct, frozen=True):
    """How a gauge stood. What it was made of is not kept, so it cannot be made again."""

    at_ns: Ns
    is_explosive: bool
    bsadf: float
    line: float
    p: Share
    confidence: Share | None
    confidence_p: Share | None
    median_ns: Ns | None
