"""What a gateway hands to the venue's doorman with each signed request, and what comes back.

A signature can be checked anywhere, but that a request is not a repeat, and how much its key has
asked for lately, only one place per venue can know. A ticket is the little that place needs.
"""

from typing import NamedTuple

from emporion.errors import EmporionError


class Ticket(NamedTuple):
    """What must be checked once for a request, over all gateways."""

    key: str  # Key id or session id: nonces and rates are per this.
    nonce: str  # "" for none (sessions): no check for repeats, nor of the time.
    time_ns: int  # When the request was signed, by its maker's clock.
    cost: int  # Rate-limit units, 1 or more.


class Pass(NamedTuple):
    """How a key stands after a request, for the RateLimit headers."""

    limit: int  # Units that a rested key may spend at once.
    remaining: int  # Of them left.
    reset_ms: int  # Until all are back, if nothing more is asked; rounded up.


class TicketRefused(EmporionError):
    """The doorman does not let a request in.

    Attributes:
        code: REPLAYED (this nonce was used), STALE_TIME (the time is outside the window) or RATE_LIMITED.
        retry_after_ms: when the same request, signed again, may come in; 0 where waiting does not help.
        passed: how the key stands; None where that was not looked at.
    """

    def __init__(self, code: str, detail: str, retry_after_ms: int = 0, passed: Pass | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.retry_after_ms, self.passed = code, detail, retry_after_ms, passed

    def __reduce__(self) -> tuple[type["TicketRefused"], tuple[str, str, int, Pass | None]]:
        return TicketRefused, (self.code, self.detail, self.retry_after_ms, self.passed)
