"""Codes of an authenticator: RFC 6238 with SHA-1, 30 seconds and 6 digits, as every authenticator has it."""

import base64
import hashlib
import hmac
import os
import struct
from io import BytesIO
from urllib.parse import quote

from emporion.access.buckets import SECOND_NS

SECRET_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
STEPS_OFF = 1  # A clock may be so many steps off, either way.


def new_secret() -> bytes:
    """A secret that nobody has."""
    return os.urandom(SECRET_BYTES)


def step_of(now_ns: int) -> int:
    """The number of the 30 seconds that a time lies in."""
    return now_ns // (STEP_SECONDS * SECOND_NS)


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step: RFC 4226 section 5.3 over the step as eight bytes."""
    mac = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = mac[-1] & 15
    (number,) = struct.unpack(">I", mac[offset : offset + 4])
    return f"{(number & 0x7FFF_FFFF) % 10**digits:0{digits}d}"


def step_of_code(secret: bytes, code: str, now_ns: int) -> int | None:
    """The step whose code this is, or None. Takes as long whichever it is.

    The caller refuses a step that is not later than the last one used, so that a code that somebody
    saw over a shoulder is worth nothing.
    """
    found, given = None, code.encode("utf-8", "replace")
    for step in range(step_of(now_ns) - STEPS_OFF, step_of(now_ns) + STEPS_OFF + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given):
            found = step
    return found


def secret_text(secret: bytes) -> str:
    """The secret in base 32, for typing it in."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, login: str, issuer: str) -> str:
    """The otpauth URI that authenticators read; `issuer` is what the venue calls itself."""
    label = f"{quote(issuer, safe='')}:{quote(login, safe='@')}"
    return (
        f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )


def svg(text: str) -> str:
    """A text as a QR code: an SVG element to be put into a page as it is; black on white in any theme."""
    import segno  # Only the server needs it.

    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=False
    )
    return out.getvalue().decode()
