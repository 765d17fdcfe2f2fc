"""Many series on the same dates: is there a bubble in the whole group (Pavlidis et al. 2016)?

The panel BSADF of a date is the mean of the series' BSADF; panel GSADF is its largest. Series may begin and end at
different dates; a date counts the series that have a statistic there. Under the null, shocks
hit the series together: a history of the bootstrap draws one sign a date for all of them, so their dependence stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.bootstrap import (
    AT_A_TIME,
    REPLICATIONS,
    SEED,
    Drift,
    Memory,
    check_replications,
    fit,
    histories,
    signs,
    without_gaps,
)
from emporion.bubble.critical import LEVEL, Convention, check_convention, p_of, quantile, trailing_largest
from emporion.bubble.explosive import Explosive, largest, statistics
from emporion.bubble.series import MISSING, Dates, Floats, Missing, series, to_dates
from emporion.bubble.threads import Progress, in_threads, slices
from emporion.bubble.windows import Count, Criterion, design
from emporion.errors import BadValue


@dataclass(frozen=True, eq=False)
class Panel:
    """members[k] covers the dates firsts[k] onwards; the paths' entry i belongs to the date places[i]."""

    members: tuple[Explosive, ...]
    firsts: tuple[int, ...]
    length: int  # Dates in all.
    series_min: int
    bsadf: Floats
    places: NDArray[np.int64]
    dates: Dates | None

    @cached_property
    def gsadf(self) -> float:
        """The largest panel BSADF."""
        return largest(self.bsadf)


@dataclass(frozen=True, eq=False)
class PanelNull:
    """Panel BSADF of histories without a bubble: rows are histories, columns the panel's places."""

    bsadf: Floats
    seed: int

    @cached_property
    def gsadf(self) -> Floats:
        return self.bsadf.max(axis=1)

    def critical(
        self, level: float = LEVEL, *, convention: Convention = "family_wise", horizon: int | None = None
    ) -> Floats:
        """The line for the panel's BSADF: "family_wise" or "pointwise", as for one series."""
        check_convention(convention, horizon)
        if convention == "sadf_quantile":
            raise BadValue("convention='sadf_quantile' is of single series; a panel has 'family_wise' and 'pointwise'")
        if convention == "pointwise":
            return quantile(self.bsadf, level)
        if horizon is None:
            return quantile(np.broadcast_to(self.gsadf[:, None], self.bsadf.shape), level)
        return quantile(trailing_largest(self.bsadf, horizon), level)

    def p_value(self, panel: Panel) -> float:
        """Of the panel's GSADF."""
        return float(p_of(np.array([panel.gsadf]), self.gsadf[:, None])[0])


def panel(
    values: ArrayLike,
    dates: object = None,
    *,
    names: Sequence[str] | None = None,
    lags: int = 0,
    criterion: Criterion | None = None,
    min_window: int | None = None,
    count: Count = "levels",
    missing: Missing = "error",
    series_min: int = 1,
    threads: int | None = None,
) -> Panel:
    """Statistics of a table: rows are dates, columns series. NaN before a series begins and after it ends is no matter.

    `missing` is about NaN inside: "error", "carry" (repeat the last value), or "drop": leave the dates out at
    which any series that has begun and not ended lacks a value. The least window is the same for all, by default
    of the panel's length. `series_min`: dates with statistics of fewer series are left out. Raises BadValue.
    """
    table = np.array(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 1:
        raise BadValue(f"a panel is a table of dates by series, not an array of shape {table.shape}")
    names = tuple(names) if names is not None else tuple(f"series {k}" for k in range(table.shape[1]))
    if len(names) != table.shape[1]:
        raise BadValue(f"{len(names)} names for {table.shape[1]} series")
    if missing not in MISSING:
        raise BadValue(f"missing={missing!r}: it is one of {', '.join(MISSING)}")
    moments = None if dates is None else to_dates(dates, "panel")
    if moments is not None and moments.size != table.shape[0]:
        raise BadValue(f"{table.shape[0]} rows but {moments.size} dates; they must pair")
    bounds = [_bounds(table[:, k], names[k]) for k in range(table.shape[1])]
    if missing == "drop":
        table, moments = _dropped(table, moments, bounds)
        bounds = [_bounds(table[:, k], names[k]) for k in range(table.shape[1])]
    plan = design(table.shape[0], lags=lags, criterion=criterion, min_window=min_window, count=count)
    members: list[Explosive | None] = [None] * table.shape[1]

    def work(k: int) -> None:
        first, after = bounds[k]
        cut = None if moments is None else moments[first:after]
        one = series(table[first:after, k], cut, name=names[k], missing="carry" if missing == "carry" else "error")
        own = design(len(one), lags=lags, criterion=criterion, min_window=plan.rows_min, count="rows")
        badf, bsadf = statistics(one.values[None], own, threads=1)
        members[k] = Explosive(one, own, badf[0], bsadf[0])

    in_threads(work, range(table.shape[1]), threads)
    done = tuple(member for member in members if member is not None)
    firsts = tuple(first for first, _ in bounds)
    paths = _on_dates([member.bsadf[None] for member in done], done, firsts, table.shape[0])[0]
    enough = (~np.isnan(paths)).sum(axis=0) >= max(series_min, 1)
    if not enough.any():
        raise BadValue(f"no date has statistics of {series_min} series")
    places = np.flatnonzero(enough)
    return Panel(
        done, firsts, table.shape[0], series_min, np.nanmean(paths[:, places], axis=0), places,
        None if moments is None else moments[places],
    )  # fmt: skip


def panel_bootstrap(
    of: Panel,
    *,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    drift: Drift = "zero",
    threads: int | None = None,
    progress: Progress | None = None,
) -> PanelNull:
    """The null distribution of a panel, its dependence across series kept. Same seed, same numbers, any threads."""
    check_replications(replications)
    memories = [fit(member.series.values, member.design, drift) for member in of.members]
    bsadf = np.empty((replications, of.places.size))

    def work(part: slice) -> None:
        drawn = signs(seed, part.start // AT_A_TIME, part.stop - part.start, of.length - 1)
        parts = [
            _history_paths(memory, member, drawn[:, first : first + member.design.length - 1])
            for memory, member, first in zip(memories, of.members, of.firsts, strict=True)
        ]
        total, found = np.zeros((drawn.shape[0], of.length)), np.zeros((drawn.shape[0], of.length))
        for path, member, first in zip(parts, of.members, of.firsts, strict=True):
            at = slice(first + member.design.first_end, first + member.design.length)
            exists = ~np.isnan(path)
            total[:, at] += np.where(exists, path, 0.0)
            found[:, at] += exists
        with np.errstate(invalid="ignore", divide="ignore"):
            bsadf[part] = without_gaps(np.where(found > 0, total / found, np.nan))[:, of.places]

    in_threads(work, slices(replications, AT_A_TIME), threads, progress)
    return PanelNull(bsadf, seed)


def _history_paths(memory: Memory, member: Explosive, drawn: Floats) -> Floats:
    return statistics(histories(memory, np.ascontiguousarray(drawn)), member.design, threads=1)[1]


def _on_dates(paths: list[Floats], members: Sequence[Explosive], firsts: Sequence[int], length: int) -> Floats:
    """(1, series, dates): NaN where a series has no statistic."""
    table = np.full((1, len(paths), length), np.nan)
    for k, (path, member, first) in enumerate(zip(paths, members, firsts, strict=True)):
        table[:, k, first + member.design.first_end : first + member.design.length] = path
    return table


def _bounds(column: Floats, name: str) -> tuple[int, int]:
    there = np.flatnonzero(~np.isnan(column))
    if there.size == 0:
        raise BadValue(f"{name}: every value is missing (NaN); leave this series out")
    return int(there[0]), int(there[-1]) + 1


def _dropped(table: Floats, dates: Dates | None, bounds: list[tuple[int, int]]) -> tuple[Floats, Dates | None]:
    keep = np.ones(table.shape[0], dtype=bool)
    for k, (first, after) in enumerate(bounds):
        keep[first:after] &= ~np.isnan(table[first:after, k])
    return table[keep], None if dates is None else dates[keep]
