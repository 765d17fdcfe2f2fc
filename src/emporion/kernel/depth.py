"""A book as others may see it: quantity on show at each price, best first."""

from emporion.kernel import book, prices, rings
from emporion.kernel.jit import kernel
from emporion.schema.codes import Side
from emporion.schema.state import BOOK

BUY = Side.BUY.value


@kernel
def read_depth(state, instrument_id, side, levels, out):
    """Fills `out` (messages.DEPTH) with up to `levels` prices of one side; sets its count."""
    instrument = state.instruments[instrument_id]
    trie = instrument.tries[BOOK]
    price_ticks = instrument.best_bid_ticks if side == BUY else instrument.best_ask_ticks
    out.count = 0
    while price_ticks != 0 and out.count < min(levels, len(out.rows)):
        row = out.rows[out.count]
        row.price_ticks = price_ticks
        row.qty_lots = 0
        row.orders = 0
        slot = book.head(state, trie, price_ticks)
        while slot != 0:
            order = state.orders[slot]
            shown = order.leaves_lots
            if order.extra != 0 and state.extras[order.extra].display_lots != 0:
                shown = state.extras[order.extra].shown_lots
            row.qty_lots += shown
            row.orders += 1
            slot = rings.next_in_queue(state, slot)
        out.count += 1
        price_ticks = (
            prices.below(state, trie, price_ticks) if side == BUY else prices.above(state, trie, price_ticks)
        )
