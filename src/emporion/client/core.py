"""What every part of the client shares: asking, turning pages, and what is listed."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from emporion.client import problems, records
from emporion.client.exchange import Exchange, Repeat
from emporion.client.flow import Flow
from emporion.client.values import AccountLike, OrderLike, account_name
from emporion.errors import BadValue
from emporion.schema.units import to_units
from emporion.venue.names import SYSTEM_NAMES
from emporion.venue.things import Order
from emporion.wire import accounts, market, trading

T = TypeVar("T")
OWNERS_KEPT = 65_536
PAGE = 1_000  # Items asked for at a time: the most that the door gives.


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list, and the cursor of the next."""

    items: list[T]
    next: str | None = None


class Listed:
    """Units and numbers of what was seen so far. They never change, so what is known stays true."""

    def __init__(self) -> None:
        self.asset_ids: dict[str, int] = {}
        self.atoms: dict[int, Decimal] = {}
        self.instrument_ids: dict[str, int] = {}
        self.ticks: dict[int, Decimal] = {}
        self.lots: dict[int, Decimal] = {}
        self.quotes: dict[int, int] = {}  # The quote asset of each instrument.
        self.account_ids: dict[str, int] = {name: number for number, name in SYSTEM_NAMES.items()}

    def see_assets(self, all_assets: Iterable[market.Asset]) -> None:
        for each in all_assets:
            self.asset_ids[each.name] = each.asset_id
            self.atoms[each.asset_id] = Decimal(1).scaleb(-each.decimals)

    def see_instruments(self, all_instruments: Iterable[market.Instrument]) -> None:
        for each in all_instruments:
            number = each.instrument_id
            self.instrument_ids[each.name] = number
            self.ticks[number], self.lots[number] = Decimal(each.tick), Decimal(each.lot)
            self.quotes[number] = self.asset_ids.get(each.quote, 0)

    def see_accounts(self, all_accounts: Iterable[accounts.Account]) -> None:
        for each in all_accounts:
            self.account_ids[each.name] = each.account_id

    def check(self, wanted: trading.PlaceOrder) -> None:
        """BadValue for an order whose numbers are no multiples of their units, or whose instrument is not listed."""
        number = self.instrument_ids.get(wanted.instrument)
        if number is None:
            known = ", ".join(sorted(self.instrument_ids)[:20]) or "none"
            raise BadValue(
                f"no instrument is named {wanted.instrument!r}; list it with list_instrument. Known: {known}"
            )
        for name, unit, unit_name in (
            ("qty", self.lots[number], "lot"), ("price", self.ticks[number], "tick"),
            ("display", self.lots[number], "lot"), ("trigger", self.ticks[number], "tick"),
            ("trail", self.ticks[number], "tick"),
        ):  # fmt: skip
            text = getattr(wanted, name)
            if text is not None:
                to_units(text, unit, name, unit_name)


class Core:
    """Held by one thread, or one event loop, at a time."""

    _exchange: Exchange
    _account: str  # Acted for where a method is given none; "" for the key's own.
    _listed: Listed
    _owners: dict[int, str]  # Accounts of orders seen lately: an order is named by its number alone, as in process.
    _operates: bool | None  # Whether the key may operate; None before it was tried.

    # --- Asking ---

    def _ask(
        self,
        kind: type[T],
        method: str,
        target: str,
        what: str,
        body: Any = None,
        *,
        account: str | None = None,
        repeat: Repeat = Repeat.SAFE,
        remedy: str = "",
    ) -> Flow[T]:
        """One request; its answer, or what went wrong as an exception."""
        reply = yield from self._exchange.ask(
            method, target, what, body=encode(body) if body is not None else b"",
            account=self._account if account is None else account, repeat=repeat, remedy=remedy,
        )  # fmt: skip
        return problems.decode(reply.answer, kind, what)

    def _pages(
        self,
        kind: type[T],
        path: str,
        what: str,
        account: str | None = None,
        limit: int | None = None,
        **query: str | None,
    ) -> Flow[list[T]]:
        """All items of a list, or the first `limit`, in the order in which the venue gives them."""
        items: list[T] = []
        cursor: str | None = None
        while True:
            room = PAGE if limit is None else min(PAGE, limit - len(items))
            if room <= 0:
                return items
            target = with_query(path, **query, limit=str(room), cursor=cursor)
            page = yield from self._ask(_page_of(kind), "GET", target, what, account=account)
            items += page.items
            cursor = page.next
            if cursor is None:
                return items

    def _all(self, kind: type[T], path: str, what: str) -> Flow[list[T]]:
        """All items of a public list that the venue gives at once."""
        return (yield from self._ask(_page_of(kind), "GET", path, what, account="")).items

    # --- Accounts ---

    def _acting(self, account: AccountLike | None) -> str:
        """The account of a request: the one named, else that of `connect`."""
        return account_name(account) or self._account

    def _order(self, said: trading.Order) -> Order:
        """An order's record; whose it is is remembered."""
        owners = self._owners
        owners[said.order_id] = said.account
        if len(owners) > OWNERS_KEPT:
            del owners[next(iter(owners))]
        return records.order(said)

    def _owner_of(self, order: OrderLike, number: int, account: AccountLike | None) -> str:
        """The account to act for on an order: as given, as its record says, as seen here before, or the key's own."""
        if account is not None:
            return account_name(account)
        return order.account if isinstance(order, Order) else self._owners.get(number, self._account)

    def _named(self, account: AccountLike | None) -> str:
        """The same in words, for messages."""
        return self._acting(account) or "the key's own account"

    def _own_accounts(self) -> Flow[list[accounts.Account]]:
        """Every account that the key may see: for an operator all there are, else its own and their sub-accounts."""
        if self._operates is None:
            reply = yield from self._exchange.ask("GET", "/v1/operator/accounts?limit=1", "look at accounts")
            self._operates = reply.answer.status not in (401, 403)
        path = "/v1/operator/accounts" if self._operates else "/v1/accounts"
        found = yield from self._pages(accounts.Account, path, "look at accounts", account="")
        self._listed.see_accounts(found)
        return found

    def _account_number(self, account: AccountLike) -> Flow[int]:
        """The number of an account, for paths and columns that want it."""
        name = account_name(account)
        if name.startswith("#") and name[1:].isdecimal():
            return int(name[1:])
        if name not in self._listed.account_ids:
            found = yield from self._ask(accounts.Account, "GET", "/v1/account", f"look at {name}", account=name)
            self._listed.see_accounts([found])
        return self._listed.account_ids[name]

    # --- What is listed ---

    def _know(
        self, instruments: Iterable[str] = (), assets: Iterable[str] = (), accounts: Iterable[str] = ()
    ) -> Flow[Listed]:
        """What is listed, asked for again when one of these is not known yet."""
        listed = self._listed
        if not listed.instrument_ids.keys() >= set(instruments) or not listed.asset_ids.keys() >= set(assets):
            listed.see_assets((yield from self._all(market.Asset, "/v1/assets", "look at assets")))
            found = yield from self._all(market.Instrument, "/v1/instruments", "look at instruments")
            listed.see_instruments(found)
        for name in set(accounts) - listed.account_ids.keys():
            yield from self._account_number(name)
        return listed


def with_query(path: str, **query: str | None) -> str:
    """A path with its query, percent-encoded; what is None is left out."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _page_of(kind: type[T]) -> type[Page[T]]:
    return Page[kind]  # type: ignore[valid-type]


encode = msgspec.json.Encoder().encode
