"""Histories without a bubble made from the series itself: the wild bootstrap.

The null model is a unit root with the series' own short memory (Phillips and Shi 2020):

    dy[t] = f1 * dy[t-1] + ... + fk * dy[t-k] + e[t]          fitted to the whole series
    dy*[t] = f1 * dy*[t-1] + ... + fk * dy*[t-k] + w[t] * e[t]

Each residual stays at its date and only its sign is drawn (Rademacher weights, one draw a date and history). So a
history has the volatility of the series, date by date, which is why a calm decade before a wild one is not taken for
a bubble: under a five-fold rise of volatility a 5% test rejects in 5% of cases, where tables reject in half.

Phillips and Shi fit a constant as well, and leave it out of the histories: `drift="mean"`. The default, "zero", fits
none: then a test without lags is exact, since among changes without a preferred sign all histories are equally
likely; with the mean taken out 6% are rejected instead of 5%, as the wild half's mean is too large for the calm half.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from emporion.bubble.critical import Null
from emporion.bubble.explosive import Explosive, statistics
from emporion.bubble.series import Floats
from emporion.bubble.threads import Progress, in_threads, slices
from emporion.bubble.windows import Design
from emporion.errors import BadValue

Drift: TypeAlias = Literal["zero", "mean"]
REPLICATIONS = 999
SEED = 20_150_501
AT_A_TIME = 16  # Histories a piece of work; the draws of a piece depend on its number only, not on the threads.
ROOT_MAX = 0.98  # A fitted memory of a longer life than this would itself be explosive: it is shortened.


@dataclass(frozen=True, eq=False)
class Memory:
    """The null model fitted to a series: its changes, the lags' coefficients, and residuals (from change `lags` on)."""

    changes: Floats
    coefficients: Floats
    residuals: Floats


def bootstrap(
    result: Explosive,
    *,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    drift: Drift = "zero",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Null:
    """The null distribution of one series' statistics. Same seed, same numbers, on any number of threads.

    `drift`: "zero", or "mean" to take the mean change out as Phillips and Shi do. `progress(done, total)` is called as
    pieces of work end. Raises BadValue.
    """
    check_replications(replications)
    plan = result.design
    memory = fit(result.series.values, plan, drift)
    badf, bsadf = np.empty((replications, plan.ends)), np.empty((replications, plan.ends))
    pieces = slices(replications, AT_A_TIME)

    def work(part: slice) -> None:
        drawn = signs(seed, part.start // AT_A_TIME, part.stop - part.start, plan.length - 1)
        badf[part], bsadf[part] = statistics(histories(memory, drawn), plan, threads=1)

    in_threads(work, pieces, threads, progress)
    return Null(plan, without_gaps(badf), without_gaps(bsadf), "wild bootstrap", seed)


def check_replications(replications: int) -> None:
    """BadValue unless it is a count that a quantile can be taken of."""
    if not isinstance(replications, int) or replications < 19:
        raise BadValue(f"replications={replications!r}: a whole number, at least 19; 999 are usual")


def signs(seed: int, piece: int, count: int, length: int) -> Floats:
    """+1 or -1 for each history of a piece of work and each date."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, piece])))
    return (generator.integers(0, 2, (count, length), dtype=np.int8) * 2 - 1).astype(np.float64)


def fit(levels: Floats, plan: Design, drift: Drift = "zero") -> Memory:
    """Least squares of the null model. With a criterion, as many lags as it takes on the whole series."""
    if drift not in ("zero", "mean"):
        raise BadValue(f"drift={drift!r}: it is 'zero' or 'mean'")
    changes = np.diff(levels)
    constants = int(drift == "mean")
    lags = plan.lags if plan.criterion is None else _lags_chosen(changes, plan, constants)
    columns = _lagged(changes, lags, lags, constants)
    solution = np.linalg.lstsq(columns, changes[lags:], rcond=None)[0]
    coefficients = np.asarray(solution, dtype=np.float64)
    residuals = changes[lags:] - columns @ coefficients
    return Memory(changes, _shortened(coefficients[constants:]), residuals)


def histories(memory: Memory, drawn: Floats) -> Floats:
    """Levels of one history for each row of signs."""
    lags = memory.coefficients.size
    changes = np.empty_like(drawn)
    changes[:, :lags] = memory.changes[:lags]  # As they were: the first residual comes after them.
    changes[:, lags:] = memory.residuals * drawn[:, lags:]
    if lags:
        backwards = memory.coefficients[::-1]
        for at in range(lags, drawn.shape[1]):
            changes[:, at] += changes[:, at - lags : at] @ backwards
    levels = np.zeros((drawn.shape[0], drawn.shape[1] + 1))
    np.cumsum(changes, axis=1, out=levels[:, 1:])
    return levels


def without_gaps(paths: Floats) -> Floats:
    """-inf where a history has no statistic, so that it is below any line."""
    paths[np.isnan(paths)] = -np.inf
    return paths


def _lagged(changes: Floats, lags: int, start: int, constants: int) -> Floats:
    """One constant or none, and the lagged changes, for the changes from `start` on."""
    columns = [np.ones(changes.size - start)] * constants
    columns += [changes[start - lag : changes.size - lag] for lag in range(1, lags + 1)]
    return np.stack(columns, axis=1) if columns else np.empty((changes.size - start, 0))


def _lags_chosen(changes: Floats, plan: Design, constants: int) -> int:
    rows = changes.size - plan.lags
    penalty = 2.0 if plan.criterion == "aic" else np.log(rows)
    scores = []
    for lags in range(plan.lags + 1):
        columns = _lagged(changes, lags, plan.lags, constants)
        coefficients = np.linalg.lstsq(columns, changes[plan.lags :], rcond=None)[0]
        rss = float(((changes[plan.lags :] - columns @ coefficients) ** 2).sum())
        scores.append(rows * np.log(max(rss, np.finfo(float).tiny)) + penalty * lags)
    return int(np.argmin(scores))


def _shortened(coefficients: Floats) -> Floats:
    """Coefficients whose memory dies out: the null is one unit root, and no second one in the changes."""
    lags = coefficients.size
    if not lags:
        return coefficients
    companion = np.eye(lags, k=-1)
    companion[0] = coefficients
    largest = float(np.abs(np.linalg.eigvals(companion)).max())
    if largest <= ROOT_MAX:
        return coefficients
    return coefficients * (ROOT_MAX / largest) ** np.arange(1, lags + 1)
