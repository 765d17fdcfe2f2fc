"""The PSY statistics beside pyexuber (PyPI), in one run; how they grow; and what a venue's gauges cost.

Both sides take turns on the same numbers, so that a busy machine slows both. pyexuber works on one core and so
do we wherever it is beside us; how ours grows with cores is said apart.
"""

import statistics as middle
import time
from collections.abc import Callable
from types import ModuleType

import numpy as np

from emporion.bench.bubble_figures import Beside, BubbleFigures, Load
from emporion.bench.kernel import Progress
from emporion.bubble.bootstrap import bootstrap
from emporion.bubble.explosive import Explosive, explosive, statistics
from emporion.bubble.follow import Followers
from emporion.bubble.threads import cores
from emporion.bubble.windows import design

SEED = 5
GROWTH = (250, 500, 1000, 2000, 4000)
LISTINGS, KEPT = 1_000, 1_000
NIGHTLY_DRAWS, TICK_GOAL_MS = 199, 100.0
BOOTSTRAP_LENGTH, BOOTSTRAP_DRAWS = 500, 999
SAME = 1e-8


def measure(runs: int, quick: bool, progress: Progress) -> BubbleFigures:
    """All figures; `quick` takes a tenth of the listings and draws where that is minutes."""
    peer = _pyexuber()
    name = "pyexuber" if peer else "not installed: pip install 'emporion[bench]'"
    figures = BubbleFigures()
    for lags, goal in ((0, 8.0), (1, 6.0)):
        progress(f"PSY paths with {lags} lags, T = 1000")
        figures.beside.append(_paths(peer, name, lags, goal, max(runs, 5)))
    progress(f"PSY bootstrap, T = {BOOTSTRAP_LENGTH}, {BOOTSTRAP_DRAWS} draws")
    figures.beside.append(_bootstrap(peer, name, max(runs, 3)))
    progress("growth with T, lags and cores")
    figures.loads += _growth(runs) + _by_lags(runs) + _by_cores(runs)
    progress(f"{LISTINGS:,} listings: ticks")
    figures.loads += _ticks(runs)
    progress(f"{LISTINGS:,} listings: a night with bootstrap")
    figures.loads.append(_night(LISTINGS // (20 if quick else 1)))
    return figures


def _pyexuber() -> ModuleType | None:
    try:
        import exuber  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ModuleNotFoundError:
        return None
    return exuber


def _median_ms(work: Callable[[], object], runs: int) -> float:
    work()  # Compiled, and in the caches.
    return middle.median(_ms(work) for _ in range(runs))


def _ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - begin)


def _in_turn(ours: Callable[[], object], theirs: Callable[[], object] | None, runs: int) -> tuple[float, float | None]:
    ours()
    if theirs is None:
        return _median_ms(ours, runs), None
    theirs()
    pairs = [(_ms(ours), _ms(theirs)) for _ in range(runs)]
    return middle.median(pair[0] for pair in pairs), middle.median(pair[1] for pair in pairs)


def _walk(length: int) -> np.ndarray:
    return 100.0 + np.cumsum(np.random.default_rng(SEED).standard_normal(length))


def _paths(peer: ModuleType | None, name: str, lags: int, goal: float, runs: int) -> Beside:
    values = _walk(1000)
    plan = design(1000)

    def ours() -> Explosive:
        return explosive(values, lags=lags, min_window=plan.rows_min, count="rows")

    if peer is None:
        return Beside(f"BADF and BSADF, T = 1000, lag {lags}", _in_turn(ours, None, runs)[0], name, goal=goal)

    def theirs():
        return peer.radf(values, minw=plan.rows_min, lag=lags)

    our_ms, their_ms = _in_turn(ours, theirs, runs)
    agree = bool(np.allclose(ours().bsadf, theirs().bsadf[:, 0], rtol=SAME, atol=SAME))
    return Beside(f"BADF and BSADF, T = 1000, lag {lags}", our_ms, name, their_ms, goal, agree)


def _bootstrap(peer: ModuleType | None, name: str, runs: int) -> Beside:
    """Both draw their own signs or normals, so results cannot be equal; both are whole, critical values included."""
    values = _walk(BOOTSTRAP_LENGTH)
    result = explosive(values)

    def ours() -> None:
        null = bootstrap(result, replications=BOOTSTRAP_DRAWS, threads=1)
        for convention in ("family_wise", "pointwise"):
            null.critical(0.95, convention=convention)

    theirs = None
    if peer is not None:

        def theirs() -> None:
            peer.radf_wb_ps_cv(values, minw=result.design.rows_min, nboot=BOOTSTRAP_DRAWS, seed=1)

    work = f"wild bootstrap, T = {BOOTSTRAP_LENGTH} x {BOOTSTRAP_DRAWS}, one core"
    our_ms, their_ms = _in_turn(ours, theirs, runs)
    return Beside(work, our_ms, name, their_ms, 6.0)


def _growth(runs: int) -> list[Load]:
    loads = []
    for length in GROWTH:
        plan = design(length)
        windows = plan.ends * (plan.ends + 1) // 2
        values = _walk(length)[None]
        took = _median_ms(lambda values=values, plan=plan: statistics(values, plan, threads=1), runs)  # type: ignore[misc]
        loads.append(Load(f"paths, T = {length}, lag 0", took, f"{1e6 * took / windows:.2f} ns a window"))
    return loads


def _by_lags(runs: int) -> list[Load]:
    loads = []
    for lags, criterion in ((1, None), (2, None), (4, None), (4, "bic")):
        plan = design(1000, lags=lags, criterion=criterion)  # type: ignore[arg-type]
        values = _walk(1000)[None]
        took = _median_ms(lambda values=values, plan=plan: statistics(values, plan, threads=1), runs)  # type: ignore[misc]
        windows = plan.ends * (plan.ends + 1) // 2
        lags_named = f"{lags} lags" if criterion is None else f"up to {lags} lags by {criterion.upper()}"
        loads.append(Load(f"paths, T = 1000, {lags_named}", took, f"{1e6 * took / windows:.2f} ns a window"))
    return loads


def _by_cores(runs: int) -> list[Load]:
    result = explosive(_walk(BOOTSTRAP_LENGTH))
    loads, one = [], 0.0
    for threads in sorted({1, 2, 4, 8, 16, 32, cores()}):
        if threads > cores():
            break

        def work(threads: int = threads) -> None:
            bootstrap(result, replications=BOOTSTRAP_DRAWS, threads=threads)

        took = _median_ms(work, runs)
        one = one or took
        name = f"bootstrap, T = {BOOTSTRAP_LENGTH} x {BOOTSTRAP_DRAWS}, cores: {threads}"
        loads.append(Load(name, took, f"{one / took:.2f} times one core"))
    return loads


def _ticks(runs: int) -> list[Load]:
    rng = np.random.default_rng(SEED)
    levels = 100.0 + np.cumsum(rng.standard_normal((LISTINGS, KEPT)), axis=1)
    loads = []
    for lags in (0, 1):
        followers = Followers(LISTINGS, keep=KEPT, lags=lags)
        for which in range(LISTINGS):
            followers.load(which, levels[which])
        took = _median_ms(lambda f=followers: f.append(levels[:, -1] + rng.standard_normal(LISTINGS)), max(runs, 10))  # type: ignore[misc]
        name = f"a tick of {LISTINGS:,} listings with {KEPT:,} observations, lag {lags}"
        loads.append(Load(name, took, f"goal below {TICK_GOAL_MS:g}"))
    return loads


def _night(listings: int) -> Load:
    rng = np.random.default_rng(SEED)
    levels = 100.0 + np.cumsum(rng.standard_normal((listings, KEPT)), axis=1)

    def work() -> None:
        for row in levels:
            result = explosive(row)
            bootstrap(result, replications=NIGHTLY_DRAWS).p_values(result)

    took = _ms(work)
    note = f"goal: minutes; {took / 1e3 * LISTINGS / listings / 60:.1f} min for {LISTINGS:,}"
    return Load(f"a night: {listings:,} listings, paths and {NIGHTLY_DRAWS} draws", took, note)
