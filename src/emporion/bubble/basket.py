"""A group of assets as one price: what one unit of money held in all of them has become."""

from collections.abc import Collection
from typing import Literal, TypeAlias

import numpy as np

from emporion.bubble.series import Floats, Series
from emporion.bubble.table import Table, same_shape
from emporion.errors import BadValue

Weights: TypeAlias = Literal["equal", "value"]


def basket(
    prices: Table,
    members: Collection[str],
    *,
    weights: Weights = "equal",
    market_values: Table | None = None,
    name: str = "basket",
) -> Series:
    """1 at the first date on which a member is there, then chained: each row, the weighted mean of price relatives.

    weights: "equal" parts again at each row, or by "value", in proportion to `market_values` (same dates and names).
    They are those of the row before, so a row needs nothing that was not known then. A member counts from the row
    after its first; one that has no price at a row is left out of that row's step, and its last price stands as what
    was got for it. For one that went to nothing that flatters: write its last price as small as it was.
    Raises BadValue.
    """
    if isinstance(members, str) or not members:
        raise BadValue(f"members={members!r}: a list of at least one name")
    columns = [prices.place(member) for member in members]
    if len(set(columns)) != len(columns):
        raise BadValue(f"members={members!r}: one stands twice")
    held = prices.values[:, columns]
    shares = _shares(prices, market_values, weights, columns)
    there = ~np.isnan(held)
    if not there.any():
        raise BadValue(f"{name}: no member has a price")
    first = int(np.argmax(there.any(axis=1)))
    stays = there[:-1] & there[1:] & ~np.isnan(shares[:-1])
    weight = np.where(stays, shares[:-1], 0.0)
    total = weight.sum(axis=1)
    relative = np.where(stays, held[1:] / np.where(there[:-1], held[:-1], 1.0), 1.0)
    steps = np.where(total > 0.0, (weight * relative).sum(axis=1) / np.where(total > 0.0, total, 1.0), 1.0)
    values = np.concatenate(([1.0], np.cumprod(steps[first:])))
    return Series(values, prices.dates[first:], name)


def _shares(prices: Table, market_values: Table | None, weights: str, columns: list[int]) -> Floats:
    if weights == "equal":
        return np.ones((prices.dates.size, len(columns)))
    if weights != "value":
        raise BadValue(f"weights={weights!r}: it is 'equal' or 'value'")
    if market_values is None:
        raise BadValue("weights='value': pass market_values, with the dates and names of the prices")
    same_shape(prices, market_values, "basket")
    return market_values.values[:, columns]
