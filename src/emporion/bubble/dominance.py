"""Dominance: which share of all market value one coin, or a group of them, has."""

from collections.abc import Collection

import numpy as np

from emporion.bubble.series import Series
from emporion.bubble.table import Table
from emporion.errors import BadValue


def dominance(
    market_values: Table, of: str | Collection[str] = "BTC", *, excluded: Collection[str] = (), name: str | None = None
) -> Series:
    """Share of `of` in the market value of everything in the table but `excluded`, at each date that has any.

    Between 0 and 1. The table decides what "all" is: with stable coins excluded the share of bitcoin is higher by a
    tenth or more, so say which it is. An asset that is not there (NaN) is worth nothing: a table with holes has to be
    mended first (`table` sees to it). A share is no price: its rise is a fall of others. Raises BadValue.
    """
    group = (of,) if isinstance(of, str) else tuple(of)
    if not group:
        raise BadValue("of: name at least one asset")
    if isinstance(excluded, str):
        raise BadValue(f"excluded={excluded!r}: a collection of names, not one text; write [{excluded!r}]")
    for member in group:
        if market_values.place(member) >= 0 and member in excluded:
            raise BadValue(f"of: {member} is among the excluded")
    counted = ~np.isin(np.array(market_values.names), list(excluded))
    part = np.isin(np.array(market_values.names), group)
    values = np.nan_to_num(market_values.values)
    total = values[:, counted].sum(axis=1)
    some = total > 0.0
    share = values[some][:, part].sum(axis=1) / total[some]
    return Series(share, market_values.dates[some], name or f"dominance of {'+'.join(group)}", int((~some).sum()))
