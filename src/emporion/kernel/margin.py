"""Margin accounts: their sums by addition, and their health. Rules R."""

from emporion.kernel.jit import kernel


@kernel
def set_margin(state, command, out):
    """Rule R-3."""
    assert False
