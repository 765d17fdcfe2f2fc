"""Who a reader is, and which accounts it may look at."""

from typing import NamedTuple

from emporion.access.access import Access
from emporion.access.denied import AccessDenied
from emporion.access.records import Caller, session_caller
from emporion.access.signatures import SignedRequest, require_scope
from emporion.engine.clock import Clock
from emporion.gateway.catalog import Catalog
from emporion.gateway.link.link import Link
from emporion.gateway.openings import account_of
from emporion.wire.stream import Authenticate

TARGET = "/v1/stream"  # What an Authenticate signs: GET of this, with an empty body.


class Identity(NamedTuple):
    """Somebody who has shown who they are."""

    caller: Caller
    account_id: int
    account: str  # Whose channels are meant when none is named.
    token: str  # Of the session; "" for a key.
    addresses_from: str  # Where the key was used from.


class Identities:
    """Checks who readers are, at the door and for as long as they stay."""

    def __init__(self, access: Access, catalog: Catalog, link: Link, clock: Clock) -> None:
        self.access, self.catalog, self.link, self._clock = access, catalog, link, clock

    def of_session(self, token: str, address: str) -> Identity | None:
        """The reader of a session cookie; None for nobody, or one whose account is not opened yet."""
        try:
            record = self.access.sessions.find(token, self._clock.now_ns())
        except AccessDenied:
            return None
        if record.account_id is None or record.account is None:
            return None
        return Identity(session_caller(record), record.account_id, record.account, token, address)

    async def of_key(self, request: Authenticate, address: str) -> Identity:
        """The reader that a signature stands for.

        Raises AccessDenied, TicketRefused, or what Link.admit raises.
        """
        signed = self.access.signatures.check(
            SignedRequest(
                "GET", TARGET, b"", request.key, request.time_ns, request.nonce, request.account, request.signature
            ),
            address,
            self._clock.now_ns(),
        )
        await self.link.admit(signed.ticket)
        caller = signed.caller
        require_scope(caller, "read")
        number, name = caller.account_id, caller.account
        if number is None or name is None:
            number, name = await account_of(self, caller.user_id)
        identity = Identity(caller, number, name, "", address)
        if caller.acting and caller.acting != caller.account:
            number = await self.account(identity, caller.acting)
            identity = identity._replace(account_id=number, account=self.catalog.account_name(number))
        return identity

    async def account(self, identity: Identity, name: str) -> int:
        """The number of an account that the reader may look at; AccessDenied for any other."""
        require_scope(identity.caller, "read")
        if name == identity.account:
            return identity.account_id
        if not self.catalog.has_account(name):
            await self.catalog.refresh()
        if self.catalog.has_account(name):
            number = self.catalog.account(name)
            if self.may_read(identity, number):
                return number
        # As if it did not exist, for whoever has no business with it.
        raise AccessDenied("NOT_FOUND", f"no account of yours is named {name!r}", "account")

    def may_read(self, identity: Identity, account_id: int) -> bool:
        """Whether the reader may look at an account."""
        caller = identity.caller
        if "read" not in caller.scopes:
            return False
        if account_id in (caller.account_id, identity.account_id):
            return True
        is_own = self.catalog.master(account_id) == caller.account_id
        return not caller.is_bound and (is_own or "operate" in caller.scopes)

    def again(self, identity: Identity) -> Identity | None:
        """The same reader as things stand now: with other scopes perhaps; None when the key or session is over."""
        if not identity.caller.by_key:
            fresh = self.of_session(identity.token, identity.addresses_from)
            return None if fresh is None else identity._replace(caller=fresh.caller)
        record = self.access.keys.find(identity.caller.id)
        if record is None or (record.expires_ns is not None and record.expires_ns <= self._clock.now_ns()):
            return None
        return identity._replace(caller=identity.caller._replace(scopes=record.scopes))
