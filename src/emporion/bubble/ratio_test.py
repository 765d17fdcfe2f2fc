"""Is one price explosive against another: ETH in BTC, real-world assets in BTC, a treasury company in its own coins?

A ratio takes out what both have in common. That ETH rose with everything else is no news in ETH/BTC.
"""

from numpy.typing import ArrayLike

from emporion.bubble.bootstrap import REPLICATIONS, SEED
from emporion.bubble.calendar import Frequency, at_frequency
from emporion.bubble.critical import LEVEL, Convention
from emporion.bubble.rotation import ratio
from emporion.bubble.series import Series
from emporion.bubble.study import Study, study
from emporion.bubble.threads import Progress
from emporion.bubble.windows import Criterion


def ratio_test(
    above: "ArrayLike | Series",
    below: "ArrayLike | Series",
    *,
    logs: bool = True,
    frequency: Frequency = "all",
    lags: int = 0,
    criterion: Criterion | None = None,
    min_window: int | None = None,
    level: float = LEVEL,
    convention: Convention = "family_wise",
    horizon: int | None = None,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    name: str | None = None,
) -> Study:
    """Test `above` over `below`, on the dates that both have; the other parameters are those of `study.study`.

    logs: of the ratio. Then a ratio and its inverse have the same statistics and only the directions of the episodes
    turn round, so nobody's choice of what stands above matters. frequency: the last value of each week, say. A premium
    (`premium.Premium.mnav`) is a ratio already: pass it to `study.study`. Raises BadValue.
    """
    line = at_frequency(ratio(above, below, name=name), frequency)
    return study(
        line.log() if logs else line,
        lags=lags,
        criterion=criterion,
        min_window=min_window,
        level=level,
        convention=convention,
        horizon=horizon,
        replications=replications,
        seed=seed,
        threads=threads,
        progress=progress,
    )
