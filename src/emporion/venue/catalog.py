"""Names and units of what is listed: from "BTC/USDC" and "0.5" to numbers of the kernel and back."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue
from emporion.kernel.machine import Machine
from emporion.schema.build import name_text
from emporion.schema.codes import Limit
from emporion.schema.state import TABLE_NAMES
from emporion.schema.units import to_text, to_units
from emporion.venue.values import I64_MAX as I64_MAX

ONE = Decimal(1)


def atom(decimals: int) -> Decimal:
    """The least amount of an asset."""
    return ONE.scaleb(-int(decimals))


def lot_of(instrument: Any, base_decimals: int) -> Decimal:
    """The least quantity of an instrument, in base; of a contract, in what it is on. Any row that has the fields."""
    if instrument["base_atoms_per_lot"] == 0:
        return plain(ONE.scaleb(int(instrument["lot_exponent"])))
    return plain(Decimal(int(instrument["base_atoms_per_lot"])) * atom(base_decimals))


def tick_of(atoms_per_tick_lot: int, quote_decimals: int, lot: Decimal) -> Decimal:
    """The least price step, in quote per base: what one tick of one lot is worth, over the lot."""
    with localcontext() as context:
        context.prec = 60
        return plain(Decimal(int(atoms_per_tick_lot)) * atom(quote_decimals) / lot)


def underlying(contract: str) -> str:
    """What a contract is on, by its name: "BTC" for "BTC-PERP". For people."""
    return contract.split("-")[0]


def plain(value: Decimal) -> Decimal:
    """The same number without superfluous zeros or exponent."""
    return Decimal(to_text(1, value))


def whole(value: object, unit: Decimal, what: str, unit_name: str) -> int:
    """Decimal text as a number of units that a row can hold, or BadValue."""
    count = to_units(value, unit, what, unit_name)  # type: ignore[arg-type]
    if not -I64_MAX <= count <= I64_MAX:
        raise BadValue(f"{what}: {value} is beyond what a row can hold ({I64_MAX} x {unit:f})")
    return count


class Catalog:
    """Looks names up in the tables of one machine. Listings only grow, so what was seen stays true.

    Made after recovery: `Machine.load` puts other tables in the place of those looked at here.
    """

    def __init__(self, machine: Machine) -> None:
        # Plain views of the tables: fields of np.record are read many times slower.
        state = machine.array[0:1].view(np.dtype((np.void, machine.array.dtype)))
        self._state = state
        self._high_water = state["tables"]["high_water"][0]
        self._tables = [_plain_rows(state[name][0]) for name in TABLE_NAMES]
        self._asset_names: list[str] = [""]  # By number; row 0 is nobody.
        self._instrument_names: list[str] = [""]
        self._atoms: list[Decimal] = [ONE]
        self._ticks: list[Decimal] = [ONE]
        self._lots: list[Decimal] = [ONE]
        self._asset_ids: dict[str, int] = {}
        self._instrument_ids: dict[str, int] = {}

    # --- Numbers of names ---

    def asset_id(self, name: str) -> int:
        """The asset's number; BadValue names those there are."""
        self._refresh()
        return _find(self._asset_ids, name, "asset")

    def instrument_id(self, name: str) -> int:
        """The instrument's number; BadValue names those there are."""
        self._refresh()
        return _find(self._instrument_ids, name, "instrument")

    def has_asset(self, name: str) -> bool:
        self._refresh()
        return name in self._asset_ids

    def has_instrument(self, name: str) -> bool:
        self._refresh()
        return name in self._instrument_ids

    # --- Names and units of numbers ---

    @property
    def asset_names(self) -> Sequence[str]:
        """By number; "" for 0."""
        self._refresh()
        return self._asset_names

    @property
    def instrument_names(self) -> Sequence[str]:
        """By number; "" for 0."""
        self._refresh()
        return self._instrument_names

    @property
    def atoms(self) -> Sequence[Decimal]:
        """The least amount of each asset, by number."""
        self._refresh()
        return self._atoms

    @property
    def ticks(self) -> Sequence[Decimal]:
        """The least price step of each instrument, by number."""
        self._refresh()
        return self._ticks

    @property
    def lots(self) -> Sequence[Decimal]:
        """The least quantity of each instrument, by number."""
        self._refresh()
        return self._lots

    def rows(self, table: Limit) -> NDArray[np.void]:
        """The rows of a table used so far, row 0 included. A view: it changes with the venue."""
        return self._tables[table][: int(self._high_water[table]) + 1]

    def head(self, name: str) -> int:
        """A number of the state that is in no table: "hour", "epoch"."""
        return int(self._state[name][0])

    def _refresh(self) -> None:
        if self._high_water[0] < len(self._asset_names) and self._high_water[1] < len(self._instrument_names):
            return
        assets, instruments = self.rows(Limit.ASSETS), self.rows(Limit.INSTRUMENTS)
        for asset in assets[len(self._asset_names) :]:
            name = name_text(asset["name"])
            self._asset_ids.setdefault(name, len(self._asset_names))
            self._asset_names.append(name)
            self._atoms.append(atom(asset["decimals"]))
        for row in instruments[len(self._instrument_names) :]:
            name = name_text(row["name"])
            lot = lot_of(row, assets[row["base_asset_id"]]["decimals"])
            self._instrument_ids.setdefault(name, len(self._instrument_names))
            self._instrument_names.append(name)
            self._lots.append(lot)
            self._ticks.append(tick_of(row["atoms_per_tick_lot"], assets[row["quote_asset_id"]]["decimals"], lot))


def _plain_rows(table: NDArray[np.void]) -> NDArray[np.void]:
    return table.view(np.dtype((np.void, table.dtype)))


def _find(ids: dict[str, int], name: str, what: str) -> int:
    number = ids.get(name)
    if number is None:
        known = ", ".join(sorted(ids)[:20]) or "none"
        raise BadValue(f"no {what} is named {name!r}; list it with list_{what}. Known: {known}")
    return number
