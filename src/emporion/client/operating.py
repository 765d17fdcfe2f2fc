"""What operators do: listings, accounts, fees, limits. As `venue.operating`, from afar."""

from typing import Any, cast, get_args

from emporion.client import records
from emporion.client.core import Core, with_query
from emporion.client.errors import NotAllowed
from emporion.client.exchange import Repeat
from emporion.client.flow import Flow, fact, method
from emporion.client.values import AccountLike, account_name, code_text, decimal_text, signed_text
from emporion.errors import BadValue, Refused
from emporion.schema.codes import AssetClass, InstrumentStatus, Limit, Reject
from emporion.schema.limits import DECIMALS_MAX, FEE_SCHEDULES, FEE_TIERS
from emporion.venue.refusals import sentence
from emporion.venue.things import Account, Asset, Instrument
from emporion.venue.values import Number
from emporion.wire import accounts, market, operator
from emporion.wire.values import ClassText

BOUNDS = ("qty_min", "qty_max", "price_max", "notional_min", "notional_max", "reference", "band")


class Operating(Core):
    """Listings, accounts, fees, limits. What changes them needs a key that may operate."""

    # --- Assets and instruments ---

    @method
    def list_asset(self, name: str, decimals: int, asset_class: str = "coin") -> Flow[Asset]:
        """List what balances are counted in. Its atom is 10^-decimals; at most 18, 8 as a rule."""
        what = f"list asset {name}"
        number = _bounded(decimals, "decimals", DECIMALS_MAX, what)
        body = operator.ListAsset(name, number, code_text(AssetClass, asset_class, "asset_class"))
        said = yield from self._ask(
            market.Asset, "POST", "/v1/operator/assets", what, body, account="", repeat=Repeat.ONCE,
            remedy="assets tells whether it is listed.",
        )  # fmt: skip
        return records.asset(said)

    @method
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
    ) -> Flow[Instrument]:
        """List what is traded, and open it. "BTC/USDC" has base BTC and quote USDC unless they are given.

        Either `tick` and `lot`, or a `template` (the name of an asset class) with today's price as
        `reference`, from which all else is proposed. See `Venue.list_instrument`.
        """
        what = f"list instrument {name}"
        if template is not None and template not in get_args(ClassText):
            raise BadValue(f"template: {template!r} is not one of {', '.join(sorted(get_args(ClassText)))}")
        numbers = {
            "tick": tick, "lot": lot, "reference": reference, "band": band, "qty_min": qty_min, "qty_max": qty_max,
            "price_max": price_max, "notional_min": notional_min, "notional_max": notional_max,
        }  # fmt: skip
        body = operator.ListInstrument(
            name=name,
            base=base,
            quote=quote,
            template=cast(ClassText | None, template),
            asset_class=code_text(AssetClass, asset_class, "asset_class") if asset_class is not None else None,
            fee_schedule=_bounded(fee_schedule, "fee_schedule", FEE_SCHEDULES - 1, what),
            status=code_text(InstrumentStatus, status, "status"),
            **{key: decimal_text(value, key, what) for key, value in numbers.items() if value is not None},
        )
        said = yield from self._ask(
            market.Instrument, "POST", "/v1/operator/instruments", what, body, account="", repeat=Repeat.ONCE,
            remedy="instruments tells whether it is listed.",
        )  # fmt: skip
        return records.instrument(said)

    @method
    def amend_instrument(self, /, name: str, **changes: Any) -> Flow[Instrument]:
        """Change bounds of an instrument: any of qty_min, qty_max, price_max, notional_min, notional_max,
        reference, band, fee_schedule. What is not named stays. Open orders stay as they are."""
        known = (*BOUNDS, "fee_schedule")
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise BadValue(f"amend_instrument: {', '.join(unknown)} cannot be changed; {', '.join(known)} can")
        what = f"amend {name}"
        given = {key: decimal_text(changes[key], key, what) for key in BOUNDS if changes.get(key) is not None}
        schedule = changes.get("fee_schedule")
        body = operator.AmendInstrument(
            **given,
            fee_schedule=_bounded(schedule, "fee_schedule", FEE_SCHEDULES - 1, what) if schedule is not None else None,
        )
        target = with_query("/v1/operator/instrument", instrument=name)
        said = yield from self._ask(market.Instrument, "PATCH", target, what, body, account="", repeat=Repeat.NAMED)
        return records.instrument(said)

    @method
    def set_status(self, name: str, status: str) -> Flow[Instrument]:
        """Set "pre_open" (orders rest, none match), "open", "post_only", "halted" (cancels only), "closed" (final)."""
        body = operator.SetStatus(code_text(InstrumentStatus, status, "status"))
        target = with_query("/v1/operator/instrument/status", instrument=name)
        said = yield from self._ask(
            market.Instrument, "PUT", target, f"set status of {name} to {status}", body, account="",
            repeat=Repeat.NAMED,
        )  # fmt: skip
        return records.instrument(said)

    @method
    def asset(self, name: str) -> Flow[Asset]:
        """One asset as it stands."""
        for each in (yield from self._all(market.Asset, "/v1/assets", f"look at asset {name}")):
            if each.name == name:
                return records.asset(each)
        known = ", ".join(sorted((yield from self._assets()))[:20]) or "none"
        raise BadValue(f"no asset is named {name!r}; list it with list_asset. Known: {known}")

    @method
    def instrument(self, name: str) -> Flow[Instrument]:
        """One instrument as it stands: units, bounds, status, last trade."""
        target = with_query("/v1/instrument", instrument=name)
        return records.instrument(
            (yield from self._ask(market.Instrument, "GET", target, f"look at instrument {name}", account=""))
        )

    @fact
    def assets(self) -> Flow[tuple[str, ...]]:
        """Names of the assets listed."""
        return (yield from self._assets())

    @fact
    def instruments(self) -> Flow[tuple[str, ...]]:
        """Names of the instruments listed."""
        found = yield from self._all(market.Instrument, "/v1/instruments", "look at instruments")
        return tuple(each.name for each in sorted(found, key=lambda each: each.instrument_id))

    def _assets(self) -> Flow[tuple[str, ...]]:
        found = yield from self._all(market.Asset, "/v1/assets", "look at assets")
        return tuple(each.name for each in sorted(found, key=lambda each: each.asset_id))

    # --- Accounts ---

    @method
    def open_account(self, name: str, master: AccountLike | None = None, tier: int = 0) -> Flow[Account]:
        """Open an account, or with `master` a sub-account of it, in a fee tier (0 to 15).

        For operators; a key that may trade opens sub-accounts of its own account in its tier.
        """
        what = f"open account {name}"
        body = operator.OpenAccount(name, account_name(master) or None, _bounded(tier, "tier", FEE_TIERS - 1, what))
        remedy = "account(name) tells whether it was opened."
        if self._operates is not False or master is None or tier:
            try:
                said = yield from self._ask(
                    accounts.Account, "POST", "/v1/operator/accounts", what, body, account="", repeat=Repeat.ONCE,
                    remedy=remedy,
                )  # fmt: skip
                self._operates = True
                return records.account(said)
            except NotAllowed:
                if master is None or tier:
                    raise
        said = yield from self._ask(
            accounts.Account, "POST", "/v1/sub-accounts", what, accounts.OpenSubAccount(name),
            account=account_name(master) or self._account, repeat=Repeat.ONCE, remedy=remedy,
        )  # fmt: skip
        return records.account(said)

    @method
    def account(self, account: AccountLike) -> Flow[Account]:
        """An account by name or number, as it stands."""
        what = f"look at account {self._named(account)}"
        said = yield from self._ask(accounts.Account, "GET", "/v1/account", what, account=self._acting(account))
        return records.account(said)

    @fact
    def accounts(self) -> Flow[tuple[Account, ...]]:
        """All accounts that the key may see: for an operator every one, else its own and their sub-accounts."""
        found = yield from self._own_accounts()
        return tuple(records.account(each) for each in sorted(found, key=lambda each: each.account_id))

    @method
    def set_account(self, account: AccountLike, tier: int) -> Flow[Account]:
        """Move an account to another fee tier, for orders admitted from now on."""
        what = f"set tier of {account_name(account)}"
        body = operator.SetTier(_bounded(tier, "tier", FEE_TIERS - 1, what))
        return (yield from self._change(account, "PATCH", "", "set tier of", body))

    @method
    def freeze_account(self, account: AccountLike) -> Flow[Account]:
        """Cancel all its orders and take none; it may still receive."""
        return (yield from self._change(account, "PUT", "/freeze", "freeze account"))

    @method
    def unfreeze_account(self, account: AccountLike) -> Flow[Account]:
        """Let it trade again."""
        return (yield from self._change(account, "DELETE", "/freeze", "unfreeze account"))

    def _change(self, account: AccountLike, verb: str, path: str, words: str, body: Any = None) -> Flow[Account]:
        number = yield from self._account_number(account)
        what = f"{words} {account_name(account)}"
        said = yield from self._ask(
            accounts.Account, verb, f"/v1/operator/accounts/{number}{path}", what, body, account="",
            repeat=Repeat.NAMED,
        )  # fmt: skip
        return records.account(said)

    # --- Fees and limits ---

    @method
    def set_fees(self, maker: Number, taker: Number, schedule: int = 0, tier: int = 0) -> Flow[None]:
        """Fees as fractions of the notional: maker="-0.0001" is a rebate, taker="0.0005" five basis points."""
        what = f"set fees of schedule {schedule}, tier {tier}"
        place = _bounded(schedule, "schedule", FEE_SCHEDULES - 1, what), _bounded(tier, "tier", FEE_TIERS - 1, what)
        body = operator.SetFees(signed_text(maker, "maker"), signed_text(taker, "taker"), *place)
        yield from self._ask(dict, "PUT", "/v1/operator/fees", what, body, account="", repeat=Repeat.NAMED)

    @method
    def fees(self) -> Flow[tuple[records.Fees, ...]]:
        """The fees that are set, of each schedule and tier. For operators."""
        said = yield from self._ask(operator.FeesList, "GET", "/v1/operator/fees", "look at fees", account="")
        return tuple(records.fees(each) for each in said.items)

    @method
    def set_limit(self, limit: str | Limit, value: int) -> Flow[None]:
        """Raise a limit, such as "orders": see codes.Limit. Never above what the capacity holds."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
            raise BadValue(f"set_limit: {value!r} is not a number of rows")
        body = operator.SetLimit(code_text(Limit, limit, "limit"), value)
        what = f"set limit {body.name} to {value}"
        yield from self._ask(dict, "PUT", "/v1/operator/limits", what, body, account="", repeat=Repeat.NAMED)

    @method
    def state(self) -> Flow[operator.VenueState]:
        """How the venue is doing: tables, latencies, rates. For operators."""
        return (yield from self._ask(operator.VenueState, "GET", "/v1/operator/state", "look at the venue", account=""))

    @method
    def digest(self) -> Flow[str]:
        """Hash of the state, in hex, after the last command: equal on every machine that applied the same commands."""
        what = "look at the digest"
        said = yield from self._ask(operator.VenueState, "GET", "/v1/operator/state", what, account="")
        return said.digest


def _bounded(value: int, name: str, largest: int, what: str) -> int:
    """A small number. What the wire has no room for is refused as the kernel would."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 31) <= value < 1 << 31:
        raise BadValue(f"{name}: {value!r} is not a small whole number")
    if not 0 <= value <= largest:
        raise Refused(Reject.BAD_VALUE, sentence(what, Reject.BAD_VALUE))
    return value
