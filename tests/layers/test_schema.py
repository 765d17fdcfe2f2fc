"""The layout of rows, the numbers of codes and the rules' bounds do not change by accident.

Journals and snapshots hold these bytes. A test here that fails is a question, not a chore: is the
change meant? Then raise FORMAT_VERSION (rows, codes) or RULES_VERSION (bounds) in
schema/messages.py, or STATE_VERSION (tables) in schema/state.py, and add a line with the new
fingerprint below; the old line stays. Only a code added at the end of its group, and any change
before the first release, replaces the line instead.
"""

import hashlib
import json
from enum import IntEnum

import numpy as np

from emporion.schema import codes, limits, messages, state

LAYOUTS = {1: "a48dc3179d76f57d"}  # FORMAT_VERSION -> fingerprint of the journal's rows and codes.
TABLES = {  # STATE_VERSION -> fingerprint of the state's tables.
    2: "5446332ca30dfd82", 3: "aa44c5f674ca18c0", 4: "3a3a9367a0eb8262", 5: "0a25c681bbf1da3e",
}  # fmt: skip
BOUNDS = {1: "ea7d941833b2583a", 2: "98925566ba08f6ec"}  # RULES_VERSION -> fingerprint of the constants of the rules.

# Rows that are made for an answer and kept nowhere.
NOT_KEPT = {"EVENTS", "AHEAD", "DEPTH", "DEPTH_ROW"}
# Constants that shape what a command does. Sizes of builds (Capacity) and of a batch may change freely.
BUILD_CONSTANTS = {
    "BATCH_ROWS", "EVENT_ROWS", "ROW_BYTES", "AHEAD_ROWS", "ACCOUNT_BITS", "ASSET_BITS", "BALANCE_BITS",
    "CLIENT_ID_BITS",
}  # fmt: skip


def fingerprint(value: object) -> str:
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


def layout(dtype: np.dtype) -> object:
    """Names, offsets and types, nested as they are."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return [layout(base), list(shape)]
    if dtype.names is None:
        return dtype.str
    assert dtype.fields is not None
    return [[name, dtype.fields[name][1], layout(dtype.fields[name][0])] for name in dtype.names]


def row_types(module: object) -> dict[str, np.dtype]:
    return {
        name: value for name, value in vars(module).items() if isinstance(value, np.dtype) and not name.startswith("_")
    }


def layouts() -> dict[str, object]:
    """Every row type of the journal by name, and every code with its number."""
    rows = {name: layout(value) for name, value in row_types(messages).items() if name not in NOT_KEPT}
    enums = [v for v in vars(codes).values() if isinstance(v, type) and issubclass(v, IntEnum) and v is not IntEnum]
    return rows | {enum.__name__: {member.name: member.value for member in enum} for enum in enums}


def tables() -> dict[str, object]:
    """Every row type of the state by name, and the tables of its record."""
    rows = {name: layout(value) for name, value in row_types(state).items()}
    fields = state.state_dtype(limits.TINY).fields
    assert fields is not None
    rows["STATE"] = [[name, layout(field[0].base)] for name, field in fields.items()]  # How long is the build's affair.
    return rows


def bounds() -> dict[str, int]:
    return {
        name: value
        for name, value in vars(limits).items()
        if name.isupper() and isinstance(value, int) and name not in BUILD_CONSTANTS
    }


def test_the_layout_is_the_recorded_one():
    assert fingerprint(layouts()) == LAYOUTS[messages.FORMAT_VERSION]


def test_the_tables_are_the_recorded_ones():
    assert fingerprint(tables()) == TABLES[state.STATE_VERSION]


def test_the_bounds_are_the_recorded_ones():
    assert fingerprint(bounds()) == BOUNDS[messages.RULES_VERSION]


def test_the_fingerprint_sees_a_renamed_and_a_moved_field():
    plain = np.dtype([("a", "i4"), ("b", "i4")])
    renamed = np.dtype([("a", "i4"), ("c", "i4")])
    moved = np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [4, 0]})
    wider = np.dtype([("a", "i4"), ("b", "i8")])
    assert len({fingerprint(layout(dtype)) for dtype in (plain, renamed, moved, wider)}) == 4


def test_no_row_has_bytes_without_a_name():
    """Padding would be left as it was found, and would make equal states differ in their bytes."""
    for name, dtype in (row_types(messages) | row_types(state)).items():
        assert dtype.fields is not None
        assert sum(dtype.fields[field][0].itemsize for field in dtype.names or ()) == dtype.itemsize, name
        assert all(dtype.fields[field][1] % dtype.fields[field][0].alignment == 0 for field in dtype.names or ()), name


def test_codes_are_unique_and_fit_their_fields():
    for value in vars(codes).values():
        if isinstance(value, type) and issubclass(value, IntEnum) and value is not IntEnum:
            assert len(value.__members__) == len(list(value)), f"{value.__name__}: two names for one number"
            assert all(0 <= member < 256 for member in value), value.__name__


def test_every_field_reads_as_an_attribute():
    """Uncompiled, `order.flags` must be the field and not what NumPy itself calls flags."""
    for name, dtype in (row_types(messages) | row_types(state)).items():
        record = np.frombuffer(b"\1" * dtype.itemsize, dtype)[0]
        for field in dtype.names or ():
            assert np.array_equal(getattr(record, field), record[field]), f"{name}.{field}"
