"""Seeded traders, operators and vandals: streams of command rows that go everywhere the rules go.

A workload draws commands and, to draw sensible ones, reads the events of what it drew before: it
keeps a light idea of the open orders, holds and accounts, and often uses it wrongly on purpose.
Prices are close together so that things meet, limits are small so that they are reached, a share
of the rows is hostile. By swarm, each seed leaves out some kinds of action, so that what another
kind would have tidied up piles up.

    work = Workload(seed)
    events = machine.apply(work.opening())
    work.learn(events)
    work.learn(machine.apply(work.draw(50)))
"""

from collections.abc import Callable, Mapping

import numpy as np

from emporion.schema import build
from emporion.schema.build import Rows
from emporion.schema.codes import InstrumentStatus, Limit, OrderFlag, Side, Stp, Tif
from emporion.schema.limits import (
    CLIENT_ID_AGE_NS,
    DEADMAN_MAX_NS,
    FEE_PPM_MAX,
    FIRST_ACCOUNT,
    NOTIONAL_MAX,
    PRICE_MAX,
    QTY_MAX,
    SUPPLY_MAX,
    SYSTEM_ACCOUNTS,
    TINY,
    TS_MAX,
)
from emporion.sim.hostile import EDGES, spoil
from emporion.sim.memory import LiveOrder, Memory

SECOND_NS = 1_000_000_000
ASSETS = 3
INSTRUMENTS = 3
MASTERS = 4
SUBS = 2  # Below the first two masters.
MIDDLE_TICKS = 100
ALWAYS, SWARM, MEDDLING = range(3)  # Sorts of action: in every seed; in most; in most, but seldom in calm ones.


def genesis_rows(limits: Mapping[Limit, int] | None = None) -> Rows:
    """GENESIS with these limits, and for the rest as large as the smallest build allows."""
    return build.genesis(limits, capacity=TINY)


def draw_limits(rng: np.random.Generator) -> dict[Limit, int]:
    """Limits so small that a few hundred commands run into most of them; sometimes roomy ones."""
    roomy = build.limits_of(TINY)
    tight = {
        Limit.ASSETS: (ASSETS, 5),
        Limit.INSTRUMENTS: (INSTRUMENTS, 6),
        Limit.ACCOUNTS: (SYSTEM_ACCOUNTS + MASTERS + SUBS, 15),
        Limit.BALANCES: (12, 32),
        Limit.ORDERS: (6, 60),
        Limit.EXTRAS: (2, 24),
        Limit.CLIENT_IDS: (3, 30),
        Limit.NODES: (13, 45),
        Limit.LEAVES: (3, 24),
        Limit.HOLDS: (2, 10),
        Limit.DEADLINES: (2, 12),
        Limit.CLIENT_IDS_PER_ACCOUNT: (1, 8),
    }
    is_roomy = rng.random(len(tight)) < rng.choice([0.3, 0.8, 1.0])
    return {
        limit: roomy[limit] if is_this_roomy else int(rng.integers(low, high + 1))
        for (limit, (low, high)), is_this_roomy in zip(tight.items(), is_roomy, strict=True)
    }


class Workload(Memory):
    """One seed's worth of commands. The seed is the whole reproduction.

    Args:
        seed: of everything drawn.
        limits: instead of drawn ones.
        hostile: share of rows spoiled, 0 to 1; None to draw that too.
    """

    wealths = (20_000, 3_000_000, 1_000_000_000_000)  # Atoms of each asset: all begin with one of these.

    def __init__(self, seed: int, limits: Mapping[Limit, int] | None = None, hostile: float | None = None) -> None:
        super().__init__(accounts=list(range(FIRST_ACCOUNT, FIRST_ACCOUNT + MASTERS + SUBS)), last_ticks=MIDDLE_TICKS)
        self.rng = rng = np.random.default_rng(seed)
        self.limits = draw_limits(rng) if limits is None else dict(limits)
        self.hostile = float(rng.choice([0.0, 0.02, 0.15])) if hostile is None else hostile
        self.now_ns = 1_700_000_000 * SECOND_NS
        self.client_ids: list[bytes] = []
        self.middle = MIDDLE_TICKS
        self.is_wide = bool(rng.random() < 0.3)  # Prices far apart, so that price indexes grow.
        self.is_calm = bool(rng.random() < 0.6)  # Operators seldom meddle, so that trading goes far.
        self.stp_favourite = int(rng.integers(0, 4))
        self.actions: list[Callable[[], Rows]] = []
        weights: list[float] = []
        for action, weight, sort in self._catalogue():
            if sort == ALWAYS or rng.random() < 0.75:  # Swarm: a seed leaves out some kinds of action.
                self.actions.append(action)
                calming = 0.1 if self.is_calm and sort == MEDDLING else 1.0
                weights.append(weight * calming * float(rng.choice([0.3, 1.0, 3.0])))
        self.weights = np.array(weights) / sum(weights)

    # --- What callers use ----------------------------------------------------------------------------

    def opening(self) -> Rows:
        """GENESIS, listings, accounts and deposits: the stage on which `draw` plays."""
        rng = self.rng
        rows = [genesis_rows(self.limits)]
        rows += [build.list_asset(f"ASSET{number}", 2) for number in range(1, ASSETS + 1)]
        for base, quote in ((1, 2), (3, 2), (1, 3)):
            rows.append(
                build.list_instrument(
                    f"I{base}/{quote}",
                    base,
                    quote,
                    base_atoms_per_lot=int(rng.integers(1, 20)),
                    atoms_per_tick_lot=int(rng.choice([1, 3, 1000])),
                    **self._bounds(),
                )  # fmt: skip
            )
        rows += [build.open_account(fee_tier=int(rng.integers(0, 3))) for _ in range(MASTERS)]
        rows += [build.open_account(FIRST_ACCOUNT + number) for number in range(SUBS)]
        for tier in range(3):
            rows.append(self._set_fees(0, tier))
        wealth = int(rng.choice(self.wealths))
        for account_id in self.accounts:
            rows += [build.deposit(account_id, asset, wealth) for asset in range(1, ASSETS + 1)]
        for instrument_id in range(1, INSTRUMENTS + 1):
            if self.is_calm or rng.random() < 0.8:
                rows.append(build.set_status(instrument_id, InstrumentStatus.OPEN))
        return build.stamp(build.join(*rows), self.now_ns)

    def draw(self, commands: int) -> Rows:
        """So many commands, with their data rows."""
        parts = []
        for _ in range(commands):
            action = self.actions[int(self.rng.choice(len(self.actions), p=self.weights))]
            rows = action()
            rows["ts_ns"][0] = self._step_time()
            if self.rng.random() < self.hostile and len(rows) == 1 + rows["data_rows"][0]:  # Of one command.
                rows = spoil(self.rng, rows)
            parts.append(rows)
        return build.join(*parts)

    # --- The kinds of action -------------------------------------------------------------------------

    def _catalogue(self) -> list[tuple[Callable[[], Rows], float, int]]:
        """Action, weight, and what sort it is."""
        return [
            (self._place_plain, 30, ALWAYS),
            (self._place_immediate, 12, ALWAYS),
            (self._place_iceberg, 6, SWARM),
            (self._place_stop, 14, SWARM),
            (self._place_anything, 3, SWARM),
            (self._replace, 10, SWARM),
            (self._cancel, 5, SWARM),
            (self._cancel_by_client_id, 2, SWARM),
            (self._mass_cancel, 1, MEDDLING),
            (self._set_deadman, 2, MEDDLING),
            (self._deposit, 4, SWARM),
            (self._transfer, 3, SWARM),
            (self._withdraw, 2, SWARM),
            (self._end_hold, 4, SWARM),
            (self._freeze_balance, 2, MEDDLING),
            (self._set_status, 2, MEDDLING),
            (self._reopen, 3, ALWAYS),
            (self._amend, 1, MEDDLING),
            (self._set_some_fees, 1, MEDDLING),
            (self._account, 1.5, MEDDLING),
            (self._freeze_account, 0.7, MEDDLING),
            (self._unfreeze_account, 2, ALWAYS),
            (self._list, 0.5, MEDDLING),
            (self._set_limit, 0.7, SWARM),
            (build.tick, 2, SWARM),
            (build.continue_work, 4, ALWAYS),
        ]

    def _place_plain(self) -> Rows:
        return self._place(tif=self._pick(Tif.GTC, Tif.GTC, Tif.GTD), flags=self._pick(0, 0, 0, OrderFlag.POST_ONLY))

    def _place_immediate(self) -> Rows:
        is_market = self.rng.random() < 0.4
        return self._place(
            tif=self._pick(Tif.IOC, Tif.FOK), flags=OrderFlag.MARKET if is_market else 0,
            price=self._pick(0, None) if is_market else None,
        )  # fmt: skip

    def _place_iceberg(self) -> Rows:
        return self._place(tif=self._pick(Tif.GTC, Tif.GTD), display=int(self.rng.integers(1, 6)))

    def _place_stop(self) -> Rows:
        is_market = self.rng.random() < 0.4
        side = self._pick(Side.BUY, Side.SELL)
        away = int(self.rng.integers(1, 6))
        beyond = self.last_ticks + (away if side == Side.BUY else -away)
        return self._place(
            tif=Tif.IOC if is_market else self._pick(Tif.GTC, Tif.GTC, Tif.IOC, Tif.GTD),
            flags=OrderFlag.STOP | (OrderFlag.MARKET if is_market else 0), price=0 if is_market else None,
            trigger=self._pick(beyond, beyond, beyond, self._price()), side=side,
        )  # fmt: skip

    def _place_anything(self) -> Rows:
        """Any flags with any tif: mostly refused, in every way."""
        rng = self.rng
        return self._place(
            tif=self._pick(*Tif), flags=int(rng.integers(0, 8)), price=self._pick(0, None, None),
            display=self._pick(0, 0, 1), trigger=self._pick(0, self._price()), expire=self._pick(None, 0, self.now_ns),
        )  # fmt: skip

    def _place(
        self, tif: int, flags: int = 0, price: int | None = None, display: int = 0, trigger: int = 0,
        expire: int | None = None, side: int = 0,
    ) -> Rows:  # fmt: skip
        rng = self.rng
        if expire is None:
            ahead = int(rng.choice([SECOND_NS // 2, 5 * SECOND_NS, 20 * SECOND_NS, CLIENT_ID_AGE_NS]))
            expire = self.now_ns + ahead if tif == Tif.GTD else 0
        return build.place(
            self._account_id(), self._instrument_id(), side or self._pick(Side.BUY, Side.SELL), self._qty(),
            self._price() if price is None else price, tif=tif, flags=flags,
            stp=self.stp_favourite if rng.random() < 0.7 else self._pick(*Stp), cl_ord_id=self._client_id(),
            display_lots=display, trigger_price_ticks=trigger, expire_ns=expire,
        )  # fmt: skip

    def _replace(self) -> Rows:
        if not self.orders and self.rng.random() < 0.8:
            return self._place_plain()
        order = self._order()
        by_client_id = self.rng.random() < 0.2
        qty = self._pick(order.qty, order.qty - order.leaves, order.qty - 1, self._qty() + order.qty - order.leaves)
        account_id = self._account_id() if self.rng.random() < 0.05 else order.account_id
        return build.replace(
            account_id, 0 if by_client_id else order.order_id, max(qty, 0),
            self._pick(0, order.price, self._price(), self._price()),
            self._client_id(0.9 if by_client_id else 0.2),
        )  # fmt: skip

    def _cancel(self) -> Rows:
        if not self.orders and self.rng.random() < 0.8:
            return self._place_plain()
        order = self._order()
        account_id = self._account_id() if self.rng.random() < 0.05 else order.account_id
        return build.cancel(account_id, order.order_id)

    def _cancel_by_client_id(self) -> Rows:
        return build.cancel_by_cl_ord_id(self._account_id(), self._client_id(1.0, fresh=0.0))

    def _mass_cancel(self) -> Rows:
        account_id = self._pick(0, self._account_id(), self._account_id())
        return build.mass_cancel(account_id, self._pick(0, self._instrument_id()), self._pick(0, Side.BUY, Side.SELL))

    def _set_deadman(self) -> Rows:
        timeout = self._pick(0, 1, SECOND_NS, 30 * SECOND_NS, DEADMAN_MAX_NS, DEADMAN_MAX_NS + 1)
        return build.set_deadman(self._account_id(), timeout)

    def _deposit(self) -> Rows:
        return build.deposit(self._account_id(), self._asset_id(), self._amount(), self._client_id())

    def _transfer(self) -> Rows:
        return build.transfer(
            self._account_id(), self._account_id(), self._asset_id(), self._amount(), self._client_id()
        )

    def _withdraw(self) -> Rows:
        return build.withdraw(self._account_id(), self._asset_id(), self._amount(), self._client_id(), reference=7)

    def _freeze_balance(self) -> Rows:
        return build.freeze_balance(self._account_id(), self._asset_id(), self._amount(), self._client_id())

    def _end_hold(self) -> Rows:
        if not self.holds and self.rng.random() < 0.8:
            return self._deposit()
        hold_id = self._pick(*(self.holds or [1 << 24 | 1]))
        account_id = self._pick(0, self.holds.get(hold_id, 0), self._account_id())
        end = self._pick(build.withdraw_settle, build.withdraw_refuse, build.release_balance)
        return end(hold_id, account_id)

    def _set_status(self) -> Rows:
        statuses = [status for status in InstrumentStatus if status != InstrumentStatus.CLOSED]
        status = InstrumentStatus.CLOSED if self.rng.random() < 0.03 else self._pick(*statuses)
        return build.set_status(self._instrument_id(), status)

    def _reopen(self) -> Rows:
        if not self.shut:
            return build.continue_work()
        return build.set_status(self._pick(*self.shut), InstrumentStatus.OPEN)

    def _amend(self) -> Rows:
        return build.amend_instrument(self._instrument_id(), **self._bounds())

    def _bounds(self) -> dict[str, int]:
        rng = self.rng
        return {
            "qty_min_lots": self._pick(1, 1, 2),
            "qty_max_lots": self._pick(40, 1_000),
            "price_max_ticks": 1 << 40 if self.is_wide else self._pick(150, 10_000),
            "notional_min_atoms": self._pick(0, 0, 200),
            "notional_max_atoms": self._pick(0, 0, 5_000_000),
            "reference_price_ticks": self._pick(0, MIDDLE_TICKS),
            "band_ppm": self._pick(0, 50_000, 200_000, 1_000_000),
            "fee_schedule": int(rng.integers(0, 2)),
        }

    def _set_some_fees(self) -> Rows:
        return self._set_fees(self._pick(0, 1), self._pick(0, 1, 2))

    def _set_fees(self, schedule: int, tier: int) -> Rows:
        taker = self._pick(0, 450, 2_500, FEE_PPM_MAX)
        maker = self._pick(0, -taker, taker // 3, -(taker // 2), FEE_PPM_MAX)
        return build.set_fees(schedule, tier, maker, taker)

    def _account(self) -> Rows:
        tier = self._pick(0, 1, 2, 16)
        if self.rng.random() < 0.5:
            return build.set_account(self._account_id(), tier)
        return build.open_account(self._pick(0, self._account_id()), tier)

    def _freeze_account(self) -> Rows:
        return build.freeze_account(self._account_id())

    def _unfreeze_account(self) -> Rows:
        return build.unfreeze_account(self._pick(*self.frozen) if self.frozen else self._account_id())

    def _list(self) -> Rows:
        if self.rng.random() < 0.5:
            return build.list_asset(self._pick("X", ""), self._pick(0, 18, 19), self._pick(1, 9))
        return build.list_instrument(
            self._pick("N", ""), self._asset_id(), self._asset_id(), self._pick(1, 0, 50), self._pick(1, 0, 7),
            **self._bounds(),
        )  # fmt: skip

    def _set_limit(self) -> Rows:
        limit = self._pick(*Limit, 12)
        value = self.limits.get(limit, 1) + self._pick(-1, 0, 1, 3)
        most = build.limits_of(TINY).get(limit, 1)
        if value > most and limit != Limit.CLIENT_IDS_PER_ACCOUNT:
            value = 1 << 31  # Above what this build holds: a node would not start. Above the rule's bound: refused.
        elif limit in self.limits:
            self.limits[limit] = max(self.limits[limit], value)
        return build.set_limit(limit, value)

    # --- Drawing parts ---------------------------------------------------------------------------------

    def _pick(self, *choices):
        """One of these, as it stands (NumPy would make another type of it)."""
        return choices[int(self.rng.integers(len(choices)))]

    def _account_id(self) -> int:
        return self._pick(*EDGES.small) if self.rng.random() < 0.02 else self._pick(*self.accounts)

    def _instrument_id(self) -> int:
        return int(self.rng.choice([1, 2, 3, 4, 0], p=[0.6, 0.25, 0.11, 0.02, 0.02]))

    def _asset_id(self) -> int:
        return int(self.rng.choice([1, 2, 3, 4, 0], p=[0.36, 0.36, 0.24, 0.02, 0.02]))

    def _price(self) -> int:
        rng = self.rng
        if rng.random() < 0.02:
            self.middle = max(10, self.middle + int(rng.integers(-5, 6)))
        if self.is_wide and rng.random() < 0.15:
            return int(rng.choice([1, 40, 200, 5_000, 300_000, 1 << 30, 1 << 39, (1 << 40) - 7]))
        if rng.random() < 0.01:
            return self._pick(-1, 0, PRICE_MAX, PRICE_MAX + 1)
        return max(1, self.middle + int(np.rint(rng.normal(0, self._pick(1.0, 4.0)))))

    def _qty(self) -> int:
        rng = self.rng
        if rng.random() < 0.01:
            return self._pick(-1, 0, QTY_MAX, NOTIONAL_MAX)
        return int(rng.choice([1, 2, 3, 5, 10, 17, 40, 400], p=[0.15, 0.15, 0.15, 0.2, 0.15, 0.1, 0.06, 0.04]))

    def _amount(self) -> int:
        if self.rng.random() < 0.05:
            return self._pick(-1, 0, SUPPLY_MAX, SUPPLY_MAX + 1)
        return int(self.rng.choice([1, 50, 900, 5_000, 90_000]))

    def _client_id(self, share: float = 0.25, fresh: float = 0.7) -> bytes:
        """None, a new one, or one used before."""
        if self.rng.random() >= share:
            return b""
        if not self.client_ids or self.rng.random() < fresh:
            self.client_ids = [*self.client_ids[-15:], b"c%d" % self.rng.integers(1_000_000)]
            return self.client_ids[-1]
        return self._pick(*self.client_ids)

    def _order(self) -> LiveOrder:
        """An open order; sometimes one that has ended, or never was."""
        if self.orders and self.rng.random() < 0.95:
            return self._pick(*self.orders.values())
        order_id = self._pick(*self.ended, 1, 1 << 24, *EDGES.wide)
        return LiveOrder(order_id, self._account_id(), 1, 10, 10, self.middle)

    def _step_time(self) -> int:
        """Mostly a little later; sometimes the same, much later, or a clock gone wrong."""
        kind = self.rng.random()
        if kind < 0.02:
            return int(self.rng.choice([0, -1, self.now_ns - SECOND_NS, TS_MAX + 1]))
        if kind < 0.03:
            self.now_ns += int(self.rng.choice([60 * SECOND_NS, CLIENT_ID_AGE_NS // 2, CLIENT_ID_AGE_NS]))
        elif kind < 0.7:
            self.now_ns += int(self.rng.integers(0, SECOND_NS))
        return self.now_ns
