"""One batch in the journal: a FRAME row, then its rows. Sealing and checking them.

The checksum (CRC-32) finds damage fast; the chain (BLAKE2b-256 over the chain before, the frame
with chain and checksum zero, and the rows) says that these are the rows of this journal and that
none before them is missing or changed.
"""

import hashlib
import struct
import zlib
from typing import NamedTuple

from emporion.schema.codes import Command
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import FORMAT_VERSION, FRAME, RULES_VERSION

CHAIN_BYTES = 32
LAYOUT = struct.Struct("<qq32siIBBB5s")  # messages.FRAME; a struct is some ten times quicker than a record here.
CHAIN_AT, ROWS_AT, CRC_AT = (FRAME.fields[name][1] for name in ("chain", "rows", "crc"))
NO_CHAIN, NO_CRC = bytes(CHAIN_BYTES), bytes(4)
assert LAYOUT.size == FRAME.itemsize == ROW_BYTES
assert (CHAIN_AT, ROWS_AT, CRC_AT) == (16, 48, 52) and FRAME.fields["kind"][1] == 56


class Frame(NamedTuple):
    """The fields of a FRAME row that passed its checksum."""

    first_seq: int
    durable_seq: int
    chain: bytes
    rows: int
    format: int
    rules: int


def first_chain(segment_bytes: int) -> bytes:
    """What the first frame chains from. It holds the size of segments, so that a cut file shows."""
    return hashlib.blake2b(b"emporion journal %d" % segment_bytes, digest_size=CHAIN_BYTES).digest()


def seal(block: memoryview, first_seq: int, durable_seq: int, chain: bytes) -> bytes:
    """Fills in the FRAME row at the head of `block`, the bytes of one batch; returns the new chain."""
    rows = len(block) // ROW_BYTES - 1
    block[:ROW_BYTES] = LAYOUT.pack(
        first_seq, durable_seq, NO_CHAIN, rows, 0, Command.FRAME, FORMAT_VERSION, RULES_VERSION, b""
    )
    digest = hashlib.blake2b(chain, digest_size=CHAIN_BYTES)
    digest.update(block)
    chain = digest.digest()
    block[CHAIN_AT:ROWS_AT] = chain
    block[CRC_AT : CRC_AT + 4] = zlib.crc32(block).to_bytes(4, "little")
    return chain


def parse(block: memoryview) -> Frame | str:
    """The frame that `block` begins with (more may follow it), or what is wrong with it."""
    first_seq, durable_seq, chain, rows, crc, kind, version, rules, _ = LAYOUT.unpack_from(block)
    if kind != Command.FRAME:
        return f"a frame should begin here, but the row is of kind {kind}"
    if rows < 0 or (1 + rows) * ROW_BYTES > len(block):
        return f"the frame announces {rows} rows, more than the file has left"
    have = zlib.crc32(block[:CRC_AT])
    have = zlib.crc32(NO_CRC, have)
    have = zlib.crc32(block[CRC_AT + 4 : (1 + rows) * ROW_BYTES], have)
    if have != crc:
        return f"checksum is {have:08x}, should be {crc:08x}"
    return Frame(first_seq, durable_seq, chain, rows, version, rules)


def chain_of(block: memoryview, chain: bytes) -> bytes:
    """The chain that the frame of exactly `block` should carry, after `chain`."""
    digest = hashlib.blake2b(chain, digest_size=CHAIN_BYTES)
    digest.update(b"".join((block[:CHAIN_AT], NO_CHAIN, block[ROWS_AT:CRC_AT], NO_CRC, block[CRC_AT + 4 : ROW_BYTES])))
    digest.update(block[ROW_BYTES:])
    return digest.digest()
