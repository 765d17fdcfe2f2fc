"""Rate limits as token buckets, one per name, each a single integer.

A bucket holds at most `burst` units and gains `per_second` of them each second. Instead of a level
and the time it was looked at, only the time at which the bucket will be full again is kept: taking
n units moves it n unit times later, and a bucket that is full is not kept at all. So a name that
rests costs nothing, and the whole is a dict of integers.
"""

from collections.abc import Callable
from typing import NamedTuple

from emporion.access.tickets import Pass, TicketRefused
from emporion.errors import BadValue

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
NAMES_MAX = 100_000
RATE_MAX = 1_000_000


class Rate(NamedTuple):
    """How many units come back each second, and how many may be saved up."""

    per_second: int
    burst: int

    def checked(self, what: str) -> "Rate":
        """Itself; BadValue where it could not be kept to."""
        if not 1 <= self.per_second <= RATE_MAX or not 1 <= self.burst <= 100 * RATE_MAX:
            raise BadValue(f"{what}: {self.per_second} a second, burst {self.burst}: give 1 to {RATE_MAX:,} a second")
        return self

    @property
    def unit_ns(self) -> int:
        """Time that one unit takes to come back, rounded down: in favour of who asks, by less than 0.1%."""
        return SECOND_NS // self.per_second


class Buckets:
    """Token buckets by name. Time is given, and may stand still or go back: nothing is gained by that.

    Args:
        rate: of every name that `rate_of` does not know better.
        rate_of: a name's own rate, or None. Asked when a rested name comes back, so it must be quick;
            a change counts once the bucket has been full.
        names_max: bound on memory. Where more names than this are short of units at once, those known
            longest are forgotten, that is, given full buckets.
    """

    def __init__(
        self, rate: Rate, rate_of: Callable[[str], Rate | None] | None = None, names_max: int = NAMES_MAX
    ) -> None:
        self.rate = rate.checked("rate limit")
        self._usual = (rate.burst, rate.unit_ns)
        self._rate_of = rate_of
        self._names_max = names_max
        self._full_ns: dict[str, int] = {}  # Name: when its bucket is full again.
        self._own: dict[str, tuple[int, int]] = {}  # Name in _full_ns: burst and unit time, where its own.
        self._sweep_at = 1024

    def __len__(self) -> int:
        return len(self._full_ns)

    def take(self, name: str, cost: int, now_ns: int) -> Pass:
        """Spend `cost` units of a name's bucket; TicketRefused(RATE_LIMITED), and nothing spent, if there are fewer."""
        assert cost >= 0
        full_ns = self._full_ns.get(name)
        if full_ns is None or full_ns <= now_ns:
            full_ns = now_ns
            burst, unit_ns = self._terms(name)
        else:
            burst, unit_ns = self._own.get(name, self._usual)
        later_ns = full_ns + cost * unit_ns
        wait_ns = later_ns - now_ns  # Until full again, after this.
        over_ns = wait_ns - burst * unit_ns
        if over_ns > 0:
            self._refuse(cost, burst, unit_ns, full_ns - now_ns, over_ns)
        self._full_ns[name] = later_ns
        if len(self._full_ns) >= self._sweep_at:
            self._sweep(now_ns)
        return Pass(burst, burst - -(-wait_ns // unit_ns), -(-wait_ns // MS_NS))

    def look(self, name: str, now_ns: int) -> Pass:
        """How a name stands, spending nothing."""
        wait_ns = max(0, self._full_ns.get(name, 0) - now_ns)
        burst, unit_ns = self._own.get(name, self._usual) if wait_ns else self._terms(name)
        return Pass(burst, max(0, burst - -(-wait_ns // unit_ns)), -(-wait_ns // MS_NS))

    def _terms(self, name: str) -> tuple[int, int]:
        """Burst and unit time of a name whose bucket is full."""
        rate = self._rate_of(name) if self._rate_of is not None else None
        if rate is None:
            self._own.pop(name, None)
            return self._usual
        terms = (rate.burst, rate.unit_ns)
        self._own[name] = terms
        return terms

    def _refuse(self, cost: int, burst: int, unit_ns: int, wait_ns: int, over_ns: int) -> None:
        passed = Pass(burst, max(0, burst - -(-wait_ns // unit_ns)), -(-wait_ns // MS_NS))
        if cost > burst:
            detail = f"this asks for {cost} units at once, and no more than {burst} are ever there"
            raise TicketRefused("RATE_LIMITED", detail, 0, passed)
        retry_ms = -(-over_ns // MS_NS)
        detail = f"this takes {cost} units and {passed.remaining} are left; wait {retry_ms} ms"
        raise TicketRefused("RATE_LIMITED", detail, retry_ms, passed)

    def _sweep(self, now_ns: int) -> None:
        """Forget full buckets. Done when the number has doubled, so it costs each name a constant."""
        kept = [(name, full_ns) for name, full_ns in self._full_ns.items() if full_ns > now_ns]
        if 2 * len(kept) > self._names_max:  # Far below the bound, or it would be reached again at once.
            kept = kept[-(self._names_max // 2) :]
        self._full_ns = dict(kept)
        self._own = {name: terms for name, terms in self._own.items() if name in self._full_ns}
        self._sweep_at = min(self._names_max, max(1024, 2 * len(kept)))
