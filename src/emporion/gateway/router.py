"""Routes as data: dispatch, OpenAPI, the docs page and docs/reference/http.md are all made from one table."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from emporion.gateway.call import Call
from emporion.gateway.problems import fail
from emporion.wire.values import Scope

Handler = Callable[[Any, Call], Awaitable[Any]]
TAGS = {
    "market": "What everybody may see: listings, books, trades, candles.",
    "identity": "Signing up and in, sessions, second factors, API keys.",
    "account": "Balances, orders, fills and statements of an account.",
    "trading": "Orders: place, replace, cancel.",
    "money": "Withdrawals, transfers, sub-accounts.",
    "operator": "Listings, statuses, fees, accounts, money from outside.",
    "service": "Health, metrics, this document.",
}


@dataclass(frozen=True)
class Route:
    """One thing that can be asked for. `path` has at most one parameter, in braces."""

    method: str
    path: str
    handle: Handler
    doc: str  # One sentence.
    tag: str
    scope: Scope | None = None  # None: nobody need sign in.
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    result: Any = None  # Of the body of a good answer; None for no body or one that is not JSON.
    status: int = 200
    also: dict[int, str] = field(default_factory=dict)  # Other good statuses, and when.
    problems: tuple[int, ...] = ()  # Beyond those that any route of its kind can give.
    content_type: str = "application/json"
    people: bool = False  # For people signed in, not for keys.
    carries: bool = False  # Its command carries the ticket to the node, so that one trip does for both.
    cost: int = 1  # Units of the caller's rate.

    @property
    def name(self) -> str:
        """For metrics and logs: "POST /v1/orders"."""
        return f"{self.method} {self.path}"

    @property
    def param(self) -> str:
        """The name of the path's parameter; "" for none."""
        return self.path.partition("{")[2].partition("}")[0]


Methods = dict[str, Route]


class Router:
    """Finds the route of a request by two or three dictionary lookups, whatever the number of routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, Methods] = {}
        self._around: dict[tuple[str, str], Methods] = {}  # By what stands before and after the parameter.
        for route in self.routes:
            before, _, rest = route.path.partition("{")
            if rest:
                methods = self._around.setdefault((before, rest.partition("}")[2]), {})
            else:
                methods = self._exact.setdefault(before, {})
            assert route.method not in methods, f"two routes for {route.name}"
            methods[route.method] = route

    def find(self, path: str) -> tuple[Methods, str] | None:
        """The routes at a path as it stands in the request line, by method, and its parameter."""
        methods = self._exact.get(path)
        if methods is not None:
            return methods, ""
        cut = path.rfind("/") + 1
        methods = self._around.get((path[:cut], ""))
        if methods is not None and cut < len(path):
            return methods, unquote(path[cut:], errors="replace")
        end = cut - 1  # Before the slash that the last part begins with.
        start = path.rfind("/", 0, max(end, 0)) + 1
        methods = self._around.get((path[:start], path[end:]))
        if methods is not None and start < end:
            return methods, unquote(path[start:end], errors="replace")
        return None


def allow(methods: Methods) -> bytes:
    """The Allow header of a path."""
    names = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(names)).encode()


def parse_query(route: Route, raw: bytes) -> Any:
    """The query parameters as the route's struct; an unknown or repeated one is refused."""
    if not raw:
        pairs: list[tuple[str, str]] = []
    else:
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=32)
        except ValueError:
            raise fail(400, "MALFORMED", "The query of the URL cannot be read.") from None
    given = dict(pairs)
    if len(given) < len(pairs):
        raise fail(400, "BAD_FIELD", "A query parameter is given twice.")
    if route.query is None:
        if given:
            name = next(iter(given))
            raise fail(400, "BAD_FIELD", "This route takes no query parameters.", field=name)
        return None
    return msgspec.convert(given, route.query, strict=False)
