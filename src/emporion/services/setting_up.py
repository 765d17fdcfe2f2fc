"""Making a folder the demonstration's venue, however far an earlier start came.

Each piece is looked for first, so a start that was cut off anywhere is simply gone on with. A
venue that somebody else began is left alone: it does not begin with the mark.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue, Refused
from emporion.schema import build
from emporion.schema.codes import AssetClass, Event, InstrumentStatus, Limit, Reject
from emporion.schema.limits import SYSTEM_ACCOUNTS
from emporion.services.listings import LISTINGS, MARK, QUOTE, QUOTE_DECIMALS, Terms

MAKER_PPM, TAKER_PPM = -5, 25  # Half a basis point back to makers.
BAND_PPM = 200_000  # Market orders stop a fifth away.
FUNDS_SIZES = 100_000  # Usual orders that an account can pay for at first.


def is_demo(node: Node) -> bool:
    """Whether the venue was begun by a demonstration: its first asset is the mark."""
    assets = rows_of(node, Limit.ASSETS)
    return len(assets) > 0 and build.name_text(assets[0]["name"]) == MARK


def set_up(sequencer: Sequencer, accounts: int) -> tuple[dict[int, Terms], list[int]]:
    """List what is missing, open missing accounts and pay in what they lack.

    Returns:
        The terms by instrument number, and the account numbers.
    Raises:
        BadValue: the folder holds a venue that is not a demonstration.
    """
    if not sequencer.call(lambda node: is_demo(node) or not len(rows_of(node, Limit.ASSETS))).result():
        raise BadValue(
            "this folder holds a venue that is not a demonstration; choose another folder, or leave out --demo"
        )
    instruments = _list_all(sequencer)
    have = len(sequencer.call(lambda node: rows_of(node, Limit.ACCOUNTS)).result())
    wanted = SYSTEM_ACCOUNTS + accounts
    send(sequencer, [build.open_account() for _ in range(have, wanted)])
    account_ids = list(range(SYSTEM_ACCOUNTS + 1, wanted + 1))
    _pay_in(sequencer, instruments, account_ids)
    return instruments, account_ids


def funds_atoms(terms: Terms) -> tuple[int, int]:
    """What an account is given to trade one instrument: base and quote atoms."""
    lots = terms.size_lots * FUNDS_SIZES
    return lots * terms.base_atoms_per_lot, lots * terms.reference_ticks * terms.atoms_per_tick_lot


def _list_all(sequencer: Sequencer) -> dict[int, Terms]:
    """Assets, fees and instruments; each instrument open."""
    assets = numbers_of(sequencer, Limit.ASSETS)
    wanted = [(MARK, 0, AssetClass.COIN), (QUOTE, QUOTE_DECIMALS, AssetClass.STABLECOIN)]
    wanted += [(terms.base, terms.decimals, terms.asset_class) for terms in LISTINGS]
    send(sequencer, [build.list_asset(*each) for each in wanted if each[0] not in assets])
    assets = numbers_of(sequencer, Limit.ASSETS)
    known = numbers_of(sequencer, Limit.INSTRUMENTS)
    send(sequencer, [build.set_fees(0, 0, MAKER_PPM, TAKER_PPM)] if not known else [])
    send(sequencer, [_listing(terms, assets) for terms in LISTINGS if terms.name not in known])
    rows = sequencer.call(lambda node: rows_of(node, Limit.INSTRUMENTS)).result()
    waiting = rows["instrument_id"][rows["status"] == InstrumentStatus.PRE_OPEN].tolist()
    send(sequencer, [build.set_status(instrument_id, InstrumentStatus.OPEN) for instrument_id in waiting])
    numbers = numbers_of(sequencer, Limit.INSTRUMENTS)
    return {numbers[terms.name]: terms for terms in LISTINGS}


def _listing(terms: Terms, assets: Mapping[str, int]) -> NDArray[np.void]:
    return build.list_instrument(
        terms.name,
        assets[terms.base],
        assets[QUOTE],
        base_atoms_per_lot=terms.base_atoms_per_lot,
        atoms_per_tick_lot=terms.atoms_per_tick_lot,
        asset_class=terms.asset_class,
        qty_max_lots=terms.size_lots * 10_000,
        price_max_ticks=terms.price_max_ticks,
        reference_price_ticks=terms.reference_ticks,
        band_ppm=BAND_PPM,
    )


def _pay_in(sequencer: Sequencer, instruments: Mapping[int, Terms], account_ids: Iterable[int]) -> None:
    """Bring every account back to its funds where it has less than half."""
    assets = numbers_of(sequencer, Limit.ASSETS)
    rows = sequencer.call(lambda node: rows_of(node, Limit.BALANCES)).result()
    total = rows["free_atoms"] + rows["order_held_atoms"] + rows["other_held_atoms"]
    has = dict(
        zip(zip(rows["account_id"].tolist(), rows["asset_id"].tolist(), strict=True), total.tolist(), strict=True)
    )
    wanted: dict[int, int] = {}
    for terms in instruments.values():
        base, quote = funds_atoms(terms)
        wanted[assets[terms.base]] = base
        wanted[assets[QUOTE]] = wanted.get(assets[QUOTE], 0) + quote
    send(
        sequencer,
        [
            build.deposit(account_id, asset_id, amount - has.get((account_id, asset_id), 0))
            for account_id in account_ids
            for asset_id, amount in wanted.items()
            if has.get((account_id, asset_id), 0) < amount // 2
        ],
    )


def send(sequencer: Sequencer, commands: list[build.Rows]) -> None:
    """Send commands that a sound demonstration is never refused."""
    if not commands:
        return
    events = sequencer.submit(build.join(*commands)).result().events
    refused = events[events["kind"] == Event.REJECTED]
    if len(refused):
        reason = Reject(int(refused["reason"][0]))
        raise Refused(reason, f"setting up the demonstration was refused: {reason.name}", refused[0])


def numbers_of(sequencer: Sequencer, table: Limit) -> dict[str, int]:
    """Numbers by name, of a table whose rows have one."""
    rows = sequencer.call(lambda node: rows_of(node, table)).result()
    return {build.name_text(row["name"]): number for number, row in enumerate(rows, start=1)}


def rows_of(node: Node, table: Limit) -> NDArray[np.void]:
    """A copy of a table's rows from 1 on. Rows of these tables are never freed."""
    state = node.machine.state
    return state[table.name.lower()][1 : int(state.tables[table].high_water) + 1].copy()
