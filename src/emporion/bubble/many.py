"""Many prices, many settings: a study of each, on all cores or on a Ray cluster, the same wherever it ran.

A piece of work is one series under one setting. Its seed comes from the caller's seed and the series' name, never
from the process that happens to take it, so how many processes there are changes nothing. Processes and not threads:
a study has much Python in it, of which only one thread runs at a time. Each process works with one thread.

A series that cannot be tested is an answer too, with its error, beside those of the others.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import ArrayLike

from emporion.bubble.bootstrap import REPLICATIONS, SEED
from emporion.bubble.breaking import REPLICATIONS as LPPLS_REPLICATIONS
from emporion.bubble.breaking import SHORTEST, Breaking, breaking
from emporion.bubble.critical import LEVEL, Convention, PValues
from emporion.bubble.explosive import Explosive
from emporion.bubble.series import Floats, Missing, Series, series
from emporion.bubble.stamps import Episode
from emporion.bubble.study import study
from emporion.bubble.threads import Progress, cores
from emporion.bubble.windows import Count, Criterion
from emporion.bubble.workers import in_processes, on_ray
from emporion.errors import BadValue

PROCESSES_MAX = 1024


@dataclass(frozen=True)
class Setting:
    """How to study a series: parameters of `study.study`.

    `is_log`: test logarithms. `lppls`: critical times as well, of series that are long enough (30 observations).
    """

    lags: int = 0
    criterion: Criterion | None = None
    min_window: int | None = None
    count: Count = "levels"
    missing: Missing = "error"
    is_log: bool = False
    level: float = LEVEL
    convention: Convention = "family_wise"
    horizon: int | None = None
    replications: int = REPLICATIONS
    lppls: bool = False
    lppls_replications: int = LPPLS_REPLICATIONS


USUAL = Setting()


@dataclass(frozen=True, eq=False)
class Studied:
    """A `study.Study` without its histories, which are megabytes. With `seed`, `study.study` gives the whole of it."""

    name: str
    setting: Setting
    seed: int
    result: Explosive
    line: Floats
    p_now: float
    p: PValues
    episodes: tuple[Episode, ...]
    brief: int
    curve: Breaking | None  # Where the setting asks for it and the series is long enough.

    @property
    def is_explosive(self) -> bool:
        """Whether the last observation is above its line."""
        return bool(self.result.bsadf[-1] > self.line[-1])


@dataclass(frozen=True, eq=False)
class Unstudied:
    """A series that could not be studied under this setting, and why."""

    name: str
    setting: Setting
    problem: BadValue


Answer: TypeAlias = Studied | Unstudied


class Piece(NamedTuple):
    """One series under one setting."""

    name: str
    values: Any
    setting: Setting
    seed: int


def studies(
    prices: "Mapping[str, ArrayLike | Series] | Sequence[ArrayLike | Series]",
    settings: Setting | Sequence[Setting] = USUAL,
    *,
    seed: int = SEED,
    processes: int | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> list[Answer]:
    """Study every series under every setting: all settings of the first series, then all of the second, and so on.

    Series without a name are called "series 0" and so on; names must differ, since seeds come from them. All settings
    of a series share its seed, so that answers differ by the setting only.

    `processes`: default one a core; 1 works in this process. `address`: of a Ray cluster, which then does the work
    and has emporion installed; "auto" finds one, "local" starts one on this machine. Neither changes an answer, as
    long as the machines have the same processors and versions. `progress(done, total)` is called as answers come.

    A script that calls this wants `if __name__ == "__main__":` around the call, as processes begin by reading it.
    Raises BadValue when names, settings or processes are wrong; EmporionError when a process died or there is no Ray.
    """
    pieces = _pieces(prices, settings, seed)
    if processes is not None and not (isinstance(processes, int) and 1 <= processes <= PROCESSES_MAX):
        raise BadValue(f"processes={processes!r}: a whole number from 1 to {PROCESSES_MAX}, or None for one a core")
    if not pieces:
        return []
    count = min(processes or cores(), len(pieces))
    answers: dict[int, Answer] = {}
    with closing(on_ray(_answer, pieces, address) if address else in_processes(_answer, pieces, count)) as coming:
        for place, answer in coming:
            answers[place] = answer
            if progress:
                progress(len(answers), len(pieces))
    return [answers[place] for place in range(len(pieces))]


def seed_of(name: str, seed: int = SEED) -> int:
    """The seed that a series of this name is studied with."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=6).digest(), "big")


def _pieces(prices: Any, settings: Setting | Sequence[Setting], seed: int) -> list[Piece]:
    chosen = (settings,) if isinstance(settings, Setting) else tuple(settings)
    if not chosen or not all(isinstance(each, Setting) for each in chosen):
        raise BadValue("settings: one Setting, or several of them; at least one is needed")
    named = list(prices.items()) if isinstance(prices, Mapping) else list(_named(prices))
    for name, times in Counter(name for name, _ in named).items():
        if times > 1:
            raise BadValue(f"{times} series are called {name!r}; seeds come from names, so give each its own")
    return [Piece(name, values, each, seed_of(name, seed)) for name, values in named for each in chosen]


def _named(prices: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for place, values in enumerate(prices):
        has_name = isinstance(values, Series) and values.name != "series"
        yield (values.name if has_name else f"series {place}"), values


def _answer(piece: Piece) -> Answer:
    """The work itself, the same in every place."""
    name, values, how, seed = piece
    try:
        given = replace(values, name=name) if isinstance(values, Series) else values
        made = series(given, name=name, missing=how.missing)
        found = study(
            made.log() if how.is_log else made,
            lags=how.lags, criterion=how.criterion, min_window=how.min_window, count=how.count, level=how.level,
            convention=how.convention, horizon=how.horizon, replications=how.replications, seed=seed, threads=1,
        )  # fmt: skip
        is_fitted = how.lppls and len(made) >= SHORTEST
        curve = breaking(made, replications=how.lppls_replications, seed=seed, threads=1) if is_fitted else None
    except BadValue as problem:
        return Unstudied(name, how, BadValue(str(problem)))  # Without its traceback, which holds all of the above.
    return Studied(
        name, how, seed, found.result, found.line, found.p_now, found.p, found.episodes, found.brief, curve
    )  # fmt: skip
