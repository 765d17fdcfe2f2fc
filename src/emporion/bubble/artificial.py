"""Made-up economies of which one knows what happened: for tests and examples, and to see what can be told apart."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from emporion.bubble.series import Dates, Series
from emporion.errors import BadValue

Happening: TypeAlias = Literal["nothing", "financial", "industrial", "mixed"]
HAPPENINGS = ("nothing", "financial", "industrial", "mixed")
SEED = 1720


@dataclass(frozen=True, eq=False)
class Economy:
    """Each quarter: a price, the dividends and capacity behind it, and the share of the capacity in use.

    `begin` and `end`: rows of the run, end not included.
    """

    dates: Dates
    price: Series
    dividends: Series
    capacity: Series
    use: Series
    begin: int
    end: int


def economy(
    happening: Happening, *, rows: int = 200, seed: int = SEED, growth: float = 1.1, shock: float = 0.02
) -> Economy:
    """Log dividends and a log price over them walk at random; for a fifth of the rows something grows on itself.

    happening: "financial": the price's excess over dividends; it is lost within four rows after the run.
    "industrial": dividends and capacity, and the price with them; they stay. "mixed": both, and more capacity is built
    than is used. growth: of what runs, from one row to the next. shock: standard deviation of the log changes. Same
    seed, same economy.
    """
    if happening not in HAPPENINGS:
        raise BadValue(f"happening={happening!r}: it is one of {', '.join(HAPPENINGS)}")
    if not isinstance(rows, int) or rows < 60:
        raise BadValue(f"rows={rows!r}: a whole number, at least 60")
    chance = np.random.default_rng(seed)
    walk, apart, built = np.cumsum(chance.normal(0.0, shock, (3, rows)), axis=1)
    begin = rows // 2
    end = begin + rows // 5
    run = 2.0 * shock * (growth ** np.clip(np.arange(rows) - begin + 1, 0, end - begin) - 1.0)
    back = np.clip(1.0 - (np.arange(rows) - end + 1) / 4.0, 0.0, 1.0)
    excess = run * back if happening in ("financial", "mixed") else np.zeros(rows)
    trade = run if happening in ("industrial", "mixed") else np.zeros(rows)
    dividends = walk + trade
    capacity = 0.5 * built + (1.2 if happening == "mixed" else 1.0) * trade
    price = dividends + 0.3 * apart + excess + np.log(25.0)
    use = 1.0 / (1.0 + np.exp(-(1.5 + dividends - capacity)))  # What is sold over what could be made, below 1.
    dates = (np.datetime64("1960-03", "M") + 3 * np.arange(rows)).astype("datetime64[ns]")
    return Economy(
        dates,
        Series(np.exp(price), dates, "price"),
        Series(np.exp(dividends), dates, "dividends"),
        Series(100.0 * np.exp(capacity), dates, "capacity"),
        Series(use, dates, "use"),
        begin,
        end,
    )
