"""Orders that the venue slices over a time. Rules T."""

from emporion.kernel.jit import kernel


@kernel
def place(state, command, terms, out):
    """Rule T-20."""
    assert False


@kernel
def cancel(state, command, out):
    """Rule T-21."""
    assert False


@kernel
def on_deadline(state, twap_slot, out):
    """The next slice is due."""
    assert False
