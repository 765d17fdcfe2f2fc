"""Simulated traders: makers who quote ladders around a wandering fair price, takers who trade with them.

They are ordinary clients. They see the best prices and the answers to their own commands, and
act by commands alone. All chance comes from one generator, so a seed, a venue and a clock
determine every command.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emporion.schema import build
from emporion.schema.codes import Event, OrderFlag, Reject, Side, Tif
from emporion.services.listings import Terms

LEVELS = 8  # Of each maker, on each side.
DEPTH_SHARE = 0.55  # How much larger each level is than the one before it, in sizes.
HOME_SECONDS = 20_000.0  # A fair price that strayed comes half way back to its reference in this time.
SECOND_NS = 1_000_000_000


class Traded(Protocol):
    """What makers and takers need to know of what they trade."""

    @property
    def size_lots(self) -> int: ...

    @property
    def price_max_ticks(self) -> int: ...

    @property
    def half_spread_bps(self) -> float: ...


@dataclass(frozen=True)
class Top:
    """Best prices of one instrument as anybody sees them, in ticks; 0 for none."""

    bid: int
    ask: int
    last: int


def tops_of(state: Any, instrument_ids: list[int]) -> dict[int, Top]:
    """Best prices out of the state, copied."""
    rows = state.instruments[instrument_ids]
    names = ["best_bid_ticks", "best_ask_ticks", "last_price_ticks"]
    return {key: Top(*values) for key, values in zip(instrument_ids, rows[names].tolist(), strict=True)}


class Walk:
    """Fair prices: random walks in logarithms, pulled gently home, sharing the movements they load on."""

    def __init__(self, terms: Mapping[int, Terms], tops: Mapping[int, Top], rng: np.random.Generator) -> None:
        """Each begins where its market is now, or near its reference when it never traded."""
        self._rng = rng
        self._terms = dict(terms)
        self._factors = sorted({name for each in terms.values() for name, _ in each.loads})
        self._away = {key: self._begin(each, tops[key]) for key, each in self._terms.items()}
        self._now_ns = 0

    def advance(self, now_ns: int) -> None:
        """Move all fair prices on to this time."""
        seconds = min((now_ns - self._now_ns) / SECOND_NS, 60.0) if self._now_ns else 0.0
        self._now_ns = max(now_ns, self._now_ns)
        if seconds <= 0:
            return
        common = dict(zip(self._factors, self._rng.standard_normal(len(self._factors)).tolist(), strict=True))
        homing = math.exp(-math.log(2) * seconds / HOME_SECONDS)
        for key, each in self._terms.items():
            shock = self._rng.standard_normal() + sum(load * common[name] for name, load in each.loads)
            self._away[key] = self._away[key] * homing + shock * each.wander_bps * 1e-4 * math.sqrt(seconds)

    def fair_ticks(self, instrument_id: int) -> float:
        """What one base is worth now, in ticks."""
        return self._terms[instrument_id].reference_ticks * math.exp(self._away[instrument_id])

    def _begin(self, terms: Terms, top: Top) -> float:
        known = (top.bid + top.ask) / 2 if top.bid and top.ask else float(top.last)
        if known:
            return math.log(known / terms.reference_ticks)
        return self._rng.standard_normal() * terms.wander_bps * 60e-4


@dataclass
class Quote:
    """One order of a maker's ladder as far as the maker knows."""

    order_id: int
    price_ticks: int
    qty_lots: int
    leaves_lots: int
    tired: bool = False  # It cannot be replaced any more: cancel it and place another.


Rung = tuple[int, int, int]  # instrument_id, side, level from the inside out.


@dataclass(frozen=True)
class Intent:
    """One command, and for a maker the rung of the ladder it is for."""

    account_id: int
    rows: NDArray[np.void]
    instrument_id: int
    side: int
    rung: Rung | None = None


@dataclass
class Maker:
    """Keeps a ladder on both sides of every instrument and moves it by REPLACE."""

    account_id: int
    width: float  # Half-spreads from the fair price to the first level.
    step: float  # Half-spreads between levels.
    size: float  # Usual sizes on the first level.
    rng: np.random.Generator
    ladder: dict[Rung, Quote] = field(default_factory=dict)
    _rung_of: dict[int, Rung] = field(default_factory=dict)

    def adopt(self, orders: Iterable[tuple[int, Quote, int]]) -> list[NDArray[np.void]]:
        """Take over its open orders, (instrument_id, quote, side), after a restart; cancels of those too many."""
        spare = []
        best_first = sorted(orders, key=lambda o: -o[1].price_ticks if o[2] == Side.BUY else o[1].price_ticks)
        levels: dict[tuple[int, int], int] = {}
        for instrument_id, quote, side in best_first:
            level = levels.get((instrument_id, side), 0)
            levels[instrument_id, side] = level + 1
            if level < LEVELS:
                self._take((instrument_id, side, level), quote)
            else:
                spare.append(build.cancel(self.account_id, quote.order_id))
        return spare

    def act(self, instrument_id: int, terms: Traded, fair: float, top: Top, every: bool = False) -> list[Intent]:
        """Mend the rung that is most out of place, or all that are; without one, a random rung's quantity."""
        rungs = [(instrument_id, side, level) for side in (Side.BUY, Side.SELL) for level in range(LEVELS)]
        wanted = {rung: self._target(rung, terms, fair, top) for rung in rungs}
        misplaced = [(self._misplaced(rung, wanted[rung], terms, fair), rung) for rung in rungs]
        if every:
            chosen = [rung for urgency, rung in misplaced if urgency > 0]
        else:
            urgency, rung = max(misplaced, key=lambda pair: pair[0])
            chosen = [rung if urgency > 0 else rungs[int(self.rng.integers(len(rungs)))]]
        return [self._mend(rung, *wanted[rung]) for rung in chosen]

    def learn(self, event: np.void, rung: Rung | None) -> None:
        """One event about this account; `rung` when it answers a command for that rung."""
        kind, order_id = int(event["kind"]), int(event["order_id"])
        if kind == Event.POSITION:
            return  # It names the order that changed the position, and is about that.
        if kind == Event.ACCEPTED and rung is not None:
            qty = int(event["qty_lots"])
            self._take(rung, Quote(order_id, int(event["price_ticks"]), qty, qty))
        elif kind == Event.REJECTED and rung is not None:
            self._refused(rung, int(event["reason"]))
        elif order_id in self._rung_of:
            own = self._rung_of[order_id]
            quote = self.ladder[own]
            quote.leaves_lots = int(event["leaves_lots"])
            if kind == Event.REPLACED:
                quote.price_ticks, quote.qty_lots = int(event["price_ticks"]), int(event["qty_lots"])
            elif quote.leaves_lots == 0 or kind in (Event.CANCELED, Event.EXPIRED):
                self._drop(own)

    def _target(self, rung: Rung, terms: Traded, fair: float, top: Top) -> tuple[int, int]:
        """Price in ticks and quantity in lots of one rung. Post-only, so it stays outside the other side."""
        _, side, level = rung
        away = fair * terms.half_spread_bps * 1e-4 * (self.width + self.step * level * (1 + 0.08 * level))
        lots = max(1, round(terms.size_lots * self.size * (1 + DEPTH_SHARE * level) * self.rng.uniform(0.7, 1.3)))
        if side == Side.BUY:
            price = math.floor(fair - away) - level
            return max(1, min(price, top.ask - 1 - level) if top.ask else price), lots
        price = math.ceil(fair + away) + level
        return min(max(price, top.bid + 1 + level), terms.price_max_ticks), lots

    def _misplaced(self, rung: Rung, target: tuple[int, int], terms: Traded, fair: float) -> float:
        """How urgent it is to mend a rung, 0 when it may stay."""
        quote = self.ladder.get(rung)
        if quote is None:
            return 2.0 if rung[2] == 0 else 1.5
        price, lots = target
        off = abs(quote.price_ticks - price) / max(1.0, fair * terms.half_spread_bps * 1e-4 * self.step)
        # Too keen is dangerous, too shy only dull; and the inside matters most.
        keen = quote.price_ticks > price if rung[1] == Side.BUY else quote.price_ticks < price
        urgency = off * (2.0 if keen else 1.0) / (1 + 0.3 * rung[2])
        if quote.leaves_lots < lots * 0.4:
            urgency = max(urgency, 0.6)
        return urgency if urgency > 0.3 else 0.0

    def _mend(self, rung: Rung, price: int, lots: int) -> Intent:
        instrument_id, side, _ = rung
        quote = self.ladder.get(rung)
        if quote is None:
            rows = build.place(
                self.account_id, instrument_id, side, lots, price, tif=Tif.GTC, flags=OrderFlag.POST_ONLY
            )
        elif quote.tired:
            rows = build.cancel(self.account_id, quote.order_id)
        else:
            done = quote.qty_lots - quote.leaves_lots
            rows = build.replace(self.account_id, quote.order_id, done + lots, price)
        return Intent(self.account_id, rows, instrument_id, side, rung)

    def _refused(self, rung: Rung, reason: int) -> None:
        if rung not in self.ladder:
            return
        if reason == Reject.UNKNOWN_ORDER:
            self._drop(rung)  # Somebody else's trade ended it.
        elif reason not in (Reject.WOULD_MATCH, Reject.INSUFFICIENT_FUNDS):
            self.ladder[rung].tired = True

    def _take(self, rung: Rung, quote: Quote) -> None:
        self.ladder[rung] = quote
        self._rung_of[quote.order_id] = rung

    def _drop(self, rung: Rung) -> None:
        del self._rung_of[self.ladder.pop(rung).order_id]


@dataclass
class Taker:
    """Takes what is on offer, mostly at random, sometimes because the price is off; now and then rests for a while."""

    account_id: int
    size: float
    rng: np.random.Generator

    def act(self, instrument_id: int, terms: Traded, fair: float, top: Top, now_ns: int) -> Intent | None:
        """One order, or None where there is nothing to trade with."""
        if not top.bid or not top.ask:
            return None
        side = Side.BUY if self.rng.random() < self._buying(fair, top) else Side.SELL
        near = top.ask if side == Side.BUY else top.bid
        lots = max(1, round(terms.size_lots * self.size * self.rng.lognormal(-0.4, 0.9)))
        way = 1 if side == Side.BUY else -1
        style = self.rng.random()
        tif, flags, price, expire_ns = Tif.IOC, 0, 0, 0
        if style < 0.4:
            flags = OrderFlag.MARKET
            price = min(max(1, near + way * max(1, near // 10)), terms.price_max_ticks)  # The worst it accepts.
        elif style < 0.8:
            slip = fair * terms.half_spread_bps * 1e-4 * self.rng.uniform(0.0, 3.0)
            price = min(max(1, near + way * round(slip)), terms.price_max_ticks)
        else:  # Rests at the best price of its own side, for three to twenty seconds.
            tif, price = Tif.GTD, top.bid if side == Side.BUY else top.ask
            expire_ns = now_ns + int(self.rng.uniform(3, 20) * SECOND_NS)
        rows = build.place(self.account_id, instrument_id, side, lots, price, tif, flags, expire_ns=expire_ns)
        return Intent(self.account_id, rows, instrument_id, side)

    @staticmethod
    def _buying(fair: float, top: Top) -> float:
        """Chance to buy: more when the middle is below what it is worth."""
        spread = max(1, top.ask - top.bid)
        off = (fair - (top.bid + top.ask) / 2) / spread
        return 0.5 + 0.3 * math.tanh(off)
