"""The risk service: from prices, volatilities and group definitions to the arrays that the kernel adds up.

Whoever runs it tells it what there is, then prices and volatilities as they move, and asks what has changed. It reads
no clock and submits nothing: `commands` makes the rows that say it. An array counts as changed when an entry
differs by more than `tolerance` of its largest; with 0, when any entry differs. An asset's value is told apart from
its array, since it follows each price and costs one command without data.

Options are kept in columns, a table for each group, and are revalued all at once.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from emporion.errors import BadValue
from emporion.instruments.bond import payments
from emporion.instruments.bond import risk_arrays as bond_arrays
from emporion.instruments.groups import load_groups
from emporion.instruments.loads import HEADROOM, MICRO, Load, linear
from emporion.instruments.market_hours import is_wide
from emporion.instruments.option import YEAR_NS
from emporion.instruments.scenarios import EventGroup, Group, PriceGroup, RatesGroup
from emporion.instruments.terms import RiskTerms, risk_terms
from emporion.schema.build import Rows
from emporion.schema.build_margin import RISK_ROWS, set_group, set_risk
from emporion.schema.limits import HOUR_NS, PPM, RISK_MAX, SCENARIOS
from emporion.schema.messages import MARGIN_COMMAND, VALUES, VALUES_PER_ROW
from emporion.services.risk_options import OptionTable

DURATION_MAX = 10.0  # Years: about what the longest bonds lose by, to choose a unit with.
LEAD_NS = 2 * HOUR_NS  # How long before a reference market closes its wider arrays go out.


@dataclass(frozen=True)
class Target:
    """A contract, by its instrument, or a collateral asset."""

    instrument_id: int = 0
    asset_id: int = 0
    sold_on: int = 0  # Of an asset: the instrument where it is sold in a liquidation.


@dataclass(frozen=True)
class Linear:
    """What moves as its group's price does: coins, shares, gold, currencies, perpetuals, futures."""

    group: str
    unit: float  # Of the underlying in one lot or atom.
    cap: int  # Lots or atoms.
    is_derivative: bool  # Whether basis moves it.
    coin: str | None = None  # A second group, followed `beta` times.
    beta: float = 0.0
    headroom: int = HEADROOM


@dataclass(frozen=True)
class Bond:
    """What moves as its group's rates do. Its price is the dirty one, per unit of face."""

    group: str
    unit: float  # Face of one lot or atom.
    cap: int
    coupon: float
    frequency: int
    maturity_ns: int
    issuer: str | None = None


@dataclass(frozen=True)
class Option:
    """A European option; `lot` in units of its underlying."""

    group: str
    strike: float
    expiry_ns: int
    is_call: bool
    lot: float
    cap: int
    window_ns: int = 0  # Over which it settles at an average.


@dataclass(frozen=True, eq=False)
class Change:
    """What one contract or asset says anew."""

    target: Target
    terms: RiskTerms
    loads: tuple[Load, ...]


class RiskArrays:
    """All arrays of a venue, and which of them have changed."""

    def __init__(
        self,
        groups: Mapping[str, Group] | None = None,
        *,
        tolerance: float = 0.0,
        lead_ns: int = LEAD_NS,
        holidays: Collection[date] = (),
    ) -> None:
        """`groups`: by name; None takes the package's. `holidays`: of the reference markets."""
        self._groups = load_groups() if groups is None else groups
        self._tolerance, self._lead_ns, self._holidays = tolerance, lead_ns, holidays
        self._plain: dict[Target, Linear | Bond] = {}
        self._prices: dict[Target, tuple[float, float]] = {}
        self._sent: dict[Target, Change] = {}
        self._values: dict[Target, int] = {}
        self._options: dict[str, OptionTable] = {}
        self._option_groups: dict[int, str] = {}
        self.problems: dict[Target, str] = {}  # Of the last `changed`: who has no array, or an old one, and why.

    def add(self, target: Target, what: Linear | Bond | Option) -> None:
        """One more contract or asset. It has an array from its first price on."""
        if (target.instrument_id != 0) == (target.asset_id != 0):
            raise BadValue(f"{target}: give either an instrument or an asset")
        if target in self._plain or target.instrument_id in self._option_groups:
            raise BadValue(f"{target}: is here already")
        if isinstance(what, Option):
            group = self._price_group(what.group)
            table = self._options.setdefault(what.group, OptionTable(group))
            table.add(
                target.instrument_id, what.strike, what.expiry_ns, what.is_call, what.lot, what.cap, what.window_ns
            )
            self._option_groups[target.instrument_id] = what.group
            return
        if isinstance(what, Bond):
            self._rates_group(what.group)
            second = what.issuer
        else:
            self._price_group(what.group)
            second = what.coin
        if second is not None:
            self._price_group(second)
        self._plain[target] = what

    def price(self, target: Target, price: float, quote_dollars: float = 1.0) -> None:
        """The mark of what is no option, in quote units, and what a quote unit is worth in dollars."""
        if target not in self._plain:
            raise BadValue(f"{target}: is not here; add it first")
        if not (math.isfinite(price * quote_dollars) and price > 0.0 and quote_dollars > 0.0):
            raise BadValue(f"{target}: price {price} and quote_dollars {quote_dollars} are not positive numbers")
        self._prices[target] = (price, quote_dollars)

    def options(
        self, instrument_ids: Sequence[int], forwards: ArrayLike, vols: ArrayLike, quote_dollars: float = 1.0
    ) -> None:
        """Forwards and mark volatilities of options, arrays or one number for all."""
        forward, vol = (np.broadcast_to(np.asarray(one, np.float64), len(instrument_ids)) for one in (forwards, vols))
        groups = [self._option_groups.get(number) for number in instrument_ids]
        if None in groups:
            raise BadValue(f"instrument {instrument_ids[groups.index(None)]}: is no option here; add it first")
        ids = np.asarray(instrument_ids)
        names = np.array(groups)
        for name in set(groups) - {None}:
            at = np.flatnonzero(names == name)
            self._options[str(name)].mark(ids[at].tolist(), forward[at], vol[at], quote_dollars)

    def changed(self, ts_ns: int) -> list[Change]:
        """Arrays that are new or have changed since they were last in an answer of this.

        One that cannot be said, as its cap is too large for its value, is in `problems` and keeps nobody waiting.
        """
        wide = {name: self._is_wide(group, ts_ns) for name, group in self._groups.items()}
        self.problems = {}
        changes = []
        for target in self._prices:
            try:
                change = self._of_plain(target, wide, ts_ns)
            except BadValue as problem:
                self.problems[target] = str(problem)
                continue
            if change is not None:
                self._sent[target] = change
                changes.append(change)
        for name, table in self._options.items():
            for row in table.changed(ts_ns, wide[name], self._tolerance):
                changes.append(Change(Target(row.instrument_id), row.terms, (Load(name, row.entries),)))
            self.problems |= {Target(number): problem for number, problem in table.problems.items()}
        return changes

    def values(self) -> Iterator[tuple[int, int]]:
        """Assets whose value has changed, each with its value_atoms: micro-dollars of 2^unit_shift atoms, rounded down.

        Right for the units that `changed` has said: ask that first.
        """
        for target, change in self._sent.items():
            if target.asset_id == 0:
                continue
            price, quote_dollars = self._prices[target]
            dollars = price * self._plain[target].unit * quote_dollars
            value = math.floor(dollars * MICRO * 2.0**change.terms.unit_shift)
            if self._values.get(target) != value:
                self._values[target] = value
                yield target.asset_id, value

    def _of_plain(self, target: Target, wide: Mapping[str, bool], ts_ns: int) -> Change | None:
        """What it says now, or None when that has been said, or when it has matured."""
        what = self._plain[target]
        price, quote_dollars = self._prices[target]
        value = price * what.unit * quote_dollars
        group: PriceGroup | RatesGroup
        loads: Callable[[int], list[Load]]
        if isinstance(what, Bond):
            years = (what.maturity_ns - ts_ns) / YEAR_NS
            if years <= 0.0:
                return None
            group, headroom = self._rates_group(what.group), HEADROOM
            loss = value * group.shift_large * min(years, DURATION_MAX)
            loads = partial(self._of_bond, what, price, years, quote_dollars, wide[what.group])
        else:
            group, headroom = self._price_group(what.group), what.headroom
            loss = value * group.price_range
            loads = partial(self._of_linear, what, value, wide[what.group])
        sent = self._sent.get(target)
        if sent is None:
            terms = risk_terms(group, value, loss, what.cap, headroom=headroom)
            return Change(target, terms, tuple(loads(terms.unit_shift)))
        terms = risk_terms(group, value, loss, what.cap, unit_shift=sent.terms.unit_shift)
        made = loads(terms.unit_shift)
        if max(int(np.abs(load.array).max()) for load in made) * what.cap > RISK_MAX:  # It has outgrown its unit.
            terms = risk_terms(group, value, loss, what.cap, headroom=headroom)
            made = loads(terms.unit_shift)
        change = Change(target, terms, tuple(made))
        return change if self._differs(change, sent) else None

    def _of_linear(self, what: Linear, value: float, is_closed: bool, unit_shift: int) -> list[Load]:
        own = self._price_group(what.group)
        loads = [linear(own, value, unit_shift, is_derivative=what.is_derivative, is_closed=is_closed)]
        if what.coin is not None:  # A coin's market is always open, and the basis has been counted.
            coin = self._price_group(what.coin)
            loads.append(linear(coin, value, unit_shift, is_derivative=False, beta=what.beta))
        return loads

    def _of_bond(
        self, what: Bond, price: float, years: float, quote_dollars: float, is_closed: bool, unit_shift: int
    ) -> list[Load]:
        paid = payments(what.coupon, what.frequency, years)
        issuer = None if what.issuer is None else self._price_group(what.issuer)
        rates = self._rates_group(what.group)
        return bond_arrays(price, paid, what.unit, unit_shift, rates, quote_dollars, is_closed, issuer)

    def _differs(self, new: Change, old: Change) -> bool:
        if new.terms.unit_shift != old.terms.unit_shift:
            return True
        pairs = zip(new.loads, old.loads, strict=True)
        return any(_differ(one, other, self._tolerance) for one, other in pairs)

    def _is_wide(self, group: Group, ts_ns: int) -> bool:
        return not isinstance(group, EventGroup) and is_wide(group.hours, ts_ns, self._lead_ns, self._holidays)

    def _price_group(self, name: str) -> PriceGroup:
        group = self._groups.get(name)
        if not isinstance(group, PriceGroup):
            raise BadValue(f"group {name}: is no price group here; there are {', '.join(self._groups)}")
        return group

    def _rates_group(self, name: str) -> RatesGroup:
        group = self._groups.get(name)
        if not isinstance(group, RatesGroup):
            raise BadValue(f"group {name}: is no rates group here; there are {', '.join(self._groups)}")
        return group


def _differ(new: Load, old: Load, tolerance: float) -> bool:
    """Whether an entry has moved by more than `tolerance` of the largest."""
    return bool(np.abs(new.array - old.array).max() > tolerance * np.abs(new.array).max())


def group_command(group: Group, group_id: int = 0) -> Rows:
    """The SET_GROUP of a group; 0 makes the venue's next. Question by question the kernel makes its own."""
    return set_group(group_id, group.kind, round(group.maintenance * PPM))


def commands(changes: Sequence[Change], group_ids: Mapping[str, int]) -> Rows:
    """All of it as rows to submit: a SET_RISK for each load, in order.

    Args:
        group_ids: the venue's numbers of groups, by name. One that is missing raises BadValue.
    """
    said = [(change, number, load) for change in changes for number, load in enumerate(change.loads)]
    if unknown := next((load.group for _, _, load in said if load.group not in group_ids), None):
        raise BadValue(f"group {unknown}: the venue has no such group; send its SET_GROUP first")
    one = set_risk(1, (0,) * SCENARIOS)
    rows = np.tile(one, len(said))
    heads = rows.view(MARGIN_COMMAND).reshape(-1, len(one))[:, 0]
    for field, numbers in {
        "group_id": [group_ids[load.group] for _, _, load in said],
        "instrument_id": [change.target.instrument_id or change.target.sold_on for change, _, _ in said],
        "asset_id": [change.target.asset_id for change, _, _ in said],
        "number": [number for _, number, _ in said],
    }.items():
        heads[field] = numbers
    values = np.zeros((len(said), RISK_ROWS * VALUES_PER_ROW), np.int64)
    if said:
        values[:, :SCENARIOS] = [load.array for _, _, load in said]
        terms = np.array([astuple(change.terms) for change, _, _ in said])
        values[:, SCENARIOS : SCENARIOS + terms.shape[1]] = terms  # RiskTerms are in the order of RISK_VALUES.
    rows.view(VALUES).reshape(-1, len(one))["values"][:, 1:] = values.reshape(-1, RISK_ROWS, VALUES_PER_ROW)
    return rows
