"""Internet addresses as numbers, and which networks they lie in. Version 4 in version 6 is version 4."""

import ipaddress
from functools import lru_cache
from typing import NamedTuple

from emporion.errors import BadValue

MAPPED_BITS = 96  # ::ffff:0:0/96 holds all of version 4.


class Address(NamedTuple):
    version: int  # 4 or 6.
    number: int


class Network(NamedTuple):
    """All addresses from `first` to `last`."""

    version: int
    first: int
    last: int


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address:
    """An address as a socket names its peer; BadValue if it is none. A zone ("%eth0") is left out."""
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise BadValue(f"{text!r} is not an internet address") from None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return Address(4, int(mapped)) if mapped is not None else Address(parsed.version, int(parsed))


def network_of(text: str) -> Network:
    """A network in CIDR writing, or one address; BadValue says what is wrong with it."""
    try:
        loose = ipaddress.ip_network(text.strip(), strict=False)
        strict = ipaddress.ip_network(text.strip(), strict=True)
    except ValueError as error:
        if "host bits" in str(error):
            raise BadValue(f"{text!r} has bits beyond its length; did you mean {loose}?") from None
        raise BadValue(f"{text!r} is not an address or a network such as 10.0.0.0/8 or 2001:db8::/32") from None
    if isinstance(strict, ipaddress.IPv6Network) and strict.prefixlen >= MAPPED_BITS:
        mapped = strict.network_address.ipv4_mapped
        if mapped is not None:
            return network_of(f"{mapped}/{strict.prefixlen - MAPPED_BITS}")
    return Network(strict.version, int(strict.network_address), int(strict.broadcast_address))


def network_text(text: str) -> str:
    """A network as it is shown: "10.1.2.3/32", with version 4 in version 6 as version 4."""
    version, first, last = network_of(text)
    bits = (32 if version == 4 else 128) - (last - first).bit_length()
    address = ipaddress.IPv4Address(first) if version == 4 else ipaddress.IPv6Address(first)
    return f"{address}/{bits}"


def is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of the networks."""
    version, number = address
    return any(network.version == version and network.first <= number <= network.last for network in networks)


@lru_cache(maxsize=4096)
def group_of(text: str) -> str:
    """Whom an address belongs to, as far as limits go: itself, or the /64 that one customer of version 6 has.

    All whose address is not known (a Unix socket has none) are one.
    """
    try:
        version, number = address_of(text)
    except BadValue:
        return "unknown"
    if version == 4:
        return str(ipaddress.IPv4Address(number))
    return f"{ipaddress.IPv6Address(number >> 64 << 64)}/64"
