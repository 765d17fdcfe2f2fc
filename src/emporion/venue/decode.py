"""Journal rows in words: each command by the fields of its family, codes by name."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emporion.schema import messages
from emporion.schema.build import name_text
from emporion.schema.build_margin import LENDING_VALUES, LIQUIDATION_VALUES, PAYOUT_ROWS, RISK_ROWS
from emporion.schema.codes import (
    AssetClass,
    Command,
    ContractKind,
    FeeForm,
    InstrumentStatus,
    Limit,
    Link,
    OrderFlag,
    Side,
    Stp,
    Tif,
)
from emporion.schema.limits import OUTCOMES_MAX
from emporion.venue.history import heads_of
from emporion.venue.values import client_id_text

LEDGER_KINDS = range(Command.DEPOSIT, Command.RELEASE_BALANCE + 1)
ORDER_KINDS = (*range(Command.PLACE, Command.MASS_CANCEL + 1), Command.PLACE_TWAP, Command.CANCEL_TWAP)
MARGIN_KINDS = range(Command.LIST_CONTRACT, Command.RESOLVE_OUTCOME + 1)
DATA_OF: dict[int, tuple[np.dtype, ...]] = {
    Command.PLACE: (messages.ORDER_EXTRA,),
    Command.LIST_ASSET: (messages.ASSET_TERMS,),
    Command.LIST_INSTRUMENT: (messages.INSTRUMENT_TERMS, messages.INSTRUMENT_BOUNDS),
    Command.AMEND_INSTRUMENT: (messages.INSTRUMENT_BOUNDS,),
    Command.GENESIS: (messages.GENESIS_LIMITS,) * messages.GENESIS_ROWS,
    Command.PLACE_TWAP: (messages.TWAP_TERMS,),
    Command.LIST_CONTRACT: (
        messages.INSTRUMENT_TERMS,
        messages.INSTRUMENT_BOUNDS,
        messages.CONTRACT_TERMS,
        messages.CONTRACT_BOUNDS,
    ),
    Command.AMEND_CONTRACT: (messages.CONTRACT_BOUNDS,),
    Command.LIST_QUESTION: (messages.QUESTION_TERMS,),
    Command.SET_RISK: (messages.VALUES,) * RISK_ROWS,
    Command.SET_LENDING: (messages.VALUES,),
    Command.SET_LIQUIDATION: (messages.VALUES,),
    Command.PROPOSE_OUTCOME: (messages.VALUES,) * PAYOUT_ROWS,
    Command.RESOLVE_OUTCOME: (messages.VALUES,) * PAYOUT_ROWS,
}
NAMED: dict[str, type[IntEnum]] = {
    "side": Side,
    "tif": Tif,
    "status": InstrumentStatus,
    "asset_class": AssetClass,
    "contract_kind": ContractKind,
    "fee_form": FeeForm,
    "link": Link,
}
PLUMBING = ("kind", "ts_ns", "data_rows", "cl_ord_id_hi", "cl_ord_id_lo")
# Families share a row among several kinds: these say which fields a kind has a use for beside the accounts.
USED = {
    Command.SET_DEADMAN: ("account_id", "timeout_ns"),
    Command.SET_LIMIT: ("limit", "limit_value"),
    Command.SET_FEES: ("fee_schedule", "fee_tier", "maker_ppm", "taker_ppm"),
    Command.OPEN_ACCOUNT: ("master_id", "fee_tier"),
    Command.SET_ACCOUNT: ("account_id", "fee_tier"),
}


def family(kind: int) -> np.dtype:
    """The row type of a command of a kind."""
    if kind in ORDER_KINDS:
        return messages.ORDER_COMMAND
    if kind in MARGIN_KINDS:
        return messages.MARGIN_COMMAND
    if kind == Command.TRANSFER:
        return messages.TRANSFER_COMMAND
    return messages.LEDGER_COMMAND if kind in LEDGER_KINDS else messages.ADMIN_COMMAND


SHORT = {  # Numbers that VALUES rows hold for each kind, the rest being zeros.
    Command.SET_LENDING: len(LENDING_VALUES),
    Command.SET_LIQUIDATION: len(LIQUIDATION_VALUES),
    Command.PROPOSE_OUTCOME: OUTCOMES_MAX,
    Command.RESOLVE_OUTCOME: OUTCOMES_MAX,
}


def decode(rows: NDArray[np.void], first_seq: int) -> Iterator[dict[str, Any]]:
    """One dictionary a command: seq, ts_ns, kind, then the fields it has a use for.

    Fields that are 0 are left out but for those that mean something at 0: a kind's own fields as in
    USED. Unknown kinds are shown by number.
    """
    heads = heads_of(rows)
    stops = np.append(heads[1:], len(rows))
    for number, (start, stop) in enumerate(zip(heads.tolist(), stops.tolist(), strict=True)):
        kind = int(rows["kind"][start])
        line: dict[str, Any] = {"seq": first_seq + number, "ts_ns": int(rows["ts_ns"][start]), "kind": _kind_text(kind)}
        _add(line, rows[start : start + 1].view(family(kind))[0], kind)
        for dtype, at in zip(DATA_OF.get(kind, ()), range(start + 1, stop), strict=False):
            _add(line, rows[at : at + 1].view(dtype)[0], kind)
        if kind in SHORT and "values" in line:
            line["values"] = line["values"][: SHORT[Command(kind)]]
        yield line


def _kind_text(kind: int) -> str:
    return Command(kind).name.lower() if kind in Command.__members__.values() else str(kind)


def _add(line: dict[str, Any], row: np.void, kind: int) -> None:
    always = USED.get(Command(kind), ()) if kind in Command.__members__.values() else ()
    names = row.dtype.names or ()
    if "cl_ord_id_hi" in names:
        given = client_id_text(row["cl_ord_id_hi"], row["cl_ord_id_lo"])
        if given is not None:
            line["cl_ord_id"] = given if isinstance(given, str) else given.hex()
    for name in names:
        if name in PLUMBING or name.startswith("reserved"):
            continue
        if name == "name":
            line["name"] = name_text(row["name"])
        elif name in ("limits", "values"):
            line[name] = line.get(name, []) + row[name].tolist()
        elif name in always or row[name]:
            line[name] = _value(name, int(row[name]))


def _value(name: str, value: int) -> Any:
    if name == "request_tag":
        return f"{value:04x}"  # As in the id of the request, which ends with it.
    if name == "flags":
        return [flag.name.lower() for flag in OrderFlag if flag.name and value & flag]
    enumeration: type[IntEnum] | None = {"stp": Stp, "limit": Limit}.get(name, NAMED.get(name))
    if enumeration is not None and value in enumeration.__members__.values():
        return enumeration(value).name.lower()
    return value
