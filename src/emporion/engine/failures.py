"""What ends a node or keeps it from starting."""

from emporion.errors import DiskFull, EmporionError


class NodeStopped(EmporionError):
    """The kernel failed an assertion: our bug. The node has stopped, its half-changed state is gone.

    The command that did it is in the journal and would do it again: the kernel must be mended, the
    journal kept. Everything before it is safe, and everything it answered stands.
    """


class ReadOnly(EmporionError):
    """The venue was opened to look at; nothing may change it."""


class NodeClosed(EmporionError):
    """The venue has been closed in this process; open it again."""


class CapacityTooSmall(EmporionError):
    """The journal allows more rows than this build has: open it with a larger capacity."""


class PartlyTaken(DiskFull):
    """The disk ran full between two batches of one submission: the first commands stand, the others do not."""
