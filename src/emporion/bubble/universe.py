"""Which coins counted at which date: a universe as people knew it then, never as we know it now.

Today's fifty largest coins are those that won. An index over them, taken back in time, has known the winners all
along. So the members of each date are an input, or come from market values of that date.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.series import Dates, series
from emporion.bubble.table import Table, days
from emporion.errors import BadValue

# Large ones as of 2025: a start, not a register. What is missing here the caller adds.
STABLE_COINS = frozenset({
    "BUIDL", "BUSD", "CRVUSD", "DAI", "FDUSD", "FRAX", "GHO", "GUSD", "HUSD", "LUSD", "MIM", "PYUSD", "RLUSD", "SUSD",
    "TUSD", "USD0", "USD1", "USDC", "USDD", "USDE", "USDP", "USDS", "USDT", "USDY", "UST", "USTC", "XSGD",
})  # fmt: skip
WRAPPED_COINS = frozenset({
    "BBTC", "BETH", "BNSOL", "BTCB", "CBBTC", "CBETH", "EETH", "EZETH", "FBTC", "HBTC", "JITOSOL", "JUPSOL", "LBTC",
    "METH", "MSOL", "OSETH", "PAXG", "RENBTC", "RETH", "RSETH", "SOLVBTC", "STETH", "TBTC", "WBETH", "WBNB", "WBTC",
    "WEETH", "WETH", "WSTETH", "XAUT",
})  # fmt: skip
EXCLUDED = STABLE_COINS | WRAPPED_COINS


@dataclass(frozen=True, eq=False)
class Universe:
    """Row k names the members from `dates[k]` on, until the next row."""

    members: NDArray[np.bool_]
    dates: Dates
    names: tuple[str, ...]

    def at(self, dates: Dates, *, days_max: float) -> NDArray[np.bool_]:
        """Members at each of these dates. All False where the last row known then is older than `days_max`."""
        places = np.searchsorted(self.dates, dates, side="right") - 1
        known = (places >= 0) & (dates - self.dates[np.maximum(places, 0)] <= days(days_max))
        return self.members[np.maximum(places, 0)] & known[:, None]


def universe(members: ArrayLike, dates: Any, names: Sequence[str]) -> Universe:
    """A universe of the caller's: rows of True and False, one for each date on which it changed. Raises BadValue."""
    flags = np.array(members)
    if flags.dtype != np.bool_ or flags.ndim != 2:
        raise BadValue("members: give rows of True and False, a row for each date and a column for each asset")
    if flags.shape[1] != len(names) or len(set(names)) != len(names):
        raise BadValue(f"members: {flags.shape[1]} columns but {len(set(names))} different names; give one for each")
    moments = series(np.zeros(flags.shape[0]), dates, name="members", length_min=1, varied=False).dates
    assert moments is not None
    return Universe(flags, moments, tuple(names))


def largest_by_value(
    market_values: Table, *, top: int = 50, excluded: Collection[str] = EXCLUDED, apart: Collection[str] = ("BTC",)
) -> Universe:
    """The `top` largest by market value at each date.

    `excluded`: stable and wrapped coins, which follow something else. `apart`: what the others are compared with.
    Of equal values the one first in the alphabet goes first. A date with fewer assets has fewer members.
    """
    if not isinstance(top, int) or top < 1:
        raise BadValue(f"top={top!r}: a whole number of assets, at least 1")
    if isinstance(excluded, str) or isinstance(apart, str):
        raise BadValue("excluded and apart are collections of names, not one text; write ['USDT']")
    names = np.array(market_values.names)
    barred = np.isin(names, [*excluded, *apart])
    alphabet = np.argsort(names, kind="stable")
    values = np.where(barred | np.isnan(market_values.values), -np.inf, market_values.values)[:, alphabet]
    places = np.argsort(-values, axis=1, kind="stable")[:, :top]
    sorted_members = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(sorted_members, places, True, axis=1)
    members = np.zeros_like(sorted_members)
    members[:, alphabet] = sorted_members & (values > 0.0)
    return Universe(members, market_values.dates, market_values.names)
