"""What a share of a treasury company costs above the coins behind it, as a series like any other.

A company that holds coins and little else should cost what its coins are worth, less what it owes. Most cost more:
the premium pays for more shares to be sold for more coins, and when it goes the wheel turns back. It can be tested for
explosiveness, and there it is cleaner than the share, which moves with the coin.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.series import Dates, Floats, Series, date_text, series, to_dates
from emporion.errors import BadValue


@dataclass(frozen=True, eq=False)
class Premium:
    """Of each date. Money is in the currency of the prices.

    market_value: price * shares. coin_value: coins * coin price. enterprise_value: market value and all that comes
    before the shares (debt, preferred stock), less cash.
    mnav: enterprise_value / coin_value, which is what most mean by it today. mnav_basic: market_value / coin_value,
    which overlooks debt. on_equity: market_value over the coins and cash that are left after debt and preferred stock;
    NaN where nothing is left. coins_per_share: what a share stands for.
    """

    dates: Dates
    market_value: Floats
    coin_value: Floats
    enterprise_value: Floats
    coins_per_share: Floats
    name: str

    @property
    def mnav(self) -> Series:
        return self._series(self.enterprise_value / self.coin_value, "mNAV")

    @property
    def mnav_basic(self) -> Series:
        return self._series(self.market_value / self.coin_value, "basic mNAV")

    @property
    def on_equity(self) -> Floats:
        behind = self.coin_value - (self.enterprise_value - self.market_value)
        return np.where(behind > 0.0, self.market_value / np.where(behind > 0.0, behind, 1.0), np.nan)

    def _series(self, values: Floats, what: str) -> Series:
        return Series(values, self.dates, f"{self.name} {what}")


def premium(
    dates: Any,
    price: ArrayLike,
    shares: ArrayLike,
    coins: ArrayLike,
    coin_price: ArrayLike,
    *,
    debt: ArrayLike = 0.0,
    preferred: ArrayLike = 0.0,
    cash: ArrayLike = 0.0,
    name: str = "treasury company",
) -> Premium:
    """The premium at each date; numbers that hold for all dates may be given once.

    shares: outstanding, in the split of `price`; say whether diluted, for convertible debt counts either as debt or as
    shares, not as both. coins: held. debt, preferred: at their nominal values. Numbers known by announcement come
    through `table.as_of`, dated by their publication. Dates before something is known (NaN) are left out; inside
    the series NaN is an error, and so is a number of the wrong sign. Raises BadValue.
    """
    moments = to_dates(dates, name)
    given = {
        "price": price, "shares": shares, "coins": coins, "coin_price": coin_price,
        "debt": debt, "preferred": preferred, "cash": cash,
    }  # fmt: skip
    columns = {what: _column(values, moments.size, what, name) for what, values in given.items()}
    known = ~np.any([np.isnan(column) for column in columns.values()], axis=0)
    if not known.any():
        raise BadValue(f"{name}: there is no date at which all of {', '.join(given)} are known")
    first = int(np.argmax(known))
    if not known[first:].all():
        place = first + int(np.argmin(known[first:]))
        what = next(what for what, column in columns.items() if np.isnan(column[place]))
        when = date_text(moments[place])
        raise BadValue(f"{name}: {what} is missing at {when}, after it was known; table.as_of keeps the last one")
    _check_signs(columns, first, moments, name)
    market, coin, cost, held, worth, owed, before = (
        columns[what][first:] for what in ("price", "coin_price", "shares", "coins", "cash", "debt", "preferred")
    )
    value = market * cost
    checked = _rising(moments[first:], name)
    return Premium(checked, value, held * coin, value + owed + before - worth, held / cost, name)


def _column(values: ArrayLike, length: int, what: str, name: str) -> Floats:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{name}: {what} is not numbers ({error})") from None
    if numbers.ndim > 1 or (numbers.ndim == 1 and numbers.size != length):
        raise BadValue(f"{name}: {what} has shape {numbers.shape} for {length} dates; give one number, or one a date")
    if np.isinf(numbers).any():
        raise BadValue(f"{name}: {what} is infinite somewhere; mend it")
    return np.broadcast_to(numbers, (length,))


def _check_signs(columns: dict[str, Floats], first: int, dates: Dates, name: str) -> None:
    for what, column in columns.items():
        may_be_zero = what in ("debt", "preferred", "cash")
        wrong = column[first:] < 0.0 if may_be_zero else column[first:] <= 0.0
        if wrong.any():
            place = first + int(np.argmax(wrong))
            least = "at least zero" if may_be_zero else "above zero"
            raise BadValue(f"{name}: {what} at {date_text(dates[place])} is {column[place]:g}; it must be {least}")


def _rising(dates: Dates, name: str) -> Dates:
    made = series(np.zeros(dates.size), dates, name=name, length_min=1, varied=False).dates
    assert made is not None
    return made
