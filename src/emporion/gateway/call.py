"""One request on its way through the door, and its answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emporion.gateway.problems import fail

if TYPE_CHECKING:
    from emporion.gateway.door import Actor
    from emporion.gateway.router import Route

Headers = tuple[tuple[bytes, bytes], ...]


class Call:
    """What a handler is given. Its fields are filled in on the way, in this order."""

    __slots__ = (
        "request_id", "tag", "address", "secure", "method", "target", "headers", "route", "param", "query", "raw",
        "body", "caller", "ticket", "passed", "seq",
    )  # fmt: skip

    def __init__(self, request_id: str, tag: int, address: str, secure: bool, method: str, target: str) -> None:
        self.request_id = request_id  # 16 hexadecimal digits; the last four are `tag`, which commands carry.
        self.tag = tag
        self.address = address  # Who is connected: a proxy, where there is one.
        self.secure = secure  # Whether the browser speaks https, to us or to the proxy before us.
        self.method = method
        self.target = target  # Path and query as they stood in the request line.
        self.headers: Mapping[bytes, bytes] = {}
        self.route: Route | None = None
        self.param = ""  # The part of the path in braces.
        self.query: Any = None  # The route's query struct.
        self.raw = b""  # The body as sent.
        self.body: Any = None  # The route's body struct.
        self.caller: Actor | None = None
        self.ticket: Any = None  # To be shown to the node once; None when it has been.
        self.passed: Any = None  # What the node says is left of the caller's rate.
        self.seq = 0  # Of the command that was sent, for the log.

    @property
    def who(self) -> "Actor":
        """The caller, on routes that need one."""
        assert self.caller is not None, "the route says that nobody need sign in"
        return self.caller

    def number(self, name: str) -> int:
        """The path's parameter as an id: a whole number below 2^53."""
        text = self.param
        if not (text.isascii() and text.isdecimal() and len(text) <= 16) or not 0 < int(text) < 1 << 53:
            raise fail(404, "NOT_FOUND", f"{name} {text!r} is no number of one.", field=name)
        return int(text)

    def take_ticket(self) -> Any:
        """The ticket, for the one message to the node that carries it."""
        ticket, self.ticket = self.ticket, None
        return ticket

    def cost(self, units: int) -> None:
        """What is asked for counts this much of the caller's rate."""
        if self.ticket is not None:
            self.ticket = self.ticket._replace(cost=units)

    def heard(self, passed: Any) -> None:
        """Note what the node said about the caller's rate."""
        if passed is not None:
            self.passed = passed


class Answer:
    """A body that is encoded already, or needs another status or further headers than the route's own."""

    __slots__ = ("status", "body", "content_type", "headers", "chunks", "is_page")

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        content_type: bytes = b"application/json",
        headers: Headers = (),
        chunks: Any = None,
        is_page: bool = False,
    ) -> None:
        """
        Args:
            chunks: an async iterator of bytes that follow `body`, for what is too long to be made at once.
            is_page: shown by browsers, so that its headers have a policy of their own.
        """
        self.body, self.status, self.content_type = body, status, content_type
        self.headers, self.chunks, self.is_page = headers, chunks, is_page
