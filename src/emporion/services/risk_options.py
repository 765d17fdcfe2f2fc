"""The options of one risk group in columns, so that a whole chain is revalued at once. Used by `risk_arrays`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue
from emporion.instruments.loads import MICRO, to_entries, unit_shift_for
from emporion.instruments.normal import Floats
from emporion.instruments.option import YEAR_NS, averaged_years, gains
from emporion.instruments.scenarios import PriceGroup
from emporion.instruments.terms import RiskTerms, all_terms
from emporion.schema.limits import RISK_MAX, SCENARIOS

NOT_CHOSEN = -1
COLUMNS = np.dtype([
    ("instrument_id", "i8"), ("strike", "f8"), ("expiry_ns", "i8"), ("is_call", "?"), ("lot", "f8"), ("cap", "i8"),
    ("window_ns", "i8"), ("forward", "f8"), ("vol", "f8"), ("quote_dollars", "f8"), ("unit_shift", "i8"),
    ("is_sent", "?"), ("sent", "i8", (SCENARIOS,)),
])  # fmt: skip


class OptionRow(NamedTuple):
    """An option whose array has changed."""

    instrument_id: int
    terms: RiskTerms
    entries: NDArray[np.int64]


class OptionTable:
    """Of one group."""

    def __init__(self, group: PriceGroup) -> None:
        self._group = group
        self._rows = np.zeros(16, COLUMNS)
        self._place: dict[int, int] = {}  # By instrument_id.
        self.problems: dict[int, str] = {}  # Of the last `changed`, by instrument_id.

    def add(
        self, instrument_id: int, strike: float, expiry_ns: int, is_call: bool, lot: float, cap: int, window_ns: int
    ) -> None:
        """One more option. It has an array from its first forward and volatility on."""
        if not (0.0 < strike < np.inf and 0.0 < lot < np.inf and cap >= 1 and window_ns >= 0):
            raise BadValue(
                f"option {instrument_id}: strike {strike} and lot {lot} are positive numbers, cap {cap} at least 1, "
                f"window_ns {window_ns} not negative"
            )
        place = len(self._place)
        if place == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._place[instrument_id] = place
        row = (
            instrument_id,
            strike,
            expiry_ns,
            is_call,
            lot,
            cap,
            window_ns,
            np.nan,
            np.nan,
            1.0,
            NOT_CHOSEN,
            False,
            0,
        )
        self._rows[place] = row

    def mark(self, instrument_ids: Sequence[int], forwards: Floats, vols: Floats, quote_dollars: float) -> None:
        """Forwards and mark volatilities from now on."""
        fine = (forwards > 0.0) & (forwards < np.inf) & (vols >= 0.0) & (vols < np.inf)
        if not fine.all() or not 0.0 < quote_dollars < np.inf:
            at = int(np.flatnonzero(~fine)[0]) if not fine.all() else 0
            raise BadValue(
                f"option {instrument_ids[at]}: forward {forwards[at]} and quote_dollars {quote_dollars} are positive, "
                f"vol {vols[at]} is not negative"
            )
        places = [self._place[number] for number in instrument_ids]
        self._rows["forward"][places] = forwards
        self._rows["vol"][places] = vols
        self._rows["quote_dollars"][places] = quote_dollars

    def changed(self, ts_ns: int, is_wide: bool, tolerance: float) -> list[OptionRow]:
        """Options that have not expired and whose array is new or has moved."""
        self.problems = {}
        rows = self._rows[: len(self._place)]
        places = np.flatnonzero(np.isfinite(rows["forward"]) & (rows["expiry_ns"] > ts_ns))
        if not len(places):
            return []
        live = rows[places]
        years = averaged_years((live["expiry_ns"] - ts_ns) / YEAR_NS, live["window_ns"] / YEAR_NS)
        gained = gains(live["forward"], live["strike"], years, live["vol"], live["is_call"], self._group, is_wide)
        gained *= (live["lot"] * live["quote_dollars"])[:, None]
        self._choose_units(live, live["unit_shift"] == NOT_CHOSEN)
        largest = np.abs(gained).max(axis=1) * 2.0 ** live["unit_shift"] * MICRO * live["cap"]
        if np.any(outgrown := (largest > RISK_MAX) & (live["unit_shift"] != NOT_CHOSEN)):
            live["is_sent"][outgrown] = False
            self._choose_units(live, outgrown)
        is_said = live["unit_shift"] != NOT_CHOSEN
        rows[places] = live
        places, live, gained = places[is_said], live[is_said], gained[is_said]
        entries = _entries(gained, live)
        moved = np.abs(entries - live["sent"]).max(axis=1) > tolerance * np.abs(entries).max(axis=1)
        moved |= ~live["is_sent"]
        live["sent"][moved] = entries[moved]
        live["is_sent"][moved] = True
        rows[places] = live
        said = live[moved]
        terms = all_terms(self._group, _values(said), said["cap"], said["unit_shift"], is_option=True)
        return list(map(OptionRow, said["instrument_id"].tolist(), terms, entries[moved]))

    def _choose_units(self, live: NDArray, which: NDArray[np.bool_]) -> None:
        """Those that find none have NOT_CHOSEN, and a problem."""
        live["unit_shift"][which] = NOT_CHOSEN
        losses = _values(live) * self._group.price_range
        for at in np.flatnonzero(which):
            try:
                live["unit_shift"][at] = unit_shift_for(float(losses[at]), int(live["cap"][at]))
            except BadValue as problem:
                self.problems[int(live["instrument_id"][at])] = str(problem)


def _values(live: NDArray) -> Floats:
    """Dollars of one lot of the underlying."""
    return live["forward"] * live["lot"] * live["quote_dollars"]


def _entries(gained: Floats, live: NDArray) -> NDArray[np.int64]:
    return to_entries(gained * 2.0 ** live["unit_shift"][:, None], 0)  # A power of two changes no digit.
