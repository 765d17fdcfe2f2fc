"""The alt-season index: how many of the large coins did better than bitcoin over the last 90 days, of a hundred.

75 and more is called an alt season, 25 and less a bitcoin season (blockchaincenter.net, from whom the published values
are). It says what has been, and nothing of what comes: the index of a date needs no later data.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from emporion.bubble.series import Dates, Floats
from emporion.bubble.table import Table, days
from emporion.bubble.universe import Universe
from emporion.errors import BadValue

Chosen: TypeAlias = Literal["end", "start"]
CHOSEN = ("end", "start")
ALT_SEASON, BITCOIN_SEASON = 75.0, 25.0


@dataclass(frozen=True, eq=False)
class AltSeason:
    """The index at each date, NaN where too little is known. `beat` of `compared` coins did better, of `members`."""

    dates: Dates
    index: Floats
    beat: NDArray[np.int64]
    compared: NDArray[np.int64]
    members: NDArray[np.int64]

    @property
    def season(self) -> list[str | None]:
        """ "alt", "bitcoin" or "neither" at each date; None where there is no index."""
        return [_season(value) for value in self.index.tolist()]


def alt_season(
    prices: Table,
    universe: Universe,
    *,
    against: str = "BTC",
    window_days: float = 90,
    chosen: Chosen = "end",
    coverage_min: float = 0.8,
    stale_days: float = 3,
    universe_days_max: float = 31,
) -> AltSeason:
    """The index at each date of `prices`.

    universe: members as of each date (`largest_by_value`, or `universe` of one's own); its dates may be others.
    chosen: "end" takes the members at the date of the index, as is published. Coins that rose got in by rising, so
        this leans upward; "start" takes the members of 90 days before, and one that has no price any more has not
        beaten anything.
    coverage_min: with prices for less than this share of the members there is no index, since which prices one has
        is rarely chance. A coin younger than the window cannot be compared and counts as one without a price.
    stale_days: a price may be this old at either end of the window. universe_days_max: so may the universe.

    Equal returns beat nothing. Raises BadValue.
    """
    if chosen not in CHOSEN:
        raise BadValue(f"chosen={chosen!r}: it is one of {', '.join(CHOSEN)}")
    if not window_days > 0 or stale_days < 0 or universe_days_max < 0:
        raise BadValue(f"window_days={window_days}, stale_days={stale_days}: spans of days, the window above zero")
    if not 0.0 <= coverage_min <= 1.0:
        raise BadValue(f"coverage_min={coverage_min}: a share from 0 to 1")
    yardstick = prices.place(against)
    start_dates = prices.dates - days(window_days)
    at_end = prices_at(prices, prices.dates, stale_days)
    at_start = prices_at(prices, start_dates, stale_days)
    known = universe.at(prices.dates if chosen == "end" else start_dates, days_max=universe_days_max)
    members = _in_columns(known, universe.names, prices.names)
    members[:, yardstick] = False

    can_start = members & ~np.isnan(at_start) & ~np.isnan(at_start[:, [yardstick]]) & ~np.isnan(at_end[:, [yardstick]])
    compared = can_start if chosen == "start" else can_start & ~np.isnan(at_end)
    beat = compared & (at_end * at_start[:, [yardstick]] > at_end[:, [yardstick]] * at_start)
    apart = np.isin(np.array(universe.names), [against])
    better, of, wanted = (flags.sum(axis=1) for flags in (beat, compared, known & ~apart))
    enough = (of > 0) & (of >= coverage_min * wanted)
    index = np.where(enough, 100.0 * better / np.maximum(of, 1), np.nan)
    return AltSeason(prices.dates, index, better, of, wanted)


def prices_at(prices: Table, dates: Dates, stale_days: float) -> Floats:
    """The last price of each asset on or before each date, NaN when that is older than `stale_days`."""
    there = ~np.isnan(prices.values)
    last = np.maximum.accumulate(np.where(there, np.arange(len(there))[:, None], -1), axis=0)
    rows = np.searchsorted(prices.dates, dates, side="right") - 1
    places = np.where(rows[:, None] >= 0, last[np.maximum(rows, 0)], -1)
    found = np.maximum(places, 0)
    fresh = (places >= 0) & (dates[:, None] - prices.dates[found] <= days(stale_days))
    return np.where(fresh, np.take_along_axis(prices.values, found, axis=0), np.nan)


def _in_columns(flags: NDArray[np.bool_], names: tuple[str, ...], columns: tuple[str, ...]) -> NDArray[np.bool_]:
    """The flags in another order of names; False for a name without a flag, and no column for one without a price."""
    place = {name: at for at, name in enumerate(names)}
    result = np.zeros((flags.shape[0], len(columns)), dtype=bool)
    for at, name in enumerate(columns):
        if name in place:
            result[:, at] = flags[:, place[name]]
    return result


def _season(value: float) -> str | None:
    if np.isnan(value):
        return None
    return "alt" if value >= ALT_SEASON else "bitcoin" if value <= BITCOIN_SEASON else "neither"
