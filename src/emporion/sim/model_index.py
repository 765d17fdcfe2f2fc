"""How much room price indexes take: all that the model has to know of them, for TABLE_FULL."""

from collections.abc import Iterable
from dataclasses import dataclass

DIGIT_BITS = 6
CENTER = sum(32 << DIGIT_BITS * place for place in range(8))


@dataclass
class PriceIndex:
    """Where a tree of 64-way nodes over prices is centred, and how high it has grown.

    Its height covers the keys that agree with CENTER above it; it grows as needed and only
    falls back when nothing is left.
    """

    anchor: int = 0
    height: int = 0

    def insert(self, price: int, others: Iterable[int]) -> None:
        """A price comes in, besides those that are there."""
        if not list(others):
            self.anchor, self.height = price, 1
        while self._key(price) >> DIGIT_BITS * self.height != CENTER >> DIGIT_BITS * self.height:
            self.height += 1

    def size(self, prices: Iterable[int]) -> tuple[int, int]:
        """Nodes and leaves for these prices."""
        keys = [self._key(price) for price in prices]
        if not keys:
            return 0, 0
        leaves = len({key >> DIGIT_BITS for key in keys})
        nodes = sum(len({key >> DIGIT_BITS * level for key in keys}) for level in range(2, self.height + 1))
        return nodes, leaves

    def _key(self, price: int) -> int:
        return price - self.anchor + CENTER
