"""The HTTP server: its address, its start and its end.

    server = Server(link, access, port=8000)
    await server.start()      # server.url
    await server.stop()

uvicorn's protocols without its server: this one starts and ends with whoever embeds it, handles no
signals, and several processes may share its port.
"""

import asyncio
import contextlib
import errno
import logging
import resource
import socket
from collections.abc import Collection
from email.utils import formatdate

import uvicorn

from emporion.access.access import Access
from emporion.access.limits import Limits
from emporion.engine.clock import Clock
from emporion.errors import EmporionError
from emporion.gateway import docs_page, openapi, routes
from emporion.gateway.app import App
from emporion.gateway.catalog import Catalog
from emporion.gateway.door import Door
from emporion.gateway.link.link import Link
from emporion.gateway.metrics import Metrics
from emporion.gateway.pages import Pages
from emporion.gateway.protocol import KEEP_ALIVE_SECONDS, DoorProtocol, DoorState, Gate
from emporion.gateway.security import Guard, hosts_of
from emporion.gateway.stream.protocol import StreamProtocol
from emporion.gateway.stream.stream import Stream
from emporion.gateway.watch import watch

BACKLOG = 2_048
FILES_WANTED = 16_384  # A connection is a file.
TICK_SECONDS = 1.0
FLUSH_SECONDS = 60.0
STOP_SECONDS = 3.0
log = logging.getLogger(__name__)


class AddressInUse(EmporionError):
    """Something else listens on the address and port asked for."""


class Server:
    """One gateway process' door on one address.

    Args:
        link: to the node; started and closed by the caller.
        access: users, sessions and keys; closed by the caller.
        port: 0 takes a free one.
        reuse_port: several processes listen on this port, and the kernel deals connections out.
        hosts: names that requests may be for, beside those of the loopback on a loopback address; on others
            without any given any name, as a proxy may give us.
        limits: of addresses; those of keys are the node's.
        sign_up, demo, proxies, clock: see Door.
    """

    def __init__(
        self,
        link: Link,
        access: Access,
        host: str = "127.0.0.1",
        port: int = 8000,
        *,
        reuse_port: bool = False,
        hosts: Collection[str] | None = None,
        limits: Limits | None = None,
        gate: Gate | None = None,
        pages: Pages | None = None,
        sign_up: bool = False,
        demo: bool = False,
        proxies: Collection[str] = (),
        clock: Clock | None = None,
        gateway: int = 0,
    ) -> None:
        """`gateway`: the number of this process among several that share the port."""
        self.host, self.port = host, port
        self.gate = gate or Gate()
        self.metrics = Metrics(gateway)
        self.catalog = Catalog(link)
        self.stream = Stream(link, self.catalog, access, clock)
        guard = Guard(hosts_of(host, hosts or ()))
        self.door = Door(
            link,
            self.catalog,
            access,
            self.stream.tickers,
            guard=guard,
            pages=pages or Pages(),
            metrics=self.metrics,
            limits=limits or Limits(),
            sign_up=sign_up,
            demo=demo,
            proxies=proxies,
            clock=clock,
        )
        self._router = routes.router()
        self.app = App(self.door, self._router, self.stream)
        self._reuse_port = reuse_port
        self._state = DoorState(self.gate)
        self._listener: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Get what is listed, then listen.

        Raises:
            AddressInUse: the port is taken.
            EmporionError: the address is not one of this machine, or the node is away.
        """
        await self.catalog.start()
        await self.stream.start()
        document = openapi.document(self._router)
        self.door.openapi, self.door.docs = openapi.encode(document), docs_page.page(document)
        self.door.subscribers = lambda: self.stream.subscribers
        watch(self.door, self.gate)
        try:
            await self._listen()
        except BaseException:
            await self.stream.stop()
            raise
        self._ticking = asyncio.create_task(self._tick(), name="door-tick")

    async def stop(self) -> None:
        """Take no more connections, let requests under way finish, say goodbye to watchers."""
        if self._listener is not None:
            self._listener.close()
        await self.stream.stop()
        for connection in list(self._state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                while self._state.tasks:
                    await asyncio.wait(list(self._state.tasks), timeout=0.2)
        for task in list(self._state.tasks):
            task.cancel()
        for connection in list(self._state.connections):
            connection.transport.abort()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])
        if self._listener is not None:
            await asyncio.sleep(0)  # So that connections hear that they are lost.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._listener.wait_closed()

    async def _listen(self) -> None:
        _raise_file_limit()
        config = uvicorn.Config(
            self.app, http=DoorProtocol, ws=StreamProtocol, lifespan="off", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, timeout_keep_alive=KEEP_ALIVE_SECONDS,
            ws_per_message_deflate=False,
        )  # fmt: skip
        config.load()
        self._set_date()
        loop = asyncio.get_running_loop()
        try:
            listening = await asyncio.to_thread(_bound, self.host, self.port, self._reuse_port)
            self._listener = await loop.create_server(
                lambda: config.http_protocol_class(  # type: ignore[call-arg]
                    config=config, server_state=self._state, app_state={}, _loop=loop
                ),
                sock=listening, backlog=BACKLOG,
            )  # fmt: skip
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AddressInUse(
                    f"{self.host}:{self.port} is in use by another program; stop it or choose another port"
                ) from None
            raise EmporionError(f"cannot listen on {self.host}:{self.port}: {error.strerror or error}") from None
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _tick(self) -> None:
        """Once a second: the date, slow connections; now and then, when keys were last used."""
        loop = asyncio.get_running_loop()
        flush_at = loop.time() + FLUSH_SECONDS
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._set_date()
            self.gate.sweep(loop.time())
            if loop.time() >= flush_at:
                flush_at = loop.time() + FLUSH_SECONDS
                try:
                    await asyncio.to_thread(self.door.access.flush)
                except EmporionError as error:
                    log.warning("the times of use of keys could not be written: %s", error)

    def _set_date(self) -> None:
        self._state.default_headers[:] = [(b"date", formatdate(usegmt=True).encode())]


def _bound(host: str, port: int, reuse_port: bool) -> socket.socket:
    """A socket bound to the address, which may be a name."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _raise_file_limit() -> None:
    """Allow as many open files as this server may need, as far as the system does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
