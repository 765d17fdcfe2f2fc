"""What of an account that is being liquidated is sold next, and how much: docs/rules/liquidation.md, Q-4 and Q-5."""

from dataclasses import dataclass

from emporion.schema.codes import Event, InstrumentStatus, Limit, OrderFlag, Side, Stp, Tif
from emporion.schema.limits import INSURANCE_ACCOUNT, PPM
from emporion.sim.model_contracts_state import Holding, MarginAccount
from emporion.sim.model_delivery import split
from emporion.sim.model_margin import (
    Sums,
    exposures,
    in_micro_dollars,
    in_micro_dollars_up,
    is_priced,
    make_stale,
    part_in,
    risk_of_asset,
    room_for_holdings,
    sums,
    sweep_account,
)
from emporion.sim.model_margin_orders import balances_needed, holdings_needed, open_holdings, risk_at_entry
from emporion.sim.model_match import finish, match
from emporion.sim.model_ranks import size
from emporion.sim.model_records import Instrument, Order
from emporion.sim.model_state import Venue, ceil_div
from emporion.sim.model_triggers import look_at


@dataclass
class Choice:
    """A holding, where and how it is reduced, and how many lots that would be in all."""

    holding: Holding
    instrument: Instrument
    side: int
    lots: int
    size: int  # Micro-dollars.


# --- Q-4 ---------------------------------------------------------------------------------------------


def choose(venue: Venue, account: MarginAccount, of_assets: bool = False) -> Choice | None:
    """What is reduced next; with `of_assets`, whether there is anything to sell."""
    candidates = [found for each in account.holdings() if (found := candidate(venue, account, each)) is not None]
    if of_assets:
        return next((each for each in candidates if each.holding.asset_id), None)
    if not candidates:
        return None
    worst = worst_scenario(venue, account)
    if worst is not None:
        parts = [part_in(venue, account, each.holding, *worst) for each in candidates]
        if min(parts) < 0:
            return candidates[parts.index(min(parts))]
    return max(candidates, key=lambda each: each.size)


def worst_scenario(venue: Venue, account: MarginAccount) -> tuple[int, int] | None:
    """The group that needs most, and its scenario of the largest loss; None when none needs anything."""
    found = exposures(venue, account)
    needs = {
        group_id: ceil_div(exposure.held_loss * venue.groups[group_id].maintenance_ppm, PPM)
        for group_id, exposure in found.items()
    }
    most = max(needs.values(), default=0)
    if most == 0:
        return None
    group_id = min(group_id for group_id, need in needs.items() if need == most)
    held = found[group_id].held
    return group_id, held.index(min(held))


def candidate(venue: Venue, account: MarginAccount, holding: Holding) -> Choice | None:
    if holding.instrument_id:
        instrument = venue.instruments[holding.instrument_id]
        if holding.pos == 0 or instrument.status != InstrumentStatus.OPEN:
            return None
        side = Side.SELL if holding.pos > 0 else Side.BUY
        return Choice(holding, instrument, side, abs(holding.pos), size(venue, holding))
    sale = sale_of(venue, holding.asset_id)
    if sale is None:
        return None
    free, cap = venue.free(account.account_id, holding.asset_id), risk_of_asset(venue, holding.asset_id).cap
    atoms = min(abs(free), cap)
    worth = in_micro_dollars_up(venue, holding.asset_id, atoms)
    if free > 0:
        lots = atoms // sale.base_atoms_per_lot
        if lots < 1 or not is_wanted(venue, account, sale.quote):
            return None
        return Choice(holding, sale, Side.SELL, lots, worth)
    if free < 0 < venue.free(account.account_id, sale.quote):
        return Choice(holding, sale, Side.BUY, ceil_div(atoms, sale.base_atoms_per_lot), worth)
    return None


def sale_of(venue: Venue, asset_id: int) -> Instrument | None:
    """The OPEN instrument that an asset is sold on, both its assets having a value."""
    lending = venue.lending.get(asset_id)
    instrument = venue.instruments.get(lending.sale_instrument_id) if lending else None
    if instrument is None or instrument.status != InstrumentStatus.OPEN or instrument.base != asset_id:
        return None
    return instrument if is_priced(venue, asset_id) and is_priced(venue, instrument.quote) else None


def is_wanted(venue: Venue, account: MarginAccount, asset_id: int) -> bool:
    """Whether it is a debt, or a debt may be bought for it."""
    for holding in account.holdings():
        if not holding.asset_id or venue.free(account.account_id, holding.asset_id) >= 0:
            continue
        sale = sale_of(venue, holding.asset_id)
        if holding.asset_id == asset_id or (sale is not None and sale.quote == asset_id):
            return True
    return False


# --- Q-5 ---------------------------------------------------------------------------------------------


def sell_slice(venue: Venue, account: MarginAccount, choice: Choice) -> tuple[bool, Sums | None]:
    """Sells (or buys back) a slice. Whether anything was traded, and the account's sums if it was."""
    terms, instrument = venue.liquidation, choice.instrument
    lots = choice.lots
    if choice.size >= terms.slice_min:
        lots = max(1, ceil_div(lots * (terms.slice_ppm or PPM), PPM))
    limit = limit_of(venue, choice, lots)
    if choice.holding.asset_id and choice.side == Side.BUY:
        free = venue.free(account.account_id, instrument.quote)
        lots = min(lots, (free - 1) // (limit * instrument.atoms_per_tick_lot))
    order = new_order(venue, account.account_id, instrument.instrument_id, choice.side, limit, lots)
    order.flags = OrderFlag.REDUCE_ONLY if choice.holding.pos else 0
    traded = worth = 0
    if lots > 0 and has_room(venue, account, order):
        trades_from = len(venue.events)
        enter(venue, order)
        look_at(venue, instrument)  # T-7
        fills = [
            event for event in venue.events[trades_from:]
            if event["kind"] == Event.FILLED and event["order_id"] == order.order_id
        ]  # fmt: skip
        traded = sum(event["qty_lots"] for event in fills)
        worth = sum(event["price_ticks"] * event["qty_lots"] for event in fills) * instrument.atoms_per_tick_lot
    fee, now = 0, None
    if worth:
        sweep_account(venue, account)
        now = sums(venue, account)
        if venue.has_balance_room((INSURANCE_ACCOUNT, instrument.quote)):
            fee = fee_within(venue, instrument.quote, worth, now.equity)
        if fee:
            venue.balance(account.account_id, instrument.quote).free -= fee
            venue.balance(INSURANCE_ACCOUNT, instrument.quote).free += fee
            make_stale(venue, account)
    venue.emit(
        Event.LIQUIDATION_STEP, account_id=account.account_id, order_id=order.order_id,
        instrument_id=instrument.instrument_id, price_ticks=limit, qty_lots=traded, leaves_lots=lots - traded,
        amount_atoms=fee, asset_id=instrument.quote, side=choice.side, flags=account.stage,
    )  # fmt: skip
    return traded > 0, now


def limit_of(venue: Venue, choice: Choice, lots: int) -> int:
    instrument = choice.instrument
    if choice.holding.pos:
        reference = venue.contracts[instrument.instrument_id].mark
    else:
        quote = risk_of_asset(venue, instrument.quote)
        worth = in_micro_dollars(venue, instrument.base, lots * instrument.base_atoms_per_lot)
        worth = min(worth, in_micro_dollars(venue, instrument.quote, quote.cap))
        in_quote = (worth << quote.unit_shift) // quote.value
        reference = max(1, in_quote // (lots * instrument.atoms_per_tick_lot))
    away = reference * venue.liquidation.slippage_ppm // PPM
    if choice.side == Side.BUY:
        return min(reference + away, instrument.price_max)
    return min(max(reference - away, 1), instrument.price_max)


def new_order(venue: Venue, account_id: int, instrument_id: int, side: int, price: int, lots: int) -> Order:
    """One of the venue's own making, for an account: immediate, without fees."""
    return Order(
        order_id=0, account_id=account_id, owner_id=venue.accounts[account_id].master_id, instrument_id=instrument_id,
        side=side, tif=Tif.IOC, flags=0, stp=Stp.CANCEL_RESTING, price=price, qty=lots, leaves=lots, display=0,
        trigger=0, expire_ns=0, entry_seq=venue.seq, maker_ppm=0, taker_ppm=0,
    )  # fmt: skip


def has_room(venue: Venue, account: MarginAccount, order: Order) -> bool:
    return (
        venue.order_slots.has_room(venue.limits[Limit.ORDERS])
        and venue.has_balance_room(*balances_needed(venue, order))
        and room_for_holdings(venue, account, holdings_needed(venue, order))
    )


def enter(venue: Venue, order: Order) -> None:
    """The order of a slice: no admission, no fees."""
    instrument = venue.instruments[order.instrument_id]
    order.order_id = venue.order_slots.take()
    order.risk = risk_at_entry(venue, order)
    open_holdings(venue, order)
    for key in balances_needed(venue, order):
        venue.balance(*key)
    venue.orders[order.order_id] = order
    need = venue.entry_hold(order, order.leaves)
    venue.emit(
        Event.ACCEPTED, order_id=order.order_id, price_ticks=order.price, qty_lots=order.qty, leaves_lots=order.qty,
        amount_atoms=split(venue, order, need)[0], asset_id=instrument.held_asset(order.side), side=order.side,
        flags=order.flags, account_id=order.account_id, instrument_id=order.instrument_id,
    )  # fmt: skip
    finish(venue, order, need, match(venue, order))
    look_at(venue, instrument)  # T-7


def fee_within(venue: Venue, asset_id: int, notional: int, equity: int) -> int:
    """The fee on so much, at most what equity is."""
    risk = risk_of_asset(venue, asset_id)
    if not risk.value:
        return 0
    fee = ceil_div(notional * venue.liquidation.fee_ppm, PPM)
    if in_micro_dollars_up(venue, asset_id, fee) > equity:
        return (max(0, equity) << risk.unit_shift) // risk.value
    return fee
