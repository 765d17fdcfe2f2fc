"""SWEEP: looks at margin accounts one after the other, so that none stays unwatched. Rules Q."""

from emporion.kernel.jit import kernel


@kernel
def sweep(state, command, out):
    """Rule Q-2."""
    assert False
