"""Where an answer leads: links of the OpenAPI document, by which readers and fuzzers go from route to route."""

from typing import Any

Link = tuple[str, dict[str, str]]  # A route by name, and its parameters as runtime expressions.

_ORDER_ID = {"order_id": "$response.body#/order_id"}
_CL_ORD_ID = {"cl_ord_id": "$response.body#/cl_ord_id"}
_HOLD_ID = {"hold_id": "$response.body#/hold_id"}
_ACCOUNT_ID = {"account_id": "$response.body#/account_id"}
_INSTRUMENT = {"instrument": "$response.body#/name"}
_OPEN_ORDER: tuple[Link, ...] = (
    ("GET /v1/orders/{order_id}", _ORDER_ID),
    ("PATCH /v1/orders/{order_id}", _ORDER_ID),
    ("DELETE /v1/orders/{order_id}", _ORDER_ID),
    ("GET /v1/orders/by-client-id/{cl_ord_id}", _CL_ORD_ID),
    ("PATCH /v1/orders/by-client-id/{cl_ord_id}", _CL_ORD_ID),
    ("DELETE /v1/orders/by-client-id/{cl_ord_id}", _CL_ORD_ID),
)
LINKS: dict[str, tuple[Link, ...]] = {
    "POST /v1/orders": _OPEN_ORDER,
    "PATCH /v1/orders/{order_id}": _OPEN_ORDER,
    "PATCH /v1/orders/by-client-id/{cl_ord_id}": _OPEN_ORDER,
    "DELETE /v1/orders/{order_id}": _OPEN_ORDER[:1],
    "GET /v1/orders": (("GET /v1/orders", {"cursor": "$response.body#/next"}),),
    "GET /v1/order-history": (("GET /v1/order-history", {"cursor": "$response.body#/next"}),),
    "GET /v1/fills": (("GET /v1/fills", {"cursor": "$response.body#/next"}),),
    "GET /v1/ledger": (("GET /v1/ledger", {"cursor": "$response.body#/next"}),),
    "GET /v1/trades": (("GET /v1/trades", {"cursor": "$response.body#/next"}),),
    "POST /v1/keys": (("DELETE /v1/keys/{key_id}", {"key_id": "$response.body#/key/key_id"}),),
    "POST /v1/withdrawals": (
        ("POST /v1/operator/withdrawals/{hold_id}/settle", _HOLD_ID),
        ("POST /v1/operator/withdrawals/{hold_id}/refuse", _HOLD_ID),
    ),
    "POST /v1/operator/freezes": (("DELETE /v1/operator/freezes/{hold_id}", _HOLD_ID),),
    "POST /v1/operator/accounts": (
        ("PATCH /v1/operator/accounts/{account_id}", _ACCOUNT_ID),
        ("PUT /v1/operator/accounts/{account_id}/freeze", _ACCOUNT_ID),
        ("DELETE /v1/operator/accounts/{account_id}/freeze", _ACCOUNT_ID),
    ),
    "POST /v1/operator/instruments": (
        ("GET /v1/instrument", _INSTRUMENT),
        ("GET /v1/book", _INSTRUMENT),
        ("PATCH /v1/operator/instrument", _INSTRUMENT),
        ("PUT /v1/operator/instrument/status", _INSTRUMENT),
        ("DELETE /v1/operator/instrument/orders", _INSTRUMENT),
    ),
}


def links_of(name: str, operation_ids: dict[str, str]) -> dict[str, Any]:
    """The Link Objects of a route's good answers; `operation_ids` are those of all routes by name."""
    found: dict[str, Any] = {}
    for target, parameters in LINKS.get(name, ()):
        found[operation_ids[target]] = {"operationId": operation_ids[target], "parameters": parameters}
    return found
