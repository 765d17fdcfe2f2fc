"""What a browser may do with us: nothing but our own page reads us, and it loads nothing from elsewhere.

A loopback address is no protection by itself: any web page may ask the visitor's browser to
connect to it, under our name (WebSockets know no same-origin rule) or under a name of its own
that it points here. So the Host must be one of ours and an Origin, where there is one, the Host.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web

from emporion.gateway.problems import Handler, ProblemError

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def guard(hosts: Collection[str] | None):
    """A middleware that lets through requests for one of these host names; None: any name, for a public address."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = urlsplit(f"//{request.host}").hostname
        if hosts is not None and host not in hosts:
            raise ProblemError(421, "Misdirected Request", f"This venue does not go by the name {request.host!r}.")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise ProblemError(403, "Forbidden", "Pages of another origin may not read this venue.")
        return await handler(request)

    return check


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: every response carries the headers, errors and sockets included."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)
