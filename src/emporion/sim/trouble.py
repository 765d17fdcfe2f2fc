"""Nothing but trouble: traders on margin up to their limits, prices that fall and jump, and liquidations that go on."""

from collections.abc import Callable

from emporion.schema import build
from emporion.schema.build import Rows
from emporion.schema.codes import Side, Tif
from emporion.sim.workload import ALWAYS, MIDDLE_TICKS, SWARM
from emporion.sim.workload_margin import MarginWorkload


class Trouble(MarginWorkload):
    """Of the kinds of action of a `MarginWorkload` the few that lead to liquidations, and through all their steps."""

    def _catalogue(self) -> list[tuple[Callable[[], Rows], float, int]]:
        return [
            (self._quote, 20, ALWAYS),
            (self._go_all_in, 25, ALWAYS),
            (self._take, 8, SWARM),
            (self._place_plain, 5, SWARM),
            (self._place_stop, 4, SWARM),
            (self._close_out, 3, SWARM),
            (self._borrow, 8, SWARM),
            (self._set_mark, 10, ALWAYS),
            (self._crash, 12, ALWAYS),
            (self._set_value, 4, SWARM),
            (self._sweep, 8, ALWAYS),
            (build.continue_work, 30, ALWAYS),
            (self._next_hour, 1, SWARM),
            (self._set_liquidation, 2, SWARM),
            (self._deposit, 4, SWARM),
            (self._set_status, 0.5, SWARM),
            (self._reopen, 3, ALWAYS),
            (self._replace, 3, SWARM),
            (self._cancel, 2, SWARM),
        ]

    def _go_all_in(self) -> Rows:
        """From the largest size down, so that one of them is as much as the account may have."""
        account_id, number, side = self._account_id(), self._contract_id(), self._pick(*Side)
        price = max(1, (self.marks.get(number, 0) or MIDDLE_TICKS) + (3 if side == Side.BUY else -3))
        tif = self._pick(Tif.IOC, Tif.IOC, Tif.GTC)
        sizes = (300, 100, 40, 15, 6, 2)
        return build.join(*(build.place(account_id, number, side, lots, price, tif=tif, stp=0) for lots in sizes))
