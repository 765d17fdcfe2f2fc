"""The only module that reads time. Everything else is told it."""

import time
from typing import Protocol


class Clock(Protocol):
    def now_ns(self) -> int:
        """Nanoseconds since 1970. It may jump; the node never lets the time of commands go back."""


class SystemClock:
    def now_ns(self) -> int:
        return time.time_ns()


class ManualClock:
    """Time as a test or a simulation sets it."""

    def __init__(self, now_ns: int = 1_700_000_000_000_000_000) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def advance(self, by_ns: int) -> None:
        self._now_ns += by_ns
