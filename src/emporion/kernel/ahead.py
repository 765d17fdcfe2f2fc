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
from emporion.kernel.tables import ACCOUNTS, CLIENT_IDS, ORDERS, SLOT_MASK
from emporion.schema.codes import Command, Side
from emporion.schema.limits import AHEAD_ROWS, BATCH_ROWS
from emporion.schema.state import BOOK, NODE

# Commands ahead. A batch is looked at as a ring: at its end the rows of its beginning are fetched in vain.
FIRST, SECOND, THIRD, FOURTH = 16, 11, 7, 4
CLOSE, CLOSER = 6, 3
CHILD_BYTES = NODE.fields["child"][1]  # Where a node's children begin.
SMALL, MIDDLE, LARGE, WITH_IDS = 0, 1, 2, 4
MIDDLE_ROWS = 4_096  # Orders and accounts whose rows no longer fit into a processor's closest cache,
LARGE_ROWS = 65_536  # and those that it cannot keep close at all.
PLACE = Command.PLACE.value
BUY = Side.BUY.value
assert AHEAD_ROWS >= FIRST

if COMPILED:

    @intrinsic
    def _fetch(context, table, number, offset):
        """Asks for the cache line `offset` bytes into a row of a table, or of a word. Nothing is read, so a
        number beyond the table does no harm and is not looked for."""

        def build(ctx, builder, signature, args):
            byte = ir.IntType(8).as_pointer()
            array = ctx.make_array(signature.args[0])(ctx, builder, args[0])
            row = builder.bitcast(builder.gep(array.data, [args[1]]), byte)
            _prefetch(builder, builder.gep(row, [args[2]]))
            return ctx.get_dummy_value()

        return types.none(table, types.int64, types.int64), build

    def _prefetch(builder, address):
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(prefetch, [address, word(0), word(3), word(1)])  # To read, to stay, data.

else:

    def _fetch(table, number, offset):
        pass


@hot
def size(state):
    """How much is worth asking for: CHILD_BYTES = NODE.fields["child"][1]  # Where a node's children begin.
SMALL, MIDDLE or LARGE, and WITH_IDS where clients name their orders."""
    rows = state.tables[ORDERS].high_water + state.tables[ACCOUNTS].high_water
    by_rows = (1 if rows > MIDDLE_ROWS else 0) + (1 if rows > LARGE_ROWS else 0)
    return by_rows | (WITH_IDS if state.tables[CLIENT_IDS].live > 0 else 0)


@hot
def look(state, rows, place, size, out):
    """Asks for what the commands behind `place` will need: in a small venue only for the orders they name."""
    if not COMPILED:
        return
    command = rows.rows[(place + CLOSE) & (BATCH_ROWS - 1)]
    if size & WITH_IDS != 0 and (command.cl_ord_id_hi | command.cl_ord_id_lo) != 0:
        _client_ids(state, rows, place, out)
    if size & LARGE != 0:
        _first(state, rows.rows[(place + FIRST) & (BATCH_ROWS - 1)])
        _second(state, rows.rows[(place + SECOND) & (BATCH_ROWS - 1)], _notes(out, place + SECOND))
        _third(state, rows.rows[(place + THIRD) & (BATCH_ROWS - 1)], _notes(out, place + THIRD))
        _fourth(state, rows.rows[(place + FOURTH) & (BATCH_ROWS - 1)], _notes(out, place + FOURTH))
        return
    slot = command.order_id & SLOT_MASK
    _order(state, slot)
    if size & MIDDLE != 0:
        account_id = np.int64(command.account_id)
        _fetch(state.accounts, account_id, 0)
        _queued(state, slot)
        _listed(state, slot)
        _listed(state, -account_id)
        _balances(state, rows.rows[(place + CLOSER) & (BATCH_ROWS - 1)])


@hot
def _balances(state, command):
    """What an order is paid from is, most often, among the first balances of its account: whatever its kind."""
    account = state.accounts[_account(state, command)]
    _fetch(state.balances, np.int64(account.first_balance), 0)
    _fetch(state.balances, np.int64(account.second_balance), 0)


@hot
def _notes(out, place):
    return out.ahead[place & (AHEAD_ROWS - 1)]


@hot
def fetch_next(state, slot):
    """The order behind one that is met: it may be met next. At the end of a queue it is nobody's row."""
    if COMPILED:
        behind = rings.queued(state, slot).newer ^ slot
        _order(state, behind)
        _queued(state, behind)
        _listed(state, behind)


@hot
def _order(state, slot):
    _fetch(state.orders, slot, 0)
    _fetch(state.orders, slot, 64)


@hot
def _queued(state, name):
    _fetch(state.queue_links, rings.queue_place(state, name), 0)


@hot
def _listed(state, name):
    _fetch(state.list_links, rings.list_place(state, name), 0)


@hot
def _way(state, trie, price_ticks):
    """The first step from the root of a book to a price."""
    shift = bits.DIGIT_BITS * (np.int64(trie.height) - 1)
    digit = (price_ticks - trie.anchor_ticks + prices.CENTER) >> shift & prices.DIGIT_MASK
    _fetch(state.nodes, np.int64(trie.root), CHILD_BYTES + 4 * digit)


@hot
def _is_row(number, rows):
    return (number > 0) & (number < rows)


@hot
def _first(state, command):
    """What the command names: an order; or an account and an instrument."""
    if command.kind == PLACE:
        account_id, instrument_id = np.int64(command.account_id), np.int64(command.instrument_id)
        if _is_row(account_id, len(state.accounts)) & _is_row(instrument_id, len(state.instruments)):
            _fetch(state.instruments, instrument_id, 0)
            _fetch(state.instruments, instrument_id, 64)
            _fetch(state.instruments, instrument_id, 128)
            _fetch(state.accounts, account_id, 0)
            _listed(state, -account_id)
        return
    slot = command.order_id & SLOT_MASK
    if slot < len(state.orders):
        _order(state, slot)
        _queued(state, slot)
        _listed(state, slot)


@hot
def _second(state, command, notes):
    """An order's neighbours and its balance; of a new one, where its account's balances are found."""
    notes.home = -1
    notes.met = 0
    if command.kind == PLACE:
        account_id, instrument_id = np.int64(command.account_id), np.int64(command.instrument_id)
        if _is_row(account_id, len(state.accounts)) & _is_row(instrument_id, len(state.instruments)):
            instrument = state.instruments[instrument_id]
            _way(state, instrument.tries[BOOK], command.price_ticks)
            home = index.home_of_balance(state, account_id, instrument.base_asset_id)
            _fetch(state.balance_index, home, 0)
            notes.home = home
            if command.side == BUY:
                _fetch(state.balances, index.noted_balance(state.accounts[account_id], instrument.quote_asset_id), 0)
            _listed(state, rings.newest_in_list(state, account_id))
        return
    slot = command.order_id & SLOT_MASK
    if slot < len(state.orders):
        order = state.orders[slot]
        quote, base = order.quote_balance, order.base_balance
        _fetch(state.balances, quote if order.side == BUY else base, 0)
        links = rings.queued(state, slot)
        _queued(state, links.older ^ slot)
        _queued(state, links.newer ^ slot)
        links = rings.listed(state, slot)
        _listed(state, links.older ^ slot)
        _listed(state, links.newer ^ slot)
        _fetch(state.leaves, order.level >> bits.DIGIT_BITS, 0)


@hot
def _third(state, command, notes):
    """Of a new order: the next look for its balance, and its place in the book or the order it meets."""
    instrument_id = np.int64(command.instrument_id)
    # Notes may be of another row than this one: of a batch before, or where data rows let the place leap.
    if notes.home < 0 or not _is_row(instrument_id, len(state.instruments)):
        return
    instrument = state.instruments[instrument_id]
    home = index.next_look(state, command.account_id, instrument.base_asset_id, notes.home)
    _fetch(state.balance_index, home, 0)
    notes.home = home
    if book.crosses(instrument, command.side, command.price_ticks):
        best = book.best_opposite(instrument, command.side)
        level = prices.likely_level(state, instrument.tries[BOOK], best)
        slot = rings.first_in_queue(state, level) if level > 0 else np.int64(0)
        if slot > 0:
            _order(state, slot)
            _queued(state, slot)
            _listed(state, slot)
            notes.met = slot
    else:
        level = prices.likely_level(state, instrument.tries[BOOK], command.price_ticks)
        if level > 0:
            notes.met = -level
            _queued(state, -level)
            _fetch(state.leaves, level >> bits.DIGIT_BITS, 0)


@hot
def _fourth(state, command, notes):
    """Of a new order: its base, unless it buys and rests; behind whom it rests; or what pays for the one it meets."""
    slot = notes.met
    if notes.home >= 0 and (command.side != BUY or slot > 0):
        _fetch(state.balances, index.likely_balance(state, notes.home), 0)
    if slot > 0:
        order = state.orders[slot]
        _fetch(state.balances, order.base_balance, 0)
        _fetch(state.balances, order.quote_balance, 0)
        links = rings.listed(state, slot)
        _listed(state, links.older ^ slot)
        _listed(state, links.newer ^ slot)
    elif slot < 0:
        _queued(state, rings.queued(state, slot).older ^ slot)


@seldom
def _client_ids(state, rows, place, out):
    """Where an id is found; nearer, its row; nearer still, the order that it names.

    And what goes when an id of the account is remembered that has ended: the oldest that is, with its place
    and its neighbours.
    """
    command = rows.rows[(place + SECOND) & (BATCH_ROWS - 1)]
    home = index.home_of_client_id(state, command.account_id, command.cl_ord_id_hi, command.cl_ord_id_lo)
    _fetch(state.client_id_index, home, 0)
    _fetch(state.accounts, np.int64(command.account_id), 0)
    _notes(out, place + SECOND).client_id_home = home

    command = rows.rows[(place + THIRD) & (BATCH_ROWS - 1)]
    notes = _notes(out, place + THIRD)
    notes.client_id = index.likely_client_id(state, notes.client_id_home)
    _fetch(state.client_ids, notes.client_id, 0)
    account = state.accounts[_account(state, command)]
    _fetch(state.client_ids, np.int64(account.oldest_client_id), 0)
    _fetch(state.client_ids, np.int64(account.newest_client_id), 0)

    command = rows.rows[(place + FOURTH) & (BATCH_ROWS - 1)]
    notes = _notes(out, place + FOURTH)
    _order(state, state.client_ids[notes.client_id].order_id & SLOT_MASK)
    oldest = state.client_ids[state.accounts[_account(state, command)].oldest_client_id]
    home = index.home_of_client_id(state, oldest.account_id, oldest.cl_ord_id_hi, oldest.cl_ord_id_lo)
    _fetch(state.client_id_index, home, 0)
    _fetch(state.client_ids, np.int64(oldest.global_newer), 0)
    _fetch(state.client_ids, np.int64(oldest.global_older), 0)


@hot
def _account(state, command):
    """The account that a row names; nobody where there is none of that number."""
    account_id = np.int64(command.account_id)
    return bits.either(_is_row(account_id, len(state.accounts)), account_id, 0)
