"""Questions and what their outcomes pay. Rules C."""

from emporion.kernel.jit import kernel


@kernel
def list_question(state, command, terms, out):
    """Rule C-10."""
    assert False


@kernel
def propose(state, command, values, first_row, out):
    """Rule C-11."""
    assert False


@kernel
def challenge(state, command, out):
    """Rule C-12."""
    assert False


@kernel
def resolve(state, command, values, first_row, out):
    """Rule C-13."""
    assert False


@kernel
def on_deadline(state, question_id, out):
    """The challenge window of a proposal ends."""
    assert False
