"""Why an order on a contract, or of a margin account, is refused: docs/rules/positions.md, P-2 to P-5 and P-9."""

from collections.abc import Iterator
from contextlib import contextmanager

from emporion.schema.codes import Limit, OrderFlag, Reject, Side, Tif
from emporion.schema.limits import SUPPLY_MAX
from emporion.sim.model_contracts_state import Holding, MarginAccount
from emporion.sim.model_delivery import borrows, split
from emporion.sim.model_loans import lendable
from emporion.sim.model_margin import (
    Sums,
    collateral,
    in_micro_dollars,
    in_micro_dollars_up,
    is_priced,
    leaves_of,
    leaves_of_asset,
    room_for_holdings,
    sums,
    touch,
)
from emporion.sim.model_positions import SIGN, closable, position, share_up
from emporion.sim.model_records import Order
from emporion.sim.model_state import Venue, ceil_div, require

# --- Before the touch: P-2 ---------------------------------------------------------------------------


def check_limits(venue: Venue, order: Order, price: int, leaves: int, is_new: bool) -> None:
    """REDUCE_ONLY to NO_MARK. For a REPLACE, as the order stands, and with the price and leaves that it will have."""
    if order.instrument_id not in venue.contracts:
        if order.account_id in venue.margins:
            check_asset_limits(venue, order, price, leaves)
        return
    contract, instrument = venue.contracts[order.instrument_id], venue.instruments[order.instrument_id]
    closes = closable(venue, order.account_id, order.instrument_id, order.side)
    if order.flags & OrderFlag.REDUCE_ONLY:
        if not order.is_waiting and not order.link:
            require(closes > 0, Reject.REDUCE_ONLY)
            require(not is_new or order.tif != Tif.FOK or closes >= leaves, Reject.REDUCE_ONLY)
    elif is_new or leaves > order.leaves:
        others = leaves_of(venue, order.account_id, order.instrument_id, order.side, without=order)
        pos = position(venue, order.account_id, order.instrument_id).pos
        require(SIGN[Side(order.side)] * pos + others + leaves <= contract.position_max, Reject.POSITION_LIMIT)
        opens = leaves - min(leaves, max(0, closes - others))
        within = opens == 0 or contract.open_interest + opens <= contract.open_interest_max
        require(within, Reject.OPEN_INTEREST_LIMIT)
    require(contract.mark > 0 and contract.risk.count > 0, Reject.NO_MARK)
    require(is_priced(venue, instrument.quote), Reject.NO_MARK)


def check_asset_limits(venue: Venue, order: Order, price: int, leaves: int) -> None:
    """P-9: sums of leaves of both assets stay within what they may be."""
    instrument = venue.instruments[order.instrument_id]
    base_atoms = leaves * instrument.base_atoms_per_lot
    quote_atoms = price * leaves * instrument.atoms_per_tick_lot
    adds = {instrument.base: (base_atoms, 0), instrument.quote: (0, quote_atoms)}
    if order.side == Side.SELL:
        adds = {instrument.base: (0, base_atoms), instrument.quote: (quote_atoms, 0)}
    for asset_id, (buys, sells) in adds.items():
        bought, sold = leaves_of_asset(venue, order.account_id, asset_id, without=order)
        require(max(bought + buys, sold + sells) <= SUPPLY_MAX, Reject.POSITION_LIMIT)


# --- The touch, room, and money ------------------------------------------------------------------------


def check_new(venue: Venue, order: Order) -> None:
    """P-2 from the touch on, of an order that is not yet open: its risk is fixed here."""
    account = venue.margins[order.account_id]
    require(touch(venue, account), Reject.TABLE_FULL)
    require(venue.has_balance_room(*balances_needed(venue, order)), Reject.TABLE_FULL)
    require(room_for_holdings(venue, account, holdings_needed(venue, order)), Reject.TABLE_FULL)
    need = venue.entry_hold(order, order.leaves)
    check_funds(venue, order, need)
    if split(venue, order, need)[1]:
        order.has_borrowed = True
    order.risk = risk_at_entry(venue, order)
    before = sums(venue, account)
    with as_if_open(venue, account, order):
        after = sums(venue, account)
    require_margin(before, after)


def check_changed(venue: Venue, order: Order, price: int, leaves: int) -> tuple[int, bool]:
    """P-5 from the touch on. Returns the risk the order will have, and whether it will need an extra row to borrow."""
    account = venue.margins[order.account_id]
    require(touch(venue, account), Reject.TABLE_FULL)
    before = sums(venue, account)
    old = order.price, order.leaves, order.risk, order.hold, order.borrow
    order.price, order.leaves = price, leaves
    try:
        need = venue.entry_hold(order, leaves)
        venue.set_hold(order, 0)
        check_funds(venue, order, need)
        borrow = split(venue, order, need)[1]
        order.borrow = 0
        order.risk = risk = risk_at_entry(venue, order)
        require_margin(before, sums(venue, account))
    finally:
        venue.set_hold(order, old[3])
        order.price, order.leaves, order.risk, _, order.borrow = old
    return risk, borrow > 0


def check_funds(venue: Venue, order: Order, need: int) -> None:
    """P-9, of an order that holds nothing at this moment; what it had borrowed counts as lendable."""
    instrument = venue.instruments[order.instrument_id]
    if order.instrument_id in venue.contracts:
        return
    if not borrows(venue, order):
        require(venue.free(order.account_id, instrument.held_asset(order.side)) >= need, Reject.INSUFFICIENT_FUNDS)
        return
    borrow = split(venue, order, need)[1]
    if borrow:
        may_lend = lendable(venue, instrument.quote) + order.borrow if is_priced(venue, instrument.quote) else 0
        require(may_lend >= borrow, Reject.NOTHING_TO_LEND)


def require_margin(before: Sums, after: Sums) -> None:
    """P-3."""
    if after.initial <= before.initial and after.gross <= before.gross:
        require(before.equity >= before.maintenance + after.order_risk, Reject.INSUFFICIENT_MARGIN)
        return
    if after.leverage_max:
        by_leverage = ceil_div(after.gross, after.leverage_max)
        require(before.equity >= by_leverage + after.order_risk, Reject.LEVERAGE_LIMIT)
    require(before.equity >= after.initial + after.order_risk, Reject.INSUFFICIENT_MARGIN)


@contextmanager
def as_if_open(venue: Venue, account: MarginAccount, order: Order) -> Iterator[None]:
    """For the time of a question the order is open and has its holdings."""
    pages = [list(page) for page in account.pages]
    open_holdings(venue, order)
    venue.orders[order.order_id] = order
    try:
        yield
    finally:
        del venue.orders[order.order_id]
        account.pages = pages


def holdings_needed(venue: Venue, order: Order) -> list[tuple[int, int]]:
    """Instrument or asset of each, in the order they are made."""
    instrument = venue.instruments[order.instrument_id]
    if order.instrument_id not in venue.contracts:
        return [(0, instrument.base), (0, instrument.quote)]
    needed = [(0, instrument.quote)]
    return needed if order.flags & OrderFlag.REDUCE_ONLY else [*needed, (order.instrument_id, 0)]


def balances_needed(venue: Venue, order: Order) -> list[tuple[int, int]]:
    return [(order.account_id, asset_id) for _, asset_id in holdings_needed(venue, order) if asset_id]


def open_holdings(venue: Venue, order: Order) -> None:
    account = venue.margins[order.account_id]
    for instrument_id, asset_id in holdings_needed(venue, order):
        if account.find(instrument_id, asset_id) is None:
            account.add(Holding(instrument_id, asset_id))


def has_extra_room(venue: Venue, needed: int) -> bool:
    extras = sum(other.has_extra for other in venue.orders.values())
    return needed == 0 or extras + needed <= venue.limits[Limit.EXTRAS]


# --- Risk: P-4 and P-9 -----------------------------------------------------------------------------------


def risk_at_entry(venue: Venue, order: Order) -> int:
    """Micro-dollars lost at once if it fills at its limit, and its fee."""
    instrument = venue.instruments[order.instrument_id]
    notional = order.price * order.leaves * instrument.atoms_per_tick_lot
    fee = share_up(notional, max(order.maker_ppm, order.taker_ppm, 0)) + 1
    if order.instrument_id in venue.contracts:
        mark = venue.contracts[order.instrument_id].mark
        worse = max(0, SIGN[Side(order.side)] * (order.price - mark)) * order.leaves * instrument.atoms_per_tick_lot
        return in_micro_dollars_up(venue, instrument.quote, worse + fee)
    base_atoms = order.leaves * instrument.base_atoms_per_lot
    got_id, got, given_id, given = instrument.base, base_atoms, instrument.quote, notional
    if order.side == Side.SELL:
        got_id, got, given_id, given = given_id, given, got_id, got
    bought, _ = leaves_of_asset(venue, order.account_id, got_id, without=order)
    has = collateral(venue, order.account_id, got_id) + bought
    gain = in_micro_dollars(venue, got_id, has + got) - in_micro_dollars(venue, got_id, has)
    loss = max(0, in_micro_dollars_up(venue, given_id, given) - gain)
    return loss + in_micro_dollars_up(venue, instrument.quote, fee)
