"""A number by which a reader of depth can tell that its book is the venue's."""

import zlib
from collections.abc import Iterable

LEVELS = 25  # Of each side, best first.


def checksum(bids: Iterable[tuple[str, str, int]], asks: Iterable[tuple[str, str, int]]) -> int:
    """CRC-32 of the best 25 bids, then the best 25 asks, each as "price:qty:orders" as sent, joined by "|"."""
    parts = [f"{price}:{qty}:{orders}" for side in (bids, asks) for price, qty, orders in list(side)[:LEVELS]]
    return zlib.crc32("|".join(parts).encode())
