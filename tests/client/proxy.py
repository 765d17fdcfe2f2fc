"""A proxy between client and venue that cuts connections: before a request has reached the venue, or after.

Each request takes the next word of `plan`; where there is none it passes.

    pass     both ways
    before   the request is read and goes nowhere
    after    the venue answers, and the answer goes nowhere
    half     the venue answers, and half of the answer arrives

What is not a request (a WebSocket) passes until `cut`.
"""

import contextlib
import re
import socket
import threading

from emporion.client.http1 import Answer


class Proxy:
    """Listens on a free port of its own. Every connection has a thread or two; `close` ends all."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.plan: list[str] = []
        self.seen: list[str] = []  # First lines of requests, in order.
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, name="proxy")]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection there is."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._start(self._serve, near)

    def _start(self, target: object, *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, name="proxy")  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()
        return thread

    def _serve(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), socket.create_connection(self._to) as far:
            self._open |= {near, far}
            try:
                self._requests(near, far)
            finally:
                self._open -= {near, far}

    def _requests(self, near: socket.socket, far: socket.socket) -> None:
        while request := _read_request(near):
            self.seen.append(request.split(b"\r\n", 1)[0].decode())
            if b"upgrade: websocket" in request.lower():
                far.sendall(request)
                other = self._start(_pump, far, near)
                _pump(near, far)
                other.join()
                return
            act = self.plan.pop(0) if self.plan else "pass"
            if act == "before":
                return
            far.sendall(request)
            answer = _read_answer(far)
            if act == "after":
                return
            near.sendall(answer[: len(answer) // 2] if act == "half" else answer)
            if act == "half":
                return


def _read_request(near: socket.socket) -> bytes:
    """One whole request; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = near.recv(65_536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]):
        part = near.recv(65_536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


def _read_answer(far: socket.socket) -> bytes:
    data, answer = b"", Answer()
    while not answer.done:
        part = far.recv(65_536)
        if not part:
            break
        data += part
        answer.feed(part)
    return data


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes until either end is gone."""
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
