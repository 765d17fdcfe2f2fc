"""Listing contracts and amending their terms. Rules C."""

from emporion.kernel.jit import kernel


@kernel
def list_contract(state, terms, bounds, contract_terms, caps, out):
    """Rule C-1."""
    assert False


@kernel
def amend_contract(state, command, caps, out):
    """Rule C-2."""
    assert False
