"""A state on disk: one file with the used bytes of every table, and where in the journal it stands.

    line of JSON, filled with blanks to 64 bytes     what it is: Header
    the parts, each filled with zeroes to 64 bytes   as Machine.used() gives them
    32 bytes                                         BLAKE2b-256 over all before

It is written aside, synced, and renamed, so a name that is there stands for a whole file. A
snapshot only saves time: recovery passes over a bad one to an older one, or to the first command.
"""

import errno
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from emporion.errors import DiskFull, SnapshotCorrupt, SnapshotOutdated, StorageFailed
from emporion.schema.messages import RULES_VERSION
from emporion.schema.state import STATE_VERSION
from emporion.storage.disk import Files
from emporion.storage.reader import Position

PREFIX, SUFFIX, ASIDE = "snapshot-", ".state", "snapshot.aside"
KEEP = 3
ALIGN = 64
SUM_BYTES = 32
Parts = dict[str, np.ndarray]


@dataclass(frozen=True)
class Header:
    seq: int  # The last command in it.
    digest: str  # Of the state, in hex: a replay of the journal to `seq` must end in it.
    capacity: str  # Name of the build that wrote it; one that is large enough can read it.
    limits: list[int]  # Logical limits, in the order of codes.Limit.
    segment: int  # The Position behind the batch of `seq`.
    offset: int
    frame_offset: int
    chain: str
    parts: list[list]  # [name, bytes]
    format: int = STATE_VERSION
    rules: int = RULES_VERSION

    @property
    def position(self) -> Position:
        return Position(self.seq + 1, self.segment, self.offset, self.frame_offset, bytes.fromhex(self.chain))


def snapshot_name(seq: int) -> str:
    return f"{PREFIX}{seq:020d}{SUFFIX}"


def snapshot_names(files: Files) -> list[str]:
    """Newest first."""
    return sorted((name for name in files.list() if name.startswith(PREFIX) and name.endswith(SUFFIX)), reverse=True)


def write_snapshot(
    files: Files, position: Position, digest: bytes, capacity: str, limits: list[int], used: Iterable
) -> str:
    """Write one and make it durable; keep the newest KEEP. Returns its name.

    The journal must be durable up to `position`. DiskFull and StorageFailed leave the older ones.
    """
    parts = [(name, memoryview(part).cast("B")) for name, part in used]
    header = Header(
        position.next_seq - 1, digest.hex(), capacity, limits, position.segment, position.offset,
        position.frame_offset, position.chain.hex(), [[name, len(part)] for name, part in parts],
    )  # fmt: skip
    line = json.dumps(asdict(header)).encode()
    name = snapshot_name(header.seq)
    try:
        _remove(files, [ASIDE])
        fd = files.open(ASIDE, create=True)
        try:
            checksum, offset = hashlib.blake2b(digest_size=SUM_BYTES), 0
            for data, blank in [(memoryview(line + b"\n"), b" ")] + [(part, b"\0") for _, part in parts]:
                for piece in (data, blank * (-len(data) % ALIGN)):
                    checksum.update(piece)
                    files.write_at(fd, piece, offset)
                    offset += len(piece)
            files.write_at(fd, checksum.digest(), offset)
            files.fdatasync(fd)
        finally:
            files.close(fd)
        files.rename(ASIDE, name)
        files.sync_folder()
        _remove(files, snapshot_names(files)[KEEP:])
    except OSError as error:
        kind = DiskFull if error.errno == errno.ENOSPC else StorageFailed
        raise kind(f"{files.path(name)}: not written: {error.strerror or error}; the older ones serve") from error
    return name


def read_header(files: Files, name: str) -> Header:
    """What the snapshot says of itself, its checksum and versions checked; SnapshotCorrupt if it is no good."""
    return _read(files, name)[0]


def read_snapshot(files: Files, name: str) -> tuple[Header, Parts]:
    """The header and the parts by name, on the file: no copy."""
    header, raw, offset = _read(files, name)
    parts = {}
    for part, size in header.parts:
        parts[part] = raw[offset : offset + size]
        offset += size + -size % ALIGN
    return header, parts


def _read(files: Files, name: str) -> tuple[Header, np.ndarray, int]:
    path = files.path(name)
    try:
        raw = np.asarray(files.read(name))
    except OSError as error:
        raise SnapshotCorrupt(f"{path}: {error.strerror or error}") from error
    block = memoryview(raw)
    if len(raw) <= SUM_BYTES or hashlib.blake2b(block[:-SUM_BYTES], digest_size=SUM_BYTES).digest() != bytes(
        block[-SUM_BYTES:]
    ):
        raise SnapshotCorrupt(f"{path}: the checksum does not fit")
    end = bytes(block[: 1 << 16]).find(b"\n") + 1
    try:
        header = Header(**json.loads(bytes(block[:end])))
    except (ValueError, TypeError) as error:
        raise SnapshotCorrupt(f"{path}: the header is not one: {error}") from error
    if header.format != STATE_VERSION or header.rules != RULES_VERSION:
        raise SnapshotOutdated(
            f"{path}: layout {header.format}, rules {header.rules}; this version has layout {STATE_VERSION}, "
            f"rules {RULES_VERSION}"
        )
    if snapshot_name(header.seq) != name:
        raise SnapshotCorrupt(f"{path}: it holds sequence {header.seq}, not what its name says")
    return header, raw, end + -end % ALIGN


def _remove(files: Files, names: list[str]) -> None:
    present = files.list()
    for name in names:
        if name in present:
            files.remove(name)
