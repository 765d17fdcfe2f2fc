"""`emporion serve`: open a venue in a folder, and let people and programs in.

Says on stdout what it does while it starts: the kernel's compile, what was recovered, and where
it listens. Ctrl-C or SIGTERM stops it: a snapshot is left, so that the next start is quick. Whatever
ends it otherwise loses nothing that was shown.

One process serves everything, or with --gateways N the doors are processes of their own, which
reach this one over a Unix socket and share the port.
"""

import argparse
import asyncio
import errno
import gc
import ipaddress
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvloop

from emporion.access.access import Access
from emporion.access.limits import Doorman
from emporion.engine.entry_times import EntryTimes
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue, EmporionError
from emporion.gateway import logs
from emporion.gateway.link.hub import Hub
from emporion.gateway.link.local import LocalLink
from emporion.gateway.link.processes import Gateways, GatewaySettings
from emporion.gateway.server import AddressInUse, Server
from emporion.history.intervals import INTERVALS
from emporion.history.store import HistoryStore
from emporion.kernel.jit import is_warm
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.limits import CAPACITIES, NOBODY, SMALL, Capacity
from emporion.services.contract_listings import titles
from emporion.services.demo import Demo
from emporion.services.gauges import DEMO_INTERVAL, INTERVAL, Gauges
from emporion.services.listings import TITLES
from emporion.services.setting_up import is_demo
from emporion.venue import venue as venues
from emporion.venue.venue import Venue

SOCKET_NAME = "gateways.sock"
SOCKET_PATH_MAX = 100  # Bytes: what systems take.
LOOK_SECONDS = 0.25  # Between looks at whether the node has stopped.
GATEWAYS_MAX = 64
# How long a thread may keep the interpreter from one that waits. At Python's 5 ms the sequencer, back from the disk,
# waits for the event loop at every step; with less, orders a second by 64 connections grew by half on two busy cores.
SWITCH_SECONDS = 0.0005


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve` to the command line."""
    parser = subparsers.add_parser(
        "serve", help="open a venue in a folder and let people and programs in",
        description=(__doc__ or "").split("\n\n")[0],
    )  # fmt: skip
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
    parser.add_argument(
        "--capacity", choices=sorted(CAPACITIES), default=SMALL.name, help="size of this build (default: %(default)s)"
    )
    parser.add_argument(
        "--gateways", type=_gateways, default=0, metavar="N",
        help="let N processes of their own talk to clients; 0: this one does (default)",
    )  # fmt: skip
    parser.add_argument(
        "--no-gauges", action="store_true", help="do not measure whether prices are explosive (default: measure it)"
    )
    parser.add_argument(
        "--gauge-interval", choices=INTERVALS, metavar="LENGTH",
        help=f"of the candles that gauges are made of (default: {INTERVAL}; with --demo {DEMO_INTERVAL})",
    )  # fmt: skip
    parser.add_argument(
        "--name", action="append", default=[], metavar="HOST",
        help="a name that requests come for, as a proxy passes it on; may be given again (default: the loopback's)",
    )  # fmt: skip
    parser.add_argument(
        "--proxy", action="append", default=[], type=_address, metavar="ADDRESS",
        help="believe what a proxy at this address says of who asks (X-Forwarded-For, -Proto); may be given again",
    )  # fmt: skip
    parser.add_argument("--sign-up", action="store_true", help="strangers may open an account")
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="warning",
        help="what is logged, as lines of JSON on stderr; info: every request (default: %(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    if (args.dir is None) != (args.sync == "memory"):
        raise BadValue("give the venue's folder with --dir, or --sync memory to keep nothing")
    lines = logs.start(args.log_level)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        capacity = CAPACITIES[args.capacity]
        kernel_warm_up(_tell, capacity)
        started = time.monotonic()
        with venues.open(args.dir, capacity=capacity, sync=args.sync) as venue:
            where = "in memory" if args.dir is None else Path(args.dir)
            _tell(f"venue: {where}  seq: {venue.seq:,}  digest: {venue.digest()[:16]}  {_since(started)}")
            with _working_folder(args.dir) as folder:
                _serve(args, venue, folder)
    finally:
        lines.stop()
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
        machine.preview(build.place(NOBODY, NOBODY, 0, 0))
    finally:
        done.set()
        reporter.join()
    tell(f"kernel: ready  {_since(started)}")
    return time.monotonic() - started


def _settle_garbage() -> None:
    """What was loaded stays for good: no later collection has to look at it, which would take a tenth of a second."""
    gc.collect()
    gc.freeze()


@contextmanager
def _working_folder(folder: str | None) -> Iterator[Path]:
    """Where access.db and the gateways' socket lie: the venue's, or of a venue in memory one that goes with it."""
    if folder is not None:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="emporion-") as private:
        yield Path(private)


def _serve(args: argparse.Namespace, venue: Venue, folder: Path) -> None:
    """Let traders and watchers in, and everybody out again."""
    node = venue.node
    times = EntryTimes(node)
    if node.files is not None:
        started = time.monotonic()
        if found := times.read_back(node.files):
            _tell(f"orders: {found:,} open ones, entry times from the journal  {_since(started)}")
    had_somebody_before = node.seq > 1
    with HistoryStore.open(args.dir, _progress()) as history:
        history.attach(node)
        sequencer = Sequencer(node)
        demo: Demo | None = None
        gauges: Gauges | None = None
        try:
            if args.demo:
                demo = Demo(sequencer, args.seed, args.rate)
                _tell(f"demo: simulated traders, {args.rate:g} commands a second, seed {args.seed}")
            if not args.no_gauges:
                interval = args.gauge_interval or (DEMO_INTERVAL if args.demo else INTERVAL)
                gauges = Gauges(sequencer, history, Path(args.dir) if args.dir else None, interval=interval)
            simulation = sequencer.call(is_demo).result()
            with Access.open(folder, demo=args.demo) as access:
                since_ns = node.clock.now_ns() if had_somebody_before else 0
                link = LocalLink(
                    venue, sequencer, Doorman(rate_of=access.keys.rate_of, since_ns=since_ns), history,
                    TITLES | titles() if simulation else {}, simulation, times, gauges,
                )  # fmt: skip
                uvloop.run(_until_told(args, link, access, folder, demo, gauges))
        finally:
            if gauges is not None:
                gauges.stop()
            if demo is not None:
                demo.stop()
            sequencer.close()
    node.snapshot()
    _tell(f"stopped: seq: {node.seq:,}  digest: {node.digest().hex()[:16]}")


async def _until_told(
    args: argparse.Namespace, link: LocalLink, access: Access, folder: Path, demo: Demo | None, gauges: Gauges | None
) -> None:
    """Serve until a signal; if the node stops first, raise what stopped it."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await link.start()
    doors = _gateway_processes(args, link, folder) if args.gateways else _own_door(args, link, access)
    try:
        async with doors as url:
            _settle_garbage()
            _tell(f"listening: {url}")
            if not _is_loopback(args.host):
                _tell("warning: this address is reached from elsewhere, in plain HTTP: put a proxy with TLS before it")
            if demo is not None:
                demo.start()
            if gauges is not None:
                gauges.start()
            while not told.is_set() and link.node.stopped is None:
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await told.wait()
                except TimeoutError:
                    continue
    finally:
        await link.close()
    if link.node.stopped is not None:
        raise link.node.stopped


@asynccontextmanager
async def _own_door(args: argparse.Namespace, link: LocalLink, access: Access) -> AsyncIterator[str]:
    """Talk to clients from this process."""
    server = Server(
        link, access, args.host, args.port, sign_up=args.sign_up, demo=args.demo, proxies=args.proxy, hosts=args.name
    )
    await server.start()
    try:
        yield server.url
    finally:
        await server.stop()


@asynccontextmanager
async def _gateway_processes(args: argparse.Namespace, link: LocalLink, folder: Path) -> AsyncIterator[str]:
    """Let other processes talk to clients."""
    path, private = folder.resolve() / SOCKET_NAME, None
    if len(bytes(path)) > SOCKET_PATH_MAX:
        private = tempfile.TemporaryDirectory(prefix="emporion-")  # Of mode 0700.
        path = Path(private.name) / SOCKET_NAME
    with _reserved(args.host, args.port) as port:
        hub = Hub(link, path)
        await hub.start()
        settings = GatewaySettings(
            str(path), str(folder.resolve()), args.host, port, args.sign_up, args.demo, args.log_level,
            args.proxy, args.name,
        )  # fmt: skip
        gateways = Gateways(args.gateways, settings)
        try:
            await gateways.start()
            pids = ", ".join(str(process.pid) for process in gateways.processes.values())
            _tell(f"gateways: {args.gateways} (processes {pids})")
            host = f"[{args.host}]" if ":" in args.host else args.host
            yield f"http://{host}:{port}"
        finally:
            await gateways.stop()
            await hub.close()
            if private is not None:
                private.cleanup()


@contextmanager
def _reserved(host: str, port: int) -> Iterator[int]:
    """Hold a port that gateways share. It is bound and not listened on, so no connection comes here."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as alone:  # Without SO_REUSEPORT, to see that nobody else has it.
        try:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(address)
        except OSError as error:
            raise _cannot_listen(host, port, error) from None
        found = alone.getsockname()[1]
    with socket.socket(family, kind, protocol) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            held.bind((address[0], found, *address[2:]))
        except OSError as error:
            raise _cannot_listen(host, port, error) from None
        yield int(found)


def _cannot_listen(host: str, port: int, error: OSError) -> EmporionError:
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(f"{host}:{port} is in use by another program; stop it or choose another port")
    return EmporionError(f"cannot listen on {host}:{port}: {error.strerror or error}")


def _progress() -> Callable[[int], None]:
    """Says now and then how far the history has caught up."""
    last = time.monotonic()

    def tell(seq: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 5.0:
            last = time.monotonic()
            _tell(f"history: at {seq:,}")

    return tell


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no IP address") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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


def _gateways(text: str) -> int:
    value = _natural(text)
    if value > GATEWAYS_MAX:
        raise argparse.ArgumentTypeError(f"{text} gateways are too many: at most {GATEWAYS_MAX}")
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of commands a second between 0 and 10,000")
    return value
