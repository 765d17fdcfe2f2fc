"""Who somebody is: signing up and in, sessions, second factors, API keys."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from emporion.wire.values import Name, Ns, Scope

Login = Annotated[str, Meta(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9._@+-]+$", examples=["ann"])]
Password = Annotated[str, Meta(min_length=10, max_length=256)]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}$")]


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    login: Login
    password: Password


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    login: Login
    password: Annotated[str, Meta(max_length=256)]
    code: Code | None = None  # Of the authenticator, where the user has one.


class DemoSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In demo mode only: a fresh account with play money, or the operator's chair."""

    role: Literal["trader", "operator"] = "trader"


class Session(msgspec.Struct, frozen=True):
    """Who is signed in. The session itself is an HttpOnly cookie."""

    login: str
    account: str  # The user's master account.
    scopes: list[Scope]
    totp: bool
    demo: bool
    expires_ns: Ns


class OpenSession(msgspec.Struct, frozen=True):
    """One place where you are signed in."""

    session_id: str  # Not the cookie: knowing it opens nothing.
    current: bool  # The one that asks.
    address: str  # Where it was signed in from.
    agent: str  # What the browser calls itself.
    created_ns: Ns
    used_ns: Ns  # To a minute or two.
    expires_ns: Ns  # Moves on with use.


class ChangePassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    old: Annotated[str, Meta(max_length=256)]
    new: Password


class TotpOffer(msgspec.Struct, frozen=True):
    """A secret to put into an authenticator; it counts once a code of it is confirmed."""

    secret: str  # Base32
    uri: str  # otpauth://
    svg: str  # The URI as a QR code.


class BeginTotp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: Annotated[str, Meta(max_length=256)]


class ConfirmTotp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: Annotated[str, Meta(max_length=256)]
    code: Code


class MakeKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new API key. With `public_key` the secret stays with its owner; without, the venue makes one, shown once."""

    label: Annotated[str, Meta(max_length=64)] = ""
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)] = msgspec.field(default_factory=lambda: ["read"])
    account: Name | None = None  # Bound to this account of the user; None: any of the user's.
    addresses: Annotated[
        list[Annotated[str, Meta(max_length=49)]], Meta(max_length=32)
    ] = []  # "10.0.0.0/8"; none: any.
    expires_ns: Ns | None = None
    public_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | None = None  # Ed25519, hexadecimal.


class Key(msgspec.Struct, frozen=True):
    key_id: str
    label: str
    scopes: list[Scope]
    account: str | None
    addresses: list[str]
    created_ns: Ns
    expires_ns: Ns | None
    public_key: str
    last_used_ns: Ns | None = None  # To the minute.


class NewKey(msgspec.Struct, frozen=True):
    key: Key
    secret: str | None  # Ed25519 seed, 64 hexadecimal digits: shown now and never again.


class KeyPage(msgspec.Struct, frozen=True):
    items: list[Key]
    next: str | None = None
