"""Work shared out over threads: compiled code lets go of the interpreter, so threads are cores.

How the work is cut must never depend on how many threads there are: then results do not either. Not Numba's own
`prange`: where neither OpenMP nor TBB is installed its threads end the process when two callers meet in it
(https://github.com/numba/numba/issues/8563), and a service has more callers than one.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[int, int], None]  # (done, total); called on the caller's thread.


def cores() -> int:
    """Cores this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def in_threads(
    work: Callable[[T], None], pieces: Iterable[T], threads: int | None = None, progress: Progress | None = None
) -> None:
    """Call `work` with every piece, on up to `threads` threads (default: one a core). The first error is raised."""
    pieces = list(pieces)
    count = min(threads or cores(), len(pieces))
    if count <= 1:
        for done, piece in enumerate(pieces, 1):
            work(piece)
            if progress:
                progress(done, len(pieces))
        return
    with ThreadPoolExecutor(count) as pool:
        try:
            for done, _ in enumerate(pool.map(work, pieces), 1):
                if progress:
                    progress(done, len(pieces))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def slices(length: int, size: int) -> list[slice]:
    """Cut 0..length into slices of `size`."""
    return [slice(begin, min(begin + size, length)) for begin in range(0, length, size)]
