"""Liquidation in steps: orders, slices, backstop, deleveraging. Rules Q."""

from emporion.kernel.jit import kernel


@kernel
def set_liquidation(state, command, values, out):
    """Rule Q-1."""
    assert False


@kernel
def go_on(state, out):
    """The next step of the first account in the queue; nothing when there is none."""
    assert state.first_liquidation == 0


@kernel
def on_deadline(state, margin_slot, out):
    """The next slice of an account comes due: it goes back into the queue."""
    assert False
