"""Risk groups, arrays, and what they make of a quantity. Rules R."""

from emporion.kernel.jit import kernel


@kernel
def set_group(state, command, out):
    """Rule R-1."""
    assert False


@kernel
def set_risk(state, command, values, first_row, out):
    """Rule R-2."""
    assert False
