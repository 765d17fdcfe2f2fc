"""Commands as bytes on their way to the node: counted, and marked with the tag of their request."""

from emporion.errors import BadValue
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import COMMAND
from emporion.storage.rows import DATA_ROWS_BYTE, KIND_BYTE


def place(name: str) -> int:
    """Where a field of an order's head row begins."""
    assert COMMAND.fields is not None
    return COMMAND.fields[name][1]


TAG_BYTE = place("request_tag")
TAG_END = TAG_BYTE + 2
assert TAG_END == ROW_BYTES  # So a single row is marked by putting two bytes behind the rest.


def tagged(rows: bytes, tag: int) -> tuple[bytes, int]:
    """The rows with `tag` in every head, and how many commands they are.

    BadValue when they are no whole commands. Checked here for each submission, because several are
    committed as one stream, where one that is cut short would swallow the head of the next.
    """
    mark = tag.to_bytes(2, "little")
    size = len(rows)
    if size == ROW_BYTES and not rows[DATA_ROWS_BYTE]:
        return rows[:TAG_BYTE] + mark, 1
    if not size or size % ROW_BYTES:
        raise BadValue(f"{size} bytes are no commands: rows have {ROW_BYTES}")
    marked, at, commands = bytearray(rows), 0, 0
    while at < size:
        marked[at + TAG_BYTE : at + TAG_END] = mark
        commands += 1
        at += ROW_BYTES * (1 + rows[at + DATA_ROWS_BYTE])
    if at != size:
        raise BadValue("the last command announces more data rows than follow")
    return bytes(marked), commands


def kinds(rows: bytes) -> list[tuple[int, int]]:
    """Where each head row of whole commands begins, and its kind."""
    if len(rows) == ROW_BYTES:
        return [(0, rows[KIND_BYTE])]
    found, at = [], 0
    while at < len(rows):
        found.append((at, rows[at + KIND_BYTE]))
        at += ROW_BYTES * (1 + rows[at + DATA_ROWS_BYTE])
    return found
