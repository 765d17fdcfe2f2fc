"""The row of a new order, as its command, its account and its fees have it."""

from emporion.kernel import words
from emporion.kernel.jit import hot
from emporion.kernel.tables import take_order

_price_and_leaves = words.copier("price_ticks leaves_lots", "price_ticks qty_lots")
_party = words.copier("account_id instrument_id", "account_id instrument_id")
_terms = words.copier("side tif flags stp", "side tif flags stp")
_rates = words.copier("maker_ppm taker_ppm", "maker_ppm taker_ppm")


@hot
def take(state, command, account, fees, base, quote):
    """Slot of the new order; it holds nothing yet, and nobody has been told of it.

    Args:
        base, quote: what it delivers and pays from: rows in balances; of a contract the ref of its holding, or 0, and
            the balance that it settles in.
    """
    slot = take_order(state)
    order = state.orders[slot]
    _price_and_leaves(order, command)
    order.qty_lots = command.qty_lots
    _party(order, command)
    order.owner_id = account.master_id
    _terms(order, command)
    order.entry_seq = state.seq
    _rates(order, fees)
    order.base_balance = base
    order.quote_balance = quote
    return slot
