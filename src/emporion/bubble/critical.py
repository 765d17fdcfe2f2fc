"""How large a statistic gets when there is no bubble: null distributions, critical values and p-values.

Three sources, of which the first is the default of everything here:

    wild bootstrap  (`bootstrap`)  of the series itself, so that changing volatility is not taken for a bubble
    Monte Carlo     (`monte_carlo`) of random walks with equal normal changes
    tables          (`tables`)     of such Monte Carlos, for a quick look

And three conventions of what "5%" is said of; the choice changes the story, so it has a name:

    family_wise     at most 5% of histories without a bubble have *any* date above the line. With `horizon=h` any date
                    among the last h up to the date looked at, which is what someone watching for h observations needs
                    (Phillips and Shi 2020). Without, the line is constant: the quantile of GSADF.
    pointwise       at each date, 5% of histories without a bubble are above the line at that date. Many dates
                    are looked at, so far more than 5% of histories have some date above. Used by much software.
    sadf_quantile   at the date with r observations, the quantile of SADF on r observations: the line of the
                    paper of 2015.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from emporion.bubble.explosive import Explosive
from emporion.bubble.series import Floats
from emporion.bubble.windows import Design
from emporion.errors import BadValue

Convention: TypeAlias = Literal["family_wise", "pointwise", "sadf_quantile"]
CONVENTIONS = ("family_wise", "pointwise", "sadf_quantile")
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class PValues:
    """Shares of histories without a bubble that reach the statistic, the series itself counted among them."""

    adf: float
    sadf: float
    gsadf: float


@dataclass(frozen=True, eq=False)
class Null:
    """What the paths look like without a bubble: rows are histories, columns the ends of `design`.

    Where a history has no statistic stands -inf.
    """

    design: Design
    badf: Floats
    bsadf: Floats
    source: str
    seed: int

    @property
    def replications(self) -> int:
        return self.badf.shape[0]

    @property
    def adf(self) -> Floats:
        return self.badf[:, -1]

    @cached_property
    def sadf(self) -> Floats:
        return self.badf.max(axis=1)

    @cached_property
    def gsadf(self) -> Floats:
        return self.bsadf.max(axis=1)

    def critical(
        self, level: float = LEVEL, *, convention: Convention = "family_wise", horizon: int | None = None
    ) -> Floats:
        """The line that BSADF has to pass at each end (the module says what the conventions mean)."""
        return quantile(self._compared(convention, horizon), level)

    def p_path(
        self, result: Explosive, *, convention: Convention = "family_wise", horizon: int | None = None
    ) -> Floats:
        """At each end, the p-value of BSADF: at most 0.05 where it is above `critical(0.95)` of the same convention."""
        self._check(result)
        return p_of(result.bsadf, self._compared(convention, horizon))

    def p_values(self, result: Explosive) -> PValues:
        """Of the three statistics of a whole series."""
        self._check(result)
        pairs = ((result.adf, self.adf), (result.sadf, self.sadf), (result.gsadf, self.gsadf))
        return PValues(*(float(p_of(np.array([value]), null[:, None])[0]) for value, null in pairs))

    def _compared(self, convention: Convention, horizon: int | None) -> Floats:
        """What of each history BSADF is held against, at each end."""
        check_convention(convention, horizon)
        if convention == "pointwise":
            return self.bsadf
        if convention == "sadf_quantile":
            return np.maximum.accumulate(self.badf, axis=1)
        if horizon is None:
            return np.broadcast_to(self.gsadf[:, None], self.bsadf.shape)
        return trailing_largest(self.bsadf, horizon)

    def _check(self, result: Explosive) -> None:
        if self.design != result.design:
            raise BadValue(f"the null is of {self.design}, the series of {result.design}: make one for this series")


def check_convention(convention: str, horizon: int | None) -> None:
    """BadValue unless the name is known and a horizon goes with it."""
    if convention not in CONVENTIONS:
        raise BadValue(f"convention={convention!r}: it is one of {', '.join(CONVENTIONS)}")
    if horizon is not None and convention != "family_wise":
        raise BadValue(f"horizon goes with convention='family_wise', not {convention!r}: the others have no family")
    if horizon is not None and (not isinstance(horizon, int) or horizon < 1):
        raise BadValue(f"horizon={horizon!r}: a whole number of observations, at least 1")


def quantile(null: Floats, level: float) -> Floats:
    """For each column, the value that a share `level` of histories and the series itself do not pass.

    An order statistic without interpolation: with 999 histories a test at 5% rejects in exactly 5% of cases.
    """
    if not 0.0 < level < 1.0:
        raise BadValue(f"level={level!r}: a share between 0 and 1, such as 0.95")
    count = null.shape[0]
    if math.ceil(level * (count + 1)) > count:
        raise BadValue(f"level={level}: {count} replications are too few for it; draw more")
    if null.strides[-1] == 0 and null.shape[1] > 1:  # The same column again and again: sort it once.
        return np.broadcast_to(quantile(null[:, :1], level), null.shape[1:]).copy()
    place = math.ceil(round(level * (count + 1), 9)) - 1
    return np.partition(null, place, axis=0)[place].astype(np.float64)


def p_of(values: Floats, null: Floats) -> Floats:
    """(1 + histories that reach the value) / (1 + histories), for each column; NaN where there is no value."""
    reached = (null >= values).sum(axis=0)
    return np.where(np.isnan(values), np.nan, (1.0 + reached) / (1.0 + null.shape[0]))


def trailing_largest(paths: Floats, horizon: int) -> Floats:
    """The largest of the last `horizon` entries up to each one, by doubling the reach."""
    result, reach = paths, 1
    while reach < horizon:
        step = min(reach, horizon - reach)
        later = result.copy()
        if step < paths.shape[1]:
            np.maximum(result[:, step:], result[:, :-step], out=later[:, step:])
        result, reach = later, reach + step
    return result
