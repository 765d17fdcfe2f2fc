"""One kept connection, blocking: requests one after the other."""

import contextlib
import select
import socket
import ssl
import threading
import time

from emporion.client.errors import BadAnswer, Cut, NotSent
from emporion.client.http1 import Answer, Origin

READ_BYTES = 1 << 16


class Connection:
    """Opened when first used, and again when the venue closed it. Threads may share it: one waits for the other."""

    def __init__(self, origin: Origin, timeout: float, tls: ssl.SSLContext | None) -> None:
        """`timeout`: seconds for one answer, from the first byte sent to the last one read."""
        self._origin, self._timeout = origin, timeout
        self._tls = (tls or ssl.create_default_context()) if origin.secure else None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def do(self, data: bytes) -> Answer:
        """Send one request and read its answer; NotSent or Cut when there is none."""
        with self._lock:
            deadline = time.monotonic() + self._timeout
            open_socket = self._ready(deadline)
            answer = Answer()
            try:
                open_socket.sendall(data)
                while not answer.done:
                    open_socket.settimeout(max(deadline - time.monotonic(), 0.001))
                    part = open_socket.recv(READ_BYTES)
                    if not part:
                        raise Cut("the connection ended before the answer was whole")
                    answer.feed(part)
            except TimeoutError:
                self.close()
                raise Cut(f"no answer within {self._timeout:g} s") from None
            except OSError as error:
                self.close()
                raise Cut(f"the connection broke: {error}") from None
            except BaseException:  # A Cut, a BadAnswer, Ctrl-C: half an answer must not stay in front of the next.
                self.close()
                raise
            if not answer.keeps:
                self.close()
            return answer

    def close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _ready(self, deadline: float) -> socket.socket:
        """A connection on which nothing is waiting. One that the venue closed meanwhile is found out here."""
        if self._socket is not None and is_readable(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._open(deadline)
        else:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
        return self._socket

    def _open(self, deadline: float) -> socket.socket:
        timeout = max(deadline - time.monotonic(), 0.001)
        try:
            plain = socket.create_connection((self._origin.host, self._origin.port), timeout)
        except OSError as error:
            raise NotSent(f"no connection: {error}") from None
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                return plain
            return self._tls.wrap_socket(plain, server_hostname=self._origin.host)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise BadAnswer(f"{self._origin.url}: its certificate is not trusted: {error.verify_message}") from None
        except OSError as error:
            plain.close()
            raise NotSent(f"no connection: {error}") from None


def is_readable(open_socket: socket.socket) -> bool:
    """Whether something is waiting to be read: on an idle connection only its end."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(open_socket, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([open_socket], [], [], 0)[0])
