"""What a position pays and gets as time goes by: docs/rules/settlement.md."""

from emporion.schema.codes import Event
from emporion.schema.limits import CLEARING_ACCOUNT, FUNDING_INDEX_SCALE
from emporion.sim.model_contracts_state import Holding, MarginAccount
from emporion.sim.model_positions import leave_ranks, post_gain
from emporion.sim.model_state import Venue


def settle_position(venue: Venue, account_id: int, instrument_id: int) -> None:
    """S-2: all that is due on one position."""
    account = venue.margins[account_id]
    holding = account.find(instrument_id)
    if holding is None or holding.pos == 0:
        return
    contract = venue.contracts[holding.instrument_id]
    pay_funding(venue, account, holding)
    if contract.is_settled:
        end_position(venue, account, holding)
    elif account.hour < venue.hour:
        mark_to_cash(venue, account, holding)


def pay_funding(venue: Venue, account: MarginAccount, holding: Holding) -> None:
    """S-3."""
    contract = venue.contracts[holding.instrument_id]
    quote = venue.instruments[holding.instrument_id].quote
    amount = -holding.pos * (contract.funding_index - holding.paid_index) // FUNDING_INDEX_SCALE
    holding.paid_index = contract.funding_index
    if amount == 0:
        return
    venue.balance(account.account_id, quote).free += amount
    venue.balance(CLEARING_ACCOUNT, quote).free -= amount
    contract.funding -= amount
    report(venue, Event.FUNDING_PAID, account, holding, amount)


def mark_to_cash(venue: Venue, account: MarginAccount, holding: Holding) -> None:
    """S-4."""
    contract, instrument = venue.contracts[holding.instrument_id], venue.instruments[holding.instrument_id]
    worth = contract.mark * holding.pos * instrument.atoms_per_tick_lot
    gain = worth - holding.entry
    post_gain(venue, account.account_id, holding.instrument_id, gain)
    holding.entry = worth
    if gain:
        report(venue, Event.MARKED_TO_CASH, account, holding, gain, contract.mark)


def end_position(venue: Venue, account: MarginAccount, holding: Holding) -> None:
    """S-5."""
    contract, instrument = venue.contracts[holding.instrument_id], venue.instruments[holding.instrument_id]
    gain = contract.settle_price * holding.pos * instrument.atoms_per_tick_lot - holding.entry
    post_gain(venue, account.account_id, holding.instrument_id, gain)
    report(venue, Event.POSITION_SETTLED, account, holding, gain, contract.settle_price)
    contract.open_interest -= max(holding.pos, 0)
    holding.pos = holding.entry = holding.shown_entry = holding.paid_index = 0
    leave_ranks(venue, account.account_id, holding)


def report(venue: Venue, kind: Event, account: MarginAccount, holding: Holding, amount: int, price: int = 0) -> None:
    venue.emit(
        kind, account_id=account.account_id, instrument_id=holding.instrument_id,
        asset_id=venue.instruments[holding.instrument_id].quote, qty_lots=holding.pos, amount_atoms=amount,
        price_ticks=price,
    )  # fmt: skip
