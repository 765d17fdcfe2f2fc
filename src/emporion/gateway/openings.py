"""Opening the account of somebody who has signed up: first in the venue, then in the access database.

A user without an account is there for the moment between the two, or because the venue was away. Only
one of all gateways opens it; the others wait for that one.
"""

import asyncio
import time
from typing import Any, Protocol

from emporion.access.access import Access
from emporion.access.denied import AccessDenied
from emporion.engine.clock import SystemClock
from emporion.errors import BadValue
from emporion.gateway.catalog import Catalog
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import Act
from emporion.gateway.problems import fail

WAIT_SECONDS = 5.0
NAMES_TRIED = 20  # Names beside the login, where that is another account's.


class Opener(Protocol):
    """Who opens: a door, or what signs readers of a stream in."""

    @property
    def access(self) -> Access: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def link(self) -> Link: ...


async def account_of(door: Opener, user_id: int, tag: int = 0) -> tuple[int, str]:
    """Number and name of a user's account, opened now if there is none.

    It goes by the user's login, with a number behind it where an account of that name is there already.
    """
    users = door.access.users
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        user = await asyncio.to_thread(users.get, user_id)
        if user.account_id is not None and user.account is not None:
            return user.account_id, user.account
        if await asyncio.to_thread(users.claim_opening, user_id, SystemClock().now_ns()):
            opened = await _open(door, user.login, tag)
            number, name = int(opened["account_id"]), str(opened["name"])
            await asyncio.to_thread(users.set_account, user_id, number, name)
            await door.catalog.refresh()
            return number, name
        await asyncio.sleep(0.05)
    raise fail(503, "BUSY", "Your account is being opened.", "Ask again in a moment.", retry_after_ms=1_000)


async def _open(door: Opener, login: str, tag: int) -> dict[str, Any]:
    for name in [login, *(f"{login}.{number}" for number in range(2, 2 + NAMES_TRIED))]:
        try:
            answer = await door.link.ask(Act("open_account", {"name": name}, tag))
        except BadValue as error:
            if "taken" in str(error):
                continue
            raise
        return dict(answer.result)
    raise AccessDenied("LOGIN_TAKEN", f"accounts {login!r} to {login}.{1 + NAMES_TRIED} are others'", "login")
