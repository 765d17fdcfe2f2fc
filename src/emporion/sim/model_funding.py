"""Funding of perpetuals: docs/rules/funding.md."""

from emporion.schema.codes import Event, Side
from emporion.schema.limits import E12, IMPACT_ORDERS, PREMIUM_SAMPLES_MAX
from emporion.sim.model_contracts_state import Contract
from emporion.sim.model_margin import raise_epoch
from emporion.sim.model_records import Instrument, Order
from emporion.sim.model_state import Venue, ceil_div

PARTS = 65_536  # Of a tick: what impact prices are counted in.


def trunc(a: int, b: int) -> int:
    """a / b, towards 0."""
    return a // b if a >= 0 else -(-a // b)


def take_premium_sample(venue: Venue, contract: Contract) -> None:
    """F-1."""
    if len(contract.premiums_e12) < PREMIUM_SAMPLES_MAX:
        contract.premiums_e12.append(premium_e12(venue, contract))


def premium_e12(venue: Venue, contract: Contract) -> int:
    instrument = venue.instruments[contract.instrument_id]
    index = contract.index * PARTS
    bid = impact_price(instrument, Side.BUY, contract.impact_notional)
    ask = impact_price(instrument, Side.SELL, contract.impact_notional)
    if bid is not None and bid > index:
        return min((bid - index) * E12 // index, E12)
    if ask is not None and ask < index:
        return -min((index - ask) * E12 // index, E12)
    return 0


def impact_price(instrument: Instrument, side: int, notional: int) -> int | None:
    """Of a side of the book, in parts of a tick; None when the side ends before it is worth so much."""
    orders = queue_from_best(instrument, side)
    if not orders:
        return None
    if notional == 0:
        return orders[0].price * PARTS
    worth = lots = 0
    for order in orders[:IMPACT_ORDERS]:
        each = order.price * instrument.atoms_per_tick_lot
        shown = order.shown if order.display else order.leaves
        taken = min(shown, ceil_div(notional - worth, each))
        worth, lots = worth + taken * each, lots + taken
        if worth >= notional:
            break
    if worth < notional and len(orders) <= IMPACT_ORDERS:
        return None
    whole = lots * instrument.atoms_per_tick_lot
    return worth * PARTS // whole if side == Side.BUY else ceil_div(worth * PARTS, whole)


def queue_from_best(instrument: Instrument, side: int) -> list[Order]:
    queues = instrument.book[side]
    return [order for price in sorted(queues, reverse=side == Side.BUY) for order in queues[price]]


def average_and_rate_e12(contract: Contract) -> tuple[int, int]:
    """F-2."""
    if not contract.premiums_e12:
        return 0, 0
    average = trunc(sum(contract.premiums_e12), len(contract.premiums_e12))
    pull = min(max(contract.interest_e12 - average, -contract.clamp_e12), contract.clamp_e12)
    rate = trunc(average + pull, contract.divisor)
    return average, max(-contract.cap_e12, min(rate, contract.cap_e12))


def end_interval(venue: Venue, contract: Contract) -> None:
    """F-3 and F-4."""
    interval = contract.funding_interval_ns
    contract.due_ns, contract.due_seq = (venue.now // interval + 1) * interval, venue.seq
    if contract.index == 0:
        return
    instrument = venue.instruments[contract.instrument_id]
    average, rate = average_and_rate_e12(contract)
    venue.emit(
        Event.FUNDING_SET, instrument_id=contract.instrument_id, price_ticks=contract.index,
        qty_lots=len(contract.premiums_e12), leaves_lots=average, amount_atoms=rate,
    )  # fmt: skip
    contract.premiums_e12, contract.funding_rate_e12 = [], rate
    moved = contract.funding_index + trunc(contract.index * instrument.atoms_per_tick_lot * rate, 1_000)
    if moved != contract.funding_index and abs(moved) <= index_max(largest(contract)):
        contract.funding_index = moved
        raise_epoch(venue)


def largest(contract: Contract) -> int:
    """L of C-2: as many lots as there may be, or are."""
    return max(contract.position_max, contract.open_interest_max, contract.open_interest)


def index_max(lots: int) -> int:
    """M of F-3, for so many lots."""
    return min((1 << 61) // lots * 1_000_000_000, (1 << 61) - 1)
