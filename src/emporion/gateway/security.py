"""What a browser may do with us: nothing but our own page reads us, and it loads nothing from elsewhere.

A loopback address is no protection by itself: any web page may ask the visitor's browser to
connect to it, under our name (WebSockets know no same-origin rule) or under a name of its own
that it points here. So the Host must be one of ours and an Origin, where there is one, the Host.
"""

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from emporion.gateway.problems import fail

POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EVERYWHERE = (  # On every answer.
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
PAGES = (  # On what a browser shows, in place of those.
    (b"content-security-policy", POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
KNOWN_HOSTS_MAX = 64
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Lets through requests for one of our names that come from no foreign page."""

    def __init__(self, hosts: Collection[str] | None) -> None:
        """`hosts` None: any name, for a public address, where a proxy may give us any."""
        self._hosts = hosts
        self._known: set[bytes] = set()  # Host headers that passed, so that most requests cost one look-up.

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise 421 for a name that is not ours, 403 for a page of another origin."""
        host = headers.get(b"host", b"")
        if self._hosts is not None and host not in self._known:
            if _name_of(host.decode("latin-1")) not in self._hosts:
                raise fail(421, "BAD_HOST", f"This venue does not go by the name {host[:80].decode('latin-1')!r}.")
            if len(self._known) < KNOWN_HOSTS_MAX:
                self._known.add(host)
        origin = headers.get(b"origin")
        if origin is not None and _site_of(origin.decode("latin-1")) != host.decode("latin-1"):
            raise fail(403, "BAD_ORIGIN", "Pages of another origin may not talk to this venue.")


def hosts_of(host: str, names: Collection[str] = ()) -> frozenset[str] | None:
    """The names we go by: `names`, on a loopback address also those of the loopback; elsewhere without `names` any."""
    given = frozenset(name.lower() for name in names)
    if host == "localhost":
        return LOOPBACK_NAMES | given
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if is_loopback:
        return LOOPBACK_NAMES | given | {host}
    return given or None


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _site_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
