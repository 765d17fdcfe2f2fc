"""How far long work has come: one line on stderr, for people at a terminal only."""

import sys
import time


class Progress:
    """Call it with a count as often as you like; it writes at most five times a second."""

    INTERVAL_S = 0.2

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what, self._total = what, total
        self._is_shown = sys.stderr.isatty()
        self._next_s = time.monotonic() + self.INTERVAL_S
        self._width = 0

    def __call__(self, count: int) -> None:
        if self._is_shown and time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + self.INTERVAL_S
            of = f" of {self._total:,}" if self._total else ""
            self._write(f"{self._what}: {count:,}{of}")

    def close(self) -> None:
        """Take the line away."""
        if self._width:
            self._write("")

    def _write(self, line: str) -> None:
        print("\r" + line.ljust(self._width), end="\r", file=sys.stderr, flush=True)
        self._width = len(line)
