"""Errors as problem details (RFC 9457)."""

import msgspec


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error answer, application/problem+json, and of a refused item in a batch."""

    status: int
    title: str  # Of the status: "Unprocessable Content".
    code: str  # For programs: a name of codes.Reject ("INSUFFICIENT_FUNDS") or one of the door's own ("BAD_SIGNATURE").
    reason: str  # What is the matter, one sentence for people.
    detail: str  # What was asked for, what is the matter, and what to do.
    type: str = "about:blank"
    field: str | None = None  # Of the request, the one at fault: "qty", "orders[3].price".
    order_id: int | None = None  # With DUPLICATE: the first one's.
    retry_after_ms: int | None = None  # With RATE_LIMITED, BUSY.
    request_id: str | None = None
