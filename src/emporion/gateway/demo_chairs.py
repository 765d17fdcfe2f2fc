"""Play money for whoever sits down at a demonstration: some of everything that is listed."""

from emporion.gateway.door import Door
from emporion.schema import build
from emporion.schema.codes import AssetClass
from emporion.schema.limits import SUPPLY_MAX

STABLE_UNITS = 100_000  # Of a stablecoin.
WORTH_UNITS = 20_000  # Of anything else, at its last or reference price in stablecoins.
SHARE_MAX = 1_000  # Nobody gets more than this part of what an asset may ever have.


async def fund(door: Door, account_id: int, tag: int) -> None:
    """Pay into an account that was just opened, as one durable batch. What an asset has no room for is left out."""
    await door.catalog.catch_up()
    deposits = []
    for asset in door.catalog.assets[1:]:
        is_stable = asset.asset_class == AssetClass.STABLECOIN
        atoms = STABLE_UNITS * 10**asset.decimals if is_stable else _worth(door, asset.asset_id)
        atoms = min(atoms, SUPPLY_MAX // SHARE_MAX)
        if atoms > 0:
            deposits.append(build.deposit(account_id, asset.asset_id, atoms))
    if deposits:
        await door.link.submit(build.join(*deposits).tobytes(), None, tag)


def _worth(door: Door, asset_id: int) -> int:
    """Atoms that cost about WORTH_UNITS of a stablecoin, in whole lots; 0 for what no instrument has a price of."""
    for listed in door.catalog.known_instruments():
        row = door.catalog.rows[listed.instrument_id]
        price = int(row["last_price_ticks"] or row["reference_price_ticks"])
        if listed.base.asset_id == asset_id and price and listed.quote.asset_class == AssetClass.STABLECOIN:
            lot_cost = price * listed.atoms_per_tick_lot
            lots = max(1, WORTH_UNITS * 10**listed.quote.decimals // lot_cost)
            return lots * listed.base_atoms_per_lot
    return 0
