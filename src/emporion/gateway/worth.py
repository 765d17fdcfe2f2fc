"""What a balance is worth in the venue's first stablecoin, at last prices. For display: it is rounded down."""

from emporion.gateway.catalog import Asset, Catalog
from emporion.schema.codes import AssetClass


class Worth:
    """Prices as of the catalog's copy."""

    def __init__(self, catalog: Catalog) -> None:
        stable = [each for each in catalog.assets[1:] if each.asset_class == AssetClass.STABLECOIN]
        self.asset: Asset | None = stable[0] if stable else None
        self._prices: dict[int, tuple[int, int]] = {}  # By asset: value atoms for so many of its atoms.
        if self.asset is None:
            return
        self._prices[self.asset.asset_id] = (1, 1)
        for listed in catalog.known_instruments():
            last = int(catalog.rows[listed.instrument_id]["last_price_ticks"])
            if not last:
                continue
            value = last * listed.atoms_per_tick_lot  # Quote atoms of one lot.
            if listed.quote.asset_id == self.asset.asset_id:
                self._prices.setdefault(listed.base.asset_id, (value, listed.base_atoms_per_lot))
            elif listed.base.asset_id == self.asset.asset_id:
                self._prices.setdefault(listed.quote.asset_id, (listed.base_atoms_per_lot, value))

    def text(self, asset_id: int, atoms: int) -> str | None:
        """None where no instrument has a price for it."""
        price = self._prices.get(asset_id)
        if price is None or self.asset is None:
            return None
        size = abs(atoms) * price[0] // price[1]
        return self.asset.amount.plain(-size if atoms < 0 else size)
