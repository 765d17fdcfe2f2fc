"""Who is deleveraged first, and how: docs/rules/liquidation.md, Q-7."""

from emporion.schema.codes import Event, Side
from emporion.schema.limits import DELEVERAGES, RANKS, SUM_MAX
from emporion.sim.model_contracts_state import Contract, Holding, MarginAccount
from emporion.sim.model_links import end_tied
from emporion.sim.model_margin import in_micro_dollars, in_micro_dollars_up, risk_of_asset, sums, sweep_account
from emporion.sim.model_positions import move_position, position
from emporion.sim.model_state import Venue, ceil_div

LAST = -SUM_MAX  # The score of who may not be deleveraged.


def ranks(contract: Contract, pos: int) -> list[tuple[int, int]]:
    """Of the side of this position: (score, account), who comes first first."""
    return contract.long_ranks if pos > 0 else contract.short_ranks


def renew_ranks(venue: Venue, account: MarginAccount) -> None:
    now = sums(venue, account)
    for holding in account.holdings():
        if holding.pos == 0:
            continue
        score = LAST
        if now.equity > 0 and now.equity >= now.maintenance:
            score = gain_of(venue, holding) * 1024 // now.equity
        enter(ranks(venue.contracts[holding.instrument_id], holding.pos), score, account.account_id)


def gain_of(venue: Venue, holding: Holding) -> int:
    """Micro-dollars since the position was opened."""
    instrument, contract = venue.instruments[holding.instrument_id], venue.contracts[holding.instrument_id]
    atoms = holding.pos * contract.mark * instrument.atoms_per_tick_lot - holding.shown_entry
    return in_micro_dollars(venue, instrument.quote, atoms)


def enter(ranked: list[tuple[int, int]], score: int, account_id: int) -> None:
    """Behind those with an equal or higher score, among so many at most."""
    others = [entry for entry in ranked if entry[1] != account_id]
    ahead = [entry for entry in others if entry[0] >= score]
    behind = [entry for entry in others if entry[0] < score]
    ranked[:] = [*ahead, (score, account_id), *behind][:RANKS]


def deleverage(venue: Venue, account: MarginAccount, equity: int) -> bool:
    """The step. Whether there was anybody on the other side of one of its positions."""
    holding = next(
        (each for each in account.holdings() if each.pos and ranks(venue.contracts[each.instrument_id], -each.pos)),
        None,
    )
    if holding is None:
        return False
    number = holding.instrument_id
    instrument, contract = venue.instruments[number], venue.contracts[number]
    closing, opposite = (Side.SELL, Side.BUY) if holding.pos > 0 else (Side.BUY, Side.SELL)
    wanted = price_of_closing(venue, account, holding, equity)
    for _ in range(DELEVERAGES):
        ranked = ranks(contract, -holding.pos)
        if holding.pos == 0 or not ranked:
            break
        score, other_id = ranked[0]
        other = venue.margins[other_id]
        sweep_account(venue, other)
        now = sums(venue, other)
        if now.equity < now.maintenance and score != LAST:
            enter(ranked, LAST, other_id)
            continue
        had = position(venue, other_id, number).pos
        lots = min(abs(holding.pos), abs(had))
        price = within_gain(venue, position(venue, other_id, number), wanted)
        changes = [
            move_position(venue, account.account_id, number, closing, price, lots),
            move_position(venue, other_id, number, opposite, price, lots),
        ]
        for change in changes:
            venue.emit(Event.POSITION, **change)
        venue.emit(
            Event.DELEVERAGED, account_id=other_id, instrument_id=number, price_ticks=price, qty_lots=lots,
            amount_atoms=lots * abs(price - contract.mark) * instrument.atoms_per_tick_lot,
            asset_id=instrument.quote, side=opposite,
        )  # fmt: skip
        end_tied(venue, other_id, number, had)
        for account_id in (account.account_id, other_id):
            venue.tidy(account_id, number)
    return True


def price_of_closing(venue: Venue, account: MarginAccount, holding: Holding, equity: int) -> int:
    """The mark when equity covers it, else the price at which equity is 0."""
    instrument, contract = venue.instruments[holding.instrument_id], venue.contracts[holding.instrument_id]
    risk = risk_of_asset(venue, instrument.quote)
    short_of = max(0, -equity)
    whole = sum(size(venue, each) for each in account.holdings() if each.pos)
    part = ceil_div(short_of * size(venue, holding), whole)
    atoms = ceil_div(part << risk.unit_shift, risk.value)
    ticks = ceil_div(atoms, abs(holding.pos) * instrument.atoms_per_tick_lot)
    if holding.pos > 0:
        return min(contract.mark + ticks, instrument.price_max)
    return max(contract.mark - ticks, 1)


def within_gain(venue: Venue, theirs: Holding, price: int) -> int:
    """The price, but so that the one deleveraged gives up no more than what the position has gained."""
    instrument, mark = venue.instruments[theirs.instrument_id], venue.contracts[theirs.instrument_id].mark
    a_tick = abs(theirs.pos) * instrument.atoms_per_tick_lot
    if theirs.pos < 0:
        return min(price, max(mark, -theirs.shown_entry // a_tick))
    return max(price, min(mark, ceil_div(theirs.shown_entry, a_tick)))


def size(venue: Venue, holding: Holding) -> int:
    """Micro-dollars that a position is worth, rounded up."""
    instrument, contract = venue.instruments[holding.instrument_id], venue.contracts[holding.instrument_id]
    notional = contract.mark * abs(holding.pos) * instrument.atoms_per_tick_lot
    return in_micro_dollars_up(venue, instrument.quote, notional)
