"""The LPPLS fit beside the package lppls (PyPI), in one run, and how it grows with observations, windows and cores.

lppls takes the first of up to 25 searches from random places that ends at all (25 is its own default for nested fits,
and what its documentation advises), and lets tc, m and omega go anywhere: to a second after the last price, where the
curve is a spike, to thousands of windows away, to before the first price. Our fit searches a stated box, the same each
time. So sums of squares are compared twice: of the fit, wherever the peer's lies in the box as well; and of
`fit_anywhere`, which has no more bounds than the peer, for each of its fits. Neither may be above the peer's.

Both sides work on one thread, and what is compared is that thread's processor time, which a busy machine sways
less; all else is time on the wall.
"""

import random
import statistics as middle
import time
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import numpy as np

from emporion.bench.bubble_figures import Beside, BubbleFigures, Load
from emporion.bench.kernel import Progress
from emporion.bubble.lppls import SEARCH, Search, days_of, fit
from emporion.bubble.lppls_anywhere import fit_anywhere
from emporion.bubble.lppls_nested import WINDOWS, Nested, nested, trust
from emporion.bubble.lppls_null import calibrated
from emporion.bubble.lppls_profile import critical_time
from emporion.bubble.series import Series, series
from emporion.bubble.threads import cores

SEED = 7
LENGTH = 750
PEER_EVERY, PEER_SEARCHES = 6, 25
GOAL = 150.0
ROUNDING = 1e-9


class PeerFit(NamedTuple):
    """What lppls found in a window; lead in days."""

    window: Series
    lead: float
    m: float
    omega: float
    sse: float
    took_ms: float


def measure(runs: int, quick: bool, progress: Progress) -> BubbleFigures:
    """All figures; `quick` takes a tenth of the simulations and fewer of the peer's fits."""
    peer = _lppls()
    figures = BubbleFigures()
    prices = _bubble(LENGTH)
    progress(f"LPPLS: {WINDOWS.counts(LENGTH).size} nested windows, one core")
    ours_ms = _median_ms(lambda: nested(prices, threads=1), max(runs, 5), time.thread_time)
    each_ms = ours_ms / WINDOWS.counts(LENGTH).size
    if peer is None:
        figures.beside.append(
            Beside("a fit of 126 nested windows", each_ms, "not installed: pip install 'emporion[bench]'", goal=GOAL)
        )
    else:
        progress("LPPLS: the same windows by lppls")
        figures.beside += _beside(peer, prices, each_ms, PEER_EVERY * (3 if quick else 1))
    progress("LPPLS: growth with observations, windows and cores")
    figures.loads += _by_length(runs) + _by_windows(prices, runs) + _by_cores(runs)
    progress("LPPLS: confidence calibrated, trust, critical time")
    figures.loads += _indicators(prices, quick)
    return figures


def _lppls() -> ModuleType | None:
    try:
        import lppls.lppls as peer  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ModuleNotFoundError:
        return None
    return peer


def _bubble(length: int) -> Series:
    """A price that speeds up towards a time some weeks after its end, with noise that wanders, on weekdays."""
    chance = np.random.default_rng(SEED)
    dates = np.busday_offset(np.datetime64("2020-01-06"), np.arange(length)).astype("datetime64[D]")
    x = (dates[-1] - dates).astype(float) + 40.0
    curve = 8.0 - 0.02 * x**0.6 * (1.0 + 0.08 * np.cos(9.0 * np.log(x)))
    return series(np.exp(curve + np.cumsum(0.008 * chance.standard_normal(length))), dates, name="made bubble")


def _median_ms(work: Callable[[], object], runs: int, clock: Callable[[], float] = time.perf_counter) -> float:
    work()  # Compiled, and in the caches.
    return middle.median(_ms(work, clock) for _ in range(runs))


def _ms(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    begin = clock()
    work()
    return 1e3 * (clock() - begin)


def _beside(peer: ModuleType, prices: Series, each_ms: float, every: int) -> list[Beside]:
    counts = WINDOWS.counts(len(prices))[::-1][::every]
    fits = [_peer_fit(peer, prices.since(len(prices) - int(count))) for count in (counts[0], *counts)][1:]
    peer_ms = middle.mean(one.took_ms for one in fits)
    table = nested(prices, threads=1)
    inside = [one for one in fits if _is_in(one, SEARCH)]
    ours = {int(count): table.at(0, at).sse for at, count in enumerate(table.counts)}
    single = {len(one.window): fit(one.window).sse for one in inside}
    anywhere = {len(one.window): fit_anywhere(one.window).sse for one in fits}
    alone_ms = [_median_ms(lambda one=one: fit(one.window), 9, time.thread_time) for one in fits]  # type: ignore[misc]
    anywhere_ms = _median_ms(lambda: fit_anywhere(prices), 1, time.thread_time)
    ratio = middle.median(ours[len(one.window)] / one.sse for one in fits)
    return [
        Beside(
            f"a fit of 126 nested windows (sum of squares {ratio:.2f} of the peer's; not above it in "
            f"{_not_above(inside, ours)} of {len(inside)} fits in the box)",
            each_ms, "lppls", peer_ms, GOAL, _not_above(inside, ours) == len(inside),
        ),
        Beside(
            f"a fit of one window alone, mean of {len(fits)} lengths (not above the peer's in "
            f"{_not_above(inside, single)} of {len(inside)} fits in the box)",
            middle.mean(alone_ms), "lppls", peer_ms, GOAL, _not_above(inside, single) == len(inside),
        ),
        Beside(f"one window of {LENGTH} alone", alone_ms[0], "lppls", fits[0].took_ms),
        Beside(
            f"the same without bounds (not above the peer's in {_not_above(fits, anywhere)} of all {len(fits)} fits)",
            anywhere_ms, "lppls", fits[0].took_ms, None, _not_above(fits, anywhere) == len(fits),
        ),
    ]  # fmt: skip


def _not_above(fits: list[PeerFit], ours: dict[int, float]) -> int:
    return sum(ours[len(one.window)] <= one.sse * (1.0 + ROUNDING) for one in fits)


def _is_in(one: PeerFit, search: Search) -> bool:
    """Whether the peer's curve is one that this search may find. Turning omega's sign changes nothing."""
    days = days_of(one.window)
    return (
        1.0 <= one.lead <= search.lead_share * (days[-1] - days[0])
        and search.m[0] <= one.m <= search.m[1]
        and search.omega[0] <= abs(one.omega) <= search.omega[1]
    )


def _peer_fit(peer: ModuleType, window: Series) -> PeerFit:
    observed = np.array([days_of(window), np.log(window.values)])
    model = peer.LPPLS(observed)
    random.seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = time.thread_time()
        tc, m, omega, a, b, _, c1, c2, _, _ = model.fit(PEER_SEARCHES)
        took_ms = 1e3 * (time.thread_time() - begin)
        rest = model.lppls(observed[0], tc, m, omega, a, b, c1, c2) - observed[1]
    return PeerFit(window, tc - observed[0, -1], m, omega, float(rest @ rest), took_ms)


def _by_length(runs: int) -> list[Load]:
    loads = []
    for length in (125, 250, 500, 1000, 2000, 4000):
        prices = _bubble(length)
        took = _median_ms(lambda prices=prices: fit(prices), max(runs, 5))  # type: ignore[misc]
        loads.append(Load(f"one fit of {length} observations", took, f"{1e3 * took / length:.2f} us an observation"))
    return loads


def _by_windows(prices: Series, runs: int) -> list[Load]:
    loads = []
    for few in (1, 6, 31, 126):
        step = 5 if few == 126 else max(5, 625 // max(few - 1, 1))
        longest = 750 if few > 1 else 125

        def work(step: int = step, longest: int = longest) -> Nested:
            return nested(prices, windows=type(WINDOWS)(longest, 125, step), threads=1)

        took = _median_ms(work, max(runs, 3))
        count = work().counts.size
        loads.append(Load(f"{count} nested windows", took, f"{took / count:.3f} ms a window"))
    return loads


def _by_cores(runs: int) -> list[Load]:
    prices = _bubble(LENGTH + 40)
    loads, alone = [], 0.0
    for threads in sorted({1, 2, cores()}):
        took = _median_ms(lambda threads=threads: nested(prices, ends=40, threads=threads), max(runs, 3))  # type: ignore[misc]
        alone = alone or took
        loads.append(Load(f"40 ends x 126 windows, {threads} threads", took, f"{alone / took:.2f} times one thread"))
    return loads


def _indicators(prices: Series, quick: bool) -> list[Load]:
    share = 10 if quick else 1
    paths, draws = max(199 // share, 19), 100 // share
    return [
        Load("critical time, 64 times", _median_ms(lambda: critical_time(prices), 3)),
        Load(f"confidence against {paths} paths", _ms(lambda: calibrated(prices, replications=paths)), "all cores"),
        Load(f"trust, 126 windows x {draws}", _ms(lambda: trust(prices, draws=draws)), "all cores"),
    ]
