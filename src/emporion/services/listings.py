"""What the demonstration lists: one of each kind of thing the venue is for, at round invented prices.

Real names only say what sort of thing is meant. No price here is a market's; each is where a
seeded random walk begins.
"""

from dataclasses import dataclass
from decimal import Decimal

from emporion.schema.codes import AssetClass
from emporion.schema.units import to_units

QUOTE = "USDC"
QUOTE_DECIMALS = 6
# The first asset of a demonstration. Nobody holds it; a venue that lists it is a simulation.
MARK = "DEMO"


@dataclass(frozen=True)
class Terms:
    """One instrument against USDC, and how its simulated traders behave."""

    base: str
    title: str
    asset_class: AssetClass
    decimals: int
    tick: str  # USDC per base.
    lot: str  # Base.
    reference: str  # Where the walk begins.
    size: str  # A usual order, base.
    wander_bps: float  # Standard deviation of the fair price in one second.
    half_spread_bps: float  # Of the keenest maker.
    activity: float  # Share of all commands, relative to the others.
    loads: tuple[tuple[str, float], ...] = ()  # Which common movements it follows, and how much.

    @property
    def name(self) -> str:
        return f"{self.base}/{QUOTE}"

    @property
    def base_atoms_per_lot(self) -> int:
        return to_units(self.lot, Decimal(1).scaleb(-self.decimals), f"{self.name} lot", "atom")

    @property
    def atoms_per_tick_lot(self) -> int:
        cost = Decimal(self.tick) * Decimal(self.lot)
        return to_units(cost, Decimal(1).scaleb(-QUOTE_DECIMALS), f"{self.name} tick times lot", "atom")

    @property
    def reference_ticks(self) -> int:
        return to_units(self.reference, Decimal(self.tick), f"{self.name} reference", "tick")

    @property
    def price_max_ticks(self) -> int:
        return self.reference_ticks * 100

    @property
    def size_lots(self) -> int:
        return to_units(self.size, Decimal(self.lot), f"{self.name} size", "lot")


COIN = (("coin", 0.8),)
SHARE = (("share", 0.6),)
LISTINGS = (
    Terms("BTC", "Bitcoin", AssetClass.COIN, 8, "0.1", "0.0001", "100000", "0.05", 1.2, 0.5, 3.0, COIN),
    Terms("ETH", "Ether", AssetClass.COIN, 8, "0.01", "0.001", "4000", "1", 1.6, 0.8, 2.4, COIN),
    Terms("SOL", "Solana", AssetClass.COIN, 8, "0.01", "0.01", "200", "20", 2.2, 1.5, 1.6, COIN),
    Terms("NVDA", "NVIDIA, tokenised share", AssetClass.SHARE, 6, "0.01", "0.01", "180", "30", 1.5, 1.5, 1.8, SHARE),
    Terms("AAPL", "Apple, tokenised share", AssetClass.SHARE, 6, "0.01", "0.01", "250", "25", 0.9, 1.2, 1.2, SHARE),
    Terms("SPY", "S&P 500, tokenised fund", AssetClass.FUND, 6, "0.01", "0.01", "600", "10", 0.6, 0.7, 1.2, SHARE),
    Terms(
        "MSTR", "Treasury company, share", AssetClass.SHARE, 6, "0.01", "0.01", "350", "15", 1.6, 3.0, 1.2,
        (("coin", 1.4), ("share", 0.4)),
    ),
    Terms("USTN", "US Treasury notes, fund", AssetClass.BOND, 6, "0.01", "1", "100", "500", 0.25, 1.0, 0.6),
    Terms("XAU", "Gold, troy ounce", AssetClass.GOLD, 6, "0.01", "0.001", "3500", "1", 0.6, 1.2, 1.0),
    Terms("EURC", "Euro, stablecoin", AssetClass.CURRENCY, 6, "0.00001", "1", "1.1", "5000", 0.25, 0.6, 1.0),
    Terms("USDT", "Tether, stablecoin", AssetClass.STABLECOIN, 6, "0.00001", "1", "1", "10000", 0.05, 0.3, 0.8),
    Terms("ORBF", "Orbital Foundry, private share", AssetClass.PRIVATE, 6, "0.05", "1", "42", "50", 1.5, 40.0, 0.4),
)  # fmt: skip
TITLES = {terms.name: terms.title for terms in LISTINGS}
TICKS = {terms.base: float(terms.tick) for terms in LISTINGS}  # USDC, for whoever reckons in floats.
