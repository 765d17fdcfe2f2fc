"""The word for one explosive stretch of a price, and the reasons for it in sentences."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from emporion.bubble.series import Floats
from emporion.bubble.stamps import Episode

Kind: TypeAlias = Literal["financial", "industrial", "mixed"]
KINDS = ("financial", "industrial", "mixed")
USE_FALL = 0.01  # A smaller fall of the use of capacity is not worth a word.


@dataclass(frozen=True)
class Match:
    """One fundamental during one episode of the price.

    share: of the episode's rows, those at which it is explosive too. p_shift: how often chance gives as much
    (`overlap.Overlap`). growth: from the row before the episode to the peak of the price's statistic, 0.1 is a tenth;
    NaN when it began at zero or below. explained: its log growth over the price's, 0.5 is half of the rise; NaN where
    either has none. ahead: share of the rows at which price / fundamental is explosive; None where
    that was not tested.
    """

    name: str
    share: float
    p_shift: float
    growth: float
    explained: float
    ahead: float | None


@dataclass(frozen=True)
class Verdict:
    """price_growth: as `Match.growth`. use_change: of the use of capacity over the same rows; None if not given."""

    episode: Episode
    kind: Kind
    price_growth: float
    matches: tuple[Match, ...]
    use_change: float | None
    reason: str


def judge(
    episode: Episode,
    matches: tuple[Match, ...],
    price: Floats,
    match_share: float,
    explained_min: float,
    use: Floats | None = None,
) -> Verdict:
    """Industrial, financial or mixed (`fundamentals` says what they mean)."""
    before = max(episode.start - 1, 0)
    matched = [m for m in matches if m.share >= match_share and not m.explained < explained_min]
    outrun = [m for m in matched if m.ahead is not None and m.ahead >= match_share]
    kind: Kind = "financial" if not matched else "mixed" if outrun else "industrial"
    use_change = None if use is None else float(use[episode.peak] - use[before])
    rise = growth(price, episode)
    reason = f"the price changed by {rise:+.0%}; " + _why(matches, matched, outrun)
    if use_change is not None:
        reason += f"; the use of capacity changed by {100.0 * use_change:+.1f} points"
        if use_change < -USE_FALL and kind != "financial":
            reason += ": more was built than was used by then"
    return Verdict(episode, kind, rise, matches, use_change, reason)


def growth(values: Floats, episode: Episode) -> float:
    """Change from the row before the episode to its peak, as a share of what it was; NaN from zero or below."""
    before = values[max(episode.start - 1, 0)]
    return float(values[episode.peak] / before - 1.0) if before > 0.0 else float("nan")


def explained(own: float, price: float) -> float:
    """Log growth of a fundamental over that of the price."""
    if not (own > -1.0 and price > 0.0):
        return float("nan")
    return math.log1p(own) / math.log1p(price)


def _why(matches: tuple[Match, ...], matched: list[Match], outrun: list[Match]) -> str:
    parts = []
    for match in matched or matches:
        part = "" if math.isnan(match.explained) else f", {match.explained:.0%} of the rise"
        parts.append(f"{match.name} for {match.share:.0%} of the time ({match.growth:+.0%}{part})")
    told = "explosive with it was " + ", ".join(parts)
    if not matched:
        return told
    if outrun:
        return f"{told}; so was the price over {' and over '.join(match.name for match in outrun)}"
    tested = any(match.ahead is not None for match in matched)
    return told + ("; the price over it was not" if tested else "; the price over it was not tested")
