"""What a reader asks for, done: one request after the other, each answered in the reader's next frame."""

import logging
from typing import Annotated

import msgspec

from emporion.access.denied import AccessDenied
from emporion.access.tickets import TicketRefused
from emporion.errors import EmporionError
from emporion.gateway.catalog import Catalog
from emporion.gateway.problems import ProblemError
from emporion.gateway.stream.chain import Key
from emporion.gateway.stream.connection import Connection
from emporion.gateway.stream.hub import Hub
from emporion.gateway.stream.identity import Identities
from emporion.gateway.stream.index import OF_ACCOUNTS
from emporion.wire.stream import (
    Authenticate,
    Authenticated,
    Error,
    Ping,
    Pong,
    Request,
    Subscribe,
    Subscribed,
    Subscription,
    Unsubscribe,
    Unsubscribed,
)

SUBSCRIPTIONS_MAX = 200  # Of one connection.
CHAINS_MAX = 5_000  # Different ones in all.
RequestId = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
log = logging.getLogger(__name__)
_decode = msgspec.json.Decoder(Request).decode
_decode_id = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Refusal(Exception):
    """A request that cannot be done: `code` and what is said of it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Requests:
    """Does what readers ask."""

    def __init__(self, hub: Hub, catalog: Catalog, identities: Identities) -> None:
        self._hub, self._catalog, self._identities = hub, catalog, identities

    async def do(self, connection: Connection, text: str) -> None:
        """One request. Whatever is wrong with it is an Error message; nothing is raised."""
        request_id = 0
        try:
            request = _decode(text)
            request_id = request.id
            if isinstance(request, Ping):
                connection.tell(Pong(request.id, self._hub.seq))
            elif isinstance(request, Subscribe):
                await self._subscribe(connection, request)
            elif isinstance(request, Unsubscribe):
                await self._unsubscribe(connection, request)
            else:
                await self._authenticate(connection, request)
        except msgspec.ValidationError as error:
            connection.tell(Error(_id_of(text), "BAD_FIELD", f"{error}"))
        except (msgspec.DecodeError, RecursionError) as error:
            connection.tell(Error(0, "MALFORMED", f"{error}"))
        except Refusal as refusal:
            connection.tell(Error(request_id, refusal.code, refusal.detail))
        except ProblemError as error:
            connection.tell(Error(request_id, error.problem.code, error.problem.detail))
        except (AccessDenied, TicketRefused) as error:
            connection.tell(Error(request_id, error.code, error.detail))
        except EmporionError as error:
            connection.tell(Error(request_id, "AWAY", f"the venue cannot be asked just now: {error}"))
        except Exception:
            log.exception("a request of a reader failed")
            connection.tell(Error(request_id, "BUG", "a bug on our side; it has been logged"))
        self._hub.wake(connection)

    def check_again(self, connection: Connection) -> None:
        """See whether the reader's key or session still stands; if not, its private subscriptions end."""
        identity = connection.identity
        if identity is None:
            return
        fresh = connection.identity = self._identities.again(identity)
        lost = [
            chain
            for chain in connection.subscribed
            if chain.key.channel in OF_ACCOUNTS
            and (fresh is None or not self._identities.may_read(fresh, chain.key.account_id))
        ]
        if fresh is None:
            connection.tell(Error(0, "NOT_SIGNED_IN", "your key or session has ended or was revoked"))
        for chain in lost:
            self._hub.unsubscribe(connection, chain.key)
            connection.tell(Unsubscribed(chain.subscription, 0))
        if lost or fresh is None:
            self._hub.wake(connection)

    async def _subscribe(self, connection: Connection, request: Subscribe) -> None:
        key, subscription = await self._key(connection, request.subscription)
        known = connection.subscribed
        if len(known) >= SUBSCRIPTIONS_MAX and all(chain.key != key for chain in known):
            raise Refusal("TOO_MANY", f"a connection may have {SUBSCRIPTIONS_MAX} subscriptions; end some of them")
        if self._hub.chains >= CHAINS_MAX and not self._hub.has(key):
            raise Refusal("TOO_MANY", "the venue serves no more different subscriptions just now; try again later")
        connection.tell(Subscribed(subscription, request.id))
        self._hub.subscribe(connection, key, subscription, request.after_seq)

    async def _unsubscribe(self, connection: Connection, request: Unsubscribe) -> None:
        key, subscription = await self._key(connection, request.subscription)
        if not self._hub.unsubscribe(connection, key):
            raise Refusal("NOT_SUBSCRIBED", "there is no such subscription")
        connection.tell(Unsubscribed(subscription, request.id))

    async def _authenticate(self, connection: Connection, request: Authenticate) -> None:
        identity = await self._identities.of_key(request, connection.address)
        connection.identity = identity
        connection.tell(Authenticated(identity.account, request.id))
        self.check_again(connection)  # What it had as somebody else, it has no more.

    async def _key(self, connection: Connection, wanted: Subscription) -> tuple[Key, Subscription]:
        """What a subscription is about, in numbers, and in full; Refusal where it makes no sense."""
        channel = wanted.channel
        takes = {"account"} if channel in OF_ACCOUNTS else set() if channel == "gauges" else {"instrument"}
        if channel == "candles":
            takes.add("interval")
        for name in ("instrument", "interval", "account"):
            if getattr(wanted, name) is not None and name not in takes:
                raise Refusal("BAD_FIELD", f"{channel} takes no {name}")
        if channel in OF_ACCOUNTS:
            if connection.identity is None:
                raise Refusal(
                    "NOT_SIGNED_IN", f"{channel} are for who signed in: send authenticate, or connect with a session"
                )
            name = wanted.account or connection.identity.account
            number = await self._identities.account(connection.identity, name)
            return Key(channel, account_id=number), Subscription(channel, account=self._catalog.account_name(number))
        if wanted.instrument is None:
            if channel not in ("ticker", "contracts", "gauges"):
                raise Refusal("BAD_FIELD", f"{channel}: say which instrument")
            return Key(channel), wanted
        if channel == "candles" and wanted.interval is None:
            raise Refusal("BAD_FIELD", "candles: say which interval")
        if self._catalog.is_old:  # It may have been listed a moment ago.
            await self._catalog.refresh()
        number = self._catalog.instrument(wanted.instrument).instrument_id
        return Key(channel, number, wanted.interval or ""), wanted


def _id_of(text: str) -> int:
    """The id of a request that is wrong otherwise; 0 where it has none."""
    try:
        return msgspec.json.decode(_decode_id(text).get("id", b"0"), type=RequestId)
    except (msgspec.DecodeError, RecursionError):
        return 0
