"""The word for one explosive stretch of a price, and the reasons for it in sentences."""

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
    NaN when it began at zero or below. ahead: share of the rows at which price / fundamental is explosive; None where
    that was not tested.
    """

    name: str
    share: float
    p_shift: float
    growth: float
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
    episode: Episode, matches: tuple[Match, ...], price: Floats, match_share: float, use: Floats | None = None
) -> Verdict:
    """Industrial, financial or mixed (`fundamentals` says what they mean)."""
    before = max(episode.start - 1, 0)
    growth = float(price[episode.peak] / price[before] - 1.0) if price[before] > 0.0 else float("nan")
    matched = [match for match in matches if match.share >= match_share]
    outrun = [match for match in matched if match.ahead is not None and match.ahead >= match_share]
    kind: Kind = "financial" if not matched else "mixed" if outrun else "industrial"
    use_change = None if use is None else float(use[episode.peak] - use[before])
    reason = f"the price changed by {growth:+.0%}; " + _why(matches, matched, outrun)
    if use_change is not None:
        reason += f"; the use of capacity changed by {100.0 * use_change:+.1f} points"
        if use_change < -USE_FALL and kind != "financial":
            reason += ": more was built than was used by then"
    return Verdict(episode, kind, growth, matches, use_change, reason)


def _why(matches: tuple[Match, ...], matched: list[Match], outrun: list[Match]) -> str:
    if not matched:
        return "explosive with it was " + ", ".join(f"{m.name} for {m.share:.0%} ({m.growth:+.0%})" for m in matches)
    told = ", ".join(f"{m.name} for {m.share:.0%} ({m.growth:+.0%}; by chance p = {m.p_shift:.2f})" for m in matched)
    if outrun:
        return f"explosive with it was {told}; so was the price over {' and over '.join(m.name for m in outrun)}"
    if all(match.ahead is None for match in matched):
        return f"explosive with it was {told}; the price over it was not tested"
    return f"explosive with it was {told}; the price over it was not"
