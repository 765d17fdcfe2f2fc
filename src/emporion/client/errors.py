"""What can go wrong between a client and a venue, beside what the venue itself says.

The venue's own answers are the exceptions of the in-process API: `Refused` and `BadValue`.
"""

from emporion.errors import EmporionError


class ConnectionFailed(EmporionError):
    """The venue could not be reached, and nothing was done: no connection, or 503 from beginning to end."""


class OutcomeUnknown(EmporionError):
    """The answer was lost on its way: the venue may have done what was asked, or not.

    Raised where asking again could do it twice. The message says where to look. Orders and
    movements of money with a `cl_ord_id` never raise this while the venue can be reached again.
    """


class NotAllowed(EmporionError):
    """The venue does not know the key, or the key may not do this; `code` is the problem's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RateLimited(EmporionError):
    """Too many requests; nothing was done. After `retry_after` seconds there is room again."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadAnswer(EmporionError):
    """What answered does not speak this protocol: another server, a proxy's page, or a version apart."""


class NotSent(Exception):
    """Inside the client: the request did not reach the venue, for certain."""


class Cut(Exception):
    """Inside the client: the connection ended after the request began to leave and before its answer was whole."""
