"""The OpenAPI 3.1 document, made from the table of routes and the structs of wire/."""

from http import HTTPStatus
from typing import Any

import msgspec

from emporion.gateway.door import COOKIE
from emporion.gateway.links import links_of
from emporion.gateway.protocol import BODY_BYTES_MAX
from emporion.gateway.router import TAGS, Route, Router
from emporion.version import VERSION
from emporion.wire.problem import Problem
from emporion.wire.signing import AHEAD_NS, KEY_HEADER, WINDOW_NS

REF = "#/components/schemas/{name}"
ABOUT = f"""The API of one emporion venue.

Prices, quantities and amounts are decimal text, exact both ways; times are nanoseconds since 1970 UTC as
text; sequences and ids are numbers below 2^53. Lists come in pages: `next` is the cursor of the next one.
Errors are problem details (RFC 9457) with `code`, `reason`, `detail` and `field`. Bodies are JSON of at most
{BODY_BYTES_MAX // 1024} KiB. Every answer carries X-Request-Id, whose last four digits stand in the journal with the
command. WebSocket: `/v1/stream`.

People sign in: POST /v1/session sets a cookie. Programs sign each request with an API key. Signed by its Ed25519
secret is a text of six lines, each ended by a newline, and behind them 64 hexadecimal digits without one:

    emporion-v1
    the method, as POST
    path and query as they stand in the request line, as /v1/orders?x=y
    header Emporion-Time: nanoseconds since 1970 UTC, {WINDOW_NS // 10**9} s behind us to {AHEAD_NS // 10**9} s ahead
    header Emporion-Nonce: 16 to 64 of A-Z a-z 0-9 - _, never used twice
    header Emporion-Account: the account acted for, percent-encoded UTF-8; an empty line where the header is left out
    BLAKE2b-256 of the body; of no body that of nothing

Header Emporion-Key is the key's id, Emporion-Signature the signature as 128 hexadecimal digits."""
ABOUT_SIGNING = "The key's id. Emporion-Time, Emporion-Nonce and Emporion-Signature go with it, as said at the top."
ANY = (400, 403, 421, 429, 503)  # What any route of a venue may answer.
BODIES = (408, 413, 415)
TEXT_IDS = ("key_id", "session_id", "cl_ord_id")
SIGNED = (401, 403, 404)
SAID = {
    400: "Not a request as it must be: the problem names the field.", 401: "Not signed in, or the signature is wrong.",
    403: "Not allowed: scope, address or origin.", 404: "There is no such thing.", 405: "The path does not take this.",
    408: "The request came too slowly.", 409: "Taken: the client id or name was used.", 413: "The body is too large.",
    415: "The body is not JSON.", 421: "The venue does not go by this name.",
    422: "Well formed, but refused by the rules or between two units.", 429: "Too much was asked; see Retry-After.",
    503: "The venue has stopped, is full, busy or away.",
}  # fmt: skip


def document(router: Router) -> dict[str, Any]:
    """The whole document as plain values."""
    routes = router.routes
    ids = {route.name: operation_id(route) for route in routes}
    types: list[Any] = [Problem]
    for route in routes:
        types += [each for each in (route.query, route.body, route.result) if each is not None]
    unique = list({str(each): each for each in types}.values())
    schemas, components = msgspec.json.schema_components(unique, ref_template=REF)
    components = _plain(components)
    of = {str(each): schema for each, schema in zip(unique, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, of, components)
    for route in routes:
        if links := links_of(route.name, ids):
            responses = paths[route.path][route.method.lower()]["responses"]
            for status in (route.status, *route.also):
                responses[str(status)]["links"] = links
    for route in routes:
        if route.query is not None:
            components.pop(of[str(route.query)]["$ref"].rpartition("/")[2], None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "emporion", "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE.decode()},
                "signature": {
                    "type": "apiKey", "in": "header", "name": "-".join(part.title() for part in KEY_HEADER.split("-")),
                    "description": ABOUT_SIGNING,
                },
            },
        },
    }  # fmt: skip


def encode(value: dict[str, Any]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(value)


def operation_id(route: Route) -> str:
    """A name for code generators: "post_v1_orders_batch"."""
    words = route.path.replace("{", "").replace("}", "").replace("-", "_").replace(".", "_").strip("/").split("/")
    return "_".join([route.method.lower(), *words])


def _operation(route: Route, of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.doc,
        "tags": [route.tag],
        "parameters": _parameters(route, of, components),
        "responses": _responses(route, of),
    }
    if route.handle.__doc__ and route.handle.__doc__ != route.doc:
        operation["description"] = " ".join(route.handle.__doc__.split())
    if route.scope is not None:
        operation["security"] = [{"session": []}, {"signature": []}]
        operation["x-scope"] = route.scope
    elif route.people:
        operation["security"] = [{"session": []}]
    else:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": of[str(route.body)]}}}
    return operation


def _parameters(route: Route, of: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if route.param:
        is_number = route.param.endswith("_id") and route.param not in TEXT_IDS
        schema = {"type": "integer", "minimum": 1, "maximum": (1 << 53) - 1} if is_number else _text_schema(route.param)
        parameters.append({"name": route.param, "in": "path", "required": True, "schema": schema})
    if route.query is not None:
        shape = components[of[str(route.query)]["$ref"].rpartition("/")[2]]
        for name, schema in shape["properties"].items():
            required = name in shape.get("required", ())
            parameters.append({"name": name, "in": "query", "required": required, "schema": _without_null(schema)})
    if route.scope is not None:
        parameters.append(
            {
                "name": "Emporion-Account", "in": "header", "required": False,
                "description": "The account to act for, percent-encoded UTF-8; without it your own.",
                "schema": {"type": "string", "maxLength": 192},
            }
        )  # fmt: skip
    return parameters


def _responses(route: Route, of: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, text in {route.status: HTTPStatus(route.status).phrase, **route.also}.items():
        response: dict[str, Any] = {"description": text, "headers": _HEADERS}
        if status != 204:
            schema = of[str(route.result)] if route.result is not None else {}
            response["content"] = {route.content_type: {"schema": schema}}
        responses[str(status)] = response
    if route.path == "/v1/ledger":
        responses["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    problems = {*route.problems, *ANY} | (set(BODIES) if route.body is not None else set())
    problems |= set(SIGNED) if route.scope is not None or route.people else set()
    for status in sorted(problems):
        responses[str(status)] = {
            "description": SAID[status], "headers": _HEADERS,
            "content": {"application/problem+json": {"schema": of[str(Problem)]}},
        }  # fmt: skip
    return responses


def _plain(schema: Any) -> Any:
    """The same with tuples as arrays of a fixed length: few readers of OpenAPI know `prefixItems`."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items()}
    if "prefixItems" in plain:
        kinds = list({str(each): each for each in plain.pop("prefixItems")}.values())
        plain["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return plain


def _text_schema(name: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": 34 if name == "cl_ord_id" else 64}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is there or not; it is never null."""
    schema = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) == 1:
        return {**{key: value for key, value in schema.items() if key != "anyOf"}, **options[0]}
    if None in schema.get("enum", ()):
        return {**schema, "enum": [value for value in schema["enum"] if value is not None]}
    return schema


_HEADERS = {"X-Request-Id": {"schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"}}}
