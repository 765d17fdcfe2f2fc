"""What travels between a gateway and the node: frames with a length, a kind and the number of the request.

    length u4 | kind u1 | request u4 | body      length counts what follows it; little-endian throughout

Commands and events stand in the bodies as the rows they are; questions and answers are MessagePack.
Both ends are of one installation and say so first, so that nothing here needs to be read by others.
"""

import struct
from enum import IntEnum
from typing import NamedTuple

from emporion.access.tickets import Pass, Ticket
from emporion.errors import EmporionError

PROTOCOL = 1
HEAD = struct.Struct("<IBI")
LENGTH = struct.Struct("<I")
REQUEST_BYTES_MAX = 4 << 20  # To the node: 1,000 orders with their data are 128 KiB.
ANSWER_BYTES_MAX = 256 << 20  # To a gateway: the names of a million accounts fit.
BEHIND_LENGTH = HEAD.size - LENGTH.size


class Kind(IntEnum):
    HELLO = 1  # To the node, first: questions.Hello as MessagePack.
    WELCOME = 2  # From it, then: WELCOME_BODY. Events follow from here on.
    SUBMIT = 3  # Ticket, u2 tag, rows.
    ASK = 4  # Ticket, question.
    ADMIT = 5  # Ticket.
    REPLY = 6  # Pass, REPLY_BODY, EVENT rows, ORDER_VIEW rows.
    ANSWER = 7  # Pass, answer.
    PASSED = 8  # Pass.
    FAILED = 9  # Failure.
    EVENTS = 10  # EVENTS_BODY, EVENT rows of one batch. Its request is 0.


WELCOME_BODY = struct.Struct("<qq")  # seq, ts_ns
REPLY_BODY = struct.Struct("<qqI")  # first_seq, ts_ns, number of events
EVENTS_BODY = struct.Struct("<qq")  # seq, ts_ns
TAG = struct.Struct("<H")
_TICKET = struct.Struct("<BBqI")  # Lengths of key and nonce, time_ns, cost. No key: no ticket.
_PASS = struct.Struct("<BIIQ")  # Whether there is one, limit, remaining, reset_ms
NO_TICKET = _TICKET.pack(0, 0, 0, 0)
NO_PASS = _PASS.pack(0, 0, 0, 0)
PASS_BYTES = _PASS.size
TEXT_BYTES_MAX = 255


class BadFrame(EmporionError):
    """The other end does not keep to the protocol: the connection is ended."""


class Frame(NamedTuple):
    kind: int
    request: int
    body: bytes


def frame(kind: int, request: int, *parts: bytes) -> bytes:
    """One frame."""
    size = BEHIND_LENGTH
    for part in parts:
        size += len(part)
    return b"".join((HEAD.pack(size, kind, request), *parts))


class FrameReader:
    """Cuts a stream of bytes into frames, however it comes in pieces."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now. BadFrame when one is too short or too long."""
        if not self._rest:
            frames, at = self._cut(data)
            self._rest += data[at:]
            return frames
        self._rest += data
        with memoryview(self._rest) as view:
            frames, at = self._cut(view)
        del self._rest[:at]
        return frames

    def _cut(self, data: bytes | memoryview) -> tuple[list[Frame], int]:
        frames, at, end = [], 0, len(data)
        while end - at >= LENGTH.size:
            size = LENGTH.unpack_from(data, at)[0]
            if not BEHIND_LENGTH <= size <= self._bytes_max:
                raise BadFrame(f"a frame of {size} bytes; at most {self._bytes_max} are taken")
            stop = at + LENGTH.size + size
            if stop > end:
                break
            _, kind, request = HEAD.unpack_from(data, at)
            frames.append(Frame(kind, request, bytes(data[at + HEAD.size : stop])))
            at = stop
        return frames, at


def ticket_bytes(ticket: Ticket | None) -> bytes:
    """A ticket, or none, as it stands at the beginning of a request's body."""
    if ticket is None:
        return NO_TICKET
    key, nonce = ticket.key.encode(), ticket.nonce.encode()
    if not 0 < len(key) <= TEXT_BYTES_MAX or len(nonce) > TEXT_BYTES_MAX:
        raise BadFrame("a ticket's key has 1 to 255 bytes, its nonce at most as many")
    return _TICKET.pack(len(key), len(nonce), ticket.time_ns, ticket.cost) + key + nonce


def ticket_of(body: bytes) -> tuple[Ticket | None, int]:
    """The ticket at the beginning of a body, and where it ends."""
    try:
        key_bytes, nonce_bytes, time_ns, cost = _TICKET.unpack_from(body)
        if not key_bytes:
            return None, _TICKET.size
        middle = _TICKET.size + key_bytes
        end = middle + nonce_bytes
        if end > len(body):
            raise BadFrame("a ticket is cut short")
        return Ticket(body[_TICKET.size : middle].decode(), body[middle:end].decode(), time_ns, cost), end
    except (struct.error, UnicodeDecodeError) as error:
        raise BadFrame(f"a ticket cannot be read: {error}") from None


def pass_bytes(passed: Pass | None) -> bytes:
    return NO_PASS if passed is None else _PASS.pack(1, *passed)


def pass_of(body: bytes) -> Pass | None:
    """The pass at the beginning of an answer's body, PASS_BYTES long."""
    there, limit, remaining, reset_ms = _PASS.unpack_from(body)
    return Pass(limit, remaining, reset_ms) if there else None
