"""The thread behind "async" mode: what was answered becomes durable within FLUSH_NS."""

import threading
from collections.abc import Callable

from emporion.errors import EmporionError

FLUSH_NS = 50_000_000


class Flusher:
    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emporion-flusher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        # Half the bound between two looks: what is written just after one is synced by the next but one.
        while not self._over.wait(FLUSH_NS / 2e9):
            try:
                self._flush()
            except EmporionError:
                return  # The node has stopped and says so to its callers.
