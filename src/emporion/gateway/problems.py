"""Errors as problem details (RFC 9457), whatever went wrong and wherever.

A reason of the kernel keeps its name as the code and its sentence from venue.refusals, so all doors
say the same; here it only gets the HTTP status, and the name of the field that it is about.
"""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec

from emporion.access.denied import CODES, AccessDenied
from emporion.errors import BadValue, DiskFull, EmporionError, Refused
from emporion.schema.codes import Reject
from emporion.venue.refusals import SENTENCES, sentence
from emporion.wire.problem import Problem

CONTENT_TYPE = b"application/problem+json"
STATUS_OF: dict[Reject, int] = {
    **{
        reason: 404
        for reason in (
            Reject.UNKNOWN_ACCOUNT, Reject.UNKNOWN_ASSET, Reject.UNKNOWN_INSTRUMENT, Reject.UNKNOWN_ORDER,
            Reject.UNKNOWN_HOLD, Reject.UNKNOWN_GROUP, Reject.UNKNOWN_QUESTION,
        )
    },
    Reject.DUPLICATE: 409,
    Reject.BUSY: 503,
}  # fmt: skip
FIELD_OF: dict[Reject, str] = {
    Reject.BAD_SIDE: "side", Reject.BAD_TIF: "tif", Reject.BAD_STP: "stp", Reject.UNKNOWN_ACCOUNT: "account",
    Reject.SYSTEM_ACCOUNT: "account", Reject.ACCOUNT_FROZEN: "account", Reject.DUPLICATE: "cl_ord_id",
    Reject.UNKNOWN_ASSET: "asset", Reject.UNKNOWN_INSTRUMENT: "instrument", Reject.UNKNOWN_ORDER: "order_id",
    Reject.UNKNOWN_HOLD: "hold_id", Reject.BAD_STATUS: "instrument", Reject.POST_ONLY_STATUS: "post_only",
    Reject.BAD_QTY: "qty", Reject.QTY_TOO_SMALL: "qty", Reject.QTY_TOO_LARGE: "qty", Reject.BAD_PRICE: "price",
    Reject.PRICE_TOO_HIGH: "price", Reject.BAD_DISPLAY: "display", Reject.BAD_TRIGGER: "trigger",
    Reject.BAD_EXPIRY: "expire_ns", Reject.NO_LIQUIDITY: "market", Reject.PRICE_REQUIRED: "price",
    Reject.OUTSIDE_BAND: "price", Reject.WOULD_TRIGGER: "trigger", Reject.NOTIONAL_TOO_SMALL: "qty",
    Reject.NOTIONAL_TOO_LARGE: "qty", Reject.WOULD_MATCH: "price", Reject.FOK_UNFILLABLE: "qty",
    Reject.BAD_AMOUNT: "amount", Reject.SUPPLY_LIMIT: "amount", Reject.UNKNOWN_GROUP: "group_id",
    Reject.UNKNOWN_QUESTION: "question", Reject.NOT_A_CONTRACT: "instrument", Reject.NOT_A_MARGIN_ACCOUNT: "account",
    Reject.REDUCE_ONLY: "reduce_only", Reject.POSITION_LIMIT: "qty", Reject.OPEN_INTEREST_LIMIT: "qty",
    Reject.NO_MARK: "instrument", Reject.UNKNOWN_RELATED: "related_id", Reject.NOTHING_TO_LEND: "qty",
    Reject.LEVERAGE_LIMIT: "qty", Reject.INSUFFICIENT_MARGIN: "qty",
}  # fmt: skip
BUSY_RETRY_MS = 50
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}  # As RFC 9110 has them; older Pythons say otherwise.
_PATH = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_NAMED = re.compile(r"(?:missing required|contains unknown) field `([^`]*)`")


class ProblemError(Exception):
    """Raised anywhere on the way of a request to answer it with problem details."""

    def __init__(self, problem: Problem, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(problem.detail)
        self.problem, self.headers = problem, headers


def problem(status: int, code: str, reason: str, detail: str = "", **more: Any) -> Problem:
    """`reason` is one sentence; `detail`, by default the same, says what to do."""
    return Problem(status, TITLES.get(status) or HTTPStatus(status).phrase, code, reason, detail or reason, **more)


def fail(status: int, code: str, reason: str, detail: str = "", **more: Any) -> ProblemError:
    """The same as an exception to raise."""
    return ProblemError(problem(status, code, reason, detail, **more))


def of_reject(reason: int, what: str, order_id: int = 0, prefix: str = "") -> Problem:
    """A command that the venue refused; `what` it was, in words: "place buy 1 BTC/USDC".

    Args:
        order_id: with DUPLICATE the first order's.
        prefix: of the field, in a batch: "orders[3].".
    """
    known = Reject(reason)
    status, field = STATUS_OF.get(known, 422), FIELD_OF.get(known)
    return problem(
        status, known.name, SENTENCES[known][0], sentence(what, known), field=prefix + field if field else None,
        order_id=order_id or None, retry_after_ms=BUSY_RETRY_MS if known == Reject.BUSY else None,
    )  # fmt: skip


def of_validation(error: msgspec.DecodeError, where: str = "the body", shape: Any = None) -> Problem:
    """JSON that is none, or not of the shape asked for; names the field where there is one.

    Where a value is none of those there are, and `shape` is the struct asked for, it says which there are.
    """
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return problem(400, "MALFORMED", "The body is not JSON.", f"{text}. Send JSON encoded as UTF-8.")
    path = found.group(1) if (found := _PATH.search(text)) else ""
    text = _PATH.sub("", text)
    if named := _NAMED.search(text):
        path = f"{path}.{named.group(1)}" if path else named.group(1)
    if shape is not None and text.startswith("Invalid enum value") and (known := _choices(shape, path)):
        text += f"; one of {', '.join(known)}"
    reason = f"A field of {where} is not as it must be." if path else f"Something in {where} is not as it must be."
    return problem(
        400, "BAD_FIELD", reason, f"{path}: {text}." if path else f"{text}.", field=path.replace("[...]", "[]") or None
    )


def _choices(shape: Any, path: str) -> list[str]:
    """The values that the field at `path` ("orders[3].side") may have; none where it is not of a few."""
    kinds = [msgspec.inspect.type_info(shape)]
    for name in path.split("."):
        kinds = [
            field.type
            for kind in _unfolded(kinds)
            if isinstance(kind, msgspec.inspect.StructType)
            for field in kind.fields
            if field.encode_name == name.partition("[")[0]
        ]
    return [str(v) for kind in _unfolded(kinds) if isinstance(kind, msgspec.inspect.LiteralType) for v in kind.values]


def _unfolded(kinds: Iterable[msgspec.inspect.Type]) -> Iterator[msgspec.inspect.Type]:
    """What optional and listed values, and values with bounds, are of."""
    for kind in kinds:
        if isinstance(kind, msgspec.inspect.UnionType):
            yield from _unfolded(kind.types)
        elif isinstance(kind, msgspec.inspect.ListType):
            yield from _unfolded([kind.item_type])
        elif isinstance(kind, msgspec.inspect.Metadata):
            yield from _unfolded([kind.type])
        else:
            yield kind


def of_error(error: EmporionError, what: str = "") -> Problem:
    """An exception of the venue or the node."""
    if isinstance(error, Refused):
        known = Reject(int(error.reason))
        status = STATUS_OF.get(known, 422)
        first = int(error.event["order_id"]) if known == Reject.DUPLICATE and error.event is not None else 0
        return problem(
            status, known.name, SENTENCES[known][0], str(error), field=FIELD_OF.get(known), order_id=first or None
        )
    if isinstance(error, DiskFull):
        return problem(
            503, "DISK_FULL", "The venue's disk is full: orders are refused while cancels still fit.", str(error)
        )
    if isinstance(error, BadValue):
        text = str(error)
        field, _, _ = text.partition(":")
        return problem(
            422, "BAD_VALUE", "A value cannot be taken as it is.", f"{what}: {text}" if what else text,
            field=field if field.isidentifier() else None,
        )  # fmt: skip
    return problem(503, "STOPPED", "The venue has stopped; nothing was taken.", f"{error}. Try again later.")


DENIED_STATUS = {
    "KEY_EXPIRED": 403, "ADDRESS_NOT_ALLOWED": 403, "SCOPE_MISSING": 403, "RATE_LIMITED": 429, "TOTP_ON": 409,
    "TOTP_OFF": 409, "BAD_PASSWORD": 422, "LOGIN_TAKEN": 409, "PUBLIC_KEY_TAKEN": 409, "TOO_MANY": 409,
    "NOT_FOUND": 404, "BAD_NONCE": 401,
}  # fmt: skip


def of_denied(error: AccessDenied) -> tuple[Problem, tuple[tuple[bytes, bytes], ...]]:
    """Somebody who is not let in, and the headers that go with it."""
    status = DENIED_STATUS.get(error.code, 401)
    meaning = CODES[error.code]
    answer = problem(
        status, error.code, f"{meaning[0].upper()}{meaning[1:]}.", f"{error.detail}.", field=error.field or None,
        retry_after_ms=error.retry_after_ms or None,
    )  # fmt: skip
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.retry_after_ms:
        headers = ((b"retry-after", b"%d" % -(-error.retry_after_ms // 1_000)),)
    return answer, headers


def off_grid(error: BadValue, field: str, prefix: str = "") -> ProblemError:
    """A number between two ticks, lots or atoms."""
    field = prefix + field
    return fail(422, "OFF_GRID", f"{field} is not a multiple of its unit.", f"{field}: {error}.", field=field)


def body_of(answer: Problem, request_id: str) -> bytes:
    """The JSON of a problem, with the id by which its request is found again."""
    return _encoder.encode(msgspec.structs.replace(answer, request_id=request_id))


_encoder = msgspec.json.Encoder()
