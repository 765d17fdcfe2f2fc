"""Writing events. Every field of a row is written every time: rows are used again."""

import numpy as np

from emporion.kernel import words
from emporion.kernel.jit import kernel
from emporion.schema.codes import Event, FillFlag, Reject, Side

ACCEPTED = Event.ACCEPTED.value
REPLACED = Event.REPLACED.value
CANCELED = Event.CANCELED.value
NONE = Reject.NONE.value

_what = words.writer("kind side reason flags")
_price_and_qty = words.copier("price_ticks qty_lots", "price_ticks qty_lots")
_price_and_leaves = words.copier("price_ticks qty_lots", "price_ticks leaves_lots")
_party = words.copier("account_id instrument_id", "account_id instrument_id")


@kernel
def accepted(out, seq, command, order_id, qty_lots, held_atoms, asset_id, side, flags):
    """ACCEPTED, of the order as its command has it."""
    row = out.rows[out.count]
    out.count += 1
    row.seq = seq
    row.order_id = order_id
    _price_and_qty(row, command)
    row.leaves_lots = qty_lots
    row.amount_atoms = held_atoms
    _party(row, command)
    row.asset_id = asset_id
    _what(row, ACCEPTED, side, NONE, flags)


@kernel
def replaced(out, seq, order, command, leaves_lots, held_atoms, asset_id, side):
    """REPLACED, of an order as its command wants it."""
    row = out.rows[out.count]
    out.count += 1
    row.seq = seq
    row.order_id = order.order_id
    _price_and_qty(row, command)
    row.leaves_lots = leaves_lots
    row.amount_atoms = held_atoms
    _party(row, order)
    row.asset_id = asset_id
    _what(row, REPLACED, side, NONE, 0)


@kernel
def canceled(out, seq, order, held_atoms, asset_id, side, reason):
    """CANCELED, of an order that rests."""
    row = out.rows[out.count]
    out.count += 1
    row.seq = seq
    row.order_id = order.order_id
    _price_and_leaves(row, order)
    row.leaves_lots = 0
    row.amount_atoms = held_atoms
    _party(row, order)
    row.asset_id = asset_id
    _what(row, CANCELED, side, reason, 0)


@kernel
def event(
    out, seq, kind, order_id, price_ticks, qty_lots, leaves_lots, amount_atoms, account_id, instrument_id, asset_id,
    side, reason, flags,
):  # fmt: skip
    row = out.rows[out.count]
    out.count += 1
    row.seq = seq
    row.order_id = order_id
    row.price_ticks = price_ticks
    row.qty_lots = qty_lots
    row.leaves_lots = leaves_lots
    row.amount_atoms = amount_atoms
    row.account_id = account_id
    row.instrument_id = instrument_id
    row.asset_id = asset_id
    _what(row, kind, side, reason, flags)


@kernel
def of_order(state, out, kind, order, price_ticks, qty_lots, amount_atoms, asset_id, reason, flags):
    """An event about an order, with what all of them carry."""
    event(
        out, state.seq, kind, order.order_id, price_ticks, qty_lots, order.leaves_lots, amount_atoms,
        order.account_id, order.instrument_id, asset_id, order.side, reason, flags,
    )  # fmt: skip


@kernel
def rejected(state, out, reason, order_id, account_id, instrument_id, asset_id, flags):
    event(
        out, state.seq, Event.REJECTED, order_id, 0, 0, 0, 0, account_id, instrument_id, asset_id, 0, reason, flags
    )  # fmt: skip


@kernel
def filled(state, out, order, price_ticks, lots, fee_atoms, quote_asset_id, flag):
    of_order(
        state, out, Event.FILLED, order, price_ticks, lots, fee_atoms, quote_asset_id, Reject.NONE.value, flag
    )  # fmt: skip


@kernel
def ended(state, out, kind, order, reason):
    """CANCELED or EXPIRED: what was open, and the hold that goes back. Rule O-8."""
    instrument = state.instruments[order.instrument_id]
    event(
        out, state.seq, kind, order.order_id, order.price_ticks, order.leaves_lots, 0, order.hold_atoms,
        order.account_id, order.instrument_id, held_asset(instrument, order.side), order.side, reason, 0,
    )  # fmt: skip


@kernel
def held_asset(instrument, side):
    """What an order of this side holds; of a contract, whose orders hold nothing, what it settles in."""
    if side == Side.BUY or instrument.contract != 0:
        return np.int64(instrument.quote_asset_id)
    return np.int64(instrument.base_asset_id)


@kernel
def of_ledger(state, out, kind, hold_id, account_id, asset_id, amount_atoms):
    event(out, state.seq, kind, hold_id, 0, 0, 0, amount_atoms, account_id, 0, asset_id, 0, 0, 0)


@kernel
def of_operator(state, out, kind, account_id, instrument_id, asset_id, amount_atoms, side, flags):
    event(out, state.seq, kind, 0, 0, 0, 0, amount_atoms, account_id, instrument_id, asset_id, side, 0, flags)


MAKER = FillFlag.MAKER.value
TAKER = FillFlag.TAKER.value
