"""The subscribers of the fan-out benchmark, as a process of their own.

    python -m emporion.bench.fanout_load PORT SUBSCRIBERS READERS BOOKS FILE

Most look at no more than the head of each frame: its length, and the first `seq` in it. READERS of them take every
frame apart, keep the books and verify each checksum. Says "ready" when all have their images; then
answers each line of stdin with the CPU used so far, and at the end of stdin stores when which frame came.
"""

import asyncio
import base64
import json
import os
import resource
import sys
import time
from typing import Any

import msgspec
import numpy as np
import uvloop

from emporion.wire.checksum import checksum

PEEK_BYTES = 200  # Of a frame: its first message's seq is among them.
SEQ = b'"seq":'
CONNECTING_AT_ONCE = 50
WAIT_S = 0.05
TEXT, PING, PONG = 1, 9, 10


class Subscriber(asyncio.Protocol):
    """One connection that looks at the heads of frames.

    Attributes:
        arrived: nanoseconds, seq and bytes of each frame with a book in it.
    """

    keeps = False

    def __init__(self, books: list[str]) -> None:
        self.books = books
        self.arrived: list[tuple[int, int, int]] = []
        self.is_lost = False
        self._rest = b""  # The beginning of something that is not all there yet.
        self._left = 0  # Bytes of the present frame that are still to come.
        self._upgraded = False
        self._ping = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            (
                "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
            ).encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True

    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, size = 0, len(data)
        if not self._upgraded:
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self._rest = data
                return
            if b" 101 " not in data[:20]:
                raise RuntimeError(data.decode(errors="replace"))
            self._upgraded = True
            for book in self.books:
                request = {"op": "subscribe", "subscription": {"channel": "depth", "instrument": book}}
                self._send(TEXT, json.dumps(request).encode())
        while at < size:
            if self._left:
                step = min(self._left, size - at)
                if self.keeps:
                    self.piece(data[at : at + step])
                self._left -= step
                at += step
                if not self._left and self.keeps:
                    self.end()
                continue
            frame = _head(data, at, size)
            if frame is None:
                self._rest = data[at:]
                return
            opcode, start, length = frame
            if opcode == TEXT:
                place = data.find(SEQ, start, start + PEEK_BYTES) + len(SEQ)
                if data.startswith(b'[{"type":"depth"', start):
                    end = data.find(b",", place)
                    self.arrived.append((now_ns, int(data[place:end]), length))
            elif opcode == PING:
                self._send(PONG, data[start : start + length])
            at, self._left = start, length

    def piece(self, data: bytes) -> None:
        """A piece of a frame's payload, for those who keep it."""

    def end(self) -> None:
        """The frame is all there."""

    def _send(self, opcode: int, payload: bytes) -> None:
        """A short frame, with a mask of zeros."""
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self.transport.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)


class Reader(Subscriber):
    """One who keeps the books and verifies them."""

    keeps = True

    def __init__(self, books: list[str]) -> None:
        super().__init__(books)
        self.verified = self.wrong = 0
        self._payload: list[bytes] = []
        self._books: dict[str, tuple[dict[str, list[Any]], dict[str, list[Any]]]] = {}
        self._seqs: dict[str, int] = {}

    def piece(self, data: bytes) -> None:
        self._payload.append(data)

    def end(self) -> None:
        payload, self._payload = b"".join(self._payload), []
        if payload[:1] != b"[":
            return  # A ping's.
        for message in msgspec.json.decode(payload):
            if message["type"] != "depth":
                continue
            name = message["instrument"]
            if message["image"]:
                self._books[name] = {}, {}
            elif message["prev"] != self._seqs[name]:
                self.wrong += 1
            self._seqs[name] = message["seq"]
            for side, levels in zip(self._books[name], (message["bids"], message["asks"]), strict=True):
                for level in levels:
                    if level[1] == "0":
                        del side[level[0]]
                    else:
                        side[level[0]] = level
            bids, asks = self._books[name]
            best_bids = sorted(bids.values(), key=lambda level: -float(level[0]))
            best_asks = sorted(asks.values(), key=lambda level: float(level[0]))
            self.verified += 1
            self.wrong += checksum(best_bids, best_asks) != message["checksum"]  # type: ignore[arg-type]

    @property
    def is_ready(self) -> bool:
        return len(self._books) == len(self.books)


def _head(data: bytes, at: int, size: int) -> tuple[int, int, int] | None:
    """Opcode, where the payload begins and its length; None when there is not enough to look at."""
    if size - at < 2:
        return None
    length, start = data[at + 1], at + 2
    if length == 126:
        start += 2
        length = int.from_bytes(data[at + 2 : start], "big")
    elif length == 127:
        start += 8
        length = int.from_bytes(data[at + 2 : start], "big")
    return (data[at] & 15, start, length) if size >= start + min(length, PEEK_BYTES) else None


async def load(port: int, subscribers: int, readers: int, books: int, path: str) -> None:
    names = [f"A{book}/USDC" for book in range(1, books + 1)]
    loop = asyncio.get_running_loop()
    everybody: list[Subscriber] = []
    while len(everybody) < subscribers:
        step = min(CONNECTING_AT_ONCE, subscribers - len(everybody))
        kinds = [Reader if len(everybody) + at < readers else Subscriber for at in range(step)]
        made = await asyncio.gather(
            *(loop.create_connection(lambda kind=kind: kind(names), "127.0.0.1", port) for kind in kinds)  # type: ignore[misc]
        )
        everybody += [protocol for _, protocol in made]
        await asyncio.sleep(WAIT_S)
    watching = [each for each in everybody if isinstance(each, Reader)]
    while not all(each.is_ready for each in watching) or not all(len(each.arrived) > 2 for each in everybody):
        await asyncio.sleep(WAIT_S)
        if any(each.is_lost for each in everybody):
            raise RuntimeError("a connection was lost")
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        used = resource.getrusage(resource.RUSAGE_SELF)
        figures = {
            "cpu_s": used.ru_utime + used.ru_stime,
            "lost": sum(each.is_lost for each in everybody),
            "verified": sum(each.verified for each in watching),
            "wrong": sum(each.wrong for each in watching),
        }
        print(json.dumps(figures), flush=True)
    rows = [np.array(each.arrived, np.int64) for each in everybody]
    np.savez(path, rows=np.concatenate(rows), counts=[len(each) for each in rows])
    for each in everybody:
        each.transport.abort()
    await asyncio.sleep(WAIT_S)


def main() -> None:
    port, subscribers, readers, books = map(int, sys.argv[1:5])
    uvloop.run(load(port, subscribers, readers, books, sys.argv[5]))


if __name__ == "__main__":
    main()
