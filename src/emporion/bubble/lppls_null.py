"""Is this confidence more than chance gives? Its distribution over simulated prices that have no bubble.

Curves with seven parameters fit trends and random walks alike, and a trend alone raises the confidence: a raw 25%
says nothing. Here paths without a bubble are made with the drift and volatility of the series itself and measured
in the same windows, on the same dates, by the same filter; the p-value is the share of them that agree as much.

    drift      a random walk of ln p with the mean return of the series: a geometric Brownian motion
    no_drift   the same without the mean
    ar         returns that also follow their predecessor, with the series' own first autocorrelation

    constant   normal returns of equal volatility
    wild       each date keeps the size of its own return and gets a sign by chance, so volatility changes as it did
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.jit import cache_root, source_hash
from emporion.bubble.lppls import SEARCH, Search, days_of, fit_windows
from emporion.bubble.lppls_filters import Filter, Preset, named
from emporion.bubble.lppls_nested import WINDOWS, Windows, nested
from emporion.bubble.series import Floats, Missing, Series
from emporion.bubble.threads import Progress, in_threads, slices
from emporion.errors import BadValue

Model: TypeAlias = Literal["drift", "no_drift", "ar"]
Volatility: TypeAlias = Literal["constant", "wild"]
MODELS, VOLATILITIES = ("drift", "no_drift", "ar"), ("constant", "wild")
ENTRY = "lppls_null"  # The module whose source, with all it imports, the stored confidences belong to.
PATHS_AT_A_TIME = 8


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Confidence at the last observation, and what it is without a bubble (`null_*`: one entry a simulated path)."""

    positive: float
    negative: float
    null_positive: Floats
    null_negative: Floats
    model: Model
    volatility: Volatility
    seed: int

    @cached_property
    def p_positive(self) -> float:
        """Share of paths without a bubble, the series counted among them, whose positive confidence is as high."""
        return _share(self.null_positive, self.positive)

    @cached_property
    def p_negative(self) -> float:
        """The same of the negative one."""
        return _share(self.null_negative, self.negative)

    def critical(self, level: float = 0.95) -> tuple[float, float]:
        """(positive, negative) confidence that a share `level` of paths without a bubble does not pass."""
        if not 0.0 < level < 1.0:
            raise BadValue(f"level={level!r}: a share between 0 and 1, such as 0.95")
        low, high = (float(np.quantile(n, level, method="higher")) for n in (self.null_positive, self.null_negative))
        return low, high


def calibrated(
    values: "ArrayLike | Series",
    dates: Any = None,
    *,
    windows: Windows = WINDOWS,
    filter: "Preset | Filter" = "fco",
    model: Model = "drift",
    volatility: Volatility = "constant",
    replications: int = 199,
    seed: int = 0,
    search: Search = SEARCH,
    missing: Missing = "error",
    name: str = "series",
    keep: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Confidence at the last observation with its p-value. Drift and volatility are those of the longest window.

    keep: store the simulated confidences in the user's cache folder and read them from there next time. The same
    seed gives the same result for any number of threads. Raises BadValue.
    """
    if model not in MODELS or volatility not in VOLATILITIES:
        raise BadValue(f"model={model!r}, volatility={volatility!r}: of {MODELS} and of {VOLATILITIES}")
    if replications < 19:
        raise BadValue(f"replications={replications}: below 19 no p-value reaches 5%")
    chosen = named(filter)
    base = nested(values, dates, windows=windows, search=search, missing=missing, name=name, threads=1)
    up, down = chosen.shares(base.table, base.lengths)
    size = int(base.counts[-1])
    days, logs = days_of(base.series)[-size:], np.log(base.series.values[-size:])
    returns = np.diff(logs)
    digest = hashlib.blake2b(days.tobytes() + returns.tobytes(), digest_size=16)
    digest.update(repr((windows, chosen, model, volatility, replications, seed, search)).encode())
    path = cache_root() / f"lppls-null-{source_hash(ENTRY)}" / f"{digest.hexdigest()}.npy"
    null = _stored(path, replications) if keep else None
    if null is None:
        null = np.empty((2, replications))
        parts = slices(replications, PATHS_AT_A_TIME)

        def work(number: int) -> None:
            part = parts[number]
            chance = np.random.default_rng([seed, number])
            paths = simulate(returns, part.stop - part.start, chance, model=model, volatility=volatility)
            table = fit_windows(days, paths, base.counts, search, base.series.name)
            null[:, part] = chosen.shares(table, base.lengths[0])

        in_threads(work, range(len(parts)), threads, progress)
        if keep:
            _store(path, null)
    return Calibrated(float(up[0]), float(down[0]), null[0], null[1], model, volatility, seed)


def simulate(
    returns: Floats,
    count: int,
    chance: np.random.Generator,
    *,
    model: Model = "drift",
    volatility: Volatility = "constant",
) -> Floats:
    """Paths of ln p that begin at 0, (count, len(returns) + 1), with the drift and volatility of these log returns."""
    mean = 0.0 if model == "no_drift" else float(returns.mean())
    rest = returns - returns.mean()
    pull = 0.0
    if model == "ar":
        pull = float(np.clip(rest[1:] @ rest[:-1] / (rest @ rest), -0.95, 0.95))
        rest = np.concatenate((rest[:1], rest[1:] - pull * rest[:-1]))
    shape = (count, returns.size)
    if volatility == "wild":
        shocks = rest * chance.choice(np.array([-1.0, 1.0]), size=shape)
    else:
        shocks = chance.standard_normal(shape) * np.sqrt(rest @ rest / rest.size)
    if pull != 0.0:
        for k in range(1, returns.size):
            shocks[:, k] += pull * shocks[:, k - 1]
    paths = np.zeros((count, returns.size + 1))
    np.cumsum(shocks + mean, axis=1, out=paths[:, 1:])
    return paths


def _share(null: Floats, value: float) -> float:
    return float((1 + (null >= value).sum()) / (1 + null.size))


def _stored(path: Path, replications: int) -> Floats | None:
    """What an earlier run kept; None if there is nothing sound."""
    try:
        null = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return null if null.shape == (2, replications) and np.isfinite(null).all() else None


def _store(path: Path, null: Floats) -> None:
    """Written aside and renamed, so that nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".aside")
    with os.fdopen(handle, "wb") as file:
        np.save(file, null)
    os.replace(aside, path)
