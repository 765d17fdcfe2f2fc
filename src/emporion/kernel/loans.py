"""Balances below zero: loans from the lending account, their limit and interest. Rules N."""

from emporion.kernel.jit import kernel


@kernel
def set_lending(state, command, values, out):
    """Rule N-1."""
    assert False
