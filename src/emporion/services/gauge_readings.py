"""What goes from the gauges' worker to the venue's process. Imports nothing, so neither loads what the other needs."""

from typing import Literal, NamedTuple


class Curve(NamedTuple):
    """The critical time of a study; times in nanoseconds, rising."""

    direction: Literal["up", "down"]
    confidence: float
    p: float
    windows: int
    times_ns: list[int]
    range_ns: tuple[int, ...] | None  # Low, median, high.


class Stretch(NamedTuple):
    """An episode: places among the study's times."""

    start: int
    peak: int
    end: int
    is_ongoing: bool
    direction: Literal["up", "down"]
    change: float
    bsadf: float


class Studied(NamedTuple):
    """One instrument's study: what a reading is held against, and what is drawn."""

    times_ns: list[int]
    values: list[float]
    bsadf: list[float]
    line: list[float]
    episodes: list[Stretch]
    null: list[float]  # GSADF of the histories, rising.
    p_any: float
    window_min: int
    curve: Curve | None


class Summary(NamedTuple):
    """Of a study, what a gauge shows."""

    p_any: float
    curve: Curve | None


class Reading(NamedTuple):
    """A gauge as of its last observation; line and p are None before the first study."""

    number: int
    at_ns: int
    observations: int
    bsadf: float | None
    line: float | None
    p: float | None
    since_ns: int | None
