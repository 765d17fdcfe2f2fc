"""Delivery orders give way when a balance they hold of is below zero. Rule N-5."""

import numpy as np

from emporion.kernel import book, rings
from emporion.kernel.jit import kernel, seldom
from emporion.schema.codes import Event, Reject, Side
from emporion.schema.limits import PAGE_HOLDINGS

CANCELED = Event.CANCELED.value
BY_LOAN = Reject.BY_LOAN.value
BUY = Side.BUY.value


@kernel
def relieve(state, m, out):
    """Cancels orders that hold of an asset the account owes, newest first, as far as the command may still look."""
    if state.margins[m].orders == 0:
        return
    page = np.int64(state.margins[m].first_page)
    while page != 0:
        row = state.holding_pages[page]
        after = np.int64(row.next_page)
        for place in range(PAGE_HOLDINGS):
            holding = row.holdings[place]
            if holding.asset_id != 0:
                balance = state.balances[holding.balance]
                if balance.free_atoms < 0 and balance.order_held_atoms > 0:
                    _cancel(state, np.int64(holding.balance), out)
        page = after


@seldom
def _cancel(state, balance_slot, out):
    balance = state.balances[balance_slot]
    slot = rings.newest_in_list(state, balance.account_id)
    while slot != 0 and balance.free_atoms < 0 and balance.order_held_atoms > 0 and out.looks_left > 0:
        out.looks_left -= 1
        order = state.orders[slot]
        held_of = order.quote_balance if order.side == BUY else order.base_balance
        if held_of == balance_slot and order.hold_atoms > 0:
            older = book.older_that_stays(state, slot)
            before = out.count
            book.cancel(state, slot, CANCELED, BY_LOAN, out)
            out.looks_left -= out.count - before - 1  # What goes with the order has been looked at too.
            slot = older
        else:
            slot = rings.next_in_list(state, slot)
