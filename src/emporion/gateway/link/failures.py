"""Errors on their way from the node to a gateway, so that a door sees the same ones wherever the node is."""

import msgspec
import numpy as np

from emporion.access.tickets import Pass, TicketRefused
from emporion.engine.failures import NodeClosed, NodeStopped, PartlyTaken, ReadOnly
from emporion.errors import BadValue, DiskFull, EmporionError, Refused, StorageFailed
from emporion.gateway.link.link import LinkBusy
from emporion.schema.codes import Reject
from emporion.schema.messages import EVENT

PLAIN: dict[str, type[EmporionError]] = {
    kind.__name__: kind
    for kind in (BadValue, DiskFull, PartlyTaken, StorageFailed, NodeStopped, NodeClosed, ReadOnly, LinkBusy)
}


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An exception as MessagePack."""

    kind: str  # A name in PLAIN, "Refused", "TicketRefused"; any other is an EmporionError.
    text: str
    reason: int = 0  # Of Refused.
    event: bytes = b""  # The same: its EVENT row, if it has one.
    code: str = ""  # Of TicketRefused.
    retry_after_ms: int = 0
    passed: tuple[int, int, int] | None = None


def failure_of(error: BaseException) -> Failure:
    """An exception, made ready to travel."""
    if isinstance(error, Refused):
        event = b"" if error.event is None else np.asarray(error.event).tobytes()
        return Failure("Refused", str(error), reason=int(error.reason), event=event)
    if isinstance(error, TicketRefused):
        return Failure(
            "TicketRefused", error.detail, code=error.code, retry_after_ms=error.retry_after_ms, passed=error.passed
        )
    return Failure(type(error).__name__, str(error))


def error_of(failure: Failure) -> EmporionError:
    """The exception again."""
    if failure.kind == "Refused":
        event = np.frombuffer(failure.event, EVENT)[0] if failure.event else None
        return Refused(Reject(failure.reason), failure.text, event)
    if failure.kind == "TicketRefused":
        passed = Pass(*failure.passed) if failure.passed is not None else None
        return TicketRefused(failure.code, failure.text, failure.retry_after_ms, passed)
    return PLAIN.get(failure.kind, EmporionError)(failure.text)
