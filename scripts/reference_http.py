"""The reference pages of HTTP and WebSocket, from the table of routes and the structs of wire/."""

import ast
from typing import Any

import msgspec

from emporion.gateway.openapi import SAID
from emporion.gateway.router import TAGS, Route
from emporion.gateway.routes import router
from emporion.wire import (
    accounts,
    contracts,
    gauges,
    identity,
    margin,
    market,
    operator,
    problem,
    risk,
    stream,
    trading,
    values,
)
from scripts.reference_source import Source, page, table, text

HTTP_ABOUT = f"""\
What `emporion serve` answers over HTTP; `/openapi.json` is the same for programs, `/docs` on a page, and
[stream.md](stream.md) is the WebSocket. Prices, quantities and amounts are decimal text, exact both ways; times are
nanoseconds since 1970 UTC as text; sequences and ids are numbers below 2^53. Lists come in pages: `next` is the
cursor of the next one, null at the end. Bodies are JSON in UTF-8; fields that a shape does not have are refused.

A *scope* is what a key or session must have; "people" are routes for who is signed in with a password. Requests of
programs are signed with an API key ([what is signed](../concepts/access.md#what-is-signed)). What a key or session may
ask for is limited, each order of a batch counting as one: `RateLimit-Limit`, `RateLimit-Remaining` and
`RateLimit-Reset` (seconds until all is back) say how it stands; without a key the same is counted by address.
`X-Request-Id` is on every answer; its last four digits stand in the journal with the command
(`emporion inspect journal FOLDER --request ID`). Errors are a [Problem](#problem); its status says of which sort:

{table(("status", "what it says"), list(SAID.items()))}"""
STREAM_ABOUT = """\
What is said over the WebSocket at `/v1/stream`. Every frame from the venue is a JSON array of messages; every frame
from a client is one request: [Subscribe](#subscribe), [Unsubscribe](#unsubscribe), [Authenticate](#authenticate) or
[Ping](#ping). Shapes that are not here are those of [http.md](http.md)."""
VALUES = Source(values)
SHAPES = (market, contracts, gauges, identity, accounts, margin, trading, operator, risk, problem)


def http_page() -> str:
    routes = router().routes
    sections = [_section(tag, words, [route for route in routes if route.tag == tag]) for tag, words in TAGS.items()]
    queries = {route.query.__name__: route.query for route in routes if route.query is not None}
    sections += ["## Query parameters", *(_query(name, queries[name]) for name in sorted(queries))]
    values_rows = [
        (f"`{name}`", f"`{text(ast.unparse(node.value))}`".replace("\\|", "or"), text(VALUES.beside(node.lineno)))
        for name, node in VALUES.assignments()
    ]
    sections += ["## Values", table(("name", "bounds", "meaning"), list(values_rows))]
    sections += ["## Shapes", *(shape for module in SHAPES for shape in _shapes(module))]
    return page("HTTP", "gateway/routes.py and wire/", HTTP_ABOUT, sections)


def stream_page() -> str:
    return page("WebSocket", "wire/stream.py", STREAM_ABOUT, _shapes(stream))


def _section(tag: str, words: str, routes: list[Route]) -> str:
    cells: list[tuple[object, ...]] = [
        (
            f"`{route.name}`",
            route.scope or ("people" if route.people else ""),
            " ".join(filter(None, [_link(route.query), _link(route.body)])),
            f"{route.status}{f' {_link(route.result)}' if route.result is not None else ''}",
            text(route.doc),
        )
        for route in routes
    ]
    heads = ("request", "scope", "takes", "answer", "what it is")
    return "\n\n".join([f"## Routes: {tag}", words, table(heads, cells)])


def _link(shape: Any) -> str:
    """A link to a struct; a page of something is named for what it lists."""
    if shape is None:
        return ""
    arguments = getattr(shape, "__args__", ())
    if arguments:
        return f"page of {_link(arguments[0])}"
    name = shape.__name__
    has_section = shape.__module__.startswith("emporion.wire") or name.endswith("Query")
    return f"[{name}](#{name.lower()})" if has_section else name


def _query(name: str, shape: Any) -> str:
    fields = [(f"`{each}`", "required" if each in _required(shape) else "") for each in shape.__struct_fields__]
    return "\n\n".join([f"### {name}", " ".join((shape.__doc__ or "").split()), table(("parameter", ""), list(fields))])


def _required(shape: Any) -> set[str]:
    return {each.name for each in msgspec.structs.fields(shape) if each.required}


def _shapes(module: Any) -> list[str]:
    source = Source(module)
    return [_struct(source, node) for node in source.tree.body if isinstance(node, ast.ClassDef)]


def _struct(source: Source, node: ast.ClassDef) -> str:
    cells: list[tuple[object, ...]] = []
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            kind = text(ast.unparse(item.annotation)).replace("\\|", "or")
            default = f" = `{ast.unparse(item.value)}`" if item.value is not None else ""
            cells.append((f"`{item.target.id}`", f"`{kind}`{default}", text(source.beside(item.lineno))))
    keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
    tag = [f"`{keywords['tag_field']}` is `{keywords['tag']}`."] if "tag" in keywords else []
    about = [text(" ".join((ast.get_docstring(node) or "").split()))]
    return "\n\n".join([f"### {node.name}", *filter(None, about), *tag, table(("field", "type", "meaning"), cells)])
