"""How much may be asked, and the doorman who keeps to it: the one place per venue that sees tickets."""

from collections.abc import Callable

import msgspec

from emporion.access.buckets import Buckets, Rate
from emporion.access.nonces import Nonces
from emporion.access.tickets import Pass, Ticket
from emporion.errors import BadValue
from emporion.wire.signing import AHEAD_NS, WINDOW_NS


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a venue lets its callers ask for. Generous: they are there against accidents and floods."""

    key: Rate = Rate(1_000, 2_000)  # Units of one API key or session; an order is one unit.
    address: Rate = Rate(200, 400)  # Requests of one address without a key: market data, signing in.
    window_ns: int = WINDOW_NS  # How far a signed time may lie behind the venue's.
    ahead_ns: int = AHEAD_NS  # And how far ahead.
    nonces_max: int = 1_000_000  # Remembered at once over all keys, some 200 bytes each.
    addresses_max: int = 100_000  # Addresses remembered at once, some 150 bytes each.

    def __post_init__(self) -> None:
        self.key.checked("limit of a key")
        self.address.checked("limit of an address")
        if min(self.window_ns, self.ahead_ns, self.nonces_max, self.addresses_max) < 1:
            raise BadValue("limits: windows and bounds are 1 or more")


class Doorman:
    """Lets tickets in or not. One per venue, used from one thread; time is given.

    Args:
        limits: the venue's.
        rate_of: the rate of a key that has its own, or None: `Keys.rate_of`.
        since_ns: when this process took the venue over from one whose nonces are forgotten; 0 for a
            venue that had nobody before. Until `limits.ahead_ns` after it, requests may be answered
            with STALE_TIME, and when to try again.
    """

    def __init__(
        self, limits: Limits | None = None, rate_of: Callable[[str], Rate | None] | None = None, since_ns: int = 0
    ) -> None:
        self.limits = limits = limits or Limits()
        self._nonces = Nonces(limits.window_ns, limits.ahead_ns, limits.nonces_max, since_ns)
        self._buckets = Buckets(limits.key, rate_of)

    def admit(self, ticket: Ticket, now_ns: int) -> Pass:
        """Let a request in: its nonce is used up and its units are spent, or TicketRefused and neither is.

        A repeat costs its key nothing, so nobody who listens can use up another's units.
        """
        key, nonce, time_ns, cost = ticket
        if not nonce:
            return self._buckets.take(key, cost, now_ns)
        checked = self._nonces.check(key, nonce, time_ns, now_ns)
        passed = self._buckets.take(key, cost, now_ns)
        self._nonces.keep(checked)
        return passed
