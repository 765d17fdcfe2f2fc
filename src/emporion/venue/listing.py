"""From decimal terms of a listing to the whole numbers of its rows."""

from dataclasses import dataclass
from decimal import Decimal

from emporion.errors import BadValue
from emporion.instruments.listing import fitting_lot, is_fitting
from emporion.schema.limits import (
    ATOMS_PER_LOT_MAX,
    ATOMS_PER_TICK_LOT_MAX,
    NOTIONAL_MAX,
    PPM,
    PRICE_MAX,
    QTY_MAX,
)
from emporion.schema.units import parse_decimal, to_units
from emporion.venue.catalog import atom, plain, whole

Number = str | int | Decimal
REFERENCE_HEADROOM = 1_000  # The highest price, over the reference, unless given.


@dataclass(frozen=True)
class Grid:
    """The units of an instrument: what its prices, quantities and notionals are multiples of."""

    tick: Decimal
    lot: Decimal
    quote_atom: Decimal
    base_atoms_per_lot: int
    atoms_per_tick_lot: int


def grid(tick: Number, lot: Number, base_decimals: int, quote_decimals: int) -> Grid:
    """Check that lots are whole base atoms and tick x lot whole quote atoms; BadValue names a lot that is."""
    tick, lot = parse_decimal(tick, "tick"), parse_decimal(lot, "lot")
    if tick <= 0 or lot <= 0:
        raise BadValue(f"tick {tick} and lot {lot} must be positive")
    if not all(-30 <= value.adjusted() <= 30 for value in (tick, lot)):
        raise BadValue(f"tick {tick} or lot {lot} is far outside any range")
    base_atom, quote_atom = atom(base_decimals), atom(quote_decimals)
    if not is_fitting(tick, lot, base_decimals, quote_decimals):
        fitting = fitting_lot(tick, lot, base_decimals, quote_decimals)
        raise BadValue(
            f"lot {lot:f}: a lot must be whole base atoms ({base_atom:f}) and tick x lot = {tick * lot:f} whole quote "
            f"atoms ({quote_atom:f}), so that a price times a quantity is exact; with tick {tick:f} take lot "
            f"{plain(fitting):f}"
        )
    per_lot = to_units(lot, base_atom, "lot", "base atom")
    per_tick_lot = to_units(tick * lot, quote_atom, "tick x lot", "quote atom")
    if per_lot > ATOMS_PER_LOT_MAX or per_tick_lot > ATOMS_PER_TICK_LOT_MAX:
        raise BadValue(f"tick {tick:f} or lot {lot:f} is too coarse: at most {ATOMS_PER_LOT_MAX} atoms")
    return Grid(tick, lot, quote_atom, per_lot, per_tick_lot)


def grid_of_contract(tick: Decimal, lot: Decimal, quote_decimals: int) -> Grid:
    """The same of a contract, which has no base asset: its lot is a power of ten of what it is on."""
    if tick <= 0 or lot <= 0 or lot != Decimal(1).scaleb(lot.adjusted()):
        raise BadValue(f"tick {tick} must be positive and lot {lot} a power of ten of what the contract is on")
    quote_atom = atom(quote_decimals)
    per_tick_lot = to_units(tick * lot, quote_atom, "tick x lot", "quote atom")
    if per_tick_lot > ATOMS_PER_TICK_LOT_MAX:
        raise BadValue(f"tick {tick:f} or lot {lot:f} is too coarse: at most {ATOMS_PER_TICK_LOT_MAX} atoms")
    return Grid(tick, lot, quote_atom, 1, per_tick_lot)


def bounds(
    on: Grid,
    *,
    qty_min: Number | None,
    qty_max: Number | None,
    price_max: Number | None,
    notional_min: Number,
    notional_max: Number | None,
    reference: Number | None,
    band: Number,
    fee_schedule: int,
) -> dict[str, int]:
    """Fields of INSTRUMENT_BOUNDS. The largest price and quantity not given are as large as exact notionals allow.

    Price x quantity must stay below 2^60 quote atoms, so the two share that room: a reference price
    leaves the price a thousandfold and the quantity the rest; with nothing given they halve it.
    """
    reference_ticks = whole(reference, on.tick, "reference", "tick") if reference is not None else 0
    room = NOTIONAL_MAX // on.atoms_per_tick_lot
    qty_room = min(QTY_MAX, NOTIONAL_MAX // on.base_atoms_per_lot)
    price_ticks = whole(price_max, on.tick, "price_max", "tick") if price_max is not None else 0
    qty_lots = whole(qty_max, on.lot, "qty_max", "lot") if qty_max is not None else 0
    if price_max is None:
        if qty_max is not None:
            price_ticks = min(PRICE_MAX, room // max(qty_lots, 1))
        elif reference_ticks:
            price_ticks = min(PRICE_MAX, max(1, min(reference_ticks * REFERENCE_HEADROOM, room // 1_000)))
        else:
            price_ticks = min(PRICE_MAX, 1 << (room.bit_length() // 2))
    if qty_max is None:
        qty_lots = min(qty_room, max(1, room // max(price_ticks, 1)))
    if price_ticks * qty_lots > room:
        raise BadValue(
            f"price_max {price_ticks * on.tick:f} x qty_max {qty_lots * on.lot:f} is above the largest notional "
            f"{NOTIONAL_MAX * on.quote_atom:f}; lower one of them"
        )
    return {
        "qty_min_lots": whole(qty_min, on.lot, "qty_min", "lot") if qty_min is not None else 1,
        "qty_max_lots": qty_lots,
        "price_max_ticks": price_ticks,
        "notional_min_atoms": whole(notional_min, on.quote_atom, "notional_min", "quote atom"),
        "notional_max_atoms": whole(notional_max, on.quote_atom, "notional_max", "quote atom") if notional_max else 0,
        "reference_price_ticks": reference_ticks,
        "band_ppm": narrow(whole(band, Decimal(1) / PPM, "band", "millionth"), "band"),
        "fee_schedule": narrow(fee_schedule, "fee_schedule"),
    }


def narrow(value: int, what: str) -> int:
    """A number that must fit four bytes; what it may be is the kernel's to say."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 31) <= value < 1 << 31:
        raise BadValue(f"{what}: {value!r} is not a small whole number")
    return value
