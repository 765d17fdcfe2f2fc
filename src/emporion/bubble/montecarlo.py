"""Histories without a bubble drawn from nothing: random walks with equal normal changes, kept on disk.

The walk is that of Phillips, Shi and Yu (2015): y[t] = 1/T + y[t-1] + e[t], e normal. It holds for a series whose
volatility did not change; few prices are such, so `bootstrap` is the default elsewhere. What it is good for: the
published tables, and series of which only the length is known.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np

from emporion.bubble.bootstrap import SEED, check_replications, without_gaps
from emporion.bubble.critical import Null
from emporion.bubble.explosive import statistics
from emporion.bubble.jit import cache_root
from emporion.bubble.series import Floats
from emporion.bubble.threads import Progress, in_threads, slices
from emporion.bubble.windows import Design

REPLICATIONS = 1999
AT_A_TIME = 16
KEPT_BYTES_MAX = 64 * 2**20  # More than this is drawn again each time.
METHOD = "normal-walk-1"  # Changes with what is drawn, so that old files are not taken for new ones.


def monte_carlo(
    plan: Design,
    *,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: bool = True,
) -> Null:
    """The null distribution for series of this design (`windows.design(length, ...)` makes one).

    Drawn once and read from the cache folder afterwards (EMPORION_CACHE, else the user's); `keep=False` neither
    reads nor writes. Same seed, same numbers, on any number of threads. Raises BadValue.
    """
    check_replications(replications)
    path = _path(plan, replications, seed) if keep and _size(plan, replications) <= KEPT_BYTES_MAX else None
    kept = _read(path, (replications, plan.ends)) if path else None
    if kept is None:
        kept = _drawn(plan, replications, seed, threads, progress)
        if path:
            _write(path, *kept)
    return Null(plan, *kept, "Monte Carlo", seed)


def walks(length: int, count: int, seed: int, piece: int) -> Floats:
    """`count` random walks of `length` observations."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, piece])))
    changes = generator.standard_normal((count, length))
    changes += 1.0 / length
    return np.cumsum(changes, axis=1)


def _drawn(
    plan: Design, replications: int, seed: int, threads: int | None, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    shape = (replications, plan.ends)
    badf, bsadf = np.empty(shape, np.float32), np.empty(shape, np.float32)  # As on disk: fresh and kept are equal.

    def work(part: slice) -> None:
        levels = walks(plan.length, part.stop - part.start, seed, part.start // AT_A_TIME)
        badf[part], bsadf[part] = (without_gaps(one) for one in statistics(levels, plan, threads=1))

    in_threads(work, slices(replications, AT_A_TIME), threads, progress)
    return badf, bsadf


def _size(plan: Design, replications: int) -> int:
    return 2 * 4 * replications * plan.ends


def _path(plan: Design, replications: int, seed: int) -> Path:
    what = f"{METHOD} {plan} {replications} {seed}"
    return cache_root() / f"bubble-walks-{hashlib.blake2b(what.encode(), digest_size=12).hexdigest()}.npy"


def _read(path: Path, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Both paths, or None when they are not there, or the file is damaged: then they are drawn again."""
    try:
        both = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if both.shape != (2, *shape) or both.dtype != np.float32:
        return None
    return both[0], both[1]


def _write(path: Path, badf: np.ndarray, bsadf: np.ndarray) -> None:
    """Aside and renamed, so that nobody reads half a file. A folder that cannot be written costs time, not results."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.stem, delete=False) as file:
            np.save(file, np.stack((badf, bsadf)))
        os.replace(file.name, path)
    except OSError:
        return
