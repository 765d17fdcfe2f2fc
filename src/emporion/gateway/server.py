"""The HTTP server: its address, its start and its end."""

import asyncio
import errno
import ipaddress
from collections.abc import Mapping

from aiohttp import web
from numpy.typing import NDArray

from emporion.engine.sequencer import Sequencer
from emporion.errors import EmporionError
from emporion.gateway import pages
from emporion.gateway.market import Market
from emporion.gateway.problems import problem_details
from emporion.gateway.rest import Rest
from emporion.gateway.security import LOOPBACK_NAMES, add_headers, guard
from emporion.gateway.stream import PUSH_SECONDS, Stream


class AddressInUse(EmporionError):
    """Something else listens on the address and port asked for."""


class Server:
    """A read-only view of one venue on one address."""

    def __init__(
        self,
        sequencer: Sequencer,
        host: str = "127.0.0.1",
        port: int = 8000,
        titles: Mapping[str, str] | None = None,
        simulation: bool = False,
    ) -> None:
        """`port` 0 takes a free one; `titles` are long names by instrument name, for people."""
        self.market = Market(sequencer, titles, simulation)
        self.stream = Stream(self.market)
        self.host, self.port = host, port
        self._runner: web.AppRunner | None = None
        self.pushing: asyncio.Task[None] | None = None  # Ends only with `stop`, or with the error that ends the view.

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def start(self, trades: NDArray | None = None) -> None:
        """Listen and begin to push; `trades` are earlier ones to show, rows of feeds.trades.TRADE.

        Raises:
            AddressInUse: the port is taken.
            EmporionError: the address is not one of this machine.
        """
        app = web.Application(middlewares=[problem_details, guard(_hosts(self.host))])
        app.on_response_prepare.append(add_headers)
        app.add_routes([*pages.routes(), *Rest(self.market).routes(), *self.stream.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await self.market.start(trades)
            await self._listen(web.TCPSite(self._runner, self.host, self.port))
        except BaseException:
            self.market.stop()
            await self._runner.cleanup()
            raise
        self.pushing = asyncio.create_task(self._push(), name="push")

    async def stop(self) -> None:
        """Stop pushing, say goodbye, close the address."""
        if self.pushing is not None:
            self.pushing.cancel()
            await asyncio.wait([self.pushing])
            self.market.stop()
        await self.stream.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _listen(self, site: web.TCPSite) -> None:
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AddressInUse(
                    f"{self.host}:{self.port} is in use by another program; stop it or choose another port"
                ) from None
            raise EmporionError(f"cannot listen on {self.host}:{self.port}: {error.strerror or error}") from None
        assert self._runner is not None
        self.port = self._runner.addresses[0][1]

    async def _push(self) -> None:
        """Push at a steady pace; a push that takes longer delays the next, and none is made up for."""
        while True:
            started = asyncio.get_running_loop().time()
            await self.stream.push()
            await asyncio.sleep(max(0.0, PUSH_SECONDS - (asyncio.get_running_loop().time() - started)))


def _hosts(host: str) -> frozenset[str] | None:
    """The names we go by: on a loopback address only those of the loopback; elsewhere a proxy may give us any."""
    if host == "localhost":
        return LOOPBACK_NAMES
    try:
        return LOOPBACK_NAMES | {host} if ipaddress.ip_address(host).is_loopback else None
    except ValueError:
        return None
