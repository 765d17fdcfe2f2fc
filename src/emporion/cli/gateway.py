"""One gateway process of `emporion serve --gateways N`, which starts it: not for people.

It ends on SIGTERM, and when its stdin does: then the process that started it is gone.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from emporion.access.access import Access
from emporion.errors import EmporionError
from emporion.gateway import logs
from emporion.gateway.link.processes import READY, GatewaySettings
from emporion.gateway.link.remote import RemoteLink
from emporion.gateway.server import Server

OK, FAILED = 0, 1
log = logging.getLogger(__name__)


def main(argv: list[str]) -> int:
    """`argv`: the settings as JSON."""
    settings = msgspec.json.decode(argv[1], type=GatewaySettings)
    lines = logs.start(settings.log_level)
    try:
        uvloop.run(_serve(settings))
    except EmporionError as error:
        log.error("gateway: %s", error)
        return FAILED
    finally:
        lines.stop()
    return OK


async def _serve(settings: GatewaySettings) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C reaches all: whoever started us says when.
    loop.add_reader(0, _see_end, told)
    link = RemoteLink(Path(settings.socket))
    await link.start()
    try:
        with Access.open(Path(settings.folder), demo=settings.demo) as access:
            server = Server(
                link, access, settings.host, settings.port, reuse_port=True, sign_up=settings.sign_up,
                demo=settings.demo, proxies=settings.proxies, hosts=settings.names, gateway=settings.number,
            )  # fmt: skip
            await server.start()
            gc.collect()
            gc.freeze()  # What was loaded stays: no later collection has to look at it.
            try:
                sys.stdout.buffer.write(READY)
                sys.stdout.flush()
                await told.wait()
            finally:
                await server.stop()
    finally:
        loop.remove_reader(0)
        await link.close()


def _see_end(told: asyncio.Event) -> None:
    """Nothing is ever written to our stdin: it is readable when it has ended."""
    if not os.read(0, 1_024):
        asyncio.get_running_loop().remove_reader(0)
        told.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
