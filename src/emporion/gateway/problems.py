"""Errors as problem details (RFC 9457), whatever went wrong and wherever."""

import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True):
    """The body of an error. `type` stays "about:blank": the status says the kind, `detail` what to do."""

    type: str
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """Raised by a handler to answer with problem details."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = Problem("about:blank", title, status, detail)


def response(problem: Problem, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=problem.status,
        body=msgspec.json.encode(problem),
        content_type="application/problem+json",
        headers=headers,
    )


@web.middleware
async def problem_details(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal, ours or the framework's, into a problem; a bug becomes a 500 that tells nothing."""
    try:
        return await handler(request)
    except ProblemError as error:
        return response(error.problem)
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return response(Problem("about:blank", error.reason, error.status, _detail(error, request)), headers)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return response(Problem("about:blank", "Internal Server Error", 500, "A bug on our side; it has been logged."))


def _detail(error: web.HTTPException, request: web.Request) -> str:
    if error.status == 404:
        return f"There is nothing at {request.path}."
    if error.status == 405:
        return f"{request.path} does not take {request.method}; this venue's HTTP door is read-only."
    return error.text or error.reason
