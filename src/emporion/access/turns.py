"""Turns at hashing passwords: few at once, a short queue, and behind everything else.

Threads of their own, so that a flood of sign-ins holds up nothing else that waits for a thread, and
of low priority where the system knows that, so that it holds up no orders. What does not fit into
the queue is refused before anything is looked at or written.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from emporion.access.denied import AccessDenied

AT_ONCE = 2  # Each takes the memory that `Cost` says.
WAITING_MAX = 16
NICE = 10
RETRY_MS = 1000

T = TypeVar("T")


class Turns:
    """The turns of one process; used from its event loop. `close` it."""

    def __init__(self, at_once: int = AT_ONCE, waiting_max: int = WAITING_MAX) -> None:
        self._threads = ThreadPoolExecutor(at_once, "emporion-access", _step_back)
        self._count, self._count_max = 0, at_once + waiting_max

    async def take(self, act: Callable[..., T], *args: Any, **more: Any) -> T:
        """Do one of the methods of `People`, and return or raise what it does.

        Raises:
            AccessDenied: RATE_LIMITED, too many are waiting for their turn.
        """
        if self._count >= self._count_max:
            raise AccessDenied("RATE_LIMITED", "too many are signing in at this moment", retry_after_ms=RETRY_MS)
        self._count += 1
        turn = asyncio.get_running_loop().run_in_executor(self._threads, partial(act, *args, **more))
        turn.add_done_callback(self._done)
        return await turn

    def close(self) -> None:
        """Wait for those whose turn it is; the others are not begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _done(self, turn: "asyncio.Future[Any]") -> None:
        self._count -= 1


def _step_back() -> None:
    """On Linux a thread has a priority of its own; elsewhere this would be the whole process's."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, max(NICE, os.getpriority(os.PRIO_PROCESS, thread)))
