"""What every handler may use: the link to the node, what is listed, who may come in, figures; and who is asking.

`let_in` decides who asks and for which account, before a handler runs. The rules of access are those
of emporion.access; here the headers and the cookie are read.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple
from urllib.parse import unquote

from emporion.access.access import Access
from emporion.access.addresses import group_of
from emporion.access.buckets import Buckets
from emporion.access.denied import AccessDenied
from emporion.access.limits import Limits
from emporion.access.records import Caller, session_caller
from emporion.access.signatures import SignedRequest, require_scope
from emporion.engine.clock import Clock, SystemClock
from emporion.errors import BadValue
from emporion.gateway.call import Call
from emporion.gateway.catalog import Catalog
from emporion.gateway.link.link import Link
from emporion.gateway.metrics import Metrics
from emporion.gateway.openings import account_of
from emporion.gateway.pages import Pages
from emporion.gateway.problems import fail
from emporion.gateway.security import Guard
from emporion.wire.market import Ticker
from emporion.wire.signing import ACCOUNT_HEADER, KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, TIME_HEADER

COOKIE = b"emporion-session"
KEY, TIME, NONCE, ACCOUNT, SIGNATURE = (
    name.encode() for name in (KEY_HEADER, TIME_HEADER, NONCE_HEADER, ACCOUNT_HEADER, SIGNATURE_HEADER)
)
NOBODY_COST = 4  # Units of an address for a request that failed to say who asks.
log = logging.getLogger(__name__)


class Actor(NamedTuple):
    """Who asks, and the account acted for."""

    caller: Caller
    account_id: int
    account: str  # Its name.
    token: str = ""  # Of the session, where it is one.

    @property
    def key(self) -> str:
        """Key or session id, for logs."""
        return self.caller.id


class Door:
    """The parts of one gateway process."""

    def __init__(
        self,
        link: Link,
        catalog: Catalog,
        access: Access,
        tickers: Callable[[], Awaitable[list[Ticker]]],
        *,
        guard: Guard,
        pages: Pages,
        metrics: Metrics,
        limits: Limits,
        sign_up: bool = False,
        demo: bool = False,
        proxies: Collection[str] = (),
        clock: Clock | None = None,
    ) -> None:
        """
        Args:
            tickers: how everything trades now: the stream keeps count of that.
            sign_up: strangers may open an account.
            demo: the demonstration's chairs may be taken. Only on a venue that simulated traders are in.
            proxies: addresses whose X-Forwarded-For and X-Forwarded-Proto are believed.
            clock: what time it is for signatures and sessions; the system's by default.
        """
        self.link, self.catalog, self.access, self.tickers = link, catalog, access, tickers
        self.guard, self.pages, self.metrics = guard, pages, metrics
        self.sign_up, self.demo, self.proxies = sign_up or demo, demo, frozenset(proxies)
        self.instruments_of: dict[int, int] = {}  # Of orders placed here lately: see rest_replace.
        self.clock: Clock = clock or SystemClock()
        self._addresses = Buckets(limits.address, names_max=limits.addresses_max)
        self.subscribers: Callable[[], int] = lambda: 0
        self.openapi = b""  # Set by the server, which knows the routes.
        self.docs = b""

    async def let_in(self, call: Call) -> None:
        """Say who asks and for which account, or raise; then the route's scope is there.

        Fills in `caller` and `ticket`; shows the ticket to the node at once unless the route's command
        carries it there. Requests that nobody need sign in for are counted by their address.
        """
        route = call.route
        assert route is not None
        if self.catalog.is_old:
            await self.catalog.keep_up()
        if route.scope is None and not route.people:
            if route.tag != "service":
                call.heard(self.count_address(call.address, route.cost))
            return
        try:
            caller, token = self._who(call)
            if route.scope is not None:
                require_scope(caller, route.scope)
            elif caller.by_key:
                raise AccessDenied("NOT_SIGNED_IN", "this is for people: sign in with a password, not with a key")
        except AccessDenied:
            self.count_address(call.address, NOBODY_COST)
            raise
        call.caller = await self._acting(caller, token)
        if not route.carries and call.ticket is not None:
            call.heard(await self.link.admit(call.take_ticket()))

    def count_address(self, address: str, cost: int) -> object:
        """Count a request by its address; TicketRefused when there were too many."""
        try:
            group = group_of(address)
        except BadValue:  # Not an address: a Unix socket, or a proxy that says nonsense.
            group = address[:64]
        return self._addresses.take(group, cost, time.monotonic_ns())

    def _who(self, call: Call) -> tuple[Caller, str]:
        headers, now_ns = call.headers, self.clock.now_ns()
        assert call.route is not None
        if KEY in headers or SIGNATURE in headers:
            request = SignedRequest(
                call.method, call.target, call.raw,
                *(headers.get(name, b"").decode("latin-1") for name in (KEY, TIME, NONCE, ACCOUNT, SIGNATURE)),
            )  # fmt: skip
            signed = self.access.signatures.check(request, call.address, now_ns, cost=call.route.cost)
            call.ticket = signed.ticket
            return signed.caller, ""
        token = token_of(headers.get(b"cookie", b""))
        if not token:
            raise AccessDenied("NOT_SIGNED_IN", "sign in, or sign the request with an API key: see /docs")
        record = self.access.sessions.find(token, now_ns)
        call.ticket = self.access.sessions.ticket(record, now_ns, call.route.cost)
        return session_caller(record, _account_header(headers.get(ACCOUNT, b""))), token

    async def _acting(self, caller: Caller, token: str) -> Actor:
        """The account acted for: the caller's own, or the one named, where the caller may."""
        own_id, own = caller.account_id, caller.account
        if own_id is None:
            own_id, own = await account_of(self, caller.user_id)
        assert own is not None
        if not caller.acting or caller.acting == own:
            return Actor(caller, own_id, own, token)
        if not self.catalog.has_account(caller.acting):
            await self.catalog.look_again()
        number = self.catalog.account(caller.acting, ACCOUNT_HEADER)
        mine = self.catalog.master(number) == own_id and not caller.is_bound
        if not mine and not ("operate" in caller.scopes and not caller.is_bound):
            # As if it did not exist, for whoever has no business with it.
            raise fail(
                404, "UNKNOWN_ACCOUNT", "There is no such account.",
                f"No account of yours is named {caller.acting!r}.", field=ACCOUNT_HEADER,
            )  # fmt: skip
        return Actor(caller, number, self.catalog.account_name(number), token)


def token_of(cookie: bytes) -> str:
    """The session's token in a Cookie header; "" for none."""
    for part in cookie.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == COOKIE:
            return value.decode("latin-1")
    return ""


def _account_header(value: bytes) -> str:
    try:
        return unquote(value.decode("latin-1"), errors="strict")
    except UnicodeDecodeError:
        raise AccessDenied("UNSIGNED", "the account is not percent-encoded UTF-8", ACCOUNT_HEADER) from None
