"""Positions and the trades that make them: docs/rules/positions.md, P-1 and P-4 to P-8."""

from emporion.schema.codes import FeeForm, FillFlag, LiquidationStage, OrderFlag, Side
from emporion.schema.limits import CLEARING_ACCOUNT, FEE_ACCOUNT, PPM
from emporion.sim.model_contracts_state import Holding
from emporion.sim.model_records import Order
from emporion.sim.model_state import Venue, ceil_div

SIGN = {Side.BUY: 1, Side.SELL: -1}


def position(venue: Venue, account_id: int, instrument_id: int) -> Holding:
    """What an account has of a contract; nothing, if it has no holding of it."""
    account = venue.margins.get(account_id)
    holding = account.find(instrument_id) if account else None
    return holding or Holding(instrument_id, 0)


def closable(venue: Venue, account_id: int, instrument_id: int, side: int) -> int:
    """P-1: lots that an order of this side would close."""
    return max(-SIGN[Side(side)] * position(venue, account_id, instrument_id).pos, 0)


def reduces_nothing(venue: Venue, order: Order) -> bool:
    """P-8: it may only reduce, and there is nothing to reduce."""
    if not order.flags & OrderFlag.REDUCE_ONLY:
        return False
    return closable(venue, order.account_id, order.instrument_id, order.side) == 0


def lots_of_match(venue: Venue, order: Order, resting: Order) -> int:
    """M-2 (c) and P-8."""
    lots = [order.leaves, resting.shown if resting.display else resting.leaves]
    lots += [
        closable(venue, each.account_id, each.instrument_id, each.side)
        for each in (order, resting)
        if each.flags & OrderFlag.REDUCE_ONLY
    ]
    return min(lots)


def is_being_liquidated(venue: Venue, account_id: int) -> bool:
    return account_id in venue.margins and venue.margins[account_id].stage != LiquidationStage.NONE


def liquidation_flag(venue: Venue, *orders: Order) -> int:
    """P-6: of both rows of a match."""
    return FillFlag.LIQUIDATION if any(is_being_liquidated(venue, each.account_id) for each in orders) else 0


def fee_base(venue: Venue, instrument_id: int, price: int, notional: int) -> int:
    """P-6, 2: what the rate is taken on."""
    contract = venue.contracts.get(instrument_id)
    if contract is None or contract.fee_form != FeeForm.BINARY:
        return notional
    return ceil_div(notional * (contract.one_ticks - price), contract.one_ticks)


def change_position(venue: Venue, order: Order, price: int, lots: int, fee: int) -> dict[str, int]:
    """P-6, 3 for one side; returns the fields of the POSITION event that tells it."""
    quote = venue.instruments[order.instrument_id].quote
    change = move_position(venue, order.account_id, order.instrument_id, order.side, price, lots)
    venue.balance(order.account_id, quote).free -= fee
    venue.balance(FEE_ACCOUNT, quote).free += fee
    return change | {"order_id": order.order_id}


def move_position(
    venue: Venue, account_id: int, instrument_id: int, side: int, price: int, lots: int
) -> dict[str, int]:
    """P-7 and the gain's posting; returns the fields of the POSITION event that tells it."""
    instrument, contract = venue.instruments[instrument_id], venue.contracts[instrument_id]
    account = venue.margins[account_id]
    holding = account.find(instrument_id) or account.add(Holding(instrument_id, 0))
    contract.open_interest -= max(holding.pos, 0)
    if holding.pos == 0:  # S-2
        holding.paid_index = contract.funding_index
    gain = fill(holding, SIGN[Side(side)], lots, price * instrument.atoms_per_tick_lot)
    contract.open_interest += max(holding.pos, 0)
    post_gain(venue, account_id, instrument_id, gain)
    leave_ranks(venue, account_id, holding)
    return {
        "price_ticks": price, "qty_lots": holding.pos, "leaves_lots": holding.shown_entry, "amount_atoms": gain,
        "account_id": account_id, "instrument_id": instrument_id, "asset_id": instrument.quote, "side": side,
    }  # fmt: skip


def leave_ranks(venue: Venue, account_id: int, holding: Holding) -> None:
    """Q-7: a side on which the account has no position any more forgets it."""
    contract = venue.contracts[holding.instrument_id]
    if holding.pos <= 0:
        contract.long_ranks = [entry for entry in contract.long_ranks if entry[1] != account_id]
    if holding.pos >= 0:
        contract.short_ranks = [entry for entry in contract.short_ranks if entry[1] != account_id]


def fill(holding: Holding, sign: int, lots: int, atoms_per_lot: int) -> int:
    """P-7: a position after a fill. Returns the gain."""
    closes = min(lots, abs(holding.pos)) if holding.pos * sign < 0 else 0
    gain = 0
    if closes:
        cost = part_closed(holding.entry, closes, holding.pos)
        shown_cost = part_closed(holding.shown_entry, closes, holding.pos)
        gain = -sign * closes * atoms_per_lot - cost
        holding.entry -= cost
        holding.shown_entry -= shown_cost
        holding.pos += sign * closes
    opens = lots - closes
    holding.pos += sign * opens
    holding.entry += sign * opens * atoms_per_lot
    holding.shown_entry += sign * opens * atoms_per_lot
    return gain


def part_closed(cost: int, lots: int, pos: int) -> int:
    """Which part of a position's cost goes with some of its lots: towards 0, but all with all of them."""
    if lots == abs(pos):
        return cost
    part = abs(cost) * lots // abs(pos)
    return part if pos > 0 else -part


def post_gain(venue: Venue, account_id: int, instrument_id: int, gain: int) -> None:
    """Between the clearing account and the account's free balance of what the contract settles in."""
    quote = venue.instruments[instrument_id].quote
    venue.balance(CLEARING_ACCOUNT, quote).free -= gain
    venue.balance(account_id, quote).free += gain
    venue.contracts[instrument_id].clearing -= gain


def share_up(notional: int, rate_ppm: int) -> int:
    return ceil_div(notional * rate_ppm, PPM)
