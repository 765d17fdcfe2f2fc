"""A venue served for real on a free port, in this process: node, history, access, door, as `emporion serve` has it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import emporion
from emporion.access.access import Access
from emporion.access.buckets import Rate
from emporion.access.limits import Doorman, Limits
from emporion.client import AsyncClient, Client, connect, connect_async
from emporion.engine.sequencer import Sequencer
from emporion.gateway.link.local import LocalLink
from emporion.gateway.server import Server
from emporion.history.store import HistoryStore
from emporion.venue.venue import Venue

SCOPES = ("read", "trade", "withdraw")
FAST = Limits(key=Rate(1_000_000, 1_000_000), address=Rate(1_000_000, 1_000_000))


class Served:
    """One venue with its door. `stop_door` and `start_door` let it be away for a while on the same port."""

    def __init__(self, folder: Path | None = None, limits: Limits = FAST, clock: Any = None) -> None:
        self.venue: Venue = emporion.open(folder, clock=clock, capacity="small")
        self.access = Access.open(folder)
        self.port = 0
        self._limits = limits
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="door")
        self._history = HistoryStore.open(folder)
        self._history.attach(self.venue.node)
        self._sequencer = Sequencer(self.venue.node)
        doorman = Doorman(limits, rate_of=self.access.keys.rate_of)
        self.link = LocalLink(self.venue, self._sequencer, doorman, self._history)
        self._thread.start()
        self._run(self.link.start())
        self.start_door()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_door(self) -> None:
        self.server = Server(self.link, self.access, port=self.port, limits=self._limits)
        self._run(self.server.start())
        self.port = self.server.port

    def stop_door(self) -> None:
        self._run(self.server.stop())

    def key(self, login: str, account: str | None = None, scopes=SCOPES, rate: Rate | None = None) -> dict[str, str]:
        """A key of a new user; with `account`, one that is there is the user's."""
        home = (self.venue.account(account).account_id, account) if account is not None else None
        is_operator = "operate" in scopes
        user = self.access.users.add(login, None, time.time_ns(), is_operator=is_operator, account=home)
        record, secret = self.access.keys.make(user.user_id, time.time_ns(), scopes=scopes, rate=rate)
        assert secret is not None
        return {"key": record.key_id, "secret": secret}

    def operator(self, **options: Any) -> Client:
        """A client that may do everything."""
        return connect(self.url, **self.operator_key(), **options)

    def async_operator(self, **options: Any) -> AsyncClient:
        return connect_async(self.url, **self.operator_key(), **options)

    def operator_key(self) -> dict[str, str]:
        return self.key(f"boss{time.monotonic_ns()}", scopes=("read", "trade", "withdraw", "operate"))

    def journal(self) -> Any:
        """The journal's commands so far, as rows; while it is served, by its own thread."""
        return self._sequencer.call(lambda node: node.commands(from_seq=1)).result()

    def close(self) -> None:
        self.stop_door()
        self._run(self.link.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._sequencer.close()
        self._history.close()
        self.access.close()
        self.venue.close()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


@contextmanager
def serving(folder: Path | None = None, **options: Any) -> Iterator[Served]:
    served = Served(folder, **options)
    try:
        yield served
    finally:
        served.close()


def set_up(venue: Any) -> Any:
    """BTC/USDC, with alice who has dollars and bob who has bitcoin: on a venue in process, or a client of one."""
    venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
    venue.list_asset("BTC", decimals=8)
    venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001", reference="60000", band="0.1")
    venue.open_account("alice")
    venue.open_account("bob")
    venue.deposit("alice", "USDC", "100000")
    venue.deposit("bob", "BTC", "2")
    return venue
