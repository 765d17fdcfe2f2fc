"""The load of order_entry: a process that signs and sends orders over HTTP, and says how long answers took.

Run as `python -m emporion.bench.order_load`; the task is JSON on stdin, the outcome JSON on stdout. Each
connection has one request under way. With a rate, orders come due at even distances whatever the venue
does, and their latency runs from then; without one, each connection sends as soon as it is answered.
"""

import asyncio
import random
import resource
import sys
import time
from collections import deque
from typing import Any, cast

import httptools
import msgspec
import uvloop
from nacl import bindings

from emporion.engine.clock import SystemClock
from emporion.wire.signing import signed_message

TARGET = "/v1/orders"
SUSTAINED_S, DRAIN_S = 0.5, 15.0  # How much later than the last order its answer may come; how long it is waited for.


class Trader(msgspec.Struct, frozen=True):
    """Whose orders they are."""

    key_id: str
    seed: str  # Hexadecimal


class Task(msgspec.Struct, frozen=True):
    port: int
    traders: list[Trader]
    instrument: str
    connections: int
    seconds: float
    warm_seconds: float  # Before, not counted.
    rate: float = 0.0  # Orders a second; 0: as many as are answered.
    seed: int = 1


class Outcome(msgspec.Struct, frozen=True):
    orders: int  # Answered with 201 within the time measured.
    seconds: float
    sustained: bool  # Whether the last answer came soon after the last order was due.
    latencies_us: list[int]  # Of all that came due within it, sorted.
    cpu_us: float  # Processor time of this process for an order.
    statuses: dict[str, int]  # Of all answers; "lost": connections that broke.


class Load:
    """All connections."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.clock = SystemClock()
        self.chance = random.Random(task.seed)
        self.keys = [
            (trader.key_id, bindings.crypto_sign_seed_keypair(bytes.fromhex(trader.seed))[1]) for trader in task.traders
        ]
        self.sent = 0
        self.idle: deque[Connection] = deque()
        self.due: deque[float] = deque()
        self.answers: list[tuple[float, float]] = []  # When it was due, when it was answered.
        self.statuses: dict[str, int] = {}
        self.is_over = False

    def request(self) -> bytes:
        """The next order, signed just now."""
        self.sent += 1
        key_id, secret = self.keys[self.sent % len(self.keys)]
        side = "buy" if self.chance.random() < 0.5 else "sell"
        price = 100_000 + self.chance.randint(-20, 20)
        body = (
            f'{{"instrument":"{self.task.instrument}","side":"{side}","qty":"0.{self.chance.randint(1, 99):02}",'
            f'"price":"{price}.5","cl_ord_id":"{self.task.seed}-{self.sent}"}}'
        ).encode()
        time_ns, nonce = str(self.clock.now_ns()), f"{self.task.seed:08}-{self.sent:012}"
        message = signed_message("POST", TARGET, time_ns, nonce, "", body)
        signature = bindings.crypto_sign(message, secret)[:64].hex()
        return (
            f"POST {TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nEmporion-Key: {key_id}\r\nEmporion-Time: {time_ns}\r\n"
            f"Emporion-Nonce: {nonce}\r\nEmporion-Signature: {signature}\r\n\r\n"
        ).encode() + body

    def answered(self, connection: "Connection", status: int) -> None:
        now = time.perf_counter()
        name = str(status)
        self.statuses[name] = self.statuses.get(name, 0) + 1
        if status == 201:
            self.answers.append((connection.due, now))
        if self.is_over:
            return
        if not self.task.rate:
            connection.send(now)
        elif self.due:
            connection.send(self.due.popleft())
        else:
            self.idle.append(connection)

    async def run(self) -> Outcome:
        loop, task = asyncio.get_running_loop(), self.task
        connections = [Connection(self) for _ in range(task.connections)]
        for connection in connections:
            await loop.create_connection(lambda connection=connection: connection, "127.0.0.1", task.port)  # type: ignore[misc]
        began, cpu_before = time.perf_counter(), _cpu_s()
        start, end = began + task.warm_seconds, began + task.warm_seconds + task.seconds
        if task.rate:
            self.idle.extend(connections)
            await self._pace(began, end)
        else:
            for connection in connections:
                connection.send(time.perf_counter())
            await asyncio.sleep(end - time.perf_counter())
            self.is_over = True  # Nobody sends the next.
        sustained = await self._drained(end + SUSTAINED_S)
        await self._drained(end + DRAIN_S)
        self.is_over = True
        cpu_us = (_cpu_s() - cpu_before) / max(1, len(self.answers)) * 1e6
        for connection in connections:
            connection.close()
        in_time = sum(start <= done <= end for _, done in self.answers)
        latencies = sorted(round((done - due) * 1e6) for due, done in self.answers if start <= due < end)
        latencies += [round(DRAIN_S * 1e6)] * len(self.due)  # Never sent: at least so long.
        return Outcome(in_time, end - start, sustained, latencies, cpu_us, self.statuses)

    async def _drained(self, until: float) -> bool:
        """Wait until everything that came due is answered, but not longer than `until`."""
        while self.due or sum(self.statuses.values()) < self.sent:
            if time.perf_counter() >= until:
                return False
            await asyncio.sleep(0.01)
        return True

    async def _pace(self, began: float, end: float) -> None:
        step, number = 1.0 / self.task.rate, 0
        while (now := time.perf_counter()) < end:
            while (due := began + number * step) <= now:
                number += 1
                if self.idle:
                    self.idle.popleft().send(due)
                else:
                    self.due.append(due)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.due = 0.0

    def send(self, due: float) -> None:
        self.due = due
        if self._transport is not None:
            self._transport.write(self._load.request())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if not self._load.is_over:
            self._load.statuses["lost"] = self._load.statuses.get("lost", 0) + 1

    def on_message_complete(self) -> None:
        self._load.answered(self, self._parser.get_status_code())


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Do the task on stdin."""
    task: Any = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Load(task).run())))


if __name__ == "__main__":
    main()
