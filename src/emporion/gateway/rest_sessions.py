"""Where somebody is signed in, and ending that: one session, or all others.

For people only. A key that got into wrong hands can neither see where its owner is nor sign anybody out.
"""

import asyncio

from emporion.access.records import SessionRecord
from emporion.gateway.call import Answer, Call
from emporion.gateway.cursors import Page
from emporion.gateway.door import Door
from emporion.gateway.rest_identity import cookie
from emporion.gateway.router import Route
from emporion.wire.identity import OpenSession


async def sessions(door: Door, call: Call) -> Page[OpenSession]:
    caller = call.who.caller
    records = await asyncio.to_thread(door.access.sessions.of_user, caller.user_id, door.clock.now_ns())
    return Page([_shown(record, caller.id) for record in records])


async def end_session(door: Door, call: Call) -> Answer:
    """Of the session that asks, the cookie goes too."""
    caller = call.who.caller
    await asyncio.to_thread(door.access.sessions.end_one, caller.user_id, call.param)
    return Answer(status=204, headers=(cookie(call, "", 0),) if call.param == caller.id else ())


async def end_others(door: Door, call: Call) -> None:
    caller = call.who.caller
    await asyncio.to_thread(door.access.sessions.end_all, caller.user_id, caller.id)


def _shown(record: SessionRecord, current: str) -> OpenSession:
    return OpenSession(
        record.session_id, record.session_id == current, record.address, record.agent, str(record.created_ns),
        str(record.used_ns), str(record.expires_ns),
    )  # fmt: skip


ROUTES = (
    Route(
        "GET", "/v1/sessions", sessions, "Where you are signed in, newest first: all of at most 50.", "identity",
        people=True, result=Page[OpenSession],
    ),
    Route(
        "DELETE", "/v1/sessions", end_others, "End all your sessions but the one that asks.", "identity", people=True,
        status=204,
    ),
    Route(
        "DELETE", "/v1/sessions/{session_id}", end_session, "End one of your sessions.", "identity", people=True,
        status=204, problems=(404,),
    ),
)  # fmt: skip
