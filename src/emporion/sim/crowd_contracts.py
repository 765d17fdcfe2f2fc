"""A workload that crowds one contract with orders that wait and are tied: walks, firing and ties meet their bounds."""

from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import InstrumentStatus, Link, OrderFlag, Side, Tif
from emporion.sim.memory import LiveOrder
from emporion.sim.workload import MIDDLE_TICKS
from emporion.sim.workload_contracts import SECOND_NS, ContractsWorkload
from emporion.sim.workload_margin import CASH, CONTRACTS

CROWDED = CONTRACTS[0]
SOURCES = (0, OrderFlag.ON_MARK, OrderFlag.ON_INDEX)
RICH_ATOMS = 1_000_000_000_000


class ContractsCrowd(ContractsWorkload):
    """Everything a `ContractsWorkload` does, and hundreds of orders at once, and commands that move many of them."""

    def prepare(self) -> Rows:
        """Everybody can pay for everything, and the contract takes orders of any size."""
        parts = [build.deposit(account_id, CASH, RICH_ATOMS) for account_id in self.accounts]
        parts += [build_margin.set_margin(account_id) for account_id in self.accounts]
        parts += [
            build_margin.amend_contract(CROWDED, position_max_lots=100_000, open_interest_max_lots=1_000_000),
            build.amend_instrument(CROWDED, qty_max_lots=1_000, price_max_ticks=150),
            build_margin.set_risk(1, [1, -1], CROWDED, unit_shift=self.contract_shifts[CROWDED], cap=1 << 30),
            build_margin.set_risk(1, [], asset_id=CASH, unit_shift=self.shifts[CASH], cap=1 << 45),
            build_margin.set_price(CROWDED, MIDDLE_TICKS, MIDDLE_TICKS), build.set_status(CROWDED),
        ]  # fmt: skip
        return build.stamp(build.join(*parts), self.now_ns)

    def crowd(self, orders: int) -> Rows:
        """So many orders, most of one account: in the book and waiting, for every price and on both sides."""
        parts = []
        for _ in range(orders):
            account_id = self.accounts[int(self.rng.choice(4, p=[0.7, 0.1, 0.1, 0.1]))]
            side, away = self._pick(*Side), int(self.rng.integers(1, 5))
            if self.rng.random() < 0.2:
                price = MIDDLE_TICKS + (away if side == Side.SELL else -away)
                parts.append(build.place(account_id, CROWDED, side, 2, price, stp=self.stp_favourite))
                continue
            takes_profit = self.rng.random() < 0.3
            rises = (side == Side.BUY) != takes_profit
            trails = not takes_profit and self.rng.random() < 0.3
            flags = OrderFlag.STOP | self._pick(*SOURCES) | (OrderFlag.TAKE_PROFIT if takes_profit else 0)
            parts.append(
                build.place(
                    account_id,
                    CROWDED,
                    side,
                    self._pick(1, 2, 5),
                    MIDDLE_TICKS + self._pick(-6, 6),
                    flags=flags,
                    stp=self.stp_favourite,
                    trigger_price_ticks=MIDDLE_TICKS + (away if rises else -away),
                    trail_ticks=away if trails else 0,
                )  # fmt: skip
            )
        return build.stamp(build.join(*parts), self.now_ns)

    def tie(self, orders: int) -> Rows:
        """So many more, each tied to one that is open."""
        parts, there = [], self._there()
        for _ in range(orders):
            order = self._pick(*there)
            closing = Side.SELL if self.sides[order.order_id] == Side.BUY else Side.BUY
            is_child = self.rng.random() < 0.6
            flags = OrderFlag.STOP | self._pick(*SOURCES) | (OrderFlag.REDUCE_ONLY if is_child else 0)
            away = 3 if closing == Side.BUY else -3
            parts.append(
                build.place(
                    order.account_id,
                    CROWDED,
                    closing,
                    2,
                    MIDDLE_TICKS + 2 * away,
                    flags=flags,
                    trigger_price_ticks=MIDDLE_TICKS + away,
                    related_id=order.order_id,
                    link=Link.CHILD if is_child else Link.CANCELS_OTHER,
                )  # fmt: skip
            )
        return build.stamp(build.join(*parts), self.now_ns)

    def _there(self) -> list[LiveOrder]:
        return [order for order in self.orders.values() if order.instrument_id == CROWDED]

    def draw_drastic(self) -> Rows:
        """One command that moves much, and what goes on after it."""
        big, side = self.accounts[0], self._pick(*Side)
        far = MIDDLE_TICKS + (9 if side == Side.BUY else -9)
        mark = MIDDLE_TICKS + self._pick(-8, -3, 2, 3, 8)
        stp, tif = self._pick(0, 1, 2, 3), self._pick(Tif.GTC, Tif.IOC)
        twap = build_margin.place_twap(
            self.accounts[2], CROWDED, side, 300, 3 * SECOND_NS, SECOND_NS, slippage_ppm=200_000
        )  # fmt: skip
        walk = [
            build.set_status(CROWDED, InstrumentStatus.HALTED),
            build.mass_cancel(0, CROWDED, self._pick(0, side, side, side)),
            *(build.cancel(order.account_id, order.order_id) for order in self._there()[:: self._pick(3, 20, 50)]),
            build.continue_work(), build_margin.set_price(CROWDED, mark, mark),
            *[build.continue_work()] * self._pick(0, 1, 3), build.set_status(CROWDED),
        ]  # fmt: skip
        parts = self._pick(
            [build.place(self.accounts[1], CROWDED, side, 400, far, tif=tif, stp=stp)],
            [build_margin.set_price(CROWDED, self._pick(0, mark), mark)],
            [build_margin.set_price(CROWDED, mark, mark), build_margin.set_price(CROWDED, MIDDLE_TICKS, MIDDLE_TICKS)],
            [build.mass_cancel(big, CROWDED, side)],
            [build.freeze_account(big), build.unfreeze_account(big)],
            walk, walk, [twap, build.tick()], [build_margin.sweep(100)],
        )  # fmt: skip
        self.now_ns += self._pick(1, SECOND_NS)
        return build.stamp(build.join(*parts, *[build.continue_work()] * self._pick(0, 1, 2, 5)), self.now_ns)
