"""An industrial or a financial bubble: did the price run away alone, or did what it stands for run as well?

Phillips, Wu and Yu (2011) tested the real price and the real dividends of NASDAQ side by side: the price was explosive,
the dividends were not, hence a bubble. Phillips, Shi and Yu (2015) test the ratio of the two. Here both are done for
any number of fundamentals (dividends, earnings, capacity), on the same dates, and each explosive stretch of the price
gets a word:

    financial    no fundamental goes with it: none is explosive for `match_share` of the stretch and grew by
                 `explained_min` of the price's growth. The price ran alone
    industrial   one does, and the price over those that do is not explosive: the price went where the trade went
    mixed        one does, and the price over it is explosive too: the trade is real, and the price ran ahead of it

An industrial bubble is no praise. Capacity that explodes while its use falls was built for demand that is not there
yet: railways and fibre went that way, and their owners lost what the public gained.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.bootstrap import REPLICATIONS, SEED
from emporion.bubble.critical import LEVEL, Convention
from emporion.bubble.overlap import Flags, Overlap, flags, overlap, reached
from emporion.bubble.series import Series, series
from emporion.bubble.stamps import Episode, episodes
from emporion.bubble.study import Study, study
from emporion.bubble.threads import Progress
from emporion.bubble.verdict import KINDS, Match, Verdict, explained, growth, judge
from emporion.bubble.windows import Criterion
from emporion.errors import BadValue

ROUNDING = 1e-12  # 1.0 - 0.9 is a little less than the p-value 0.1.


@dataclass(frozen=True, eq=False)
class Checked:
    """One series: its study, its rising episodes, and at which rows it is in one of them."""

    study: Study
    episodes: tuple[Episode, ...]
    explosive: Flags


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `industrial_or_financial` found. Rows are those dates that all series have.

    ratios: price over each fundamental, for those of which it was asked. verdicts: one for each rising episode of the
    price. overlaps: of all explosive rows of the price with those of each fundamental.
    """

    price: Checked
    fundamentals: dict[str, Checked]
    ratios: dict[str, Checked]
    verdicts: tuple[Verdict, ...]
    overlaps: dict[str, Overlap]

    @property
    def is_significant(self) -> bool:
        """Whether the price as a whole is explosive beyond chance. If not, the verdicts describe and prove nothing."""
        return self.price.study.p.gsadf <= 1.0 - self.price.study.level + ROUNDING

    @property
    def sentence(self) -> str:
        """The finding in a sentence or two, the doubt included."""
        p = self.price.study.p.gsadf
        if not self.verdicts:
            return f"The price has no explosive rise under this line (p = {p:.3f}): there is nothing to tell apart."
        counts = [f"{sum(v.kind == kind for v in self.verdicts)} {kind}" for kind in KINDS]
        told = f"Explosive rises of the price: {', '.join(counts)}."
        if self.is_significant:
            return f"{told} The price as a whole is explosive (p = {p:.3f})."
        return f"{told} But the price as a whole is not explosive beyond chance (p = {p:.3f}): they only describe."


def industrial_or_financial(
    price: "ArrayLike | Series",
    fundamentals: "Mapping[str, ArrayLike | Series]",
    *,
    use: "ArrayLike | Series | None" = None,
    logs: bool = True,
    ratio_logs: bool = False,
    ratios: Collection[str] | None = None,
    match_share: float = 0.5,
    explained_min: float = 0.25,
    reach_rows: int = 0,
    rows_min: int | None = None,
    lags: int = 0,
    criterion: Criterion | None = None,
    min_window: int | None = None,
    level: float = LEVEL,
    convention: Convention = "family_wise",
    replications: int = REPLICATIONS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare explosive stretches of a price with those of what it stands for.

    price, fundamentals: in money of the same value (all real or all nominal), Series with dates, or arrays of one
        length. Dates that one of them lacks are left out.
    use: share of the capacity in use, reported beside each verdict and not tested: what is bounded cannot explode.
    logs: of price and fundamentals, without which any steady growth in percent counts as explosive. ratio_logs: of the
        ratios; the literature takes them as they are.
    ratios: names for which price / fundamental is tested; default: all that are above zero everywhere.
    match_share, explained_min: what a fundamental needs to count; a half and a quarter are choices, no results. Without
        the second, dividends that rise by a tenth in a smooth curve would account for a price that doubles.
    reach_rows: a fundamental that is explosive so many rows before or after counts for a row too, since prices run
        ahead of what is reported.
    lags, criterion: fundamentals are often interpolated, or sums of the last twelve months seen each month. Both make
        a smooth series that looks explosive without lags. Take rows that do not overlap, or lags that cover it.

    `rows_min` is of `stamps.episodes`; the rest as in `study.study`. Raises BadValue.
    """
    if not fundamentals:
        raise BadValue("fundamentals: give at least one series, such as {'dividends': ...}")
    if not 0.0 < match_share <= 1.0:
        raise BadValue(f"match_share={match_share!r}: a share above 0, at most 1")
    if not 0.0 <= explained_min <= 1.0:
        raise BadValue(f"explained_min={explained_min!r}: a share from 0 to 1")
    if not isinstance(reach_rows, int) or reach_rows < 0:
        raise BadValue(f"reach_rows={reach_rows!r}: a whole number of rows, at least 0")
    names = list(fundamentals)
    parts = [price, *fundamentals.values(), *([] if use is None else [use])]
    aligned = on_the_same_dates(parts, ["price", *names, *([] if use is None else ["use"])])
    use_values = None if use is None else aligned[-1].values
    if use_values is not None and not ((use_values >= 0.0) & (use_values <= 1.0)).all():
        raise BadValue("use: a share of the capacity, from 0 to 1; divide percentages by 100")
    value, kept = aligned[0], dict(zip(names, aligned[1:], strict=False))
    chosen = _ratio_names(kept, ratios)
    jobs = {("price", "price"): _scaled(value, logs)}
    jobs |= {("fundamental", name): _scaled(kept[name], logs) for name in names}
    quotients = {name: Series(value.values / kept[name].values, value.dates, f"price / {name}") for name in chosen}
    jobs |= {("ratio", name): _scaled(quotients[name], ratio_logs) for name in chosen}

    done: dict[tuple[str, str], Checked] = {}
    for at, (key, one) in enumerate(jobs.items()):
        tested = study(
            one, lags=lags, criterion=criterion, min_window=min_window, level=level, convention=convention,
            replications=replications, seed=seed, threads=threads, progress=_part(progress, at, len(jobs)),
        )  # fmt: skip
        rising = episodes(tested.result, tested.line, rows_min=rows_min, direction="up")
        done[key] = Checked(tested, rising, flags(rising, len(one)))
    of_price = done["price", "price"]
    of_fundamentals = {name: done["fundamental", name] for name in names}
    of_ratios = {name: done["ratio", name] for name in chosen}
    verdicts = []
    for episode in of_price.episodes:
        matches = _matches(episode, value, kept, of_fundamentals, of_ratios, reach_rows)
        verdicts.append(judge(episode, matches, value.values, match_share, explained_min, use_values))
    near = {name: reached(tested.explosive, reach_rows) for name, tested in of_fundamentals.items()}
    overlaps = {name: overlap(of_price.explosive, rows) for name, rows in near.items()}
    return Comparison(of_price, of_fundamentals, of_ratios, tuple(verdicts), overlaps)


def on_the_same_dates(parts: "list[ArrayLike | Series]", names: list[str]) -> list[Series]:
    """The series at the dates that all of them have; without dates they must have one length. Raises BadValue."""
    made = [series(part, name=name, length_min=1, varied=False) for part, name in zip(parts, names, strict=True)]
    made = [Series(one.values, one.dates, name, one.filled) for one, name in zip(made, names, strict=True)]
    dates = [one.dates for one in made if one.dates is not None]
    if not dates:
        if len({len(one) for one in made}) != 1:
            told = ", ".join(f"{one.name} {len(one)}" for one in made)
            raise BadValue(f"lengths differ ({told}): without dates all series must pair row by row")
        return made
    if len(dates) != len(made):
        odd = next(one.name for one in made if one.dates is None)
        raise BadValue(f"{odd}: it has no dates but others have; make it with bubble.series(values, dates)")
    common = reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), dates)
    if not common.size:
        raise BadValue(
            f"{', '.join(names)}: no date is in all of them; bring them to the same days (one of each month)"
        )
    return [
        Series(one.values[np.searchsorted(when, common)], common, one.name, one.filled)
        for one, when in zip(made, dates, strict=True)
    ]


def _matches(
    episode: Episode,
    price: Series,
    kept: dict[str, Series],
    fundamentals: dict[str, Checked],
    ratios: dict[str, Checked],
    reach_rows: int,
) -> tuple[Match, ...]:
    result = []
    for name, tested in fundamentals.items():
        own = flags([episode], len(price))
        shared = overlap(own, reached(tested.explosive, reach_rows))
        ahead = None if name not in ratios else float(ratios[name].explosive[own].mean())
        own_growth = growth(kept[name].values, episode)
        share = explained(own_growth, growth(price.values, episode))
        result.append(Match(name, shared.of_first, shared.p_shift, own_growth, share, ahead))
    return tuple(result)


def _ratio_names(kept: dict[str, Series], ratios: Collection[str] | None) -> list[str]:
    positive = [name for name, one in kept.items() if (one.values > 0.0).all()]
    if ratios is None:
        return positive
    for name in ratios:
        if name not in kept:
            raise BadValue(f"ratios: {name!r} is none of the fundamentals {', '.join(kept)}")
        if name not in positive:
            raise BadValue(f"ratios: {name} is not above zero everywhere, so a price over it means nothing")
    return [name for name in kept if name in ratios]


def _scaled(of: Series, logs: bool) -> Series:
    return of.log() if logs else of


def _part(progress: Progress | None, at: int, count: int) -> Progress | None:
    """Progress of one of several equal jobs as that of all of them."""
    if progress is None:
        return None
    return lambda done, total: progress(at * total + done, count * total)
