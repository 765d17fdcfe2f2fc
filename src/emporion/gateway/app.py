"""The door itself: an ASGI application in which a request goes from its head to its answer.

In this order, so that what is cheap to refuse is refused first: name and origin, route, size, who
asks, what they may, the shape of the query and the body, then the handler. Whatever happens on the
way, the answer carries the request id, and one figure and perhaps one log line are left behind.
"""

import asyncio
import itertools
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from emporion.access.denied import AccessDenied
from emporion.access.tickets import Pass, TicketRefused
from emporion.errors import EmporionError
from emporion.gateway import logs, problems
from emporion.gateway.call import Answer, Call
from emporion.gateway.catalog import Unlisted
from emporion.gateway.door import Door
from emporion.gateway.link.link import LinkBusy, LinkLost
from emporion.gateway.problems import ProblemError, fail
from emporion.gateway.protocol import BODY_BYTES_MAX, BODY_SECONDS
from emporion.gateway.router import Router, allow, parse_query
from emporion.gateway.security import EVERYWHERE
from emporion.wire.problem import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
TAG_MAX = 0xFFFF  # Tags are 1 to this; 0 is none.
JSON = b"application/json"
FALLBACK = "other"  # In metrics: whatever no route is for.
log = logging.getLogger(__name__)


class App:
    """Raw ASGI: no framework between the socket and the handler."""

    def __init__(self, door: Door, router: Router, stream: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        """`stream` takes WebSockets, once name and origin are found good."""
        self.door, self.router, self._stream = door, router, stream
        self._tags = itertools.count(secrets.randbelow(TAG_MAX))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            raise RuntimeError(f"no {scope['type']} is served here")

    # --- HTTP ----------------------------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        call = self._call(scope)
        try:
            answer = await self._answer(call, scope, receive)
        except ConnectionResetError:
            return  # The peer left while it was sending: there is nobody to answer.
        except Exception as error:
            problem, headers = await self._trouble(call, error)
            answer = Answer(problems.body_of(problem, call.request_id), problem.status, problems.CONTENT_TYPE, headers)
        head = [(b"content-type", answer.content_type), (b"x-request-id", call.request_id.encode())]
        if answer.status in (204, 304):
            del head[0]
        elif answer.chunks is None:
            head.append((b"content-length", b"%d" % len(answer.body)))
        if call.passed is not None:
            head += _rate_headers(call.passed)
        head += answer.headers
        if not answer.is_page:
            head += EVERYWHERE
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        if answer.chunks is None:
            await send({"type": "http.response.body", "body": answer.body})
        else:
            await self._stream_out(answer, send)
        seconds = time.perf_counter() - started
        self.door.metrics.seen(call.route.name if call.route is not None else FALLBACK, answer.status, seconds)
        logs.request(call, answer.status, seconds * 1e3)

    async def _answer(self, call: Call, scope: Scope, receive: Receive) -> Answer:
        door = self.door
        headers = call.headers = dict(scope["headers"])
        door.guard.check(headers)
        if door.proxies and call.address in door.proxies:
            _behind_proxy(call, headers)
        path = scope["raw_path"].decode("latin-1")
        found = self.router.find(path)
        if found is None:
            page = door.pages.answer(path, headers)
            if page is None:
                raise fail(404, "NOT_FOUND", "There is nothing here.", f"There is nothing at {path[:200]}; see /docs.")
            if call.method not in ("GET", "HEAD"):
                raise ProblemError(_not_allowed(call.method, path), ((b"allow", b"GET, HEAD"),))
            return page
        methods, call.param = found
        route = methods.get("GET" if call.method == "HEAD" else call.method)
        if route is None:
            allowed = ((b"allow", allow(methods)),)
            if call.method == "OPTIONS":
                return Answer(status=204, headers=allowed)
            raise ProblemError(_not_allowed(call.method, path), allowed)
        call.route = route
        if route.body is not None:
            kind = headers.get(b"content-type", b"")
            if kind != JSON and kind.partition(b";")[0].strip().lower() != JSON:
                raise fail(415, "NOT_JSON", "The body must be JSON.", "Send it with Content-Type: application/json.")
        call.raw = await _body(headers, receive)
        await door.let_in(call)
        try:
            call.query = parse_query(route, scope["query_string"])
        except msgspec.ValidationError as error:
            raise ProblemError(problems.of_validation(error, "the query", route.query)) from None
        if route.body is not None:
            call.body = _decoders[route.body].decode(call.raw)
            if has_duplicate_keys(call.raw):
                raise fail(400, "MALFORMED", "A field is given twice.", "Each field of a JSON object once.")
        elif call.raw:
            raise fail(400, "BAD_FIELD", "This route takes no body.")
        try:
            result = await route.handle(door, call)
        except Unlisted:
            if not await door.catalog.look_again():
                raise
            result = await route.handle(door, call)  # Names come first in every handler: nothing was sent.
        await self._spend(call)
        if isinstance(result, Answer):
            return result
        return Answer(b"" if result is None else _encode(result), route.status)

    def _call(self, scope: Scope) -> Call:
        tag = next(self._tags) % TAG_MAX + 1
        raw_query = scope["query_string"]
        target = scope["raw_path"].decode("latin-1")
        if raw_query:
            target = f"{target}?{raw_query.decode('latin-1')}"
        client = scope["client"]
        request_id = f"{self.door.clock.now_ns() // 1_000_000 & (1 << 48) - 1:012x}{tag:04x}"
        return Call(request_id, tag, client[0] if client else "", scope["scheme"] == "https", scope["method"], target)

    async def _spend(self, call: Call) -> None:
        """Show the node a ticket that no command carried, so that what was asked is counted all the same."""
        if call.ticket is not None:
            call.heard(await self.door.link.admit(call.take_ticket()))

    async def _trouble(self, call: Call, error: Exception) -> tuple[Problem, tuple[tuple[bytes, bytes], ...]]:
        try:
            await self._spend(call)
        except EmporionError as refused:
            error = refused
        return self._problem(call, error)

    def _problem(self, call: Call, error: Exception) -> tuple[Problem, tuple[tuple[bytes, bytes], ...]]:
        """What is answered when something was in the way."""
        if isinstance(error, ProblemError):
            return error.problem, error.headers
        if isinstance(error, msgspec.DecodeError):
            return problems.of_validation(error, shape=call.route.body if call.route is not None else None), ()
        if isinstance(error, RecursionError):
            return problems.problem(400, "MALFORMED", "The body is nested too deeply."), ()
        if isinstance(error, TicketRefused):
            call.heard(error.passed)
            return _refused_ticket(error)
        if isinstance(error, AccessDenied):
            return problems.of_denied(error)
        if isinstance(error, LinkBusy):
            return _later(503, "BUSY", "The venue has as much to do as it can queue; nothing was taken.", 100)
        if isinstance(error, LinkLost):
            return _later(503, "AWAY", f"The venue is away: {error}", 1_000)
        if isinstance(error, EmporionError):
            return problems.of_error(error), ()
        log.error("%s %s failed", call.method, call.target, exc_info=error, extra={"fields": {"id": call.request_id}})
        return problems.problem(500, "BUG", "A bug on our side; it has been logged with the request id."), ()

    @staticmethod
    async def _stream_out(answer: Answer, send: Send) -> None:
        if answer.body:
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    # --- WebSocket -----------------------------------------------------------------------------------

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.door.guard.check(dict(scope["headers"]))
            if scope["path"] != "/v1/stream":
                raise fail(404, "NOT_FOUND", "There is no WebSocket here; it is at /v1/stream.")
        except ProblemError as error:
            request_id = f"{secrets.randbits(64):016x}"
            body = problems.body_of(error.problem, request_id)
            head = [
                (b"content-type", problems.CONTENT_TYPE),
                (b"content-length", b"%d" % len(body)),
                (b"x-request-id", request_id.encode()),
                *EVERYWHERE,
            ]
            await receive()  # websocket.connect
            await send({"type": "websocket.http.response.start", "status": error.problem.status, "headers": head})
            await send({"type": "websocket.http.response.body", "body": body})
            return
        await self._stream(scope, receive, send)


def has_duplicate_keys(raw: bytes) -> bool:
    """Whether a key comes twice in a JSON object or one inside it: which counts, readers do not agree on.

    Each member of an object has one colon. So if a flat object has as many distinct keys as there are
    colons in all, no key comes twice; else somebody looks closely.
    """
    try:
        if len(_flat.decode(raw)) == raw.count(b":"):
            return False
        json.loads(raw, object_pairs_hook=_once)
    except _Twice:
        return True
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False  # Not ours to say: the typed decoder has.
    return False


class _Twice(Exception):
    """A key came twice."""


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _Twice


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body, within its bounds."""
    length = headers.get(b"content-length")
    if length is not None and (not length.isdigit() or int(length) > BODY_BYTES_MAX):
        raise _too_large()
    message = await receive() if length is not None else await _first(headers, receive)
    if message is None:
        return b""
    if message["type"] == "http.disconnect":
        raise ConnectionResetError
    body: bytes = message["body"]
    if message["more_body"]:
        parts, size = [body], len(body)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while message["more_body"]:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ConnectionResetError
                    parts.append(message["body"])
                    size += len(message["body"])
                    if size > BODY_BYTES_MAX:
                        raise _too_large()
        except TimeoutError:
            raise fail(408, "TOO_SLOW", f"The request's body did not come in {BODY_SECONDS:g} s.") from None
        body = b"".join(parts)
    if len(body) > BODY_BYTES_MAX:
        raise _too_large()
    return body


async def _first(headers: dict[bytes, bytes], receive: Receive) -> MutableMapping[str, Any] | None:
    """The first piece of a body of unknown length; None where there is no body at all."""
    return await receive() if b"transfer-encoding" in headers else None


def _too_large() -> ProblemError:
    return fail(413, "TOO_LARGE", f"The body is larger than {BODY_BYTES_MAX // 1024} KiB.", "Send it in several.")


def _behind_proxy(call: Call, headers: dict[bytes, bytes]) -> None:
    """Take the proxy's word for who asks and how."""
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    call.address = forwarded or call.address
    call.secure = headers.get(b"x-forwarded-proto", b"") == b"https"


def _not_allowed(method: str, path: str) -> Problem:
    return problems.problem(
        405, "NOT_ALLOWED", f"{path[:200]} does not take {method}; the Allow header says what it does."
    )


def _refused_ticket(error: TicketRefused) -> tuple[Problem, tuple[tuple[bytes, bytes], ...]]:
    if error.code == "RATE_LIMITED":
        return _later(429, error.code, "Too much was asked in too short a time.", error.retry_after_ms, error.detail)
    reason = "The request was seen before." if error.code == "REPLAYED" else "The request's time is outside the window."
    return problems.problem(
        401, error.code, reason, f"{error.detail}.", retry_after_ms=error.retry_after_ms or None
    ), ()


def _later(
    status: int, code: str, reason: str, retry_ms: int, detail: str = ""
) -> tuple[Problem, tuple[tuple[bytes, bytes], ...]]:
    answer = problems.problem(status, code, reason, detail, retry_after_ms=retry_ms or None)
    return answer, ((b"retry-after", b"%d" % -(-retry_ms // 1_000)),) if retry_ms else ()


def _rate_headers(passed: Pass) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"ratelimit-limit", b"%d" % passed.limit),
        (b"ratelimit-remaining", b"%d" % passed.remaining),
        (b"ratelimit-reset", b"%d" % -(-passed.reset_ms // 1_000)),
    )


class _Decoders(dict[type, msgspec.json.Decoder]):
    """One decoder a body type, made when first needed."""

    def __missing__(self, kind: type) -> msgspec.json.Decoder:
        self[kind] = msgspec.json.Decoder(kind)
        return self[kind]


_decoders = _Decoders()
_flat = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode
