"""What a caller hands to the node, looked at once: its rows, where its commands begin, what they are."""

from dataclasses import dataclass

import numpy as np

from emporion.engine.bounds import excess_of_rows
from emporion.errors import BadValue
from emporion.schema.codes import Command
from emporion.schema.limits import Capacity
from emporion.schema.messages import COMMAND
from emporion.storage.rows import KIND_BYTE, as_bytes, find_heads

# What brings in new orders, money or names: refused first when the disk runs full.
ENTRY_KINDS = (
    Command.PLACE, Command.REPLACE, Command.DEPOSIT, Command.TRANSFER, Command.WITHDRAW, Command.GENESIS,
    Command.SET_LIMIT, Command.LIST_ASSET, Command.LIST_INSTRUMENT, Command.AMEND_INSTRUMENT, Command.SET_FEES,
    Command.OPEN_ACCOUNT,
)  # fmt: skip
ENTRY, LIMITS, FRAME = 1, 2, 4  # Bits of _TRAITS.
_TRAITS = np.zeros(256, np.uint8)
_TRAITS[list(ENTRY_KINDS)] = ENTRY
_TRAITS[[Command.GENESIS, Command.SET_LIMIT]] |= LIMITS
_TRAITS[Command.FRAME] = FRAME


@dataclass(slots=True)
class Request:
    raw: np.ndarray  # uint8 (n, 64)
    heads: np.ndarray | None  # None: every row.
    commands: int
    is_entry: bool


def request_of(rows: np.ndarray, capacity: Capacity) -> Request:
    """Look at rows from outside; BadValue when they cannot be journalled.

    Whether a command makes sense is the kernel's to say. Here only: data rows are not missing at
    the end; no row says it is a FRAME, which would let a client forge what recovery relies on;
    and no limit goes beyond what this build can hold.
    """
    raw = as_bytes(rows)
    heads = find_heads(raw)
    traits = int(np.bitwise_or.reduce(_TRAITS[raw[:, KIND_BYTE]])) if len(raw) else 0
    if traits & FRAME:
        raise BadValue("rows of kind FRAME belong to the journal and cannot be submitted")
    if traits & LIMITS and (problem := excess_of_rows(capacity, raw.reshape(-1).view(COMMAND))):
        raise BadValue(f"limits beyond this node: {problem}")
    return Request(raw, heads, len(raw) if heads is None else len(heads), bool(traits & ENTRY))
