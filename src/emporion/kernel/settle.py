"""What a holding owes or gets by the passing of time: funding, marking to cash, a final price. Rules S."""

from emporion.kernel.jit import kernel


@kernel
def due(state, margin_slot, page, place, out):
    """Settles all that is due on one contract holding: final price, else funding and hourly marking to cash.

    Contributions of the holding must have been lifted, or the account be stale: see kernel/margin.py."""
    assert False
