"""Gateway processes: started, watched, started again when one ends, and ended together.

Each holds the reading end of a pipe whose writing end is here, as its stdin. When this process ends,
in whatever way, the pipe does, and the gateways with it: none is left behind that shares the port and
knows no node.
"""

import asyncio
import contextlib
import logging
import signal
import sys
import time

import msgspec

from emporion.errors import EmporionError

START_SECONDS = 60.0  # From its start until it listens.
STOP_SECONDS = 5.0
RESTART_SECONDS = (0.2, 10.0)  # Before the next start: doubled each time one did not live for STEADY_SECONDS.
STEADY_SECONDS = 10.0
READY = b"ready\n"  # What a gateway says on its stdout when it listens.
log = logging.getLogger(__name__)


class GatewaySettings(msgspec.Struct, frozen=True):
    """What a gateway process is told, on its command line."""

    socket: str  # Of the node's hub.
    folder: str  # Where access.db lies.
    host: str
    port: int
    sign_up: bool
    demo: bool
    log_level: str
    proxies: list[str] = []
    names: list[str] = []
    number: int = 0  # Among the gateways, from 1; given when one is started.


class GatewayFailed(EmporionError):
    """A gateway process did not come up."""


class Gateways:
    """So many gateway processes of one kind."""

    def __init__(self, count: int, settings: GatewaySettings) -> None:
        self._settings = settings
        self._count = count
        self._keeping: list[asyncio.Task[None]] = []
        self.processes: dict[int, asyncio.subprocess.Process] = {}  # By number, from 1.

    async def start(self) -> None:
        """Start all; returns when each listens. GatewayFailed when one does not, and none is left."""
        numbers = range(1, self._count + 1)
        outcomes = await asyncio.gather(*(self._spawn(number) for number in numbers), return_exceptions=True)
        if failures := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
            await self.stop()
            raise failures[0]
        self._keeping = [asyncio.create_task(self._keep(number), name=f"gateway-{number}") for number in numbers]

    async def stop(self) -> None:
        """End all: asked first, then killed."""
        for task in self._keeping:
            task.cancel()
        if self._keeping:
            await asyncio.wait(self._keeping)
        await asyncio.gather(*(_end(process) for process in self.processes.values()))
        self.processes.clear()

    async def _keep(self, number: int) -> None:
        wait = RESTART_SECONDS[0]
        while True:
            process, started = self.processes[number], time.monotonic()
            code = await process.wait()
            log.error("gateway %d (process %d) ended: %s; starting it again", number, process.pid, _reason(code))
            if time.monotonic() - started >= STEADY_SECONDS:
                wait = RESTART_SECONDS[0]
            while True:
                await asyncio.sleep(wait)
                wait = min(2 * wait, RESTART_SECONDS[1])
                try:
                    await self._spawn(number)
                except (GatewayFailed, OSError) as error:
                    log.error("gateway %d could not be started: %s", number, error)
                else:
                    break
            log.warning("gateway %d is back, as process %d", number, self.processes[number].pid)

    async def _spawn(self, number: int) -> None:
        settings = msgspec.json.encode(msgspec.structs.replace(self._settings, number=number)).decode()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "emporion.cli.gateway", settings, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who then say when.
        )  # fmt: skip
        self.processes[number] = process
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline()
        except BaseException as error:
            await _end(process)
            if isinstance(error, TimeoutError):
                raise GatewayFailed(f"gateway {number} does not listen after {START_SECONDS:.0f} s") from None
            raise
        if line != READY:
            await _end(process)
            raise GatewayFailed(f"gateway {number} ended while it started: {_reason(process.returncode)}")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _reason(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
