"""`emporion serve`: open a venue in a folder, and show it on a page.

Says on stdout what it does while it starts: the kernel's compile, what was recovered, and where
it listens. Ctrl-C or SIGTERM stops it: a snapshot is left, so that the next start is quick. Whatever
ends it otherwise loses nothing that was shown.
"""

import argparse
import asyncio
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue
from emporion.feeds.trades import TRADE, trades_of
from emporion.gateway.server import Server
from emporion.kernel.jit import is_warm
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.limits import NOBODY, SMALL, Capacity
from emporion.services.demo import Demo
from emporion.services.listings import TITLES
from emporion.services.setting_up import is_demo
from emporion.venue.history import History

# Reading so many commands again takes a few seconds; a longer journal shows its trades from now on only.
TAPE_COMMANDS_MAX = 500_000


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve` to the command line."""
    parser = subparsers.add_parser(
        "serve", help="open a venue in a folder and show it on a page", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--dir", metavar="FOLDER", help="the venue's folder; made if it is not there")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 for any free (default: 8000)")
    parser.add_argument("--demo", action="store_true", help="list a dozen instruments and let simulated traders in")
    parser.add_argument("--seed", type=_natural, default=1, help="of the simulated traders (default: %(default)s)")
    parser.add_argument(
        "--rate", type=_rate, default=100.0, help="commands a second of the simulated traders (default: 100)"
    )
    parser.add_argument(
        "--sync", choices=("sync", "async", "memory"), default="sync",
        help="sync: answer when on disk (default); async: a power cut may lose the last moments; memory: keep nothing",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="emporion: %(message)s")
    if (args.dir is None) != (args.sync == "memory"):
        raise BadValue("give the venue's folder with --dir, or --sync memory to keep nothing")
    kernel_warm_up(_tell)
    started = time.monotonic()
    with Node.open(args.dir, sync=args.sync) as node:
        where = "in memory" if args.dir is None else Path(args.dir)
        _tell(f"venue: {where}  seq: {node.seq:,}  digest: {node.digest().hex()[:16]}  {_since(started)}")
        _serve(args, node)
    return 0


def kernel_warm_up(tell: Callable[[str], None], capacity: Capacity = SMALL) -> float:
    """Have the kernel's machine code ready, compiled now or loaded from disk; returns the seconds it took.

    `tell` hears when there is something to compile, now and then how long it has taken so far (from
    another thread), and how long it took.
    """
    started, done = time.monotonic(), threading.Event()
    if not is_warm():
        tell("kernel: compiling; it takes minutes on a slow machine, and the result is kept for the next start")

    def report() -> None:
        wait = 5.0
        while not done.wait(wait):
            tell(f"kernel: compiling, {time.monotonic() - started:.0f} s so far")
            wait = min(2 * wait, 30.0)

    reporter = threading.Thread(target=report, name="kernel-warm-up", daemon=True)
    reporter.start()
    try:
        machine = Machine(capacity)
        machine.apply(build.tick())
        machine.depth(NOBODY, 1)
        machine.fork()  # Loads a state, as recovery does.
    finally:
        done.set()
        reporter.join()
    tell(f"kernel: ready  {_since(started)}")
    return time.monotonic() - started


def past_trades(node: Node) -> NDArray[np.void]:
    """The trades of before this start, from the journal; none where that would take long."""
    chunks = History(node).chunks() if node.seq <= TAPE_COMMANDS_MAX else ()
    return np.concatenate([np.zeros(0, TRADE), *(trades_of(*chunk) for chunk in chunks)])


def _serve(args: argparse.Namespace, node: Node) -> None:
    """Let traders and watchers in, and everybody out again."""
    started = time.monotonic()
    trades = past_trades(node)
    if len(trades):
        _tell(f"tape: {len(trades):,} trades, read again from the journal  {_since(started)}")
    sequencer = Sequencer(node)
    demo: Demo | None = None
    try:
        if args.demo:
            demo = Demo(sequencer, args.seed, args.rate)
            _tell(f"demo: simulated traders, {args.rate:g} commands a second, seed {args.seed}")
        simulation = sequencer.call(is_demo).result()
        titles = TITLES if simulation else {}
        server = Server(sequencer, args.host, args.port, titles, simulation)
        asyncio.run(_until_told(server, demo, trades))
    finally:
        if demo is not None:
            demo.stop()
        sequencer.close()
    node.snapshot()
    _tell(f"stopped: seq: {node.seq:,}  digest: {node.digest().hex()[:16]}")


async def _until_told(server: Server, demo: Demo | None, trades: NDArray[np.void]) -> None:
    """Serve until a signal; if the venue or a view of it fails first, raise that."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await server.start(trades)
    _tell(f"listening: {server.url}")
    if demo is not None:
        demo.start()
    assert server.pushing is not None
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait([waiting, server.pushing], return_when=asyncio.FIRST_COMPLETED)
    failure = server.pushing.exception() if server.pushing.done() else None
    waiting.cancel()
    await server.stop()
    if failure is not None:
        raise failure


def _tell(line: str) -> None:
    print(line, flush=True)


def _since(started: float) -> str:
    return f"({time.monotonic() - started:.1f} s)"


def _port(text: str) -> int:
    value = _natural(text)
    if value > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: at most 65535")
    return value


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of commands a second between 0 and 10,000")
    return value
