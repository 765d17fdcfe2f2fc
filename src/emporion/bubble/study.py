"""Everything about one price in one result: explosive now, when before, by how much chance, and when it might break.

What the report of `emporion bubble` and the gauges of a venue are made of. It puts the other modules together
and adds words: how strong the evidence is in one sentence, and what the method cannot say.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.bootstrap import REPLICATIONS, SEED, bootstrap
from emporion.bubble.critical import LEVEL, Convention, Null, PValues
from emporion.bubble.explosive import Explosive, explosive
from emporion.bubble.series import Floats, Missing, Series
from emporion.bubble.stamps import Episode, episodes
from emporion.bubble.threads import Progress
from emporion.bubble.windows import Count, Criterion

Strength: TypeAlias = Literal["strong", "fair", "weak", "none"]
STRONG_P, FAIR_P, WEAK_P = 0.01, 0.05, 0.10  # At most these.
LIMITS = (
    "The test sees prices only: growth that is earned and growth that feeds on itself look alike to it.",
    "Of prices without a bubble it calls one in twenty explosive at the 5% level: of a hundred names, five.",
    "A collapse and the way back from one are explosive too; the direction of an episode is in its row.",
    "An episode is seen after it has begun, and its end after it is over; before the first window there is no verdict.",
    "A critical time is where one model's curve would end if the price followed it. Many such times pass quietly.",
)


@dataclass(frozen=True, eq=False)
class Study:
    """One price, tested. `line` is what BSADF is held against at each of its dates, at `level` under `convention`.

    p_now: of the last BSADF under the same convention. p: of the three statistics of the whole series.
    """

    result: Explosive
    null: Null
    level: float
    convention: Convention
    horizon: int | None
    line: Floats
    p_now: float
    p: PValues
    episodes: tuple[Episode, ...]  # Long enough ones, and the one that goes on.
    brief: int  # Stretches above the line that are too short to count.

    @property
    def series(self) -> Series:
        return self.result.series

    @property
    def is_explosive(self) -> bool:
        """Whether the last observation is above its line."""
        return bool(self.result.bsadf[-1] > self.line[-1])

    @property
    def now(self) -> Episode | None:
        """The episode that goes on."""
        return self.episodes[-1] if self.episodes and self.episodes[-1].is_ongoing else None


def study(
    values: "ArrayLike | Series",
    dates: object = None,
    *,
    lags: int = 0,
    criterion: Criterion | None = None,
    min_window: int | None = None,
    count: Count = "levels",
    missing: Missing = "error",
    level: float = LEVEL,
    convention: Convention = "family_wise",
    horizon: int | None = None,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    name: str = "series",
) -> Study:
    """Test one price with its own wild bootstrap. Parameters are those of `explosive`, `bootstrap` and `Null.critical`.

    Same seed, same result, on any number of threads. Raises BadValue.
    """
    result = explosive(
        values, dates, lags=lags, criterion=criterion, min_window=min_window, count=count, missing=missing, name=name
    )
    null = bootstrap(result, replications=replications, seed=seed, threads=threads, progress=progress)
    line = null.critical(level, convention=convention, horizon=horizon)
    p_now = float(null.p_path(result, convention=convention, horizon=horizon)[-1])
    found, all_found = episodes(result, line), episodes(result, line, rows_min=1)
    brief = len(all_found) - len(found)
    return Study(result, null, level, convention, horizon, line, p_now, null.p_values(result), found, brief)


def strength(p: float) -> Strength:
    """How much a p-value weighs, in a word; NaN weighs nothing."""
    if p <= STRONG_P:
        return "strong"
    if p <= FAIR_P:
        return "fair"
    return "weak" if p <= WEAK_P else "none"


def evidence(of: Study) -> str:
    """How strong the evidence is, in one sentence."""
    p, share = of.p.gsadf, _share(of.p.gsadf)
    as_much = f"prices as restless as this one but without a bubble go as far in {share} cases (p = {p:.3f})"
    words = {
        "strong": f"Strong evidence that this price was explosive at some time: {as_much}",
        "fair": f"Fair evidence that this price was explosive at some time: {as_much}",
        "weak": f"Weak evidence at best: {as_much}",
        "none": f"No evidence of an explosive price: {as_much}",
    }
    now = "it is explosive now" if of.is_explosive else "it is not explosive now"
    return f"{words[strength(p)]}; {now} (p = {of.p_now:.3f})."


def _share(p: float) -> str:
    if not np.isfinite(p):
        return "an unknown number of"
    return f"{100.0 * p:.0f} of 100" if p >= 0.01 else f"{max(1, round(1000.0 * p))} of 1,000"
