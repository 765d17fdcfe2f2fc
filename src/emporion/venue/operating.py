"""What operators do: list assets and instruments, open accounts, set fees, statuses and limits."""

from decimal import Decimal
from typing import Any

from emporion.errors import BadValue, DiskFull, Refused
from emporion.instruments import TEMPLATES
from emporion.instruments.listing import fitting_lot
from emporion.schema import build
from emporion.schema.codes import AccountFlag, AssetClass, Event, InstrumentStatus, Limit
from emporion.schema.limits import NOTIONAL_MAX, OUTSIDE_ACCOUNT, PPM
from emporion.schema.units import parse_decimal, to_text
from emporion.venue.catalog import underlying, whole
from emporion.venue.core import PPM_UNIT, AccountLike, Core, Number
from emporion.venue.listing import Grid, bounds, grid, narrow
from emporion.venue.things import Account, Asset, Instrument
from emporion.venue.values import code, text_of

CLASS_TEXTS = text_of(AssetClass)
STATUS_TEXTS = text_of(InstrumentStatus)


class Operating(Core):
    """Listings, accounts, fees, limits."""

    # --- Assets and instruments ---

    def list_asset(self, name: str, decimals: int, asset_class: str = "coin") -> Asset:
        """List what balances are counted in. Its atom is 10^-decimals; at most 18, 8 as a rule.

        Raises:
            BadValue: a name that is empty, longer than 16 bytes or taken.
            Refused: TABLE_FULL, BAD_VALUE for decimals.
        """
        self._check_name(name, "asset", self._catalog.has_asset(name))
        rows = build.list_asset(name, narrow(decimals, "decimals"), code(AssetClass, asset_class, "asset_class"))
        self._send(rows, f"list asset {name}")
        return self.asset(name)

    def list_instrument(
        self,
        name: str,
        *,
        tick: Number | None = None,
        lot: Number | None = None,
        base: str | None = None,
        quote: str | None = None,
        template: str | None = None,
        asset_class: str | None = None,
        reference: Number | None = None,
        band: Number | None = None,
        qty_min: Number | None = None,
        qty_max: Number | None = None,
        price_max: Number | None = None,
        notional_min: Number | None = None,
        notional_max: Number | None = None,
        fee_schedule: int = 0,
        status: str = "open",
    ) -> Instrument:
        """List what is traded, and open it. "BTC/USDC" has base BTC and quote USDC unless they are given.

        Either `tick` and `lot`, or a `template` (the name of an asset class) with today's price as
        `reference`, from which all else is proposed; what is given goes before what is proposed.

        Args:
            tick: least price step in quote per base; lot: least quantity in base. A lot must be whole base
                atoms and tick x lot whole quote atoms; the message names a lot that is.
            band: fraction ("0.1") by which limits may differ from the last trade, or from `reference`
                until there is one; 0 for none. Market orders need a band or a price.
            qty_max, price_max: by default as large as exact arithmetic allows together.
            status: "open", "pre_open", "post_only" or "halted".
        """
        self._check_name(name, "instrument", self._catalog.has_instrument(name))
        left, _, right = name.partition("/")
        base_id = self._catalog.asset_id(base if base is not None else left)
        quote_id = self._catalog.asset_id(quote if quote is not None else right)
        decimals = [int(self._catalog.rows(Limit.ASSETS)["decimals"][number]) for number in (base_id, quote_id)]
        if template is not None:
            if template not in TEMPLATES:
                raise BadValue(f"template: {template!r} is not one of {', '.join(sorted(TEMPLATES))}")
            if reference is None or parse_decimal(reference, "reference") <= 0:
                raise BadValue("template: give reference=, today's price, from which the listing is proposed")
            proposal = TEMPLATES[template](parse_decimal(reference, "reference"))
            tick = proposal.tick if tick is None else tick
            lot = fitting_lot(parse_decimal(tick, "tick"), proposal.lot, *decimals) if lot is None else lot
            band = proposal.band if band is None else band
            notional_min = proposal.notional_min if notional_min is None else notional_min
            asset_class = template if asset_class is None else asset_class
        if tick is None or lot is None:
            raise BadValue("give tick= and lot=, or template= and reference=")
        class_number = code(AssetClass, asset_class or "coin", "asset_class")
        on = grid(tick, lot, *decimals)
        fields = bounds(
            on, qty_min=qty_min, qty_max=qty_max, price_max=price_max, notional_min=notional_min or 0,
            notional_max=notional_max, reference=reference, band=band or 0, fee_schedule=fee_schedule,
        )  # fmt: skip
        status_number = code(InstrumentStatus, status, "status")
        rows = build.list_instrument(
            name, base_id, quote_id, on.base_atoms_per_lot, on.atoms_per_tick_lot, class_number, **fields
        )
        if status_number != InstrumentStatus.PRE_OPEN:
            # In the same batch, by the number it will get: a crash leaves it listed as asked for, or not at all.
            number = len(self._catalog.rows(Limit.INSTRUMENTS))
            rows = build.join(rows, build.set_status(number, status_number))
        self._send(rows, f"list instrument {name}")
        return self.instrument(name)

    def amend_instrument(self, name: str, **changes: Any) -> Instrument:
        """Change bounds of an instrument: any of qty_min, qty_max, price_max, notional_min, notional_max,
        reference, band, fee_schedule. What is not named stays. Open orders stay as they are."""
        number = self._catalog.instrument_id(name)
        now = self.instrument(name)
        known = (
            "qty_min", "qty_max", "price_max", "notional_min", "notional_max", "reference", "band", "fee_schedule",
        )  # fmt: skip
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise BadValue(f"amend_instrument: {', '.join(unknown)} cannot be changed; {', '.join(known)} can")
        row = self._catalog.rows(Limit.INSTRUMENTS)[number]
        quote_atom = self._catalog.atoms[int(row["quote_asset_id"])]
        on = Grid(now.tick, now.lot, quote_atom, int(row["base_atoms_per_lot"]), int(row["atoms_per_tick_lot"]))
        fields = bounds(on, **({key: getattr(now, key) for key in known} | changes))
        self._send(build.amend_instrument(number, **fields), f"amend {name}")
        return self.instrument(name)

    def set_status(self, name: str, status: str) -> Instrument:
        """Set "pre_open" (orders rest, none match), "open", "post_only", "halted" (cancels only), "closed" (final)."""
        number = self._catalog.instrument_id(name)
        rows = build.set_status(number, code(InstrumentStatus, status, "status"))
        self._send(rows, f"set status of {name} to {status}")
        return self.instrument(name)

    def asset(self, name: str) -> Asset:
        """One asset as it stands."""
        number = self._catalog.asset_id(name)
        row = self._catalog.rows(Limit.ASSETS)[number]
        balances = self._catalog.rows(Limit.BALANCES)
        outside = balances[(balances["account_id"] == OUTSIDE_ACCOUNT) & (balances["asset_id"] == number)]
        supply = to_text(-int(outside["free_atoms"].sum()), self._catalog.atoms[number])
        return Asset(number, name, int(row["decimals"]), CLASS_TEXTS[row["asset_class"]], Decimal(supply))

    def instrument(self, name: str) -> Instrument:
        """One instrument as it stands: units, bounds, status, last trade."""
        number = self._catalog.instrument_id(name)
        row = self._catalog.rows(Limit.INSTRUMENTS)[number]
        base, quote = int(row["base_asset_id"]), int(row["quote_asset_id"])
        tick, lot, atom = self._catalog.ticks[number], self._catalog.lots[number], self._catalog.atoms[quote]

        def units(field: str, unit: Decimal) -> Decimal:
            return Decimal(to_text(row[field], unit))

        def units_or_none(field: str, unit: Decimal) -> Decimal | None:
            return units(field, unit) if row[field] else None

        return Instrument(
            instrument_id=number,
            name=name,
            base=self._catalog.asset_names[base] if base else underlying(name),
            quote=self._catalog.asset_names[quote],
            asset_class=CLASS_TEXTS[row["asset_class"]],
            status=STATUS_TEXTS[row["status"]],
            tick=tick,
            lot=lot,
            qty_min=units("qty_min_lots", lot),
            qty_max=units("qty_max_lots", lot),
            price_max=units("price_max_ticks", tick),
            notional_min=units("notional_min_atoms", atom),
            notional_max=units("notional_max_atoms", atom) if 0 < row["notional_max_atoms"] < NOTIONAL_MAX else None,
            reference=units_or_none("reference_price_ticks", tick),
            band=Decimal(to_text(row["band_ppm"], Decimal(1) / PPM)),
            fee_schedule=int(row["fee_schedule"]),
            last_price=units_or_none("last_price_ticks", tick),
            best_bid=units_or_none("best_bid_ticks", tick),
            best_ask=units_or_none("best_ask_ticks", tick),
            traded=units("traded_lots", lot),
            trades=int(row["trades"]),
        )

    @property
    def assets(self) -> tuple[str, ...]:
        """Names of the assets listed."""
        return tuple(self._catalog.asset_names[1:])

    @property
    def instruments(self) -> tuple[str, ...]:
        """Names of the instruments listed."""
        return tuple(self._catalog.instrument_names[1:])

    # --- Accounts ---

    def open_account(self, name: str, master: AccountLike | None = None, tier: int = 0) -> Account:
        """Open an account, or with `master` a sub-account of it, in a fee tier (0 to 15).

        Raises:
            BadValue: the name is taken (`account(name)` finds it) or no name.
            Refused: UNKNOWN_ACCOUNT for the master, TABLE_FULL.
        """
        if self._node.stopped is not None:  # Read-only or closed: the names are no longer ours to write.
            raise self._node.stopped
        rows = build.open_account(self._account_id(master) if master is not None else 0, narrow(tier, "tier"))
        number = len(self._catalog.rows(Limit.ACCOUNTS))  # The kernel numbers in sequence.
        self._names.assign(number, name)
        try:
            event = self._first(rows, f"open account {name}", Event.ACCOUNT_OPENED)
        except (Refused, BadValue, DiskFull):  # It was not taken, for certain.
            self._names.void(number)
            raise
        assert int(event["account_id"]) == number, "the account did not get the number its name was written for"
        return self.account(number)

    def account(self, account: AccountLike) -> Account:
        """An account by name or number."""
        number = self._account_id(account)
        rows = self._catalog.rows(Limit.ACCOUNTS)
        if not 0 < number < len(rows):
            raise BadValue(f"there is no account {number}; numbers go from 1 to {len(rows) - 1}")
        row = rows[number]
        master = int(row["master_id"])
        return Account(
            account_id=number,
            name=self._names.name_of(number),
            master=self._names.name_of(master) if master not in (0, number) else None,
            fee_tier=int(row["fee_tier"]),
            frozen=bool(row["flags"] & AccountFlag.FROZEN),
        )

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts, the venue's own ("outside", "fees") first."""
        return tuple(self.account(number) for number in range(1, len(self._catalog.rows(Limit.ACCOUNTS))))

    def set_account(self, account: AccountLike, tier: int) -> Account:
        """Move an account to another fee tier, for orders admitted from now on."""
        number = self._account_id(account)
        self._send(build.set_account(number, narrow(tier, "tier")), f"set tier of {self._names.name_of(number)}")
        return self.account(number)

    def freeze_account(self, account: AccountLike) -> Account:
        """Cancel all its orders and take none; it may still receive."""
        number = self._account_id(account)
        self._send(build.freeze_account(number), f"freeze account {self._names.name_of(number)}")
        return self.account(number)

    def unfreeze_account(self, account: AccountLike) -> Account:
        """Let it trade again."""
        number = self._account_id(account)
        self._send(build.unfreeze_account(number), f"unfreeze account {self._names.name_of(number)}")
        return self.account(number)

    # --- Fees and limits ---

    def set_fees(self, maker: Number, taker: Number, schedule: int = 0, tier: int = 0) -> None:
        """Fees as fractions of the notional: maker="-0.0001" is a rebate, taker="0.0005" five basis points."""
        maker_ppm = narrow(whole(maker, PPM_UNIT, "maker", "millionth"), "maker")
        taker_ppm = narrow(whole(taker, PPM_UNIT, "taker", "millionth"), "taker")
        rows = build.set_fees(narrow(schedule, "schedule"), narrow(tier, "tier"), maker_ppm, taker_ppm)
        self._send(rows, f"set fees of schedule {schedule}, tier {tier}")

    def set_limit(self, limit: str | Limit, value: int) -> None:
        """Raise a limit, such as "orders": see codes.Limit. Never above what the capacity holds."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
            raise BadValue(f"set_limit: {value!r} is not a number of rows")
        self._send(build.set_limit(code(Limit, limit, "limit"), value), f"set limit {limit} to {value}")

    def _check_name(self, name: str, what: str, is_taken: bool) -> None:
        """The kernel leaves it to operators that names are unique; here it is seen to."""
        if not isinstance(name, str) or not name or not name.isprintable():
            raise BadValue(f"{what} name {name!r}: give printable text")
        if len(name.encode()) > build.NAME_BYTES:
            raise BadValue(f"{what} name {name!r} is longer than {build.NAME_BYTES} bytes")
        if is_taken:
            raise BadValue(f"{what} {name!r} is listed already; {what}({name!r}) finds it")
