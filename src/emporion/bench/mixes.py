"""The mixes of commands that are measured, and the venue they are sent to.

(a) is the mix exchange-core publishes: one book, 3 million commands, of which 9% GTC, 3% IOC, 6% cancel
    and 82% move; 1,000 accounts, about 1,000 orders resting on some 730 prices. Their figures for it, on
    other machines: 4.4 million commands a second on one thread, and 1.9 and 0.4 on mixes like (b) and (c).
(b) is one deep book: 50% add, 40% cancel, 10% that trade; 10,000 accounts and 10,000 orders resting.
(c) is (b) spread evenly over 1,000 books: a million orders resting, and as many balances as ten times that.

The venue is set up by commands made here; the commands that build the books up and are measured are
drawn by the C++ program (draw.hpp), which knows what is open. Both are the same on every run: the seed
is part of the mix.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from emporion.schema import build
from emporion.schema.codes import Command, InstrumentStatus, Limit
from emporion.schema.limits import FIRST_ACCOUNT, LARGE, SMALL, Capacity
from emporion.schema.messages import ADMIN_COMMAND, COMMAND, LEDGER_COMMAND

QUOTE_ASSET = 1  # The base of instrument i is asset 1 + i.
START_NS = 1_700_000_000_000_000_000
LOW_TICKS = 10_000  # Lowest price; the reference's window of 2,048 ticks begins here.
PRICE_MAX_TICKS = LOW_TICKS + 2_048
DEPOSIT_ROWS = 1 << 18  # Setup comes in pieces of this size.


@dataclass(frozen=True)
class Mix:
    """One workload. Shares are of 1,000 commands; what they leave of 1,000 are immediate orders."""

    name: str
    title: str
    commands: int
    accounts: int
    instruments: int
    resting: int
    levels: int  # Ticks over which passive orders are strewn, both sides together.
    add: int
    cancel: int
    move: int
    capacity: Capacity = SMALL
    client_ids: bool = False  # Each order has a 16-byte id, by which it is cancelled and moved.
    client_ids_per_account: int = 1_024  # How many of ended orders the venue remembers.
    maker_ppm: int = 100
    taker_ppm: int = 300
    base_atoms_per_lot: int = 1_000
    atoms_per_tick_lot: int = 100
    qty_max: int = 100
    deposit_atoms: int = 1_000_000_000_000
    seed: int = 1

    @property
    def order_rows(self) -> int:
        """Room for orders the reference needs: what rests may wander a little."""
        return self.resting * 2 + 4_096

    @property
    def setup_commands(self) -> int:
        deposits = self.accounts * (self.instruments + 1)
        return 1 + 1 + (self.instruments + 1) + 2 * self.instruments + self.accounts + deposits

    def with_client_ids(self) -> "Mix":
        """The same drawn with client ids. Per account so many are remembered as the build has room for in all."""
        room = self.capacity.client_ids - self.resting * 2
        kept = min(1_024, room // self.accounts)
        return replace(
            self, name=self.name + "-ids", title=self.title + ", client ids", client_ids=True,
            client_ids_per_account=max(kept, 1),
        )  # fmt: skip

    def smaller(self, divisor: int) -> "Mix":
        """The same shape with fewer commands, for a quick look; many books become fewer books."""
        if self.instruments == 1:
            return replace(self, commands=self.commands // divisor)
        return replace(
            self, commands=self.commands // divisor, instruments=self.instruments // divisor,
            resting=self.resting // divisor, accounts=self.accounts // divisor,
        )  # fmt: skip


MIXES = {
    mix.name: mix
    for mix in (
        Mix("a", "one book, 82% moves", 3_000_000, 1_000, 1, 1_000, 1_980, add=90, cancel=60, move=820),
        Mix("b", "one deep book, 10% trade", 3_000_000, 10_000, 1, 10_000, 1_900, add=500, cancel=400, move=0),
        Mix(
            "c", "1,000 books, 10% trade", 3_000_000, 10_000, 1_000, 1_000_000, 1_900, add=500, cancel=400, move=0,
            capacity=LARGE,
        ),
    )
}  # fmt: skip


def setup(mix: Mix) -> Iterator[np.ndarray]:
    """The commands before the first order, in pieces: limits, assets, fees, books, accounts, money."""
    limits = {Limit.CLIENT_IDS_PER_ACCOUNT: mix.client_ids_per_account}
    head = [build.genesis(limits, mix.capacity), build.set_fees(0, 0, mix.maker_ppm, mix.taker_ppm)]
    head.append(build.list_asset("USD", 6))
    head += [build.list_asset(f"A{at}", 8) for at in range(1, mix.instruments + 1)]
    for at in range(1, mix.instruments + 1):
        head.append(
            build.list_instrument(
                f"A{at}/USD", 1 + at, QUOTE_ASSET, mix.base_atoms_per_lot, mix.atoms_per_tick_lot,
                qty_max_lots=1_000_000, price_max_ticks=PRICE_MAX_TICKS,
            )
        )  # fmt: skip
        head.append(build.set_status(at, InstrumentStatus.OPEN))
    yield build.stamp(build.join(*head), START_NS)
    accounts = np.zeros(mix.accounts, ADMIN_COMMAND)
    accounts["kind"] = Command.OPEN_ACCOUNT
    accounts["ts_ns"] = START_NS
    yield accounts.view(COMMAND)
    assets = mix.instruments + 1
    for start in range(0, mix.accounts * assets, DEPOSIT_ROWS):
        places = np.arange(start, min(start + DEPOSIT_ROWS, mix.accounts * assets))
        deposits = np.zeros(len(places), LEDGER_COMMAND)
        deposits["kind"] = Command.DEPOSIT
        deposits["ts_ns"] = START_NS
        deposits["account_id"] = FIRST_ACCOUNT + places // assets
        deposits["asset_id"] = 1 + places % assets
        deposits["amount_atoms"] = mix.deposit_atoms
        yield deposits.view(COMMAND)


def options(mix: Mix) -> list[str]:
    """What the C++ program is told of the mix."""
    values = {
        "accounts": mix.accounts, "instruments": mix.instruments, "low_ticks": LOW_TICKS,
        "base_atoms_per_lot": mix.base_atoms_per_lot, "atoms_per_tick_lot": mix.atoms_per_tick_lot,
        "maker_ppm": mix.maker_ppm, "taker_ppm": mix.taker_ppm, "base_atoms": mix.deposit_atoms,
        "quote_atoms": mix.deposit_atoms, "orders": mix.order_rows,
        "client_ids_kept": mix.client_ids_per_account, "first_seq": mix.setup_commands + 1,
        "commands": mix.commands, "resting": mix.resting, "levels": mix.levels, "seed": mix.seed,
        "start_ns": START_NS, "qty_max": mix.qty_max, "add": mix.add, "cancel": mix.cancel, "move": mix.move,
        "client_ids": int(mix.client_ids),
    }  # fmt: skip
    return [f"{name}={value}" for name, value in values.items()]
