"""A small market maker and its customers, on an embedded venue or a served one.

    python examples/strategy.py
    python examples/strategy.py http://127.0.0.1:8000 KEY SECRET

What is written below knows a venue and nothing of where it is. To move it, change the one line in `main`
that opens or connects. The maker quotes a few levels on both sides of a price that wanders, moves its
orders rather than placing new ones, leans against what it has bought or sold, and takes all away at the
end. A seed decides everything that chance does.
"""

import random
import sys
from decimal import Decimal
from typing import Any

import emporion
import emporion.client

INSTRUMENT = "GOLD/USDC"
LEVELS = 3
TICK = Decimal("0.1")


class Maker:
    """Quotes LEVELS orders a side around a fair price."""

    def __init__(self, venue: Any, account: str) -> None:
        self.venue, self.account = venue, account
        self.quotes: dict[tuple[str, int], Any] = {}  # The order of each side and level, as last heard of.
        self.placed = 0

    def quote(self, fair: Decimal) -> None:
        """Have every quote where it belongs now."""
        gold = next(each.total for each in self.venue.balances(self.account) if each.asset == "GOLD")
        lean = (Decimal(100) - gold) / 20  # With more than it began with it asks less and bids less.
        still = {order.order_id: order for order in self.venue.orders(self.account, INSTRUMENT)}
        middle = (fair + lean).quantize(TICK)
        for side, away in (("buy", -1), ("sell", 1)):
            for level in range(LEVELS):
                price = middle + away * TICK * (2 + 3 * level)
                known = self.quotes.get((side, level))
                self.quotes[side, level] = self._move(side, price, still.get(known.order_id) if known else None)

    def _move(self, side: str, price: Decimal, order: Any) -> Any:
        if order is not None and order.price == price:
            return order
        try:
            if order is not None:
                return self.venue.replace(order, price=price)
            self.placed += 1
            return self.venue.place(
                self.account, INSTRUMENT, side, qty="0.5", price=price, post_only=True, cl_ord_id=f"q{self.placed}"
            )
        except emporion.Refused:  # Others were there first: until the next round without this one.
            return None


def set_up(venue: Any) -> None:
    """What is traded, and who trades. For operators."""
    venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
    venue.list_asset("GOLD", decimals=4, asset_class="gold")
    venue.list_instrument(INSTRUMENT, tick="0.1", lot="0.001", asset_class="gold", reference="2650", band="0.1")
    venue.set_fees(maker="-0.0001", taker="0.0005")
    for name in ("maker", "customer"):
        venue.open_account(name)
        venue.deposit(name, "USDC", "1000000")
        venue.deposit(name, "GOLD", "100")


def trade(venue: Any, rounds: int, seed: int) -> None:
    """Let the maker quote and the customer buy or sell, so many times."""
    rng = random.Random(seed)
    maker, fair = Maker(venue, "maker"), Decimal(2650)
    for _ in range(rounds):
        fair += TICK * rng.randint(-4, 4)
        maker.quote(fair)
        if rng.random() < 0.7:
            side = rng.choice(("buy", "sell"))
            best = venue.book(INSTRUMENT, depth=1)
            other = best.asks if side == "buy" else best.bids
            if other:
                qty = Decimal(rng.randint(1, 1_500)) / 1_000
                venue.place("customer", INSTRUMENT, side, qty=qty, price=other[0].price, tif="ioc")
    venue.mass_cancel("maker")


def report(venue: Any) -> None:
    """What came of it."""
    print(venue.balances("maker"))
    fills = [fill for fill in venue.fills("maker") if fill.instrument == INSTRUMENT]
    print(
        f"{len(fills)} fills, {sum(fill.qty for fill in fills)} GOLD, rebates {-sum(fill.fee for fill in fills)} USDC"
    )


def main(arguments: list[str]) -> None:
    if arguments:
        url, key, secret = arguments
        venue: Any = emporion.client.connect(url, key=key, secret=secret)  # A served venue,
    else:
        venue = emporion.open()  # or one in this process: all else is the same.
    with venue:
        set_up(venue)
        trade(venue, rounds=100, seed=1)
        report(venue)


if __name__ == "__main__":
    main(sys.argv[1:])
