"""The process of test_killed.py that is killed: a venue in a folder and the hub before it.

python -m tests.gateway.link.node_process FOLDER SOCKET      prints "ready" when gateways may come
"""

import asyncio
import sys
from pathlib import Path

from emporion.engine.node import Node
from emporion.gateway.link import LocalLink
from emporion.gateway.link.hub import Hub
from emporion.schema.limits import TINY
from tests.gateway.link.stage import open_venue


async def main(folder: str, path: str) -> None:
    with Node.open(folder, capacity=TINY, segment_bytes=1 << 20) as node:
        link = LocalLink(open_venue(node))
        await link.start()
        await Hub(link, Path(path)).start()
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
