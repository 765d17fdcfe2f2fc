"""Is the model's own state sound? Each check is one sentence of the rules."""

from emporion.schema.codes import InstrumentStatus, LiquidationStage, OrderFlag, Side
from emporion.schema.limits import CLEARING_ACCOUNT, SYSTEM_ACCOUNTS
from emporion.sim.model_margin import free_exposures
from emporion.sim.model_records import Order
from emporion.sim.model_state import Venue


def problems(venue: Venue) -> list[str]:
    return [*money(venue), *holds(venue), *queues(venue), *client_ids(venue), *contracts(venue), *margin(venue)]


def money(venue: Venue) -> list[str]:
    """Every asset sums to zero, and only system accounts owe."""
    found = []
    for asset_id in venue.assets:
        total = sum(balance.total for (_, asset), balance in venue.balances.items() if asset == asset_id)
        if total:
            found.append(f"asset {asset_id} sums to {total}")
    for (account_id, asset_id), balance in venue.balances.items():
        may_owe = account_id <= SYSTEM_ACCOUNTS or account_id in venue.margins
        if (balance.free < 0 and not may_owe) or balance.order_held < 0 or balance.other_held < 0:
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
        if venue.is_queued(order) == order.is_asleep:
            found.append(f"order {order.order_id} stands nowhere")
        is_contract = order.instrument_id in venue.contracts
        if not 0 < order.leaves <= order.qty or (order.hold + order.borrow > 0) == is_contract:
            found.append(f"order {order.order_id}: {order}")
        if order.display and not order.is_waiting and not 0 < order.shown <= min(order.display, order.leaves):
            found.append(f"order {order.order_id} shows {order.shown} of {order.leaves}")
        if order.side == Side.BUY and order.hold + order.borrow > venue.entry_hold(order, order.leaves):
            found.append(f"order {order.order_id} holds too much: {order.hold}")
        if order.side == Side.SELL and order.hold != venue.entry_hold(order, order.leaves):
            found.append(f"order {order.order_id} holds {order.hold}")
    for instrument in venue.instruments.values():
        standing: list[Order] = []
        for place in (*instrument.book.values(), *instrument.waits.values()):
            standing += [order for queue in place.values() for order in queue]
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


def contracts(venue: Venue) -> list[str]:
    """What positions cost is what the clearing account is owed, and no more is open than there is (S-6)."""
    found = []
    owed: dict[int, int] = {}
    for number, contract in venue.contracts.items():
        held = [each for account in venue.margins.values() if (each := account.find(number)) is not None]
        final = contract.settle_price * venue.instruments[number].atoms_per_tick_lot if contract.is_settled else 0
        if sum(each.entry - each.pos * final for each in held) + contract.clearing:
            found.append(f"contract {number}: entries and {contract.clearing} do not add up to 0")
        if sum(each.pos for each in held) and not contract.is_settled:
            found.append(f"contract {number}: positions add up to {sum(each.pos for each in held)}")
        if sum(max(each.pos, 0) for each in held) != contract.open_interest:
            found.append(f"contract {number}: open interest is not {contract.open_interest}")
        quote = venue.instruments[number].quote
        owed[quote] = owed.get(quote, 0) + contract.clearing + contract.funding
    for asset_id, atoms in owed.items():
        if venue.free(CLEARING_ACCOUNT, asset_id) != atoms:
            found.append(f"the clearing account has not {atoms} of asset {asset_id}")
    return found


def margin(venue: Venue) -> list[str]:
    """Every balance and position of a margin account has its holding, and there is room for exposures (R-4, R-5)."""
    found = []
    for account in venue.margins.values():
        assets = {asset_id for account_id, asset_id in venue.balances if account_id == account.account_id}
        held = [(each.instrument_id, each.asset_id) for each in account.holdings()]
        if len(held) != len(set(held)) or {asset_id for _, asset_id in held if asset_id} != assets:
            found.append(f"account {account.account_id}: holdings {held}, balances of {assets}")
        for order in venue.open_orders(account.account_id):
            needs = order.instrument_id in venue.contracts and not order.flags & OrderFlag.REDUCE_ONLY
            if needs and account.find(order.instrument_id) is None:
                found.append(f"order {order.order_id} has no holding")
        queued = account.account_id in venue.liquidation_queue
        if (account.stage != LiquidationStage.NONE) != (queued or account.due_ns > 0):
            found.append(f"account {account.account_id} is in stage {account.stage}, queued {queued}")
    if free_exposures(venue) < 0:
        found.append("there are more exposures than there may be")
    return found
