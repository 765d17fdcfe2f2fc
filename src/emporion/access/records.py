"""What the access database holds, as readers see it: no secret, no hash of one."""

from typing import NamedTuple

import msgspec

from emporion.access.addresses import Network
from emporion.access.buckets import Rate

USER_SCOPES = ("read", "trade", "withdraw")
OPERATOR_SCOPES = (*USER_SCOPES, "operate")


class User(msgspec.Struct, frozen=True):
    """Somebody who may sign in."""

    user_id: int
    login: str  # As first written; found in any case.
    account_id: int | None  # The user's master account; None until it is opened.
    account: str | None  # Its name.
    is_operator: bool
    is_demo: bool  # Made by a demonstration: no password, let in by demonstrations only.
    totp: bool  # A second factor is on.
    created_ns: int

    @property
    def scopes(self) -> tuple[str, ...]:
        """All that the user may do."""
        return OPERATOR_SCOPES if self.is_operator else USER_SCOPES


class KeyRecord(msgspec.Struct, frozen=True):
    """An API key, with what is needed of its owner."""

    key_id: str
    user_id: int
    login: str
    label: str
    scopes: tuple[str, ...]  # Never more than the owner's at this time.
    bound_account_id: int | None  # Acts for this account only; None: any of the owner's.
    bound_account: str | None
    home_account_id: int | None  # The owner's master account.
    home_account: str | None
    addresses: tuple[str, ...]  # As shown; none: any.
    networks: tuple[Network, ...]  # The same, as compared.
    created_ns: int
    expires_ns: int | None
    public_key: bytes  # Ed25519, 32 bytes.
    last_used_ns: int | None  # To the minute.
    rate: Rate | None  # Its own limit, where it has one.
    is_demo: bool


class SessionRecord(msgspec.Struct, frozen=True):
    """Somebody signed in."""

    session_id: str  # Not the token: it may be shown and logged.
    user_id: int
    login: str
    account_id: int | None
    account: str | None
    scopes: tuple[str, ...]
    totp: bool
    is_demo: bool
    created_ns: int
    used_ns: int  # To the minute.
    expires_ns: int  # Moves on with use, up to `ends_ns`.
    ends_ns: int
    address: str  # Where it was signed in from.
    agent: str  # What the browser calls itself.


class Caller(NamedTuple):
    """Who asks, whether by key or by session."""

    id: str  # Key id or session id; what a ticket's `key` is.
    by_key: bool
    user_id: int
    login: str
    account_id: int | None  # Acts for this account unless told otherwise: the bound one, or the user's own.
    account: str | None
    is_bound: bool  # May act for no other account.
    scopes: tuple[str, ...]
    is_demo: bool
    acting: str  # The account named in the signed request, decoded; "" for `account_id`. Not yet looked up.


def key_caller(record: KeyRecord, acting: str = "") -> Caller:
    """The caller a checked key stands for."""
    bound = record.bound_account_id is not None
    return Caller(
        record.key_id,
        True,
        record.user_id,
        record.login,
        record.bound_account_id if bound else record.home_account_id,
        record.bound_account if bound else record.home_account,
        bound,
        record.scopes,
        record.is_demo,
        acting,
    )


def session_caller(record: SessionRecord, acting: str = "") -> Caller:
    """The caller a found session stands for."""
    return Caller(
        record.session_id,
        False,
        record.user_id,
        record.login,
        record.account_id,
        record.account,
        False,
        record.scopes,
        record.is_demo,
        acting,
    )
