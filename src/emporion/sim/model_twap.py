"""Quantities that the venue trades in slices over a time: docs/rules/twap.md."""

from types import SimpleNamespace

from emporion.schema.codes import Event, InstrumentStatus, Limit, OrderFlag, OrderStatus, Reject, Side, Stp, Tif
from emporion.schema.limits import PPM, QTY_MAX, TS_MAX, TWAP_INTERVAL_MIN_NS, TWAP_SLICES_MAX
from emporion.sim.model_match import meets, opposite
from emporion.sim.model_orders import NO_EXTRA, admit, enter_order, known_trader
from emporion.sim.model_positions import is_being_liquidated
from emporion.sim.model_records import Instrument, Twap
from emporion.sim.model_state import Refusal, Venue, ceil_div, require
from emporion.sim.model_triggers import look_at

Row = SimpleNamespace
CATCH_UP = 3  # Slices in one, at most.


def place_twap(venue: Venue, row: Row, data: list[Row]) -> None:
    """X-1."""
    duration, interval, slippage = data[0].duration_ns, data[0].interval_ns, data[0].slippage_ppm
    require(row.side in tuple(Side), Reject.BAD_SIDE)
    require(row.tif == Tif.IOC, Reject.BAD_TIF)
    require(row.stp in tuple(Stp), Reject.BAD_STP)
    require(row.flags in (0, OrderFlag.REDUCE_ONLY), Reject.BAD_FLAGS)
    require(interval >= TWAP_INTERVAL_MIN_NS, Reject.BAD_VALUE)
    require(duration >= 1 and venue.now + duration <= TS_MAX, Reject.BAD_VALUE)
    slices = ceil_div(duration, interval)
    require(slices <= TWAP_SLICES_MAX and 0 <= slippage <= PPM, Reject.BAD_VALUE)

    account = known_trader(venue, row.account_id)
    key = (row.account_id, row.cl_ord_id_hi, row.cl_ord_id_lo)
    venue.refuse_duplicate(key)
    require(not account.is_frozen and not is_being_liquidated(venue, row.account_id), Reject.ACCOUNT_FROZEN)
    require(row.instrument_id in venue.instruments, Reject.UNKNOWN_INSTRUMENT)
    instrument = venue.instruments[row.instrument_id]
    is_contract = row.instrument_id in venue.contracts
    require(instrument.status not in (InstrumentStatus.HALTED, InstrumentStatus.CLOSED), Reject.BAD_STATUS)
    require(not is_contract or row.account_id in venue.margins, Reject.NOT_A_MARGIN_ACCOUNT)
    require(is_contract or row.flags == 0, Reject.BAD_COMBINATION)
    require(row.qty_lots > 0, Reject.BAD_QTY)
    require(row.qty_lots // slices >= instrument.qty_min, Reject.QTY_TOO_SMALL)
    piece = ceil_div(row.qty_lots, slices)
    require(row.qty_lots <= QTY_MAX and piece <= instrument.qty_max, Reject.QTY_TOO_LARGE)
    require(row.price_ticks >= 0, Reject.BAD_PRICE)
    require(row.price_ticks <= instrument.price_max, Reject.PRICE_TOO_HIGH)
    require(venue.twap_slots.has_room(venue.limits[Limit.TWAPS]), Reject.TABLE_FULL)
    require(venue.has_deadline_room(), Reject.TABLE_FULL)
    require(key[1:] == (0, 0) or venue.has_client_id_room(), Reject.TABLE_FULL)

    twap = Twap(
        venue.twap_slots.take(), row.account_id, row.instrument_id, row.side, row.qty_lots, row.price_ticks,
        row.flags, row.stp, venue.now, duration, interval, slippage, slices, piece,
        due_ns=venue.now, due_seq=venue.seq,
    )  # fmt: skip
    venue.twaps[twap.twap_id] = twap
    if key[1:] != (0, 0):
        venue.record_client_id(key, twap.twap_id)
        venue.end_client_id(key, OrderStatus.FILLED)
    report(venue, Event.TWAP_STARTED, twap, flags=twap.flags)


def cancel_twap(venue: Venue, row: Row, data: list[Row]) -> None:
    """X-4."""
    known_trader(venue, row.account_id)
    twap = venue.twaps.get(row.order_id)
    require(twap is not None and twap.account_id == row.account_id, Reject.UNKNOWN_ORDER)
    assert twap is not None
    end(venue, twap, Reject.BY_OWNER)


def end(venue: Venue, twap: Twap, reason: Reject) -> None:
    del venue.twaps[twap.twap_id]
    venue.twap_slots.give_back(twap.twap_id)
    report(venue, Event.TWAP_ENDED, twap, reason=reason)


def report(venue: Venue, kind: Event, twap: Twap, **fields: int) -> None:
    venue.emit(
        kind, order_id=twap.twap_id, price_ticks=twap.price, qty_lots=twap.qty, leaves_lots=twap.qty - twap.done,
        account_id=twap.account_id, instrument_id=twap.instrument_id, side=twap.side, **fields,
    )  # fmt: skip


# --- Slices ------------------------------------------------------------------------------------------


def on_deadline(venue: Venue, twap: Twap) -> None:
    """X-2."""
    instrument = venue.instruments[twap.instrument_id]
    if venue.accounts[twap.account_id].is_frozen:
        end(venue, twap, Reject.BY_ACCOUNT_FREEZE)
        return
    if is_being_liquidated(venue, twap.account_id):
        end(venue, twap, Reject.BY_LIQUIDATION)
        return
    if instrument.status == InstrumentStatus.CLOSED:
        end(venue, twap, Reject.BY_CLOSE)
        return
    ends_at = twap.start_ns + twap.duration_ns
    passed = min((venue.now - twap.start_ns) // twap.interval_ns, twap.slices - 1)
    wanted = twap.qty if venue.now >= ends_at else twap.qty * (passed + 1) // twap.slices
    lots = min(wanted - twap.done, CATCH_UP * twap.piece, instrument.qty_max)
    if lots >= instrument.qty_min:
        slice_off(venue, twap, instrument, lots)
    if twap.done == twap.qty:
        end(venue, twap, Reject.NONE)
    elif venue.now >= ends_at:
        end(venue, twap, Reject.IOC_REMAINDER)
    else:
        twap.due_ns = min(twap.start_ns + (passed + 1) * twap.interval_ns, ends_at)
        twap.due_seq = venue.seq


def slice_off(venue: Venue, twap: Twap, instrument: Instrument, lots: int) -> None:
    """X-3."""
    limit = limit_of(twap, instrument)
    if not meets(twap.side, limit, instrument.best(opposite(twap.side))):
        report_refused(venue, twap, 0, lots, Reject.NO_LIQUIDITY)
        return
    row = Row(
        account_id=twap.account_id, instrument_id=twap.instrument_id, side=twap.side, tif=Tif.IOC, flags=twap.flags,
        stp=twap.stp, cl_ord_id_hi=0, cl_ord_id_lo=0, qty_lots=lots, price_ticks=limit,
    )  # fmt: skip
    try:
        order, _ = admit(venue, row, NO_EXTRA)
    except Refusal as refusal:
        report_refused(venue, twap, limit, lots, refusal.reason)
        return
    enter_order(venue, order, twap_id=twap.twap_id)
    twap.done += order.done
    look_at(venue, instrument)


def limit_of(twap: Twap, instrument: Instrument) -> int:
    """0 when there is nobody to trade with."""
    best = instrument.best(opposite(twap.side))
    if best == 0:
        return 0
    away = best * twap.slippage_ppm // PPM
    middle = instrument.last_price or instrument.reference
    width = middle * instrument.band_ppm // PPM
    if twap.side == Side.BUY:
        bounds = [best + away, instrument.price_max]
        bounds += [twap.price] if twap.price else []
        return min(bounds + ([middle + width] if width else []))
    bounds = [best - away, 1, twap.price]
    return max(bounds + ([middle - width] if width else []))


def report_refused(venue: Venue, twap: Twap, limit: int, lots: int, reason: Reject) -> None:
    venue.emit(
        Event.TWAP_SLICED, price_ticks=limit, qty_lots=lots, amount_atoms=twap.twap_id, account_id=twap.account_id,
        instrument_id=twap.instrument_id, side=twap.side, reason=reason,
    )  # fmt: skip
