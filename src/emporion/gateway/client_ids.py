"""A client's own id on the wire: text of 1 to 16 bytes, or "0x" and 32 hexadecimal digits for any others."""

import struct

from emporion.gateway.problems import ProblemError, fail
from emporion.venue.values import client_id_text

SIZE = 16
HALVES = struct.Struct("<qq")
NONE = bytes(SIZE)


def raw_of(text: str, field: str = "cl_ord_id") -> bytes:
    """The 16 bytes that a row carries; 400 for what no client id can be."""
    if len(text) == 2 + 2 * SIZE and text[:2] == "0x":
        try:
            raw = bytes.fromhex(text[2:])
        except ValueError:
            raw = b""
        if len(raw) == SIZE and raw != NONE:
            return raw
    else:
        try:
            raw = text.encode()
        except UnicodeEncodeError:  # A lone surrogate.
            raw = b""
        if 0 < len(raw) <= SIZE and text.isprintable():
            return raw if len(raw) == SIZE else raw.ljust(SIZE, b"\0")
    raise fail(
        400, "BAD_FIELD", "This is no client id.",
        f"{field}: {text[:40]!r}; give 1 to 16 bytes of printable UTF-8, or 0x and 32 hexadecimal digits not all zero.",
        field=field,
    )  # fmt: skip


def raw_in_path(text: str) -> bytes:
    """The same of an id in a path: what can be no client id names no order, so it is a 404."""
    try:
        return raw_of(text)
    except ProblemError:
        raise fail(
            404, "UNKNOWN_ORDER", "No order goes by this client id.", f"{text[:40]!r} can be no client id.",
            field="cl_ord_id",
        ) from None  # fmt: skip


def halves_of(text: str, field: str = "cl_ord_id") -> tuple[int, int]:
    """The same as the two numbers that rows of tables hold."""
    hi, lo = HALVES.unpack(raw_of(text, field))
    return hi, lo


def text_of(hi: int, lo: int) -> str | None:
    """How an id in a row is shown; None for none."""
    given = client_id_text(hi, lo)
    if given is None or isinstance(given, str):
        return given
    return "0x" + HALVES.pack(hi, lo).hex()
