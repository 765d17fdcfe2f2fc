"""What callers give, as the venue takes it: codes by name, client ids as bytes, times as nanoseconds.

Apart from the node, so that a client of a served venue takes the same values and refuses the same ones
without a kernel in its process.
"""

import enum
from datetime import UTC, datetime
from decimal import Decimal

from emporion.errors import BadValue
from emporion.schema import build

Number = str | int | Decimal
I64_MAX = (1 << 63) - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def code(enumeration: type[enum.IntEnum], value: object, what: str) -> int:
    """A code from its name in any case, or the code itself."""
    if isinstance(value, str) and value.upper() in enumeration.__members__:
        return int(enumeration[value.upper()])
    if isinstance(value, enumeration):
        return int(value)
    known = ", ".join(repr(member.name.lower()) for member in enumeration)
    raise BadValue(f"{what}: {value!r} is not one of {known}")


def text_of(enumeration: type[enum.IntEnum], size: int = 256) -> list[str]:
    """Texts by number, for frames: lower-case names, "" where there is none."""
    texts = [""] * size
    for member in enumeration:
        if member < size:
            texts[member] = member.name.lower()
    return texts


def client_id(value: str | bytes | None) -> bytes:
    """A client's own id as its bytes: text is UTF-8, at most 16 bytes; None is none."""
    if value is None:
        return b""
    raw = value.encode() if isinstance(value, str) else value
    if not isinstance(raw, bytes) or not raw.strip(b"\0"):
        raise BadValue(f"cl_ord_id: {value!r}; give 1 to {build.CL_ORD_ID_BYTES} bytes, or text of as many")
    if raw.endswith(b"\0") and len(raw) < build.CL_ORD_ID_BYTES:
        raise BadValue(f"cl_ord_id: {value!r} ends with a NUL, which is how shorter ids are filled up")
    if len(raw) > build.CL_ORD_ID_BYTES:
        raise BadValue(f"cl_ord_id: {value!r} is longer than {build.CL_ORD_ID_BYTES} bytes; hash it")
    return raw


def client_id_text(hi: int, lo: int) -> str | bytes | None:
    """What the client gave: text where the bytes are printable UTF-8, else the bytes; None for none."""
    raw = build.cl_ord_id_of(int(hi), int(lo))
    if not raw:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw
    return text if text.isprintable() else raw


def expire_ns(expire: int | datetime | None) -> int:
    """When an order ends, in nanoseconds since 1970; None is 0, for never."""
    if expire is None:
        return 0
    if isinstance(expire, datetime):
        if expire.tzinfo is None:
            raise BadValue(f"expire: {expire} has no time zone; use datetime.now(timezone.utc) + ...")
        past = expire - EPOCH
        return (past.days * 86_400 + past.seconds) * 1_000_000_000 + past.microseconds * 1_000
    if isinstance(expire, bool) or not isinstance(expire, int) or not -I64_MAX <= expire <= I64_MAX:
        raise BadValue(f"expire: {expire!r}; give an aware datetime or whole nanoseconds since 1970")
    return expire
