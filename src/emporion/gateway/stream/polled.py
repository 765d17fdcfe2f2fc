"""Channels that are asked for at intervals of their own: what moves without an event that says how.

Contracts change with each price from outside, an account's margin with every price of what it holds, and
gauges by the clock. Each is asked for once for all who follow it, and told when it differs from before.
"""

import logging
from collections.abc import Iterable
from typing import Any

import msgspec

from emporion.errors import EmporionError
from emporion.gateway.catalog import Catalog
from emporion.gateway.contract_views import contract_of
from emporion.gateway.link.link import Link
from emporion.gateway.link.pool_questions import Contracts, Pool, QuestionRows
from emporion.gateway.link.questions import Gauges
from emporion.gateway.margin_views import positions_of, summary_of
from emporion.gateway.stream.chain import Chain
from emporion.gateway.stream.frames import encode
from emporion.venue.reckon import reckon
from emporion.wire import stream

EVERY_S = {"contracts": 0.25, "gauges": 1.0, "margin": 0.5}
POLLED = frozenset(EVERY_S)
log = logging.getLogger(__name__)


class Polled:
    """Makes messages of these channels. All of it belongs to one event loop."""

    def __init__(self, link: Link, catalog: Catalog) -> None:
        self._link, self._catalog = link, catalog
        self._told: dict[Chain, dict[str, Any]] = {}  # By name, as readers have it.
        self._new: dict[Chain, dict[str, Any]] = {}  # As it is now, where it was asked for in this interval.
        self._due: dict[Chain, float] = {}

    def forget(self, chain: Chain) -> None:
        """Nobody follows it any more, or it begins again."""
        for known in (self._told, self._new, self._due):
            known.pop(chain, None)

    async def look(self, chains: Iterable[Chain], now: float) -> list[Chain]:
        """Ask for those whose time has come; which they were."""
        self._new = {}
        for chain in chains:
            if now < self._due.get(chain, 0.0) or not (chain.watchers or chain in self._told):
                continue
            self._due[chain] = now + EVERY_S[chain.key.channel]
            try:
                self._new[chain] = await self._ask(chain)
            except EmporionError as error:
                log.warning("%s cannot be looked at: %s", chain.key.channel, error)
        return list(self._new)

    def message(self, chain: Chain, seq: int) -> None:
        """Let the chain have its next message, if something differs."""
        now = self._new[chain]
        before = self._told[chain]
        changed = {name: one for name, one in now.items() if one != before.get(name)}
        self._told[chain] = now
        if not changed and now.keys() == before.keys():
            return
        at = max(seq, chain.seq)
        whole = now if chain.key.channel == "margin" else changed  # Of margin all is told: it is little.
        chain.push(at, encode(self._made(chain, at, chain.seq, whole)))

    def begin(self, chain: Chain, seq: int) -> bool:
        """Say where the chain begins, once it was asked for."""
        if chain not in self._new:
            return False
        self._told[chain] = self._new[chain]
        chain.begin(max(seq, chain.seq))
        return True

    def image(self, chain: Chain) -> bytes:
        """A first message: all there is."""
        return encode(self._made(chain, chain.seq, 0, self._told[chain]))

    async def _ask(self, chain: Chain) -> dict[str, Any]:
        if chain.key.channel == "gauges":
            return {each.instrument: each for each in (await self._link.ask(Gauges())).gauges}
        if chain.key.channel == "contracts":
            return await self._contracts(chain.key.instrument_id)
        return await self._margin(chain.key.account_id, chain.subscription.account or "")

    async def _contracts(self, instrument_id: int) -> dict[str, Any]:
        answer = await self._link.ask(Contracts(instrument_id))
        questions = (await self._link.ask(QuestionRows())).questions
        known, titles, found = len(self._catalog.instruments), self._catalog.titles, {}
        for row, due_ns in zip(answer.contracts, answer.due_ns, strict=True):
            if row["instrument_id"] < known:
                listed = self._catalog.listed(int(row["instrument_id"]))
                found[listed.name] = contract_of(listed, row, due_ns, questions, titles)
        return found

    async def _margin(self, account_id: int, name: str) -> dict[str, Any]:
        rows = (await self._link.ask(Pool(account_id))).rows
        if max(rows.contracts, default=0) >= len(self._catalog.instruments):
            await self._catalog.refresh()
        pool = reckon(rows)
        return {"summary": summary_of(pool, name, self._catalog), "positions": positions_of(pool, name, self._catalog)}

    def _made(self, chain: Chain, seq: int, prev: int, items: dict[str, Any]) -> msgspec.Struct:
        subscription = chain.subscription
        if chain.key.channel == "gauges":
            return stream.Gauges(seq, prev, list(items.values()))
        if chain.key.channel == "contracts":
            return stream.Contracts(subscription.instrument, seq, prev, list(items.values()))
        return stream.Margin(subscription.account or "", seq, prev, items["summary"], items["positions"])
