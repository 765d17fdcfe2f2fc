"""Which fits count as a bubble: the named sets of conditions of the literature.

    fco         confidence indicator of the Financial Crisis Observatory (ETH Zurich)
    trust       the looser set of its trust indicator
    filimonov   Filimonov and Sornette (2013): m and omega alone
    lppls       the defaults of the Python package lppls

Sets differ a lot in what they let pass, so a confidence means nothing without the name of its set.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from emporion.bubble.lppls_polish import (
    OUT_B,
    OUT_C1,
    OUT_C2,
    OUT_ERROR,
    OUT_ERROR_MAX,
    OUT_LEAD,
    OUT_M,
    OUT_OMEGA,
)  # fmt: skip
from emporion.bubble.series import Floats
from emporion.errors import BadValue

Preset: TypeAlias = Literal["fco", "trust", "filimonov", "lppls"]


@dataclass(frozen=True)
class Filter:
    """Conditions on a fit, all of which must hold; bounds are included unless `is_open`.

    m, omega: least and largest. tc_before, tc_after: how far tc may lie before and after the last observation, in
    lengths of the window (this search never puts it before), and in days. oscillations_min: full turns. damping_min.
    error_max: of the relative error of the price, its mean or its largest as `error_of` says. share_of: what the
    share is taken of, "all" windows or those of the same "sign".
    """

    name: str
    m: tuple[float, float]
    omega: tuple[float, float]
    tc_before: float = math.inf
    tc_after: float = math.inf
    tc_before_days: float = math.inf
    tc_after_days: float = math.inf
    oscillations_min: float = -math.inf
    damping_min: float = -math.inf
    error_max: float = math.inf
    error_of: Literal["mean", "largest"] = "mean"
    share_of: Literal["all", "sign"] = "all"
    is_open: bool = False

    def passes(self, table: Floats, lengths: Floats) -> NDArray[np.bool_]:
        """For a table (..., windows, OUT) of fits and the windows' lengths in days, which of them hold."""
        lead, m, omega = table[..., OUT_LEAD], table[..., OUT_M], table[..., OUT_OMEGA]
        before = np.minimum(self.tc_before * lengths, self.tc_before_days)
        after = np.minimum(self.tc_after * lengths, self.tc_after_days)
        error = table[..., OUT_ERROR if self.error_of == "mean" else OUT_ERROR_MAX]
        holds = self._within(lead, -before, after) & self._within(m, *self.m) & self._within(omega, *self.omega)
        holds &= self._within(oscillations(table, lengths), self.oscillations_min, math.inf)
        holds &= self._within(damping(table), self.damping_min, math.inf)
        return holds & (error <= self.error_max)

    def _within(self, values: Floats, low: "float | Floats", high: "float | Floats") -> NDArray[np.bool_]:
        if self.is_open:
            return (values > low) & ((values < high) | (high == math.inf))
        return (values >= low) & (values <= high)

    def shares(self, table: Floats, lengths: Floats) -> tuple[Floats, Floats]:
        """(positive, negative) share of the windows of a table (..., windows, OUT) that hold; NaN: no window."""
        holds, b = self.passes(table, lengths), table[..., OUT_B]
        ups, downs = (holds & (b < 0.0)).sum(axis=-1), (holds & (b > 0.0)).sum(axis=-1)
        if self.share_of == "all":
            every = np.isfinite(b).sum(axis=-1)
            return ups / np.maximum(every, 1), downs / np.maximum(every, 1)
        return ups / np.maximum((b < 0.0).sum(axis=-1), 1), downs / np.maximum((b > 0.0).sum(axis=-1), 1)


PRESETS: dict[str, Filter] = {
    "fco": Filter(
        "fco", m=(0.01, 1.2), omega=(2.0, 25.0), tc_before=0.05, tc_after=0.1, oscillations_min=2.5, damping_min=0.8,
        error_max=0.05,
    ),
    "trust": Filter(
        "trust", m=(0.01, 0.99), omega=(2.0, 25.0), tc_before=0.05, tc_after=0.1, oscillations_min=2.5,
        damping_min=1.0, error_max=0.20,
    ),
    "filimonov": Filter("filimonov", m=(0.1, 0.9), omega=(6.0, 13.0)),
    "lppls": Filter(
        "lppls", m=(0.0, 1.0), omega=(2.0, 15.0), tc_before=0.5, tc_after=0.5, tc_before_days=60.0, tc_after_days=252.0,
        oscillations_min=2.5, damping_min=0.5, share_of="sign", is_open=True,
    ),
}  # fmt: skip


def named(choice: "Preset | Filter") -> Filter:
    """A preset by its name, or the filter itself."""
    if isinstance(choice, Filter):
        return choice
    if choice not in PRESETS:
        raise BadValue(f"filter={choice!r}: it is one of {', '.join(PRESETS)}, or a Filter of your own")
    return PRESETS[choice]


def oscillations(table: Floats, lengths: Floats) -> Floats:
    """Full turns inside each window."""
    lead = table[..., OUT_LEAD]
    return table[..., OUT_OMEGA] / (2.0 * math.pi) * np.log((lead + lengths) / lead)


def damping(table: Floats) -> Floats:
    """m |B| / (omega |C|) of each fit; infinite without waves."""
    amplitude = np.hypot(table[..., OUT_C1], table[..., OUT_C2])
    with np.errstate(divide="ignore", invalid="ignore"):
        return table[..., OUT_M] * np.abs(table[..., OUT_B]) / (table[..., OUT_OMEGA] * amplitude)
