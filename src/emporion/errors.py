"""The few exceptions a caller may catch. Each says what happened, where, and what to do.

A command that the venue refuses is not an exception but a REJECTED event with a reason; the
Python API raises `Refused` from it where a caller would otherwise overlook it.
"""


class EmporionError(Exception):
    """Anything emporion raises on purpose."""


class BadValue(EmporionError, ValueError):
    """A value given by the caller cannot be taken as it is."""


class Refused(EmporionError):
    """The venue refused a command; `reason` is a codes.Reject, `event` the row."""

    def __init__(self, reason, message: str, event=None) -> None:
        super().__init__(message)
        self.reason, self.event = reason, event


class JournalCorrupt(EmporionError):
    """A journal frame fails its checksum or chain before the durable end: stop, never skip.

    A torn tail (power lost while appending) is ordinary and cut without a word; this is damage
    to what was acknowledged. Restore from a replica or a backup.
    """

    def __init__(self, path: str, offset: int, problem: str) -> None:
        super().__init__(f"{path}: byte {offset}: {problem}; restore this file from a replica or a backup")
        self.path, self.offset, self.problem = path, offset, problem


class SnapshotCorrupt(EmporionError):
    """A snapshot fails its checksum. Recovery passes over it to an older one."""


class SnapshotOutdated(SnapshotCorrupt):
    """A snapshot is whole, but of another version's layout or rules. It is passed over like a bad one."""


class VenueLocked(EmporionError):
    """Another process has the venue open for writing."""


class StorageFailed(EmporionError):
    """A write or fdatasync failed: the node has stopped and acknowledges nothing more.

    Nothing acknowledged is lost. Mend the disk, then open the venue again: it recovers by
    reading.
    """


class DiskFull(EmporionError):
    """No room for more journal: order entry is refused while cancels still fit."""


class SnapshotMismatch(EmporionError):
    """A replay did not end in the state hash that was recorded."""
