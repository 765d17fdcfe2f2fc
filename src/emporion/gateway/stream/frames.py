"""Messages as JSON, and JSON as the bytes of one WebSocket frame: made once, written to everybody who is to have it."""

from collections.abc import Iterable

import msgspec
from websockets.frames import Frame, Opcode

encode = msgspec.json.Encoder().encode


def frame_of(messages: Iterable[bytes]) -> bytes:
    """One text frame, unmasked as a server's are: a JSON array of messages that are JSON already."""
    return Frame(Opcode.TEXT, b"[" + b",".join(messages) + b"]").serialize(mask=False)
