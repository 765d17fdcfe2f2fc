"""Which nonces each key has used, for as long as a request that carries one could still come in.

A request is let in while its time lies within the window, so a nonce is remembered until the
request's own time has left it. Nonces are kept by the second of that time; a second is dropped
whole. What was dropped stays refused by its time alone, even if the clock is set back.
"""

from emporion.access.buckets import MS_NS, SECOND_NS
from emporion.access.tickets import TicketRefused


class Nonces:
    """The nonces of all keys inside the window.

    Args:
        behind_ns, ahead_ns: how far a request's time may lie behind and ahead of the venue's.
        nonces_max: bound on memory, some 200 bytes each. While it is reached, nobody new is let in.
        since_ns: requests up to this time, and as far ahead of it as is allowed, may have been
            let in by somebody whose memory is gone: none of them is let in. 0: there was nobody.
    """

    def __init__(self, behind_ns: int, ahead_ns: int, nonces_max: int, since_ns: int = 0) -> None:
        self._behind_ns, self._ahead_ns, self._nonces_max = behind_ns, ahead_ns, nonces_max
        self._seconds: dict[int, set[str]] = {}  # Second of the request's time: "key nonce".
        self._count = 0
        self._oldest = 0  # Seconds before this one are dropped.
        self._since_ns = since_ns + ahead_ns if since_ns else -1
        self._swept_at = 0

    def __len__(self) -> int:
        return self._count

    def check(self, key: str, nonce: str, time_ns: int, now_ns: int) -> tuple[set[str], str]:
        """Whether a request may come in, as far as time and nonce go; `keep` what is returned if it does.

        Raises:
            TicketRefused: STALE_TIME, REPLAYED, or RATE_LIMITED while too many nonces are remembered.
        """
        if not -self._ahead_ns <= now_ns - time_ns <= self._behind_ns:
            raise TicketRefused("STALE_TIME", stale_text(time_ns, now_ns, self._behind_ns, self._ahead_ns))
        if now_ns // SECOND_NS > self._swept_at:
            self._sweep(now_ns)
        second = time_ns // SECOND_NS
        if time_ns <= self._since_ns or second < self._oldest:
            wait_ms = max(0, -(-(max(self._since_ns, self._oldest * SECOND_NS) - time_ns) // MS_NS)) + 1
            detail = "signed before or just as the venue started, so it may be a repeat; sign it again"
            raise TicketRefused("STALE_TIME", detail, wait_ms)
        if self._count >= self._nonces_max:
            detail = f"the venue remembers {self._nonces_max:,} signed requests and can take no more for now"
            raise TicketRefused("RATE_LIMITED", detail, 1000)
        seen = self._seconds.get(second)
        if seen is None:
            seen = self._seconds[second] = set()
        entry = f"{key} {nonce}"
        if entry in seen:
            raise TicketRefused("REPLAYED", "this nonce was used before by this key; draw a new one for each request")
        return seen, entry

    def keep(self, checked: tuple[set[str], str]) -> None:
        """Remember a nonce that was let in."""
        checked[0].add(checked[1])
        self._count += 1

    def _sweep(self, now_ns: int) -> None:
        """Drop the seconds that no request can be let in with any more."""
        self._swept_at = now_ns // SECOND_NS
        oldest = (now_ns - self._behind_ns) // SECOND_NS
        if oldest <= self._oldest:
            return
        self._oldest = oldest
        for second in [second for second in self._seconds if second < oldest]:
            self._count -= len(self._seconds.pop(second))


def stale_text(time_ns: int, now_ns: int, behind_ns: int, ahead_ns: int) -> str:
    """What a caller whose clock is off needs to know."""
    off_ms = (time_ns - now_ns) // MS_NS
    where = f"{off_ms} ms ahead of" if off_ms > 0 else f"{-off_ms} ms behind"
    return (
        f"the time is {where} the venue's, which is {now_ns}; it may be {behind_ns // MS_NS} ms behind or "
        f"{ahead_ns // MS_NS} ms ahead: set the clock, and sign each request just before it is sent"
    )
