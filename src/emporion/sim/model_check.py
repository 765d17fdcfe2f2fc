"""Is the model's own state sound? Each check is one sentence of the rules."""

from emporion.schema.codes import InstrumentStatus, Side
from emporion.schema.limits import SYSTEM_ACCOUNTS
from emporion.sim.model_state import Order, Venue


def problems(venue: Venue) -> list[str]:
    return [*money(venue), *holds(venue), *queues(venue), *client_ids(venue)]


def money(venue: Venue) -> list[str]:
    """Every asset sums to zero, and only system accounts owe."""
    found = []
    for asset_id in venue.assets:
        total = sum(balance.total for (_, asset), balance in venue.balances.items() if asset == asset_id)
        if total:
            found.append(f"asset {asset_id} sums to {total}")
    for (account_id, asset_id), balance in venue.balances.items():
        is_system = account_id <= SYSTEM_ACCOUNTS
        if (balance.free < 0 and not is_system) or balance.order_held < 0 or balance.other_held < 0:
            found.append(f"account {account_id}, asset {asset_id}: {balance}")
    return found


def holds(venue: Venue) -> list[str]:
    """Nothing is locked without an order or a hold to point at."""
    found = []
    for (account_id, asset_id), balance in venue.balances.items():
        by_orders = sum(
            order.hold
            for order in venue.orders.values()
            if order.account_id == account_id
            and venue.instruments[order.instrument_id].held_asset(order.side) == asset_id
        )
        by_name = sum(
            hold.amount for hold in venue.holds.values() if (hold.account_id, hold.asset_id) == (account_id, asset_id)
        )
        if (by_orders, by_name) != (balance.order_held, balance.other_held):
            found.append(f"account {account_id}, asset {asset_id}: {balance}, but {by_orders} and {by_name} are held")
    return found


def queues(venue: Venue) -> list[str]:
    """Every open order stands in one queue, with something left and something held; no book is crossed."""
    found = []
    for order in venue.orders.values():
        if not venue.is_queued(order):
            found.append(f"order {order.order_id} stands nowhere")
        if not 0 < order.leaves <= order.qty or order.hold <= 0:
            found.append(f"order {order.order_id}: {order}")
        if order.display and not order.is_waiting and not 0 < order.shown <= min(order.display, order.leaves):
            found.append(f"order {order.order_id} shows {order.shown} of {order.leaves}")
        if order.side == Side.BUY and order.hold > venue.entry_hold(order, order.leaves):
            found.append(f"order {order.order_id} holds too much: {order.hold}")
        if order.side == Side.SELL and order.hold != venue.entry_hold(order, order.leaves):
            found.append(f"order {order.order_id} holds {order.hold}")
    for instrument in venue.instruments.values():
        standing: list[Order] = []
        for place in (instrument.book, instrument.stops):
            for side in (Side.BUY, Side.SELL):
                standing += [order for queue in place[side].values() for order in queue]
        if any(venue.orders.get(order.order_id) is not order for order in standing):
            found.append(f"instrument {instrument.instrument_id}: an ended order still stands")
        bid, ask = instrument.best(Side.BUY), instrument.best(Side.SELL)
        if bid and ask and bid >= ask:
            found.append(f"instrument {instrument.instrument_id} is crossed: {bid} >= {ask}")
        if instrument.instrument_id in venue.stop_queue and instrument.status != InstrumentStatus.OPEN:
            found.append(f"instrument {instrument.instrument_id} is queued and not OPEN")
    return found


def client_ids(venue: Venue) -> list[str]:
    """An id is open exactly while its order is, and ended ones are in the order they ended."""
    found = []
    open_keys = {order.client_key: order.order_id for order in venue.orders.values() if order.client_key}
    for key, entry in venue.client_ids.items():
        if (entry.ended_ns < 0) != (open_keys.get(key) == entry.order_id and key in open_keys):
            found.append(f"client id {key} is {entry}")
    if {id(entry) for entry in venue.ended_ids} != {
        id(entry) for entry in venue.client_ids.values() if entry.ended_ns >= 0
    }:
        found.append("the queue of ended client ids is not what has ended")
    times = [entry.ended_ns for entry in venue.ended_ids]
    if times != sorted(times):
        found.append("the queue of ended client ids is out of order")
    return found
