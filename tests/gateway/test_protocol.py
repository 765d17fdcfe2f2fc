"""Bare connections that break HTTP or its bounds are told why and hung up on, and cost nobody else anything."""

import json
import re
import socket
import threading
import time

import pytest

from emporion.access.buckets import Rate
from emporion.access.limits import Limits
from tests.gateway.served import Gate, Served, bad, good

BODY_MAX, HEAD_MAX = 256 * 1024, 32 * 1024


@pytest.fixture(scope="module")
def served():
    with Served(gate=Gate(connections_max=60, per_address_max=30, head_seconds=1.5, body_seconds=2.5)) as served:
        yield served


def everything(connection: socket.socket) -> bytes:
    """Until the venue hangs up."""
    data = b""
    try:
        while piece := connection.recv(65_536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def one_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer: status, headers, body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        assert piece, data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return int(lines[0].split()[1]), headers, body


def refusal(connection: socket.socket, status: int, code: str) -> None:
    """The answer is this problem, and then the venue hangs up."""
    data = everything(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), data[:300]
    assert b"\r\nconnection: close" in head.lower() and b"server:" not in head.lower()
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code) and re.fullmatch(
        "[0-9a-f]{16}", problem["request_id"]
    )
    assert b"content-type: application/problem+json" in head and b"x-content-type-options: nosniff" in head


def request(body: bytes = b"", head: bytes = b"", line: bytes = b"POST /v1/orders HTTP/1.1") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return line + b"\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + length + head + b"\r\n" + body


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nHost: a\nb: c\x00\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\n\r\n",  # No Host.
        b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"BREW /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
def test_what_is_no_request(served, raw):
    with served.connect() as connection:
        connection.sendall(raw)
        refusal(connection, 400, "MALFORMED")


def test_a_head_that_is_too_large(served):
    with served.connect() as connection:  # In one header that does not end.
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        try:
            for _ in range(64):
                connection.sendall(b"x" * 1024)
                time.sleep(0.001)
        except (BrokenPipeError, ConnectionResetError):
            pass
        refusal(connection, 431, "TOO_LARGE")
    with served.connect() as connection:  # In many.
        connection.sendall(request(head=b"".join(b"X-%d: 1\r\n" % n for n in range(120)), line=b"GET / HTTP/1.1"))
        refusal(connection, 431, "TOO_LARGE")
    with served.connect() as connection:  # In the line.
        connection.sendall(request(line=b"GET /" + b"x" * HEAD_MAX + b" HTTP/1.1"))
        refusal(connection, 431, "TOO_LARGE")


def test_a_head_that_comes_too_slowly(served):
    with served.connect() as connection:
        started = time.monotonic()
        connection.sendall(b"GET / HTTP/1.1\r\n")
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.2):
                try:
                    connection.sendall(b"X: y\r\n")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        refusal(connection, 408, "TOO_SLOW")
        stop.set()
        dripping.join()
        assert time.monotonic() - started < 6


def test_a_connection_that_says_nothing_is_closed(served):
    with served.connect() as connection:
        refusal(connection, 408, "TOO_SLOW")


def test_a_body_that_comes_too_slowly(served):
    with served.connect() as connection:
        connection.sendall(b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: 100\r\n\r\n{")
        refusal(connection, 408, "TOO_SLOW")


def test_bodies_that_are_too_large_are_refused_before_they_are_read(served):
    with served.connect() as connection:
        connection.sendall(b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: 1000000000000\r\n\r\n")
        status, _, body = one_answer(connection)
        assert (status, json.loads(body)["code"]) == (413, "TOO_LARGE")
    with served.connect() as connection:  # Of unknown length.
        connection.sendall(b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(BODY_MAX // 16_384 + 1):
            connection.sendall(b"4000\r\n" + b" " * 16_384 + b"\r\n")
        status, _, body = one_answer(connection)
        assert (status, json.loads(body)["code"]) == (413, "TOO_LARGE")


def test_what_is_sent_after_a_refusal_is_not_read_for_ever(served):
    with served.connect() as connection:
        connection.sendall(b"POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n")
        one_answer(connection)
        sent = 0
        with pytest.raises(OSError):
            while sent < 1 << 30:
                sent += connection.send(b" " * 65_536)
        assert sent < 1 << 26


def test_requests_one_behind_the_other_on_a_connection(served):
    with served.connect() as connection:
        line = b"GET /v1/status HTTP/1.1"
        connection.sendall(request(line=line) * 3)
        data = b""
        while data.count(b'"status":"ok"') < 3:
            data += connection.recv(65_536)
        connection.sendall(request(line=line, head=b"Connection: close\r\n"))
        assert everything(connection).count(b'"status":"ok"') == 1


def test_a_peer_that_asks_first_whether_it_may_send(served):
    with served.connect() as connection:
        connection.sendall(
            request(line=b"POST /v1/session HTTP/1.1", head=b"Content-Length: 2\r\nExpect: 100-continue\r\n")
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert one_answer(connection)[0] == 400


def test_a_peer_that_leaves_while_it_sends(served):
    for _ in range(20):
        with served.connect() as connection:
            connection.sendall(b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
    good(served.public().get("/v1/status"))


def test_connections_are_bounded_by_address_and_another_address_goes_on(served):
    wait_for_connections(served, 5)
    api = served.api()
    good(api.place(), 201)
    crowd = [served.connect("127.0.0.9") for _ in range(30)]
    try:
        wait_for(lambda: served.server.gate.connections >= 30)
        with served.connect("127.0.0.9") as one_more:
            refusal(one_more, 503, "TOO_MANY_CONNECTIONS")
        good(api.place(), 201)
        more = [served.connect("127.0.0.10") for _ in range(30)]
        wait_for(lambda: served.server.gate.connections >= 60)
        with served.connect("127.0.0.11") as one_more:
            refusal(one_more, 503, "TOO_MANY_CONNECTIONS")
        good(api.place(), 201)  # Who was here first stays.
        for connection in more:
            connection.close()
    finally:
        for connection in crowd:
            connection.close()
    wait_for_connections(served, 5)


def test_a_flood_from_one_address_does_not_stop_who_trades_from_another(served):
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            try:
                with served.connect("127.0.0.66") as connection:
                    connection.sendall(b"\xff" * 1000 if time.time_ns() % 2 else request(b"{" * 10_000))
                    everything(connection)
            except OSError:
                pass

    floods = [threading.Thread(target=flood) for _ in range(4)]
    for each in floods:
        each.start()
    try:
        api = served.api()
        taken = []
        for _ in range(50):
            started = time.monotonic()
            good(api.place(qty="0.001"), 201)
            taken.append(time.monotonic() - started)
    finally:
        stop.set()
        for each in floods:
            each.join()
    assert sorted(taken)[25] < 1.0, taken


def test_too_many_requests_are_told_to_wait():
    with Served(limits=Limits(key=Rate(5, 10), address=Rate(5, 10))) as served:
        api, public = served.api(), served.public()
        answers = [api.get("/v1/account") for _ in range(12)]
        assert [each.status_code for each in answers[:10]] == [200] * 10
        assert answers[0].headers["ratelimit-limit"] == "10" and answers[0].headers["ratelimit-remaining"] == "9"
        limited = next(each for each in answers if each.status_code != 200)
        bad(limited, 429, "RATE_LIMITED")
        assert int(limited.headers["retry-after"]) >= 1 and limited.json()["retry_after_ms"] > 0
        assert limited.headers["ratelimit-remaining"] == "0"
        assert good(public.get("/v1/status")), "a key that asks too much is its own trouble"
        answers = [public.get("/v1/status") for _ in range(15)]
        bad(next(each for each in answers if each.status_code != 200), 429, "RATE_LIMITED")
        assert good(public.get("/healthz")), "health is not limited"
        time.sleep(1.0)
        good(public.get("/v1/status"))


def test_a_batch_costs_as_much_as_its_orders():
    with Served(limits=Limits(key=Rate(1, 100))) as served:
        api = served.api()
        order = {"instrument": "BTC/USDC", "side": "buy", "qty": "1", "price": "90000"}
        assert good(api.post("/v1/orders/batch", {"orders": [order] * 90}))
        bad(api.post("/v1/orders/batch", {"orders": [order] * 20}), 429, "RATE_LIMITED")
        good(api.place(), 201)
        for _ in range(20):
            response = api.place(qty="0.0001")  # Refused by the door, and counted all the same.
        bad(response, 429, "RATE_LIMITED")


def wait_for(condition) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def wait_for_connections(served: Served, number: int) -> None:
    for client in served.clients:
        client.close()
    served.clients.clear()
    wait_for(lambda: served.server.gate.connections <= number)
