"""A small venue behind a link, in this process or at the other end of a socket."""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from emporion.access.limits import Doorman
from emporion.engine.node import Node
from emporion.gateway.link import LocalLink, RemoteLink
from emporion.gateway.link.hub import Hub
from emporion.gateway.link.link import Link
from emporion.venue.names import Names
from emporion.venue.venue import Venue
from tests.engine.stage import open_node, opening

ANN, BOB, GOLD_USD = 6, 7, 1
_numbers = itertools.count()


def open_venue(node: Node | None = None) -> Venue:
    """Four rich accounts and one instrument."""
    node = node or open_node(None)
    if node.seq == 1:
        node.submit(opening())
    return Venue(node, Names(None, 6))


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine; what a callback raised fails the test."""

    async def watched() -> Any:
        problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        result = await main()
        assert not problems, problems
        return result

    return asyncio.run(watched())


@asynccontextmanager
async def local(venue: Venue | None = None, **options: Any) -> AsyncIterator[LocalLink]:
    """A link in this process."""
    own = venue or open_venue()
    link = LocalLink(own, **options)
    await link.start()
    try:
        yield link
    finally:
        await link.close()
        if venue is None:
            own.close()


@asynccontextmanager
async def hub_of(link: LocalLink, **options: Any) -> AsyncIterator[Hub]:
    """Others may reach this link."""
    with tempfile.TemporaryDirectory(prefix="emporion-") as folder:
        hub = Hub(link, Path(folder) / "hub.sock", **options)
        await hub.start()
        try:
            yield hub
        finally:
            await hub.close()


@asynccontextmanager
async def remote_to(hub: Hub) -> AsyncIterator[RemoteLink]:
    link = RemoteLink(hub.path)
    await link.start()
    try:
        yield link
    finally:
        await link.close()


@asynccontextmanager
async def remote(venue: Venue | None = None, **options: Any) -> AsyncIterator[RemoteLink]:
    """A link over a socket; its node is in this process all the same."""
    async with local(venue, **options) as near, hub_of(near) as hub, remote_to(hub) as far:
        yield far


def nonce() -> str:
    return f"nonce-{next(_numbers):016}"


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that other callbacks bring about."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


__all__ = [
    "ANN", "BOB", "GOLD_USD", "Doorman", "Link", "hub_of", "local", "nonce", "open_venue", "remote", "remote_to", "run",
    "until",
]  # fmt: skip
