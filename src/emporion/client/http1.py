"""HTTP/1.1 without sockets, for requests one after the other: bytes to send, and answers from bytes.

Measured on the machine of docs/concepts/performance.md, one order entry over a kept connection costs
the client's processor 24 us this way, 117 us with http.client, 187 us with aiohttp, 398 us with httpx
(and 1.9 ms each in sixteen tasks of its asynchronous client): docs/dependencies.md. And who writes the
bytes knows whether any have left, on which rests whether a request may be sent again.
"""

from urllib.parse import urlsplit

import httptools

from emporion.client.errors import BadAnswer
from emporion.errors import BadValue

BODY_BYTES_MAX = 256 << 20  # A thousand orders' fills are far below; what is longer is not meant for us.


class Origin:
    """Where a venue is: http or https, host, port."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise BadValue(f"url {url!r}: the port is no number below 65536") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise BadValue(f"url {url!r}: give scheme, host and port only, such as 'http://127.0.0.1:8000'")
        if parts.username is not None:
            raise BadValue("url: a venue knows keys, not users; give key= and secret=")
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = port if port is not None else 443 if self.secure else 80
        bracketed = f"[{self.host}]" if ":" in self.host else self.host
        self.authority = bracketed if port is None else f"{bracketed}:{port}"

    @property
    def url(self) -> str:
        return f"http{'s' * self.secure}://{self.authority}"

    @property
    def stream_url(self) -> str:
        return f"ws{'s' * self.secure}://{self.authority}/v1/stream"


def request(origin: Origin, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """The bytes of one request. `headers` are ours, without names or values of strangers."""
    lines = [f"{method} {target} HTTP/1.1", f"host: {origin.authority}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append("content-type: application/json")
    if body or method not in ("GET", "DELETE"):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "\r\n"]).encode("ascii") + body


class Answer:
    """One answer, complete when `done`. Header names are in lower case."""

    __slots__ = ("status", "headers", "body", "done", "keeps", "_parts", "_parser", "_size")

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.done = False
        self.keeps = False  # Whether the connection may be used again.
        self._parts: list[bytes] = []
        self._size = 0
        self._parser = httptools.HttpResponseParser(self)

    @property
    def begun(self) -> bool:
        return self._size > 0

    def feed(self, data: bytes) -> bool:
        """Take in bytes; True when the answer is complete. BadAnswer when they are no HTTP."""
        self._size += len(data)
        if self._size > BODY_BYTES_MAX:
            raise BadAnswer(f"an answer of more than {BODY_BYTES_MAX} bytes")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise BadAnswer(f"what answers there does not speak HTTP/1.1: {error}") from None
        return self.done

    # --- Called by the parser ---

    def on_message_begin(self) -> None:
        if self.done:  # A second answer to one question: whatever it is, this connection is not to be trusted.
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.done:
            return
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        if not self.done:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        if self.done:
            return
        self.status = self._parser.get_status_code()
        if 100 <= self.status < 200:  # Early hints and the like: the answer proper is still to come.
            self.headers.clear()
            return
        self.keeps = self._parser.should_keep_alive()
        self.body = b"".join(self._parts)
        self.done = True
