"""Balances below zero: docs/rules/loans.md."""

from types import SimpleNamespace

from emporion.schema.codes import Event, Reject
from emporion.schema.limits import E12, LENDING_ACCOUNT, PPM, SUPPLY_MAX
from emporion.sim.model_contracts_state import MarginAccount
from emporion.sim.model_state import Venue, ceil_div, require

Row = SimpleNamespace


def set_lending(venue: Venue, row: Row, data: list[Row]) -> None:
    """N-1."""
    cap, base, kink, full, kink_ppm, *rest = data[0].values
    require(0 <= cap <= SUPPLY_MAX, Reject.BAD_VALUE)
    require(0 <= base <= kink <= full <= E12 // 100, Reject.BAD_VALUE)
    require(0 <= kink_ppm < PPM and not any(rest), Reject.BAD_VALUE)
    require(row.asset_id in venue.assets, Reject.UNKNOWN_ASSET)
    require(venue.has_balance_room((LENDING_ACCOUNT, row.asset_id)), Reject.TABLE_FULL)

    venue.balance(LENDING_ACCOUNT, row.asset_id)
    lending = venue.lending_of(row.asset_id)
    lending.cap, lending.base_rate_e12, lending.kink_rate_e12 = cap, base, kink
    lending.full_rate_e12, lending.kink_ppm, lending.hour = full, kink_ppm, venue.hour
    venue.emit(Event.LENDING_SET, asset_id=row.asset_id, amount_atoms=cap)


def lent(venue: Venue, asset_id: int) -> int:
    return sum(max(0, -venue.free(account_id, asset_id)) for account_id in venue.margins)


def promised(venue: Venue, asset_id: int) -> int:
    return sum(
        order.borrow for order in venue.orders.values() if venue.instruments[order.instrument_id].quote == asset_id
    )


def lendable(venue: Venue, asset_id: int) -> int:
    """N-2."""
    there = min(venue.free(LENDING_ACCOUNT, asset_id), venue.lending_of(asset_id).cap)
    return max(0, there - lent(venue, asset_id) - promised(venue, asset_id))


def rate_e12(venue: Venue, asset_id: int) -> int:
    """N-3: of an hour, at the use of this moment."""
    terms, amount, there = venue.lending_of(asset_id), lent(venue, asset_id), venue.free(LENDING_ACCOUNT, asset_id)
    if amount == 0:
        return terms.base_rate_e12
    use = PPM if amount >= there else amount * PPM // there
    low, kink = terms.base_rate_e12, terms.kink_rate_e12
    if use <= terms.kink_ppm:
        return kink if terms.kink_ppm == 0 else low + (kink - low) * use // terms.kink_ppm
    return kink + (terms.full_rate_e12 - kink) * (use - terms.kink_ppm) // (PPM - terms.kink_ppm)


def count_hours(venue: Venue) -> None:
    """N-3, at the first command of a new hour."""
    for asset_id, terms in venue.lending.items():
        if terms.full_rate_e12 > 0:
            terms.index_e12 += rate_e12(venue, asset_id) * (venue.hour - terms.hour)
            terms.hour = venue.hour


def pay_interest(venue: Venue, account_id: int, asset_id: int) -> None:
    """N-4."""
    balance, index = venue.balance(account_id, asset_id), venue.lending_of(asset_id).index_e12
    passed = min(index - balance.paid_index, E12)
    amount = min(ceil_div(max(0, -balance.free) * passed, E12), SUPPLY_MAX - lent(venue, asset_id))
    balance.paid_index = index
    if amount <= 0:
        return
    balance.free -= amount
    venue.balance(LENDING_ACCOUNT, asset_id).free += amount
    venue.emit(Event.INTEREST_PAID, account_id=account_id, asset_id=asset_id, amount_atoms=-amount)


def relieve(venue: Venue, account: MarginAccount) -> None:
    """N-5: orders that hold an asset of which free is below zero give way, newest first."""
    for holding in account.holdings():
        if not holding.asset_id:
            continue
        balance = venue.balance(account.account_id, holding.asset_id)
        for order in venue.open_orders(account.account_id):
            if balance.free >= 0 or balance.order_held == 0 or venue.looks_left <= 0:
                break
            venue.looks_left -= 1
            held = venue.instruments[order.instrument_id].held_asset(order.side)
            if order.hold > 0 and held == holding.asset_id:
                venue.cancel_in_walk(order, Reject.BY_LOAN)
