"""Calls from Python into the kernel, by address.

Numba looks at the type of every argument at every call, and for a record of a hundred tables
that takes longer than a small batch. So the compiled entries take addresses, which are plain
numbers, and see the records there themselves: a call costs a microsecond. There is one set of
entries for each build size, compiled when it is first used.

Uncompiled, the same functions are called with the records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from emporion.kernel.apply import apply_batch
from emporion.kernel.depth import read_depth
from emporion.kernel.index import rebuild
from emporion.kernel.jit import COMPILED, entry
from emporion.kernel.preview import foresee
from emporion.schema import messages
from emporion.schema.limits import Capacity
from emporion.schema.state import state_dtype

ORDERS = messages.rows_of(messages.ORDER_COMMAND)
LEDGER = messages.rows_of(messages.LEDGER_COMMAND)
TRANSFERS = messages.rows_of(messages.TRANSFER_COMMAND)
ADMIN = messages.rows_of(messages.ADMIN_COMMAND)
EXTRAS = messages.rows_of(messages.ORDER_EXTRA)
ASSETS = messages.rows_of(messages.ASSET_TERMS)
TERMS = messages.rows_of(messages.INSTRUMENT_TERMS)
BOUNDS = messages.rows_of(messages.INSTRUMENT_BOUNDS)
LIMITS = messages.rows_of(messages.GENESIS_LIMITS)
MARGIN = messages.rows_of(messages.MARGIN_COMMAND)
CONTRACTS = messages.rows_of(messages.CONTRACT_TERMS)
CAPS = messages.rows_of(messages.CONTRACT_BOUNDS)
QUESTIONS = messages.rows_of(messages.QUESTION_TERMS)
VALUES = messages.rows_of(messages.VALUES)
TWAPS = messages.rows_of(messages.TWAP_TERMS)
FAMILIES = (
    ORDERS, LEDGER, TRANSFERS, ADMIN, EXTRAS, ASSETS, TERMS, BOUNDS, LIMITS, MARGIN, CONTRACTS, CAPS, QUESTIONS, VALUES,
    TWAPS,
)  # fmt: skip
EVENTS = messages.EVENTS
DEPTH = messages.DEPTH
PREVIEW = messages.PREVIEW


@dataclass(frozen=True)
class Entries:
    """The kernel as Python calls it, with handles of arrays: their addresses, or uncompiled they themselves."""

    handle: Callable[[np.ndarray], Any]
    apply: Callable[[Any, Any, int, int, Any], int]  # (state, batch, count, start, events) -> where it stopped
    read_depth: Callable[[Any, int, int, int, Any], None]  # (state, instrument_id, side, levels, depth)
    rebuild: Callable[[Any], None]  # (state)
    preview: Callable[[Any, Any, Any, Any], None]  # (state, batch, events, answer)


@lru_cache
def entries(capacity: Capacity) -> Entries:
    """The entries for states of this size. Nothing is compiled before the first call."""
    return _by_address(capacity) if COMPILED else _by_record()


def _by_record() -> Entries:
    def apply(state, batch, count, start, out):
        families = [batch.reshape(-1).view(family)[0] for family in FAMILIES]
        return apply_batch(state[0], *families, count, start, out[0])

    def depth(state, instrument_id, side, levels, out):
        read_depth(state[0], instrument_id, side, levels, out[0])

    def preview(state, batch, out, answer):
        orders, extras = (batch.reshape(-1).view(family)[0] for family in (ORDERS, EXTRAS))
        foresee(state[0], orders, extras, out[0], answer[0])

    return Entries(lambda array: array, apply, depth, lambda state: rebuild(state[0]), preview)


def _by_address(capacity: Capacity) -> Entries:
    STATE = state_dtype(capacity)  # A constant to the compiler, and part of the cache's key.

    @entry
    def apply(state_at, batch_at, count, start, out_at):
        return apply_batch(
            carray(_pointer(state_at), (1,), STATE)[0],
            carray(_pointer(batch_at), (1,), ORDERS)[0],
            carray(_pointer(batch_at), (1,), LEDGER)[0],
            carray(_pointer(batch_at), (1,), TRANSFERS)[0],
            carray(_pointer(batch_at), (1,), ADMIN)[0],
            carray(_pointer(batch_at), (1,), EXTRAS)[0],
            carray(_pointer(batch_at), (1,), ASSETS)[0],
            carray(_pointer(batch_at), (1,), TERMS)[0],
            carray(_pointer(batch_at), (1,), BOUNDS)[0],
            carray(_pointer(batch_at), (1,), LIMITS)[0],
            carray(_pointer(batch_at), (1,), MARGIN)[0],
            carray(_pointer(batch_at), (1,), CONTRACTS)[0],
            carray(_pointer(batch_at), (1,), CAPS)[0],
            carray(_pointer(batch_at), (1,), QUESTIONS)[0],
            carray(_pointer(batch_at), (1,), VALUES)[0],
            carray(_pointer(batch_at), (1,), TWAPS)[0],
            count,
            start,
            carray(_pointer(out_at), (1,), EVENTS)[0],
        )

    @entry
    def depth(state_at, instrument_id, side, levels, out_at):
        read_depth(
            carray(_pointer(state_at), (1,), STATE)[0], instrument_id, side, levels,
            carray(_pointer(out_at), (1,), DEPTH)[0],
        )  # fmt: skip

    @entry
    def rebuild_indexes(state_at):
        rebuild(carray(_pointer(state_at), (1,), STATE)[0])

    @entry
    def preview(state_at, batch_at, out_at, answer_at):
        foresee(
            carray(_pointer(state_at), (1,), STATE)[0],
            carray(_pointer(batch_at), (1,), ORDERS)[0],
            carray(_pointer(batch_at), (1,), EXTRAS)[0],
            carray(_pointer(out_at), (1,), EVENTS)[0],
            carray(_pointer(answer_at), (1,), PREVIEW)[0],
        )

    return Entries(lambda array: array.ctypes.data, apply, depth, rebuild_indexes, preview)


@intrinsic
def _pointer(context, address):
    def build(ctx, builder, signature, args):
        return builder.inttoptr(args[0], ctx.get_value_type(types.voidptr))

    return types.voidptr(types.int64), build
