"""Command rows from named arguments: one small function per kind of command.

Each returns a fresh 1-D array of 64-byte rows, the head first and its data rows behind it, of
dtype COMMAND whatever the family, so that `join` can put any of them into one stream. Nothing is
checked here but that a number fits its field (OverflowError) and a text its bytes (BadValue):
what may be asked for is the kernel's to decide.

`ts_ns` is left 0, which means "no later than the command before"; the node stamps it.
"""

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from emporion.errors import BadValue
from emporion.schema.codes import AssetClass, Command, InstrumentStatus, Limit, Tif
from emporion.schema.limits import CLIENT_IDS_PER_ACCOUNT, SMALL, Capacity
from emporion.schema.messages import (
    ADMIN_COMMAND,
    ASSET_TERMS,
    COMMAND,
    GENESIS_LIMITS,
    GENESIS_ROWS,
    INSTRUMENT_BOUNDS,
    INSTRUMENT_TERMS,
    LEDGER_COMMAND,
    LIMITS_PER_ROW,
    ORDER_COMMAND,
    ORDER_EXTRA,
    TRANSFER_COMMAND,
)
from emporion.schema.state import TABLE_NAMES

Rows = NDArray[np.void]
NAME_BYTES = 16
CL_ORD_ID_BYTES = 16
_HALVES = struct.Struct("<qq")  # The client's bytes stand in the row as they were given.


# --- Streams of rows -------------------------------------------------------------------------------


def join(*rows: Rows) -> Rows:
    """One stream of several commands, in the order given."""
    return np.concatenate([part.view(COMMAND) for part in rows]) if rows else np.zeros(0, COMMAND)


def stamp(rows: Rows, ts_ns: int) -> Rows:
    """The same rows with `ts_ns` in every head row; changes and returns them."""
    rows["ts_ns"][rows["kind"] != Command.DATA] = ts_ns
    return rows


def halves(cl_ord_id: bytes) -> tuple[int, int]:
    """A client id of up to 16 bytes as the two numbers that rows carry; b"" is none: (0, 0)."""
    if len(cl_ord_id) > CL_ORD_ID_BYTES:
        raise BadValue(f"client id {cl_ord_id!r} is longer than {CL_ORD_ID_BYTES} bytes; hash it at the door")
    hi, lo = _HALVES.unpack(cl_ord_id.ljust(CL_ORD_ID_BYTES, b"\0"))
    return hi, lo


def cl_ord_id_of(hi: int, lo: int) -> bytes:
    """The bytes a client gave, from the two halves in a row; NULs at the end are dropped."""
    return _HALVES.pack(hi, lo).rstrip(b"\0")


def name_bytes(name: str | bytes) -> NDArray[np.uint8]:
    """A name of up to 16 bytes of UTF-8, as the rows hold it."""
    raw = name.encode() if isinstance(name, str) else name
    if len(raw) > NAME_BYTES:
        raise BadValue(f"name {name!r} is longer than {NAME_BYTES} bytes")
    return np.frombuffer(raw.ljust(NAME_BYTES, b"\0"), np.uint8)


def name_text(name: NDArray[np.uint8]) -> str:
    """The text of a name in a row."""
    return bytes(name).rstrip(b"\0").decode(errors="replace")


def one_row(dtype: np.dtype, kind: int, **values: object) -> Rows:
    """A row of any family with these fields, the others zero."""
    rows = np.zeros(1, dtype)
    rows["kind"] = kind
    for name, value in values.items():
        rows[name] = value
    return rows.view(COMMAND)


# --- Orders ----------------------------------------------------------------------------------------


def place(
    account_id: int,
    instrument_id: int,
    side: int,
    qty_lots: int,
    price_ticks: int = 0,
    tif: int = Tif.GTC,
    flags: int = 0,
    stp: int = 0,
    cl_ord_id: bytes = b"",
    display_lots: int = 0,
    trigger_price_ticks: int = 0,
    expire_ns: int = 0,
    trail_ticks: int = 0,
    related_id: int = 0,
    link: int = 0,
) -> Rows:
    """PLACE; a data row follows when the order is an iceberg, a stop, has an end or is tied to another."""
    hi, lo = halves(cl_ord_id)
    has_extra = any((display_lots, trigger_price_ticks, expire_ns, trail_ticks, related_id, link))
    head = one_row(
        ORDER_COMMAND, Command.PLACE, account_id=account_id, instrument_id=instrument_id, side=side, qty_lots=qty_lots,
        price_ticks=price_ticks, tif=tif, flags=flags, stp=stp, cl_ord_id_hi=hi, cl_ord_id_lo=lo,
        data_rows=int(has_extra),
    )  # fmt: skip
    if not has_extra:
        return head
    extra = one_row(
        ORDER_EXTRA, Command.DATA, display_lots=display_lots, trigger_price_ticks=trigger_price_ticks,
        expire_ns=expire_ns, trail_ticks=trail_ticks, related_id=related_id, link=link,
    )  # fmt: skip
    return join(head, extra)


def replace(account_id: int, order_id: int, qty_lots: int, price_ticks: int = 0, cl_ord_id: bytes = b"") -> Rows:
    """REPLACE: `qty_lots` is the new total; price 0 keeps it; a client id is a new one.

    With `order_id` 0 the client id says which order, and stays.
    """
    hi, lo = halves(cl_ord_id)
    return one_row(
        ORDER_COMMAND, Command.REPLACE, account_id=account_id, order_id=order_id, qty_lots=qty_lots,
        price_ticks=price_ticks, cl_ord_id_hi=hi, cl_ord_id_lo=lo,
    )  # fmt: skip


def cancel(account_id: int, order_id: int) -> Rows:
    """CANCEL by the venue's number."""
    return one_row(ORDER_COMMAND, Command.CANCEL, account_id=account_id, order_id=order_id)


def cancel_by_cl_ord_id(account_id: int, cl_ord_id: bytes) -> Rows:
    """CANCEL_BY_CL_ORD_ID: the open order that goes by the client's id."""
    hi, lo = halves(cl_ord_id)
    return one_row(ORDER_COMMAND, Command.CANCEL_BY_CL_ORD_ID, account_id=account_id, cl_ord_id_hi=hi, cl_ord_id_lo=lo)


def mass_cancel(account_id: int, instrument_id: int = 0, side: int = 0) -> Rows:
    """MASS_CANCEL of an account, on one instrument or all; account 0: of everybody, by the operator."""
    return one_row(ORDER_COMMAND, Command.MASS_CANCEL, account_id=account_id, instrument_id=instrument_id, side=side)


def set_deadman(account_id: int, timeout_ns: int) -> Rows:
    """SET_DEADMAN: cancel everything unless set again in time; 0 switches it off."""
    return one_row(ADMIN_COMMAND, Command.SET_DEADMAN, account_id=account_id, timeout_ns=timeout_ns)


# --- Ledger ----------------------------------------------------------------------------------------


def deposit(account_id: int, asset_id: int, amount_atoms: int, cl_ord_id: bytes = b"", reference: int = 0) -> Rows:
    """DEPOSIT: from the outside world to free."""
    return _ledger(Command.DEPOSIT, account_id, asset_id, amount_atoms, cl_ord_id, reference)


def transfer(
    account_id: int, to_account_id: int, asset_id: int, amount_atoms: int, cl_ord_id: bytes = b"", reference: int = 0
) -> Rows:
    """TRANSFER: from one account's free balance to another's."""
    hi, lo = halves(cl_ord_id)
    return one_row(
        TRANSFER_COMMAND, Command.TRANSFER, account_id=account_id, to_account_id=to_account_id, asset_id=asset_id,
        amount_atoms=amount_atoms, cl_ord_id_hi=hi, cl_ord_id_lo=lo, reference=reference,
    )  # fmt: skip


def withdraw(account_id: int, asset_id: int, amount_atoms: int, cl_ord_id: bytes = b"", reference: int = 0) -> Rows:
    """WITHDRAW, phase one: the amount is held; the event names the hold."""
    return _ledger(Command.WITHDRAW, account_id, asset_id, amount_atoms, cl_ord_id, reference)


def withdraw_settle(hold_id: int, account_id: int = 0) -> Rows:
    """WITHDRAW_SETTLE, phase two: it has left the venue."""
    return one_row(LEDGER_COMMAND, Command.WITHDRAW_SETTLE, hold_id=hold_id, account_id=account_id)


def withdraw_refuse(hold_id: int, account_id: int = 0) -> Rows:
    """WITHDRAW_REFUSE, phase two: it goes back to free."""
    return one_row(LEDGER_COMMAND, Command.WITHDRAW_REFUSE, hold_id=hold_id, account_id=account_id)


def freeze_balance(
    account_id: int, asset_id: int, amount_atoms: int, cl_ord_id: bytes = b"", reference: int = 0
) -> Rows:
    """FREEZE_BALANCE: held by name until released, taken from orders if free does not suffice."""
    return _ledger(Command.FREEZE_BALANCE, account_id, asset_id, amount_atoms, cl_ord_id, reference)


def release_balance(hold_id: int, account_id: int = 0) -> Rows:
    """RELEASE_BALANCE: a frozen amount goes back to free."""
    return one_row(LEDGER_COMMAND, Command.RELEASE_BALANCE, hold_id=hold_id, account_id=account_id)


def _ledger(kind: int, account_id: int, asset_id: int, amount_atoms: int, cl_ord_id: bytes, reference: int) -> Rows:
    hi, lo = halves(cl_ord_id)
    return one_row(
        LEDGER_COMMAND, kind, account_id=account_id, asset_id=asset_id, amount_atoms=amount_atoms, cl_ord_id_hi=hi,
        cl_ord_id_lo=lo, reference=reference,
    )  # fmt: skip


# --- Time and operators ------------------------------------------------------------------------------


def tick() -> Rows:
    """TICK: nothing but the time, and what has come due."""
    return one_row(ADMIN_COMMAND, Command.TICK)


def continue_work() -> Rows:
    """CONTINUE: a further piece of work that one command may not finish."""
    return one_row(ADMIN_COMMAND, Command.CONTINUE)


def limits_of(capacity: Capacity = SMALL) -> dict[Limit, int]:
    """The largest logical limits a build of this size can serve: row 0 is nobody's."""
    limits = {Limit[name.upper()]: getattr(capacity, name) - 1 for name in TABLE_NAMES}
    limits[Limit.CLIENT_IDS_PER_ACCOUNT] = CLIENT_IDS_PER_ACCOUNT
    return limits


def genesis(limits: Mapping[Limit, int] | None = None, capacity: Capacity = SMALL) -> Rows:
    """GENESIS: the first command. Limits not given are those of the capacity."""
    values = limits_of(capacity) | dict(limits or {})
    numbers = [values[limit] for limit in Limit]
    numbers += [0] * (GENESIS_ROWS * LIMITS_PER_ROW - len(numbers))
    head = one_row(ADMIN_COMMAND, Command.GENESIS, data_rows=GENESIS_ROWS)
    rows = [numbers[first : first + LIMITS_PER_ROW] for first in range(0, len(numbers), LIMITS_PER_ROW)]
    return join(head, *(one_row(GENESIS_LIMITS, Command.DATA, limits=limits) for limits in rows))


def set_limit(limit: int, value: int) -> Rows:
    """SET_LIMIT: raise one logical limit."""
    return one_row(ADMIN_COMMAND, Command.SET_LIMIT, limit=limit, limit_value=value)


def list_asset(name: str | bytes, decimals: int, asset_class: int = AssetClass.COIN) -> Rows:
    """LIST_ASSET: the event names its number."""
    terms = one_row(ASSET_TERMS, Command.DATA, name=name_bytes(name), decimals=decimals, asset_class=asset_class)
    return join(one_row(ADMIN_COMMAND, Command.LIST_ASSET, data_rows=1), terms)


def bounds(
    qty_min_lots: int = 1,
    qty_max_lots: int = 1_000_000_000,
    price_max_ticks: int = 1_000_000_000,
    notional_min_atoms: int = 0,
    notional_max_atoms: int = 0,
    reference_price_ticks: int = 0,
    band_ppm: int = 0,
    fee_schedule: int = 0,
) -> Rows:
    """The data row of an instrument's bounds. The defaults fit one atom a tick and lot."""
    return one_row(
        INSTRUMENT_BOUNDS, Command.DATA, qty_min_lots=qty_min_lots, qty_max_lots=qty_max_lots,
        price_max_ticks=price_max_ticks, notional_min_atoms=notional_min_atoms, notional_max_atoms=notional_max_atoms,
        reference_price_ticks=reference_price_ticks, band_ppm=band_ppm, fee_schedule=fee_schedule,
    )  # fmt: skip


def list_instrument(
    name: str | bytes,
    base_asset_id: int,
    quote_asset_id: int,
    base_atoms_per_lot: int = 1,
    atoms_per_tick_lot: int = 1,
    asset_class: int = AssetClass.COIN,
    **bounds_fields: int,
) -> Rows:
    """LIST_INSTRUMENT; further arguments are those of `bounds`. It starts PRE_OPEN."""
    terms = one_row(
        INSTRUMENT_TERMS, Command.DATA, name=name_bytes(name), base_asset_id=base_asset_id,
        quote_asset_id=quote_asset_id, base_atoms_per_lot=base_atoms_per_lot, atoms_per_tick_lot=atoms_per_tick_lot,
        asset_class=asset_class,
    )  # fmt: skip
    return join(one_row(ADMIN_COMMAND, Command.LIST_INSTRUMENT, data_rows=2), terms, bounds(**bounds_fields))


def amend_instrument(instrument_id: int, **bounds_fields: int) -> Rows:
    """AMEND_INSTRUMENT: new bounds, all of them; arguments are those of `bounds`."""
    head = one_row(ADMIN_COMMAND, Command.AMEND_INSTRUMENT, instrument_id=instrument_id, data_rows=1)
    return join(head, bounds(**bounds_fields))


def set_status(instrument_id: int, status: int = InstrumentStatus.OPEN) -> Rows:
    """SET_STATUS of an instrument."""
    return one_row(ADMIN_COMMAND, Command.SET_STATUS, instrument_id=instrument_id, status=status)


def set_fees(fee_schedule: int, fee_tier: int, maker_ppm: int, taker_ppm: int) -> Rows:
    """SET_FEES of one tier of one schedule, for orders admitted from now on."""
    return one_row(
        ADMIN_COMMAND, Command.SET_FEES, fee_schedule=fee_schedule, fee_tier=fee_tier, maker_ppm=maker_ppm,
        taker_ppm=taker_ppm,
    )  # fmt: skip


def open_account(master_id: int = 0, fee_tier: int = 0) -> Rows:
    """OPEN_ACCOUNT: the next number, of its own or below a master."""
    return one_row(ADMIN_COMMAND, Command.OPEN_ACCOUNT, master_id=master_id, fee_tier=fee_tier)


def set_account(account_id: int, fee_tier: int) -> Rows:
    """SET_ACCOUNT: its fee tier."""
    return one_row(ADMIN_COMMAND, Command.SET_ACCOUNT, account_id=account_id, fee_tier=fee_tier)


def freeze_account(account_id: int) -> Rows:
    """FREEZE_ACCOUNT: its orders are cancelled."""
    return one_row(ADMIN_COMMAND, Command.FREEZE_ACCOUNT, account_id=account_id)


def unfreeze_account(account_id: int) -> Rows:
    """UNFREEZE_ACCOUNT."""
    return one_row(ADMIN_COMMAND, Command.UNFREEZE_ACCOUNT, account_id=account_id)
