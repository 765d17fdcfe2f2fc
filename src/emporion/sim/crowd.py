"""A workload that crowds one book, so that sweeps, walks and stops run into the bounds of one command's work."""

from emporion.schema import build
from emporion.schema.build import Rows
from emporion.schema.codes import InstrumentStatus, OrderFlag, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT
from emporion.sim.workload import MASTERS, Workload


class Crowd(Workload):
    """Everything a workload does, and hundreds of orders at once, and commands that move many of them."""

    def crowd(self, orders: int) -> Rows:
        """So many small orders on the first instrument: most of one account, at few prices around the middle."""
        rng, parts = self.rng, [build.amend_instrument(1, qty_max_lots=1_000, price_max_ticks=1_000)]
        for account_id in self.accounts[:MASTERS]:
            parts += [build.deposit(account_id, asset, 1_000_000_000) for asset in (1, 2)]
        for _ in range(orders):
            number = int(rng.choice(MASTERS, p=[0.7, 0.1, 0.1, 0.1]))
            side = self._pick(Side.BUY, Side.SELL)
            away = int(rng.integers(1, 4)) * (1 if side == Side.SELL else -1)
            is_stop, is_iceberg = (rng.random(2) < (0.15, 0.1)).tolist()
            parts.append(
                build.place(
                    FIRST_ACCOUNT + number,
                    1,
                    side,
                    9 if is_iceberg else 2,
                    self.middle + (-away if is_stop else away),
                    flags=OrderFlag.STOP if is_stop else 0,
                    stp=self.stp_favourite,
                    display_lots=2 if is_iceberg and not is_stop else 0,
                    trigger_price_ticks=self.last_ticks - away if is_stop else 0,
                )  # fmt: skip
            )
        return build.stamp(build.join(*parts), self.now_ns)

    def draw_drastic(self) -> Rows:
        """One command that moves much, and a CONTINUE or two."""
        rng, big = self.rng, FIRST_ACCOUNT
        side = self._pick(Side.BUY, Side.SELL)
        far = self.middle + (9 if side == Side.BUY else -9)
        command = self._pick(
            build.place(big + 1, 1, side, 900, far, tif=self._pick(Tif.IOC, Tif.GTC, Tif.FOK), stp=self._pick(0, 1, 2)),
            build.place(big + 1, 1, side, 900, far, tif=Tif.IOC, stp=self.stp_favourite),
            build.place(big + 2, 1, side, 40, far, tif=Tif.IOC),
            build.mass_cancel(big, 1, self._pick(0, side)),
            build.mass_cancel(big, 2),
            build.join(build.freeze_account(big), build.unfreeze_account(big)),
            build.join(
                build.set_status(1, InstrumentStatus.HALTED), build.mass_cancel(0, 1, self._pick(0, side)),
                build.set_status(1, InstrumentStatus.OPEN),
            ),
            build.join(build.set_deadman(big, 1), build.set_deadman(big + 1, 1)),
            build.freeze_balance(big, self._pick(1, 2), int(rng.integers(1, 1_000_000))),
        )  # fmt: skip
        self.now_ns += 1
        return build.stamp(build.join(command, *[build.continue_work()] * self._pick(0, 1, 2)), self.now_ns)
