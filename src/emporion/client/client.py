"""A served venue as an object with the methods of a venue in process: `connect` blocks, `connect_async` is awaited."""

import asyncio
import ssl
import time
from decimal import Decimal
from types import TracebackType
from typing import TypeVar

from emporion.client.async_streams import AsyncFollowedBook, AsyncStream
from emporion.client.connection import Connection
from emporion.client.contracting import Contracting
from emporion.client.core import Listed
from emporion.client.errors import Cut, NotSent
from emporion.client.exchange import Exchange
from emporion.client.feed import Feed
from emporion.client.flow import Awaiting, Blocking, Flow, Pause
from emporion.client.http1 import Origin
from emporion.client.local_book import LocalBook
from emporion.client.money import Money
from emporion.client.operating import Operating
from emporion.client.pool import Pool
from emporion.client.signer import Signer
from emporion.client.streams import FollowedBook, Stream
from emporion.client.trading import Trading
from emporion.client.values import AccountLike, account_name
from emporion.client.views import Views
from emporion.errors import BadValue

T = TypeVar("T")
TIMEOUT = 10.0
PATIENCE = 10.0
CONNECTIONS = 16


class Served(Trading, Contracting, Money, Operating, Views):
    """What both clients are."""

    def __init__(
        self,
        url: str,
        key: str | None,
        secret: str | None,
        account: AccountLike | None,
        patience: float,
        rate_patience: float,
    ) -> None:
        self._origin = Origin(url)
        self._signer = Signer(key, secret)
        self._exchange = Exchange(self._origin, self._signer, patience, rate_patience)
        self._account = account_name(account)
        self._listed = Listed()
        self._owners = {}
        self._patience = patience
        self._operates = None if key is not None else False

    def _feed(self) -> Feed:
        return Feed(self._signer, self._account, self._origin.stream_url, self._patience)

    def _units(self, instrument: str) -> Flow[tuple[Decimal, Decimal]]:
        """(tick, lot)"""
        listed = yield from self._know([instrument])
        if instrument not in listed.instrument_ids:
            known = ", ".join(sorted(listed.instrument_ids)[:20]) or "none"
            raise BadValue(f"no instrument is named {instrument!r}; list it with list_instrument. Known: {known}")
        number = listed.instrument_ids[instrument]
        return listed.ticks[number], listed.lots[number]

    @property
    def url(self) -> str:
        return self._origin.url

    def __repr__(self) -> str:
        acting = f" for {self._account}" if self._account else ""
        return f"<{type(self).__name__} of {self.url}{acting}>"


class Client(Served, Blocking):
    """Made by `connect`. Threads may share one: their requests go one after the other."""

    def __init__(
        self,
        url: str,
        key: str | None,
        secret: str | None,
        account: AccountLike | None,
        timeout: float,
        patience: float,
        rate_patience: float,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(url, key, secret, account, patience, rate_patience)
        self._connection = Connection(self._origin, timeout, tls)
        self._timeout, self._tls = timeout, tls

    def run(self, flow: Flow[T]) -> T:
        """Drive one flow to its end."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = flow.send(None)
                    continue
                try:
                    answer = self._connection.do(step.data)
                except (NotSent, Cut) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            found: T = end.value
            return found

    def stream(self) -> Stream:
        """A stream of its own connection: subscribe, then iterate. It is opened when first used."""
        return Stream(self._feed(), self._timeout, self._tls)

    def follow_book(self, instrument: str) -> FollowedBook:
        """The whole book of an instrument, kept here from the stream; returned as it is now."""
        units = self.run(self._units(instrument))
        feed = self._feed()
        stream = Stream(feed, self._timeout, self._tls)
        book = FollowedBook(stream, feed, LocalBook(instrument), units, lambda: self.seq)
        try:
            return book.start()
        except BaseException:
            book.close()
            raise

    def close(self) -> None:
        """Let go of the connection. The client can be used again: it connects anew."""
        self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(Served, Awaiting):
    """Made by `connect_async`. Of one event loop; tasks may share it: up to so many requests are under way at once."""

    def __init__(
        self,
        url: str,
        key: str | None,
        secret: str | None,
        account: AccountLike | None,
        timeout: float,
        patience: float,
        rate_patience: float,
        tls: ssl.SSLContext | None,
        connections: int,
    ) -> None:
        super().__init__(url, key, secret, account, patience, rate_patience)
        self._pool = Pool(self._origin, timeout, tls, connections)
        self._timeout, self._tls = timeout, tls

    async def run(self, flow: Flow[T]) -> T:
        """Drive one flow to its end."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = flow.send(None)
                    continue
                try:
                    answer = await self._pool.do(step.data)
                except (NotSent, Cut) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            found: T = end.value
            return found

    def stream(self) -> AsyncStream:
        """A stream of its own connection: subscribe, then iterate. It is opened when first used."""
        return AsyncStream(self._feed(), self._timeout, self._tls)

    async def follow_book(self, instrument: str) -> AsyncFollowedBook:
        """The whole book of an instrument, kept here from the stream; returned as it is now."""
        units = await self.run(self._units(instrument))
        feed = self._feed()
        stream = AsyncStream(feed, self._timeout, self._tls)
        book = AsyncFollowedBook(stream, feed, LocalBook(instrument), units, lambda: self.seq)
        try:
            return await book.start()
        except BaseException:
            await book.close()
            raise

    async def close(self) -> None:
        """Let go of all connections."""
        await self._pool.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def connect(
    url: str,
    *,
    key: str | None = None,
    secret: str | None = None,
    account: AccountLike | None = None,
    timeout: float = TIMEOUT,
    patience: float = PATIENCE,
    rate_patience: float = 0.0,
    tls: ssl.SSLContext | None = None,
) -> Client:
    """A client of the venue served at `url`. Nothing is sent before the first method is called.

    Args:
        url: scheme, host, port: "http://127.0.0.1:8000".
        key, secret: an API key (`emporion key`); without, what is public can be read.
        account: acted for, and looked at, where a method is given none; by default the key's own account.
        timeout: seconds for one answer.
        patience: seconds during which a request that may be sent again is, while the venue cannot be
            reached or says 503. 0: never.
        rate_patience: seconds that a request may wait, in all, for its turn when there were too many; by
            default RateLimited is raised at once.
        tls: for https, other certificates than the system's.
    """
    return Client(url, key, secret, account, timeout, patience, rate_patience, tls)


def connect_async(
    url: str,
    *,
    key: str | None = None,
    secret: str | None = None,
    account: AccountLike | None = None,
    timeout: float = TIMEOUT,
    patience: float = PATIENCE,
    rate_patience: float = 0.0,
    tls: ssl.SSLContext | None = None,
    connections: int = CONNECTIONS,
) -> AsyncClient:
    """The same with methods to await: `async with connect_async(url, ...) as venue: await venue.place(...)`.

    Args:
        connections: at most so many requests are under way at once; more wait their turn.
    """
    return AsyncClient(url, key, secret, account, timeout, patience, rate_patience, tls, connections)
