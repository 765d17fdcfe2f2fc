"""Names and units at the door: a copy of what is listed, asked for again when an event says it changed."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from emporion.errors import BadValue
from emporion.gateway.decimals import Scale
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import Listings
from emporion.gateway.problems import ProblemError, problem
from emporion.schema.build import name_text
from emporion.schema.codes import Event
from emporion.schema.limits import FEE_TIERS, SYSTEM_ACCOUNTS
from emporion.venue.catalog import atom, lot_of, tick_of

CHANGES = np.zeros(256, np.bool_)  # After these events the copy is old.
CHANGES[
    [
        Event.ASSET_LISTED, Event.INSTRUMENT_LISTED, Event.INSTRUMENT_AMENDED, Event.STATUS_CHANGED, Event.FEES_SET,
        Event.ACCOUNT_OPENED,
    ]
] = True  # fmt: skip


LOOK_SECONDS = 0.02  # At most so often names are asked for that are not known.


@dataclass(frozen=True, slots=True)
class Asset:
    """What balances are counted in."""

    asset_id: int
    name: str
    decimals: int
    asset_class: int
    amount: Scale  # In atoms.


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument's fixed terms: what never changes once it is listed."""

    instrument_id: int
    name: str
    title: str
    base: Asset
    quote: Asset
    asset_class: int
    price: Scale
    qty: Scale
    base_atoms_per_lot: int
    atoms_per_tick_lot: int


class Unlisted(ProblemError):
    """A name that is not in the copy: a 404."""


class Catalog:
    """The door's copy. Listings and accounts only grow, so what was found stays true."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.seq = 0  # Of the copy.
        self.assets: list[Asset] = []  # By number; row 0 is nobody.
        self.instruments: list[Listed | None] = [None]
        self.rows: np.ndarray = np.zeros(0)  # INSTRUMENT rows as of `seq`.
        self.fees: np.ndarray = np.zeros(0)  # schedule x FEE_TIERS + tier.
        self.simulation = False
        self.titles: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        self._instruments: dict[str, Listed] = {}
        self._names: list[str] = [""]  # Of accounts by number.
        self._accounts: dict[str, int] = {}
        self._masters: list[int] = [0]
        self._changes = 1  # Heard of, and of those the ones that the copy has.
        self._copied = 0
        self._asking = asyncio.Lock()
        self._look_at = 0.0  # When to ask again for a name that is not known, the loop's time.

    async def start(self) -> None:
        """Ask for the first copy and listen for changes."""
        self._link.listen(self._hear)
        self._link.on_gap(self._forget)
        await self.refresh()

    @property
    def is_old(self) -> bool:
        """Whether something was listed since the copy was asked for."""
        return self._copied < self._changes

    async def keep_up(self) -> None:
        """Have a copy that is not old: asks again only if nobody else just does."""
        async with self._asking:
            if self.is_old:
                await self._copy()

    async def refresh(self) -> None:
        """Ask again. Whoever comes while that is under way waits for one that began later."""
        async with self._asking:
            await self._copy()

    async def catch_up(self) -> None:
        """Ask again if anything has happened since: for rows that change with every trade."""
        if self.is_old or self._link.seq > self.seq:
            await self.refresh()

    async def look_again(self) -> bool:
        """Ask again for a name that is not known, unless that was just done; says whether anything is new.

        What another gateway listed or opened a moment ago may be known to its client before it is heard of here.
        """
        known = self._known
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if self._known == known and now >= self._look_at:
                self._look_at = now + LOOK_SECONDS
                await self._copy()
        return self._known != known

    # --- Names to numbers ---

    def instrument(self, name: str, field: str = "instrument") -> Listed:
        """An instrument by name, or Unlisted, which names the field."""
        listed = self._instruments.get(name)
        if listed is None:
            detail = f"No instrument is named {name!r}; GET /v1/instruments lists them."
            raise _unlisted("UNKNOWN_INSTRUMENT", "There is no such instrument.", detail, field)
        return listed

    def asset(self, name: str, field: str = "asset") -> Asset:
        """An asset by name, or Unlisted, which names the field."""
        asset = self._assets.get(name)
        if asset is None:
            detail = f"No asset is named {name!r}; GET /v1/assets lists them."
            raise _unlisted("UNKNOWN_ASSET", "There is no such asset.", detail, field)
        return asset

    def has_instrument(self, name: str) -> bool:
        return name in self._instruments

    def has_asset(self, name: str) -> bool:
        return name in self._assets

    def account(self, name: str, field: str = "account") -> int:
        """An account's number by name or "#7", or Unlisted, which names the field."""
        number = self._number_of(name)
        if number == 0:
            raise _unlisted("UNKNOWN_ACCOUNT", "There is no such account.", f"No account is named {name!r}.", field)
        return number

    def has_account(self, name: str) -> bool:
        return self._number_of(name) != 0

    def _number_of(self, account: str) -> int:
        """0 for none. "#7" names the account 7, as in the Python API; no name begins so."""
        digits = account[1:]
        if account[:1] == "#" and digits.isascii() and digits.isdecimal() and len(digits) <= 10:
            return int(digits) if int(digits) < len(self._names) else 0
        return self._accounts.get(account, 0)

    # --- Numbers to names ---

    def listed(self, instrument_id: int) -> Listed:
        """An instrument by its number, which came from the venue."""
        listed = self.instruments[instrument_id]
        if listed is None:
            raise BadValue(f"instrument {instrument_id} is not listed")
        return listed

    def account_name(self, account_id: int) -> str:
        """ "#7" for one that has no name, or that was opened a moment ago."""
        return self._names[account_id] if 0 < account_id < len(self._names) else f"#{account_id}"

    def master(self, account_id: int) -> int:
        """The number of an account's master: its own, where it has none."""
        return self._masters[account_id] if account_id < len(self._masters) else account_id

    def accounts_of(self, master_id: int) -> list[int]:
        """A master and its sub-accounts."""
        return [number for number, own in enumerate(self._masters) if own == master_id and number > SYSTEM_ACCOUNTS]

    def known_instruments(self) -> list[Listed]:
        return [listed for listed in self.instruments if listed is not None]

    def known_ids(self) -> list[int]:
        """Numbers of all instruments."""
        return list(range(1, len(self.instruments)))

    def rates(self, fee_schedule: int, fee_tier: int) -> tuple[int, int]:
        """Maker and taker rate in parts per million, as of the copy."""
        row = self.fees[fee_schedule * FEE_TIERS + fee_tier]
        return int(row["maker_ppm"]), int(row["taker_ppm"])

    # --- Keeping up ---

    @property
    def _known(self) -> tuple[int, int, int]:
        return len(self.assets), len(self.instruments), len(self._names)

    async def _copy(self) -> None:
        changes = self._changes
        answer = await self._link.ask(Listings(after_account=len(self._names) - 1))
        self.seq, self.rows = answer.seq, answer.instruments
        self.fees, self.simulation, self.titles = answer.fees, answer.simulation, answer.titles
        self._take_assets(answer.assets)
        self._take_instruments(answer.instruments)
        for account in answer.accounts:
            while len(self._names) <= account.account_id:
                self._names.append(f"#{len(self._names)}")
                self._masters.append(len(self._masters))
            self._names[account.account_id] = account.name
            self._masters[account.account_id] = account.master_id or account.account_id
            self._accounts[account.name] = account.account_id
        self._copied = changes

    def _hear(self, events: np.ndarray, ts_ns: int) -> None:
        if CHANGES[events["kind"]].any():
            self._changes += 1

    def _forget(self) -> None:
        self._changes += 1

    def _take_assets(self, rows: np.ndarray) -> None:
        for number in range(len(self.assets), len(rows)):
            row = rows[number]
            name, decimals = name_text(row["name"]), int(row["decimals"])
            unit = Scale(atom(decimals), f"{name} atom")
            asset = Asset(number, name, decimals, int(row["asset_class"]), unit)
            self.assets.append(asset)
            if number:
                self._assets.setdefault(name, asset)  # Names are unique by the operator's care; the first keeps it.

    def _take_instruments(self, rows: np.ndarray) -> None:
        for number in range(len(self.instruments), len(rows)):
            row = rows[number]
            base, quote = self.assets[int(row["base_asset_id"])], self.assets[int(row["quote_asset_id"])]
            name = name_text(row["name"])
            lot: Decimal = lot_of(row, base.decimals)
            tick = tick_of(row["atoms_per_tick_lot"], quote.decimals, lot)
            listed = Listed(
                number, name, self.titles.get(name, ""), base, quote, int(row["asset_class"]), Scale(tick, "tick"),
                Scale(lot, "lot"), int(row["base_atoms_per_lot"]), int(row["atoms_per_tick_lot"]),
            )  # fmt: skip
            self.instruments.append(listed)
            self._instruments.setdefault(name, listed)


def _unlisted(code: str, reason: str, detail: str, field: str) -> Unlisted:
    return Unlisted(problem(404, code, reason, detail, field=field))
