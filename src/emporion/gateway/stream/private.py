"""Messages of the private channels: orders, fills and balances of the accounts that somebody watches.

Events say what happened. What they do not carry is asked for: the terms of a new order (a copy of
the open ones, or the history for one that ended at once), and what is left of a balance.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emporion.errors import EmporionError
from emporion.gateway.catalog import Catalog
from emporion.gateway.link.link import Link
from emporion.gateway.link.questions import PAGE_MAX, Balances, FindOrder, OpenOrders
from emporion.gateway.stories import (
    ACCEPTED,
    ACCOUNT,
    DECREMENTED,
    FILLED,
    KIND,
    ORDER_ID,
    REPLACED,
    SEQ,
    EventTuple,
    Story,
    fill_of,
    from_views,
)
from emporion.gateway.stream.chain import Chain
from emporion.gateway.stream.ended import ended_order
from emporion.gateway.stream.frames import encode
from emporion.gateway.stream.views import Change
from emporion.schema.codes import Event, OrderStatus
from emporion.schema.limits import SYSTEM_ACCOUNTS
from emporion.schema.messages import EVENT
from emporion.wire import stream
from emporion.wire.accounts import Balance
from emporion.wire.trading import Order

FILLS_KEPT = 65_536  # Of all accounts, for those who come back.
LOOK_UPS_MAX = 8  # Replaced orders that are asked for one by one; if there are more, all are.
OPEN = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
AssetRow = tuple[int, int, int]  # Free, in orders, held: atoms.
log = logging.getLogger(__name__)


@dataclass
class Open:
    """An open order, and after which command it is as it says: events of earlier ones are in it already."""

    story: Story
    seq: int
    is_unsure: bool = False  # It was replaced and had ended when it was asked for: its client id may be another.


@dataclass
class Holder:
    """One watched account."""

    orders: dict[int, Open] = field(default_factory=dict)
    balances: dict[int, AssetRow] = field(default_factory=dict)
    last_entry_seq: int = 0
    late: list[Order] = field(default_factory=list)  # Orders that ended at once, found in the history since.
    is_lost: bool = False  # An order's end could not be found out.
    seeking: set[int] = field(default_factory=set)


@dataclass
class Looked:
    """Answers about one account in one interval; None where nothing was asked."""

    stories: list[Open] | None = None
    is_whole: bool = False  # They are all open orders there are.
    balances: dict[int, AssetRow] | None = None


class Private:
    """Makes messages about accounts. All of it belongs to one event loop."""

    def __init__(self, link: Link, catalog: Catalog) -> None:
        self._link, self._catalog = link, catalog
        self._tasks: set[asyncio.Task[None]] = set()
        self.forget()

    def forget(self) -> None:
        """Begin again."""
        self._holders: dict[int, Holder] = {}
        self._looked: dict[int, Looked] = {}
        self._late: set[int] = set()  # Accounts of which something was found since the last interval.
        self._own: dict[int, list[tuple[EventTuple, int]]] = {}
        self._fills: deque[tuple[NDArray[np.void], NDArray[np.int64]]] = deque()
        self._fills_count = 0
        self._fills_after = self._catalog.seq  # All fills of later commands are kept.

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def unwatch(self, account_id: int) -> None:
        """Nobody looks at this account any more."""
        self._holders.pop(account_id, None)

    async def look(self, change: Change, chains: Mapping[int, list[Chain]]) -> set[int]:
        """Ask what the events do not say; `chains` are those wanted, by account. Raises what Link.ask raises.

        Returns the accounts to which something happened, or of which something is to begin.
        """
        self._keep(change)
        self._own = {}
        own = np.isin(change.events["account_id"], list(chains)) if chains else np.zeros(0, np.bool_)
        if own.any():
            for event, ts_ns in zip(change.events[own].tolist(), change.ts_ns[own].tolist(), strict=True):
                self._own.setdefault(event[ACCOUNT], []).append((event, ts_ns))
        active = [each for each in chains if each in self._own or each in self._late or self._is_new(each, chains)]
        if len(change.events):
            active += [each for each in range(1, SYSTEM_ACCOUNTS + 1) if each in chains and each not in active]
        looked = await asyncio.gather(*(self._look(each, change, chains[each]) for each in active))
        self._looked = dict(zip(active, looked, strict=True))
        self._late = set()
        return set(active)

    def message(self, chain: Chain, change: Change) -> None:
        """Let the chain have its next message, if there is one. Once an interval for each, after `look`."""
        account_id, name = chain.key.account_id, chain.subscription.account or ""
        looked, own = self._looked.get(account_id, _NOTHING), self._own.get(account_id, [])
        made: stream.Fills | stream.Balances | stream.Orders | None = None
        if chain.key.channel == "fills":
            fills = [fill_of(event, ts_ns, self._catalog) for event, ts_ns in own if event[KIND] == FILLED]
            made = stream.Fills(name, change.seq, chain.seq, fills) if fills else None
        elif chain.key.channel == "balances":
            if looked.balances is not None:
                holder = self._holders[account_id]
                changed = {key: row for key, row in looked.balances.items() if row != holder.balances.get(key)}
                holder.balances = looked.balances
                items = self._balances(name, changed)
                made = stream.Balances(name, False, change.seq, chain.seq, items) if items else None
        else:
            orders = self._orders(account_id, looked, own)
            made = stream.Orders(name, False, change.seq, chain.seq, orders) if orders else None
        if made is not None:
            chain.push(made.seq, encode(made))

    def begin(self, chain: Chain, change: Change) -> bool:
        """Say where the chain begins, once what it is about is known."""
        looked, holder = self._looked.get(chain.key.account_id, _NOTHING), self._holders.get(chain.key.account_id)
        if chain.key.channel == "orders":
            if holder is None or looked.stories is None or not looked.is_whole:
                return False
            holder.orders.clear()
            self._learn(holder, looked)
        elif chain.key.channel == "balances":
            if holder is None or looked.balances is None:
                return False
            holder.balances = looked.balances
        chain.begin(change.seq)
        return True

    def is_lost(self, chain: Chain) -> bool:
        """Whether something of this chain can no longer be had; asking once makes up for it."""
        holder = self._holders.get(chain.key.account_id)
        if chain.key.channel != "orders" or holder is None or not holder.is_lost:
            return False
        holder.is_lost = False
        return True

    def image(self, chain: Chain) -> bytes:
        """A first message: all of the chain as of its `seq`."""
        name, holder = chain.subscription.account or "", self._holders.get(chain.key.account_id, _NOBODY)
        if chain.key.channel == "orders":
            orders = [one.story.order(self._catalog) for one in holder.orders.values()]
            return encode(stream.Orders(name, True, chain.seq, 0, orders))
        if chain.key.channel == "balances":
            return encode(stream.Balances(name, True, chain.seq, 0, self._balances(name, holder.balances)))
        return encode(stream.Fills(name, chain.seq, 0, []))

    def since(self, chain: Chain, after_seq: int) -> list[bytes] | None:
        """What a reader who has all up to `after_seq` lacks; None when that cannot be had."""
        messages = chain.since(after_seq)
        if messages is not None or chain.key.channel != "fills" or not self._fills_after <= after_seq <= chain.seq:
            return messages
        items = []
        for events, times in self._fills:
            own = (events["account_id"] == chain.key.account_id) & (events["seq"] > after_seq)
            for event, ts_ns in zip(events[own].tolist(), times[own].tolist(), strict=True):
                items.append(fill_of(event, ts_ns, self._catalog))
        if not items:
            return []
        return [encode(stream.Fills(chain.subscription.account or "", chain.seq, after_seq, items))]

    # --- Asking ---

    @staticmethod
    def _is_new(account_id: int, chains: Mapping[int, list[Chain]]) -> bool:
        return any(not chain.is_ready for chain in chains[account_id])

    async def _look(self, account_id: int, change: Change, chains: list[Chain]) -> Looked:
        looked, holder = Looked(), self._holders.setdefault(account_id, Holder())
        own = self._own.get(account_id, [])
        for chain in chains:
            if chain.key.channel == "balances":
                # What reaches the venue's own accounts, as fees do, has no event of its own.
                if not chain.is_ready or own or account_id <= SYSTEM_ACCOUNTS:
                    looked.balances = await self._ask_balances(account_id)
            elif chain.key.channel == "orders":
                entered = any(event[KIND] == ACCEPTED and event[ORDER_ID] not in holder.orders for event, _ in own)
                replaced = {event[ORDER_ID] for event, _ in own if event[KIND] == REPLACED}
                looked.is_whole = not chain.is_ready or len(replaced) > LOOK_UPS_MAX
                if looked.is_whole or entered:
                    after_seq = 0 if looked.is_whole else holder.last_entry_seq
                    looked.stories = await self._ask_open(account_id, after_seq)
                if replaced and not looked.is_whole:
                    looked.stories = looked.stories or []
                    for order_id in replaced:
                        answer = await self._link.ask(FindOrder(order_id))
                        looked.stories += [Open(story, answer.seq) for story in from_views(answer.order, self._catalog)]
        return looked

    async def _ask_open(self, account_id: int, after_seq: int) -> list[Open]:
        """Open orders entered after a command."""
        stories: list[Open] = []
        while True:
            answer = await self._link.ask(OpenOrders(account_id, after_entry_seq=after_seq, limit=PAGE_MAX))
            stories += [Open(story, answer.seq) for story in from_views(answer.orders, self._catalog)]
            if len(answer.orders) < PAGE_MAX:
                return stories
            after_seq = int(answer.orders["entry_seq"][-1])

    async def _ask_balances(self, account_id: int) -> dict[int, AssetRow]:
        rows = (await self._link.ask(Balances(account_id))).balances
        fields = rows[["asset_id", "free_atoms", "order_held_atoms", "other_held_atoms"]]
        return {asset_id: (free, in_orders, held) for asset_id, free, in_orders, held in fields.tolist()}

    # --- Orders ---

    def _learn(self, holder: Holder, looked: Looked) -> None:
        for one in looked.stories or []:
            holder.orders[one.story.order_id] = one
            holder.last_entry_seq = max(holder.last_entry_seq, one.story.seq)

    def _orders(self, account_id: int, looked: Looked, own: list[tuple[EventTuple, int]]) -> list[Order]:
        """The account's orders that these events changed, as they are now."""
        holder = self._holders[account_id]
        before = dict(holder.orders)
        self._learn(holder, looked)
        changed: dict[int, Story | None] = {}
        for event, ts_ns in own:
            if not ACCEPTED <= event[KIND] <= DECREMENTED or event[KIND] == Event.MASS_CANCELED:
                continue
            order_id = event[ORDER_ID]
            one = holder.orders.get(order_id)
            if one is not None and event[SEQ] > one.seq:
                one.story.see(event, ts_ns, self._catalog)
                one.is_unsure |= event[KIND] == REPLACED
            changed.pop(order_id, None)
            changed[order_id] = one.story if one is not None and not one.is_unsure else None
            if one is not None:
                one.story.seq = event[SEQ]
                one.story.fills = []
                if one.story.status not in OPEN:
                    del holder.orders[order_id]
            elif order_id in before and event[KIND] != ACCEPTED:
                changed.pop(order_id)  # It had ended before.
        items = [story.order(self._catalog) for story in changed.values() if story is not None]
        self._seek(account_id, holder, [order_id for order_id, story in changed.items() if story is None])
        items += holder.late
        holder.late = []
        return items

    def _seek(self, account_id: int, holder: Holder, order_ids: list[int]) -> None:
        """Look up orders that came and went before they could be looked at."""
        new = [order_id for order_id in order_ids if order_id not in holder.seeking]
        if not new:
            return
        holder.seeking.update(new)
        task = asyncio.ensure_future(self._find(account_id, holder, new))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _find(self, account_id: int, holder: Holder, order_ids: list[int]) -> None:
        for order_id in order_ids:
            try:
                found = await ended_order(self._link, self._catalog, order_id)
            except EmporionError as error:
                log.warning("order %s could not be looked up: %s", order_id, error)
                found = None
            holder.seeking.discard(order_id)
            self._late.add(account_id)
            if found is None:
                holder.is_lost = True
            else:
                holder.late.append(found)

    # --- Below ---

    def _balances(self, name: str, rows: Mapping[int, AssetRow]) -> list[Balance]:
        items = []
        for asset_id, (free, in_orders, held) in rows.items():
            asset = self._catalog.assets[asset_id]
            text: Callable[[int], str] = asset.amount.plain
            items.append(
                Balance(name, asset.name, text(free + in_orders + held), text(free), text(in_orders), text(held))
            )
        return items

    def _keep(self, change: Change) -> None:
        fills = change.events["kind"] == Event.FILLED
        if not fills.any():
            return
        self._fills.append((change.events[fills], change.ts_ns[fills]))
        self._fills_count += int(fills.sum())
        while self._fills_count > FILLS_KEPT and len(self._fills) > 1:
            events, _ = self._fills.popleft()
            self._fills_count -= len(events)
            self._fills_after = int(events["seq"][-1])


_NOTHING, _NOBODY = Looked(), Holder()
assert EVENT.names is not None and EVENT.names[KIND] == "kind"
