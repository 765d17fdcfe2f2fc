"""What stands behind an account, and what must: docs/rules/margin.md, R-4 to R-9. All is added up anew each time."""

from dataclasses import dataclass

from emporion.schema.codes import HoldKind, Limit, OrderFlag, Side
from emporion.schema.limits import PAGE_HOLDINGS, PAGES_PER_ACCOUNT, PPM, SCENARIOS
from emporion.sim.model_contracts_state import Holding, MarginAccount, Risk
from emporion.sim.model_loans import pay_interest
from emporion.sim.model_records import Order
from emporion.sim.model_settle import settle_position
from emporion.sim.model_state import Venue, ceil_div


def clamp(number: int, most: int) -> int:
    return max(-most, min(number, most))


def ceil_shift(number: int, shift: int) -> int:
    """ceil(number / 2^shift)"""
    return -(-number >> shift)


# --- Values: R-7 -------------------------------------------------------------------------------------


def risk_of_asset(venue: Venue, asset_id: int) -> Risk:
    return venue.asset_risks.get(asset_id, Risk())


def in_micro_dollars(venue: Venue, asset_id: int, atoms: int) -> int:
    """V"""
    risk = risk_of_asset(venue, asset_id)
    return clamp(atoms, risk.cap) * risk.value >> risk.unit_shift


def in_micro_dollars_up(venue: Venue, asset_id: int, atoms: int) -> int:
    """Vup"""
    return -in_micro_dollars(venue, asset_id, -atoms)


def is_priced(venue: Venue, asset_id: int) -> bool:
    risk = risk_of_asset(venue, asset_id)
    return risk.count > 0 and risk.value > 0


# --- One holding: R-6 and R-7 ------------------------------------------------------------------------


@dataclass
class Quantities:
    """What an account has of a contract (lots) or an asset (atoms), and what its open orders may add."""

    held: int
    buys: int
    sells: int

    @property
    def largest(self) -> int:
        return max(abs(self.held + self.buys), abs(self.held - self.sells))


def risk_of(venue: Venue, holding: Holding) -> Risk:
    if holding.instrument_id:
        return venue.contracts[holding.instrument_id].risk
    return risk_of_asset(venue, holding.asset_id)


def quantities(venue: Venue, account: MarginAccount, holding: Holding) -> Quantities:
    """As they are, nothing clamped."""
    if holding.instrument_id:
        buys, sells = (leaves_of(venue, account.account_id, holding.instrument_id, side) for side in Side)
        return Quantities(holding.pos, buys, sells)
    held = collateral(venue, account.account_id, holding.asset_id)
    return Quantities(held, *leaves_of_asset(venue, account.account_id, holding.asset_id))


def clamped(venue: Venue, account: MarginAccount, holding: Holding) -> Quantities:
    """q, b and l of R-6."""
    cap, has = risk_of(venue, holding).cap, quantities(venue, account, holding)
    return Quantities(clamp(has.held, cap), min(has.buys, 2 * cap), min(has.sells, 2 * cap))


def collateral(venue: Venue, account_id: int, asset_id: int) -> int:
    """Its balance in total, without what is being withdrawn."""
    return venue.balance_total(account_id, asset_id) - withdrawn(venue, account_id, asset_id)


def withdrawn(venue: Venue, account_id: int, asset_id: int) -> int:
    return sum(
        hold.amount
        for hold in venue.holds.values()
        if (hold.account_id, hold.asset_id, hold.kind) == (account_id, asset_id, HoldKind.WITHDRAWAL)
    )


def leaves_of(venue: Venue, account_id: int, instrument_id: int, side: int, without: Order | None = None) -> int:
    """P-1: lots that open orders of a side may still trade; those that only reduce are not counted."""
    return sum(
        order.leaves
        for order in venue.orders.values()
        if (order.account_id, order.instrument_id, order.side) == (account_id, instrument_id, side)
        and not order.flags & OrderFlag.REDUCE_ONLY
        and order is not without
    )


def leaves_of_asset(venue: Venue, account_id: int, asset_id: int, without: Order | None = None) -> tuple[int, int]:
    """P-9: atoms that open delivery orders may still get, and give."""
    gets = gives = 0
    for order in venue.orders.values():
        if order.account_id != account_id or order.instrument_id in venue.contracts or order is without:
            continue
        instrument = venue.instruments[order.instrument_id]
        sides = {
            instrument.base: order.leaves * instrument.base_atoms_per_lot,
            instrument.quote: order.price * order.leaves * instrument.atoms_per_tick_lot,
        }
        got = instrument.base if order.side == Side.BUY else instrument.quote
        if asset_id in sides and asset_id == got:
            gets += sides[asset_id]
        elif asset_id in sides:
            gives += sides[asset_id]
    return gets, gives


def value(venue: Venue, account: MarginAccount, holding: Holding) -> int:
    """What it adds to equity."""
    if not holding.instrument_id:
        return in_micro_dollars(venue, holding.asset_id, clamped(venue, account, holding).held)
    instrument, contract = venue.instruments[holding.instrument_id], venue.contracts[holding.instrument_id]
    gain = holding.pos * contract.mark * instrument.atoms_per_tick_lot - holding.entry
    return in_micro_dollars(venue, instrument.quote, gain)


def gross(venue: Venue, account: MarginAccount, holding: Holding) -> int:
    if not holding.instrument_id:
        return 0
    instrument, contract = venue.instruments[holding.instrument_id], venue.contracts[holding.instrument_id]
    lots = quantities(venue, account, holding).largest
    return in_micro_dollars_up(venue, instrument.quote, lots * contract.mark * instrument.atoms_per_tick_lot)


def addon(risk: Risk, quantity: int) -> int:
    """What so much costs for its size alone."""
    if quantity <= risk.addon_from:
        return 0
    return ceil_shift((quantity - risk.addon_from) * risk.addon, risk.unit_shift)


def part_in(venue: Venue, account: MarginAccount, holding: Holding, group_id: int, scenario: int) -> int:
    """What it gains in one scenario of one group, orders not counted."""
    risk = risk_of(venue, holding)
    held = clamped(venue, account, holding).held
    return sum(
        held * load.array[scenario] >> risk.unit_shift for load in risk.loads[: risk.count] if load.group_id == group_id
    )


# --- One account: R-6 and R-8 --------------------------------------------------------------------------


@dataclass
class Sums:
    """Micro-dollars, all of them."""

    equity: int = 0
    initial: int = 0
    maintenance: int = 0
    gross: int = 0
    order_risk: int = 0
    leverage_max: int = 0

    @property
    def required(self) -> int:
        by_leverage = ceil_div(self.gross, self.leverage_max) if self.leverage_max else 0
        return max(self.initial, by_leverage) + self.order_risk


@dataclass
class Exposure:
    """To one group."""

    held: list[int]
    ordered: list[int]
    held_short: int = 0
    short: int = 0

    @property
    def held_loss(self) -> int:
        return max(0, self.held_short, *(-gain for gain in self.held))

    @property
    def loss(self) -> int:
        return max(0, self.short, *(-(a + b) for a, b in zip(self.held, self.ordered, strict=True)))


def exposures(venue: Venue, account: MarginAccount) -> dict[int, Exposure]:
    """By group."""
    found: dict[int, Exposure] = {}
    for holding in account.holdings():
        risk, has = risk_of(venue, holding), clamped(venue, account, holding)
        for number, load in enumerate(risk.loads[: risk.count]):
            exposure = found.setdefault(load.group_id, Exposure([0] * SCENARIOS, [0] * SCENARIOS))
            for scenario, gain in enumerate(load.array):
                exposure.held[scenario] += has.held * gain >> risk.unit_shift
                exposure.ordered[scenario] += has.buys * min(0, gain) >> risk.unit_shift
                exposure.ordered[scenario] += has.sells * min(0, -gain) >> risk.unit_shift
            if number == 0:
                exposure.held_short += ceil_shift(max(0, -has.held) * risk.short_min, risk.unit_shift)
                exposure.short += ceil_shift(max(0, has.sells - has.held) * risk.short_min, risk.unit_shift)
    return found


def sums(venue: Venue, account: MarginAccount) -> Sums:
    total = Sums(leverage_max=account.leverage_max)
    for holding in account.holdings():
        risk, has = risk_of(venue, holding), clamped(venue, account, holding)
        total.equity += value(venue, account, holding)
        total.gross += gross(venue, account, holding)
        total.initial += addon(risk, has.largest)
        total.maintenance += addon(risk, abs(has.held))
    for group_id, exposure in exposures(venue, account).items():
        total.initial += exposure.loss
        total.maintenance += ceil_div(exposure.held_loss * venue.groups[group_id].maintenance_ppm, PPM)
    total.order_risk = sum(order.risk for order in venue.orders.values() if order.account_id == account.account_id)
    return total


# --- Fresh and stale: R-5 and R-9 ------------------------------------------------------------------------


def touch(venue: Venue, account: MarginAccount) -> bool:
    """Settles what is due. Whether its sums can be told: there is an exposure for each of its groups."""
    if not is_fresh(venue, account):
        settle_due(venue, account)
        make_anew(venue, account)
    return is_fresh(venue, account)


def sweep_account(venue: Venue, account: MarginAccount) -> None:
    """R-9."""
    if is_fresh(venue, account):
        return
    settle_due(venue, account)
    has_orders = any(
        order.account_id == account.account_id and not order.flags & OrderFlag.REDUCE_ONLY
        for order in venue.orders.values()
    )
    if has_orders:
        make_anew(venue, account)
    else:
        account.stale_groups = set()


def settle_due(venue: Venue, account: MarginAccount) -> None:
    for holding in account.holdings():
        if holding.asset_id:
            pay_interest(venue, account.account_id, holding.asset_id)
    for holding in account.holdings():
        if holding.instrument_id:
            settle_position(venue, account.account_id, holding.instrument_id)
            venue.tidy(account.account_id, holding.instrument_id)
    account.hour = venue.hour


def make_anew(venue: Venue, account: MarginAccount) -> None:
    account.stale_groups = set()
    if len(groups_of(venue, account)) <= free_exposures(venue):
        account.epoch = venue.epoch


def is_fresh(venue: Venue, account: MarginAccount) -> bool:
    return account.epoch == venue.epoch


def make_stale(venue: Venue, account: MarginAccount) -> None:
    """Its exposures stay as they are until it is looked at again."""
    if is_fresh(venue, account):
        account.stale_groups = groups_of(venue, account)
        account.epoch = 0


def raise_epoch(venue: Venue) -> None:
    """All are stale. Before anything changes that an exposure depends on."""
    for account in venue.margins.values():
        make_stale(venue, account)
    venue.epoch += 1


def groups_of(venue: Venue, account: MarginAccount) -> set[int]:
    """That a load of one of its holdings is in."""
    return {
        load.group_id
        for holding in account.holdings()
        for load in risk_of(venue, holding).loads[: risk_of(venue, holding).count]
    }


def exposures_of(venue: Venue, account: MarginAccount) -> set[int]:
    """The groups it has rows for."""
    return groups_of(venue, account) if is_fresh(venue, account) else account.stale_groups


def free_exposures(venue: Venue) -> int:
    taken = sum(len(exposures_of(venue, account)) for account in venue.margins.values())
    return venue.limits.get(Limit.EXPOSURES, 0) - taken  # 0 before GENESIS.


# --- Room ----------------------------------------------------------------------------------------------------


def has_place_for(venue: Venue, account: MarginAccount, needed: list[tuple[int, int]]) -> bool:
    missing = [which for which in needed if account.find(*which) is None]
    places = len(account.pages) * PAGE_HOLDINGS - len(account.holdings())
    pages = ceil_div(max(0, len(missing) - places), PAGE_HOLDINGS)
    taken = sum(len(each.pages) for each in venue.margins.values())
    return len(account.pages) + pages <= PAGES_PER_ACCOUNT and taken + pages <= venue.limits[Limit.HOLDING_PAGES]


def room_for_holdings(venue: Venue, account: MarginAccount, needed: list[tuple[int, int]]) -> bool:
    """Whether these holdings (instrument or asset) are there or find places, and exposures if the account is fresh."""
    if not has_place_for(venue, account, needed):
        return False
    if not is_fresh(venue, account):
        return True
    missing = [Holding(*which) for which in needed if account.find(*which) is None]
    groups = {load.group_id for each in missing for load in risk_of(venue, each).loads[: risk_of(venue, each).count]}
    return len(groups - groups_of(venue, account)) <= free_exposures(venue)
