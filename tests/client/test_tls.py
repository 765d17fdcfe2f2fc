"""The client through TLS, as through a proxy before a venue that is reached from elsewhere."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import threading

import pytest

from emporion.client import BadAnswer, connect, connect_async
from tests.client.serving import set_up

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")


class Terminator:
    """Takes TLS on a free port and carries what is inside to a plain one."""

    def __init__(self, folder, port):
        self.certificate, key = folder / "cert.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", str(key), "-out", str(self.certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        self._to, self._ready = port, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="tls")
        self._thread.start()
        self._ready.wait(10)

    def close(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _run(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        async with server:
            await self._end.wait()

    async def _serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
        for each in (writer, far_writer):
            with contextlib.suppress(OSError):
                each.close()
                await each.wait_closed()


async def _carry(reader, writer):
    while part := await reader.read(65_536):
        writer.write(part)
        await writer.drain()
    writer.close()


@pytest.fixture(scope="module")
def market(served):
    with served.operator() as operator:
        set_up(operator)
    return served


@pytest.fixture(scope="module")
def door(market, tmp_path_factory):
    door = Terminator(tmp_path_factory.mktemp("tls"), market.port)
    yield door
    door.close()


def test_orders_and_streams_go_through(market, door):
    trusted = ssl.create_default_context(cafile=door.certificate)
    with connect(door.url, **market.operator_key(), tls=trusted, patience=0) as venue:
        order = venue.place("alice", "BTC/USDC", "buy", qty="0.1", price="55000")
        assert venue.order(order).is_open
        with venue.follow_book("BTC/USDC") as book:
            assert book.best_bid.price == 55000
        venue.cancel(order)


def test_awaited_ones_as_well(market, door):
    async def run():
        trusted = ssl.create_default_context(cafile=door.certificate)
        async with connect_async(door.url, **market.operator_key(), tls=trusted, patience=0) as venue:
            order = await venue.place("alice", "BTC/USDC", "buy", qty="0.1", price="55000")
            async with await venue.follow_book("BTC/USDC") as book:
                assert book.best_bid.price == 55000
            await venue.cancel(order)

    asyncio.run(run())


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(market, door):
    with connect(door.url, **market.operator_key()) as venue:
        with pytest.raises(BadAnswer, match="not trusted"):
            venue.account("alice")
        with venue.stream() as stream, pytest.raises(BadAnswer, match="not trusted"):
            stream.subscribe("top", "BTC/USDC")

    async def run():
        async with connect_async(door.url) as venue:
            with pytest.raises(BadAnswer, match="not trusted"):
                await venue.seq

    asyncio.run(run())
