"""What a trade of a delivery instrument moves (M-4), and how orders of margin accounts hold and borrow (P-9)."""

from emporion.schema.codes import Side
from emporion.schema.limits import FEE_ACCOUNT
from emporion.sim.model_records import Order
from emporion.sim.model_state import Venue


def borrows(venue: Venue, order: Order) -> bool:
    """Whether an order holds what is free and borrows the rest; all others hold everything."""
    is_delivery = order.instrument_id not in venue.contracts
    return is_delivery and order.side == Side.BUY and order.account_id in venue.margins


def split(venue: Venue, order: Order, need: int) -> tuple[int, int]:
    """P-9: what of a need is held, and what borrowed, by an order that holds nothing at this moment."""
    if not borrows(venue, order):
        return need, 0
    asset_id = venue.instruments[order.instrument_id].held_asset(order.side)
    hold = min(need, max(venue.free(order.account_id, asset_id), 0))
    return hold, need - hold


def hold_and_borrow(venue: Venue, order: Order, need: int) -> None:
    """An order that holds nothing comes to rest, or waits."""
    hold, borrow = split(venue, order, need)
    venue.set_hold(order, hold)
    set_borrow(order, borrow)


def set_borrow(order: Order, borrow: int) -> None:
    order.borrow = borrow
    order.has_borrowed |= borrow > 0


def shrink_in_place(venue: Venue, order: Order) -> None:
    """P-9 and O-7: its leaves have become fewer where it stands, or while it matches and has nothing."""
    need = min(venue.entry_hold(order, order.leaves), order.hold + order.borrow)
    hold = min(order.hold, need)
    venue.set_hold(order, hold)
    set_borrow(order, need - hold)


def deliver(venue: Venue, order: Order, resting: Order, notional: int, lots: int, fees: tuple[int, int]) -> int:
    """M-4 and P-9, the fees those of the incoming order and of the resting one. Returns what the incoming paid."""
    instrument = venue.instruments[order.instrument_id]
    base_atoms = lots * instrument.base_atoms_per_lot
    taker_fee, maker_fee = fees
    quote_of_resting = venue.balance(resting.account_id, instrument.quote)
    quote_of_order = venue.balance(order.account_id, instrument.quote)
    base_of_resting = venue.balance(resting.account_id, instrument.base)
    base_of_order = venue.balance(order.account_id, instrument.base)
    venue.balance(FEE_ACCOUNT, instrument.quote).free += maker_fee + taker_fee
    if resting.side == Side.BUY:
        cost = notional + maker_fee
        hold_before, need = resting.hold, resting.hold + resting.borrow - cost
        venue.set_hold(resting, 0)
        quote_of_resting.free -= cost
        need = min(venue.entry_hold(resting, resting.leaves), need) if resting.leaves else 0  # M-6
        hold = min(hold_before - min(hold_before, cost), need)
        venue.set_hold(resting, hold)
        set_borrow(resting, need - hold)
        base_of_resting.free += base_atoms
        base_of_order.free -= base_atoms
        quote_of_order.free += notional - taker_fee
        return 0
    resting.hold -= base_atoms
    base_of_resting.order_held -= base_atoms
    quote_of_resting.free += notional - maker_fee
    base_of_order.free += base_atoms
    quote_of_order.free -= notional + taker_fee
    return notional + taker_fee
