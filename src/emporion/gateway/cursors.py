"""Cursors: where a page of a list ended, as opaque text.

A cursor holds the key of the last row given, never a count of rows, so what is added while somebody
turns pages neither repeats nor hides a row. Text that was not made here is refused.
"""

import base64
import struct
import zlib
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from emporion.gateway.problems import fail
from emporion.wire.values import Cursor

LIMIT_DEFAULT, LIMIT_MAX = 100, 1_000
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX, description="How many rows at most.")]
T = TypeVar("T")
_KEY = struct.Struct("<qq")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list; `next` is the cursor of the part behind it, null at the end."""

    items: list[T]
    next: str | None = None


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a list."""

    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


def write(kind: str, first: int, second: int = 0) -> str:
    """The cursor of a row of a list by its key; `kind` keeps those of different lists apart."""
    raw = _KEY.pack(first, second)
    return base64.urlsafe_b64encode(raw + _check(kind, raw)).decode().rstrip("=")


def read(kind: str, cursor: str | None) -> tuple[int, int]:
    """The key in a cursor, zeros for none."""
    if cursor is None:
        return 0, 0
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _KEY.size + 4 or _check(kind, raw[:-4]) != raw[-4:]:
        raise fail(400, "BAD_FIELD", "The cursor is none of this list.", "Begin again without one.", field="cursor")
    first, second = _KEY.unpack(raw[:-4])
    return first, second


def _check(kind: str, raw: bytes) -> bytes:
    """Not a secret: it finds cursors that were cut, or taken to another list."""
    return zlib.crc32(raw, zlib.crc32(kind.encode())).to_bytes(4, "little")


def page_query(*fields: tuple[str, Any, Any], name: str) -> type[msgspec.Struct]:
    """A query struct with more fields: (name, type, default)."""
    return msgspec.defstruct(name, fields, bases=(PageQuery,), frozen=True, forbid_unknown_fields=True, kw_only=True)
