"""What happens to a contract at a time: funding, daily settlement, expiry. Rules F and C."""

from emporion.kernel.jit import kernel


@kernel
def on_deadline(state, contract_slot, out):
    """Funding, daily settlement or expiry of a contract; puts its next deadline."""
    assert False
