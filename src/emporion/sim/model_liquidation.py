"""Sweeps, and the liquidation of accounts in steps: docs/rules/liquidation.md."""

from types import SimpleNamespace

from emporion.schema.codes import Event, LiquidationStage, Reject, Side
from emporion.schema.limits import (
    DAY_NS,
    FEE_PPM_MAX,
    INSURANCE_ACCOUNT,
    LIQUIDATION_WAIT_NS,
    PPM,
    SWEEP_EVENTS,
    SWEEP_MAX,
    VALUE_MAX,
)
from emporion.sim.model_contracts_state import Holding, Liquidation, MarginAccount
from emporion.sim.model_links import end_tied
from emporion.sim.model_loans import relieve
from emporion.sim.model_margin import (
    Sums,
    in_micro_dollars,
    leaves_of,
    make_stale,
    risk_of_asset,
    room_for_holdings,
    sums,
    sweep_account,
    touch,
)
from emporion.sim.model_margin_orders import as_if_open, require_margin
from emporion.sim.model_positions import move_position, position
from emporion.sim.model_ranks import deleverage, renew_ranks
from emporion.sim.model_slices import Choice, choose, fee_within, new_order, sell_slice
from emporion.sim.model_state import Refusal, Venue, ceil_div, require

Row = SimpleNamespace
Stage = LiquidationStage


def set_liquidation(venue: Venue, row: Row, data: list[Row]) -> None:
    """Q-1."""
    slice_ppm, slice_min, interval_ns, backstop_ppm, fee_ppm, slippage_ppm, seventh = data[0].values
    require(all(0 <= ppm <= PPM for ppm in (slice_ppm, backstop_ppm, slippage_ppm)), Reject.BAD_VALUE)
    require(0 <= fee_ppm <= FEE_PPM_MAX and 0 <= slice_min <= VALUE_MAX, Reject.BAD_VALUE)
    require(0 <= interval_ns <= DAY_NS and seventh == 0, Reject.BAD_VALUE)
    if row.account_id != 0:
        require(row.account_id in venue.accounts, Reject.UNKNOWN_ACCOUNT)
        require(not venue.accounts[row.account_id].is_system, Reject.SYSTEM_ACCOUNT)
        require(row.account_id in venue.margins, Reject.NOT_A_MARGIN_ACCOUNT)
    venue.liquidation = Liquidation(
        row.account_id, slice_ppm or PPM, slice_min, interval_ns, backstop_ppm, fee_ppm, slippage_ppm
    )
    venue.emit(Event.LIQUIDATION_SET, account_id=row.account_id)


# --- Sweeps ------------------------------------------------------------------------------------------


def sweep(venue: Venue, row: Row, data: list[Row]) -> None:
    """Q-2."""
    require(1 <= row.number <= SWEEP_MAX, Reject.BAD_VALUE)
    accounts = list(venue.margins.values())
    written = len(venue.events)
    looked = begun = 0
    while looked < min(row.number, len(accounts)):
        if looked and len(venue.events) - written > SWEEP_EVENTS:
            break
        begun += look(venue, accounts[venue.sweep_cursor % len(accounts)])
        venue.sweep_cursor = (venue.sweep_cursor + 1) % len(accounts)
        looked += 1
    following = accounts[venue.sweep_cursor % len(accounts)].account_id if accounts else 0
    venue.emit(Event.SWEPT, qty_lots=looked, leaves_lots=begun, amount_atoms=following)


def look(venue: Venue, account: MarginAccount) -> bool:
    """Whether its liquidation begins."""
    now = swept(venue, account)
    relieve(venue, account)
    renew_ranks(venue, account)
    if now.equity >= now.maintenance:
        account.is_spent = False
        return False
    if account.stage != Stage.NONE:
        return False
    can_sell = choose(venue, account, of_assets=True) is not None
    if not has_position(account) and not (has_debt(venue, account) and (can_sell or not account.is_spent)):
        return False
    account.stage = Stage.QUEUED
    venue.liquidation_queue.append(account.account_id)
    venue.emit(
        Event.LIQUIDATION_BEGUN, account_id=account.account_id, qty_lots=now.maintenance, amount_atoms=now.equity
    )
    return True


def swept(venue: Venue, account: MarginAccount) -> Sums:
    """R-9."""
    sweep_account(venue, account)
    return sums(venue, account)


def has_position(account: MarginAccount) -> bool:
    return first_position(account) is not None


def first_position(account: MarginAccount) -> Holding | None:
    return next((holding for holding in account.holdings() if holding.pos), None)


def has_debt(venue: Venue, account: MarginAccount) -> bool:
    return any(venue.free(account.account_id, each.asset_id) < 0 for each in account.holdings() if each.asset_id)


# --- One step ------------------------------------------------------------------------------------------


def go_on(venue: Venue) -> None:
    """Q-3: the step of a CONTINUE."""
    if venue.liquidation_queue:
        Step(venue, venue.margins[venue.liquidation_queue[0]]).take()


def on_deadline(venue: Venue, account_id: int) -> None:
    """Q-3: it has waited."""
    venue.margins[account_id].due_ns = 0
    venue.liquidation_queue.append(account_id)


class Step:
    """One step of one account's liquidation."""

    def __init__(self, venue: Venue, account: MarginAccount) -> None:
        self.venue, self.account = venue, account
        self.equity = self.maintenance = 0

    def take(self) -> None:
        venue, account = self.venue, self.account
        self.reckon(swept(venue, account))  # 1
        if not cancel_orders(venue, account):  # 2
            return
        goal = self.maintenance
        if account.stage != Stage.QUEUED:
            goal += self.maintenance // 8
        if self.equity >= goal or not (has_position(account) or has_debt(venue, account)):  # 3, 4
            self.end()
            return
        if account.stage == Stage.QUEUED:  # 5
            account.stage = Stage.REDUCING
        if account.stage == Stage.REDUCING and self.equity < self.maintenance * venue.liquidation.backstop_ppm // PPM:
            self.turn(Stage.BACKSTOP)
        if account.stage != Stage.REDUCING:  # 6
            self.equity = pay_insurance(venue, account, self.equity)
        if account.stage == Stage.REDUCING or not has_position(account):  # 7
            choice = choose(venue, account)
            if choice is not None:
                self.slice(choice)
                return
            if not has_position(account):
                self.leave()
                return
            self.turn(Stage.BACKSTOP)
        if account.stage == Stage.BACKSTOP:  # 8
            if self.equity >= 0 and take_over(venue, account, self.equity):
                return
            self.turn(Stage.DELEVERAGING)
        if not deleverage(venue, account, self.equity):  # 9
            self.wait(self.pause())

    def reckon(self, now: Sums) -> None:
        self.equity, self.maintenance = now.equity, now.maintenance

    def slice(self, choice: Choice) -> None:
        """Q-5, and what becomes of the liquidation."""
        venue, account = self.venue, self.account
        traded, now = sell_slice(venue, account, choice)
        if now is not None:
            self.reckon(now)
        if traded and venue.liquidation.slice_interval_ns:
            self.wait(venue.liquidation.slice_interval_ns)
        elif not traded and has_position(account) and account.stage == Stage.REDUCING:
            self.turn(Stage.BACKSTOP)
        elif not traded:
            self.wait(self.pause())

    def leave(self) -> None:
        """7: without position and choice."""
        if self.equity >= 0:
            self.wait(self.pause())
            return
        self.account.is_spent = True
        self.venue.emit(Event.LOSS_LEFT, account_id=self.account.account_id, amount_atoms=-self.equity)
        self.end()

    def turn(self, stage: LiquidationStage) -> None:
        self.account.stage = stage
        self.venue.emit(Event.LIQUIDATION_STEP, account_id=self.account.account_id, flags=stage)

    def pause(self) -> int:
        return max(self.venue.liquidation.slice_interval_ns, LIQUIDATION_WAIT_NS)

    def wait(self, ns: int) -> None:
        venue = self.venue
        if not venue.has_deadline_room():
            self.end()
            return
        venue.liquidation_queue.remove(self.account.account_id)
        self.account.due_ns, self.account.due_seq = venue.now + ns, venue.seq

    def end(self) -> None:
        venue, account = self.venue, self.account
        account.stage = Stage.NONE
        venue.liquidation_queue.remove(account.account_id)
        venue.emit(
            Event.LIQUIDATION_ENDED, account_id=account.account_id, qty_lots=self.maintenance, amount_atoms=self.equity
        )


def cancel_orders(venue: Venue, account: MarginAccount) -> bool:
    """Q-3, 2. Whether none is left."""
    while orders := venue.open_orders(account.account_id):
        if venue.looks_left <= 0:
            return False
        venue.looks_left -= 1
        venue.cancel_in_walk(orders[0], Reject.BY_LIQUIDATION)
    return True


def pay_insurance(venue: Venue, account: MarginAccount, equity: int) -> int:
    """Q-8. Returns what equity is then."""
    settles = {venue.instruments[each.instrument_id].quote for each in account.holdings() if each.pos}
    for holding in account.holdings():
        risk = risk_of_asset(venue, holding.asset_id)
        is_debt = venue.free(account.account_id, holding.asset_id) < 0
        if equity >= 0 or not holding.asset_id or not risk.value or not (is_debt or holding.asset_id in settles):
            continue
        amount = min(venue.free(INSURANCE_ACCOUNT, holding.asset_id), risk.cap)
        if amount <= 0:
            continue
        if in_micro_dollars(venue, holding.asset_id, amount) > -equity:
            amount = ceil_div(-equity << risk.unit_shift, risk.value)
        venue.balance(INSURANCE_ACCOUNT, holding.asset_id).free -= amount
        venue.balance(account.account_id, holding.asset_id).free += amount
        make_stale(venue, account)
        venue.emit(Event.INSURANCE_PAID, account_id=account.account_id, asset_id=holding.asset_id, amount_atoms=amount)
        equity += in_micro_dollars(venue, holding.asset_id, amount)
    return equity


# --- The backstop ------------------------------------------------------------------------------------------


def take_over(venue: Venue, account: MarginAccount, equity: int) -> bool:
    """Q-6: whether the backstop took the first position."""
    taker = venue.margins.get(venue.liquidation.backstop_account_id)
    holding = first_position(account)
    assert holding is not None
    if taker is None or taker is account or venue.accounts[taker.account_id].is_frozen or taker.stage != Stage.NONE:
        return False
    number = holding.instrument_id
    instrument, contract = venue.instruments[number], venue.contracts[number]
    lots, side = abs(holding.pos), Side.BUY if holding.pos > 0 else Side.SELL
    fee = fee_within(venue, instrument.quote, contract.mark * lots * instrument.atoms_per_tick_lot, equity)
    if not touch(venue, taker) or not venue.has_balance_room((taker.account_id, instrument.quote)):
        return False
    needed = [(0, instrument.quote), (number, 0)]
    if not room_for_holdings(venue, taker, needed):
        return False
    has = position(venue, taker.account_id, number).pos * (1 if side == Side.BUY else -1)
    if has + leaves_of(venue, taker.account_id, number, side) + lots > contract.position_max:
        return False
    order = new_order(venue, taker.account_id, number, side, contract.mark, lots)
    before = sums(venue, taker)
    with as_if_open(venue, taker, order):
        after = sums(venue, taker)
    try:
        require_margin(before, after)
    except Refusal:
        return False
    had = position(venue, taker.account_id, number).pos
    move_over(venue, account.account_id, taker.account_id, number, fee)
    venue.emit(
        Event.BACKSTOP_TOOK, account_id=account.account_id, instrument_id=number, price_ticks=contract.mark,
        qty_lots=lots, amount_atoms=fee, asset_id=instrument.quote, side=side,
    )  # fmt: skip
    end_tied(venue, taker.account_id, number, had)
    return True


def move_over(venue: Venue, account_id: int, taker_id: int, instrument_id: int, fee: int) -> None:
    """The whole position at the mark, and the fee."""
    quote, mark = venue.instruments[instrument_id].quote, venue.contracts[instrument_id].mark
    for asset_holding in ((0, quote), (instrument_id, 0)):
        if venue.margins[taker_id].find(*asset_holding) is None:
            venue.margins[taker_id].add(Holding(*asset_holding))
    pos = position(venue, account_id, instrument_id).pos
    side, closing = (Side.BUY, Side.SELL) if pos > 0 else (Side.SELL, Side.BUY)
    changes = [
        move_position(venue, account_id, instrument_id, closing, mark, abs(pos)),
        move_position(venue, taker_id, instrument_id, side, mark, abs(pos)),
    ]
    venue.balance(account_id, quote).free -= fee
    venue.balance(taker_id, quote).free += fee
    for change in changes:
        venue.emit(Event.POSITION, **change)
    for each in (account_id, taker_id):
        venue.tidy(each, instrument_id)
