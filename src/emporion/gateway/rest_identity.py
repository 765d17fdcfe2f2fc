"""Who somebody is: signing up and in, second factors, API keys.

Hashing a password takes long on purpose, so people take turns at it (emporion.access.turns). A session
is a cookie that no script can read and no other site can send.
"""

import asyncio

import msgspec

from emporion.access.records import KeyRecord, User
from emporion.gateway import cursors
from emporion.gateway.call import Answer, Call
from emporion.gateway.demo_chairs import fund
from emporion.gateway.door import COOKIE, Door, token_of
from emporion.gateway.openings import account_of
from emporion.gateway.problems import fail
from emporion.gateway.router import Route
from emporion.wire.identity import (
    BeginTotp,
    ChangePassword,
    ConfirmTotp,
    DemoSignIn,
    Key,
    KeyPage,
    MakeKey,
    NewKey,
    Session,
    SignIn,
    SignUp,
    TotpOffer,
)

GUESS_COST = 10  # Units of an address for each try to sign in: hashing is dear.
KeysQuery = msgspec.defstruct(
    "KeysQuery", [("limit", cursors.Limit, cursors.LIMIT_DEFAULT), ("cursor", str | None, None)], frozen=True,
    forbid_unknown_fields=True,
)  # fmt: skip


# --- Signing up and in -------------------------------------------------------------------------------


async def sign_up(door: Door, call: Call) -> Answer:
    """A new user with an account of the same name, signed in."""
    if not door.sign_up:
        raise fail(403, "SIGN_UP_CLOSED", "This venue opens no accounts by itself; ask its operator.")
    body: SignUp = call.body
    if door.catalog.has_account(body.login):
        raise fail(409, "LOGIN_TAKEN", "An account goes by this name already.", field="login")
    user = await door.access.turns.take(
        door.access.people.sign_up, body.login, body.password, door.clock.now_ns(), address=call.address or "unknown"
    )
    await account_of(door, user.user_id, call.tag)
    return await _begin(door, call, user, 201)


async def sign_in(door: Door, call: Call) -> Answer:
    body: SignIn = call.body
    now_ns = door.clock.now_ns()
    token, record = await door.access.turns.take(
        door.access.people.sign_in, body.login, body.password, body.code, call.address, now_ns, _agent(call)
    )
    user = await asyncio.to_thread(door.access.users.get, record.user_id)
    return await _answer(door, call, user, token, record.expires_ns, 200)


async def demo_sign_in(door: Door, call: Call) -> Answer:
    """In demo mode only: a fresh account with play money in everything listed, or the operator's chair."""
    if not door.demo:
        raise fail(403, "NO_DEMO", "This venue is no demonstration.", "Sign in with your login: POST /v1/session.")
    body: DemoSignIn = call.body
    is_operator = body.role == "operator"
    user = await asyncio.to_thread(door.access.people.sit_down, call.address, door.clock.now_ns(), is_operator)
    account_id, _ = await account_of(door, user.user_id, call.tag)
    await fund(door, account_id, call.tag)
    return await _begin(door, call, user, 200)


async def who(door: Door, call: Call) -> Session:
    """Who is signed in."""
    record = door.access.sessions.find(call.who.token, door.clock.now_ns())
    account = record.account or (await account_of(door, record.user_id))[1]
    return Session(record.login, account, list(record.scopes), record.totp, record.is_demo, str(record.expires_ns))  # type: ignore[arg-type]


async def sign_out(door: Door, call: Call) -> Answer:
    """End the session, if there is one."""
    token = token_of(call.headers.get(b"cookie", b""))
    if token:
        await asyncio.to_thread(door.access.sessions.end, token)
    return Answer(status=204, headers=(cookie(call, "", 0),))


# --- Passwords and second factors --------------------------------------------------------------------


async def change_password(door: Door, call: Call) -> None:
    body: ChangePassword = call.body
    caller = call.who.caller
    await door.access.turns.take(
        door.access.people.change_password,
        caller.user_id,
        body.old,
        body.new,
        call.address,
        door.clock.now_ns(),
        caller.id,
    )


async def begin_totp(door: Door, call: Call) -> TotpOffer:
    return await door.access.turns.take(
        door.access.people.begin_totp, call.who.caller.user_id, call.body.password, call.address, door.clock.now_ns()
    )


async def confirm_totp(door: Door, call: Call) -> None:
    body: ConfirmTotp = call.body
    caller = call.who.caller
    await door.access.turns.take(
        door.access.people.confirm_totp, caller.user_id, body.password, body.code, call.address, door.clock.now_ns(),
        caller.id,
    )  # fmt: skip


async def remove_totp(door: Door, call: Call) -> None:
    body: ConfirmTotp = call.body
    await door.access.turns.take(
        door.access.people.remove_totp,
        call.who.caller.user_id,
        body.password,
        body.code,
        call.address,
        door.clock.now_ns(),
    )


# --- Keys --------------------------------------------------------------------------------------------


async def keys(door: Door, call: Call) -> KeyPage:
    limit = call.query.limit
    records = await asyncio.to_thread(door.access.keys.of_user, call.who.caller.user_id, call.query.cursor or "", limit)
    items = [key_of(record) for record in records]
    return KeyPage(items, items[-1].key_id if len(items) == limit else None)


async def make_key(door: Door, call: Call) -> NewKey:
    """A new API key. Its secret, where the venue makes one, is in this answer and nowhere else."""
    body: MakeKey = call.body
    bound: tuple[int, str] | None = None
    if body.account is not None:
        number = door.catalog.account(body.account)
        if door.catalog.master(number) != door.catalog.master(_own_account(call)):
            raise fail(404, "UNKNOWN_ACCOUNT", f"No account of yours is named {body.account!r}.", field="account")
        bound = (number, body.account)
    public_key = bytes.fromhex(body.public_key) if body.public_key is not None else None
    expires_ns = int(body.expires_ns) if body.expires_ns is not None else None
    if expires_ns is not None and expires_ns >= 1 << 63:
        raise fail(400, "BAD_FIELD", "The time is beyond what can be written.", field="expires_ns")
    record, secret = await asyncio.to_thread(
        lambda: door.access.keys.make(
            call.who.caller.user_id, door.clock.now_ns(), scopes=body.scopes, label=body.label, account=bound,
            addresses=body.addresses, expires_ns=expires_ns, public_key=public_key,
        )
    )  # fmt: skip
    return NewKey(key_of(record), secret)


async def revoke_key(door: Door, call: Call) -> None:
    await asyncio.to_thread(door.access.keys.revoke, call.param, call.who.caller.user_id)


def key_of(record: KeyRecord) -> Key:
    """A key as it is shown: there is no secret in it."""
    return Key(
        record.key_id, record.label, list(record.scopes), record.bound_account, list(record.addresses),  # type: ignore[arg-type]
        str(record.created_ns), str(record.expires_ns) if record.expires_ns is not None else None,
        record.public_key.hex(), str(record.last_used_ns) if record.last_used_ns is not None else None,
    )  # fmt: skip


# --- Below -------------------------------------------------------------------------------------------


async def _begin(door: Door, call: Call, user: User, status: int) -> Answer:
    user = await asyncio.to_thread(door.access.users.get, user.user_id)
    token, record = await asyncio.to_thread(
        door.access.sessions.start, user, door.clock.now_ns(), call.address, _agent(call)
    )
    return await _answer(door, call, user, token, record.expires_ns, status)


async def _answer(door: Door, call: Call, user: User, token: str, expires_ns: int, status: int) -> Answer:
    account = user.account or (await account_of(door, user.user_id, call.tag))[1]
    session = Session(user.login, account, list(user.scopes), user.totp, user.is_demo, str(expires_ns))  # type: ignore[arg-type]
    seconds = max(0, expires_ns - door.clock.now_ns()) // 1_000_000_000
    # The session ends by itself when it is not used; the cookie may outlive it, up to its longest.
    return Answer(msgspec.json.encode(session), status, headers=(cookie(call, token, max(seconds, 7 * 86_400)),))


def cookie(call: Call, token: str, seconds: int) -> tuple[bytes, bytes]:
    """The header that hands a session to a browser for so long, or with 0 takes it away."""
    secure = "; Secure" if call.secure or call.headers.get(b"x-forwarded-proto") == b"https" else ""
    text = f"{COOKIE.decode()}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    return b"set-cookie", text.encode()


def _agent(call: Call) -> str:
    return call.headers.get(b"user-agent", b"").decode("latin-1")


def _own_account(call: Call) -> int:
    """The caller's own account, whichever is acted for."""
    return call.who.caller.account_id or call.who.account_id


ROUTES = (
    Route(
        "POST", "/v1/sign-up", sign_up, "Become a user with an account, where the venue allows that.", "identity",
        body=SignUp, result=Session, status=201, problems=(403, 409, 422, 503), cost=GUESS_COST,
    ),
    Route(
        "POST", "/v1/session", sign_in, "Sign in: the session is a cookie.", "identity", body=SignIn, result=Session,
        problems=(401, 429), cost=GUESS_COST,
    ),
    Route("GET", "/v1/session", who, "Who is signed in.", "identity", people=True, result=Session, problems=(401,)),
    Route("DELETE", "/v1/session", sign_out, "Sign out.", "identity", status=204),
    Route(
        "POST", "/v1/session/demo", demo_sign_in,
        "On a demonstration: a fresh account with play money, or the operator's chair.", "identity", body=DemoSignIn,
        result=Session, problems=(403, 503), cost=GUESS_COST,
    ),
    Route(
        "POST", "/v1/password", change_password, "Change the password; all other sessions end.", "identity",
        people=True, body=ChangePassword, status=204, problems=(401, 422),
    ),
    Route(
        "POST", "/v1/totp", begin_totp, "Offer a second factor.", "identity", people=True, body=BeginTotp,
        result=TotpOffer, problems=(401, 409),
    ),
    Route(
        "PUT", "/v1/totp", confirm_totp, "Turn the offered second factor on, by a code of it.", "identity", people=True,
        body=ConfirmTotp, status=204, problems=(401, 409),
    ),
    Route(
        "DELETE", "/v1/totp", remove_totp, "Turn the second factor off.", "identity", people=True, body=ConfirmTotp,
        status=204, problems=(401, 409),
    ),
    Route("GET", "/v1/keys", keys, "Your API keys.", "identity", people=True, query=KeysQuery, result=KeyPage),
    Route(
        "POST", "/v1/keys", make_key, "Make an API key. A secret that the venue makes is shown once.", "identity",
        people=True, body=MakeKey, result=NewKey, status=201, problems=(403, 404, 409, 422),
    ),
    Route(
        "DELETE", "/v1/keys/{key_id}", revoke_key, "Revoke an API key, for good.", "identity", people=True, status=204,
        problems=(404,),
    ),
)  # fmt: skip
