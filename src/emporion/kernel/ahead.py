"""Fetching memory ahead: while one command is worked off, the rows of the next ones are on their way.

Nearly every row a command touches lies somewhere else than the last one's, and each waits for the
one that leads to it. What the commands behind it will need is known from their rows, so it is asked
for early, a step of the way at each distance. Nothing here changes the state or an event; uncompiled
it does nothing.

What a distance has found out for the next is noted in `out.ahead`, beside the events.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from emporion.kernel import bits, book, index, prices, rings
from emporion.kernel.jit import COMPILED, hot, seldom
from emporion.kernel.tables import ACCOUNTS, ORDERS, SLOT_MASK
from emporion.schema.codes import Command, Side
from emporion.schema.limits import AHEAD_ROWS, BATCH_ROWS
from emporion.schema.state import BOOK

# Commands ahead. A batch is looked at as a ring: at its end the rows of its beginning are fetched in vain.
FIRST, SECOND, THIRD, FOURTH = 16, 12, 8, 4
CLOSE = 6
LARGE_ROWS = 65_536  # Orders and accounts whose rows a processor can no longer keep close.
PLACE = Command.PLACE.value
BUY = Side.BUY.value
assert AHEAD_ROWS >= FIRST

if COMPILED:

    @intrinsic
    def _fetch(context, record, offset):
        """Asks for the cache line `offset` bytes into a record."""

        def build(ctx, builder, signature, args):
            byte = ir.IntType(8).as_pointer()
            _prefetch(builder, builder.gep(builder.bitcast(args[0], byte), [args[1]]))
            return ctx.get_dummy_value()

        return types.none(record, types.int64), build

    @intrinsic
    def _fetch_word(context, words, place):
        """Asks for the cache line of one of a table's words."""

        def build(ctx, builder, signature, args):
            array = ctx.make_array(signature.args[0])(ctx, builder, args[0])
            _prefetch(builder, builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(8).as_pointer()))
            return ctx.get_dummy_value()

        return types.none(words, types.int64), build

    def _prefetch(builder, address):
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(prefetch, [address, word(0), word(3), word(1)])  # To read, to stay, data.

else:

    def _fetch(record, offset):
        pass

    def _fetch_word(words, place):
        pass


@hot
def is_large(state):
    return state.tables[ORDERS].high_water + state.tables[ACCOUNTS].high_water > LARGE_ROWS


@hot
def look(state, rows, place, is_large, out):
    """Asks for what the commands behind `place` will need: in a small venue only for the orders they name."""
    if not COMPILED:
        return
    command = rows.rows[(place + SECOND) & (BATCH_ROWS - 1)]
    if (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0:
        _client_ids(state, command, place, out)
    if is_large:
        _first(state, rows.rows[(place + FIRST) & (BATCH_ROWS - 1)])
        _second(state, rows.rows[(place + SECOND) & (BATCH_ROWS - 1)], _notes(out, place + SECOND))
        _third(state, rows.rows[(place + THIRD) & (BATCH_ROWS - 1)], _notes(out, place + THIRD))
        _fourth(state, _notes(out, place + FOURTH))
    else:
        _order(state, rows.rows[(place + CLOSE) & (BATCH_ROWS - 1)].order_id & SLOT_MASK)


@hot
def _notes(out, place):
    return out.ahead[place & (AHEAD_ROWS - 1)]


@hot
def _order(state, slot):
    if slot < len(state.orders):
        order = state.orders[slot]
        _fetch(order, 0)
        _fetch(order, 64)


@hot
def _is_row(number, rows):
    return number > 0 and number < rows


@hot
def _first(state, command):
    """What the command names: an order; or an account and an instrument."""
    if command.kind == PLACE:
        account_id, instrument_id = np.int64(command.account_id), np.int64(command.instrument_id)
        if _is_row(account_id, len(state.accounts)) & _is_row(instrument_id, len(state.instruments)):
            instrument = state.instruments[instrument_id]
            _fetch(instrument, 0)
            _fetch(instrument, 64)
            _fetch(instrument, 128)
            _fetch(state.accounts[account_id], 0)
            _fetch(rings.listed(state, -account_id), 0)
        return
    slot = command.order_id & SLOT_MASK
    if slot < len(state.orders):
        _order(state, slot)
        _fetch(rings.queued(state, slot), 0)
        _fetch(rings.listed(state, slot), 0)


@hot
def _second(state, command, notes):
    """An order's neighbours and its balance; of a new one, where its account's balances are found."""
    notes.home = -1
    notes.met = 0
    if command.kind == PLACE:
        account_id, instrument_id = np.int64(command.account_id), np.int64(command.instrument_id)
        if _is_row(account_id, len(state.accounts)) & _is_row(instrument_id, len(state.instruments)):
            instrument = state.instruments[instrument_id]
            home = index.home_of_balance(state, account_id, instrument.base_asset_id)
            _fetch_word(state.balance_index, home)
            notes.home = home
            if command.side == BUY:
                home = index.home_of_balance(state, account_id, instrument.quote_asset_id)
                _fetch(state.balances[index.likely_balance(state, home)], 0)
            _fetch(rings.listed(state, rings.newest_in_list(state, account_id)), 0)
        return
    slot = command.order_id & SLOT_MASK
    if slot < len(state.orders):
        order = state.orders[slot]
        quote, base = order.quote_balance, order.base_balance
        _fetch(state.balances[quote if order.side == BUY else base], 0)
        links = rings.queued(state, slot)
        _fetch(rings.queued(state, links.older ^ slot), 0)
        _fetch(rings.queued(state, links.newer ^ slot), 0)
        links = rings.listed(state, slot)
        _fetch(rings.listed(state, links.older ^ slot), 0)
        _fetch(rings.listed(state, links.newer ^ slot), 0)
        _fetch(state.leaves[order.level >> bits.DIGIT_BITS], 0)


@hot
def _third(state, command, notes):
    """Of a new order: a seller's balance, and its place in the book or the order it meets."""
    instrument_id = np.int64(command.instrument_id)
    # Notes may be of another row than this one: of a batch before, or where data rows let the place leap.
    if notes.home < 0 or not _is_row(instrument_id, len(state.instruments)):
        return
    if command.side != BUY:
        _fetch(state.balances[index.likely_balance(state, notes.home)], 0)
    instrument = state.instruments[instrument_id]
    if book.crosses(instrument, command.side, command.price_ticks):
        best = book.best_opposite(instrument, command.side)
        level = prices.likely_level(state, instrument.tries[BOOK], best)
        slot = rings.first_in_queue(state, level) if level > 0 else np.int64(0)
        if slot > 0:
            _order(state, slot)
            _fetch(rings.queued(state, slot), 0)
            _fetch(rings.listed(state, slot), 0)
            notes.met = slot
    else:
        level = prices.likely_level(state, instrument.tries[BOOK], command.price_ticks)
        if level > 0:
            _fetch(rings.queued(state, -level), 0)
            _fetch(state.leaves[level >> bits.DIGIT_BITS], 0)


@hot
def _fourth(state, notes):
    """Of the order that a new one meets: whose it is and what it is paid from."""
    slot = notes.met
    if slot > 0:
        order = state.orders[slot]
        _fetch(state.balances[order.base_balance], 0)
        _fetch(state.balances[order.quote_balance], 0)
        links = rings.listed(state, slot)
        _fetch(rings.listed(state, links.older ^ slot), 0)
        _fetch(rings.listed(state, links.newer ^ slot), 0)


@seldom
def _client_ids(state, command, place, out):
    """Where an id is found; nearer, its row; nearer still, the order that it names."""
    home = index.home_of_client_id(state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo)
    _fetch_word(state.client_id_index, home)
    _notes(out, place + SECOND).client_id_home = home
    notes = _notes(out, place + THIRD)
    notes.client_id = index.likely_client_id(state, notes.client_id_home)
    _fetch(state.client_ids[notes.client_id], 0)
    notes = _notes(out, place + FOURTH)
    _order(state, state.client_ids[notes.client_id].order_id & SLOT_MASK)
