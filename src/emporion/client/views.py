"""What people look at: books, orders, fills, balances, ledgers, candles. As `venue.views`, from afar."""

from collections.abc import Sequence
from typing import Any, TypeVar

from emporion.client import problems, records, tables
from emporion.client.core import Core, Page, with_query
from emporion.client.flow import Flow, fact, method
from emporion.client.values import AccountLike, OrderLike, order_number
from emporion.errors import BadValue
from emporion.schema.codes import Reject
from emporion.schema.limits import SYSTEM_ACCOUNTS
from emporion.venue.book import Book
from emporion.venue.frames import Frame
from emporion.venue.things import Order
from emporion.wire import accounts, market, trading

T = TypeVar("T")

LEVELS = 10
CANDLES = 5_000  # Asked for at a time: the most that the door gives.


class Views(Core):
    """Everything that reads and changes nothing.

    Without an account, a view is of the account given to `connect`, or else of all accounts that the key
    may see, one request each. `limit` asks for so many of the newest; the frame is oldest first, as in process.
    """

    @fact
    def seq(self) -> Flow[int]:
        """Sequence number of the last command."""
        return (yield from self._status()).seq

    @fact
    def now_ns(self) -> Flow[int]:
        """The venue's time: that of the last command, nanoseconds since 1970 UTC."""
        return int((yield from self._status()).ts_ns)

    @method
    def status(self) -> Flow[market.Status]:
        """The venue as a whole."""
        return (yield from self._status())

    # --- The present ---

    @method
    def book(self, instrument: str, depth: int = LEVELS) -> Flow[Book]:
        """The best `depth` levels of each side (at most 1,000), icebergs with their slice only."""
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise BadValue(f"depth: {depth!r} is not a number of levels")
        target = with_query("/v1/book", instrument=instrument, depth=str(min(depth, 1_000)))
        said = yield from self._ask(market.Book, "GET", target, f"look at the book of {instrument}", account="")
        listed = yield from self._know([instrument])
        number = listed.instrument_ids[instrument]
        return tables.book(said, listed.ticks[number], listed.lots[number])

    @method
    def orders(self, account: AccountLike | None = None, instrument: str | None = None) -> Flow[Frame]:
        """Open orders, in order of entry, on one instrument or all."""
        items: list[trading.Order] = []
        for name in (yield from self._accounts_of(account)):
            items += yield from self._pages(
                trading.Order, "/v1/orders", f"look at orders of {name or 'the key'}", name, instrument=instrument
            )
        items.sort(key=lambda item: (item.seq, item.order_id))
        listed = yield from self._know_all(items)
        return tables.orders(items, listed)

    @method
    def order(self, order_id: OrderLike, account: AccountLike | None = None) -> Flow[Order]:
        """One order, open or ended, with all its fills. Of another account than the key's own, name that."""
        number = order_number(order_id, "order")
        acting = self._owner_of(order_id, number, account)
        what = f"look at order {number}"
        reply = yield from self._exchange.ask("GET", f"/v1/orders/{number}", what, account=acting)
        if problems.is_refused(reply.answer, Reject.UNKNOWN_ORDER):
            raise BadValue(f"there never was an order {number} of {self._named(acting or None)}")
        return self._order(problems.decode(reply.answer, trading.Order, what))

    @method
    def balances(self, account: AccountLike | None = None) -> Flow[Frame]:
        """What accounts have: total = free + in_orders + held."""
        items: list[accounts.Balance] = []
        for name in (yield from self._accounts_of(account)):
            what = f"look at balances of {name or 'the key'}"
            items += (yield from self._ask(accounts.Balances, "GET", "/v1/balances", what, account=name)).items
        listed = yield from self._know_all(items, assets=True)
        items.sort(key=lambda item: (listed.account_ids[item.account], listed.asset_ids[item.asset]))
        return tables.balances(items, listed)

    @method
    def tickers(self) -> Flow[tuple[records.Ticker, ...]]:
        """How every instrument trades now."""
        found = yield from self._all(market.Ticker, "/v1/tickers", "look at tickers")
        return tuple(records.ticker(each) for each in found)

    @method
    def ticker(self, instrument: str) -> Flow[records.Ticker]:
        """How an instrument trades now."""
        target = with_query("/v1/ticker", instrument=instrument)
        what = f"look at the ticker of {instrument}"
        return records.ticker((yield from self._ask(market.Ticker, "GET", target, what, account="")))

    # --- The past ---

    @method
    def fills(
        self, account: AccountLike | None = None, instrument: str | None = None, *, limit: int | None = None
    ) -> Flow[Frame]:
        """Fills, oldest first. Of several accounts, those of one command stand with the makers' before the taker's."""
        items: list[trading.Fill] = []
        for name in (yield from self._accounts_of(account)):
            what = f"look at fills of {name or 'the key'}"
            found = yield from self._pages(trading.Fill, "/v1/fills", what, name, limit, instrument=instrument)
            items += reversed(found)
        items.sort(key=lambda item: (item.seq, item.role != "maker"))
        listed = yield from self._know_all(items)
        return tables.fills(_newest(items, limit), listed)

    @method
    def order_history(
        self, account: AccountLike | None = None, instrument: str | None = None, *, limit: int | None = None
    ) -> Flow[tuple[Order, ...]]:
        """Orders that have ended, oldest first."""
        items: list[trading.Order] = []
        for name in (yield from self._accounts_of(account)):
            what = f"look at ended orders of {name or 'the key'}"
            found = yield from self._pages(trading.Order, "/v1/order-history", what, name, limit, instrument=instrument)
            items += reversed(found)
        items.sort(key=lambda item: item.seq)
        return tuple(self._order(item) for item in _newest(items, limit))

    @method
    def trades(self, instrument: str | None = None, *, limit: int | None = None) -> Flow[Frame]:
        """Every match as the public sees it, oldest first; `side` is the taker's."""
        if instrument is None:
            found = yield from self._all(market.Instrument, "/v1/instruments", "look at instruments")
            names = [each.name for each in found if each.trades]
        else:
            names = [instrument]
        items: list[market.Trade] = []
        for name in names:
            what = f"look at trades of {name}"
            items += yield from self._pages(market.Trade, "/v1/trades", what, "", limit, instrument=name)
        items.sort(key=lambda item: (item.seq, item.match))
        listed = yield from self._know(item.instrument for item in items)
        return tables.trades(_newest(items, limit), listed)

    @method
    def ledger(self, account: AccountLike | None = None, *, limit: int | None = None) -> Flow[Frame]:
        """Every change of an account's totals, oldest first; the amounts of an asset add up to its balance."""
        items: list[accounts.Entry] = []
        for name in (yield from self._accounts_of(account)):
            what = f"look at the ledger of {name or 'the key'}"
            items += reversed((yield from self._pages(accounts.Entry, "/v1/ledger", what, name, limit)))
        listed = yield from self._know_all(items, assets=True)
        items.sort(key=lambda item: (item.seq, listed.account_ids[item.account] <= SYSTEM_ACCOUNTS))
        return tables.entries(_newest(items, limit), listed)

    @method
    def candles(
        self,
        instrument: str,
        interval: str,
        start_ns: int | None = None,
        end_ns: int | None = None,
        limit: int = 500,
    ) -> Flow[tuple[records.Candle, ...]]:
        """What traded in each interval ("1s" to "1M"), oldest first: the newest `limit`, or those of a stretch of time.

        Args:
            start_ns, end_ns: the first instant and the one behind the last, nanoseconds since 1970 UTC.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= CANDLES:
            raise BadValue(f"limit: {limit!r}; give 1 to {CANDLES}, and ask again from where they end")
        target = with_query(
            "/v1/candles", instrument=instrument, interval=interval, limit=str(limit),
            start_ns=None if start_ns is None else str(start_ns), end_ns=None if end_ns is None else str(end_ns),
        )  # fmt: skip
        what = f"look at candles of {instrument}"
        found = yield from self._ask(Page[market.Candle], "GET", target, what, account="")
        return tuple(records.candle(each) for each in found.items)

    # --- What they share ---

    def _status(self) -> Flow[market.Status]:
        return (yield from self._ask(market.Status, "GET", "/v1/status", "look at the venue", account=""))

    def _accounts_of(self, account: AccountLike | None) -> Flow[list[str]]:
        """Which accounts a view is of, as headers name them."""
        if account is not None or self._account:
            return [self._acting(account)]
        return [each.name for each in (yield from self._own_accounts())]

    def _know_all(self, items: Sequence[Any], assets: bool = False) -> Flow[Any]:
        """Units for all that these items name."""
        names = {item.account for item in items}
        if assets:
            return (yield from self._know(assets={item.asset for item in items}, accounts=names))
        return (yield from self._know({item.instrument for item in items}, accounts=names))


def _newest(items: list[T], limit: int | None) -> list[T]:
    return items if limit is None else items[max(0, len(items) - limit) :]
