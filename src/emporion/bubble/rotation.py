"""Where money goes: from coins to tokenised real-world assets, or back.

Two witnesses that need not agree. Price: the ratio of the two baskets, and how far it moved. Quantity: what was
issued less what was redeemed, which is the change of market value that no price explains,

    flow[t] = M[t] - M[t-1] * P[t] / P[t-1]       in money of date t; the new units at their new price.

Issuance is not always money coming in: a coin that mints to its miners shows a flow, a team that unlocks tokens too.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emporion.bubble.basket import Weights, basket
from emporion.bubble.series import Dates, Floats, Series, series
from emporion.bubble.table import Table, same_shape
from emporion.errors import BadValue


@dataclass(frozen=True, eq=False)
class Flows:
    """How the market value of a group changed, row by row; the first row is NaN, since nothing is before it.

    The change of the group's value is `net + by_price + entered - left`, to rounding. entered and left: assets that
    came into the table or went out of it, whose flow nobody can tell from their listing.
    """

    dates: Dates
    value: Floats
    net: Floats
    by_price: Floats
    entered: Floats
    left: Floats


@dataclass(frozen=True, eq=False)
class Rotation:
    """Entry t looks back `window_rows` rows; NaN (0 in `toward`) before.

    ratio: the real-world basket against the coins' one. strength: its change over the window, 0.1 is a tenth.
    asset_flow, coin_flow: net flows of the window as shares of the group's value at its beginning.
    asset_share: of the value of both groups together. toward: +1 where strength is above zero and asset_flow above
    coin_flow, -1 where both say the opposite, 0 where they disagree: one witness is no rotation.
    """

    dates: Dates
    ratio: Series
    strength: Floats
    asset_flow: Floats
    coin_flow: Floats
    asset_share: Floats
    toward: NDArray[np.int64]


def ratio(above: "ArrayLike | Series", below: "ArrayLike | Series", *, name: str | None = None) -> Series:
    """One series over another, on the dates that both have; without dates, place by place. Raises BadValue."""
    one, other = (series(part, positive=True, varied=False, length_min=1) for part in (above, below))
    label = name or f"{one.name} / {other.name}"
    if (one.dates is None) != (other.dates is None):
        raise BadValue(f"{label}: one series has dates and the other has none; give both dates, or neither")
    if one.dates is None or other.dates is None:
        if len(one) != len(other):
            raise BadValue(f"{label}: {len(one)} and {len(other)} values; without dates they must pair")
        return Series(one.values / other.values, None, label)
    dates, here, there = np.intersect1d(one.dates, other.dates, assume_unique=True, return_indices=True)
    if not dates.size:
        raise BadValue(f"{label}: the two series have no date in common; see whether both are stamped at midnight UTC")
    return Series(one.values[here] / other.values[there], dates, label)


def relative_strength(values: Series, window_rows: int) -> Floats:
    """Change of a ratio over `window_rows` rows, as a share of what it was: 0.1 is a tenth. NaN at the first rows."""
    _check_window(window_rows, len(values))
    result = np.full(len(values), np.nan)
    result[window_rows:] = values.values[window_rows:] / values.values[:-window_rows] - 1.0
    return result


def net_flows(market_values: Table, prices: Table, members: Collection[str]) -> Flows:
    """What went into a group and out of it, net of price. The tables have the same dates and names. Raises BadValue."""
    same_shape(market_values, prices, "flows")
    if isinstance(members, str) or not members:
        raise BadValue(f"members={members!r}: a list of at least one name")
    columns = sorted({prices.place(member) for member in members})
    there = ~np.isnan(market_values.values[:, columns]) & ~np.isnan(prices.values[:, columns])
    value = np.where(there, market_values.values[:, columns], 0.0)
    price = np.where(there, prices.values[:, columns], 1.0)
    stays = there[:-1] & there[1:]
    carried = np.where(stays, value[:-1] * (price[1:] / price[:-1]), 0.0)
    parts = (
        np.where(stays, value[1:] - carried, 0.0),
        np.where(stays, carried - value[:-1], 0.0),
        np.where(stays, 0.0, value[1:]),
        np.where(stays, 0.0, value[:-1]),
    )
    sums = (np.concatenate(([np.nan], part.sum(axis=1))) for part in parts)
    return Flows(prices.dates, value.sum(axis=1), *sums)


def rotation(
    prices: Table,
    market_values: Table,
    *,
    coins: Collection[str],
    assets: Collection[str],
    window_rows: int = 30,
    weights: Weights = "value",
) -> Rotation:
    """Compare coins with tokenised real-world assets, on the dates on which both groups are there.

    `market_values` has the dates and names of `prices`; `weights` are the baskets' (`basket.basket`). Raises BadValue.
    """
    if both := sorted(set(coins) & set(assets)):
        raise BadValue(f"{', '.join(both)}: among the coins and among the assets; choose one")
    values = market_values if weights == "value" else None
    levels = [basket(prices, group, weights=weights, market_values=values) for group in (assets, coins)]
    line = replace(ratio(*levels), name="real-world assets / coins")
    assert line.dates is not None
    _check_window(window_rows, len(line))
    first = prices.dates.size - line.dates.size
    flows = [net_flows(market_values, prices, group) for group in (assets, coins)]
    asset_flow, coin_flow = (_flow_share(one, window_rows, first) for one in flows)
    asset_value, coin_value = (one.value[first:] for one in flows)
    total = asset_value + coin_value
    share = np.where(total > 0.0, asset_value / np.where(total > 0.0, total, 1.0), np.nan)
    strength = relative_strength(line, window_rows)
    faster = np.sign(asset_flow - coin_flow)
    toward = np.where((np.sign(strength) == faster) & ~np.isnan(faster), np.nan_to_num(faster), 0.0).astype(np.int64)
    return Rotation(line.dates, line, strength, asset_flow, coin_flow, share, toward)


def _flow_share(flows: Flows, window_rows: int, first: int) -> Floats:
    """Net flow of the rows of each window over the value before them; NaN where the group was worth nothing."""
    value, net = flows.value[first:], flows.net[first:]
    sums = np.concatenate(([0.0, 0.0], np.cumsum(net[1:])))
    before = value[:-window_rows]
    result = np.full(value.size, np.nan)
    change = sums[window_rows + 1 :] - sums[1 : value.size - window_rows + 1]
    result[window_rows:] = np.where(before > 0.0, change / np.where(before > 0.0, before, 1.0), np.nan)
    return result


def _check_window(window_rows: int, length: int) -> None:
    if not isinstance(window_rows, int) or not 1 <= window_rows < length:
        raise BadValue(
            f"window_rows={window_rows!r}: a whole number from 1 to {length - 1}, less than the rows there are"
        )
