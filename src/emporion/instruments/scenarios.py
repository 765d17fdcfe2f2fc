"""Risk groups and their sixteen scenarios: what margin is asked against.

A group is what several instruments have in common: the price of BTC, dollar interest rates, the outcome of a question.
Everything that loads on it says what it gains or loses in the same sixteen scenarios, so that gains and losses of the
same event meet. The layout of a price group, by index:

    0 .. 9   five price moves, -range, -range/2, 0, +range/2, +range, each with volatility up, then down: 2 k + (0, 1)
    10, 11   a far move down, a far move up, volatility up; only a fraction of the gain or loss counts
    12, 13   basis: the price stands still, prices of derivatives move down, up
    14, 15   reserved: 0

of a rates group, as shifts of the yield at each tenor t in years, with short(t) = exp(-t/4), long(t) = 1 - short(t) and
belly(t) = 8 exp(-t/8) (1 - exp(-t/8)) - 1, which is -1 at both ends and 1 at five and a half years:

    0, 1     parallel, large, up and down       6, 7     short end up and down
    2, 3     parallel, small, up and down       8, 9     long end up and down
    4        steeper: -0.65 short + 0.9 long    10, 11   butterfly: belly up, wings down; and the opposite
    5        flatter:  0.8 short - 0.6 long     12 .. 15 reserved: 0

The shapes of 4 to 9 are those of the Basel Committee's standard on interest rate risk (BCBS 368, annex 2).
"""

import math
import re
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from emporion.errors import BadValue
from emporion.instruments.market_hours import ALWAYS, HOURS
from emporion.instruments.normal import Floats
from emporion.schema.codes import GroupKind
from emporion.schema.limits import OUTCOMES_MAX, SCENARIOS

FAR_DOWN, FAR_UP, BASIS_DOWN, BASIS_UP = 10, 11, 12, 13
PRICE_STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # Of the range; scenario 2 k and 2 k + 1 are step k.
NAME = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,15}")


@dataclass(frozen=True, eq=False)
class Moves:
    """The scenarios of a price group: four arrays of sixteen."""

    price: Floats  # Change of the price as a fraction: -0.16.
    vol: Floats  # Relative change of the volatility of an option 30 days from expiry: 0.4.
    basis: Floats  # Further change of a derivative's price, a fraction of it.
    weight: Floats  # How much of the gain or loss counts; 0 where a scenario is not used.


@dataclass(frozen=True)
class PriceGroup:
    """One underlying. All moves are fractions of the price: 0.16 is 16 per cent."""

    name: str
    price_range: float  # What a price may do before a position is closed.
    vol_up: float  # Relative: 0.4 makes 50 points 70.
    vol_down: float  # Relative and positive: 0.22 makes 50 points 39.
    far_down: float
    far_down_fraction: float
    far_up: float
    far_up_fraction: float
    basis: float
    maintenance: float  # Maintenance margin over initial.
    closed_range: float = 1.0  # Times this while the reference market is closed.
    hours: str = ALWAYS  # Of the reference market: market_hours.HOURS.
    short_option_min: float = 0.0  # Least loss of a short option, as a fraction of its underlying's price.
    large_dollars: float = math.inf  # A holding worth more than this,
    large_addon: float = 0.0  # costs so much of what is above it, since it takes longer to sell.
    vol_power_near: float = 0.30  # How much stronger volatility moves the nearer the expiry: see `option`.
    vol_power_far: float = 0.13

    kind = GroupKind.PRICE

    def __post_init__(self) -> None:
        _check_numbers(self)
        _within(self, "price_range", 0.0, 1.0)
        _within(self, "vol_up", 0.0, 10.0)
        _within(self, "vol_down", 0.0, 1.0)
        _within(self, "far_down", self.price_range, 1.0)
        _within(self, "far_down_fraction", 0.0, 1.0)
        _within(self, "far_up", self.price_range, 100.0)
        _within(self, "far_up_fraction", 0.0, 1.0)
        _within(self, "basis", 0.0, 1.0)
        _within(self, "short_option_min", 0.0, 1.0)
        _within(self, "vol_power_near", 0.0, 1.0)
        _within(self, "vol_power_far", 0.0, 1.0)
        _check_common(self)
        if self.price_range * self.closed_range >= 1.0:
            raise BadValue(
                f"group {self.name}: price_range x closed_range is {self.price_range * self.closed_range:g}; "
                f"a price cannot fall by more than itself: make one of them smaller"
            )

    def moves(self, is_closed: bool = False) -> Moves:
        """The sixteen scenarios; `is_closed` while the reference market is, or is about to be.

        Range and basis widen by `closed_range`. A far move stays where it is and more of it counts, all of it at most.
        The arrays are read-only.
        """
        return _moves(self, is_closed)


@dataclass(frozen=True)
class RatesGroup:
    """Interest rates of one currency. All sizes are yields per year: 0.004 is 40 basis points."""

    name: str
    shift_large: float
    shift_small: float
    short_end: float
    long_end: float
    butterfly: float
    maintenance: float
    closed_range: float = 1.0
    hours: str = ALWAYS
    large_dollars: float = math.inf  # As of a price group.
    large_addon: float = 0.0

    kind = GroupKind.RATES

    def __post_init__(self) -> None:
        _check_numbers(self)
        for name in ("shift_large", "shift_small", "short_end", "long_end", "butterfly"):
            _within(self, name, 0.0, 0.2)
        _check_common(self)

    def shifts(self, tenors: Floats, is_closed: bool = False) -> Floats:
        """Change of the yield in each scenario (rows, sixteen) at each tenor in years (columns)."""
        t = np.asarray(tenors, np.float64)
        level = np.ones_like(t)
        short = np.exp(-t / 4.0)
        long = self.long_end * (1.0 - short)
        short = self.short_end * short
        half_way = np.exp(-t / 8.0)
        belly = self.butterfly * (8.0 * half_way * (1.0 - half_way) - 1.0)
        large, small = self.shift_large * level, self.shift_small * level
        shapes = [large, -large, small, -small, 0.9 * long - 0.65 * short, 0.8 * short - 0.6 * long]
        shapes += [short, -short, long, -long, belly, -belly]
        wider = self.closed_range if is_closed else 1.0
        return np.concatenate([np.stack(shapes) * wider, np.zeros((SCENARIOS - len(shapes), len(t)))])


@dataclass(frozen=True)
class EventGroup:
    """One question with outcomes that exclude each other: scenario k is "outcome k it is".

    Of a binary question there are two, YES and NO, and one contract, on YES. The kernel makes its arrays from payoff
    and mark, and maintenance margin equals initial: see `event`.
    """

    name: str
    outcomes: int

    kind = GroupKind.EVENT
    maintenance = 1.0

    def __post_init__(self) -> None:
        _check_name(self.name)
        if isinstance(self.outcomes, bool) or not isinstance(self.outcomes, int):
            raise BadValue(f"group {self.name}: outcomes: {self.outcomes!r} is not a whole number")
        if not 2 <= self.outcomes <= OUTCOMES_MAX:
            raise BadValue(f"group {self.name}: outcomes: {self.outcomes} is not within 2 and {OUTCOMES_MAX}")


Group = PriceGroup | RatesGroup | EventGroup


@lru_cache(maxsize=1024)
def _moves(group: PriceGroup, is_closed: bool) -> Moves:
    wider = group.closed_range if is_closed else 1.0
    price, vol, basis, weight = (np.zeros(SCENARIOS) for _ in range(4))
    near = len(PRICE_STEPS) * 2
    price[:near] = np.repeat(PRICE_STEPS, 2) * (group.price_range * wider)
    vol[0:near:2], vol[1:near:2] = group.vol_up, -group.vol_down
    weight[: BASIS_UP + 1] = 1.0
    price[FAR_DOWN], price[FAR_UP] = -max(group.far_down, group.price_range * wider), group.far_up
    vol[FAR_DOWN] = vol[FAR_UP] = group.vol_up
    weight[FAR_DOWN] = min(1.0, group.far_down_fraction * wider)
    weight[FAR_UP] = min(1.0, group.far_up_fraction * wider)
    basis[BASIS_DOWN], basis[BASIS_UP] = -group.basis * wider, group.basis * wider
    for array in (price, vol, basis, weight):
        array.flags.writeable = False  # Asked for once and handed out often.
    return Moves(price, vol, basis, weight)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadValue(
            f"group {name!r}: a name has 1 to 16 capital letters, digits, points or hyphens, as in USD-RATES"
        )


def _check_numbers(group: PriceGroup | RatesGroup) -> None:
    _check_name(group.name)
    for field in fields(group):
        value = getattr(group, field.name)
        if field.type is float and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadValue(f"group {group.name}: {field.name}: {value!r} is not a number")


def _within(group: PriceGroup | RatesGroup, name: str, low: float, high: float) -> None:
    value = getattr(group, name)
    if not low <= value <= high:  # NaN neither.
        raise BadValue(f"group {group.name}: {name}: {value} is not within {low:g} and {high:g}")


def _check_common(group: PriceGroup | RatesGroup) -> None:
    if not 0.0 < group.maintenance <= 1.0:
        raise BadValue(f"group {group.name}: maintenance: {group.maintenance} is not above 0 and at most 1")
    _within(group, "closed_range", 1.0, 10.0)
    _within(group, "large_dollars", 0.0, math.inf)
    _within(group, "large_addon", 0.0, 1.0)
    if group.hours not in HOURS:
        raise BadValue(f"group {group.name}: hours: {group.hours!r} is not one of {', '.join(HOURS)}")
